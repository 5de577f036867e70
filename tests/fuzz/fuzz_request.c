/* SPDX-License-Identifier: ISC */
#include "transfer/request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be written, and is read the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct transfer_fault fault;
	struct request r, again;
	char *payload;
	size_t len;

	(void)request_is_private_key(data, size);
	if (request_read((const char *)data, size, &r, &fault) != TRANSFER_OK)
		return 0;
	if (request_write(&r, &payload, &len) != TRANSFER_OK ||
	    request_read(payload, len, &again, &fault) != TRANSFER_OK ||
	    r.count != again.count)
		abort();
	free(payload);
	request_clear(&again);
	request_clear(&r);
	return 0;
}
