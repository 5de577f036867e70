/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "ceremony/menu/screen.h"

#define ROWS 24     /* of a terminal that does not say */
#define ROWS_MIN 8  /* a smaller one is not believed */
#define ROWS_KEPT 4 /* below a page: for its question, and what stood above */
#define WIDTH (SCREEN_COLUMNS - 1)

void
pager_begin(struct pager *p, struct room *r)
{
	struct winsize size = { 0 };

	memset(p, 0, sizeof(*p));
	p->room = r;
	p->rows = ROWS;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_row >= ROWS_MIN)
		p->rows = size.ws_row;
	p->rows -= ROWS_KEPT;
}

static void
end_row(struct pager *p)
{
	char line[SCREEN_LINE];

	p->column = 0;
	if (p->skip)
		return;
	putchar('\n');
	if (++p->row < p->rows)
		return;
	p->row = 0;
	p->skip =
	    !ask(p->room,
		"-- There is more: Enter goes on, q leaves out the rest. ",
		line, sizeof(line)) ||
	    strcmp(line, "q") == 0;
}

/* A word whole, on this row or the next. */
static void
put_word(struct pager *p)
{
	if (p->len == 0)
		return;
	if (p->column > 0 && p->column + p->len > WIDTH) {
		end_row(p);
		p->column = 4;
		if (!p->skip)
			fputs("    ", stdout);
	}
	if (!p->skip)
		fwrite(p->word, 1, p->len, stdout);
	p->column += p->len;
	p->len = 0;
}

static void
put_char(struct pager *p, char c)
{
	if (p->len == WIDTH - 4)
		put_word(p);
	p->word[p->len++] = c;
}

void
pager_put(struct pager *p, const char *text, size_t len)
{
	char hex[8];

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			put_word(p);
			end_row(p);
		} else if (text[i] == ' ') {
			put_word(p);
			if (p->column < WIDTH) {
				p->column++;
				if (!p->skip)
					putchar(' ');
			}
		} else if (text[i] > ' ' && text[i] <= '~') {
			put_char(p, text[i]);
		} else {
			snprintf(hex, sizeof(hex), "\\x%02x",
			    (unsigned char)text[i]);
			for (const char *c = hex; *c != '\0'; c++)
				put_char(p, *c);
		}
	}
	fflush(stdout);
}

void
pager_end(struct pager *p)
{
	put_word(p);
	if (p->column > 0 && !p->skip)
		putchar('\n');
	fflush(stdout);
}
