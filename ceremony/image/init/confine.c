/* SPDX-License-Identifier: ISC */
/*
 * The filter says what no process needs: everything else is allowed, since
 * Debian's pcscd and mke2fs run under it and change with their libraries.  The
 * cells of our own programs (ceremony/process) are lists of what may be done,
 * and come on top.
 */
#include "ceremony/image/init/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define REFUSED SCMP_ACT_ERRNO(EPERM)
#define BIT(cap) (UINT64_C(1) << (cap))

/* ---- system calls --------------------------------------------------------------- */

static const int forbidden[] = {
	/* another kernel, or code for this one */
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(delete_module),
	SCMP_SYS(create_module), SCMP_SYS(bpf), SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	/* other processes' memory and steps */
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp), SCMP_SYS(perf_event_open),
	SCMP_SYS(lookup_dcookie), SCMP_SYS(userfaultfd),
	/* its requests would pass by this filter */
	SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	/* keys that stay in the kernel */
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl),
	/* memory on a disk */
	SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(quotactl),
	SCMP_SYS(quotactl_fd), SCMP_SYS(acct),
	/* out of the process namespace that the shell's end ends */
	SCMP_SYS(setns),
	/* files by handle, past the folders that lead to them */
	SCMP_SYS(open_by_handle_at), SCMP_SYS(fanotify_init),
	/* what would put a file system into a folder, or change how it is
	 * there; mount() is a rule of its own */
	SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fspick),
	SCMP_SYS(mount_setattr), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
	/* and others */
	SCMP_SYS(vhangup), SCMP_SYS(sethostname), SCMP_SYS(setdomainname),
	SCMP_SYS(syslog), SCMP_SYS(modify_ldt), SCMP_SYS(uselib),
	SCMP_SYS(vm86), SCMP_SYS(personality)
};

/* Keys typed into a terminal by a program. */
static const uint64_t forbidden_ioctl[] = { TIOCSTI, TIOCLINUX };

/* anchorite-media keeps its mounts from others, and they stand in no folder:
 * nothing is laid over the image's files, and its root stays read-only. */
#define MOUNT_FLAGS (MS_REC | MS_PRIVATE)

static bool
add_calls(scmp_filter_ctx f)
{
	for (size_t i = 0; i < COUNT(forbidden); i++) {
		int ret = seccomp_rule_add(f, REFUSED, forbidden[i], 0);

		/* EDOM: this architecture has no such call */
		if (ret != 0 && ret != -EDOM) {
			errno = -ret;
			return false;
		}
	}
	for (size_t i = 0; i < COUNT(forbidden_ioctl); i++) {
		if (seccomp_rule_add(f, REFUSED, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX,
			    forbidden_ioctl[i])) != 0)
			return false;
	}
	return seccomp_rule_add(f, REFUSED, SCMP_SYS(mount), 1,
		   SCMP_A3(SCMP_CMP_NE, MOUNT_FLAGS)) == 0;
}

/* Sockets within the machine, and of netlink only the kernel's word of
 * devices, which libudev listens to. */
static bool
add_sockets(scmp_filter_ctx f, int call)
{
	for (unsigned family = 0; family < AF_NETLINK; family++) {
		if (family != AF_UNIX &&
		    seccomp_rule_add(f, REFUSED, call, 1,
			SCMP_A0(SCMP_CMP_EQ, family)) != 0)
			return false;
	}
	return seccomp_rule_add(f, REFUSED, call, 1,
		   SCMP_A0(SCMP_CMP_GT, AF_NETLINK)) == 0 &&
	    seccomp_rule_add(f, REFUSED, call, 2,
		SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
		SCMP_A2(SCMP_CMP_NE, NETLINK_KOBJECT_UEVENT)) == 0;
}

/* What everybody may not do. */
static bool
add_all(scmp_filter_ctx f)
{
	return add_calls(f) && add_sockets(f, SCMP_SYS(socket)) &&
	    add_sockets(f, SCMP_SYS(socketpair));
}

/* And what init needs on the way down: it would undo mounts_close().
 * anchorite-media closes its mounts. */
static bool
add_child(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, REFUSED, SCMP_SYS(umount2), 0) == 0;
}

static bool
filter(bool (*add)(scmp_filter_ctx f))
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	bool ok;

	if (f == NULL) {
		errno = ENOMEM;
		return false;
	}
	ok = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH,
		 SCMP_ACT_KILL_PROCESS) == 0 &&
	    seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 && add(f) &&
	    seccomp_load(f) == 0;
	seccomp_release(f);
	if (!ok && errno == 0)
		errno = EINVAL;
	return ok;
}

bool
confine_filter(void)
{
	return filter(add_all);
}

/* ---- capabilities --------------------------------------------------------------- */

/* What programs run by root need: files of any owner, the clock, media, and
 * keyboard tables of the console. */
#define CAPS_PROGRAMS                                                          \
	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) |            \
	    BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_SETGID) |                \
	    BIT(CAP_SETUID) | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_TIME) |         \
	    BIT(CAP_SYS_TTY_CONFIG) | BIT(CAP_IPC_LOCK))

/* Not what mounts, nor undoes what is mounted: mounts_close(). */
#define CAPS_SHELL (CAPS_PROGRAMS & ~BIT(CAP_SYS_ADMIN))

/* And init: ending the machine, telling of devices, cutting down its
 * children. */
#define CAPS_INIT                                                              \
	(CAPS_PROGRAMS | BIT(CAP_SYS_BOOT) | BIT(CAP_NET_ADMIN) |              \
	    BIT(CAP_SETPCAP))

static bool
keep_caps(uint64_t keep)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct set[2] = { 0 };

	/* those that this kernel does not know answer EINVAL */
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if ((keep & BIT(cap)) == 0 &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			return false;
	}
	for (int i = 0; i < 2; i++) {
		set[i].effective = (uint32_t)(keep >> (32 * i));
		set[i].permitted = set[i].effective;
	}
	return syscall(SYS_capset, &head, set) == 0;
}

const char *
confine_all(void)
{
	static const struct rlimit none = { 0, 0 };

	errno = 0;
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return "core files cannot be closed off";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return "new privileges cannot be closed off";
	if (!keep_caps(CAPS_INIT))
		return "capabilities cannot be cut down";
	if (!confine_filter())
		return "the filter of system calls cannot be set";
	return NULL;
}

bool
confine_child(void)
{
	return keep_caps(CAPS_PROGRAMS) && filter(add_child);
}

bool
confine_shell(void)
{
	return keep_caps(CAPS_SHELL) && filter(add_child);
}
