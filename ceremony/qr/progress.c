/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/progress.h"

#include <string.h>

#define DRAW_MS 150 /* between two drawings */
#define BAR 20      /* characters; a line fits into 80 */
#define GREYS 24    /* of the 256 colours, from 232 on */
#define FIRST_GREY 232

void
progress_start(struct progress *p, FILE *to, bool live, int64_t now_ms)
{
	memset(p, 0, sizeof(*p));
	p->to = to;
	p->live = live;
	p->start_ms = now_ms;
	p->drawn_ms = now_ms - DRAW_MS;
}

/* How long the rest takes at the pace so far; 0 while that cannot be told. */
static long
left_seconds(const struct progress *p, int64_t now_ms)
{
	uint64_t rank = p->state.rank, needed = p->state.needed;
	int64_t ms = now_ms - p->start_ms;

	if (rank == 0 || rank >= needed || ms <= 0)
		return 0;
	return (long)((uint64_t)ms * (needed - rank) / rank / 1000) + 1;
}

void
progress_line(const struct progress *p, int64_t now_ms,
    char out[PROGRESS_LINE_MAX])
{
	const struct join_state *s = &p->state;
	size_t full = s->needed == 0 ? 0 : s->rank * BAR / s->needed;
	long left = left_seconds(p, now_ms);
	char bar[BAR + 1], eta[40] = "";

	memset(bar, '.', BAR);
	memset(bar, '#', full);
	bar[BAR] = '\0';
	if (left > 0)
		snprintf(eta, sizeof(eta), ", %ld:%02ld left", left / 60,
		    left % 60);
	if (s->needed == 0)
		snprintf(out, PROGRESS_LINE_MAX,
		    "[%s] no part yet, %llu seen, %llu without a code", bar,
		    (unsigned long long)p->pictures,
		    (unsigned long long)p->blind);
	else
		snprintf(out, PROGRESS_LINE_MAX,
		    "[%s] %llu of %llu parts%s, %llu seen, %llu without", bar,
		    (unsigned long long)s->rank, (unsigned long long)s->needed,
		    eta, (unsigned long long)p->pictures,
		    (unsigned long long)p->blind);
}

/* Two pixels a character, one above the other. */
static void
draw_copy(struct progress *p)
{
	for (size_t y = 0; y + 1 < MESSAGE_PREVIEW_HEIGHT; y += 2) {
		const uint8_t *upper = p->copy + y * MESSAGE_PREVIEW_WIDTH;
		const uint8_t *lower = upper + MESSAGE_PREVIEW_WIDTH;

		for (size_t x = 0; x < MESSAGE_PREVIEW_WIDTH; x++)
			fprintf(p->to,
			    "\x1b[38;5;%d;48;5;%dm\xe2\x96\x80", /* U+2580 */
			    FIRST_GREY + upper[x] * GREYS / 256,
			    FIRST_GREY + lower[x] * GREYS / 256);
		fputs("\x1b[0m\x1b[K\n", p->to);
		p->rows++;
	}
}

void
progress_clear(struct progress *p)
{
	if (!p->drawn)
		return;
	p->drawn = false;
	fputs("\r", p->to);
	if (p->rows > 0)
		fprintf(p->to, "\x1b[%uA", p->rows);
	fputs("\x1b[J", p->to);
	fflush(p->to);
	p->rows = 0;
}

void
progress_draw(struct progress *p, int64_t now_ms)
{
	char line[PROGRESS_LINE_MAX];

	if (!p->live || now_ms - p->drawn_ms < DRAW_MS)
		return;
	p->drawn_ms = now_ms;
	p->drawn = true;
	fputs("\r", p->to);
	if (p->rows > 0)
		fprintf(p->to, "\x1b[%uA", p->rows);
	p->rows = 0;
	if (p->has_copy)
		draw_copy(p);
	progress_line(p, now_ms, line);
	fprintf(p->to, "%s\x1b[K", line);
	fflush(p->to);
}
