/* SPDX-License-Identifier: ISC */
#include "ceremony/record/mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/record/issuance.h"
#include "ceremony/record/journal.h"
#include "ceremony/record/link.h"
#include "ceremony/record/objects.h"
#include "transfer/file.h"

#define CHUNK (64u << 10)

/* Copied in this order: no line tells of what is not there yet. */
static const struct {
	const char *name;
	mode_t mode; /* of its files */
} folders[] = {
	{ "objects", 0400 },
	{ "copies", 0400 },
	{ "checkpoints", 0644 },
};
static const struct {
	const char *name;
	size_t line_max;
} journals[] = {
	{ "issuance.jsonl", ISSUANCE_LINE_MAX },
	{ "transcript.jsonl", LINK_LINE_MAX },
};
#define FOLDERS (sizeof(folders) / sizeof(folders[0]))
#define JOURNALS (sizeof(journals) / sizeof(journals[0]))
#define TRANSCRIPT 1 /* its place */

#define COPY_MAX (4u << 20) /* octets of lines that are copied at a time */
_Static_assert(COPY_MAX > ISSUANCE_LINE_MAX && COPY_MAX > LINK_LINE_MAX,
    "a line fits");

struct mirror {
	int from, to;
	bool compared; /* what was there before */
	struct journal to_file[JOURNALS];
};

static enum record_error
io_fail(const char *name, const char *what, struct record_fault *fault)
{
	int number = errno;

	return record_fail(fault, record_errno(number), "%s: cannot %s: %s",
	    name, what, strerrordesc_np(number));
}

/* All of len at `at`, or false. */
static bool
read_at(int fd, uint8_t *out, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t n = pread(fd, out, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return false;
		out += n;
		len -= (size_t)n;
		at += n;
	}
	return true;
}

/* -1 with ENOENT: not there. */
static int
open_file(int dirfd, const char *name)
{
	return openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* ---- comparing -------------------------------------------------------------- */

/* A file's whole lines. */
struct lines {
	int fd; /* -1: there is none */
	off_t size;
	uint64_t count;
};

/* What is longer than a line can be is none, be it holes to the end of a file
 * system. */
static enum record_error
lines_open(int dirfd, size_t which, struct lines *l, uint8_t *buf,
    struct record_fault *fault)
{
	const char *name = journals[which].name;
	off_t at = 0;
	ssize_t n;

	*l = (struct lines){ .fd = open_file(dirfd, name) };
	if (l->fd < 0)
		return errno == ENOENT ? RECORD_OK
				       : io_fail(name, "open it", fault);
	while ((n = pread(l->fd, buf, CHUNK, at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_fail(name, "read it", fault);
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] != '\n')
				continue;
			l->count++;
			l->size = at + i + 1;
		}
		at += n;
		if (at - l->size > (off_t)journals[which].line_max)
			return record_fail(fault, RECORD_ERR_FORM,
			    "%s line %llu: longer than a line can be", name,
			    (unsigned long long)l->count + 1);
	}
	return RECORD_OK;
}

/* The line in which two files of the same beginning differ, or 0. */
static enum record_error
find_fork(const struct lines *a, const struct lines *b, const char *name,
    uint8_t *buf, uint64_t *line, struct record_fault *fault)
{
	off_t end = a->size < b->size ? a->size : b->size;
	uint64_t count = 1;

	*line = 0;
	for (off_t at = 0; at < end;) {
		size_t n = end - at < CHUNK ? (size_t)(end - at) : CHUNK;

		if (!read_at(a->fd, buf, n, at) ||
		    !read_at(b->fd, buf + CHUNK, n, at))
			return io_fail(name, "read it", fault);
		for (size_t i = 0; i < n; i++) {
			if (buf[i] != buf[CHUNK + i]) {
				*line = count;
				return RECORD_OK;
			}
			count += buf[i] == '\n';
		}
		at += (off_t)n;
	}
	return RECORD_OK;
}

/* What another file says beside what is known of the order so far. */
static enum mirror_order
join(enum mirror_order so_far, const struct lines l[2])
{
	enum mirror_order now = l[0].size == l[1].size ? MIRROR_SAME
	    : l[0].size > l[1].size                    ? MIRROR_FIRST
						       : MIRROR_SECOND;

	if (so_far == MIRROR_SAME || so_far == now)
		return now;
	return now == MIRROR_SAME ? so_far : MIRROR_FORKED;
}

static enum record_error
compare_file(const int dirs[2], size_t which, uint8_t *buf,
    struct mirror_difference *out, struct record_fault *fault)
{
	const char *name = journals[which].name;
	struct lines l[2] = { { .fd = -1 }, { .fd = -1 } };
	enum record_error ret = lines_open(dirs[0], which, &l[0], buf, fault);
	uint64_t fork = 0;

	if (ret == RECORD_OK)
		ret = lines_open(dirs[1], which, &l[1], buf, fault);
	if (ret == RECORD_OK)
		ret = find_fork(&l[0], &l[1], name, buf, &fork, fault);
	if (ret == RECORD_OK && fork == 0) {
		enum mirror_order order = join(out->order, l);

		if (order == MIRROR_FORKED)
			fork = 1 +
			    (l[0].count < l[1].count ? l[0].count : l[1].count);
		out->order = order;
	}
	if (fork != 0) {
		out->order = MIRROR_FORKED;
		out->file = name;
		out->forked_at = fork;
	}
	for (int i = 0; i < 2; i++) {
		if (which == TRANSCRIPT)
			out->lines[i] = l[i].count;
		if (l[i].fd >= 0)
			close(l[i].fd);
	}
	return ret;
}

enum record_error
mirror_compare(int first, int second, struct mirror_difference *out,
    struct record_fault *fault)
{
	const int dirs[2] = { first, second };
	enum record_error ret = RECORD_OK;
	uint8_t *buf = malloc(2 * CHUNK);

	memset(out, 0, sizeof(*out));
	if (buf == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY, "out of memory");
	/* the transcript's fork is the one that people are told of */
	for (size_t i = JOURNALS; ret == RECORD_OK && i-- > 0;) {
		if (out->order != MIRROR_FORKED)
			ret = compare_file(dirs, i, buf, out, fault);
	}
	free(buf);
	return ret;
}

/* ---- following -------------------------------------------------------------- */

/* It is only to be known where its lines end. */
static enum record_error
pass(void *arg, uint64_t number, const char *line, size_t len,
    struct record_fault *fault)
{
	(void)arg;
	(void)number;
	(void)line;
	(void)len;
	(void)fault;
	return RECORD_OK;
}

enum record_error
mirror_open(int from, int to, struct mirror **out, struct record_fault *fault)
{
	struct mirror_difference d;
	struct mirror *m = NULL;
	enum record_error ret = mirror_compare(from, to, &d, fault);

	*out = NULL;
	if (ret == RECORD_OK && d.order != MIRROR_SAME &&
	    d.order != MIRROR_FIRST)
		ret = record_fail(fault, RECORD_ERR_CHAIN,
		    "the copy is not a beginning of the state");
	if (ret != RECORD_OK)
		return ret;
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY, "out of memory");
	m->from = from;
	m->to = to;
	for (size_t i = 0; i < JOURNALS; i++)
		m->to_file[i].fd = -1;
	for (size_t i = 0; ret == RECORD_OK && i < JOURNALS; i++) {
		bool torn;

		ret = journal_open(&m->to_file[i], to, journals[i].name,
		    JOURNAL_CREATE, fault);
		if (ret == RECORD_OK)
			ret = journal_read(&m->to_file[i], journals[i].line_max,
			    pass, NULL, &torn, fault);
	}
	if (ret == RECORD_OK)
		*out = m;
	else
		mirror_close(m);
	return ret;
}

void
mirror_close(struct mirror *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < JOURNALS; i++)
		journal_close(&m->to_file[i]);
	free(m);
}

/* Something of that name is there: fine if it is the same file. */
static enum record_error
compare_there(int to, const char *name, const uint8_t *data, size_t len,
    struct record_fault *fault)
{
	uint8_t *there = NULL;
	size_t there_len = 0;
	enum transfer_error err = file_read(to, name, len, &there, &there_len);
	bool same = err == TRANSFER_OK && there_len == len &&
	    memcmp(there, data, len) == 0;

	free(there);
	if (same)
		return RECORD_OK;
	if (err == TRANSFER_ERR_IO && errno == EIO)
		return io_fail(name, "read the copy of it", fault);
	if (err == TRANSFER_ERR_MEMORY)
		return record_fail(fault, RECORD_ERR_MEMORY, "out of memory");
	return record_fail(fault, RECORD_ERR_CHAIN,
	    "%.80s: the copy has something else under that name", name);
}

static enum record_error
copy_file(int from, int to, const char *name, mode_t mode,
    struct record_fault *fault)
{
	uint8_t *data = NULL;
	size_t len = 0;
	enum record_error ret = RECORD_OK;
	enum transfer_error err;

	if (file_read(from, name, OBJECT_MAX, &data, &len) != TRANSFER_OK)
		return io_fail(name, "read it", fault);
	err = file_create(to, name, data, len, mode);
	if (err == TRANSFER_ERR_EXISTS)
		ret = compare_there(to, name, data, len, fault);
	else if (err != TRANSFER_OK)
		ret = io_fail(name, "copy it", fault);
	free(data);
	return ret;
}

/* What is to be copied, or to be compared once; what a crash left of a
 * temporary file begins with a dot. */
static bool
is_wanted(const struct mirror *m, int to, const char *name)
{
	struct stat st;

	return name[0] != '.' &&
	    (!m->compared || fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW) != 0);
}

static enum record_error
copy_entries(const struct mirror *m, DIR *d, int to, size_t which,
    struct record_fault *fault)
{
	enum record_error ret = RECORD_OK;
	struct dirent *e;

	while (ret == RECORD_OK && (errno = 0, e = readdir(d)) != NULL) {
		if (is_wanted(m, to, e->d_name))
			ret = copy_file(dirfd(d), to, e->d_name,
			    folders[which].mode, fault);
	}
	if (ret == RECORD_OK && errno != 0)
		ret = io_fail(folders[which].name, "list it", fault);
	/* who copied before may have been stopped before this */
	if (ret == RECORD_OK && !m->compared && fsync(to) != 0)
		ret = io_fail(folders[which].name, "sync it", fault);
	return ret;
}

static enum record_error
copy_folder(struct mirror *m, size_t which, int from,
    struct record_fault *fault)
{
	const char *name = folders[which].name;
	DIR *d = fdopendir(from);
	enum record_error ret;
	int to;

	if (d == NULL) {
		close(from);
		return io_fail(name, "list it", fault);
	}
	if ((mkdirat(m->to, name, 0700) != 0 && errno != EEXIST) ||
	    fsync(m->to) != 0) {
		closedir(d);
		return io_fail(name, "make or sync it", fault);
	}
	to = openat(m->to, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ret = to < 0 ? io_fail(name, "open it", fault)
		     : copy_entries(m, d, to, which, fault);
	if (to >= 0)
		close(to);
	closedir(d);
	return ret;
}

static enum record_error
sync_folder(struct mirror *m, size_t which, struct record_fault *fault)
{
	int from = openat(m->from, folders[which].name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (from < 0)
		return errno == ENOENT
		    ? RECORD_OK
		    : io_fail(folders[which].name, "open it", fault);
	return copy_folder(m, which, from, fault);
}

/* As many whole lines as fit behind those that the copy has; *len 0: there are
 * none, a torn last one is not taken along. */
static enum record_error
copy_some(int from, struct journal *to, uint8_t *buf, size_t *len,
    struct record_fault *fault)
{
	struct stat st;
	off_t left;

	*len = 0;
	if (fstat(from, &st) != 0)
		return io_fail(to->name, "look at it", fault);
	if ((left = st.st_size - to->size) < 0)
		return record_fail(fault, RECORD_ERR_CHAIN,
		    "%s: became shorter", to->name);
	*len = left < (off_t)COPY_MAX ? (size_t)left : COPY_MAX;
	if (!read_at(from, buf, *len, to->size))
		return io_fail(to->name, "read it", fault);
	while (*len > 0 && buf[*len - 1] != '\n')
		--*len;
	if (*len > 0 && journal_append(to, buf, *len) != RECORD_OK)
		return io_fail(to->name, "copy it", fault);
	return RECORD_OK;
}

static enum record_error
copy_lines(int from, struct journal *to, struct record_fault *fault)
{
	uint8_t *buf = malloc(COPY_MAX);
	enum record_error ret;
	size_t len;

	if (buf == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY, "out of memory");
	do
		ret = copy_some(from, to, buf, &len, fault);
	while (ret == RECORD_OK && len > 0);
	free(buf);
	return ret;
}

static enum record_error
sync_lines(struct mirror *m, size_t which, struct record_fault *fault)
{
	int from = open_file(m->from, journals[which].name);
	enum record_error ret;

	if (from < 0)
		return errno == ENOENT
		    ? RECORD_OK
		    : io_fail(journals[which].name, "open it", fault);
	ret = copy_lines(from, &m->to_file[which], fault);
	close(from);
	return ret;
}

enum record_error
mirror_sync(struct mirror *m, struct record_fault *fault)
{
	enum record_error ret = RECORD_OK;

	for (size_t i = 0; ret == RECORD_OK && i < FOLDERS; i++)
		ret = sync_folder(m, i, fault);
	for (size_t i = 0; ret == RECORD_OK && i < JOURNALS; i++)
		ret = sync_lines(m, i, fault);
	m->compared = m->compared || ret == RECORD_OK;
	return ret;
}
