/* SPDX-License-Identifier: ISC */
/* Building what will be approved, without login; then the quorum's word. */
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "transfer/text.h"

/* Whom the approval names: token, epoch and issuer, and a nonce of ours. */
static bool
identify(struct signer *s, struct act *a)
{
	struct approval *ap = &a->approval;
	struct group *g = s->group;
	const char *token = a->what == ACT_KEYS ? a->u.keys.label
						: token_info(s->token)->serial;

	snprintf(ap->token, sizeof(ap->token), "%s", token);
	if (a->what != ACT_KEYS) {
		if (a->what != ACT_ROTATE && ap->epoch != g->epochs[0].number)
			return false;
		ap->has_issuer = true;
		memcpy(ap->issuer_spki_sha256, g->spki_sha256, 32);
	}
	ap->has_nonce = true;
	return signer_random(s, ap->nonce, sizeof(ap->nonce)) &&
	    signer_random(s, a->seed, sizeof(a->seed));
}

/* Draft the act; *tbs (new, OPENSSL_free()) is what follows the answer. */
static bool
draft(struct signer *s, struct act *a, uint8_t **tbs, size_t *len)
{
	char text[1024];

	switch (a->what) {
	case ACT_KEYS:
		signer_keys_input(s->group, a, text, sizeof(text));
		*len = strlen(text);
		*tbs = OPENSSL_memdup(text, *len);
		if (a->u.keys.copy_of[0] != '\0')
			signer_act_use(a, "copy", 1);
		signer_act_use(a, "self-test",
		    strcmp(a->u.keys.role, "root") == 0 ? 1 : 2);
		break;
	case ACT_EXPORT:
		signer_export_input(s, a, text, sizeof(text));
		*len = strlen(text);
		*tbs = OPENSSL_memdup(text, *len);
		signer_act_use(a, "export", 1);
		break;
	case ACT_ROTATE: /* the policy's text is known to whoever told it */
		memcpy(a->approval.input_sha256, a->u.rotate.target_sha256, 32);
		signer_act_use(a, "self-test", 1);
		return true;
	case ACT_CERT:
		if (!signer_cert_prepare(s, a) ||
		    cert_tbs(a->u.cert.draft, tbs, len) != CA_OK)
			return false;
		signer_act_use(a, a->u.cert.spec.profile->name, 1);
		break;
	case ACT_CRL:
		if (!signer_crl_prepare(s, a, &a->u.crl) ||
		    crl_tbs(a->u.crl.draft, tbs, len) != CA_OK)
			return false;
		signer_act_use(a, "crl", 1);
		break;
	case ACT_SEAL:
		*len = a->u.seal.len;
		*tbs = OPENSSL_memdup(a->u.seal.payload, *len);
		signer_act_use(a, a->u.seal.use, 1);
		break;
	case ACT_BATCH:
		if (!signer_batch_prepare(s, a))
			return false;
		SHA256((const uint8_t *)a->u.batch.text, a->u.batch.text_len,
		    a->approval.input_sha256);
		return true;
	case ACT_DESTROY:
		if (!signer_destroy_input(s, a, tbs, len))
			return false;
		signer_act_use(a, "self-test", 1);
		break;
	}
	if (*tbs == NULL) {
		signer_fault(s, FAULT_INTERNAL, "act: no memory");
		return false;
	}
	SHA256(*tbs, *len, a->approval.input_sha256);
	return true;
}

void
signer_prepare(struct signer *s)
{
	struct act *a = s->group->current;
	struct approval *ap = &a->approval;
	uint8_t *tbs = NULL;
	size_t len = 0;

	if (signer_bad_form(s))
		return;
	/* once: a draft that was refused does not get a second try */
	if (!a->told || a->tried) {
		signer_fault(s, FAULT_REFUSED, "act: nothing to prepare");
		return;
	}
	a->tried = true;
	if (!identify(s, a)) {
		signer_fault(s, FAULT_REFUSED,
		    "act: not this token's epoch, or no randomness");
		return;
	}
	if (!draft(s, a, &tbs, &len))
		return;
	a->prepared = true;
	s->state = STATE_PREPARED;
	message_start(&s->out, MSG_PREPARED);
	message_put_octets(&s->out, ap->nonce, sizeof(ap->nonce));
	message_put_octets(&s->out, ap->issuer_spki_sha256,
	    ap->has_issuer ? 32 : 0);
	message_put_octets(&s->out, ap->input_sha256, 32);
	message_put_number(&s->out, len);
	if (signer_send(s))
		signer_send_parts(s, tbs, len);
	OPENSSL_free(tbs);
}

bool
signer_line_says(const uint8_t *line, size_t len, const char *fmt, ...)
{
	char want[128];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(want, sizeof(want), fmt, ap);
	va_end(ap);
	return n > 0 && (size_t)n < sizeof(want) &&
	    memmem(line, len, want, (size_t)n) != NULL;
}

/* Whether the line proposes this act: number, nonce and input are its own. */
static bool
proposes(const struct act *a, const uint8_t *line, size_t len)
{
	char nonce[TEXT_HEX_SIZE(16)], input[TEXT_HEX_SIZE(32)];

	text_hex(a->approval.nonce, 16, nonce);
	text_hex(a->approval.input_sha256, 32, input);
	return signer_line_says(line, len,
		   "\"type\":\"act.propose\",\"actor\"") &&
	    signer_line_says(line, len, "\"body\":{\"act\":%" PRIu64 ",",
		a->approval.act) &&
	    signer_line_says(line, len, "\"nonce\":\"%s\"", nonce) &&
	    signer_line_says(line, len, "\"input_sha256\":\"%s\"", input);
}

/*
 * The act.propose line: its hash is the head that operators approve.  That
 * it tells of this act is checked here only so far that a mix-up is noticed;
 * the approvals bind what will be done.
 */
void
signer_proposed(struct signer *s)
{
	struct act *a = signer_act_find(s, message_get_number(&s->in));
	struct link link;
	size_t len;
	const uint8_t *line = message_get_octets(&s->in, LINK_LINE_MAX, &len);

	if (signer_bad_form(s))
		return;
	if (a == NULL || !a->prepared || a->proposed ||
	    !link_read((const char *)line, len, &link) ||
	    !proposes(a, line, len)) {
		signer_fault(s, FAULT_REFUSED,
		    "act.propose: not of an act prepared here");
		return;
	}
	memcpy(a->approval.head, link.hash, sizeof(link.hash));
	a->proposed = true;
	signer_ok(s);
}

void
signer_approval(struct signer *s)
{
	struct group *g = s->group;
	struct act *a = signer_act_find(s, message_get_number(&s->in));
	char id[POLICY_ID_MAX + 1];
	const uint8_t *sig;
	enum quorum_error err;
	size_t len;
	int who;

	message_get_text(&s->in, id, POLICY_ID_MAX);
	sig = message_get_octets(&s->in, APPROVAL_SIG_MAX, &len);
	if (signer_bad_form(s))
		return;
	if (a == NULL || !a->proposed || a->begun) {
		signer_fault(s, FAULT_REFUSED, "approval: no such act");
		return;
	}
	err = approval_verify(&a->approval, &g->policy, id, sig, len);
	who = policy_operator(&g->policy, id);
	if (err == QUORUM_OK && (who < 0 || a->approved[who]))
		err = QUORUM_ERR_DUPLICATE;
	if (err != QUORUM_OK) {
		signer_fault(s, FAULT_REFUSED,
		    "act %llu: approval by %s: %s: it is not counted",
		    (unsigned long long)a->approval.act, id,
		    quorum_strerror(err));
		return;
	}
	a->approved[who] = true;
	signer_ok(s);
}
