/* SPDX-License-Identifier: ISC */
#include "ceremony/record/roles.h"

#include <string.h>

static enum record_error
add(struct ledger *ledger, const struct policy_spki *spki, const char *role)
{
	struct key_ident ident;

	if (key_identify(spki->der, spki->len, &ident) != CA_OK)
		return RECORD_ERR_FORM;
	return ledger_add_role(ledger, ident.unique, role);
}

/* Whoever was an operator once, with each card there ever was. */
static enum record_error
add_people(struct ledger *ledger, const struct history *h)
{
	const struct policy *p = &h->policy;
	enum record_error ret = RECORD_OK;

	for (size_t i = 0; ret == RECORD_OK && i < h->card_count; i++) {
		ret = add(ledger, &h->cards[i].sign, "operator");
		if (ret == RECORD_OK)
			ret = add(ledger, &h->cards[i].derive, "operator");
	}
	for (size_t i = 0; ret == RECORD_OK && i < p->witness_count; i++)
		ret = add(ledger, &p->witnesses[i].spki, "witness");
	return ret;
}

enum record_error
roles_add(struct ledger *ledger, const struct history *h,
    const struct key_ident *station)
{
	enum record_error ret =
	    ledger_add_role(ledger, station->unique, "station");

	if (ret == RECORD_OK)
		ret = add_people(ledger, h);
	for (size_t i = 0; ret == RECORD_OK && i < h->token_count; i++) {
		for (int k = 0; ret == RECORD_OK && k < 2; k++) {
			const struct history_key *key = &h->tokens[i].keys[k];
			if (key->role[0] != '\0')
				ret = add(ledger, &key->spki, key->role);
		}
	}
	for (size_t i = 0; ret == RECORD_OK && i < h->intermediate_count; i++)
		if (h->intermediates[i].certified)
			ret = ledger_add_role(ledger,
			    h->intermediates[i].unique, "intermediate");
	return ret;
}

static bool
is_key(const struct policy_spki *spki, const struct key_ident *key)
{
	struct key_ident ident;

	return key_identify(spki->der, spki->len, &ident) == CA_OK &&
	    memcmp(ident.unique, key->unique, sizeof(ident.unique)) == 0;
}

const char *
roles_find(const struct history *h, const struct key_ident *key)
{
	for (size_t i = 0; i < h->token_count; i++)
		for (int k = 0; k < 2; k++)
			if (h->tokens[i].keys[k].role[0] != '\0' &&
			    is_key(&h->tokens[i].keys[k].spki, key))
				return h->tokens[i].keys[k].role;
	for (size_t i = 0; i < h->card_count; i++)
		if (is_key(&h->cards[i].sign, key) ||
		    is_key(&h->cards[i].derive, key))
			return "operator";
	for (size_t i = 0; i < h->policy.witness_count; i++)
		if (is_key(&h->policy.witnesses[i].spki, key))
			return "witness";
	for (size_t i = 0; i < h->order_count; i++)
		if (memcmp(h->orders[i].station, key->spki_sha256, 32) == 0)
			return "station";
	return NULL;
}
