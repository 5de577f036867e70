/* SPDX-License-Identifier: ISC */
/* A CA token gets its PIN back from S on paper: the shares there were are
 * worth nothing afterwards. */
#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/act.h"
#include "ceremony/custodian/chain.h"
#include "ceremony/custodian/paper.h"
#include "ceremony/custodian/resume.h"
#include "ceremony/custodian/rotate.h"
#include "ceremony/custodian/so.h"

bool
step_recovery_check(struct ceremony *c, const struct plan_step *s)
{
	const unsigned token = s->u.recovery.token;
	const char *label = c->plan->tokens[token].label;

	if (history_token(c->history, label) == NULL &&
	    !chain_planned(c, s, PLAN_PRODUCT_CA, token) &&
	    !chain_planned(c, s, PLAN_ROOT, token))
		return ceremony_stop(c, EXIT_INPUT,
		    "%s: no CA was made on a token of this label in this log",
		    label);
	return so_check(c, s, label);
}

static bool
take_so_pin(struct ceremony *c, struct session *s, int fd)
{
	message_start(&c->out, MSG_SO_TAKE);
	c->out.fd = fd;
	return child_ask(c, &s->child, MSG_OK);
}

/* Everything that operators are to approve; the token's signer has its SO
 * PIN. */
static bool
propose(struct ceremony *c, struct group *g, const char *label,
    struct child *so)
{
	const struct history_epoch *now;
	struct session *s = NULL;
	bool again = false;
	int fd = -1;

	if (!group_open(c, g, label, NULL, &s))
		return false;
	now = &s->token->now;
	s->by_so = true;
	if (!group_tell_ca(c, s, &now, 1))
		return false;
	s->epoch_count = 0; /* no share of it is wanted */
	if (!so_hand_out(c, so, label, &fd, &again))
		return false;
	if (!rotate_propose(c, g, s, again ? ROTATE_SO_AGAIN : ROTATE_SO,
		c->history->policy_sha256)) {
		close(fd);
		return false;
	}
	return take_so_pin(c, s, fd);
}

bool
step_recovery_run(struct ceremony *c, const struct plan_step *step,
    unsigned index)
{
	const char *label = c->plan->tokens[step->u.recovery.token].label;
	struct child so = { .pid = -1, .sock = -1 };
	struct group g;
	bool ok;

	if (resume_has_kind(c, "recovery", index))
		return true;
	people_say(c->people, "  %s: %s", label, step->u.recovery.reason);
	group_start(c, &g, index, PLAN_RECOVERY);
	ok = paper_open(c, 'S', NULL, &so) && propose(c, &g, label, &so);
	child_end(&so); /* S is needed no more: nobody waits while it is here */
	ok = ok && group_approve(c, &g) && rotate_all(c, &g);
	group_end(c, &g);
	return ok;
}
