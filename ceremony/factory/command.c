/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/command.h"

#include <stdio.h>
#include <string.h>

#include "ceremony/factory/say.h"
#include "transfer/text.h"

#define NAME_MAX_TYPED 32
#define NEAR 3 /* letters that may differ */

static size_t
option_count(const struct command *cmd)
{
	size_t n = 0;

	while (cmd->options[n].name != NULL)
		n++;
	return n;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein distance of two short names. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_TYPED + 1], lb = strlen(b);

	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < lb; j++) {
			size_t swap = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			row[j + 1] = least(swap, least(row[j], diagonal) + 1);
		}
	}
	return row[lb];
}

const char *
command_nearest(const char *typed,
    const char *(*name)(const void *table, size_t i), const void *table,
    size_t count)
{
	const char *best = NULL;
	size_t nearest = NEAR + 1;

	if (strlen(typed) > NAME_MAX_TYPED)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t d = distance(typed, name(table, i));

		if (d < nearest) {
			nearest = d;
			best = name(table, i);
		}
	}
	return best;
}

static const char *
option_name(const void *table, size_t i)
{
	return ((const struct option_row *)table)[i].name;
}

static bool
refuse_unknown(const struct command *cmd, const char *typed)
{
	const char *near = command_nearest(typed, option_name, cmd->options,
	    option_count(cmd));

	if (near == NULL)
		say_error("%s: unknown option --%s", cmd->name, typed);
	else
		say_error("%s: unknown option --%s; did you mean --%s?",
		    cmd->name, typed, near);
	return false;
}

/* Find the row that typed names, up to its end or '='. */
static const struct option_row *
find_option(const struct command *cmd, const char *typed, size_t len)
{
	for (size_t i = 0; cmd->options[i].name != NULL; i++) {
		const char *name = cmd->options[i].name;

		if (strlen(name) == len && memcmp(name, typed, len) == 0)
			return &cmd->options[i];
	}
	return NULL;
}

/* Take argv[*at], which begins with "--", and its value. */
static bool
take_option(const struct command *cmd, int argc, char *const *argv, int *at,
    struct arguments *out)
{
	const char *typed = argv[*at] + 2, *equals = strchr(typed, '=');
	size_t len = equals ? (size_t)(equals - typed) : strlen(typed);
	const struct option_row *row = find_option(cmd, typed, len);
	const char **slot;

	if (row == NULL)
		return refuse_unknown(cmd, typed);
	slot = &out->option[row - cmd->options];
	if (*slot != NULL) {
		say_error("%s: --%s is given twice", cmd->name, row->name);
		return false;
	}
	if (row->value == NULL && equals == NULL) {
		*slot = "";
		return true;
	}
	*slot = equals ? equals + 1 : *at + 1 < argc ? argv[++*at] : NULL;
	if (row->value != NULL && *slot != NULL && **slot != '\0')
		return true;
	say_error(row->value ? "%s: --%s needs a value, %s"
			     : "%s: --%s takes no value",
	    cmd->name, row->name, row->value);
	return false;
}

static bool
check_complete(const struct command *cmd, const struct arguments *args)
{
	for (size_t i = 0; cmd->options[i].name != NULL; i++) {
		const struct option_row *row = &cmd->options[i];

		if (row->required && args->option[i] == NULL) {
			say_error("%s: --%s %s is missing", cmd->name,
			    row->name, row->value);
			return false;
		}
	}
	if (cmd->operands == NULL && args->operand_count > 0) {
		say_error("%s: '%s' is one argument too many", cmd->name,
		    args->operands[0]);
		return false;
	}
	if (cmd->operands != NULL && args->operand_count == 0) {
		say_error("%s: %s is missing", cmd->name, cmd->operands);
		return false;
	}
	return true;
}

bool
command_read(const struct command *cmd, int argc, char **argv,
    struct arguments *out)
{
	bool only_operands = false;

	memset(out, 0, sizeof(*out));
	out->operands = argv;
	for (int i = 0; i < argc; i++) {
		/* operands move to the front, over what has been read */
		if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0')
			argv[out->operand_count++] = argv[i];
		else if (strcmp(argv[i], "--") == 0)
			only_operands = true;
		else if (argv[i][1] != '-')
			return refuse_unknown(cmd, argv[i] + 1);
		else if (!take_option(cmd, argc, argv, &i, out))
			return false;
	}
	return check_complete(cmd, out);
}

static void
add_option(struct text_buf *b, const struct option_row *row)
{
	text_buf_add(b, row->required ? " --%s" : " [--%s", row->name);
	if (row->value != NULL)
		text_buf_add(b, " %s", row->value);
	if (!row->required)
		text_buf_add(b, "]");
}

void
command_usage(const struct command *cmd, bool error)
{
	struct text_buf b = { 0 };

	text_buf_add(&b, "usage: %s %s", SAY_PROGRAM, cmd->name);
	for (size_t i = 0; cmd->options[i].name != NULL; i++)
		add_option(&b, &cmd->options[i]);
	if (cmd->operands != NULL)
		text_buf_add(&b, " %s", cmd->operands);
	text_buf_add(&b, "\n");
	if (!b.failed)
		fputs(b.data, error ? stderr : stdout);
	text_buf_free(&b);
}

void
command_help(const struct command *cmd)
{
	command_usage(cmd, false);
	say("%s", cmd->summary);
	for (size_t i = 0; cmd->options[i].name != NULL; i++) {
		const struct option_row *row = &cmd->options[i];
		char left[64];

		snprintf(left, sizeof(left), "--%s %s", row->name,
		    row->value ? row->value : "");
		say("  %-24s %s", left, row->help);
	}
	say("Exit status: 0 done, 1 refused, 2 usage, 3 other failure.");
}
