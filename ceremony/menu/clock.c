/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FORM "dddd-dd-dd dd:dd" /* d: a digit */

static const char *const texts[] = {
	[CLOCK_OK] = "in order",
	[CLOCK_FORM] = "Not in the form YYYY-MM-DD HH:MM, such as "
		       "2026-11-27 14:05.",
	[CLOCK_NONE] = "There is no such day, hour or minute.",
	[CLOCK_EARLY] = "That is before this program was made.",
	[CLOCK_LATE] = "That is after the year 2099.",
};

const char *
clock_answer_text(enum clock_answer answer)
{
	return (unsigned)answer < sizeof(texts) / sizeof(texts[0])
	    ? texts[answer]
	    : "?";
}

enum clock_answer
clock_judge(int64_t seconds, int64_t earliest)
{
	if (seconds < earliest || seconds < CLOCK_FIRST)
		return CLOCK_EARLY;
	return seconds > CLOCK_LAST ? CLOCK_LATE : CLOCK_OK;
}

static bool
has_form(const char *text)
{
	static const char form[] = FORM;

	if (strlen(text) != strlen(form))
		return false;
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9'
				   : text[i] != form[i])
			return false;
	}
	return true;
}

enum clock_answer
clock_parse(const char *text, int64_t earliest, int64_t *out)
{
	struct tm tm = { 0 }, back;
	enum clock_answer answer;
	time_t t;

	if (!has_form(text) ||
	    sscanf(text, "%4d-%2d-%2d %2d:%2d", &tm.tm_year, &tm.tm_mon,
		&tm.tm_mday, &tm.tm_hour, &tm.tm_min) != 5)
		return CLOCK_FORM;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	back = tm; /* what does not exist is another day after timegm() */
	t = timegm(&back);
	if (back.tm_year != tm.tm_year || back.tm_mon != tm.tm_mon ||
	    back.tm_mday != tm.tm_mday || back.tm_hour != tm.tm_hour ||
	    back.tm_min != tm.tm_min)
		return CLOCK_NONE;
	answer = clock_judge(t, earliest);
	if (answer == CLOCK_OK)
		*out = t;
	return answer;
}

void
clock_write(int64_t seconds, char out[CLOCK_TEXT])
{
	time_t t = seconds;
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	if (strftime(out, CLOCK_TEXT, "%A %Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		out[0] = '\0';
}

void
clock_write_short(int64_t seconds, char out[CLOCK_TEXT])
{
	time_t t = seconds;
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	if (strftime(out, CLOCK_TEXT, "%a %Y-%m-%d %H:%M UTC", &tm) == 0)
		out[0] = '\0';
}
