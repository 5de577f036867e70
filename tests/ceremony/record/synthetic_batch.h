/* SPDX-License-Identifier: ISC */
#ifndef TESTS_RECORD_SYNTHETIC_BATCH_H
#define TESTS_RECORD_SYNTHETIC_BATCH_H

/* The second ceremony of synthetic.h: a batch that was void once, and CRLs. */

#include "tests/ceremony/record/synthetic_genesis.h"

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
	    json_pack("{s:o,s:b,s:{s:s,s:s,s:s},s:o*,s:s*}", "plan",
		syn_hex(s->plan, 32), "torn", 0, "levels", "operator",
		SYN_LEVEL, "reader",
		strcmp(s->twist, "resumed") == 0 ? SYN_LESS : SYN_LEVEL,
		"signer", SYN_LEVEL, "image", syn_image(s), "shell",
		syn_shell(s, true)));
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

#endif
