/* SPDX-License-Identifier: ISC */
/* The same keys on more than one token: they leave one, and come to another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/key.h"
#include "ceremony/record/backup_file.h"
#include "ceremony/record/history_line.h"
#include "transfer/text.h"

void
history_proved(const struct history *h, struct history_token *token)
{
	if (token == NULL)
		return;
	token->proved_date = h->date;
	memcpy(token->proved, h->ceremony, sizeof(token->proved));
}

void
history_spread(struct history *h, const struct history_token *from)
{
	for (size_t i = 0; from != NULL && i < h->token_count; i++) {
		struct history_token *t = &h->tokens[i];

		if (t == from || !history_same_ca(t, from))
			continue;
		memcpy(t->keys, from->keys, sizeof(t->keys));
		t->has_crl = from->has_crl;
		memcpy(t->crl, from->crl, sizeof(t->crl));
		t->crl_number = from->crl_number;
		t->crl_this = from->crl_this;
		t->crl_next = from->crl_next;
	}
}

/* ---- a file ---------------------------------------------------------------- */

/* It is of this log, its keys are the token's, and it names whose DKEK it is. */
static bool
file_holds(const struct history *h, const struct backup_file *b,
    const struct history_token *t)
{
	bool same = t != NULL && strcmp(b->log, h->log) == 0 &&
	    strcmp(b->first, history_first(t)) == 0 &&
	    b->keys.count == (t->keys[1].role[0] != '\0' ? 2u : 1u);

	for (size_t i = 0; same && i < b->keys.count; i++)
		same = strcmp(b->keys.keys[i].role, t->keys[i].role) == 0 &&
		    policy_spki_equal(&b->keys.keys[i].spki, &t->keys[i].spki);
	return same;
}

/* Wrapped keys of the token of that label; from: they left it now. */
static enum record_error
check_file(const struct history_line *l, const uint8_t digest[32],
    const char *label, bool from)
{
	struct record_fault fault = { .text = "" };
	struct backup_file *b = malloc(sizeof(*b));
	uint8_t *text = NULL;
	size_t len;
	enum record_error ret;

	if (b == NULL)
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	ret = history_load(l, digest, "backup", &text, &len);
	if (ret == RECORD_OK &&
	    (ret = backup_file_read((const char *)text, len, b, &fault)) !=
		RECORD_OK)
		ret = history_refuse(l, ret, "backup: %s", fault.text);
	if (ret == RECORD_OK &&
	    (!file_holds(l->h, b, history_token(l->h, label)) ||
		(from &&
		    (strcmp(b->token, label) != 0 ||
			strcmp(b->ceremony, l->h->ceremony) != 0))))
		ret = history_refuse(l, RECORD_ERR_RULE,
		    "backup: not a file of the wrapped keys of %s", label);
	free(text);
	free(b);
	return ret;
}

/* ---- a copy ---------------------------------------------------------------- */

/* The input of a copy's act: the role of its CA, whose keys they are, and,
 * when they come from a file, that file. */
struct keycopy {
	char role[16], of[33], file[65];
};

static bool
copy_text(const struct approval *a, const char *text, void *to)
{
	struct keycopy *out = to;
	const char *at = text;
	char label[48];

	snprintf(label, sizeof(label), "label %s\n", a->token);
	if (!history_skip_head(&at, a, "anchorite-keycopy/v1") ||
	    !history_skip_value(&at, "role", out->role,
		sizeof(out->role) - 1) ||
	    (strcmp(out->role, "root") != 0 &&
		!(strcmp(out->role, "product-ca") == 0 &&
		    history_skip(&at, "role sealer\n"))))
		return false;
	if (!history_skip(&at, label) ||
	    !history_skip_value(&at, "copy-of", out->of, sizeof(out->of) - 1))
		return false;
	if (strcmp(a->kind, "restore") == 0)
		return history_skip_value(&at, "backup", out->file, 64) &&
		    *at == '\0';
	return strcmp(out->role, a->kind) == 0 && *at == '\0';
}

static enum record_error
copy_input(const struct history_line *l, const struct approval *a,
    struct keycopy *out)
{
	return history_input(l, a, copy_text, out,
	    "the input does not ask for a copy on this token");
}

enum record_error
history_copy_propose(struct history_line *l, struct history_act *act)
{
	const struct approval *a = &act->approval;
	const char *roles[HISTORY_KEYS_MAX];
	struct keycopy copy = { "", "", "" };
	uint8_t digest[32] = { 0 };
	enum record_error ret;

	if ((ret = copy_input(l, a, &copy)) != RECORD_OK)
		return ret;
	if (!l->h->has_backup)
		return history_refuse(l, RECORD_ERR_RULE,
		    "a copy, but there is no backup secret");
	if (a->use_count != 2 || a->uses[0].count != 1 ||
	    history_use(a, "self-test") != history_roles(copy.role, roles))
		return history_refuse(l, RECORD_ERR_RULE,
		    "other uses than a copy has");
	if (copy.file[0] != '\0' && !text_unhex(copy.file, digest, 32))
		return history_refuse(l, RECORD_ERR_FORM,
		    "the file's digest is none");
	if (copy.file[0] != '\0' &&
	    (ret = check_file(l, digest, copy.of, false)) != RECORD_OK)
		return ret;
	if (history_token(l->h, a->token) != NULL)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s holds keys of a CA already", a->token);
	return RECORD_OK;
}

/* The test text is of this token: another copy's answer proves nothing. */
static bool
names_serial(json_t *key, const char *serial)
{
	const char *text = json_string_value(json_object_get(key, "text"));
	char want[32];

	snprintf(want, sizeof(want), "\ntoken %s\n", serial);
	return text != NULL && strstr(text, want) != NULL;
}

static enum record_error
take_copies(struct history_line *l, json_t *keys,
    const struct history_token *first, struct history_token *out)
{
	const char *roles[HISTORY_KEYS_MAX];
	unsigned n = history_roles(first->keys[0].role, roles);
	enum record_error ret = RECORD_OK;

	if (json_array_size(keys) != n)
		return history_refuse(l, RECORD_ERR_RULE, "%zu keys, not %u",
		    json_array_size(keys), n);
	for (unsigned i = 0; i < n && ret == RECORD_OK; i++) {
		json_t *key = json_array_get(keys, i);

		ret = history_take_key(l, key, roles[i], NID_undef, ORIGIN_COPY,
		    &out->keys[i]);
		if (ret == RECORD_OK &&
		    !policy_spki_equal(&out->keys[i].spki,
			&first->keys[i].spki))
			ret = history_refuse(l, RECORD_ERR_RULE,
			    "%s: not the key of %s", roles[i], first->label);
		if (ret == RECORD_OK && out->keys[i].attested)
			ret = history_refuse(l, RECORD_ERR_RULE,
			    "%s: a copy was not made on its token", roles[i]);
		if (ret == RECORD_OK && !names_serial(key, out->serial))
			ret = history_refuse(l, RECORD_ERR_RULE,
			    "%s: the text is not of token %s", roles[i],
			    out->serial);
	}
	return ret;
}

/* Whose keys they are: those of a first holder, which were made to leave. */
static enum record_error
find_first(const struct history_line *l, const struct history_act *act,
    const char *copy_of, const struct history_token **out)
{
	struct keycopy copy = { "", "", "" };
	enum record_error ret = copy_input(l, &act->approval, &copy);

	if (ret != RECORD_OK)
		return ret;
	*out = history_token(l->h, copy.of);
	if (strcmp(copy.of, copy_of) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "a copy of %s, but %s was approved", copy_of, copy.of);
	if (*out == NULL || (*out)->copy_of[0] != '\0' || !(*out)->leaves ||
	    strcmp((*out)->keys[0].role, copy.role) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s is no first holder of such keys that have copies",
		    copy_of);
	return RECORD_OK;
}

enum record_error
history_copy_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	struct history_token token = { .leaves = true }, *placed;
	const struct history_token *first = NULL;
	const char *copy_of;
	json_t *keys, *proof;
	enum record_error ret;

	if ((ret = history_keyed_body(l, act, &token, &copy_of, &keys,
		 &proof)) != RECORD_OK ||
	    (ret = history_shown(l, act, &token, proof)) != RECORD_OK ||
	    (ret = find_first(l, act, copy_of, &first)) != RECORD_OK ||
	    (ret = take_copies(l, keys, first, &token)) != RECORD_OK)
		return ret;
	if (history_use(done, "copy") != 1)
		return history_refuse(l, RECORD_ERR_RULE,
		    "use copy: 0, but there is a result");
	if ((ret = history_all_tested(l, act, done)) != RECORD_OK)
		return ret;
	memcpy(token.copy_of, first->label, sizeof(token.copy_of));
	if ((ret = history_put_token(l, &token, &placed)) != RECORD_OK)
		return ret;
	history_spread(l->h, first);
	return history_so_done(l, token.label);
}

/* ---- keys that leave ------------------------------------------------------- */

/* What may leave and what for: the keys of the token, by their digests. */
static bool
export_text(const struct approval *a, const char *text, void *to)
{
	const struct history_token *t = to;
	const char *roles[HISTORY_KEYS_MAX], *at = text;
	unsigned n = history_roles(t->keys[0].role, roles);
	char line[160], hex[65];

	if (!history_skip_head(&at, a, "anchorite-export/v1"))
		return false;
	snprintf(line, sizeof(line), "label %s\nserial %s\n", t->label,
	    t->serial);
	if (!history_skip(&at, line))
		return false;
	for (unsigned i = 0; i < n; i++) {
		for (int k = 0; k < 32; k++)
			snprintf(hex + 2 * k, 3, "%02x",
			    t->keys[i].spki_sha256[k]);
		snprintf(line, sizeof(line), "key %s %s\n", roles[i], hex);
		if (!history_skip(&at, line))
			return false;
	}
	return history_skip(&at,
		   strcmp(a->kind, "backup") == 0 ? "purpose backup\n"
						  : "purpose copies\n") &&
	    *at == '\0';
}

enum record_error
history_export_propose(struct history_line *l, struct history_act *act)
{
	struct history_token *t = history_token_of(l, act);

	if (!t->leaves)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the keys of %s were made to stay", t->label);
	if (strcmp(act->approval.kind, "backup") != 0 && !l->g->unmade)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "%s: keys leave once more for copies when a stop came "
		    "between them, and once a stop",
		    t->label);
	return history_input(l, &act->approval, export_text, t,
	    "the input does not name the keys of this token");
}

enum record_error
history_export_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	const char *label;
	uint8_t file[32];
	enum record_error ret;
	const struct history_field rows[] = {
		{ "label", FIELD_TEXT, 32, &label, NULL },
		{ "file", FIELD_HEX32, 0, file, NULL },
	};
	const bool backup = strcmp(act->approval.kind, "backup") == 0;

	(void)done;
	ret = history_result_body(l, rows, backup ? 2 : 1);
	if (ret == RECORD_OK && strcmp(label, act->label) != 0)
		ret = history_refuse(l, RECORD_ERR_RULE,
		    "another label than was approved");
	if (ret == RECORD_OK && backup)
		ret = check_file(l, file, act->label, true);
	if (ret == RECORD_OK && !backup)
		l->g->unmade = false;
	return ret;
}
