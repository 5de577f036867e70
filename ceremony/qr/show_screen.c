/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ceremony/qr/clock.h"
#include "ceremony/qr/say.h"
#include "ceremony/qr/screen.h"
#include "ceremony/qr/show.h"

#define MILLISECONDS 1000

/* Signals that end the showing, as a descriptor: the terminal must be put back
 * before the program ends. */
struct ending {
	int fd;
	sigset_t before;
};

static bool
ending_open(struct ending *e)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaddset(&set, ends[i]);
	sigprocmask(SIG_BLOCK, &set, &e->before);
	e->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return e->fd >= 0;
}

static void
ending_close(struct ending *e)
{
	struct signalfd_siginfo info;

	/* what ended it shall not end the program too */
	while (e->fd >= 0 && read(e->fd, &info, sizeof(info)) > 0)
		;
	if (e->fd >= 0)
		close(e->fd);
	sigprocmask(SIG_SETMASK, &e->before, NULL);
}

/* Whether a key was pressed that ends it; *input becomes -1 when there are no
 * more keys. */
static bool
key_ends(int *input)
{
	char key = 0;
	ssize_t n = read(*input, &key, 1);

	if (n <= 0)
		*input = -1;
	return n > 0 && (key == 'q' || key == '\n');
}

/* Wait until due; whether it is to end before. */
static bool
wait_until(const struct ending *e, int *input, int64_t due)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = e->fd, .events = POLLIN },
			{ .fd = *input, .events = POLLIN },
		};
		int64_t left = due - qr_now_ms();
		int n = poll(p, 2, left > 0 ? (int)left : 0);

		if (n == 0)
			return false;
		if (n < 0 && errno != EINTR)
			return true;
		if (n > 0 && p[0].revents != 0)
			return true;
		if (n > 0 && p[1].revents != 0 && key_ends(input))
			return true;
	}
}

/* One frame after the other; a single code is drawn again and again too, since
 * the window may change. */
static enum qr_outcome
play(const struct qr_showing *s, struct qr_stream *stream,
    struct qr_screen *screen, const struct ending *e)
{
	struct qr_panel_about about = {
		.name = s->in->name,
		.file_len = s->in->file_len,
		.count = stream->count,
		.rate = s->rate,
	};
	int input = screen->input;
	int64_t begin = qr_now_ms();

	memcpy(about.digest, s->in->digest, sizeof(about.digest));
	for (unsigned i = 0; s->frames == 0 || i < s->frames; i++) {
		struct qr_panel panel;
		enum qr_outcome outcome;

		about.seq = i % UR_SEQ_LAST + 1;
		qr_panel_write(&about, &panel);
		outcome = qr_stream_part(stream, about.seq);
		if (outcome == QR_DONE)
			outcome =
			    qr_screen_draw(screen, &stream->symbol, &panel);
		if (outcome != QR_DONE)
			return outcome;
		if (wait_until(e, &input,
			begin + (int64_t)(i + 1) * MILLISECONDS / s->rate))
			break;
	}
	return QR_DONE;
}

/* Of the chosen shape, what the screen has room for. */
static enum qr_outcome
fit(const struct qr_showing *s, const struct qr_screen *screen,
    struct qr_stream *stream)
{
	struct qr_shape shape = s->shape;
	unsigned room = qr_screen_version(screen);

	if (room < 1 || room < shape.version) {
		qr_say_error("the screen has no room for a code of version %u",
		    shape.version > 0 ? shape.version : 1);
		return QR_SCREEN;
	}
	if (room < shape.most)
		shape.most = room;
	return qr_stream_open(s->in, &shape, stream);
}

static enum qr_outcome
play_here(const struct qr_showing *s, struct qr_stream *stream,
    struct qr_screen *screen)
{
	struct ending e;
	enum qr_outcome outcome = QR_TROUBLE;

	if (ending_open(&e)) {
		qr_screen_begin(screen);
		outcome = play(s, stream, screen, &e);
	}
	qr_screen_close(screen);
	ending_close(&e);
	/* what was said meanwhile went away with the screen */
	if (outcome == QR_SCREEN)
		qr_say_error("the screen cannot be drawn on");
	else if (outcome == QR_TROUBLE)
		qr_say_error("out of memory");
	return outcome;
}

/* Standard output is no terminal: one code can be written there. */
static enum qr_outcome
write_lines(const struct qr_showing *s, struct qr_stream *stream)
{
	char line[QR_TEXT_LINE_MAX];
	enum qr_outcome outcome = qr_stream_part(stream, 1);

	if (outcome != QR_DONE)
		return outcome;
	if (stream->count > 1) {
		qr_say_error("%s: takes %zu codes, one after the other, and "
			     "standard output is no terminal: use --png or "
			     "--text",
		    s->in->name, stream->count);
		return QR_SCREEN;
	}
	for (size_t i = 0; i < qr_text_lines(stream->version); i++) {
		qr_text_line(&stream->symbol, &qr_glyphs_unicode, i, line);
		puts(line);
	}
	return QR_DONE;
}

static enum qr_outcome
show_lines(const struct qr_showing *s, struct qr_stream *stream)
{
	enum qr_outcome outcome = qr_stream_open(s->in, &s->shape, stream);

	if (outcome == QR_DONE)
		outcome = write_lines(s, stream);
	qr_stream_close(stream);
	return outcome;
}

static enum qr_outcome
show_screen(const struct qr_showing *s, struct qr_stream *stream,
    struct qr_screen *screen)
{
	enum qr_outcome outcome = qr_screen_open(screen, STDOUT_FILENO,
	    isatty(STDIN_FILENO) ? STDIN_FILENO : -1, s->framebuffer);

	if (outcome != QR_DONE)
		return outcome;
	outcome = fit(s, screen, stream);
	if (outcome == QR_DONE)
		outcome = play_here(s, stream, screen);
	else
		qr_screen_close(screen);
	qr_stream_close(stream);
	return outcome;
}

enum qr_outcome
qr_show_screen(const struct qr_showing *s)
{
	struct qr_stream *stream = calloc(1, sizeof(*stream));
	struct qr_screen *screen = malloc(sizeof(*screen));
	enum qr_outcome outcome = QR_TROUBLE;

	fflush(stdout);
	if (stream == NULL || screen == NULL)
		qr_say_error("out of memory");
	else if (s->framebuffer == NULL && !isatty(STDOUT_FILENO))
		outcome = show_lines(s, stream);
	else
		outcome = show_screen(s, stream, screen);
	if (outcome == QR_DONE)
		qr_input_say(stdout, s->in);
	free(screen);
	free(stream);
	return outcome;
}
