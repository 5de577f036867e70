/* SPDX-License-Identifier: ISC */
/* qr print: sheets of numbered codes. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/qr/command.h"
#include "ceremony/qr/input.h"
#include "ceremony/qr/outputs.h"
#include "ceremony/qr/say.h"
#include "ceremony/qr/stop.h"
#include "ceremony/qr/stream.h"
#include "ceremony/record/words.h"

/* A code of 76 mm then has modules of 0.7 mm: 4 pixels of a scan with 150 an
 * inch. */
#define PRINT_VERSION 20
#define EXTRA_OF 8 /* one code more for each so many */

static const struct {
	const char *suffix;
	enum transfer_error (
	    *write)(const struct qr_sheet *s, uint8_t **out, size_t *len);
} forms[] = {
	{ ".svg", qr_sheet_svg },
	{ ".png", qr_sheet_png },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

enum {
	OPT_OUT,
	OPT_VERSION,
	OPT_LEVEL,
};
static const struct qr_option options[] = {
	[OPT_OUT] = { "out", "SHEET", true,
	    "new file, ending in .svg or .png; page 2 is SHEET-2" },
	[OPT_VERSION] = { "version", "V", false,
	    "size of the codes, 1 to 40; without it, at most 20" },
	[OPT_LEVEL] = { "level", "L", false, QR_LEVELS_HELP "; without it M" },
	{ NULL, NULL, false, NULL },
};

struct printing {
	const struct qr_input *in;
	struct qr_stream *stream;
	size_t form; /* of forms */
	const char *out;
	uint32_t seq; /* of the part printed last */
	struct qr_sheet sheet;
	struct qr_symbol codes[QR_SHEET_CODES];
	char words[WORDS_TEXT_MAX];
	struct qr_outputs files;
};

/* Spares, so that a stained code is no loss; they fill the last page. */
static size_t
codes_for(size_t needed)
{
	size_t total = needed + (needed + EXTRA_OF - 1) / EXTRA_OF;

	if (needed == 1)
		return 1;
	total += QR_SHEET_CODES - 1;
	return total - total % QR_SHEET_CODES;
}

/* The next part to print: all fragments; then, as spares, parts of a third to
 * two thirds of them.  Parts of few fragments would mostly repeat what is
 * there, those of nearly all of them each other. */
static uint32_t
next_part(const struct printing *p)
{
	size_t n = p->stream->count;

	for (uint32_t seq = p->seq + 1; seq <= UR_SEQ_LAST; seq++) {
		size_t d;

		if (seq <= n)
			return seq;
		d = ur_encoder_degree(p->stream->encoder, seq);
		if (d >= n / 3 && d <= (2 * n + 2) / 3)
			return seq;
	}
	return 1;
}

/* SHEET.svg, SHEET-2.svg, .. */
static bool
page_path(const struct printing *p, char path[PATH_MAX])
{
	const char *suffix = forms[p->form].suffix;
	int stem = (int)(strlen(p->out) - strlen(suffix));
	int n = p->sheet.page == 1 ? snprintf(path, PATH_MAX, "%s", p->out)
				   : snprintf(path, PATH_MAX, "%.*s-%zu%s",
					 stem, p->out, p->sheet.page, suffix);

	return n > 0 && n < PATH_MAX;
}

static enum qr_outcome
print_page(struct printing *p)
{
	char path[PATH_MAX];
	enum transfer_error err;
	enum qr_outcome outcome;
	uint8_t *data;
	size_t len;

	for (size_t i = 0; i < p->sheet.count; i++) {
		p->seq = next_part(p);
		outcome = qr_stream_part(p->stream, p->seq);
		if (outcome != QR_DONE)
			return outcome;
		p->codes[i] = p->stream->symbol;
	}
	if (!page_path(p, path)) {
		qr_say_error("%s: the name is too long", p->out);
		return QR_USAGE;
	}
	err = forms[p->form].write(&p->sheet, &data, &len);
	if (err != TRANSFER_OK) {
		qr_say_error("%s: %s", path, transfer_strerror(err));
		return QR_TROUBLE;
	}
	outcome = qr_outputs_add(&p->files, path, data, len);
	free(data);
	return outcome;
}

static enum qr_outcome
print_all(struct printing *p)
{
	struct qr_sheet *s = &p->sheet;
	enum qr_outcome outcome = QR_DONE;

	words_write(p->in->digest, p->words);
	*s = (struct qr_sheet){
		.name = p->in->name,
		.file_len = p->in->file_len,
		.words = p->words,
		.total = codes_for(p->stream->count),
		.needed = p->stream->count,
		.codes = p->codes,
		.first = 1,
	};
	stop_catch();
	s->pages = (s->total + QR_SHEET_CODES - 1) / QR_SHEET_CODES;
	for (s->page = 1; s->page <= s->pages && outcome == QR_DONE;
	     s->page++) {
		size_t left = s->total - s->first + 1;

		s->count = left < QR_SHEET_CODES ? left : QR_SHEET_CODES;
		outcome = print_page(p);
		s->first += s->count;
	}
	if (outcome == QR_DONE)
		qr_outputs_keep(&p->files);
	else
		qr_outputs_undo(&p->files);
	stop_release();
	return outcome;
}

static bool
find_form(const char *path, size_t *form)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < FORMS; i++) {
		size_t suffix = strlen(forms[i].suffix);

		if (len > suffix &&
		    strcmp(path + len - suffix, forms[i].suffix) == 0) {
			*form = i;
			return true;
		}
	}
	qr_say_error("%s: must end in .svg or .png", path);
	return false;
}

static enum qr_outcome
print_file(const struct qr_input *in, const struct qr_shape *shape,
    const char *out, size_t form)
{
	struct printing *p = calloc(1, sizeof(*p));
	struct qr_stream *stream = malloc(sizeof(*stream));
	enum qr_outcome outcome = QR_TROUBLE;

	if (p == NULL || stream == NULL) {
		qr_say_error("out of memory");
		goto out;
	}
	outcome = qr_stream_open(in, shape, stream);
	if (outcome != QR_DONE)
		goto out;
	p->in = in;
	p->stream = stream;
	p->out = out;
	p->form = form;
	outcome = print_all(p);
	if (outcome == QR_DONE) {
		qr_input_say(stdout, in);
		qr_say(stdout,
		    "%zu codes on %zu pages, of which at least %zu "
		    "are needed",
		    p->sheet.total, p->sheet.pages, p->sheet.needed);
	}
	qr_stream_close(stream);
out:
	free(stream);
	free(p);
	return outcome;
}

static enum qr_outcome
print_run(const struct qr_arguments *args)
{
	struct qr_shape shape = { .most = PRINT_VERSION, .level = QR_LEVEL_M };
	enum qr_outcome outcome;
	struct qr_input in;
	size_t form;

	if (args->operand_count != 1) {
		qr_command_usage(&qr_print_command, args->program, true);
		return QR_USAGE;
	}
	if (!qr_shape_read(args->option[OPT_VERSION], args->option[OPT_LEVEL],
		&shape) ||
	    !find_form(args->option[OPT_OUT], &form))
		return QR_USAGE;
	outcome = qr_input_read(args->operands[0], &in);
	if (outcome == QR_DONE)
		outcome = print_file(&in, &shape, args->option[OPT_OUT], form);
	qr_input_clear(&in);
	return outcome;
}

const struct qr_command qr_print_command = {
	.name = "print",
	.run = print_run,
	.summary = "print a file as sheets of numbered codes",
	.options = options,
	.operands = "FILE",
	.most = 1,
};
