/* SPDX-License-Identifier: ISC */
/* One operator's card, put in and opened with its PIN: everything that is due
 * is done while it is there. */
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/act.h"
#include "ceremony/custodian/module_note.h"
#include "ceremony/custodian/watch.h"
#include "smartcard/error.h"

#define PIN_ATTEMPTS 3
#define PULLS_MAX 8u

/* Many tokens that were personalised elsewhere have the same label. */
static bool
by_serial(const struct history_operator *who)
{
	return who->elsewhere && who->serial[0] != '\0';
}

/* What its keys go by, and, once there is one, the certificate that shares are
 * encrypted to: it is not on the card. */
static bool
name_keys(struct ceremony *c, const struct history_operator *who,
    struct child *ch)
{
	uint8_t *der = NULL;
	size_t len = 0;

	if (who->derive.len > 0 &&
	    !ceremony_load(c, who->derive_cert, &der, &len))
		return false;
	message_start(&c->out, MSG_CARD_KEYS);
	message_put_text(&c->out, who->sign_key);
	message_put_text(&c->out, who->derive_key);
	message_put_octets(&c->out, der, len);
	free(der);
	return child_ask(c, ch, MSG_OK);
}

/* It may be the one that another process has, or that does not answer. */
static bool
say_unread(struct ceremony *c)
{
	char text[513];

	if (child_fault_text(c, text))
		people_say(c->people, "  %s", text);
	return false;
}

static bool
open_card(struct ceremony *c, const struct history_operator *who,
    struct child *ch, uint64_t *flags, bool *absent)
{
	char label[33], serial[33], path[256];

	message_start(&c->out, MSG_OPEN);
	message_put_text(&c->out, who->module);
	message_put_text(&c->out, by_serial(who) ? "" : who->label);
	message_put_text(&c->out, who->serial);
	message_put_number(&c->out, !c->no_pinpad);
	if (!child_tell(c, ch))
		return false;
	if (!child_hear_either(c, ch, MSG_OPENED, MSG_FAULT))
		return false;
	/* its operator may come later, others can go on; any other fault
	 * stops, in its own words */
	if (c->in.kind == MSG_FAULT) {
		*absent = child_is_absent(c);
		if (child_is_unread(child_fault_code(c)))
			return say_unread(c);
		c->pulled = *absent && c->came;
		return *absent ? false : child_fault(c);
	}
	message_get_text(&c->in, label, sizeof(label) - 1);
	message_get_text(&c->in, serial, sizeof(serial) - 1);
	message_get_text(&c->in, path, sizeof(path) - 1);
	*flags = message_get_number(&c->in);
	if (!child_fields_ok(c))
		return false;
	if ((strcmp(label, who->label) != 0 && !by_serial(who)) ||
	    (strcmp(serial, who->serial) != 0 && who->serial[0] != '\0'))
		return ceremony_stop(c, EXIT_CARD,
		    "%s: another card answered (serial %s, enrolled %s)",
		    who->label, serial, who->serial);
	return module_note(c, ch, who->module) &&
	    (!who->elsewhere || name_keys(c, who, ch));
}

/* How one try with one PIN ended. */
enum pin_try {
	TRY_OPEN,
	TRY_WRONG,   /* and may be tried again */
	TRY_UNKNOWN, /* its operator gives no PIN */
	TRY_LOCKED,
	TRY_ABSENT, /* the card is not there */
	TRY_PULLED, /* it was, and is no more */
	TRY_STOP,   /* the ceremony stops */
};

static enum pin_try
stopped_at_pin(struct ceremony *c, const struct history_operator *who)
{
	ceremony_stop(c, EXIT_STOPPED,
	    "%s: stopped at the PIN; run the same plan again", who->label);
	return TRY_STOP;
}

/* What the card said to the PIN, in c->in. */
static enum pin_try
judge_login(struct ceremony *c)
{
	char text[513];
	uint64_t code;

	if (c->in.kind == MSG_OK)
		return TRY_OPEN;
	code = message_get_number(&c->in);
	if (code == CARD_ERR_REMOVED)
		return TRY_PULLED;
	if (code != CARD_ERR_PIN && code != CARD_ERR_PIN_FORM &&
	    code != CARD_ERR_PIN_LOCKED && code != CARD_ERR_CANCELLED) {
		c->in.at = 0;
		child_fault(c);
		return TRY_STOP;
	}
	message_get_number(&c->in);
	message_get_number(&c->in);
	message_get_text(&c->in, text, sizeof(text) - 1);
	if (!child_fields_ok(c))
		return TRY_STOP;
	people_say(c->people, "  %s", text);
	return code == CARD_ERR_PIN_LOCKED ? TRY_LOCKED : TRY_WRONG;
}

/* NULL, and YES, where it is typed at the reader. */
static enum people_answer
ask_pin(struct ceremony *c, const struct history_operator *who, uint64_t flags,
    struct secret **pin)
{
	*pin = NULL;
	if ((flags & TOKEN_PIN_PAD) == 0)
		return c->people->ops->pin(c->people, who->label, who->id,
		    false, pin);
	people_say(c->people, "  %s: type the PIN of card %s at the reader",
	    who->id, who->label);
	return PEOPLE_YES;
}

static enum pin_try
give_pin(struct ceremony *c, const struct history_operator *who, uint64_t flags,
    struct child *ch)
{
	struct secret *pin = NULL;

	switch (ask_pin(c, who, flags, &pin)) {
	case PEOPLE_YES:
		break;
	case PEOPLE_NO:
		return TRY_UNKNOWN;
	case PEOPLE_STOP:
		return stopped_at_pin(c, who);
	}
	message_start(&c->out, MSG_LOGIN);
	message_put_octets(&c->out, pin == NULL ? NULL : pin->data,
	    pin == NULL ? 0 : pin->len);
	secret_free(pin);
	if (!child_tell(c, ch) || !child_hear_either(c, ch, MSG_OK, MSG_FAULT))
		return TRY_STOP;
	return judge_login(c);
}

/* The card is opened anew for each try: it then says how many are left. */
static enum pin_try
try_once(struct ceremony *c, const struct history_operator *who,
    struct child *ch)
{
	uint64_t flags = 0;
	bool absent = false;

	if (!child_start(c, SPAWN_SIGNER, ch))
		return TRY_STOP;
	if (!open_card(c, who, ch, &flags, &absent))
		return !absent || c->pulled ? TRY_STOP : TRY_ABSENT;
	if ((flags & TOKEN_PIN_LOCKED) != 0)
		return TRY_LOCKED;
	if ((flags & TOKEN_PIN_FINAL_TRY) == 0)
		return give_pin(c, who, flags, ch);
	switch (c->people->ops->last_try(c->people, who->label, who->id)) {
	case PEOPLE_YES:
		return give_pin(c, who, flags, ch);
	case PEOPLE_NO:
		return TRY_UNKNOWN;
	case PEOPLE_STOP:
		break;
	}
	return stopped_at_pin(c, who);
}

static enum pin_try
try_pins(struct ceremony *c, const struct history_operator *who,
    struct child *ch)
{
	enum pin_try got = TRY_WRONG;

	for (int i = 0; i < PIN_ATTEMPTS && got == TRY_WRONG; i++) {
		got = try_once(c, who, ch);
		if (got != TRY_OPEN)
			child_end(ch);
	}
	return got;
}

bool
visit_out(struct ceremony *c, const struct history_operator *who,
    const char *reason)
{
	c->out_reason = reason;
	if (reason == NULL)
		people_say(c->people, "  %s: card %s is not here", who->id,
		    who->label);
	else
		people_say(c->people,
		    "  %s: card %s is out of this round: %s; other operators "
		    "can go on",
		    who->id, who->label, reason);
	return false;
}

bool
visit_again(struct ceremony *c, const struct history_operator *who,
    struct child *ch, unsigned *pulls)
{
	bool pulled = c->pulled;

	c->visiting = c->pulled = false;
	if (!pulled)
		return false;
	child_end(ch);
	people_say(c->people,
	    "  %s: card %s was pulled out: nothing is lost, put it in again",
	    who->id, who->label);
	/* where nobody is asked it will not come back for ever */
	return ++*pulls < PULLS_MAX ||
	    ceremony_stop(c, EXIT_CARD,
		"%s: pulled out %u times: look after its reader and run the "
		"same plan again",
		who->label, PULLS_MAX);
}

static bool
open_with_pin(struct ceremony *c, const struct history_operator *who,
    struct child *ch, bool *absent)
{
	enum pin_try got = try_pins(c, who, ch);

	*absent = got != TRY_OPEN && got != TRY_STOP && got != TRY_PULLED;
	switch (got) {
	case TRY_OPEN:
		return true;
	case TRY_WRONG:
	case TRY_UNKNOWN:
		return visit_out(c, who, "PIN not known");
	case TRY_LOCKED:
		return visit_out(c, who, "PIN locked");
	case TRY_ABSENT:
		return visit_out(c, who, NULL);
	case TRY_PULLED:
		c->pulled = true;
		break;
	case TRY_STOP:
		break;
	}
	return false;
}

bool
visit_open(struct ceremony *c, const struct history_operator *who,
    struct child *out, bool *absent)
{
	*absent = false;
	c->visiting = true;
	c->pulled = false;
	if (!plan_lists_card(c->plan, who->label)) {
		*absent = true;
		c->out_reason = NULL;
		people_say(c->people, "  %s: card %s is not in the plan",
		    who->id, who->label);
		return false;
	}
	switch (watch_card(c,
	    &(struct watch_card){ who->module, who->label, who->serial, who->id,
		.by_serial = by_serial(who) })) {
	case PEOPLE_YES:
		break;
	case PEOPLE_NO:
		*absent = true;
		return visit_out(c, who, NULL);
	case PEOPLE_STOP:
		return ceremony_stop(c, EXIT_STOPPED,
		    "stopped while waiting for card %s; run the same plan "
		    "again",
		    who->label);
	}
	if (!open_with_pin(c, who, out, absent))
		return false;
	if (who->headless ||
	    head_check(c, out, who->label, who->serial, HEAD_LOOK))
		return true;
	child_end(out);
	return false;
}
