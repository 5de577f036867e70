/* SPDX-License-Identifier: ISC */
#include "ceremony/record/journal.h"

#include <errno.h>
#include <sys/syscall.h>

#include "tests/ceremony/record/fixture.h"

#define NAME "a.jsonl"
#define MAX 16

/* Faults: these take the place of the C library's functions in this program.
 * A count is of calls that still go well before one fails; -1: none fails. */
static struct {
	int fsync_in, ftruncate_in, pwrite_in, pread_in;
	int number;   /* errno of the failure */
	size_t piece; /* pwrite() writes at most so much at once; 0: all */
} faults;

static bool
due(int *in)
{
	if (*in < 0 || (*in)-- > 0)
		return false;
	errno = faults.number;
	return true;
}

int
fsync(int fd)
{
	return due(&faults.fsync_in) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
ftruncate(int fd, off_t size)
{
	return due(&faults.ftruncate_in)
	    ? -1
	    : (int)syscall(SYS_ftruncate, fd, size);
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (due(&faults.pwrite_in))
		return -1;
	if (faults.piece > 0 && len > faults.piece)
		len = faults.piece;
	return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t
pread(int fd, void *data, size_t len, off_t at)
{
	return due(&faults.pread_in) ? -1
				     : syscall(SYS_pread64, fd, data, len, at);
}

static int
setup(void **state)
{
	memset(&faults, 0, sizeof(faults));
	faults.fsync_in = faults.ftruncate_in = -1;
	faults.pwrite_in = faults.pread_in = -1;
	faults.number = EIO;
	return folder_setup(state);
}

/* What each() saw: the lines one after another. */
struct seen {
	char text[256];
	uint64_t lines;
	enum record_error stop; /* on line 2 */
};

static enum record_error
see(void *arg, uint64_t number, const char *line, size_t len,
    struct record_fault *fault)
{
	struct seen *s = arg;

	assert_int_equal(number, s->lines + 1);
	s->lines++;
	strncat(s->text, line, len);
	if (s->stop != RECORD_OK && number == 2)
		return record_fail(fault, s->stop, "stopped");
	return RECORD_OK;
}

static void
lines_are_read_and_a_torn_tail_cut(void **state)
{
	static const struct {
		const char *name, *file, *lines;
		enum record_error want;
		bool torn;
		const char *text;
	} rows[] = {
		{ "empty", "", "", RECORD_OK, false, NULL },
		{ "one", "a\n", "a\n", RECORD_OK, false, NULL },
		{ "two", "a\nbc\n", "a\nbc\n", RECORD_OK, false, NULL },
		{ "only a tail", "abc", "", RECORD_OK, true, NULL },
		{ "line and tail", "a\nbc", "a\n", RECORD_OK, true, NULL },
		{ "longest", "0123456789abcde\n", "0123456789abcde\n",
		    RECORD_OK, false, NULL },
		{ "longest tail", "a\n0123456789abcde", "a\n", RECORD_OK, true,
		    NULL },
		{ "too long", "a\n0123456789abcdef\n", "a\n", RECORD_ERR_FORM,
		    false, "a.jsonl line 2: longer than a line can be" },
		{ "tail too long", "a\n0123456789abcdef", "a\n",
		    RECORD_ERR_FORM, false,
		    "a.jsonl line 2: longer than a line can be" },
	};
	struct folder *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record_fault fault = { 0 };
		struct seen seen = { 0 };
		struct journal j;
		bool torn;

		print_message("# %s\n", rows[i].name);
		file_put(f, NAME, rows[i].file, strlen(rows[i].file));
		assert_int_equal(journal_open(&j, f->fd, NAME, JOURNAL_READ,
				     NULL),
		    0);
		assert_int_equal(journal_read(&j, MAX, see, &seen, &torn,
				     &fault),
		    rows[i].want);
		assert_string_equal(seen.text, rows[i].lines);
		assert_int_equal(torn, rows[i].torn);
		if (rows[i].text != NULL)
			assert_string_equal(fault.text, rows[i].text);
		journal_close(&j);
		file_assert(f, NAME, rows[i].file);

		memset(&seen, 0, sizeof(seen));
		assert_int_equal(journal_open(&j, f->fd, NAME, JOURNAL_WRITE,
				     NULL),
		    0);
		assert_int_equal(journal_read(&j, MAX, see, &seen, &torn, NULL),
		    rows[i].want);
		journal_close(&j);
		file_assert(f, NAME,
		    rows[i].want == RECORD_OK ? rows[i].lines : rows[i].file);
	}
}

static void
files_larger_than_a_chunk_are_read(void **state)
{
	struct folder *f = *state;
	size_t size = 300000, len;
	char *data = malloc(size);
	struct journal j;
	struct seen seen = { 0 };
	bool torn;

	assert_non_null(data);
	memset(data, 'x', size);
	for (size_t i = 99999; i < size; i += 100000)
		data[i] = '\n';
	file_put(f, NAME, data, size);
	free(data);
	assert_int_equal(journal_open(&j, f->fd, NAME, JOURNAL_READ, NULL), 0);
	/* each() would overrun its text: it is told of no line this long */
	assert_int_equal(journal_read(&j, 99999, see, &seen, &torn, NULL),
	    RECORD_ERR_FORM);
	assert_int_equal(seen.lines, 0);
	journal_close(&j);
	data = file_get(f, NAME, &len);
	assert_int_equal(len, size);
	free(data);
}

static void
an_error_of_the_callee_stops(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	struct seen seen = { .stop = RECORD_ERR_CHAIN };
	struct journal j;
	bool torn;

	file_put(f, NAME, "1\n2\n3\ntail", 10);
	assert_int_equal(journal_open(&j, f->fd, NAME, JOURNAL_WRITE, NULL), 0);
	assert_int_equal(journal_read(&j, MAX, see, &seen, &torn, &fault),
	    RECORD_ERR_CHAIN);
	assert_string_equal(fault.text, "stopped");
	assert_int_equal(seen.lines, 2);
	assert_false(torn);
	journal_close(&j);
	file_assert(f, NAME, "1\n2\n3\ntail");
}

static void
what_is_no_file_of_ours_is_not_opened(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	struct journal j;

	assert_int_equal(journal_open(&j, f->fd, NAME, JOURNAL_WRITE, &fault),
	    RECORD_ERR_MISSING);
	assert_string_equal(fault.text, "a.jsonl: there is none");
	assert_int_equal(j.fd, -1);
	assert_int_equal(journal_open(&j, f->fd, NAME, JOURNAL_READ, &fault),
	    RECORD_ERR_MISSING);

	assert_int_equal(mkfifoat(f->fd, "fifo", 0600), 0);
	assert_int_equal(journal_open(&j, f->fd, "fifo", JOURNAL_READ, &fault),
	    RECORD_ERR_IO);
	assert_string_equal(fault.text, "fifo: not a regular file");
	assert_int_equal(mkdirat(f->fd, "dir", 0700), 0);
	assert_int_equal(journal_open(&j, f->fd, "dir", JOURNAL_WRITE, &fault),
	    RECORD_ERR_IO);
	assert_int_equal(symlinkat("fifo", f->fd, "link"), 0);
	assert_int_equal(journal_open(&j, f->fd, "link", JOURNAL_READ, &fault),
	    RECORD_ERR_IO);
	assert_non_null(strstr(fault.text, "link: cannot open it: "));
}

static void
one_writer_at_a_time(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	struct journal a, b;

	assert_int_equal(journal_open(&a, f->fd, NAME, JOURNAL_CREATE, NULL),
	    0);
	assert_int_equal(journal_open(&b, f->fd, NAME, JOURNAL_WRITE, &fault),
	    RECORD_ERR_LOCKED);
	assert_string_equal(fault.text,
	    "a.jsonl: another ceremony has it open; end that one first");
	assert_int_equal(journal_open(&b, f->fd, NAME, JOURNAL_READ, NULL), 0);
	assert_int_equal(journal_append(&b, "x\n", 2), RECORD_ERR_ARGUMENT);
	journal_close(&b);
	journal_close(&a);
	assert_int_equal(journal_open(&b, f->fd, NAME, JOURNAL_WRITE, NULL), 0);
	journal_close(&b);
	journal_close(&b);
}

static void
open_with_a_line(const struct folder *f, struct journal *j)
{
	struct seen seen = { 0 };
	bool torn;

	file_put(f, NAME, "old\n", 4);
	assert_int_equal(journal_open(j, f->fd, NAME, JOURNAL_WRITE, NULL), 0);
	assert_int_equal(journal_read(j, MAX, see, &seen, &torn, NULL), 0);
}

static void
appending_is_whole_or_nothing(void **state)
{
	static const struct {
		const char *name;
		size_t piece;
		int pwrite_in, fsync_in, number;
		enum record_error want;
	} rows[] = {
		{ "in pieces", 1, -1, -1, 0, RECORD_OK },
		{ "interrupted", 2, 1, -1, EINTR, RECORD_OK },
		{ "first write", 0, 0, -1, EIO, RECORD_ERR_IO },
		{ "in the middle", 2, 1, -1, EIO, RECORD_ERR_IO },
		{ "disk full", 2, 1, -1, ENOSPC, RECORD_ERR_FULL },
		{ "quota", 2, 1, -1, EDQUOT, RECORD_ERR_FULL },
		{ "sync", 0, -1, 0, EIO, RECORD_ERR_IO },
		{ "full at sync", 0, -1, 0, ENOSPC, RECORD_ERR_FULL },
	};
	struct folder *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct journal j;

		print_message("# %s\n", rows[i].name);
		open_with_a_line(f, &j);
		faults.piece = rows[i].piece;
		faults.pwrite_in = rows[i].pwrite_in;
		faults.fsync_in = rows[i].fsync_in;
		faults.number = rows[i].number;
		assert_int_equal(journal_append(&j, "new\n", 4), rows[i].want);
		file_assert(f, NAME,
		    rows[i].want == RECORD_OK ? "old\nnew\n" : "old\n");
		assert_int_equal(journal_append(&j, "next\n", 5), RECORD_OK);
		file_assert(f, NAME,
		    rows[i].want == RECORD_OK ? "old\nnew\nnext\n"
					      : "old\nnext\n");
		journal_close(&j);
	}
}

static void
a_file_limit_is_a_full_disk(void **state)
{
	struct folder *f = *state;
	struct journal j;

	open_with_a_line(f, &j);
	file_limit(6);
	assert_int_equal(journal_append(&j, "new\n", 4), RECORD_ERR_FULL);
	file_unlimit();
	file_assert(f, NAME, "old\n");
	assert_int_equal(journal_append(&j, "new\n", 4), RECORD_OK);
	file_assert(f, NAME, "old\nnew\n");
	journal_close(&j);
}

static void
what_cannot_be_cut_back_is_left_alone(void **state)
{
	struct folder *f = *state;
	struct journal j;

	open_with_a_line(f, &j);
	faults.piece = 2;
	faults.pwrite_in = 1;
	faults.ftruncate_in = 0;
	assert_int_equal(journal_append(&j, "new\n", 4), RECORD_ERR_IO);
	file_assert(f, NAME, "old\nne");
	assert_int_equal(journal_append(&j, "next\n", 5), RECORD_ERR_IO);
	file_assert(f, NAME, "old\nne");
	journal_close(&j);
}

static void
failures_of_opening_and_reading_are_told(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	struct seen seen = { 0 };
	struct journal j;
	bool torn;

	faults.fsync_in = 0;
	assert_int_equal(journal_open(&j, f->fd, NAME, JOURNAL_CREATE, &fault),
	    RECORD_ERR_IO);
	assert_non_null(strstr(fault.text, "cannot sync its folder"));

	file_put(f, NAME, "1\ntail", 6);
	assert_int_equal(journal_open(&j, f->fd, NAME, JOURNAL_WRITE, &fault),
	    0);
	faults.pread_in = 0;
	assert_int_equal(journal_read(&j, MAX, see, &seen, &torn, &fault),
	    RECORD_ERR_IO);
	assert_non_null(strstr(fault.text, "cannot read it"));
	faults.ftruncate_in = 0;
	assert_int_equal(journal_read(&j, MAX, see, &seen, &torn, &fault),
	    RECORD_ERR_IO);
	assert_false(torn);
	assert_non_null(strstr(fault.text, "cannot cut off"));
	journal_close(&j);
	file_assert(f, NAME, "1\ntail");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(lines_are_read_and_a_torn_tail_cut),
		CASE(files_larger_than_a_chunk_are_read),
		CASE(an_error_of_the_callee_stops),
		CASE(what_is_no_file_of_ours_is_not_opened),
		CASE(one_writer_at_a_time),
		CASE(appending_is_whole_or_nothing),
		CASE(a_file_limit_is_a_full_disk),
		CASE(what_cannot_be_cut_back_is_left_alone),
		CASE(failures_of_opening_and_reading_are_told),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
