/* SPDX-License-Identifier: ISC */
/* What a batch left in the issuance log and in its response. */
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/key.h"
#include "ca/subject.h"
#include "ceremony/auditor/audit.h"
#include "ceremony/record/tree.h"
#include "transfer/response.h"
#include "transfer/sealed.h"

/* One batch, on one token or several: its worklist, its issuer, the result of
 * each entry. */
struct batch {
	struct audit *a;
	const struct history_act *act;
	struct worklist list;
	X509 *issuer;
	const struct audit_issue **results; /* by entry, NULL: none */
};

/* ---- the issuance log ---------------------------------------------------- */

/* The cert line that an intent is of; SIZE_MAX when there is none. */
static size_t
find_entry(const struct batch *b, const struct intent *in)
{
	for (size_t i = 0; i < b->list.count; i++) {
		const struct worklist_entry *e = &b->list.entries[i];

		if (e->what == WORKLIST_CERT && strcmp(e->id, in->id) == 0 &&
		    strcmp(e->profile, in->profile) == 0 &&
		    strcmp(e->hwserial, in->hwserial) == 0 &&
		    memcmp(e->spki_sha256, in->spki_sha256, 32) == 0)
			return i;
	}
	return SIZE_MAX;
}

/* The certificate is what its line of the worklist says, built again. */
static void
compare_cert(struct batch *b, size_t line, const struct worklist_entry *e,
    const struct audit_issue *r)
{
	char subject[SUBJECT_TEXT_MAX + 1];
	struct cert_spec spec = { .profile = profile_find(e->profile),
		.subject = subject,
		.hwserial = e->hwserial[0] == '\0' ? NULL : e->hwserial,
		.issuer = b->issuer,
		.not_before = e->not_before,
		.not_after = e->not_after };
	enum ca_error err = CA_ERR_ENCODING;
	uint8_t *spki = NULL;
	X509 *cert = NULL;

	memcpy(spec.serial, r->intent.serial, SERIAL_SIZE);
	if (subject_expand(b->list.subject, e->id, subject) == CA_OK &&
	    cert_parse(r->der, r->len, &cert) == CA_OK &&
	    key_to_spki(X509_get0_pubkey(cert), &spki, &spec.spki_len) ==
		CA_OK) {
		spec.spki = spki;
		err = cert_selfcheck(r->der, r->len, &spec);
	}
	if (err != CA_OK)
		report_finding(b->a->report,
		    "issuance.jsonl line %zu: the certificate of %s is not the "
		    "one of act %llu's worklist: %s",
		    line, e->id, (unsigned long long)b->act->approval.act,
		    ca_strerror(err));
	OPENSSL_free(spki);
	X509_free(cert);
}

static void
take_issue(struct batch *b, size_t line, const struct audit_issue *r)
{
	size_t at;

	if (r->type == ISSUANCE_VOID)
		return;
	at = r->type == ISSUANCE_RESULT && !r->has_intent
	    ? SIZE_MAX
	    : find_entry(b, &r->intent);
	if (at == SIZE_MAX) {
		report_finding(b->a->report,
		    "issuance.jsonl line %zu: not in act %llu's worklist", line,
		    (unsigned long long)b->act->approval.act);
		return;
	}
	if (r->type != ISSUANCE_RESULT)
		return;
	if (b->results[at] != NULL) {
		report_finding(b->a->report,
		    "issuance.jsonl line %zu: a second certificate of %s", line,
		    r->intent.id);
		return;
	}
	b->results[at] = r;
	b->a->counts.certificates++;
	compare_cert(b, line, &b->list.entries[at], r);
}

static void
check_issues(struct batch *b, bool done)
{
	size_t left = 0;

	for (size_t i = 0; i < b->a->issue_count; i++)
		if (history_beside(b->a->history, b->a->issues[i].act,
			b->act->lead))
			take_issue(b, i + 1, &b->a->issues[i]);
	for (size_t i = 0; i < b->list.count; i++) {
		const struct worklist_entry *e = &b->list.entries[i];

		if (e->what != WORKLIST_CERT)
			continue;
		left += b->results[i] != NULL;
		if (done && b->results[i] == NULL)
			audit_here(b->a, "%s has no certificate in the log",
			    e->id);
	}
	if (!done && left > 0)
		report_note(b->a->report,
		    "act %llu (batch) is void but left %zu certificates in the "
		    "log",
		    (unsigned long long)b->act->approval.act, left);
}

/* What an act says that its token signed, against the log's lines of that act.
 * Where the power failed the log may have fewer. */
static void
compare_uses(struct batch *b, const struct history_act *act, bool done)
{
	uint64_t n = 0;

	for (size_t i = 0; i < b->a->issue_count; i++)
		n += b->a->issues[i].type == ISSUANCE_RESULT &&
		    b->a->issues[i].act == act->approval.act;
	if (done ? n == act->signed_ : act->signed_ == 0 || n <= act->signed_)
		return;
	audit_here(b->a,
	    "act %llu: %s signed %llu certificates, the log has %llu of it",
	    (unsigned long long)act->approval.act, act->label,
	    (unsigned long long)act->signed_, (unsigned long long)n);
}

static void
check_uses(struct batch *b, bool done)
{
	const struct history *h = b->a->history;

	for (uint64_t i = b->act->lead; history_beside(h, i, b->act->lead); i++)
		compare_uses(b, &h->acts[i - 1], done);
}

/* ---- the response -------------------------------------------------------- */

static const struct audit_issue *
find_result(const struct audit *a, const uint8_t cert_sha256[32])
{
	for (size_t i = 0; i < a->issue_count; i++)
		if (a->issues[i].type == ISSUANCE_RESULT &&
		    memcmp(a->issues[i].cert_sha256, cert_sha256, 32) == 0)
			return &a->issues[i];
	return NULL;
}

/* The certificate is the log's, and the proof shows it. */
static void
compare_issued(struct batch *b, size_t n, const struct response *r,
    const struct response_entry *e, const struct audit_issue *in)
{
	uint8_t leaf[32];

	if (in == NULL || e->certificate_len != in->len ||
	    memcmp(e->certificate, in->der, in->len) != 0 ||
	    strcmp(e->id, in->intent.id) != 0) {
		audit_here(b->a,
		    "response entry %zu: not the certificate of "
		    "the log",
		    n + 1);
		return;
	}
	tree_leaf(e->certificate, e->certificate_len, leaf);
	if (e->leaf != in->leaf ||
	    !tree_verify(leaf, e->leaf, r->tree_size,
		(const uint8_t(*)[32])e->proof, e->proof_len, r->tree_root))
		audit_here(b->a,
		    "response entry %zu (%s): its proof does not "
		    "lead to the root",
		    n + 1, e->id);
}

static void
compare_entry(struct batch *b, size_t n, const struct response *r)
{
	static const enum response_status status[] = {
		[WORKLIST_CERT] = RESPONSE_ISSUED,
		[WORKLIST_REFUSE] = RESPONSE_REJECTED,
		[WORKLIST_DUPLICATE] = RESPONSE_DUPLICATE,
	};
	const struct worklist_entry *w = &b->list.entries[n];
	const struct response_entry *e = &r->entries[n];

	if (e->status != status[w->what]) {
		audit_here(b->a, "response entry %zu: %s, not %s", n + 1,
		    response_status_name(e->status),
		    response_status_name(status[w->what]));
		return;
	}
	switch (w->what) {
	case WORKLIST_CERT:
		compare_issued(b, n, r, e, b->results[n]);
		break;
	case WORKLIST_DUPLICATE:
		compare_issued(b, n, r, e, find_result(b->a, w->cert_sha256));
		break;
	case WORKLIST_REFUSE:
		if (strcmp(e->rule, w->rule) != 0)
			audit_here(b->a, "response entry %zu: rule %s, not %s",
			    n + 1, e->rule, w->rule);
		break;
	}
}

static bool
blob_is(const struct blob *b, const uint8_t sha256[32])
{
	uint8_t digest[32];

	return SHA256(b->data, b->len, digest) != NULL &&
	    memcmp(digest, sha256, 32) == 0;
}

static const struct history_token *
root_token(const struct audit *a)
{
	for (size_t i = 0; i < a->history->token_count; i++)
		if (strcmp(a->history->tokens[i].keys[0].role, "root") == 0)
			return &a->history->tokens[i];
	return NULL;
}

/* Product CA first, root last, and the newest CRL of each. */
static void
compare_chain(struct batch *b, const struct response *r)
{
	const struct history_token *t = audit_token(b->a, b->act);
	const struct history_token *root = root_token(b->a);

	if (t == NULL || root == NULL)
		return;
	if (r->chain_count != 2 || !blob_is(&r->chain[0], t->keys[0].cert) ||
	    !blob_is(&r->chain[1], root->keys[0].cert))
		audit_here(b->a, "the response has another chain");
	if (r->crl_count != 2 || !blob_is(&r->crls[0], t->crl) ||
	    !blob_is(&r->crls[1], root->crl))
		audit_here(b->a, "the response has other CRLs");
}

static uint8_t *
open_response(struct batch *b, const uint8_t file[32], size_t *len)
{
	const struct history_token *t = audit_token(b->a, b->act);
	EVP_PKEY *key = t == NULL ? NULL : policy_key(&t->keys[1].spki);
	size_t der_len;
	uint8_t *payload = NULL, digest[32];
	uint8_t *der = audit_object(b->a, file, &der_len);

	if (key == NULL || der == NULL ||
	    sealed_open(der, der_len, key, &payload, len, digest) !=
		TRANSFER_OK)
		audit_here(b->a, "the response cannot be opened");
	free(der);
	EVP_PKEY_free(key);
	return payload;
}

static void
check_response(struct batch *b)
{
	const struct history_request *record =
	    history_request(b->a->history, b->act->request);
	struct transfer_fault why = { 0 };
	struct response r = { 0 };
	uint8_t *payload;
	size_t len;

	if (record == NULL ||
	    (payload = open_response(b, record->response, &len)) == NULL)
		return;
	if (response_read((const char *)payload, len, &r, &why) !=
	    TRANSFER_OK) {
		audit_here(b->a, "response: %s", why.text);
	} else if (r.count == b->list.count) {
		/* head, counts and tree were held against the record */
		for (size_t i = 0; i < r.count; i++)
			compare_entry(b, i, &r);
		compare_chain(b, &r);
	}
	response_clear(&r);
	OPENSSL_free(payload);
}

/* ---- an act -------------------------------------------------------------- */

static bool
batch_load(struct batch *b)
{
	const struct history_token *t = audit_token(b->a, b->act);
	size_t len;
	uint8_t *text = audit_object(b->a, b->act->approval.input_sha256, &len);
	bool ok = t != NULL && text != NULL &&
	    worklist_read((const char *)text, len, &b->list, NULL) ==
		RECORD_OK &&
	    (b->issuer = audit_cert(b->a, t->keys[0].cert)) != NULL &&
	    (b->results = calloc(b->list.count, sizeof(*b->results))) != NULL;

	free(text);
	return ok;
}

void
check_batch(struct audit *a, const struct history_act *act, bool done)
{
	struct batch b = { .a = a, .act = act };

	if (!batch_load(&b)) {
		audit_here(a, "its worklist or issuer cannot be read");
	} else {
		check_issues(&b, done);
		check_uses(&b, done);
		if (done)
			check_response(&b);
		a->counts.batches += done;
		a->counts.crls += done && b.list.has_crl;
	}
	X509_free(b.issuer);
	free(b.results);
	worklist_clear(&b.list);
}
