/* SPDX-License-Identifier: ISC */
/* What an act is made of: keys, a certificate, a CRL or a work order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/process/signer.h"

#define PAYLOAD_MAX 32768u

void
signer_act_use(struct act *a, const char *name, size_t count)
{
	struct approval_use *use = &a->approval.uses[a->approval.use_count++];

	snprintf(use->name, sizeof(use->name), "%s", name);
	use->count = (uint32_t)count;
}

/* Why a token does nothing but rotate now, or NULL. */
static const char *
rotate_first(const struct group *g)
{
	if (signer_group_stale(g))
		return "keyed for another policy: it does nothing but rotate";
	if (g->epochs[1].number != 0)
		return "it may be in either of two epochs: it does nothing but rotate";
	return NULL;
}

/* What an act is made of may be told once.  A telling that was refused leaves
 * nothing behind: members of one kind are never read as another's. */
struct act *
signer_act_telling(struct signer *s, enum act_what what)
{
	struct act *a = s->group->current;
	const char *fault = NULL;

	if (a->told || (what == ACT_KEYS) != (s->token == NULL) ||
	    (what != ACT_KEYS && !s->group->has_ca)) {
		signer_fault(s, FAULT_REFUSED, "act: not expected now");
		return NULL;
	}
	if (what != ACT_KEYS && what != ACT_ROTATE)
		fault = rotate_first(s->group);
	if (fault != NULL) {
		signer_fault(s, FAULT_REFUSED, "%s: %s",
		    token_info(s->token)->label, fault);
		return NULL;
	}
	memset(&a->u, 0, sizeof(a->u));
	a->what = what;
	return a;
}

void
signer_act_told(struct signer *s, struct act *a)
{
	a->told = true;
	s->group->act_count++;
	signer_ok(s);
}

/* A token that is to be made, keyed by the SO. */
static void
start_keying(struct signer *s, struct act_keys *k, uint64_t again)
{
	k->keying = (struct keying){ .label = k->label,
		.policy = &s->group->policy,
		.policy_sha256 = s->group->policy_sha256,
		.by_so = true,
		.so.at = again != 0 ? TOKEN_SO_EITHER : TOKEN_SO_PIN };
}

static void
keys_told(struct signer *s, struct act *a)
{
	const char *role = a->u.keys.role;

	if (strcmp(role, "root") != 0 && strcmp(role, "product-ca") != 0)
		signer_fault(s, FAULT_REFUSED, "act: no role %s", role);
	else if (a->approval.epoch == 0)
		signer_fault(s, FAULT_REFUSED, "act: keys need an epoch");
	else
		signer_act_told(s, a);
}

/* Labels of tokens, a line each. */
static bool
read_labels(struct signer *s, char *out, size_t size)
{
	const char *text;
	size_t len;
	bool ok;

	text = (const char *)message_get_octets(&s->in, size - 1, &len);
	ok = text != NULL || len == 0;
	for (size_t i = 0; ok && i < len; i++)
		ok = text[i] == '\n' ? i > 0 && text[i - 1] != '\n'
				     : text[i] >= 0x20 && text[i] <= 0x7e;
	if (!ok || (len > 0 && text[len - 1] != '\n')) {
		signer_fault(s, FAULT_REFUSED, "act: labels out of form");
		return false;
	}
	if (len > 0)
		memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

void
signer_act_keys(struct signer *s)
{
	struct act *a = signer_act_telling(s, ACT_KEYS);
	struct act_keys *k;
	uint64_t again;

	if (a == NULL)
		return;
	k = &a->u.keys;
	message_get_text(&s->in, k->module, sizeof(k->module) - 1);
	message_get_text(&s->in, k->label, sizeof(k->label) - 1);
	message_get_text(&s->in, k->role, sizeof(k->role) - 1);
	k->p384 = message_get_number(&s->in) != 0;
	again = message_get_number(&s->in);
	if (!read_labels(s, k->copies, sizeof(k->copies)) || signer_bad_form(s))
		return;
	start_keying(s, k, again);
	keys_told(s, a);
}

void
signer_act_copy(struct signer *s)
{
	struct act *a = signer_act_telling(s, ACT_KEYS);
	const uint8_t *backup;
	struct act_keys *k;
	uint64_t again;
	size_t len;

	if (a == NULL)
		return;
	k = &a->u.keys;
	message_get_text(&s->in, k->module, sizeof(k->module) - 1);
	message_get_text(&s->in, k->label, sizeof(k->label) - 1);
	message_get_text(&s->in, k->role, sizeof(k->role) - 1);
	again = message_get_number(&s->in);
	message_get_text(&s->in, k->copy_of, sizeof(k->copy_of) - 1);
	backup = message_get_octets(&s->in, sizeof(k->backup), &len);
	if (signer_bad_form(s))
		return;
	k->from_backup = len > 0;
	if (k->copy_of[0] == '\0' || (len != 0 && len != sizeof(k->backup))) {
		signer_fault(s, FAULT_REFUSED, "act: a copy of what?");
		return;
	}
	if (k->from_backup)
		memcpy(k->backup, backup, sizeof(k->backup));
	start_keying(s, k, again);
	keys_told(s, a);
}

void
signer_act_cert(struct signer *s)
{
	struct act *a = signer_act_telling(s, ACT_CERT);
	struct act_cert *c;
	char profile[65];
	const uint8_t *spki;

	if (a == NULL)
		return;
	c = &a->u.cert;
	message_get_text(&s->in, profile, sizeof(profile) - 1);
	message_get_text(&s->in, c->subject, SIGNER_SUBJECT_MAX);
	spki = message_get_octets(&s->in, KEY_SPKI_MAX, &c->spec.spki_len);
	if (spki != NULL)
		memcpy(c->spki, spki, c->spec.spki_len);
	c->spec.not_before = (int64_t)message_get_number(&s->in);
	c->spec.not_after = (int64_t)message_get_number(&s->in);
	if (signer_bad_form(s))
		return;
	c->spec.profile = profile_find(profile);
	c->spec.subject = c->subject;
	c->spec.spki = c->spki;
	if (c->spec.profile == NULL || c->spec.profile->device) {
		signer_fault(s, FAULT_REFUSED,
		    "act: profile %s cannot be asked for alone", profile);
		return;
	}
	signer_act_told(s, a);
}

/* What limits the CA that is to be certified; and after a stop the serial of
 * the TBS that may have been signed then, so that there is never another. */
void
signer_stated(struct signer *s)
{
	struct act *a = s->group->current;
	struct act_cert *c = &a->u.cert;
	const uint8_t *text, *serial, *tbs;
	size_t len, serial_len, tbs_len;

	text = message_get_octets(&s->in, STATED_TEXT_MAX, &len);
	serial = message_get_octets(&s->in, SERIAL_SIZE, &serial_len);
	tbs = message_get_octets(&s->in, sizeof(c->tbs_sha256), &tbs_len);
	if (signer_bad_form(s))
		return;
	if (!a->told || a->what != ACT_CERT || a->tried ||
	    c->spec.stated != NULL || len == 0 ||
	    memchr(text, '\0', len) != NULL ||
	    (serial_len != 0 && serial_len != SERIAL_SIZE) ||
	    (serial_len != 0) != (tbs_len == sizeof(c->tbs_sha256))) {
		signer_fault(s, FAULT_REFUSED, "stated: not expected");
		return;
	}
	memcpy(c->stated, text, len);
	c->stated[len] = '\0';
	c->spec.stated = c->stated;
	c->goes_on = serial_len != 0;
	if (c->goes_on) {
		memcpy(c->spec.serial, serial, SERIAL_SIZE);
		memcpy(c->tbs_sha256, tbs, sizeof(c->tbs_sha256));
	}
	signer_ok(s);
}

void
signer_act_crl(struct signer *s)
{
	struct act *a = signer_act_telling(s, ACT_CRL);
	struct crl_spec *spec;

	if (a == NULL)
		return;
	spec = &a->u.crl.spec;
	spec->number = message_get_number(&s->in);
	spec->this_update = (int64_t)message_get_number(&s->in);
	spec->next_update = (int64_t)message_get_number(&s->in);
	if (!signer_bad_form(s))
		signer_act_told(s, a);
}

void
signer_revoked(struct signer *s)
{
	struct act *a = s->group->current;
	struct crl_entry e = { .reason = 0 }, *more;
	const uint8_t *serial =
	    message_get_octets(&s->in, sizeof(e.serial), &e.serial_len);

	if (serial != NULL)
		memcpy(e.serial, serial, e.serial_len);
	e.reason = (int)message_get_number(&s->in);
	e.date = (int64_t)message_get_number(&s->in);
	if (signer_bad_form(s))
		return;
	if (!a->told || a->what != ACT_CRL ||
	    a->u.crl.spec.count == WORKLIST_REVOKE_MAX) {
		signer_fault(s, FAULT_REFUSED, "revocation: not expected");
		return;
	}
	more = reallocarray(a->u.crl.entries, a->u.crl.spec.count + 1,
	    sizeof(*more));
	if (more == NULL) {
		signer_fault(s, FAULT_INTERNAL, "revocation: no memory");
		return;
	}
	more[a->u.crl.spec.count++] = e;
	a->u.crl.entries = more;
	a->u.crl.spec.entries = more;
	signer_ok(s);
}

/* What it is sealed as, by how it begins: a response is never sealed so.  NULL:
 * nothing that is. */
static const char *
seal_use(const uint8_t *payload, size_t len)
{
	static const struct {
		const char *begins, *use;
	} kinds[] = {
		{ "{\"kind\":\"order\",", "seal-order" },
		{ "{\"kind\":\"intermediate\",", "seal-intermediate" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].begins);

		if (len >= n && memcmp(payload, kinds[i].begins, n) == 0)
			return kinds[i].use;
	}
	return NULL;
}

void
signer_act_seal(struct signer *s)
{
	struct act *a = signer_act_telling(s, ACT_SEAL);
	const uint8_t *payload;
	size_t len;

	if (a == NULL)
		return;
	a->u.seal.date = (int64_t)message_get_number(&s->in);
	payload = message_get_octets(&s->in, PAYLOAD_MAX, &len);
	if (signer_bad_form(s))
		return;
	a->u.seal.use = seal_use(payload, len);
	if (a->u.seal.use == NULL) {
		signer_fault(s, FAULT_REFUSED,
		    "act: neither a work order nor a CA's chain");
		return;
	}
	a->u.seal.payload = malloc(len);
	if (a->u.seal.payload == NULL) {
		signer_fault(s, FAULT_INTERNAL, "act: no memory");
		return;
	}
	memcpy(a->u.seal.payload, payload, len);
	a->u.seal.len = len;
	signer_act_told(s, a);
}
