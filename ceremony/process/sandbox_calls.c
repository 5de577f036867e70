/* SPDX-License-Identifier: ISC */
/*
 * seccomp: which system calls a role may make.  What is not in these tables
 * ends a reader, a signer and anchorite-media at once (SIGSYS), which the
 * operator's process sees and names.  The programs that people run get EPERM
 * instead, and the kernel logs it: nobody above them could say what happened,
 * and a ceremony that stops must still print its stop sheet.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <linux/fs.h>
#include <linux/kd.h>
#include <linux/seccomp.h>
#include <linux/videodev2.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ceremony/process/sandbox.h"

#define ROLE(role) (1u << (role))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	PROGRAMS = ROLE(SANDBOX_OPERATOR) | ROLE(SANDBOX_AUDITOR) |
	    ROLE(SANDBOX_FACTORY) | ROLE(SANDBOX_WITNESS),
	MODULES =
	    ROLE(SANDBOX_SIGNER) | ROLE(SANDBOX_SOFT) | ROLE(SANDBOX_CARD),
	SIGNERS = MODULES | ROLE(SANDBOX_PAPER),
	ENDED = SIGNERS | ROLE(SANDBOX_READER) | ROLE(SANDBOX_MEDIA),
	/* who enters a narrower cell later, or whose children do */
	OUTER = ROLE(SANDBOX_OPERATOR) | ROLE(SANDBOX_SIGNER),
	STARTS = ROLE(SANDBOX_OPERATOR),
	ALL = PROGRAMS | ENDED,
	FILES = ALL &
	    ~(ROLE(SANDBOX_READER) | ROLE(SANDBOX_PAPER) |
		ROLE(SANDBOX_WITNESS)),
	CHANGES = FILES & ~ROLE(SANDBOX_AUDITOR),
};

/* ---- groups of calls ------------------------------------------------------- */

/* Memory, time, and the descriptors that are there. */
static const int basic[] = { SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write),
	SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(munmap),
	SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
	SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(sched_yield),
	SCMP_SYS(restart_syscall), SCMP_SYS(sysinfo), SCMP_SYS(exit),
	SCMP_SYS(exit_group) };

/* Locked memory, for secrets. */
static const int locked[] = { SCMP_SYS(mlock), SCMP_SYS(mlock2),
	SCMP_SYS(munlock), SCMP_SYS(getrlimit) };

/* Looking at files; what is opened, Landlock says. */
static const int looking[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat),
	SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(getdents64),
	SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(flock), SCMP_SYS(dup),
	SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(umask), SCMP_SYS(fadvise64),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(getppid), SCMP_SYS(uname), SCMP_SYS(select),
	SCMP_SYS(pselect6), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(getrusage), SCMP_SYS(times), SCMP_SYS(sched_getaffinity) };

/* Changing them; a reader and an auditor change none. */
static const int changing[] = { SCMP_SYS(creat), SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat),
	SCMP_SYS(truncate), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range),
	SCMP_SYS(syncfs), SCMP_SYS(pwrite64), SCMP_SYS(pwritev),
	SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown),
	SCMP_SYS(fchown), SCMP_SYS(fchownat), SCMP_SYS(utimensat),
	SCMP_SYS(sendfile), SCMP_SYS(copy_file_range) };

/* A configuration for OpenSC, and what its glib asks before it would start a
 * thread for want of an answer. */
static const int making[] = { SCMP_SYS(memfd_create), SCMP_SYS(sched_getattr),
	SCMP_SYS(sched_setattr) };

/* A connection to pcscd; socket() itself is a row with a condition. */
static const int talking[] = { SCMP_SYS(connect), SCMP_SYS(sendto),
	SCMP_SYS(recvfrom), SCMP_SYS(shutdown), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername) };

/* One ceremony after another. */
static const int accepting[] = { SCMP_SYS(accept4) };

/* Threads, beside clone(), which is a row. */
static const int threads[] = { SCMP_SYS(set_robust_list), SCMP_SYS(rseq) };

/* Entering a cell. */
static const int entering[] = { SCMP_SYS(seccomp),
	SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_add_rule),
	SCMP_SYS(landlock_restrict_self), SCMP_SYS(setrlimit),
	SCMP_SYS(prlimit64) };

/* Helper processes: starting them, what each does until its own cell, and
 * seeing their end. */
static const int starting[] = { SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(execve), SCMP_SYS(wait4), SCMP_SYS(waitid),
	SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_send_signal), SCMP_SYS(kill),
	SCMP_SYS(tgkill), SCMP_SYS(tkill), SCMP_SYS(close_range),
	SCMP_SYS(socketpair), SCMP_SYS(pipe), SCMP_SYS(pipe2),
	SCMP_SYS(setpgid), SCMP_SYS(getpgrp), SCMP_SYS(getpgid),
	SCMP_SYS(setsid), SCMP_SYS(getsid), SCMP_SYS(arch_prctl),
	SCMP_SYS(set_tid_address), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(getgroups), SCMP_SYS(getresuid), SCMP_SYS(getresgid),
	SCMP_SYS(chdir), SCMP_SYS(fchdir), SCMP_SYS(symlink),
	SCMP_SYS(symlinkat), SCMP_SYS(alarm), SCMP_SYS(setitimer),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(signalfd4), SCMP_SYS(eventfd2), SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigsuspend), SCMP_SYS(pause),
	SCMP_SYS(mlockall), SCMP_SYS(munlockall), SCMP_SYS(msync),
	SCMP_SYS(memfd_create) };

/* Media: mounts that stand in no folder; its namespace it has before. */
static const int mounting[] = { SCMP_SYS(fsopen), SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount), SCMP_SYS(openat2), SCMP_SYS(sync),
	SCMP_SYS(memfd_create) };

static const struct {
	const int *calls;
	size_t count;
	unsigned roles;
} groups[] = {
	{ basic, COUNT(basic), ALL },
	{ locked, COUNT(locked), SIGNERS | ROLE(SANDBOX_OPERATOR) },
	{ looking, COUNT(looking), FILES },
	{ changing, COUNT(changing), CHANGES },
	{ making, COUNT(making), MODULES | STARTS },
	{ talking, COUNT(talking), ROLE(SANDBOX_CARD) | OUTER },
	{ accepting, COUNT(accepting), ROLE(SANDBOX_WITNESS) },
	{ threads, COUNT(threads), ROLE(SANDBOX_CARD) },
	{ entering, COUNT(entering), OUTER },
	{ starting, COUNT(starting), STARTS },
	{ mounting, COUNT(mounting), ROLE(SANDBOX_MEDIA) },
};

/* ---- calls with a condition, rows of one call adding up -------------------- */

#define WHERE(arg, op, ...)                                                    \
	{                                                                      \
		(arg), (op), __VA_ARGS__                                       \
	}
#define HAS_NO(arg, bits) WHERE(arg, SCMP_CMP_MASKED_EQ, (bits), 0)
#define IS(arg, value) WHERE(arg, SCMP_CMP_EQ, (value), 0)
#define LOADS (MODULES | STARTS)
#define TYPED (STARTS | ROLE(SANDBOX_PAPER))
#define NEW_NAMESPACES                                                         \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |         \
	    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static const struct {
	int call;
	unsigned roles;
	struct scmp_arg_cmp where;
} rows[] = {
	/* memory is code or writable, and new code is for who loads libraries
	 */
	{ SCMP_SYS(mmap), ALL, HAS_NO(2, PROT_EXEC) },
	{ SCMP_SYS(mmap), LOADS, HAS_NO(2, PROT_WRITE) },
	{ SCMP_SYS(mprotect), ALL, HAS_NO(2, PROT_EXEC) },
	{ SCMP_SYS(mprotect), LOADS, HAS_NO(2, PROT_WRITE) },
	{ SCMP_SYS(fcntl), ALL, IS(1, F_GETFD) },
	{ SCMP_SYS(fcntl), ALL, IS(1, F_SETFD) },
	{ SCMP_SYS(fcntl), ALL, IS(1, F_GETFL) },
	{ SCMP_SYS(fcntl), ALL, IS(1, F_GET_SEALS) },
	{ SCMP_SYS(fcntl), FILES, IS(1, F_SETFL) },
	{ SCMP_SYS(fcntl), FILES, IS(1, F_DUPFD) },
	{ SCMP_SYS(fcntl), FILES, IS(1, F_DUPFD_CLOEXEC) },
	{ SCMP_SYS(fcntl), FILES, IS(1, F_GETLK) },
	{ SCMP_SYS(fcntl), FILES, IS(1, F_SETLK) },
	{ SCMP_SYS(fcntl), FILES, IS(1, F_SETLKW) },
	{ SCMP_SYS(fcntl), CHANGES, IS(1, F_ADD_SEALS) },
	{ SCMP_SYS(socket), ROLE(SANDBOX_CARD) | OUTER, IS(0, AF_UNIX) },
	{ SCMP_SYS(clone), STARTS, HAS_NO(0, NEW_NAMESPACES) },
	/* what asks a card that may hang is a thread of this process */
	{ SCMP_SYS(clone), ROLE(SANDBOX_CARD),
	    WHERE(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD | NEW_NAMESPACES,
		CLONE_THREAD) },
	{ SCMP_SYS(prctl), ALL, IS(0, PR_GET_DUMPABLE) },
	{ SCMP_SYS(prctl), ALL, IS(0, PR_GET_NO_NEW_PRIVS) },
	{ SCMP_SYS(prctl), ALL, IS(0, PR_SET_VMA) },
	{ SCMP_SYS(prctl), OUTER, IS(0, PR_SET_NO_NEW_PRIVS) },
	{ SCMP_SYS(prctl), STARTS, IS(0, PR_SET_PDEATHSIG) },
	{ SCMP_SYS(prctl), STARTS, IS(0, PR_SET_CHILD_SUBREAPER) },
	/* is it a terminal, and how wide */
	{ SCMP_SYS(ioctl), ALL, IS(1, TCGETS) },
	{ SCMP_SYS(ioctl), ALL, IS(1, TIOCGWINSZ) },
	/* words and PINs are typed at a terminal; nothing is typed for people
	 * (TIOCSTI, TIOCLINUX): that would run outside of every cell */
	{ SCMP_SYS(ioctl), TYPED, IS(1, TCSETS) },
	{ SCMP_SYS(ioctl), TYPED, IS(1, TCSETSW) },
	{ SCMP_SYS(ioctl), TYPED, IS(1, TCSETSF) },
	{ SCMP_SYS(ioctl), TYPED, IS(1, TCFLSH) },
	/* codes on a console and a framebuffer, and a camera's pictures */
	{ SCMP_SYS(ioctl), STARTS, IS(1, KDGKBTYPE) },
	{ SCMP_SYS(ioctl), STARTS, IS(1, KDFONTOP) },
	{ SCMP_SYS(ioctl), STARTS, IS(1, FBIOGET_VSCREENINFO) },
	{ SCMP_SYS(ioctl), STARTS, IS(1, FBIOGET_FSCREENINFO) },
	{ SCMP_SYS(ioctl), STARTS, IS(1, VIDIOC_QUERYCAP) },
	{ SCMP_SYS(ioctl), STARTS, IS(1, VIDIOC_S_FMT) },
	{ SCMP_SYS(ioctl), STARTS, IS(1, VIDIOC_REQBUFS) },
	{ SCMP_SYS(ioctl), STARTS, IS(1, VIDIOC_QUERYBUF) },
	{ SCMP_SYS(ioctl), STARTS, IS(1, VIDIOC_QBUF) },
	{ SCMP_SYS(ioctl), STARTS, IS(1, VIDIOC_DQBUF) },
	{ SCMP_SYS(ioctl), STARTS, IS(1, VIDIOC_STREAMON) },
	{ SCMP_SYS(ioctl), STARTS, IS(1, VIDIOC_STREAMOFF) },
	/* a medium: how large, which, and is it read-only */
	{ SCMP_SYS(ioctl), ROLE(SANDBOX_MEDIA), IS(1, BLKGETSIZE64) },
	{ SCMP_SYS(ioctl), ROLE(SANDBOX_MEDIA), IS(1, BLKGETDISKSEQ) },
	{ SCMP_SYS(ioctl), ROLE(SANDBOX_MEDIA), IS(1, BLKROGET) },
	{ SCMP_SYS(ioctl), ROLE(SANDBOX_MEDIA), IS(1, BLKFLSBUF) },
	{ SCMP_SYS(ioctl), ROLE(SANDBOX_MEDIA), IS(1, BLKRRPART) },
};

/* What is asked for out of habit, and lives with being refused. */
static const struct {
	int call, error;
	unsigned roles;
} refused[] = {
	/* its flags are in memory: clone() */
	{ SCMP_SYS(clone3), ENOSYS,
	    STARTS | ROLE(SANDBOX_CARD) | ROLE(SANDBOX_SIGNER) },
	/* SoftHSM tells the system's log what went wrong */
	{ SCMP_SYS(socket), EACCES, ROLE(SANDBOX_SOFT) },
};

/* Under AddressSanitizer, whose report of a fault reads the process's own
 * maps and may look at a terminal. */
static const int asan[] = { SCMP_SYS(open), SCMP_SYS(openat),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(newfstatat),
	SCMP_SYS(getrlimit), SCMP_SYS(prlimit64), SCMP_SYS(tgkill),
	SCMP_SYS(getppid), SCMP_SYS(sched_getaffinity) };

/* ---- the filter ------------------------------------------------------------- */

static bool
allow(scmp_filter_ctx f, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return false;
	}
	return true;
}

static bool
add_rows(scmp_filter_ctx f, unsigned role, unsigned roles)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		if ((rows[i].roles & roles) != 0 &&
		    seccomp_rule_add_array(f, SCMP_ACT_ALLOW, rows[i].call, 1,
			&rows[i].where) != 0)
			return false;
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		if ((refused[i].roles & role) != 0 &&
		    seccomp_rule_add(f,
			SCMP_ACT_ERRNO((uint32_t)refused[i].error),
			refused[i].call, 0) != 0)
			return false;
	}
	return true;
}

/* abort() ends its own process, and no other. */
static inline bool
add_abort(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
		   SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid())) == 0;
}

/* A cell within this one switches it off; nobody switches it on again. */
static bool
add_no_dump(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 2,
		   SCMP_A0(SCMP_CMP_EQ, PR_SET_DUMPABLE),
		   SCMP_A1(SCMP_CMP_EQ, 0)) == 0;
}

static bool
build(scmp_filter_ctx f, unsigned role)
{
	/* a signer may have what it is to narrow itself to */
	unsigned roles = role == ROLE(SANDBOX_SIGNER) ? SIGNERS : role;

	for (size_t i = 0; i < COUNT(groups); i++) {
		if ((groups[i].roles & roles) != 0 &&
		    !allow(f, groups[i].calls, groups[i].count))
			return false;
	}
#if defined(__SANITIZE_ADDRESS__)
	(void)add_abort; /* tgkill() is among them */
	if (!allow(f, asan, COUNT(asan)))
		return false;
#else
	(void)asan;
	if ((role & STARTS) == 0 && !add_abort(f))
		return false;
#endif
	return add_rows(f, role, roles) &&
	    ((OUTER & roles) == 0 || add_no_dump(f)) &&
	    /* a tree, not a list: a signer makes many calls a signature */
	    seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 &&
	    /* a module may have started threads when it was loaded */
	    seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
	    seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH,
		SCMP_ACT_KILL_PROCESS) == 0;
}

/* Whether this kernel has filters that end a process (4.14). */
static bool
there(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int
sandbox_calls(enum sandbox_role role)
{
	bool ends = (ENDED & ROLE(role)) != 0;
	scmp_filter_ctx f = NULL;
	int ret = -1;

	if (!there())
		return 0;
	f = seccomp_init(ends ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
	if (f == NULL || !build(f, ROLE(role)))
		goto out;
	/* older kernels log by themselves, or not at all */
	seccomp_attr_set(f, SCMP_FLTATR_CTL_LOG, 1);
	if (seccomp_load(f) == 0)
		ret = 1;
out:
	if (f != NULL)
		seccomp_release(f);
	return ret;
}
