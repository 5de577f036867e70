/* SPDX-License-Identifier: ISC */
#ifndef RECORD_LINK_H
#define RECORD_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_LINE_MAX 32768 /* octets of a transcript line with its LF */

/*
 * The chain of the transcript, read without a JSON library (the signer has
 * none): every line begins
 * {"v":1,"log":"..","cer":"..","seq":<n>,"prev":"<64 hex>",
 * and its hash is SHA-256 over its octets with the LF.
 */
struct link {
	uint64_t seq;
	uint8_t prev[32];
	uint8_t hash[32];
};
/* False when the line does not begin so, is longer than LINK_LINE_MAX, holds
 * anything but printable ASCII, or does not end in its only LF. */
bool link_read(const char *line, size_t len, struct link *out);
/* Whether b follows a: seq one higher and prev equal to a's hash. */
bool link_follows(const struct link *a, const struct link *b);

#endif
