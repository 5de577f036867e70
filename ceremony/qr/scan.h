/* SPDX-License-Identifier: ISC */
#ifndef QR_SCAN_H
#define QR_SCAN_H

#include "ceremony/qr/camera.h"
#include "ceremony/qr/eye.h"
#include "ceremony/qr/join.h"
#include "ceremony/qr/progress.h"
#include "ceremony/qr/qr.h"

/* A code that is no Uniform Resource is a camera's catch once it came so
 * often, and no other. */
#define SCAN_PLAIN_REPEATS 3
#define SCAN_TOLD_MAX 20 /* complaints of one kind, or about one file */

/* What raw frames are. */
struct scan_raw {
	enum picture_form form; /* PICTURE_ANY: the file is not raw */
	uint32_t width, height;
};

/* Codes on their way to a file: what has come, and what went wrong. */
struct scan {
	struct eye *eye;
	struct join *join;
	struct progress progress;
	enum qr_ways ways;
	struct scan_raw raw;
	enum qr_outcome outcome; /* of what stops it; QR_DONE: go on */
	uint64_t codes, refused, foreign, broken;
	unsigned told; /* refusals */
	size_t others; /* entries of folders that are no files */
};

/* False, said: no helper process. */
bool scan_start(struct scan *s, enum qr_ways ways);
void scan_end(struct scan *s);
/* Whether no more is to be looked at: all has come, it failed, or somebody
 * stopped it (stop.h). */
bool scan_over(const struct scan *s);

/* Each returns once its source has no more or scan_over(). */
void scan_folder(struct scan *s, const char *path);
/* fd: open; name: for people. */
void scan_file(struct scan *s, int fd, const char *name);
/* Lines of Uniform Resources. */
void scan_lines(struct scan *s, int fd);
void scan_camera(struct scan *s, const struct camera_calls *calls, int fd,
    const char *name);

/* A code, or a line. */
void scan_take(struct scan *s, bool line, const void *text, size_t len);
/* One picture; false when no other of its file is to be looked at. */
bool
scan_view(struct scan *s, const struct eye_view *view, struct eye_seen *seen);
/* Say that something cannot be read, over what is drawn. */
void scan_complain(struct scan *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Write what has come to a new file, and say its digest; or say what is
 * missing. */
enum qr_outcome scan_write(struct scan *s, const char *path);

#endif
