/* SPDX-License-Identifier: ISC */
#include "ca/cert.h"

#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "ca/subject.h"
#include "tests/ca/pki.h"

struct der_cert {
	uint8_t *der;
	size_t len;
};

static struct der_cert
to_der(X509 *cert)
{
	struct der_cert d = { NULL, 0 };

	assert_int_equal(cert_der(cert, &d.der, &d.len), CA_OK);
	return d;
}

static void
test_error_text(void **state)
{
	(void)state;
	for (int e = CA_OK; e <= CA_ERR_CONSTRAINT; e++) {
		assert_string_not_equal(ca_strerror((enum ca_error)e),
		    "unknown error");
		for (int f = CA_OK; f < e; f++)
			assert_string_not_equal(ca_strerror((enum ca_error)e),
			    ca_strerror((enum ca_error)f));
	}
	assert_string_equal(ca_strerror((enum ca_error)99), "unknown error");
}

static void
test_profiles(void **state)
{
	static const char *const names[] = { "root", "product-ca", "sealer",
		"device-tls", "device-idevid", "intermediate" };
	const size_t count = sizeof(names) / sizeof(names[0]);

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		assert_string_equal(profile_at(i)->name, names[i]);
		assert_ptr_equal(profile_find(names[i]), profile_at(i));
	}
	assert_null(profile_at(count));
	assert_null(profile_find("device"));
	assert_null(profile_find(""));
}

/* Every profile: digest before and after signing, lint, check, conforms. */
static void
test_issue(void **state)
{
	struct pki *p = *state;
	struct cert_spec root = p->root_spec, ca = p->ca_spec,
			 tls = p->device_spec, idevid = tls, sealer = ca,
			 root256 = root;
	struct {
		const struct cert_spec *spec;
		EVP_PKEY *key;
		int signature;
	} cases[] = {
		{ &root, p->root_key, NID_ecdsa_with_SHA384 },
		{ &root256, p->ca_key, NID_ecdsa_with_SHA256 },
		{ &ca, p->root_key, NID_ecdsa_with_SHA384 },
		{ &sealer, p->root_key, NID_ecdsa_with_SHA384 },
		{ &tls, p->ca_key, NID_ecdsa_with_SHA256 },
		{ &idevid, p->ca_key, NID_ecdsa_with_SHA256 },
	};

	root256.spki = p->ca_spki;
	root256.spki_len = p->ca_spec.spki_len;
	sealer.profile = profile_find("sealer");
	idevid.profile = profile_find("device-idevid");
	idevid.not_after = DATE_FOREVER;
	idevid.hwserial = "HW-0001";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char subject[SUBJECT_TEXT_MAX + 1];
		uint8_t before[32], after[32];
		X509 *cert = NULL, *back = NULL;
		struct der_cert d;

		assert_int_equal(cert_lint(cases[i].spec), CA_OK);
		assert_int_equal(cert_build(cases[i].spec, &cert), CA_OK);
		assert_int_equal(cert_tbs_digest(cert, before), CA_OK);
		assert_int_equal(cert_sign(cert, cases[i].key), CA_OK);
		assert_int_equal(cert_tbs_digest(cert, after), CA_OK);
		assert_memory_equal(before, after, sizeof(before));
		assert_int_equal(X509_get_signature_nid(cert),
		    cases[i].signature);
		d = to_der(cert);
		assert_int_equal(cert_selfcheck(d.der, d.len, cases[i].spec),
		    CA_OK);
		assert_int_equal(cert_parse(d.der, d.len, &back), CA_OK);
		assert_int_equal(cert_tbs_digest(back, after), CA_OK);
		assert_memory_equal(before, after, sizeof(before));
		assert_int_equal(cert_conforms(back, cases[i].spec->issuer,
				     cases[i].spec->profile, subject),
		    CA_OK);
		assert_string_equal(subject,
		    cases[i].spec->hwserial != NULL
			? "CN=device-1,serialNumber=HW-0001"
			: cases[i].spec->subject);
		OPENSSL_free(d.der);
		X509_free(back);
		X509_free(cert);
	}
}

/* The TBS as bytes: what cert_tbs_digest() hashes, and what stands within. */
static void
test_tbs(void **state)
{
	struct pki *p = *state;
	struct der_cert d = to_der(p->ca);
	uint8_t digest[32], want[32], *tbs = NULL;
	size_t len;

	assert_int_equal(cert_tbs(p->ca, &tbs, &len), CA_OK);
	assert_int_equal(cert_tbs_digest(p->ca, digest), CA_OK);
	SHA256(tbs, len, want);
	assert_memory_equal(digest, want, 32);
	assert_non_null(memmem(d.der, d.len, tbs, len));
	OPENSSL_free(tbs);
	OPENSSL_free(d.der);
}

/* Each extension, by profile: criticality and count (RFC 5280, 4.2.1). */
static void
test_extensions(void **state)
{
	static const struct {
		const char *profile;
		uint32_t usage;
		bool ca;
		long pathlen;
		const char *eku; /* of its first, in dots */
		int count;       /* of extensions */
	} cases[] = {
		{ "root", KU_KEY_CERT_SIGN | KU_CRL_SIGN, true, -1, NULL, 3 },
		{ "product-ca", KU_KEY_CERT_SIGN | KU_CRL_SIGN, true, 0, NULL,
		    4 },
		{ "sealer", KU_DIGITAL_SIGNATURE, false, -1,
		    "1.3.6.1.5.5.7.3.36", 4 },
		{ "device-tls", KU_DIGITAL_SIGNATURE, false, -1,
		    "1.3.6.1.5.5.7.3.2", 4 },
		{ "device-idevid", KU_DIGITAL_SIGNATURE, false, -1, NULL, 3 },
	};
	struct pki *p = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cert_spec spec = i == 0 ? p->root_spec : p->ca_spec;
		const ASN1_BIT_STRING *bits;
		unsigned char digest[32];
		ASN1_BIT_STRING *usage;
		BASIC_CONSTRAINTS *bc;
		EXTENDED_KEY_USAGE *eku;
		X509 *cert = NULL;
		char oid[64] = "";
		int critical = -1;

		spec.profile = profile_find(cases[i].profile);
		if (spec.profile->forever)
			spec.not_after = DATE_FOREVER;
		assert_int_equal(cert_build(&spec, &cert), CA_OK);
		assert_int_equal(X509_get_version(cert), X509_VERSION_3);
		assert_int_equal(X509_get_ext_count(cert), cases[i].count);
		assert_int_equal(X509_get_key_usage(cert), cases[i].usage);
		assert_int_equal(X509_check_ca(cert) == 1, cases[i].ca);
		assert_int_equal(X509_get_pathlen(cert), cases[i].pathlen);
		bc = X509_get_ext_d2i(cert, NID_basic_constraints, &critical,
		    NULL);
		assert_int_equal(critical, cases[i].ca ? 1 : -1);
		BASIC_CONSTRAINTS_free(bc);
		usage = X509_get_ext_d2i(cert, NID_key_usage, &critical, NULL);
		assert_int_equal(critical, 1);
		ASN1_BIT_STRING_free(usage);
		eku =
		    X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);
		if (eku != NULL)
			OBJ_obj2txt(oid, sizeof(oid),
			    sk_ASN1_OBJECT_value(eku, 0), 1);
		assert_string_equal(oid,
		    cases[i].eku != NULL ? cases[i].eku : "");
		sk_ASN1_OBJECT_pop_free(eku, ASN1_OBJECT_free);
		/* RFC 7093, 2, method 1 */
		bits = X509_get0_pubkey_bitstr(cert);
		SHA256(ASN1_STRING_get0_data(bits),
		    (size_t)ASN1_STRING_length(bits), digest);
		assert_int_equal(ASN1_STRING_length(
				     X509_get0_subject_key_id(cert)),
		    20);
		assert_memory_equal(ASN1_STRING_get0_data(
					X509_get0_subject_key_id(cert)),
		    digest, 20);
		if (i == 0)
			assert_null(X509_get0_authority_key_id(cert));
		else
			assert_int_equal(ASN1_OCTET_STRING_cmp(
					     X509_get0_authority_key_id(cert),
					     X509_get0_subject_key_id(p->root)),
			    0);
		X509_free(cert);
	}
}

static void
test_build_refused(void **state)
{
	struct pki *p = *state;
	const struct cert_spec good = p->device_spec;
	struct {
		const char *name;
		struct cert_spec spec;
		enum ca_error want;
	} cases[24];
	X509 *bare = pki_without_usage(p->ca);
	size_t n = 0;

#define CASE(text, error)                                                      \
	cases[n].name = (text);                                                \
	cases[n].spec = good;                                                  \
	cases[n].want = (error);                                               \
	n++;                                                                   \
	cases[n - 1].spec
	CASE("as it is", CA_OK).profile = good.profile;
	CASE("no profile", CA_ERR_ARGUMENT).profile = NULL;
	CASE("no subject", CA_ERR_ARGUMENT).subject = NULL;
	CASE("no key", CA_ERR_ARGUMENT).spki = NULL;
	CASE("serial not ours", CA_ERR_ARGUMENT).serial[0] = 0x81;
	CASE("no issuer", CA_ERR_PROFILE).issuer = NULL;
	CASE("issued root", CA_ERR_PROFILE).profile = profile_find("root");
	CASE("below pathlen", CA_ERR_PROFILE).profile =
	    profile_find("product-ca");
	CASE("empty subject", CA_ERR_NAME).subject = "";
	CASE("strange subject", CA_ERR_NAME).subject = "CN=a+O=b";
	CASE("dates equal", CA_ERR_DATE).not_after = good.not_before;
	CASE("dates swapped", CA_ERR_DATE).not_after = good.not_before - 1;
	CASE("before 1970", CA_ERR_DATE).not_before = -1;
	CASE("after 9999", CA_ERR_DATE).not_after = DATE_FOREVER + 1;
	CASE("too long", CA_ERR_PROFILE).not_after = pki_years(30) + 1;
	CASE("for ever", CA_ERR_PROFILE).not_after = DATE_FOREVER;
	CASE("idevid that ends", CA_ERR_PROFILE).profile =
	    profile_find("device-idevid");
	CASE("outlives its issuer", CA_ERR_VALIDITY).not_after =
	    p->ca_spec.not_after + 1;
	CASE("before its issuer", CA_ERR_VALIDITY).not_before =
	    p->ca_spec.not_before - 1;
	CASE("key cut short", CA_ERR_ENCODING).spki_len--;
	CASE("issuer without keyUsage", CA_ERR_PROFILE).issuer = bare;
	CASE("issuer is a device", CA_ERR_PROFILE).issuer =
	    pki_issue(&good, p->ca_key);
#undef CASE
	for (size_t i = 0; i < n; i++) {
		X509 *cert = NULL;

		if (cert_build(&cases[i].spec, &cert) != cases[i].want)
			fail_msg("%s", cases[i].name);
		assert_int_equal(cert != NULL, cases[i].want == CA_OK);
		assert_int_equal(cert_lint(&cases[i].spec), cases[i].want);
		X509_free(cert);
	}
	X509_free((X509 *)cases[n - 1].spec.issuer);
	X509_free(bare);
}

static void
test_keys_refused(void **state)
{
	struct pki *p = *state;
	struct cert_spec spec = p->device_spec;
	struct profile only384 = *spec.profile;
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	uint8_t *spki = NULL;
	X509 *cert = NULL;

	only384.p256 = false;
	spec.profile = &only384;
	assert_int_equal(cert_build(&spec, &cert), CA_ERR_KEY);
	spec = p->device_spec;
	assert_int_equal(key_to_spki(rsa, &spki, &spec.spki_len), CA_OK);
	spec.spki = spki;
	assert_int_equal(cert_build(&spec, &cert), CA_ERR_KEY);
	assert_int_equal(cert_lint(&spec), CA_ERR_KEY);
	assert_null(cert);
	OPENSSL_free(spki);
	EVP_PKEY_free(rsa);
}

static void
test_hwserial(void **state)
{
	struct pki *p = *state;
	struct cert_spec spec = p->device_spec;
	X509 *cert = NULL;
	static const struct {
		const char *subject, *hwserial;
		enum ca_error want;
	} cases[] = {
		{ "CN=a", "1", CA_OK }, { "CN=a", NULL, CA_OK },
		{ "CN=a,serialNumber=1", NULL, CA_OK },
		{ "CN=a,serialNumber=1", "2", CA_ERR_NAME },
		{ "CN=a", "", CA_ERR_NAME }, { "CN=a", "a b", CA_ERR_NAME },
		{ "CN=a", "1,O=x", CA_ERR_NAME },
		{ "CN=a", "a_b", CA_ERR_NAME }, /* no PrintableString */
	};

	spec.profile = profile_find("device-idevid");
	spec.not_after = DATE_FOREVER;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		spec.subject = cases[i].subject;
		spec.hwserial = cases[i].hwserial;
		assert_int_equal(cert_build(&spec, &cert), cases[i].want);
		X509_free(cert);
	}
	/* another profile does not look at it */
	spec = p->device_spec;
	spec.hwserial = "a b";
	assert_int_equal(cert_build(&spec, &cert), CA_OK);
	assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(cert)), 1);
	X509_free(cert);
}

static void
test_sign_refused(void **state)
{
	struct pki *p = *state;
	EVP_PKEY *public_half = NULL;
	uint8_t *spki = NULL;
	X509 *cert = NULL;
	size_t len;

	assert_int_equal(cert_build(&p->device_spec, &cert), CA_OK);
	/* another curve would change the algorithm in the TBS */
	assert_int_equal(cert_sign(cert, p->root_key), CA_ERR_SIGN);
	assert_int_equal(key_to_spki(p->ca_key, &spki, &len), CA_OK);
	assert_int_equal(key_from_spki(spki, len, &public_half), CA_OK);
	assert_int_equal(cert_sign(cert, public_half), CA_ERR_SIGN);
	EVP_PKEY_free(public_half);
	OPENSSL_free(spki);
	X509_free(cert);
}

static void
test_selfcheck_refused(void **state)
{
	struct pki *p = *state;
	struct cert_spec spec = p->device_spec;
	X509 *cert = pki_issue(&spec, p->ca_key);
	struct der_cert d = to_der(cert);

	assert_int_equal(cert_selfcheck(d.der, d.len, &spec), CA_OK);
	spec.not_after--;
	assert_int_equal(cert_selfcheck(d.der, d.len, &spec), CA_ERR_SELFCHECK);
	spec = p->device_spec;
	spec.serial[16] ^= 1;
	assert_int_equal(cert_selfcheck(d.der, d.len, &spec), CA_ERR_SELFCHECK);
	spec = p->device_spec;
	spec.subject = "CN=device-2";
	assert_int_equal(cert_selfcheck(d.der, d.len, &spec), CA_ERR_SELFCHECK);
	spec = p->device_spec;
	spec.issuer = p->root;
	assert_int_equal(cert_selfcheck(d.der, d.len, &spec), CA_ERR_SIGNATURE);
	spec = p->device_spec;
	d.der[d.len - 1] ^= 1;
	assert_int_equal(cert_selfcheck(d.der, d.len, &spec), CA_ERR_SIGNATURE);
	assert_int_equal(cert_selfcheck(d.der, d.len - 1, &spec),
	    CA_ERR_ENCODING);
	OPENSSL_free(d.der);
	X509_free(cert);
}

/* With the digest of the TBS in place of what it was made from. */
static void
test_check_signed(void **state)
{
	struct pki *p = *state;
	X509 *cert = pki_issue(&p->device_spec, p->ca_key);
	struct der_cert d = to_der(cert);
	uint8_t tbs[32];
	size_t algorithm;

	assert_int_equal(cert_tbs_digest(cert, tbs), CA_OK);
	assert_int_equal(cert_check_signed(d.der, d.len, tbs, p->ca), CA_OK);
	assert_int_equal(cert_check_signed(d.der, d.len, tbs, p->root),
	    CA_ERR_SIGNATURE);
	assert_int_equal(cert_check_signed(d.der, d.len - 1, tbs, p->ca),
	    CA_ERR_ENCODING);
	tbs[0] ^= 1;
	assert_int_equal(cert_check_signed(d.der, d.len, tbs, p->ca),
	    CA_ERR_SELFCHECK);
	tbs[0] ^= 1;
	d.der[d.len - 1] ^= 1;
	assert_int_equal(cert_check_signed(d.der, d.len, tbs, p->ca),
	    CA_ERR_SIGNATURE);
	d.der[d.len - 1] ^= 1;
	/* the last octet of ecdsa-with-SHA256, outside of the TBS */
	algorithm = d.len - 1;
	while (memcmp(d.der + algorithm - 7, "\x2A\x86\x48\xCE\x3D\x04\x03\x02",
		   8) != 0)
		algorithm--;
	d.der[algorithm] ^= 1;
	assert_int_equal(cert_check_signed(d.der, d.len, tbs, p->ca),
	    CA_ERR_SELFCHECK);
	OPENSSL_free(d.der);
	X509_free(cert);
}

static void
test_parse_refused(void **state)
{
	struct pki *p = *state;
	struct der_cert d = to_der(p->ca);
	uint8_t *buf = test_calloc(1, CERT_MAX + 1);
	X509 *cert = NULL;

	memcpy(buf, d.der, d.len);
	assert_int_equal(cert_parse(buf, d.len, &cert), CA_OK);
	X509_free(cert);
	assert_int_equal(cert_parse(buf, d.len + 1, &cert), CA_ERR_ENCODING);
	assert_null(cert);
	assert_int_equal(cert_parse(buf, d.len - 1, &cert), CA_ERR_ENCODING);
	assert_int_equal(cert_parse(buf, 0, &cert), CA_ERR_ENCODING);
	assert_int_equal(cert_parse(buf, CERT_MAX + 1, &cert), CA_ERR_ENCODING);
	/* one octet more of length than needed: BER */
	assert_int_equal(buf[1], 0x82);
	memmove(buf + 5, buf + 4, d.len - 4);
	buf[4] = buf[3];
	buf[3] = buf[2];
	buf[2] = 0;
	buf[1] = 0x83;
	assert_int_equal(cert_parse(buf, d.len + 1, &cert), CA_ERR_ENCODING);
	test_free(buf);
	OPENSSL_free(d.der);
}

static void
test_conforms_refused(void **state)
{
	struct pki *p = *state;
	static const uint8_t strange[SERIAL_SIZE] = { 0x02, 0x01 };
	const struct profile *tls = profile_find("device-tls");
	X509 *cert = pki_issue(&p->device_spec, p->ca_key), *other = NULL;
	char subject[SUBJECT_TEXT_MAX + 1] = "x";

	assert_int_equal(cert_conforms(cert, p->ca, tls, NULL), CA_OK);
	assert_int_equal(cert_conforms(cert, p->root, tls, subject),
	    CA_ERR_SIGNATURE);
	assert_string_equal(subject, "");
	assert_int_equal(cert_conforms(cert, p->ca, profile_find("sealer"),
			     subject),
	    CA_ERR_SELFCHECK);
	assert_int_equal(cert_conforms(p->ca, p->root, profile_find("root"),
			     subject),
	    CA_ERR_PROFILE);
	/* an extension more than the profile has */
	other = X509_dup(cert);
	assert_int_equal(X509_add1_ext_i2d(other, NID_subject_key_identifier,
			     (void *)X509_get0_subject_key_id(cert), 0,
			     X509V3_ADD_APPEND),
	    1);
	assert_int_equal(cert_sign(other, p->ca_key), CA_OK);
	assert_int_equal(cert_conforms(other, p->ca, tls, subject),
	    CA_ERR_SELFCHECK);
	/* a serial that is not of ours */
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(other), 1), 1);
	assert_int_equal(cert_sign(other, p->ca_key), CA_OK);
	assert_int_equal(cert_conforms(other, p->ca, tls, subject),
	    CA_ERR_SELFCHECK);
	/* of our length, and yet not begun as ours are */
	assert_int_equal(ASN1_STRING_set(X509_get_serialNumber(other), strange,
			     SERIAL_SIZE),
	    1);
	assert_int_equal(cert_sign(other, p->ca_key), CA_OK);
	assert_int_equal(cert_conforms(other, p->ca, tls, subject),
	    CA_ERR_SELFCHECK);
	X509_free(other);
	X509_free(cert);
}

static void
test_read(void **state)
{
	struct pki *p = *state;
	uint8_t serial[20], digest[32], want[32];
	X509 *cert = X509_dup(p->ca);
	int64_t from, to;
	size_t len;

	assert_int_equal(cert_serial(cert, serial, &len), CA_OK);
	assert_int_equal(len, SERIAL_SIZE);
	assert_memory_equal(serial, p->ca_spec.serial, SERIAL_SIZE);
	assert_int_equal(cert_dates(cert, &from, &to), CA_OK);
	assert_int_equal(from, p->ca_spec.not_before);
	assert_int_equal(to, p->ca_spec.not_after);
	assert_int_equal(cert_spki_sha256(cert, digest), CA_OK);
	SHA256(p->ca_spki, p->ca_spec.spki_len, want);
	assert_memory_equal(digest, want, 32);
	/* serials OpenSSL takes */
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 0), 1);
	assert_int_equal(cert_serial(cert, serial, &len), CA_ERR_ENCODING);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), -5), 1);
	assert_int_equal(cert_serial(cert, serial, &len), CA_ERR_ENCODING);
	assert_int_equal(ASN1_STRING_set(X509_get_serialNumber(cert),
			     "\x80\x01\x02\x03\x04\x05\x06\x07\x08\x09"
			     "\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13",
			     20),
	    1);
	X509_get_serialNumber(cert)->type = V_ASN1_INTEGER;
	assert_int_equal(cert_serial(cert, serial, &len), CA_ERR_ENCODING);
	/* a time that is not to the second */
	assert_int_equal(ASN1_STRING_set(X509_getm_notAfter(cert),
			     "2601010000Z", -1),
	    1);
	assert_int_equal(cert_dates(cert, &from, &to), CA_ERR_DATE);
	X509_free(cert);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_text),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_issue),
		cmocka_unit_test(test_tbs),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_build_refused),
		cmocka_unit_test(test_keys_refused),
		cmocka_unit_test(test_hwserial),
		cmocka_unit_test(test_sign_refused),
		cmocka_unit_test(test_selfcheck_refused),
		cmocka_unit_test(test_check_signed),
		cmocka_unit_test(test_parse_refused),
		cmocka_unit_test(test_conforms_refused),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests_name("ca/cert", tests, pki_setup,
	    pki_teardown);
}
