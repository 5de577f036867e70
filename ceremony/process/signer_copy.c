/* SPDX-License-Identifier: ISC */
/* Keys that go from one token to another, wrapped under a DKEK. */
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "ceremony/record/backup_file.h"
#include "transfer/text.h"

_Static_assert(COPY_BLOB_MAX == BACKUP_WRAPPED_MAX,
    "what leaves a token fits into a file");

bool
signer_keys_leave(const struct act_keys *k)
{
	return k->copies[0] != '\0' || k->copy_of[0] != '\0';
}

/* The group's act that wants a DKEK, and where it goes; NULL when there is
 * none. */
static struct secret **
dkek_of(struct group *g)
{
	for (size_t i = 0; g != NULL && i < g->act_count; i++) {
		struct act *a = &g->acts[i];

		if (a->what == ACT_EXPORT)
			return &a->u.export.dkek;
		if (a->what == ACT_KEYS && signer_keys_leave(&a->u.keys))
			return &a->u.keys.dkek;
	}
	return NULL;
}

void
signer_dkek_take(struct signer *s)
{
	struct secret **dkek = dkek_of(s->group);

	if (signer_bad_form(s))
		return;
	if (dkek == NULL || *dkek != NULL) {
		signer_fault(s, FAULT_REFUSED, "DKEK: not expected now");
		return;
	}
	if (signer_dkek_read(s, "keys", dkek))
		signer_ok(s);
}

/* ---- to this token --------------------------------------------------------- */

static struct act_keys *
copy_of(struct group *g)
{
	for (size_t i = 0; g != NULL && i < g->act_count; i++) {
		struct act *a = &g->acts[i];

		if (a->what == ACT_KEYS && a->u.keys.copy_of[0] != '\0')
			return &a->u.keys;
	}
	return NULL;
}

void
signer_import(struct signer *s)
{
	struct act_keys *k = copy_of(s->group);
	char role[17];
	size_t spki_len, len;
	const uint8_t *spki, *blob;
	struct wrapped *w;
	bool ca, sealer;

	message_get_text(&s->in, role, sizeof(role) - 1);
	spki = message_get_octets(&s->in, KEY_SPKI_MAX, &spki_len);
	blob = message_get_octets(&s->in, COPY_BLOB_MAX, &len);
	if (signer_bad_form(s))
		return;
	ca = k != NULL && strcmp(role, k->role) == 0;
	sealer = k != NULL && strcmp(role, SEALER_ROLE) == 0 &&
	    strcmp(k->role, "root") != 0;
	w = ca || sealer ? &k->wrapped[sealer] : NULL;
	if (w == NULL || w->len != 0 || len == 0 || spki_len == 0) {
		signer_fault(s, FAULT_REFUSED,
		    "wrapped key %s: not expected now", role);
		return;
	}
	memcpy(w->spki, spki, spki_len);
	memcpy(w->blob, blob, len);
	w->spki_len = spki_len;
	w->len = len;
	signer_ok(s);
}

bool
signer_copy_ready(struct signer *s, const struct act_keys *k)
{
	const char *missing = NULL;

	if (signer_keys_leave(k) && k->dkek == NULL)
		missing = "no DKEK";
	if (k->copy_of[0] != '\0' &&
	    (k->wrapped[0].len == 0 ||
		(strcmp(k->role, "root") != 0 && k->wrapped[1].len == 0)))
		missing = "no wrapped key";
	if (missing == NULL)
		return true;
	signer_fault(s, FAULT_REFUSED, "%s: %s", k->label, missing);
	return false;
}

bool
signer_import_key(struct signer *s, const struct act_keys *k, int which,
    struct key_attributes *attributes)
{
	const struct wrapped *w = &k->wrapped[which];
	const char *role = which == 0 ? k->role : SEALER_ROLE;
	enum card_error err = token_import_key(s->token, role,
	    which == 0 ? CA_KEY_ID : SEALER_KEY_ID, w->spki, w->spki_len,
	    k->dkek, w->blob, w->len, attributes);

	if (err != CARD_OK)
		signer_key_fault(s, err, role);
	return err == CARD_OK;
}

/* ---- from this token ------------------------------------------------------- */

static bool
export_key(struct signer *s, const char *role, const struct secret *dkek)
{
	uint8_t *spki = NULL, *blob = NULL;
	size_t spki_len = 0, len = 0;
	enum card_error err =
	    token_public_key(s->token, role, &spki, &spki_len);
	bool ok = false;

	if (err == CARD_OK)
		err = token_export_key(s->token, role, dkek, &blob, &len);
	if (err != CARD_OK) {
		signer_key_fault(s, err, role);
	} else {
		message_start(&s->out, MSG_WRAPPED);
		message_put_text(&s->out, role);
		message_put_octets(&s->out, spki, spki_len);
		message_put_octets(&s->out, blob, len);
		ok = signer_send(s);
	}
	OPENSSL_free(spki);
	free(blob);
	return ok;
}

bool
signer_export_keys(struct signer *s, const char *role,
    const struct secret *dkek)
{
	return export_key(s, role, dkek) &&
	    (strcmp(role, "root") == 0 || export_key(s, SEALER_ROLE, dkek));
}

void
signer_act_export(struct signer *s)
{
	struct act *a = signer_act_telling(s, ACT_EXPORT);

	if (a == NULL)
		return;
	a->u.export.backup = message_get_number(&s->in) != 0;
	if (!signer_bad_form(s))
		signer_act_told(s, a);
}

/* The keys by their digests, as the token shows them: approvals and the log
 * say whether they are the right ones. */
static void
add_key(struct signer *s, const char *role, char *out, size_t size)
{
	uint8_t *spki = NULL, digest[32] = { 0 };
	char hex[TEXT_HEX_SIZE(32)];
	size_t spki_len = 0, len = strlen(out);

	if (token_public_key(s->token, role, &spki, &spki_len) == CARD_OK)
		SHA256(spki, spki_len, digest);
	OPENSSL_free(spki);
	text_hex(digest, 32, hex);
	snprintf(out + len, size - len, "key %s %s\n", role, hex);
}

void
signer_export_input(struct signer *s, const struct act *a, char *out,
    size_t size)
{
	const struct token_info *info = token_info(s->token);
	char plan[TEXT_HEX_SIZE(32)];
	size_t len;

	text_hex(s->group->plan_sha256, 32, plan);
	snprintf(out, size,
	    "anchorite-export/v1\nplan %s\nstep %u\nlabel %s\nserial %s\n",
	    plan, a->approval.step, info->label, info->serial);
	add_key(s, s->group->role, out, size);
	if (strcmp(s->group->role, "root") != 0)
		add_key(s, SEALER_ROLE, out, size);
	len = strlen(out);
	snprintf(out + len, size - len, "purpose %s\n",
	    a->u.export.backup ? "backup" : "copies");
}

void
signer_export_execute(struct signer *s, struct act *a)
{
	struct secret **dkek = &a->u.export.dkek;

	if (*dkek == NULL) {
		signer_fault(s, FAULT_REFUSED, "%s: no DKEK",
		    token_info(s->token)->label);
		return;
	}
	if (!signer_export_keys(s, s->group->role, *dkek))
		return;
	secret_free(*dkek);
	*dkek = NULL;
	signer_act_finish(s, a);
	message_start(&s->out, MSG_MADE);
	message_put_text(&s->out, token_info(s->token)->serial);
	signer_send(s);
}
