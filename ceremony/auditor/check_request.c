/* SPDX-License-Identifier: ISC */
#include "ceremony/auditor/check_request.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/sealed.h"

static bool
read_order(struct audit *a, const uint8_t digest[32], struct order *out)
{
	struct transfer_fault why = { 0 };
	size_t len;
	uint8_t *text = audit_object(a, digest, &len);
	bool ok = text != NULL &&
	    order_read((const char *)text, len, out, &why) == TRANSFER_OK;

	if (text != NULL && !ok)
		audit_here(a, "order: %s", why.text);
	free(text);
	return ok;
}

/* The key inside the file, if it is the one that the order names. */
static bool
station_key(struct audit *a, const uint8_t *der, size_t len,
    const struct order *order, struct key_ident *ident, EVP_PKEY **out)
{
	X509 *cert = sealed_peek_cert(der, len);
	uint8_t *spki = NULL;
	size_t spki_len = 0;
	bool ok = cert != NULL &&
	    key_to_spki(X509_get0_pubkey(cert), &spki, &spki_len) == CA_OK &&
	    key_identify(spki, spki_len, ident) == CA_OK &&
	    memcmp(ident->spki_sha256, order->station, 32) == 0 &&
	    key_from_spki(spki, spki_len, out) == CA_OK;

	OPENSSL_free(spki);
	X509_free(cert);
	if (!ok)
		audit_here(a, "the request does not carry its station's key");
	return ok;
}

static bool
open_file(struct audit *a, const struct history_request *record,
    struct audit_request *out, uint8_t **payload, size_t *len)
{
	uint8_t digest[32], *der;
	EVP_PKEY *key = NULL;
	enum transfer_error err;
	size_t der_len;
	bool ok = false;

	if ((der = audit_object(a, record->file, &der_len)) == NULL)
		return false;
	if (station_key(a, der, der_len, &out->order, &out->station, &key)) {
		err = sealed_open(der, der_len, key, payload, len, digest);
		ok = err == TRANSFER_OK &&
		    memcmp(digest, record->request, 32) == 0;
		if (err != TRANSFER_OK)
			audit_here(a, "request: %s", transfer_strerror(err));
		else if (!ok)
			audit_here(a, "the request has another payload");
	}
	EVP_PKEY_free(key);
	free(der);
	return ok;
}

bool
audit_request_open(struct audit *a, const struct history_request *record,
    struct audit_request *out)
{
	struct transfer_fault why = { 0 };
	uint8_t *payload = NULL;
	size_t len = 0;
	bool ok;

	memset(out, 0, sizeof(*out));
	if (!read_order(a, record->order, &out->order))
		return false;
	ok = open_file(a, record, out, &payload, &len);
	if (ok &&
	    request_read((const char *)payload, len, &out->request, &why) !=
		TRANSFER_OK) {
		audit_here(a, "request: %s", why.text);
		ok = false;
	}
	OPENSSL_free(payload);
	return ok;
}

void
audit_request_clear(struct audit_request *r)
{
	request_clear(&r->request);
}

struct candidate *
audit_candidates(const struct audit_request *r)
{
	const struct profile *profile = profile_find(r->order.profile);
	struct candidate *out = calloc(r->request.count, sizeof(*out));

	for (size_t i = 0; out != NULL && i < r->request.count; i++) {
		const struct request_entry *e = &r->request.entries[i];

		memcpy(out[i].id, e->id, sizeof(out[i].id));
		memcpy(out[i].hwserial, e->hwserial, sizeof(out[i].hwserial));
		out[i].rule = profile == NULL
		    ? RULE_CURVE
		    : csr_check(e->csr, e->csr_len, e->id, profile,
			  &out[i].csr);
	}
	return out;
}

/* ---- the request record -------------------------------------------------- */

/* The request recorded last before this one for the same order. */
static const struct history_request *
request_before(const struct audit *a, const struct history_request *r)
{
	const struct history_request *last = NULL;

	for (const struct history_request *q = a->history->requests; q < r; q++)
		if (memcmp(q->order, r->order, 32) == 0)
			last = q;
	return last;
}

/* No gap, unless the plan accepts it with its reason. */
static void
check_sequence(struct audit *a, const struct history_request *record,
    const struct request *r)
{
	const struct history_request *before = request_before(a, record);
	const struct plan_step *s = a->plan == NULL || a->step == 0
	    ? NULL
	    : &a->plan->steps[a->step - 1];
	uint64_t expected = before == NULL ? 1 : before->sequence + 1;

	if (r->sequence == expected &&
	    (before == NULL || memcmp(r->previous, before->request, 32) == 0))
		return;
	if (s != NULL && s->kind == PLAN_BATCH &&
	    s->u.batch.accept_gap[0] != '\0')
		report_note(a->report, "a gap in the requests was accepted: %s",
		    s->u.batch.accept_gap);
	else
		audit_here(a,
		    "sequence %llu, expected %llu after the request "
		    "before",
		    (unsigned long long)r->sequence,
		    (unsigned long long)expected);
}

static const struct history_request *
record_of(struct audit *a)
{
	const char *hex =
	    json_string_value(json_object_get(a->event->body, "request"));
	char own[65];

	for (size_t i = 0; i < a->history->request_count; i++) {
		const struct history_request *r = &a->history->requests[i];

		for (size_t k = 0; k < 32; k++)
			snprintf(own + 2 * k, 3, "%02x", r->request[k]);
		if (hex != NULL && strcmp(own, hex) == 0)
			return r;
	}
	return NULL;
}

void
check_request(struct audit *a)
{
	const struct history_request *record = record_of(a);
	json_t *entries = json_object_get(a->event->body, "entries");
	struct audit_request r;

	if (record == NULL || !audit_request_open(a, record, &r))
		return;
	if (memcmp(r.request.order, record->order, 32) != 0 ||
	    memcmp(r.request.bundle, record->bundle, 16) != 0 ||
	    r.request.sequence != record->sequence ||
	    r.request.count != (size_t)json_integer_value(entries))
		audit_here(a, "the request says something else");
	check_sequence(a, record, &r.request);
	audit_request_clear(&r);
}

void
check_repeat(struct audit *a)
{
	a->repeated = true;
	a->counts.repeats++;
}
