/* SPDX-License-Identifier: ISC */
#ifndef TESTS_RECORD_SYNTHETIC_H
#define TESTS_RECORD_SYNTHETIC_H

/*
 * A state folder made with software keys through the public interfaces: three
 * operators, a root, a product CA with its sealer, one work order; then a
 * ceremony with a batch that was void once, its repetition and a CRL; then one
 * in which the quorum changes, and the product CA's token, which is not there,
 * is recovered and rotated later.  A twist makes one thing in it wrong.  No
 * cmocka in here: a tool writes states too.
 */

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

static const char syn_plan_1[] =
    "plan: 1\n"
    "log: demo.example/fleet\n"
    "ceremony: genesis\n"
    "title: The beginning\n"
    "date: 2026-12-01T09:00:00Z\n"
    "roles:\n"
    "  - {role: witness, name: Tom Reed}\n"
    "tokens:\n"
    "  - {label: op-a, module: softhsm, owner: alice}\n"
    "  - {label: op-b, module: softhsm, owner: bob}\n"
    "  - {label: op-c, module: softhsm, owner: carol}\n"
    "  - {label: root-1, module: softhsm}\n"
    "  - {label: prod-1, module: softhsm}\n"
    "steps:\n"
    "  - quorum:\n"
    "      threshold: 2\n"
    "      operators:\n"
    "        - {id: alice, name: Alice Moor, token: op-a}\n"
    "        - {id: bob, name: Bob Lang, token: op-b}\n"
    "        - {id: carol, name: Carol Reis, token: op-c}\n"
    "      so:\n"
    "        threshold: 2\n"
    "        custodians: [Nora Lind, Otto Berg, Pia Stern]\n"
    "  - root:\n"
    "      subject: CN=Root CA,O=Example\n"
    "      key: p384\n"
    "      years: 25\n"
    "      crl-days: 400\n"
    "      tokens: [root-1]\n"
    "      single-copy: accepted\n"
    "      reason: a test\n"
    "  - product-ca:\n"
    "      issuer: root-1\n"
    "      subject: CN=Product CA,O=Example\n"
    "      sealer: CN=Product CA Sealer,O=Example\n"
    "      key: p256\n"
    "      years: 20\n"
    "      crl-days: 90\n"
    "      tokens: [prod-1]\n"
    "      single-copy: accepted\n"
    "      reason: a test\n"
    "  - work-order:\n"
    "      token: prod-1\n"
    "      station: line3.station\n"
    "      out: line3.order\n"
    "      pattern: \"unit-[0-9]\"\n"
    "      subject: CN=device-{id},O=Example\n"
    "      profile: device-tls\n"
    "      quota: 3\n"
    "      expiry: 2027-12-31T23:59:59Z\n"
    "      receipts: 2028-01-31T00:00:00Z\n";

static const char syn_plan_2[] =
    "plan: 1\n"
    "log: demo.example/fleet\n"
    "ceremony: batch-1\n"
    "title: A batch\n"
    "date: 2026-12-08T09:00:00Z\n"
    "roles:\n"
    "  - {role: witness, name: Tom Reed}\n"
    "tokens:\n"
    "  - {label: op-a, module: softhsm, owner: alice}\n"
    "  - {label: op-b, module: softhsm, owner: bob}\n"
    "  - {label: op-c, module: softhsm, owner: carol}\n"
    "  - {label: prod-1, module: softhsm}\n"
    "steps:\n"
    "  - batch:\n"
    "      token: prod-1\n"
    "      request: line3.request\n"
    "      out: line3.response\n"
    "      years: 10\n"
    "      crl-days: 90\n"
    "  - crl:\n"
    "      token: prod-1\n"
    "      out: product.crl\n"
    "      crl-days: 90\n"
    "      revoke:\n"
    "        - {id: unit-1, reason: keyCompromise}\n"
    "  - crl:\n"
    "      token: prod-1\n"
    "      out: product-again.crl\n"
    "      crl-days: 90\n";

static const char syn_plan_3[] =
    "plan: 1\n"
    "log: demo.example/fleet\n"
    "ceremony: change\n"
    "title: Another quorum\n"
    "date: 2026-12-15T09:00:00Z\n"
    "roles:\n"
    "  - {role: witness, name: Tom Reed}\n"
    "tokens:\n"
    "  - {label: op-a, module: softhsm, owner: alice}\n"
    "  - {label: op-b, module: softhsm, owner: rob}\n"
    "  - {label: op-d, module: softhsm, owner: carol}\n"
    "  - {label: op-e, module: softhsm, owner: dave}\n"
    "  - {label: root-1, module: softhsm}\n"
    "  - {label: prod-1, module: softhsm}\n"
    "steps:\n"
    "  - quorum-change:\n"
    "      threshold: 3\n"
    "      operators:\n"
    "        - {id: alice, name: Alice Moor, token: op-a}\n"
    "        - {id: rob, name: Rob Lang, token: op-b, was: bob}\n"
    "        - {id: carol, name: Carol Reis, token: op-d, card: new}\n"
    "        - {id: dave, name: Dave Imre, token: op-e, card: new}\n"
    "      reason: a card was lost\n"
    "      tokens: [root-1]\n"
    "  - recovery:\n"
    "      token: prod-1\n"
    "      reason: its PIN was locked\n"
    "  - crl:\n"
    "      token: prod-1\n"
    "      out: product-later.crl\n"
    "      crl-days: 90\n"
    "  - recovery:\n"
    "      token: root-1\n"
    "      reason: its PIN is not known\n";

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
	uint8_t sig[160];
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

/* ---- the first ceremony -------------------------------------------------- */

static inline void
syn_open(struct synthetic *s, const char *name, const char *date,
    const char *plan, const char *plan_name)
{
	const char *title = strcmp(name, "genesis") == 0 ? "The beginning"
	    : strcmp(name, "change") == 0                ? "Another quorum"
							 : "A batch";

	s->cer = name;
	s->step = 0;
	SYN(date_parse_rfc3339(date, &s->date) == CA_OK);
	syn_put(s, plan_name, plan, strlen(plan), s->plan);
	syn_line(s, "ceremony.open",
	    json_pack("{s:o,s:s,s:s,s:s,s:{s:s,s:s,s:s}}", "plan",
		syn_hex(s->plan, 32), "date", date, "title", title, "version",
		"0.1.0", "levels", "operator", "none", "reader", "seccomp",
		"signer", "seccomp"));
}

/* Alice approves, and the plan knows nothing of her card. */
static inline void
syn_open_without_card(struct synthetic *s)
{
	char plan[sizeof(syn_plan_2)];

	memcpy(plan, syn_plan_2, sizeof(plan));
	memcpy(strstr(plan, "op-a"), "op-x", 4);
	syn_open(s, "batch-1", SYN_DATE_2, plan, "plan-2");
}

static inline void
syn_enrol(struct synthetic *s, unsigned i)
{
	char text[64], label[8], serial[8];
	X509 *sign, *derive;
	uint8_t sign_sha[32], derive_sha[32];

	snprintf(label, sizeof(label), "op-%c", 'a' + (int)i); /* by card */
	snprintf(serial, sizeof(serial), "OP%u", i);
	snprintf(text, sizeof(text), "anchorite-test/v1\nenrol %s\n", serial);
	sign = syn_self_cert(s->sign[i], syn_operators[i], s->sign[i]);
	derive = syn_self_cert(s->derive[i], syn_operators[i], s->sign[i]);
	syn_put_cert(s,
	    i == 0       ? "sign-0"
		: i == 1 ? "sign-1"
		: i == 2 ? "sign-2"
			 : NULL,
	    sign, sign_sha);
	syn_put_cert(s, i == 0 ? "derive-0" : NULL, derive, derive_sha);
	syn_line(s, "so.use", json_pack("{s:s,s:i}", "label", label, "n", 0));
	syn_line(s, "enrol",
	    json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:o,s:o,s:s,s:o,"
		      "s:{s:{s:b,s:b},s:{s:b,s:b}}}",
		"operator", syn_operators[i], "name", syn_people[i], "label",
		label, "serial", serial, "module", "softhsm", "so_n", 1, "sign",
		syn_hex(sign_sha, 32), "derive", syn_hex(derive_sha, 32),
		"text", text, "signature",
		syn_sign(s->sign[i], text, strlen(text)), "attributes", "sign",
		"sensitive", 1, "extractable", 0, "derive", "sensitive", 1,
		"extractable", 0));
	X509_free(sign);
	X509_free(derive);
}

static inline void
syn_quorum(struct synthetic *s)
{
	struct approval a = { .token = "-" };
	char *text = NULL;
	size_t len;

	syn_step(s, "quorum");
	syn_line(s, "so.split",
	    json_pack("{s:i,s:[s,s,s],s:s}", "threshold", 2, "custodians",
		"Nora Lind", "Otto Berg", "Pia Stern", "kept", "paper"));
	snprintf(s->policy.log, sizeof(s->policy.log), SYN_LOG);
	s->policy.version = 1;
	s->policy.m = 2;
	s->policy.n = SYN_OPERATORS;
	for (unsigned i = 0; i < SYN_OPERATORS; i++) {
		struct policy_operator *o = &s->policy.operators[i];

		syn_enrol(s, i);
		snprintf(o->id, sizeof(o->id), "%s", syn_operators[i]);
		syn_spki(s->sign[i], &o->sign);
		syn_spki(s->derive[i], &o->derive);
	}
	for (unsigned i = 0; i < SYN_OPERATORS; i++)
		s->members[i] = (struct syn_member){ syn_operators[i], i };
	s->m = s->policy.m;
	s->member_count = SYN_OPERATORS;
	SYN(policy_write(&s->policy, &text, &len) == QUORUM_OK);
	syn_put(s, "policy", text, len, s->policy_sha256);
	free(text);
	memcpy(a.input_sha256, s->policy_sha256, 32);
	syn_use(&a, "self-test", 1);
	syn_propose(s, "-", &a);
	syn_approve(s, &a, SYN_OPERATORS);
	syn_begin(s, &a, SYN_OPERATORS);
	syn_result(s, &a,
	    json_pack("{s:o}", "policy", syn_hex(s->policy_sha256, 32)));
	s->has_policy = true;
	syn_step_end(s);
}

static inline json_t *
syn_key(EVP_PKEY *key, const char *role)
{
	char text[64];
	struct policy_spki spki;

	snprintf(text, sizeof(text), "anchorite-test/v1\nkey %s\n", role);
	syn_spki(key, &spki);
	return json_pack("{s:s,s:o,s:{s:b,s:b},s:s,s:o}", "role", role, "spki",
	    syn_b64(spki.der, spki.len), "attributes", "sensitive", 1,
	    "extractable", 0, "text", text, "signature",
	    syn_sign(key, text, strlen(text)));
}

static inline json_t *
syn_shares(struct synthetic *s, const char *label)
{
	json_t *shares = json_array();

	for (unsigned i = 0; i < s->member_count; i++) {
		uint8_t blob[32];
		char text[64];

		snprintf(text, sizeof(text), "share of %s, %u", label, i);
		syn_put(s, NULL, text, strlen(text), blob);
		SYN(object_put_copy(s->dirfd, text, strlen(text), NULL) ==
		    RECORD_OK);
		json_array_append_new(shares,
		    json_pack("{s:s,s:i,s:o,s:o}", "operator", s->members[i].id,
			"x", (int)i, "blob", syn_hex(blob, 32), "commitment",
			syn_hex(blob, 32)));
	}
	return shares;
}

static inline struct approval
syn_rekey_act(struct syn_token *t, const char *kind, const uint8_t policy[32])
{
	struct approval a = syn_on(t, policy);

	a.epoch = ++t->next_epoch;
	snprintf(a.kind, sizeof(a.kind), "%s", kind);
	syn_use(&a, "self-test", 1);
	return a;
}

/* What had the token's face took its PIN. */
static inline void
syn_expose(struct synthetic *s, struct syn_token *t)
{
	struct approval a = syn_rekey_act(t, "rotate", s->policy_sha256);

	syn_act(s, t->label, &a);
	syn_line(s, "pin.exposed",
	    json_pack("{s:I,s:s}", "act", (json_int_t)a.act, "label",
		t->label));
	syn_line(s, "act.void",
	    json_pack("{s:I,s:s}", "act", (json_int_t)a.act, "reason",
		"another token"));
}

/* A token is keyed anew, by its operators or with S: an act of kind `kind`,
 * which the caller has proposed and begun. */
static inline void
syn_rekey(struct synthetic *s, struct syn_token *t, const struct approval *a)
{
	char text[128];

	snprintf(text, sizeof(text),
	    "anchorite-test/v1\nlog " SYN_LOG "\nkey ca\ntoken %s\nnonce %u\n",
	    t->serial, a->epoch);
	syn_line(s, "rotate.prepare",
	    json_pack("{s:I,s:i,s:o,s:i,s:i,s:o}", "act", (json_int_t)a->act,
		"epoch", (int)a->epoch, "policy_sha256",
		syn_hex(s->policy_sha256, 32), "m", (int)s->m, "n",
		(int)s->member_count, "shares", syn_shares(s, t->label)));
	syn_result(s, a,
	    json_pack("{s:s,s:i,s:s,s:o}", "label", t->label, "epoch",
		(int)a->epoch, "text", text, "signature",
		syn_sign(t->ca, text, strlen(text))));
	t->epoch = a->epoch;
}

static inline void
syn_rotate(struct synthetic *s, struct syn_token *t)
{
	struct approval a = syn_rekey_act(t, "rotate", s->policy_sha256);

	syn_act(s, t->label, &a);
	syn_rekey(s, t, &a);
}

/* Initialise a token and make its keys. */
static inline void
syn_keygen(struct synthetic *s, struct syn_token *t, const char *roles,
    json_t *keys)
{
	struct approval a = { .epoch = 1, .has_nonce = true };
	char text[1024], plan[65];

	text_hex(s->plan, 32, plan);
	snprintf(text, sizeof(text),
	    "anchorite-keygen/v1\nplan %s\nstep %u\n%slabel %s\n", plan,
	    s->step, roles, t->label);
	syn_put(s, NULL, text, strlen(text), a.input_sha256);
	snprintf(a.token, sizeof(a.token), "%s", t->label);
	syn_use(&a, "self-test", (uint32_t)json_array_size(keys));
	if (!syn_twist(s, "keys-no-so"))
		syn_line(s, "so.use",
		    json_pack("{s:s,s:i}", "label", t->label, "n", t->so_n++));
	syn_act(s, t->label, &a);
	t->epoch = t->next_epoch = 1;
	syn_result(s, &a,
	    json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:o,s:o}", "label", t->label,
		"serial", t->serial, "module", "softhsm", "epoch", 1, "m", 2,
		"n", 3, "keys", keys, "shares", syn_shares(s, t->label)));
}

static inline void
syn_result_cert(struct synthetic *s, const struct approval *a, const char *name,
    const X509 *cert, uint8_t digest[32])
{
	uint8_t own[32];

	syn_put_cert(s, name, cert, own);
	syn_result(s, a, json_pack("{s:o}", "certificate", syn_hex(own, 32)));
	if (digest != NULL)
		memcpy(digest, own, 32);
}

/* The same TBS under a stranger's signature. */
static inline void
syn_forge(struct synthetic *s, const char *name, const X509 *cert)
{
	X509 *forged = X509_dup((X509 *)(uintptr_t)cert);
	EVP_PKEY *key = EVP_EC_gen("P-384");

	SYN(forged != NULL && X509_sign(forged, key, EVP_sha384()) > 0);
	syn_put_cert(s, name, forged, NULL);
	EVP_PKEY_free(key);
	X509_free(forged);
}

static inline void
syn_act_crl(struct synthetic *s, struct syn_token *t, const char *name,
    uint64_t number, unsigned days, const struct crl_entry *entries,
    size_t count, json_t *certs)
{
	struct approval a;
	uint8_t tbs[32];
	X509_CRL *crl =
	    syn_crl(s, t->ca_cert, number, days, entries, count, tbs);

	a = syn_on(t, tbs);
	syn_use(&a, "crl", 1);
	syn_act(s, t->label, &a);
	SYN(crl_sign(crl, t->ca) == CA_OK);
	syn_put_crl(s, name, crl, t->crl_sha256);
	syn_result(s, &a,
	    json_pack("{s:o,s:o,s:I}", "certificates", certs, "crl",
		syn_hex(t->crl_sha256, 32), "number", (json_int_t)number));
	X509_CRL_free(t->crl);
	t->crl = crl;
}

static inline void
syn_root(struct synthetic *s)
{
	struct syn_token *t = &s->root;
	struct policy_spki spki;
	struct approval a;
	uint8_t tbs[32], digest[32];

	syn_step(s, "root");
	syn_spki(t->ca, &spki);
	SHA256(spki.der, spki.len, t->ca_spki);
	syn_keygen(s, t, "role root\nalgorithm p384\n",
	    json_pack("[o]", syn_key(t->ca, "root")));
	t->ca_cert = syn_build(s, "root",
	    syn_twist(s, "root-subject") ? "CN=Other CA,O=Example"
					 : "CN=Root CA,O=Example",
	    t->ca, NULL, syn_twist(s, "root-years") ? 24 : 25, tbs);
	a = syn_on(t, tbs);
	syn_use(&a, "root", 1);
	syn_act(s, t->label, &a);
	SYN(cert_sign(t->ca_cert, t->ca) == CA_OK);
	syn_forge(s, "forged-root", t->ca_cert);
	syn_result_cert(s, &a, "root", t->ca_cert, digest);
	syn_act_crl(s, t, "root-crl", 1, 400, NULL, 0,
	    json_pack("[o]", syn_hex(digest, 32)));
	syn_step_end(s);
}

static inline void
syn_product(struct synthetic *s)
{
	struct syn_token *t = &s->prod;
	struct policy_spki spki;
	struct approval a, b;
	uint8_t tbs[32], ca[32], sealer[32];

	syn_step(s, "product-ca");
	syn_spki(t->ca, &spki);
	SHA256(spki.der, spki.len, t->ca_spki);
	syn_keygen(s, t,
	    "role product-ca\nalgorithm p256\nrole sealer\nalgorithm p256\n",
	    json_pack("[o,o]", syn_key(t->ca, "product-ca"),
		syn_key(t->sealer, "sealer")));
	t->ca_cert = syn_build(s, "product-ca", "CN=Product CA,O=Example",
	    t->ca, s->root.ca_cert, 20, tbs);
	a = syn_on(&s->root, tbs);
	syn_use(&a, "product-ca", 1);
	t->sealer_cert =
	    syn_build(s, "sealer", "CN=Product CA Sealer,O=Example", t->sealer,
		s->root.ca_cert, 20, tbs);
	b = syn_on(&s->root, tbs);
	syn_use(&b, "sealer", 1);
	/* two acts in one group */
	syn_propose(s, s->root.label, &a);
	syn_propose(s, s->root.label, &b);
	syn_approve(s, &a, 2);
	syn_approve(s, &b, 2);
	syn_begin(s, &a, 2);
	SYN(cert_sign(t->ca_cert, s->root.ca) == CA_OK);
	syn_result_cert(s, &a, "product-ca", t->ca_cert, ca);
	syn_begin(s, &b, 2);
	SYN(cert_sign(t->sealer_cert, s->root.ca) == CA_OK);
	syn_result_cert(s, &b, "sealer", t->sealer_cert, sealer);
	syn_act_crl(s, t, "product-crl", 1, SYN_CRL_DAYS, NULL, 0,
	    json_pack("[o,o]", syn_hex(ca, 32), syn_hex(sealer, 32)));
	syn_step_end(s);
}

static inline void
syn_seal(struct synthetic *s, const char *name, const char *payload, size_t len,
    EVP_PKEY *key, X509 *cert, uint8_t file[32])
{
	uint8_t *der = NULL;
	size_t der_len;

	SYN(sealed_sign(payload, len, key, cert, s->date, &der, &der_len) ==
	    TRANSFER_OK);
	syn_put(s, name, der, der_len, file);
	OPENSSL_free(der);
}

static inline void
syn_order(struct synthetic *s)
{
	struct order o = { .log = SYN_LOG,
		.factory = "north",
		.line = "3",
		.pattern = "unit-[0-9]",
		.subject = "CN=device-{id},O=Example",
		.profile = "device-tls",
		.quota = syn_twist(s, "order-quota") ? 4 : 3,
		.expiry = "20271231235959Z",
		.receipts = "20280131000000Z" };
	struct policy_spki spki;
	struct approval a;
	char *payload = NULL;
	size_t len;

	syn_step(s, "work-order");
	syn_spki(s->station, &spki);
	SHA256(spki.der, spki.len, o.station);
	SYN(order_write(&o, &payload, &len) == TRANSFER_OK);
	syn_put(s, "order", payload, len, s->order);
	a = syn_on(&s->prod, s->order);
	syn_use(&a, "seal-order", 1);
	syn_act(s, s->prod.label, &a);
	syn_seal(s, "order-file", payload, len, s->prod.sealer,
	    s->prod.sealer_cert, s->order_file);
	syn_result(s, &a,
	    json_pack("{s:o,s:o}", "order", syn_hex(s->order, 32), "file",
		syn_hex(s->order_file, 32)));
	free(payload);
	if (!syn_twist(s, "rotate-none"))
		syn_rotate(s, &s->root);
	syn_rotate(s, &s->prod);
	syn_step_end(s);
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
		checkpoint_key_id(&spki, sigs[i].key_id);
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

/* ---- the second ceremony ------------------------------------------------- */

static inline void
syn_csr(struct synthetic *s, unsigned i, struct request_entry *out)
{
	X509_REQ *req = X509_REQ_new();
	X509_NAME *name = X509_NAME_new();

	snprintf(out->id, sizeof(out->id), "unit-%u", i + 1);
	SYN(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)out->id, -1, -1, 0));
	SYN(X509_REQ_set_subject_name(req, name));
	SYN(X509_REQ_set_pubkey(req, s->device[i]));
	SYN(X509_REQ_sign(req,
		i + 1 == SYN_DEVICES ? s->stranger : s->device[i],
		EVP_sha256()) > 0);
	out->csr_len = (size_t)i2d_X509_REQ(req, &out->csr);
	X509_NAME_free(name);
	X509_REQ_free(req);
}

static inline void
syn_request(struct synthetic *s)
{
	struct request_entry entries[SYN_DEVICES] = { 0 };
	struct request r = { .bundle = { 0xb1 },
		.sequence = syn_twist(s, "request-gap") ? 2 : 1,
		.count = SYN_DEVICES,
		.entries = entries };
	EVP_PKEY *key = s->station;
	X509 *cert = s->station_cert;
	char *payload = NULL;
	size_t len;

	memcpy(r.order, s->order, 32);
	if (r.sequence > 1)
		memset(r.previous, 7, 32);
	for (unsigned i = 0; i < SYN_DEVICES; i++)
		syn_csr(s, i, &entries[i]);
	SYN(request_write(&r, &payload, &len) == TRANSFER_OK);
	SHA256((uint8_t *)payload, len, s->request);
	syn_name(s, "request", s->request);
	if (syn_twist(s, "request-stranger")) {
		key = s->stranger;
		cert = syn_self_cert(key, "stranger", key);
	}
	syn_seal(s, "request-file", payload, len, key, cert, s->request_file);
	if (cert != s->station_cert)
		X509_free(cert);
	syn_line(s, "request",
	    json_pack("{s:o,s:o,s:o,s:o,s:I,s:i}", "file",
		syn_hex(s->request_file, 32), "request",
		syn_hex(s->request, 32), "order", syn_hex(s->order, 32),
		"bundle", syn_hex(r.bundle, 16), "sequence",
		(json_int_t)r.sequence, "entries", SYN_DEVICES));
	for (unsigned i = 0; i < SYN_DEVICES; i++)
		OPENSSL_free(entries[i].csr);
	free(payload);
}

/* Three certificates, one refusal, CRL number 2; with `left` certificates
 * issued before (of a void act) as duplicates. */
static inline void
syn_worklist(struct synthetic *s, size_t left, struct worklist *w)
{
	memset(w, 0, sizeof(*w));
	memcpy(w->request, s->request, 32);
	memcpy(w->order, s->order, 32);
	snprintf(w->pattern, sizeof(w->pattern), "unit-[0-9]");
	snprintf(w->subject, sizeof(w->subject), "CN=device-{id},O=Example");
	w->quota_left = 3 - left;
	w->has_crl = true;
	w->crl_number = 2;
	w->crl_this = s->date;
	w->crl_next = s->date + SYN_CRL_DAYS * 86400;
	w->count = SYN_DEVICES;
	w->entries = calloc(SYN_DEVICES, sizeof(*w->entries));
	SYN(w->entries != NULL);
	for (unsigned i = 0; i < SYN_DEVICES; i++) {
		struct worklist_entry *e = &w->entries[i];
		struct policy_spki spki;

		if (i < left) {
			e->what = WORKLIST_DUPLICATE;
			SHA256(s->issued[i].data, s->issued[i].len,
			    e->cert_sha256);
			continue;
		}
		if (i + 1 == SYN_DEVICES) {
			e->what = WORKLIST_REFUSE;
			snprintf(e->rule, sizeof(e->rule), "csr.pop");
			continue;
		}
		e->what = WORKLIST_CERT;
		snprintf(e->profile, sizeof(e->profile), "device-tls");
		snprintf(e->id, sizeof(e->id), "unit-%u", i + 1);
		syn_spki(s->device[i], &spki);
		SHA256(spki.der, spki.len, e->spki_sha256);
		if (i == 1 && syn_twist(s, "worklist-key"))
			e->spki_sha256[0] ^= 1;
		e->not_before = s->date;
		e->not_after = syn_years(s, 10);
	}
}

static inline struct approval
syn_propose_batch(struct synthetic *s, size_t left, uint64_t resumes)
{
	struct worklist w;
	struct approval a;
	uint8_t input[32];
	char *text = NULL;
	size_t len;

	syn_worklist(s, left, &w);
	SYN(worklist_write(&w, &text, &len) == RECORD_OK);
	syn_put(s, left == 0 ? "worklist" : NULL, text, len, input);
	a = syn_on(&s->prod, input);
	a.resumes = resumes;
	syn_use(&a, "device-tls", (uint32_t)worklist_certs(&w));
	syn_use(&a, "crl", 1);
	syn_use(&a, "seal-response", 1);
	syn_propose(s, s->prod.label, &a);
	free(text);
	worklist_clear(&w);
	return a;
}

/* Sign unit i: intent, certificate, result. */
static inline void
syn_issue(struct synthetic *s, const struct approval *a, unsigned i)
{
	struct intent intent = { .profile = "device-tls" };
	struct policy_spki spki;
	char subject[64];
	uint8_t *der = NULL;
	size_t len;
	X509 *cert;

	snprintf(intent.id, sizeof(intent.id), "unit-%u", i + 1);
	snprintf(subject, sizeof(subject), "CN=device-unit-%u,O=Example",
	    i == 2 && syn_twist(s, "device-subject") ? 9 : i + 1);
	syn_spki(s->device[i], &spki);
	SHA256(spki.der, spki.len, intent.spki_sha256);
	cert = syn_build(s, "device-tls", subject, s->device[i],
	    s->prod.ca_cert, i == 2 && syn_twist(s, "device-years") ? 9 : 10,
	    intent.tbs_sha256);
	intent.serial[0] = 0x01;
	intent.serial[1] = s->serial_count;
	SYN(issuance_intent(s->log, a->act, &intent) == RECORD_OK);
	SYN(cert_sign(cert, s->prod.ca) == CA_OK);
	SYN(cert_der(cert, &der, &len) == CA_OK);
	if (!(i == 2 && syn_twist(s, "result-missing")))
		SYN(issuance_result(s->log, a->act, der, len) == RECORD_OK);
	s->issued[i].data = der;
	s->issued[i].len = len;
	s->issued_count++;
	X509_free(cert);
}

static inline void
syn_response_entry(struct synthetic *s, unsigned i, size_t left,
    struct response_entry *e)
{
	const struct tree *tree = issuance_tree(s->log);
	int n;

	if (i + 1 == SYN_DEVICES) {
		e->status = RESPONSE_REJECTED;
		snprintf(e->rule, sizeof(e->rule), "%s",
		    syn_twist(s, "response-rule") ? "csr.der" : "csr.pop");
		snprintf(e->reason, sizeof(e->reason), "a reason");
		return;
	}
	e->status = i < left ? RESPONSE_DUPLICATE : RESPONSE_ISSUED;
	if (i == 1 && syn_twist(s, "response-counts"))
		e->status = RESPONSE_DUPLICATE;
	snprintf(e->id, sizeof(e->id), "unit-%u", i + 1);
	e->certificate = s->issued[i].data;
	e->certificate_len = s->issued[i].len;
	/* any leaf there is, where a twist left the right one out */
	e->leaf = i < tree_size(tree) ? i : 0;
	e->proof = calloc(RESPONSE_PROOF_MAX, 32);
	SYN(e->proof != NULL);
	n = tree_proof(tree, e->leaf, e->proof);
	SYN(n >= 0);
	e->proof_len = (size_t)n;
	if (i == 1 && syn_twist(s, "response-proof"))
		e->proof[0][0] ^= 1;
	if (i == 1 && syn_twist(s, "response-swap")) {
		e->certificate = s->issued[2].data;
		e->certificate_len = s->issued[2].len;
	}
}

static inline struct blob
syn_blob(X509 *cert, X509_CRL *crl)
{
	struct blob b = { 0 };
	int n =
	    cert != NULL ? i2d_X509(cert, &b.data) : i2d_X509_CRL(crl, &b.data);

	SYN(n > 0);
	b.len = (size_t)n;
	return b;
}

static inline void
syn_respond(struct synthetic *s, const struct approval *a, size_t left)
{
	struct response_entry entries[SYN_DEVICES] = { 0 };
	struct response r = { .log = SYN_LOG,
		.count = SYN_DEVICES,
		.entries = entries,
		.chain_count = 2,
		.crl_count = 2 };
	uint8_t digest[32];
	char *payload = NULL;
	size_t len;
	json_t *body, *state;

	memcpy(r.request, s->request, 32);
	memcpy(r.order, s->order, 32);
	memcpy(r.transcript, s->begin, 32);
	if (syn_twist(s, "response-transcript"))
		r.transcript[0] ^= 1;
	if (syn_twist(s, "response-request"))
		r.request[0] ^= 1;
	r.tree_size = tree_size(issuance_tree(s->log));
	tree_root(issuance_tree(s->log), r.tree_root);
	if (syn_twist(s, "response-tree"))
		r.tree_root[0] ^= 1;
	for (unsigned i = 0; i < SYN_DEVICES; i++)
		syn_response_entry(s, i, left, &entries[i]);
	r.chain[0] = syn_blob(s->prod.ca_cert, NULL);
	r.chain[1] = syn_blob(s->root.ca_cert, NULL);
	r.crls[0] = syn_blob(NULL, s->prod.crl);
	r.crls[1] = syn_blob(NULL, s->root.crl);
	SYN(response_write(&r, &payload, &len) == TRANSFER_OK);
	SHA256((uint8_t *)payload, len, digest);
	syn_seal(s, "response", payload, len, s->prod.sealer,
	    s->prod.sealer_cert, s->response);
	body = json_pack("{s:o,s:o,s:i,s:i,s:i}", "response",
	    syn_hex(s->response, 32), "payload", syn_hex(digest, 32), "issued",
	    (int)(SYN_DEVICES - 1 - left), "duplicate", (int)left, "rejected",
	    1);
	state = syn_log_state(s);
	json_object_update(body, state);
	json_decref(state);
	json_object_set_new(body, "crl", syn_hex(s->prod.crl_sha256, 32));
	json_object_set_new(body, "number",
	    json_integer(syn_twist(s, "crl-number") ? 3 : 2));
	syn_result(s, a, body);
	for (unsigned i = 0; i < SYN_DEVICES; i++)
		free(entries[i].proof);
	for (unsigned i = 0; i < 2; i++) {
		OPENSSL_free(r.chain[i].data);
		OPENSSL_free(r.crls[i].data);
	}
	free(payload);
}

static inline void
syn_batch_crl(struct synthetic *s)
{
	struct crl_entry extra = { .serial = { 0x01, 0x77 },
		.serial_len = SERIAL_SIZE,
		.date = s->date };
	size_t count = syn_twist(s, "crl-extra") ? 1 : 0;
	uint8_t tbs[32];
	X509_CRL *crl =
	    syn_crl(s, s->prod.ca_cert, 2, SYN_CRL_DAYS, &extra, count, tbs);

	SYN(crl_sign(crl, s->prod.ca) == CA_OK);
	syn_put_crl(s, NULL, crl, s->prod.crl_sha256);
	X509_CRL_free(s->prod.crl);
	s->prod.crl = crl;
}

static inline void
syn_batch(struct synthetic *s)
{
	struct approval a;
	uint64_t void_act;

	syn_step(s, "batch");
	syn_request(s);
	/* begun, one certificate signed, then the power fails */
	a = syn_propose_batch(s, 0, 0);
	syn_line(s, "approve.refused",
	    json_pack("{s:I,s:s,s:s}", "act", (json_int_t)a.act, "operator",
		"carol", "reason", "she wants to read it again"));
	syn_approve(s, &a, 2);
	syn_begin(s, &a, 2);
	syn_issue(s, &a, 0);
	SYN(issuance_sync(s->log) == RECORD_OK);
	syn_line(s, "ceremony.resume",
	    json_pack("{s:o,s:b}", "plan", syn_hex(s->plan, 32), "torn", 0));
	syn_line(s, "act.void",
	    json_pack("{s:I,s:s}", "act", (json_int_t)a.act, "reason",
		"the power failed"));
	void_act = a.act;
	syn_line(s, "step.begin",
	    json_pack("{s:i,s:s}", "step", (int)s->step, "kind", "batch"));
	syn_line(s, "exception",
	    json_pack("{s:s,s:s}", "what", "a pause", "reason", "power"));
	syn_line(s, "card",
	    json_pack("{s:s,s:s,s:s,s:i}", "label", "op-a", "serial", "OP0",
		"event", "head-checked", "seq", 4));
	a = syn_propose_batch(s, 1, void_act);
	syn_approve(s, &a, 2);
	syn_begin(s, &a, 2);
	for (unsigned i = 1; i + 1 < SYN_DEVICES; i++)
		syn_issue(s, &a, i);
	SYN(issuance_sync(s->log) == RECORD_OK);
	syn_batch_crl(s);
	syn_respond(s, &a, 1);
	syn_line(s, "request.repeat",
	    json_pack("{s:o,s:o}", "request", syn_hex(s->request, 32),
		"response", syn_hex(s->response, 32)));
	syn_step_end(s);
}

static inline void
syn_crl_steps(struct synthetic *s)
{
	struct crl_entry revoked = { .serial_len = SERIAL_SIZE,
		.reason = 1,
		.date = s->date };
	X509 *cert = NULL;

	SYN(cert_parse(s->issued[0].data, s->issued[0].len, &cert) == CA_OK);
	SYN(cert_serial(cert, revoked.serial, &revoked.serial_len) == CA_OK);
	X509_free(cert);
	syn_step(s, "crl");
	syn_act_crl(s, &s->prod, "revoking-crl", 3, SYN_CRL_DAYS, &revoked, 1,
	    json_array());
	syn_step_end(s);
	syn_step(s, "crl");
	syn_act_crl(s, &s->prod, NULL, 4,
	    syn_twist(s, "crl-days") ? 89 : SYN_CRL_DAYS, &revoked,
	    syn_twist(s, "crl-drops") ? 0 : 1, json_array());
	if (syn_twist(s, "exposed"))
		syn_expose(s, &s->prod);
	else
		syn_rotate(s, &s->prod);
	syn_step_end(s);
}

/* ---- the third ceremony -------------------------------------------------- */

/* Bob is called Rob now, Carol has another card, Dave joins: three of four. */
static inline void
syn_compose_change(struct synthetic *s, uint8_t digest[32])
{
	static const struct syn_member later[SYN_LATER] = { { "alice", 0 },
		{ "carol", 3 }, { "dave", 4 }, { "rob", 1 } };
	struct policy *p = &s->policy;
	char *text = NULL;
	size_t len;

	p->version = syn_twist(s, "policy-version") ? 3 : 2;
	p->m = 3;
	p->n = SYN_LATER;
	for (unsigned i = 0; i < SYN_LATER; i++) {
		struct policy_operator *o = &p->operators[i];

		snprintf(o->id, sizeof(o->id), "%s", later[i].id);
		syn_spki(i == 2 && syn_twist(s, "policy-stranger")
			? s->stranger
			: s->sign[later[i].card],
		    &o->sign);
		syn_spki(s->derive[later[i].card], &o->derive);
	}
	SYN(policy_write(p, &text, &len) == QUORUM_OK);
	syn_put(s, "policy-2", text, len, digest);
	free(text);
}

static inline void
syn_take_change(struct synthetic *s, const uint8_t digest[32])
{
	static const struct syn_member later[SYN_LATER] = { { "alice", 0 },
		{ "carol", 3 }, { "dave", 4 }, { "rob", 1 } };

	memcpy(s->members, later, sizeof(later));
	memcpy(s->policy_sha256, digest, 32);
	s->member_count = SYN_LATER;
	s->m = s->policy.m;
}

static inline void
syn_change(struct synthetic *s)
{
	struct approval a = { .token = "-" }, b;
	uint8_t later[32];

	syn_step(s, "quorum-change");
	syn_enrol(s, 3);
	syn_enrol(s, 4);
	syn_compose_change(s, later);
	memcpy(a.input_sha256, later, 32);
	syn_use(&a, "self-test", 1);
	b = syn_rekey_act(&s->root, "rotate",
	    syn_twist(s, "rotate-before") ? s->policy_sha256 : later);
	syn_propose(s, "-", &a);
	syn_propose(s, s->root.label, &b);
	syn_approve(s, &a, 2);
	syn_approve(s, &b, 2);
	syn_begin(s, &a, 2);
	syn_result(s, &a, json_pack("{s:o}", "policy", syn_hex(later, 32)));
	syn_begin(s, &b, 2);
	syn_take_change(s, later);
	syn_rekey(s, &s->root, &b);
	syn_step_end(s);
}

/* The token is on the old policy: S makes it the new one's. */
static inline void
syn_recover(struct synthetic *s, struct syn_token *t)
{
	struct approval a;

	if (!syn_twist(s, "recovery-no-so"))
		syn_line(s, "so.use",
		    json_pack("{s:s,s:i}", "label", t->label, "n", t->so_n++));
	a = syn_rekey_act(t, "recovery", s->policy_sha256);
	syn_act(s, t->label, &a);
	syn_rekey(s, t, &a);
}

static inline void
syn_recovery(struct synthetic *s)
{
	syn_step(s, "recovery");
	syn_recover(s, &s->prod);
	syn_step_end(s);
}

/* A token is keyed anew up to where the power fails. */
static inline void
syn_cut_off(struct synthetic *s, struct syn_token *t, const char *kind)
{
	struct approval a = syn_rekey_act(t, kind, s->policy_sha256);

	syn_act(s, t->label, &a);
	syn_line(s, "rotate.prepare",
	    json_pack("{s:I,s:i,s:o,s:i,s:i,s:o}", "act", (json_int_t)a.act,
		"epoch", (int)a.epoch, "policy_sha256",
		syn_hex(s->policy_sha256, 32), "m", (int)s->m, "n",
		(int)s->member_count, "shares", syn_shares(s, t->label)));
	syn_line(s, "act.void",
	    json_pack("{s:I,s:s}", "act", (json_int_t)a.act, "reason",
		"the power failed"));
}

/* A rotation finds out in which epoch the token is. */
static inline void
syn_found(struct synthetic *s, struct syn_token *t, uint32_t epoch)
{
	struct approval a = syn_rekey_act(t, "rotate", s->policy_sha256);

	syn_act(s, t->label, &a);
	syn_line(s, "rotate.found",
	    json_pack("{s:I,s:i}", "act", (json_int_t)a.act, "epoch",
		(int)epoch));
	syn_rekey(s, t, &a);
}

static inline void
syn_cut_rotation(struct synthetic *s, struct syn_token *t)
{
	syn_cut_off(s, t, "rotate");
	syn_found(s, t, t->epoch);
}

/* A rotation came, but its result did not; then S is tried in vain at first. */
static inline void
syn_vain_recovery(struct synthetic *s)
{
	struct syn_token *t = &s->root;
	uint32_t came;

	syn_step(s, "recovery");
	syn_cut_off(s, t, "rotate");
	came = t->next_epoch;
	syn_line(s, "so.use",
	    json_pack("{s:s,s:i}", "label", t->label, "n", t->so_n));
	syn_cut_off(s, t, "recovery");
	syn_found(s, t, came);
	syn_recover(s, t);
	syn_step_end(s);
}

static inline void
syn_later_crl(struct synthetic *s)
{
	struct crl_entry revoked = { .serial_len = SERIAL_SIZE,
		.reason = 1,
		.date = 0 };
	X509 *cert = NULL;

	SYN(date_parse_rfc3339(SYN_DATE_2, &revoked.date) == CA_OK);
	SYN(cert_parse(s->issued[0].data, s->issued[0].len, &cert) == CA_OK);
	SYN(cert_serial(cert, revoked.serial, &revoked.serial_len) == CA_OK);
	X509_free(cert);
	syn_step(s, "crl");
	syn_act_crl(s, &s->prod, NULL, 5, SYN_CRL_DAYS, &revoked, 1,
	    json_array());
	syn_cut_rotation(s, &s->prod);
	syn_step_end(s);
}

/* ---- all of it ----------------------------------------------------------- */

/* Keys are made by the caller's choice once, for many states. */
static inline void
syn_keys(struct synthetic *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < SYN_CARDS; i++) {
		s->sign[i] = EVP_EC_gen("P-256");
		s->derive[i] = EVP_EC_gen("P-256");
	}
	for (unsigned i = 0; i < SYN_DEVICES; i++)
		s->device[i] = EVP_EC_gen("P-256");
	s->station = EVP_EC_gen("P-256");
	s->stranger = EVP_EC_gen("P-256");
	s->root = (struct syn_token){ .label = "root-1", .serial = "R1" };
	s->prod = (struct syn_token){ .label = "prod-1", .serial = "P1" };
	s->root.ca = EVP_EC_gen("P-384");
	s->prod.ca = EVP_EC_gen("P-256");
	s->prod.sealer = EVP_EC_gen("P-256");
	s->station_cert = syn_self_cert(s->station, "line 3", s->station);
}

/* Write a state into an empty folder. */
static inline void
syn_make(struct synthetic *s, int dirfd, const char *twist)
{
	s->twist = twist;
	s->dirfd = dirfd;
	SYN(transcript_open(dirfd, true, &s->t, NULL, NULL) == RECORD_OK);
	SYN(issuance_open(dirfd, true, NULL, NULL, &s->log, NULL) == RECORD_OK);
	syn_open(s, "genesis", SYN_DATE_1, syn_plan_1, "plan-1");
	syn_quorum(s);
	syn_root(s);
	syn_product(s);
	syn_order(s);
	syn_close(s);
	if (syn_twist(s, "plan-card"))
		syn_open_without_card(s);
	else
		syn_open(s, "batch-1", SYN_DATE_2, syn_plan_2, "plan-2");
	syn_batch(s);
	syn_crl_steps(s);
	syn_close(s);
	syn_open(s, "change", SYN_DATE_3, syn_plan_3, "plan-3");
	syn_change(s);
	syn_recovery(s);
	syn_later_crl(s);
	syn_vain_recovery(s);
	syn_close(s);
}

/* Forget the state, keep the keys. */
static inline void
syn_reset(struct synthetic *s)
{
	struct synthetic keys = { .station = s->station,
		.stranger = s->stranger,
		.station_cert = s->station_cert,
		.root = { .label = "root-1", .serial = "R1", .ca = s->root.ca },
		.prod = { .label = "prod-1",
		    .serial = "P1",
		    .ca = s->prod.ca,
		    .sealer = s->prod.sealer } };

	memcpy(keys.sign, s->sign, sizeof(keys.sign));
	memcpy(keys.derive, s->derive, sizeof(keys.derive));
	memcpy(keys.device, s->device, sizeof(keys.device));
	transcript_close(s->t);
	issuance_close(s->log);
	X509_free(s->root.ca_cert);
	X509_free(s->prod.ca_cert);
	X509_free(s->prod.sealer_cert);
	X509_CRL_free(s->root.crl);
	X509_CRL_free(s->prod.crl);
	for (unsigned i = 0; i < SYN_DEVICES; i++)
		OPENSSL_free(s->issued[i].data);
	*s = keys;
}

static inline void
syn_free(struct synthetic *s)
{
	syn_reset(s);
	for (unsigned i = 0; i < SYN_CARDS; i++) {
		EVP_PKEY_free(s->sign[i]);
		EVP_PKEY_free(s->derive[i]);
	}
	for (unsigned i = 0; i < SYN_DEVICES; i++)
		EVP_PKEY_free(s->device[i]);
	EVP_PKEY_free(s->station);
	EVP_PKEY_free(s->stranger);
	X509_free(s->station_cert);
	EVP_PKEY_free(s->root.ca);
	EVP_PKEY_free(s->prod.ca);
	EVP_PKEY_free(s->prod.sealer);
}

static inline const uint8_t *
syn_find(const struct synthetic *s, const char *name)
{
	for (size_t i = 0; i < s->name_count; i++)
		if (strcmp(s->names[i].name, name) == 0)
			return s->names[i].digest;
	return NULL;
}

#endif
