/* SPDX-License-Identifier: ISC */
/* The command that goes on with a ceremony, as people type it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/stop_sheet.h"

#define PLAIN                                                                  \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"       \
	"_@%+=:,./-"

/* Within single quotes a shell takes everything as it is but them. */
static void
put_word(FILE *out, const char *word)
{
	if (word[0] != '\0' && strspn(word, PLAIN) == strlen(word)) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}

static void
put_variables(FILE *out)
{
	static const char *const names[] = { "SOFTHSM2_CONF", "OPENSC_CONF" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		if (value == NULL)
			continue;
		fprintf(out, "%s=", names[i]);
		put_word(out, value);
		fputc(' ', out);
	}
}

char *
stop_sheet_command(bool env, const char *const *words)
{
	char *line = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&line, &len);

	if (out == NULL)
		return NULL;
	if (env)
		put_variables(out);
	put_word(out, program_invocation_name);
	for (; *words != NULL; words++) {
		fputc(' ', out);
		put_word(out, *words);
	}
	if (fclose(out) == 0)
		return line;
	free(line);
	return NULL;
}
