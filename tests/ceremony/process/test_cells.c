/* SPDX-License-Identifier: ISC */
/*
 * A process of each role tries what it may not.  The table of results is
 * printed: role, act, what became of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "ceremony/process/sandbox.h"
#include "tests/ceremony/process/cell.h"

static char scratch[] = "/tmp/test_cells.XXXXXX";
static char victim[] = "of another process";

/* ---- acts: 0 when it could be done, else an error number -------------------- */

static int
result(long ret)
{
	return ret == -1 ? errno : 0;
}

static int
act_open(void)
{
	return result(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int
act_create(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/made", scratch);
	return result(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int
act_remove(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/there", scratch);
	return result(unlink(path));
}

static int
act_inet(void)
{
	return result(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
act_netlink(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int
act_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
act_execve(void)
{
	char *argv[] = { (char *)(uintptr_t) "true", NULL };
	char *envp[] = { NULL };

	return result(execve("/bin/true", argv, envp));
}

static int
act_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int
act_ptrace(void)
{
	return result(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
}

static int
act_vm_readv(void)
{
	char out[sizeof(victim)];
	struct iovec here = { out, sizeof(out) };
	struct iovec there = { victim, sizeof(victim) };

	return result(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

/* The same by the file of /proc. */
static int
act_proc_mem(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)getppid());
	return result(open(path, O_RDONLY | O_CLOEXEC));
}

static int
act_kill(void)
{
	return result(kill(getppid(), SIGCONT));
}

static int
act_mount(void)
{
	int err = result(mount("none", "/nonesuch", "tmpfs", 0, NULL));

	return err == ENOENT ? 0 : err; /* it got as far as the folder */
}

static int
act_unshare(void)
{
	return result(unshare(CLONE_NEWNS));
}

static int
act_bpf(void)
{
	return result(syscall(SYS_bpf, 0, NULL, 0));
}

static int
act_module(void)
{
	return result(syscall(SYS_init_module, NULL, 0, ""));
}

static int
act_io_uring(void)
{
	return result(syscall(SYS_io_uring_setup, 1, NULL));
}

static int
act_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

/* A descriptor that is no terminal: it got as far as that. */
static int
act_type(void)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int err = result(ioctl(null, TIOCSTI, "x"));

	return err == ENOTTY || err == EBADF ? 0 : err;
}

/* May others trace it and read its memory again? */
static int
act_dumpable(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int
act_pidfd_getfd(void)
{
	int err = result(syscall(438 /* pidfd_getfd */, -1, 0, 0));

	return err == EBADF ? 0 : err;
}

static const struct act {
	const char *name;
	int (*try)(void);
} acts[] = {
	{ "open a file", act_open },
	{ "create a file", act_create },
	{ "remove a file", act_remove },
	{ "socket: internet", act_inet },
	{ "socket: netlink", act_netlink },
	{ "socket: unix", act_unix },
	{ "execve", act_execve },
	{ "fork", act_fork },
	{ "ptrace", act_ptrace },
	{ "process_vm_readv", act_vm_readv },
	{ "/proc/PID/mem", act_proc_mem },
	{ "kill another", act_kill },
	{ "mount", act_mount },
	{ "unshare", act_unshare },
	{ "bpf", act_bpf },
	{ "load a module", act_module },
	{ "io_uring", act_io_uring },
	{ "writable code", act_code },
	{ "type for people", act_type },
	{ "be traced again", act_dumpable },
	{ "pidfd_getfd", act_pidfd_getfd },
};
#define ACTS (sizeof(acts) / sizeof(acts[0]))

/* ---- what becomes of them ------------------------------------------------- */

enum fate {
	DONE,    /* it may */
	REFUSED, /* EPERM or EACCES */
	ENDED,   /* SIGSYS */
};
static const char *const fates[] = {
	[DONE] = "done",
	[REFUSED] = "refused",
	[ENDED] = "ended (SIGSYS)",
};

/* A letter an act, in the order of acts[]: done, refused, ended; R is refused
 * by Landlock, and without it not looked at; a is ended, but refused where
 * AddressSanitizer may open its process's maps; u is as its user may: who
 * mounts is in no ruleset. */
static const struct {
	enum sandbox_role role;
	const char *name;
	const char *expect;
} roles[] = {
	{ SANDBOX_READER, "reader", "aaeeeeeeeeaeeeeeeeeee" },
	{ SANDBOX_SIGNER, "signer", "dRReedeeeeReeeeeeeeee" },
	{ SANDBOX_SOFT, "signer, soft", "RRRrrreeeeReeeeeeeeee" },
	{ SANDBOX_CARD, "signer, card", "RRReedeeeeReeeeeeeeee" },
	{ SANDBOX_PAPER, "signer, paper", "aaeeeeeeeeaeeeeeeeeee" },
	{ SANDBOX_MEDIA, "media", "dddeeeeeeeueeeeeeeeee" },
	{ SANDBOX_OPERATOR, "operator", "dddrrdRdrrRRrrrrrrrrr" },
	{ SANDBOX_AUDITOR, "auditor", "RrrrrrrrrrRrrrrrrrrrr" },
	{ SANDBOX_FACTORY, "factory", "RRRrrrrrrrRrrrrrrrrrr" },
	{ SANDBOX_WITNESS, "witness", "rrrrrrrrrrrrrrrrrrrrr" },
};

static void
make_there(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/there", scratch);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static enum fate
try(enum sandbox_role role, const struct act *act)
{
	char level[SANDBOX_LEVEL_MAX];
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct sandbox_path none[] = { { NULL, 0 } };
		if (sandbox_enter(role, none, level, sizeof(level)) != 0)
			_exit(255);
		_exit(act->try());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (strcmp(act->name, "remove a file") == 0)
		make_there();
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return ENDED;
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == EPERM || WEXITSTATUS(status) == EACCES)
		return REFUSED;
	if (WEXITSTATUS(status) != 0)
		fail_msg("%s: %s", act->name, strerror(WEXITSTATUS(status)));
	return DONE;
}

static enum fate
fate_of(char letter)
{
#if defined(__SANITIZE_ADDRESS__)
	if (letter == 'a')
		return REFUSED;
#endif
	return letter == 'd'                 ? DONE
	    : letter == 'r' || letter == 'R' ? REFUSED
					     : ENDED;
}

static void
proofs(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++) {
		assert_int_equal(strlen(roles[r].expect), ACTS);
		for (size_t a = 0; a < ACTS; a++) {
			enum fate want = fate_of(roles[r].expect[a]);
			enum fate have = try(roles[r].role, &acts[a]);
			if (roles[r].expect[a] == 'R' && !cell_has_landlock())
				continue;
			if (roles[r].expect[a] == 'u')
				want = have;
			printf("# cell of %-13s %-18s %s%s%s\n", roles[r].name,
			    acts[a].name, fates[have],
			    have == want ? "" : ", not ",
			    have == want ? "" : fates[want]);
			wrong += have != want;
		}
	}
	assert_int_equal(wrong, 0);
}

/* Where there is no cell all of this can be done by root, or fails for other
 * reasons than a cell: the table above is of cells. */
static void
outside(void **state)
{
	static const char *const can[] = { "open a file", "create a file",
		"socket: internet", "socket: unix", "fork", "execve",
		"writable code" };

	(void)state;
	for (size_t i = 0; i < sizeof(can) / sizeof(can[0]); i++) {
		for (size_t a = 0; a < ACTS; a++) {
			int status = -1;
			if (strcmp(can[i], acts[a].name) != 0)
				continue;
			pid_t pid = fork();
			if (pid == 0)
				_exit(acts[a].try());
			assert_int_equal(waitpid(pid, &status, 0), pid);
			if (status != 0)
				fail_msg("%s: %d", acts[a].name, status);
		}
	}
}

static int
make_scratch(void **state)
{
	(void)state;
	if (mkdtemp(scratch) == NULL)
		return -1;
	make_there();
	return 0;
}

static int
drop_scratch(void **state)
{
	static const char *const names[] = { "there", "made" };
	char path[64];

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", scratch, names[i]);
		unlink(path);
	}
	return rmdir(scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside),
		cmocka_unit_test(proofs),
	};

	return cmocka_run_group_tests(tests, make_scratch, drop_scratch);
}
