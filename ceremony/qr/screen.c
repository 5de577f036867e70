/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ceremony/qr/say.h"
#include "transfer/text.h"

/* Control functions (ECMA-48, and xterm's second screen). */
#define ENTER "\033[?1049h\033[?25l\033[2J"
#define LEAVE "\033[0m\033[2J\033[H\033[?25h\033[?1049l"
#define BLACK_ON_WHITE "\033[0;30;107m"
#define PLAIN "\033[0m"
#define CLEAR "\033[0m\033[2J"

/* Of a terminal that does not tell its size. */
#define ROWS 24
#define COLUMNS 80

static int
font_ioctl(void *context, unsigned long request, void *argument)
{
	const int *fd = context;

	return ioctl(*fd, request, argument);
}

static struct winsize
size_of(int fd)
{
	struct winsize ws = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &ws) != 0 || ws.ws_row == 0 || ws.ws_col == 0)
		ws = (struct winsize){ .ws_row = ROWS, .ws_col = COLUMNS };
	return ws;
}

static bool
write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static enum qr_outcome
open_framebuffer(struct qr_screen *s, const char *path)
{
	struct qr_fb_form form;
	enum transfer_error err;

	s->fb_fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (s->fb_fd < 0) {
		qr_say_error("%s: cannot be opened: %s", path, strerror(errno));
		return QR_SCREEN;
	}
	err = qr_fb_form(s->fb_fd, &form);
	if (err != TRANSFER_OK)
		qr_say_error("%s: is no framebuffer", path);
	else if ((err = qr_fb_open(s->fb_fd, &form, &s->fb)) != TRANSFER_OK)
		qr_say_error("%s: cannot be drawn on: %zu x %zu, %u bits", path,
		    form.width, form.height, form.bits);
	if (err == TRANSFER_OK)
		return QR_DONE;
	close(s->fb_fd);
	s->fb_fd = -1;
	return QR_SCREEN;
}

/* Half blocks that the font may lack. */
static void
load_font(struct qr_screen *s)
{
	const struct qr_font_io io = { font_ioctl, &s->fd };

	s->font_loaded =
	    qr_font_console(&io) && qr_font_load(&io, &s->font) == TRANSFER_OK;
	s->glyphs = s->font_loaded ? &qr_glyphs_font : &qr_glyphs_unicode;
}

/* Keys are not shown while codes are; Ctrl-C still is a signal. */
static void
silence(struct qr_screen *s)
{
	struct termios quiet;

	if (s->input >= 0 && tcgetattr(s->input, &s->before) != 0)
		s->input = -1;
	if (s->input < 0)
		return;
	quiet = s->before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	tcsetattr(s->input, TCSADRAIN, &quiet);
}

enum qr_outcome
qr_screen_open(struct qr_screen *s, int fd, int input, const char *framebuffer)
{
	*s = (struct qr_screen){ .fd = fd, .input = input, .fb_fd = -1 };
	s->glyphs = &qr_glyphs_unicode;
	return framebuffer != NULL ? open_framebuffer(s, framebuffer) : QR_DONE;
}

void
qr_screen_begin(struct qr_screen *s)
{
	if (s->fb_fd < 0)
		load_font(s);
	silence(s);
	s->drawing = write_all(s->fd, ENTER, strlen(ENTER));
}

unsigned
qr_screen_version(const struct qr_screen *s)
{
	struct winsize ws = size_of(s->fd);

	return s->fb_fd >= 0 ? qr_fb_version(&s->fb.form)
			     : qr_text_version(ws.ws_row, ws.ws_col);
}

static void
go_to(struct text_buf *b, size_t row, size_t column)
{
	text_buf_add(b, "\033[%zu;%zuH", row + 1, column + 1);
}

static void
add_code(struct text_buf *b, const struct qr_screen *s,
    const struct qr_symbol *symbol)
{
	char line[QR_TEXT_LINE_MAX];

	for (size_t i = 0; i < qr_text_lines(symbol->version); i++) {
		qr_text_line(symbol, s->glyphs, i, line);
		go_to(b, i, 0);
		text_buf_add(b, BLACK_ON_WHITE "%s" PLAIN, line);
	}
}

/* Beside the code, or below it, as much as there is room for. */
static void
add_panel(struct text_buf *b, const struct qr_screen *s, unsigned version,
    const struct qr_panel *panel)
{
	size_t right = qr_text_columns(version) + 1, top = 0, left = right;

	if (right + QR_PANEL_COLUMNS > s->columns) {
		top = qr_text_lines(version);
		left = 0;
	}
	for (size_t i = 0; i < panel->count && top + i < s->rows; i++) {
		go_to(b, top + i, left);
		text_buf_add(b, "%-*s", QR_PANEL_COLUMNS, panel->line[i]);
	}
}

static void
add_all(struct text_buf *b, struct qr_screen *s, const struct qr_symbol *symbol,
    const struct qr_panel *panel)
{
	struct winsize ws = size_of(s->fd);

	if (s->rows != ws.ws_row || s->columns != ws.ws_col)
		text_buf_add(b, CLEAR);
	s->rows = ws.ws_row;
	s->columns = ws.ws_col;
	if (qr_text_version(s->rows, s->columns) >= symbol->version) {
		add_code(b, s, symbol);
		add_panel(b, s, symbol->version, panel);
		return;
	}
	go_to(b, 0, 0);
	text_buf_add(b, "The code needs %zu rows and %zu columns.",
	    qr_text_lines(symbol->version), qr_text_columns(symbol->version));
}

enum qr_outcome
qr_screen_draw(struct qr_screen *s, const struct qr_symbol *symbol,
    const struct qr_panel *panel)
{
	struct text_buf b = { 0 };
	enum qr_outcome outcome = QR_SCREEN;
	size_t len;
	char *text;

	if (s->fb_fd >= 0)
		return qr_fb_draw(&s->fb, symbol) == TRANSFER_OK ? QR_DONE
								 : QR_SCREEN;
	add_all(&b, s, symbol, panel);
	text = text_buf_take(&b, &len);
	if (text != NULL && write_all(s->fd, text, len))
		outcome = QR_DONE;
	text_buf_free(&b);
	free(text);
	return outcome;
}

void
qr_screen_close(struct qr_screen *s)
{
	const struct qr_font_io io = { font_ioctl, &s->fd };
	bool font_back =
	    !s->font_loaded || qr_font_restore(&io, &s->font) == TRANSFER_OK;

	if (s->fb_fd >= 0) {
		qr_fb_close(&s->fb);
		close(s->fb_fd);
	}
	if (s->drawing)
		write_all(s->fd, LEAVE, strlen(LEAVE));
	if (s->drawing && s->input >= 0)
		tcsetattr(s->input, TCSADRAIN, &s->before);
	if (!font_back)
		qr_say_error("the console's font could not be put back: load "
			     "it again with setfont");
}
