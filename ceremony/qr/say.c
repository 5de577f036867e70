/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/say.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/words.h"

#define WORDS_A_LINE 8

static void
put_escaped(FILE *to, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= ' ' && *text <= '~')
			putc(*text, to);
		else
			fprintf(to, "\\x%02x", (unsigned char)*text);
	}
	putc('\n', to);
}

static void
put_line(FILE *to, const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0) {
		fputs("out of memory\n", to);
		return;
	}
	put_escaped(to, text);
	free(text);
}

void
qr_say(FILE *to, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(to, fmt, ap);
	va_end(ap);
}

void
qr_say_error(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("qr: ", stderr);
	va_start(ap, fmt);
	put_line(stderr, fmt, ap);
	va_end(ap);
}

void
qr_say_words(FILE *to, const uint8_t digest[32])
{
	char words[WORDS_TEXT_MAX];
	char *rest = words, *word;
	unsigned n = 0;

	words_write(digest, words);
	while ((word = strsep(&rest, " ")) != NULL) {
		bool last = ++n % WORDS_A_LINE == 0 || rest == NULL;

		fprintf(to, "%s%s%s", n % WORDS_A_LINE == 1 ? "  " : "", word,
		    last ? "\n" : " ");
	}
}
