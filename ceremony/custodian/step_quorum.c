/* SPDX-License-Identifier: ISC */
/* Genesis: S, the operators' cards, the first policy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/act.h"
#include "ceremony/custodian/backup.h"
#include "ceremony/custodian/enrol.h"

bool
step_quorum_check(struct ceremony *c, const struct plan_step *s)
{
	(void)s;
	if (c->history->has_anchor && !c->history->open)
		return ceremony_stop(c, EXIT_REFUSED,
		    "step quorum: this log has a quorum already; a genesis "
		    "stands at the beginning of a log only");
	return true;
}

static bool
compose_policy(struct ceremony *c, const struct plan_quorum *q, char **text,
    size_t *len)
{
	struct policy *p = calloc(1, sizeof(*p));
	enum quorum_error err = QUORUM_ERR_MEMORY;
	bool ok = p != NULL;

	if (ok) {
		snprintf(p->log, sizeof(p->log), "%s", c->plan->log);
		p->version = 1;
		p->m = q->threshold;
		p->n = c->history->operator_count;
	}
	for (size_t i = 0; ok && i < p->n; i++) {
		const struct history_operator *o = &c->history->operators[i];
		struct policy_operator *po = &p->operators[i];
		memcpy(po->id, o->id, sizeof(po->id));
		po->sign = o->sign;
		po->derive = o->derive;
	}
	if (ok)
		err = policy_write(p, text, len);
	free(p);
	if (ok && err == QUORUM_OK)
		return true;
	return ceremony_stop(c, EXIT_REFUSED, "policy: %s",
	    quorum_strerror(err));
}

static bool
agree(struct ceremony *c, const struct plan_quorum *q, unsigned index)
{
	static const struct use use = { "self-test", 1 };
	struct group g;
	char *text = NULL;
	size_t len = 0;
	bool ok;

	if (!compose_policy(c, q, &text, &len))
		return false;
	group_start(c, &g, index, PLAN_QUORUM);
	ok = group_propose_policy(c, &g, text, len) && group_approve(c, &g) &&
	    group_begin(c, &g, 0) &&
	    group_result(c, &g, 0, &use, 1,
		json_pack("{s:o}", "policy", json_digest(g.acts[0].input)));
	group_end(c, &g);
	free(text);
	return ok;
}

/* Is a card still to be made? */
static bool
needs_so(const struct ceremony *c, const struct plan_quorum *q)
{
	for (size_t i = 0; i < q->count; i++) {
		if (!q->operators[i].elsewhere &&
		    history_operator(c->history, q->operators[i].id) == NULL)
			return true;
	}
	return false;
}

/* S as it stands on paper: new words are typed back before they are used. */
static bool
enrol_all(struct ceremony *c, const struct plan_quorum *q)
{
	struct child so = { .pid = -1, .sock = -1 };
	bool ok = true;

	if (c->history->operator_count == q->count)
		return true;
	if (history_so_now(c->history) == 0 || needs_so(c, q))
		ok = enrol_open_so(c, &q->so, &so);
	for (size_t i = 0; ok && i < q->count; i++) {
		const struct plan_operator *o = &q->operators[i];

		if (history_operator(c->history, o->id) == NULL)
			ok = o->elsewhere ? enrol_adopt(c, o)
					  : enrol_card(c, &so, o);
	}
	child_end(&so);
	return ok;
}

bool
step_quorum_run(struct ceremony *c, const struct plan_step *s, unsigned index)
{
	const struct plan_quorum *q = &s->u.quorum;

	return enrol_all(c, q) && backup_make(c, &q->backup) &&
	    (c->history->has_anchor || agree(c, q, index));
}
