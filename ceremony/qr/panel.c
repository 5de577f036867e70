/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/panel.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/record/words.h"

#define BAR 20
#define WORDS 32

static void add(struct qr_panel *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct qr_panel *p, const char *fmt, ...)
{
	va_list ap;

	if (p->count == QR_PANEL_LINES)
		return;
	va_start(ap, fmt);
	vsnprintf(p->line[p->count++], QR_PANEL_COLUMNS + 1, fmt, ap);
	va_end(ap);
}

/* How far the stream is in its pass over all fragments. */
static void
add_bar(struct qr_panel *p, const struct qr_panel_about *a)
{
	size_t pass = (a->seq - 1) / a->count + 1;
	size_t at = (a->seq - 1) % a->count + 1;
	size_t full = at * BAR / a->count;
	char bar[BAR + 1];

	memset(bar, '.', BAR);
	memset(bar, '#', full);
	bar[BAR] = '\0';
	add(p, "[%s]", bar);
	add(p, "%zu of %zu, pass %zu", at, a->count, pass);
	add(p, "%u a second", a->rate);
}

void
qr_panel_write(const struct qr_panel_about *a, struct qr_panel *out)
{
	out->count = 0;
	if (a->count > 1)
		add_bar(out, a);
	add(out, "%s", a->name);
	add(out, "%zu octets, SHA-256:", a->file_len);
	for (unsigned i = 0; i < WORDS; i += 2)
		add(out, "%s %s", words_word(a->digest[i], i),
		    words_word(a->digest[i + 1], i + 1));
	add(out, "Ctrl-C or q ends it.");
}
