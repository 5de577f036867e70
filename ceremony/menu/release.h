/* SPDX-License-Identifier: ISC */
#ifndef MENU_RELEASE_H
#define MENU_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELEASE_FILE "/etc/anchorite/release"
#define RELEASE_MAX 512 /* octets of the file */
#define RELEASE_VERSION_MAX 32
#define RELEASE_COMMIT 40 /* hexadecimal digits */
#define RELEASE_MODIFIED "-modified"

/* What the image says of itself. */
struct release {
	char version[RELEASE_VERSION_MAX + 1];
	char commit[RELEASE_COMMIT + sizeof(RELEASE_MODIFIED)];
	int64_t epoch; /* seconds UTC: when its commit was made */
};

/*
 * Read the lines version=, commit= (40 hexadecimal digits, with "-modified"
 * behind them when the tree was not that of the commit) and epoch=, each once,
 * in any order, and nothing else.
 *
 * Returns NULL, or why it is not in order; *out is zeroed then.
 */
const char *release_parse(const char *text, size_t len, struct release *out);
/* The first 12 digits, and "+" for a modified one. */
#define RELEASE_SHORT 14
void release_short(const struct release *r, char out[RELEASE_SHORT]);

#endif
