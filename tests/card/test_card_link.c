/* SPDX-License-Identifier: ISC */
/* The virtual card behind the sockets of vpcd and of QEMU, with the test at
 * the other end. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/card/card_link.h"
#include "tests/card/fixture.h"

/* ---- the other end ---------------------------------------------------- */

struct end {
	int fd;
	pid_t child;
};

/* Serve a card in a child, whose exit status is how that ended. */
static struct end
serve(struct fixture *f, enum card_link (*how)(struct card *c, int fd))
{
	struct end e = { -1, -1 };
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	e.child = fork();
	assert_true(e.child >= 0);
	if (e.child == 0) {
		struct card *c = card_new(f->path);

		close(pair[0]);
		_exit(c == NULL ? 99 : (int)how(c, pair[1]));
	}
	close(pair[1]);
	e.fd = pair[0];
	return e;
}

static void
ended(struct end *e, enum card_link want)
{
	int status = 0;

	close(e->fd);
	assert_int_equal(waitpid(e->child, &status, 0), e->child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
}

static void
get(struct end *e, void *out, size_t len)
{
	assert_true(card_link_read(e->fd, out, len));
}

static void
put(struct end *e, const void *data, size_t len)
{
	assert_true(card_link_write(e->fd, data, len));
}

/* Nothing more comes but the end. */
static bool
closed(struct end *e)
{
	char octet;

	return read(e->fd, &octet, 1) == 0;
}

#define PUT(e, s) put(e, s, sizeof(s) - 1)

/* ---- vpcd ------------------------------------------------------------- */

/* The next frame holds so many octets, of which the last are these. */
static void
frame(struct end *e, size_t len, const void *tail, size_t tail_len)
{
	uint8_t head[2], body[CARD_ANSWER_MAX];

	get(e, head, 2);
	assert_int_equal(head[0] << 8 | head[1], len);
	get(e, body, len);
	assert_memory_equal(body + len - tail_len, tail, tail_len);
}

static void
test_vpcd(void **state)
{
	struct fixture *f = *state;
	struct end e = serve(f, card_vpcd_serve);

	PUT(&e, "\0\1\1"); /* power on */
	PUT(&e, "\0\1\4");
	frame(&e, 24, "\x40\x81\x07\xFA", 4);
	PUT(&e, "\0\5\x00\x84\x00\x00\x08");
	frame(&e, 10, "\x90\x00", 2);
	PUT(&e, "\0\7\x00\x84\x00\x00\x00\x01\x2C");
	frame(&e, 302, "\x90\x00", 2);
	PUT(&e, "\0\4\x00\x20\x00\x88");
	frame(&e, 2, "\x6A\x88", 2);
	PUT(&e, "\0\0");
	frame(&e, 2, "\x67\x00", 2);
	ended(&e, CARD_LINK_CLOSED);
	/* half a frame */
	e = serve(f, card_vpcd_serve);
	PUT(&e, "\0\5\x00\x84");
	ended(&e, CARD_LINK_CLOSED);
}

/* A reset ends the login. */
static void
test_vpcd_reset(void **state)
{
	static const char *const resets[] = { "\0\1\0", "\0\1\1", "\0\1\2" };
	struct fixture *f = *state;
	struct end e;

	initialise(f);
	e = serve(f, card_vpcd_serve);
	for (size_t i = 0; i < 3; i++) {
		PUT(&e, "\0\13\x00\x20\x00\x81\x06" USER_PIN);
		frame(&e, 2, "\x90\x00", 2);
		PUT(&e, "\0\4\x00\x20\x00\x81");
		frame(&e, 2, "\x90\x00", 2);
		put(&e, resets[i], 3);
		PUT(&e, "\0\4\x00\x20\x00\x81");
		frame(&e, 2, "\x63\xC3", 2);
	}
	ended(&e, CARD_LINK_CLOSED);
}

static void
test_vpcd_pulled(void **state)
{
	struct fixture *f = *state;
	struct end e = serve(f, card_vpcd_serve);

	control(f, "fault pull-before 84 2\n");
	PUT(&e, "\0\5\x00\x84\x00\x00\x08");
	frame(&e, 10, "\x90\x00", 2);
	PUT(&e, "\0\5\x00\x84\x00\x00\x08");
	assert_true(closed(&e));
	ended(&e, CARD_LINK_PULLED);
	/* without a command, too */
	control(f, "");
	e = serve(f, card_vpcd_serve);
	PUT(&e, "\0\5\x00\x84\x00\x00\x08");
	frame(&e, 10, "\x90\x00", 2);
	control(f, "fault pull-before * 0\n");
	assert_true(closed(&e));
	ended(&e, CARD_LINK_PULLED);
}

/* ---- QEMU ------------------------------------------------------------- */

static void
message(struct end *e, uint32_t type, const void *body, size_t len)
{
	uint32_t head[3] = { htonl(type), htonl(7), htonl((uint32_t)len) };

	put(e, head, sizeof(head));
	put(e, body, len);
}

/* The next message is of that type and length; its body. */
static void
expect(struct end *e, uint32_t type, size_t len, uint8_t body[300])
{
	uint32_t head[3];

	get(e, head, sizeof(head));
	assert_int_equal(ntohl(head[0]), type);
	assert_int_equal(ntohl(head[2]), len);
	get(e, body, len);
}

/* Init, a reader, a card. */
static void
greet(struct end *e)
{
	static const char init[12] = "VSCD\0\0\0\2", done[4];
	uint8_t body[300];

	expect(e, 1, 12, body);
	assert_memory_equal(body, init, 12);
	message(e, 1, init, 12);
	expect(e, 3, 12, body);
	message(e, 2, done, 4);
	expect(e, 5, 8, body);
	assert_memory_equal(body, "\x3B\x64", 2);
	message(e, 2, done, 4);
}

static void
test_passthru(void **state)
{
	struct fixture *f = *state;
	uint8_t body[300];
	struct end e;

	control(f, "protocol t0\n");
	e = serve(f, card_passthru_serve);
	greet(&e);
	message(&e, 7, "\x00\x84\x00\x00\x08", 5);
	expect(&e, 7, 10, body);
	message(&e, 7, "\x00\xA4\x00\x00\x02\x2F\x02", 7);
	expect(&e, 7, 2, body);
	assert_memory_equal(body, "\x61\x10", 2);
	message(&e, 7, "\x00\xC0\x00\x00\x10", 5);
	expect(&e, 7, 18, body);
	message(&e, 8, "", 0);
	expect(&e, 9, 0, body);
	/* pulled, and put back */
	control(f, "protocol t0\nfault pull-before 84 1\n");
	message(&e, 7, "\x00\x84\x00\x00\x08", 5);
	expect(&e, 6, 0, body);
	control(f, "protocol t0\n");
	expect(&e, 5, 8, body);
	message(&e, 7, "\x00\x84\x00\x00\x08", 5);
	expect(&e, 7, 10, body);
	ended(&e, CARD_LINK_CLOSED);
}

static void
test_passthru_refused(void **state)
{
	static const uint32_t huge[3] = { 0, 0, 0xFFFFFFFF };
	struct fixture *f = *state;
	uint8_t body[300];
	struct end e = serve(f, card_passthru_serve);

	expect(&e, 1, 12, body);
	message(&e, 5, "", 0); /* not an Init */
	ended(&e, CARD_LINK_BROKEN);
	control(f, "protocol t0\n");
	e = serve(f, card_passthru_serve);
	greet(&e);
	put(&e, huge, sizeof(huge));
	ended(&e, CARD_LINK_BROKEN);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_vpcd),
		CASE(test_vpcd_reset),
		CASE(test_vpcd_pulled),
		CASE(test_passthru),
		CASE(test_passthru_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
