/* SPDX-License-Identifier: ISC */
#include "ceremony/auditor/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Add a line; what a hostile file put in it stays printable ASCII. */
static void
add(struct report_list *list, const char *fmt, va_list ap)
{
	char **lines =
	    reallocarray(list->lines, list->count + 1, sizeof(*list->lines));
	char *text = NULL;

	if (lines != NULL)
		list->lines = lines;
	if (lines == NULL || vasprintf(&text, fmt, ap) < 0) {
		list->failed = true;
		return;
	}
	for (char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	list->lines[list->count++] = text;
}

void
report_finding(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(&r->findings, fmt, ap);
	va_end(ap);
}

void
report_note(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(&r->notes, fmt, ap);
	va_end(ap);
}

static void
free_list(struct report_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->lines[i]);
	free(list->lines);
}

void
report_free(struct report *r)
{
	free_list(&r->findings);
	free_list(&r->notes);
	*r = (struct report){ 0 };
}
