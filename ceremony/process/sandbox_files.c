/* SPDX-License-Identifier: ISC */
/* Landlock: which files a role may open, and how. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ceremony/process/sandbox.h"
#include "ceremony/process/spawn.h"

/*
 * The kernel's interface (include/uapi/linux/landlock.h), as far as ABI 6; the
 * headers of Debian 12 end at ABI 2.
 */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
#define VERSION 1u /* flag: tell the ABI */
#define PATH_BENEATH 1

enum {
	FS_EXECUTE = 1u << 0,
	FS_WRITE_FILE = 1u << 1,
	FS_READ_FILE = 1u << 2,
	FS_READ_DIR = 1u << 3,
	FS_REMOVE = 1u << 4 | 1u << 5,
	FS_MAKE_CHAR = 1u << 6,
	FS_MAKE_DIR = 1u << 7,
	FS_MAKE_REG = 1u << 8,
	FS_MAKE_SOCK = 1u << 9,
	FS_MAKE_FIFO = 1u << 10,
	FS_MAKE_BLOCK = 1u << 11,
	FS_MAKE_SYM = 1u << 12,
	FS_ABI_1 = (1u << 13) - 1,
	FS_REFER = 1u << 13,     /* ABI 2 */
	FS_TRUNCATE = 1u << 14,  /* ABI 3 */
	FS_IOCTL_DEV = 1u << 15, /* ABI 5 */
	FS_ALL = (1u << 16) - 1,
	FS_OF_FILE = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE |
	    FS_IOCTL_DEV,
	NET_ALL = 3,   /* ABI 4: bind and connect TCP */
	SCOPE_ALL = 3, /* ABI 6: abstract sockets and signals of outside */
	FS_READING = FS_READ_FILE | FS_READ_DIR,
	FS_WRITING = FS_READING | FS_WRITE_FILE | FS_REMOVE | FS_MAKE_DIR |
	    FS_MAKE_REG | FS_REFER | FS_TRUNCATE,
	FS_RUNNING = FS_EXECUTE | FS_READ_FILE,
	/* what nobody needs who may otherwise do as its user may */
	FS_DEVICES = FS_MAKE_CHAR | FS_MAKE_BLOCK,
};
struct ruleset {
	uint64_t fs, net, scoped;
};
struct beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/* What a role has to have a rule for; everything else stays its user's. */
static const uint64_t handled[SANDBOX_ROLE_COUNT] = {
	[SANDBOX_OPERATOR] = FS_EXECUTE | FS_REFER | FS_DEVICES,
	[SANDBOX_READER] = FS_ALL,
	[SANDBOX_SIGNER] = FS_ALL & ~(uint64_t)FS_READING,
	[SANDBOX_MEDIA] = 0, /* who is in any ruleset cannot mount */
	[SANDBOX_AUDITOR] = FS_ALL,
	[SANDBOX_FACTORY] = FS_ALL,
	[SANDBOX_WITNESS] = FS_ALL,
	[SANDBOX_SOFT] = FS_ALL,
	[SANDBOX_CARD] = FS_ALL,
	[SANDBOX_PAPER] = FS_ALL,
};

#define ROLE(role) (1u << (role))
#define MODULES (ROLE(SANDBOX_SOFT) | ROLE(SANDBOX_CARD))
#define LOOKING (MODULES | ROLE(SANDBOX_AUDITOR) | ROLE(SANDBOX_FACTORY))

/* Rows of the roles' own. */
static const struct {
	const char *path;
	uint64_t rights;
	unsigned roles;
} rows[] = {
	{ "/", FS_REFER, ROLE(SANDBOX_OPERATOR) },
	/* libraries that a module loads late, and their lists */
	{ "/usr/lib", FS_READING, MODULES },
	{ "/usr/local/lib", FS_READING, MODULES },
	{ "/lib", FS_READING, MODULES }, { "/lib64", FS_READING, MODULES },
	{ "/etc/ld.so.cache", FS_READING, MODULES },
	{ "/etc/ssl", FS_READING, MODULES },
	{ "/etc/opensc", FS_READING, ROLE(SANDBOX_CARD) },
	{ "/usr/share/opensc", FS_READING, ROLE(SANDBOX_CARD) },
	{ "/etc/libccid_Info.plist", FS_READING, ROLE(SANDBOX_CARD) },
	{ "/run/pcscd", FS_READING, ROLE(SANDBOX_CARD) },
	{ "/etc/localtime", FS_READING, LOOKING },
	{ "/usr/share/zoneinfo", FS_READING, LOOKING },
	{ "/dev/urandom", FS_READING, LOOKING },
	{ "/dev/random", FS_READING, LOOKING },
	{ "/dev/null", FS_READING | FS_WRITE_FILE | FS_TRUNCATE,
	    LOOKING | ROLE(SANDBOX_SIGNER) },
#if defined(__SANITIZE_ADDRESS__)
	{ "/proc/self", FS_READING, ~0u }, /* its reports read maps */
#endif
};

/* What this kernel knows of it, or -1. */
static int
abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION);
}

static struct ruleset
known(enum sandbox_role role, int version)
{
	struct ruleset r = { .fs = handled[role] };

	if (version < 2)
		r.fs &= FS_ABI_1;
	if (version < 3)
		r.fs &= ~(uint64_t)FS_TRUNCATE;
	if (version < 5)
		r.fs &= ~(uint64_t)FS_IOCTL_DEV;
	if (version >= 4)
		r.net = NET_ALL;
	if (version >= 6)
		r.scoped = SCOPE_ALL;
	return r;
}

/* An older kernel takes what is known to it of the structure. */
static size_t
size_known(int version)
{
	return sizeof(uint64_t) * (version < 4 ? 1 : version < 6 ? 2 : 3);
}

/* False: it is there, and no rule could be made. */
static bool
add(int ruleset, const struct ruleset *r, const char *path, uint64_t rights)
{
	struct beneath b = { .fd = open(path, O_PATH | O_CLOEXEC) };
	struct stat st;
	bool ok = false;

	if (b.fd == -1)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
	if (fstat(b.fd, &st) == 0) {
		b.allowed = rights & r->fs &
		    (S_ISDIR(st.st_mode) ? FS_ALL : FS_OF_FILE);
		ok = b.allowed == 0 ||
		    syscall(SYS_landlock_add_rule, ruleset, PATH_BENEATH, &b,
			0) == 0;
	}
	close(b.fd);
	return ok;
}

static uint64_t
rights_of(unsigned rights)
{
	return ((rights & SANDBOX_READ) != 0 ? FS_READING : 0) |
	    ((rights & SANDBOX_WRITE) != 0 ? FS_WRITING : 0) |
	    ((rights & SANDBOX_EXECUTE) != 0 ? FS_RUNNING : 0);
}

/* The interpreter that this program names, and any that it starts: the kernel
 * opens it to execute it. */
static int
take_loader(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type == PT_INTERP)
			*(const char **)arg = (const char *)(info->dlpi_addr +
			    info->dlpi_phdr[i].p_vaddr);
	}
	return 1; /* the first is the program itself */
}

/* What the operator's process may start: its helpers, by the loader. */
static bool
add_helpers(int ruleset, const struct ruleset *r)
{
	char libexec[PATH_MAX];
	const char *loader = NULL;

	dl_iterate_phdr(take_loader, &loader);
	return spawn_libexec(libexec, sizeof(libexec)) &&
	    add(ruleset, r, libexec, FS_RUNNING) &&
	    (loader == NULL || add(ruleset, r, loader, FS_RUNNING));
}

int
sandbox_files(enum sandbox_role role, const struct sandbox_path *paths)
{
	int version = abi(), fd;
	struct ruleset r = known(role, version);
	bool ok = true;

	if (version < 1 || r.fs == 0)
		return 0;
	fd = (int)syscall(SYS_landlock_create_ruleset, &r, size_known(version),
	    0);
	if (fd == -1)
		return -1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((rows[i].roles & ROLE(role)) != 0)
			ok = ok && add(fd, &r, rows[i].path, rows[i].rights);
	}
	for (; paths != NULL && paths->path != NULL; paths++)
		ok = ok && add(fd, &r, paths->path, rights_of(paths->rights));
	if (role == SANDBOX_OPERATOR)
		ok = ok && add_helpers(fd, &r);
	ok = ok && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	close(fd);
	return ok ? 1 : -1;
}
