/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/backup.h"

#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/paper.h"

static bool
record_split(struct ceremony *c, const struct plan_split *split,
    const uint8_t check[32])
{
	json_t *body = paper_split(c, split);

	if (body != NULL)
		json_object_set_new(body, "check", json_digest(check));
	return ceremony_record(c, "backup.split", NULL, body, NULL);
}

bool
backup_make(struct ceremony *c, const struct plan_split *split)
{
	const struct history *h = c->history;
	struct child b = { .pid = -1, .sock = -1 };
	uint8_t check[32];
	bool ok;

	/* words that were typed back are good, whatever stopped later */
	if (split->count == 0 || h->has_backup || h->backup_pending)
		return true;
	ok = paper_open(c, 'B', split, &b) && paper_check(c, &b, check) &&
	    record_split(c, split, check);
	child_end(&b);
	return ok;
}

/* Does the plan make a B before this step? */
static bool
is_planned(const struct ceremony *c, const struct plan_step *before)
{
	for (const struct plan_step *s = c->plan->steps; s < before; s++) {
		if ((s->kind == PLAN_QUORUM || s->kind == PLAN_QUORUM_CHANGE) &&
		    s->u.quorum.backup.count > 0)
			return true;
	}
	return false;
}

bool
backup_check(struct ceremony *c, const struct plan_step *s)
{
	return c->history->has_backup || is_planned(c, s) ||
	    ceremony_stop(c, EXIT_REFUSED,
		"step %zu: copies of a key need a backup secret, and this log "
		"has none: a quorum-change step with \"backup:\" makes it",
		(size_t)(s - c->plan->steps) + 1);
}

bool
backup_open(struct ceremony *c, struct child *b)
{
	uint8_t check[32];

	if (!paper_open(c, 'B', NULL, b) || !paper_check(c, b, check))
		return false;
	return memcmp(check, c->history->backup_check, sizeof(check)) == 0 ||
	    ceremony_stop(c, EXIT_REFUSED,
		"words of B: they are of another secret than this log's: look "
		"for the right papers and run the same plan again");
}

bool
backup_hand_out(struct ceremony *c, struct child *b, const char *first, int *fd)
{
	int pair[2];

	if (!child_pair(c, pair))
		return false;
	message_start(&c->out, MSG_DKEK);
	message_put_text(&c->out, first);
	c->out.fd = pair[0];
	if (!child_ask(c, b, MSG_OK)) {
		close(pair[1]);
		return false;
	}
	*fd = pair[1];
	return true;
}

bool
backup_give(struct ceremony *c, int *fd, struct child *token)
{
	message_start(&c->out, MSG_DKEK_TAKE);
	c->out.fd = *fd;
	*fd = -1;
	return child_ask(c, token, MSG_OK);
}
