/* SPDX-License-Identifier: ISC */
/*
 * A console and a framebuffer out of files, to be loaded before a program.
 * CONSOLE_FONT names a file of 256 glyphs of 32 octets, which is the console's
 * font of 8 x 16 pixels; what is loaded first goes to a file CONSOLE_FONT.set
 * too.  With CONSOLE_ONCE no font is taken after that.  FRAMEBUFFER is WIDTHxHEIGHT: every file asked is a framebuffer of
 * that size, with 24 bits a pixel.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <linux/kd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GLYPHS 256
#define OCTETS (GLYPHS * 32)

int ioctl(int fd, unsigned long request, ...);

static int
refuse(void)
{
	errno = EINVAL;
	return -1;
}

static int
font_get(const char *path, struct console_font_op *op)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, op->data, OCTETS);

	if (fd >= 0)
		close(fd);
	op->width = 8;
	op->height = 16;
	op->charcount = GLYPHS;
	return n == OCTETS ? 0 : refuse();
}

static int
font_set(const char *path, const struct console_font_op *op)
{
	char first[512];
	int fd, copy;
	ssize_t n;

	if (op->charcount != GLYPHS || op->height != 16 || op->width != 8)
		return refuse();
	snprintf(first, sizeof(first), "%s.set", path);
	if (getenv("CONSOLE_ONCE") != NULL && access(first, F_OK) == 0)
		return refuse();
	copy = open(first, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : write(fd, op->data, OCTETS);
	if (fd >= 0)
		close(fd);
	if (copy >= 0) {
		if (write(copy, op->data, OCTETS) != OCTETS)
			n = -1;
		close(copy);
	}
	return n == OCTETS ? 0 : refuse();
}

static int
console(const char *font, unsigned long request, void *argument)
{
	struct console_font_op *op = argument;

	if (request == KDGKBTYPE) {
		*(char *)argument = KB_101;
		return 0;
	}
	if (op->op == KD_FONT_OP_GET)
		return font_get(font, op);
	return op->op == KD_FONT_OP_SET ? font_set(font, op) : refuse();
}

static int
framebuffer(const char *size, unsigned long request, void *argument)
{
	unsigned width, height;

	if (sscanf(size, "%ux%u", &width, &height) != 2)
		return refuse();
	if (request == FBIOGET_VSCREENINFO)
		*(struct fb_var_screeninfo *)argument =
		    (struct fb_var_screeninfo){ .xres = width,
			    .yres = height,
			    .bits_per_pixel = 24 };
	else
		*(struct fb_fix_screeninfo *)argument =
		    (struct fb_fix_screeninfo){ .line_length = width * 3 };
	return 0;
}

int
ioctl(int fd, unsigned long request, ...)
{
	const char *font = getenv("CONSOLE_FONT");
	const char *size = getenv("FRAMEBUFFER");
	void *argument;
	va_list ap;

	va_start(ap, request);
	argument = va_arg(ap, void *);
	va_end(ap);
	if (font != NULL && (request == KDGKBTYPE || request == KDFONTOP))
		return console(font, request, argument);
	if (size != NULL &&
	    (request == FBIOGET_VSCREENINFO || request == FBIOGET_FSCREENINFO))
		return framebuffer(size, request, argument);
	return (int)syscall(SYS_ioctl, fd, request, argument);
}
