/* SPDX-License-Identifier: ISC */
#include "ceremony/record/checkpoint.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/spki.h"
#include "transfer/text.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a blank, c2sp.org/signed-note */
#define KEY_ID_SIZE 4
#define RSA_TYPE "\n\xff" CHECKPOINT_RSA_TYPE
#define ID_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

static bool
is_rsa(const struct policy_spki *spki)
{
	struct spki parts;

	return spki_read((struct der){ spki->der, spki->len }, &parts) ==
	    SPKI_OK &&
	    parts.rsa;
}

void
checkpoint_key_id(const char *origin, const char *id,
    const struct policy_spki *spki, uint8_t out[4])
{
	uint8_t hash[32] = { 0 };
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	if (is_rsa(spki)) {
		SHA256_Update(&ctx, origin, strlen(origin));
		SHA256_Update(&ctx, "/", 1);
		SHA256_Update(&ctx, id, strlen(id));
		SHA256_Update(&ctx, RSA_TYPE, sizeof(RSA_TYPE) - 1);
	}
	SHA256_Update(&ctx, spki->der, spki->len);
	SHA256_Final(hash, &ctx);
	memcpy(out, hash, KEY_ID_SIZE);
}

/* What a note's format asks of a key name, and the origin is part of ours. */
static bool
origin_check(const char *origin)
{
	return text_is_printable(origin, POLICY_LOG_MAX) &&
	    strpbrk(origin, " +") == NULL;
}

static bool
id_check(const char *id)
{
	size_t len = strnlen(id, POLICY_ID_MAX + 1);

	return len > 0 && len <= POLICY_ID_MAX && strspn(id, ID_CHARS) == len;
}

enum record_error
checkpoint_text(const struct checkpoint *c, char *out, size_t *len)
{
	char root[TEXT_BASE64_SIZE(32)], head[TEXT_HEX_SIZE(32)];
	int n;

	*len = 0;
	out[0] = '\0';
	if (!origin_check(c->origin))
		return RECORD_ERR_ARGUMENT;
	text_base64(c->tree_root, 32, root);
	text_hex(c->head, 32, head);
	n = snprintf(out, CHECKPOINT_TEXT_MAX,
	    "%s\n%llu\n%s\ntranscript %llu %s\n", c->origin,
	    (unsigned long long)c->tree_size, root, (unsigned long long)c->seq,
	    head);
	if (n < 0 || n >= CHECKPOINT_TEXT_MAX)
		return RECORD_ERR_ARGUMENT;
	*len = (size_t)n;
	return RECORD_OK;
}

static bool
sig_check(const struct checkpoint_sig *sig)
{
	return id_check(sig->id) && sig->len > 0 &&
	    sig->len <= sizeof(sig->der);
}

static void
add_sig(struct text_buf *b, const char *origin, const struct checkpoint_sig *s)
{
	uint8_t raw[KEY_ID_SIZE + sizeof(s->der)];

	memcpy(raw, s->key_id, KEY_ID_SIZE);
	memcpy(raw + KEY_ID_SIZE, s->der, s->len);
	text_buf_add(b, DASH "%s/%s ", origin, s->id);
	text_buf_base64(b, raw, KEY_ID_SIZE + s->len);
	text_buf_raw(b, "\n", 1);
}

enum record_error
checkpoint_note(const struct checkpoint *c, const struct checkpoint_sig *sigs,
    size_t count, char **out, size_t *len)
{
	struct text_buf b = { 0 };
	char text[CHECKPOINT_TEXT_MAX];
	enum record_error ret;

	*out = NULL;
	if ((ret = checkpoint_text(c, text, len)) != RECORD_OK)
		return ret;
	if (count == 0 || count > CHECKPOINT_SIGS_MAX)
		return RECORD_ERR_ARGUMENT;
	text_buf_add(&b, "%s\n", text);
	for (size_t i = 0; i < count; i++) {
		if (!sig_check(&sigs[i])) {
			text_buf_free(&b);
			return RECORD_ERR_ARGUMENT;
		}
		add_sig(&b, c->origin, &sigs[i]);
	}
	*out = text_buf_take(&b, len);
	return *out != NULL ? RECORD_OK : RECORD_ERR_MEMORY;
}

/* Where reading stands, and the line last taken, NUL instead of its LF. */
struct cursor {
	const char *at, *end;
	unsigned number;
	char line[CHECKPOINT_NOTE_MAX + 1];
};

static bool
next_line(struct cursor *c)
{
	size_t left = (size_t)(c->end - c->at), len;
	const char *lf = left == 0 ? NULL : memchr(c->at, '\n', left);

	if (lf == NULL)
		return false;
	len = (size_t)(lf - c->at);
	memcpy(c->line, c->at, len);
	c->line[len] = '\0';
	c->at = lf + 1;
	c->number++;
	/* a NUL would hide what follows it */
	return strlen(c->line) == len;
}

static bool
read_root(const char *line, uint8_t root[32])
{
	uint8_t *raw = NULL;
	size_t len = 0;
	bool ok;

	ok = text_unbase64(line, 32, &raw, &len) == TRANSFER_OK && len == 32;
	if (ok)
		memcpy(root, raw, 32);
	free(raw);
	return ok;
}

/* "transcript <seq> <head>"; how seq is written, text_check() sees. */
static bool
read_head(const char *line, struct checkpoint *out)
{
	static const char word[] = "transcript ";
	char *end;

	if (strncmp(line, word, strlen(word)) != 0)
		return false;
	out->seq = strtoull(line + strlen(word), &end, 10);
	return *end == ' ' && text_unhex(end + 1, out->head, 32);
}

/* Whether the note begins with exactly the text that we would write: this
 * settles leading zeros, signs, blanks and overflow. */
static bool
text_check(const struct checkpoint *c, const char *note, size_t text_len)
{
	char again[CHECKPOINT_TEXT_MAX];
	size_t len;

	return checkpoint_text(c, again, &len) == RECORD_OK &&
	    len == text_len && memcmp(again, note, len) == 0;
}

/* The four lines of the text and the blank one. */
static bool
read_text(struct cursor *c, struct checkpoint *out)
{
	const char *note = c->at;
	char *end;

	if (!next_line(c) || strlen(c->line) > POLICY_LOG_MAX)
		return false;
	strcpy(out->origin, c->line);
	if (!next_line(c))
		return false;
	out->tree_size = strtoull(c->line, &end, 10);
	return *end == '\0' && next_line(c) &&
	    read_root(c->line, out->tree_root) && next_line(c) &&
	    read_head(c->line, out) &&
	    text_check(out, note, (size_t)(c->at - note)) && next_line(c) &&
	    c->line[0] == '\0';
}

/* The id in a key name, or NULL when it is not one of this origin's. */
static const char *
own_id(const char *name, const char *origin)
{
	size_t len = strlen(origin);

	if (strncmp(name, origin, len) != 0 || name[len] != '/' ||
	    !id_check(name + len + 1))
		return NULL;
	return name + len + 1;
}

/* Take a signature line apart within c->line: name and base64. */
static bool
split_sig(struct cursor *c, const char **name, const char **base64)
{
	char *at = c->line + strlen(DASH), *blank;

	if (!next_line(c) || strncmp(c->line, DASH, strlen(DASH)) != 0 ||
	    (blank = strchr(at, ' ')) == NULL || blank == at)
		return false;
	*blank = '\0';
	for (const char *p = at; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == '+' || *p == 0x7f)
			return false;
	}
	*name = at;
	*base64 = blank + 1;
	return true;
}

/* One signature; *own tells whether it is kept. */
static enum record_error
read_sig(struct cursor *c, const char *origin, struct checkpoint_sig *out,
    bool *own)
{
	const char *name, *base64, *id;
	enum transfer_error err;
	uint8_t *raw = NULL;
	size_t len = 0;

	*own = false;
	if (!split_sig(c, &name, &base64))
		return RECORD_ERR_FORM;
	err = text_unbase64(base64, CHECKPOINT_NOTE_MAX, &raw, &len);
	if (err == TRANSFER_ERR_MEMORY)
		return RECORD_ERR_MEMORY;
	id = own_id(name, origin);
	if (err != TRANSFER_OK || len <= KEY_ID_SIZE ||
	    (id != NULL && len > KEY_ID_SIZE + sizeof(out->der))) {
		free(raw);
		return RECORD_ERR_FORM;
	}
	if (id != NULL) {
		*own = true;
		strcpy(out->id, id);
		out->len = len - KEY_ID_SIZE;
		memcpy(out->key_id, raw, KEY_ID_SIZE);
		memcpy(out->der, raw + KEY_ID_SIZE, out->len);
	}
	free(raw);
	return RECORD_OK;
}

static enum record_error
read_sigs(struct cursor *c, const char *origin, struct checkpoint_sig *sigs,
    size_t *count)
{
	if (c->at == c->end)
		return RECORD_ERR_FORM;
	while (c->at < c->end) {
		struct checkpoint_sig sig = { 0 };
		enum record_error ret;
		bool own;

		ret = read_sig(c, origin, &sig, &own);
		if (ret == RECORD_OK && own && *count == CHECKPOINT_SIGS_MAX)
			ret = RECORD_ERR_FORM;
		if (ret != RECORD_OK)
			return ret;
		if (own)
			sigs[(*count)++] = sig;
	}
	return RECORD_OK;
}

static enum record_error
read_note(struct cursor *c, struct checkpoint *out, struct checkpoint_sig *sigs,
    size_t *count, struct record_fault *fault)
{
	enum record_error ret;

	if (!read_text(c, out))
		return record_fail(fault, RECORD_ERR_FORM,
		    "checkpoint line %u: not as a checkpoint has it",
		    c->number);
	ret = read_sigs(c, out->origin, sigs, count);
	if (ret == RECORD_ERR_FORM)
		return record_fail(fault, ret,
		    "checkpoint line %u: not a note's signature", c->number);
	if (ret != RECORD_OK)
		return record_fail(fault, ret, "checkpoint: out of memory");
	return RECORD_OK;
}

enum record_error
checkpoint_read(const char *note, size_t len, struct checkpoint *out,
    struct checkpoint_sig *sigs, size_t *count, struct record_fault *fault)
{
	enum record_error ret;
	struct cursor *c;

	memset(out, 0, sizeof(*out));
	*count = 0;
	if (len > CHECKPOINT_NOTE_MAX)
		return record_fail(fault, RECORD_ERR_FORM,
		    "checkpoint: longer than a note can be");
	if ((c = malloc(sizeof(*c))) == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY,
		    "checkpoint: out of memory");
	c->at = note;
	c->end = note + len;
	c->number = 0;
	ret = read_note(c, out, sigs, count, fault);
	if (ret != RECORD_OK) {
		memset(out, 0, sizeof(*out));
		*count = 0;
	}
	free(c);
	return ret;
}

/* A member of the policy by id: the key, and its bit in *mask. */
static const struct policy_spki *
member(const struct policy *p, const char *id, bool *is_operator,
    uint64_t *mask)
{
	int index = policy_operator(p, id);

	*is_operator = index >= 0;
	if (*is_operator) {
		*mask = UINT64_C(1) << index;
		return &p->operators[index].sign;
	}
	for (size_t i = 0; i < p->witness_count; i++) {
		if (strcmp(p->witnesses[i].id, id) != 0)
			continue;
		*mask = UINT64_C(1) << (POLICY_OPERATORS_MAX + i);
		return &p->witnesses[i].spki;
	}
	return NULL;
}

static bool
good_signature(const char *origin, const struct policy_spki *spki,
    const struct checkpoint_sig *sig, const char *text, size_t len)
{
	EVP_PKEY *key = policy_key(spki);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t key_id[KEY_ID_SIZE];
	bool ok = false;

	checkpoint_key_id(origin, sig->id, spki, key_id);
	if (key == NULL || md == NULL ||
	    memcmp(key_id, sig->key_id, KEY_ID_SIZE) != 0)
		goto out;
	if (EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) != 1)
		goto out;
	ok = EVP_DigestVerify(md, sig->der, sig->len, (const uint8_t *)text,
		 len) == 1;
out:
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	return ok;
}

static enum record_error
verify_all(const struct checkpoint_sig *sigs, size_t count,
    const struct policy *p, const char *text, size_t len, unsigned counts[2],
    struct record_fault *fault)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t mask = 0;
		bool is_operator;
		const struct policy_spki *spki =
		    member(p, sigs[i].id, &is_operator, &mask);

		if (spki == NULL)
			continue;
		if ((seen & mask) != 0)
			return record_fail(fault, RECORD_ERR_SIGNATURE,
			    "checkpoint: %s has signed twice", sigs[i].id);
		if (!good_signature(p->log, spki, &sigs[i], text, len))
			return record_fail(fault, RECORD_ERR_SIGNATURE,
			    "checkpoint: signature of %s does not verify",
			    sigs[i].id);
		seen |= mask;
		counts[is_operator ? 0 : 1]++;
	}
	return RECORD_OK;
}

enum record_error
checkpoint_verify(const struct checkpoint *c, const struct checkpoint_sig *sigs,
    size_t count, const struct policy *p, unsigned *operators,
    unsigned *witnesses, struct record_fault *fault)
{
	char text[CHECKPOINT_TEXT_MAX];
	unsigned counts[2] = { 0, 0 };
	enum record_error ret;
	size_t len;

	*operators = *witnesses = 0;
	if ((ret = checkpoint_text(c, text, &len)) != RECORD_OK)
		return record_fail(fault, ret, "checkpoint: no text");
	if (strcmp(c->origin, p->log) != 0)
		return record_fail(fault, RECORD_ERR_OTHER_LOG,
		    "checkpoint: of log %s, the policy is of %s", c->origin,
		    p->log);
	ret = verify_all(sigs, count, p, text, len, counts, fault);
	if (ret == RECORD_OK) {
		*operators = counts[0];
		*witnesses = counts[1];
	}
	return ret;
}
