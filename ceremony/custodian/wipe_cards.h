/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_WIPE_CARDS_H
#define CUSTODIAN_WIPE_CARDS_H

#include "ceremony/custodian/ceremony.h"

/*
 * Make the cards of a rehearsal blank again, with the SO PINs that follow from
 * the S of its scratch folder: each that stands in its transcript, with this
 * label and serial, and is in a reader now, once people have typed its label.
 * A log that is no rehearsal's is refused.  module: of all cards, or NULL, as
 * the transcript has it.
 */
enum exit_status
wipe_cards(const char *state, int scratch_fd, const char *module);

#endif
