/* SPDX-License-Identifier: ISC */
/* The card of somebody who is no operator any more. */
#include <stdio.h>
#include <string.h>

#include "ceremony/record/history_line.h"

#define TEST_TEXT_MAX 4096
#define OBJECTS_MAX 4096

const struct history_operator *
history_card(const struct history *h, const char *label, const char *serial)
{
	for (size_t i = h->card_count; i-- > 0;) {
		const struct history_operator *o = &h->cards[i];

		if (strcmp(o->label, label) == 0 &&
		    (serial == NULL || strcmp(o->serial, serial) == 0))
			return o;
	}
	return NULL;
}

static bool
policy_has(const struct policy *p, const struct history_operator *card)
{
	for (size_t i = 0; p != NULL && i < p->n; i++)
		if (policy_spki_equal(&p->operators[i].sign, &card->sign))
			return true;
	return false;
}

/* Whether a PIN that the token has, or may have, needs the card's share. */
static bool
keyed_for(const struct history *h, const struct history_token *t,
    const struct history_operator *card)
{
	const struct history_epoch *epochs[] = { &t->now, &t->next };

	for (size_t i = 0; i < 2; i++)
		if (epochs[i]->epoch != 0 &&
		    policy_has(history_policy(h, epochs[i]->policy_sha256),
			card))
			return true;
	return false;
}

const char *
history_card_needed(const struct history *h,
    const struct history_operator *card, char *text, size_t size)
{
	if (policy_has(&h->policy, card)) {
		snprintf(text, size, "its owner is an operator");
		return text;
	}
	for (size_t i = 0; i < h->token_count; i++) {
		const struct history_token *t = &h->tokens[i];

		if (t->destroyed || !keyed_for(h, t, card))
			continue;
		snprintf(text, size,
		    "token %s is keyed for a quorum that has it", t->label);
		return text;
	}
	return NULL;
}

/* The card that a line names, in a step of this kind, and nothing needs it. */
static enum record_error
find_card(const struct history_line *l, const char *label, const char *serial,
    struct history_operator **out)
{
	struct history *h = l->h;
	const struct history_operator *card = history_card(h, label, serial);
	char text[96];

	*out = NULL;
	if (strcmp(l->g->kinds[l->g->step], "retire") != 0)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "step %u is a %s step", l->g->step,
		    l->g->kinds[l->g->step]);
	if (card == NULL)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s is no operator's card of this log", label);
	if (history_card_needed(h, card, text, sizeof(text)) != NULL)
		return history_refuse(l, RECORD_ERR_RULE, "%s: %s", label,
		    text);
	if (card->elsewhere)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s was personalised elsewhere", label);
	if (card->retired)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s was retired before", label);
	*out = &h->cards[card - h->cards];
	return RECORD_OK;
}

enum record_error
history_do_retire_prove(struct history_line *l)
{
	struct history_octets signature;
	struct history_operator *card;
	const char *label, *serial, *text;
	EVP_PKEY *key = NULL;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "label", FIELD_TEXT, 32, &label, NULL },
		{ "serial", FIELD_TEXT, 16, &serial, NULL },
		{ "text", FIELD_LINES, TEST_TEXT_MAX, &text, NULL },
		{ "signature", FIELD_BASE64, APPROVAL_SIG_MAX, &signature,
		    NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = find_card(l, label, serial, &card)) != RECORD_OK)
		return ret;
	if (!history_names_token(l, serial, text))
		return history_refuse(l, RECORD_ERR_RULE,
		    "sign: the text is not of card %s", serial);
	ret = history_spki(l, "sign", &card->sign, &key);
	if (ret == RECORD_OK)
		ret = history_test_text(l, "sign", key, text, &signature);
	EVP_PKEY_free(key);
	card->retiring = card->retiring || ret == RECORD_OK;
	return ret;
}

enum record_error
history_do_retire(struct history_line *l)
{
	struct history_operator *card;
	const char *label, *serial;
	uint64_t objects, left;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "label", FIELD_TEXT, 32, &label, NULL },
		{ "serial", FIELD_TEXT, 16, &serial, NULL },
		{ "objects", FIELD_NUMBER, OBJECTS_MAX, &objects, NULL },
		{ "left", FIELD_NUMBER, OBJECTS_MAX, &left, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = find_card(l, label, serial, &card)) != RECORD_OK)
		return ret;
	if (left != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%llu objects are left on %s", (unsigned long long)left,
		    label);
	if (!card->retiring)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "no retire.prove of %s stands before it", label);
	card->retired = true;
	card->retiring = false;
	return RECORD_OK;
}
