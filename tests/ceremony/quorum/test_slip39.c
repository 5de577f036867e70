/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/slip39.h"

#include <stdlib.h>

#include "ceremony/quorum/slip39_cipher.h"
#include "tests/ceremony/quorum/fixture.h"

/* Published vector 1; its passphrase is "TREZOR". */
#define VALID                                                                  \
	"duckling enlarge academic academic agency result length solution "    \
	"fridge kidney coal piece deal husband erode duke ajar critical "      \
	"decision keyboard"

static struct secret *
text_secret(const char *text)
{
	struct secret *s = secret_from(text, strlen(text));

	assert_non_null(s);
	return s;
}

/* A 33-word text can, one time in two thousand, be longer than a secret. */
static enum quorum_error
split_fitting(const struct secret *secret, unsigned m, unsigned n,
    struct secret *mnemonics[])
{
	enum quorum_error err = QUORUM_ERR_MNEMONIC;

	for (int i = 0; i < 20 && err == QUORUM_ERR_MNEMONIC; i++)
		err = slip39_split(secret, m, n, mnemonics);
	return err;
}

static void
test_words(void **state)
{
	(void)state;
	for (unsigned v = 0; v < 1024; v++) {
		const char *word = slip39_word(v);

		assert_int_equal(slip39_value(word, strlen(word)), v);
		assert_int_equal(slip39_value(word, 4), v);
		if (v > 0)
			assert_true(strcmp(slip39_word(v - 1), word) < 0);
	}
	assert_null(slip39_word(1024));
}

static void
test_word_forms(void **state)
{
	static const struct {
		const char *word;
		int value;
	} rows[] = {
		{ "academic", 0 },
		{ "ACADEMIC", 0 },
		{ "AcAd", 0 },
		{ "zero", 1023 },
		{ "acid", 1 },
		{ "", -1 },
		{ "aca", -1 },
		{ "acade", -1 }, /* neither whole nor four letters */
		{ "academi", -1 },
		{ "academics", -1 },
		{ "acid ", -1 },
		{ "aci", -1 },
		{ "@cid", -1 },
		{ "acad3mic", -1 },
		{ "bitcoin", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(slip39_value(rows[i].word,
				     strlen(rows[i].word)),
		    rows[i].value);
	assert_int_equal(slip39_value("acid\0\0\0\0", 8), -1);
}

static void
check_round_trip(size_t len, unsigned m, unsigned n)
{
	struct secret *secret = secret_random(len), *again = NULL;
	struct secret *mnemonics[SLIP39_MNEMONICS_MAX] = { NULL };

	assert_error("split", split_fitting(secret, m, n, mnemonics),
	    QUORUM_OK);
	/* the last m of n */
	assert_error("combine",
	    slip39_combine(mnemonics + n - m, m, "", &again, NULL), QUORUM_OK);
	assert_true(secret_equal(secret, again));
	secret_free(again);
	assert_error("other passphrase",
	    slip39_combine(mnemonics, m, "x", &again, NULL), QUORUM_OK);
	assert_false(secret_equal(secret, again));
	secret_free(again);
	if (m > 1) {
		assert_error("m - 1",
		    slip39_combine(mnemonics, m - 1, "", &again, NULL),
		    QUORUM_ERR_THRESHOLD);
		assert_null(again);
	}
	if (m < n)
		assert_error("m + 1",
		    slip39_combine(mnemonics, m + 1, "", &again, NULL),
		    QUORUM_ERR_THRESHOLD);
	secrets_free(mnemonics, n);
	secret_free(secret);
}

static void
test_round_trip(void **state)
{
	(void)state;
	check_round_trip(16, 1, 1);
	check_round_trip(16, 2, 3);
	check_round_trip(16, 16, 16);
	check_round_trip(32, 1, 1);
	check_round_trip(32, 3, 5);
}

/* What people type: any case, four letters a word. */
static void
test_typed(void **state)
{
	struct secret *secret = NULL, *text = text_secret(VALID);
	struct secret *typed = secret_new(), *again = NULL;

	(void)state;
	assert_error("whole", slip39_combine(&text, 1, "TREZOR", &secret, NULL),
	    QUORUM_OK);
	for (size_t i = 0, letters = 0; i < text->len; i++) {
		letters = text->data[i] == ' ' ? 0 : letters + 1;
		if (letters > 4)
			continue;
		typed->data[typed->len++] = letters % 2 == 1
		    ? (uint8_t)(text->data[i] - 'a' + 'A')
		    : text->data[i];
	}
	assert_error("typed", slip39_combine(&typed, 1, "TREZOR", &again, NULL),
	    QUORUM_OK);
	assert_true(secret_equal(secret, again));
	secrets_free((struct secret *[]){ secret, text, typed, again }, 4);
}

/* Each word in turn replaced by each of a few others: always found. */
static void
test_wrong_word(void **state)
{
	struct secret *secret = secret_random(16), *mnemonic = NULL;
	struct secret *parts[20] = { NULL };
	char *at = NULL;

	(void)state;
	assert_error("split", slip39_split(secret, 1, 1, &mnemonic), QUORUM_OK);
	at = strtok((char *)mnemonic->data, " ");
	for (size_t i = 0; i < 20; i++, at = strtok(NULL, " "))
		parts[i] = text_secret(at);
	for (unsigned i = 0; i < 20; i++) {
		struct secret *text = secret_new(), *again = NULL;
		const char *word = (const char *)parts[i]->data;
		int value = slip39_value(word, parts[i]->len);

		for (unsigned k = 0; k < 20; k++) {
			word = k == i
			    ? slip39_word((unsigned)(value + 1 + i * 37) % 1024)
			    : (const char *)parts[k]->data;
			text->len +=
			    (size_t)snprintf((char *)text->data + text->len,
				sizeof(text->data) - text->len, "%s%s",
				k > 0 ? " " : "", word);
		}
		/* in the fourth word a threshold may be out of range, too;
		 * the checksum comes first */
		assert_error("one word",
		    slip39_combine(&text, 1, "", &again, NULL),
		    QUORUM_ERR_CHECKSUM);
		assert_null(again);
		secret_free(text);
	}
	secrets_free(parts, 20);
	secret_free(mnemonic);
	secret_free(secret);
}

static void
test_text_refused(void **state)
{
	static const struct {
		const char *name, *text;
		enum quorum_error want;
	} rows[] = {
		{ "as published", VALID, QUORUM_OK },
		{ "empty", "", QUORUM_ERR_WORD },
		{ "leading blank", " " VALID, QUORUM_ERR_WORD },
		{ "trailing blank", VALID " ", QUORUM_ERR_WORD },
		{ "line feed", VALID "\n", QUORUM_ERR_WORD },
		{ "two blanks", "duckling  enlarge", QUORUM_ERR_WORD },
		{ "unknown word", "duckling bitcoin", QUORUM_ERR_WORD },
		{ "too few words", "duckling enlarge", QUORUM_ERR_MNEMONIC },
		{ "too many words",
		    "acid acid acid acid acid acid acid acid acid acid acid "
		    "acid acid acid acid acid acid acid acid acid acid acid "
		    "acid acid acid acid acid acid acid acid acid acid acid "
		    "acid",
		    QUORUM_ERR_MNEMONIC },
		{ "words exchanged",
		    "enlarge duckling academic academic agency result length "
		    "solution fridge kidney coal piece deal husband erode "
		    "duke ajar critical decision keyboard",
		    QUORUM_ERR_CHECKSUM },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *two[] = { text_secret(VALID),
			text_secret(rows[i].text) };
		struct secret *out = NULL;
		size_t bad = 99;

		if (rows[i].want == QUORUM_OK) {
			assert_error(rows[i].name,
			    slip39_combine(two + 1, 1, "", &out, &bad),
			    QUORUM_OK);
			assert_int_equal(bad, 99);
		} else {
			assert_error(rows[i].name,
			    slip39_combine(two, 2, "", &out, &bad),
			    rows[i].want);
			assert_int_equal(bad, 1);
			assert_null(out);
		}
		secret_free(out);
		secrets_free(two, 2);
	}
}

static void
test_sets_refused(void **state)
{
	struct secret *secret = secret_random(16), *out = NULL;
	struct secret *a[3] = { NULL }, *b[3] = { NULL };
	struct secret *many[17] = { NULL };

	(void)state;
	assert_error("split", slip39_split(secret, 2, 3, a), QUORUM_OK);
	assert_error("split", slip39_split(secret, 2, 3, b), QUORUM_OK);
	assert_error("none", slip39_combine(a, 0, "", &out, NULL),
	    QUORUM_ERR_THRESHOLD);
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = a[0];
	assert_error("17", slip39_combine(many, 17, "", &out, NULL),
	    QUORUM_ERR_THRESHOLD);
	assert_error("one twice", slip39_combine(many, 2, "", &out, NULL),
	    QUORUM_ERR_SHARE);
	many[1] = b[1];
	assert_error("of two sets", slip39_combine(many, 2, "", &out, NULL),
	    QUORUM_ERR_SHARE);
	assert_null(out);
	secrets_free(a, 3);
	secrets_free(b, 3);
	secret_free(secret);
}

static void
test_passphrase_refused(void **state)
{
	struct secret *text = text_secret(VALID), *out = NULL;
	char passphrase[SECRET_MAX + 1] = "";

	(void)state;
	assert_error("tab", slip39_combine(&text, 1, "a\tb", &out, NULL),
	    QUORUM_ERR_ARGUMENT);
	assert_error("not ASCII",
	    slip39_combine(&text, 1, "\xc3\xa4", &out, NULL),
	    QUORUM_ERR_ARGUMENT);
	memset(passphrase, 'x', SECRET_MAX);
	assert_error("too long",
	    slip39_combine(&text, 1, passphrase, &out, NULL),
	    QUORUM_ERR_ARGUMENT);
	assert_null(out);
	passphrase[SECRET_MAX - 1] = '\0';
	assert_error("longest",
	    slip39_combine(&text, 1, passphrase, &out, NULL), QUORUM_OK);
	secret_free(out);
	secret_free(text);
}

static void
test_split_refused(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		unsigned m, n;
		enum quorum_error want;
	} rows[] = {
		{ "m is 0", 16, 0, 1, QUORUM_ERR_THRESHOLD },
		{ "m over n", 16, 3, 2, QUORUM_ERR_THRESHOLD },
		{ "n is 17", 16, 2, 17, QUORUM_ERR_THRESHOLD },
		{ "copies", 16, 1, 2, QUORUM_ERR_THRESHOLD },
		{ "18 octets", 18, 2, 3, QUORUM_ERR_ARGUMENT },
		{ "34 octets", 34, 2, 3, QUORUM_ERR_ARGUMENT },
		{ "empty", 0, 2, 3, QUORUM_ERR_ARGUMENT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *secret = secret_counting(0, rows[i].len);
		struct secret *mnemonics[17] = { NULL };

		assert_error(rows[i].name,
		    slip39_split(secret, rows[i].m, rows[i].n, mnemonics),
		    rows[i].want);
		for (size_t k = 0; k < COUNT(mnemonics); k++)
			assert_null(mnemonics[k]);
		secret_free(secret);
	}
}

/* 33 words of eight letters are more than a secret holds: refused whole.  A
 * value of zeros is made of the first word, which has eight. */
static void
test_write_too_long(void **state)
{
	struct slip39_share share = {
		.set = { .id = 0, .group_threshold = 1, .group_count = 1 },
		.member_threshold = 1
	};
	struct secret *mnemonic = NULL;

	(void)state;
	share.value = secret_counting(0, 32);
	memset(share.value->data, 0, 32);
	assert_error("33 words", slip39_share_write(&share, &mnemonic),
	    strlen("academic ") * 30 > SLIP39_TEXT_MAX ? QUORUM_ERR_MNEMONIC
						       : QUORUM_OK);
	secret_free(mnemonic);
	secret_free(share.value);
}

static void
test_cipher(void **state)
{
	struct slip39_set set = { .id = 0x7abc, .exponent = 1 };
	struct secret *master = secret_counting(7, 32);
	struct secret *odd = secret_counting(0, 15);
	struct secret *hidden = NULL, *again = NULL;

	(void)state;
	for (int extendable = 0; extendable < 2; extendable++) {
		set.extendable = extendable != 0;
		assert_error("encrypt",
		    slip39_encrypt(&set, "abc", master, &hidden), QUORUM_OK);
		assert_false(secret_equal(master, hidden));
		assert_error("decrypt",
		    slip39_decrypt(&set, "abc", hidden, &again), QUORUM_OK);
		assert_true(secret_equal(master, again));
		secret_free(hidden);
		secret_free(again);
	}
	assert_error("odd", slip39_encrypt(&set, "", odd, &hidden),
	    QUORUM_ERR_ARGUMENT);
	assert_null(hidden);
	secret_free(odd);
	secret_free(master);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_word_forms),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_wrong_word),
		cmocka_unit_test(test_text_refused),
		cmocka_unit_test(test_sets_refused),
		cmocka_unit_test(test_passphrase_refused),
		cmocka_unit_test(test_split_refused),
		cmocka_unit_test(test_write_too_long),
		cmocka_unit_test(test_cipher),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
