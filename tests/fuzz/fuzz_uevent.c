/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/uevent.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is told whole to libudev's listeners; its path stays below
 * /sys; and nothing is looked at behind the message. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[UEVENT_MONITOR_MAX];
	char *octets = malloc(size + (size == 0));
	struct uevent e;
	size_t n;

	if (octets == NULL)
		return 0;
	if (size > 0)
		memcpy(octets, data, size);
	if (uevent_parse(octets, size, &e) == UEVENT_OK) {
		n = uevent_monitor(&e, out, sizeof(out));
		if (n == 0 || out[n - 1] != '\0' || e.devpath[0] != '/' ||
		    strstr(e.devpath, "/../") != NULL)
			abort();
		uevent_become(&e, "ACTION=add");
		if (strcmp(e.action, "add") != 0)
			abort();
	}
	free(octets);
	return 0;
}
