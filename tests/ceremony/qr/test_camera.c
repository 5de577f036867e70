/* SPDX-License-Identifier: ISC */
/* A capture device that is a table of functions, and files through it. */
#include <errno.h>
#include <linux/videodev2.h>
#include <sys/mman.h>

#include "ceremony/qr/scan.h"
#include "tests/ceremony/process/driver.h"
#include "tests/transfer/photo.h"
#include "transfer/qr_file.h"
#include "transfer/ur.h"

#define DEVICE_FD 77
#define ROW_PADDING 64 /* octets behind each row of raw frames */
#define BUFFERS_MAX 8

/* What the device is like, and what was done with it. */
struct device {
	uint32_t capabilities, format; /* of V4L2 */
	uint32_t width, height;
	unsigned buffers;      /* it gives, whatever was asked */
	unsigned long failing; /* this request fails, with */
	int error;
	bool no_memory; /* mmap() fails */

	struct sent {
		uint8_t file[4000];
		struct ur_encoder *parts;
		char plain[32]; /* shown instead, if any */
	} sent;
	const struct lens *lens;
	uint32_t frame; /* shown last */
	unsigned ticks; /* times it was asked for one */

	/* once in so many times it is ..., 0: never */
	unsigned broken_each, again_each, silent_each;
	uint32_t gone_after;  /* frames, if not 0 */
	uint32_t lying_index; /* of the first frame, if not 0 */
	uint32_t lying_used;  /* octets it says are in each, if not 0 */

	void *maps[BUFFERS_MAX];
	size_t map_len;
	unsigned mapped, unmapped;
	unsigned queue[BUFFERS_MAX], queued;
	bool streaming, stopped;
};
static struct device dev;

/* ---- the driver ------------------------------------------------------------- */

static size_t
stride(void)
{
	return dev.format == V4L2_PIX_FMT_GREY ? dev.width + ROW_PADDING
	    : dev.format == V4L2_PIX_FMT_YUYV  ? 2 * dev.width + ROW_PADDING
					       : 0;
}

static size_t
frame_size(void)
{
	return stride() == 0 ? 1u << 20 : stride() * dev.height;
}

static int
failed(int error)
{
	errno = error;
	return -1;
}

static int
set_format(struct v4l2_format *f)
{
	assert_int_equal(f->type, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	f->fmt.pix.pixelformat = dev.format; /* as drivers do: its own */
	f->fmt.pix.width = dev.width;
	f->fmt.pix.height = dev.height;
	f->fmt.pix.bytesperline = (uint32_t)stride();
	return 0;
}

/* The picture of the next part, as the format has it; how long it is. */
static size_t
draw(uint8_t *out)
{
	struct picture code, photo;
	char text[4300];
	size_t len = frame_size();
	uint8_t *jpeg;

	dev.frame++;
	assert_int_equal(ur_encoder_part(dev.sent.parts, dev.frame, text,
			     sizeof(text)),
	    TRANSFER_OK);
	photo_code(&code, dev.sent.plain[0] != '\0' ? dev.sent.plain : text, 0,
	    4);
	photo_shoot(&code, dev.lens, dev.frame, &photo);
	picture_free(&code);
	memset(out, 0x55, stride() == 0 ? 0 : len);
	for (uint32_t i = 0; stride() != 0 && i < dev.width * dev.height; i++) {
		uint8_t *row = out + i / dev.width * stride();

		row[i % dev.width * (dev.format == V4L2_PIX_FMT_YUYV ? 2 : 1)] =
		    photo.grey[i];
	}
	if (stride() == 0) {
		jpeg = photo_jpeg(&photo, 80, &len);
		memcpy(out, jpeg, len);
		free(jpeg);
	}
	picture_free(&photo);
	return len;
}

static int
dequeue(struct v4l2_buffer *b)
{
	if (dev.gone_after != 0 && dev.frame >= dev.gone_after)
		return failed(ENODEV);
	if (dev.again_each != 0 && dev.ticks % dev.again_each == 0)
		return failed(EAGAIN);
	assert_true(dev.streaming && dev.queued > 0);
	b->index = dev.queue[0];
	memmove(dev.queue, dev.queue + 1, --dev.queued * sizeof(dev.queue[0]));
	b->bytesused = (uint32_t)draw(dev.maps[b->index]);
	if (dev.broken_each != 0 && dev.ticks % dev.broken_each == 0)
		b->flags |= V4L2_BUF_FLAG_ERROR;
	if (dev.lying_used != 0)
		b->bytesused = dev.lying_used;
	if (dev.lying_index != 0)
		b->index = dev.lying_index;
	return 0;
}

static int
enqueue(const struct v4l2_buffer *b)
{
	assert_in_range(b->index, 0, dev.mapped - 1);
	for (unsigned i = 0; i < dev.queued; i++)
		assert_int_not_equal(dev.queue[i], b->index);
	dev.queue[dev.queued++] = b->index;
	return 0;
}

static int
fake_ioctl(int fd, unsigned long request, void *arg)
{
	static bool signalled;
	struct v4l2_capability *cap = arg;
	struct v4l2_buffer *b = arg;

	assert_int_equal(fd, DEVICE_FD);
	signalled = !signalled;
	if (signalled)
		return failed(EINTR); /* every call is made twice */
	if (request == dev.failing)
		return failed(dev.error);
	switch (request) {
	case VIDIOC_QUERYCAP:
		cap->capabilities = dev.capabilities;
		return 0;
	case VIDIOC_S_FMT:
		return set_format(arg);
	case VIDIOC_REQBUFS:
		((struct v4l2_requestbuffers *)arg)->count = dev.buffers;
		return 0;
	case VIDIOC_QUERYBUF:
		b->length = (uint32_t)frame_size();
		b->m.offset = b->index * 4096;
		return 0;
	case VIDIOC_QBUF:
		return enqueue(b);
	case VIDIOC_DQBUF:
		return dequeue(b);
	case VIDIOC_STREAMON:
		dev.streaming = true;
		return 0;
	case VIDIOC_STREAMOFF:
		dev.streaming = false;
		dev.stopped = true;
		return 0;
	default:
		fail_msg("request %lx", request);
		return -1;
	}
}

static void *
fake_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	assert_null(at);
	assert_int_equal(prot, PROT_READ);
	assert_int_equal(flags, MAP_SHARED);
	assert_int_equal(fd, DEVICE_FD);
	assert_int_equal(offset, dev.mapped * 4096);
	if (dev.no_memory) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	dev.maps[dev.mapped] = malloc(len);
	assert_non_null(dev.maps[dev.mapped]);
	return dev.maps[dev.mapped++];
}

static int
fake_munmap(void *at, size_t len)
{
	assert_int_equal(len, frame_size());
	free(at);
	dev.unmapped++;
	return 0;
}

static int
fake_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	assert_int_equal(count, 1);
	assert_int_equal(fds->fd, DEVICE_FD);
	assert_true(timeout_ms > 0);
	dev.ticks++;
	if (dev.silent_each != 0 && dev.ticks % dev.silent_each == 0)
		return 0;
	fds->revents = POLLIN;
	return 1;
}

static const struct camera_calls fake = { fake_ioctl, fake_mmap, fake_munmap,
	fake_poll };

/* ---- the tests -------------------------------------------------------------- */

static void
set_up(uint32_t format)
{
	uint8_t *message;
	size_t len;
	uint64_t seed = 3;

	ur_encoder_free(dev.sent.parts);
	memset(&dev, 0, sizeof(dev));
	dev.capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
	dev.format = format;
	dev.width = PHOTO_WIDTH;
	dev.height = PHOTO_HEIGHT;
	dev.buffers = 3;
	dev.lens = &photo_lenses[1];
	for (size_t i = 0; i < sizeof(dev.sent.file); i++)
		dev.sent.file[i] = (uint8_t)photo_random(&seed);
	assert_int_equal(qr_file_pack(dev.sent.file, sizeof(dev.sent.file),
			     &message, &len),
	    TRANSFER_OK);
	assert_int_equal(ur_encoder_new(UR_TYPE, message, len, 800,
			     &dev.sent.parts),
	    TRANSFER_OK);
	free(message);
}

static void
assert_let_go(void)
{
	assert_int_equal(dev.mapped, dev.unmapped);
	assert_false(dev.streaming);
}

/* Watch the device until there is no more. */
static void
watch(struct scan *s)
{
	assert_true(scan_start(s, QR_ONE_WAY));
	s->progress.live = false;
	scan_camera(s, &fake, DEVICE_FD, "camera");
	assert_let_go();
}

static void
assert_arrived(struct scan *s, const void *file, size_t len)
{
	uint8_t *got, digest[32];
	size_t got_len;

	assert_int_equal(s->outcome, QR_DONE);
	if (!join_finish(s->join, &got, &got_len, digest))
		fail_msg("%s", join_why(s->join));
	assert_int_equal(got_len, len);
	assert_memory_equal(got, file, len);
	free(got);
	scan_end(s);
}

/* A file by each form, with rows padded, frames damaged and missing. */
static void
files(void **state)
{
	static const uint32_t formats[] = { V4L2_PIX_FMT_GREY,
		V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_JPEG };

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct scan s;

		set_up(formats[i]);
		dev.broken_each = 4;
		dev.again_each = 3;
		dev.silent_each = 7;
		watch(&s);
		assert_true(s.progress.state.complete);
		assert_true(s.broken > 0);
		assert_true(s.progress.has_copy);
		assert_true(dev.stopped);
		assert_arrived(&s, dev.sent.file, sizeof(dev.sent.file));
	}
}

/* A code that is no Uniform Resource, once it came three times. */
static void
plain(void **state)
{
	struct scan s;

	(void)state;
	set_up(V4L2_PIX_FMT_GREY);
	strcpy(dev.sent.plain, "transcript 17");
	watch(&s);
	assert_int_equal(dev.frame, SCAN_PLAIN_REPEATS);
	assert_arrived(&s, "transcript 17", 13);
}

/* Frames that are no JPEG end nothing; a device that goes away does. */
static void
goes_away(void **state)
{
	struct scan s;

	(void)state;
	set_up(V4L2_PIX_FMT_MJPEG);
	dev.gone_after = 3;
	watch(&s);
	assert_int_equal(s.outcome, QR_READ);
	assert_int_equal(s.progress.state.rank, 3);
	scan_end(&s);

	set_up(V4L2_PIX_FMT_GREY);
	dev.silent_each = 1;
	watch(&s);
	assert_int_equal(s.outcome, QR_READ);
	assert_int_equal(s.progress.pictures, 0);
	scan_end(&s);

	set_up(V4L2_PIX_FMT_GREY);
	dev.lying_index = 3; /* there are 0 to 2 */
	watch(&s);
	assert_int_equal(s.outcome, QR_READ);
	assert_int_equal(s.progress.pictures, 0);
	scan_end(&s);
}

/* More octets than a buffer has are not believed, fewer than a raw frame has are
 * no frame. */
static void
lies(void **state)
{
	static const uint32_t short_of[] = { 1,
		PHOTO_HEIGHT * (PHOTO_WIDTH + ROW_PADDING) - ROW_PADDING - 1 };
	struct scan s;

	(void)state;
	set_up(V4L2_PIX_FMT_MJPEG);
	dev.lying_used = UINT32_MAX;
	watch(&s);
	assert_arrived(&s, dev.sent.file, sizeof(dev.sent.file));
	for (size_t i = 0; i < sizeof(short_of) / sizeof(short_of[0]); i++) {
		set_up(V4L2_PIX_FMT_GREY);
		dev.lying_used = short_of[i];
		dev.gone_after = 3;
		watch(&s);
		assert_int_equal(s.broken, 3);
		assert_int_equal(s.progress.pictures, 0);
		scan_end(&s);
	}
}

/* One that gives nothing but damaged frames is not watched for ever. */
static void
only_broken(void **state)
{
	struct scan s;

	(void)state;
	set_up(V4L2_PIX_FMT_GREY);
	dev.failing = VIDIOC_DQBUF;
	dev.error = EIO;
	watch(&s);
	assert_int_equal(s.outcome, QR_READ);
	assert_int_equal(s.broken, 300);
	scan_end(&s);
}

/* Devices that are no camera of ours, and what is said of them. */
static void
none(void **state)
{
	static const struct {
		const char *name;
		uint32_t capabilities, format, width, height;
		unsigned buffers;
		unsigned long failing;
		int error;
		bool no_memory;
		const char *why;
	} cases[] = {
		{ "no V4L2 device", .failing = VIDIOC_QUERYCAP, .error = ENOTTY,
		    .why = "is no V4L2 device: Inappropriate ioctl for "
			   "device" },
		{ "an output",
		    .capabilities = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING,
		    .why = "captures no pictures" },
		{ "no streaming", .capabilities = V4L2_CAP_VIDEO_CAPTURE,
		    .why = "captures no pictures" },
		{ "H.264", .format = V4L2_PIX_FMT_H264,
		    .why = "gives neither grey, YUYV nor MJPEG" },
		{ "too wide", .width = 8193,
		    .why = "gives neither grey, YUYV nor MJPEG" },
		{ "too many pixels", .width = 8192, .height = 8192,
		    .why = "gives neither grey, YUYV nor MJPEG" },
		{ "an odd YUYV", .format = V4L2_PIX_FMT_YUYV, .width = 1281,
		    .why = "gives neither grey, YUYV nor MJPEG" },
		{ "formats fail", .failing = VIDIOC_S_FMT, .error = EINVAL,
		    .why = "gives neither grey, YUYV nor MJPEG" },
		{ "in use", .failing = VIDIOC_S_FMT, .error = EBUSY,
		    .why = "is in use by another program" },
		{ "no buffers", .failing = VIDIOC_REQBUFS, .error = ENOMEM,
		    .why = "does not start: Cannot allocate memory" },
		{ "no buffer", .failing = VIDIOC_QUERYBUF, .error = EINVAL,
		    .why = "does not start: Invalid argument" },
		{ "not mapped", .no_memory = true,
		    .why = "does not start: Cannot allocate memory" },
		{ "not queued", .failing = VIDIOC_QBUF, .error = EIO,
		    .why = "does not start: Input/output error" },
		{ "no stream", .failing = VIDIOC_STREAMON, .error = ENOSPC,
		    .why = "does not start: No space left on device" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char why[CAMERA_WHY_MAX] = "";

		set_up(
		    cases[i].format != 0 ? cases[i].format : V4L2_PIX_FMT_GREY);
		if (cases[i].capabilities != 0)
			dev.capabilities = cases[i].capabilities;
		if (cases[i].width != 0)
			dev.width = cases[i].width;
		if (cases[i].height != 0)
			dev.height = cases[i].height;
		dev.failing = cases[i].failing;
		dev.error = cases[i].error;
		dev.no_memory = cases[i].no_memory;
		assert_null(camera_new(&fake, DEVICE_FD, why));
		if (strcmp(why, cases[i].why) != 0)
			fail_msg("%s: \"%s\"", cases[i].name, why);
		assert_let_go();
	}
}

static int
find(void **state)
{
	(void)state;
	peer_find_executables();
	return 0;
}

static int
tidy(void **state)
{
	(void)state;
	ur_encoder_free(dev.sent.parts);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(plain),
		cmocka_unit_test(goes_away),
		cmocka_unit_test(lies),
		cmocka_unit_test(only_broken),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, find, tidy);
}
