/* SPDX-License-Identifier: ISC */
#include "ceremony/record/backup_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/text.h"

#define MAGIC "anchorite-backup/v1"
#define LINE_MAX_SIZE 4096

/* The lines before the keys. */
static const struct line {
	const char *key;
	size_t at, size;
} lines[] = {
#define LINE(key, member)                                                      \
	{                                                                      \
		key, offsetof(struct backup_file, member),                     \
		    sizeof(((struct backup_file *)0)->member)                  \
	}
	LINE("log", log),
	LINE("ceremony", ceremony),
	LINE("first", first),
	LINE("token", token),
	LINE("module", module),
#undef LINE
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

/* The roles that keys have, in their order: those of one CA. */
static const char *
role_at(const struct wrapped_keys *k, size_t i)
{
	if (i == 1)
		return strcmp(k->keys[0].role, "product-ca") == 0 ? "sealer"
								  : NULL;
	return strcmp(k->keys[0].role, "root") == 0 ? "root" : "product-ca";
}

/* ---- writing --------------------------------------------------------------- */

static void
write_key(struct text_buf *b, const struct wrapped_key *k)
{
	char spki[TEXT_BASE64_SIZE(POLICY_SPKI_MAX)];
	char *blob = malloc(TEXT_BASE64_SIZE(BACKUP_WRAPPED_MAX));

	if (blob == NULL)
		return;
	text_base64(k->spki.der, k->spki.len, spki);
	text_base64(k->blob, k->len, blob);
	text_buf_raw(b, "key ", 4);
	text_buf_raw(b, k->role, strlen(k->role));
	text_buf_raw(b, " ", 1);
	text_buf_raw(b, spki, strlen(spki));
	text_buf_raw(b, " ", 1);
	text_buf_raw(b, blob, strlen(blob));
	text_buf_raw(b, "\n", 1);
	free(blob);
}

enum record_error
backup_file_write(const struct backup_file *b, char **out, size_t *len)
{
	struct backup_file *again = malloc(sizeof(*again));
	struct record_fault fault = { .text = "" };
	struct text_buf text = { 0 };
	enum record_error ret = RECORD_ERR_MEMORY;

	*out = NULL;
	if (again == NULL)
		return ret;
	text_buf_raw(&text, MAGIC "\n", strlen(MAGIC) + 1);
	for (size_t i = 0; i < LINES; i++) {
		const char *value = (const char *)b + lines[i].at;

		text_buf_raw(&text, lines[i].key, strlen(lines[i].key));
		text_buf_raw(&text, " ", 1);
		text_buf_raw(&text, value, strlen(value));
		text_buf_raw(&text, "\n", 1);
	}
	for (size_t i = 0; i < b->keys.count; i++)
		write_key(&text, &b->keys.keys[i]);
	*out = text_buf_take(&text, len);
	/* only what can be read again leaves */
	if (*out != NULL)
		ret = backup_file_read(*out, *len, again, &fault) == RECORD_OK
		    ? RECORD_OK
		    : RECORD_ERR_ARGUMENT;
	if (ret != RECORD_OK) {
		free(*out);
		*out = NULL;
	}
	free(again);
	return ret;
}

/* ---- reading --------------------------------------------------------------- */

struct input {
	const char *at, *end;
	unsigned line; /* from 1 */
	char text[LINE_MAX_SIZE];
	struct record_fault *fault;
};

static enum record_error
refuse(const struct input *in, const char *why)
{
	return record_fail(in->fault, RECORD_ERR_FORM, "line %u: %s", in->line,
	    why);
}

/* The next line, printable and without its LF, into in->text. */
static enum record_error
next_line(struct input *in)
{
	const char *lf = in->at == in->end
	    ? NULL
	    : memchr(in->at, '\n', (size_t)(in->end - in->at));
	size_t len;

	in->line++;
	if (lf == NULL)
		return refuse(in, "is missing, or has no LF");
	len = (size_t)(lf - in->at);
	if (len >= sizeof(in->text))
		return refuse(in, "is too long");
	for (size_t i = 0; i < len; i++)
		if (in->at[i] < 0x20 || in->at[i] > 0x7e)
			return refuse(in, "is not printable ASCII");
	memcpy(in->text, in->at, len);
	in->text[len] = '\0';
	in->at = lf + 1;
	return RECORD_OK;
}

/* The value behind "<key> " in in->text; NULL when it is another key. */
static char *
value_of(struct input *in, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(in->text, key, n) != 0 || in->text[n] != ' ' ||
	    in->text[n + 1] == '\0')
		return NULL;
	return in->text + n + 1;
}

static enum record_error
read_value(struct input *in, const struct line *l, struct backup_file *out)
{
	char why[64], *value;
	enum record_error ret = next_line(in);

	if (ret != RECORD_OK)
		return ret;
	value = value_of(in, l->key);
	snprintf(why, sizeof(why), "should be \"%s ...\"", l->key);
	if (value == NULL || strlen(value) >= l->size)
		return refuse(in, why);
	memcpy((char *)out + l->at, value, strlen(value) + 1);
	return RECORD_OK;
}

static enum record_error
read_octets(const struct input *in, const char *text, size_t max, uint8_t *out,
    size_t *len)
{
	uint8_t *octets = NULL;
	enum transfer_error err = text_unbase64(text, max, &octets, len);

	if (err == TRANSFER_ERR_MEMORY)
		return RECORD_ERR_MEMORY;
	if (err != TRANSFER_OK || *len == 0) {
		free(octets);
		return refuse(in, "a key is not in base64, or too long");
	}
	memcpy(out, octets, *len);
	free(octets);
	return RECORD_OK;
}

static enum record_error
read_key(struct input *in, struct wrapped_keys *keys)
{
	struct wrapped_key *k = &keys->keys[keys->count];
	enum record_error ret = next_line(in);
	char *role, *spki, *blob;
	const char *want;

	if (ret != RECORD_OK)
		return ret;
	role = value_of(in, "key");
	spki = role == NULL ? NULL : strchr(role, ' ');
	blob = spki == NULL ? NULL : strchr(spki + 1, ' ');
	if (blob == NULL)
		return refuse(in, "should be \"key <role> <spki> <wrapped>\"");
	*spki++ = *blob++ = '\0';
	if (strlen(role) >= sizeof(k->role))
		return refuse(in, "no such role");
	memcpy(k->role, role, strlen(role) + 1);
	want = role_at(keys, keys->count);
	if (want == NULL || strcmp(role, want) != 0)
		return refuse(in, "no key of this role belongs here");
	ret = read_octets(in, spki, POLICY_SPKI_MAX, k->spki.der, &k->spki.len);
	if (ret == RECORD_OK)
		ret =
		    read_octets(in, blob, BACKUP_WRAPPED_MAX, k->blob, &k->len);
	keys->count++;
	return ret;
}

enum record_error
backup_file_read(const char *text, size_t len, struct backup_file *out,
    struct record_fault *fault)
{
	struct input in = { .at = text, .end = text + len, .fault = fault };
	enum record_error ret;

	memset(out, 0, sizeof(*out));
	if (len > BACKUP_FILE_MAX)
		return record_fail(fault, RECORD_ERR_FORM, "over %d octets",
		    BACKUP_FILE_MAX);
	if ((ret = next_line(&in)) != RECORD_OK)
		return ret;
	if (strcmp(in.text, MAGIC) != 0)
		return refuse(&in, "is not \"" MAGIC "\"");
	for (size_t i = 0; i < LINES && ret == RECORD_OK; i++)
		ret = read_value(&in, &lines[i], out);
	if (ret == RECORD_OK)
		ret = read_key(&in, &out->keys);
	if (ret == RECORD_OK && role_at(&out->keys, 1) != NULL)
		ret = read_key(&in, &out->keys);
	if (ret == RECORD_OK && in.at != in.end) {
		in.line++;
		ret = refuse(&in, "nothing follows the keys");
	}
	return ret;
}
