/* SPDX-License-Identifier: ISC */
/* Two copies of a state: compared, and the one following the other. */
#include "ceremony/record/mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ceremony/record/link.h"

static char root[64];
static int a = -1, b = -1;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
open_folder(const char *name)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
fresh(void **state)
{
	(void)state;
	strcpy(root, "/tmp/anchorite-mirror.XXXXXX");
	assert_non_null(mkdtemp(root));
	a = open_folder("a");
	b = open_folder("b");
	return a < 0 || b < 0;
}

static int
done(void **state)
{
	(void)state;
	close(a);
	close(b);
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
put(int dir, const char *name, const char *text)
{
	int fd;

	if (text == NULL)
		return;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
expect(int dir, const char *name, const char *text)
{
	char got[256] = "";
	int fd = openat(dir, name, O_RDONLY);

	if (text == NULL) {
		assert_int_equal(fd, -1);
		return;
	}
	if (fd < 0)
		fail_msg("%s: not there", name);
	assert_int_equal(read(fd, got, sizeof(got) - 1), strlen(text));
	assert_string_equal(got, text);
	close(fd);
}

#define T "transcript.jsonl"
#define I "issuance.jsonl"

static const struct {
	const char *name;
	const char *t[2], *i[2]; /* transcripts, issuance logs */
	enum mirror_order order;
	const char *file;
	uint64_t at;
} cases[] = {
	{ "both empty", { NULL, NULL }, { NULL, NULL }, MIRROR_SAME, NULL, 0 },
	{ "one begun", { "1\n", NULL }, { NULL, NULL }, MIRROR_FIRST, NULL, 0 },
	{ "the other begun", { NULL, "1\n" }, { "", NULL }, MIRROR_SECOND, NULL,
	    0 },
	{ "the same", { "1\n2\n", "1\n2\n" }, { "a\n", "a\n" }, MIRROR_SAME,
	    NULL, 0 },
	{ "the first longer", { "1\n2\n", "1\n" }, { "a\n", "a\n" },
	    MIRROR_FIRST, NULL, 0 },
	{ "the second longer", { "1\n", "1\n2\n" }, { "a\n", "a\nb\n" },
	    MIRROR_SECOND, NULL, 0 },
	{ "a torn line counts for nothing", { "1\n2", "1\n" }, { "", "" },
	    MIRROR_SAME, NULL, 0 },
	{ "torn, and whole there", { "1\n2", "1\n2\n" }, { "", "" },
	    MIRROR_SECOND, NULL, 0 },
	{ "torn to other octets", { "1\n9", "1\n2\n" }, { "", "" },
	    MIRROR_SECOND, NULL, 0 },
	{ "issuance alone longer", { "1\n", "1\n" }, { "a\nb\n", "a\n" },
	    MIRROR_FIRST, NULL, 0 },
	{ "forked", { "1\n2\n", "1\n3\n" }, { "", "" }, MIRROR_FORKED, T, 2 },
	{ "forked, one longer", { "1\n2\n", "1\n3\n4\n" }, { "", "" },
	    MIRROR_FORKED, T, 2 },
	{ "of another log", { "1\n", "x\n" }, { "", "" }, MIRROR_FORKED, T, 1 },
	{ "issuance forked", { "1\n", "1\n" }, { "a\n", "b\n" }, MIRROR_FORKED,
	    I, 1 },
	{ "each has more than the other", { "1\n2\n", "1\n" },
	    { "a\n", "a\nb\n" }, MIRROR_FORKED, I, 2 },
	{ "a line that is longer there", { "1\n2\n", "1\n22\n" }, { "", "" },
	    MIRROR_FORKED, T, 2 },
};

static void
compared(void **state)
{
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct record_fault fault = { .text = "" };
		struct mirror_difference d;

		fresh(state);
		put(a, T, cases[n].t[0]);
		put(b, T, cases[n].t[1]);
		put(a, I, cases[n].i[0]);
		put(b, I, cases[n].i[1]);
		assert_int_equal(mirror_compare(a, b, &d, &fault), RECORD_OK);
		if (d.order != cases[n].order || d.forked_at != cases[n].at ||
		    (cases[n].file == NULL ? d.file != NULL
					   : d.file == NULL ||
				strcmp(d.file, cases[n].file) != 0))
			fail_msg("%s: %d, line %d of %s", cases[n].name,
			    d.order, (int)d.forked_at,
			    d.file == NULL ? "-" : d.file);
		done(state);
	}
}

/* Files longer than what is read at a time. */
static void
compared_long(void **state)
{
	static char text[200001];
	struct record_fault fault = { .text = "" };
	struct mirror_difference d;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 100 == 99 ? '\n' : 'x';
	put(a, T, text);
	put(b, T, text);
	assert_int_equal(mirror_compare(a, b, &d, &fault), RECORD_OK);
	assert_int_equal(d.order, MIRROR_SAME);
	assert_int_equal(d.lines[0], 2000);
	assert_int_equal(d.lines[1], 2000);
	text[150000] = 'y';
	put(b, T, text);
	assert_int_equal(mirror_compare(a, b, &d, &fault), RECORD_OK);
	assert_int_equal(d.order, MIRROR_FORKED);
	assert_int_equal(d.forked_at, 1501);
}

static void
follows(void **state)
{
	struct record_fault fault = { .text = "" };
	struct mirror *m = NULL;

	(void)state;
	put(a, T, "1\n2\n3");
	put(b, T, "1\n2");
	assert_int_equal(mkdirat(a, "objects", 0700), 0);
	put(a, "objects/aa", "first");
	put(a, "objects/.aa.00.new", "left by a crash");
	assert_int_equal(mirror_open(a, b, &m, &fault), RECORD_OK);
	expect(b, T, "1\n");
	assert_int_equal(mirror_sync(m, &fault), RECORD_OK);
	expect(b, T, "1\n2\n");
	expect(b, "objects/aa", "first");
	expect(b, "objects/.aa.00.new", NULL);
	expect(b, "copies", NULL);
	put(a, T, "1\n2\n3\n4\n");
	put(a, I, "a\n");
	put(a, "objects/bb", "second");
	assert_int_equal(mkdirat(a, "checkpoints", 0700), 0);
	put(a, "checkpoints/x.note", "note");
	assert_int_equal(mirror_sync(m, &fault), RECORD_OK);
	expect(b, T, "1\n2\n3\n4\n");
	expect(b, I, "a\n");
	expect(b, "objects/bb", "second");
	expect(b, "checkpoints/x.note", "note");
	assert_int_equal(mirror_sync(m, &fault), RECORD_OK);
	expect(b, T, "1\n2\n3\n4\n");
	mirror_close(m);
	mirror_close(NULL);
}

static void
refused(void **state)
{
	struct record_fault fault = { .text = "" };
	struct mirror *m = NULL;
	int held;

	(void)state;
	put(a, T, "1\n");
	put(b, T, "1\n2\n");
	assert_int_equal(mirror_open(a, b, &m, &fault), RECORD_ERR_CHAIN);
	assert_null(m);
	assert_string_equal(fault.text,
	    "the copy is not a beginning of the state");
	put(b, T, "1\n");
	held = openat(b, T, O_RDWR);
	assert_int_equal(flock(held, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(mirror_open(a, b, &m, &fault), RECORD_ERR_LOCKED);
	close(held);
	assert_int_equal(mirror_open(a, b, &m, &fault), RECORD_OK);
	put(a, T, "");
	assert_int_equal(mirror_sync(m, &fault), RECORD_ERR_CHAIN);
	assert_string_equal(fault.text, T ": became shorter");
	mirror_close(m);
	/* a folder that is a link leads elsewhere */
	put(a, T, "1\n");
	assert_int_equal(mkdirat(a, "objects", 0700), 0);
	put(a, "objects/aa", "x");
	assert_int_equal(symlinkat("/tmp", b, "objects"), 0);
	assert_int_equal(mirror_open(a, b, &m, &fault), RECORD_OK);
	assert_int_equal(mirror_sync(m, &fault), RECORD_ERR_IO);
	assert_int_equal(access("/tmp/aa", F_OK), -1);
	mirror_close(m);
}

/* The copy has another file, a link, a pipe or a folder under a name. */
static void
other_there(void **state)
{
	struct record_fault fault = { .text = "" };
	struct mirror *m = NULL;

	for (int i = 0; i < 5; i++) {
		fresh(state);
		assert_int_equal(mkdirat(a, "objects", 0700), 0);
		assert_int_equal(mkdirat(b, "objects", 0700), 0);
		put(a, "objects/aa", "first");
		put(a, T, "1\n");
		switch (i) {
		case 0:
			put(b, "objects/aa", "fir5t");
			break;
		case 1:
			put(b, "objects/aa", "fir");
			break;
		case 2:
			assert_int_equal(symlinkat("../../a/objects/aa", b,
					     "objects/aa"),
			    0);
			break;
		case 3:
			assert_int_equal(mkfifoat(b, "objects/aa", 0600), 0);
			break;
		default:
			assert_int_equal(mkdirat(b, "objects/aa", 0700), 0);
		}
		assert_int_equal(mirror_open(a, b, &m, &fault), RECORD_OK);
		assert_int_equal(mirror_sync(m, &fault), RECORD_ERR_CHAIN);
		assert_string_equal(fault.text,
		    "aa: the copy has something else under that name");
		expect(b, T, ""); /* no line tells of what is not there */
		mirror_close(m);
		done(state);
	}
}

/* Holes as far as a file goes; and what is torn and just as long as a line. */
static void
too_long(void **state)
{
	struct record_fault fault = { .text = "" };
	struct mirror_difference d;
	struct mirror *m = NULL;
	int fd;

	(void)state;
	put(a, T, "1\n");
	put(b, T, "1\n");
	fd = openat(b, T, O_WRONLY);
	assert_int_equal(ftruncate(fd, 2 + LINK_LINE_MAX), 0);
	assert_int_equal(mirror_compare(a, b, &d, &fault), RECORD_OK);
	assert_int_equal(d.order, MIRROR_SAME);
	assert_int_equal(ftruncate(fd, (off_t)1 << 42), 0);
	close(fd);
	assert_int_equal(mirror_compare(a, b, &d, &fault), RECORD_ERR_FORM);
	assert_string_equal(fault.text, T " line 2: longer than a line can be");
	assert_int_equal(mirror_open(a, b, &m, &fault), RECORD_ERR_FORM);
	assert_null(m);
}

/* More lines than are copied at a time. */
static void
follows_long(void **state)
{
	size_t size = 9u << 20, len = 0;
	char *text = malloc(size + 1), *got = malloc(size);
	struct record_fault fault = { .text = "" };
	struct mirror *m = NULL;
	int fd;

	(void)state;
	assert_non_null(text);
	assert_non_null(got);
	for (size_t i = 0; i < size; i++)
		text[i] = i % 997 == 996 ? '\n' : (char)('a' + i % 26);
	text[size] = '\0';
	put(a, I, text);
	assert_int_equal(mirror_open(a, b, &m, &fault), RECORD_OK);
	assert_int_equal(mirror_sync(m, &fault), RECORD_OK);
	mirror_close(m);
	fd = openat(b, I, O_RDONLY);
	for (ssize_t n; (n = read(fd, got + len, size - len)) > 0;)
		len += (size_t)n;
	close(fd);
	assert_int_equal(len, size / 997 * 997);
	assert_memory_equal(got, text, len);
	free(got);
	free(text);
}

static void
not_a_file(void **state)
{
	struct record_fault fault = { .text = "" };
	struct mirror_difference d;
	struct mirror *m = NULL;

	(void)state;
	assert_int_equal(mkdirat(b, T, 0700), 0);
	assert_int_equal(mirror_compare(a, b, &d, &fault), RECORD_ERR_IO);
	assert_int_equal(mirror_open(a, b, &m, &fault), RECORD_ERR_IO);
	assert_null(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compared),
		cmocka_unit_test_setup_teardown(compared_long, fresh, done),
		cmocka_unit_test_setup_teardown(follows, fresh, done),
		cmocka_unit_test_setup_teardown(refused, fresh, done),
		cmocka_unit_test(other_there),
		cmocka_unit_test_setup_teardown(too_long, fresh, done),
		cmocka_unit_test_setup_teardown(follows_long, fresh, done),
		cmocka_unit_test_setup_teardown(not_a_file, fresh, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
