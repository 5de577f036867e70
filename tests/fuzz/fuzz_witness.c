/* SPDX-License-Identifier: ISC */
/* What the screen of witnesses makes of a record: the first octet is its type,
 * the others are its body, whatever it holds.  Nothing but printable ASCII. */
#include <stdlib.h>
#include <string.h>

#include "ceremony/menu/witness_words.h"
#include "ceremony/record/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct witness_acts acts = { .acts = { { .number = 0 } } };
	struct event e = { .log = "fuzz", .cer = "c", .type = "act.propose" };
	char text[WITNESS_TEXT_MAX];
	bool old;

	if (size == 0)
		return 0;
	e.body = json_loadb((const char *)data + 1, size - 1, 0, NULL);
	for (int i = 0; e.body != NULL && e.type != NULL && i < 2; i++) {
		witness_words(&e, &acts, text, &old);
		for (const char *c = text; *c != '\0'; c++)
			if (*c < ' ' || *c > '~')
				abort();
		e.type = history_record_type(data[0]);
	}
	json_decref(e.body);
	return 0;
}
