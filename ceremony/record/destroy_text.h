/* SPDX-License-Identifier: ISC */
#ifndef RECORD_DESTROY_TEXT_H
#define RECORD_DESTROY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DESTROY_KEYS_MAX 2
#define DESTROY_TEXT_MAX 512 /* characters, with NUL */

/*
 * What operators approve when a CA token's keys are destroyed, ASCII, a line
 * each:
 *
 *	anchorite-destroy/v1
 *	token <serial>
 *	label <label>
 *	copies <n>               other tokens that hold the CA's key
 *	key <role> <sha256>      of its SPKI; the CA's first
 */
struct destroy_text {
	const char *serial, *label;
	unsigned copies;
	size_t key_count;
	struct destroy_key {
		const char *role;
		const uint8_t *spki_sha256; /* 32 octets */
	} keys[DESTROY_KEYS_MAX];
};
/* False when it does not fit. */
bool
destroy_text_write(const struct destroy_text *d, char out[DESTROY_TEXT_MAX]);

#endif
