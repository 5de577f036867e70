/* SPDX-License-Identifier: ISC */
/* What a process that entered its cell looks like from outside. */
#include <sys/prctl.h>
#include <sys/wait.h>

#include "ceremony/process/sandbox.h"
#include "tests/ceremony/process/cell.h"
#include "tests/ceremony/process/driver.h"

/* A process in its cell, which ends when its pipe is closed. */
struct inmate {
	pid_t pid;
	int go;
	struct {
		int entered, dumpable;
		char level[SANDBOX_LEVEL_MAX];
	} said;
};

static _Noreturn void
sit(enum sandbox_role role, struct inmate *i, int told, int go)
{
	char octet;

	i->said.entered =
	    sandbox_enter(role, NULL, i->said.level, sizeof(i->said.level));
	i->said.dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	if (write(told, &i->said, sizeof(i->said)) != sizeof(i->said))
		_exit(1);
	_exit(read(go, &octet, 1) == 0 ? 0 : 1);
}

static struct inmate
enter(enum sandbox_role role)
{
	struct inmate i = { .said.entered = -1 };
	int told[2], go[2];

	assert_int_equal(pipe(told), 0);
	assert_int_equal(pipe(go), 0);
	i.pid = fork();
	assert_true(i.pid >= 0);
	if (i.pid == 0) {
		close(go[1]);
		sit(role, &i, told[1], go[0]);
	}
	close(told[1]);
	close(go[0]);
	i.go = go[1];
	assert_int_equal(read(told[0], &i.said, sizeof(i.said)),
	    sizeof(i.said));
	close(told[0]);
	return i;
}

static void
leave(const struct inmate *i)
{
	int status = -1;

	close(i->go);
	assert_int_equal(waitpid(i->pid, &status, 0), i->pid);
	assert_int_equal(status, 0);
}

/* What a role reaches here. */
static const char *
level_of(enum sandbox_role role)
{
	static const char *const levels[2][2] = {
		{ "nocore,nodump,nonewprivs,seccomp",
		    "nocore,nodump,nonewprivs,landlock,seccomp" },
		{ "nocore,nodump,nonewprivs,limits,seccomp",
		    "nocore,nodump,nonewprivs,limits,landlock,seccomp" },
	};
	/* who is in any ruleset cannot mount */
	bool landlock = cell_has_landlock() && role != SANDBOX_MEDIA;

	return levels[role == SANDBOX_READER][landlock];
}

static void
every_role(void **state)
{
	(void)state;
	for (int role = 0; role < SANDBOX_ROLE_COUNT; role++) {
		struct inmate i = enter((enum sandbox_role)role);

		assert_int_equal(i.said.entered, 0);
		assert_string_equal(i.said.level,
		    level_of((enum sandbox_role)role));
		assert_int_equal(i.said.dumpable, 0);
		cell_expect(i.pid, "status", "NoNewPrivs:", "1");
		cell_expect(i.pid, "status", "Seccomp:",
		    cell_has_word(i.said.level, "seccomp") ? "2" : "0");
		cell_expect(i.pid, "limits", "Max core file size", "0");
		leave(&i);
	}
}

static void
reader_limits(void **state)
{
	struct inmate i = enter(SANDBOX_READER);

	(void)state;
	cell_expect(i.pid, "limits", "Max file size", "0");
	cell_expect(i.pid, "limits", "Max open files", "64");
	cell_expect(i.pid, "limits", "Max cpu time", "60");
	cell_expect(i.pid, "limits", "Max processes", "0");
#ifndef __SANITIZE_ADDRESS__
	cell_expect(i.pid, "limits", "Max address space", "1073741824");
#endif
	leave(&i);
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
		_exit(sandbox_enter(SANDBOX_SIGNER, NULL, level,
			  sizeof(level)) == -1
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* The real helpers, as they run: what they say of themselves, and what the
 * kernel says of them. */
static void
helpers(void **state)
{
	static const enum sandbox_role roles[] = {
		[SPAWN_READER] = SANDBOX_READER,
		[SPAWN_SIGNER] = SANDBOX_SIGNER,
		[SPAWN_MEDIA] = SANDBOX_MEDIA,
	};

	(void)state;
	peer_find_executables();
	for (int what = SPAWN_READER; what <= SPAWN_MEDIA; what++) {
		struct peer *p = peer_new((enum spawn_what)what);
		assert_string_equal(p->level, level_of(roles[what]));
		cell_expect(p->child.pid, "status", "NoNewPrivs:", "1");
		cell_expect(p->child.pid, "status",
		    "Seccomp:", cell_has_word(p->level, "seccomp") ? "2" : "0");
		peer_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role),
		cmocka_unit_test(reader_limits),
		cmocka_unit_test(level_cut_short),
		cmocka_unit_test(helpers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
