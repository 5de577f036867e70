/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_MODULE_NOTE_H
#define CUSTODIAN_MODULE_NOTE_H

#include "ceremony/custodian/ceremony.h"

/* Record what a signer's module is, unless this ceremony has it already: its
 * file, its digest, its version, the opensc.conf it was loaded with.  Of OpenSC
 * alone; name is the plan's. */
bool module_note(struct ceremony *c, struct child *signer, const char *name);

#endif
