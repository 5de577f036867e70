/* SPDX-License-Identifier: ISC */
/* The keys of a CA token are destroyed. */
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/destroy_text.h"
#include "ceremony/record/history_line.h"

#define TEST_TEXT_MAX 4096
#define OBJECTS_MAX 4096

unsigned
history_copies(const struct history *h, const struct history_token *token)
{
	unsigned copies = 0;

	for (size_t i = 0; i < h->token_count; i++) {
		const struct history_token *t = &h->tokens[i];

		copies += t != token && !t->destroyed && !t->doomed &&
		    policy_spki_equal(&t->keys[0].spki, &token->keys[0].spki);
	}
	return copies;
}

/* What is approved names token and keys, and how many others have the CA's. */
static bool
expected_text(const struct history *h, const struct history_token *token,
    char out[DESTROY_TEXT_MAX])
{
	struct destroy_text text = { .serial = token->serial,
		.label = token->label,
		.copies = history_copies(h, token) };

	for (size_t i = 0; i < DESTROY_KEYS_MAX; i++) {
		if (token->keys[i].role[0] == '\0')
			continue;
		text.keys[text.key_count].role = token->keys[i].role;
		text.keys[text.key_count++].spki_sha256 =
		    token->keys[i].spki_sha256;
	}
	return destroy_text_write(&text, out);
}

static bool
is_only_use(const struct approval *a)
{
	return a->use_count == 1 && a->uses[0].count == 1;
}

enum record_error
history_destroy_propose(struct history_line *l, struct history_act *act)
{
	const struct history_token *token = history_token_of(l, act);
	char want[DESTROY_TEXT_MAX];
	uint8_t *text = NULL;
	size_t len;
	enum record_error ret;

	if (!is_only_use(&act->approval))
		return history_refuse(l, RECORD_ERR_RULE,
		    "use self-test stands alone, and once");
	if (token == NULL || !expected_text(l->h, token, want))
		return history_refuse(l, RECORD_ERR_RULE,
		    "no keys that could be destroyed");
	ret = history_load(l, act->approval.input_sha256, "input", &text, &len);
	if (ret != RECORD_OK)
		return ret;
	if (len != strlen(want) || memcmp(text, want, len) != 0)
		ret = history_refuse(l, RECORD_ERR_RULE,
		    "the input does not name the keys of %s, and the other "
		    "tokens that hold its CA's",
		    token->label);
	free(text);
	return ret;
}

/* The key answers for the last time; from here on it may be gone. */
enum record_error
history_do_prove(struct history_line *l)
{
	struct history_octets signature;
	struct history_token *token;
	struct history_act *act;
	const char *text;
	uint64_t number;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "act", FIELD_NUMBER, UINT64_MAX, &number, NULL },
		{ "text", FIELD_LINES, TEST_TEXT_MAX, &text, NULL },
		{ "signature", FIELD_BASE64, APPROVAL_SIG_MAX, &signature,
		    NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = history_begun_act(l, number, &act)) != RECORD_OK)
		return ret;
	if (strcmp(act->approval.kind, "destroy") != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "act %llu destroys nothing", (unsigned long long)number);
	if (act->proved)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "act %llu has proved its key already",
		    (unsigned long long)number);
	token = history_token_of(l, act);
	if ((ret = history_answer(l, token, text, &signature)) != RECORD_OK)
		return ret;
	act->proved = true;
	token->doomed = true;
	return RECORD_OK;
}

enum record_error
history_destroy_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	struct history_token *token = history_token_of(l, act);
	const char *label;
	uint64_t objects, left;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "label", FIELD_TEXT, 32, &label, NULL },
		{ "objects", FIELD_NUMBER, OBJECTS_MAX, &objects, NULL },
		{ "left", FIELD_NUMBER, OBJECTS_MAX, &left, NULL },
	};

	if ((ret = history_result_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (strcmp(label, token->label) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another label than was approved");
	if (left != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%llu objects are left on %s", (unsigned long long)left,
		    token->label);
	/* found gone: an act before this one proved the key */
	if (!token->doomed || (done->uses[0].count == 1) != act->proved)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "no destroy.prove that goes with its uses stands before "
		    "it");
	token->destroyed = true;
	token->doomed = token->used = token->owed = token->put_off = false;
	return RECORD_OK;
}
