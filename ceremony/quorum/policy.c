/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/policy.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ca/key.h"
#include "ceremony/quorum/fields.h"
#include "transfer/text.h"

#define MAGIC "anchorite-policy/v1\n"
#define MEMBERS_MAX (POLICY_OPERATORS_MAX + POLICY_WITNESSES_MAX)
#define KEYS_MAX (2 * POLICY_OPERATORS_MAX + POLICY_WITNESSES_MAX)

EVP_PKEY *
policy_key(const struct policy_spki *spki)
{
	EVP_PKEY *key = NULL;

	if (spki->len > sizeof(spki->der) ||
	    key_from_spki(spki->der, spki->len, &key) != CA_OK)
		return NULL;
	/* what is on a curve was made on a token here, or was looked at when
	 * it came: that takes longer than a signature */
	if (key_curve(key) == NID_undef && key_is_weak(spki->der, spki->len)) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

static bool
spki_valid(const struct policy_spki *spki)
{
	EVP_PKEY *key = policy_key(spki);

	EVP_PKEY_free(key);
	return key != NULL;
}

bool
policy_spki_equal(const struct policy_spki *a, const struct policy_spki *b)
{
	return a->len == b->len && memcmp(a->der, b->der, a->len) == 0;
}

int
policy_operator(const struct policy *p, const char *id)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->operators[i].id, id) == 0)
			return (int)i;
	return -1;
}

static bool
members_valid(const struct policy *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!field_is_id(p->operators[i].id, POLICY_ID_MAX) ||
		    !spki_valid(&p->operators[i].sign) ||
		    !spki_valid(&p->operators[i].derive))
			return false;
	for (size_t i = 0; i < p->witness_count; i++)
		if (!field_is_id(p->witnesses[i].id, POLICY_ID_MAX) ||
		    !spki_valid(&p->witnesses[i].spki))
			return false;
	return true;
}

static bool
ids_distinct(const struct policy *p)
{
	const char *ids[MEMBERS_MAX] = { NULL };
	size_t count = 0;

	for (size_t i = 0; i < p->n; i++)
		ids[count++] = p->operators[i].id;
	for (size_t i = 0; i < p->witness_count; i++)
		ids[count++] = p->witnesses[i].id;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(ids[i], ids[j]) == 0)
				return false;
	return true;
}

static bool
keys_distinct(const struct policy *p)
{
	const struct policy_spki *keys[KEYS_MAX] = { NULL };
	size_t count = 0;

	for (size_t i = 0; i < p->n; i++) {
		keys[count++] = &p->operators[i].sign;
		keys[count++] = &p->operators[i].derive;
	}
	for (size_t i = 0; i < p->witness_count; i++)
		keys[count++] = &p->witnesses[i].spki;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (policy_spki_equal(keys[i], keys[j]))
				return false;
	return true;
}

static enum quorum_error
policy_check(const struct policy *p)
{
	if (p->n > POLICY_OPERATORS_MAX || p->m < 2 || p->m > p->n)
		return QUORUM_ERR_THRESHOLD;
	if (p->witness_count > POLICY_WITNESSES_MAX || p->version < 1 ||
	    !field_is_log(p->log, POLICY_LOG_MAX) || !members_valid(p))
		return QUORUM_ERR_TEXT;
	if (!ids_distinct(p) || !keys_distinct(p))
		return QUORUM_ERR_DUPLICATE;
	return QUORUM_OK;
}

static int
compare_operators(const void *a, const void *b)
{
	const struct policy_operator *first = a, *second = b;

	return strcmp(first->id, second->id);
}

static int
compare_witnesses(const void *a, const void *b)
{
	const struct policy_witness *first = a, *second = b;

	return strcmp(first->id, second->id);
}

static void
add_spki(struct text_buf *b, const struct policy_spki *spki)
{
	text_buf_raw(b, " ", 1);
	text_buf_base64(b, spki->der, spki->len);
}

enum quorum_error
policy_write(struct policy *p, char **out, size_t *len)
{
	enum quorum_error ret = QUORUM_ERR_TEXT;
	struct text_buf b = { 0 };

	*out = NULL;
	*len = 0;
	ret = policy_check(p);
	if (ret != QUORUM_OK)
		return ret;
	qsort(p->operators, p->n, sizeof(p->operators[0]), compare_operators);
	qsort(p->witnesses, p->witness_count, sizeof(p->witnesses[0]),
	    compare_witnesses);

	text_buf_add(&b, MAGIC "log %s\nversion %u\nm %u\n", p->log, p->version,
	    p->m);
	for (size_t i = 0; i < p->n; i++) {
		text_buf_add(&b, "operator %s", p->operators[i].id);
		add_spki(&b, &p->operators[i].sign);
		add_spki(&b, &p->operators[i].derive);
		text_buf_raw(&b, "\n", 1);
	}
	for (size_t i = 0; i < p->witness_count; i++) {
		text_buf_add(&b, "witness %s", p->witnesses[i].id);
		add_spki(&b, &p->witnesses[i].spki);
		text_buf_raw(&b, "\n", 1);
	}
	*out = text_buf_take(&b, len);
	return *out == NULL ? QUORUM_ERR_MEMORY : QUORUM_OK;
}

static enum quorum_error
spki_read(struct fields *f, char end, struct policy_spki *out)
{
	char text[TEXT_BASE64_SIZE(POLICY_SPKI_MAX)] = "";
	enum transfer_error err = TRANSFER_ERR_FIELD;
	uint8_t *der = NULL;

	if (!field_text(f, end, text, sizeof(text) - 1))
		return QUORUM_ERR_TEXT;
	err = text_unbase64(text, sizeof(out->der), &der, &out->len);
	if (err != TRANSFER_OK)
		return err == TRANSFER_ERR_MEMORY ? QUORUM_ERR_MEMORY
						  : QUORUM_ERR_TEXT;
	memcpy(out->der, der, out->len);
	free(der);
	return QUORUM_OK;
}

static enum quorum_error
operator_read(struct fields *f, struct policy *out)
{
	struct policy_operator *op = NULL;
	enum quorum_error ret = QUORUM_ERR_TEXT;

	if (out->n == POLICY_OPERATORS_MAX)
		return QUORUM_ERR_THRESHOLD;
	op = &out->operators[out->n++];
	if (!field_text(f, ' ', op->id, POLICY_ID_MAX))
		return QUORUM_ERR_TEXT;
	ret = spki_read(f, ' ', &op->sign);
	if (ret != QUORUM_OK)
		return ret;
	return spki_read(f, '\n', &op->derive);
}

static enum quorum_error
witness_read(struct fields *f, struct policy *out)
{
	struct policy_witness *w = NULL;

	if (out->witness_count == POLICY_WITNESSES_MAX)
		return QUORUM_ERR_TEXT;
	w = &out->witnesses[out->witness_count++];
	if (!field_text(f, ' ', w->id, POLICY_ID_MAX))
		return QUORUM_ERR_TEXT;
	return spki_read(f, '\n', &w->spki);
}

static enum quorum_error
text_read(struct fields f, struct policy *out)
{
	enum quorum_error ret = QUORUM_OK;
	uint64_t version = 0, m = 0;

	if (!field_word(&f, MAGIC "log ") ||
	    !field_text(&f, '\n', out->log, POLICY_LOG_MAX) ||
	    !field_word(&f, "version ") ||
	    !field_number(&f, '\n', UINT_MAX, &version) ||
	    !field_word(&f, "m ") || !field_number(&f, '\n', UINT_MAX, &m))
		return QUORUM_ERR_TEXT;
	out->version = (unsigned)version;
	out->m = (unsigned)m;
	while (ret == QUORUM_OK && field_word(&f, "operator "))
		ret = operator_read(&f, out);
	while (ret == QUORUM_OK && field_word(&f, "witness "))
		ret = witness_read(&f, out);
	if (ret == QUORUM_OK && f.len > 0)
		ret = QUORUM_ERR_TEXT;
	return ret;
}

enum quorum_error
policy_read(const char *text, size_t len, struct policy *out)
{
	enum quorum_error ret = QUORUM_ERR_TEXT;
	char *again = NULL;
	size_t again_len = 0;

	memset(out, 0, sizeof(*out));
	if (len > POLICY_TEXT_MAX)
		return ret;
	ret = text_read((struct fields){ text, len }, out);
	if (ret == QUORUM_OK)
		ret = policy_write(out, &again, &again_len);
	/* order, leading zeros and whatever else the reader let pass */
	if (ret == QUORUM_OK &&
	    (again_len != len || memcmp(again, text, len) != 0))
		ret = QUORUM_ERR_TEXT;
	if (ret != QUORUM_OK)
		memset(out, 0, sizeof(*out));
	free(again);
	return ret;
}
