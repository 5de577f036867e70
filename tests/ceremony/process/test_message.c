/* SPDX-License-Identifier: ISC */
#include "tests/ceremony/process/driver.h"

static struct message *
message_new(enum message_kind kind)
{
	struct message *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	message_start(m, kind);
	return m;
}

/* What comes from media comes as a descriptor. */
static bool
from_media(unsigned kind)
{
	return kind == MSG_MEDIA_FILE || kind == MSG_MEDIA_FOLDER;
}

/* Of every row: a name of its own, a limit that fits, states exactly when a
 * child gets it, descriptors to children alone. */
static void
rows(void **state)
{
	(void)state;
	for (unsigned k = MSG_NONE + 1; k < MSG_KIND_COUNT; k++) {
		const struct message_row *row = message_row(k);
		if (row == NULL || row->name == NULL)
			fail_msg("kind %u has no row", k);
		if (row->max > MESSAGE_MAX ||
		    row->to_child != (row->when != 0) ||
		    (row->has_fd && !row->to_child && !from_media(k)))
			fail_msg("%s: limit, states or descriptor", row->name);
		for (unsigned j = MSG_NONE + 1; j < k; j++)
			assert_string_not_equal(row->name,
			    message_row(j)->name);
	}
	assert_null(message_row(MSG_NONE));
	assert_null(message_row(MSG_KIND_COUNT));
	assert_null(message_row(~0u));
}

/* A few rows a reviewer would look at first. */
static void
permitted_states(void **state)
{
	static const struct {
		enum message_kind kind;
		unsigned when;
	} cases[] = {
		{ MSG_READ_PLAN, STATE_IDLE },
		{ MSG_PICTURE, STATE_IDLE | STATE_OPEN },
		{ MSG_SCAN, STATE_IDLE },
		{ MSG_UR, STATE_OPEN },
		{ MSG_SCAN_END, STATE_OPEN },
		{ MSG_OPEN, STATE_IDLE },
		{ MSG_LOGIN, STATE_OPEN },
		{ MSG_APPROVE, STATE_LOGIN },
		{ MSG_UNWRAP, STATE_LOGIN },
		{ MSG_RELEASE, STATE_LOGIN },
		{ MSG_SO_PIN, STATE_PAPER },
		{ MSG_APPROVAL, STATE_PREPARED },
		{ MSG_SHARE, STATE_PREPARED },
		{ MSG_PROVE, STATE_PREPARED },
		{ MSG_BEGIN, STATE_PREPARED },
		{ MSG_EXECUTE, STATE_BEGUN },
		{ MSG_EPOCH, STATE_OPEN },
		{ MSG_COMMIT, STATE_ROTATING },
		{ MSG_INTEND, STATE_BEGUN },
		{ MSG_GO, STATE_SIGNING },
		{ MSG_SIGN, STATE_SEALING },
		{ MSG_TAKE, STATE_SEALING },
		{ MSG_REST, STATE_SEALING },
		{ MSG_SEAL, STATE_SEALING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(message_row(cases[i].kind)->when,
		    cases[i].when);
}

static void
round_trip(void **state)
{
	struct message *m = message_new(MSG_OPEN);
	uint8_t exact[3];
	char text[6];
	const uint8_t *p;
	size_t len;

	(void)state;
	message_put_number(m, 0x0102030405060708);
	message_put_text(m, "hello");
	message_put_octets(m, "\0\1\2", 3);
	message_put_octets(m, NULL, 0);
	message_put_octets(m, "\xff\xfe", 2);
	assert_int_equal(m->data[0], 1);
	assert_int_equal(m->data[7], 8);
	assert_false(message_done(m));
	assert_true(message_get_number(m) == 0x0102030405060708);
	message_get_text(m, text, 5);
	assert_string_equal(text, "hello");
	message_get_exact(m, exact, 3);
	assert_memory_equal(exact, "\0\1\2", 3);
	p = message_get_octets(m, 10, &len);
	assert_non_null(p);
	assert_int_equal(len, 0);
	p = message_get_octets(m, 2, &len);
	assert_int_equal(len, 2);
	assert_memory_equal(p, "\xff\xfe", 2);
	assert_true(message_done(m));
	free(m);
}

/* Any prefix of good fields is bad, and reads as nothing. */
static void
cut_short(void **state)
{
	struct message *m = message_new(MSG_OPEN);
	uint8_t exact[4];
	char text[9];
	size_t full;

	(void)state;
	message_put_number(m, 7);
	message_put_text(m, "12345678");
	message_put_octets(m, "abcd", 4);
	full = m->len;
	for (m->len = 0; m->len < full; m->len++) {
		m->at = 0;
		m->bad = false;
		message_get_number(m);
		message_get_text(m, text, 8);
		message_get_exact(m, exact, 4);
		assert_false(message_done(m));
		assert_memory_equal(exact, "\0\0\0\0", 4);
		if (m->len < 8 + 4 + 8)
			assert_string_equal(text, "");
	}
	free(m);
}

static void
octets_behind(void **state)
{
	struct message *m = message_new(MSG_OPEN);

	(void)state;
	message_put_number(m, 7);
	m->data[m->len++] = 0;
	assert_int_equal(message_get_number(m), 7);
	assert_false(message_done(m));
	free(m);
}

/* How one text field reads with a limit of 4 characters. */
static void
text_field(void **state)
{
	static const struct {
		const char *name, *octets;
		size_t len;
		bool good;
	} cases[] = {
		{ "empty", "\0\0\0\0", 4, true },
		{ "at the limit", "\0\0\0\4abcd", 8, true },
		{ "over the limit", "\0\0\0\5abcde", 9, false },
		{ "longer than the message", "\0\0\0\4abc", 7, false },
		{ "length of 4 GiB", "\xff\xff\xff\xff", 4, false },
		{ "NUL inside", "\0\0\0\3a\0b", 7, false },
		{ "line feed", "\0\0\0\1\n", 5, false },
		{ "DEL", "\0\0\0\1\x7f", 5, false },
		{ "not ASCII", "\0\0\0\2\xc3\xa9", 6, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message *m = message_new(MSG_OPEN);
		char text[5] = "????";
		memcpy(m->data, cases[i].octets, cases[i].len);
		m->len = cases[i].len;
		message_get_text(m, text, 4);
		if (message_done(m) != cases[i].good)
			fail_msg("%s", cases[i].name);
		if (!cases[i].good)
			assert_string_equal(text, "");
		free(m);
	}
}

static void
exact_field(void **state)
{
	struct message *m = message_new(MSG_OPEN);
	uint8_t out[4] = { 1, 1, 1, 1 };

	(void)state;
	message_put_octets(m, "abc", 3);
	message_get_exact(m, out, 4);
	assert_false(message_done(m));
	assert_memory_equal(out, "\0\0\0\0", 4);
	free(m);
}

/* An error sticks: what comes after is not read. */
static void
sticky(void **state)
{
	struct message *m = message_new(MSG_OPEN);
	size_t len;

	(void)state;
	message_put_octets(m, "abc", 3);
	message_put_number(m, 9);
	assert_null(message_get_octets(m, 2, &len));
	assert_int_equal(len, 0);
	assert_int_equal(message_get_number(m), 0);
	assert_false(message_done(m));
	free(m);
}

static void
overfull(void **state)
{
	struct message *m = message_new(MSG_PART);
	static const uint8_t zeros[MESSAGE_MAX];

	(void)state;
	message_put_octets(m, zeros, MESSAGE_MAX - 4);
	assert_false(m->bad);
	assert_int_equal(m->len, MESSAGE_MAX);
	message_put_number(m, 1);
	assert_true(m->bad);
	assert_int_equal(m->len, MESSAGE_MAX);
	message_start(m, MSG_PART);
	message_put_octets(m, zeros, (size_t)MESSAGE_MAX + 1);
	assert_true(m->bad);
	assert_int_equal(m->len, 0);
	free(m);
}

/* PINs travel in messages: nothing stays behind, nor does a descriptor. */
static void
cleared(void **state)
{
	struct message *m = message_new(MSG_LOGIN);
	int fd = dup(0);

	(void)state;
	assert_true(fd > 0);
	message_put_text(m, "123456");
	m->fd = fd;
	message_clear(m);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(m->data[i], 0);
	assert_int_equal(m->fd, -1);
	assert_int_equal(m->kind, MSG_NONE);
	assert_int_equal(close(fd), -1);
	free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(permitted_states),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(octets_behind),
		cmocka_unit_test(text_field),
		cmocka_unit_test(exact_field),
		cmocka_unit_test(sticky),
		cmocka_unit_test(overfull),
		cmocka_unit_test(cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
