/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_PROCESS_QUORUM_H
#define TESTS_CEREMONY_PROCESS_QUORUM_H

/* A log with its operators: cards made by the real signer on SoftHSM, a policy
 * 2 of 3, and a transcript of no more than a chain of lines. */

#include <inttypes.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "ca/cert.h"
#include "ca/key.h"
#include "ceremony/quorum/approval.h"
#include "ceremony/quorum/policy.h"
#include "ceremony/record/link.h"
#include "smartcard/error.h"
#include "tests/ceremony/process/driver.h"
#include "tests/smartcard/softhsm.h"
#include "transfer/text.h"

#define LOG "test.example/fleet"
#define DATE 1780000000 /* 2026-05-28 */
#define CARD_PIN "123456"
#define THRESHOLD 2
#define OPERATORS 3
#define LINES_MAX 4096

/* The operators' cards, and a stranger's. */
enum {
	ALICE,
	BOB,
	CAROL,
	MALLORY,
	CARDS
};

struct card {
	const char *id, *label;
	struct policy_spki sign, derive;
	uint8_t *derive_cert;
	size_t derive_cert_len;
};
struct share {
	uint8_t *blob, commitment[32];
	size_t blob_len;
};
/* A policy, and who is in it: whose card has share x. */
struct quorum {
	unsigned m;
	size_t n, who[CARDS];
	char *text;
	size_t len;
	uint8_t sha256[32];
};
/* A CA token as the transcript would know it. */
struct ca_token {
	const char *label, *role, *module; /* NULL: softhsm */
	const struct quorum *q;            /* it is keyed for */
	char serial[17];
	uint32_t epoch;
	struct policy_spki key, sealer;
	uint8_t *cert, *sealer_cert, *crl;
	size_t cert_len, sealer_cert_len, crl_len;
	struct share shares[CARDS]; /* by x */
};
struct world {
	struct softhsm hsm;
	struct peer *so;
	struct card cards[CARDS];
	struct quorum quorum;
	uint8_t plan_sha256[32];
	struct ca_token root, product;
	char *lines[LINES_MAX];
	struct link links[LINES_MAX];
	size_t count;
	uint64_t act; /* the last */
	/* asserts what a refusal must not have changed; NULL: nothing */
	void (*after)(struct world *w);
};

/* Append a line to the chain. */
__attribute__((format(printf, 3, 4))) static inline const struct link *
world_line(struct world *w, const char *type, const char *body, ...)
{
	char prev[TEXT_HEX_SIZE(32)], *rest = NULL, *line = NULL;
	uint8_t zero[32] = { 0 };
	struct link *link = &w->links[w->count];
	va_list ap;

	assert_true(w->count < LINES_MAX);
	text_hex(w->count == 0 ? zero : link[-1].hash, 32, prev);
	va_start(ap, body);
	assert_true(vasprintf(&rest, body, ap) > 0);
	va_end(ap);
	assert_true(
	    asprintf(&line,
		"{\"v\":1,\"log\":\"" LOG "\",\"cer\":\"c\",\"seq\":%zu,"
		"\"prev\":\"%s\",\"t\":\"2026-05-28T00:00:00Z\","
		"\"up\":1,\"type\":\"%s\",\"actor\":[\"anchorite\"],"
		"\"body\":{%s}}\n",
		w->count, prev, type, rest) > 0);
	free(rest);
	assert_true(link_read(line, strlen(line), link));
	w->lines[w->count++] = line;
	return link;
}

/* The SO PINs of a label, on their way to the descriptor that is returned. */
static inline int
world_so_pin(struct world *w, const char *label, uint32_t n)
{
	int pair[2];

	peer_pair(pair);
	peer_start(w->so, MSG_SO_PIN)->fd = pair[0];
	message_put_text(&w->so->out, label);
	message_put_number(&w->so->out, n);
	peer_ask(w->so, MSG_OK);
	return pair[1];
}

static inline void
spki_of(const uint8_t *der, size_t len, struct policy_spki *out)
{
	X509 *cert = NULL;
	uint8_t *spki = NULL;

	assert_int_equal(cert_parse(der, len, &cert), CA_OK);
	assert_int_equal(key_to_spki(X509_get0_pubkey(cert), &spki, &out->len),
	    CA_OK);
	assert_true(out->len <= sizeof(out->der));
	memcpy(out->der, spki, out->len);
	OPENSSL_free(spki);
	X509_free(cert);
}

static inline void
card_make(struct world *w, struct card *c)
{
	struct peer *p = peer_new(SPAWN_SIGNER);
	char serial[17];
	uint8_t *sign;
	size_t len;

	peer_start(p, MSG_CARD_MAKE)->fd = world_so_pin(w, c->label, 0);
	message_put_text(&p->out, "softhsm");
	message_put_text(&p->out, c->label);
	message_put_text(&p->out, c->id);
	message_put_text(&p->out, LOG);
	message_put_text(&p->out, CARD_PIN);
	message_put_number(&p->out, DATE);
	message_put_number(&p->out, 0);
	peer_ask(p, MSG_ENROLLED);
	message_get_text(&p->in, serial, sizeof(serial) - 1);
	sign = peer_octets(p, &len);
	spki_of(sign, len, &c->sign);
	free(sign);
	c->derive_cert = peer_octets(p, &c->derive_cert_len);
	spki_of(c->derive_cert, c->derive_cert_len, &c->derive);
	peer_free(p);
}

/* The signer of an operator's card, PIN given. */
static inline struct peer *
card_open(const struct card *c)
{
	struct peer *p = peer_new(SPAWN_SIGNER);

	peer_start(p, MSG_OPEN);
	message_put_text(&p->out, "softhsm");
	message_put_text(&p->out, c->label);
	message_put_text(&p->out, "");
	message_put_number(&p->out, 0);
	peer_ask(p, MSG_OPENED);
	peer_start(p, MSG_LOGIN);
	message_put_text(&p->out, CARD_PIN);
	peer_ask(p, MSG_OK);
	return p;
}

/* The operators of a policy. */
#define TRIO (1u << ALICE | 1u << BOB | 1u << CAROL)
#define ALL (TRIO | 1u << MALLORY)

static inline void
quorum_make(const struct world *w, unsigned version, unsigned m,
    unsigned members, struct quorum *out)
{
	struct policy p = { .log = LOG, .version = version, .m = m };

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < CARDS; i++) {
		const struct card *c = &w->cards[i];
		struct policy_operator *o = &p.operators[p.n];
		if ((members >> i & 1) == 0)
			continue;
		out->who[p.n++] = i;
		snprintf(o->id, sizeof(o->id), "%s", c->id);
		o->sign = c->sign;
		o->derive = c->derive;
	}
	out->m = m;
	out->n = p.n;
	assert_int_equal(policy_write(&p, &out->text, &out->len), QUORUM_OK);
	SHA256((const uint8_t *)out->text, out->len, out->sha256);
}

/* S, its words into the void; the cards; the policy. */
static inline struct world *
world_new(void)
{
	static const char *const names[CARDS][2] = { { "alice", "op-alice" },
		{ "bob", "op-bob" }, { "carol", "op-carol" },
		{ "mallory", "op-mallory" } };
	struct world *w = calloc(1, sizeof(*w));
	int pair[2];

	assert_non_null(w);
	assert_int_equal(softhsm_make(&w->hsm), 0);
	peer_find_executables();
	memset(w->plan_sha256, 0x5a, sizeof(w->plan_sha256));
	w->so = peer_new(SPAWN_SIGNER);
	peer_pair(pair);
	peer_start(w->so, MSG_PAPER_NEW)->fd = pair[0];
	message_put_text(&w->so->out, "S");
	message_put_number(&w->so->out, 2);
	message_put_number(&w->so->out, 3);
	message_put_octets(&w->so->out, "Nora\nOtto\nPia\n", 14);
	peer_ask(w->so, MSG_OK);
	close(pair[1]);
	for (size_t i = 0; i < CARDS; i++) {
		w->cards[i].id = names[i][0];
		w->cards[i].label = names[i][1];
		card_make(w, &w->cards[i]);
	}
	quorum_make(w, 1, THRESHOLD, TRIO, &w->quorum);
	world_line(w, "ceremony.open", "\"plan\":\"-\"");
	return w;
}

static inline void
ca_token_clear(struct ca_token *t)
{
	free(t->cert);
	free(t->sealer_cert);
	free(t->crl);
	for (size_t i = 0; i < CARDS; i++)
		free(t->shares[i].blob);
}

static inline void
world_free(struct world *w)
{
	peer_free(w->so);
	for (size_t i = 0; i < CARDS; i++)
		free(w->cards[i].derive_cert);
	for (size_t i = 0; i < w->count; i++)
		free(w->lines[i]);
	ca_token_clear(&w->root);
	ca_token_clear(&w->product);
	free(w->quorum.text);
	softhsm_remove(&w->hsm);
	free(w);
}

#endif
