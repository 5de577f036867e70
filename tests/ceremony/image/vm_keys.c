/* SPDX-License-Identifier: ISC */
#include "tests/ceremony/image/vm_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What is not a letter or a digit: without shift, with shift. */
static const struct {
	char plain, shifted;
	const char *key;
} others[] = {
	{ ' ', 0, "spc" },
	{ '\n', 0, "ret" },
	{ '\t', 0, "tab" },
	{ '-', '_', "minus" },
	{ '=', '+', "equal" },
	{ '[', '{', "bracket_left" },
	{ ']', '}', "bracket_right" },
	{ ';', ':', "semicolon" },
	{ '\'', '"', "apostrophe" },
	{ '`', '~', "grave_accent" },
	{ '\\', '|', "backslash" },
	{ ',', '<', "comma" },
	{ '.', '>', "dot" },
	{ '/', '?', "slash" },
	{ '1', '!', "1" },
	{ '2', '@', "2" },
	{ '3', '#', "3" },
	{ '4', '$', "4" },
	{ '5', '%', "5" },
	{ '6', '^', "6" },
	{ '7', '&', "7" },
	{ '8', '*', "8" },
	{ '9', '(', "9" },
	{ '0', ')', "0" },
};

static void
add(struct vm_chord *chord, const char *key)
{
	snprintf(chord->key[chord->count++], sizeof(chord->key[0]), "%s", key);
}

bool
vm_keys_of(char ch, struct vm_chord *chord)
{
	char letter[2] = { (char)tolower((unsigned char)ch), '\0' };

	chord->count = 0;
	if (isupper((unsigned char)ch))
		add(chord, "shift");
	if (isalpha((unsigned char)ch)) {
		add(chord, letter);
		return true;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (ch == 0 ||
		    (ch != others[i].plain && ch != others[i].shifted))
			continue;
		if (ch == others[i].shifted)
			add(chord, "shift");
		add(chord, others[i].key);
		return true;
	}
	return false;
}

bool
vm_keys_named(const char *name, struct vm_chord *chord)
{
	chord->count = 0;
	while (chord->count < VM_CHORD_MAX) {
		size_t n = strcspn(name, "-");
		char key[VM_KEY_MAX + 1];

		if (n == 0 || n > VM_KEY_MAX)
			return false;
		snprintf(key, sizeof(key), "%.*s", (int)n, name);
		add(chord, strcmp(key, "enter") == 0 ? "ret" : key);
		name += n;
		if (*name++ == '\0')
			return true;
	}
	return false;
}
