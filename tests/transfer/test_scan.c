/* SPDX-License-Identifier: ISC */
/* From codes in pictures to files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/transfer/photo.h"
#include "transfer/bytewords.h"
#include "transfer/qr_file.h"
#include "transfer/qr_find.h"
#include "transfer/scan.h"

#define FRAGMENT 890 /* octets, for version 25 */
#define VERSION 25
#define MODULE 6 /* pixels, before it is photographed */

/* A file and its parts. */
struct sent {
	uint8_t *file;
	size_t len;
	struct ur_encoder *parts;
};

static struct sent
send_file(size_t len, uint64_t seed, size_t fragment)
{
	struct sent s = { .file = malloc(len), .len = len };
	uint8_t *message;
	size_t message_len;

	assert_non_null(s.file);
	for (size_t i = 0; i < len; i++)
		s.file[i] = (uint8_t)photo_random(&seed);
	assert_int_equal(qr_file_pack(s.file, len, &message, &message_len),
	    TRANSFER_OK);
	assert_int_equal(ur_encoder_new(UR_TYPE, message, message_len, fragment,
			     &s.parts),
	    TRANSFER_OK);
	free(message);
	return s;
}

static void
sent_free(struct sent *s)
{
	free(s->file);
	ur_encoder_free(s->parts);
}

static void
part_text(const struct sent *s, uint32_t seq, char text[4300])
{
	assert_int_equal(ur_encoder_part(s->parts, seq, text, 4300),
	    TRANSFER_OK);
}

/* What a picture's codes were. */
struct shown {
	unsigned codes, fresh, refused, foreign, switched;
	char why[SCAN_WHY_MAX];
};

struct room {
	struct scanner *scanner;
	struct qr_finder *finder;
	struct shown shown;
};

static struct room
room(void)
{
	struct room r = { .finder = qr_finder_new() };

	assert_non_null(r.finder);
	assert_int_equal(scanner_new(&r.scanner), TRANSFER_OK);
	return r;
}

static void
room_free(struct room *r)
{
	scanner_free(r->scanner);
	qr_finder_free(r->finder);
}

static void
take(void *arg, const char *text, size_t len)
{
	struct room *r = arg;
	struct shown *s = &r->shown;
	char why[SCAN_WHY_MAX];
	enum scan_taken taken = scanner_code(r->scanner, text, len, why);

	s->codes++;
	s->fresh += taken == SCAN_NEW;
	s->refused += taken == SCAN_REFUSED;
	s->foreign += taken == SCAN_FOREIGN || taken == SCAN_SWITCHED;
	s->switched += taken == SCAN_SWITCHED;
	if (taken == SCAN_REFUSED)
		strcpy(s->why, why);
}

/* Show a picture as a file of PGM, or of JPEG with a quality. */
static struct shown
show(struct room *r, const struct picture *drawn, int quality,
    enum qr_ways ways)
{
	struct transfer_fault fault = { 0 };
	struct picture p;
	size_t len, used;
	uint8_t *file = quality > 0 ? photo_jpeg(drawn, quality, &len)
				    : photo_pgm(drawn, &len);

	if (picture_read(PICTURE_ANY, file, len, 0, 0, &p, &used, &fault) !=
	    TRANSFER_OK)
		fail_msg("%s", fault.text);
	assert_int_equal(used, len);
	memset(&r->shown, 0, sizeof(r->shown));
	assert_int_equal(qr_look(r->finder, &p, ways, take, r, NULL),
	    TRANSFER_OK);
	picture_free(&p);
	free(file);
	return r->shown;
}

/* Show a text as a small code. */
static struct shown
show_text(struct room *r, const char *text)
{
	struct shown found;
	struct picture p;

	photo_code(&p, text, 0, 4);
	found = show(r, &p, 0, QR_IF_NONE);
	picture_free(&p);
	return found;
}

static void
assert_file(struct room *r, const void *file, size_t len)
{
	struct transfer_fault fault = { 0 };
	uint8_t *got;
	size_t got_len;

	if (scanner_finish(r->scanner, &got, &got_len, &fault) != TRANSFER_OK)
		fail_msg("%s", fault.text);
	assert_int_equal(got_len, len);
	assert_memory_equal(got, file, len);
	free(got);
}

static void
assert_unfinished(struct room *r, const char *text)
{
	struct transfer_fault fault = { 0 };
	uint8_t *got;
	size_t len;

	assert_int_equal(scanner_finish(r->scanner, &got, &len, &fault),
	    TRANSFER_ERR_UR);
	assert_string_equal(fault.text, text);
	assert_null(got);
}

/* ---- through pixels ----------------------------------------------------------- */

/* A whole file at 720p through each lens, its parts in reverse order. */
static void
photographed(void **state)
{
	(void)state;
	for (size_t i = 0; i < PHOTO_LENSES; i++) {
		const struct lens *lens = &photo_lenses[i];
		struct sent sent = send_file(6000, 11 + i, FRAGMENT);
		uint32_t seq = (uint32_t)ur_encoder_count(sent.parts) + 8;
		struct room s = room();
		struct scan_progress p = { .complete = false };
		char text[4300];

		for (; !p.complete && seq > 0; seq--) {
			struct picture code, photo;
			struct shown found;

			part_text(&sent, seq, text);
			photo_code(&code, text, VERSION, MODULE);
			photo_shoot(&code, lens, 100 * i + seq, &photo);
			found = show(&s, &photo, lens->quality, QR_ONE_WAY);
			if (found.codes != 1)
				fail_msg("%s: part %u: %u codes", lens->name,
				    seq, found.codes);
			scanner_progress(s.scanner, &p);
			picture_free(&code);
			picture_free(&photo);
		}
		assert_file(&s, sent.file, sent.len);
		room_free(&s);
		sent_free(&sent);
	}
}

/* Six codes a page, two pages, and the second comes first. */
static void
sheets(void **state)
{
	struct sent sent = send_file(3000, 9, 300);
	uint32_t count = (uint32_t)ur_encoder_count(sent.parts);
	struct room s = room();
	char text[4300];

	(void)state;
	assert_in_range(count, 7, 12);
	for (int page = 1; page >= 0; page--) {
		struct picture p;
		struct shown found;
		unsigned drawn = 0;

		photo_new(&p, 1300, 900, 255);
		for (uint32_t i = 0; i < 6; i++) {
			uint32_t seq = (uint32_t)page * 6 + i + 1;
			if (seq > count)
				continue;
			part_text(&sent, seq, text);
			assert_true(photo_draw(&p, text, 0, 5, i % 3 * 430,
					i / 3 * 440) > 0);
			drawn++;
		}
		found = show(&s, &p, 85, QR_ALL_WAYS);
		if (found.fresh + (page == 0) < drawn)
			fail_msg("page %d: %u of %u", page, found.fresh, drawn);
		picture_free(&p);
	}
	assert_file(&s, sent.file, sent.len);
	room_free(&s);
	sent_free(&sent);
}

/* ---- what else codes hold ------------------------------------------------------ */

static void
plain_code(void **state)
{
	static const char head[] = "transcript 17 of Demo\nnothing's ur:\n";
	struct room s = room();
	struct scan_progress p;

	(void)state;
	assert_unfinished(&s, "no code was found");
	assert_int_equal(show_text(&s, head).codes, 1);
	assert_int_equal(show_text(&s, head).codes, 1);
	scanner_progress(s.scanner, &p);
	assert_int_equal(p.plain, 2);
	assert_false(p.plain_differ);
	assert_file(&s, head, strlen(head));
	show_text(&s, "a poster's web page");
	scanner_progress(s.scanner, &p);
	assert_true(p.plain_differ);
	assert_unfinished(&s,
	    "several codes, and none is a Uniform Resource: which one is "
	    "meant cannot be told");
	room_free(&s);
}

/* A poster beside the codes does no harm, nor does it help. */
static void
plain_beside(void **state)
{
	struct sent sent = send_file(100, 1, 60);
	struct room s = room();
	char text[4300];

	(void)state;
	assert_int_equal(ur_encoder_count(sent.parts), 2);
	show_text(&s, "a poster's web page");
	part_text(&sent, 1, text);
	show_text(&s, text);
	assert_unfinished(&s, "1 of 2 parts are missing");
	part_text(&sent, 2, text);
	show_text(&s, text);
	assert_file(&s, sent.file, sent.len);
	room_free(&s);
	sent_free(&sent);
}

/* Parts of another message between those of ours are kept apart; when only
 * they come, they are the message. */
static void
two_sessions(void **state)
{
	struct sent a = send_file(500, 1, 100), b = send_file(700, 2, 100);
	uint32_t count = (uint32_t)ur_encoder_count(a.parts);
	struct room s = room();
	struct shown found;
	char text[4300];

	(void)state;
	for (uint32_t seq = 1; seq < count; seq++) {
		part_text(&a, seq, text);
		assert_int_equal(show_text(&s, text).fresh, 1);
		part_text(&b, seq, text);
		found = show_text(&s, text);
		assert_int_equal(found.foreign, 1);
		assert_int_equal(found.switched, 0);
	}
	part_text(&a, count, text);
	show_text(&s, text);
	assert_file(&s, a.file, a.len);
	room_free(&s);

	s = room();
	part_text(&a, 1, text);
	show_text(&s, text);
	for (uint32_t seq = 1; seq <= ur_encoder_count(b.parts); seq++) {
		part_text(&b, seq, text);
		found = show_text(&s, text);
		assert_int_equal(found.switched, seq == UR_SWITCH_AFTER);
	}
	assert_file(&s, b.file, b.len);
	room_free(&s);
	sent_free(&a);
	sent_free(&b);
}

/* Hex as the body of a Uniform Resource behind a head. */
static void
crafted(const char *head, const char *hex, char text[4300])
{
	uint8_t octets[400];
	size_t len = strlen(hex) / 2;
	char *at;

	for (size_t i = 0; i < len; i++) {
		char two[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
		octets[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	strcpy(text, head);
	at = text + strlen(text);
	bytewords_write(octets, len, at);
	for (; *at != '\0'; at++)
		*at = (char)(*at - 32);
}

#define TWO "UR:ANCHORITE/1-2/"

/* What is said of codes that are no part of a file. */
static void
hostile_codes(void **state)
{
	static const struct {
		const char *name, *head, *hex, *why;
	} cases[] = {
		{ "another type", "UR:BYTES/", "830041aa",
		    "text: a message of another type" },
		{ "nothing behind the type", "UR:ANCHORITE", NULL,
		    "text: nothing behind the type" },
		{ "no type", "UR:/AEAD", NULL,
		    "text: no type, or not of letters, digits and dashes" },
		{ "four components", "UR:ANCHORITE/1-2/AE/AE", NULL,
		    "text: more than three components" },
		{ "part 0", "UR:ANCHORITE/0-2/", "8500020218ff41aa",
		    "text: not two numbers from 1 up, seqNum-seqLen" },
		{ "2^32 parts", "UR:ANCHORITE/1-4294967296/",
		    "8501020218ff41aa",
		    "text: not two numbers from 1 up, seqNum-seqLen" },
		{ "no words", "UR:ANCHORITE/%%%%%%%%%%%%%%", NULL,
		    "bytewords: letters that stand for no word" },
		{ "an odd letter", "UR:ANCHORITE/AEADAOLAZMJENDEOTIA", NULL,
		    "bytewords: an odd number of letters" },
		{ "a wrong checksum", "UR:ANCHORITE/AEADAOLAZOJENDEOWF", NULL,
		    "bytewords: the checksum does not match" },
		{ "a short body", "UR:ANCHORITE/AEAD", NULL,
		    "bytewords: shorter than one octet and its checksum" },
		{ "not an array", TWO, "8401020218ff41aa",
		    "part: not an array of five" },
		{ "other numbers inside", TWO, "8502020218ff41aa",
		    "part: its numbers are not those of the text" },
		{ "10 million parts", "UR:ANCHORITE/1-10000000/",
		    "85011a009896800218ff41aa",
		    "part: seqLen is not 1 to 8192" },
		{ "a message of 4 GiB", TWO, "8501021affffffff18ff41aa",
		    "part: messageLen is not 1 to 4194304" },
		{ "a long integer", TWO, "851801020218ff41aa",
		    "part: seqNum is no shortest-form integer" },
		{ "data without end", TWO, "8501020218ff5f41aaff",
		    "part: data is no whole byte string" },
		{ "no data", TWO, "8501020218ff40", "part: data is empty" },
		{ "octets behind", TWO, "8501020218ff41aa00",
		    "part: octets behind the array" },
		{ "lengths that do not fit", TWO, "8501020918ff41aa",
		    "part: the lengths do not fit together" },
	};
	char text[4300];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct room s = room();
		struct shown found;

		if (cases[i].hex != NULL)
			crafted(cases[i].head, cases[i].hex, text);
		else
			strcpy(text, cases[i].head);
		found = show_text(&s, text);
		if (found.refused == 0 || strcmp(found.why, cases[i].why) != 0)
			fail_msg("%s: %u, \"%s\", should be \"%s\"",
			    cases[i].name, found.refused, found.why,
			    cases[i].why);
		assert_unfinished(&s,
		    "nothing that was read is a part of a file");
		room_free(&s);
	}
}

/* Whole messages that are no file. */
static void
hostile_messages(void **state)
{
	static const struct {
		const char *name, *hex, *text;
	} cases[] = {
		{ "not three", "820041aa",
		    "message: not a CBOR array of three" },
		{ "method 2",
		    "830201"
		    "41aa",
		    "message: its method is neither 0 nor 1" },
		{ "a longer file than it says", "83000142aabb",
		    "message: the file is not as long as it says" },
		{ "a bomb",
		    "83011a00fffffe"
		    "43030000",
		    "message: the file is longer than DEFLATE can make it" },
		{ "a file of 4 GiB",
		    "83001affffffff"
		    "41aa",
		    "message: the file is over 16777216 octets" },
	};
	char text[4300];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct room s = room();
		struct transfer_fault fault = { 0 };
		uint8_t *got;
		size_t len;

		crafted("UR:ANCHORITE/", cases[i].hex, text);
		assert_int_equal(show_text(&s, text).refused, 0);
		if (scanner_finish(s.scanner, &got, &len, &fault) ==
			TRANSFER_OK ||
		    strcmp(fault.text, cases[i].text) != 0)
			fail_msg("%s: \"%s\"", cases[i].name, fault.text);
		room_free(&s);
	}
}

/* What is no code at all, and pictures that can have none. */
static void
nothing(void **state)
{
	struct room r = room();
	char why[SCAN_WHY_MAX];
	struct picture p;
	unsigned count = 1;

	(void)state;
	assert_int_equal(scanner_code(r.scanner, "", 0, why), SCAN_NOTHING);
	assert_int_equal(scanner_code(r.scanner, "x", SCAN_TEXT_MAX + 1, why),
	    SCAN_NOTHING);
	for (uint32_t side = 1; side < 40; side++) {
		photo_new(&p, side, 40 - side, 255);
		assert_int_equal(qr_look(r.finder, &p, QR_ALL_WAYS, take, &r,
				     &count),
		    TRANSFER_OK);
		assert_int_equal(count, 0);
		picture_free(&p);
	}
	assert_unfinished(&r, "no code was found");
	room_free(&r);
	scanner_free(NULL);
	qr_finder_free(NULL);
}

/* ---- lines -------------------------------------------------------------------- */

static void
lines(void **state)
{
	struct sent sent = send_file(1000, 3, 100);
	struct room s = room();
	char text[4400], why[SCAN_WHY_MAX];

	(void)state;
	assert_int_equal(scanner_line(s.scanner, "", 0, why), SCAN_NOTHING);
	assert_int_equal(scanner_line(s.scanner, " \r\n", 3, why),
	    SCAN_NOTHING);
	assert_int_equal(scanner_line(s.scanner, "hello", 5, why),
	    SCAN_REFUSED);
	assert_string_equal(why, "text: does not begin with ur:");
	assert_unfinished(&s, "nothing that was read is a part of a file");
	for (uint32_t seq = 1; seq <= ur_encoder_count(sent.parts); seq++) {
		text[0] = ' ';
		part_text(&sent, seq, text + 1);
		strcat(text, "\r\n");
		for (char *c = text; *c != '\0' && seq % 2 == 0; c++)
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
		assert_int_equal(scanner_line(s.scanner, text, strlen(text),
				     why),
		    SCAN_NEW);
		assert_int_equal(scanner_line(s.scanner, text, strlen(text),
				     why),
		    SCAN_KNOWN);
	}
	assert_file(&s, sent.file, sent.len);
	room_free(&s);
	sent_free(&sent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(photographed),
		cmocka_unit_test(sheets),
		cmocka_unit_test(plain_code),
		cmocka_unit_test(plain_beside),
		cmocka_unit_test(two_sessions),
		cmocka_unit_test(hostile_codes),
		cmocka_unit_test(hostile_messages),
		cmocka_unit_test(nothing),
		cmocka_unit_test(lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
