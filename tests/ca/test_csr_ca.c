/* SPDX-License-Identifier: ISC */
#include "ca/csr.h"

/* The CSR of a CA that others run. */

#include <openssl/rsa.h>
#include <stdio.h>

#include "tests/ca/request.h"

static enum rule
check(const uint8_t *der, size_t len, struct csr *csr, struct csr_asks *asks)
{
	return csr_check_ca(der, len, profile_find("intermediate"), csr, asks);
}

/* As `openssl req` makes it for a CA. */
static uint8_t *
make(EVP_PKEY *key, const EVP_MD *md, size_t *len)
{
	STACK_OF(X509_EXTENSION) *list = NULL;
	X509_REQ *req = request_new(key);
	uint8_t *der;

	request_name(req, "C", V_ASN1_PRINTABLESTRING, "CH", -1, 0);
	request_name(req, "CN", V_ASN1_UTF8STRING, "Evil\x1b[2J\\ CA", -1, 0);
	request_extension(&list, NID_basic_constraints, "critical,CA:TRUE");
	request_extension(&list, NID_subject_alt_name,
	    "DNS:a.example,DNS:b.example");
	assert_int_equal(X509_REQ_add_extensions(req, list), 1);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	assert_int_equal(X509_REQ_add1_attr_by_NID(req,
			     NID_pkcs9_challengePassword, V_ASN1_UTF8STRING,
			     (const unsigned char *)"hunter2", 7),
	    1);
	der = request_finish(req, key, md, len);
	return der;
}

/* EC keys and RSA keys, with every digest; what is asked is shown, escaped. */
static void
test_good(void **state)
{
	const EVP_MD *const digests[] = { EVP_sha256(), EVP_sha384(),
		EVP_sha512() };
	EVP_PKEY *keys[] = { pki_key("P-256"), pki_key("P-384"),
		EVP_RSA_gen(3072) };
	struct csr_asks asks;
	struct csr csr;

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		for (size_t d = 0; d < 3; d++) {
			uint8_t *spki = NULL, *der = NULL;
			size_t len, n = 0;

			der = make(keys[k], digests[d], &len);
			assert_int_equal(check(der, len, &csr, &asks), RULE_OK);
			assert_int_equal(key_to_spki(keys[k], &spki, &n),
			    CA_OK);
			assert_int_equal(csr.spki_len, n);
			assert_memory_equal(csr.spki, spki, n);
			OPENSSL_free(spki);
			OPENSSL_free(der);
		}
		EVP_PKEY_free(keys[k]);
	}
	assert_string_equal(asks.subject, "C=CH,CN=Evil\\x1b[2J\\x5c CA");
	assert_int_equal(asks.count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct csr_ask *a = &asks.asks[i];

		if (strcmp(a->name, "X509v3 Basic Constraints") == 0)
			assert_string_equal(a->value, "critical, CA:TRUE");
		else if (strcmp(a->name, "attribute challengePassword") == 0)
			assert_string_equal(a->value, "(value not shown)");
		else if (strcmp(a->name, "X509v3 Subject Alternative Name") ==
		    0)
			assert_string_equal(a->value,
			    "DNS:a.example, DNS:b.example");
		else
			fail_msg("%s", a->name);
	}
}

static void
test_keys(void **state)
{
	EVP_PKEY *small = EVP_RSA_gen(2048), *odd = pki_key("P-521");
	EVP_PKEY *weak = NULL;
	BIGNUM *two = BN_new();
	struct {
		EVP_PKEY *key;
		enum rule want;
	} rows[3];
	struct csr_asks asks;
	struct csr csr, zero = { .spki_len = 0 };

	(void)state;
	assert_int_equal(BN_set_word(two, 2), 1);
	weak = pki_key_from(NID_X9_62_prime256v1, two);
	rows[0].key = small;
	rows[0].want = RULE_RSA_SIZE;
	rows[1].key = odd;
	rows[1].want = RULE_CURVE;
	rows[2].key = weak;
	rows[2].want = RULE_WEAK_KEY;
	for (size_t i = 0; i < 3; i++) {
		size_t len;
		uint8_t *der = make(rows[i].key, EVP_sha256(), &len);

		assert_int_equal(check(der, len, &csr, &asks), rows[i].want);
		assert_memory_equal(&csr, &zero, sizeof(csr));
		assert_int_equal(asks.count, 0);
		assert_string_equal(asks.subject, "");
		OPENSSL_free(der);
		EVP_PKEY_free(rows[i].key);
	}
	BN_free(two);
}

/* An RSA key with another exponent is weak, one with PSS another algorithm. */
static void
test_rsa(void **state)
{
	BIGNUM *three = BN_new();
	RSA *rsa = RSA_new();
	EVP_PKEY *odd = EVP_PKEY_new(), *key = EVP_RSA_gen(3072);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	X509_REQ *req = request_new(key);
	struct csr_asks asks;
	struct csr csr;
	uint8_t *der;
	size_t len;

	(void)state;
	assert_int_equal(BN_set_word(three, 3), 1);
	assert_int_equal(RSA_generate_key_ex(rsa, 3072, three, NULL), 1);
	assert_int_equal(EVP_PKEY_assign_RSA(odd, rsa), 1);
	der = make(odd, EVP_sha256(), &len);
	assert_int_equal(check(der, len, &csr, &asks), RULE_WEAK_KEY);
	OPENSSL_free(der);
	assert_int_equal(EVP_DigestSignInit(ctx, &pctx, EVP_sha256(), NULL,
			     key),
	    1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx,
			     RSA_PKCS1_PSS_PADDING),
	    1);
	assert_true(X509_REQ_sign_ctx(req, ctx) > 0);
	der = request_der(req, &len);
	assert_int_equal(check(der, len, &csr, &asks), RULE_ALGORITHM);
	OPENSSL_free(der);
	der = make(key, EVP_sha1(), &len);
	assert_int_equal(check(der, len, &csr, &asks), RULE_ALGORITHM);
	OPENSSL_free(der);
	X509_REQ_free(req);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(odd);
	EVP_PKEY_free(key);
	BN_free(three);
}

/* Of every octet that is changed, and of every end that is cut off. */
static void
test_damage(void **state)
{
	EVP_PKEY *key = pki_key("P-256");
	struct csr_asks asks;
	struct csr csr;
	size_t len;
	uint8_t *der = make(key, EVP_sha256(), &len);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		der[i] ^= 0x20;
		assert_int_not_equal(check(der, len, &csr, &asks), RULE_OK);
		der[i] ^= 0x20;
		assert_int_not_equal(check(der, i, &csr, &asks), RULE_OK);
	}
	assert_int_equal(check(der, len, &csr, &asks), RULE_OK);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

/* CSR_ASKS_MAX things, and one more; a value that is too long to show. */
static void
test_limits(void **state)
{
	EVP_PKEY *key = pki_key("P-256");
	char text[1200] = "ASN1:UTF8:";
	struct csr_asks asks;
	struct csr csr;

	(void)state;
	memset(text + strlen(text), 'x', 1000);
	for (int n = CSR_ASKS_MAX; n <= CSR_ASKS_MAX + 1; n++) {
		STACK_OF(X509_EXTENSION) *list = NULL;
		X509_REQ *req = request_new(key);
		uint8_t *der;
		size_t len;

		request_extension(&list, NID_netscape_comment,
		    text + strlen("ASN1:UTF8:"));
		for (int i = 1; i < n; i++)
			request_extension(&list, NID_key_usage, "cRLSign");
		assert_int_equal(X509_REQ_add_extensions(req, list), 1);
		sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
		der = request_finish(req, key, EVP_sha256(), &len);
		assert_int_equal(check(der, len, &csr, &asks),
		    n <= CSR_ASKS_MAX ? RULE_OK : RULE_ASKS);
		if (n <= CSR_ASKS_MAX) {
			size_t end = strlen(asks.asks[0].value);

			assert_int_equal(asks.count, n);
			assert_true(end <= CSR_ASK_VALUE_MAX);
			assert_string_equal(asks.asks[0].value + end - 4,
			    "x...");
		}
		OPENSSL_free(der);
	}
	EVP_PKEY_free(key);
}

/* Extensions in a form that nobody can read. */
static void
test_unreadable(void **state)
{
	EVP_PKEY *key = pki_key("P-256");
	X509_REQ *req = request_new(key);
	struct csr_asks asks;
	struct csr csr;
	uint8_t *der;
	size_t len;

	(void)state;
	assert_int_equal(X509_REQ_add1_attr_by_NID(req, NID_ext_req,
			     V_ASN1_UTF8STRING, (const unsigned char *)"x", 1),
	    1);
	der = request_finish(req, key, EVP_sha256(), &len);
	assert_int_equal(check(der, len, &csr, &asks), RULE_ASKS);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
