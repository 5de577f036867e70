/* SPDX-License-Identifier: ISC */
/* The real anchorite-media and real devices, of which each has something the
 * matter with it.  A line of skipping for each where loop devices are not
 * permitted. */
#include "tests/ceremony/process/media_stage.h"
#include "tests/transfer/media_image.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_meanwhile),
		cmocka_unit_test(fails),
		cmocka_unit_test(forged_superblocks),
		cmocka_unit_test(asks_for_panic),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(write_protected),
		cmocka_unit_test(full),
		cmocka_unit_test(in_use),
		cmocka_unit_test(no_state),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
