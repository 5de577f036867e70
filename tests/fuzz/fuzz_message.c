/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ceremony/process/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Octets in turn choose what field is read next and how long it may be; text
 * is always ended, and what was read whole is not bad. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct message m;
	uint8_t exact[UINT8_MAX];
	char text[UINT8_MAX + 1];
	size_t half = len / 2, n;

	message_start(&m, MSG_OPEN);
	m.len = len - half < MESSAGE_MAX ? len - half : MESSAGE_MAX;
	memcpy(m.data, data + half, m.len);
	for (size_t i = 0; i + 1 < half; i += 2) {
		size_t max = data[i + 1];
		switch (data[i] % 4) {
		case 0:
			message_get_number(&m);
			break;
		case 1:
			message_get_text(&m, text, max);
			if (strlen(text) > max)
				__builtin_trap();
			break;
		case 2:
			message_get_exact(&m, exact, max);
			break;
		case 3:
			if (message_get_octets(&m, max, &n) == NULL && n != 0)
				__builtin_trap();
			break;
		}
		if (m.at > m.len)
			__builtin_trap();
	}
	message_done(&m);
	return 0;
}
