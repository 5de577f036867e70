/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/stop.h"

#include <signal.h>
#include <stddef.h>

static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
#define CAUGHT (sizeof(caught) / sizeof(caught[0]))

static volatile sig_atomic_t stopped;
static struct sigaction before[CAUGHT];

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

void
stop_catch(void)
{
	struct sigaction act = { .sa_handler = on_signal };

	sigemptyset(&act.sa_mask);
	stopped = 0;
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &act, &before[i]);
}

void
stop_release(void)
{
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &before[i], NULL);
}

bool
stop_asked(void)
{
	return stopped != 0;
}
