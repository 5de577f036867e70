/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ceremony/record/history.h"
#include "ceremony/record/issuance.h"

struct count {
	const struct history *h;
	const uint8_t *order;
	uint64_t results;
};

static int
count_line(void *arg, uint64_t number, const struct issuance_line *line)
{
	struct count *c = arg;
	const struct history_act *act;

	(void)number;
	if (line->type != ISSUANCE_RESULT)
		return 0;
	if (line->act == 0 || line->act > c->h->act_count)
		return -1;
	act = &c->h->acts[line->act - 1];
	c->results += memcmp(act->order, c->order, 32) == 0;
	return 0;
}

enum record_error
history_issued(const struct history *h, int state_dirfd,
    const uint8_t order[32], uint64_t *results, struct record_fault *fault)
{
	struct count c = { .h = h, .order = order };
	struct issuance *log = NULL;
	enum record_error ret;

	*results = UINT64_MAX;
	ret = issuance_open(state_dirfd, false, count_line, &c, &log, fault);
	issuance_close(log);
	if (ret == RECORD_ERR_RULE)
		return record_fail(fault, RECORD_ERR_CHAIN,
		    "issuance.jsonl: a result of an act that is not in the "
		    "transcript");
	if (ret == RECORD_OK)
		*results = c.results;
	return ret;
}
