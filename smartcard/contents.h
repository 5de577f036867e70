/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_CONTENTS_H
#define SMARTCARD_CONTENTS_H

#include "smartcard/token.h"

#define CONTENTS_MAX 16
#define CONTENTS_LABEL_MAX 32

/* The labels of keys and certificates that a token shows, each once; what is
 * not printable ASCII, or a comma, became '?'. */
struct token_contents {
	size_t count;
	char label[CONTENTS_MAX][CONTENTS_LABEL_MAX + 1];
	bool more; /* than these */
};
/* Without login only what is public is seen: a key by its public half or its
 * certificate.  Errors: MODULE, ... */
enum card_error token_contents(struct token *t, struct token_contents *out);

#endif
