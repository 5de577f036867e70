/* SPDX-License-Identifier: ISC */
/* Genesis: S, the operators' cards, the first policy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/key.h"
#include "ceremony/custodian/act.h"
#include "ceremony/custodian/so.h"

bool
step_quorum_check(struct ceremony *c, const struct plan_step *s)
{
	const struct plan_quorum *q = &s->u.quorum;

	if (c->history->has_anchor && !c->history->open)
		return ceremony_stop(c, EXIT_REFUSED,
		    "step quorum: this log has a quorum already; a genesis "
		    "stands at the beginning of a log only");
	for (size_t i = 0; !c->rehearsal && i < q->count; i++) {
		const struct plan_token *t =
		    &c->plan->tokens[q->operators[i].token];
		if (strcmp(t->module, "softhsm") != 0)
			return ceremony_stop(c, EXIT_INPUT,
			    "token %s: module %s: this version runs "
			    "ceremonies on softhsm only; rehearse this plan "
			    "instead",
			    t->label, t->module);
	}
	return true;
}

static bool
record_split(struct ceremony *c, const struct plan_quorum *q)
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

static bool
record_enrol(struct ceremony *c, const struct plan_operator *o,
    const struct plan_token *t)
{
	char serial[33];
	uint8_t sign[32], derive[32], text[1024];
	const uint8_t *sign_der, *derive_der, *sig, *p;
	size_t sign_len, derive_len, sig_len, text_len;
	uint64_t sign_bits, derive_bits;

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
	if (!child_fields_ok(c) ||
	    !ceremony_store(c, sign_der, sign_len, sign) ||
	    !ceremony_store(c, derive_der, derive_len, derive))
		return false;
	return ceremony_record(c, "enrol", o->id,
	    json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:o,s:o,s:s,s:o,s:{s:o,s:o}}",
		"operator", o->id, "name", o->name, "label", t->label, "serial",
		serial, "module", t->module, "so_n", 0, "sign",
		json_digest(sign), "derive", json_digest(derive), "text",
		(const char *)text, "signature", json_octets(sig, sig_len),
		"attributes", "sign", json_attributes(sign_bits), "derive",
		json_attributes(derive_bits)),
	    NULL);
}

static bool
enrol(struct ceremony *c, struct child *so, const struct plan_operator *o)
{
	const struct plan_token *t = &c->plan->tokens[o->token];
	bool again = so_used(c, t->label);
	struct child card = { .pid = -1, .sock = -1 };
	struct secret *pin = NULL;
	bool ok = false;
	int fd;

	if (c->people->ops->pin(c->people, t->label, o->id, true, &pin) !=
	    PEOPLE_YES)
		return ceremony_stop(c, EXIT_STOPPED,
		    "%s: stopped before its PIN was chosen; run the same plan "
		    "again",
		    t->label);
	if (child_start(c, SPAWN_SIGNER, &card) &&
	    so_hand_out(c, so, t->label, &fd)) {
		message_start(&c->out, MSG_CARD_MAKE);
		message_put_text(&c->out, t->module);
		message_put_text(&c->out, t->label);
		message_put_text(&c->out, o->id);
		message_put_text(&c->out, c->plan->log);
		message_put_octets(&c->out, pin->data, pin->len);
		message_put_number(&c->out, (uint64_t)c->plan->date);
		message_put_number(&c->out, again);
		c->out.fd = fd;
		ok = child_ask(c, &card, MSG_ENROLLED) && record_enrol(c, o, t);
	}
	secret_free(pin);
	child_end(&card);
	if (ok)
		people_say(c->people, "  %s enrolled on card %s", o->id,
		    t->label);
	return ok;
}

static bool
spki_of(struct ceremony *c, const uint8_t object[32], struct policy_spki *out)
{
	uint8_t *der = NULL, *spki = NULL;
	size_t len = 0, spki_len = 0;
	X509 *cert = NULL;
	bool ok = false;

	if (!ceremony_load(c, object, &der, &len))
		return false;
	if (cert_parse(der, len, &cert) == CA_OK &&
	    key_to_spki(X509_get0_pubkey(cert), &spki, &spki_len) == CA_OK &&
	    spki_len <= sizeof(out->der)) {
		memcpy(out->der, spki, spki_len);
		out->len = spki_len;
		ok = true;
	}
	OPENSSL_free(spki);
	X509_free(cert);
	free(der);
	return ok ||
	    ceremony_stop(c, EXIT_STATE,
		"a card's certificate: "
		"unreadable");
}

static bool
compose_policy(struct ceremony *c, const struct plan_quorum *q, char **text,
    size_t *len)
{
	struct policy *p = calloc(1, sizeof(*p));
	enum quorum_error err = QUORUM_ERR_MEMORY;
	bool ok = p != NULL;

	if (ok) {
		snprintf(p->log, sizeof(p->log), "%s", c->plan->log);
		p->version = 1;
		p->m = q->threshold;
		p->n = c->history->operator_count;
	}
	for (size_t i = 0; ok && i < p->n; i++) {
		const struct history_operator *o = &c->history->operators[i];
		struct policy_operator *po = &p->operators[i];
		memcpy(po->id, o->id, sizeof(po->id));
		ok = spki_of(c, o->sign_cert, &po->sign) &&
		    spki_of(c, o->derive_cert, &po->derive);
	}
	if (ok)
		err = policy_write(p, text, len);
	free(p);
	if (ok && err == QUORUM_OK)
		return true;
	return ceremony_stop(c, EXIT_REFUSED, "policy: %s",
	    quorum_strerror(err));
}

static bool
agree(struct ceremony *c, const struct plan_quorum *q, unsigned index)
{
	static const struct use use = { "self-test", 1 };
	struct group g;
	char *text = NULL;
	size_t len = 0;
	bool ok;

	if (!compose_policy(c, q, &text, &len))
		return false;
	group_start(&g, index, PLAN_QUORUM);
	ok = group_propose_policy(c, &g, text, len) &&
	    group_approve(c, &g, (unsigned)q->count) && group_begin(c, &g, 0) &&
	    group_result(c, &g, 0, &use, 1,
		json_pack("{s:o}", "policy", json_digest(g.acts[0].input)));
	group_end(c, &g);
	free(text);
	return ok;
}

/* S as it stands on paper: new words are typed back before they are used. */
static bool
enrol_all(struct ceremony *c, const struct plan_quorum *q)
{
	struct child so = { .pid = -1, .sock = -1 };
	bool ok = true;

	if (c->history->operator_count == q->count)
		return true;
	if (so_used(c, NULL))
		ok = so_open(c, NULL, &so);
	else /* nothing hangs on older words */
		ok = so_open(c, q, &so) && record_split(c, q);
	for (size_t i = 0; ok && i < q->count; i++) {
		if (history_operator(c->history, q->operators[i].id) == NULL)
			ok = enrol(c, &so, &q->operators[i]);
	}
	child_end(&so);
	return ok;
}

bool
step_quorum_run(struct ceremony *c, const struct plan_step *s, unsigned index)
{
	const struct plan_quorum *q = &s->u.quorum;

	return enrol_all(c, q) &&
	    (c->history->has_anchor || agree(c, q, index));
}
