/* SPDX-License-Identifier: ISC */
#ifndef TESTS_TRANSFER_UR_MESSAGE_H
#define TESTS_TRANSFER_UR_MESSAGE_H

#include "tests/transfer/mutate.h"
#include "transfer/xoshiro.h"

/* What the published vectors call makeMessage(len, seed); free(). */
static inline uint8_t *
make_message(size_t len, const char *seed)
{
	uint8_t *message = malloc(len);
	struct xoshiro x;

	assert_non_null(message);
	xoshiro_seed(&x, seed, strlen(seed));
	for (size_t i = 0; i < len; i++)
		message[i] = (uint8_t)xoshiro_between(&x, 0, 255);
	return message;
}

/* len octets as lower-case hex; free(). */
static inline char *
to_hex(const uint8_t *data, size_t len)
{
	char *hex = malloc(2 * len + 1);

	assert_non_null(hex);
	hex[0] = '\0';
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = "0123456789abcdef"[data[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[data[i] & 15];
	}
	hex[2 * len] = '\0';
	return hex;
}

#endif
