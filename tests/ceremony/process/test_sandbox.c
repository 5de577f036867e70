/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "ceremony/process/sandbox.h"
#include "tests/ceremony/process/driver.h"

/* What a child finds after sandbox_enter(); sent to the test by a pipe. */
struct finding {
	int entered;
	char level[128];
	struct rlimit core, file, files, cpu, memory;
	int dumpable, no_new_privs;
	bool file_made;
};

static void
look(enum sandbox_role role, struct finding *f)
{
	FILE *made;

	f->entered = sandbox_enter(role, f->level, sizeof(f->level));
	getrlimit(RLIMIT_CORE, &f->core);
	getrlimit(RLIMIT_FSIZE, &f->file);
	getrlimit(RLIMIT_NOFILE, &f->files);
	getrlimit(RLIMIT_CPU, &f->cpu);
	getrlimit(RLIMIT_AS, &f->memory);
	f->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	f->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	signal(SIGXFSZ, SIG_IGN);
	made = tmpfile();
	f->file_made =
	    made != NULL && fputc('x', made) != EOF && fflush(made) == 0;
}

/* Rights given up do not come back: a child of its own for each role. */
static struct finding
enter(enum sandbox_role role)
{
	struct finding f = { .entered = -1 };
	int pipes[2], status = -1;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		look(role, &f);
		_exit(write(pipes[1], &f, sizeof(f)) != sizeof(f));
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &f, sizeof(f)), sizeof(f));
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return f;
}

static void
check_common(const struct finding *f)
{
	assert_int_equal(f->entered, 0);
	assert_int_equal(f->core.rlim_cur, 0);
	assert_int_equal(f->core.rlim_max, 0);
	assert_int_equal(f->dumpable, 0);
	assert_int_equal(f->no_new_privs, 1);
}

static void
operator_and_signer(void **state)
{
	const enum sandbox_role roles[] = { SANDBOX_OPERATOR, SANDBOX_SIGNER };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct finding f = enter(roles[i]);
		check_common(&f);
		assert_string_equal(f.level, "nocore,nodump,nonewprivs");
		assert_true(f.file_made);
	}
}

static void
reader(void **state)
{
	struct finding f = enter(SANDBOX_READER);

	(void)state;
	check_common(&f);
	assert_string_equal(f.level, "nocore,nodump,nonewprivs,limits");
	assert_int_equal(f.file.rlim_max, 0);
	assert_int_equal(f.files.rlim_max, 64);
	assert_int_equal(f.cpu.rlim_max, 60);
#ifndef __SANITIZE_ADDRESS__
	assert_true(f.memory.rlim_max == 1024u << 20);
#endif
	assert_false(f.file_made);
}

/* A level that does not fit is no level. */
static void
level_cut_short(void **state)
{
	int status = -1;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		char level[10];
		_exit(sandbox_enter(SANDBOX_SIGNER, level, sizeof(level)) == -1
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* What the real helpers say of themselves. */
static void
helpers(void **state)
{
	static const char *const levels[] = {
		[SPAWN_READER] = "nocore,nodump,nonewprivs,limits",
		[SPAWN_SIGNER] = "nocore,nodump,nonewprivs",
	};

	(void)state;
	peer_find_executables();
	for (int what = SPAWN_READER; what <= SPAWN_SIGNER; what++) {
		struct peer *p = peer_new((enum spawn_what)what);
		assert_string_equal(p->level, levels[what]);
		peer_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operator_and_signer),
		cmocka_unit_test(reader),
		cmocka_unit_test(level_cut_short),
		cmocka_unit_test(helpers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
