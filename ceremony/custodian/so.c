/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/so.h"

#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/paper.h"

/* Does the plan make a new S up to this step, and has not yet? */
static bool
is_replaced(const struct ceremony *c, const struct plan_step *step)
{
	const struct history *h = c->history;
	unsigned number = 1;

	for (const struct plan_step *s = c->plan->steps; s <= step;
	     s++, number++) {
		if (s->kind != PLAN_QUORUM_CHANGE || s->u.quorum.so.count == 0)
			continue;
		if (!h->open ||
		    (!h->step_done[number] &&
			(h->so_pending == 0 || number > h->steps_begun)))
			return true;
	}
	return false;
}

bool
so_check(struct ceremony *c, const struct plan_step *s, const char *label)
{
	uint32_t n;
	bool again;
	const unsigned number = (unsigned)(s - c->plan->steps) + 1;
	const unsigned made = history_so(c->history, label, &n, &again);

	return made == 0 ||
	    (made == history_so_now(c->history) && !is_replaced(c, s)) ||
	    ceremony_stop(c, EXIT_REFUSED,
		"%s: its SO PIN comes from an S that was replaced, or will be "
		"before step %u needs it: take another token, with another "
		"label",
		label, number);
}

bool
so_pins(struct ceremony *c, struct child *so, const char *label, uint32_t n,
    int *fd)
{
	int pair[2];

	if (!child_pair(c, pair))
		return false;
	message_start(&c->out, MSG_SO_PIN);
	message_put_text(&c->out, label);
	message_put_number(&c->out, n);
	c->out.fd = pair[0];
	if (!child_ask(c, so, MSG_OK)) {
		close(pair[1]);
		return false;
	}
	*fd = pair[1];
	return true;
}

bool
so_hand_out(struct ceremony *c, struct child *so, const char *label, int *fd,
    bool *again)
{
	uint32_t n;

	history_so(c->history, label, &n, again);
	return ceremony_record(c, "so.use", NULL,
		   json_pack("{s:s,s:i}", "label", label, "n", (int)n), NULL) &&
	    so_pins(c, so, label, n, fd);
}

bool
so_record_split(struct ceremony *c, struct child *so,
    const struct plan_split *fresh)
{
	uint8_t check[32];
	json_t *body;

	if (!paper_check(c, so, check))
		return false;
	body = paper_split(c, fresh);
	if (body != NULL)
		json_object_set_new(body, "check", json_digest(check));
	return ceremony_record(c, "so.split", NULL, body, NULL);
}

static const char *const attribute_names[] = { "token", "private", "sensitive",
	"extractable", "always_sensitive", "never_extractable", "local", "sign",
	"derive", "decrypt", "unwrap" };

json_t *
json_attributes(uint64_t bits)
{
	json_t *out = json_object();

	for (size_t i = 0;
	     i < sizeof(attribute_names) / sizeof(attribute_names[0]); i++)
		json_object_set_new(out, attribute_names[i],
		    json_boolean(bits >> i & 1));
	return out;
}
