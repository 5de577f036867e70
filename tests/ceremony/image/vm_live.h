/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_IMAGE_VM_LIVE_H
#define TESTS_CEREMONY_IMAGE_VM_LIVE_H

#include "tests/ceremony/image/vm_monitor.h"

/*
 * The guest's screen as text on this terminal, and the terminal's keys in the
 * guest, until the guest is gone or Ctrl-] and q are typed.  Ctrl-] and a digit
 * is Alt and that function key.  False when this is no terminal.
 */
bool vm_live(struct vm_monitor *m, const struct vm_font *font);

/*
 * The keys for what a terminal sends, of which len octets are there: how many
 * of them were used, at least 1; a chord of 0 keys when they are none.
 */
size_t vm_live_keys(const char *in, size_t len, struct vm_chord *chord);

/*
 * What is to be written to a terminal of so many rows and columns to show a
 * screen's text: its lower end if it does not fit.  The caller frees it.
 */
char *vm_live_frame(const char *text, size_t rows, size_t columns);

#endif
