/* SPDX-License-Identifier: ISC */
/* The real anchorite-media and real devices that are as they should be, or are
 * prepared to be.  A line of skipping for each where loop devices are not
 * permitted. */
#include <sys/mman.h>

#include "tests/ceremony/process/media_stage.h"
#include "transfer/media_use.h"

/* ---- good media -------------------------------------------------------------- */

static void
found(void **state)
{
	struct stage s = { .peer = NULL };
	struct seen other;

	(void)state;
	stage_begin(&s, "\x1b[2Jlabel");
	stage_attach(&s);
	assert_string_equal(s.seen.disk, s.loop.name);
	assert_string_equal(s.seen.bus, "loop");
	assert_int_equal(s.seen.size, LOOP_SIZE);
	assert_string_equal(s.seen.serial, "stick.img");
	assert_string_equal(s.seen.fs, "ext4");
	assert_string_equal(s.seen.label, "\\x1b[2Jlabel");
	assert_int_equal(strlen(s.seen.uuid), 36);
	assert_string_equal(s.seen.why, "");
	assert_int_equal(s.seen.flags, MEDIUM_USABLE | MEDIUM_EXT4);
	/* loop devices count when it is asked for them alone */
	message_put_number(peer_start(s.peer, MSG_MEDIA_FIND), 0);
	peer_tell(s.peer);
	for (peer_recv(s.peer); s.peer->in.kind == MSG_MEDIUM;
	     peer_recv(s.peer)) {
		message_get_text(&s.peer->in, other.name, 31);
		assert_int_not_equal(strncmp(other.name, "loop", 4), 0);
	}
	stage_end(&s);
}

static void
listed(void **state)
{
	struct stage s = { .peer = NULL };
	char path[160];
	size_t len, count = 0;

	(void)state;
	loop_begin(&s.loop, "stick.img");
	loop_put(&s.loop, "\x1b]0;x\x07", "1");
	loop_put(&s.loop, "\xff", "22");
	snprintf(path, sizeof(path), "%s/link", s.loop.files);
	assert_int_equal(symlink("/etc/shadow", path), 0);
	loop_format(&s.loop, "L");
	stage_attach(&s);
	message_put_number(peer_start(s.peer, MSG_MEDIA_LIST), s.seen.at);
	message_put_text(&s.peer->out, ".");
	peer_tell(s.peer);
	for (peer_recv(s.peer); s.peer->in.kind == MSG_MEDIA_ENTRY;
	     peer_recv(s.peer)) {
		const uint8_t *name =
		    message_get_octets(&s.peer->in, 255, &len);
		assert_non_null(name);
		message_get_number(&s.peer->in);
		message_get_number(&s.peer->in);
		assert_true(message_done(&s.peer->in));
		count++;
	}
	assert_int_equal(s.peer->in.kind, MSG_MEDIA_LISTED);
	assert_int_equal(message_get_number(&s.peer->in), 4);
	assert_int_equal(message_get_number(&s.peer->in), 0);
	assert_int_equal(count, 4); /* lost+found too */
	ask_read(s.peer, s.seen.at, "\xff");
	expect_file(s.peer, "22");
	ask_read(s.peer, s.seen.at, "link");
	expect(s.peer, &s.loop,
	    "medium LOOP: link: a link: links on media are not followed");
	ask_read(s.peer, s.seen.at, "\x1b[m");
	expect(s.peer, &s.loop, "medium LOOP: \\x1b[m: is not there");
	stage_end(&s);
}

static void
taken_and_brought(void **state)
{
	struct stage s = { .peer = NULL };

	(void)state;
	stage_begin(&s, "STICK");
	stage_attach(&s);
	ask_read(s.peer, s.seen.at, "f");
	expect_file(s.peer, "octets");
	ask_write(s.peer, s.seen.at, "out.response", "an answer");
	expect_written(s.peer, "an answer");
	ask_write(s.peer, s.seen.at, "out.response", "another");
	expect(s.peer, &s.loop,
	    "medium LOOP: out.response: is there already and is not "
	    "overwritten");
	ask_read(s.peer, s.seen.at, "out.response");
	expect_file(s.peer, "an answer");
	/* and a process of its own finds the same */
	peer_free(s.peer);
	s.peer = peer_new(SPAWN_MEDIA);
	assert_true(find(s.peer, s.loop.name, &s.seen));
	ask_read(s.peer, s.seen.at, "out.response");
	expect_file(s.peer, "an answer");
	stage_end(&s);
}

/* ---- preparing ----------------------------------------------------------------- */

static void
ask_prepare(struct peer *p, uint64_t at, const char *label, bool erase)
{
	message_put_number(peer_start(p, MSG_MEDIA_PREPARE), at);
	message_put_text(&p->out, label);
	message_put_number(&p->out, erase);
	peer_try(p);
}

static void
prepared(void **state)
{
	struct loop l;
	struct peer *p;
	struct seen seen;

	(void)state;
	loop_begin(&l, "new.img");
	if (!loop_attach(&l, -1, false)) {
		loop_end(&l);
		skip();
	}
	p = peer_new(SPAWN_MEDIA_PREPARE);
	assert_true(find(p, l.name, &seen));
	assert_int_equal(seen.flags, MEDIUM_EMPTY);
	ask_prepare(p, seen.at, "ANCHORITE", false);
	if (p->in.kind != MSG_OK)
		expect(p, &l, "OK");
	assert_true(find(p, l.name, &seen));
	assert_string_equal(seen.fs, "ext4");
	assert_string_equal(seen.label, "ANCHORITE");
	/* once there is something on it, that is said */
	ask_prepare(p, seen.at, "AGAIN", false);
	expect(p, &l,
	    "medium LOOP: is not empty (ext4): to lose what is on it, say "
	    "--erase");
	ask_prepare(p, seen.at, "AGAIN", true);
	assert_int_equal(p->in.kind, MSG_OK);
	assert_true(find(p, l.name, &seen));
	assert_string_equal(seen.label, "AGAIN");
	peer_free(p);
	p = peer_new(SPAWN_MEDIA);
	assert_true(find(p, l.name, &seen));
	ask_number(p, MSG_MEDIA_STATE, seen.at);
	assert_int_equal(p->in.kind, MSG_MEDIA_FOLDER);
	message_clear(&p->in);
	peer_free(p);
	loop_end(&l);
}

static void
not_prepared(void **state)
{
	struct loop l;
	struct peer *p;
	struct seen seen;

	(void)state;
	loop_begin(&l, "small.img");
	assert_int_equal(truncate(l.image, 64 << 10), 0);
	if (!loop_attach(&l, -1, false)) {
		loop_end(&l);
		skip();
	}
	p = peer_new(SPAWN_MEDIA_PREPARE);
	assert_true(find(p, l.name, &seen));
	ask_prepare(p, seen.at, "S", false);
	expect(p, &l,
	    "medium LOOP: mke2fs failed: too small, or the medium fails");
	peer_free(p);
	loop_detach(&l);
	assert_true(loop_attach(&l, -1, true));
	p = peer_new(SPAWN_MEDIA_PREPARE);
	assert_true(find(p, l.name, &seen));
	ask_prepare(p, seen.at, "S", true);
	expect(p, &l,
	    "medium LOOP: the medium is write-protected: move its switch, or "
	    "take another one");
	peer_free(p);
	loop_end(&l);
}

/* What may be erased, as transfer/ has it: a part of a disk, of which somebody
 * has another part; and not a device that is another one now. */
static void
not_alone(void **state)
{
	struct transfer_fault fault = { .text = "" };
	struct media_device d = { .name = "none", .partition = true };
	struct loop l;
	int fd, held;

	(void)state;
	loop_begin(&l, "disk.img");
	if (!loop_attach(&l, -1, false)) {
		loop_end(&l);
		skip();
	}
	strcpy(d.disk, l.name);
	assert_int_equal(media_device_alone(&d, &fault), TRANSFER_OK);
	snprintf(d.name, sizeof(d.name), "/dev/%.16s", l.name);
	held = open(d.name, O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(held >= 0);
	assert_int_equal(media_device_alone(&d, &fault), TRANSFER_ERR_IO);
	assert_string_equal(fault.text,
	    "is in use: what has mounted it must let it go first");
	close(held);
	strcpy(d.disk, "anchorite-none");
	assert_int_equal(media_device_alone(&d, &fault), TRANSFER_ERR_IO);
	strcpy(d.name, l.name);
	d.major = 7;
	d.minor = (unsigned)loop_number(&l);
	d.size = LOOP_SIZE;
	assert_int_equal(media_device_open(&d, O_RDONLY, &fd, &fault),
	    TRANSFER_OK);
	close(fd);
	d.minor++;
	assert_int_equal(media_device_open(&d, O_RDONLY, &fd, &fault),
	    TRANSFER_ERR_IO);
	assert_int_equal(fd, -1);
	assert_string_equal(fault.text, "is another device now: look again");
	loop_end(&l);
}

/* ---- the boot medium ---------------------------------------------------------- */

#define BOOT_REASON "medium LOOP: it is the image that machines start from"

/* The image's volume: 100 sectors of a disc. */
static void
loop_boot(struct loop *l)
{
	char volume[40];

	loop_begin(l, "boot.img");
	snprintf(volume, sizeof(volume), "%-32s", MEDIA_IMAGE_VOLUME);
	loop_poke(l, 32768, "\001CD001\001", 7);
	loop_poke(l, 32768 + 40, volume, 32);
	loop_poke(l, 32768 + 80, "\144\0\0\0\0\0\0\144", 8);
	loop_poke(l, 32768 + 128, "\0\010\010", 3);
}

static void
boot_medium(void **state)
{
	struct loop l;
	struct peer *p;
	struct seen seen;

	(void)state;
	loop_boot(&l);
	if (!loop_attach(&l, -1, false)) {
		loop_end(&l);
		skip();
	}
	p = peer_new(SPAWN_MEDIA);
	assert_true(find(p, l.name, &seen));
	assert_string_equal(seen.fs, "iso9660");
	assert_string_equal(seen.why, BOOT_REASON + sizeof("medium LOOP:"));
	ask_read(p, seen.at, "release");
	expect(p, &l,
	    "medium LOOP: release: it is the image that machines "
	    "start from");
	ask_number(p, MSG_MEDIA_STATE, seen.at);
	expect(p, &l, BOOT_REASON);
	peer_free(p);
	p = peer_new(SPAWN_MEDIA_PREPARE);
	assert_true(find(p, l.name, &seen));
	ask_prepare(p, seen.at, "S", true);
	expect(p, &l, BOOT_REASON);
	peer_free(p);
	loop_end(&l);
}

/* ---- out of turn ------------------------------------------------------------- */

static void
out_of_turn(void **state)
{
	static const struct {
		enum spawn_what what;
		enum message_kind kind;
		const char *why;
	} rows[] = {
		{ SPAWN_MEDIA, MSG_MEDIA_PREPARE,
		    "media: the process sent a message out of turn" },
		{ SPAWN_MEDIA_PREPARE, MSG_MEDIA_STATE,
		    "media: the process sent a message out of turn" },
		{ SPAWN_MEDIA_PREPARE, MSG_MEDIA_READ,
		    "media: the process sent a message out of turn" },
		{ SPAWN_MEDIA, MSG_LIST, "media: message of the wrong kind" },
		{ SPAWN_MEDIA, MSG_MEDIA_READ,
		    "media: a message is out of form" },
		{ SPAWN_MEDIA, MSG_MEDIA_LIST,
		    "media: a message is out of form" },
		{ SPAWN_MEDIA, MSG_MEDIA_STATE,
		    "media: a message is out of form" },
		{ SPAWN_MEDIA_PREPARE, MSG_MEDIA_PREPARE,
		    "media: a message is out of form" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct peer *p = peer_new(rows[i].what);
		char text[513];

		peer_start(p, rows[i].kind);
		peer_try(p);
		assert_int_equal(peer_fault(p, text), FAULT_FORM);
		assert_string_equal(text, rows[i].why);
		peer_free(p);
	}
}

/* A file to be written must be one that nobody changes meanwhile. */
static void
not_sealed(void **state)
{
	struct peer *p = peer_new(SPAWN_MEDIA);
	char text[513];

	(void)state;
	message_put_number(peer_start(p, MSG_MEDIA_WRITE), 0);
	message_put_text(&p->out, "out");
	p->out.fd = memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	peer_try(p);
	assert_int_equal(peer_fault(p, text), FAULT_FORM);
	assert_string_equal(text, "media: a message is out of form");
	peer_free(p);
}

static void
level(void **state)
{
	struct peer *p = peer_new(SPAWN_MEDIA);

	(void)state;
	assert_string_equal(p->level, "nocore,nodump,nonewprivs,seccomp");
	peer_free(p);
	p = peer_new(SPAWN_MEDIA_PREPARE);
	assert_string_equal(p->level, "open");
	peer_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(level),
		cmocka_unit_test(out_of_turn),
		cmocka_unit_test(not_sealed),
		cmocka_unit_test(found),
		cmocka_unit_test(listed),
		cmocka_unit_test(taken_and_brought),
		cmocka_unit_test(prepared),
		cmocka_unit_test(not_prepared),
		cmocka_unit_test(not_alone),
		cmocka_unit_test(boot_medium),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
