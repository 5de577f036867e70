/* SPDX-License-Identifier: ISC */
#include "ceremony/record/checkpoint.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "tests/ceremony/record/fixture.h"
#include "transfer/text.h"

#define ORIGIN "example.org/pki"
#define TEXT                                                                   \
	ORIGIN "\n20852163\n"                                                  \
	       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"                \
	       "transcript 17 "                                                \
	       "ffffffffffffffffffffffffffffffff"                              \
	       "ffffffffffffffffffffffffffffffff\n"
#define DASH "\xe2\x80\x94 "
#define SIG DASH ORIGIN "/alice AQIDBDBh\n" /* 01020304, then "0a" */

/* Operators alice, bob; witness wendy; mallory is nobody. */
enum {
	ALICE,
	BOB,
	WENDY,
	MALLORY,
	PEOPLE
};
static const char *const names[] = { "alice", "bob", "wendy", "mallory" };

struct people {
	EVP_PKEY *keys[PEOPLE];
	struct policy_spki spki[PEOPLE];
	struct policy policy;
	struct checkpoint c;
};

static struct checkpoint
sample(void)
{
	struct checkpoint c = { .origin = ORIGIN,
		.tree_size = 20852163,
		.seq = 17 };

	for (unsigned i = 0; i < 32; i++)
		c.tree_root[i] = (uint8_t)i;
	memset(c.head, 0xff, 32);
	return c;
}

static int
people_setup(void **state)
{
	struct people *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	for (int i = 0; i < PEOPLE; i++) {
		uint8_t *at = p->spki[i].der;

		/* a token personalised elsewhere */
		p->keys[i] = i == BOB
		    ? EVP_RSA_gen(2048)
		    : EVP_EC_gen(i == WENDY ? "P-384" : "P-256");
		p->spki[i].len = (size_t)i2d_PUBKEY(p->keys[i], &at);
	}
	strcpy(p->policy.log, ORIGIN);
	p->policy.m = 2;
	p->policy.n = 2;
	for (size_t i = 0; i < 2; i++) {
		strcpy(p->policy.operators[i].id, names[i]);
		p->policy.operators[i].sign = p->spki[i];
	}
	p->policy.witness_count = 1;
	strcpy(p->policy.witnesses[0].id, "wendy");
	p->policy.witnesses[0].spki = p->spki[WENDY];
	p->c = sample();
	*state = p;
	return 0;
}

static int
people_teardown(void **state)
{
	struct people *p = *state;

	for (int i = 0; i < PEOPLE; i++)
		EVP_PKEY_free(p->keys[i]);
	free(p);
	return 0;
}

/* Sign as `openssl dgst -sha256 -sign` does. */
static struct checkpoint_sig
sign(const struct people *p, int who)
{
	struct checkpoint_sig sig = { 0 };
	char text[CHECKPOINT_TEXT_MAX];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t len;

	assert_int_equal(checkpoint_text(&p->c, text, &len), RECORD_OK);
	strcpy(sig.id, names[who]);
	checkpoint_key_id(ORIGIN, names[who], &p->spki[who], sig.key_id);
	sig.len = sizeof(sig.der);
	assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL,
			     p->keys[who]),
	    1);
	assert_int_equal(EVP_DigestSign(md, sig.der, &sig.len,
			     (const uint8_t *)text, len),
	    1);
	EVP_MD_CTX_free(md);
	return sig;
}

static void
the_text_is_byte_for_byte(void **state)
{
	struct checkpoint c = sample();
	char text[CHECKPOINT_TEXT_MAX];
	size_t len;

	(void)state;
	assert_int_equal(checkpoint_text(&c, text, &len), RECORD_OK);
	assert_string_equal(text, TEXT);
	assert_int_equal(len, strlen(TEXT));
}

static void
the_longest_text_has_room(void **state)
{
	struct checkpoint c = sample(), again;
	struct checkpoint_sig sigs[CHECKPOINT_SIGS_MAX];
	struct checkpoint_sig read[CHECKPOINT_SIGS_MAX];
	size_t len, count;
	char *note;

	(void)state;
	memset(c.origin, 'o', POLICY_LOG_MAX);
	c.tree_size = c.seq = UINT64_MAX;
	memset(sigs, 0, sizeof(sigs));
	for (size_t i = 0; i < CHECKPOINT_SIGS_MAX; i++) {
		memset(sigs[i].id, 'a', POLICY_ID_MAX);
		sigs[i].len = sizeof(sigs[i].der);
	}
	assert_int_equal(checkpoint_note(&c, sigs, CHECKPOINT_SIGS_MAX, &note,
			     &len),
	    RECORD_OK);
	assert_in_range(len, 0, CHECKPOINT_NOTE_MAX);
	assert_int_equal(checkpoint_read(note, len, &again, read, &count, NULL),
	    RECORD_OK);
	assert_memory_equal(&again, &c, sizeof(c));
	assert_int_equal(count, CHECKPOINT_SIGS_MAX);
	assert_memory_equal(read, sigs, sizeof(sigs));
	free(note);
}

static void
a_note_is_written_read_and_verified(void **state)
{
	struct people *p = *state;
	struct checkpoint_sig sigs[3], read[CHECKPOINT_SIGS_MAX];
	unsigned operators, witnesses;
	struct checkpoint c;
	size_t len, count;
	uint8_t hash[32];
	char *note, *blank;

	for (int i = 0; i < 3; i++)
		sigs[i] = sign(p, i);
	SHA256(p->spki[ALICE].der, p->spki[ALICE].len, hash);
	assert_memory_equal(sigs[ALICE].key_id, hash, 4);
	assert_int_equal(checkpoint_note(&p->c, sigs, 3, &note, &len),
	    RECORD_OK);
	assert_int_equal(len, strlen(note));
	assert_memory_equal(note, TEXT "\n" DASH ORIGIN "/alice ",
	    strlen(TEXT "\n" DASH ORIGIN "/alice "));

	assert_int_equal(checkpoint_read(note, len, &c, read, &count, NULL),
	    RECORD_OK);
	assert_memory_equal(&c, &p->c, sizeof(c));
	assert_int_equal(count, 3);
	assert_memory_equal(read, sigs, sizeof(sigs));
	assert_int_equal(checkpoint_verify(&c, read, count, &p->policy,
			     &operators, &witnesses, NULL),
	    RECORD_OK);
	assert_int_equal(operators, 2);
	assert_int_equal(witnesses, 1);

	/* by hand: all octets before the blank line, with their last LF */
	blank = strstr(note, "\n\n");
	for (int i = 0; i < 3; i++) {
		EVP_MD_CTX *md = EVP_MD_CTX_new();

		assert_int_equal(EVP_DigestVerifyInit(md, NULL, EVP_sha256(),
				     NULL, p->keys[i]),
		    1);
		assert_int_equal(EVP_DigestVerify(md, read[i].der, read[i].len,
				     (const uint8_t *)note,
				     (size_t)(blank + 1 - note)),
		    1);
		EVP_MD_CTX_free(md);
	}
	free(note);
}

/* Change what was signed, who, or by what policy. */
enum change {
	NOTHING,
	NOBODY,
	UNKNOWN,
	UNKNOWN_BAD,
	ONLY_WITNESS,
	TWICE,
	TWICE_AGAIN,
	WITNESS_TWICE,
	BAD_OCTET,
	BAD_WITNESS,
	TRAILING,
	OTHER_KEY_ID,
	OTHER_NAME,
	OTHER_SIZE,
	OTHER_HEAD,
	NO_KEY,
	OTHER_LOG,
	NO_ORIGIN,
};
static const struct {
	const char *name;
	enum change change;
	enum record_error want;
	unsigned operators, witnesses;
	const char *text;
} verifications[] = {
	{ "all good", NOTHING, RECORD_OK, 2, 1, "" },
	{ "nobody", NOBODY, RECORD_OK, 0, 0, "" },
	{ "unknown passed over", UNKNOWN, RECORD_OK, 2, 0, "" },
	{ "unknown and bad passed over", UNKNOWN_BAD, RECORD_OK, 2, 0, "" },
	{ "only the witness", ONLY_WITNESS, RECORD_OK, 0, 1, "" },
	{ "same signature twice", TWICE, RECORD_ERR_SIGNATURE, 0, 0,
	    "alice has signed twice" },
	{ "another signature by the same", TWICE_AGAIN, RECORD_ERR_SIGNATURE, 0,
	    0, "alice has signed twice" },
	{ "witness twice", WITNESS_TWICE, RECORD_ERR_SIGNATURE, 0, 0,
	    "wendy has signed twice" },
	{ "signature changed", BAD_OCTET, RECORD_ERR_SIGNATURE, 0, 0,
	    "of bob does not verify" },
	{ "witness's signature changed", BAD_WITNESS, RECORD_ERR_SIGNATURE, 0,
	    0, "of wendy does not verify" },
	{ "octet behind", TRAILING, RECORD_ERR_SIGNATURE, 0, 0,
	    "of bob does not verify" },
	{ "key id", OTHER_KEY_ID, RECORD_ERR_SIGNATURE, 0, 0,
	    "of bob does not verify" },
	{ "under another's name", OTHER_NAME, RECORD_ERR_SIGNATURE, 0, 0,
	    "of bob does not verify" },
	{ "another tree", OTHER_SIZE, RECORD_ERR_SIGNATURE, 0, 0,
	    "of alice does not verify" },
	{ "another head", OTHER_HEAD, RECORD_ERR_SIGNATURE, 0, 0,
	    "of alice does not verify" },
	{ "a policy's key that is none", NO_KEY, RECORD_ERR_SIGNATURE, 0, 0,
	    "of alice does not verify" },
	{ "policy of another log", OTHER_LOG, RECORD_ERR_OTHER_LOG, 0, 0,
	    "of log example.org/pki" },
	{ "no origin", NO_ORIGIN, RECORD_ERR_ARGUMENT, 0, 0, "no text" },
};

static void
change_something(enum change change, struct people *p,
    struct checkpoint_sig *sigs, size_t *count)
{
	switch (change) {
	case NOTHING:
		break;
	case NOBODY:
		*count = 0;
		break;
	case UNKNOWN_BAD:
	case UNKNOWN:
		sigs[2] = sign(p, MALLORY);
		sigs[2].der[20] ^= change == UNKNOWN_BAD;
		break;
	case ONLY_WITNESS:
		sigs[0] = sigs[2];
		*count = 1;
		break;
	case TWICE:
		sigs[1] = sigs[0];
		break;
	case TWICE_AGAIN:
		sigs[2] = sign(p, ALICE);
		break;
	case WITNESS_TWICE:
		sigs[0] = sign(p, WENDY);
		break;
	case BAD_OCTET:
		sigs[1].der[20] ^= 1;
		break;
	case BAD_WITNESS:
		sigs[2].der[20] ^= 1;
		break;
	case TRAILING:
		sigs[1].der[sigs[1].len++] = 0;
		break;
	case OTHER_KEY_ID:
		sigs[1].key_id[3] ^= 1;
		break;
	case OTHER_NAME:
		sigs[1] = sign(p, MALLORY);
		strcpy(sigs[1].id, "bob");
		checkpoint_key_id(ORIGIN, "bob", &p->spki[BOB], sigs[1].key_id);
		break;
	case OTHER_SIZE:
		p->c.tree_size++;
		break;
	case OTHER_HEAD:
		p->c.head[0] ^= 1;
		break;
	case NO_KEY:
		p->policy.operators[0].sign.len = 3;
		break;
	case OTHER_LOG:
		strcpy(p->policy.log, "example.net/pki");
		break;
	case NO_ORIGIN:
		p->c.origin[0] = '\0';
		break;
	}
}

static void
every_known_signature_must_be_good(void **state)
{
	for (size_t i = 0; i < sizeof(verifications) / sizeof(verifications[0]);
	     i++) {
		struct people p = *(struct people *)*state;
		struct record_fault fault = { 0 };
		unsigned operators = 9, witnesses = 9;
		struct checkpoint_sig sigs[3];
		size_t count = 3;

		print_message("# %s\n", verifications[i].name);
		for (int who = 0; who < 3; who++)
			sigs[who] = sign(&p, who);
		change_something(verifications[i].change, &p, sigs, &count);
		assert_int_equal(checkpoint_verify(&p.c, sigs, count, &p.policy,
				     &operators, &witnesses, &fault),
		    verifications[i].want);
		assert_int_equal(operators, verifications[i].operators);
		assert_int_equal(witnesses, verifications[i].witnesses);
		assert_non_null(strstr(fault.text, verifications[i].text));
	}
}

static const struct {
	const char *name, *note;
	enum record_error want;
	size_t count;
	const char *text;
} notes[] = {
	{ "one signature", TEXT "\n" SIG, RECORD_OK, 1, "" },
	{ "others passed over",
	    TEXT "\n" DASH "example.net/x AAAAAAA=\n" SIG DASH ORIGIN
		 " AQIDBDBh\n" DASH ORIGIN "/Alice AQIDBDBh\n" DASH ORIGIN
		 "2/alice AQIDBDBh\n",
	    RECORD_OK, 1, "" },
	{ "only others", TEXT "\n" DASH "example.net/x AAAAAAA=\n", RECORD_OK,
	    0, "" },
	{ "empty", "", RECORD_ERR_FORM, 0, "line 0" },
	{ "text only", TEXT, RECORD_ERR_FORM, 0, "line 4" },
	{ "no signature", TEXT "\n", RECORD_ERR_FORM, 0, "line 5" },
	{ "no blank line", TEXT SIG, RECORD_ERR_FORM, 0, "line 5" },
	{ "two blank lines", TEXT "\n\n" SIG, RECORD_ERR_FORM, 0, "line 6" },
	{ "more text", TEXT "extension\n\n" SIG, RECORD_ERR_FORM, 0, "line 5" },
	{ "last LF missing", TEXT "\n" DASH ORIGIN "/alice AQIDBDBh",
	    RECORD_ERR_FORM, 0, "line 5" },
	{ "blank line behind", TEXT "\n" SIG "\n", RECORD_ERR_FORM, 0,
	    "line 7" },
	{ "hyphen for dash", TEXT "\n- " ORIGIN "/alice AQIDBDBh\n",
	    RECORD_ERR_FORM, 0, "line 6" },
	{ "en dash", TEXT "\n\xe2\x80\x93 " ORIGIN "/alice AQIDBDBh\n",
	    RECORD_ERR_FORM, 0, "line 6" },
	{ "no name", TEXT "\n" DASH " AQIDBDBh\n", RECORD_ERR_FORM, 0,
	    "line 6" },
	{ "no base64", TEXT "\n" DASH ORIGIN "/alice\n", RECORD_ERR_FORM, 0,
	    "line 6" },
	{ "plus in name", TEXT "\n" DASH "a+b AQIDBDBh\n", RECORD_ERR_FORM, 0,
	    "line 6" },
	{ "tab in name", TEXT "\n" DASH "a\tb AQIDBDBh\n", RECORD_ERR_FORM, 0,
	    "line 6" },
	{ "two blanks", TEXT "\n" DASH ORIGIN "/alice  AQIDBDBh\n",
	    RECORD_ERR_FORM, 0, "line 6" },
	{ "bad base64", TEXT "\n" DASH ORIGIN "/alice AQIDBDB\n",
	    RECORD_ERR_FORM, 0, "line 6" },
	{ "base64 not canonical", TEXT "\n" DASH ORIGIN "/alice AQIDBDB=\n",
	    RECORD_ERR_FORM, 0, "line 6" },
	{ "key id only", TEXT "\n" DASH ORIGIN "/alice AQIDBA==\n",
	    RECORD_ERR_FORM, 0, "line 6" },
	{ "bad base64 of an unknown", TEXT "\n" DASH "x AQIDBDB\n",
	    RECORD_ERR_FORM, 0, "line 6" },
};

static void
notes_are_read_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		struct checkpoint_sig sigs[CHECKPOINT_SIGS_MAX];
		struct record_fault fault = { 0 };
		struct checkpoint c;
		size_t count = 99;

		print_message("# %s\n", notes[i].name);
		assert_int_equal(checkpoint_read(notes[i].note,
				     strlen(notes[i].note), &c, sigs, &count,
				     &fault),
		    notes[i].want);
		assert_int_equal(count, notes[i].count);
		assert_non_null(strstr(fault.text, notes[i].text));
		if (count == 0)
			continue;
		assert_string_equal(sigs[0].id, "alice");
		assert_memory_equal(sigs[0].key_id, "\1\2\3\4", 4);
		assert_int_equal(sigs[0].len, 2);
		assert_memory_equal(sigs[0].der, "0a", 2);
	}
}

/* The text with one part of it changed. */
static const struct {
	const char *name, *from, *to;
} texts[] = {
	{ "no origin", ORIGIN, "" },
	{ "blank in origin", ORIGIN, "example.org pki" },
	{ "plus in origin", ORIGIN, "example.org+pki" },
	{ "origin not ASCII", ORIGIN, "example.org/\xc3\xa4" },
	{ "size with zero", "\n2085", "\n02085" },
	{ "size with sign", "\n2085", "\n+2085" },
	{ "negative size", "\n2085", "\n-2085" },
	{ "size with blank", "\n2085", "\n 2085" },
	{ "size in hex", "\n20852163", "\n0x13e" },
	{ "no size", "\n20852163", "\n" },
	{ "size overflows", "20852163", "18446744073709551616" },
	{ "root too short", "AAECAwQF", "" },
	{ "root too long", "AAECAwQF", "AAECAwQFAAEC" },
	{ "root not canonical", "Hh8=", "Hh9=" },
	{ "another extension", "transcript", "transcripts" },
	{ "seq with zero", " 17 ", " 017 " },
	{ "seq with sign", " 17 ", " +17 " },
	{ "no seq", " 17 ", " " },
	{ "two blanks", " 17 ", " 17  " },
	{ "head in upper case", "ffff", "FFFF" },
	{ "head too short", "ffff", "" },
	{ "head too long", "ffff", "ffffff" },
	{ "CR", "\ntranscript", "\r\ntranscript" },
	{ "blank line in the text", "\ntranscript", "\n\ntranscript" },
};

static void
texts_are_read_strictly(void **state)
{
	static const char whole[] = TEXT "\n" SIG;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct checkpoint_sig sigs[CHECKPOINT_SIGS_MAX];
		const char *at = strstr(whole, texts[i].from);
		struct checkpoint c;
		char note[1000];
		size_t count;
		int n;

		print_message("# %s\n", texts[i].name);
		assert_non_null(at);
		n = snprintf(note, sizeof(note), "%.*s%s%s", (int)(at - whole),
		    whole, texts[i].to, at + strlen(texts[i].from));
		assert_int_equal(checkpoint_read(note, (size_t)n, &c, sigs,
				     &count, NULL),
		    RECORD_ERR_FORM);
		assert_int_equal(c.tree_size, 0);
		assert_int_equal(c.origin[0], 0);
	}
}

static void
a_nul_hides_nothing(void **state)
{
	static const char whole[] = TEXT "\n" SIG;

	(void)state;
	for (size_t i = 0; i < strlen(whole); i++) {
		struct checkpoint_sig sigs[CHECKPOINT_SIGS_MAX];
		struct checkpoint c;
		char note[sizeof(whole)];
		size_t count;

		memcpy(note, whole, sizeof(note));
		note[i] = '\0';
		assert_int_equal(checkpoint_read(note, strlen(whole), &c, sigs,
				     &count, NULL),
		    RECORD_ERR_FORM);
		assert_int_equal(checkpoint_read(whole, i, &c, sigs, &count,
				     NULL),
		    RECORD_ERR_FORM);
	}
}

static void
limits_are_kept(void **state)
{
	struct checkpoint_sig sigs[CHECKPOINT_SIGS_MAX];
	char *note = calloc(1, 2 * CHECKPOINT_NOTE_MAX);
	struct checkpoint c;
	struct record_fault fault;
	size_t count;

	(void)state;
	assert_non_null(note);
	strcpy(note, TEXT "\n");
	for (int i = 0; i < CHECKPOINT_SIGS_MAX; i++)
		strcat(note, SIG);
	assert_int_equal(checkpoint_read(note, strlen(note), &c, sigs, &count,
			     NULL),
	    RECORD_OK);
	assert_int_equal(count, CHECKPOINT_SIGS_MAX);
	strcat(note, SIG);
	assert_int_equal(checkpoint_read(note, strlen(note), &c, sigs, &count,
			     NULL),
	    RECORD_ERR_FORM);
	assert_int_equal(count, 0);

	/* 518 octets: key id and 514 of signature, 512 is all we hold */
	sprintf(note, "%s\n" DASH ORIGIN "/alice %0*d\n", TEXT, 692, 0);
	assert_int_equal(checkpoint_read(note, strlen(note), &c, sigs, &count,
			     NULL),
	    RECORD_ERR_FORM);
	sprintf(note, "%s\n" DASH "other/alice %0*d\n", TEXT, 692, 0);
	assert_int_equal(checkpoint_read(note, strlen(note), &c, sigs, &count,
			     NULL),
	    RECORD_OK);
	assert_int_equal(count, 0);

	while (strlen(note) <= CHECKPOINT_NOTE_MAX)
		strcat(note, DASH "other/alice AQIDBDBh\n");
	assert_int_equal(checkpoint_read(note, strlen(note), &c, sigs, &count,
			     &fault),
	    RECORD_ERR_FORM);
	assert_non_null(strstr(fault.text, "longer than a note"));
	free(note);
}

static void
the_writer_refuses_what_the_reader_would(void **state)
{
	struct checkpoint_sig sigs[CHECKPOINT_SIGS_MAX + 1];
	struct checkpoint c = sample();
	char text[CHECKPOINT_TEXT_MAX], *note;
	static const char *const origins[] = { "", "a b", "a+b", "a\n",
		"\xc3\xa4" };
	static const char *const ids[] = { "", "Alice", "a b", "a\n" };
	size_t len;

	(void)state;
	memset(sigs, 0, sizeof(sigs));
	for (size_t i = 0; i <= CHECKPOINT_SIGS_MAX; i++) {
		strcpy(sigs[i].id, "alice");
		sigs[i].len = 2;
	}
	assert_int_equal(checkpoint_note(&c, sigs, 0, &note, &len),
	    RECORD_ERR_ARGUMENT);
	assert_int_equal(checkpoint_note(&c, sigs, CHECKPOINT_SIGS_MAX + 1,
			     &note, &len),
	    RECORD_ERR_ARGUMENT);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		strcpy(sigs[1].id, ids[i]);
		assert_int_equal(checkpoint_note(&c, sigs, 2, &note, &len),
		    RECORD_ERR_ARGUMENT);
		assert_null(note);
	}
	strcpy(sigs[1].id, "bob");
	sigs[1].len = 0;
	assert_int_equal(checkpoint_note(&c, sigs, 2, &note, &len),
	    RECORD_ERR_ARGUMENT);
	sigs[1].len = sizeof(sigs[1].der) + 1;
	assert_int_equal(checkpoint_note(&c, sigs, 2, &note, &len),
	    RECORD_ERR_ARGUMENT);
	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
		strcpy(c.origin, origins[i]);
		assert_int_equal(checkpoint_text(&c, text, &len),
		    RECORD_ERR_ARGUMENT);
		assert_int_equal(checkpoint_note(&c, sigs, 1, &note, &len),
		    RECORD_ERR_ARGUMENT);
	}
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, people_setup, people_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_is_byte_for_byte),
		cmocka_unit_test(the_longest_text_has_room),
		CASE(a_note_is_written_read_and_verified),
		CASE(every_known_signature_must_be_good),
		cmocka_unit_test(notes_are_read_strictly),
		cmocka_unit_test(texts_are_read_strictly),
		cmocka_unit_test(a_nul_hides_nothing),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(the_writer_refuses_what_the_reader_would),
	};

	return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
