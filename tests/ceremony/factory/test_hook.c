/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ceremony/factory/hook.h"
#include "tests/ceremony/factory/scratch.h"

#define PATIENT_MS 30000
#define BRIEF_MS 100

static struct scratch scratch;

static void
run(const char *script, int timeout_ms, struct hook_answer *out)
{
	hook_run(scratch_file(&scratch, "hook", script, true), "question\n",
	    timeout_ms, out);
}

static void
test_ends(void **state)
{
	static const struct {
		const char *script;
		enum hook_end end;
		int detail;
		const char *said; /* hook_describe() */
	} rows[] = {
		{ "cat", HOOK_ANSWERED, 0, "answered" },
		{ "head -c 512 /dev/zero", HOOK_ANSWERED, 0, "answered" },
		{ "head -c 513 /dev/zero", HOOK_TOO_LONG, 0,
		    "gave more than 512 octets" },
		{ "head -c 300000 /dev/zero", HOOK_TOO_LONG, 0,
		    "gave more than 512 octets" },
		{ ":", HOOK_SILENT, 0, "gave no answer" },
		{ "cat; exit 3", HOOK_FAILED, 3, "exited with status 3" },
		{ "kill -TERM $$", HOOK_KILLED, SIGTERM,
		    "was killed by signal 15" },
		/* its pipes stay open in one that outlives it */
		{ "sleep 100 & cat", HOOK_ANSWERED, 0, "answered" },
		/* it never reads the question */
		{ "exec <&-; echo x", HOOK_ANSWERED, 0, "answered" },
		{ "[ $# = 0 ] && [ \"$(env | grep -c =)\" = 3 ] && cat",
		    HOOK_ANSWERED, 0, "answered" }, /* PWD is sh's own */
	};
	struct hook_answer a;
	char text[120];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run(rows[i].script, PATIENT_MS, &a);
		assert_int_equal(a.end, rows[i].end);
		assert_int_equal(a.detail, rows[i].detail);
		hook_describe(&a, text, sizeof(text));
		assert_string_equal(text, rows[i].said);
	}
}

static void
test_question(void **state)
{
	struct hook_answer a;
	char question[HOOK_QUESTION_MAX + 2];

	(void)state;
	run("cat; echo complaint >&2", PATIENT_MS, &a);
	assert_int_equal(a.end, HOOK_ANSWERED);
	assert_int_equal(a.len, strlen("question\n"));
	assert_memory_equal(a.data, "question\n", a.len);
	assert_string_equal(a.complaint, "complaint\n");
	memset(question, 'x', sizeof(question));
	question[HOOK_QUESTION_MAX + 1] = '\0';
	hook_run(scratch.path, question, PATIENT_MS, &a);
	assert_int_equal(a.end, HOOK_NOT_STARTED);
	assert_int_equal(a.detail, EMSGSIZE);
	question[HOOK_QUESTION_MAX] = '\0';
	hook_run(scratch.path, question, PATIENT_MS, &a);
	assert_int_equal(a.end, HOOK_ANSWERED);
	assert_int_equal(a.len, HOOK_QUESTION_MAX);
}

static void
test_timeout(void **state)
{
	struct hook_answer a;
	char text[120];

	(void)state;
	run("cat; sleep 100", BRIEF_MS, &a);
	assert_int_equal(a.end, HOOK_TIMEOUT);
	hook_describe(&a, text, sizeof(text));
	assert_string_equal(text, "gave no answer in time");
	run("trap '' TERM INT; while :; do sleep 1; done", BRIEF_MS, &a);
	assert_int_equal(a.end, HOOK_TIMEOUT);
}

static void
test_not_started(void **state)
{
	struct hook_answer a;
	char text[120];

	(void)state;
	hook_run("/none/hook", "", PATIENT_MS, &a);
	assert_int_equal(a.end, HOOK_NOT_STARTED);
	assert_int_equal(a.detail, ENOENT);
	hook_describe(&a, text, sizeof(text));
	assert_string_equal(text,
	    "cannot be started: No such file or directory");
	/* no search along PATH, and nothing that may not be executed */
	hook_run("cat", "", PATIENT_MS, &a);
	assert_int_equal(a.end, HOOK_NOT_STARTED);
	hook_run(scratch_file(&scratch, "text", "text", false), "", PATIENT_MS,
	    &a);
	assert_int_equal(a.end, HOOK_NOT_STARTED);
	assert_int_equal(a.detail, EACCES);
}

static size_t
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
test_leaves_nothing(void **state)
{
	size_t before = open_files();
	struct hook_answer a;

	(void)state;
	run("cat", PATIENT_MS, &a);
	run("sleep 100", BRIEF_MS, &a);
	hook_run("/none/hook", "", PATIENT_MS, &a);
	assert_int_equal(open_files(), before);
}

/* ---- by a runner -------------------------------------------------------- */

/* One for many questions, and for as long as its socket is open. */
static void
test_runner(void **state)
{
	static const char script[] = "read -r q; echo complaint >&2\n"
				     "[ \"$q\" != fail ] || exit 3\n"
				     "echo \"$q\"";
	char question[HOOK_QUESTION_MAX + 2];
	struct hook_answer a;
	int runner, status = -1;

	(void)state;
	runner = hook_runner(scratch_file(&scratch, "hook", script, true));
	assert_true(runner >= 0);
	for (int i = 0; i < 3; i++) {
		hook_ask(runner, i == 1 ? "fail\n" : "question\n", PATIENT_MS,
		    &a);
		assert_int_equal(a.end, i == 1 ? HOOK_FAILED : HOOK_ANSWERED);
		assert_int_equal(a.detail, i == 1 ? 3 : 0);
		assert_int_equal(a.len, i == 1 ? 0 : strlen("question\n"));
		if (i != 1)
			assert_memory_equal(a.data, "question\n", a.len);
		assert_string_equal(a.complaint, "complaint\n");
	}
	/* what is too long is not asked, and the next one is answered */
	memset(question, 'x', sizeof(question));
	question[HOOK_QUESTION_MAX + 1] = '\0';
	hook_ask(runner, question, PATIENT_MS, &a);
	assert_int_equal(a.end, HOOK_NOT_STARTED);
	assert_int_equal(a.detail, EMSGSIZE);
	hook_ask(runner, "again\n", PATIENT_MS, &a);
	assert_int_equal(a.end, HOOK_ANSWERED);
	close(runner);
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_int_equal(status, 0);
}

/* The time is the asker's; and a hook that ends its runner is no answer. */
static void
test_runner_is_gone(void **state)
{
	struct hook_answer a;
	int runner =
	    hook_runner(scratch_file(&scratch, "hook", "cat; sleep 100", true));

	(void)state;
	assert_true(runner >= 0);
	hook_ask(runner, "question\n", BRIEF_MS, &a);
	assert_int_equal(a.end, HOOK_TIMEOUT);
	scratch_file(&scratch, "hook", "kill -KILL $PPID; cat", true);
	for (int i = 0; i < 2; i++) {
		hook_ask(runner, "question\n", PATIENT_MS, &a);
		assert_int_equal(a.end, HOOK_NOT_STARTED);
		assert_int_equal(a.detail, EPIPE);
		assert_int_equal(a.len, 0);
	}
	close(runner);
	assert_true(waitpid(-1, NULL, 0) > 0);
}

static int
setup(void **state)
{
	(void)state;
	return scratch_make(&scratch);
}

static int
teardown(void **state)
{
	(void)state;
	return scratch_free(&scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_leaves_nothing),
		cmocka_unit_test(test_runner),
		cmocka_unit_test(test_runner_is_gone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
