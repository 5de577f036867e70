/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SILENT_MS 2000
#define REDRAW_MS 200

int64_t
progress_now(void)
{
	struct timespec t = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
progress_begin(struct progress *p, const char *what, size_t total)
{
	*p = (struct progress){
		.what = what,
		.total = total,
		.begun = progress_now(),
		.terminal = isatty(STDERR_FILENO) == 1,
	};
}

void
progress_step(struct progress *p, size_t done)
{
	int64_t now, left;

	if (!p->terminal || done == 0 || done > p->total)
		return;
	now = progress_now();
	if (now - p->begun < SILENT_MS || now - p->shown < REDRAW_MS)
		return;
	left = (now - p->begun) * (int64_t)(p->total - done) / (int64_t)done;
	fprintf(stderr, "\r\033[K%s: %zu of %zu, %" PRId64 " s left", p->what,
	    done, p->total, (left + 999) / 1000);
	p->shown = now;
	p->visible = true;
}

void
progress_end(struct progress *p)
{
	if (p->visible)
		fputs("\r\033[K", stderr);
	p->visible = false;
}
