/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/release.h"

#include <stdlib.h>
#include <string.h>

#define HEX "0123456789abcdef"
#define DIGITS "0123456789"
#define VERSION_SET                                                            \
	DIGITS ".+~-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define EPOCH_DIGITS 12
#define SHORT 12

static bool
take_version(struct release *r, const char *value, size_t len)
{
	memcpy(r->version, value, len < sizeof(r->version) ? len : 0);
	return len > 0 && len < sizeof(r->version) &&
	    strspn(r->version, VERSION_SET) == len;
}

static bool
take_commit(struct release *r, const char *value, size_t len)
{
	if (len >= sizeof(r->commit))
		return false;
	memcpy(r->commit, value, len);
	return strspn(r->commit, HEX) == RELEASE_COMMIT &&
	    (len == RELEASE_COMMIT ||
		strcmp(r->commit + RELEASE_COMMIT, RELEASE_MODIFIED) == 0);
}

static bool
take_epoch(struct release *r, const char *value, size_t len)
{
	char text[EPOCH_DIGITS + 1] = "";

	if (len == 0 || len > EPOCH_DIGITS)
		return false;
	memcpy(text, value, len);
	r->epoch = strtoll(text, NULL, 10);
	return strspn(text, DIGITS) == len;
}

static const struct row {
	const char *key;
	bool (*take)(struct release *r, const char *value, size_t len);
	const char *wrong, *twice, *missing;
} rows[] = {
	{ "version=", take_version, "version= is out of form",
	    "version= stands there twice", "version= is missing" },
	{ "commit=", take_commit, "commit= is out of form",
	    "commit= stands there twice", "commit= is missing" },
	{ "epoch=", take_epoch, "epoch= is out of form",
	    "epoch= stands there twice", "epoch= is missing" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *
take_line(struct release *r, const char *line, size_t len, bool had[ROWS])
{
	for (size_t i = 0; i < ROWS; i++) {
		size_t key = strlen(rows[i].key);

		if (len < key || memcmp(line, rows[i].key, key) != 0)
			continue;
		if (had[i])
			return rows[i].twice;
		had[i] = true;
		return rows[i].take(r, line + key, len - key) ? NULL
							      : rows[i].wrong;
	}
	return "a line that is none of version=, commit=, epoch=";
}

static const char *
parse(const char *text, size_t len, struct release *r)
{
	bool had[ROWS] = { false };
	const char *why = NULL;

	if (len > RELEASE_MAX || memchr(text, '\0', len) != NULL)
		return "it is too long, or no text";
	while (len > 0 && why == NULL) {
		const char *end = memchr(text, '\n', len);
		size_t n = end == NULL ? len : (size_t)(end - text);

		if (end == NULL)
			return "its last line is cut off";
		why = take_line(r, text, n, had);
		text += n + 1;
		len -= n + 1;
	}
	for (size_t i = 0; i < ROWS && why == NULL; i++) {
		if (!had[i])
			why = rows[i].missing;
	}
	return why;
}

const char *
release_parse(const char *text, size_t len, struct release *out)
{
	const char *why;

	memset(out, 0, sizeof(*out));
	why = parse(text, len, out);
	if (why != NULL)
		memset(out, 0, sizeof(*out));
	return why;
}

void
release_short(const struct release *r, char out[RELEASE_SHORT])
{
	memset(out, 0, RELEASE_SHORT);
	memcpy(out, r->commit, SHORT);
	if (strlen(r->commit) > RELEASE_COMMIT)
		out[SHORT] = '+';
}
