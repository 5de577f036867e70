/* SPDX-License-Identifier: ISC */
/*
 * tool_power run POWER POINT STATE COMMAND...
 *     Run the command in a process group of its own; before event POINT (0:
 *     never) that changes the folder STATE or a token, all of the group is
 *     killed.  POWER is a new folder for what is counted and noted.  Exits
 *     with 137 when the power failed, else with the command's status.
 * tool_power events POWER
 *     The events that happened, one a line: number, what, where.
 * tool_power lay POWER synced|torn OUT
 *     Lay out, as the new folder OUT, what a disk may hold of STATE that keeps
 *     only what was synced; torn: and the first half of the last write.  Exits
 *     with 3 when there is no such layout: the folder is not there at all, or
 *     no write was under way.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/crash/power.h"

#define EXIT_CUT 137
#define EXIT_NONE 3
#define NAME_BUF 512

static int
fail(const char *what)
{
	fprintf(stderr, "tool_power: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool
join(char out[PATH_MAX], const char *folder, const char *name)
{
	int n = snprintf(out, PATH_MAX, "%s/%s", folder, name);

	return n > 0 && n < PATH_MAX;
}

static bool
copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n = -1;

	while (in != -1 && out != -1 &&
	    (n = sendfile(out, in, NULL, 1u << 20)) > 0)
		;
	if (in != -1)
		close(in);
	if (out != -1)
		close(out);
	return n == 0;
}

/* ---- before the run: what is there is on the disk ------------------------ */

static bool note_folder(const char *base, const char *path, ino_t ino);

/* One name: its line, and what it names. */
static bool
note_name(FILE *list, const char *base, const char *path, const char *name)
{
	char to[PATH_MAX];
	struct stat st;

	if (lstat(path, &st) != 0)
		return false;
	fprintf(list, "%llu %c %s\n", (unsigned long long)st.st_ino,
	    S_ISDIR(st.st_mode) ? 'd' : 'f', name);
	if (S_ISDIR(st.st_mode))
		return note_folder(base, path, st.st_ino);
	return power_path(to, base, "data", st.st_ino) && copy_file(path, to);
}

static bool
note_folder(const char *base, const char *path, ino_t ino)
{
	char to[PATH_MAX], child[PATH_MAX];
	FILE *list =
	    power_path(to, base, "folder", ino) ? fopen(to, "we") : NULL;
	DIR *d = opendir(path);
	bool ok = list != NULL && d != NULL;
	struct dirent *e;

	while (ok && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		ok = join(child, path, e->d_name) &&
		    note_name(list, base, child, e->d_name);
	}
	if (d != NULL)
		closedir(d);
	if (list != NULL && fclose(list) != 0)
		ok = false;
	return ok;
}

/* The folder above: it holds the state folder, or nothing of ours. */
static bool
note_root(const char *base, const char *root)
{
	char to[PATH_MAX];
	FILE *list = power_path(to, base, "folder", 0) ? fopen(to, "we") : NULL;
	bool ok = list != NULL;

	if (ok && access(root, F_OK) == 0)
		ok = note_name(list, base, root, strrchr(root, '/') + 1);
	if (list != NULL && fclose(list) != 0)
		ok = false;
	return ok;
}

static struct power *
make_power(const char *base, unsigned long point, const char *root)
{
	static const char *const folders[] = { "data", "folder", "keep" };
	char path[PATH_MAX];
	struct power *p = NULL;
	bool ok = mkdir(base, 0700) == 0;
	int fd = -1;

	for (size_t i = 0; ok && i < sizeof(folders) / sizeof(folders[0]); i++)
		ok = join(path, base, folders[i]) && mkdir(path, 0700) == 0;
	ok = ok && note_root(base, root) && join(path, base, "control");
	if (ok)
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd != -1 && ftruncate(fd, sizeof(struct power)) == 0 &&
	    (p = power_map(base)) != NULL) {
		p->point = point;
		snprintf(p->root, sizeof(p->root), "%s", root);
	}
	if (fd != -1)
		close(fd);
	return p;
}

/* ---- the run ------------------------------------------------------------- */

static _Noreturn void
become(const char *base, char *const argv[])
{
	char module[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", module, sizeof(module) - 32);
	char *slash;

	if (n > 0) {
		module[n] = '\0';
		slash = strrchr(module, '/');
		strcpy(slash + 1, "module_power.so");
		setenv("LD_PRELOAD", module, 1);
		setenv("POWER", base, 1);
		setpgid(0, 0);
		execvp(argv[0], argv);
	}
	_exit(127);
}

/* Wait for the command and all that it leaves behind. */
static int
run(const char *base, unsigned long point, const char *root, char *const argv[])
{
	struct power *p = make_power(base, point, root);
	int status = -1, other;
	pid_t pid, got;

	if (p == NULL || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		return fail(base);
	if ((pid = fork()) == 0)
		become(base, argv);
	if (pid == -1)
		return fail("fork");
	do {
		got = wait(&other);
		if (got == pid)
			status = other;
	} while (got != -1 || errno == EINTR);
	if (atomic_load(&p->dark))
		return EXIT_CUT;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

static int
events(const char *base)
{
	const struct power *p = power_map(base);

	if (p == NULL)
		return fail(base);
	for (unsigned long i = 1; i <= p->count && i < POWER_EVENTS; i++)
		printf("%lu %s %s\n", i, p->events[i].op, p->events[i].what);
	return 0;
}

/* ---- afterwards: what a disk may hold ------------------------------------ */

static bool
lay_file(const char *base, ino_t ino, const char *out)
{
	char from[PATH_MAX];
	int fd;

	if (!power_path(from, base, "data", ino))
		return false;
	if (access(from, F_OK) == 0)
		return copy_file(from, out);
	/* the name is safe, what was written is not */
	fd = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd != -1 && close(fd) == 0;
}

static bool
lay_folder(const char *base, ino_t ino, const char *out)
{
	char list[PATH_MAX], path[PATH_MAX], name[NAME_BUF], kind;
	unsigned long long child;
	bool ok = mkdir(out, 0700) == 0;
	FILE *f =
	    power_path(list, base, "folder", ino) ? fopen(list, "re") : NULL;

	/* no list: the folder's name is safe, nothing in it is */
	while (ok && f != NULL &&
	    fscanf(f, "%llu %c %511s\n", &child, &kind, name) == 3)
		ok = join(path, out, name) &&
		    (kind == 'd' ? lay_folder(base, child, path)
				 : lay_file(base, child, path));
	if (f != NULL)
		fclose(f);
	return ok;
}

/* The first half of the last write reaches the disk as well. */
static bool
lay_torn(const struct power *p, const char *out)
{
	char path[PATH_MAX], *half = malloc(p->last.len / 2 + 1);
	ssize_t n = (ssize_t)(p->last.len / 2);
	int from = open(p->last.path, O_RDONLY | O_CLOEXEC), to = -1;
	bool ok = half != NULL && from != -1 &&
	    join(path, out, p->last.path + strlen(p->root) + 1);

	if (ok)
		to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ok = ok && to != -1 && pread(from, half, (size_t)n, p->last.at) == n &&
	    pwrite(to, half, (size_t)n, p->last.at) == n;
	if (from != -1)
		close(from);
	if (to != -1)
		close(to);
	free(half);
	return ok;
}

static int
lay(const char *base, bool torn, const char *out)
{
	const struct power *p = power_map(base);
	char list[PATH_MAX], name[NAME_BUF], kind;
	unsigned long long ino;
	bool there;
	FILE *f;

	if (p == NULL || !power_path(list, base, "folder", 0) ||
	    (f = fopen(list, "re")) == NULL)
		return fail(base);
	there = fscanf(f, "%llu %c %511s", &ino, &kind, name) == 3;
	fclose(f);
	if (!there || (torn && p->last.len == 0))
		return EXIT_NONE;
	if (!lay_folder(base, (ino_t)ino, out))
		return fail(out);
	return torn && !lay_torn(p, out) ? EXIT_NONE : 0;
}

int
main(int argc, char *argv[])
{
	if (argc > 5 && strcmp(argv[1], "run") == 0)
		return run(argv[2], strtoul(argv[3], NULL, 10), argv[4],
		    argv + 5);
	if (argc == 3 && strcmp(argv[1], "events") == 0)
		return events(argv[2]);
	if (argc == 5 && strcmp(argv[1], "lay") == 0 &&
	    (strcmp(argv[3], "synced") == 0 || strcmp(argv[3], "torn") == 0))
		return lay(argv[2], strcmp(argv[3], "torn") == 0, argv[4]);
	fprintf(stderr, "usage: tool_power run|events|lay ...\n");
	return 2;
}
