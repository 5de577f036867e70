/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/commands.h"
#include "ceremony/qr/qr.h"

static const enum exit_status statuses[QR_OUTCOMES] = {
	[QR_DONE] = EXIT_DONE,
	[QR_USAGE] = EXIT_USAGE,
	[QR_REFUSED] = EXIT_INPUT,
	[QR_READ] = EXIT_INPUT,
	[QR_EXISTS] = EXIT_STATE,
	[QR_WRITE] = EXIT_STATE,
	[QR_SCREEN] = EXIT_STATE,
	[QR_TROUBLE] = EXIT_PROCESS,
	[QR_STOPPED] = EXIT_STOPPED,
};

int
cmd_qr(const struct command *self, int argc, char *argv[])
{
	(void)self;
	return (int)statuses[qr_family("anchorite", argc, argv)];
}
