/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/so.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 200 /* a Ctrl-C between two looks is seen after so long */

/* The signer talks to people: they take the time they need, or Ctrl-C. */
static bool
wait_for_people(struct ceremony *c, const struct child *so)
{
	struct pollfd pfd = { .fd = so->sock, .events = POLLIN };
	int n = 0;

	while (n == 0 && !people_interrupted()) {
		n = poll(&pfd, 1, TICK_MS);
		if (n == -1 && errno == EINTR)
			n = 0;
	}
	return n != 0 ||
	    ceremony_stop(c, EXIT_STOPPED,
		"stopped at the words of S; run the same plan again");
}

static void
put_custodians(struct message *m, const struct plan_quorum *q)
{
	char names[PLAN_OPERATORS_MAX * (PLAN_NAME_MAX + 1)];
	size_t len = 0;

	for (size_t i = 0; i < q->so_count; i++) {
		size_t n = strlen(q->so_custodians[i]);
		memcpy(names + len, q->so_custodians[i], n);
		len += n;
		names[len++] = '\n';
	}
	message_put_octets(m, names, len);
}

/* A process that keeps S while tokens are made. */
bool
so_open(struct ceremony *c, const struct plan_quorum *q, struct child *so)
{
	bool load = q == NULL;
	int fd;

	if (!child_start(c, SPAWN_SIGNER, so))
		return false;
	if (!c->people->ops->words(c->people, load, &fd))
		return ceremony_stop(c, EXIT_STATE,
		    "words of S: nowhere to %s them: is there a terminal?",
		    load ? "read" : "write");
	message_start(&c->out, load ? MSG_SO_LOAD : MSG_SO_NEW);
	c->out.fd = fd;
	if (!load) {
		message_put_number(&c->out, q->so_threshold);
		message_put_number(&c->out, q->so_count);
		put_custodians(&c->out, q);
	}
	return child_tell(c, so) && wait_for_people(c, so) &&
	    child_hear(c, so, MSG_OK);
}

/* Does the plan make a new S up to this step, and has not yet? */
static bool
is_replaced(const struct ceremony *c, const struct plan_step *step)
{
	const struct history *h = c->history;
	unsigned number = 1;

	for (const struct plan_step *s = c->plan->steps; s <= step;
	     s++, number++) {
		if (s->kind != PLAN_QUORUM_CHANGE || s->u.quorum.so_count == 0)
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
so_hand_out(struct ceremony *c, struct child *so, const char *label, int *fd,
    bool *again)
{
	uint32_t n;
	int pair[2];

	history_so(c->history, label, &n, again);
	if (!ceremony_record(c, "so.use", NULL,
		json_pack("{s:s,s:i}", "label", label, "n", (int)n), NULL) ||
	    !child_pair(c, pair))
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
so_record_split(struct ceremony *c, const struct plan_quorum *q)
{
	json_t *custodians = json_array();

	for (size_t i = 0; i < q->so_count; i++)
		json_array_append_new(custodians,
		    json_string(q->so_custodians[i]));
	return ceremony_record(c, "so.split", NULL,
	    json_pack("{s:i,s:o,s:s}", "threshold", (int)q->so_threshold,
		"custodians", custodians, "kept",
		c->rehearsal ? "rehearsal" : "paper"),
	    NULL);
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
