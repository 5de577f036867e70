/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/history_line.h"
#include "transfer/order.h"
#include "transfer/sealed.h"

enum record_error
history_open_sealed(const struct history_line *l,
    const struct history_token *token, const uint8_t file[32],
    const uint8_t payload_sha256[32], uint8_t **payload, size_t *len)
{
	const struct history_key *sealer = &token->keys[1];
	uint8_t *der = NULL, digest[32];
	EVP_PKEY *key = NULL;
	enum transfer_error err;
	size_t der_len;
	enum record_error ret;

	*payload = NULL;
	if (!sealer->certified)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "%s has no certified sealer key", token->label);
	if ((ret = history_load(l, file, "file", &der, &der_len)) != RECORD_OK)
		return ret;
	if ((ret = history_spki(l, "sealer", &sealer->spki, &key)) ==
	    RECORD_OK) {
		err = sealed_open(der, der_len, key, payload, len, digest);
		if (err != TRANSFER_OK)
			ret = history_refuse(l, RECORD_ERR_SIGNATURE,
			    "not sealed by %s: %s", token->label,
			    transfer_strerror(err));
		else if (memcmp(digest, payload_sha256, 32) != 0)
			ret = history_refuse(l, RECORD_ERR_RULE,
			    "the sealed file holds another payload");
	}
	EVP_PKEY_free(key);
	free(der);
	if (ret != RECORD_OK) {
		OPENSSL_free(*payload);
		*payload = NULL;
	}
	return ret;
}

/* An order is sealed once: its digest is its name. */
enum record_error
history_order_propose(struct history_line *l, struct history_act *act)
{
	const uint8_t *input = act->approval.input_sha256;
	struct transfer_fault why = { 0 };
	uint8_t *text = NULL;
	struct order order;
	size_t len;
	enum record_error ret;

	if (history_order(l->h, input) != NULL)
		return history_refuse(l, RECORD_ERR_RULE,
		    "this order was sealed before");
	if ((ret = history_load(l, input, "order", &text, &len)) != RECORD_OK)
		return ret;
	if (order_read((const char *)text, len, &order, &why) != TRANSFER_OK)
		ret = history_refuse(l, RECORD_ERR_FORM,
		    "the input is no order: %s", why.text);
	else if (strcmp(order.log, l->h->log) != 0)
		ret = history_refuse(l, RECORD_ERR_OTHER_LOG,
		    "the order is of another log");
	free(text);
	return ret;
}

enum record_error
history_order_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	const struct history_token *token = history_token_of(l, act);
	struct transfer_fault why = { 0 };
	struct history_order *o;
	struct order said = { 0 };
	uint8_t order[32], file[32], *payload = NULL;
	size_t len;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "order", FIELD_HEX32, 0, order, NULL },
		{ "file", FIELD_HEX32, 0, file, NULL },
	};

	(void)done;
	if ((ret = history_result_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (memcmp(order, act->approval.input_sha256, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another order than was approved");
	ret = history_open_sealed(l, token, file, order, &payload, &len);
	/* it was read when it was proposed */
	if (ret == RECORD_OK)
		(void)order_read((const char *)payload, len, &said, &why);
	OPENSSL_free(payload);
	if (ret != RECORD_OK)
		return ret;
	if (!history_grow(&l->h->orders, l->h->order_count,
		sizeof(*l->h->orders)))
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	o = &l->h->orders[l->h->order_count++];
	memset(o, 0, sizeof(*o));
	memcpy(o->order, order, 32);
	memcpy(o->file, file, 32);
	memcpy(o->station, said.station, 32);
	memcpy(o->label, token->label, sizeof(o->label));
	return RECORD_OK;
}
