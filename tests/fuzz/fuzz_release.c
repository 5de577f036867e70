/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ceremony/menu/clock.h"
#include "ceremony/menu/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What is read is within its bounds; so is a time that people type. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = strndup((const char *)data, len);
	char brief[RELEASE_SHORT];
	struct release r;
	int64_t t = 0;

	if (release_parse((const char *)data, len, &r) == NULL) {
		release_short(&r, brief);
		if (r.epoch < 0 || strlen(r.version) > RELEASE_VERSION_MAX ||
		    strlen(brief) < 12)
			abort();
	}
	if (text != NULL && clock_parse(text, 0, &t) == CLOCK_OK &&
	    (t < CLOCK_FIRST || t > CLOCK_LAST))
		abort();
	free(text);
	return 0;
}
