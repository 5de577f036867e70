/* SPDX-License-Identifier: ISC */
/* From shares to a logged-in CA token: only for an act that m distinct
 * operators approved. */
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "ceremony/quorum/pin.h"
#include "ceremony/quorum/shamir.h"
#include "ceremony/quorum/share.h"

void
signer_derive_cert(struct signer *s)
{
	struct group *g = s->group;
	char id[POLICY_ID_MAX + 1];
	uint8_t digest[32], want[32];
	const uint8_t *der;
	X509 *cert = NULL;
	size_t len;
	int who;

	message_get_text(&s->in, id, POLICY_ID_MAX);
	der = message_get_octets(&s->in, CERT_MAX, &len);
	if (signer_bad_form(s))
		return;
	who = policy_operator(&g->policy, id);
	if (who < 0 || g->derive[who] != NULL ||
	    cert_parse(der, len, &cert) != CA_OK ||
	    cert_spki_sha256(cert, digest) != CA_OK) {
		X509_free(cert);
		signer_fault(s, FAULT_REFUSED, "%s: derive certificate: %s", id,
		    who < 0 ? "not an operator" : "unreadable or twice");
		return;
	}
	const struct policy_spki *spki = &g->policy.operators[who].derive;
	SHA256(spki->der, spki->len, want);
	if (memcmp(digest, want, sizeof(want)) != 0) {
		X509_free(cert);
		signer_fault(s, FAULT_REFUSED,
		    "%s: derive certificate is not of the policy's key", id);
		return;
	}
	g->derive[who] = cert;
	signer_ok(s);
}

/* A share straight from an operator's signer, held against what was committed
 * to when the epoch was keyed. */
void
signer_share(struct signer *s)
{
	struct group *g = s->group;
	struct share_label label = { .m = g->policy.m,
		.n = (unsigned)g->policy.n };
	uint8_t commitment[32], got[32];
	struct secret *share;
	uint64_t epoch = message_get_number(&s->in);
	uint64_t x = message_get_number(&s->in);

	message_get_exact(&s->in, commitment, sizeof(commitment));
	if (signer_bad_form(s))
		return;
	if (s->token == NULL || !g->has_ca || epoch != g->epoch ||
	    x >= g->policy.n || g->k != NULL || g->share_count == g->policy.m) {
		signer_fault(s, FAULT_SHARE, "share: not expected now");
		return;
	}
	for (size_t i = 0; i < g->share_count; i++) {
		if (g->share_x[i] == x) {
			signer_fault(s, FAULT_SHARE, "share: twice");
			return;
		}
	}
	share = signer_read_secret(s->in.fd);
	if (share == NULL) {
		signer_fault(s, FAULT_SHARE, "share: it did not come");
		return;
	}
	snprintf(label.serial, sizeof(label.serial), "%s",
	    token_info(s->token)->serial);
	label.epoch = g->epoch;
	label.x = (unsigned)x;
	share_commit(&label, share, got);
	if (CRYPTO_memcmp(got, commitment, sizeof(got)) != 0) {
		secret_free(share);
		signer_fault(s, FAULT_SHARE,
		    "share %u: not the one committed to in the transcript",
		    label.x);
		return;
	}
	g->share_x[g->share_count] = (uint8_t)x;
	g->shares[g->share_count++] = share;
	signer_ok(s);
}

void
signer_so_take(struct signer *s)
{
	struct act *a = NULL;

	if (signer_bad_form(s))
		return;
	for (size_t i = 0; i < s->group->act_count; i++) {
		if (s->group->acts[i].what == ACT_KEYS)
			a = &s->group->acts[i];
	}
	if (a == NULL || a->u.keys.so.pin != NULL) {
		signer_fault(s, FAULT_REFUSED, "SO PIN: not expected now");
		return;
	}
	if (signer_so_read(s, a->u.keys.label, &a->u.keys.so))
		signer_ok(s);
}

bool
signer_pin(struct signer *s, uint32_t epoch, const uint8_t policy_sha256[32],
    struct secret **out)
{
	enum quorum_error err = pin_user(s->group->k,
	    token_info(s->token)->serial, epoch, policy_sha256, out);

	if (err == QUORUM_OK)
		return true;
	signer_fault(s, FAULT_INTERNAL, "PIN: %s", quorum_strerror(err));
	return false;
}

static bool
combine(struct signer *s)
{
	struct group *g = s->group;
	enum quorum_error err;

	if (g->k != NULL)
		return true;
	err = g->share_count < g->policy.m
	    ? QUORUM_ERR_THRESHOLD
	    : shamir_combine(g->share_x, g->shares, g->policy.m, &g->k);
	for (size_t i = 0; i < g->share_count; i++) {
		secret_free(g->shares[i]);
		g->shares[i] = NULL;
	}
	g->share_count = 0;
	if (err == QUORUM_OK)
		return true;
	signer_fault(s, FAULT_SHARE, "%s: shares: %s",
	    token_info(s->token)->label, quorum_strerror(err));
	return false;
}

/* The key must answer before anything else is signed with it. */
static bool
challenge(struct signer *s)
{
	struct group *g = s->group;
	char text[512];
	uint8_t nonce[16];
	enum card_error err;

	if (g->challenged)
		return true;
	if (!signer_random(s, nonce, sizeof(nonce))) {
		signer_fault(s, FAULT_INTERNAL, "no randomness");
		return false;
	}
	signer_test_text(text, sizeof(text), g->log, g->role,
	    token_info(s->token)->serial, nonce);
	err = token_sign_text(s->token, g->role, g->spki, g->spki_len, text,
	    strlen(text), NULL, NULL);
	if (err == CARD_OK) {
		g->challenged = true;
		return true;
	}
	signer_fault(s, FAULT_EXPOSED,
	    "%s: PIN accepted, but the key %s does not answer (%s): treat its "
	    "PIN as exposed: stop, and rotate this token next",
	    token_info(s->token)->label, g->role, card_strerror(err));
	return false;
}

/* What opened the wrong way is not tried again: K is wiped, shares must come
 * anew. */
static void
forget_k(struct signer *s)
{
	token_logout(s->token);
	secret_free(s->group->k);
	s->group->k = NULL;
}

static bool
login(struct signer *s)
{
	struct group *g = s->group;
	struct secret *pin = NULL;
	enum card_error err;

	if (!combine(s) ||
	    !signer_pin(s, g->epoch, g->epoch_policy_sha256, &pin))
		return false;
	err = token_login(s->token, pin);
	secret_free(pin);
	if (err != CARD_OK)
		signer_card_fault(s, err, token_info(s->token)->label);
	else if (challenge(s))
		return true;
	forget_k(s);
	return false;
}

static bool
enough(const struct group *g, const struct act *a)
{
	unsigned count = 0;

	for (size_t i = 0; i < g->policy.n; i++)
		count += a->approved[i];
	return count >= g->policy.m;
}

/* Acts begin in the order they were proposed, each after the one before. */
static bool
in_turn(const struct group *g, const struct act *a)
{
	for (const struct act *b = g->acts; b != a; b++) {
		if (!b->done)
			return false;
	}
	return a->proposed && !a->begun;
}

static bool
begins(const struct act *a, const uint8_t *line, size_t len)
{
	return signer_line_says(line, len,
		   "\"type\":\"act.begin\",\"actor\"") &&
	    signer_line_says(line, len, "\"body\":{\"act\":%" PRIu64 ",",
		a->approval.act);
}

void
signer_begin(struct signer *s)
{
	struct group *g = s->group;
	struct act *a = signer_act_find(s, message_get_number(&s->in));
	struct link link;
	size_t len;
	const uint8_t *line = message_get_octets(&s->in, LINK_LINE_MAX, &len);

	if (signer_bad_form(s))
		return;
	if (a == NULL || !in_turn(g, a) ||
	    !link_read((const char *)line, len, &link) ||
	    !begins(a, line, len)) {
		signer_fault(s, FAULT_REFUSED, "act.begin: not its turn");
		return;
	}
	if (!enough(g, a)) {
		signer_fault(s, FAULT_REFUSED,
		    "act %llu: fewer than %u approvals: nothing is done",
		    (unsigned long long)a->approval.act, g->policy.m);
		return;
	}
	if (!(a->what == ACT_KEYS ? signer_keys_login(s, a) : login(s)))
		return;
	memcpy(a->begin, link.hash, sizeof(a->begin));
	a->begun = true;
	g->current = a;
	signer_head_forget(s); /* read afresh for each act */
	s->state = STATE_BEGUN;
	message_start(&s->out, MSG_BEGUN);
	message_put_number(&s->out, a->what == ACT_KEYS ? 0 : g->epoch);
	signer_send(s);
}
