/* SPDX-License-Identifier: ISC */
/* A card that is there: its PIN changed, its keys tried, everything on it
 * destroyed. */
#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/card.h"

bool
card_pin(struct card_order *o)
{
	struct child signer = { .pid = -1, .sock = -1 };
	struct secret *old = NULL, *new = NULL;
	bool ok;

	o->no_pinpad = true; /* see card_ask_pin() */
	ok = card_open(o, &signer, &old) && card_ask_pin(o, &new);
	if (ok) {
		message_start(&o->c->out, MSG_PIN);
		message_put_octets(&o->c->out, old == NULL ? NULL : old->data,
		    old == NULL ? 0 : old->len);
		message_put_octets(&o->c->out, new->data, new->len);
		ok = child_ask(o->c, &signer, MSG_OK);
	}
	secret_free(old);
	secret_free(new);
	child_end(&signer);
	if (ok)
		people_say(o->people, "%s: its PIN is changed", o->label);
	return ok;
}

bool
card_verify(struct card_order *o)
{
	struct child signer = { .pid = -1, .sock = -1 };
	struct secret *pin = NULL;
	bool ok = card_open(o, &signer, &pin);

	secret_free(pin);
	if (ok) {
		message_start(&o->c->out, MSG_TRY);
		ok = child_ask(o->c, &signer, MSG_OK);
	}
	child_end(&signer);
	if (ok)
		people_say(o->people,
		    "%s: PIN accepted; sign has signed, derive has opened a "
		    "test blob",
		    o->label);
	return ok;
}

/* A CA's keys are more than their holder's own. */
static bool
may_wipe(struct card_order *o)
{
	struct card_row row = { .bits = 0 };

	if (!card_find(o, &row, NULL))
		return false;
	if (!card_has_ca(&row) && !card_is_unread(&row))
		return card_confirm(o, "all that is on it will be destroyed");
	if (!o->ca && card_is_unread(&row))
		return ceremony_stop(o->c, EXIT_REFUSED,
		    "%s: not all that is on it could be read, and it may hold "
		    "a CA's keys: try again; --ca destroys them, too",
		    o->label);
	if (!o->ca)
		return ceremony_stop(o->c, EXIT_REFUSED,
		    "%s: holds a CA's keys (%s): a destroy step of a plan ends "
		    "it in the record; --ca destroys them without",
		    o->label, row.keys);
	return card_confirm(o,
	    "A CA'S KEYS will be destroyed, and no log will know of it");
}

static bool
hear_count(struct card_order *o, struct child *signer, uint64_t *count)
{
	uint64_t left;

	if (!child_ask(o->c, signer, MSG_DESTROYED))
		return false;
	*count = message_get_number(&o->c->in);
	left = message_get_number(&o->c->in);
	return child_fields_ok(o->c) && left == 0;
}

static bool
wipe(struct card_order *o, struct secret **pin, uint64_t *count)
{
	struct child signer = { .pid = -1, .sock = -1 };
	bool ok = card_open(o, &signer, pin);

	if (ok) {
		message_start(&o->c->out, MSG_WIPE);
		message_put_text(&o->c->out, o->label);
		ok = hear_count(o, &signer, count);
	}
	child_end(&signer);
	return ok;
}

/* A process of its own sees that nothing is left. */
static bool
look(struct card_order *o, struct secret **pin)
{
	struct child signer = { .pid = -1, .sock = -1 };
	uint64_t none;
	bool ok = card_open(o, &signer, pin);

	if (ok) {
		message_start(&o->c->out, MSG_EMPTY);
		ok = hear_count(o, &signer, &none);
	}
	child_end(&signer);
	return ok;
}

bool
card_make_blank(struct card_order *o, int fd, bool again)
{
	struct child signer = { .pid = -1, .sock = -1 };
	struct card_row row = { .bits = 0 };
	bool ok = child_start(o->c, SPAWN_SIGNER, &signer), absent = false;

	if (!ok)
		close(fd);
	if (ok) {
		message_start(&o->c->out, MSG_CARD_BLANK);
		message_put_text(&o->c->out, o->module);
		message_put_text(&o->c->out, o->label);
		message_put_text(&o->c->out, o->serial);
		message_put_number(&o->c->out, again);
		o->c->out.fd = fd;
		ok = child_ask(o->c, &signer, MSG_OK);
	}
	child_end(&signer);
	/* a process of its own sees it */
	if (ok && card_find(o, &row, &absent))
		return ceremony_stop(o->c, EXIT_CARD,
		    "%s: a card of this label is still there", o->label);
	if (ok && absent)
		people_say(o->people,
		    "%s: blank again, serial %s, with the SO PIN that cards "
		    "are sold with",
		    o->label, o->serial);
	return ok && absent;
}

static bool
wipe_with_so(struct card_order *o)
{
	int fd = -1;

	return may_wipe(o) && card_ask_so(o, true, &fd) &&
	    card_make_blank(o, fd, false);
}

bool
card_wipe(struct card_order *o)
{
	struct secret *pin = NULL;
	uint64_t count = 0;
	bool ok;

	if (o->so)
		return wipe_with_so(o);
	ok = may_wipe(o) && wipe(o, &pin, &count) && look(o, &pin);
	secret_free(pin);
	if (ok)
		people_say(o->people,
		    "%s: %llu objects were destroyed, nothing is left on it",
		    o->label, (unsigned long long)count);
	return ok;
}
