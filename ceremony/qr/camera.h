/* SPDX-License-Identifier: ISC */
#ifndef QR_CAMERA_H
#define QR_CAMERA_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "transfer/picture.h"

/*
 * Frames of a V4L2 capture device, by mapped buffers.  Nothing in a frame is
 * looked at here but its length.  The system calls stand in a table, so that a
 * test can be the device.
 */
#define CAMERA_WIDTH 1280 /* asked for; the driver may give another */
#define CAMERA_HEIGHT 720
#define CAMERA_BUFFERS 4
#define CAMERA_WHY_MAX 200

struct camera_calls {
	int (*ioctl)(int fd, unsigned long request, void *arg);
	void *(*mmap)(void *at, size_t len, int prot, int flags, int fd,
	    off_t offset);
	int (*munmap)(void *at, size_t len);
	int (*poll)(struct pollfd *fds, nfds_t count, int timeout_ms);
};
extern const struct camera_calls camera_system; /* the kernel's */

struct camera;
/* fd: borrowed, open for reading and writing, and stays open longer than the
 * camera.  NULL: why (CAMERA_WHY_MAX) says what is wrong with it. */
struct camera *camera_new(const struct camera_calls *calls, int fd, char *why);
void camera_free(struct camera *c);
/* What its frames are. */
enum picture_form camera_form(const struct camera *c);
uint32_t camera_width(const struct camera *c);
uint32_t camera_height(const struct camera *c);

enum camera_got {
	CAMERA_FRAME,
	CAMERA_NONE,     /* nothing within the time, or a signal came */
	CAMERA_BROKEN,   /* a frame that the driver marks as damaged */
	CAMERA_ERR_GONE, /* the device fails: it was pulled out */
};
/* The next frame as a sealed memory file without the driver's padding; *fd is
 * the caller's. */
enum camera_got
camera_frame(struct camera *c, int timeout_ms, int *fd, size_t *len);

#endif
