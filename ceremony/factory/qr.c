/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/qr.h"

#include "ceremony/factory/command.h"
#include "ceremony/factory/say.h"

static const enum outcome outcomes[QR_OUTCOMES] = {
	[QR_DONE] = OUTCOME_DONE,
	[QR_USAGE] = OUTCOME_USAGE,
	[QR_REFUSED] = OUTCOME_REFUSED,
	[QR_EXISTS] = OUTCOME_REFUSED,
	[QR_READ] = OUTCOME_TROUBLE,
	[QR_WRITE] = OUTCOME_TROUBLE,
	[QR_SCREEN] = OUTCOME_TROUBLE,
	[QR_TROUBLE] = OUTCOME_TROUBLE,
	[QR_STOPPED] = OUTCOME_TROUBLE,
};

static enum outcome
run_family(int argc, char **argv)
{
	return outcomes[qr_family(SAY_PROGRAM, argc, argv)];
}

const struct command qr_command = {
	.name = "qr",
	.family = run_family,
	.summary = "carry a file across the gap by QR codes",
};
