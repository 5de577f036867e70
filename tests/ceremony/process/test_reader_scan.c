/* SPDX-License-Identifier: ISC */
/* The real reader, in its cell, given pictures and codes. */
#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/mman.h>

#include "tests/ceremony/process/driver.h"
#include "tests/transfer/photo.h"
#include "transfer/file.h"
#include "transfer/qr_file.h"
#include "transfer/qr_find.h"
#include "transfer/scan.h"

struct request {
	enum picture_form form;
	uint32_t width, height;
	size_t offset;
	enum qr_ways ways;
};

static void
ask(struct peer *p, const void *file, size_t len, const struct request *r)
{
	peer_start(p, MSG_PICTURE)->fd = file_memfd(file, len);
	message_put_number(&p->out, r->form);
	message_put_number(&p->out, r->width);
	message_put_number(&p->out, r->height);
	message_put_number(&p->out, r->offset);
	message_put_number(&p->out, r->ways);
	peer_tell(p);
}

/* Codes up to SEEN, whose offset it returns: the last one into code, "" if
 * there was none; what is wrong with the picture into why. */
static size_t
seen(struct peer *p, char code[MESSAGE_CODE_MAX + 1], char why[201])
{
	size_t at, len;

	code[0] = '\0';
	for (peer_recv(p); p->in.kind == MSG_CODE; peer_recv(p)) {
		const uint8_t *data =
		    message_get_octets(&p->in, MESSAGE_CODE_MAX, &len);
		assert_true(message_done(&p->in));
		memcpy(code, data, len);
		code[len] = '\0';
	}
	assert_int_equal(p->in.kind, MSG_SEEN);
	at = message_get_number(&p->in);
	message_get_text(&p->in, why, 200);
	message_get_octets(&p->in, MESSAGE_PREVIEW, &len);
	assert_true(message_done(&p->in));
	assert_int_equal(len, why[0] == '\0' ? MESSAGE_PREVIEW : 0);
	return at;
}

static void
expect_fault(struct peer *p, const char *want)
{
	char text[513];

	peer_recv(p);
	if (peer_fault(p, text) != FAULT_FORM || strstr(text, want) == NULL)
		fail_msg("\"%s\", not \"%s\"", text, want);
	assert_int_equal(channel_recv(p->child.sock, &p->in, PEER_WAIT_MS,
			     false, 0),
	    CHANNEL_ERR_CLOSED);
	peer_free(p);
}

/* Pictures of all kinds by one reader, and a broken one between them. */
static void
pictures(void **state)
{
	static const struct request any = { .ways = QR_ALL_WAYS };
	struct peer *p = peer_new(SPAWN_READER);
	char code[MESSAGE_CODE_MAX + 1], why[201];
	struct picture drawn;
	size_t len;
	uint8_t *file;

	(void)state;
	photo_code(&drawn, "one code", 0, 4);
	for (int i = 0; i < 3; i++) {
		file = i == 0 ? photo_png(&drawn, &len)
		    : i == 1  ? photo_jpeg(&drawn, 80, &len)
			      : photo_pgm(&drawn, &len);
		ask(p, file, len, &any);
		assert_int_equal(seen(p, code, why), len);
		assert_string_equal(code, "one code");
		assert_string_equal(why, "");
		ask(p, file, len - 1, &any);
		seen(p, code, why);
		assert_string_equal(code, "");
		assert_string_not_equal(why, "");
		free(file);
	}
	ask(p, drawn.grey, (size_t)drawn.width * drawn.height,
	    &(struct request){ PICTURE_GREY, drawn.width, drawn.height, 0,
		QR_ONE_WAY });
	assert_int_equal(seen(p, code, why),
	    (size_t)drawn.width * drawn.height);
	assert_string_equal(code, "one code");
	picture_free(&drawn);
	peer_free(p);
}

/* A row of JPEGs: each is asked for where the one before it ended. */
static void
row(void **state)
{
	struct peer *p = peer_new(SPAWN_READER);
	char code[MESSAGE_CODE_MAX + 1], why[201], want[8];
	uint8_t *file = malloc(1 << 20);
	size_t len = 0, at = 0;

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 3; i++) {
		struct picture drawn;
		size_t n;
		uint8_t *one;

		snprintf(want, sizeof(want), "code %d", i);
		photo_code(&drawn, want, 0, 4);
		one = photo_jpeg(&drawn, 80, &n);
		memcpy(file + len, one, n);
		len += n;
		free(one);
		picture_free(&drawn);
	}
	for (int i = 0; i < 3; i++) {
		snprintf(want, sizeof(want), "code %d", i);
		ask(p, file, len,
		    &(struct request){ .offset = at, .ways = QR_IF_NONE });
		at = seen(p, code, why);
		assert_string_equal(code, want);
	}
	assert_int_equal(at, len);
	free(file);
	peer_free(p);
}

/* Numbers that no operator's process sends. */
static void
no_such_picture(void **state)
{
	static const struct request cases[] = {
		{ PICTURE_FORM_COUNT, 4, 4, 0, QR_ONE_WAY },
		{ PICTURE_GREY, 4, 4, 16, QR_ONE_WAY },
		{ PICTURE_GREY, 4, 4, 0, QR_WAYS_COUNT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer *p = peer_new(SPAWN_READER);
		ask(p, "0123456789abcdef", 16, &cases[i]);
		expect_fault(p, "reader: no such picture");
	}
}

static void
not_sealed(void **state)
{
	struct peer *p = peer_new(SPAWN_READER);

	(void)state;
	peer_start(p, MSG_PICTURE)->fd =
	    memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	for (int i = 0; i < 5; i++)
		message_put_number(&p->out, 0);
	peer_tell(p);
	expect_fault(p, "not a sealed memory file");
}

/* Who looks at pictures joins no codes, and the other way round. */
static void
apart(void **state)
{
	static const struct request any = { .ways = QR_ONE_WAY };
	struct peer *p = peer_new(SPAWN_READER);
	char code[MESSAGE_CODE_MAX + 1], why[201];

	(void)state;
	ask(p, "P5 1 1 255\nx", 12, &any);
	seen(p, code, why);
	peer_start(p, MSG_SCAN);
	peer_tell(p);
	expect_fault(p, "out of turn");

	p = peer_new(SPAWN_READER);
	ask(p, "P5 1 1 255\nx", 12, &any);
	seen(p, code, why);
	peer_start(p, MSG_UR);
	message_put_number(&p->out, 1);
	message_put_octets(&p->out, "ur:", 3);
	peer_tell(p);
	expect_fault(p, "reader: message of the wrong kind");

	p = peer_new(SPAWN_READER);
	peer_start(p, MSG_SCAN);
	peer_ask(p, MSG_OK);
	ask(p, "P5 1 1 255\nx", 12, &any);
	expect_fault(p, "reader: message of the wrong kind");

	p = peer_new(SPAWN_READER);
	peer_start(p, MSG_SCAN_END); /* before anything */
	peer_tell(p);
	expect_fault(p, "out of turn");
}

/* ---- codes ------------------------------------------------------------------ */

/* What SCANNED says. */
struct scanned {
	uint64_t taken, needed, rank, received, checksum, plain, differ,
	    complete;
	char why[161];
};

static struct scanned
code(struct peer *p, bool line, const void *text, size_t len)
{
	struct scanned s;

	peer_start(p, MSG_UR);
	message_put_number(&p->out, line);
	message_put_octets(&p->out, text, len);
	peer_ask(p, MSG_SCANNED);
	s.taken = message_get_number(&p->in);
	s.needed = message_get_number(&p->in);
	s.rank = message_get_number(&p->in);
	s.received = message_get_number(&p->in);
	s.checksum = message_get_number(&p->in);
	s.plain = message_get_number(&p->in);
	s.differ = message_get_number(&p->in);
	s.complete = message_get_number(&p->in);
	message_get_text(&p->in, s.why, 160);
	assert_true(message_done(&p->in));
	return s;
}

static struct peer *
scanning(void)
{
	struct peer *p = peer_new(SPAWN_READER);

	peer_start(p, MSG_SCAN);
	peer_ask(p, MSG_OK);
	return p;
}

/* SCAN_FILE and its parts are just these octets. */
static void
expect_file(struct peer *p, const uint8_t *file, size_t len)
{
	uint8_t digest[32], want[32];
	size_t at = 0, n;

	peer_start(p, MSG_SCAN_END);
	peer_ask(p, MSG_SCAN_FILE);
	assert_int_equal(message_get_number(&p->in), len);
	message_get_exact(&p->in, digest, 32);
	assert_true(message_done(&p->in));
	SHA256(file, len, want);
	assert_memory_equal(digest, want, 32);
	while (at < len) {
		const uint8_t *part;

		peer_hear(p, MSG_PART);
		part = message_get_octets(&p->in, MESSAGE_PART_MAX, &n);
		assert_non_null(part);
		assert_true(n > 0 && n <= len - at);
		assert_memory_equal(part, file + at, n);
		at += n;
	}
	assert_int_equal(channel_recv(p->child.sock, &p->in, PEER_WAIT_MS,
			     false, 0),
	    CHANNEL_ERR_CLOSED);
	peer_free(p);
}

/* 200,000 octets: several parts of a message in the answer. */
static void
joined(void **state)
{
	static uint8_t file[200000];
	struct peer *p = scanning();
	struct ur_encoder *e;
	struct scanned s = { .rank = 0 };
	uint8_t *message;
	size_t len;
	uint64_t seed = 7;
	char text[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = (uint8_t)photo_random(&seed);
	assert_int_equal(qr_file_pack(file, sizeof(file), &message, &len),
	    TRANSFER_OK);
	assert_int_equal(ur_encoder_new(UR_TYPE, message, len, 2000, &e),
	    TRANSFER_OK);
	for (uint32_t i = 1; i <= ur_encoder_count(e); i++) {
		assert_int_equal(ur_encoder_part(e, i, text, sizeof(text)),
		    TRANSFER_OK);
		assert_int_equal(s.complete, 0);
		s = code(p, i % 2 == 0, text, strlen(text));
		assert_int_equal(s.taken, SCAN_NEW);
		assert_int_equal(s.needed, ur_encoder_count(e));
		assert_int_equal(s.rank, i);
		assert_int_equal(s.checksum, ur_encoder_checksum(e));
	}
	assert_int_equal(s.complete, 1);
	expect_file(p, file, sizeof(file));
	ur_encoder_free(e);
	free(message);
}

static void
plain(void **state)
{
	static const uint8_t octets[] = { 0, 1, 2, 0xff, '\n' };
	struct peer *p = scanning();
	struct scanned s = code(p, false, octets, sizeof(octets));

	(void)state;
	assert_int_equal(s.taken, SCAN_PLAIN);
	assert_int_equal(s.plain, 1);
	assert_int_equal(s.needed, 0);
	expect_file(p, octets, sizeof(octets));
}

static void
refused(void **state)
{
	struct peer *p = scanning();
	struct scanned s = code(p, true, "hello", 5);

	(void)state;
	assert_int_equal(s.taken, SCAN_REFUSED);
	assert_string_equal(s.why, "text: does not begin with ur:");
	assert_int_equal(code(p, true, "", 0).taken, SCAN_NOTHING);
	peer_start(p, MSG_SCAN_END);
	peer_tell(p);
	expect_fault(p, "nothing that was read is a part of a file");
	p = scanning();
	peer_start(p, MSG_SCAN_END);
	peer_tell(p);
	expect_fault(p, "no code was found");
	p = scanning();
	peer_start(p, MSG_UR);
	message_put_number(&p->out, 1);
	peer_tell(p);
	expect_fault(p, "reader: no such code");
}

static int
find(void **state)
{
	(void)state;
	peer_find_executables();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures),
		cmocka_unit_test(row),
		cmocka_unit_test(no_such_picture),
		cmocka_unit_test(not_sealed),
		cmocka_unit_test(apart),
		cmocka_unit_test(joined),
		cmocka_unit_test(plain),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, find, NULL);
}
