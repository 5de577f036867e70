/* SPDX-License-Identifier: ISC */
#include "ceremony/record/transcript.h"

#include "tests/ceremony/record/fixture.h"

#define NAME "transcript.jsonl"
#define LOG "example.org/pki"
#define CER "first"

static const char *const actors[] = { "alice", NULL };
static const char *const nobody[] = { NULL };
static const struct moment noon = { 1772280000, 42 };

static enum record_error
add(struct transcript *t, const char *log, int n, struct link *out)
{
	return transcript_append(t, log, CER, noon, "card", actors,
	    json_pack("{s:i}", "n", n), out);
}

/* A transcript of some lines in the folder, closed again. */
static void
make(const struct folder *f, int lines)
{
	struct transcript *t;

	unlinkat(f->fd, NAME, 0);
	assert_int_equal(transcript_open(f->fd, true, &t, NULL, NULL),
	    RECORD_OK);
	for (int i = 0; i < lines; i++)
		assert_int_equal(add(t, LOG, i, NULL), RECORD_OK);
	transcript_close(t);
}

static void
lines_are_chained_and_stay(void **state)
{
	struct folder *f = *state;
	struct transcript *t;
	struct link links[3], again;
	const char *line, *first;
	size_t len;
	bool torn = true;
	char *file;

	assert_int_equal(transcript_open(f->fd, true, &t, &torn, NULL),
	    RECORD_OK);
	assert_false(torn);
	assert_int_equal(transcript_count(t), 0);
	assert_null(transcript_head(t));
	assert_null(transcript_line(t, 0, &len));
	assert_int_equal(add(t, LOG, 0, &links[0]), RECORD_OK);
	first = transcript_line(t, 0, &len);
	for (int i = 1; i < 3; i++) {
		assert_int_equal(add(t, LOG, i, &links[i]), RECORD_OK);
		assert_true(link_follows(&links[i - 1], &links[i]));
	}
	assert_ptr_equal(transcript_line(t, 0, &len), first);
	assert_memory_equal(transcript_head(t), &links[2], sizeof(links[2]));
	transcript_close(t);

	file = file_get(f, NAME, &len);
	assert_memory_equal(file,
	    "{\"v\":1,\"log\":\"" LOG "\",\"cer\":\"" CER "\",\"seq\":0,"
	    "\"prev\":\"00000000000000000000000000000000"
	    "00000000000000000000000000000000\","
	    "\"t\":\"2026-02-28T12:00:00Z\",\"up\":42,\"type\":\"card\","
	    "\"actor\":[\"alice\"],\"body\":{\"n\":0}}\n",
	    strchr(file, '\n') - file + 1);

	assert_int_equal(transcript_open(f->fd, false, &t, &torn, NULL),
	    RECORD_OK);
	assert_false(torn);
	assert_int_equal(transcript_count(t), 3);
	for (size_t i = 0, at = 0; i < 3; i++, at += len) {
		struct event e;

		line = transcript_line(t, i, &len);
		assert_memory_equal(line, file + at, len);
		assert_true(link_read(line, len, &again));
		assert_memory_equal(&again, &links[i], sizeof(again));
		assert_int_equal(event_read(line, len, &e, NULL), RECORD_OK);
		event_clear(&e);
	}
	assert_memory_equal(transcript_head(t), &links[2], sizeof(links[2]));
	assert_int_equal(add(t, LOG, 3, &again), RECORD_OK);
	assert_true(link_follows(&links[2], &again));
	transcript_close(t);
	transcript_close(NULL);
	free(file);
}

static void
many_lines_are_kept(void **state)
{
	struct folder *f = *state;
	struct transcript *t;

	make(f, 600);
	assert_int_equal(transcript_view(f->fd, &t, NULL, NULL), RECORD_OK);
	assert_int_equal(transcript_count(t), 600);
	assert_int_equal(transcript_head(t)->seq, 599);
	transcript_close(t);
}

static void
a_torn_line_is_cut_off(void **state)
{
	struct folder *f = *state;
	struct transcript *t;
	size_t len, whole;
	char *file, *two;
	bool torn;

	make(f, 2);
	two = file_get(f, NAME, &whole);
	make(f, 3);
	file = file_get(f, NAME, &len);
	for (size_t cut = whole + 1; cut < len; cut += 7) {
		file_put(f, NAME, file, cut);
		torn = false;
		assert_int_equal(transcript_view(f->fd, &t, &torn, NULL),
		    RECORD_OK);
		assert_true(torn);
		assert_int_equal(transcript_count(t), 2);
		assert_int_equal(add(t, LOG, 2, NULL), RECORD_ERR_ARGUMENT);
		transcript_close(t);

		torn = false;
		assert_int_equal(transcript_open(f->fd, false, &t, &torn, NULL),
		    RECORD_OK);
		assert_true(torn);
		file_assert(f, NAME, two);
		assert_int_equal(add(t, LOG, 2, NULL), RECORD_OK);
		transcript_close(t);
		file_assert(f, NAME, file);
	}
	free(file);
	free(two);
}

/* Change one text of a file of three lines to another of the same length. */
static const struct {
	const char *name;
	unsigned line;
	const char *from, *to;
	enum record_error want;
	const char *text;
} changes[] = {
	{ "body of the first", 1, "\"n\":0", "\"n\":9", RECORD_ERR_CHAIN,
	    NAME " line 2: prev is not the hash of line 1" },
	{ "body of the second", 2, "\"n\":1", "\"n\":9", RECORD_ERR_CHAIN,
	    NAME " line 3: prev is not the hash of line 2" },
	{ "seq", 2, "\"seq\":1", "\"seq\":7", RECORD_ERR_CHAIN,
	    NAME " line 2: seq is 7, not 1" },
	{ "seq of the first", 1, "\"seq\":0", "\"seq\":1", RECORD_ERR_CHAIN,
	    NAME " line 1: seq is 1, not 0" },
	{ "prev of the first", 1, "\"prev\":\"0", "\"prev\":\"1",
	    RECORD_ERR_CHAIN, NAME " line 1: prev is not zero" },
	{ "form", 3, "{\"v\":1", "{\"v\":2", RECORD_ERR_FORM,
	    NAME " line 3: not a line of a transcript" },
	{ "log", 3, LOG, "example.net/pki", RECORD_ERR_OTHER_LOG,
	    NAME " line 3: belongs to another log than line 1" },
	{ "log of the first", 1, LOG, "example.net/pki", RECORD_ERR_CHAIN,
	    NAME " line 2: prev is not the hash of line 1" },
};

static void
what_was_changed_is_found(void **state)
{
	struct folder *f = *state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct record_fault fault = { 0 };
		struct transcript *t = NULL;
		char *file, *at;
		size_t len;

		print_message("# %s\n", changes[i].name);
		make(f, 3);
		at = file = file_get(f, NAME, &len);
		for (unsigned n = 1; n < changes[i].line; n++)
			at = strchr(at, '\n') + 1;
		at = strstr(at, changes[i].from);
		memcpy(at, changes[i].to, strlen(changes[i].to));
		file_put(f, NAME, file, len);
		assert_int_equal(transcript_open(f->fd, false, &t, NULL,
				     &fault),
		    changes[i].want);
		assert_null(t);
		assert_string_equal(fault.text, changes[i].text);
		assert_int_equal(transcript_view(f->fd, &t, NULL, NULL),
		    changes[i].want);
		free(file);
	}
}

static void
a_missing_line_is_found(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	struct transcript *t;
	char *file, *second;
	size_t len;

	make(f, 3);
	file = file_get(f, NAME, &len);
	second = strchr(file, '\n') + 1;
	file_put(f, NAME, second, strlen(second));
	assert_int_equal(transcript_open(f->fd, false, &t, NULL, &fault),
	    RECORD_ERR_CHAIN);
	assert_string_equal(fault.text, NAME " line 1: seq is 1, not 0");
	free(file);
}

static void
opening_has_its_errors(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	struct transcript *a, *b;
	char *big;

	assert_int_equal(transcript_open(f->fd, false, &a, NULL, &fault),
	    RECORD_ERR_MISSING);
	assert_null(a);
	assert_int_equal(transcript_view(f->fd, &a, NULL, &fault),
	    RECORD_ERR_MISSING);
	assert_int_equal(transcript_open(-1, true, &a, NULL, &fault),
	    RECORD_ERR_IO);
	make(f, 1);
	assert_int_equal(transcript_open(f->fd, false, &a, NULL, NULL),
	    RECORD_OK);
	assert_int_equal(transcript_open(f->fd, false, &b, NULL, &fault),
	    RECORD_ERR_LOCKED);
	assert_int_equal(transcript_view(f->fd, &b, NULL, NULL), RECORD_OK);
	transcript_close(b);
	transcript_close(a);

	/* no append of ours was torn here: it is not for us to cut it off */
	big = calloc(1, LINK_LINE_MAX);
	file_put(f, NAME, big, LINK_LINE_MAX);
	free(big);
	assert_int_equal(transcript_open(f->fd, false, &a, NULL, &fault),
	    RECORD_ERR_FORM);
}

static void
a_refused_line_changes_nothing(void **state)
{
	struct folder *f = *state;
	struct transcript *t;
	char *before, *text;
	size_t len;

	make(f, 1);
	before = file_get(f, NAME, &len);
	assert_int_equal(transcript_open(f->fd, false, &t, NULL, NULL),
	    RECORD_OK);
	assert_int_equal(transcript_append(t, LOG, CER, noon, "card", nobody,
			     NULL, NULL),
	    RECORD_ERR_ARGUMENT);
	assert_int_equal(transcript_append(t, LOG, CER, noon, "card", nobody,
			     json_pack("{s:f}", "a", 1.5), NULL),
	    RECORD_ERR_FORM);
	assert_int_equal(transcript_append(t, LOG, CER, noon, "", nobody,
			     json_object(), NULL),
	    RECORD_ERR_FORM);
	assert_int_equal(add(t, "example.net/pki", 1, NULL),
	    RECORD_ERR_OTHER_LOG);
	assert_int_equal(add(t, LOG "2", 1, NULL), RECORD_ERR_OTHER_LOG);
	text = calloc(1, LINK_LINE_MAX);
	memset(text, 'x', LINK_LINE_MAX - 1);
	assert_int_equal(transcript_append(t, LOG, CER, noon, "card", nobody,
			     json_pack("{s:s}", "a", text), NULL),
	    RECORD_ERR_FORM);
	free(text);
	assert_int_equal(transcript_count(t), 1);
	file_assert(f, NAME, before);
	free(before);
	assert_int_equal(transcript_append(t, LOG, CER, noon, "card", nobody,
			     json_object(), NULL),
	    RECORD_OK);
	transcript_close(t);
}

static void
the_longest_line_is_written_and_read(void **state)
{
	struct folder *f = *state;
	char *text = calloc(1, LINK_LINE_MAX);
	struct transcript *t;
	size_t len, room;

	make(f, 0);
	assert_non_null(text);
	assert_int_equal(transcript_open(f->fd, false, &t, NULL, NULL),
	    RECORD_OK);
	assert_int_equal(transcript_append(t, LOG, CER, noon, "card", nobody,
			     json_pack("{s:s}", "a", ""), NULL),
	    RECORD_OK);
	transcript_line(t, 0, &len);
	room = LINK_LINE_MAX - len;
	memset(text, 'x', room + 1);
	assert_int_equal(transcript_append(t, LOG, CER, noon, "card", nobody,
			     json_pack("{s:s}", "a", text), NULL),
	    RECORD_ERR_FORM);
	text[room] = '\0';
	assert_int_equal(transcript_append(t, LOG, CER, noon, "card", nobody,
			     json_pack("{s:s}", "a", text), NULL),
	    RECORD_OK);
	transcript_line(t, 1, &len);
	assert_int_equal(len, LINK_LINE_MAX);
	transcript_close(t);
	free(text);
	assert_int_equal(transcript_open(f->fd, false, &t, NULL, NULL),
	    RECORD_OK);
	assert_int_equal(transcript_count(t), 2);
	transcript_close(t);
}

static void
a_full_disk_leaves_the_file_as_it_was(void **state)
{
	struct folder *f = *state;
	struct transcript *t;
	struct link link, head;
	char *before;
	size_t len;

	make(f, 2);
	before = file_get(f, NAME, &len);
	assert_int_equal(transcript_open(f->fd, false, &t, NULL, NULL),
	    RECORD_OK);
	head = *transcript_head(t);
	for (size_t more = 0; more < 100; more += 33) {
		file_limit(len + more);
		assert_int_equal(add(t, LOG, 2, NULL), RECORD_ERR_FULL);
		file_unlimit();
		file_assert(f, NAME, before);
		assert_int_equal(transcript_count(t), 2);
		assert_memory_equal(transcript_head(t), &head, sizeof(head));
	}
	assert_int_equal(add(t, LOG, 2, &link), RECORD_OK);
	assert_true(link_follows(&head, &link));
	transcript_close(t);
	assert_int_equal(transcript_view(f->fd, &t, NULL, NULL), RECORD_OK);
	assert_int_equal(transcript_count(t), 3);
	transcript_close(t);
	free(before);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(lines_are_chained_and_stay),
		CASE(many_lines_are_kept),
		CASE(a_torn_line_is_cut_off),
		CASE(what_was_changed_is_found),
		CASE(a_missing_line_is_found),
		CASE(opening_has_its_errors),
		CASE(a_refused_line_changes_nothing),
		CASE(the_longest_line_is_written_and_read),
		CASE(a_full_disk_leaves_the_file_as_it_was),
	};

	return cmocka_run_group_tests_name("transcript", tests, NULL, NULL);
}
