/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/resume.h"

#include <string.h>

uint64_t
resume_act(const struct ceremony *c, unsigned step)
{
	static const uint8_t never[32];

	for (size_t i = c->history->act_count; i-- > 0;) {
		const struct history_act *a = &c->history->acts[i];
		if (strcmp(a->approval.ceremony, c->plan->ceremony) != 0)
			return 0;
		if (a->approval.step == step && a->state == ACT_VOID &&
		    strcmp(a->approval.kind, "batch") == 0 &&
		    memcmp(a->begin, never, sizeof(never)) != 0)
			return a->approval.act;
	}
	return 0;
}

bool
resume_has_kind(const struct ceremony *c, const char *kind, unsigned step)
{
	for (size_t i = c->history->act_count; i-- > 0;) {
		const struct history_act *a = &c->history->acts[i];
		if (strcmp(a->approval.ceremony, c->plan->ceremony) != 0)
			return false;
		/* of a batch's acts one has its response */
		if (a->approval.step == step && a->state == ACT_DONE &&
		    strcmp(a->approval.kind, kind) == 0 &&
		    (a->lead == 0 || a->sealed))
			return true;
	}
	return false;
}

bool
resume_has_result(const struct ceremony *c, enum plan_kind kind, unsigned step)
{
	if (kind != PLAN_WORK_ORDER && kind != PLAN_BATCH && kind != PLAN_CRL &&
	    kind != PLAN_BACKUP)
		return false;
	return resume_has_kind(c, plan_kind_name(kind), step);
}

static int
each_line(void *arg, uint64_t number, const struct issuance_line *line)
{
	(void)number;
	return open_intents_take(arg, line) ? 0 : 1;
}

bool
resume_open_intents(struct ceremony *c, struct open_intents *out)
{
	struct record_fault fault = { .text = "" };
	struct issuance *view = NULL;
	bool ok = issuance_open(c->state_fd, false, each_line, out, &view,
		      &fault) == RECORD_OK;

	issuance_close(view);
	return ok ||
	    ceremony_stop(c, EXIT_STATE, "issuance.jsonl: %s", fault.text);
}

bool
resume_intents(struct ceremony *c, struct worklist *w)
{
	struct open_intents o = { .count = 0 };
	bool ok = resume_open_intents(c, &o);

	if (ok)
		open_intents_mark(&o, w);
	open_intents_clear(&o);
	return ok;
}
