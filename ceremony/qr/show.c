/* SPDX-License-Identifier: ISC */
/* qr show: a file as codes on the screen, as pictures, or as text. */
#include "ceremony/qr/show.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "ceremony/qr/command.h"
#include "ceremony/qr/outputs.h"
#include "ceremony/qr/say.h"
#include "ceremony/qr/stop.h"
#include "transfer/qr_picture.h"

#define RATE 10
#define RATE_MAX 30
#define FRAMES_MAX UR_SEQ_LAST
#define PIXELS 8 /* a module of a picture */
#define NAME "frame-%05u.png"

enum {
	OPT_TEXT,
	OPT_PNG,
	OPT_FRAMES,
	OPT_VERSION,
	OPT_LEVEL,
	OPT_RATE,
	OPT_FRAMEBUFFER,
};
static const struct qr_option options[] = {
	[OPT_TEXT] = { "text", NULL, false,
	    "write the codes' texts, one a line, to standard output" },
	[OPT_PNG] = { "png", "DIR", false, "write pictures into a new folder" },
	[OPT_FRAMES] = { "frames", "N", false,
	    "so many codes; without it, as many as it takes" },
	[OPT_VERSION] = { "version", "V", false,
	    "size of the codes, 1 to 40; without it, what can be seen" },
	[OPT_LEVEL] = { "level", "L", false, QR_LEVELS_HELP "; without it L" },
	[OPT_RATE] = { "rate", "R", false,
	    "codes a second on a screen, 1 to 30; without it 10" },
	[OPT_FRAMEBUFFER] = { "framebuffer", "DEVICE", false,
	    "draw on a framebuffer such as /dev/fb0" },
	{ NULL, NULL, false, NULL },
};

/* Parts to write when nobody says how many: all, and a quarter of them more
 * for reading where some are lost. */
static unsigned
enough(const struct qr_showing *s, size_t count)
{
	if (s->frames != 0)
		return s->frames;
	return (unsigned)(count == 1 ? 1 : count + count / 4 + 2);
}

static struct qr_stream *
open_stream(const struct qr_showing *s, enum qr_outcome *outcome)
{
	struct qr_stream *stream = malloc(sizeof(*stream));

	*outcome = QR_TROUBLE;
	if (stream == NULL) {
		qr_say_error("out of memory");
		return NULL;
	}
	*outcome = qr_stream_open(s->in, &s->shape, stream);
	if (*outcome == QR_DONE)
		return stream;
	free(stream);
	return NULL;
}

enum qr_outcome
qr_show_text(const struct qr_showing *s)
{
	enum qr_outcome outcome;
	struct qr_stream *stream = open_stream(s, &outcome);
	unsigned frames;

	if (stream == NULL)
		return outcome;
	frames = s->frames != 0 ? s->frames : (unsigned)stream->count;
	for (uint32_t seq = 1; seq <= frames && outcome == QR_DONE; seq++) {
		outcome = qr_stream_part(stream, seq);
		if (outcome == QR_DONE)
			puts(stream->text);
	}
	if (outcome == QR_DONE)
		qr_input_say(stderr, s->in);
	qr_stream_close(stream);
	free(stream);
	return outcome;
}

static enum qr_outcome
write_picture(const struct qr_symbol *symbol, const char *path,
    struct qr_outputs *files)
{
	size_t side = qr_width(symbol->version) * PIXELS, len;
	enum qr_outcome outcome = QR_TROUBLE;
	struct qr_picture p;
	uint8_t *png = NULL;

	if (qr_picture_new(side, side, &p) == TRANSFER_OK) {
		qr_picture_symbol(&p, symbol, 0, 0, PIXELS);
		if (qr_picture_png(&p, &png, &len) == TRANSFER_OK)
			outcome = qr_outputs_add(files, path, png, len);
	}
	if (png == NULL)
		qr_say_error("%s: out of memory", path);
	free(png);
	qr_picture_free(&p);
	return outcome;
}

static enum qr_outcome
write_pictures(const struct qr_showing *s, struct qr_stream *stream,
    struct qr_outputs *files)
{
	unsigned frames = enough(s, stream->count);
	enum qr_outcome outcome = qr_outputs_folder(files, s->folder);

	for (uint32_t seq = 1; seq <= frames && outcome == QR_DONE; seq++) {
		char path[PATH_MAX];
		int n =
		    snprintf(path, sizeof(path), "%s/" NAME, s->folder, seq);

		if (n < 0 || n >= PATH_MAX) {
			qr_say_error("%s: the name is too long", s->folder);
			return QR_WRITE;
		}
		outcome = qr_stream_part(stream, seq);
		if (outcome == QR_DONE)
			outcome = write_picture(&stream->symbol, path, files);
	}
	return outcome;
}

enum qr_outcome
qr_show_pictures(const struct qr_showing *s)
{
	struct qr_outputs files = { 0 };
	enum qr_outcome outcome;
	struct qr_stream *stream = open_stream(s, &outcome);

	if (stream == NULL)
		return outcome;
	stop_catch();
	outcome = write_pictures(s, stream, &files);
	if (outcome == QR_DONE) {
		qr_input_say(stdout, s->in);
		qr_say(stdout,
		    "%zu pictures of version %u, of which at least "
		    "%zu are needed",
		    files.count, stream->version, stream->count);
		qr_outputs_keep(&files);
	} else {
		qr_outputs_undo(&files);
	}
	stop_release();
	qr_stream_close(stream);
	free(stream);
	return outcome;
}

/* Options that exclude each other, and their numbers. */
static bool
read_options(const struct qr_arguments *args, struct qr_showing *s)
{
	bool text = args->option[OPT_TEXT] != NULL;

	s->folder = args->option[OPT_PNG];
	s->framebuffer = args->option[OPT_FRAMEBUFFER];
	if (text + (s->folder != NULL) + (s->framebuffer != NULL) > 1) {
		qr_say_error("show: only one of --text, --png and "
			     "--framebuffer");
		return false;
	}
	return qr_shape_read(args->option[OPT_VERSION], args->option[OPT_LEVEL],
		   &s->shape) &&
	    qr_command_number("frames", args->option[OPT_FRAMES], 1, FRAMES_MAX,
		0, &s->frames) &&
	    qr_command_number("rate", args->option[OPT_RATE], 1, RATE_MAX, RATE,
		&s->rate);
}

static enum qr_outcome
show_run(const struct qr_arguments *args)
{
	struct qr_showing s = { .shape = { .most = QR_SHAPE_VERSION,
				    .level = QR_LEVEL_L } };
	enum qr_outcome outcome;
	struct qr_input in;

	if (args->operand_count != 1) {
		qr_command_usage(&qr_show_command, args->program, true);
		return QR_USAGE;
	}
	if (!read_options(args, &s))
		return QR_USAGE;
	outcome = qr_input_read(args->operands[0], &in);
	s.in = &in;
	if (outcome != QR_DONE)
		;
	else if (args->option[OPT_TEXT] != NULL)
		outcome = qr_show_text(&s);
	else if (s.folder != NULL)
		outcome = qr_show_pictures(&s);
	else
		outcome = qr_show_screen(&s);
	qr_input_clear(&in);
	return outcome;
}

const struct qr_command qr_show_command = {
	.name = "show",
	.run = show_run,
	.summary = "show a file as QR codes, as pictures, or as text",
	.options = options,
	.operands = "FILE",
	.most = 1,
};
