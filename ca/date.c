/* SPDX-License-Identifier: ISC */
#include "ca/date.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define DAY_SECONDS INT64_C(86400)
#define YEAR_FIRST 1970
#define YEAR_LAST 9999

struct civil {
	int year, month, day, hour, minute, second;
};

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first of January of year, year >= 1970. */
static int64_t
days_before_year(int year)
{
	int64_t y = year - 1;

	return (y * 365 + y / 4 - y / 100 + y / 400) - 719162;
}

static bool
civil_valid(const struct civil *c)
{
	return c->year >= YEAR_FIRST && c->year <= YEAR_LAST && c->month >= 1 &&
	    c->month <= 12 && c->day >= 1 &&
	    c->day <= month_days(c->year, c->month) && c->hour >= 0 &&
	    c->hour < 24 && c->minute >= 0 && c->minute < 60 &&
	    c->second >= 0 && c->second < 60;
}

static int64_t
civil_seconds(const struct civil *c)
{
	int64_t days = days_before_year(c->year) + c->day - 1;

	for (int m = 1; m < c->month; m++)
		days += month_days(c->year, m);
	return days * DAY_SECONDS + c->hour * 3600 + c->minute * 60 + c->second;
}

static bool
civil_from_seconds(int64_t t, struct civil *c)
{
	int64_t days = t / DAY_SECONDS;
	int rest = (int)(t % DAY_SECONDS);

	if (t < 0 || t > DATE_FOREVER)
		return false;
	/* never more than one year too low: 366 days are the longest year */
	c->year = YEAR_FIRST + (int)(days / 366);
	while (days_before_year(c->year + 1) <= days)
		c->year++;
	days -= days_before_year(c->year);
	for (c->month = 1; days >= month_days(c->year, c->month); c->month++)
		days -= month_days(c->year, c->month);
	c->day = (int)days + 1;
	c->hour = rest / 3600;
	c->minute = rest / 60 % 60;
	c->second = rest % 60;
	return true;
}

/*
 * Read text by a picture: Y M D h m s stand for one digit each of a field,
 * anything else for itself.  The lengths must agree.
 */
static enum ca_error
read_picture(const char *text, size_t len, const char *picture, int64_t *out)
{
	struct civil c = { 0 };
	int *field = NULL;

	if (len != strlen(picture))
		return CA_ERR_DATE;
	for (size_t i = 0; i < len; i++) {
		switch (picture[i]) {
		case 'Y':
			field = &c.year;
			break;
		case 'M':
			field = &c.month;
			break;
		case 'D':
			field = &c.day;
			break;
		case 'h':
			field = &c.hour;
			break;
		case 'm':
			field = &c.minute;
			break;
		case 's':
			field = &c.second;
			break;
		default:
			if (text[i] != picture[i])
				return CA_ERR_DATE;
			continue;
		}
		if (text[i] < '0' || text[i] > '9')
			return CA_ERR_DATE;
		*field = *field * 10 + (text[i] - '0');
	}
	if (!civil_valid(&c))
		return CA_ERR_DATE;
	*out = civil_seconds(&c);
	return CA_OK;
}

enum ca_error
date_parse_compact(const char *text, int64_t *out)
{
	return read_picture(text, strlen(text), "YYYYMMDDhhmmssZ", out);
}

enum ca_error
date_parse_rfc3339(const char *text, int64_t *out)
{
	return read_picture(text, strlen(text), "YYYY-MM-DDThh:mm:ssZ", out);
}

enum ca_error
date_format_compact(int64_t t, char out[DATE_COMPACT_SIZE])
{
	struct civil c;
	char text[96];

	if (!civil_from_seconds(t, &c))
		return CA_ERR_DATE;
	(void)snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02dZ", c.year,
	    c.month, c.day, c.hour, c.minute, c.second);
	memcpy(out, text, DATE_COMPACT_SIZE);
	return CA_OK;
}

enum ca_error
date_format_rfc3339(int64_t t, char out[DATE_RFC3339_SIZE])
{
	struct civil c;
	char text[96];

	if (!civil_from_seconds(t, &c))
		return CA_ERR_DATE;
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ",
	    c.year, c.month, c.day, c.hour, c.minute, c.second);
	memcpy(out, text, DATE_RFC3339_SIZE);
	return CA_OK;
}

enum ca_error
date_end_of_years(int64_t from, unsigned years, int64_t *out)
{
	struct civil c;

	if (!civil_from_seconds(from, &c) || years == 0 || years > YEAR_LAST)
		return CA_ERR_DATE;
	c.year += (int)years;
	if (c.year > YEAR_LAST)
		return CA_ERR_DATE;
	if (c.day > month_days(c.year, c.month))
		c.day = month_days(c.year, c.month);
	*out = civil_seconds(&c) - 1;
	return CA_OK;
}

enum ca_error
date_to_asn1(int64_t t, ASN1_TIME *out)
{
	char text[DATE_COMPACT_SIZE];
	enum ca_error err = date_format_compact(t, text);
	bool utc = err == CA_OK && memcmp(text, "2050", 4) < 0;
	const char *start = utc ? text + 2 : text;

	if (err != CA_OK)
		return err;
	if (!ASN1_STRING_set(out, start, (int)strlen(start)))
		return CA_ERR_MEMORY;
	out->type = utc ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME;
	return CA_OK;
}

enum ca_error
date_from_asn1(const ASN1_TIME *in, int64_t *out)
{
	const char *data = (const char *)ASN1_STRING_get0_data(in);
	size_t len = (size_t)ASN1_STRING_length(in);
	char text[DATE_COMPACT_SIZE] = "20";
	enum ca_error err = CA_ERR_DATE;

	if (ASN1_STRING_type(in) == V_ASN1_GENERALIZEDTIME) {
		err = read_picture(data, len, "YYYYMMDDhhmmssZ", out);
		if (err == CA_OK && memcmp(data, "2050", 4) < 0)
			err = CA_ERR_DATE;
		return err;
	}
	if (ASN1_STRING_type(in) != V_ASN1_UTCTIME || len != 13)
		return CA_ERR_DATE;
	/* RFC 5280, 4.1.2.5.1: YY from 50 on is 19YY */
	if (data[0] >= '5')
		memcpy(text, "19", 2);
	memcpy(text + 2, data, len);
	return read_picture(text, len + 2, "YYYYMMDDhhmmssZ", out);
}
