/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/keymap.h"

#include <errno.h>
#include <linux/kd.h>
#include <linux/keyboard.h>
#include <string.h>
#include <sys/ioctl.h>

#define MAGIC "bkeymap"
#define MAGIC_LEN 7
#define TABLE (KEYMAP_KEYS * sizeof(uint16_t))

_Static_assert(KEYMAP_TABLES == MAX_NR_KEYMAPS, "tables of the kernel");
_Static_assert(KEYMAP_KEYS <= NR_KEYS, "keys of the kernel");

/* Keys that print what is in registers and memory, restart the machine, hold a
 * screen, end or start programs: they do nothing. */
static uint16_t
without(uint16_t key)
{
	static const uint16_t none[] = { K_SH_REGS, K_SH_MEM, K_SH_STAT, K_HOLD,
		K_BOOT, K_SAK, K_SPAWNCONSOLE };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		if (key == none[i])
			return K_HOLE;
	}
	return key;
}

const char *
keymap_parse(const uint8_t *data, size_t len, struct keymap *out)
{
	const uint8_t *flags = data + MAGIC_LEN, *at = flags + KEYMAP_TABLES;

	memset(out, 0, sizeof(*out));
	if (len < MAGIC_LEN || memcmp(data, MAGIC, MAGIC_LEN) != 0)
		return "it is no binary keymap";
	if (len < MAGIC_LEN + KEYMAP_TABLES)
		return "it is cut off";
	for (size_t i = 0; i < KEYMAP_TABLES; i++) {
		if (flags[i] > 1)
			return "a table is neither there nor not there";
		if (flags[i] == 1)
			out->table[out->count++] = (uint8_t)i;
	}
	if (flags[0] != 1)
		return "it has no table of unshifted keys";
	if (len != MAGIC_LEN + KEYMAP_TABLES + out->count * TABLE)
		return "its length is not that of its tables";
	memcpy(out->key, at, out->count * TABLE);
	for (size_t i = 0; i < out->count; i++) {
		for (size_t j = 0; j < KEYMAP_KEYS; j++)
			out->key[i][j] = without(out->key[i][j]);
	}
	return NULL;
}

bool
keymap_load(int fd, const struct keymap *k)
{
	for (size_t i = 0; i < k->count; i++) {
		for (size_t j = 0; j < KEYMAP_KEYS; j++) {
			struct kbentry e = { .kb_table = k->table[i],
				.kb_index = (unsigned char)j,
				.kb_value = k->key[i][j] };

			/* EINVAL: a key that this kernel has no use for */
			if (ioctl(fd, KDSKBENT, &e) != 0 && errno != EINVAL)
				return false;
		}
	}
	return true;
}
