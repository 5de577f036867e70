/* SPDX-License-Identifier: ISC */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/key.h"
#include "ceremony/record/history_line.h"

#define TEST_TEXT_MAX 4096

unsigned
history_roles(const char *role, const char *roles[HISTORY_KEYS_MAX])
{
	if (strcmp(role, "root") == 0) {
		roles[0] = "root";
		return 1;
	}
	roles[0] = "product-ca";
	roles[1] = "sealer";
	return 2;
}

/* ---- texts that acts are approved by -------------------------------------- */

bool
history_skip(const char **at, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

bool
history_skip_value(const char **at, const char *key, char *value, size_t max)
{
	const char *from = *at;
	size_t len;

	if (!history_skip(&from, key) || !history_skip(&from, " "))
		return false;
	len = strcspn(from, "\n");
	if (len == 0 || len > max || from[len] != '\n')
		return false;
	memcpy(value, from, len);
	value[len] = '\0';
	*at = from + len + 1;
	return true;
}

bool
history_skip_head(const char **at, const struct approval *a, const char *form)
{
	char hex[65], line[160];

	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", a->plan_sha256[i]);
	snprintf(line, sizeof(line), "%s\nplan %s\nstep %u\n", form, hex,
	    a->step);
	return history_skip(at, line);
}

enum record_error
history_input(const struct history_line *l, const struct approval *a,
    bool (*take)(const struct approval *a, const char *text, void *out),
    void *out, const char *refusal)
{
	uint8_t *text = NULL;
	size_t len;
	enum record_error ret;

	ret = history_load(l, a->input_sha256, "input", &text, &len);
	if (ret != RECORD_OK)
		return ret;
	if (strlen((const char *)text) != len ||
	    !take(a, (const char *)text, out))
		ret = history_refuse(l, RECORD_ERR_RULE, "%s", refusal);
	free(text);
	return ret;
}

static bool
skip_key(const char **at, const char *role, int *curve)
{
	char line[64];

	snprintf(line, sizeof(line), "role %s\nalgorithm ", role);
	if (!history_skip(at, line))
		return false;
	*curve =
	    strncmp(*at, "p384", 4) == 0 ? NID_secp384r1 : NID_X9_62_prime256v1;
	return history_skip(at, "p256\n") || history_skip(at, "p384\n");
}

/* What the input of a key-making act asks for. */
struct keygen {
	int curves[HISTORY_KEYS_MAX];
	bool leaves; /* there are to be copies */
};

/* It is this text and no other; the tokens that get copies stand last. */
static bool
keygen_text(const struct approval *a, const char *text, void *to)
{
	struct keygen *out = to;
	const char *roles[HISTORY_KEYS_MAX], *at = text;
	unsigned n = history_roles(a->kind, roles);
	char line[128], label[33];

	if (!history_skip_head(&at, a, "anchorite-keygen/v1"))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!skip_key(&at, roles[i], &out->curves[i]))
			return false;
	snprintf(line, sizeof(line), "label %s\n", a->token);
	if (!history_skip(&at, line))
		return false;
	for (int i = 0; i < HISTORY_COPIES_MAX &&
	     history_skip_value(&at, "copy", label, sizeof(label) - 1);
	     i++)
		out->leaves = true;
	return *at == '\0';
}

static enum record_error
keygen_input(const struct history_line *l, const struct approval *a,
    struct keygen *out)
{
	return history_input(l, a, keygen_text, out,
	    "the input does not ask for these keys on this token");
}

enum record_error
history_keygen_propose(struct history_line *l, struct history_act *act)
{
	const struct history_token *holder =
	    history_token(l->h, act->approval.token);
	struct keygen want = { .leaves = false };
	const char *roles[HISTORY_KEYS_MAX];
	enum record_error ret;

	/* before its key is certified a token may be made anew */
	if (holder != NULL && holder->keys[0].certified)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s holds a CA already", holder->label);
	if (act->approval.use_count != 1)
		return history_refuse(l, RECORD_ERR_RULE,
		    "self-test stands alone");
	if (act->approval.uses[0].count !=
	    history_roles(act->approval.kind, roles))
		return history_refuse(l, RECORD_ERR_RULE,
		    "self-test is not used once a key");
	ret = keygen_input(l, &act->approval, &want);
	if (ret == RECORD_OK && want.leaves && !l->h->has_backup)
		ret = history_refuse(l, RECORD_ERR_RULE,
		    "copies, but there is no backup secret");
	return ret;
}

/* ---- results --------------------------------------------------------------- */

enum record_error
history_take_key(struct history_line *l, json_t *obj, const char *role,
    int curve, enum history_origin origin, struct history_key *out)
{
	struct history_octets spki, signature;
	const char *name, *text;
	json_t *attributes;
	bool device;
	EVP_PKEY *key = NULL;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "role", FIELD_TEXT, 15, &name, NULL },
		{ "spki", FIELD_BASE64, POLICY_SPKI_MAX, &spki, NULL },
		{ "attributes", FIELD_OBJECT, 0, &attributes, NULL },
		{ "text", FIELD_LINES, TEST_TEXT_MAX, &text, NULL },
		{ "signature", FIELD_BASE64, APPROVAL_SIG_MAX, &signature,
		    NULL },
		{ "attestation", FIELD_HEX32, 0, out->attestation,
		    &out->attested },
		{ "device", FIELD_HEX32, 0, out->device, &device },
	};

	if ((ret = history_fields(l, obj, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (out->attested != device)
		return history_refuse(l, RECORD_ERR_FORM,
		    "%s: attestation and device stand together", name);
	if (strcmp(name, role) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "a key %s, where %s belongs", name, role);
	memcpy(out->role, name, strlen(name) + 1);
	memcpy(out->spki.der, spki.data, spki.len);
	out->spki.len = spki.len;
	SHA256(spki.data, spki.len, out->spki_sha256);
	if ((ret = history_spki(l, name, &out->spki, &key)) != RECORD_OK)
		return ret;
	if (curve != NID_undef && key_curve(key) != curve)
		ret = history_refuse(l, RECORD_ERR_RULE,
		    "%s: on another curve than was approved", name);
	else if ((ret = history_attributes(l, name, attributes, origin)) ==
	    RECORD_OK)
		ret = history_test_text(l, name, key, text, &signature);
	EVP_PKEY_free(key);
	return ret;
}

static enum record_error
take_keys(struct history_line *l, const struct history_act *act, json_t *keys,
    struct history_token *out)
{
	const char *roles[HISTORY_KEYS_MAX];
	unsigned n = history_roles(act->approval.kind, roles);
	struct keygen want = { .leaves = false };
	enum record_error ret;

	if ((ret = keygen_input(l, &act->approval, &want)) != RECORD_OK)
		return ret;
	out->leaves = want.leaves;
	if (json_array_size(keys) != n)
		return history_refuse(l, RECORD_ERR_RULE, "%zu keys, not %u",
		    json_array_size(keys), n);
	for (unsigned i = 0; i < n && ret == RECORD_OK; i++) {
		ret = history_take_key(l, json_array_get(keys, i), roles[i],
		    want.curves[i], want.leaves ? ORIGIN_ORIGINAL : ORIGIN_HERE,
		    &out->keys[i]);
		if (ret == RECORD_OK && out->keys[i].attested)
			ret = history_attested(l, roles[i], out->serial,
			    &out->keys[i].spki, out->keys[i].attestation,
			    out->keys[i].device);
		if (ret == RECORD_OK)
			ret = history_new_key(l, roles[i], &out->keys[i].spki);
	}
	return ret;
}

/* The place of the token: that of its label, or a new one. */
enum record_error
history_put_token(struct history_line *l, const struct history_token *token,
    struct history_token **out)
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
	*out = &h->tokens[i];
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

#define KEYED_ROWS 8 /* before copy_of and proof */

enum record_error
history_keyed_body(struct history_line *l, const struct history_act *act,
    struct history_token *out, const char **copy_of, json_t **keys,
    json_t **proof)
{
	const char *label, *serial, *module;
	json_t *shares;
	uint64_t epoch, m, n;
	bool shown = false;
	enum record_error ret;
	struct history_field rows[KEYED_ROWS + 2] = {
		{ "label", FIELD_TEXT, 32, &label, NULL },
		{ "serial", FIELD_TEXT, 16, &serial, NULL },
		{ "module", FIELD_TEXT, 255, &module, NULL },
		{ "epoch", FIELD_NUMBER, UINT32_MAX, &epoch, NULL },
		{ "m", FIELD_NUMBER, POLICY_OPERATORS_MAX, &m, NULL },
		{ "n", FIELD_NUMBER, POLICY_OPERATORS_MAX, &n, NULL },
		{ "keys", FIELD_ARRAY, HISTORY_KEYS_MAX, keys, NULL },
		{ "shares", FIELD_ARRAY, POLICY_OPERATORS_MAX, &shares, NULL },
	};
	size_t count = KEYED_ROWS;

	if (copy_of != NULL)
		rows[count++] = (struct history_field){ "copy_of", FIELD_TEXT,
			32, copy_of, NULL };
	rows[count++] =
	    (struct history_field){ "proof", FIELD_OBJECT, 0, proof, &shown };
	ret = history_result_body(l, rows, count);
	if (ret != RECORD_OK)
		return ret;
	if (!shown)
		*proof = NULL;
	memcpy(out->label, label, strlen(label) + 1);
	memcpy(out->serial, serial, strlen(serial) + 1);
	memcpy(out->module, module, strlen(module) + 1);
	memcpy(out->now.policy_sha256, l->h->policy_sha256, 32);
	out->now.epoch = (uint32_t)epoch;
	out->now.m = (unsigned)m;
	out->now.n = (unsigned)n;
	ret = check_numbers(l, &act->approval, out);
	return ret != RECORD_OK
	    ? ret
	    : history_take_shares(l, shares, &l->h->policy, &out->now);
}

enum record_error
history_all_tested(const struct history_line *l, const struct history_act *act,
    const struct approval *done)
{
	const uint32_t keys = history_use(&act->approval, "self-test");

	if (history_use(done, "self-test") == keys)
		return RECORD_OK;
	return history_refuse(l, RECORD_ERR_RULE,
	    "use self-test: %u, but %u keys have signed",
	    history_use(done, "self-test"), keys);
}

enum record_error
history_keygen_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	struct history_token token = { .leaves = false }, *placed;
	json_t *keys, *proof;
	enum record_error ret;

	if ((ret = history_all_tested(l, act, done)) != RECORD_OK ||
	    (ret = history_keyed_body(l, act, &token, NULL, &keys, &proof)) !=
		RECORD_OK ||
	    (ret = take_keys(l, act, keys, &token)) != RECORD_OK ||
	    (ret = history_shown(l, act, &token, proof)) != RECORD_OK ||
	    (ret = history_put_token(l, &token, &placed)) != RECORD_OK)
		return ret;
	memcpy(l->g->made, token.label, sizeof(l->g->made));
	return history_so_done(l, token.label);
}
