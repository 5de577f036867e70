/* SPDX-License-Identifier: ISC */
#include "ca/csr.h"

#include <openssl/sha.h>

#include "tests/ca/request.h"

static void
test_rows(void **state)
{
	(void)state;
	for (int i = RULE_OK + 1; i < RULE_COUNT; i++) {
		const struct rule_row *row = rule_row((enum rule)i);

		assert_non_null(row);
		assert_true(strlen(row->clause) > 0 && strlen(row->text) > 0);
		assert_int_equal(rule_find(row->id), i);
	}
	assert_null(rule_row(RULE_OK));
	assert_null(rule_row(RULE_COUNT));
	assert_null(rule_row((enum rule)(-1)));
	assert_int_equal(rule_find("csr.other"), RULE_OK);
	assert_int_equal(rule_find(""), RULE_OK);
}

static void
test_good(void **state)
{
	static const struct {
		const char *curve, *md;
		int string;
	} cases[] = {
		{ "P-256", "SHA256", V_ASN1_UTF8STRING },
		{ "P-256", "SHA384", V_ASN1_PRINTABLESTRING },
		{ "P-256", "SHA512", V_ASN1_UTF8STRING },
		{ "P-384", "SHA384", V_ASN1_UTF8STRING },
		{ "P-384", "SHA256", V_ASN1_PRINTABLESTRING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EVP_PKEY *key = pki_key(cases[i].curve);
		X509_REQ *req = request_new(key);
		uint8_t *der, *spki = NULL;
		struct key_ident ident;
		size_t len, spki_len;
		struct csr csr;

		request_name(req, "CN", cases[i].string, REQUEST_ID, -1, 0);
		der = request_finish(req, key,
		    EVP_get_digestbyname(cases[i].md), &len);
		assert_int_equal(csr_check(der, len, REQUEST_ID,
				     profile_find("device-tls"), &csr),
		    RULE_OK);
		assert_int_equal(key_to_spki(key, &spki, &spki_len), CA_OK);
		assert_int_equal(csr.spki_len, spki_len);
		assert_memory_equal(csr.spki, spki, spki_len);
		assert_int_equal(key_identify(spki, spki_len, &ident), CA_OK);
		assert_memory_equal(&csr.key, &ident, sizeof(ident));
		OPENSSL_free(spki);
		OPENSSL_free(der);
		EVP_PKEY_free(key);
	}
}

/* Made once by other programs with throwaway keys: certtool 3.7.9
 * (--generate-request, template cn, signing_key, tls_www_client; and cn
 * alone) and openssl 3.0 req (plain; P-384 with -addext keyUsage and
 * subjectKeyIdentifier). */
static const char *const golden[] = {
	"MIIBEzCBuQIBADAQMQ4wDAYDVQQDEwVkZXYtMTBZMBMGByqGSM49AgEGCCqGSM49AwEH"
	"A0IABASA4QVez/dG1Zsp6DjAy2N2KSfN87bjv8iblPeonFMolIXZndXJA4JcDn67YMbL"
	"oImZEN1enusuYcrzjTLs9CagRzBFBgkqhkiG9w0BCQ4xODA2MAwGA1UdEwEB/wQCMAAw"
	"DgYDVR0PAQH/BAQDAgeAMBYGA1UdJQEB/wQMMAoGCCsGAQUFBwMCMAoGCCqGSM49BAMC"
	"A0kAMEYCIQC251Bucn8uEuXeGxP8ZNYsc/3Lpx8CR8BeLpdIoWP9EgIhAO0GC+a30Zix"
	"QoBvVizAOSgeutpDkM6iKbgKXephATeq",
	"MIH6MIGhAgEAMBAxDjAMBgNVBAMTBWRldi0xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD"
	"QgAEBIDhBV7P90bVmynoOMDLY3YpJ83ztuO/yJuU96icUyiUhdmd1ckDglwOfrtgxsug"
	"iZkQ3V6e6y5hyvONMuz0JqAvMC0GCSqGSIb3DQEJDjEgMB4wDAYDVR0TAQH/BAIwADAO"
	"BgNVHQ8BAf8EBAMCB4AwCgYIKoZIzj0EAwIDSAAwRQIhAIavXHVnQ+AONz4P0mlZWzmv"
	"L75IyVsDDwXYFgIs8MQIAiA7WX8UwmWRHWDxwHkygLVSqY7g0hgiOrLMd/Ohc4qjoQ==",
	"MIHKMHICAQAwEDEOMAwGA1UEAwwFZGV2LTEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC"
	"AAQEgOEFXs/3RtWbKeg4wMtjdiknzfO247/Im5T3qJxTKJSF2Z3VyQOCXA5+u2DGy6CJ"
	"mRDdXp7rLmHK840y7PQmoAAwCgYIKoZIzj0EAwIDSAAwRQIgIbbxQPA91p1pkVDTFUOF"
	"c0qF8977Ka32iTXc/VbL/tkCIQC0gPwhJ6goXEvYfcZHAedm7yZKke9NEz+k5sFWrb64"
	"XQ==",
	"MIIBRDCBzAIBADAQMQ4wDAYDVQQDDAVkZXYtMTB2MBAGByqGSM49AgEGBSuBBAAiA2IA"
	"BEvdGmitugbJp9xHfiTD5vse/V7sEAEVzc8KqhJzou8KvxEwRJpTXyF5P4aSdFMeMdjW"
	"trqh71tvgJ+d/Pueysocefxrv/ZqByUD/9lPytQrUu7/IaPW+LKrojYtZ9+FtaA9MDsG"
	"CSqGSIb3DQEJDjEuMCwwCwYDVR0PBAQDAgeAMB0GA1UdDgQWBBTS92c4Xhu3XkvlNx3A"
	"duwOr3MBRjAKBggqhkjOPQQDAgNnADBkAjAOIBnNYL8qSdpigdJJTTULTyIGxm8PWifM"
	"TMFqAKuSE/pMkdlvWwmmlRjZ61U6sMoCMGqSmBr1Nn25Q47PkOrRoFpqQnGzdlLjKcB9"
	"k9I6Jnu8a/gZuJqJfgf45+379jScdA==",
};

static size_t
decode(const char *text, uint8_t out[CSR_MAX])
{
	size_t len = strlen(text);
	int n = EVP_DecodeBlock(out, (const unsigned char *)text,
	    (int)strlen(text));

	assert_true(n > 0);
	/* EVP_DecodeBlock counts the padding */
	return (size_t)n - (text[len - 1] == '=') - (text[len - 2] == '=');
}

static void
test_golden(void **state)
{
	uint8_t der[CSR_MAX];
	char id[SUBJECT_ID_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		size_t len = decode(golden[i], der);

		assert_int_equal(request_check(der, len), RULE_OK);
		assert_true(csr_peek_id(der, len, id));
		assert_string_equal(id, REQUEST_ID);
	}
}

/* No octet of a CSR can be changed, cut off or added without a refusal. */
static void
test_every_octet(void **state)
{
	uint8_t der[CSR_MAX];
	size_t len = decode(golden[0], der);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		der[i] ^= 0x01;
		assert_int_not_equal(request_check(der, len), RULE_OK);
		der[i] ^= 0x81;
		assert_int_not_equal(request_check(der, len), RULE_OK);
		der[i] ^= 0x80;
		assert_int_equal(request_check(der, i),
		    i == 0 ? RULE_SIZE : RULE_DER);
	}
	assert_int_equal(request_check(der, len), RULE_OK);
}

static void
test_size(void **state)
{
	static uint8_t big[CSR_MAX + 1] = { 0x30 }; /* then 0x00 */

	(void)state;
	assert_int_equal(request_check(big, 0), RULE_SIZE);
	assert_int_equal(request_check(big, CSR_MAX + 1), RULE_SIZE);
	assert_int_equal(request_check(big, CSR_MAX), RULE_DER);
}

/* The plain CSR of golden[2], bent by replacing one run of octets; lengths of
 * the elements around it are put right. */
static void
test_der(void **state)
{
	uint8_t der[CSR_MAX], bent[CSR_MAX];
	size_t len = decode(golden[2], der);

	(void)state;
	assert_int_equal(der[1], 0x81); /* 30 81 ca 30 72 02 01 00 ... */
	/* trailing octets, also such as look like an element */
	memcpy(bent, der, len);
	bent[len] = 0;
	assert_int_equal(request_check(bent, len + 1), RULE_TRAILING);
	memcpy(bent + len, der, len);
	assert_int_equal(request_check(bent, 2 * len), RULE_TRAILING);
	/* outer length in three octets */
	bent[0] = 0x30;
	bent[1] = 0x82;
	bent[2] = 0x00;
	memcpy(bent + 3, der + 2, len - 2);
	assert_int_equal(request_check(bent, len + 1), RULE_DER);
	/* BER and trailing octets: the first of the rules */
	bent[len + 1] = 0;
	assert_int_equal(request_check(bent, len + 2), RULE_DER);
	/* indefinite length */
	memcpy(bent, der, len);
	bent[1] = 0x80;
	memmove(bent + 2, bent + 3, len - 3);
	bent[len - 1] = bent[len] = 0;
	assert_int_equal(request_check(bent, len + 1), RULE_DER);
	/* version 00 00 */
	memcpy(bent, der, 6);
	bent[2]++;
	bent[4]++;
	bent[6] = 0x02;
	memcpy(bent + 7, der + 7, 1);
	memcpy(bent + 8, der + 7, len - 7);
	bent[5] = 0x02;
	assert_int_equal(request_check(bent, len + 1), RULE_DER);
	/* a private key instead, or a certificate's outer shape */
	assert_int_equal(request_check((const uint8_t *)"\x30\x03\x02\x01\x00",
			     5),
	    RULE_DER);
	assert_int_equal(request_check((const uint8_t *)"-----BEGIN", 10),
	    RULE_DER);
}

/* RFC 2986, 4.1: [0] must be there, though empty; OpenSSL would do without. */
static void
test_attributes_missing(void **state)
{
	uint8_t der[CSR_MAX];
	size_t len = decode(golden[2], der);
	uint8_t *mark = memmem(der, len, "\xa0\x00\x30\x0a", 4);

	(void)state;
	assert_non_null(mark);
	memmove(mark, mark + 2, len - (size_t)(mark + 2 - der));
	der[2] -= 2;
	der[4] -= 2;
	assert_int_equal(request_check(der, len - 2), RULE_DER);
}

/* Two attributes against the order of a SET OF, which an IMPLICIT tag hides. */
static void
test_attributes_unsorted(void **state)
{
	static const char oid_name[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02";
	static const int nids[] = { NID_pkcs9_unstructuredName,
		NID_pkcs9_challengePassword };
	EVP_PKEY *key = pki_key("P-256");
	X509_REQ *req = request_new(key);
	uint8_t *der, *oid;
	size_t len;

	(void)state;
	request_name(req, "CN", V_ASN1_UTF8STRING, REQUEST_ID, -1, 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(X509_REQ_add1_attr_by_NID(req, nids[i],
				     V_ASN1_IA5STRING,
				     (const unsigned char *)"a", 1),
		    1);
	der = request_finish(req, key, EVP_sha256(), &len);
	assert_int_equal(request_check(der, len), RULE_EXTENSION);
	/* 9.2 becomes 9.8 and stands before 9.7 */
	oid = memmem(der, len, oid_name, sizeof(oid_name) - 1);
	assert_non_null(oid);
	oid[8] = 0x08;
	assert_int_equal(request_consume(der, &len), RULE_DER);
	EVP_PKEY_free(key);
}

static void
test_version(void **state)
{
	EVP_PKEY *key = pki_key("P-256");
	size_t len;

	(void)state;
	for (long version = 1; version <= 200; version += 199) {
		X509_REQ *req = request_new(key);

		request_name(req, "CN", V_ASN1_UTF8STRING, REQUEST_ID, -1, 0);
		assert_int_equal(X509_REQ_set_version(req, version), 1);
		assert_int_equal(request_consume(request_finish(req, key,
						     EVP_sha256(), &len),
				     &len),
		    RULE_VERSION);
	}
	EVP_PKEY_free(key);
}

static EVP_PKEY *
special_key(int curve, int asn1_flag, point_conversion_form_t form)
{
	EC_KEY *ec = EC_KEY_new_by_curve_name(curve);
	EVP_PKEY *key = EVP_PKEY_new();

	assert_non_null(ec);
	EC_KEY_set_asn1_flag(ec, asn1_flag);
	EC_KEY_set_conv_form(ec, form);
	assert_int_equal(EC_KEY_generate_key(ec), 1);
	assert_int_equal(EVP_PKEY_assign_EC_KEY(key, ec), 1);
	return key;
}

static void
test_keys(void **state)
{
	const int p256 = NID_X9_62_prime256v1;
	const point_conversion_form_t plain = POINT_CONVERSION_UNCOMPRESSED;
	const int named = OPENSSL_EC_NAMED_CURVE;
	struct {
		const char *name;
		EVP_PKEY *key;
		bool no_digest;
		enum rule want;
	} cases[] = {
		{ "RSA", EVP_RSA_gen(2048), false, RULE_RSA },
		{ "P-192", special_key(NID_X9_62_prime192v1, named, plain),
		    false, RULE_CURVE },
		{ "P-224", pki_key("P-224"), false, RULE_CURVE },
		{ "P-521", pki_key("P-521"), false, RULE_CURVE },
		{ "secp256k1", pki_key("secp256k1"), false, RULE_CURVE },
		{ "Ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), true,
		    RULE_CURVE },
		{ "explicit parameters",
		    special_key(p256, OPENSSL_EC_EXPLICIT_CURVE, plain), false,
		    RULE_CURVE },
		{ "compressed",
		    special_key(p256, named, POINT_CONVERSION_COMPRESSED),
		    false, RULE_POINT },
		{ "hybrid", special_key(p256, named, POINT_CONVERSION_HYBRID),
		    false, RULE_POINT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len;
		uint8_t *der = request_plain(cases[i].key,
		    cases[i].no_digest ? NULL : EVP_sha256(), &len);

		if (request_consume(der, &len) != cases[i].want)
			fail_msg("%s", cases[i].name);
		EVP_PKEY_free(cases[i].key);
	}
}

static void
test_curve_of_profile(void **state)
{
	struct profile only384 = *profile_find("device-tls");
	EVP_PKEY *key = pki_key("P-256");
	struct csr csr;
	size_t len;
	uint8_t *der = request_plain(key, EVP_sha256(), &len);

	(void)state;
	only384.p256 = false;
	assert_int_equal(csr_check(der, len, REQUEST_ID, &only384, &csr),
	    RULE_CURVE);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

static void
test_point_off_curve(void **state)
{
	EVP_PKEY *key = pki_key("P-256");
	uint8_t *der, *point;
	size_t len;

	(void)state;
	der = request_plain(key, EVP_sha256(), &len);
	point = memmem(der, len, "\x03\x42\x00\x04", 4);
	assert_non_null(point);
	point[4 + 63] ^= 1;
	assert_int_equal(request_consume(der, &len), RULE_POINT);
	EVP_PKEY_free(key);
}

static void
test_algorithm(void **state)
{
	static const char *const weak[] = { "SHA1", "SHA224" };
	EVP_PKEY *key = pki_key("P-256");
	const X509_ALGOR *algorithm = NULL;
	X509_REQ *req;
	size_t len;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
		    request_consume(request_plain(key,
					EVP_get_digestbyname(weak[i]), &len),
			&len),
		    RULE_ALGORITHM);
	/* RFC 5758, 3.2: no parameters, not even NULL */
	req = request_new(key);
	request_name(req, "CN", V_ASN1_UTF8STRING, REQUEST_ID, -1, 0);
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	X509_REQ_get0_signature(req, NULL, &algorithm);
	assert_int_equal(X509_ALGOR_set0((X509_ALGOR *)algorithm,
			     OBJ_nid2obj(NID_ecdsa_with_SHA256), V_ASN1_NULL,
			     NULL),
	    1);
	assert_int_equal(request_consume(request_der(req, &len), &len),
	    RULE_ALGORITHM);
	/* the algorithm of another key */
	assert_int_equal(X509_ALGOR_set0((X509_ALGOR *)algorithm,
			     OBJ_nid2obj(NID_ED25519), V_ASN1_UNDEF, NULL),
	    1);
	assert_int_equal(request_consume(request_der(req, &len), &len),
	    RULE_ALGORITHM);
	X509_REQ_free(req);
	EVP_PKEY_free(key);
}

static void
test_possession(void **state)
{
	EVP_PKEY *key = pki_key("P-256"), *other = pki_key("P-256");
	X509_REQ *req = request_new(key);
	uint8_t *der;
	size_t len;

	(void)state;
	request_name(req, "CN", V_ASN1_UTF8STRING, REQUEST_ID, -1, 0);
	assert_int_equal(request_consume(request_finish(req, other,
					     EVP_sha256(), &len),
			     &len),
	    RULE_POP);
	der = request_plain(key, EVP_sha256(), &len);
	der[len - 1] ^= 1;
	assert_int_equal(request_consume(der, &len), RULE_POP);
	EVP_PKEY_free(other);
	EVP_PKEY_free(key);
}

static void
test_weak(void **state)
{
	BIGNUM *d = NULL;
	EVP_PKEY *key;
	size_t len;

	(void)state;
	assert_int_not_equal(BN_dec2bn(&d, "3"), 0);
	key = pki_key_from(NID_secp384r1, d);
	assert_int_equal(request_consume(request_plain(key, EVP_sha384(), &len),
			     &len),
	    RULE_WEAK_KEY);
	EVP_PKEY_free(key);
	BN_free(d);
}

/* Q and -Q: told apart by SPKI, found by what they share. */
static void
test_twin(void **state)
{
	struct csr a, b;
	BIGNUM *d = NULL;

	(void)state;
	assert_int_not_equal(BN_dec2bn(&d, "987654321987654321"), 0);
	for (int i = 0; i < 2; i++) {
		EVP_PKEY *key = pki_key_from(NID_X9_62_prime256v1, d);
		size_t len;
		uint8_t *der = request_plain(key, EVP_sha256(), &len);

		assert_int_equal(csr_check(der, len, REQUEST_ID,
				     profile_find("device-tls"),
				     i == 0 ? &a : &b),
		    RULE_OK);
		OPENSSL_free(der);
		EVP_PKEY_free(key);
		BN_set_negative(d, 1);
	}
	assert_memory_equal(a.key.unique, b.key.unique, KEY_DIGEST_SIZE);
	assert_memory_not_equal(a.key.spki_sha256, b.key.spki_sha256,
	    KEY_DIGEST_SIZE);
	assert_memory_not_equal(a.r_sha256, b.r_sha256, 32);
	BN_free(d);
}

/* Sign a finished CSR again with a nonce that was made before. */
static uint8_t *
sign_with_nonce(EVP_PKEY *key, const BIGNUM *kinv, const BIGNUM *r, size_t *len)
{
	unsigned char digest[32], *tbs = NULL, *der = NULL;
	const ASN1_BIT_STRING *sig = NULL;
	X509_REQ *req = request_new(key);
	ECDSA_SIG *ecdsa;
	uint8_t *out;
	int n;

	request_name(req, "CN", V_ASN1_UTF8STRING, REQUEST_ID, -1, 0);
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	n = i2d_re_X509_REQ_tbs(req, &tbs);
	SHA256(tbs, (size_t)n, digest);
	ecdsa = ECDSA_do_sign_ex(digest, 32, kinv, r,
	    (EC_KEY *)EVP_PKEY_get0_EC_KEY(key));
	assert_non_null(ecdsa);
	n = i2d_ECDSA_SIG(ecdsa, &der);
	X509_REQ_get0_signature(req, &sig, NULL);
	assert_int_equal(ASN1_STRING_set((ASN1_STRING *)sig, der, n), 1);
	out = request_der(req, len);
	ECDSA_SIG_free(ecdsa);
	OPENSSL_free(der);
	OPENSSL_free(tbs);
	X509_REQ_free(req);
	return out;
}

/* Two devices, one nonce: r shows it. */
static void
test_nonce_repeat(void **state)
{
	EVP_PKEY *keys[2] = { pki_key("P-256"), pki_key("P-256") };
	BIGNUM *kinv = NULL, *r = NULL;
	struct csr csr[2];

	(void)state;
	assert_int_equal(ECDSA_sign_setup((EC_KEY *)EVP_PKEY_get0_EC_KEY(
					      keys[0]),
			     NULL, &kinv, &r),
	    1);
	for (int i = 0; i < 2; i++) {
		size_t len;
		uint8_t *der = sign_with_nonce(keys[i], kinv, r, &len);

		assert_int_equal(csr_check(der, len, REQUEST_ID,
				     profile_find("device-tls"), &csr[i]),
		    RULE_OK);
		OPENSSL_free(der);
		EVP_PKEY_free(keys[i]);
	}
	assert_memory_equal(csr[0].r_sha256, csr[1].r_sha256, 32);
	assert_memory_not_equal(csr[0].key.unique, csr[1].key.unique,
	    KEY_DIGEST_SIZE);
	BN_free(kinv);
	BN_free(r);
}

static void
test_peek(void **state)
{
	static const struct {
		const char *value, *want; /* NULL: none */
		int len, string;
	} cases[] = {
		{ "a-1", "a-1", -1, V_ASN1_UTF8STRING },
		{ "a-1", "a-1", -1, V_ASN1_T61STRING },
		{ "\0a", "a", 2, V_ASN1_BMPSTRING },
		{ "a\0b", NULL, 3, V_ASN1_UTF8STRING },
		{ "a b", NULL, -1, V_ASN1_UTF8STRING },
	};
	EVP_PKEY *key = pki_key("P-256");
	char id[SUBJECT_ID_MAX + 1];
	X509_REQ *req;
	uint8_t *der;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		req = request_new(key);
		request_name(req, "O", V_ASN1_UTF8STRING, "first", -1, 0);
		request_name(req, "CN", cases[i].string, cases[i].value,
		    cases[i].len, 0);
		der = request_finish(req, key, EVP_sha256(), &len);
		der[len - 1] ^= 1; /* the signature does not matter here */
		assert_int_equal(csr_peek_id(der, len, id),
		    cases[i].want != NULL);
		assert_string_equal(id,
		    cases[i].want != NULL ? cases[i].want : "");
		OPENSSL_free(der);
	}
	req = request_new(key);
	der = request_finish(req, key, EVP_sha256(), &len);
	assert_false(csr_peek_id(der, len, id));
	assert_false(csr_peek_id(der, len - 1, id));
	assert_false(csr_peek_id(der, 0, id));
	assert_false(csr_peek_id(der, CSR_MAX + 1, id));
	OPENSSL_free(der);
	req = request_new(key);
	request_name(req, "CN", V_ASN1_UTF8STRING, "a", -1, 0);
	request_name(req, "CN", V_ASN1_UTF8STRING, "b", -1, 0);
	der = request_finish(req, key, EVP_sha256(), &len);
	assert_false(csr_peek_id(der, len, id));
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_every_octet),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_der),
		cmocka_unit_test(test_attributes_missing),
		cmocka_unit_test(test_attributes_unsorted),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_curve_of_profile),
		cmocka_unit_test(test_point_off_curve),
		cmocka_unit_test(test_algorithm),
		cmocka_unit_test(test_possession),
		cmocka_unit_test(test_weak),
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_nonce_repeat),
		cmocka_unit_test(test_peek),
	};

	return cmocka_run_group_tests_name("ca/csr", tests, NULL, NULL);
}
