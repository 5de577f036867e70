/* SPDX-License-Identifier: ISC */
#include "ceremony/record/event.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What event_read() takes, link_read() must read alike. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct link link;
	struct event e;
	bool linked = link_read((const char *)data, size, &link);

	if (event_read((const char *)data, size, &e, NULL) == RECORD_OK &&
	    (!linked || link.seq != e.seq))
		abort();
	event_clear(&e);
	return 0;
}
