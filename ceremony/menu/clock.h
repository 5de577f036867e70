/* SPDX-License-Identifier: ISC */
#ifndef MENU_CLOCK_H
#define MENU_CLOCK_H

#include <stdint.h>

#define CLOCK_TEXT 48
#define CLOCK_FIRST INT64_C(1767225600) /* 2026-01-01 00:00:00 UTC */
#define CLOCK_LAST INT64_C(4102444799)  /* 2099-12-31 23:59:59 UTC */

enum clock_answer {
	CLOCK_OK,
	CLOCK_FORM,  /* not YYYY-MM-DD HH:MM */
	CLOCK_NONE,  /* no such day, hour or minute */
	CLOCK_EARLY, /* before the image was made */
	CLOCK_LATE,  /* after CLOCK_LAST */
};

/* "YYYY-MM-DD HH:MM", UTC, into seconds; not before `earliest`.  *out is set
 * with CLOCK_OK alone. */
enum clock_answer clock_parse(const char *text, int64_t earliest, int64_t *out);
/* Is the clock within the same bounds? */
enum clock_answer clock_judge(int64_t seconds, int64_t earliest);
/* What is wrong, for people. */
const char *clock_answer_text(enum clock_answer answer);

/* "Friday 2026-11-27 03:14:25 UTC", and "Fri 2026-11-27 03:14 UTC". */
void clock_write(int64_t seconds, char out[CLOCK_TEXT]);
void clock_write_short(int64_t seconds, char out[CLOCK_TEXT]);

#endif
