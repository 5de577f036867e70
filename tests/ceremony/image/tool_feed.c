/* SPDX-License-Identifier: ISC */
/*
 * tool_feed FILM CAMERA OUTPUT   in a guest: what CAMERA sees
 *
 * Both are nodes of the kernel's virtual driver, vivid.  FILM has grey pictures
 * of 1280x720, one behind the other; they are shown in turn, until this is
 * ended.  Says "rolling" when the first one is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WIDTH 1280u
#define HEIGHT 720u
#define PICTURE ((size_t)WIDTH * HEIGHT)
#define BUFFERS 4u
#define HELD 10u /* frames that a picture stands */
#define TYPE V4L2_BUF_TYPE_VIDEO_OUTPUT

struct feed {
	int fd;
	const uint8_t *film;
	size_t pictures, shown;
	uint8_t *at[BUFFERS];
};

static bool
fail(const char *what)
{
	fprintf(stderr, "tool_feed: %s: %s\n", what, strerror(errno));
	return false;
}

/* A control of the driver, by its name. */
static bool
set_control(int fd, const char *name, int32_t value)
{
	struct v4l2_queryctrl q = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };

	while (ioctl(fd, VIDIOC_QUERYCTRL, &q) == 0) {
		struct v4l2_control c = { .id = q.id, .value = value };

		if (strcmp((const char *)q.name, name) == 0)
			return ioctl(fd, VIDIOC_S_CTRL, &c) == 0 || fail(name);
		q.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	return fail(name);
}

/* The camera sees what is put out, without the driver's own text. */
static bool
connect_camera(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool ok = fd != -1 && set_control(fd, "Loop Video", 1) &&
	    set_control(fd, "OSD Text Mode", 2);

	if (fd == -1)
		return fail(path);
	close(fd);
	return ok;
}

static bool
open_film(struct feed *f, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at;

	if (fd == -1 || fstat(fd, &st) != 0)
		return fail(path);
	f->pictures = (size_t)st.st_size / PICTURE;
	if (f->pictures == 0 || (size_t)st.st_size % PICTURE != 0) {
		errno = EINVAL;
		return fail(path);
	}
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	f->film = at;
	return at != MAP_FAILED || fail(path);
}

static bool
open_output(struct feed *f, const char *path)
{
	struct v4l2_format format = { .type = TYPE };
	struct v4l2_requestbuffers request = { .count = BUFFERS,
		.type = TYPE,
		.memory = V4L2_MEMORY_MMAP };

	format.fmt.pix.width = WIDTH;
	format.fmt.pix.height = HEIGHT;
	format.fmt.pix.pixelformat = V4L2_PIX_FMT_GREY;
	format.fmt.pix.field = V4L2_FIELD_NONE;
	if ((f->fd = open(path, O_RDWR | O_CLOEXEC)) == -1 ||
	    ioctl(f->fd, VIDIOC_S_FMT, &format) != 0)
		return fail(path);
	if (format.fmt.pix.width != WIDTH || format.fmt.pix.height != HEIGHT ||
	    format.fmt.pix.pixelformat != V4L2_PIX_FMT_GREY ||
	    format.fmt.pix.bytesperline != WIDTH) {
		errno = EINVAL;
		return fail("the format of the output");
	}
	return (ioctl(f->fd, VIDIOC_REQBUFS, &request) == 0 &&
		   request.count == BUFFERS) ||
	    fail("buffers");
}

static struct v4l2_buffer
buffer_of(unsigned i)
{
	struct v4l2_buffer b = { .type = TYPE,
		.memory = V4L2_MEMORY_MMAP,
		.index = i,
		.bytesused = PICTURE,
		.field = V4L2_FIELD_NONE };

	return b;
}

/* The next picture into a buffer, and the buffer to the driver. */
static bool
queue(struct feed *f, unsigned i)
{
	struct v4l2_buffer b = buffer_of(i);
	size_t picture = f->shown++ / HELD % f->pictures;

	memcpy(f->at[i], f->film + picture * PICTURE, PICTURE);
	return ioctl(f->fd, VIDIOC_QBUF, &b) == 0 || fail("a buffer");
}

static bool
start(struct feed *f)
{
	int type = TYPE;

	for (unsigned i = 0; i < BUFFERS; i++) {
		struct v4l2_buffer b = buffer_of(i);
		void *at;

		if (ioctl(f->fd, VIDIOC_QUERYBUF, &b) != 0 ||
		    (at = mmap(NULL, b.length, PROT_READ | PROT_WRITE,
			 MAP_SHARED, f->fd, b.m.offset)) == MAP_FAILED)
			return fail("a buffer's memory");
		f->at[i] = at;
		if (!queue(f, i))
			return false;
	}
	return ioctl(f->fd, VIDIOC_STREAMON, &type) == 0 || fail("the start");
}

static bool
roll(struct feed *f)
{
	for (;;) {
		struct v4l2_buffer b = buffer_of(0);

		if (ioctl(f->fd, VIDIOC_DQBUF, &b) != 0)
			return fail("the end of a picture");
		if (f->shown == BUFFERS) {
			puts("rolling");
			fflush(stdout);
		}
		if (!queue(f, b.index))
			return false;
	}
}

int
main(int argc, char **argv)
{
	struct feed f = { .fd = -1 };

	if (argc != 4) {
		fputs("usage: tool_feed FILM CAMERA OUTPUT\n", stderr);
		return 2;
	}
	return open_film(&f, argv[1]) && connect_camera(argv[2]) &&
		open_output(&f, argv[3]) && start(&f) && roll(&f)
	    ? 0
	    : 1;
}
