/* SPDX-License-Identifier: ISC */
/*
 * Preloaded (LD_PRELOAD) into the processes of a run: what they do to the
 * files of the state folder is counted, and what is synced is noted, so that
 * tool_power can lay out the disk as a loss of power would leave it.  Changes
 * to the folder out/ beside it are counted as well; all other files pass
 * through.  SoftHSM's module is exchanged for the one beside this, which counts
 * the calls to the token; a virtual card of this process counts its commands.
 *
 * Syncs of these folders are noted only: no power fails here.
 */
#undef _FORTIFY_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tests/ceremony/process/widen.h"
#include "tests/crash/power.h"

#define SOFTHSM "libsofthsm2.so"
#define TOKEN_MODULE "module_token.so"
#define OUT "/out"

static struct power *power; /* NULL: this process is not counted */
static const char *base;

__attribute__((constructor)) static void
start(void)
{
	base = getenv("POWER");
	power = power_map(base);
}

/* What is noted, and the exchanged module. */
bool
widen_path(size_t i, char path[PATH_MAX])
{
	Dl_info self;

	if (i > 1 || power == NULL || dladdr(&power, &self) == 0)
		return false;
	snprintf(path, PATH_MAX, "%s", i == 0 ? base : self.dli_fname);
	if (i == 1)
		*strrchr(path, '/') = '\0';
	return true;
}

/* ---- which file is meant ------------------------------------------------- */

static bool
path_of_fd(int fd, char out[PATH_MAX])
{
	char name[64];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, out, PATH_MAX - 1);
	if (n <= 0)
		return false;
	out[n] = '\0';
	return true;
}

static bool
path_of(int dirfd, const char *path, char out[PATH_MAX])
{
	size_t len;

	out[0] = '\0';
	if (path[0] == '/')
		return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
	if (dirfd == AT_FDCWD ? getcwd(out, PATH_MAX) == NULL
			      : !path_of_fd(dirfd, out))
		return false;
	len = strlen(out);
	if (strcmp(path, ".") == 0)
		return true;
	return snprintf(out + len, PATH_MAX - len, "/%s", path) <
	    (int)(PATH_MAX - len);
}

/* The length of the path of the folder that holds the state folder. */
static size_t
above_len(void)
{
	return (size_t)(strrchr(power->root, '/') - power->root);
}

static bool
in_folder(const char *path, const char *folder, size_t len)
{
	return strncmp(path, folder, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}

static bool
in_state(const char *path)
{
	return in_folder(path, power->root, strlen(power->root));
}

/* The path from the folder above on, if it is in state/ or in out/ beside it,
 * whose events count as well; NULL: not ours. */
static const char *
below(const char *path)
{
	size_t len = above_len();

	if (in_state(path))
		return path + len + 1;
	if (strncmp(path, power->root, len) == 0 &&
	    in_folder(path + len, OUT, strlen(OUT)))
		return path + len + 1;
	return NULL;
}

static bool
holds_root(const char *path)
{
	size_t len = above_len();

	return strlen(path) == len && strncmp(path, power->root, len) == 0;
}

static bool
counted(int dirfd, const char *path, char out[PATH_MAX])
{
	return power != NULL && path_of(dirfd, path, out) && below(out) != NULL;
}

static bool
counted_fd(int fd, char out[PATH_MAX])
{
	return power != NULL && path_of_fd(fd, out) && below(out) != NULL;
}

static void
event(const char *op, const char *path)
{
	power_event(power, op, below(path));
}

/* ---- what is on the disk ------------------------------------------------- */

static int
open_real(const char *path, int flags, mode_t mode)
{
	return (
	    int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

/* Notes are made whole or not at all: another process of the run may reach
 * the chosen point, and end this one, at any time. */
static bool
new_note(char path[PATH_MAX], char fresh[PATH_MAX + 8], const char *kind,
    ino_t ino)
{
	return power_path(path, base, kind, ino) &&
	    snprintf(fresh, PATH_MAX + 8, "%s.new", path) < PATH_MAX + 8;
}

static void
end_note(const char *fresh, const char *path)
{
	syscall(SYS_renameat2, AT_FDCWD, fresh, AT_FDCWD, path, 0);
}

/* The file's octets as they are now are safe. */
static void
note_file(int fd, const struct stat *st)
{
	char from[64], to[PATH_MAX], fresh[PATH_MAX + 8];
	int in, out;

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	in = open_real(from, O_RDONLY, 0);
	out = new_note(to, fresh, "data", st->st_ino)
	    ? open_real(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600)
	    : -1;
	while (in != -1 && out != -1 && sendfile(out, in, NULL, 1u << 20) > 0)
		;
	close(in);
	close(out);
	end_note(fresh, to);
	if (power->last.ino == st->st_ino)
		atomic_store(&power->last.len, 0);
}

static void
note_name(FILE *out, const char *folder, const char *name)
{
	char path[2 * PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (lstat(path, &st) == 0)
		fprintf(out, "%llu %c %s\n", (unsigned long long)st.st_ino,
		    S_ISDIR(st.st_mode) ? 'd' : 'f', name);
}

/* The names in the folder as they are now are safe. */
static void
note_folder(const char *path, ino_t ino)
{
	char to[PATH_MAX], fresh[PATH_MAX + 8];
	bool above = below(path) == NULL;
	FILE *out = new_note(to, fresh, "folder", above ? 0 : ino)
	    ? fopen(fresh, "we")
	    : NULL;
	DIR *d = opendir(path);
	struct dirent *e;

	while (out != NULL && d != NULL && (e = readdir(d)) != NULL) {
		bool own =
		    strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
		bool root =
		    strcmp(e->d_name, strrchr(power->root, '/') + 1) == 0;
		if (!own && (!above || root))
			note_name(out, path, e->d_name);
	}
	if (d != NULL)
		closedir(d);
	if (out != NULL)
		fclose(out);
	end_note(fresh, to);
}

/* A file is about to lose a name: the disk may still hold it. */
static void
keep(const char *path)
{
	char to[PATH_MAX];
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    power_path(to, base, "keep", st.st_ino))
		syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, to, 0);
}

/* ---- files: contents ----------------------------------------------------- */

static ssize_t
note_write(int fd, const char *path, ssize_t n, off_t at)
{
	struct stat st;

	if (n <= 0 || !in_state(path) || fstat(fd, &st) != 0)
		return n;
	atomic_store(&power->last.len, 0);
	power->last.ino = st.st_ino;
	power->last.at = at;
	snprintf(power->last.path, PATH_MAX, "%s", path);
	atomic_store(&power->last.len, (size_t)n);
	return n;
}

/* The text member of that name in a record, "" when there is none. */
static void
member(const char *data, size_t len, const char *name, char out[32])
{
	char start[32];
	size_t at, n = 0;
	const char *found;

	snprintf(start, sizeof(start), "\"%s\":\"", name);
	found = memmem(data, len, start, strlen(start));
	at = found == NULL ? len : (size_t)(found - data) + strlen(start);
	while (at < len && n < 31 && data[at] >= '-' && data[at] <= 'z')
		out[n++] = data[at++];
	out[n] = '\0';
}

/* The event of a write says what record it is, if it is one. */
static void
event_write(const char *path, const void *data, size_t len)
{
	char what[192], type[32], kind[32] = "";

	member(data, len, "type", type);
	if (strncmp(type, "step", 4) == 0)
		member(data, len, "kind", kind);
	snprintf(what, sizeof(what), "%s %s %s", path, type, kind);
	power_event(power, "write", what);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	char path[PATH_MAX];
	ssize_t n;

	if (!counted_fd(fd, path))
		return syscall(SYS_write, fd, data, len);
	event_write(below(path), data, len);
	n = syscall(SYS_write, fd, data, len);
	return note_write(fd, path, n, lseek(fd, 0, SEEK_CUR) - n);
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	char path[PATH_MAX];

	if (!counted_fd(fd, path))
		return syscall(SYS_pwrite64, fd, data, len, at);
	event_write(below(path), data, len);
	return note_write(fd, path, syscall(SYS_pwrite64, fd, data, len, at),
	    at);
}

ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return pwrite(fd, data, len, at);
}

int
ftruncate(int fd, off_t len)
{
	char path[PATH_MAX];

	if (counted_fd(fd, path))
		event("ftruncate", path);
	return (int)syscall(SYS_ftruncate, fd, len);
}

int
ftruncate64(int fd, off64_t len)
{
	return ftruncate(fd, len);
}

static int
sync_fd(int fd, const char *op, long call)
{
	char path[PATH_MAX];
	struct stat st;

	if (power == NULL || !path_of_fd(fd, path) ||
	    (below(path) == NULL && !holds_root(path)))
		return (int)syscall(call, fd);
	power_event(power, op, below(path) == NULL ? ".." : below(path));
	if (fstat(fd, &st) != 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		note_folder(path, st.st_ino);
	else
		note_file(fd, &st);
	return 0;
}

int
fsync(int fd)
{
	return sync_fd(fd, "fsync", SYS_fsync);
}

int
fdatasync(int fd)
{
	return sync_fd(fd, "fdatasync", SYS_fdatasync);
}

/* ---- files: names -------------------------------------------------------- */

static int
open_at(int dirfd, const char *name, int flags, mode_t mode)
{
	char path[PATH_MAX];
	struct stat st;

	if ((flags & (O_CREAT | O_TRUNC)) != 0 && counted(dirfd, name, path)) {
		bool there = lstat(path, &st) == 0;
		if (!there && (flags & O_CREAT) != 0)
			event("create", path);
		if (there && (flags & O_TRUNC) != 0)
			event("truncate", path);
	}
	return (int)syscall(SYS_openat, dirfd, name, flags, mode);
}

static mode_t
mode_argument(int flags, va_list ap)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;
}

#define OPEN(name, parameters, dirfd)                                          \
	int name parameters                                                    \
	{                                                                      \
		va_list ap;                                                    \
		mode_t mode;                                                   \
                                                                               \
		va_start(ap, flags);                                           \
		mode = mode_argument(flags, ap);                               \
		va_end(ap);                                                    \
		return open_at(dirfd, path, flags, mode);                      \
	}

OPEN(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD)
OPEN(openat, (int dirfd, const char *path, int flags, ...), dirfd)
OPEN(openat64, (int dirfd, const char *path, int flags, ...), dirfd)
#undef OPEN

int
renameat2(int from_fd, const char *from, int to_fd, const char *to,
    unsigned flags)
{
	char path[PATH_MAX];

	if (counted(to_fd, to, path)) {
		event("rename", path);
		if ((flags & RENAME_NOREPLACE) == 0)
			keep(path);
	}
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return renameat2(from_fd, from, to_fd, to, 0);
}

int
rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	char path[PATH_MAX];

	if (counted(to_fd, to, path))
		event("link", path);
	return (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
}

int
link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
unlinkat(int dirfd, const char *name, int flags)
{
	char path[PATH_MAX];

	if (counted(dirfd, name, path)) {
		event("unlink", path);
		keep(path);
	}
	return (int)syscall(SYS_unlinkat, dirfd, name, flags);
}

int
unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int
mkdirat(int dirfd, const char *name, mode_t mode)
{
	char path[PATH_MAX];
	struct stat st;

	if (counted(dirfd, name, path) && lstat(path, &st) != 0)
		event("mkdir", path);
	return (int)syscall(SYS_mkdirat, dirfd, name, mode);
}

int
mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}

/* ---- the token's module -------------------------------------------------- */

static bool
beside(char out[PATH_MAX])
{
	static const char here; /* an address in this module */
	const char *slash;
	Dl_info info;

	if (dladdr(&here, &info) == 0 ||
	    (slash = strrchr(info.dli_fname, '/')) == NULL)
		return false;
	return snprintf(out, PATH_MAX, "%.*s/" TOKEN_MODULE,
		   (int)(slash - info.dli_fname), info.dli_fname) < PATH_MAX;
}

void *
dlopen(const char *path, int flags)
{
	void *sym = dlsym(RTLD_NEXT, "dlopen");
	void *(*real)(const char *, int) = NULL;
	char module[PATH_MAX];

	if (sym == NULL)
		return NULL;
	memcpy(&real, &sym, sizeof(real));
	if (power != NULL && path != NULL && strstr(path, SOFTHSM) != NULL &&
	    beside(module))
		path = module;
	return real(path, flags);
}

/* ---- virtual cards -------------------------------------------------------- */

/* Before a card in this process does a command that changes it. */
void power_card(uint8_t ins);
void
power_card(uint8_t ins)
{
	char op[8];

	if (power == NULL)
		return;
	snprintf(op, sizeof(op), "INS %02X", ins);
	power_event(power, op, "card");
}
