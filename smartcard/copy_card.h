/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_COPY_CARD_H
#define SMARTCARD_COPY_CARD_H

#include "smartcard/copy.h"

/* token_export_key() and token_import_key() of a SmartCard-HSM that is logged
 * in; arguments are checked, label and id are free.  MAY_NOT: the card was
 * initialised without a DKEK; UNWRAP: with another one. */
enum card_error copy_card_export(struct token *t, const char *label,
    const struct secret *dkek, uint8_t **blob, size_t *len);
enum card_error copy_card_import(struct token *t, const char *label, uint8_t id,
    const uint8_t *spki, size_t spki_len, const struct secret *dkek,
    const uint8_t *blob, size_t len, struct key_attributes *attrs);

#endif
