/* SPDX-License-Identifier: ISC */
/* A key on more than one token, against real SoftHSM tokens. */
#include "smartcard/copy.h"
#include "tests/smartcard/fixture.h"

static struct secret *
new_dkek(uint8_t octet)
{
	uint8_t value[COPY_DKEK_SIZE];

	memset(value, octet, sizeof(value));
	return secret_from(value, sizeof(value));
}

/* An original on one token, wrapped, and a second token. */
struct pair {
	struct token *one, *two;
	struct key key;
	struct secret *dkek, *other;
	uint8_t *blob;
	size_t len;
};

static void
make_pair(struct fixture *f, enum key_curve_id curve, struct pair *p)
{
	p->one = new_token(f, "one");
	p->two = new_token(f, "two");
	p->key = new_key(p->one, curve, KEY_SIGN_ORIGINAL, 1, "root");
	p->dkek = new_dkek(7);
	p->other = new_dkek(8);
	assert_int_equal(token_export_key(p->one, "root", p->dkek, &p->blob,
			     &p->len),
	    CARD_OK);
	assert_in_range(p->len, 1, COPY_BLOB_MAX);
}

static void
free_pair(struct pair *p)
{
	secret_free(p->dkek);
	secret_free(p->other);
	OPENSSL_free(p->key.spki);
	free(p->blob);
	token_close(p->one);
	token_close(p->two);
}

static enum card_error
import(struct pair *p, struct key_attributes *a)
{
	return token_import_key(p->two, "root", 1, p->key.spki, p->key.len,
	    p->dkek, p->blob, p->len, a);
}

/* Nothing of a refused key is left. */
static void
assert_clean(struct token *t)
{
	uint8_t *spki = NULL;
	size_t len = 0;

	assert_int_equal(token_check_key(t, "root", KEY_SIGN_COPY, NULL),
	    CARD_ERR_KEY_MISSING);
	assert_int_equal(token_public_key(t, "root", &spki, &len),
	    CARD_ERR_KEY_MISSING);
}

static void
copy_and_use(struct fixture *f, enum key_curve_id curve)
{
	struct pair p = { 0 };
	struct key_attributes a = { 0 };
	struct key again = { 0 };
	EVP_PKEY *key = NULL;

	make_pair(f, curve, &p);
	assert_int_equal(token_check_key(p.one, "root", KEY_SIGN_ORIGINAL, &a),
	    CARD_OK);
	assert_true(a.local && a.always_sensitive && a.extractable);
	assert_int_equal(import(&p, &a), CARD_OK);
	assert_true(a.token && a.private_ && a.sensitive && a.sign);
	assert_false(a.local || a.derive || a.decrypt || a.unwrap);
	assert_int_equal(token_public_key(p.two, "root", &again.spki,
			     &again.len),
	    CARD_OK);
	assert_int_equal(again.len, p.key.len);
	assert_memory_equal(again.spki, p.key.spki, again.len);
	/* as later processes use it: libp11, a text, and a copy of the copy */
	assert_int_equal(token_key(p.two, "root", p.key.spki, p.key.len, &key),
	    CARD_OK);
	free(p.blob);
	assert_int_equal(token_export_key(p.two, "root", p.dkek, &p.blob,
			     &p.len),
	    CARD_OK);
	token_close(p.two);
	p.two = new_token(f, "three");
	assert_int_equal(import(&p, &a), CARD_OK);
	assert_int_equal(token_sign_text(p.two, "root", p.key.spki, p.key.len,
			     "text", 4, NULL, NULL),
	    CARD_OK);
	OPENSSL_free(again.spki);
	free_pair(&p);
}

static void
test_copy_256(void **state)
{
	copy_and_use(*state, KEY_P256);
}

static void
test_copy_384(void **state)
{
	copy_and_use(*state, KEY_P384);
}

/* A use is not another's excuse. */
static void
test_uses(void **state)
{
	struct pair p = { 0 };

	make_pair(*state, KEY_P256, &p);
	assert_int_equal(import(&p, NULL), CARD_OK);
	assert_int_equal(token_check_key(p.one, "root", KEY_SIGN, NULL),
	    CARD_ERR_ATTRIBUTES);
	assert_int_equal(token_check_key(p.two, "root", KEY_SIGN, NULL),
	    CARD_ERR_ATTRIBUTES);
	assert_int_equal(token_check_key(p.two, "root", KEY_SIGN_ORIGINAL,
			     NULL),
	    CARD_ERR_ATTRIBUTES);
	assert_int_equal(token_check_key(p.two, "root", KEY_SIGN_COPY, NULL),
	    CARD_OK);
	free_pair(&p);
}

static void
test_may_not_leave(void **state)
{
	struct pair p = { 0 };
	struct key stays;
	uint8_t *blob = NULL;
	size_t len = 0;

	make_pair(*state, KEY_P256, &p);
	stays = new_key(p.one, KEY_P256, KEY_SIGN, 2, "stays");
	assert_int_equal(token_export_key(p.one, "stays", p.dkek, &blob, &len),
	    CARD_ERR_MAY_NOT);
	assert_null(blob);
	assert_int_equal(token_export_key(p.one, "none", p.dkek, &blob, &len),
	    CARD_ERR_KEY_MISSING);
	assert_int_equal(token_export_key(p.one, "root", NULL, &blob, &len),
	    CARD_ERR_ARGUMENT);
	p.other->len--;
	assert_int_equal(token_export_key(p.one, "root", p.other, &blob, &len),
	    CARD_ERR_ARGUMENT);
	token_logout(p.one);
	assert_int_equal(token_export_key(p.one, "root", p.dkek, &blob, &len),
	    CARD_ERR_MODULE);
	assert_null(blob);
	/* a copy is not made, it comes */
	assert_int_equal(token_make_key(p.two, KEY_P256, KEY_SIGN_COPY, 1, "x",
			     NULL, &blob, &len),
	    CARD_ERR_ARGUMENT);
	OPENSSL_free(stays.spki);
	free_pair(&p);
}

static void
test_wrong_dkek(void **state)
{
	struct pair p = { 0 };
	struct secret *right;

	make_pair(*state, KEY_P256, &p);
	right = p.dkek;
	p.dkek = p.other;
	assert_int_equal(import(&p, NULL), CARD_ERR_UNWRAP);
	assert_clean(p.two);
	p.dkek = right;
	assert_int_equal(import(&p, NULL), CARD_OK);
	free_pair(&p);
}

/* Each octet counts, and so does the length. */
static void
test_tampered(void **state)
{
	struct pair p = { 0 };
	size_t len;

	make_pair(*state, KEY_P256, &p);
	for (size_t i = 0; i < p.len; i += 7) {
		p.blob[i] ^= 1;
		assert_int_equal(import(&p, NULL), CARD_ERR_UNWRAP);
		p.blob[i] ^= 1;
	}
	len = p.len;
	for (size_t cut = 1; cut <= 8; cut += 7) {
		p.len = len - cut;
		assert_int_equal(import(&p, NULL), CARD_ERR_UNWRAP);
	}
	p.len = 0;
	assert_int_equal(import(&p, NULL), CARD_ERR_ARGUMENT);
	assert_clean(p.two);
	p.len = len;
	assert_int_equal(import(&p, NULL), CARD_OK);
	free_pair(&p);
}

/* A good wrapping of a key that is not the one it is said to be. */
static void
test_another_key(void **state)
{
	struct pair p = { 0 };
	struct key right, other, big;

	make_pair(*state, KEY_P256, &p);
	right = p.key;
	other = new_key(p.one, KEY_P256, KEY_SIGN_ORIGINAL, 2, "other");
	big = new_key(p.one, KEY_P384, KEY_SIGN_ORIGINAL, 3, "big");
	p.key = other;
	assert_int_equal(import(&p, NULL), CARD_ERR_SELFTEST);
	assert_clean(p.two);
	p.key = big;
	assert_int_equal(import(&p, NULL), CARD_ERR_SELFTEST);
	assert_clean(p.two);
	p.key.len--;
	assert_int_equal(import(&p, NULL), CARD_ERR_ARGUMENT);
	p.key = right;
	assert_int_equal(import(&p, NULL), CARD_OK);
	OPENSSL_free(other.spki);
	OPENSSL_free(big.spki);
	free_pair(&p);
}

static void
test_name_taken(void **state)
{
	struct pair p = { 0 };
	struct key taken;

	make_pair(*state, KEY_P256, &p);
	taken = new_key(p.two, KEY_P256, KEY_SIGN, 9, "root");
	assert_int_equal(import(&p, NULL), CARD_ERR_KEY_AMBIGUOUS);
	assert_int_equal(token_import_key(p.two, "free", 9, p.key.spki,
			     p.key.len, p.dkek, p.blob, p.len, NULL),
	    CARD_ERR_KEY_AMBIGUOUS);
	assert_int_equal(token_import_key(p.two, "", 1, p.key.spki, p.key.len,
			     p.dkek, p.blob, p.len, NULL),
	    CARD_ERR_ARGUMENT);
	/* what was there is there still */
	assert_int_equal(token_check_key(p.two, "root", KEY_SIGN, NULL),
	    CARD_OK);
	OPENSSL_free(taken.spki);
	free_pair(&p);
}

/* The DKEK of a blank token is looked at even where nothing is done with it. */
static void
test_init_dkek(void **state)
{
	struct fixture *f = *state;
	struct secret *dkek = new_dkek(7);
	struct token *t = NULL;

	dkek->len--;
	assert_int_equal(token_init_blank(f->m, "one", FIRST_USE(f), dkek, &t),
	    CARD_ERR_ARGUMENT);
	dkek->len++;
	assert_int_equal(token_init_blank(f->m, "one", FIRST_USE(f), dkek, &t),
	    CARD_OK);
	token_close(t);
	secret_free(dkek);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_copy_256),
		CASE(test_copy_384),
		CASE(test_uses),
		CASE(test_may_not_leave),
		CASE(test_wrong_dkek),
		CASE(test_tampered),
		CASE(test_another_key),
		CASE(test_name_taken),
		CASE(test_init_dkek),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
