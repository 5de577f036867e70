/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/witness_show.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/image.h"
#include "ceremony/record/words.h"
#include "transfer/text.h"

#define DAY 10        /* characters of a date, before its T */
#define TIME 8        /* of the time behind that */
#define WORDS_SHORT 2 /* of a head, behind each record */
#define WORDS_A_LINE 8
#define HEAD_SIZE 32
#define PREFIX_MAX 40

/* ---- lines -------------------------------------------------------------------- */

/* text behind prefix, broken at blanks, and within what has none; the lines
 * that follow are as far in as the first. */
static void
wrapped(FILE *out, const char *prefix, const char *text)
{
	size_t indent = strlen(prefix), width = WITNESS_COLUMNS - indent;

	fputs(prefix, out);
	for (;;) {
		size_t len = strlen(text), take = len;

		if (len > width) {
			for (take = width; take > 0 && text[take] != ' ';
			     take--)
				;
			if (take == 0)
				take = width;
		}
		fprintf(out, "%.*s\n", (int)take, text);
		text += take;
		text += strspn(text, " ");
		if (*text == '\0')
			return;
		fprintf(out, "%*s", (int)indent, "");
	}
}

/* A digest as words, eight a line, as on the run sheet. */
static void
show_words(FILE *out, const uint8_t digest[32])
{
	char text[WORDS_TEXT_MAX];
	unsigned words = 0;

	words_write(digest, text);
	for (char *c = text; *c != '\0'; c++)
		if (*c == ' ' && ++words % WORDS_A_LINE == 0)
			*c = '\n';
	for (char *save = NULL, *line = strtok_r(text, "\n", &save);
	     line != NULL; line = strtok_r(NULL, "\n", &save))
		wrapped(out, "    ", line);
}

static void
show_head(struct witness_show *w)
{
	fprintf(w->out, "  head of the transcript, line %llu, in words:\n",
	    (unsigned long long)w->chain.count);
	show_words(w->out, w->chain.head.hash);
	w->headed = w->chain.count;
}

void
witness_show_note(struct witness_show *w, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	wrapped(w->out, "-- ", text);
	fflush(w->out);
}

static void
rule(FILE *out)
{
	for (int i = 0; i < WITNESS_COLUMNS; i++)
		putc('*', out);
	putc('\n', out);
}

void
witness_show_alarm(struct witness_show *w, const char *what, const char *why)
{
	rule(w->out);
	wrapped(w->out, "** ", what);
	if (why[0] != '\0')
		wrapped(w->out, "** ", why);
	wrapped(w->out, "** ",
	    "STOP THE CEREMONY: what is written is not what was shown here.");
	rule(w->out);
	fflush(w->out);
}

/* ---- records -------------------------------------------------------------------- */

/* The first words of a head: enough to see two screens agree at a glance. */
static void
head_short(const uint8_t hash[32], char out[HEAD_SIZE])
{
	snprintf(out, HEAD_SIZE, "%s %s", words_word(hash[0], 0),
	    words_word(hash[1], 1));
}

static void
show_day(struct witness_show *w, const char *t)
{
	if (strncmp(w->day, t, DAY) == 0)
		return;
	snprintf(w->day, sizeof(w->day), "%.*s", DAY, t);
	fprintf(w->out, "%s UTC\n", w->day);
}

/* The medium of the image that the machine says it was booted from, to be
 * compared with what was written down when the image was built. */
static void
show_medium(struct witness_show *w, const struct event *e)
{
	struct image image;

	if (!image_of_body(json_object_get(e->body, "image"), &image) ||
	    !image.has_medium)
		return;
	fprintf(w->out, "  medium of that image, in words:\n");
	show_words(w->out, image.medium);
}

static void
show_record(struct witness_show *w, const struct event *e, const char *words)
{
	char prefix[PREFIX_MAX], head[HEAD_SIZE];
	char text[WITNESS_TEXT_MAX + HEAD_SIZE + 4];

	show_day(w, e->t);
	head_short(e->link.hash, head);
	snprintf(prefix, sizeof(prefix), "%6llu  %.*s  ",
	    (unsigned long long)e->seq + 1, TIME, e->t + DAY + 1);
	snprintf(text, sizeof(text), "%s [%s]", words, head);
	wrapped(w->out, prefix, text);
	show_medium(w, e);
	if (strcmp(e->type, "ceremony.close") == 0)
		show_head(w);
}

void
witness_show_begin(struct witness_show *w, uint64_t stood)
{
	witness_chain_begin(&w->chain);
	memset(&w->acts, 0, sizeof(w->acts));
	w->stood = stood;
	w->headed = 0;
	w->day[0] = '\0';
	if (stood == 0)
		witness_show_note(w,
		    "a ceremony has come; its log begins with it");
	else
		witness_show_note(w,
		    "a ceremony has come; its log had %llu lines, of which "
		    "what stands out is shown",
		    (unsigned long long)stood);
}

bool
witness_show_line(struct witness_show *w, const char *line, size_t len)
{
	struct record_fault why = { .text = "" };
	char words[WITNESS_TEXT_MAX];
	struct event e;
	bool old;

	if (!witness_chain_take(&w->chain, line, len, w->stood, &e, &why)) {
		char what[80];

		snprintf(what, sizeof(what),
		    "LINE %llu DOES NOT CONTINUE THE TRANSCRIPT:",
		    (unsigned long long)w->chain.count + 1);
		witness_show_alarm(w, what, why.text);
		return false;
	}
	(void)witness_words(&e, &w->acts, words, &old);
	if (old || w->chain.count > w->stood)
		show_record(w, &e, words);
	event_clear(&e);
	if (w->chain.count == w->stood) {
		witness_show_note(w,
		    "lines 1 to %llu were there before; each follows the one "
		    "before it",
		    (unsigned long long)w->stood);
		show_head(w);
	}
	fflush(w->out);
	return true;
}

void
witness_show_end(struct witness_show *w)
{
	witness_show_note(w, "the ceremony's program has ended, or is cut off");
	if (w->chain.count > w->headed)
		show_head(w);
	if (w->chain.count < w->stood)
		witness_show_note(w,
		    "it did not send all of the %llu lines that it said were "
		    "there",
		    (unsigned long long)w->stood);
	fflush(w->out);
}
