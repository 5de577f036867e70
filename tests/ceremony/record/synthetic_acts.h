/* SPDX-License-Identifier: ISC */
#ifndef TESTS_RECORD_SYNTHETIC_ACTS_H
#define TESTS_RECORD_SYNTHETIC_ACTS_H

/* What the ceremonies of synthetic.h are made of: its members, lines, keys,
 * certificates, and acts. */

#include <fcntl.h>
#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/csr.h"
#include "ca/date.h"
#include "ca/key.h"
#include "ceremony/quorum/approval.h"
#include "ceremony/quorum/policy.h"
#include "ceremony/record/checkpoint.h"
#include "ceremony/record/issuance.h"
#include "ceremony/record/objects.h"
#include "ceremony/record/transcript.h"
#include "ceremony/record/worklist.h"
#include "transfer/order.h"
#include "transfer/request.h"
#include "transfer/response.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

#define SYN_LOG "demo.example/fleet"
#define SYN_OPERATORS 3
#define SYN_LATER 4   /* operators after the quorum has changed */
#define SYN_CARDS 5   /* of operators, in all */
#define SYN_DEVICES 4 /* the last one's CSR is spoilt */
#define SYN_NAMES_MAX 64
#define SYN_DATE_1 "2026-12-01T09:00:00Z"
#define SYN_DATE_2 "2026-12-08T09:00:00Z"
#define SYN_DATE_3 "2026-12-15T09:00:00Z"
#define SYN_CRL_DAYS 90

struct syn_name { /* of an object, for tests to write as @name */
	const char *name;
	uint8_t digest[32];
};
struct syn_token {
	const char *label, *serial;
	EVP_PKEY *ca, *sealer;
	X509 *ca_cert, *sealer_cert;
	uint8_t ca_spki[32];
	uint8_t crl_sha256[32];
	X509_CRL *crl;
	uint32_t epoch, next_epoch;
	int so_n;
};
struct syn_member { /* an operator, as the policy names them */
	const char *id;
	unsigned card;
};
struct synthetic {
	const char *twist; /* "" for none */
	int dirfd;
	struct transcript *t;
	struct issuance *log;
	uint64_t up;
	const char *cer;
	uint8_t plan[32], policy_sha256[32];
	bool has_policy;
	struct policy policy;
	int backups; /* how often a backup secret is made */
	unsigned m, member_count;
	struct syn_member members[SYN_LATER];
	EVP_PKEY *sign[SYN_CARDS], *derive[SYN_CARDS];
	EVP_PKEY *station, *device[SYN_DEVICES], *stranger;
	X509 *station_cert;
	struct syn_token root, prod;
	int64_t date;
	uint64_t act;
	unsigned step;
	const char *kind;
	struct approval approval; /* of the last proposal */
	uint8_t begin[32];
	uint8_t order[32], order_file[32], request[32], request_file[32];
	uint8_t response[32];
	struct blob issued[SYN_DEVICES];
	size_t issued_count;
	uint8_t serial_count;
	size_t name_count;
	struct syn_name names[SYN_NAMES_MAX];
};

/* whose each card is when it is enrolled */
static const char *const syn_operators[SYN_CARDS] = { "alice", "bob", "carol",
	"carol", "dave" };

static const char *const syn_people[SYN_CARDS] = { "Alice Moor", "Bob Lang",
	"Carol Reis", "Carol Reis", "Dave Imre" };

#define SYN(condition) syn_need((condition), #condition, __LINE__)
static inline void
syn_need(bool condition, const char *text, int line)
{
	if (condition)
		return;
	fprintf(stderr, "synthetic.h:%d: %s\n", line, text);
	abort();
}

static inline bool
syn_twist(const struct synthetic *s, const char *name)
{
	return strcmp(s->twist, name) == 0;
}

static inline void
syn_name(struct synthetic *s, const char *name, const uint8_t digest[32])
{
	SYN(s->name_count < SYN_NAMES_MAX);
	s->names[s->name_count].name = name;
	memcpy(s->names[s->name_count++].digest, digest, 32);
}

static inline void
syn_put(struct synthetic *s, const char *name, const void *data, size_t len,
    uint8_t digest[32])
{
	uint8_t own[32];

	SYN(object_put(s->dirfd, data, len, own, NULL) == RECORD_OK);
	if (digest != NULL)
		memcpy(digest, own, 32);
	if (name != NULL)
		syn_name(s, name, own);
}

static inline json_t *
syn_hex(const uint8_t *data, size_t len)
{
	char hex[129];

	text_hex(data, len, hex);
	return json_string(hex);
}

static inline json_t *
syn_b64(const uint8_t *data, size_t len)
{
	char text[512];

	SYN(TEXT_BASE64_SIZE(len) <= sizeof(text));
	text_base64(data, len, text);
	return json_string(text);
}

static inline struct link
syn_line(struct synthetic *s, const char *type, json_t *body)
{
	const char *const actor[] = { "room", NULL };
	struct moment when = { s->date + (int64_t)s->up, s->up * 1000 };
	struct link link;

	SYN(body != NULL);
	s->up++;
	SYN(transcript_append(s->t, SYN_LOG, s->cer, when, type, actor, body,
		&link) == RECORD_OK);
	return link;
}

/* ---- keys and certificates ----------------------------------------------- */

static inline X509 *
syn_self_cert(EVP_PKEY *key, const char *cn, EVP_PKEY *signer)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();

	SYN(cert != NULL && name != NULL);
	SYN(X509_set_version(cert, X509_VERSION_3));
	SYN(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1));
	SYN(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)cn, -1, -1, 0));
	SYN(X509_set_subject_name(cert, name) &&
	    X509_set_issuer_name(cert, name));
	SYN(ASN1_TIME_set_string_X509(X509_getm_notBefore(cert),
	    "20260101000000Z"));
	SYN(ASN1_TIME_set_string_X509(X509_getm_notAfter(cert),
	    "20460101000000Z"));
	SYN(X509_set_pubkey(cert, key));
	SYN(X509_sign(cert, signer, EVP_sha256()) > 0);
	X509_NAME_free(name);
	return cert;
}

static inline void
syn_put_cert(struct synthetic *s, const char *name, const X509 *cert,
    uint8_t digest[32])
{
	uint8_t *der = NULL;
	size_t len;

	SYN(cert_der(cert, &der, &len) == CA_OK);
	syn_put(s, name, der, len, digest);
	OPENSSL_free(der);
}

static inline void
syn_spki(EVP_PKEY *key, struct policy_spki *out)
{
	uint8_t *der = NULL;
	size_t len;

	SYN(key_to_spki(key, &der, &len) == CA_OK && len <= sizeof(out->der));
	memcpy(out->der, der, len);
	out->len = len;
	OPENSSL_free(der);
}

static inline json_t *
syn_sign(EVP_PKEY *key, const void *data, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[APPROVAL_SIG_MAX];
	size_t n = sizeof(sig);
	const EVP_MD *md =
	    key_curve(key) == NID_secp384r1 ? EVP_sha384() : EVP_sha256();

	SYN(EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1);
	SYN(EVP_DigestSign(ctx, sig, &n, data, len) == 1);
	EVP_MD_CTX_free(ctx);
	return syn_b64(sig, n);
}

static inline int64_t
syn_years(const struct synthetic *s, unsigned years)
{
	int64_t out = 0;

	SYN(date_end_of_years(s->date, years, &out) == CA_OK);
	return out;
}

/* A certificate without its signature; its TBS is stored as input. */
static inline X509 *
syn_build(struct synthetic *s, const char *profile, const char *subject,
    EVP_PKEY *key, const X509 *issuer, unsigned years, uint8_t tbs[32])
{
	struct cert_spec spec = { .profile = profile_find(profile),
		.subject = subject,
		.issuer = issuer,
		.not_before = s->date,
		.not_after = syn_years(s, years) };
	struct policy_spki spki;
	X509 *cert = NULL;
	uint8_t *der = NULL;
	size_t len;

	syn_spki(key, &spki);
	spec.spki = spki.der;
	spec.spki_len = spki.len;
	spec.serial[0] = 0x01;
	spec.serial[1] = ++s->serial_count;
	SYN(cert_build(&spec, &cert) == CA_OK);
	SYN(cert_tbs(cert, &der, &len) == CA_OK);
	syn_put(s, NULL, der, len, tbs);
	OPENSSL_free(der);
	return cert;
}

static inline X509_CRL *
syn_crl(struct synthetic *s, const X509 *issuer, uint64_t number, unsigned days,
    const struct crl_entry *entries, size_t count, uint8_t tbs[32])
{
	struct crl_spec spec = { .issuer = issuer,
		.number = number,
		.this_update = s->date,
		.next_update = s->date + (int64_t)days * 86400,
		.entries = entries,
		.count = count };
	X509_CRL *crl = NULL;
	uint8_t *der = NULL;
	size_t len;

	SYN(crl_build(&spec, &crl) == CA_OK);
	SYN(crl_tbs(crl, &der, &len) == CA_OK);
	syn_put(s, NULL, der, len, tbs);
	OPENSSL_free(der);
	return crl;
}

static inline void
syn_put_crl(struct synthetic *s, const char *name, const X509_CRL *crl,
    uint8_t digest[32])
{
	uint8_t *der = NULL;
	size_t len;

	SYN(crl_der(crl, &der, &len) == CA_OK);
	syn_put(s, name, der, len, digest);
	OPENSSL_free(der);
}

/* ---- acts ---------------------------------------------------------------- */

static inline void
syn_step(struct synthetic *s, const char *kind)
{
	s->kind = kind;
	syn_line(s, "step.begin",
	    json_pack("{s:i,s:s}", "step", (int)++s->step, "kind", kind));
}

static inline void
syn_step_end(struct synthetic *s)
{
	syn_line(s, "step.end", json_pack("{s:i}", "step", (int)s->step));
}

static inline json_t *
syn_uses(const struct approval *a)
{
	json_t *uses = json_array();

	for (size_t i = 0; i < a->use_count; i++)
		json_array_append_new(uses,
		    json_pack("{s:s,s:i}", "use", a->uses[i].name, "n",
			(int)a->uses[i].count));
	return uses;
}

static inline void
syn_use(struct approval *a, const char *name, uint32_t n)
{
	struct approval_use *u = &a->uses[a->use_count++];

	snprintf(u->name, sizeof(u->name), "%s", name);
	u->count = n;
}

/* Propose an act with what a has of token, epoch, input, uses and issuer. */
static inline void
syn_propose(struct synthetic *s, const char *label, struct approval *a)
{
	json_t *body;

	snprintf(a->log, sizeof(a->log), SYN_LOG);
	snprintf(a->ceremony, sizeof(a->ceremony), "%s", s->cer);
	if (a->kind[0] == '\0')
		snprintf(a->kind, sizeof(a->kind), "%s", s->kind);
	a->act = ++s->act;
	a->step = s->step;
	memcpy(a->plan_sha256, s->plan, 32);
	memcpy(a->policy_sha256,
	    s->has_policy ? s->policy_sha256 : a->input_sha256, 32);
	if (a->has_nonce)
		memset(a->nonce, (int)s->act, sizeof(a->nonce));
	body = json_pack("{s:I,s:I,s:i,s:s,s:s,s:s,s:i,s:o,s:o,s:o,s:o,s:o,"
			 "s:o}",
	    "act", (json_int_t)a->act, "resumes", (json_int_t)a->resumes,
	    "step", (int)a->step, "kind", a->kind, "label", label, "token",
	    a->token, "epoch", (int)a->epoch, "policy_sha256",
	    syn_hex(a->policy_sha256, 32), "plan_sha256",
	    syn_hex(a->plan_sha256, 32), "input_sha256",
	    syn_hex(a->input_sha256, 32), "uses", syn_uses(a),
	    "issuer_spki_sha256",
	    a->has_issuer ? syn_hex(a->issuer_spki_sha256, 32)
			  : json_string("-"),
	    "nonce", a->has_nonce ? syn_hex(a->nonce, 16) : json_string("-"));
	memcpy(a->head, syn_line(s, "act.propose", body).hash, 32);
	s->approval = *a;
}

static inline void
syn_approve(struct synthetic *s, const struct approval *a, unsigned operators)
{
	char text[APPROVAL_TEXT_MAX];
	size_t len;

	for (unsigned i = 0; i < operators; i++) {
		const struct syn_member *who = &s->members[i];

		SYN(approval_text(a, who->id, text, &len) == QUORUM_OK);
		syn_line(s, "approve",
		    json_pack("{s:I,s:s,s:o}", "act", (json_int_t)a->act,
			"operator", who->id, "signature",
			syn_sign(s->sign[who->card], text, len)));
	}
}

static inline void
syn_begin(struct synthetic *s, const struct approval *a, unsigned operators)
{
	json_t *ids = json_array();
	struct link link;

	for (unsigned i = 0; i < operators; i++)
		json_array_append_new(ids, json_string(s->members[i].id));
	link = syn_line(s, "act.begin",
	    json_pack("{s:I,s:o}", "act", (json_int_t)a->act, "operators",
		ids));
	memcpy(s->begin, link.hash, 32);
}

/* act.result: act, uses, then rest (a new reference, its keys moved). */
static inline void
syn_result(struct synthetic *s, const struct approval *a, json_t *rest)
{
	json_t *body = json_pack("{s:I,s:o}", "act", (json_int_t)a->act, "uses",
	    syn_uses(a));

	SYN(body != NULL && rest != NULL);
	json_object_update(body, rest);
	json_decref(rest);
	syn_line(s, "act.result", body);
}

/* The acts that m operators approve: propose, approve, begin. */
static inline void
syn_act(struct synthetic *s, const char *label, struct approval *a)
{
	syn_propose(s, label, a);
	syn_approve(s, a, s->m);
	syn_begin(s, a, s->m);
}

/* An act of a keyed token. */
static inline struct approval
syn_on(const struct syn_token *t, const uint8_t input[32])
{
	struct approval a = { .epoch = t->epoch,
		.has_nonce = true,
		.has_issuer = true };

	snprintf(a.token, sizeof(a.token), "%s", t->serial);
	memcpy(a.input_sha256, input, 32);
	memcpy(a.issuer_spki_sha256, t->ca_spki, 32);
	return a;
}

/* ---- closing ------------------------------------------------------------- */

static inline json_t *
syn_log_state(const struct synthetic *s)
{
	uint8_t digest[32], root[32];

	issuance_digest(s->log, digest);
	tree_root(issuance_tree(s->log), root);
	return json_pack("{s:I,s:o,s:I,s:o}", "issuance_lines",
	    (json_int_t)issuance_lines(s->log), "issuance_sha256",
	    syn_hex(digest, 32), "tree_size",
	    (json_int_t)tree_size(issuance_tree(s->log)), "tree_root",
	    syn_hex(root, 32));
}

static inline void
syn_checkpoint(struct synthetic *s, const struct link *last)
{
	struct checkpoint c = { .seq = last->seq };
	struct checkpoint_sig sigs[SYN_LATER] = { 0 };
	char text[CHECKPOINT_TEXT_MAX], name[64], *note = NULL;
	unsigned m = syn_twist(s, "checkpoint-one") ? 1 : s->m;
	size_t len;
	int fd;

	snprintf(c.origin, sizeof(c.origin), SYN_LOG);
	memcpy(c.head, last->hash, 32);
	if (syn_twist(s, "checkpoint-head"))
		c.head[0] ^= 1;
	c.tree_size = tree_size(issuance_tree(s->log));
	tree_root(issuance_tree(s->log), c.tree_root);
	SYN(checkpoint_text(&c, text, &len) == RECORD_OK);
	for (unsigned i = 0; i < m; i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		EVP_PKEY *key = s->sign[s->members[i].card];
		struct policy_spki spki;

		syn_spki(key, &spki);
		snprintf(sigs[i].id, sizeof(sigs[i].id), "%s",
		    s->members[i].id);
		checkpoint_key_id(SYN_LOG, sigs[i].id, &spki, sigs[i].key_id);
		sigs[i].len = sizeof(sigs[i].der);
		SYN(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) ==
		    1);
		SYN(EVP_DigestSign(ctx, sigs[i].der, &sigs[i].len,
			(const uint8_t *)text, len) == 1);
		EVP_MD_CTX_free(ctx);
	}
	SYN(checkpoint_note(&c, sigs, m, &note, &len) == RECORD_OK);
	(void)mkdirat(s->dirfd, "checkpoints", 0700);
	snprintf(name, sizeof(name), "checkpoints/%s.note", s->cer);
	fd = openat(s->dirfd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	SYN(fd >= 0 && write(fd, note, len) == (ssize_t)len);
	close(fd);
	free(note);
}

static inline void
syn_close(struct synthetic *s)
{
	json_t *body = json_pack("{s:i}", "steps", (int)s->step);
	json_t *state = syn_log_state(s);
	struct link link;

	json_object_update(body, state);
	json_decref(state);
	link = syn_line(s, "ceremony.close", body);
	if (!syn_twist(s, "checkpoint-none"))
		syn_checkpoint(s, &link);
}

#endif
