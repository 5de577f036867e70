/* SPDX-License-Identifier: ISC */
#include "ceremony/record/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (64u << 10)

static enum record_error
io_fail(const struct journal *j, const char *what, struct record_fault *fault)
{
	int number = errno;

	return record_fail(fault, record_errno(number), "%s: cannot %s: %s",
	    j->name, what, strerrordesc_np(number));
}

static int
open_mode(int dirfd, const char *name, enum journal_mode mode)
{
	/* O_NONBLOCK: a FIFO must not hold us up before fstat() names it */
	int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	flags |= mode == JOURNAL_READ ? O_RDONLY : O_RDWR;
	if (mode == JOURNAL_CREATE)
		flags |= O_CREAT;
	return openat(dirfd, name, flags, 0600);
}

static enum record_error
check_and_lock(struct journal *j, struct record_fault *fault)
{
	struct stat st;

	if (fstat(j->fd, &st) != 0)
		return io_fail(j, "look at it", fault);
	if (!S_ISREG(st.st_mode))
		return record_fail(fault, RECORD_ERR_IO,
		    "%s: not a regular file", j->name);
	if (!j->writable || flock(j->fd, LOCK_EX | LOCK_NB) == 0)
		return RECORD_OK;
	if (errno != EWOULDBLOCK)
		return io_fail(j, "lock it", fault);
	return record_fail(fault, RECORD_ERR_LOCKED,
	    "%s: another ceremony has it open; end that one first", j->name);
}

enum record_error
journal_open(struct journal *j, int dirfd, const char *name,
    enum journal_mode mode, struct record_fault *fault)
{
	enum record_error ret;

	*j = (struct journal){ .name = name, .writable = mode != JOURNAL_READ };
	j->fd = open_mode(dirfd, name, mode);
	if (j->fd < 0 && errno == ENOENT)
		return record_fail(fault, RECORD_ERR_MISSING,
		    "%s: there is none", name);
	if (j->fd < 0)
		return io_fail(j, "open it", fault);
	ret = check_and_lock(j, fault);
	/* the name must outlive a crash as the first line does */
	if (ret == RECORD_OK && mode == JOURNAL_CREATE && fsync(dirfd) != 0)
		ret = io_fail(j, "sync its folder", fault);
	if (ret != RECORD_OK)
		journal_close(j);
	return ret;
}

void
journal_close(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd); /* ends the lock as well */
	j->fd = -1;
}

/* Reading, a chunk at a time; what is no whole line yet stays in buf. */
struct reader {
	char *buf;
	size_t len, max;
	uint64_t number;
	journal_each *each;
	void *arg;
	struct record_fault *fault;
};

static enum record_error
too_long(const struct journal *j, const struct reader *r)
{
	return record_fail(r->fault, RECORD_ERR_FORM,
	    "%s line %llu: longer than a line can be", j->name,
	    (unsigned long long)r->number + 1);
}

/* Hand on the whole lines in the buffer and keep the rest. */
static enum record_error
hand_on(struct journal *j, struct reader *r)
{
	size_t at = 0;
	char *lf;

	while ((lf = memchr(r->buf + at, '\n', r->len - at)) != NULL) {
		size_t len = (size_t)(lf - r->buf) + 1 - at;
		enum record_error ret;

		if (len > r->max)
			return too_long(j, r);
		ret = r->each(r->arg, ++r->number, r->buf + at, len, r->fault);
		if (ret != RECORD_OK)
			return ret;
		at += len;
		j->size += (off_t)len;
	}
	r->len -= at;
	memmove(r->buf, r->buf + at, r->len);
	return r->len < r->max ? RECORD_OK : too_long(j, r);
}

static enum record_error
read_lines(struct journal *j, struct reader *r)
{
	enum record_error ret = RECORD_OK;

	while (ret == RECORD_OK) {
		ssize_t n = pread(j->fd, r->buf + r->len, CHUNK,
		    j->size + (off_t)r->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_fail(j, "read it", r->fault);
		if (n == 0)
			break;
		r->len += (size_t)n;
		ret = hand_on(j, r);
	}
	return ret;
}

/* Back to the lines that are known to be whole. */
static bool
cut_back(struct journal *j)
{
	return ftruncate(j->fd, j->size) == 0 && fsync(j->fd) == 0;
}

enum record_error
journal_read(struct journal *j, size_t max, journal_each *each, void *arg,
    bool *torn, struct record_fault *fault)
{
	struct reader r = { .max = max,
		.each = each,
		.arg = arg,
		.fault = fault };
	enum record_error ret;

	if ((r.buf = malloc(max + CHUNK)) == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY,
		    "%s: out of memory", j->name);
	j->size = 0;
	ret = read_lines(j, &r);
	if (ret == RECORD_OK && r.len > 0 && j->writable && !cut_back(j))
		ret = io_fail(j, "cut off its torn last line", fault);
	*torn = ret == RECORD_OK && r.len > 0;
	free(r.buf);
	return ret;
}

static bool
write_whole(struct journal *j, const char *data, size_t len)
{
	off_t at = j->size;

	while (len > 0) {
		ssize_t n = pwrite(j->fd, data, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
		at += n;
	}
	return fsync(j->fd) == 0;
}

enum record_error
journal_append(struct journal *j, const void *data, size_t len)
{
	enum record_error ret;

	if (!j->writable)
		return RECORD_ERR_ARGUMENT;
	if (j->broken)
		return RECORD_ERR_IO;
	if (write_whole(j, data, len)) {
		j->size += (off_t)len;
		return RECORD_OK;
	}
	ret = record_errno(errno);
	j->broken = !cut_back(j);
	return ret;
}
