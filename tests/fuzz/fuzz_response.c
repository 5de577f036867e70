/* SPDX-License-Identifier: ISC */
#include "transfer/response.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be written, and is read the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct transfer_fault fault;
	struct response r, again;
	char *payload;
	size_t len;

	if (response_read((const char *)data, size, &r, &fault) != TRANSFER_OK)
		return 0;
	if (response_write(&r, &payload, &len) != TRANSFER_OK ||
	    response_read(payload, len, &again, &fault) != TRANSFER_OK ||
	    r.count != again.count || r.crl_count != again.crl_count)
		abort();
	free(payload);
	response_clear(&again);
	response_clear(&r);
	return 0;
}
