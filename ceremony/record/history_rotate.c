/* SPDX-License-Identifier: ISC */
/* A CA token gets another user PIN: by its operators, or with S. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/history_line.h"
#include "ceremony/record/objects.h"

#define TEST_TEXT_MAX 4096

/* ---- shares of a PIN's secret -------------------------------------------- */

/* A share is on the disk twice: one good copy is enough. */
static enum record_error
check_blob(const struct history_line *l, const uint8_t blob[32])
{
	uint8_t *data = NULL;
	size_t len;

	if (object_get_copy(l->dirfd, blob, &data, &len, NULL) != RECORD_OK)
		return history_exists(l, blob, "share");
	free(data);
	return RECORD_OK;
}

static enum record_error
take_share(const struct history_line *l, json_t *obj,
    const struct policy *policy, struct history_epoch *e, unsigned at)
{
	struct history_share *out = &e->shares[at];
	const char *id;
	uint64_t x;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "operator", FIELD_TEXT, POLICY_ID_MAX, &id, NULL },
		{ "x", FIELD_NUMBER, POLICY_OPERATORS_MAX - 1, &x, NULL },
		{ "blob", FIELD_HEX32, 0, out->blob, NULL },
		{ "commitment", FIELD_HEX32, 0, out->commitment, NULL },
	};

	if ((ret = history_fields(l, obj, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	memcpy(out->operator_id, id, strlen(id) + 1);
	out->x = (unsigned)x;
	if (policy_operator(policy, id) < 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "a share for %s, no operator of the policy", id);
	if (x >= e->n)
		return history_refuse(l, RECORD_ERR_RULE, "share x %u of %u",
		    out->x, e->n);
	for (unsigned i = 0; i < at; i++)
		if (e->shares[i].x == out->x ||
		    strcmp(e->shares[i].operator_id, id) == 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "operator or x of a share stands twice: %s, %u", id,
			    out->x);
	return check_blob(l, out->blob);
}

enum record_error
history_take_shares(const struct history_line *l, json_t *shares,
    const struct policy *policy, struct history_epoch *out)
{
	enum record_error ret = RECORD_OK;

	if (out->m != policy->m || out->n != policy->n)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%u of %u, but the policy says %u of %zu", out->m, out->n,
		    policy->m, policy->n);
	if (json_array_size(shares) != out->n)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%zu shares for %u operators", json_array_size(shares),
		    out->n);
	for (unsigned i = 0; i < out->n && ret == RECORD_OK; i++)
		ret = take_share(l, json_array_get(shares, i), policy, out, i);
	return ret;
}

/* ---- the act ------------------------------------------------------------- */

/* The policy that the token is to be keyed for: the present one, or the one
 * that is to follow it in this group.  That it is in force is seen when the
 * act begins. */
enum record_error
history_rotate_propose(struct history_line *l, struct history_act *act)
{
	const uint8_t *input = act->approval.input_sha256;

	if (memcmp(input, l->h->policy_sha256, 32) != 0 &&
	    !(l->g->changing && strcmp(act->approval.kind, "rotate") == 0 &&
		memcmp(input, l->g->proposed_sha256, 32) == 0))
		return history_refuse(l, RECORD_ERR_RULE,
		    "the input is not the log's policy, nor the one proposed "
		    "with it");
	return RECORD_OK;
}

static bool
is_rekey(const struct history_act *act)
{
	const struct history_kind *k =
	    history_kind(act->approval.kind, act->approval.uses[0].name);

	return k->on == ON_REKEY;
}

/* Which of two PINs a token had whose rotation was cut off. */
enum record_error
history_do_found(struct history_line *l)
{
	struct history_act *act;
	struct history_token *token;
	uint64_t number, epoch;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "act", FIELD_NUMBER, UINT64_MAX, &number, NULL },
		{ "epoch", FIELD_NUMBER, UINT32_MAX, &epoch, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = history_begun_act(l, number, &act)) != RECORD_OK)
		return ret;
	/* S opens a token without having asked for its PIN */
	token = strcmp(act->approval.kind, "rotate") == 0
	    ? history_token_of(l, act)
	    : NULL;
	if (token == NULL || token->next.epoch == 0 ||
	    token->next.epoch == act->approval.epoch)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "no rotation of act %llu's token was cut off",
		    (unsigned long long)number);
	if (epoch != token->now.epoch && epoch != token->next.epoch)
		return history_refuse(l, RECORD_ERR_RULE,
		    "epoch %u is neither of the two", (unsigned)epoch);
	if (epoch == token->next.epoch)
		token->now = token->next;
	token->next.epoch = 0;
	return RECORD_OK;
}

static bool
is_recovery(const struct history_act *act)
{
	return strcmp(act->approval.kind, "recovery") == 0;
}

/* What the act prepared, if it has. */
static struct history_epoch *
prepared(struct history_token *token, const struct history_act *act)
{
	return is_recovery(act) ? &token->remade : &token->next;
}

static enum record_error
check_prepare(const struct history_line *l, const struct history_act *act,
    struct history_token *token)
{
	if (prepared(token, act)->epoch == act->approval.epoch)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "act %llu has prepared already",
		    (unsigned long long)act->approval.act);
	/* a third PIN would be one too many to try */
	if (token->next.epoch != 0 && !is_recovery(act))
		return history_refuse(l, RECORD_ERR_ORDER,
		    "rotate.found must come first: a rotation of %s was cut "
		    "off",
		    token->label);
	return RECORD_OK;
}

enum record_error
history_do_prepare(struct history_line *l)
{
	struct history_epoch next = { 0 };
	struct history_token *token;
	struct history_act *act;
	json_t *shares;
	uint64_t number, epoch, m, n;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "act", FIELD_NUMBER, UINT64_MAX, &number, NULL },
		{ "epoch", FIELD_NUMBER, UINT32_MAX, &epoch, NULL },
		{ "policy_sha256", FIELD_HEX32, 0, next.policy_sha256, NULL },
		{ "m", FIELD_NUMBER, POLICY_OPERATORS_MAX, &m, NULL },
		{ "n", FIELD_NUMBER, POLICY_OPERATORS_MAX, &n, NULL },
		{ "shares", FIELD_ARRAY, POLICY_OPERATORS_MAX, &shares, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = history_begun_act(l, number, &act)) != RECORD_OK)
		return ret;
	if (!is_rekey(act))
		return history_refuse(l, RECORD_ERR_RULE,
		    "act %llu keys no token anew", (unsigned long long)number);
	token = history_token_of(l, act);
	if ((ret = check_prepare(l, act, token)) != RECORD_OK)
		return ret;
	if (epoch != act->approval.epoch ||
	    memcmp(next.policy_sha256, act->approval.input_sha256, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another epoch or policy than was approved");
	next.epoch = (uint32_t)epoch;
	next.m = (unsigned)m;
	next.n = (unsigned)n;
	ret = history_take_shares(l, shares, &l->h->policy, &next);
	if (ret != RECORD_OK)
		return ret;
	*prepared(token, act) = next;
	/* S may fail: of a rotation that was cut off nothing is forgotten */
	if (token->next.epoch == 0)
		token->next = next;
	token->used = true; /* S does, too */
	return RECORD_OK;
}

bool
history_names_token(const struct history_line *l, const char *token,
    const char *text)
{
	char log[POLICY_LOG_MAX + 8], serial[32];

	snprintf(log, sizeof(log), "\nlog %s\n", l->h->log);
	snprintf(serial, sizeof(serial), "\ntoken %s\n", token);
	return strstr(text, log) != NULL && strstr(text, serial) != NULL;
}

enum record_error
history_answer(const struct history_line *l, const struct history_token *token,
    const char *text, const struct history_octets *signature)
{
	EVP_PKEY *key = NULL;
	enum record_error ret;

	if (!history_names_token(l, token->serial, text))
		return history_refuse(l, RECORD_ERR_RULE,
		    "CA key: the text is not of token %s", token->serial);
	ret = history_spki(l, "CA key", &token->keys[0].spki, &key);
	if (ret == RECORD_OK)
		ret = history_test_text(l, "CA key", key, text, signature);
	EVP_PKEY_free(key);
	return ret;
}

enum record_error
history_rotate_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	struct history_token *token = history_token_of(l, act);
	struct history_octets signature;
	const char *label, *text;
	json_t *certs = NULL;
	bool written = false;
	uint64_t epoch;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "label", FIELD_TEXT, 32, &label, NULL },
		{ "epoch", FIELD_NUMBER, UINT32_MAX, &epoch, NULL },
		{ "text", FIELD_LINES, TEST_TEXT_MAX, &text, NULL },
		{ "signature", FIELD_BASE64, APPROVAL_SIG_MAX, &signature,
		    NULL },
		{ "certificates", FIELD_ARRAY, HISTORY_KEYS_MAX, &certs,
		    &written },
	};

	(void)done;
	if ((ret = history_result_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (written &&
		(ret = history_check_written(l, certs, token)) != RECORD_OK))
		return ret;
	if (strcmp(label, token->label) != 0 || epoch != act->approval.epoch)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another label or epoch than was approved");
	if (prepared(token, act)->epoch != epoch)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "no rotate.prepare of act %llu stands before it",
		    (unsigned long long)act->approval.act);
	if ((ret = history_answer(l, token, text, &signature)) != RECORD_OK)
		return ret;
	token->now = *prepared(token, act);
	token->next.epoch = 0;
	token->used = token->owed = token->doomed = false; /* it is there */
	token->cert_written = token->cert_written || written;
	return is_recovery(act) ? history_so_done(l, label) : RECORD_OK;
}

/* ---- a PIN that something else than its token accepted ------------------- */

enum record_error
history_do_exposed(struct history_line *l)
{
	struct history_act *act;
	struct history_token *token;
	const char *label;
	uint64_t number;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "act", FIELD_NUMBER, UINT64_MAX, &number, NULL },
		{ "label", FIELD_TEXT, 32, &label, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = history_begun_act(l, number, &act)) != RECORD_OK)
		return ret;
	token = history_token_of(l, act);
	if (token == NULL || strcmp(token->label, label) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "act %llu is not on token %s", (unsigned long long)number,
		    label);
	token->owed = true;
	l->g->void_next = number;
	return RECORD_OK;
}
