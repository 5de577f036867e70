/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/paper.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define TICK_MS 200 /* a Ctrl-C between two looks is seen after so long */

/* The signer talks to people: they take the time they need, or Ctrl-C. */
static bool
wait_for_people(struct ceremony *c, char which, const struct child *keeper)
{
	struct pollfd pfd = { .fd = keeper->sock, .events = POLLIN };
	int n = 0;

	while (n == 0 && !people_interrupted()) {
		n = poll(&pfd, 1, TICK_MS);
		if (n == -1 && errno == EINTR)
			n = 0;
	}
	return n != 0 ||
	    ceremony_stop(c, EXIT_STOPPED,
		"stopped at the words of %c; run the same plan again", which);
}

static void
put_custodians(struct message *m, const struct plan_split *split)
{
	char names[PLAN_OPERATORS_MAX * (PLAN_NAME_MAX + 1)];
	size_t len = 0;

	for (size_t i = 0; i < split->count; i++) {
		size_t n = strlen(split->custodians[i]);
		memcpy(names + len, split->custodians[i], n);
		len += n;
		names[len++] = '\n';
	}
	message_put_octets(m, names, len);
}

bool
paper_check(struct ceremony *c, struct child *keeper, uint8_t check[32])
{
	message_start(&c->out, MSG_PAPER_CHECK);
	if (!child_ask(c, keeper, MSG_CHECK))
		return false;
	message_get_exact(&c->in, check, 32);
	return child_fields_ok(c);
}

/* Words of another secret would give SO PINs that nobody finds again. */
static bool
is_so(struct ceremony *c, struct child *keeper)
{
	const struct history_check *want = history_so_check(c->history);
	uint8_t check[32];

	if (!want->known)
		return true;
	return paper_check(c, keeper, check) &&
	    (memcmp(check, want->digest, sizeof(check)) == 0 ||
		ceremony_stop(c, EXIT_REFUSED,
		    "words of S: they are of another secret than this log's: "
		    "look for the right papers and run the same plan again"));
}

bool
paper_open(struct ceremony *c, char which, const struct plan_split *fresh,
    struct child *out)
{
	const char name[] = { which, '\0' };
	bool load = fresh == NULL;
	int fd;

	if (!child_start(c, SPAWN_SIGNER, out))
		return false;
	if (!c->people->ops->words(c->people, which, load, &fd))
		return ceremony_stop(c, EXIT_STATE,
		    "words of %c: nowhere to %s them: is there a terminal?",
		    which, load ? "read" : "write");
	message_start(&c->out, load ? MSG_PAPER_LOAD : MSG_PAPER_NEW);
	c->out.fd = fd;
	message_put_text(&c->out, name);
	if (!load) {
		message_put_number(&c->out, fresh->threshold);
		message_put_number(&c->out, fresh->count);
		put_custodians(&c->out, fresh);
	}
	return child_tell(c, out) && wait_for_people(c, which, out) &&
	    child_hear(c, out, MSG_OK) &&
	    (which != 'S' || !load || is_so(c, out));
}

json_t *
paper_split(const struct ceremony *c, const struct plan_split *fresh)
{
	json_t *custodians = json_array();

	for (size_t i = 0; i < fresh->count; i++)
		json_array_append_new(custodians,
		    json_string(fresh->custodians[i]));
	return json_pack("{s:i,s:o,s:s}", "threshold", (int)fresh->threshold,
	    "custodians", custodians, "kept",
	    c->rehearsal ? "rehearsal" : "paper");
}
