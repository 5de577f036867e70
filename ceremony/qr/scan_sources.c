/* SPDX-License-Identifier: ISC */
/* Pictures in files and folders, and lines. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/qr/pictures.h"
#include "ceremony/qr/scan.h"

/* What is wrong with a picture of a file, of which one may have many. */
static void
complain_of(struct scan *s, const char *name, size_t number, unsigned *told,
    const struct eye_seen *seen)
{
	if (*told == SCAN_TOLD_MAX)
		scan_complain(s, "%s: and more pictures like these", name);
	if ((*told)++ >= SCAN_TOLD_MAX)
		return;
	if (number == 1 && seen->next == 0)
		scan_complain(s, "%s: %s", name, seen->why);
	else
		scan_complain(s, "%s: picture %zu: %s", name, number,
		    seen->why);
}

/* A file's pictures, one behind the other. */
static void
look(struct scan *s, int fd, size_t len, const char *name)
{
	struct eye_view view = { .fd = fd,
		.len = len,
		.form = s->raw.form,
		.width = s->raw.width,
		.height = s->raw.height,
		.ways = s->ways };
	struct eye_seen seen;
	unsigned told = 0;
	bool more = true;

	for (size_t n = 1; more && view.offset < len; n++) {
		if (n > PICTURE_FRAMES_MAX) {
			scan_complain(s,
			    "%s: over %d pictures: the rest is passed over",
			    name, PICTURE_FRAMES_MAX);
			return;
		}
		more = scan_view(s, &view, &seen);
		view.offset = seen.next;
		if (n == 1 && seen.next == len)
			seen.next = 0; /* the only one: no number is said */
		if (s->outcome == QR_DONE && seen.why[0] != '\0')
			complain_of(s, name, n, &told, &seen);
	}
}

static void
complain_of_file(struct scan *s, const char *name, int error)
{
	s->broken++;
	switch (error) {
	case EFBIG:
		scan_complain(s, "%s: over %u octets: passed over", name,
		    PICTURE_FILE_MAX);
		break;
	case EINVAL:
	case ELOOP:
		scan_complain(s, "%s: no file: passed over", name);
		break;
	default:
		scan_complain(s, "%s: cannot be read: %s", name,
		    strerror(error));
	}
}

/* A memory file, or -1 and errno. */
static void
look_copy(struct scan *s, int copy, size_t len, const char *name)
{
	if (copy == -1) {
		complain_of_file(s, name, errno);
		return;
	}
	if (len == 0) {
		s->broken++;
		scan_complain(s, "%s: is empty", name);
	}
	look(s, copy, len, name);
	close(copy);
}

void
scan_file(struct scan *s, int fd, const char *name)
{
	size_t len = 0;
	int copy = picture_copy(fd, &len);

	look_copy(s, copy, len, name);
}

void
scan_folder(struct scan *s, const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), copy;
	struct pictures list = { .count = 0 };
	enum pictures_error err =
	    dir == -1 ? PICTURES_ERR_IO : pictures_list(dir, &list);
	size_t len = 0;

	if (err != PICTURES_OK) {
		scan_complain(s, "%s: %s", path,
		    err == PICTURES_ERR_MANY     ? "over 20000 entries: make "
						   "several folders of it"
			: err == PICTURES_ERR_IO ? strerror(errno)
						 : "out of memory");
		s->outcome = err == PICTURES_ERR_MEMORY ? QR_TROUBLE : QR_READ;
	}
	s->others += list.others;
	for (size_t i = 0; i < list.count && !scan_over(s); i++) {
		copy = picture_open(dir, list.names[i], &len);
		look_copy(s, copy, len, list.names[i]);
	}
	pictures_clear(&list);
	if (dir != -1)
		close(dir);
}

/* ---- lines -------------------------------------------------------------------- */

struct lines {
	struct scan *scan;
	size_t number, len;
	bool over; /* the line is too long: what is left of it is not kept */
	char line[SCAN_TEXT_MAX];
};

static void
end_line(struct lines *l)
{
	l->number++;
	if (l->over)
		scan_complain(l->scan, "line %zu: over %d characters",
		    l->number, SCAN_TEXT_MAX);
	else
		scan_take(l->scan, true, l->line, l->len);
	l->len = 0;
	l->over = false;
}

static void
add_octets(struct lines *l, const char *data, size_t len)
{
	for (size_t i = 0; i < len && !scan_over(l->scan); i++) {
		if (data[i] == '\n')
			end_line(l);
		else if (l->len == sizeof(l->line))
			l->over = true;
		else
			l->line[l->len++] = data[i];
	}
}

void
scan_lines(struct scan *s, int fd)
{
	struct lines *l = calloc(1, sizeof(*l));
	char buf[4096];
	ssize_t n = 1;

	if (l == NULL) {
		scan_complain(s, "out of memory");
		s->outcome = QR_TROUBLE;
		return;
	}
	l->scan = s;
	while (n != 0 && !scan_over(s)) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0)
			add_octets(l, buf, (size_t)n);
		else if (n == -1 && errno != EINTR) {
			scan_complain(s, "standard input: %s", strerror(errno));
			s->outcome = QR_READ;
		}
	}
	if (l->len > 0 && !scan_over(s))
		end_line(l); /* the last has no newline */
	free(l);
}
