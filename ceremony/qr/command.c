/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/command.h"

#include <stdio.h>
#include <string.h>

#include "ceremony/qr/say.h"

#define DIGITS_MAX 9

/* The row that typed names, up to its end or '='. */
static const struct qr_option *
find(const struct qr_command *cmd, const char *typed, size_t len)
{
	for (const struct qr_option *o = cmd->options; o->name != NULL; o++) {
		if (strlen(o->name) == len && memcmp(o->name, typed, len) == 0)
			return o;
	}
	return NULL;
}

/* Take argv[*at], which begins with a dash, and its value. */
static bool
take(const struct qr_command *cmd, int argc, char *const argv[], int *at,
    struct qr_arguments *out)
{
	const char *typed = argv[*at], *name = typed + 2;
	const char *equals = strchr(typed, '=');
	const struct qr_option *row = NULL;
	const char **slot;

	if (typed[1] == '-')
		row = find(cmd, name,
		    equals != NULL ? (size_t)(equals - name) : strlen(name));
	if (row == NULL) {
		qr_say_error("%s: unknown option %s", cmd->name, typed);
		return false;
	}
	slot = &out->option[row - cmd->options];
	if (*slot != NULL) {
		qr_say_error("%s: --%s is given twice", cmd->name, row->name);
		return false;
	}
	if (row->value == NULL && equals == NULL) {
		*slot = "";
		return true;
	}
	if (row->value == NULL) {
		qr_say_error("%s: --%s takes no value", cmd->name, row->name);
		return false;
	}
	*slot = equals != NULL ? equals + 1 : *at + 1 < argc ? argv[++*at] : "";
	if (**slot != '\0')
		return true;
	qr_say_error("%s: --%s needs a value, %s", cmd->name, row->name,
	    row->value);
	return false;
}

static bool
complete(const struct qr_command *cmd, const struct qr_arguments *args)
{
	for (size_t i = 0; cmd->options[i].name != NULL; i++) {
		if (!cmd->options[i].required || args->option[i] != NULL)
			continue;
		qr_say_error("%s: --%s %s is missing", cmd->name,
		    cmd->options[i].name, cmd->options[i].value);
		return false;
	}
	if (args->operand_count > cmd->most) {
		qr_say_error("%s: '%s' is one argument too many", cmd->name,
		    args->operands[cmd->most]);
		return false;
	}
	return true;
}

bool
qr_command_read(const struct qr_command *cmd, int argc, char *argv[],
    struct qr_arguments *out)
{
	bool only_operands = false;

	out->operands = argv;
	for (int i = 0; i < argc; i++) {
		/* operands move to the front, over what has been read */
		if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0')
			argv[out->operand_count++] = argv[i];
		else if (strcmp(argv[i], "--") == 0)
			only_operands = true;
		else if (!take(cmd, argc, argv, &i, out))
			return false;
	}
	return complete(cmd, out);
}

void
qr_command_usage(const struct qr_command *cmd, const char *program, bool error)
{
	FILE *to = error ? stderr : stdout;

	fprintf(to, "usage: %s qr %s", program, cmd->name);
	for (const struct qr_option *o = cmd->options; o->name != NULL; o++)
		fprintf(to, " %s--%s%s%s%s", o->required ? "" : "[", o->name,
		    o->value != NULL ? " " : "",
		    o->value != NULL ? o->value : "", o->required ? "" : "]");
	fprintf(to, "%s%s\n", cmd->operands != NULL ? " " : "",
	    cmd->operands != NULL ? cmd->operands : "");
}

void
qr_command_help(const struct qr_command *cmd, const char *program)
{
	qr_command_usage(cmd, program, false);
	printf("\n%s\n\n", cmd->summary);
	for (const struct qr_option *o = cmd->options; o->name != NULL; o++)
		printf("  --%s%s%s\n      %s\n", o->name,
		    o->value != NULL ? " " : "",
		    o->value != NULL ? o->value : "", o->help);
}

bool
qr_command_number(const char *name, const char *text, unsigned least,
    unsigned most, unsigned otherwise, unsigned *out)
{
	size_t len = text != NULL ? strlen(text) : 0;

	*out = otherwise;
	if (text == NULL)
		return true;
	if (len >= 1 && len <= DIGITS_MAX &&
	    strspn(text, "0123456789") == len) {
		*out = 0;
		for (; *text != '\0'; text++)
			*out = *out * 10 + (unsigned)(*text - '0');
		if (*out >= least && *out <= most)
			return true;
	}
	qr_say_error("--%s is a number from %u to %u", name, least, most);
	return false;
}
