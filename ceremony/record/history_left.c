/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ceremony/record/history_line.h"
#include "ceremony/record/issuance.h"

/* Results that a batch left in the issuance log which was begun and is void,
 * on all its tokens: they are certificates all the same, and count for its
 * order. */

struct count {
	const struct history *h;
	uint64_t act, results;
};

static int
count_line(void *arg, uint64_t number, const struct issuance_line *line)
{
	struct count *c = arg;

	(void)number;
	c->results += line->type == ISSUANCE_RESULT &&
	    history_beside(c->h, line->act, c->act);
	return 0;
}

/* Whether any of a batch's acts was, so that it may have left something. */
static bool
was_begun(const struct history *h, const struct history_act *act)
{
	static const uint8_t never[32];

	for (uint64_t i = act->lead; history_beside(h, i, act->lead); i++)
		if (memcmp(h->acts[i - 1].begin, never, sizeof(never)) != 0)
			return true;
	return false;
}

enum record_error
history_note_left(struct history_line *l, const struct history_act *act)
{
	struct count c = { .h = l->h, .act = act->approval.act };
	struct record_fault fault = { 0 };
	struct issuance *log = NULL;
	enum record_error ret;

	if (act->lead == 0 || !was_begun(l->h, act) ||
	    history_beside_lives(l->h, act, c.act))
		return RECORD_OK;
	ret = issuance_open(l->dirfd, false, count_line, &c, &log, &fault);
	issuance_close(log);
	/* with no log there is no result; a log that went missing is found
	 * out by what the next record says of it */
	if (ret != RECORD_OK && ret != RECORD_ERR_MISSING)
		return history_refuse(l, ret, "%s", fault.text);
	l->g->uncounted = true;
	l->g->left += c.results;
	memcpy(l->g->uncounted_order, act->order, 32);
	history_order_at(l->h, act->order)->issued += c.results;
	return RECORD_OK;
}

void
history_count_left(struct history_line *l, uint64_t results)
{
	struct history_order *order;

	if (!l->g->uncounted)
		return;
	/* what was written of them after the act.void, if anything was */
	order = history_order_at(l->h, l->g->uncounted_order);
	order->issued += results - l->g->left;
	l->g->uncounted = false;
	l->g->left = 0;
}
