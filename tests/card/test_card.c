/* SPDX-License-Identifier: ISC */
/* The virtual card by itself: lengths, PINs, files, what lasts, faults. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/card/fixture.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* ---- commands --------------------------------------------------------- */

static void
test_cases(void **state)
{
	static const struct {
		const char *name;
		uint8_t octets[20];
		size_t len;
		unsigned sw;
		size_t answer;
	} cases[] = {
		{ "nothing", { 0 }, 0, 0x6700, 0 },
		{ "half a header", { 0, 0x84, 0 }, 3, 0x6700, 0 },
		{ "1", { 0, 0x20, 0, 0x88 }, 4, 0x6A88, 0 },
		{ "2S", { 0, 0x84, 0, 0, 8 }, 5, 0x9000, 8 },
		{ "2S, 256", { 0, 0x84, 0, 0, 0 }, 5, 0x9000, 256 },
		{ "2E", { 0, 0x84, 0, 0, 0, 1, 44 }, 7, 0x9000, 300 },
		{ "3S", { 0, 0xA4, 0, 0, 2, 0x2F, 2 }, 7, 0x9000, 0 },
		{ "3S, more", { 0, 0xA4, 0, 0, 1, 0x2F, 2, 9 }, 8, 0x6700, 0 },
		{ "3S, less", { 0, 0xA4, 0, 0, 3, 0x2F, 2 }, 7, 0x6700, 0 },
		{ "4S", { 0, 0xA4, 0, 0, 2, 0x2F, 2, 0 }, 8, 0x9000, 16 },
		{ "3E", { 0, 0xA4, 0, 0, 0, 0, 2, 0x2F, 2 }, 9, 0x9000, 0 },
		{ "4E", { 0, 0xA4, 0, 0, 0, 0, 2, 0x2F, 2, 0, 0 }, 11, 0x9000,
		    16 },
		{ "4E, less", { 0, 0xA4, 0, 0, 0, 0, 2, 0x2F, 2, 0 }, 10,
		    0x6700, 0 },
		{ "E without lengths", { 0, 0x84, 0, 0, 0, 1 }, 6, 0x6700, 0 },
		{ "class", { 0x10, 0x84, 0, 0, 8 }, 5, 0x6E00, 0 },
		{ "instruction", { 0, 0x85, 0, 0, 8 }, 5, 0x6D00, 0 },
		{ "parameter", { 0, 0x84, 1, 0, 8 }, 5, 0x6A86, 0 },
		{ "data too long", { 0, 0xA4, 0, 0, 3, 1, 2, 3 }, 8, 0x6700,
		    0 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		unsigned sw = transmit(f, cases[i].octets, cases[i].len);

		if (sw != cases[i].sw || f->len != cases[i].answer)
			fail_msg("%s: %04X and %zu octets", cases[i].name, sw,
			    f->len);
	}
}

/* Le less than there is: the rest waits, and is gone after another command. */
static void
test_get_response(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(command(f, 0x00A40000, "\x2F\x02", 2, 6), 0x610A);
	assert_int_equal(f->len, 6);
	assert_int_equal(command(f, 0x00C00000, NULL, 0, 4), 0x6106);
	assert_int_equal(command(f, 0x00C00000, NULL, 0, 6), 0x9000);
	assert_int_equal(f->len, 6);
	assert_int_equal(command(f, 0x00C00000, NULL, 0, 6), 0x6D00);
	assert_int_equal(command(f, 0x00A40000, "\x2F\x02", 2, 6), 0x610A);
	assert_int_equal(command(f, 0x00A40000, "\x2F\x02", 2, NO_LE), 0x9000);
	assert_int_equal(command(f, 0x00C00000, NULL, 0, 6), 0x6D00);
}

static void
test_t0(void **state)
{
	static const uint8_t t0[] = { 0x3B, 0x64 }, t1[] = { 0x3B, 0xFE };
	struct fixture *f = *state;
	uint8_t atr[CARD_ATR_MAX],
	    write[261] = { 0x00, 0xD7, 0xCF, 1, 0, 0x54, 2, 0, 0, 0x53, 0x81,
		    249 };

	ready(f);
	assert_int_equal(card_atr(f->card, atr), 24);
	assert_memory_equal(atr, t1, 2);
	control(f, "protocol t0\n");
	assert_true(card_is_t0(f->card));
	assert_int_equal(card_atr(f->card, atr), 8);
	assert_memory_equal(atr, t0, 2);
	/* an answer to a command with data is always fetched */
	assert_int_equal(command(f, 0x00A40000, "\x2F\x02", 2, NO_LE), 0x6110);
	assert_int_equal(command(f, 0x00C00000, NULL, 0, 0x10), 0x9000);
	assert_int_equal(f->len, 16);
	/* 256 octets came as an extended command, of which this is left */
	assert_int_equal(transmit(f, write, 261), 0x9000);
	assert_int_equal(transmit(f, write, 260), 0x6700);
}

static void
test_select(void **state)
{
	static const uint8_t aid[] = { 0xE8, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x81,
		0xC3, 0x1F, 0x02, 0x01 };
	struct fixture *f = *state;

	ready(f);
	/* others' applets; then ours, which ends the login */
	assert_int_equal(command(f, 0x00A40400, TEXT("\x62\x76\x01\xFF"), 0),
	    0x6A82);
	assert_int_equal(command(f, 0x00A40800, TEXT("\x50\x15\x49\x46"), 0),
	    0x6A82);
	assert_int_equal(command(f, 0x00200081, NULL, 0, NO_LE), 0x9000);
	assert_int_equal(command(f, 0x00A40400, aid, sizeof(aid), 0), 0x9000);
	assert_int_equal(f->len, 20);
	assert_memory_equal(f->data + 15, "\x00\x01\xFF\x03\x05", 5);
	assert_int_equal(command(f, 0x00200081, NULL, 0, NO_LE), 0x63C3);
}

/* ---- PINs ------------------------------------------------------------- */

/* A step: a command with its data, and what the card says to it. */
struct step {
	uint32_t header;
	const char *data;
	size_t len;
	unsigned sw;
};

static void
steps(struct fixture *f, const struct step *step, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned sw = command(f, step[i].header, step[i].data,
		    step[i].len, NO_LE);

		if (sw != step[i].sw)
			fail_msg("step %zu, %08X: %04X", i, step[i].header, sw);
	}
}

#define STATE 0x00200081, NULL, 0
#define SO_STATE 0x00200088, NULL, 0
#define VERIFY(pin) 0x00200081, TEXT(pin)
#define CHANGE(pins) 0x00240081, TEXT(pins)
#define SO_CHANGE(pins) 0x00240088, TEXT(pins)
#define UNBLOCK(pins) 0x002C0081, TEXT(pins)
#define SO_NEXT "\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81"
#define SO_WRONG "\x00\x00\x00\x00\x00\x00\x00\x00"

static void
test_pin(void **state)
{
	static const struct step blank[] = {
		{ STATE, 0x6984 },
		{ SO_STATE, 0x6A88 },
		{ VERIFY(USER_PIN), 0x6984 },
		{ 0x00200085, NULL, 0, 0x6A88 },
		{ 0x00200086, NULL, 0, 0x6A88 },
	}, user[] = {
		{ STATE, 0x63C3 },
		{ SO_STATE, 0x63CF },
		{ VERIFY("111111"), 0x63C2 },
		{ VERIFY(USER_PIN), 0x9000 },
		{ STATE, 0x9000 },
		/* a wrong one ends the login, too */
		{ VERIFY("1"), 0x63C2 },
		{ STATE, 0x63C2 },
		{ CHANGE("11111177777777"), 0x63C1 },
		{ CHANGE(USER_PIN "12345"), 0x6A80 },
		{ CHANGE("64821"), 0x6983 },
		{ VERIFY(USER_PIN), 0x6983 },
		{ STATE, 0x6983 },
	}, officer[] = {
		{ UNBLOCK(SO_WRONG "777777"), 0x63CE },
		{ UNBLOCK(SO_PIN "77777"), 0x6A80 },
		{ STATE, 0x6983 },
		{ UNBLOCK(SO_PIN "777777"), 0x9000 },
		{ SO_STATE, 0x63CF },
		{ VERIFY("777777"), 0x9000 },
		{ CHANGE("777777" USER_PIN "0123456789"), 0x9000 },
		{ VERIFY(USER_PIN "0123456789"), 0x9000 },
		{ SO_CHANGE(SO_WRONG SO_NEXT), 0x63CE },
		{ SO_CHANGE(SO_PIN SO_NEXT), 0x9000 },
		{ SO_CHANGE(SO_PIN SO_NEXT), 0x63CE },
		{ SO_CHANGE("12345678"), 0x6700 },
		{ UNBLOCK(SO_NEXT USER_PIN), 0x9000 },
		{ VERIFY(USER_PIN), 0x9000 },
	};
	struct fixture *f = *state;

	steps(f, blank, LENGTH(blank));
	initialise(f);
	steps(f, user, LENGTH(user));
	restart(f);
	steps(f, officer, LENGTH(officer));
}

static void
test_initialise(void **state)
{
	static const struct step cases[] = {
		{ 0x80500000, TEXT("\x80\x02\x00\x01"), 0x6A80 },
		/* a user PIN of five, an SO PIN of seven, no tries */
		{ 0x80500000,
		    TEXT("\x80\x02\x00\x01\x81\x05"
			 "12345\x82\x08" SO_PIN "\x91\x01\x03"),
		    0x6A80 },
		{ 0x80500000,
		    TEXT("\x80\x02\x00\x01\x81\x06" USER_PIN "\x82\x07"
			 "1234567\x91\x01\x03"),
		    0x6A80 },
		{ 0x80500000,
		    TEXT("\x80\x02\x00\x01\x81\x06" USER_PIN "\x82\x08" SO_PIN
			 "\x91\x01\x00"),
		    0x6A80 },
		{ SO_STATE, 0x6A88 },
		/* n of m is passed over; the SO may not set the user PIN */
		{ 0x80500000,
		    TEXT("\x80\x02\x00\x00\x81\x06" USER_PIN "\x82\x08" SO_PIN
			 "\x91\x01\x05\x93\x02\x03\x02"),
		    0x9000 },
		{ STATE, 0x63C5 },
		{ UNBLOCK(SO_PIN "777777"), 0x6985 },
		{ VERIFY(USER_PIN), 0x9000 },
		{ 0x00D7CF01, TEXT("\x54\x02\x00\x00\x53\x01x"), 0x9000 },
		/* again: only with the SO PIN, and everything is gone */
		{ 0x80500000,
		    TEXT("\x80\x02\x00\x01\x81\x06"
			 "777777\x82\x08" SO_WRONG "\x91\x01\x03"),
		    0x63CE },
		{ STATE, 0x9000 },
		{ 0x00A40000, TEXT("\xCF\x01"), 0x9000 },
		{ 0x80500000, TEXT(INITIALISE), 0x9000 },
		{ STATE, 0x63C3 },
		{ 0x00A40000, TEXT("\xCF\x01"), 0x6A82 },
		{ 0x00A40000, TEXT("\x2F\x02"), 0x9000 },
	};

	steps(*state, cases, LENGTH(cases));
}

static void
test_pin_pad(void **state)
{
	struct fixture *f = *state;

	initialise(f);
	assert_int_equal(command(f, 0x00200081, NULL, 0, 0), 0x63C3);
	control(f, "pin-pad 111111\n");
	assert_int_equal(command(f, 0x00200085, NULL, 0, NO_LE), 0x63C3);
	assert_int_equal(command(f, 0x00200081, NULL, 0, NO_LE), 0x63C3);
	assert_int_equal(command(f, 0x00200081, NULL, 0, 0), 0x63C2);
	control(f, "pin-pad " USER_PIN "\n");
	assert_int_equal(command(f, 0x00200081, NULL, 0, 0), 0x9000);
	assert_int_equal(command(f, 0x00200081, NULL, 0, NO_LE), 0x9000);
}

/* ---- files ------------------------------------------------------------ */

static void
test_files(void **state)
{
	static const struct step cases[] = {
		{ 0x00D7CF01, TEXT("\x54\x02\x00\x00\x53\x00"), 0x9000 },
		{ 0x00D7CF01, TEXT("\x54\x02\x00\x02\x53\x03xyz"), 0x9000 },
		{ 0x00D70000, TEXT("\x54\x02\x00\x00\x53\x01w"), 0x9000 },
		{ 0x00D7CD07, TEXT("\x54\x02\x00\x00\x53\x02pq"), 0x9000 },
		{ 0x00D7CF01, TEXT("\x54\x02\xF0\x00\x53\x01w"), 0x6A84 },
		{ 0x00D7CF01, TEXT("\x54\x02\x00\x00\x53\x02w"), 0x6A80 },
		{ 0x00D7CF01, TEXT("\x54\x01\x00\x53\x01w"), 0x6A80 },
		{ 0x00D72F02, TEXT("\x54\x02\x00\x00\x53\x01w"), 0x6982 },
		{ 0x00D7CC01, TEXT("\x54\x02\x00\x00\x53\x01w"), 0x6982 },
		{ 0x00A40000, TEXT("\xCF\x02"), 0x6A82 },
		{ 0x00E40200, TEXT("\xCF\x02"), 0x6A82 },
		{ 0x00E40200, TEXT("\xCC\x01"), 0x6A82 },
		{ 0x00E40200, TEXT("\x2F\x02"), 0x6982 },
	};
	struct fixture *f = *state;

	initialise(f);
	assert_int_equal(command(f, 0x00D7CF01,
			     TEXT("\x54\x02\x00\x00\x53\x00"), NO_LE),
	    0x6982);
	assert_int_equal(verify(f, USER_PIN), 0x9000);
	steps(f, cases, LENGTH(cases));
	assert_int_equal(command(f, 0x80580000, NULL, 0, ALL), 0x9000);
	assert_int_equal(f->len, 6);
	assert_memory_equal(f->data, "\xCC\x00\xCF\x01\xCD\x07", 6);
	card_reset(f->card);
	assert_int_equal(command(f, 0x00E40200, "\xCF\x01", 2, NO_LE), 0x6982);
	assert_int_equal(verify(f, USER_PIN), 0x9000);
	assert_int_equal(command(f, 0x00E40200, "\xCF\x01", 2, NO_LE), 0x9000);
	assert_int_equal(command(f, 0x00A40000, "\xCF\x01", 2, NO_LE), 0x6A82);
}

static void
test_read(void **state)
{
	static const struct {
		const char *name;
		uint32_t header;
		const char *offset;
		int le;
		unsigned sw;
		const char *want;
		size_t len;
	} cases[] = {
		{ "whole", 0x00B1CF01, "\x54\x02\x00\x00", 0, 0x9000, "w\0xyz",
		    5 },
		{ "part", 0x00B1CF01, "\x54\x02\x00\x02", 2, 0x9000, "xy", 2 },
		{ "end", 0x00B1CF01, "\x54\x02\x00\x05", 0, 0x9000, "", 0 },
		{ "beyond", 0x00B1CF01, "\x54\x02\x00\x06", 0, 0x6B00, "", 0 },
		{ "none", 0x00B1CF02, "\x54\x02\x00\x00", 0, 0x6A82, "", 0 },
		{ "form", 0x00B1CF01, "\x53\x02\x00\x00", 0, 0x6A80, "", 0 },
		{ "secret", 0x00B1CD01, "\x54\x02\x00\x00", 0, 0x6982, "", 0 },
	};
	struct fixture *f = *state;

	ready(f);
	command(f, 0x00D7CF01, TEXT("\x54\x02\x00\x00\x53\x05w\0xyz"), NO_LE);
	command(f, 0x00D7CD01, TEXT("\x54\x02\x00\x00\x53\x02pq"), NO_LE);
	assert_int_equal(command(f, 0x00B1CD01, "\x54\x02\x00\x00", 4, 0),
	    0x9000);
	restart(f);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		unsigned sw = command(f, cases[i].header, cases[i].offset, 4,
		    cases[i].le);

		if (sw != cases[i].sw || f->len != cases[i].len ||
		    memcmp(f->data, cases[i].want, f->len) != 0)
			fail_msg("%s: %04X, %zu octets", cases[i].name, sw,
			    f->len);
	}
}

/* ---- what lasts ------------------------------------------------------- */

/* Two processes with one card: what the one left the other has, but each has
 * its own login. */
static void
test_shared(void **state)
{
	struct fixture *f = *state;
	struct card *own = f->card, *other = card_new(f->path);

	assert_non_null(other);
	ready(f);
	f->card = other;
	assert_int_equal(verify(f, "111111"), 0x63C2);
	f->card = own;
	assert_int_equal(command(f, 0x00200081, NULL, 0, NO_LE), 0x9000);
	command(f, 0x00D7CF01, TEXT("\x54\x02\x00\x00\x53\x01x"), NO_LE);
	assert_int_equal(verify(f, "111111"), 0x63C1);
	f->card = other;
	assert_int_equal(command(f, 0x00A40000, "\xCF\x01", 2, 0), 0x9000);
	assert_int_equal(command(f, 0x00200081, NULL, 0, NO_LE), 0x63C1);
	assert_string_equal(card_serial(own), card_serial(other));
	f->card = own;
	card_free(other);
}

static void
test_not_a_card(void **state)
{
	static const char *const texts[] = { "", "virtual-card 2\n",
		"virtual-card 1\n", "virtual-card 1\nserial short\n",
		"virtual-card 1\nserial ANC00000001\ndevice 00\n",
		"virtual-card 1\nserial ANC00000001\nanything\n" };
	struct fixture *f = *state;
	char path[620];

	snprintf(path, sizeof(path), "%s/two", f->dir);
	for (size_t i = 0; i < LENGTH(texts); i++) {
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		fputs(texts[i], out);
		fclose(out);
		assert_null(card_new(path));
	}
	assert_null(card_new("/nosuch/folder/card"));
	card_free(NULL);
}

static void
test_serial(void **state)
{
	struct fixture *f = *state;

	card_free(f->card);
	unlink(f->path);
	control(f, "serial ANC00000023\n");
	f->card = card_new(f->path);
	assert_non_null(f->card);
	control(f, "serial ANC00000024\n");
	restart(f);
	assert_string_equal(card_serial(f->card), "ANC00000023");
}

/* Write a number into the file again and again, and tell each that was
 * answered. */
static void
write_numbers(struct fixture *f, int told)
{
	uint8_t body[10] = { 0x54, 2, 0, 0, 0x53, 4 };

	for (uint32_t i = 1;; i++) {
		memcpy(body + 6, &i, 4);
		if (command(f, 0x00D7CF01, body, 10, NO_LE) != 0x9000 ||
		    write(told, &i, 4) != 4)
			_exit(1);
	}
}

/* A card killed at any moment has what it answered for, or one more. */
static void
test_killed(void **state)
{
	struct fixture *f = *state;

	ready(f);
	for (int round = 0; round < 10; round++) {
		uint32_t told = 0, last = 0, kept = 0;
		int ends[2], status;
		pid_t child;

		assert_int_equal(pipe(ends), 0);
		child = fork();
		assert_true(child >= 0);
		if (child == 0)
			write_numbers(f, ends[1]);
		close(ends[1]);
		while (last < 20 && read(ends[0], &last, 4) == 4)
			;
		kill(child, SIGKILL);
		while (read(ends[0], &told, 4) == 4)
			last = told;
		close(ends[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		restart(f);
		assert_int_equal(command(f, 0x00B1CF01, "\x54\x02\x00\x00", 4,
				     4),
		    0x9000);
		memcpy(&kept, f->data, 4);
		assert_true(kept == last || kept == last + 1);
		assert_int_equal(verify(f, USER_PIN), 0x9000);
	}
}

/* What cannot be kept is not done. */
static void
test_not_kept(void **state)
{
	struct fixture *f = *state;
	char next[620];

	ready(f);
	snprintf(next, sizeof(next), "%s.next", f->path);
	assert_int_equal(mkdir(next, 0700), 0);
	assert_int_equal(command(f, 0x00D7CF01,
			     TEXT("\x54\x02\x00\x00\x53\x01x"), NO_LE),
	    0x6F00);
	assert_int_equal(rmdir(next), 0);
	assert_int_equal(command(f, 0x00A40000, "\xCF\x01", 2, NO_LE), 0x6A82);
}

/* ---- faults ----------------------------------------------------------- */

static unsigned
write_x(struct fixture *f)
{
	return command(f, 0x00D7CF01, TEXT("\x54\x02\x00\x00\x53\x01x"), NO_LE);
}

static unsigned
select_x(struct fixture *f)
{
	return command(f, 0x00A40000, "\xCF\x01", 2, NO_LE);
}

static void
test_pulled(void **state)
{
	static const struct {
		const char *control;
		unsigned sw;   /* of the write */
		unsigned kept; /* of the selection after it was put back */
	} cases[] = {
		{ "fault pull-before D7 1\n", 0, 0x6A82 },
		{ "fault pull-during D7 1\n", 0, 0x9000 },
		{ "fault pull-after D7 1\n", 0x9000, 0x9000 },
		{ "fault pull-before * 2\n", 0, 0x6A82 },
		{ "# nothing\nfault pull-before 46 1\n", 0x9000, 0x9000 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		bool pulled = i != 4;
		unsigned before;

		ready(f);
		command(f, 0x80500000, TEXT(INITIALISE), NO_LE);
		before = card_insertions(f->card);
		control(f, cases[i].control);
		assert_int_equal(verify(f, USER_PIN), 0x9000);
		assert_int_equal(write_x(f), cases[i].sw);
		/* it stays away, for later processes too */
		assert_int_equal(card_present(f->card), !pulled);
		assert_int_equal(select_x(f), pulled ? 0 : 0x9000);
		control(f, "");
		assert_true(card_present(f->card));
		assert_int_equal(card_insertions(f->card) != before, pulled);
		assert_int_equal(write_x(f), pulled ? 0x6982 : 0x9000);
		assert_int_equal(select_x(f), cases[i].kept);
	}
}

static void
test_pulled_lasts(void **state)
{
	struct fixture *f = *state;

	control(f, "fault pull-before 84 3\n");
	assert_int_equal(command(f, 0x00840000, NULL, 0, 8), 0x9000);
	restart(f);
	assert_int_equal(command(f, 0x00840000, NULL, 0, 8), 0x9000);
	assert_int_equal(command(f, 0x00840000, NULL, 0, 8), 0);
	restart(f);
	assert_false(card_present(f->card));
	control(f, "fault pull-before 84 0\n");
	assert_false(card_present(f->card));
	control(f, "fault pull-before 84 2\n");
	assert_int_equal(command(f, 0x00840000, NULL, 0, 8), 0x9000);
}

static void
test_wrong_answers(void **state)
{
	struct fixture *f = *state;

	ready(f);
	control(f,
	    "fault status D7 2 6F00\nfault short 84 1 3\n"
	    "fault nosuch 84 1\n");
	assert_int_equal(write_x(f), 0x9000);
	assert_int_equal(command(f, 0x00E40200, "\xCF\x01", 2, NO_LE), 0x9000);
	assert_int_equal(write_x(f), 0x6F00);
	assert_int_equal(select_x(f), 0x6A82);
	assert_int_equal(write_x(f), 0x9000);
	assert_int_equal(command(f, 0x00840000, NULL, 0, 8), 0x9000);
	assert_int_equal(f->len, 3);
	assert_int_equal(command(f, 0x00840000, NULL, 0, 8), 0x9000);
	assert_int_equal(f->len, 8);
}

static void
test_locked(void **state)
{
	struct fixture *f = *state;

	ready(f);
	control(f, "fault lock D7 1\n");
	assert_int_equal(write_x(f), 0x6982);
	assert_int_equal(verify(f, USER_PIN), 0x6983);
	control(f, "");
	assert_int_equal(verify(f, USER_PIN), 0x6983);
}

static void
test_garbage_atr(void **state)
{
	struct fixture *f = *state;
	uint8_t atr[CARD_ATR_MAX];

	control(f, "fault atr * 0 FF00FF\n");
	assert_int_equal(card_atr(f->card, atr), 3);
	assert_memory_equal(atr, "\xFF\x00\xFF", 3);
	control(f, "fault atr * 1 zz\n");
	assert_int_equal(card_atr(f->card, atr), 24);
	assert_int_equal(command(f, 0x00840000, NULL, 0, 8), 0x9000);
	assert_int_equal(card_atr(f->card, atr), 0);
}

/* Another card of the same label in its place: no login, no keys, another
 * serial; and the first is as it was when it comes back. */
static void
test_swapped(void **state)
{
	struct fixture *f = *state;
	char path[620], text[700], serial[12];
	struct card *other;
	unsigned before;

	ready(f);
	assert_int_equal(write_x(f), 0x9000);
	snprintf(serial, sizeof(serial), "%s", card_serial(f->card));
	snprintf(path, sizeof(path), "%s/two", f->dir);
	other = card_new(path);
	assert_non_null(other);
	snprintf(text, sizeof(text), "fault swap 84 1 %s\n", path);
	control(f, text);
	before = card_insertions(f->card);
	assert_int_equal(command(f, 0x00840000, NULL, 0, 8), 0x9000);
	assert_int_equal(select_x(f), 0x6A82);
	assert_int_not_equal(card_insertions(f->card), before);
	assert_string_equal(card_serial(f->card), card_serial(other));
	assert_string_not_equal(card_serial(f->card), serial);
	control(f, "");
	assert_int_equal(write_x(f), 0x6982);
	assert_int_equal(select_x(f), 0x9000);
	assert_string_equal(card_serial(f->card), serial);
	card_free(other);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_cases),
		CASE(test_get_response),
		CASE(test_t0),
		CASE(test_select),
		CASE(test_pin),
		CASE(test_initialise),
		CASE(test_pin_pad),
		CASE(test_files),
		CASE(test_read),
		CASE(test_shared),
		CASE(test_not_a_card),
		CASE(test_serial),
		CASE(test_killed),
		CASE(test_not_kept),
		CASE(test_pulled),
		CASE(test_pulled_lasts),
		CASE(test_wrong_answers),
		CASE(test_locked),
		CASE(test_garbage_atr),
		CASE(test_swapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
