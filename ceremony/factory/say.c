/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/words.h"
#include "transfer/text.h"

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
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(stdout, fmt, ap);
	va_end(ap);
}

void
say_error(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs(SAY_PROGRAM ": ", stderr);
	va_start(ap, fmt);
	put_line(stderr, fmt, ap);
	va_end(ap);
}

void
say_digest(const char *heading, const uint8_t digest[32])
{
	char hex[TEXT_HEX_SIZE(32)], words[WORDS_TEXT_MAX];
	char *rest = words, *word;
	unsigned n = 0;

	text_hex(digest, 32, hex);
	words_write(digest, words);
	say("%s:", heading);
	say("  %s", hex);
	while ((word = strsep(&rest, " ")) != NULL) {
		bool last = ++n % WORDS_A_LINE == 0 || rest == NULL;

		printf("%s%s%s", n % WORDS_A_LINE == 1 ? "  " : "", word,
		    last ? "\n" : " ");
	}
}

void
say_escape(const char *in, char *out, size_t size)
{
	for (; *in != '\0' && size > 4; in++) {
		int n = 1;

		if (*in >= ' ' && *in <= '~')
			*out = *in;
		else
			n = sprintf(out, "\\x%02x", (unsigned char)*in);
		out += n;
		size -= (size_t)n;
	}
	*out = '\0';
}

bool
say_finish(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}
