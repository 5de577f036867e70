/* SPDX-License-Identifier: ISC */
/* Hostile media that are written to, with a folder in the place of each: every
 * case ends in its message, and nothing is lost or left behind. */
#include "tests/transfer/media_folder.h"

static void
taken(void)
{
	put("out", "mine");
}

static void
taken_by_a_link(void)
{
	make_link("out", "/nowhere");
}

static void
taken_by_a_folder(void)
{
	assert_int_equal(mkdir(at("out"), 0700), 0);
}

static void
fails(enum failing what, int number)
{
	failing = what;
	failing_errno = number;
}

static void
full(void)
{
	fails(FAIL_WRITE, ENOSPC);
}

static void
read_only(void)
{
	fails(FAIL_WRITE, EROFS);
}

static void
too_large_for_it(void)
{
	fails(FAIL_WRITE, EFBIG);
}

static void
pulled_write(void)
{
	fails(FAIL_WRITE, ENODEV);
}

static void
sync_fails(void)
{
	fails(FAIL_FSYNC, EIO);
}

static void
syncfs_fails(void)
{
	fails(FAIL_SYNCFS, EIO);
}

static void
change_octets(struct medium *m)
{
	(void)m;
	put("out", "Octets");
}

static void
cut_off(struct medium *m)
{
	(void)m;
	assert_int_equal(truncate(at("out"), 3), 0);
}

static void
lengthen(struct medium *m)
{
	(void)m;
	put("out", "octets and more");
}

static void
take_away(struct medium *m)
{
	(void)m;
	assert_int_equal(unlink(at("out")), 0);
}

static void
fail_to_read(struct medium *m)
{
	(void)m;
	fails(FAIL_READ, EIO);
}

static void
other_octets(void)
{
	medium.before = change_octets;
}

static void
fewer_octets(void)
{
	medium.before = cut_off;
}

static void
more_octets(void)
{
	medium.before = lengthen;
}

static void
gone_after(void)
{
	medium.before = take_away;
}

static void
no_read_back(void)
{
	medium.before = fail_to_read;
}

static void
swapped(void)
{
	medium.bad_mount = 2;
	medium.why = "was taken out or swapped meanwhile: look again";
}

static void
pulled_after(void)
{
	medium.bad_unmount = 1;
	medium.why = "the medium is gone: put it in again";
}

static void
pulled_at_the_end(void)
{
	medium.bad_unmount = 2;
	medium.why = "the medium is gone: put it in again";
}

static void
write_no_mount(void)
{
	medium.bad_mount = 1;
	medium.why = "the medium is write-protected: move its switch, or take "
		     "another one";
}

#define NOTHING "; nothing of it is on the medium"
#define UNUSED "; it is not to be used"
#define NO_NAME "not a name for a file on a medium"
#define OTHER                                                                  \
	"written, but other octets read back: the medium is not to be used"

static const struct {
	const char *name;
	void (*make)(void);
	const char *file;
	enum transfer_error want;
	bool left; /* a file of that name stands there, which was written */
	const char *why;
} writes[] = {
	{ "the name is taken", taken, "out", TRANSFER_ERR_EXISTS, false,
	    "is there already and is not overwritten" },
	{ "by a link", taken_by_a_link, "out", TRANSFER_ERR_EXISTS, false,
	    "is there already and is not overwritten" },
	{ "by a folder", taken_by_a_folder, "out", TRANSFER_ERR_EXISTS, false,
	    "is there already and is not overwritten" },
	{ "full", full, "out", TRANSFER_ERR_IO, false,
	    "not written: the medium is full: take another one" NOTHING },
	{ "becomes read-only", read_only, "out", TRANSFER_ERR_IO, false,
	    "not written: the medium is write-protected: move its switch, or "
	    "take another one" NOTHING },
	{ "too large a file", too_large_for_it, "out", TRANSFER_ERR_IO, false,
	    "not written: too large for this medium: take another one" NOTHING },
	{ "pulled while it is written", pulled_write, "out", TRANSFER_ERR_IO,
	    false, "not written: the medium is gone: put it in again" NOTHING },
	{ "fsync fails", sync_fails, "out", TRANSFER_ERR_IO, false,
	    "not written: the medium fails to read or write: take another "
	    "one" NOTHING },
	{ "syncfs fails", syncfs_fails, "out", TRANSFER_ERR_IO, true,
	    "not all of it reached the medium: the medium fails to read or "
	    "write: take another one; what stands there is not to be used" },
	{ "other octets read back", other_octets, "out", TRANSFER_ERR_IO, true,
	    OTHER },
	{ "fewer read back", fewer_octets, "out", TRANSFER_ERR_IO, true,
	    OTHER },
	{ "more read back", more_octets, "out", TRANSFER_ERR_IO, true, OTHER },
	{ "gone when it is compared", gone_after, "out", TRANSFER_ERR_IO, false,
	    "written, but does not read back: is not there" UNUSED },
	{ "does not read back", no_read_back, "out", TRANSFER_ERR_IO, true,
	    "written, but does not read back: the medium fails to read or "
	    "write: take another one" UNUSED },
	{ "swapped before the comparison", swapped, "out", TRANSFER_ERR_IO,
	    true,
	    "written, but not compared: was taken out or swapped meanwhile: "
	    "look again" UNUSED },
	{ "pulled after it is written", pulled_after, "out", TRANSFER_ERR_IO,
	    true,
	    "written, but not compared: the medium is gone: put it in "
	    "again" UNUSED },
	{ "pulled after the comparison", pulled_at_the_end, "out",
	    TRANSFER_ERR_IO, true,
	    "written, but not compared: the medium is gone: put it in "
	    "again" UNUSED },
	{ "write-protected", write_no_mount, "out", TRANSFER_ERR_IO, false,
	    "the medium is write-protected: move its switch, or take another "
	    "one" },
	{ "a path for a name", nothing, "a/b", TRANSFER_ERR_FIELD, false,
	    NO_NAME },
	{ "above", nothing, "..", TRANSFER_ERR_FIELD, false, NO_NAME },
	{ "a hidden name", nothing, ".out", TRANSFER_ERR_FIELD, false,
	    NO_NAME },
	{ "an escape code for a name", nothing, "\x1b[2J", TRANSFER_ERR_FIELD,
	    false, NO_NAME },
	{ "no name", nothing, "", TRANSFER_ERR_FIELD, false, NO_NAME },
};

static unsigned
entries(void)
{
	DIR *d = opendir(medium.path);
	unsigned n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
refused_writes(void **state)
{
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		struct transfer_fault fault = { .text = "" };
		struct media_port p = port();
		enum transfer_error err;
		unsigned before;

		fresh(state);
		writes[i].make();
		before = entries();
		err = media_write(&p, writes[i].file, (const uint8_t *)"octets",
		    6, &fault);
		failing = FAIL_NOTHING;
		if (err != writes[i].want ||
		    strcmp(fault.text, writes[i].why) != 0)
			fail_msg("%s: %d, \"%s\"", writes[i].name, err,
			    fault.text);
		/* no temporary file is ever left */
		if (entries() != before + (writes[i].left ? 1 : 0))
			fail_msg("%s: %u entries", writes[i].name, entries());
		assert_int_equal(medium.mounts - (medium.bad_mount != 0),
		    medium.unmounts);
	}
	fresh(state);
	put("out", "mine");
	{ /* what was there is what is there */
		struct transfer_fault fault;
		struct media_port p = port();

		assert_int_equal(media_write(&p, "out",
				     (const uint8_t *)"octets", 6, &fault),
		    TRANSFER_ERR_EXISTS);
		expect_file("out", "mine", 4);
	}
}

static void
too_long_a_name(void **state)
{
	struct transfer_fault fault = { .text = "" };
	struct media_port p = port();
	char name[MEDIA_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[MEDIA_NAME_MAX + 1] = '\0';
	assert_int_equal(media_write(&p, name, (const uint8_t *)"x", 1, &fault),
	    TRANSFER_ERR_FIELD);
	name[MEDIA_NAME_MAX] = '\0'; /* no room for the temporary one's mark */
	assert_int_equal(media_write(&p, name, (const uint8_t *)"x", 1, &fault),
	    TRANSFER_ERR_IO);
	assert_string_equal(fault.text,
	    "not written: the name is too long for this medium" NOTHING);
	name[MEDIA_NAME_MAX - 8] = '\0';
	assert_int_equal(media_write(&p, name, (const uint8_t *)"x", 1, &fault),
	    TRANSFER_OK);
}

static void
good_write(void **state)
{
	struct transfer_fault fault = { .text = "" };
	struct media_port p = port();

	(void)state;
	assert_int_equal(media_write(&p, "out", (const uint8_t *)"octets", 6,
			     &fault),
	    TRANSFER_OK);
	assert_int_equal(medium.mounts, 2);
	assert_int_equal(medium.unmounts, 2);
	assert_int_equal(entries(), 1);
	expect_file("out", "octets", 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(refused_writes, fresh),
		cmocka_unit_test_setup(too_long_a_name, fresh),
		cmocka_unit_test_setup(good_write, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, done);
}
