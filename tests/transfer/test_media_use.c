/* SPDX-License-Identifier: ISC */
/* Hostile media that are read and listed, with a folder in the place of each:
 * every case ends in its message, and nothing is left behind. */
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "tests/transfer/media_folder.h"

/* ---- reading ----------------------------------------------------------------- */

static void
plain(void)
{
	put("f", "octets");
}

static void
link_inside(void)
{
	put("g", "octets");
	make_link("f", "g");
}

static void
link_outside(void)
{
	make_link("f", "/etc/passwd");
}

static void
link_dangling(void)
{
	make_link("f", "nowhere");
}

static void
link_of_folder(void)
{
	make_link("d", "/etc");
}

static void
link_to_itself(void)
{
	make_link("f", "f");
}

static void
fifo(void)
{
	assert_int_equal(mkfifo(at("f"), 0600), 0);
}

static void
local_socket(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%.100s", at("f"));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
}

static void
folder(void)
{
	assert_int_equal(mkdir(at("f"), 0700), 0);
}

static void
too_large(void)
{
	put("f", "");
	assert_int_equal(truncate(at("f"), MEDIA_FILE_MAX + 1), 0);
}

static void
grow(void)
{
	put("f", "octets and more");
}

static void
shrink(void)
{
	assert_int_equal(truncate(at("f"), 2), 0);
}

static void
rewrite(void)
{
	static const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };

	put("f", "OCTETS");
	assert_int_equal(utimensat(AT_FDCWD, at("f"), times, 0), 0);
}

static void
growing(void)
{
	plain();
	while_reading = grow;
}

static void
shrinking(void)
{
	plain();
	while_reading = shrink;
}

static void
rewritten(void)
{
	plain();
	while_reading = rewrite;
}

static void
failing_read(void)
{
	plain();
	failing = FAIL_READ;
	failing_errno = EIO;
}

static void
pulled_read(void)
{
	plain();
	failing = FAIL_READ;
	failing_errno = ENODEV;
}

static void
damaged_read(void)
{
	plain();
	failing = FAIL_READ;
	failing_errno = EUCLEAN;
}

static void
no_mount(void)
{
	medium.bad_mount = 1;
	medium.why = "is in use";
}

static void
no_unmount(void)
{
	plain();
	medium.bad_unmount = 1;
	medium.why = "the medium is gone: put it in again";
}

#define NO_PATH                                                                \
	"not a path on a medium: names with '/' between, 1024 octets at most"
#define A_LINK "a link: links on media are not followed"
#define NO_FILE "not a file: devices, FIFOs and sockets are not read"
#define CHANGED "changed while it was read: nothing of it is used"

static const struct {
	const char *name;
	void (*make)(void);
	const char *path;
	enum transfer_error want;
	const char *why;
} reads[] = {
	{ "a link", link_inside, "f", TRANSFER_ERR_IO, A_LINK },
	{ "a link off the medium", link_outside, "f", TRANSFER_ERR_IO, A_LINK },
	{ "a dangling link", link_dangling, "f", TRANSFER_ERR_IO, A_LINK },
	{ "a link to itself", link_to_itself, "f", TRANSFER_ERR_IO, A_LINK },
	{ "through a link", link_of_folder, "d/passwd", TRANSFER_ERR_IO,
	    A_LINK },
	{ "a FIFO", fifo, "f", TRANSFER_ERR_IO, NO_FILE },
	{ "a socket", local_socket, "f", TRANSFER_ERR_IO, NO_FILE },
	{ "a folder in the file's place", folder, "f", TRANSFER_ERR_IO,
	    "is a folder, not a file" },
	{ "a file in the folder's place", plain, "f/g", TRANSFER_ERR_IO,
	    "is not a folder" },
	{ "no file", nothing, "f", TRANSFER_ERR_IO, "is not there" },
	{ "above the medium", nothing, "../etc/passwd", TRANSFER_ERR_FIELD,
	    NO_PATH },
	{ "above, further on", folder, "f/../../etc/passwd", TRANSFER_ERR_FIELD,
	    NO_PATH },
	{ "an absolute path", nothing, "/etc/passwd", TRANSFER_ERR_FIELD,
	    NO_PATH },
	{ "an empty path", nothing, "", TRANSFER_ERR_FIELD, NO_PATH },
	{ "a dot for a folder", plain, "./f", TRANSFER_ERR_FIELD, NO_PATH },
	{ "the root for a file", plain, ".", TRANSFER_ERR_IO,
	    "is a folder, not a file" },
	{ "an empty name", plain, "f//g", TRANSFER_ERR_FIELD, NO_PATH },
	{ "over the limit", too_large, "f", TRANSFER_ERR_SIZE,
	    "67108865 octets: larger than the 67108864 that are taken" },
	{ "grows while it is read", growing, "f", TRANSFER_ERR_IO, CHANGED },
	{ "shrinks while it is read", shrinking, "f", TRANSFER_ERR_IO,
	    CHANGED },
	{ "rewritten while it is read", rewritten, "f", TRANSFER_ERR_IO,
	    CHANGED },
	{ "a failing medium", failing_read, "f", TRANSFER_ERR_IO,
	    "the medium fails to read or write: take another one" },
	{ "pulled in the middle", pulled_read, "f", TRANSFER_ERR_IO,
	    "the medium is gone: put it in again" },
	{ "a damaged file system", damaged_read, "f", TRANSFER_ERR_IO,
	    "the file system on the medium is damaged" },
	{ "does not mount", no_mount, "f", TRANSFER_ERR_IO, "is in use" },
	{ "pulled before it is unmounted", no_unmount, "f", TRANSFER_ERR_IO,
	    "the medium is gone: put it in again" },
};

static void
refused_reads(void **state)
{
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		struct transfer_fault fault = { .text = "" };
		struct media_port p = port();
		enum transfer_error err;
		uint64_t size = 0;
		uint8_t digest[32];
		int fd = 0;

		fresh(state);
		reads[i].make();
		err = media_read(&p, reads[i].path, SIZE_MAX, &fd, &size,
		    digest, &fault);
		failing = FAIL_NOTHING;
		if (err != reads[i].want || fd != -1 ||
		    strcmp(fault.text, reads[i].why) != 0)
			fail_msg("%s: %d, \"%s\"", reads[i].name, err,
			    fault.text);
		assert_int_equal(medium.mounts - medium.bad_mount,
		    medium.unmounts);
	}
	fresh(state);
}

/* A device node is not opened: to open some is to do something. */
static void
device_node(void **state)
{
	struct transfer_fault fault = { .text = "" };
	struct media_port p = port();
	uint64_t size;
	uint8_t digest[32];
	int fd;

	(void)state;
	if (mknod(at("f"), S_IFCHR | 0600, makedev(1, 5)) != 0)
		skip();
	assert_int_equal(media_read(&p, "f", SIZE_MAX, &fd, &size, digest,
			     &fault),
	    TRANSFER_ERR_IO);
	assert_string_equal(fault.text, NO_FILE);
}

static void
good_reads(void **state)
{
	static const char name[] = "in/\x1b[2J\xff\xfe name";
	char long_name[MEDIA_NAME_MAX + 1];
	struct transfer_fault fault;
	struct media_port p = port();
	uint64_t size;
	uint8_t digest[32];
	int fd;

	(void)state;
	put("f", "octets");
	expect_file("f", "octets", SIZE_MAX);
	expect_file("f", "octets", 6);
	assert_int_equal(media_read(&p, "f", 5, &fd, &size, digest, &fault),
	    TRANSFER_ERR_SIZE);
	put("empty", "");
	expect_file("empty", "", 0);
	assert_int_equal(mkdir(at("in"), 0700), 0);
	put(name, "escapes");
	expect_file(name, "escapes", SIZE_MAX);
	memset(long_name, 'n', MEDIA_NAME_MAX);
	long_name[MEDIA_NAME_MAX] = '\0';
	put(long_name, "long");
	expect_file(long_name, "long", SIZE_MAX);
	/* one octet of each at a time, as a slow medium gives them */
	put("f", "abc");
	expect_file("f", "abc", 3);
}

static void
long_paths(void **state)
{
	char path[MEDIA_PATH_MAX + 2];
	struct transfer_fault fault = { .text = "" };
	struct media_port p = port();
	uint64_t size;
	uint8_t digest[32];
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 2 == 0 ? 'a' : '/';
	path[MEDIA_PATH_MAX + 1] = '\0';
	assert_int_equal(media_read(&p, path, 1, &fd, &size, digest, &fault),
	    TRANSFER_ERR_FIELD);
	path[MEDIA_PATH_MAX - 1] = '\0';
	assert_int_equal(media_read(&p, path, 1, &fd, &size, digest, &fault),
	    TRANSFER_ERR_IO);
	assert_string_equal(fault.text, "is not there");
	memset(path, 'a', MEDIA_NAME_MAX + 1);
	path[MEDIA_NAME_MAX + 1] = '\0';
	assert_int_equal(media_read(&p, path, 1, &fd, &size, digest, &fault),
	    TRANSFER_ERR_FIELD);
	assert_string_equal(fault.text, NO_PATH);
}

/* ---- listing ------------------------------------------------------------------ */

static void
kinds(void **state)
{
	static const struct {
		const char *name;
		enum media_entry_kind kind;
		uint64_t size;
	} want[] = {
		{ "\x01\x1b[31m", MEDIA_ENTRY_FILE, 1 },
		{ "dir", MEDIA_ENTRY_FOLDER, 0 },
		{ "f", MEDIA_ENTRY_SOCKET, 0 },
		{ "link", MEDIA_ENTRY_LINK, 0 },
		{ "pipe", MEDIA_ENTRY_FIFO, 0 },
		{ "\xff\xfe", MEDIA_ENTRY_FILE, 3 },
	};
	struct transfer_fault fault;
	struct media_port p = port();
	struct media_listing l;

	(void)state;
	put("\x01\x1b[31m", "x");
	put("\xff\xfe", "xyz");
	make_link("link", "/etc/passwd");
	assert_int_equal(mkfifo(at("pipe"), 0600), 0);
	assert_int_equal(mkdir(at("dir"), 0700), 0);
	local_socket();
	assert_int_equal(media_list(&p, ".", &l, &fault), TRANSFER_OK);
	assert_int_equal(l.count, sizeof(want) / sizeof(want[0]));
	assert_int_equal(l.total, l.count);
	assert_false(l.more);
	for (size_t i = 0; i < l.count; i++) {
		assert_string_equal(l.entries[i].name, want[i].name);
		assert_int_equal(l.entries[i].kind, want[i].kind);
		assert_int_equal(l.entries[i].size, want[i].size);
	}
	media_listing_clear(&l);
	assert_int_equal(media_list(&p, "dir", &l, &fault), TRANSFER_OK);
	assert_int_equal(l.count, 0);
	media_listing_clear(&l);
	for (unsigned i = 0; i < MEDIA_ENTRY_COUNT; i++)
		assert_non_null(media_entry_name((enum media_entry_kind)i));
	assert_string_equal(media_entry_name(MEDIA_ENTRY_COUNT), "?");
}

static void
refused_lists(void **state)
{
	static const struct {
		const char *path, *why;
	} rows[] = {
		{ "f", "is not a folder" },
		{ "link", "is not a folder" },
		{ "link/sub", A_LINK },
		{ "nowhere", "is not there" },
		{ "..", NO_PATH },
	};
	struct transfer_fault fault;
	struct media_port p = port();
	struct media_listing l;

	(void)state;
	put("f", "");
	make_link("link", "/etc");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_not_equal(media_list(&p, rows[i].path, &l, &fault),
		    TRANSFER_OK);
		assert_string_equal(fault.text, rows[i].why);
		assert_null(l.entries);
	}
	failing = FAIL_READDIR;
	failing_errno = EIO;
	assert_int_equal(media_list(&p, ".", &l, &fault), TRANSFER_ERR_IO);
	failing = FAIL_NOTHING;
	assert_string_equal(fault.text,
	    "cannot be listed: the medium fails to read or write: take another "
	    "one");
	medium.mounts = medium.unmounts = 0;
	medium.bad_unmount = 1;
	medium.why = "the medium is gone: put it in again";
	assert_int_equal(media_list(&p, ".", &l, &fault), TRANSFER_ERR_IO);
	assert_string_equal(fault.text, medium.why);
	assert_null(l.entries);
}

static void
fill(unsigned from, unsigned to)
{
	int dir = open(medium.path, O_RDONLY | O_DIRECTORY);

	for (unsigned i = from; i < to; i++) {
		char name[16];
		int fd;

		snprintf(name, sizeof(name), "%06u", i);
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
		assert_true(fd >= 0);
		close(fd);
	}
	close(dir);
}

/* So many files that nobody can have meant it: told of up to a limit. */
static void
many(void **state)
{
	static const struct {
		unsigned files;
		size_t count, total;
		bool more;
	} rows[] = {
		{ MEDIA_SHOWN_MAX, MEDIA_SHOWN_MAX, MEDIA_SHOWN_MAX, false },
		{ MEDIA_SHOWN_MAX + 1, MEDIA_SHOWN_MAX, MEDIA_SHOWN_MAX + 1,
		    false },
		{ MEDIA_ENTRIES_MAX, MEDIA_SHOWN_MAX, MEDIA_ENTRIES_MAX,
		    false },
		{ MEDIA_ENTRIES_MAX + 1, MEDIA_SHOWN_MAX, MEDIA_ENTRIES_MAX,
		    true },
	};
	struct transfer_fault fault;
	struct media_port p = port();
	unsigned made = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct media_listing l;

		fill(made, rows[i].files);
		made = rows[i].files;
		assert_int_equal(media_list(&p, ".", &l, &fault), TRANSFER_OK);
		assert_int_equal(l.count, rows[i].count);
		assert_int_equal(l.total, rows[i].total);
		assert_int_equal(l.more, rows[i].more);
		if (!l.more)
			assert_string_equal(l.entries[9999].name, "009999");
		media_listing_clear(&l);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(refused_reads, fresh),
		cmocka_unit_test_setup(device_node, fresh),
		cmocka_unit_test_setup(good_reads, fresh),
		cmocka_unit_test_setup(long_paths, fresh),
		cmocka_unit_test_setup(kinds, fresh),
		cmocka_unit_test_setup(refused_lists, fresh),
		cmocka_unit_test_setup(many, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, done);
}
