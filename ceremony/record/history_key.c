/* SPDX-License-Identifier: ISC */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/key.h"
#include "ceremony/record/history_line.h"

#define TEST_TEXT_MAX 4096
#define KEYS_MAX 2

/* The roles of the keys that a kind of step makes. */
static unsigned
roles_of(const char *kind, const char *roles[KEYS_MAX])
{
	if (strcmp(kind, "root") == 0) {
		roles[0] = "root";
		return 1;
	}
	roles[0] = "product-ca";
	roles[1] = "sealer";
	return 2;
}

/* Go past text at *at. */
static bool
skip(const char **at, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool
skip_key(const char **at, const char *role, int *curve)
{
	char line[64];

	snprintf(line, sizeof(line), "role %s\nalgorithm ", role);
	if (!skip(at, line))
		return false;
	*curve =
	    strncmp(*at, "p384", 4) == 0 ? NID_secp384r1 : NID_X9_62_prime256v1;
	return skip(at, "p256\n") || skip(at, "p384\n");
}

/* The input of a key-making act is this text and no other; curves[i] is what
 * it asks for. */
static bool
keygen_text(const struct approval *a, const char *text, int curves[KEYS_MAX])
{
	const char *roles[KEYS_MAX], *at = text;
	unsigned n = roles_of(a->kind, roles);
	char hex[65], line[128];

	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", a->plan_sha256[i]);
	snprintf(line, sizeof(line), "anchorite-keygen/v1\nplan %s\nstep %u\n",
	    hex, a->step);
	if (!skip(&at, line))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!skip_key(&at, roles[i], &curves[i]))
			return false;
	snprintf(line, sizeof(line), "label %s\n", a->token);
	return skip(&at, line) && *at == '\0';
}

static enum record_error
keygen_input(const struct history_line *l, const struct approval *a,
    int curves[KEYS_MAX])
{
	uint8_t *text = NULL;
	size_t len;
	enum record_error ret;

	ret = history_load(l, a->input_sha256, "input", &text, &len);
	if (ret != RECORD_OK)
		return ret;
	if (strlen((const char *)text) != len ||
	    !keygen_text(a, (const char *)text, curves))
		ret = history_refuse(l, RECORD_ERR_RULE,
		    "the input does not ask for these keys on this token");
	free(text);
	return ret;
}

enum record_error
history_keygen_propose(struct history_line *l, struct history_act *act)
{
	int curves[KEYS_MAX];

	if (act->approval.use_count != 1)
		return history_refuse(l, RECORD_ERR_RULE,
		    "self-test stands alone");
	return keygen_input(l, &act->approval, curves);
}

static enum record_error
take_key(struct history_line *l, json_t *obj, const char *role, int curve,
    struct history_key *out)
{
	struct history_octets spki, signature;
	const char *name, *text;
	json_t *attributes;
	EVP_PKEY *key = NULL;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "role", FIELD_TEXT, 15, &name, NULL },
		{ "spki", FIELD_BASE64, POLICY_SPKI_MAX, &spki, NULL },
		{ "attributes", FIELD_OBJECT, 0, &attributes, NULL },
		{ "text", FIELD_LINES, TEST_TEXT_MAX, &text, NULL },
		{ "signature", FIELD_BASE64, APPROVAL_SIG_MAX, &signature,
		    NULL },
	};

	if ((ret = history_fields(l, obj, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (strcmp(name, role) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "a key %s, where %s belongs", name, role);
	memcpy(out->role, name, strlen(name) + 1);
	memcpy(out->spki.der, spki.data, spki.len);
	out->spki.len = spki.len;
	SHA256(spki.data, spki.len, out->spki_sha256);
	if ((ret = history_spki(l, name, &out->spki, &key)) != RECORD_OK)
		return ret;
	if (key_curve(key) != curve)
		ret = history_refuse(l, RECORD_ERR_RULE,
		    "%s: on another curve than was approved", name);
	else if ((ret = history_attributes(l, name, attributes, false)) ==
	    RECORD_OK)
		ret = history_test_text(l, name, key, text, &signature);
	EVP_PKEY_free(key);
	return ret != RECORD_OK ? ret : history_new_key(l, name, &out->spki);
}

static enum record_error
take_keys(struct history_line *l, const struct history_act *act, json_t *keys,
    struct history_token *out)
{
	const char *roles[KEYS_MAX];
	unsigned n = roles_of(act->approval.kind, roles);
	int curves[KEYS_MAX] = { 0 };
	enum record_error ret;

	if ((ret = keygen_input(l, &act->approval, curves)) != RECORD_OK)
		return ret;
	if (json_array_size(keys) != n)
		return history_refuse(l, RECORD_ERR_RULE, "%zu keys, not %u",
		    json_array_size(keys), n);
	for (unsigned i = 0; i < n && ret == RECORD_OK; i++)
		ret = take_key(l, json_array_get(keys, i), roles[i], curves[i],
		    &out->keys[i]);
	return ret;
}

/* The place of the token: that of its label, or a new one. */
static enum record_error
put_token(struct history_line *l, const struct history_token *token)
{
	struct history *h = l->h;
	const struct history_token *holder =
	    history_token_by_serial(h, token->serial);
	size_t i = 0;

	while (
	    i < h->token_count && strcmp(h->tokens[i].label, token->label) != 0)
		i++;
	if (holder != NULL && strcmp(holder->label, token->label) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "token %s is %s already", token->serial, holder->label);
	for (size_t k = 0; k < h->card_count; k++)
		if (strcmp(h->cards[k].serial, token->serial) == 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "token %s is operator %s's", token->serial,
			    h->cards[k].id);
	if (i < h->token_count && h->tokens[i].destroyed)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the keys of %s were destroyed: nothing uses its label "
		    "again",
		    token->label);
	if (i == HISTORY_TOKENS_MAX)
		return history_refuse(l, RECORD_ERR_RULE,
		    "more tokens than a log takes");
	h->tokens[i] = *token;
	if (i == h->token_count)
		h->token_count++;
	memcpy(l->g->made, token->label, sizeof(l->g->made));
	return RECORD_OK;
}

static enum record_error
check_numbers(const struct history_line *l, const struct approval *a,
    const struct history_token *t)
{
	if (strcmp(t->label, a->token) != 0 || t->now.epoch != a->epoch)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another label or epoch than was approved");
	return RECORD_OK;
}

enum record_error
history_keygen_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	struct history_token token = { 0 };
	const char *label, *serial, *module;
	json_t *keys, *shares;
	uint64_t epoch, m, n;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "label", FIELD_TEXT, 32, &label, NULL },
		{ "serial", FIELD_TEXT, 16, &serial, NULL },
		{ "module", FIELD_TEXT, 255, &module, NULL },
		{ "epoch", FIELD_NUMBER, UINT32_MAX, &epoch, NULL },
		{ "m", FIELD_NUMBER, POLICY_OPERATORS_MAX, &m, NULL },
		{ "n", FIELD_NUMBER, POLICY_OPERATORS_MAX, &n, NULL },
		{ "keys", FIELD_ARRAY, KEYS_MAX, &keys, NULL },
		{ "shares", FIELD_ARRAY, POLICY_OPERATORS_MAX, &shares, NULL },
	};

	(void)done;
	if ((ret = history_result_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	memcpy(token.label, label, strlen(label) + 1);
	memcpy(token.serial, serial, strlen(serial) + 1);
	memcpy(token.module, module, strlen(module) + 1);
	memcpy(token.now.policy_sha256, l->h->policy_sha256, 32);
	token.now.epoch = (uint32_t)epoch;
	token.now.m = (unsigned)m;
	token.now.n = (unsigned)n;
	if ((ret = check_numbers(l, &act->approval, &token)) != RECORD_OK ||
	    (ret = take_keys(l, act, keys, &token)) != RECORD_OK ||
	    (ret = history_take_shares(l, shares, &l->h->policy, &token.now)) !=
		RECORD_OK ||
	    (ret = put_token(l, &token)) != RECORD_OK)
		return ret;
	return history_so_done(l, label);
}
