/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/policy.h"

#include <openssl/rsa.h>
#include <stdlib.h>

#include "ca/key.h"
#include "tests/ceremony/quorum/fixture.h"
#include "transfer/text.h"

/* Public keys made by `openssl ecparam -name ... -genkey -noout | openssl ec
 * -pubout -outform DER | base64 -w0`. */
#define P256_A                                                                 \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEhR9FvkFlRNc9IkuqnrtMwYN6awFvfn"   \
	"SO7hnpUvpAcuxsmisJUTeLpxf5R/XtQrtdrUgDV5nbLfD5C7oiF/nBKg=="
#define P256_B                                                                 \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE552P6zsDaPVTwgmc544T7SDZcwhOeQ"   \
	"UvNVevNsV9WB0FgbdrN8K0dPFU6ZYVumNGQiEiA2blADv/ReMGiLycFA=="
#define P256_C                                                                 \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEVU9tFUOE3cwsdg15z/uM4ILfjh+ETg"   \
	"Vue9lRiEf9BRzsaPmlspwNYXxyBIhgxKrKbr5blYSxSvqHtIq7xjGoJQ=="
#define P256_D                                                                 \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ+PeLZ06WspXG7+vLbVswdQQ2ytjyd"   \
	"VvR7iHIxvu4vtK5o0h04ITx1Id5JW0b1lP+9olDqwIpNd7bB81jvkhRA=="
#define P384_E                                                                 \
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEeu3GR4l/NyTyPwZ9EPtis76dB5aBDNbQym"   \
	"LHn2Hn52/fsOxcvy0gsWbcWwobn1kHpEE8/nwx1vejBcqvPoHb9e9ONMiTD2iX0yGC"   \
	"bpv5CmZ803Cpmd898dF8ooq6aXLv"

/* The text a policy of ann, bob and the witness notary has, line by line. */
#define MAGIC "anchorite-policy/v1\n"
#define LOG "log pki.example/log\n"
#define VERSION "version 12\n"
#define M "m 2\n"
#define ANN "operator ann " P256_A " " P256_B "\n"
#define BOB "operator bob-2 " P256_C " " P256_D "\n"
#define NOTARY "witness notary " P384_E "\n"
#define GOLDEN MAGIC LOG VERSION M ANN BOB NOTARY

static void
spki_from(const char *base64, struct policy_spki *out)
{
	uint8_t *der = NULL;

	assert_int_equal(text_unbase64(base64, sizeof(out->der), &der,
			     &out->len),
	    0);
	memcpy(out->der, der, out->len);
	free(der);
}

/* The golden policy, its operators not in order. */
static void
golden_make(struct policy *p)
{
	memset(p, 0, sizeof(*p));
	strcpy(p->log, "pki.example/log");
	p->version = 12;
	p->m = 2;
	p->n = 2;
	strcpy(p->operators[0].id, "bob-2");
	spki_from(P256_C, &p->operators[0].sign);
	spki_from(P256_D, &p->operators[0].derive);
	strcpy(p->operators[1].id, "ann");
	spki_from(P256_A, &p->operators[1].sign);
	spki_from(P256_B, &p->operators[1].derive);
	p->witness_count = 1;
	strcpy(p->witnesses[0].id, "notary");
	spki_from(P384_E, &p->witnesses[0].spki);
}

static void
test_golden_write(void **state)
{
	struct policy p;
	char *text = NULL;
	size_t len = 0;

	(void)state;
	golden_make(&p);
	assert_error("write", policy_write(&p, &text, &len), QUORUM_OK);
	assert_string_equal(text, GOLDEN);
	assert_int_equal(len, strlen(GOLDEN));
	assert_string_equal(p.operators[0].id, "ann"); /* sorted */
	free(text);
}

static void
test_golden_read(void **state)
{
	struct policy p, want;

	(void)state;
	golden_make(&want);
	assert_error("read", policy_read(GOLDEN, strlen(GOLDEN), &p),
	    QUORUM_OK);
	assert_string_equal(p.log, want.log);
	assert_int_equal(p.version, 12);
	assert_int_equal(p.m, 2);
	assert_int_equal(p.n, 2);
	assert_int_equal(p.witness_count, 1);
	assert_memory_equal(&p.operators[0], &want.operators[1],
	    sizeof(p.operators[0]));
	assert_memory_equal(&p.operators[1], &want.operators[0],
	    sizeof(p.operators[0]));
	assert_memory_equal(&p.witnesses[0], &want.witnesses[0],
	    sizeof(p.witnesses[0]));
}

static void
test_operator(void **state)
{
	struct policy p;

	(void)state;
	golden_make(&p);
	assert_int_equal(policy_operator(&p, "bob-2"), 0);
	assert_int_equal(policy_operator(&p, "ann"), 1);
	assert_int_equal(policy_operator(&p, "bob"), -1);
	assert_int_equal(policy_operator(&p, "notary"), -1);
	assert_int_equal(policy_operator(&p, ""), -1);
}

/* The largest policy is written and read again. */
static void
test_largest(void **state)
{
	struct policy p, again;
	char *text = NULL;
	size_t len = 0;

	(void)state;
	policy_make(&p, 16, 16);
	memset(p.log, 'x', POLICY_LOG_MAX);
	p.version = UINT32_MAX;
	p.witness_count = POLICY_WITNESSES_MAX;
	for (unsigned i = 0; i < POLICY_WITNESSES_MAX; i++) {
		snprintf(p.witnesses[i].id, sizeof(p.witnesses[i].id), "%032u",
		    POLICY_WITNESSES_MAX - i);
		spki_new("P-384", &p.witnesses[i].spki);
	}
	assert_error("write", policy_write(&p, &text, &len), QUORUM_OK);
	assert_true(len <= POLICY_TEXT_MAX);
	assert_error("read", policy_read(text, len, &again), QUORUM_OK);
	assert_memory_equal(&p, &again, sizeof(p));
	free(text);
}

/* A public key of this modulus, which nobody needs to have made. */
static void
rsa_of(struct policy_spki *out, const BIGNUM *n)
{
	BIGNUM *e = BN_new();
	EVP_PKEY *key = EVP_PKEY_new();
	RSA *rsa = RSA_new();

	assert_int_equal(BN_set_word(e, RSA_F4), 1);
	assert_int_equal(RSA_set0_key(rsa, BN_dup(n), e, NULL), 1);
	assert_int_equal(EVP_PKEY_assign_RSA(key, rsa), 1);
	spki_of(key, out);
	EVP_PKEY_free(key);
}

/* All keys RSA-4096.  Moduli that nobody made serve: one, and others 2 apart
 * that no small prime divides. */
static void
test_largest_rsa(void **state)
{
	BIGNUM *n = BN_new();
	struct policy p;
	char *text = NULL;
	size_t len = 0, made = 0;

	(void)state;
	policy_make(&p, 16, 16);
	memset(p.log, 'x', POLICY_LOG_MAX);
	assert_int_equal(BN_rand(n, 4096, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD),
	    1);
	while (made < 32) {
		struct policy_spki *spki = made % 2 == 0
		    ? &p.operators[made / 2].sign
		    : &p.operators[made / 2].derive;

		assert_int_equal(BN_add_word(n, 2), 1);
		rsa_of(spki, n);
		if (!key_is_weak(spki->der, spki->len))
			made++;
	}
	assert_error("write", policy_write(&p, &text, &len), QUORUM_OK);
	assert_in_range(len, 1, POLICY_TEXT_MAX);
	free(text);
	BN_free(n);
}

static void
few(struct policy *p)
{
	p->n = 1;
	p->m = 1;
}

static void
many(struct policy *p)
{
	p->n = POLICY_OPERATORS_MAX + 1;
}

static void
m_one(struct policy *p)
{
	p->m = 1;
}

static void
m_over(struct policy *p)
{
	p->m = 3;
}

static void
witnesses(struct policy *p)
{
	p->witness_count = POLICY_WITNESSES_MAX + 1;
}

static void
version_zero(struct policy *p)
{
	p->version = 0;
}

static void
log_empty(struct policy *p)
{
	p->log[0] = '\0';
}

static void
log_blank(struct policy *p)
{
	strcpy(p->log, "pki example");
}

static void
log_quote(struct policy *p)
{
	strcpy(p->log, "pki\"example");
}

static void
log_single_quote(struct policy *p)
{
	strcpy(p->log, "pki'example");
}

static void
log_backslash(struct policy *p)
{
	strcpy(p->log, "pki\\example");
}

static void
log_plus(struct policy *p)
{
	strcpy(p->log, "pki+example");
}

static void
log_high(struct policy *p)
{
	strcpy(p->log, "pki\xc3\xa4");
}

static void
log_endless(struct policy *p)
{
	memset(p->log, 'x', sizeof(p->log));
}

static void
id_empty(struct policy *p)
{
	p->operators[0].id[0] = '\0';
}

static void
id_upper(struct policy *p)
{
	strcpy(p->operators[0].id, "Ann");
}

static void
id_blank(struct policy *p)
{
	strcpy(p->witnesses[0].id, "not ary");
}

static void
id_line(struct policy *p)
{
	strcpy(p->operators[0].id, "ann\n");
}

static void
id_endless(struct policy *p)
{
	memset(p->operators[0].id, 'a', sizeof(p->operators[0].id));
}

static void
spki_empty(struct policy *p)
{
	p->operators[1].sign.len = 0;
}

static void
spki_long(struct policy *p)
{
	p->operators[1].sign.len = POLICY_SPKI_MAX + 1;
}

static void
spki_trailing(struct policy *p)
{
	p->operators[1].derive.der[p->operators[1].derive.len++] = 0;
}

static void
spki_off_curve(struct policy *p)
{
	p->operators[0].derive.der[90] ^= 1;
}

static void
spki_p521(struct policy *p)
{
	EVP_PKEY *key = EVP_EC_gen("P-521");
	uint8_t *der = NULL;

	assert_int_equal(i2d_PUBKEY(key, &der), 158);
	memcpy(p->witnesses[0].spki.der, der, 158);
	p->witnesses[0].spki.len = 158;
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

static void
spki_part(struct policy *p)
{
	EVP_PKEY *key = EVP_EC_gen("P-384");
	uint8_t *der = NULL;

	assert_int_equal(i2d_PUBKEY(key, &der), 120);
	memcpy(p->witnesses[0].spki.der, der, 119);
	p->witnesses[0].spki.len = 119;
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

static void
spki_k256(struct policy *p)
{
	spki_new("secp256k1", &p->witnesses[0].spki);
}

static void
rsa_new(struct policy_spki *out, unsigned bits, BN_ULONG exponent)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *key = NULL;

	assert_int_equal(BN_set_word(e, exponent), 1);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	spki_of(key, out);
	EVP_PKEY_free(key);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
}

static void
spki_rsa(struct policy *p)
{
	rsa_new(&p->witnesses[0].spki, 1024, RSA_F4);
}

static void
spki_rsa_exponent(struct policy *p)
{
	rsa_new(&p->operators[0].sign, 2048, 3);
}

/* As CVE-2017-15361 has it: a power of 65537 modulo each small prime. */
static void
spki_roca(struct policy *p)
{
	static const BN_ULONG primes[] = { 2, 3, 5, 7, 11, 13, 17, 19, 23, 29,
		31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
		103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163,
		167 };
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *all = BN_new(), *n = BN_new(), *k = BN_new();

	BN_one(all);
	for (size_t i = 0; i < COUNT(primes); i++)
		assert_int_equal(BN_mul_word(all, primes[i]), 1);
	assert_int_equal(BN_set_word(n, RSA_F4), 1);
	assert_int_equal(BN_set_word(k, 12345), 1);
	assert_int_equal(BN_mod_exp(n, n, k, all, ctx), 1);
	assert_int_equal(BN_lshift(k, all, 2047 - BN_num_bits(all)), 1);
	assert_int_equal(BN_add(n, n, k), 1);
	assert_int_equal(BN_add(n, n, k), 1);
	while (BN_num_bits(n) < 2048)
		assert_int_equal(BN_add(n, n, k), 1);
	rsa_of(&p->operators[0].sign, n);
	BN_free(all);
	BN_free(n);
	BN_free(k);
	BN_CTX_free(ctx);
}

static void
spki_small_factor(struct policy *p)
{
	BIGNUM *n = BN_new();

	assert_int_equal(BN_set_word(n, 167), 1);
	assert_int_equal(BN_lshift(n, n, 2040), 1);
	assert_int_equal(BN_add_word(n, 167), 1);
	rsa_of(&p->operators[1].derive, n);
	BN_free(n);
}

static void
test_rsa(void **state)
{
	static const unsigned bits[] = { 2048, 3072, 4096 };

	(void)state;
	for (size_t i = 0; i < COUNT(bits); i++) {
		struct policy p, again;
		char *text = NULL;
		size_t len = 0;

		policy_make(&p, 2, 3);
		rsa_new(&p.operators[0].sign, bits[i], RSA_F4);
		rsa_new(&p.operators[0].derive, bits[i], RSA_F4);
		assert_error("write", policy_write(&p, &text, &len), QUORUM_OK);
		assert_error("read", policy_read(text, len, &again), QUORUM_OK);
		assert_true(policy_spki_equal(&p.operators[0].derive,
		    &again.operators[0].derive));
		free(text);
	}
}

static void
spki_ed25519(struct policy *p)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	spki_of(key, &p->witnesses[0].spki);
	EVP_PKEY_free(key);
}

static void
twice_id(struct policy *p)
{
	strcpy(p->operators[1].id, p->operators[0].id);
}

static void
twice_witness_id(struct policy *p)
{
	strcpy(p->witnesses[0].id, p->operators[1].id);
}

static void
twice_sign(struct policy *p)
{
	p->operators[1].sign = p->operators[0].sign;
}

static void
twice_derive(struct policy *p)
{
	p->operators[1].derive = p->operators[0].derive;
}

static void
twice_own(struct policy *p)
{
	p->operators[0].derive = p->operators[0].sign;
}

static void
twice_crossed(struct policy *p)
{
	p->operators[1].derive = p->operators[0].sign;
}

static void
twice_witness(struct policy *p)
{
	p->witnesses[0].spki = p->operators[1].derive;
}

static void
test_write_refuses(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct policy *);
		enum quorum_error want;
	} rows[] = {
		{ "one operator", few, QUORUM_ERR_THRESHOLD },
		{ "17 operators", many, QUORUM_ERR_THRESHOLD },
		{ "m is 1", m_one, QUORUM_ERR_THRESHOLD },
		{ "m over n", m_over, QUORUM_ERR_THRESHOLD },
		{ "17 witnesses", witnesses, QUORUM_ERR_TEXT },
		{ "version 0", version_zero, QUORUM_ERR_TEXT },
		{ "no log", log_empty, QUORUM_ERR_TEXT },
		{ "log with a blank", log_blank, QUORUM_ERR_TEXT },
		{ "log with a quote", log_quote, QUORUM_ERR_TEXT },
		{ "log with '", log_single_quote, QUORUM_ERR_TEXT },
		{ "log with a backslash", log_backslash, QUORUM_ERR_TEXT },
		{ "log with a plus", log_plus, QUORUM_ERR_TEXT },
		{ "log not ASCII", log_high, QUORUM_ERR_TEXT },
		{ "log without end", log_endless, QUORUM_ERR_TEXT },
		{ "no id", id_empty, QUORUM_ERR_TEXT },
		{ "upper case in an id", id_upper, QUORUM_ERR_TEXT },
		{ "blank in an id", id_blank, QUORUM_ERR_TEXT },
		{ "line feed in an id", id_line, QUORUM_ERR_TEXT },
		{ "id without end", id_endless, QUORUM_ERR_TEXT },
		{ "no key", spki_empty, QUORUM_ERR_TEXT },
		{ "key too long", spki_long, QUORUM_ERR_TEXT },
		{ "octet behind a key", spki_trailing, QUORUM_ERR_TEXT },
		{ "point off its curve", spki_off_curve, QUORUM_ERR_TEXT },
		{ "P-521 key", spki_p521, QUORUM_ERR_TEXT },
		{ "secp256k1 key", spki_k256, QUORUM_ERR_TEXT },
		{ "part of a P-384 key", spki_part, QUORUM_ERR_TEXT },
		{ "RSA key of 1024 bits", spki_rsa, QUORUM_ERR_TEXT },
		{ "RSA key with exponent 3", spki_rsa_exponent,
		    QUORUM_ERR_TEXT },
		{ "RSA key of a broken generator", spki_roca, QUORUM_ERR_TEXT },
		{ "RSA key with a small factor", spki_small_factor,
		    QUORUM_ERR_TEXT },
		{ "Ed25519 key", spki_ed25519, QUORUM_ERR_TEXT },
		{ "operator twice", twice_id, QUORUM_ERR_DUPLICATE },
		{ "witness named as an operator", twice_witness_id,
		    QUORUM_ERR_DUPLICATE },
		{ "sign key twice", twice_sign, QUORUM_ERR_DUPLICATE },
		{ "derive key twice", twice_derive, QUORUM_ERR_DUPLICATE },
		{ "one key for sign and derive", twice_own,
		    QUORUM_ERR_DUPLICATE },
		{ "sign key as another's derive", twice_crossed,
		    QUORUM_ERR_DUPLICATE },
		{ "witness with a derive key", twice_witness,
		    QUORUM_ERR_DUPLICATE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct policy p;
		char *text = (char *)&p;
		size_t len = 99;

		golden_make(&p);
		rows[i].spoil(&p);
		assert_error(rows[i].name, policy_write(&p, &text, &len),
		    rows[i].want);
		assert_null(text);
		assert_int_equal(len, 0);
	}
}

static void
test_read_refuses(void **state)
{
	static const struct {
		const char *name, *text;
		enum quorum_error want;
	} rows[] = {
		{ "nothing", "", QUORUM_ERR_TEXT },
		{ "first line only", MAGIC, QUORUM_ERR_TEXT },
		{ "other version of the form",
		    "anchorite-policy/v2\n" LOG VERSION M ANN BOB,
		    QUORUM_ERR_TEXT },
		{ "no log", MAGIC VERSION M ANN BOB, QUORUM_ERR_TEXT },
		{ "empty log", MAGIC "log \n" VERSION M ANN BOB,
		    QUORUM_ERR_TEXT },
		{ "version before log", MAGIC VERSION LOG M ANN BOB,
		    QUORUM_ERR_TEXT },
		{ "version with a zero in front",
		    MAGIC LOG "version 012\n" M ANN BOB, QUORUM_ERR_TEXT },
		{ "version with a sign", MAGIC LOG "version +12\n" M ANN BOB,
		    QUORUM_ERR_TEXT },
		{ "version too large",
		    MAGIC LOG "version 4294967296\n" M ANN BOB,
		    QUORUM_ERR_TEXT },
		{ "version 0", MAGIC LOG "version 0\n" M ANN BOB,
		    QUORUM_ERR_TEXT },
		{ "empty m", MAGIC LOG VERSION "m \n" ANN BOB,
		    QUORUM_ERR_TEXT },
		{ "m is 1", MAGIC LOG VERSION "m 1\n" ANN BOB,
		    QUORUM_ERR_THRESHOLD },
		{ "m over n", MAGIC LOG VERSION "m 3\n" ANN BOB,
		    QUORUM_ERR_THRESHOLD },
		{ "one operator", MAGIC LOG VERSION M ANN,
		    QUORUM_ERR_THRESHOLD },
		{ "not sorted", MAGIC LOG VERSION M BOB ANN, QUORUM_ERR_TEXT },
		{ "operator twice", MAGIC LOG VERSION M ANN ANN,
		    QUORUM_ERR_DUPLICATE },
		{ "witness before operators",
		    MAGIC LOG VERSION M NOTARY ANN BOB, QUORUM_ERR_TEXT },
		{ "unknown line", MAGIC LOG VERSION M ANN BOB "x\n",
		    QUORUM_ERR_TEXT },
		{ "blank line", MAGIC LOG VERSION M ANN BOB "\n",
		    QUORUM_ERR_TEXT },
		{ "two blanks",
		    MAGIC LOG VERSION M ANN "operator  bob-2 " P256_C " " P256_D
					    "\n",
		    QUORUM_ERR_TEXT },
		{ "trailing blank",
		    MAGIC LOG VERSION M ANN "operator bob-2 " P256_C " " P256_D
					    " \n",
		    QUORUM_ERR_TEXT },
		{ "CR LF", "anchorite-policy/v1\r\n" LOG VERSION M ANN BOB,
		    QUORUM_ERR_TEXT },
		{ "no LF at the end",
		    MAGIC LOG VERSION M ANN "operator bob-2 " P256_C " " P256_D,
		    QUORUM_ERR_TEXT },
		{ "operator without derive key",
		    MAGIC LOG VERSION M ANN "operator bob-2 " P256_C "\n",
		    QUORUM_ERR_TEXT },
		{ "key not in base64",
		    MAGIC LOG VERSION M ANN "operator bob-2 !!!! " P256_D "\n",
		    QUORUM_ERR_TEXT },
		{ "key not DER",
		    MAGIC LOG VERSION M ANN "operator bob-2 AAAA " P256_D "\n",
		    QUORUM_ERR_TEXT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct policy p, zero = { 0 };

		assert_error(rows[i].name,
		    policy_read(rows[i].text, strlen(rows[i].text), &p),
		    rows[i].want);
		assert_memory_equal(&p, &zero, sizeof(p));
	}
}

/* One line more than there may be of a kind; they need not differ to be too
 * many. */
static void
test_read_too_many(void **state)
{
	static const struct {
		const char *name, *above, *line;
		enum quorum_error want;
	} rows[] = {
		{ "operators", MAGIC LOG VERSION M, ANN, QUORUM_ERR_THRESHOLD },
		{ "witnesses", MAGIC LOG VERSION M ANN BOB, NOTARY,
		    QUORUM_ERR_TEXT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[POLICY_TEXT_MAX] = "";
		struct policy p;

		strcpy(text, rows[i].above);
		for (int k = 0; k < 17; k++)
			strcat(text, rows[i].line);
		assert_error(rows[i].name, policy_read(text, strlen(text), &p),
		    rows[i].want);
	}
}

/* Cut anywhere, with an octet more, or with any octet changed, the text is
 * another policy or none. */
static void
test_read_mutations(void **state)
{
	char text[sizeof(GOLDEN) + 1] = GOLDEN;
	size_t len = strlen(GOLDEN);
	struct policy p;

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		if (cut != len - strlen(NOTARY)) /* a policy without witness */
			assert_true(policy_read(text, cut, &p) != QUORUM_OK);
	assert_error("NUL", policy_read(text, len + 1, &p), QUORUM_ERR_TEXT);
	for (size_t i = 0; i < len; i++) {
		char *again = NULL;
		size_t again_len = 0;

		text[i] ^= 1;
		if (policy_read(text, len, &p) == QUORUM_OK) {
			assert_error("again",
			    policy_write(&p, &again, &again_len), QUORUM_OK);
			assert_int_equal(again_len, len);
			assert_memory_equal(again, text, len);
			free(again);
		}
		text[i] ^= 1;
	}
}

static void
test_read_too_long(void **state)
{
	static char text[POLICY_TEXT_MAX + 1];
	struct policy p;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_error("too long", policy_read(text, sizeof(text), &p),
	    QUORUM_ERR_TEXT);
}

static void
test_key(void **state)
{
	struct policy p;
	struct policy_spki again = { .len = 0 };
	EVP_PKEY *key = NULL;

	(void)state;
	golden_make(&p);
	key = policy_key(&p.witnesses[0].spki);
	assert_non_null(key);
	spki_of(key, &again);
	assert_memory_equal(again.der, p.witnesses[0].spki.der, again.len);
	EVP_PKEY_free(key);
	spki_rsa(&p);
	assert_null(policy_key(&p.witnesses[0].spki));
	spki_long(&p);
	assert_null(policy_key(&p.operators[1].sign));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_write),
		cmocka_unit_test(test_golden_read),
		cmocka_unit_test(test_operator),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_largest_rsa),
		cmocka_unit_test(test_write_refuses),
		cmocka_unit_test(test_read_refuses),
		cmocka_unit_test(test_read_too_many),
		cmocka_unit_test(test_read_mutations),
		cmocka_unit_test(test_read_too_long),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_rsa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
