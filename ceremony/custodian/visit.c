/* SPDX-License-Identifier: ISC */
/* One operator's card, put in and opened with its PIN: everything that is due
 * is done while it is there. */
#include <string.h>

#include "ceremony/custodian/act.h"
#include "smartcard/error.h"

#define PIN_ATTEMPTS 3

/* No card of that label and serial: its operator may come later, others can
 * go on.  Any other fault stops, in its own words. */
static bool
fault_of_absence(struct ceremony *c)
{
	uint64_t code = message_get_number(&c->in);

	c->in.at = 0;
	if (code == CARD_ERR_NO_TOKEN || code == CARD_ERR_REMOVED)
		return true;
	child_fault(c);
	return false;
}

static bool
open_card(struct ceremony *c, const struct history_operator *who,
    struct child *ch, bool *absent)
{
	char label[33], serial[33], path[256];

	message_start(&c->out, MSG_OPEN);
	message_put_text(&c->out, who->module);
	message_put_text(&c->out, who->label);
	message_put_text(&c->out, who->serial);
	if (!child_tell(c, ch))
		return false;
	if (!child_hear_either(c, ch, MSG_OPENED, MSG_FAULT))
		return false;
	if (c->in.kind == MSG_FAULT) {
		*absent = fault_of_absence(c);
		return false;
	}
	message_get_text(&c->in, label, sizeof(label) - 1);
	message_get_text(&c->in, serial, sizeof(serial) - 1);
	message_get_text(&c->in, path, sizeof(path) - 1);
	message_get_number(&c->in);
	if (!child_fields_ok(c))
		return false;
	if (strcmp(label, who->label) != 0 || strcmp(serial, who->serial) != 0)
		return ceremony_stop(c, EXIT_CARD,
		    "%s: another card answered (serial %s, enrolled %s)",
		    who->label, serial, who->serial);
	return true;
}

/* One try a PIN that was given; a wrong one is asked for again. */
static bool
login(struct ceremony *c, const struct history_operator *who, struct child *ch)
{
	for (int i = 0;; i++) {
		struct secret *pin = NULL;
		char text[513] = "";
		if (c->people->ops->pin(c->people, who->label, who->id, false,
			&pin) != PEOPLE_YES)
			return ceremony_stop(c, EXIT_STOPPED,
			    "%s: stopped at the PIN; run the same plan again",
			    who->label);
		message_start(&c->out, MSG_LOGIN);
		message_put_octets(&c->out, pin->data, pin->len);
		secret_free(pin);
		if (!child_tell(c, ch) ||
		    !child_hear_either(c, ch, MSG_OK, MSG_FAULT))
			return false;
		if (c->in.kind == MSG_OK)
			return true;
		uint64_t code = message_get_number(&c->in);
		message_get_number(&c->in);
		message_get_number(&c->in);
		message_get_text(&c->in, text, sizeof(text) - 1);
		if (code != CARD_ERR_PIN || i + 1 == PIN_ATTEMPTS)
			return ceremony_stop(c, EXIT_CARD, "%s", text);
		people_say(c->people, "%s", text);
	}
}

bool
visit_open(struct ceremony *c, const struct history_operator *who,
    struct child *out, bool *absent)
{
	*absent = false;
	switch (c->people->ops->card(c->people, who->label, who->id)) {
	case PEOPLE_YES:
		break;
	case PEOPLE_NO:
		*absent = true;
		return false;
	case PEOPLE_STOP:
		return ceremony_stop(c, EXIT_STOPPED,
		    "stopped while waiting for card %s; run the same plan "
		    "again",
		    who->label);
	}
	if (!child_start(c, SPAWN_SIGNER, out) ||
	    !open_card(c, who, out, absent) || !login(c, who, out) ||
	    !head_check(c, out, who->label, who->serial, false)) {
		child_end(out);
		return false;
	}
	return true;
}
