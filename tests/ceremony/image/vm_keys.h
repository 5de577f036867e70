/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_IMAGE_VM_KEYS_H
#define TESTS_CEREMONY_IMAGE_VM_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#define VM_CHORD_MAX 4 /* keys pressed at once */
#define VM_KEY_MAX 15  /* characters of a key's name */

struct vm_chord {
	size_t count;
	char key[VM_CHORD_MAX][VM_KEY_MAX + 1]; /* QEMU's QKeyCode */
};

/* The keys that give a character on a US keyboard; false when none does. */
bool vm_keys_of(char ch, struct vm_chord *chord);

/* Keys by their names, which are QEMU's, with "-" between those that are held
 * together: "ret", "ctrl-c", "alt-f2"; "enter" is "ret".  False when it is no
 * such thing. */
bool vm_keys_named(const char *name, struct vm_chord *chord);

#endif
