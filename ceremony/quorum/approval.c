/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/approval.h"

#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/quorum/fields.h"
#include "transfer/text.h"

#define MAGIC "anchorite-approval/v1\n"

static bool
uses_valid(const struct approval *a)
{
	if (a->use_count > APPROVAL_USES_MAX)
		return false;
	for (size_t i = 0; i < a->use_count; i++) {
		if (!field_is_id(a->uses[i].name, APPROVAL_NAME_MAX) ||
		    a->uses[i].count == 0)
			return false;
		for (size_t j = 0; j < i; j++)
			if (strcmp(a->uses[i].name, a->uses[j].name) == 0)
				return false;
	}
	return true;
}

static bool
members_valid(const struct approval *a)
{
	return field_is_log(a->log, POLICY_LOG_MAX) &&
	    field_is_visible(a->ceremony, APPROVAL_NAME_MAX) && a->act > 0 &&
	    a->resumes < a->act && a->step > 0 &&
	    field_is_id(a->kind, APPROVAL_NAME_MAX) &&
	    field_is_visible(a->token, sizeof(a->token) - 1) && uses_valid(a);
}

static void
add_number(struct text_buf *b, const char *key, uint64_t value)
{
	if (value == 0)
		text_buf_add(b, "%s -\n", key);
	else
		text_buf_add(b, "%s %" PRIu64 "\n", key, value);
}

static void
add_hex(struct text_buf *b, const char *key, bool present, const uint8_t *value,
    size_t len)
{
	text_buf_add(b, "%s ", key);
	if (present)
		text_buf_hex(b, value, len);
	else
		text_buf_raw(b, "-", 1);
	text_buf_raw(b, "\n", 1);
}

static void
add_lines(struct text_buf *b, const struct approval *a, const char *operator_id)
{
	text_buf_add(b, MAGIC "log %s\nceremony %s\n", a->log, a->ceremony);
	add_number(b, "act", a->act);
	add_number(b, "resumes", a->resumes);
	text_buf_add(b, "step %u %s\ntoken %s\n", a->step, a->kind, a->token);
	add_number(b, "epoch", a->epoch);
	add_hex(b, "policy-sha256", true, a->policy_sha256, 32);
	add_hex(b, "plan-sha256", true, a->plan_sha256, 32);
	add_hex(b, "input-sha256", true, a->input_sha256, 32);
	for (size_t i = 0; i < a->use_count; i++)
		text_buf_add(b, "use %s %" PRIu32 "\n", a->uses[i].name,
		    a->uses[i].count);
	add_hex(b, "issuer-spki-sha256", a->has_issuer, a->issuer_spki_sha256,
	    32);
	add_hex(b, "head", true, a->head, 32);
	add_hex(b, "nonce", a->has_nonce, a->nonce, 16);
	text_buf_add(b, "operator %s\n", operator_id);
}

enum quorum_error
approval_text(const struct approval *a, const char *operator_id, char *out,
    size_t *len)
{
	enum quorum_error ret = QUORUM_ERR_TEXT;
	struct text_buf b = { 0 };
	char *text = NULL;

	*len = 0;
	if (!members_valid(a) || !field_is_id(operator_id, POLICY_ID_MAX))
		return ret;
	add_lines(&b, a, operator_id);
	text = text_buf_take(&b, len);
	if (text == NULL)
		return QUORUM_ERR_MEMORY;
	if (*len < APPROVAL_TEXT_MAX) {
		memcpy(out, text, *len + 1);
		ret = QUORUM_OK;
	}
	free(text);
	return ret;
}

/* A number, or "-" for 0. */
static bool
number_read(struct fields *f, uint64_t max, uint64_t *out)
{
	*out = 0;
	return field_word(f, "-\n") || field_number(f, '\n', max, out);
}

static bool
hex_read(struct fields *f, uint8_t *out, size_t len, bool *present)
{
	*present = !field_word(f, "-\n");
	return !*present || field_hex(f, '\n', out, len);
}

static bool
uses_read(struct fields *f, struct approval *out)
{
	while (field_word(f, "use ")) {
		struct approval_use *use = &out->uses[out->use_count];
		uint64_t count = 0;

		if (out->use_count == APPROVAL_USES_MAX ||
		    !field_text(f, ' ', use->name, APPROVAL_NAME_MAX) ||
		    !field_number(f, '\n', UINT32_MAX, &count))
			return false;
		use->count = (uint32_t)count;
		out->use_count++;
	}
	return true;
}

/* What is being approved: up to the token's epoch. */
static bool
act_read(struct fields *f, struct approval *out)
{
	uint64_t step = 0, epoch = 0;

	if (!field_word(f, MAGIC "log ") ||
	    !field_text(f, '\n', out->log, POLICY_LOG_MAX) ||
	    !field_word(f, "ceremony ") ||
	    !field_text(f, '\n', out->ceremony, APPROVAL_NAME_MAX) ||
	    !field_word(f, "act ") || !number_read(f, UINT64_MAX, &out->act) ||
	    !field_word(f, "resumes ") ||
	    !number_read(f, UINT64_MAX, &out->resumes) ||
	    !field_word(f, "step ") || !field_number(f, ' ', UINT_MAX, &step) ||
	    !field_text(f, '\n', out->kind, APPROVAL_NAME_MAX) ||
	    !field_word(f, "token ") ||
	    !field_text(f, '\n', out->token, sizeof(out->token) - 1) ||
	    !field_word(f, "epoch ") || !number_read(f, UINT32_MAX, &epoch))
		return false;
	out->step = (unsigned)step;
	out->epoch = (uint32_t)epoch;
	return true;
}

static bool
digests_read(struct fields *f, struct approval *out)
{
	return field_word(f, "policy-sha256 ") &&
	    field_hex(f, '\n', out->policy_sha256, 32) &&
	    field_word(f, "plan-sha256 ") &&
	    field_hex(f, '\n', out->plan_sha256, 32) &&
	    field_word(f, "input-sha256 ") &&
	    field_hex(f, '\n', out->input_sha256, 32) && uses_read(f, out) &&
	    field_word(f, "issuer-spki-sha256 ") &&
	    hex_read(f, out->issuer_spki_sha256, 32, &out->has_issuer) &&
	    field_word(f, "head ") && field_hex(f, '\n', out->head, 32) &&
	    field_word(f, "nonce ") &&
	    hex_read(f, out->nonce, 16, &out->has_nonce);
}

/* The form is right when reading the text and writing it anew gives it
 * again. */
bool
approval_text_valid(const char *text, size_t len, const char *operator_id)
{
	struct approval a = { 0 };
	struct fields f = { text, len };
	char again[APPROVAL_TEXT_MAX] = "";
	size_t again_len = 0;

	if (!act_read(&f, &a) || !digests_read(&f, &a))
		return false;
	if (approval_text(&a, operator_id, again, &again_len) != QUORUM_OK)
		return false;
	return again_len == len && memcmp(again, text, len) == 0;
}

static enum quorum_error
signature_verify(EVP_PKEY *key, const uint8_t *sig, size_t sig_len,
    const char *text, size_t len)
{
	enum quorum_error ret = QUORUM_ERR_MEMORY;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL ||
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) != 1)
		goto out;
	ret = QUORUM_ERR_SIGNATURE;
	if (EVP_DigestVerify(ctx, sig, sig_len, (const unsigned char *)text,
		len) == 1)
		ret = QUORUM_OK;
out:
	EVP_MD_CTX_free(ctx);
	return ret;
}

enum quorum_error
approval_verify(const struct approval *a, const struct policy *policy,
    const char *operator_id, const uint8_t *sig, size_t sig_len)
{
	enum quorum_error ret = QUORUM_ERR_OPERATOR;
	int index = policy_operator(policy, operator_id);
	char text[APPROVAL_TEXT_MAX] = "";
	size_t len = 0;
	EVP_PKEY *key = NULL;

	if (index < 0)
		return ret;
	ret = approval_text(a, operator_id, text, &len);
	if (ret != QUORUM_OK)
		return ret;
	if (sig_len > APPROVAL_SIG_MAX)
		return QUORUM_ERR_SIGNATURE;
	key = policy_key(&policy->operators[index].sign);
	if (key == NULL)
		return QUORUM_ERR_MEMORY;
	ret = signature_verify(key, sig, sig_len, text, len);
	EVP_PKEY_free(key);
	return ret;
}
