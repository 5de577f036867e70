/* SPDX-License-Identifier: ISC */
#include "ca/subject.h"

#include <stdint.h>
#include <string.h>

/* One place of a pattern: the characters it takes, and how many of them.
 * Every place has one length, so matching never has to go back. */
struct place {
	bool takes[128];
	size_t times;
};

/* 'a', 'A', '0' for letters and digits, itself for . _ -, else NUL. */
static char
class_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return 'a';
	if (c >= 'A' && c <= 'Z')
		return 'A';
	if (c >= '0' && c <= '9')
		return '0';
	return c == '.' || c == '_' || c == '-' ? c : '\0';
}

/* Take "a" or "a-b" off the inside of a set; a '-' before the closing bracket
 * stands for itself. */
static bool
read_range(const char **p, struct place *out)
{
	char from = **p, to = from;

	if (class_of(from) == '\0')
		return false;
	++*p;
	if ((*p)[0] == '-' && (*p)[1] != ']') {
		to = (*p)[1];
		/* within one alphabet: A-z would take more than it says */
		if (class_of(to) != class_of(from) || to < from)
			return false;
		*p += 2;
	}
	for (int c = from; c <= to; c++)
		out->takes[c] = true;
	return true;
}

static bool
read_set(const char **p, struct place *out)
{
	++*p; /* [ */
	do {
		if (!read_range(p, out))
			return false;
	} while (**p != ']');
	++*p;
	return true;
}

/* Take "{n}" off the front, n from 1 to SUBJECT_ID_MAX, no leading zero. */
static bool
read_times(const char **p, size_t *times)
{
	size_t n = 0;

	*times = 1;
	if (**p != '{')
		return true;
	++*p;
	if (**p == '0')
		return false;
	while (**p >= '0' && **p <= '9' && n <= SUBJECT_ID_MAX)
		n = n * 10 + (size_t)(*(*p)++ - '0');
	if (**p != '}' || n == 0 || n > SUBJECT_ID_MAX)
		return false;
	++*p;
	*times = n;
	return true;
}

static bool
read_place(const char **p, struct place *out)
{
	*out = (struct place){ .times = 0 };
	if (**p == '[') {
		if (!read_set(p, out))
			return false;
	} else if (class_of(**p) != '\0') {
		out->takes[(unsigned char)*(*p)++] = true;
	} else {
		return false;
	}
	return read_times(p, &out->times);
}

bool
pattern_valid(const char *pattern)
{
	struct place place;
	size_t total = 0;

	if (strnlen(pattern, PATTERN_TEXT_MAX + 1) > PATTERN_TEXT_MAX)
		return false;
	while (*pattern != '\0') {
		if (!read_place(&pattern, &place))
			return false;
		total += place.times;
		if (total > SUBJECT_ID_MAX)
			return false;
	}
	return total > 0;
}

bool
pattern_match(const char *pattern, const char *id)
{
	struct place place;

	if (!pattern_valid(pattern) || !subject_id_valid(id))
		return false;
	while (*pattern != '\0') {
		if (!read_place(&pattern, &place))
			return false;
		for (size_t i = 0; i < place.times; i++, id++)
			if (!place.takes[(unsigned char)*id])
				return false;
	}
	return *id == '\0';
}

/* The n-th character a place takes, and how many it takes. */
static char
nth_of(const struct place *place, uint64_t n, uint64_t *count)
{
	char taken[128] = "";

	*count = 0;
	for (int c = 0; c < 128; c++) {
		if (place->takes[c])
			taken[(*count)++] = (char)c;
	}
	return taken[n % *count];
}

bool
pattern_example(const char *pattern, uint64_t n, char id[SUBJECT_ID_MAX + 1])
{
	struct place places[SUBJECT_ID_MAX];
	uint64_t count;
	size_t len = 0;

	if (!pattern_valid(pattern))
		return false;
	while (*pattern != '\0') {
		struct place place;
		if (!read_place(&pattern, &place))
			return false;
		for (size_t i = 0; i < place.times; i++)
			places[len++] = place;
	}
	id[len] = '\0';
	while (len-- > 0) {
		id[len] = nth_of(&places[len], n, &count);
		n /= count;
	}
	return true;
}
