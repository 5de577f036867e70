/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/share.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "ceremony/quorum/share_form.h"
#include "tests/ceremony/quorum/fixture.h"
#include "transfer/text.h"

#define USAGE "critical,keyAgreement"
#define RSA_USAGE "critical,keyEncipherment"

static const struct share_label LABEL = { "DENK0100001", 7, 4, 3, 5 };

/* An operator's derive key and its certificate. */
struct recipient {
	EVP_PKEY *key;
	X509 *cert;
};

static void
recipient_make(struct recipient *r, const char *name, const char *curve)
{
	bool rsa = strcmp(curve, "RSA") == 0;

	r->key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen(curve);
	assert_non_null(r->key);
	r->cert = cert_new(name, r->key, r->key, rsa ? RSA_USAGE : USAGE);
}

static void
recipient_free(struct recipient *r)
{
	X509_free(r->cert);
	EVP_PKEY_free(r->key);
}

struct setting {
	struct recipient ann, bob;
	struct secret *share;
	uint8_t *blob;
	size_t len;
};

static int
setup_of(const char *curve, void **state)
{
	static struct setting s;

	recipient_make(&s.ann, "ann", curve);
	recipient_make(&s.bob, "bob", curve);
	s.share = secret_counting(0, 32);
	assert_error("wrap",
	    share_wrap(&LABEL, s.share, s.ann.cert, &s.blob, &s.len),
	    QUORUM_OK);
	*state = &s;
	return 0;
}

static int
setup(void **state)
{
	return setup_of("P-256", state);
}

static int
setup_rsa(void **state)
{
	return setup_of("RSA", state);
}

static int
teardown(void **state)
{
	struct setting *s = *state;

	OPENSSL_free(s->blob);
	secret_free(s->share);
	recipient_free(&s->ann);
	recipient_free(&s->bob);
	return 0;
}

/*
 * From Python's struct and sha256sum, not from our code: share/v1, then each
 * of DENK0100001, 7, 3, 5, 4 and the octets 00..1f behind its length.
 */
static void
test_commit_vector(void **state)
{
	const struct setting *s = *state;
	uint8_t digest[32] = { 0 };
	char hex[TEXT_HEX_SIZE(32)] = "";

	share_commit(&LABEL, s->share, digest);
	text_hex(digest, 32, hex);
	assert_string_equal(hex,
	    "1c64b092794d719c29107cd32f2e3e9e5ad7b00c7cc88071c0e376041a006432");
}

/* Any other label or share has another commitment. */
static void
test_verify(void **state)
{
	static const struct {
		const char *name;
		struct share_label label;
		unsigned flip; /* of the share's first octet */
		enum quorum_error want;
	} rows[] = {
		{ "same", { "DENK0100001", 7, 4, 3, 5 }, 0, QUORUM_OK },
		{ "serial", { "DENK0100002", 7, 4, 3, 5 }, 0,
		    QUORUM_ERR_COMMITMENT },
		{ "shorter serial", { "DENK010000", 17, 4, 3, 5 }, 0,
		    QUORUM_ERR_COMMITMENT },
		{ "epoch", { "DENK0100001", 8, 4, 3, 5 }, 0,
		    QUORUM_ERR_COMMITMENT },
		{ "x", { "DENK0100001", 7, 3, 3, 5 }, 0,
		    QUORUM_ERR_COMMITMENT },
		{ "m", { "DENK0100001", 7, 4, 2, 5 }, 0,
		    QUORUM_ERR_COMMITMENT },
		{ "n", { "DENK0100001", 7, 4, 3, 6 }, 0,
		    QUORUM_ERR_COMMITMENT },
		{ "share", { "DENK0100001", 7, 4, 3, 5 }, 1,
		    QUORUM_ERR_COMMITMENT },
	};
	const struct setting *s = *state;
	uint8_t digest[32] = { 0 };

	share_commit(&LABEL, s->share, digest);
	for (size_t i = 0; i < COUNT(rows); i++) {
		s->share->data[0] ^= (uint8_t)rows[i].flip;
		assert_error(rows[i].name,
		    share_verify(&rows[i].label, s->share, digest),
		    rows[i].want);
		s->share->data[0] ^= (uint8_t)rows[i].flip;
	}
}

static void
test_round_trip(void **state)
{
	static const char *curves[] = { "P-256", "P-384", "RSA" };
	const struct setting *s = *state;

	for (size_t i = 0; i < COUNT(curves); i++) {
		struct recipient r = { 0 };
		struct secret *again = NULL;
		uint8_t *blob = NULL;
		size_t len = 0;

		recipient_make(&r, "carol", curves[i]);
		assert_error(curves[i],
		    share_wrap(&LABEL, s->share, r.cert, &blob, &len),
		    QUORUM_OK);
		assert_true(len <= SHARE_BLOB_MAX);
		assert_error(curves[i],
		    share_unwrap(blob, len, r.key, r.cert, &LABEL, &again),
		    QUORUM_OK);
		assert_true(secret_equal(s->share, again));
		secret_free(again);
		OPENSSL_free(blob);
		recipient_free(&r);
	}
	assert_int_equal(ERR_peek_error(), 0);
}

/* What an operator finds with openssl cms -decrypt and sha256sum. */
static void
test_by_hand(void **state)
{
	const struct setting *s = *state;
	const uint8_t *at = s->blob;
	uint8_t want[32] = { 0 }, got[32] = { 0 };
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)s->len);
	BIO *out = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len = 0;

	assert_non_null(cms);
	assert_int_equal(CMS_decrypt(cms, s->ann.key, s->ann.cert, NULL, out,
			     CMS_BINARY),
	    1);
	len = BIO_get_mem_data(out, &data);
	SHA256((uint8_t *)data, (size_t)len, got);
	share_commit(&LABEL, s->share, want);
	assert_memory_equal(got, want, 32);
	BIO_free(out);
	CMS_ContentInfo_free(cms);
}

/* The share is not in the blob, and a second blob is another. */
static void
test_hidden(void **state)
{
	const struct setting *s = *state;
	uint8_t *blob = NULL;
	size_t len = 0;

	assert_null(memmem(s->blob, s->len, s->share->data, 8));
	assert_error("again",
	    share_wrap(&LABEL, s->share, s->ann.cert, &blob, &len), QUORUM_OK);
	assert_true(len != s->len || memcmp(blob, s->blob, s->len) != 0);
	OPENSSL_free(blob);
}

static void
test_wrong_label(void **state)
{
	static const struct {
		const char *name;
		struct share_label label;
	} rows[] = {
		{ "other token", { "DENK0100002", 7, 4, 3, 5 } },
		{ "serial with more", { "DENK01000011", 7, 4, 3, 5 } },
		{ "no serial", { "", 7, 4, 3, 5 } },
		{ "other epoch", { "DENK0100001", 8, 4, 3, 5 } },
		{ "epoch of more digits", { "DENK0100001", 77, 4, 3, 5 } },
		{ "epoch 0", { "DENK0100001", 0, 4, 3, 5 } },
		{ "other x", { "DENK0100001", 7, 3, 3, 5 } },
		{ "other m", { "DENK0100001", 7, 4, 2, 5 } },
		{ "other n", { "DENK0100001", 7, 4, 3, 6 } },
		{ "largest",
		    { "12345678901234567890123456789012", UINT32_MAX, 15, 16,
			16 } },
	};
	const struct setting *s = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *again = s->share;

		assert_error(rows[i].name,
		    share_unwrap(s->blob, s->len, s->ann.key, s->ann.cert,
			&rows[i].label, &again),
		    QUORUM_ERR_BLOB);
		assert_null(again);
	}
}

static void
test_wrong_operator(void **state)
{
	const struct setting *s = *state;
	const struct {
		const char *name;
		EVP_PKEY *key;
		X509 *cert;
	} rows[] = {
		{ "another operator", s->bob.key, s->bob.cert },
		{ "another key", s->bob.key, s->ann.cert },
		{ "another certificate", s->ann.key, s->bob.cert },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *again = s->share;

		assert_error(rows[i].name,
		    share_unwrap(s->blob, s->len, rows[i].key, rows[i].cert,
			&LABEL, &again),
		    QUORUM_ERR_UNWRAP);
		assert_null(again);
	}
	assert_int_equal(ERR_peek_error(), 0);
}

/* Each bit changed, each length less, an octet more: never opened. */
static void
test_tampered(void **state)
{
	const struct setting *s = *state;
	uint8_t blob[SHARE_BLOB_MAX + 1] = { 0 };
	struct secret *again = NULL;

	memcpy(blob, s->blob, s->len);
	for (size_t i = 0; i < 8 * s->len; i++) {
		blob[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_error("bit",
		    share_unwrap(blob, s->len, s->ann.key, s->ann.cert, &LABEL,
			&again),
		    QUORUM_ERR_UNWRAP);
		blob[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t len = 0; len < s->len; len++)
		assert_error("cut",
		    share_unwrap(blob, len, s->ann.key, s->ann.cert, &LABEL,
			&again),
		    QUORUM_ERR_UNWRAP);
	assert_error("octet behind",
	    share_unwrap(blob, s->len + 1, s->ann.key, s->ann.cert, &LABEL,
		&again),
	    QUORUM_ERR_UNWRAP);
	assert_error("too long",
	    share_unwrap(blob, SHARE_BLOB_MAX + 1, s->ann.key, s->ann.cert,
		&LABEL, &again),
	    QUORUM_ERR_UNWRAP);
	assert_null(again);
}

static void
test_wrap_refuses(void **state)
{
	static const struct {
		const char *name;
		struct share_label label;
		size_t len;
	} rows[] = {
		{ "no serial", { "", 7, 4, 3, 5 }, 32 },
		{ "blank in the serial", { "DENK 1", 7, 4, 3, 5 }, 32 },
		{ "epoch 0", { "DENK1", 0, 4, 3, 5 }, 32 },
		{ "x is n", { "DENK1", 7, 5, 3, 5 }, 32 },
		{ "m is 1", { "DENK1", 7, 4, 1, 5 }, 32 },
		{ "m over n", { "DENK1", 7, 4, 6, 5 }, 32 },
		{ "n is 17", { "DENK1", 7, 4, 3, 17 }, 32 },
		{ "no share", { "DENK1", 7, 4, 3, 5 }, 0 },
		{ "share of 65 octets", { "DENK1", 7, 4, 3, 5 }, 65 },
	};
	const struct setting *s = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *share = secret_counting(0, rows[i].len);
		uint8_t *blob = s->blob;
		size_t len = 99;

		assert_error(rows[i].name,
		    share_wrap(&rows[i].label, share, s->ann.cert, &blob, &len),
		    QUORUM_ERR_WRAP);
		assert_null(blob);
		assert_int_equal(len, 0);
		secret_free(share);
	}
}

static void
test_wrap_certificates(void **state)
{
	const struct setting *s = *state;
	EVP_PKEY *rsa = EVP_RSA_gen(2048), *p521 = EVP_EC_gen("P-521");
	EVP_PKEY *small = EVP_RSA_gen(1024);
	const struct {
		const char *name;
		EVP_PKEY *key;
		const char *usage;
		enum quorum_error want;
	} rows[] = {
		{ "key agreement", s->ann.key, USAGE, QUORUM_OK },
		{ "any use", s->ann.key, NULL, QUORUM_OK },
		{ "signatures only", s->ann.key, "digitalSignature",
		    QUORUM_ERR_WRAP },
		{ "RSA", rsa, "keyEncipherment", QUORUM_OK },
		{ "RSA for any use", rsa, NULL, QUORUM_OK },
		{ "RSA of 1024 bits", small, "keyEncipherment",
		    QUORUM_ERR_WRAP },
		{ "key agreement for encipherment", s->ann.key,
		    "keyEncipherment", QUORUM_ERR_WRAP },
		{ "RSA for key agreement", rsa, USAGE, QUORUM_ERR_WRAP },
		{ "P-521", p521, USAGE, QUORUM_ERR_WRAP },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *cert =
		    cert_new("x", rows[i].key, s->ann.key, rows[i].usage);
		uint8_t *blob = NULL;
		size_t len = 0;

		assert_error(rows[i].name,
		    share_wrap(&LABEL, s->share, cert, &blob, &len),
		    rows[i].want);
		assert_int_equal(blob != NULL, rows[i].want == QUORUM_OK);
		OPENSSL_free(blob);
		X509_free(cert);
	}
	EVP_PKEY_free(small);
	EVP_PKEY_free(p521);
	EVP_PKEY_free(rsa);
	assert_int_equal(ERR_peek_error(), 0);
}

/* Make CMS like share_wrap(), but not quite. */
struct variant {
	const char *name;
	const EVP_CIPHER *cipher;
	const EVP_MD *kdf; /* NULL: OpenSSL's own */
	unsigned flags, recipients;
	const char *content;
	enum quorum_error want;
};

static uint8_t *
variant_make(const struct variant *v, const struct setting *s, size_t *len)
{
	BIO *in = BIO_new_mem_buf(v->content, -1);
	CMS_ContentInfo *cms =
	    (EVP_CIPHER_get_flags(v->cipher) & EVP_CIPH_FLAG_AEAD_CIPHER)
	    ? CMS_AuthEnvelopedData_create(v->cipher)
	    : CMS_EnvelopedData_create(v->cipher);
	uint8_t *blob = NULL;

	assert_int_equal(CMS_set_detached(cms, 0), 1);
	for (unsigned i = 0; i < v->recipients; i++) {
		CMS_RecipientInfo *ri = CMS_add1_recipient_cert(cms,
		    i == 0 ? s->ann.cert : s->bob.cert, v->flags);

		assert_non_null(ri);
		if (v->kdf != NULL)
			assert_true(EVP_PKEY_CTX_set_ecdh_kdf_md(
					CMS_RecipientInfo_get0_pkey_ctx(ri),
					v->kdf) > 0);
	}
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	*len = (size_t)i2d_CMS_ContentInfo(cms, &blob);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return blob;
}

/* Blobs of another make that open for ann: only the same form is read, and
 * only contents with the label are taken. */
static void
test_forms(void **state)
{
	char full[SECRET_MAX + 1] = "", over[SECRET_MAX + 2] = "";
	const struct setting *s = *state;
	const struct variant rows[] = {
		{ "same form, other contents", EVP_aes_256_gcm(), EVP_sha256(),
		    0, 1, "share/v1", QUORUM_ERR_BLOB },
		{ "contents too long for a share", EVP_aes_256_gcm(),
		    EVP_sha256(), 0, 1, full, QUORUM_ERR_BLOB },
		{ "contents too long for a secret", EVP_aes_256_gcm(),
		    EVP_sha256(), 0, 1, over, QUORUM_ERR_UNWRAP },
		{ "CBC", EVP_aes_256_cbc(), EVP_sha256(), 0, 1, "x",
		    QUORUM_ERR_UNWRAP },
		{ "AES-128", EVP_aes_128_gcm(), EVP_sha256(), 0, 1, "x",
		    QUORUM_ERR_UNWRAP },
		{ "KDF with SHA-1", EVP_aes_256_gcm(), NULL, 0, 1, "x",
		    QUORUM_ERR_UNWRAP },
		{ "KDF with SHA-384", EVP_aes_256_gcm(), EVP_sha384(), 0, 1,
		    "x", QUORUM_ERR_UNWRAP },
		{ "two recipients", EVP_aes_256_gcm(), EVP_sha256(), 0, 2, "x",
		    QUORUM_ERR_UNWRAP },
		{ "no recipient", EVP_aes_256_gcm(), NULL, 0, 0, "x",
		    QUORUM_ERR_UNWRAP },
	};

	memset(full, 'x', SECRET_MAX);
	memset(over, 'x', SECRET_MAX + 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = 0;
		uint8_t *blob = variant_make(&rows[i], s, &len);
		struct secret *again = NULL;

		assert_error(rows[i].name,
		    share_unwrap(blob, len, s->ann.key, s->ann.cert, &LABEL,
			&again),
		    rows[i].want);
		assert_null(again);
		OPENSSL_free(blob);
	}
}

/* The same for RSA. */
struct rsa_variant {
	const char *name;
	int padding;
	const EVP_MD *md, *mgf1;
	unsigned flags, recipients;
	enum quorum_error want;
};

static uint8_t *
rsa_variant_make(const struct rsa_variant *v, const struct setting *s,
    size_t *len)
{
	BIO *in = BIO_new_mem_buf("share/v1", -1);
	CMS_ContentInfo *cms = CMS_AuthEnvelopedData_create(EVP_aes_256_gcm());
	uint8_t *blob = NULL;

	assert_int_equal(CMS_set_detached(cms, 0), 1);
	for (unsigned i = 0; i < v->recipients; i++) {
		CMS_RecipientInfo *ri = CMS_add1_recipient_cert(cms,
		    i == 0 ? s->ann.cert : s->bob.cert,
		    v->flags | CMS_KEY_PARAM);
		EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(ri);

		assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, v->padding) > 0);
		if (v->padding != RSA_PKCS1_OAEP_PADDING)
			continue;
		assert_true(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, v->md) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, v->mgf1) > 0);
	}
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	*len = (size_t)i2d_CMS_ContentInfo(cms, &blob);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return blob;
}

static void
test_rsa_forms(void **state)
{
	const struct setting *s = *state;
	const EVP_MD *md = EVP_sha256();
	const struct rsa_variant rows[] = {
		{ "same form", RSA_PKCS1_OAEP_PADDING, md, md, 0, 1,
		    QUORUM_ERR_BLOB },
		{ "PKCS#1 v1.5", RSA_PKCS1_PADDING, NULL, NULL, 0, 1,
		    QUORUM_ERR_UNWRAP },
		{ "OAEP with SHA-1", RSA_PKCS1_OAEP_PADDING, EVP_sha1(),
		    EVP_sha1(), 0, 1, QUORUM_ERR_UNWRAP },
		{ "OAEP with SHA-384", RSA_PKCS1_OAEP_PADDING, EVP_sha384(), md,
		    0, 1, QUORUM_ERR_UNWRAP },
		{ "MGF1 with SHA-1", RSA_PKCS1_OAEP_PADDING, md, EVP_sha1(), 0,
		    1, QUORUM_ERR_UNWRAP },
		{ "two recipients", RSA_PKCS1_OAEP_PADDING, md, md, 0, 2,
		    QUORUM_ERR_UNWRAP },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = 0;
		uint8_t *blob = rsa_variant_make(&rows[i], s, &len);
		struct secret *again = NULL;

		assert_error(rows[i].name,
		    share_unwrap(blob, len, s->ann.key, s->ann.cert, &LABEL,
			&again),
		    rows[i].want);
		assert_null(again);
		OPENSSL_free(blob);
	}
}

/* A blob of one kind is none of the other. */
static void
test_kinds(void **state)
{
	const struct setting *s = *state;
	struct recipient ec = { 0 };
	uint8_t *blob = NULL;
	size_t len = 0;

	recipient_make(&ec, "ann", "P-256");
	assert_error("wrap", share_wrap(&LABEL, s->share, ec.cert, &blob, &len),
	    QUORUM_OK);
	assert_true(share_form_valid(blob, len, ec.cert));
	assert_false(share_form_valid(blob, len, s->ann.cert));
	assert_false(share_form_valid(s->blob, s->len, ec.cert));
	OPENSSL_free(blob);
	recipient_free(&ec);
}

/* BER that means the same is not the form: the outermost length in one octet
 * more than it needs. */
static void
test_not_der(void **state)
{
	const struct setting *s = *state;
	uint8_t blob[SHARE_BLOB_MAX] = { 0 };

	assert_true(share_form_valid(s->blob, s->len, s->ann.cert));
	assert_int_equal(s->blob[1], 0x82);
	memcpy(blob, s->blob, 1);
	blob[1] = 0x83;
	memcpy(blob + 3, s->blob + 2, s->len - 2);
	assert_false(share_form_valid(blob, s->len + 1, s->ann.cert));
	assert_false(share_form_valid(s->blob, 0, s->ann.cert));
	assert_false(share_form_valid(s->blob, s->len, s->bob.cert));
}

/* The largest label and share there can be. */
static void
test_largest(void **state)
{
	struct setting *s = *state;
	struct share_label label = { "12345678901234567890123456789012",
		UINT32_MAX, 15, 16, 16 };
	struct secret *share = secret_counting(9, 64), *again = NULL;
	uint8_t *blob = NULL;
	size_t len = 0;

	assert_error("largest",
	    share_wrap(&label, share, s->bob.cert, &blob, &len), QUORUM_OK);
	assert_true(len <= SHARE_BLOB_MAX);
	assert_error("open",
	    share_unwrap(blob, len, s->bob.key, s->bob.cert, &label, &again),
	    QUORUM_OK);
	assert_true(secret_equal(share, again));
	secrets_free((struct secret *[]){ share, again }, 2);
	OPENSSL_free(blob);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commit_vector),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_wrong_label),
		cmocka_unit_test(test_wrong_operator),
		cmocka_unit_test(test_tampered),
		cmocka_unit_test(test_wrap_refuses),
		cmocka_unit_test(test_wrap_certificates),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_not_der),
		cmocka_unit_test(test_largest),
	};

	const struct CMUnitTest rsa[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_wrong_label),
		cmocka_unit_test(test_wrong_operator),
		cmocka_unit_test(test_tampered),
		cmocka_unit_test(test_rsa_forms),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_not_der),
		cmocka_unit_test(test_largest),
	};
	int failed = cmocka_run_group_tests(tests, setup, teardown);

	return failed + cmocka_run_group_tests(rsa, setup_rsa, teardown);
}
