/* SPDX-License-Identifier: ISC */
#include "ca/crl.h"

#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "ca/der.h"
#include "tests/ca/pki.h"

#define DAY INT64_C(86400)

static const struct crl_entry entries[] = {
	{ { 0x01, 0x09 }, 17, 1, PKI_NOW },
	{ { 0x01, 0x03 }, 17, 0, PKI_NOW - DAY },
	{ { 0x7f }, 1, 5, PKI_NOW },
	{ { 0x01, 0x02, 0x03 }, 3, 9, PKI_NOW },
	{ { 0x01, 0x02, 0x04 }, 3, 4, PKI_NOW },
	{ { 0x01, 0x02, 0x05 }, 3, 3, PKI_NOW },
};

static struct crl_spec
make_spec(const struct pki *p, size_t count)
{
	return (struct crl_spec){ .issuer = p->ca,
		.number = 7,
		.this_update = PKI_NOW,
		.next_update = PKI_NOW + 30 * DAY,
		.entries = entries,
		.count = count };
}

static X509_CRL *
issue(const struct crl_spec *spec, EVP_PKEY *key)
{
	X509_CRL *crl = NULL;

	assert_int_equal(crl_build(spec, &crl), CA_OK);
	assert_int_equal(crl_sign(crl, key), CA_OK);
	return crl;
}

/* Empty and full, both curves: the digest stands before it is signed, and
 * after look-ups, which sort inside OpenSSL. */
static void
test_issue(void **state)
{
	struct pki *p = *state;
	const size_t all = sizeof(entries) / sizeof(entries[0]);
	struct {
		const X509 *issuer;
		EVP_PKEY *key;
		size_t count;
		uint64_t number;
	} cases[] = {
		{ p->ca, p->ca_key, 0, 1 },
		{ p->ca, p->ca_key, all, UINT64_MAX },
		{ p->root, p->root_key, 0, 0 },
		{ p->root, p->root_key, all, 128 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct crl_spec spec = make_spec(p, cases[i].count);
		uint8_t before[32], after[32], *der = NULL, *tbs = NULL;
		X509_CRL *crl = NULL, *back = NULL;
		int64_t from, to;
		uint64_t number;
		size_t len, tbs_len;

		spec.issuer = cases[i].issuer;
		spec.number = cases[i].number;
		assert_int_equal(crl_build(&spec, &crl), CA_OK);
		assert_int_equal(crl_tbs_digest(crl, before), CA_OK);
		assert_int_equal(crl_sign(crl, cases[i].key), CA_OK);
		assert_int_equal(crl_tbs_digest(crl, after), CA_OK);
		assert_memory_equal(before, after, 32);
		assert_int_equal(crl_der(crl, &der, &len), CA_OK);
		assert_int_equal(crl_selfcheck(der, len, &spec), CA_OK);
		assert_int_equal(crl_parse(der, len, &back), CA_OK);
		assert_int_equal(crl_verify(back, spec.issuer, &number, &from,
				     &to),
		    CA_OK);
		assert_int_equal(number, spec.number);
		assert_int_equal(from, spec.this_update);
		assert_int_equal(to, spec.next_update);
		(void)crl_lookup(back, p->ca);
		assert_int_equal(crl_tbs(back, &tbs, &tbs_len), CA_OK);
		SHA256(tbs, tbs_len, after);
		assert_memory_equal(before, after, 32);
		OPENSSL_free(tbs);
		OPENSSL_free(der);
		X509_CRL_free(crl);
		X509_CRL_free(back);
	}
}

/* RFC 5280, 5: v2, the order given, reason 0 left out, ENUMERATED. */
static void
test_contents(void **state)
{
	struct pki *p = *state;
	struct crl_spec spec = make_spec(p, sizeof(entries) / sizeof(*entries));
	X509_CRL *crl = issue(&spec, p->ca_key);
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);

	assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
	assert_int_equal(X509_CRL_get_ext_count(crl), 2);
	assert_int_equal(sk_X509_REVOKED_num(list), spec.count);
	for (size_t i = 0; i < spec.count; i++) {
		X509_REVOKED *r = sk_X509_REVOKED_value(list, (int)i);
		const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(r);
		ASN1_ENUMERATED *reason =
		    X509_REVOKED_get_ext_d2i(r, NID_crl_reason, NULL, NULL);

		assert_int_equal(ASN1_STRING_length(serial),
		    entries[i].serial_len);
		assert_memory_equal(ASN1_STRING_get0_data(serial),
		    entries[i].serial, entries[i].serial_len);
		if (entries[i].reason == 0) {
			assert_null(reason);
			assert_int_equal(X509_REVOKED_get_ext_count(r), 0);
		} else {
			assert_non_null(reason);
			assert_int_equal(ASN1_ENUMERATED_get(reason),
			    entries[i].reason);
		}
		ASN1_ENUMERATED_free(reason);
	}
	X509_CRL_free(crl);
}

static void
test_build_refused(void **state)
{
	struct pki *p = *state;
	static const struct crl_entry bad[] = {
		{ { 0x01 }, 0, 1, PKI_NOW },
		{ { 0x00, 0x01 }, 2, 1, PKI_NOW },
		{ { 0x80 }, 20, 1, PKI_NOW },
		{ { 0x01 }, 21, 1, PKI_NOW },
		{ { 0x01 }, 1, 2, PKI_NOW },
		{ { 0x01 }, 1, 6, PKI_NOW },
		{ { 0x01 }, 1, 7, PKI_NOW },
		{ { 0x01 }, 1, 8, PKI_NOW },
		{ { 0x01 }, 1, 10, PKI_NOW },
		{ { 0x01 }, 1, -1, PKI_NOW },
	};
	static const struct crl_entry twice[] = {
		{ { 0x05 }, 1, 1, PKI_NOW },
		{ { 0x04 }, 1, 1, PKI_NOW },
		{ { 0x05 }, 1, 0, PKI_NOW - 1 },
	};
	static const struct crl_entry early = { { 0x05 }, 1, 1, -1 };
	struct crl_spec spec = make_spec(p, 1);
	X509 *device = pki_issue(&p->device_spec, p->ca_key);
	X509 *bare = pki_without_usage(p->ca);
	X509_CRL *crl = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		spec.entries = &bad[i];
		assert_int_equal(crl_build(&spec, &crl), CA_ERR_ARGUMENT);
		assert_null(crl);
	}
	spec.entries = twice;
	spec.count = 3;
	assert_int_equal(crl_build(&spec, &crl), CA_ERR_ARGUMENT);
	spec.entries = NULL;
	assert_int_equal(crl_build(&spec, &crl), CA_ERR_ARGUMENT);
	spec.entries = &early;
	spec.count = 1;
	assert_int_equal(crl_build(&spec, &crl), CA_ERR_DATE);
	spec = make_spec(p, 0);
	spec.issuer = NULL;
	assert_int_equal(crl_build(&spec, &crl), CA_ERR_ARGUMENT);
	spec.issuer = device;
	assert_int_equal(crl_build(&spec, &crl), CA_ERR_PROFILE);
	spec.issuer = bare;
	assert_int_equal(crl_build(&spec, &crl), CA_ERR_PROFILE);
	spec = make_spec(p, 0);
	spec.next_update = spec.this_update;
	assert_int_equal(crl_build(&spec, &crl), CA_ERR_DATE);
	spec.next_update = DATE_FOREVER + 1;
	assert_int_equal(crl_build(&spec, &crl), CA_ERR_DATE);
	assert_null(crl);
	X509_free(bare);
	X509_free(device);
}

static void
test_check_refused(void **state)
{
	struct pki *p = *state;
	struct crl_spec spec = make_spec(p, 2), other;
	X509_CRL *crl = NULL, *back = NULL;
	uint8_t *der = NULL, *longer;
	size_t len;

	assert_int_equal(crl_build(&spec, &crl), CA_OK);
	assert_int_equal(crl_sign(crl, p->root_key), CA_ERR_SIGN);
	assert_int_equal(crl_sign(crl, p->ca_key), CA_OK);
	assert_int_equal(crl_der(crl, &der, &len), CA_OK);
	other = spec;
	other.number++;
	assert_int_equal(crl_selfcheck(der, len, &other), CA_ERR_SELFCHECK);
	other = spec;
	other.count = 1;
	assert_int_equal(crl_selfcheck(der, len, &other), CA_ERR_SELFCHECK);
	other = spec;
	other.issuer = p->root;
	assert_int_equal(crl_selfcheck(der, len, &other), CA_ERR_SIGNATURE);
	other.issuer = NULL;
	assert_int_equal(crl_selfcheck(der, len, &other), CA_ERR_ARGUMENT);
	assert_int_equal(crl_selfcheck(der, len - 1, &spec), CA_ERR_ENCODING);
	longer = test_calloc(1, len + 1);
	memcpy(longer, der, len);
	assert_int_equal(crl_parse(longer, len + 1, &back), CA_ERR_ENCODING);
	assert_int_equal(crl_parse(longer, 0, &back), CA_ERR_ENCODING);
	longer[len - 1] ^= 1;
	assert_int_equal(crl_parse(longer, len, &back), CA_OK);
	assert_int_equal(crl_verify(back, p->ca, NULL, NULL, NULL),
	    CA_ERR_SIGNATURE);
	assert_int_equal(crl_verify(back, p->root, NULL, NULL, NULL),
	    CA_ERR_CHAIN);
	X509_CRL_free(back);
	test_free(longer);
	OPENSSL_free(der);
	X509_CRL_free(crl);
}

/* Signed by the right key and yet not a CRL as we write them. */
static void
test_verify_refused(void **state)
{
	struct pki *p = *state;
	struct crl_spec spec = make_spec(p, 1);
	X509_CRL *crl = issue(&spec, p->ca_key);
	ASN1_INTEGER *base = ASN1_INTEGER_new();
	X509_EXTENSION *ext;

	assert_int_equal(ASN1_INTEGER_set(base, 1), 1);
	assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1, 0),
	    1);
	assert_int_equal(crl_sign(crl, p->ca_key), CA_OK);
	assert_int_equal(crl_verify(crl, p->ca, NULL, NULL, NULL),
	    CA_ERR_ENCODING);
	ext = X509_CRL_delete_ext(crl,
	    X509_CRL_get_ext_by_NID(crl, NID_crl_number, -1));
	X509_EXTENSION_free(ext);
	assert_int_equal(crl_sign(crl, p->ca_key), CA_OK);
	assert_int_equal(crl_verify(crl, p->ca, NULL, NULL, NULL),
	    CA_ERR_ENCODING);
	ext = X509_CRL_delete_ext(crl,
	    X509_CRL_get_ext_by_NID(crl, NID_authority_key_identifier, -1));
	X509_EXTENSION_free(ext);
	assert_int_equal(crl_sign(crl, p->ca_key), CA_OK);
	assert_int_equal(crl_verify(crl, p->ca, NULL, NULL, NULL),
	    CA_ERR_CHAIN);
	ASN1_INTEGER_free(base);
	X509_CRL_free(crl);
}

/* The TBS of an unsigned CRL as it stands, signed with SHA-256. */
static X509_CRL *
sign_octets(const uint8_t *der, size_t len, EVP_PKEY *key)
{
	struct der rest = { der, len }, tbs = { NULL, 0 };
	uint8_t sig[144], *whole = test_calloc(1, len + 200);
	size_t sig_len = sizeof(sig), at = 4;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	X509_CRL *crl;

	assert_true(der_take(&rest, DER_SEQUENCE, &rest) &&
	    der_take_element(&rest, &tbs));
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &sig_len, tbs.data, tbs.len),
	    1);
	memcpy(whole + at, tbs.data, tbs.len);
	at += tbs.len;
	memcpy(whole + at, "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
	    12);
	at += 12;
	whole[at++] = 0x03;
	whole[at++] = (uint8_t)(sig_len + 1);
	whole[at++] = 0x00;
	memcpy(whole + at, sig, sig_len);
	at += sig_len;
	assert_in_range(at - 4, 0x100, 0xffff);
	whole[0] = 0x30;
	whole[1] = 0x82;
	whole[2] = (uint8_t)((at - 4) >> 8);
	whole[3] = (uint8_t)(at - 4);
	assert_int_equal(crl_parse(whole, at, &crl), CA_OK);
	EVP_MD_CTX_free(ctx);
	test_free(whole);
	return crl;
}

/* RFC 5280, 5.1.1.2, and the digest that goes with the issuer's curve: what
 * X509_CRL_verify() does not look at. */
static void
test_verify_algorithm(void **state)
{
	static const uint8_t sha256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04,
		0x03, 0x02 };
	struct pki *p = *state;
	struct crl_spec spec = make_spec(p, 6);
	X509_CRL *crl = issue(&spec, p->ca_key), *back = NULL;
	X509 *bare = pki_without_usage(p->ca);
	uint8_t *der = NULL, *inner;
	size_t len;

	assert_int_equal(crl_verify(crl, p->ca, NULL, NULL, NULL), CA_OK);
	assert_int_equal(crl_verify(crl, bare, NULL, NULL, NULL), CA_ERR_CHAIN);
	/* a better digest, said in both places: not as we sign */
	assert_true(X509_CRL_sign(crl, p->ca_key, EVP_sha512()) > 0);
	assert_int_equal(crl_verify(crl, p->ca, NULL, NULL, NULL),
	    CA_ERR_SIGNATURE);
	X509_CRL_free(crl);
	/* one thing signed, another said beside the signature */
	assert_int_equal(crl_build(&spec, &crl), CA_OK);
	assert_int_equal(crl_der(crl, &der, &len), CA_OK);
	inner = memmem(der, len, sha256, sizeof(sha256));
	assert_non_null(inner);
	inner[sizeof(sha256) - 1] = 0x04;
	back = sign_octets(der, len, p->ca_key);
	assert_int_equal(crl_verify(back, p->ca, NULL, NULL, NULL),
	    CA_ERR_SIGNATURE);
	X509_CRL_free(back);
	OPENSSL_free(der);
	X509_free(bare);
	X509_CRL_free(crl);
}

static void
test_lookup(void **state)
{
	struct pki *p = *state;
	struct crl_entry revoked = { .serial_len = SERIAL_SIZE,
		.reason = 1,
		.date = PKI_NOW };
	X509 *device = pki_issue(&p->device_spec, p->ca_key);
	struct crl_spec spec = make_spec(p, 0);
	X509_CRL *crl = issue(&spec, p->ca_key);

	assert_int_equal(crl_lookup(crl, device), CA_OK);
	assert_int_equal(crl_lookup(crl, p->ca), CA_ERR_CHAIN);
	X509_CRL_free(crl);
	memcpy(revoked.serial, p->device_spec.serial, SERIAL_SIZE);
	spec.entries = &revoked;
	spec.count = 1;
	crl = issue(&spec, p->ca_key);
	assert_int_equal(crl_lookup(crl, device), CA_ERR_REVOKED);
	X509_CRL_free(crl);
	X509_free(device);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_issue),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_build_refused),
		cmocka_unit_test(test_check_refused),
		cmocka_unit_test(test_verify_refused),
		cmocka_unit_test(test_verify_algorithm),
		cmocka_unit_test(test_lookup),
	};

	return cmocka_run_group_tests_name("ca/crl", tests, pki_setup,
	    pki_teardown);
}
