/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/camera.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "transfer/file.h"

struct camera {
	const struct camera_calls *calls;
	int fd;
	struct v4l2_pix_format pix;
	enum picture_form form;
	unsigned octets; /* of a pixel; 0 for JPEG */
	bool streaming;
	unsigned count;
	struct {
		void *at;
		size_t len;
	} buffers[CAMERA_BUFFERS];
	uint8_t *packed; /* rows without what pads them */
};

/* The ones that are read, the cheapest to look at first. */
static const struct {
	uint32_t v4l2;
	enum picture_form form;
	unsigned octets;
} formats[] = {
	{ V4L2_PIX_FMT_GREY, PICTURE_GREY, 1 },
	{ V4L2_PIX_FMT_MJPEG, PICTURE_JPEG, 0 },
	{ V4L2_PIX_FMT_JPEG, PICTURE_JPEG, 0 },
	{ V4L2_PIX_FMT_YUYV, PICTURE_YUYV, 2 },
};

static int
system_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg);
}

const struct camera_calls camera_system = { system_ioctl, mmap, munmap, poll };

/* Again after a signal. */
static bool
call(const struct camera *c, unsigned long request, void *arg)
{
	int ret;

	do
		ret = c->calls->ioctl(c->fd, request, arg);
	while (ret == -1 && errno == EINTR);
	return ret == 0;
}

static bool
can_capture(const struct camera *c, char *why)
{
	struct v4l2_capability cap = { .capabilities = 0 };
	uint32_t has;

	if (!call(c, VIDIOC_QUERYCAP, &cap)) {
		snprintf(why, CAMERA_WHY_MAX, "is no V4L2 device: %s",
		    strerror(errno));
		return false;
	}
	has = (cap.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? cap.device_caps
							     : cap.capabilities;
	if ((has & V4L2_CAP_VIDEO_CAPTURE) != 0 &&
	    (has & V4L2_CAP_STREAMING) != 0)
		return true;
	snprintf(why, CAMERA_WHY_MAX, "captures no pictures");
	return false;
}

/* What the driver made of what was asked for is one of our forms and sizes. */
static bool
usable(const struct v4l2_pix_format *p, uint32_t v4l2, unsigned octets)
{
	return p->pixelformat == v4l2 && p->width > 0 && p->height > 0 &&
	    p->width <= PICTURE_SIDE_MAX && p->height <= PICTURE_SIDE_MAX &&
	    (uint64_t)p->width * p->height <= PICTURE_PIXELS_MAX &&
	    (octets != 2 || p->width % 2 == 0) &&
	    (p->bytesperline == 0 || p->bytesperline >= p->width * octets);
}

static bool
choose_format(struct camera *c, char *why)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct v4l2_format f = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };

		f.fmt.pix.width = CAMERA_WIDTH;
		f.fmt.pix.height = CAMERA_HEIGHT;
		f.fmt.pix.pixelformat = formats[i].v4l2;
		f.fmt.pix.field = V4L2_FIELD_NONE;
		if (!call(c, VIDIOC_S_FMT, &f)) {
			if (errno == EBUSY) {
				snprintf(why, CAMERA_WHY_MAX,
				    "is in use by another program");
				return false;
			}
			continue;
		}
		if (!usable(&f.fmt.pix, formats[i].v4l2, formats[i].octets))
			continue;
		c->pix = f.fmt.pix;
		c->form = formats[i].form;
		c->octets = formats[i].octets;
		return true;
	}
	snprintf(why, CAMERA_WHY_MAX, "gives neither grey, YUYV nor MJPEG");
	return false;
}

static struct v4l2_buffer
buffer_of(unsigned i)
{
	struct v4l2_buffer b = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
		.index = i };

	return b;
}

static bool
map_one(struct camera *c, unsigned i)
{
	struct v4l2_buffer b = buffer_of(i);
	void *at;

	if (!call(c, VIDIOC_QUERYBUF, &b))
		return false;
	at = c->calls->mmap(NULL, b.length, PROT_READ, MAP_SHARED, c->fd,
	    b.m.offset);
	if (at == MAP_FAILED)
		return false;
	c->buffers[i].at = at;
	c->buffers[i].len = b.length;
	c->count = i + 1;
	b = buffer_of(i);
	return call(c, VIDIOC_QBUF, &b);
}

static bool
start(struct camera *c, char *why)
{
	struct v4l2_requestbuffers r = { .count = CAMERA_BUFFERS,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP };
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	bool ok = call(c, VIDIOC_REQBUFS, &r) && r.count > 0;

	for (unsigned i = 0; ok && i < r.count && i < CAMERA_BUFFERS; i++)
		ok = map_one(c, i);
	c->streaming = ok && call(c, VIDIOC_STREAMON, &type);
	if (!c->streaming)
		snprintf(why, CAMERA_WHY_MAX, "does not start: %s",
		    strerror(errno));
	return c->streaming;
}

struct camera *
camera_new(const struct camera_calls *calls, int fd, char *why)
{
	struct camera *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		snprintf(why, CAMERA_WHY_MAX, "out of memory");
		return NULL;
	}
	c->calls = calls;
	c->fd = fd;
	if (!can_capture(c, why) || !choose_format(c, why) || !start(c, why)) {
		camera_free(c);
		return NULL;
	}
	return c;
}

void
camera_free(struct camera *c)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	if (c == NULL)
		return;
	if (c->streaming)
		(void)call(c, VIDIOC_STREAMOFF, &type);
	for (unsigned i = 0; i < c->count; i++)
		c->calls->munmap(c->buffers[i].at, c->buffers[i].len);
	free(c->packed);
	free(c);
}

enum picture_form
camera_form(const struct camera *c)
{
	return c->form;
}

uint32_t
camera_width(const struct camera *c)
{
	return c->pix.width;
}

uint32_t
camera_height(const struct camera *c)
{
	return c->pix.height;
}

/* Rows as they are read, one behind the other; NULL when too few octets came,
 * or there is no memory. */
static const uint8_t *
pack(struct camera *c, const uint8_t *data, size_t used, size_t *len)
{
	size_t row = (size_t)c->pix.width * c->octets;
	size_t stride = c->pix.bytesperline != 0 ? c->pix.bytesperline : row;

	*len = row * c->pix.height;
	if (used < stride * (c->pix.height - 1) + row)
		return NULL;
	if (stride == row)
		return data;
	if (c->packed == NULL)
		c->packed = malloc(*len);
	for (uint32_t y = 0; c->packed != NULL && y < c->pix.height; y++)
		memcpy(c->packed + y * row, data + y * stride, row);
	return c->packed;
}

/* A buffer that came, as a memory file. */
static enum camera_got
take(struct camera *c, const struct v4l2_buffer *b, int *fd, size_t *len)
{
	const uint8_t *data = c->buffers[b->index].at;
	size_t size = c->buffers[b->index].len;
	size_t used = b->bytesused < size ? b->bytesused : size;

	if ((b->flags & V4L2_BUF_FLAG_ERROR) != 0 || used == 0)
		return CAMERA_BROKEN;
	*len = used;
	if (c->octets != 0)
		data = pack(c, data, used, len);
	if (data == NULL)
		return CAMERA_BROKEN;
	*fd = file_memfd(data, *len);
	return *fd == -1 ? CAMERA_ERR_GONE : CAMERA_FRAME;
}

enum camera_got
camera_frame(struct camera *c, int timeout_ms, int *fd, size_t *len)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	struct v4l2_buffer b = buffer_of(0);
	enum camera_got got;
	int n = c->calls->poll(&p, 1, timeout_ms);

	*fd = -1;
	if (n == 0 || (n == -1 && errno == EINTR))
		return CAMERA_NONE;
	if (n == -1 || (p.revents & POLLIN) == 0)
		return CAMERA_ERR_GONE;
	if (!call(c, VIDIOC_DQBUF, &b))
		return errno == EAGAIN ? CAMERA_NONE
		    : errno == EIO     ? CAMERA_BROKEN
				       : CAMERA_ERR_GONE;
	if (b.index >= c->count)
		return CAMERA_ERR_GONE;
	got = take(c, &b, fd, len);
	b = buffer_of(b.index);
	/* if that fails this frame is still good, and the next call says so */
	(void)call(c, VIDIOC_QBUF, &b);
	return got;
}
