/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/history_line.h"
#include "transfer/response.h"
#include "transfer/sealed.h"

enum record_error
history_log_state(const struct history_line *l,
    const struct history_state_of_log *now, uint64_t *growth)
{
	const struct history_state_of_log *old = &l->h->log_state;

	if (now->issuance_lines < old->issuance_lines ||
	    now->tree_size < old->tree_size ||
	    now->tree_size > now->issuance_lines)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the issuance log has shrunk");
	if (now->issuance_lines == old->issuance_lines &&
	    (now->tree_size != old->tree_size ||
		memcmp(now->issuance_sha256, old->issuance_sha256, 32) != 0))
		return history_refuse(l, RECORD_ERR_RULE,
		    "the issuance log has changed");
	if (now->tree_size == old->tree_size &&
	    memcmp(now->tree_root, old->tree_root, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the log's tree has changed");
	*growth = now->tree_size - old->tree_size;
	return RECORD_OK;
}

/* ---- batches ------------------------------------------------------------- */

static enum record_error
load_worklist(const struct history_line *l, const struct history_act *act,
    struct worklist *out)
{
	struct record_fault fault = { 0 };
	uint8_t *text = NULL;
	size_t len;
	enum record_error ret;

	memset(out, 0, sizeof(*out));
	ret = history_load(l, act->approval.input_sha256, "worklist", &text,
	    &len);
	if (ret != RECORD_OK)
		return ret;
	ret = worklist_read((const char *)text, len, out, &fault);
	free(text);
	return ret == RECORD_OK ? RECORD_OK
				: history_refuse(l, ret, "%s", fault.text);
}

/* The uses are what the worklist has: its certificates under one profile, its
 * CRL, and the response. */
static enum record_error
check_worklist_uses(const struct history_line *l, const struct approval *a,
    const struct worklist *w)
{
	size_t certs = worklist_certs(w), known = 1;
	const char *profile = NULL;

	for (size_t i = 0; i < w->count; i++) {
		const struct worklist_entry *e = &w->entries[i];

		if (e->what != WORKLIST_CERT)
			continue;
		if (profile != NULL && strcmp(profile, e->profile) != 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "two profiles in one worklist");
		profile = e->profile;
	}
	if (profile != NULL && history_use(a, profile) != certs)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the worklist has %zu certificates of profile %s, the uses "
		    "%u",
		    certs, profile, history_use(a, profile));
	known += profile != NULL;
	known += w->has_crl;
	if (history_use(a, "seal-response") != 1 ||
	    history_use(a, "crl") != w->has_crl || a->use_count != known)
		return history_refuse(l, RECORD_ERR_RULE,
		    "other uses than the worklist has");
	return RECORD_OK;
}

static enum record_error
check_worklist(const struct history_line *l, const struct history_act *act,
    const struct worklist *w)
{
	const struct history_request *r = history_request(l->h, w->request);
	const struct history_order *order = history_order(l->h, w->order);
	const struct history_token *token = history_token_of(l, act), *sealer;

	if (r == NULL || order == NULL || memcmp(r->order, w->order, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the worklist is of no request in the log");
	if (r->answered)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the request is answered already");
	sealer = history_token(l->h, order->label);
	if (sealer == NULL || !history_same_ca(sealer, token))
		return history_refuse(l, RECORD_ERR_RULE,
		    "the order is one of %s, not %s", order->label,
		    token->label);
	return check_worklist_uses(l, &act->approval, w);
}

enum record_error
history_batch_propose(struct history_line *l, struct history_act *act)
{
	struct worklist w;
	enum record_error ret;

	if ((ret = load_worklist(l, act, &w)) != RECORD_OK)
		return ret;
	if ((ret = check_worklist(l, act, &w)) == RECORD_OK)
		ret = history_beside_join(l, act);
	memcpy(act->request, w.request, 32);
	memcpy(act->order, w.order, 32);
	worklist_clear(&w);
	return ret;
}

struct batch_result {
	uint8_t response[32], payload[32], crl[32];
	uint64_t issued, duplicate, rejected, number;
	bool has_crl, has_number;
	struct history_state_of_log log;
};

static enum record_error
read_batch(const struct history_line *l, struct batch_result *out)
{
	const struct history_field rows[] = {
		{ "response", FIELD_HEX32, 0, out->response, NULL },
		{ "payload", FIELD_HEX32, 0, out->payload, NULL },
		{ "issued", FIELD_NUMBER, SEALED_ENTRIES_MAX, &out->issued,
		    NULL },
		{ "duplicate", FIELD_NUMBER, SEALED_ENTRIES_MAX,
		    &out->duplicate, NULL },
		{ "rejected", FIELD_NUMBER, SEALED_ENTRIES_MAX, &out->rejected,
		    NULL },
		{ "issuance_lines", FIELD_NUMBER, UINT64_MAX,
		    &out->log.issuance_lines, NULL },
		{ "issuance_sha256", FIELD_HEX32, 0, out->log.issuance_sha256,
		    NULL },
		{ "tree_size", FIELD_NUMBER, UINT64_MAX, &out->log.tree_size,
		    NULL },
		{ "tree_root", FIELD_HEX32, 0, out->log.tree_root, NULL },
		{ "crl", FIELD_HEX32, 0, out->crl, &out->has_crl },
		{ "number", FIELD_NUMBER, UINT64_MAX, &out->number,
		    &out->has_number },
	};

	return history_result_body(l, HISTORY_ROWS(rows));
}

/* What the response counts, by status. */
static uint64_t
count_status(const struct response *r, enum response_status status)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += r->entries[i].status == status;
	return n;
}

static enum record_error
compare_response(const struct history_line *l, const struct history_act *act,
    const struct batch_result *b, const struct response *r)
{
	if (strcmp(r->log, l->h->log) != 0 ||
	    memcmp(r->request, act->request, 32) != 0 ||
	    memcmp(r->order, act->order, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the response is of another log, request or order");
	if (memcmp(r->transcript, act->begin, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the response names another line than this act's begin");
	if (count_status(r, RESPONSE_ISSUED) != b->issued ||
	    count_status(r, RESPONSE_DUPLICATE) != b->duplicate ||
	    count_status(r, RESPONSE_REJECTED) != b->rejected ||
	    b->issued + b->duplicate + b->rejected != r->count)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the response has other counts");
	if (r->tree_size != b->log.tree_size ||
	    memcmp(r->tree_root, b->log.tree_root, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the response has another tree");
	return RECORD_OK;
}

static enum record_error
check_response(const struct history_line *l, const struct history_act *act,
    const struct history_token *token, const struct batch_result *b)
{
	struct transfer_fault why = { 0 };
	struct response r = { 0 };
	uint8_t *payload = NULL;
	size_t len;
	enum record_error ret;

	ret = history_open_sealed(l, token, b->response, b->payload, &payload,
	    &len);
	if (ret != RECORD_OK)
		return ret;
	if (response_read((const char *)payload, len, &r, &why) != TRANSFER_OK)
		ret = history_refuse(l, RECORD_ERR_FORM, "response: %s",
		    why.text);
	else
		ret = compare_response(l, act, b, &r);
	response_clear(&r);
	OPENSSL_free(payload);
	return ret;
}

/* The uses of the result, with those of the acts beside it, count what it says
 * was done. */
static enum record_error
check_counts(const struct history_line *l, const struct history_act *act,
    const struct approval *done, const struct batch_result *b,
    const struct worklist *w)
{
	uint64_t signed_ =
	    history_certificates(done) + history_beside_signed(l->h, act);

	if (b->issued != signed_)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%llu issued, but the uses say %llu",
		    (unsigned long long)b->issued, (unsigned long long)signed_);
	if (b->issued + b->duplicate + b->rejected != w->count)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the worklist has %zu entries, the response %llu", w->count,
		    (unsigned long long)(b->issued + b->duplicate +
			b->rejected));
	if (b->has_crl != b->has_number || b->has_crl != w->has_crl ||
	    history_use(done, "crl") != b->has_crl ||
	    history_use(done, "seal-response") != 1)
		return history_refuse(l, RECORD_ERR_RULE,
		    "CRL or response are not what the uses say");
	return RECORD_OK;
}

/* Count the results for the order, those left by a void batch for theirs. */
static enum record_error
count_results(struct history_line *l, const struct history_act *act,
    const struct batch_result *b)
{
	uint64_t growth;
	enum record_error ret;

	if ((ret = history_log_state(l, &b->log, &growth)) != RECORD_OK)
		return ret;
	if (growth < b->issued || (growth > b->issued && !l->g->uncounted))
		return history_refuse(l, RECORD_ERR_RULE,
		    "%llu issued, but the log grew by %llu",
		    (unsigned long long)b->issued, (unsigned long long)growth);
	history_count_left(l, growth - b->issued);
	history_order_at(l->h, act->order)->issued += b->issued;
	l->h->log_state = b->log;
	return RECORD_OK;
}

static enum record_error
apply_batch(struct history_line *l, struct history_act *act,
    const struct approval *done, const struct batch_result *b,
    const struct worklist *w)
{
	struct history_token *token = history_token_of(l, act);
	struct history_request *request;
	enum record_error ret;

	if ((ret = check_counts(l, act, done, b, w)) != RECORD_OK ||
	    (ret = check_response(l, act, token, b)) != RECORD_OK ||
	    (ret = count_results(l, act, b)) != RECORD_OK)
		return ret;
	if (b->has_crl) {
		ret = history_take_crl(l, token, b->crl, b->number, NULL, w);
		if (ret != RECORD_OK)
			return ret;
	}
	request = history_request_at(l->h, act->request);
	request->answered = true;
	memcpy(request->response, b->response, 32);
	act->sealed = true;
	act->signed_ = history_certificates(done);
	return RECORD_OK;
}

/* An act that is not sealed has its uses and nothing else; one beside it, which
 * stands still, tells the rest. */
static enum record_error
take_beside(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	enum record_error ret;

	if ((ret = history_result_body(l, NULL, 0)) != RECORD_OK)
		return ret;
	if (history_use(done, "crl") != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "a CRL without its response");
	for (uint64_t i = act->lead; history_beside(l->h, i, act->lead); i++) {
		if (i != act->approval.act &&
		    history_act_at(l->h, i)->state == ACT_BEGUN) {
			act->signed_ = history_certificates(done);
			return RECORD_OK;
		}
	}
	return history_refuse(l, RECORD_ERR_RULE,
	    "no response, and no act beside it to seal one");
}

/* The outcome is told when each token has said what it signed. */
static enum record_error
check_others(const struct history_line *l, const struct history_act *act)
{
	for (uint64_t i = act->lead; history_beside(l->h, i, act->lead); i++) {
		enum history_state state = history_act_at(l->h, i)->state;

		if (i != act->approval.act &&
		    (state == ACT_PROPOSED || state == ACT_BEGUN))
			return history_refuse(l, RECORD_ERR_ORDER,
			    "act %llu beside it is not finished",
			    (unsigned long long)i);
	}
	return RECORD_OK;
}

enum record_error
history_batch_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	struct batch_result b = { 0 };
	struct worklist w;
	enum record_error ret;

	if (history_use(done, "seal-response") == 0)
		return take_beside(l, act, done);
	if ((ret = read_batch(l, &b)) != RECORD_OK ||
	    (ret = check_others(l, act)) != RECORD_OK ||
	    (ret = load_worklist(l, act, &w)) != RECORD_OK)
		return ret;
	ret = apply_batch(l, act, done, &b, &w);
	worklist_clear(&w);
	return ret;
}
