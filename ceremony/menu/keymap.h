/* SPDX-License-Identifier: ISC */
#ifndef MENU_KEYMAP_H
#define MENU_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Keyboard layouts as busybox loadkmap takes them: "bkeymap", an octet for
 * each of 256 tables that says whether it follows (one table for each
 * combination of Shift, AltGr, ...), then those tables, 128 numbers of 16 bits
 * each in the order of this machine.
 */
#define KEYMAP_TABLES 256
#define KEYMAP_KEYS 128
#define KEYMAP_MAX (7 + KEYMAP_TABLES + KEYMAP_TABLES * KEYMAP_KEYS * 2)

struct keymap {
	size_t count; /* 1 to KEYMAP_TABLES */
	uint8_t table[KEYMAP_TABLES];
	uint16_t key[KEYMAP_TABLES][KEYMAP_KEYS];
};
/* NULL, or why it is none: wrong magic, a flag besides 0 and 1, no table of
 * unshifted keys, another length.  Keys are left out (K_HOLE) that do what no
 * ceremony needs: Boot, Show_Registers, Show_Memory, Show_State, Scroll_Lock, SAK
 * and KeyboardSignal. */
const char *keymap_parse(const uint8_t *data, size_t len, struct keymap *out);
/* Give it to the Linux console behind fd.  False: errno says; it may be half
 * done then. */
bool keymap_load(int fd, const struct keymap *k);

#endif
