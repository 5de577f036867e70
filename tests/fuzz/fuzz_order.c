/* SPDX-License-Identifier: ISC */
#include "transfer/order.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be written, and is read the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct transfer_fault fault;
	struct order o, again;
	struct station s;
	char *payload = NULL;
	size_t len;

	if (order_read((const char *)data, size, &o, &fault) == TRANSFER_OK &&
	    (order_write(&o, &payload, &len) != TRANSFER_OK ||
		order_read(payload, len, &again, &fault) != TRANSFER_OK ||
		memcmp(&o, &again, sizeof(o)) != 0))
		abort();
	free(payload);
	if (station_read((const char *)data, size, &s, &fault) == TRANSFER_OK)
		station_clear(&s);
	return 0;
}
