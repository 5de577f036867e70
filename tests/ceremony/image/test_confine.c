/* SPDX-License-Identifier: ISC */
/*
 * A process under the filter that init lays on all tries what it may not, and
 * what it must be able to do.  Root or not, the answer is the same.
 */
#include "ceremony/image/init/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NONE 0    /* it could be done */
#define FAILED 99 /* exit status: the filter could not be set */

/* Calls with arguments that fail in some other way where there is no filter:
 * want is the error under it. */
static const struct row {
	const char *name;
	long call, a, b, c;
	int want;
} rows[] = {
	{ "AF_INET", SYS_socket, AF_INET, SOCK_STREAM, 0, EPERM },
	{ "AF_INET6", SYS_socket, AF_INET6, SOCK_DGRAM, 0, EPERM },
	{ "AF_PACKET", SYS_socket, AF_PACKET, SOCK_RAW, 0, EPERM },
	{ "AF_ALG", SYS_socket, AF_ALG, SOCK_SEQPACKET, 0, EPERM },
	{ "AF_VSOCK", SYS_socket, AF_VSOCK, SOCK_STREAM, 0, EPERM },
	{ "AF_BLUETOOTH", SYS_socket, AF_BLUETOOTH, SOCK_RAW, 0, EPERM },
	{ "AF_UNSPEC", SYS_socket, AF_UNSPEC, SOCK_STREAM, 0, EPERM },
	{ "no family", SYS_socket, 1000, SOCK_STREAM, 0, EPERM },
	{ "a family behind 32 bits", SYS_socket, (1L << 32) | AF_INET,
	    SOCK_STREAM, 0, EPERM },
	{ "a negative family", SYS_socket, -1, SOCK_STREAM, 0, EPERM },
	{ "a pair of AF_INET", SYS_socketpair, AF_INET, SOCK_STREAM, 0, EPERM },
	{ "NETLINK_ROUTE", SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE,
	    EPERM },
	{ "NETLINK_CRYPTO", SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_CRYPTO,
	    EPERM },
	{ "NETLINK_KOBJECT_UEVENT", SYS_socket, AF_NETLINK, SOCK_RAW,
	    NETLINK_KOBJECT_UEVENT, NONE },
	{ "AF_UNIX", SYS_socket, AF_UNIX, SOCK_STREAM, 0, NONE },
	{ "kexec_load", SYS_kexec_load, 0, 0, 0, EPERM },
	{ "kexec_file_load", SYS_kexec_file_load, -1, -1, 0, EPERM },
	{ "init_module", SYS_init_module, 0, 0, 0, EPERM },
	{ "finit_module", SYS_finit_module, -1, 0, 0, EPERM },
	{ "delete_module", SYS_delete_module, 0, 0, 0, EPERM },
	{ "bpf", SYS_bpf, 0, 0, 0, EPERM },
	{ "ptrace", SYS_ptrace, PTRACE_TRACEME, 0, 0, EPERM },
	{ "process_vm_readv", SYS_process_vm_readv, 1, 0, 0, EPERM },
	{ "process_vm_writev", SYS_process_vm_writev, 1, 0, 0, EPERM },
	{ "pidfd_getfd", SYS_pidfd_getfd, -1, 0, 0, EPERM },
	{ "perf_event_open", SYS_perf_event_open, 0, 0, -1, EPERM },
	{ "userfaultfd", SYS_userfaultfd, 0, 0, 0, EPERM },
	{ "io_uring_setup", SYS_io_uring_setup, 1, 0, 0, EPERM },
	{ "io_uring_enter", SYS_io_uring_enter, -1, 0, 0, EPERM },
	{ "add_key", SYS_add_key, 0, 0, 0, EPERM },
	{ "request_key", SYS_request_key, 0, 0, 0, EPERM },
	{ "keyctl", SYS_keyctl, 0, 0, 0, EPERM },
	{ "swapon", SYS_swapon, 0, 0, 0, EPERM },
	{ "setns", SYS_setns, -1, 0, 0, EPERM },
	{ "chroot", SYS_chroot, (long)(intptr_t) "/", 0, 0, EPERM },
	{ "mount", SYS_mount, 0, 0, 0, EPERM },
	{ "move_mount", SYS_move_mount, -1, 0, -1, EPERM },
	{ "open_tree", SYS_open_tree, -1, 0, 0, EPERM },
	{ "fspick", SYS_fspick, -1, 0, 0, EPERM },
	{ "mount_setattr", SYS_mount_setattr, -1, 0, 0, EPERM },
	{ "iopl", SYS_iopl, 3, 0, 0, EPERM },
	{ "open_by_handle_at", SYS_open_by_handle_at, -1, 0, 0, EPERM },
	{ "TIOCSTI", SYS_ioctl, -1, TIOCSTI, 0, EPERM },
	{ "TIOCSTI behind 32 bits", SYS_ioctl, -1, (1L << 32) | TIOCSTI, 0,
	    EPERM },
	{ "TIOCLINUX", SYS_ioctl, -1, TIOCLINUX, 0, EPERM },
	{ "another ioctl", SYS_ioctl, -1, TIOCGWINSZ, 0, EBADF },
	/* what media need; refused for other reasons here */
	{ "fsopen", SYS_fsopen, (long)(intptr_t) "none such", 0, 0, -1 },
	{ "fork", SYS_fork, 0, 0, 0, -1 },
};

/* How mount() is called: only for what is neither put anywhere nor changed. */
static void
mounts_are_put_in_no_folder(void **state)
{
	static const unsigned long refused[] = { 0, MS_RDONLY, MS_REMOUNT,
		MS_BIND, MS_PRIVATE, MS_REC | MS_PRIVATE | MS_REMOUNT,
		MS_REC | MS_PRIVATE | MS_BIND, MS_MGC_VAL,
		MS_MGC_VAL | MS_REC | MS_PRIVATE, MS_MOVE };
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		    !confine_filter())
			_exit(FAILED);
		for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]);
		     i++) {
			if (mount("", "/none", "", refused[i], NULL) == 0 ||
			    errno != EPERM)
				_exit(1 + (int)i);
		}
		/* this one reaches the kernel, which finds no such folder */
		if (mount("", "/none", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ||
		    errno != ENOENT)
			_exit(50);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* In the child: the error that a row ends in, NONE for none. */
static int
act(const struct row *row)
{
	int pair[2];
	long ret = syscall(row->call, row->a, row->b, row->c, pair, 0);

	if (ret == 0 && row->call == SYS_fork)
		_exit(0);
	return ret == -1 ? errno : NONE;
}

static int
status_of(const struct row *row, bool filter)
{
	int status = 0;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (filter &&
		    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
			!confine_filter()))
			_exit(FAILED);
		_exit(act(row));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
forbidden_calls_fail(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = status_of(&rows[i], true);

		if (!WIFEXITED(status))
			fail_msg("%s: signal %d", rows[i].name,
			    WTERMSIG(status));
		if (rows[i].want >= 0 && WEXITSTATUS(status) != rows[i].want)
			fail_msg("%s: %d", rows[i].name, WEXITSTATUS(status));
	}
}

/* What is allowed ends as it does without a filter. */
static void
other_calls_are_as_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].want == -1)
			assert_int_equal(status_of(&rows[i], true),
			    status_of(&rows[i], false));
	}
}

static int
act_x32(void)
{
	return syscall(0x40000000 | SYS_getpid) == -1 ? errno : 0;
}

static void
other_machines_calls_end_it(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		    !confine_filter())
			_exit(FAILED);
		_exit(act_x32());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

/* What a shell has of root's rights, and what it has not. */
static void
a_shell_mounts_nothing(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0) {
		if (!confine_shell())
			_exit(FAILED);
		_exit(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 0 &&
			    prctl(PR_CAPBSET_READ, CAP_DAC_OVERRIDE) == 1 &&
			    syscall(SYS_fsopen, "tmpfs", 0) == -1 &&
			    errno == EPERM
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* What is mounted read-only stays so: refused before the kernel looks for it. */
static void
a_child_unmounts_nothing(void **state)
{
	static bool (*const confined[])(
	    void) = { confine_child, confine_shell };

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < 2; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			if (umount2("/none", MNT_DETACH) == 0 ||
			    errno != ENOENT || !confined[i]())
				_exit(FAILED);
			errno = 0;
			_exit(
			    umount2("/none", MNT_DETACH) == -1 && errno == EPERM
				? 0
				: 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forbidden_calls_fail),
		cmocka_unit_test(mounts_are_put_in_no_folder),
		cmocka_unit_test(other_calls_are_as_before),
		cmocka_unit_test(other_machines_calls_end_it),
		cmocka_unit_test(a_shell_mounts_nothing),
		cmocka_unit_test(a_child_unmounts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
