/* SPDX-License-Identifier: ISC */
/* A command as people typed it, held against the one that goes on. */
#include <string.h>

#include "ceremony/custodian/drill.h"

#define LINE_MAX_OCTETS 8192
#define WORDS_MAX 128

/* An option with its value is one unit, which may stand anywhere. */
struct command_words {
	char text[LINE_MAX_OCTETS];
	size_t count;
	const char *words[WORDS_MAX];
	const char *values[WORDS_MAX]; /* of an option, or NULL */
};

/* The next word as a shell takes it, its quotes gone; NULL at the end. */
static const char *
next_word(const char **line, char **room)
{
	const char *p = *line + strspn(*line, " \t");
	char *start = *room, quote = '\0';

	if (*p == '\0')
		return NULL;
	for (; *p != '\0' && (quote != '\0' || strchr(" \t", *p) == NULL);
	     p++) {
		if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (quote == *p)
			quote = '\0';
		else if (*p == '\\' && quote != '\'' && p[1] != '\0')
			*(*room)++ = *++p;
		else
			*(*room)++ = *p;
	}
	*(*room)++ = '\0';
	*line = p;
	return start;
}

static bool
has_value(const char *word)
{
	return strncmp(word, "--", 2) == 0 && strcmp(word, "--by-hand") != 0 &&
	    strcmp(word, "--cards") != 0 && strcmp(word, "--no-pinpad") != 0;
}

static const char *
program_name(const char *word)
{
	const char *slash = strrchr(word, '/');

	return slash != NULL ? slash + 1 : word;
}

static bool
split(const char *line, struct command_words *out)
{
	char *room = out->text;
	const char *word;

	out->count = 0;
	if (strlen(line) * 2 + 2 > sizeof(out->text))
		return false;
	while ((word = next_word(&line, &room)) != NULL) {
		const char *value =
		    has_value(word) ? next_word(&line, &room) : NULL;
		if (strncmp(word, "--drill", 7) == 0)
			continue;
		if (out->count == WORDS_MAX)
			return false;
		out->words[out->count] =
		    out->count == 0 ? program_name(word) : word;
		out->values[out->count++] = value;
	}
	return out->count > 0;
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
holds(const struct command_words *in, const char *word, const char *value)
{
	for (size_t i = 0; i < in->count; i++) {
		if (same(in->words[i], word) && same(in->values[i], value))
			return true;
	}
	return false;
}

static bool
holds_all(const struct command_words *in, const struct command_words *of)
{
	for (size_t i = 0; i < of->count; i++) {
		if (!holds(in, of->words[i], of->values[i]))
			return false;
	}
	return true;
}

bool
drill_same_command(const char *typed, const char *command)
{
	struct command_words a, b;

	return split(typed, &a) && split(command, &b) && a.count == b.count &&
	    same(a.words[0], b.words[0]) && holds_all(&a, &b) &&
	    holds_all(&b, &a);
}
