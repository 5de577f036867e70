/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/abandon.h"

#include <string.h>

#include "ceremony/custodian/resume.h"
#include "ceremony/custodian/rotate.h"
#include "ceremony/record/open_intents.h"

#define REASON_MAX 200u
#define VOID_REASON "the ceremony was abandoned"

static bool
is_reason(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return len > 0 && len <= REASON_MAX;
}

bool
abandon_check(struct ceremony *c)
{
	const struct history *h = c->history;

	if (!is_reason(c->abandon))
		return ceremony_stop(c, EXIT_USAGE,
		    "--abandon: give a reason of 1 to %u printable ASCII "
		    "characters",
		    REASON_MAX);
	if (h->open && !h->has_policy)
		return ceremony_stop(c, EXIT_REFUSED,
		    "ceremony %s: the log has no quorum yet that could close "
		    "it: begin a new log in an empty folder",
		    c->plan->ceremony);
	if (h->open && strcmp(h->ceremony, c->plan->ceremony) == 0)
		return true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "ceremony %s: is not open: there is nothing to abandon",
	    c->plan->ceremony);
}

/* The step that is given up: the one that stands, or else the next. */
static bool
enter_step(struct ceremony *c, unsigned *step)
{
	*step = history_step(c->history, NULL);
	if (*step == 0)
		*step = c->history->steps_begun + 1;
	if (*step > c->plan->step_count)
		return true;
	return ceremony_record(c, "step.begin", NULL,
	    json_pack("{s:i,s:s}", "step", (int)*step, "kind",
		plan_kind_name(c->plan->steps[*step - 1].kind)),
	    NULL);
}

/* The last act that may have said an intent. */
static uint64_t
last_batch(const struct history *h)
{
	for (size_t i = h->act_count; i-- > 0;) {
		if (strcmp(h->acts[i].approval.kind, "batch") == 0)
			return h->acts[i].approval.act;
	}
	return 0;
}

/* Nobody will ever go on with them: their serials are used up. */
static bool
void_intents(struct ceremony *c)
{
	struct open_intents o = { .count = 0 };
	enum record_error err = RECORD_OK;

	if (!resume_open_intents(c, &o))
		return false;
	for (size_t i = 0; err == RECORD_OK && i < o.count; i++)
		err = issuance_void(c->issuance, last_batch(c->history),
		    o.list[i].serial, VOID_REASON);
	if (err == RECORD_OK && o.count > 0)
		err = issuance_sync(c->issuance);
	if (err == RECORD_OK && o.count > 0)
		people_say(c->people,
		    "  %zu serials are void: certificates of them, should any "
		    "turn up, are in no log",
		    o.count);
	open_intents_clear(&o);
	return err == RECORD_OK ||
	    ceremony_stop(c, EXIT_STATE, "issuance.jsonl: %s",
		record_strerror(err));
}

bool
abandon_run(struct ceremony *c)
{
	unsigned step = 0;

	if (c->history->abandoned)
		return true; /* said before */
	if (!enter_step(c, &step))
		return false;
	if (step > c->plan->step_count)
		return true; /* all is done but the close */
	if (!rotate_left(c, step, c->plan->steps[step - 1].kind) ||
	    !void_intents(c))
		return false;
	people_say(c->people,
	    "step %u of %zu is abandoned, and what follows it", step,
	    c->plan->step_count);
	return ceremony_record(c, "exception", NULL,
	    json_pack("{s:s,s:s}", "what", HISTORY_ABANDONED, "reason",
		c->abandon),
	    NULL);
}
