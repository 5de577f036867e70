/* SPDX-License-Identifier: ISC */
/* A root CA and product CAs: keys made on tokens whose PINs nobody knows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/date.h"
#include "ca/key.h"
#include "ceremony/custodian/act.h"
#include "ceremony/custodian/backup.h"
#include "ceremony/custodian/chain.h"
#include "ceremony/custodian/keys.h"
#include "ceremony/custodian/rotate.h"
#include "ceremony/custodian/so.h"

#define DAY 86400

static const struct plan_token *
holder(const struct ceremony *c, const struct plan_ca *ca)
{
	return &c->plan->tokens[ca->holders[0]];
}

/* The root is there, or will be; one that is there lives long enough. */
static bool
issuer_ready(struct ceremony *c, const struct plan_step *s)
{
	const struct plan_ca *ca = &s->u.ca;
	const char *label = c->plan->tokens[ca->issuer].label;
	const struct history_token *root = history_token(c->history, label);
	int64_t end;

	if (!chain_expected(c, s, PLAN_ROOT, ca->issuer))
		return ceremony_stop(c, EXIT_INPUT,
		    "issuer %s: no root CA was made on a token of this label "
		    "in this log",
		    label);
	if (root == NULL || !root->has_crl)
		return true;
	if (date_end_of_years(c->plan->date, ca->years, &end) != CA_OK)
		return ceremony_stop(c, EXIT_INPUT, "%s: years", ca->subject);
	return chain_outlives(c, root, end, ca->subject);
}

static bool
check_holder(struct ceremony *c, const struct plan_step *s,
    const struct plan_token *t)
{
	if (history_token(c->history, t->label) != NULL && !c->history->open)
		return ceremony_stop(c, EXIT_REFUSED,
		    "token %s: holds a CA of this log already: name another "
		    "token in the plan",
		    t->label);
	return so_check(c, s, t->label);
}

bool
step_ca_check(struct ceremony *c, const struct plan_step *s)
{
	const struct plan_ca *ca = &s->u.ca;

	for (size_t i = 0; i < ca->holder_count; i++) {
		if (!check_holder(c, s, &c->plan->tokens[ca->holders[i]]))
			return false;
	}
	if (ca->holder_count > 1 && !backup_check(c, s))
		return false;
	return s->kind != PLAN_PRODUCT_CA || issuer_ready(c, s);
}

/* ---- certificates and CRLs ---------------------------------- */

static bool
propose_cert(struct ceremony *c, struct group *g, struct session *s,
    const char *profile, const char *subject, const struct policy_spki *spki,
    unsigned years, const char *stated)
{
	const struct use use = { profile, 1 };
	int64_t end;

	if (date_end_of_years(c->plan->date, years, &end) != CA_OK)
		return ceremony_stop(c, EXIT_INPUT, "%s: years", subject);
	if (!group_act(c, g, s, s->token->now.epoch, NULL))
		return false;
	message_start(&c->out, MSG_ACT_CERT);
	message_put_text(&c->out, profile);
	message_put_text(&c->out, subject);
	message_put_octets(&c->out, spki->der, spki->len);
	message_put_number(&c->out, (uint64_t)c->plan->date);
	message_put_number(&c->out, (uint64_t)end);
	if (!child_ask(c, &s->child, MSG_OK))
		return false;
	if (stated[0] != '\0') {
		message_start(&c->out, MSG_STATED);
		message_put_octets(&c->out, stated, strlen(stated));
		message_put_octets(&c->out, NULL, 0);
		message_put_octets(&c->out, NULL, 0);
		if (!child_ask(c, &s->child, MSG_OK))
			return false;
	}
	return group_propose(c, g, s, &use, 1, NULL, 0);
}

static bool
certify(struct ceremony *c, struct group *g, size_t i, const char *profile)
{
	const struct use use = { profile, 1 };
	uint8_t digest[32];
	const uint8_t *der;
	size_t len;

	if (!group_begin(c, g, i))
		return false;
	message_start(&c->out, MSG_EXECUTE);
	if (!child_ask(c, &g->acts[i].session->child, MSG_CERT))
		return false;
	der = message_get_octets(&c->in, CERT_MAX, &len);
	if (!child_fields_ok(c) || !ceremony_store(c, der, len, digest))
		return false;
	return group_result(c, g, i, &use, 1,
	    json_pack("{s:o}", "certificate", json_digest(digest)));
}

static bool
propose_empty_crl(struct ceremony *c, struct group *g, struct session *s,
    unsigned days)
{
	static const struct use use = { "crl", 1 };

	if (!group_act(c, g, s, s->token->now.epoch, NULL))
		return false;
	message_start(&c->out, MSG_ACT_CRL);
	message_put_number(&c->out, 1);
	message_put_number(&c->out, (uint64_t)c->plan->date);
	message_put_number(&c->out, (uint64_t)(c->plan->date + days * DAY));
	return child_ask(c, &s->child, MSG_OK) &&
	    group_propose(c, g, s, &use, 1, NULL, 0);
}

static bool
sign_crl(struct ceremony *c, struct group *g, size_t i)
{
	static const struct use use = { "crl", 1 };
	struct session *s = g->acts[i].session;
	json_t *written = json_array();
	uint8_t *der = NULL, digest[32];
	uint64_t len;
	bool ok = group_begin(c, g, i);

	ok = ok && keys_write_certs(c, s, written);
	if (!ok)
		goto out;
	message_start(&c->out, MSG_EXECUTE);
	ok = child_ask(c, &s->child, MSG_FILE);
	if (!ok)
		goto out;
	len = message_get_number(&c->in);
	ok = child_fields_ok(c) && child_hear_parts(c, &s->child, len, &der) &&
	    ceremony_store(c, der, len, digest) &&
	    group_result(c, g, i, &use, 1,
		json_pack("{s:O,s:o,s:i}", "certificates", written, "crl",
		    json_digest(digest), "number", 1));
out:
	json_decref(written);
	free(der);
	return ok;
}

/* ---- the steps ------------------------------------------------------------ */

/* The last group: what its first holder signs, and the certificates onto each
 * copy, whose shares are used for the first time, and whose PIN then changes.
 * After a stop only what has no result yet is done: nothing is certified twice,
 * and no CRL number comes again. */
struct last {
	struct session *first; /* NULL: it has done its part */
	size_t copy_count;
	struct session *copies[PLAN_HOLDERS_MAX];
	bool cert; /* the root certifies itself */
};

static bool
open_last(struct ceremony *c, struct group *g, const struct plan_ca *ca,
    struct last *l)
{
	if (!history_token(c->history, holder(c, ca)->label)->has_crl &&
	    !group_join(c, g, holder(c, ca)->label, &l->first))
		return false;
	for (size_t i = 1; i < ca->holder_count; i++) {
		const char *label = c->plan->tokens[ca->holders[i]].label;
		const struct history_token *t =
		    history_token(c->history, label);

		if (t->cert_written)
			continue;
		if (!group_join(c, g, label, &l->copies[l->copy_count]))
			return false;
		l->copies[l->copy_count++]->write_certs = true;
	}
	return true;
}

static bool
propose_last(struct ceremony *c, struct group *g, const struct plan_ca *ca,
    const struct last *l)
{
	const struct policy_spki *key =
	    l->first == NULL ? NULL : &l->first->token->keys[0].spki;
	bool ok = l->first == NULL ||
	    ((!l->cert ||
		 propose_cert(c, g, l->first, "root", ca->subject, key,
		     ca->years, "")) &&
		propose_empty_crl(c, g, l->first, ca->crl_days));

	for (size_t i = 0; ok && i < l->copy_count; i++)
		ok = rotate_propose(c, g, l->copies[i], ROTATE_PIN,
		    c->history->policy_sha256);
	return ok && (l->first == NULL || rotate_propose_last(c, g, l->first));
}

static bool
finish_ca(struct ceremony *c, const struct plan_step *step, unsigned index,
    bool cert)
{
	const struct plan_ca *ca = &step->u.ca;
	struct last l = { .cert = cert };
	struct group *g = malloc(sizeof(*g));
	bool ok;

	if (g == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	group_start(c, g, index, step->kind);
	ok = open_last(c, g, ca, &l);
	if (ok && g->session_count > 0)
		ok = propose_last(c, g, ca, &l) && group_approve(c, g) &&
		    (l.first == NULL ||
			((!cert || certify(c, g, 0, "root")) &&
			    sign_crl(c, g, cert))) &&
		    rotate_all(c, g);
	group_end(c, g);
	free(g);
	return ok;
}

bool
step_root_run(struct ceremony *c, const struct plan_step *step, unsigned index)
{
	const struct plan_ca *ca = &step->u.ca;
	const struct history_token *t;

	if (!keys_make(c, step, index))
		return false;
	t = history_token(c->history, holder(c, ca)->label);
	if (!finish_ca(c, step, index, !t->keys[0].certified))
		return false;
	people_say(c->people, "  root CA: %s", ca->subject);
	people_say_words(c->people, "  root key, for stations (accept --root):",
	    t->keys[0].spki_sha256);
	return true;
}

/* The root certifies the product CA's keys. */
static bool
certify_product(struct ceremony *c, const struct plan_step *step,
    unsigned index, const struct history_token *t)
{
	const struct plan_ca *ca = &step->u.ca;
	const char *const profiles[] = { "product-ca", "sealer" };
	const char *const subjects[] = { ca->subject, ca->sealer_subject };
	char stated[STATED_TEXT_MAX + 1];
	struct session *root = NULL;
	struct group g;
	size_t act = 0;
	bool ok, wanted[2];

	plan_stated_product(ca, stated);
	ok = group_start_on(c, &g, index, PLAN_PRODUCT_CA,
	    c->plan->tokens[ca->issuer].label, &root);
	for (int i = 0; i < 2; i++) {
		wanted[i] = !t->keys[i].certified;
		ok = ok &&
		    (!wanted[i] ||
			propose_cert(c, &g, root, profiles[i], subjects[i],
			    &t->keys[i].spki, ca->years, i == 0 ? stated : ""));
	}
	ok = ok && rotate_propose_last(c, &g, root) && group_approve(c, &g);
	for (int i = 0; i < 2; i++)
		ok = ok && (!wanted[i] || certify(c, &g, act++, profiles[i]));
	ok = ok && rotate_all(c, &g);
	group_end(c, &g);
	return ok;
}

bool
step_product_run(struct ceremony *c, const struct plan_step *step,
    unsigned index)
{
	const struct plan_ca *ca = &step->u.ca;
	const struct history_token *t;

	if (!keys_make(c, step, index))
		return false;
	t = history_token(c->history, holder(c, ca)->label);
	if (!(t->keys[0].certified && t->keys[1].certified) &&
	    !certify_product(c, step, index, t))
		return false;
	if (!finish_ca(c, step, index, false))
		return false;
	people_say(c->people, "  product CA: %s", ca->subject);
	return true;
}
