/* SPDX-License-Identifier: ISC */
/* A root CA and product CAs: keys made on tokens whose PINs nobody knows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ca/cert.h"
#include "ca/date.h"
#include "ca/key.h"
#include "ceremony/custodian/act.h"
#include "ceremony/custodian/chain.h"
#include "ceremony/custodian/enrol.h"
#include "ceremony/custodian/rotate.h"
#include "ceremony/custodian/share.h"
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

bool
step_ca_check(struct ceremony *c, const struct plan_step *s)
{
	const struct plan_ca *ca = &s->u.ca;
	const struct plan_token *t = holder(c, ca);
	const struct history_token *known = history_token(c->history, t->label);

	if (known != NULL && known->has_crl && !c->history->open)
		return ceremony_stop(c, EXIT_REFUSED,
		    "token %s: holds a CA of this log already: name another "
		    "token in the plan",
		    t->label);
	if (!enrol_module_known(c, t) || !so_check(c, s, t->label))
		return false;
	return s->kind != PLAN_PRODUCT_CA || issuer_ready(c, s);
}

/* ---- act a: initialise the token, make its keys --------------------------- */

/* The keys and shares a signer tells of, as the record has them. */
static bool
hear_key(struct ceremony *c, json_t *keys)
{
	char role[17], text[1025];
	uint8_t spki[KEY_SPKI_MAX];
	const uint8_t *p;
	size_t spki_len, len;
	uint64_t bits;

	message_get_text(&c->in, role, sizeof(role) - 1);
	p = message_get_octets(&c->in, sizeof(spki), &spki_len);
	if (p != NULL)
		memcpy(spki, p, spki_len);
	bits = message_get_number(&c->in);
	p = message_get_octets(&c->in, sizeof(text) - 1, &len);
	if (p != NULL)
		memcpy(text, p, len);
	text[len] = '\0';
	p = message_get_octets(&c->in, APPROVAL_SIG_MAX, &len);
	if (!child_fields_ok(c))
		return false;
	return json_array_append_new(keys,
		   json_pack("{s:s,s:o,s:o,s:s,s:o}", "role", role, "spki",
		       json_octets(spki, spki_len), "attributes",
		       json_attributes(bits), "text", text, "signature",
		       json_octets(p, len))) == 0 ||
	    ceremony_stop(c, EXIT_PROCESS, "out of memory");
}

/* Every new key has signed a text that names its token. */
static bool
same_token(struct ceremony *c, const char *serial, json_t *keys)
{
	char want[64];
	json_t *key;
	size_t i;

	snprintf(want, sizeof(want), "\ntoken %s\n", serial);
	json_array_foreach(keys, i, key)
	{
		if (strstr(json_string_value(json_object_get(key, "text")),
			want) == NULL)
			return ceremony_stop(c, EXIT_PROCESS,
			    "signer: its keys are of another token than it "
			    "says: nothing it said is used");
	}
	return true;
}

static bool
hear_made(struct ceremony *c, struct session *s, size_t roles, json_t *keys,
    json_t *shares)
{
	for (size_t i = 0; i < roles; i++) {
		if (!child_hear(c, &s->child, MSG_MADE_KEY) ||
		    !hear_key(c, keys))
			return false;
	}
	for (size_t i = 0; i < c->history->policy.n; i++) {
		if (!child_hear(c, &s->child, MSG_MADE_SHARE) ||
		    !share_hear(c, shares))
			return false;
	}
	if (!child_hear(c, &s->child, MSG_MADE))
		return false;
	message_get_text(&c->in, s->serial, sizeof(s->serial) - 1);
	return child_fields_ok(c) && same_token(c, s->serial, keys);
}

static bool
make_keys(struct ceremony *c, struct group *g, struct session *s,
    const struct plan_token *t, uint32_t epoch, size_t roles)
{
	const struct use use = { "self-test", roles };
	json_t *keys = json_array(), *shares = json_array();
	const struct policy *p = &c->history->policy;
	bool ok;

	message_start(&c->out, MSG_EXECUTE);
	ok = child_tell(c, &s->child) && hear_made(c, s, roles, keys, shares);
	if (!ok) {
		json_decref(keys);
		json_decref(shares);
		return false;
	}
	return group_result(c, g, 0, &use, 1,
	    json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:o,s:o}", "label", t->label,
		"serial", s->serial, "module", t->module, "epoch", (int)epoch,
		"m", (int)p->m, "n", (int)p->n, "keys", keys, "shares",
		shares));
}

/* What the act is made of, and the SO PIN for the token. */
static bool
tell_keys(struct ceremony *c, struct session *s, const struct plan_ca *ca,
    const char *role, struct child *so)
{
	const struct plan_token *t = holder(c, ca);
	bool again = false;
	int fd;

	if (!so_hand_out(c, so, s->label, &fd, &again))
		return false;
	message_start(&c->out, MSG_ACT_KEYS);
	message_put_text(&c->out, t->module);
	message_put_text(&c->out, t->label);
	message_put_text(&c->out, role);
	message_put_number(&c->out, strcmp(ca->key, "p384") == 0);
	message_put_number(&c->out, again);
	if (!child_ask(c, &s->child, MSG_OK)) {
		close(fd);
		return false;
	}
	message_start(&c->out, MSG_SO_TAKE);
	c->out.fd = fd;
	return child_ask(c, &s->child, MSG_OK);
}

static bool
keys_act(struct ceremony *c, const struct plan_step *step, unsigned index,
    const char *role, size_t roles)
{
	const struct plan_ca *ca = &step->u.ca;
	const struct plan_token *t = holder(c, ca);
	const struct use use = { "self-test", roles };
	uint32_t epoch = history_epoch_next(c->history, t->label);
	struct child so = { .pid = -1, .sock = -1 };
	struct session *s = NULL;
	struct group g;
	bool ok;

	group_start(c, &g, index, step->kind);
	ok = so_open(c, NULL, &so) && group_open_blank(c, &g, t->label, &s) &&
	    group_act(c, &g, s, epoch, NULL) && tell_keys(c, s, ca, role, &so);
	child_end(&so); /* S is needed no more: nobody waits while it is here */
	ok = ok && group_propose(c, &g, s, &use, 1, NULL, 0) &&
	    group_tell_derive(c, s, g.operators, g.operator_count) &&
	    group_approve(c, &g) && group_begin(c, &g, 0) &&
	    make_keys(c, &g, s, t, epoch, roles);
	group_end(c, &g);
	if (ok)
		people_say(c->people, "  keys made on %s", t->label);
	return ok;
}

/* ---- acts b, c, d: certificates and CRLs ---------------------------------- */

static bool
propose_cert(struct ceremony *c, struct group *g, struct session *s,
    const char *profile, const char *subject, const struct policy_spki *spki,
    unsigned years)
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
	return child_ask(c, &s->child, MSG_OK) &&
	    group_propose(c, g, s, &use, 1, NULL, 0);
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
write_cert(struct ceremony *c, struct session *s, const struct history_key *key,
    json_t *written)
{
	uint8_t *der = NULL;
	size_t len = 0;

	if (key->role[0] == '\0')
		return true;
	if (!ceremony_load(c, key->cert, &der, &len))
		return false;
	message_start(&c->out, MSG_WRITE_CERT);
	message_put_octets(&c->out, der, len);
	free(der);
	json_array_append_new(written, json_digest(key->cert));
	return child_ask(c, &s->child, MSG_OK);
}

static bool
sign_crl(struct ceremony *c, struct group *g, size_t i, bool write)
{
	static const struct use use = { "crl", 1 };
	struct session *s = g->acts[i].session;
	json_t *written = json_array();
	uint8_t *der = NULL, digest[32];
	uint64_t len;
	bool ok = group_begin(c, g, i);

	for (int k = 0; ok && write && k < 2; k++)
		ok = write_cert(c, s, &s->token->keys[k], written);
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

static bool
has_keys(const struct ceremony *c, const char *label)
{
	const struct history_token *t = history_token(c->history, label);

	return t != NULL && t->keys[0].role[0] != '\0';
}

/* After a stop only what has no result yet is done: nothing is certified
 * twice, and no CRL number comes again. */
bool
step_root_run(struct ceremony *c, const struct plan_step *step, unsigned index)
{
	const struct plan_ca *ca = &step->u.ca;
	const char *label = holder(c, ca)->label;
	const struct history_token *t;
	struct session *s = NULL;
	struct group g;
	bool ok, cert;

	if (!has_keys(c, label) && !keys_act(c, step, index, "root", 1))
		return false;
	t = history_token(c->history, label);
	if (t->has_crl)
		return true;
	cert = !t->keys[0].certified;
	ok = group_start_on(c, &g, index, PLAN_ROOT, label, &s) &&
	    (!cert ||
		propose_cert(c, &g, s, "root", ca->subject, &t->keys[0].spki,
		    ca->years)) &&
	    propose_empty_crl(c, &g, s, ca->crl_days) &&
	    rotate_propose_last(c, &g, s) && group_approve(c, &g) &&
	    (!cert || certify(c, &g, 0, "root")) &&
	    sign_crl(c, &g, cert, true) && rotate_all(c, &g);
	group_end(c, &g);
	if (ok) {
		people_say(c->people, "  root CA: %s", ca->subject);
		people_say_words(c->people,
		    "  root key, for stations (accept --root):",
		    t->keys[0].spki_sha256);
	}
	return ok;
}

/* The root certifies the product CA's keys. */
static bool
certify_product(struct ceremony *c, const struct plan_step *step,
    unsigned index, const struct history_token *t)
{
	const struct plan_ca *ca = &step->u.ca;
	const char *const profiles[] = { "product-ca", "sealer" };
	const char *const subjects[] = { ca->subject, ca->sealer_subject };
	struct session *root = NULL;
	struct group g;
	size_t act = 0;
	bool ok, wanted[2];

	ok = group_start_on(c, &g, index, PLAN_PRODUCT_CA,
	    c->plan->tokens[ca->issuer].label, &root);
	for (int i = 0; i < 2; i++) {
		wanted[i] = !t->keys[i].certified;
		ok = ok &&
		    (!wanted[i] ||
			propose_cert(c, &g, root, profiles[i], subjects[i],
			    &t->keys[i].spki, ca->years));
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
	const char *label = holder(c, ca)->label;
	const struct history_token *t;
	struct session *product = NULL;
	struct group g;
	bool ok;

	if (!has_keys(c, label) && !keys_act(c, step, index, "product-ca", 2))
		return false;
	t = history_token(c->history, label);
	if (!(t->keys[0].certified && t->keys[1].certified) &&
	    !certify_product(c, step, index, t))
		return false;
	if (t->has_crl)
		return true;
	ok = group_start_on(c, &g, index, PLAN_PRODUCT_CA, label, &product) &&
	    propose_empty_crl(c, &g, product, ca->crl_days) &&
	    rotate_propose_last(c, &g, product) && group_approve(c, &g) &&
	    sign_crl(c, &g, 0, true) && rotate_all(c, &g);
	group_end(c, &g);
	if (ok)
		people_say(c->people, "  product CA: %s", ca->subject);
	return ok;
}
