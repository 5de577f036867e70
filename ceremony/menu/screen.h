/* SPDX-License-Identifier: ISC */
#ifndef MENU_SCREEN_H
#define MENU_SCREEN_H

#include "ceremony/menu/room.h"

/*
 * Lines on the terminal and answers from it.  Whatever is said has no octet
 * but printable ASCII.  Once the terminal has ended every question is answered
 * by that, and r->ended is true.
 */
#define SCREEN_COLUMNS 80
#define SCREEN_LINE 300 /* characters of an answer */

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* An empty line. */
void say_gap(void);
/* The same without the end of a line. */
void say_part(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Hexadecimal, and below it words, eight a line. */
void say_digest(const uint8_t sha256[32]);
/* An empty terminal, the status line, and the name of the screen. */
void screen_begin(const struct room *r, const char *title);

/* Ctrl-C does not end the menu, nor does what stops a program otherwise; the
 * terminal is as it was before a command, whatever that left. */
void screen_guard(void);
void screen_restore(void);

/* An answer, without blanks around it; false: the terminal has ended. */
bool ask(struct room *r, const char *prompt, char *out, size_t size);
/* The same; the prompt stands there already. */
bool ask_here(struct room *r, const char *prompt, char *out, size_t size);
/* A number from 1 to most; 0 for "0", Enter, "q" or an end. */
size_t ask_number(struct room *r, const char *prompt, size_t most);
/* A word for a command, into SCREEN_LINE; what would be an option is asked
 * for again; false: Enter alone, or an end. */
bool ask_word(struct room *r, const char *prompt, char out[SCREEN_LINE]);
/* Is the answer "y" or "yes"? */
bool ask_yes(struct room *r, const char *prompt);
void ask_enter(struct room *r);

/* Text that came from a command, page by page, at most so wide. */
struct pager {
	struct room *room;
	size_t rows, row, column;
	bool skip; /* people do not want the rest */
	char word[SCREEN_COLUMNS + 1];
	size_t len;
};
void pager_begin(struct pager *p, struct room *r);
void pager_put(struct pager *p, const char *text, size_t len);
void pager_end(struct pager *p);

#endif
