/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/commands.h"
#include "ceremony/custodian/stop_sheet.h"

static char *
resume_command(const struct ceremony_files *f)
{
	const struct {
		const char *name, *value;
	} options[] = { { "--image", f->image }, { "--witness", f->witness },
		{ "--control", f->control } };
	const char *words[8 + 2 + 2 * 3 + 1] = { "run", f->plan, "--state",
		f->state, "--in", f->in, "--out", f->out };
	size_t n = 8;

	if (f->no_pinpad)
		words[n++] = "--no-pinpad";
	if (f->loops)
		words[n++] = "--loop";
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].value == NULL)
			continue;
		words[n++] = options[i].name;
		words[n++] = options[i].value;
	}
	return stop_sheet_command(true, words);
}

int
cmd_run(const struct command *self, int argc, char *argv[])
{
	const char *no_pinpad = NULL, *loop = NULL;
	struct ceremony_files files = { .plan = NULL };
	struct people people = { .tty = -1, .rehearsal_fd = -1 };
	const struct option_row rows[] = { { "--abandon", &files.abandon, 0 },
		{ "--state", &files.state, 0 }, { "--in", &files.in, 0 },
		{ "--out", &files.out, 0 }, { "--no-pinpad", &no_pinpad, 1 },
		{ "--loop", &loop, 1 }, { "--image", &files.image, 0 },
		{ "--control", &files.control, 0 },
		{ "--witness", &files.witness, 0 }, { NULL, NULL, 0 } };
	char *resume;
	int status = command_options(self, &argc, argv, rows);

	if (status != 0)
		return status;
	if (argc != 1 || files.state == NULL || files.in == NULL ||
	    files.out == NULL)
		return command_usage(self);
	files.plan = argv[0];
	files.loops = loop != NULL;
	files.no_pinpad = no_pinpad != NULL;
	if (!people_terminal(&people)) {
		fprintf(stderr,
		    "anchorite: no terminal: a ceremony is held by "
		    "people; use rehearse to try a plan\n");
		return EXIT_STATE;
	}
	files.resume = resume = resume_command(&files);
	status = (int)ceremony_run(&files, false, &people);
	free(resume);
	people_close(&people);
	return status;
}
