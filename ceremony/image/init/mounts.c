/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/mounts.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "ceremony/image/init/console.h"
#include "ceremony/image/init/power.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SETTINGS "/proc/sys"
#define PLAIN (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* In this order; taken off in the other. */
static const struct {
	const char *type;
	const char *folder;
	unsigned long flags;
	const char *options;
	bool memory; /* holds what people and programs wrote */
} table[] = {
	/* of other users' processes nobody sees anything */
	{ "proc", "/proc", PLAIN, "hidepid=invisible", false },
	{ "sysfs", "/sys", PLAIN, NULL, false },
	{ "securityfs", "/sys/kernel/security", PLAIN, NULL, false },
	{ "devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, "mode=755,size=1M",
	    false },
	{ "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
	    "newinstance,mode=600,ptmxmode=600", false },
	/* a full one must not take the memory that programs work in */
	{ "tmpfs", "/run", PLAIN, "mode=755,size=50%", true },
	{ "tmpfs", "/tmp", PLAIN, "mode=1777,size=25%", true },
	{ "tmpfs", "/var", PLAIN, "mode=755,size=10%", true },
};

static bool
mount_row(size_t i)
{
	if (mkdir(table[i].folder, 0755) != 0 && errno != EEXIST)
		return false;
	if (mount(table[i].type, table[i].folder, table[i].type, table[i].flags,
		table[i].options) == 0)
		return true;
	/* the kernel may have mounted /dev itself */
	return errno == EBUSY && table[i].type[0] == 'd' &&
	    mount(NULL, table[i].folder, NULL, MS_REMOUNT | table[i].flags,
		table[i].options) == 0;
}

bool
mounts_make(const char **failed)
{
	for (size_t i = 0; i < COUNT(table); i++) {
		*failed = table[i].folder;
		if (!mount_row(i))
			return false;
	}
	/* the root's mount, and behind it its file system */
	*failed = "/";
	return mount(NULL, "/", NULL,
		   MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV,
		   NULL) == 0 &&
	    mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0;
}

static bool
close_one(const char *path)
{
	return mount(path, path, NULL, MS_BIND, NULL) == 0 &&
	    mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | PLAIN,
		NULL) == 0;
}

bool
mounts_close(void)
{
	/* "b" ends the machine at once, with all that is in memory */
	return close_one(SETTINGS) && close_one("/proc/sysrq-trigger");
}

bool
mounts_open(void)
{
	return umount2(SETTINGS, MNT_DETACH) == 0;
}

void
mounts_undo(void)
{
	for (size_t i = COUNT(table); i-- > 0;) {
		if (!table[i].memory)
			continue;
		if (!power_empty(table[i].folder))
			console_log("%s could not be emptied", table[i].folder);
		/* the control socket is bound there, and empty */
		if (umount2(table[i].folder, 0) != 0 &&
		    umount2(table[i].folder, MNT_DETACH) != 0)
			console_log("%s could not be taken off",
			    table[i].folder);
	}
}
