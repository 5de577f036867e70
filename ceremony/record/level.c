/* SPDX-License-Identifier: ISC */
#include "ceremony/record/level.h"

#include <stdbool.h>
#include <string.h>

static const char *const names[] = {
	[LEVEL_NONE] = "none",
	[LEVEL_BASIC] = "basic",
	[LEVEL_SECCOMP] = "seccomp",
	[LEVEL_FULL] = "full",
};

const char *
level_name(enum level level)
{
	return (unsigned)level > LEVEL_FULL ? "unknown" : names[level];
}

static bool
has(const char *words, const char *word)
{
	size_t len = strlen(word);

	while (*words != '\0') {
		size_t n = strcspn(words, ",");

		if (n == len && memcmp(words, word, n) == 0)
			return true;
		words += n + (words[n] == ',');
	}
	return false;
}

enum level
level_of(const char *words)
{
	if (!has(words, "nocore") || !has(words, "nodump") ||
	    !has(words, "nonewprivs"))
		return LEVEL_NONE;
	if (!has(words, "seccomp"))
		return LEVEL_BASIC;
	return has(words, "landlock") ? LEVEL_FULL : LEVEL_SECCOMP;
}

enum level
level_most(const char *who)
{
	return strcmp(who, "media") == 0 ? LEVEL_SECCOMP : LEVEL_FULL;
}

enum level
level_wanted(const struct plan *p)
{
	for (unsigned i = LEVEL_BASIC; i < LEVEL_FULL; i++) {
		if (strcmp(p->sandbox.minimum, names[i]) == 0)
			return (enum level)i;
	}
	return LEVEL_FULL;
}
