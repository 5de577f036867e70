/* SPDX-License-Identifier: ISC */
/* Destroying a CA token's keys: the key answers for the last time, that is
 * written down, everything on the token is destroyed, and that it is gone is
 * proved with the module loaded afresh. */
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "ceremony/record/destroy_text.h"
#include "smartcard/wipe.h"

void
signer_act_destroy(struct signer *s)
{
	struct act *a = signer_act_telling(s, ACT_DESTROY);
	struct act_destroy *d;
	const uint8_t *spki;
	uint64_t copies;
	size_t len;

	if (a == NULL)
		return;
	d = &a->u.destroy;
	d->again = message_get_number(&s->in) != 0;
	copies = message_get_number(&s->in);
	spki = message_get_octets(&s->in, KEY_SPKI_MAX, &len);
	if (signer_bad_form(s))
		return;
	if (s->group->act_count > 0 || copies > UINT16_MAX) {
		signer_fault(s, FAULT_REFUSED,
		    "%s: an act that destroys stands alone in its group",
		    token_info(s->token)->label);
		return;
	}
	d->copies = (unsigned)copies;
	d->has_sealer = len > 0;
	if (d->has_sealer)
		SHA256(spki, len, d->sealer_sha256);
	signer_act_told(s, a);
}

bool
signer_destroy_input(struct signer *s, struct act *a, uint8_t **out,
    size_t *len)
{
	const struct act_destroy *d = &a->u.destroy;
	const struct token_info *info = token_info(s->token);
	const struct destroy_text text = {
		.serial = info->serial,
		.label = info->label,
		.copies = d->copies,
		.key_count = d->has_sealer ? 2 : 1,
		.keys = { { s->group->role, s->group->spki_sha256 },
		    { SEALER_ROLE, d->sealer_sha256 } },
	};
	char line[DESTROY_TEXT_MAX];

	if (!destroy_text_write(&text, line)) {
		signer_fault(s, FAULT_INTERNAL, "%s: text too long",
		    info->label);
		return false;
	}
	*len = strlen(line);
	*out = OPENSSL_memdup(line, *len);
	return true;
}

/* One that was cut off behind its destroy.prove may have left no key to answer
 * a challenge. */
bool
signer_destroy_gone(struct signer *s, enum card_error err)
{
	struct act *a = &s->group->acts[0];

	if (a->what != ACT_DESTROY || !a->u.destroy.again)
		return false;
	a->u.destroy.gone = err == CARD_ERR_KEY_MISSING;
	return a->u.destroy.gone;
}

/* What was destroyed is looked for with the module loaded afresh; false when
 * that was told to have failed. */
static bool
destroy_with(struct signer *s, const struct secret *pin, size_t *count,
    size_t *left)
{
	char label[TOKEN_LABEL_MAX + 1];
	enum card_error err = token_wipe(s->token, pin, count);

	snprintf(label, sizeof(label), "%s", token_info(s->token)->label);
	if (err == CARD_OK) {
		if (!signer_reload(s))
			return false;
		err = token_login(s->token, pin);
	}
	if (err == CARD_OK)
		err = token_prove_empty(s->token, pin, s->group->role, left);
	if (err == CARD_OK)
		return true;
	signer_card_fault(s, err, label);
	return false;
}

/* With the PIN that the token was opened with, once more. */
static bool
destroy_all(struct signer *s, size_t *count, size_t *left)
{
	const struct group *g = s->group;
	struct secret *pin = NULL;
	bool ok;

	if (!signer_pin(s, g->opened->k, g->opened->number,
		g->epoch_policy_sha256, &pin))
		return false;
	ok = destroy_with(s, pin, count, left);
	secret_free(pin);
	return ok;
}

static void
destroy(struct signer *s, struct act *a)
{
	size_t count = 0, left = 0;
	bool ok = destroy_all(s, &count, &left);

	for (size_t i = 0; i < SIGNER_EPOCHS_MAX; i++)
		signer_epoch_forget(&s->group->epochs[i]);
	s->group->opened = NULL;
	if (s->token == NULL)
		return;
	signer_head_forget(s);
	if (!ok) {
		token_logout(s->token);
		return;
	}
	signer_act_finish(s, a);
	message_start(&s->out, MSG_DESTROYED);
	message_put_number(&s->out, count);
	message_put_number(&s->out, left);
	signer_send(s);
}

void
signer_destroy_execute(struct signer *s, struct act *a)
{
	char text[SIGNER_TEST_MAX];
	uint8_t *sig = NULL;
	size_t sig_len = 0;

	if (a->u.destroy.gone) {
		destroy(s, a);
		return;
	}
	if (!signer_challenge(s, text, &sig, &sig_len)) {
		token_logout(s->token);
		return;
	}
	a->u.destroy.proved = true;
	s->state = STATE_DOOMED;
	message_start(&s->out, MSG_PROVED);
	message_put_octets(&s->out, text, strlen(text));
	message_put_octets(&s->out, sig, sig_len);
	signer_send(s);
	OPENSSL_free(sig);
}

/* The key's last answer is on disk: now everything goes. */
void
signer_destroy(struct signer *s)
{
	struct act *a = s->group->current;
	struct link link;
	size_t len;
	const uint8_t *line = message_get_octets(&s->in, LINK_LINE_MAX, &len);

	if (signer_bad_form(s))
		return;
	if (!a->u.destroy.proved) {
		signer_fault(s, FAULT_REFUSED,
		    "act %llu: tried before: what failed is another act",
		    (unsigned long long)a->approval.act);
		return;
	}
	if (!link_read((const char *)line, len, &link) ||
	    !signer_line_says(line, len,
		"\"type\":\"destroy.prove\",\"actor\"") ||
	    !signer_line_says(line, len, "\"body\":{\"act\":%" PRIu64 ",",
		a->approval.act)) {
		signer_fault(s, FAULT_REFUSED,
		    "destroy.prove: not of this act: nothing was destroyed");
		return;
	}
	a->u.destroy.proved = false; /* once */
	destroy(s, a);
}
