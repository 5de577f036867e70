/* SPDX-License-Identifier: ISC */
/* Cards made ready outside a ceremony, by those who will hold them. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ceremony/custodian/card.h"

/* Is there one of this label?  Then what it holds would be lost. */
static bool
may_empty(struct card_order *o, bool *present)
{
	struct card_row row = { .bits = 0 };
	bool absent = false;

	if (!card_find(o, &row, &absent)) {
		*present = false;
		return absent;
	}
	*present = true;
	if (card_has_ca(&row))
		return ceremony_stop(o->c, EXIT_REFUSED,
		    "%s: holds a CA's keys (%s): a destroy step ends it, in a "
		    "ceremony",
		    o->label, row.keys);
	if (card_is_unread(&row))
		return ceremony_stop(o->c, EXIT_REFUSED,
		    "%s: not all that is on it could be read, and it may hold "
		    "a CA's keys: nothing was changed on it; try again",
		    o->label);
	return card_confirm(o,
	    "a card of this label is there, and all that is on it is lost");
}

bool
card_init(struct card_order *o)
{
	struct child signer = { .pid = -1, .sock = -1 };
	struct secret *pin = NULL;
	char serial[33] = "";
	bool present = false, ok;
	int fd = -1;

	if (!may_empty(o, &present) || !card_ask_so(o, present, &fd))
		return false;
	ok = card_ask_pin(o, &pin) && child_start(o->c, SPAWN_SIGNER, &signer);
	if (!ok)
		close(fd);
	if (ok) {
		message_start(&o->c->out, MSG_CARD_INIT);
		message_put_text(&o->c->out, o->module);
		message_put_text(&o->c->out, o->label);
		message_put_text(&o->c->out, o->serial);
		message_put_octets(&o->c->out, pin->data, pin->len);
		message_put_number(&o->c->out, present);
		o->c->out.fd = fd;
		ok = child_ask(o->c, &signer, MSG_MADE);
	}
	if (ok) {
		message_get_text(&o->c->in, serial, sizeof(serial) - 1);
		ok = child_fields_ok(o->c);
	}
	secret_free(pin);
	child_end(&signer);
	if (ok)
		people_say(o->people, "%s: ready and empty, serial %s",
		    o->label, serial);
	return ok;
}

static bool
make(struct card_order *o, struct child *signer, const struct secret *pin,
    int fd)
{
	struct ceremony *c = o->c;

	message_start(&c->out, MSG_CARD_MAKE);
	message_put_text(&c->out, o->module);
	message_put_text(&c->out, o->label);
	message_put_text(&c->out, o->operator_id);
	message_put_text(&c->out, o->log);
	message_put_octets(&c->out, pin->data, pin->len);
	message_put_number(&c->out, (uint64_t)time(NULL));
	message_put_number(&c->out, 0);
	c->out.fd = fd;
	return child_ask(c, signer, MSG_ENROLLED);
}

bool
card_personalise(struct card_order *o)
{
	struct child signer = { .pid = -1, .sock = -1 };
	struct secret *pin = NULL;
	char serial[33] = "";
	bool ok;
	int fd = -1;

	if (strlen(o->operator_id) > POLICY_ID_MAX ||
	    strlen(o->log) > POLICY_LOG_MAX)
		return ceremony_stop(o->c, EXIT_USAGE,
		    "card personalise: operator or log is too long");
	if (!card_ask_so(o, false, &fd))
		return false;
	ok = card_ask_pin(o, &pin) && child_start(o->c, SPAWN_SIGNER, &signer);
	if (!ok)
		close(fd);
	ok = ok && make(o, &signer, pin, fd);
	if (ok) /* what else it tells is read from the card when it is enrolled */
		message_get_text(&o->c->in, serial, sizeof(serial) - 1);
	secret_free(pin);
	child_end(&signer);
	if (ok)
		people_say(o->people,
		    "%s: card of %s, serial %s: its keys sign and derive were "
		    "made and tried",
		    o->label, o->operator_id, serial);
	return ok;
}
