/* SPDX-License-Identifier: ISC */
/* The real anchorite-media and real devices, of which each has something the
 * matter with it.  A line of skipping for each where loop devices are not
 * permitted. */
#include <openssl/sha.h>
#include <sys/mman.h>

#include "tests/ceremony/process/driver.h"
#include "tests/ceremony/process/loop.h"
#include "tests/transfer/media_image.h"
#include "transfer/file.h"
#include "transfer/media_use.h"

/* ---- asking ------------------------------------------------------------------ */

struct seen { /* a medium of the list */
	uint64_t at, size, flags;
	char name[32], disk[32], bus[32], model[65], serial[65], fs[33],
	    label[65], uuid[65], why[201];
};

/* Look for all; *out is the one of that name.  Whether it is there. */
static bool
find(struct peer *p, const char *name, struct seen *out)
{
	bool found = false;
	uint64_t at = 0;

	message_put_number(peer_start(p, MSG_MEDIA_FIND), 1);
	peer_tell(p);
	for (peer_recv(p); p->in.kind == MSG_MEDIUM; peer_recv(p), at++) {
		struct seen s = { .at = at };

		message_get_text(&p->in, s.name, sizeof(s.name) - 1);
		message_get_text(&p->in, s.disk, sizeof(s.disk) - 1);
		message_get_text(&p->in, s.bus, sizeof(s.bus) - 1);
		s.size = message_get_number(&p->in);
		message_get_text(&p->in, s.model, sizeof(s.model) - 1);
		message_get_text(&p->in, s.serial, sizeof(s.serial) - 1);
		s.flags = message_get_number(&p->in);
		message_get_text(&p->in, s.fs, sizeof(s.fs) - 1);
		message_get_text(&p->in, s.label, sizeof(s.label) - 1);
		message_get_text(&p->in, s.uuid, sizeof(s.uuid) - 1);
		message_get_text(&p->in, s.why, sizeof(s.why) - 1);
		assert_true(message_done(&p->in));
		if (strcmp(s.name, name) != 0)
			continue;
		*out = s;
		found = true;
	}
	assert_int_equal(p->in.kind, MSG_DONE);
	return found;
}

/* The fault says so, with LOOP for the name of the device. */
static void
expect(struct peer *p, const struct loop *l, const char *want)
{
	char text[513], full[400];
	const char *mark = strstr(want, "LOOP");

	if (peer_fault(p, text) != FAULT_MEDIA)
		fail_msg("%s: \"%s\"", want, text);
	snprintf(full, sizeof(full), "%.*s%s%s",
	    mark == NULL ? 0 : (int)(mark - want), want,
	    mark == NULL ? "" : l->name, mark == NULL ? want : mark + 4);
	assert_string_equal(text, full);
}

static void
ask_read(struct peer *p, uint64_t at, const char *path)
{
	message_put_number(peer_start(p, MSG_MEDIA_READ), at);
	message_put_text(&p->out, path);
	message_put_number(&p->out, 1000);
	peer_try(p);
}

static void
ask_write(struct peer *p, uint64_t at, const char *name, const char *text)
{
	message_put_number(peer_start(p, MSG_MEDIA_WRITE), at);
	message_put_text(&p->out, name);
	p->out.fd = file_memfd(text, strlen(text));
	peer_try(p);
}

static void
ask_number(struct peer *p, enum message_kind kind, uint64_t at)
{
	message_put_number(peer_start(p, kind), at);
	peer_try(p);
}

static void
expect_file(struct peer *p, const char *want)
{
	uint8_t digest[32], got[32];
	char text[64] = "";

	assert_int_equal(p->in.kind, MSG_MEDIA_FILE);
	assert_int_equal(message_get_number(&p->in), strlen(want));
	message_get_exact(&p->in, got, 32);
	assert_true(message_done(&p->in));
	SHA256((const uint8_t *)want, strlen(want), digest);
	assert_memory_equal(got, digest, 32);
	assert_int_equal(read(p->in.fd, text, sizeof(text)), strlen(want));
	assert_string_equal(text, want);
	assert_int_equal(write(p->in.fd, "x", 1), -1);
	assert_true((fcntl(p->in.fd, F_GET_SEALS) & F_SEAL_WRITE) != 0);
	message_clear(&p->in);
}

static void
expect_written(struct peer *p, const char *text)
{
	uint8_t digest[32], got[32];

	assert_int_equal(p->in.kind, MSG_MEDIA_WRITTEN);
	assert_int_equal(message_get_number(&p->in), strlen(text));
	message_get_exact(&p->in, got, 32);
	SHA256((const uint8_t *)text, strlen(text), digest);
	assert_memory_equal(got, digest, 32);
}

/* A medium with a file "f", and its process. */
struct stage {
	struct loop loop;
	struct peer *peer;
	struct seen seen;
};

static void
stage_begin(struct stage *s, const char *label)
{
	loop_begin(&s->loop, "stick.img");
	loop_put(&s->loop, "f", "octets");
	loop_format(&s->loop, label);
}

/* Attached, a process started, the medium found; else the test is skipped. */
static void
stage_attach(struct stage *s)
{
	if (!loop_attach(&s->loop, -1, false)) {
		loop_end(&s->loop);
		skip();
	}
	s->peer = peer_new(SPAWN_MEDIA);
	assert_true(find(s->peer, s->loop.name, &s->seen));
}

static void
stage_end(struct stage *s)
{
	peer_free(s->peer);
	loop_end(&s->loop);
}

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

/* ---- media with something the matter ------------------------------------------ */

static void
pulled(struct stage *s)
{
	loop_detach(&s->loop);
}

static void
cut_off(struct stage *s)
{
	assert_int_equal(truncate(s->loop.image, 0), 0);
}

/* Another medium behind the same device. */
static void
swapped(struct stage *s)
{
	int number = loop_number(&s->loop);

	loop_detach(&s->loop);
	assert_true(loop_attach(&s->loop, number, false));
}

static void
new_label(struct stage *s)
{
	loop_poke(&s->loop, 1024 + 120, "other", 5);
}

static void
new_uuid(struct stage *s)
{
	loop_poke(&s->loop, 1024 + 104, "0123456789", 10);
}

static void
nothing(struct stage *s)
{
	(void)s;
}

#define GONE "medium LOOP: f: the medium is gone: put it in again"
#define SWAP "medium LOOP: f: was taken out or swapped meanwhile: look again"
#define OTHER                                                                  \
	"medium LOOP: f: holds something else than before: it was swapped; "   \
	"look again"

/* What happens between the look and the use, whichever that is. */
static const struct {
	const char *name;
	void (*happens)(struct stage *s);
	const char *read, *write;
} meanwhile[] = {
	{ "pulled", pulled, GONE, GONE },
	{ "swapped", swapped, SWAP, SWAP },
	{ "another label", new_label, OTHER, OTHER },
	{ "another uuid", new_uuid, OTHER, OTHER },
	{ "the name is taken", nothing, NULL,
	    "medium LOOP: f: is there already and is not overwritten" },
};

static void
changes_meanwhile(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(meanwhile) / sizeof(meanwhile[0]); i++) {
		struct stage s = { .peer = NULL };
		char name[16];

		stage_begin(&s, "STICK");
		stage_attach(&s);
		memcpy(name, s.loop.name, sizeof(name));
		meanwhile[i].happens(&s);
		bool away = s.loop.name[0] == '\0';

		memcpy(s.loop.name, name, sizeof(name));
		ask_read(s.peer, s.seen.at, "f");
		if (meanwhile[i].read == NULL)
			expect_file(s.peer, "octets");
		else
			expect(s.peer, &s.loop, meanwhile[i].read);
		ask_write(s.peer, s.seen.at, "f", "x");
		expect(s.peer, &s.loop, meanwhile[i].write);
		if (away)
			s.loop.name[0] = '\0';
		stage_end(&s);
	}
}

/* All its octets go while it is in: reads fail, and say so. */
static void
fails(void **state)
{
	struct stage s = { .peer = NULL };
	char text[513];

	(void)state;
	stage_begin(&s, "STICK");
	stage_attach(&s);
	cut_off(&s);
	ask_read(s.peer, s.seen.at, "f");
	assert_int_equal(peer_fault(s.peer, text), FAULT_MEDIA);
	assert_non_null(strstr(text, "f: "));
	stage_end(&s);
}

/* Superblocks that are forged: mounted by nobody. */
static void
forge_size(struct loop *l)
{
	loop_poke(l, 1024 + 4, "\xff\xff\xff\x0f", 4);
}

static void
forge_blocks(struct loop *l)
{
	loop_poke(l, 1024 + 24, "\x30\0\0\0", 4);
}

static void
forge_inode_size(struct loop *l)
{
	loop_poke(l, 1024 + 88, "\x07\0", 2);
}

static void
forge_features(struct loop *l)
{
	loop_poke(l, 1024 + 96, "\xf7\xff\xff\xf7", 4);
}

static void
forge_groups(struct loop *l)
{
	loop_poke(l, 1024 + 40, "\0\0\0\0", 4); /* no inodes in a group */
}

static void
forge_two(struct loop *l)
{
	struct image *m = calloc(1, sizeof(*m));

	image_vfat(m);
	loop_poke(l, 0, m->data, 512);
	free(m);
}

static void
forge_vfat(struct loop *l)
{
	struct image *m = calloc(1, sizeof(*m));

	image_vfat(m);
	loop_poke(l, 1024 + 56, "\0\0", 2);
	loop_poke(l, 0, m->data, 512);
	free(m);
}

static void
forge_table(struct loop *l)
{
	struct image *m = calloc(1, sizeof(*m));

	image_mbr(m);
	loop_poke(l, 1024 + 56, "\0\0", 2);
	loop_poke(l, 0, m->data, 512);
	free(m);
}

static void
forge_magic(struct loop *l)
{
	loop_poke(l, 1024 + 56, "\0\0", 2);
}

static void
forge_panic(struct loop *l)
{
	loop_poke(l, 1024 + 60, "\3\0", 2); /* on an error: panic */
}

#define REFUSED                                                                \
	"medium LOOP: f: the kernel refuses its ext4 file system: damaged or " \
	"forged"

static const struct {
	const char *name;
	void (*forge)(struct loop *l);
	const char *fs, *why;
} forged[] = {
	{ "larger than the device", forge_size, "ext4",
	    "medium LOOP: f: says that it is larger than its device: cut off, "
	    "or forged" },
	{ "blocks of 2^58", forge_blocks, "not recognised",
	    "medium LOOP: f: not recognised: it has no file system that is "
	    "mounted" },
	{ "inodes of 7 octets", forge_inode_size, "ext4", REFUSED },
	{ "features that there are not", forge_features, "ext4", REFUSED },
	{ "no inodes in a group", forge_groups, "ext4", REFUSED },
	{ "two file systems", forge_two, "marks of several file systems",
	    "medium LOOP: f: marks of several file systems: it has no file "
	    "system that is mounted" },
	{ "a partition table", forge_table, "partition table",
	    "medium LOOP: f: partition table: it has no file system that is "
	    "mounted" },
	{ "nothing known", forge_magic, "not recognised",
	    "medium LOOP: f: not recognised: it has no file system that is "
	    "mounted" },
};

static void
forged_superblocks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		struct stage s = { .peer = NULL };

		stage_begin(&s, "STICK");
		forged[i].forge(&s.loop);
		stage_attach(&s);
		assert_string_equal(s.seen.fs, forged[i].fs);
		ask_read(s.peer, s.seen.at, "f");
		expect(s.peer, &s.loop, forged[i].why);
		stage_end(&s);
	}
}

/* One that asks for a panic on its first error is read as any other. */
static void
asks_for_panic(void **state)
{
	struct stage s = { .peer = NULL };

	(void)state;
	stage_begin(&s, "STICK");
	forge_panic(&s.loop);
	stage_attach(&s);
	ask_read(s.peer, s.seen.at, "f");
	expect_file(s.peer, "octets");
	stage_end(&s);
}

/* Recognised, and whether the kernel has it is for the kernel to say. */
static void
other_kinds(void **state)
{
	struct stage s = { .peer = NULL };
	char text[513];

	(void)state;
	stage_begin(&s, "STICK");
	forge_vfat(&s.loop);
	stage_attach(&s);
	assert_string_equal(s.seen.fs, "vfat");
	assert_string_equal(s.seen.label, "STICK");
	ask_read(s.peer, s.seen.at, "f");
	assert_int_equal(peer_fault(s.peer, text), FAULT_MEDIA);
	stage_end(&s);
}

static void
write_protected(void **state)
{
	struct stage s = { .peer = NULL };

	(void)state;
	stage_begin(&s, "STICK");
	if (!loop_attach(&s.loop, -1, true)) {
		loop_end(&s.loop);
		skip();
	}
	s.peer = peer_new(SPAWN_MEDIA);
	assert_true(find(s.peer, s.loop.name, &s.seen));
	assert_true((s.seen.flags & MEDIUM_READ_ONLY) != 0);
	ask_read(s.peer, s.seen.at, "f");
	expect_file(s.peer, "octets");
	ask_write(s.peer, s.seen.at, "out", "x");
	expect(s.peer, &s.loop,
	    "medium LOOP: out: the medium is write-protected: move its switch, "
	    "or take another one");
	ask_number(s.peer, MSG_MEDIA_STATE, s.seen.at);
	expect(s.peer, &s.loop,
	    "medium LOOP: the medium is write-protected: move its switch, or "
	    "take another one");
	stage_end(&s);
}

static void
full(void **state)
{
	struct stage s = { .peer = NULL };
	char *much = malloc(LOOP_SIZE + 1);

	(void)state;
	assert_non_null(much);
	memset(much, 'x', LOOP_SIZE);
	much[LOOP_SIZE] = '\0';
	stage_begin(&s, "STICK");
	stage_attach(&s);
	ask_write(s.peer, s.seen.at, "out", much);
	expect(s.peer, &s.loop,
	    "medium LOOP: out: not written: the medium is full: take another "
	    "one; nothing of it is on the medium");
	ask_read(s.peer, s.seen.at, "out");
	expect(s.peer, &s.loop, "medium LOOP: out: is not there");
	ask_write(s.peer, s.seen.at, "out", "little");
	expect_written(s.peer, "little");
	free(much);
	stage_end(&s);
}

/* Somebody else has it: a desktop, or this very process. */
static void
in_use(void **state)
{
	struct stage s = { .peer = NULL };
	struct peer *other;
	struct seen seen;
	char path[160];

	(void)state;
	stage_begin(&s, "STATE");
	snprintf(path, sizeof(path), "%s/anchorite-state", s.loop.files);
	assert_int_equal(mkdir(path, 0700), 0);
	loop_format(&s.loop, "STATE");
	stage_attach(&s);
	ask_number(s.peer, MSG_MEDIA_STATE, s.seen.at);
	assert_int_equal(s.peer->in.kind, MSG_MEDIA_FOLDER);
	int folder = s.peer->in.fd;
	s.peer->in.fd = -1;
	ask_number(s.peer, MSG_MEDIA_STATE, s.seen.at);
	expect(s.peer, &s.loop, "medium LOOP: is held already");
	other = peer_new(SPAWN_MEDIA);
	assert_true(find(other, s.loop.name, &seen));
	assert_string_equal(seen.why,
	    "is in use: what has mounted it must let it go first");
	ask_read(other, seen.at, "f");
	expect(other, &s.loop,
	    "medium LOOP: f: not recognised: it has no file system that is "
	    "mounted");
	peer_free(other);
	/* the folder is good while its process lives, and no link to more */
	int made = openat(folder, "line", O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(made >= 0);
	assert_int_equal(write(made, "kept", 4), 4);
	assert_int_equal(fsync(made), 0);
	close(made);
	close(folder);
	peer_free(s.peer);
	s.peer = peer_new(SPAWN_MEDIA);
	assert_true(find(s.peer, s.loop.name, &s.seen));
	ask_read(s.peer, s.seen.at, "anchorite-state/line");
	expect_file(s.peer, "kept");
	stage_end(&s);
}

static void
no_state(void **state)
{
	struct stage s = { .peer = NULL };

	(void)state;
	stage_begin(&s, "STICK");
	stage_attach(&s);
	ask_number(s.peer, MSG_MEDIA_STATE, s.seen.at);
	expect(s.peer, &s.loop, "medium LOOP: anchorite-state: is not there");
	/* and it is not held for that */
	ask_read(s.peer, s.seen.at, "f");
	expect_file(s.peer, "octets");
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

static int
setup(void **state)
{
	(void)state;
	peer_find_executables();
	return 0;
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
		cmocka_unit_test(changes_meanwhile),
		cmocka_unit_test(fails),
		cmocka_unit_test(forged_superblocks),
		cmocka_unit_test(asks_for_panic),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(write_protected),
		cmocka_unit_test(full),
		cmocka_unit_test(in_use),
		cmocka_unit_test(no_state),
		cmocka_unit_test(prepared),
		cmocka_unit_test(not_prepared),
		cmocka_unit_test(not_alone),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
