/* SPDX-License-Identifier: ISC */
#include "smartcard/contents.h"

#include <openssl/crypto.h>
#include <string.h>

#include "smartcard/object.h"

static void
add(struct token_contents *out, const uint8_t *text, size_t len)
{
	char label[CONTENTS_LABEL_MAX + 1] = "";

	if (len > CONTENTS_LABEL_MAX)
		len = CONTENTS_LABEL_MAX;
	for (size_t i = 0; i < len; i++)
		label[i] = text[i] <= ' ' || text[i] > '~' || text[i] == ','
		    ? '?'
		    : (char)text[i];
	for (size_t i = 0; i < out->count; i++)
		if (strcmp(out->label[i], label) == 0)
			return;
	if (out->count == CONTENTS_MAX)
		out->more = true;
	else
		memcpy(out->label[out->count++], label, sizeof(label));
}

static enum card_error
add_class(struct token *t, CK_OBJECT_CLASS class, struct token_contents *out)
{
	CK_OBJECT_HANDLE found[OBJECT_MATCH_MAX];
	CK_BBOOL yes = CARD_YES;
	CK_ATTRIBUTE match[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
	};
	CK_ULONG n = 0;
	enum card_error ret = token_find_objects(t, match, 2, found, &n);

	if (n == OBJECT_MATCH_MAX) /* and it was not asked for others */
		out->more = true;
	for (CK_ULONG i = 0; ret == CARD_OK && i < n; i++) {
		uint8_t *label = NULL;
		size_t len = 0;

		ret =
		    token_read_attribute(t, found[i], CKA_LABEL, &label, &len);
		if (ret == CARD_OK)
			add(out, label, len);
		OPENSSL_free(label);
	}
	return ret;
}

enum card_error
token_contents(struct token *t, struct token_contents *out)
{
	static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY,
		CKO_PUBLIC_KEY, CKO_CERTIFICATE };
	enum card_error ret = CARD_OK;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0;
	     ret == CARD_OK && i < sizeof(classes) / sizeof(classes[0]); i++)
		ret = add_class(t, classes[i], out);
	return ret;
}
