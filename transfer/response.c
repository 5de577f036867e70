/* SPDX-License-Identifier: ISC */
#include "transfer/response.h"

#include <stdlib.h>
#include <string.h>

static const char *const status_names[] = {
	[RESPONSE_ISSUED] = "issued",
	[RESPONSE_DUPLICATE] = "duplicate",
	[RESPONSE_REJECTED] = "rejected",
	[RESPONSE_DEFERRED] = "deferred",
};

const char *
response_status_name(enum response_status status)
{
	return (unsigned)status < RESPONSE_STATUSES ? status_names[status]
						    : NULL;
}

void
response_clear(struct response *r)
{
	for (size_t i = 0; r->entries != NULL && i < r->count; i++) {
		free(r->entries[i].certificate);
		free(r->entries[i].proof);
	}
	free(r->entries);
	for (size_t i = 0; i < RESPONSE_CHAIN_MAX; i++)
		free(r->chain[i].data);
	for (size_t i = 0; i < RESPONSE_CRLS_MAX; i++)
		free(r->crls[i].data);
	memset(r, 0, sizeof(*r));
}
