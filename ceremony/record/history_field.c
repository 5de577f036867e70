/* SPDX-License-Identifier: ISC */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/key.h"
#include "ceremony/record/history_line.h"
#include "ceremony/record/objects.h"
#include "transfer/text.h"

#define TEST_MAGIC "anchorite-test/v1\n"

/* Printable ASCII, with LFs if lines may be. */
static bool
text_valid(const char *text, uint64_t max, bool lines)
{
	size_t n = 0;

	for (; text[n] != '\0'; n++)
		if (n == max ||
		    ((text[n] < ' ' || text[n] > '~') &&
			!(lines && text[n] == '\n')))
			return false;
	return n > 0;
}

static bool
take_text(const struct history_field *f, json_t *value, bool lines)
{
	const char *text = json_string_value(value);

	if (text == NULL || strlen(text) != json_string_length(value) ||
	    !text_valid(text, f->max, lines))
		return false;
	*(const char **)f->out = text;
	return true;
}

/* What people or a system said, perhaps with a path in it: any text without
 * control characters. */
static bool
take_note(const struct history_field *f, json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (text == NULL || len > f->max)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	*(const char **)f->out = text;
	return true;
}

static bool
take_hex(const struct history_field *f, json_t *value, size_t len, bool none)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return false;
	if (none) {
		*f->has = strcmp(text, "-") != 0;
		if (!*f->has)
			return true;
	}
	return text_unhex(text, f->out, len);
}

static bool
take_number(const struct history_field *f, json_t *value)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 0 || (uint64_t)n > f->max)
		return false;
	*(uint64_t *)f->out = (uint64_t)n;
	return true;
}

static bool
take_base64(const struct history_field *f, json_t *value)
{
	struct history_octets *out = f->out;
	const char *text = json_string_value(value);
	uint8_t *data = NULL;
	size_t len = 0;
	bool ok = false;

	if (text != NULL && f->max <= sizeof(out->data) &&
	    text_unbase64(text, f->max, &data, &len) == TRANSFER_OK &&
	    len > 0) {
		memcpy(out->data, data, len);
		out->len = len;
		ok = true;
	}
	free(data);
	return ok;
}

static bool
take(const struct history_field *f, json_t *value)
{
	switch (f->type) {
	case FIELD_TEXT:
		return take_text(f, value, false);
	case FIELD_NOTE:
		return take_note(f, value);
	case FIELD_LINES:
		return take_text(f, value, true);
	case FIELD_HEX32:
		return take_hex(f, value, 32, false);
	case FIELD_HEX16:
		return take_hex(f, value, 16, false);
	case FIELD_HEX32_NONE:
		return take_hex(f, value, 32, true);
	case FIELD_HEX16_NONE:
		return take_hex(f, value, 16, true);
	case FIELD_NUMBER:
		return take_number(f, value);
	case FIELD_BOOL:
		*(bool *)f->out = json_is_true(value);
		return json_is_boolean(value);
	case FIELD_BASE64:
		return take_base64(f, value);
	case FIELD_ARRAY:
		*(json_t **)f->out = value;
		return json_is_array(value) && json_array_size(value) <= f->max;
	case FIELD_OBJECT:
		*(json_t **)f->out = value;
		return json_is_object(value);
	}
	return false;
}

static bool
is_optional(const struct history_field *f)
{
	return f->has != NULL && f->type != FIELD_HEX32_NONE &&
	    f->type != FIELD_HEX16_NONE;
}

enum record_error
history_fields(const struct history_line *l, json_t *obj,
    const struct history_field *rows, size_t count)
{
	void *iter = json_object_iter(obj);

	if (!json_is_object(obj))
		return history_refuse(l, RECORD_ERR_FORM,
		    "an element is no object");
	for (size_t i = 0; i < count; i++) {
		const struct history_field *f = &rows[i];
		const char *key =
		    iter == NULL ? "" : json_object_iter_key(iter);

		if (strcmp(key, f->key) != 0) {
			if (!is_optional(f))
				return history_refuse(l, RECORD_ERR_FORM,
				    "\"%s\" is missing or not in its place",
				    f->key);
			*f->has = false;
			continue;
		}
		if (is_optional(f))
			*f->has = true;
		if (!take(f, json_object_iter_value(iter)))
			return history_refuse(l, RECORD_ERR_FORM,
			    "\"%s\" is out of form or range", f->key);
		iter = json_object_iter_next(obj, iter);
	}
	if (iter != NULL)
		return history_refuse(l, RECORD_ERR_FORM,
		    "\"%.40s\" does not belong here",
		    json_object_iter_key(iter));
	return RECORD_OK;
}

enum record_error
history_body(const struct history_line *l, const struct history_field *rows,
    size_t count)
{
	return history_fields(l, l->e->body, rows, count);
}

/* ---- objects and keys that a line names ---------------------------------- */

enum record_error
history_load(const struct history_line *l, const uint8_t digest[32],
    const char *what, uint8_t **out, size_t *len)
{
	struct record_fault fault = { 0 };
	enum record_error ret;

	ret = object_get(l->dirfd, digest, out, len, &fault);
	if (ret != RECORD_OK)
		return history_refuse(l, ret, "%s: %s", what, fault.text);
	return RECORD_OK;
}

enum record_error
history_exists(const struct history_line *l, const uint8_t digest[32],
    const char *what)
{
	uint8_t *data = NULL;
	size_t len;
	enum record_error ret = history_load(l, digest, what, &data, &len);

	free(data);
	return ret;
}

enum record_error
history_load_cert(const struct history_line *l, const uint8_t digest[32],
    const char *what, X509 **out)
{
	uint8_t *der = NULL;
	size_t len;
	enum record_error ret;

	*out = NULL;
	if ((ret = history_load(l, digest, what, &der, &len)) != RECORD_OK)
		return ret;
	if (cert_parse(der, len, out) != CA_OK)
		ret = history_refuse(l, RECORD_ERR_FORM,
		    "%s: not a strict certificate", what);
	free(der);
	return ret;
}

enum record_error
history_spki(const struct history_line *l, const char *what,
    const struct policy_spki *spki, EVP_PKEY **out)
{
	if (key_from_spki(spki->der, spki->len, out) != CA_OK ||
	    key_curve(*out) == NID_undef) {
		EVP_PKEY_free(*out);
		*out = NULL;
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s: not a P-256 or P-384 key", what);
	}
	return RECORD_OK;
}

/* Octets that stand in a log once: a key, or a text that one signed. */
static enum record_error
note_once(const struct history_line *l, const char *what, const char *kind,
    const void *data, size_t len)
{
	struct history_group *g = l->g;
	uint8_t digest[32];

	if (SHA256(data, len, digest) == NULL)
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	for (size_t i = 0; i < g->once_count; i++)
		if (memcmp(g->once[i], digest, 32) == 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "%s: this %s is in the log already", what, kind);
	if (!history_grow(&g->once, g->once_count, sizeof(*g->once)))
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	memcpy(g->once[g->once_count++], digest, 32);
	return RECORD_OK;
}

enum record_error
history_new_key(const struct history_line *l, const char *what,
    const struct policy_spki *spki)
{
	return note_once(l, what, "key", spki->der, spki->len);
}

enum record_error
history_test_text(const struct history_line *l, const char *what, EVP_PKEY *key,
    const char *text, const struct history_octets *signature)
{
	const EVP_MD *md =
	    key_curve(key) == NID_secp384r1 ? EVP_sha384() : EVP_sha256();
	EVP_MD_CTX *ctx = NULL;
	bool ok;

	if (strncmp(text, TEST_MAGIC, strlen(TEST_MAGIC)) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s: the text is no anchorite-test/v1", what);
	if ((ctx = EVP_MD_CTX_new()) == NULL)
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	ok = EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, signature->data, signature->len,
		(const uint8_t *)text, strlen(text)) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return history_refuse(l, RECORD_ERR_SIGNATURE,
		    "%s: its signature over the test text does not verify",
		    what);
	return note_once(l, what, "test text", text, strlen(text));
}

enum record_error
history_attributes(const struct history_line *l, const char *what,
    json_t *attributes, enum history_origin origin)
{
	/* those that must be so, but for keys of some origins; any other may be
	 * as it is */
	static const struct {
		const char *name;
		bool value;
		unsigned excused; /* origins */
	} must[] = {
		{ "token", true, 0 },
		{ "private", true, 0 },
		{ "sensitive", true, 0 },
		{ "extractable", false, ORIGIN_ORIGINAL | ORIGIN_COPY },
		{ "always_sensitive", true, ORIGIN_COPY | ORIGIN_ELSEWHERE },
		{ "never_extractable", true,
		    ORIGIN_ORIGINAL | ORIGIN_COPY | ORIGIN_ELSEWHERE },
		{ "local", true, ORIGIN_COPY | ORIGIN_ELSEWHERE },
		{ "decrypt", false, ORIGIN_ELSEWHERE },
		{ "unwrap", false, ORIGIN_ELSEWHERE },
	};
	const char *name;
	json_t *value;

	if (!json_is_object(attributes) || json_object_size(attributes) == 0)
		return history_refuse(l, RECORD_ERR_FORM, "%s: no attributes",
		    what);
	json_object_foreach(attributes, name, value)
	{
		if (!json_is_boolean(value))
			return history_refuse(l, RECORD_ERR_FORM,
			    "%s: attribute %.40s is no boolean", what, name);
	}
	for (size_t i = 0; i < sizeof(must) / sizeof(must[0]); i++) {
		value = json_object_get(attributes, must[i].name);
		if ((must[i].excused & origin) != 0)
			continue;
		if (origin == ORIGIN_ELSEWHERE && value == NULL)
			return history_refuse(l, RECORD_ERR_RULE,
			    "%s: its private key's attribute \"%s\" is not told",
			    what, must[i].name);
		if (value != NULL && json_is_true(value) != must[i].value)
			return history_refuse(l, RECORD_ERR_RULE,
			    "%s: its private key's attribute \"%s\" is %s",
			    what, must[i].name,
			    must[i].value ? "false" : "true");
	}
	return RECORD_OK;
}
