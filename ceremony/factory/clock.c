/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/clock.h"

#include <time.h>

#include "ca/date.h"
#include "ceremony/factory/say.h"

bool
clock_read(const char *date, int64_t *now)
{
	if (date == NULL) {
		*now = (int64_t)time(NULL);
		return true;
	}
	if (date_parse_rfc3339(date, now) == CA_OK)
		return true;
	say_error("--date %s: not of the form 2026-03-01T00:00:00Z", date);
	return false;
}
