/* SPDX-License-Identifier: ISC */
/* Keys made on tokens whose PINs nobody knows, and copies of them. */
#include "ceremony/custodian/keys.h"
#include "ceremony/custodian/evidence.h"
#include "ceremony/custodian/module_note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ca/cert.h"
#include "ca/key.h"
#include "ceremony/custodian/backup.h"
#include "ceremony/custodian/paper.h"
#include "ceremony/custodian/share.h"
#include "ceremony/custodian/so.h"
#include "ceremony/custodian/watch.h"

static size_t
roles_of(const char *role)
{
	return strcmp(role, "root") == 0 ? 1 : 2;
}

static bool
has_keys(const struct ceremony *c, const char *label)
{
	const struct history_token *t = history_token(c->history, label);

	return t != NULL && t->keys[0].role[0] != '\0';
}

/* ---- what signers tell ----------------------------------------------------- */

/* The keys and shares a signer tells of, as the record has them. */
static bool
hear_key(struct ceremony *c, json_t *keys)
{
	char role[17], text[1025];
	uint8_t spki[KEY_SPKI_MAX], sig[APPROVAL_SIG_MAX];
	const uint8_t *p;
	size_t spki_len, sig_len, len;
	uint64_t bits;
	json_t *key;

	message_get_text(&c->in, role, sizeof(role) - 1);
	p = message_get_octets(&c->in, sizeof(spki), &spki_len);
	if (p != NULL)
		memcpy(spki, p, spki_len);
	bits = message_get_number(&c->in);
	p = message_get_octets(&c->in, sizeof(text) - 1, &len);
	if (p != NULL)
		memcpy(text, p, len);
	text[len] = '\0';
	p = message_get_octets(&c->in, sizeof(sig), &sig_len);
	if (p != NULL)
		memcpy(sig, p, sig_len);
	key = json_pack("{s:s,s:o,s:o,s:s,s:o}", "role", role, "spki",
	    json_octets(spki, spki_len), "attributes", json_attributes(bits),
	    "text", text, "signature", json_octets(sig, sig_len));
	if (!evidence_hear(c, key, "attestation") ||
	    !evidence_hear(c, key, "device") || !child_fields_ok(c)) {
		json_decref(key);
		return false;
	}
	return json_array_append_new(keys, key) == 0 ||
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

bool
keys_hear_wrapped(struct ceremony *c, struct child *ch, size_t roles,
    struct wrapped_keys *out)
{
	out->count = 0;
	while (out->count < roles) {
		struct wrapped_key *k = &out->keys[out->count++];
		const uint8_t *p;

		if (!child_hear(c, ch, MSG_WRAPPED))
			return false;
		message_get_text(&c->in, k->role, sizeof(k->role) - 1);
		p = message_get_octets(&c->in, sizeof(k->spki.der),
		    &k->spki.len);
		if (p != NULL)
			memcpy(k->spki.der, p, k->spki.len);
		p = message_get_octets(&c->in, sizeof(k->blob), &k->len);
		if (p != NULL)
			memcpy(k->blob, p, k->len);
		if (!child_fields_ok(c))
			return false;
	}
	return true;
}

static bool
hear_serial(struct ceremony *c, struct session *s)
{
	char serial[17];

	if (!child_hear(c, &s->child, MSG_MADE))
		return false;
	message_get_text(&c->in, serial, sizeof(serial) - 1);
	if (!child_fields_ok(c))
		return false;
	if (s->token == NULL) /* new to us */
		memcpy(s->serial, serial, sizeof(s->serial));
	return strcmp(s->serial, serial) == 0 ||
	    ceremony_stop(c, EXIT_PROCESS,
		"%s: its signer speaks of another token: nothing it said is "
		"used",
		s->label);
}

/* wrapped: NULL when the keys do not leave. */
static bool
hear_made(struct ceremony *c, struct session *s, size_t roles, json_t *keys,
    json_t *shares, struct wrapped_keys *wrapped)
{
	for (size_t i = 0; i < roles; i++) {
		if (!child_hear(c, &s->child, MSG_MADE_KEY) ||
		    !hear_key(c, keys))
			return false;
	}
	if (wrapped != NULL && !keys_hear_wrapped(c, &s->child, roles, wrapped))
		return false;
	for (size_t i = 0; i < c->history->policy.n; i++) {
		if (!child_hear(c, &s->child, MSG_MADE_SHARE) ||
		    !share_hear(c, shares))
			return false;
	}
	return hear_serial(c, s) && same_token(c, s->serial, keys);
}

/* ---- a token with new keys, or with copies --------------------------------- */

/* Execute the act and have its result: keys and shares. */
static bool
execute(struct ceremony *c, struct group *g, const struct copying *m,
    const struct use *uses, size_t use_count, struct wrapped_keys *wrapped)
{
	json_t *keys = json_array(), *shares = json_array(), *rest;
	const struct policy *p = &c->history->policy;
	struct session *s = m->session;

	message_start(&c->out, MSG_EXECUTE);
	if (!child_tell(c, &s->child) ||
	    !hear_made(c, s, roles_of(m->role), keys, shares, wrapped)) {
		json_decref(keys);
		json_decref(shares);
		return false;
	}
	if (!module_note(c, &s->child, m->token->module)) {
		json_decref(keys);
		json_decref(shares);
		return false;
	}
	rest = json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:o,s:o}", "label",
	    m->token->label, "serial", s->serial, "module", m->token->module,
	    "epoch", (int)m->epoch, "m", (int)p->m, "n", (int)p->n, "keys",
	    keys, "shares", shares);
	if (rest != NULL && m->first != NULL)
		json_object_set_new(rest, "copy_of", json_string(m->first));
	if (rest != NULL && s->proof != NULL)
		json_object_set(rest, "proof", s->proof);
	if (!vendor_ok(c, m->token->label, rest)) {
		json_decref(rest);
		return false;
	}
	return group_result(c, g, m->act, uses, use_count, rest);
}

bool
keys_start(struct ceremony *c, struct group *g, struct copying *m,
    struct child *so, struct child *b)
{
	const char *label = m->token->label;

	return group_open_blank(c, g, m->token, &m->session) &&
	    so_hand_out(c, so, label, &m->so_fd, &m->again) &&
	    (b == NULL ||
		backup_hand_out(c, b, m->first == NULL ? label : m->first,
		    &m->dkek_fd));
}

void
keys_stop(struct copying *m)
{
	if (m->so_fd != -1)
		close(m->so_fd);
	if (m->dkek_fd != -1)
		close(m->dkek_fd);
	m->so_fd = m->dkek_fd = -1;
}

/* Behind what the act is made of: the secrets its signer needs, and the act. */
static bool
propose_blank(struct ceremony *c, struct group *g, struct copying *m,
    const struct use *uses, size_t use_count)
{
	struct session *s = m->session;

	s->shows = m->dkek_fd != -1;
	if (!child_ask(c, &s->child, MSG_OK))
		return false;
	message_start(&c->out, MSG_SO_TAKE);
	c->out.fd = m->so_fd;
	m->so_fd = -1;
	return child_ask(c, &s->child, MSG_OK) &&
	    (!s->shows || backup_give(c, &m->dkek_fd, &s->child)) &&
	    group_propose(c, g, s, uses, use_count, NULL, 0) &&
	    group_tell_derive(c, s, g->operators, g->operator_count);
}

static bool
start_act(struct ceremony *c, struct group *g, struct copying *m)
{
	m->epoch = history_epoch_next(c->history, m->token->label);
	m->act = g->act_count;
	return group_act(c, g, m->session, m->epoch, NULL);
}

bool
keys_propose_copy(struct ceremony *c, struct group *g, struct copying *m)
{
	const struct use uses[] = { { "copy", 1 },
		{ "self-test", roles_of(m->role) } };

	if (!start_act(c, g, m))
		return false;
	message_start(&c->out, MSG_ACT_COPY);
	message_put_text(&c->out, m->token->module);
	message_put_text(&c->out, m->token->label);
	message_put_text(&c->out, m->role);
	message_put_number(&c->out, m->again);
	message_put_text(&c->out, m->first);
	message_put_octets(&c->out, m->backup, m->backup == NULL ? 0 : 32);
	return propose_blank(c, g, m, uses, 2);
}

bool
keys_take_copy(struct ceremony *c, struct group *g, const struct copying *m,
    const struct wrapped_keys *keys)
{
	const struct use uses[] = { { "copy", 1 },
		{ "self-test", roles_of(m->role) } };

	for (size_t i = 0; i < keys->count; i++) {
		const struct wrapped_key *k = &keys->keys[i];

		message_start(&c->out, MSG_IMPORT);
		message_put_text(&c->out, k->role);
		message_put_octets(&c->out, k->spki.der, k->spki.len);
		message_put_octets(&c->out, k->blob, k->len);
		if (!child_ask(c, &m->session->child, MSG_OK))
			return false;
	}
	if (!watch_blank(c, m->token, "CA token") ||
	    !group_begin(c, g, m->act) || !execute(c, g, m, uses, 2, NULL))
		return false;
	people_say(c->people, "  keys of %s copied to %s", m->first,
	    m->token->label);
	return true;
}

bool
keys_propose_export(struct ceremony *c, struct group *g, struct session *s,
    bool backup, int *dkek_fd)
{
	static const struct use use = { "export", 1 };

	if (!group_act(c, g, s, s->token->now.epoch, NULL))
		return false;
	message_start(&c->out, MSG_ACT_EXPORT);
	message_put_number(&c->out, backup);
	return child_ask(c, &s->child, MSG_OK) &&
	    backup_give(c, dkek_fd, &s->child) &&
	    group_propose(c, g, s, &use, 1, NULL, 0);
}

bool
keys_export(struct ceremony *c, struct group *g, size_t act,
    struct wrapped_keys *out)
{
	struct session *s = g->acts[act].session;

	if (!group_begin(c, g, act))
		return false;
	message_start(&c->out, MSG_EXECUTE);
	return child_tell(c, &s->child) &&
	    keys_hear_wrapped(c, &s->child, roles_of(s->token->keys[0].role),
		out) &&
	    hear_serial(c, s);
}

/* ---- all holders of a CA --------------------------------------------------- */

/* What a step's group is to do: act 0 is the first holder's, who makes the keys
 * or, after a stop, exports those there are. */
struct making {
	const struct plan_step *step;
	const char *role;
	bool fresh; /* the keys are not there yet */
	struct copying first, copies[PLAN_HOLDERS_MAX];
	size_t copy_count;
	struct wrapped_keys wrapped;
};

static const struct plan_token *
holder(const struct ceremony *c, const struct plan_step *step, size_t i)
{
	return &c->plan->tokens[step->u.ca.holders[i]];
}

static void
plan_making(const struct ceremony *c, const struct plan_step *step,
    struct making *m)
{
	memset(m, 0, sizeof(*m));
	m->step = step;
	m->role = plan_kind_name(step->kind);
	m->first = (struct copying){ .token = holder(c, step, 0),
		.role = m->role,
		.so_fd = -1,
		.dkek_fd = -1 };
	m->fresh = !has_keys(c, m->first.token->label);
	for (size_t i = 1; i < step->u.ca.holder_count; i++) {
		const struct plan_token *t = holder(c, step, i);

		if (!has_keys(c, t->label))
			m->copies[m->copy_count++] = (struct copying){
				.token = t,
				.role = m->role,
				.first = m->first.token->label,
				.so_fd = -1,
				.dkek_fd = -1,
			};
	}
}

/* Those that get copies, a line each. */
static void
put_copies(struct message *out, const struct making *m)
{
	char text[PLAN_HOLDERS_MAX * sizeof(m->first.token->label) + 1] = "";
	size_t len = 0;

	for (size_t i = 0; i < m->copy_count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n",
		    m->copies[i].token->label);
	message_put_octets(out, text, len);
}

static bool
propose_fresh(struct ceremony *c, struct group *g, struct making *m)
{
	const struct use use = { "self-test", roles_of(m->role) };
	struct copying *f = &m->first;

	if (!start_act(c, g, f))
		return false;
	message_start(&c->out, MSG_ACT_KEYS);
	message_put_text(&c->out, f->token->module);
	message_put_text(&c->out, f->token->label);
	message_put_text(&c->out, m->role);
	message_put_number(&c->out, strcmp(m->step->u.ca.key, "p384") == 0);
	message_put_number(&c->out, f->again);
	put_copies(&c->out, m);
	return propose_blank(c, g, f, &use, 1);
}

/* The tokens in their readers, the secrets on their way: then S and B are
 * needed no more. */
static bool
start_all(struct ceremony *c, struct group *g, struct making *m)
{
	struct child so = { .pid = -1, .sock = -1 }, b = so;
	struct child *dkek = m->copy_count > 0 ? &b : NULL;
	const char *label = m->first.token->label;
	bool ok = paper_open(c, 'S', NULL, &so) &&
	    (dkek == NULL || backup_open(c, dkek));

	if (m->fresh)
		ok = ok && keys_start(c, g, &m->first, &so, dkek);
	else
		ok = ok && group_join(c, g, label, &m->first.session) &&
		    backup_hand_out(c, &b, label, &m->first.dkek_fd);
	for (size_t i = 0; ok && i < m->copy_count; i++)
		ok = keys_start(c, g, &m->copies[i], &so, dkek);
	child_end(&so);
	child_end(&b);
	return ok;
}

static bool
propose_all(struct ceremony *c, struct group *g, struct making *m)
{
	bool ok = m->fresh ? propose_fresh(c, g, m)
			   : keys_propose_export(c, g, m->first.session, false,
				 &m->first.dkek_fd);

	for (size_t i = 0; ok && i < m->copy_count; i++)
		ok = keys_propose_copy(c, g, &m->copies[i]);
	return ok;
}

/* What nobody took. */
static void
stop_all(struct making *m)
{
	for (size_t i = 0; i < m->copy_count; i++)
		keys_stop(&m->copies[i]);
	keys_stop(&m->first);
}

static bool
run_first(struct ceremony *c, struct group *g, struct making *m)
{
	const struct use self_test = { "self-test", roles_of(m->role) };
	const struct use export = { "export", 1 };
	const char *label = m->first.token->label;

	if (!m->fresh)
		return keys_export(c, g, 0, &m->wrapped) &&
		    group_result(c, g, 0, &export, 1,
			json_pack("{s:s}", "label", label));
	if (!watch_blank(c, m->first.token, "CA token") ||
	    !group_begin(c, g, 0) ||
	    !execute(c, g, &m->first, &self_test, 1,
		m->copy_count > 0 ? &m->wrapped : NULL))
		return false;
	people_say(c->people, "  keys made on %s", label);
	return true;
}

bool
keys_make(struct ceremony *c, const struct plan_step *step, unsigned index)
{
	struct making *m = malloc(sizeof(*m));
	struct group *g = malloc(sizeof(*g));
	bool ok = m != NULL && g != NULL;

	if (!ok) {
		free(m);
		free(g);
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	}
	plan_making(c, step, m);
	group_start(c, g, index, step->kind);
	if (m->fresh || m->copy_count > 0) {
		ok = start_all(c, g, m) && propose_all(c, g, m);
		stop_all(m);
		ok = ok && group_approve(c, g) && run_first(c, g, m);
		for (size_t i = 0; ok && i < m->copy_count; i++)
			ok = keys_take_copy(c, g, &m->copies[i], &m->wrapped);
	}
	group_end(c, g);
	free(m);
	free(g);
	return ok;
}

/* ---- certificates ---------------------------------------------------------- */

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

bool
keys_write_certs(struct ceremony *c, struct session *s, json_t *written)
{
	return write_cert(c, s, &s->token->keys[0], written) &&
	    write_cert(c, s, &s->token->keys[1], written);
}
