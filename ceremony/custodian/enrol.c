/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/enrol.h"

#include <stdio.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/custodian/act.h"
#include "ceremony/custodian/evidence.h"
#include "ceremony/custodian/module_note.h"
#include "ceremony/custodian/paper.h"
#include "ceremony/custodian/so.h"
#include "ceremony/custodian/watch.h"

/* How the card came to be what it is. */
static json_t *
json_origin(struct ceremony *c, const struct plan_operator *o,
    const struct plan_token *t, bool heads)
{
	uint32_t so_n;
	bool again;

	if (o->elsewhere)
		return json_pack("{s:s,s:s,s:b}", "sign_key", plan_sign_key(o),
		    "derive_key", plan_derive_key(o), "heads", heads);
	history_so(c->history, t->label, &so_n, &again);
	return json_integer((json_int_t)so_n + 1);
}

static bool
record_enrol(struct ceremony *c, const struct plan_operator *o,
    const struct plan_token *t)
{
	char serial[33];
	uint8_t sign[32], derive[32], text[1024];
	const uint8_t *sign_der, *derive_der, *sig, *p;
	size_t sign_len, derive_len, sig_len, text_len;
	uint64_t sign_bits, derive_bits;
	json_t *body, *words = json_object();
	bool heads, ok;

	message_get_text(&c->in, serial, sizeof(serial) - 1);
	sign_der = message_get_octets(&c->in, CERT_MAX, &sign_len);
	derive_der = message_get_octets(&c->in, CERT_MAX, &derive_len);
	p = message_get_octets(&c->in, sizeof(text) - 1, &text_len);
	if (p != NULL)
		memcpy(text, p, text_len);
	text[text_len] = '\0';
	sig = message_get_octets(&c->in, APPROVAL_SIG_MAX, &sig_len);
	sign_bits = message_get_number(&c->in);
	derive_bits = message_get_number(&c->in);
	heads = message_get_number(&c->in) != 0;
	if ((c->in.bad && !child_fields_ok(c)) ||
	    !ceremony_store(c, sign_der, sign_len, sign) ||
	    !ceremony_store(c, derive_der, derive_len, derive) ||
	    !evidence_hear(c, words, "sign") ||
	    !evidence_hear(c, words, "derive")) {
		json_decref(words);
		return false;
	}
	body =
	    json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:s,s:o,s:{s:o,s:o}}",
		"operator", o->id, "name", o->name, "label", t->label, "serial",
		serial, "module", t->module,
		o->elsewhere ? "elsewhere" : "so_n",
		json_origin(c, o, t, heads), "sign", json_digest(sign),
		"derive", json_digest(derive), "text", (const char *)text,
		"signature", json_octets(sig, sig_len), "attributes", "sign",
		json_attributes(sign_bits), "derive",
		json_attributes(derive_bits));
	if (json_object_size(words) > 0)
		json_object_set(body, "attestation", words);
	json_decref(words);
	ok = evidence_hear(c, body, "device") && child_fields_ok(c);
	if (ok && vendor_ok(c, t->label, body))
		return ceremony_record(c, "enrol", o->id, body, NULL);
	json_decref(body);
	return false;
}

bool
enrol_adopt(struct ceremony *c, const struct plan_operator *o)
{
	const struct plan_token *t = &c->plan->tokens[o->token];
	struct child card = { .pid = -1, .sock = -1 };
	struct history_operator who = { .elsewhere = true, .headless = true };
	bool absent = false, ok = false;

	snprintf(who.id, sizeof(who.id), "%s", o->id);
	snprintf(who.label, sizeof(who.label), "%s", t->label);
	snprintf(who.serial, sizeof(who.serial), "%s", t->serial);
	snprintf(who.module, sizeof(who.module), "%s", t->module);
	snprintf(who.sign_key, sizeof(who.sign_key), "%s", plan_sign_key(o));
	snprintf(who.derive_key, sizeof(who.derive_key), "%s",
	    plan_derive_key(o));
	ok = visit_open(c, &who, &card, &absent);
	c->visiting = false;
	if (ok) {
		message_start(&c->out, MSG_ADOPT);
		message_put_text(&c->out, o->id);
		message_put_text(&c->out, c->plan->log);
		message_put_number(&c->out, (uint64_t)c->plan->date);
		ok = child_ask(c, &card, MSG_ENROLLED) && record_enrol(c, o, t);
	} else if (absent || c->pulled) {
		ceremony_stop(c, EXIT_CARD,
		    "%s: card %s was not opened, and without it there is no "
		    "quorum: run the same plan again when it is here and its "
		    "PIN known",
		    o->id, t->label);
	}
	child_end(&card);
	if (ok)
		people_say(c->people, "  %s enrolled on card %s%s", o->id,
		    t->label, ", personalised elsewhere");
	return ok;
}

bool
enrol_card(struct ceremony *c, struct child *so, const struct plan_operator *o)
{
	const struct plan_token *t = &c->plan->tokens[o->token];
	bool again = false;
	struct child card = { .pid = -1, .sock = -1 };
	struct secret *pin = NULL;
	bool ok = false;
	int fd;

	if (c->people->tty != -1 && strstr(t->module, "opensc") != NULL)
		people_say(c->people,
		    "  a new PIN is typed here, also where the reader has a "
		    "PIN pad");
	if (c->people->ops->pin(c->people, t->label, o->id, true, &pin) !=
	    PEOPLE_YES)
		return ceremony_stop(c, EXIT_STOPPED,
		    "%s: stopped before its PIN was chosen; run the same plan "
		    "again",
		    t->label);
	if (watch_blank(c, t, o->id) && child_start(c, SPAWN_SIGNER, &card) &&
	    child_tell_blank(c, &card, t->serial) &&
	    so_hand_out(c, so, t->label, &fd, &again)) {
		message_start(&c->out, MSG_CARD_MAKE);
		message_put_text(&c->out, t->module);
		message_put_text(&c->out, t->label);
		message_put_text(&c->out, o->id);
		message_put_text(&c->out, c->plan->log);
		message_put_octets(&c->out, pin->data, pin->len);
		message_put_number(&c->out, (uint64_t)c->plan->date);
		message_put_number(&c->out, again);
		c->out.fd = fd;
		ok = child_ask(c, &card, MSG_ENROLLED) &&
		    record_enrol(c, o, t) && module_note(c, &card, t->module);
	}
	secret_free(pin);
	child_end(&card);
	if (ok)
		people_say(c->people, "  %s enrolled on card %s", o->id,
		    t->label);
	return ok;
}

bool
enrol_open_so(struct ceremony *c, const struct plan_split *fresh,
    struct child *so)
{
	if (fresh == NULL || history_so_hangs(c->history))
		return paper_open(c, 'S', NULL, so);
	/* no token hangs on words that were written before */
	return paper_open(c, 'S', fresh, so) && so_record_split(c, so, fresh);
}
