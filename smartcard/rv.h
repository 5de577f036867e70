/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_RV_H
#define SMARTCARD_RV_H

#include <p11-kit/pkcs11.h>

#include "smartcard/error.h"

/* Our error for a CK_RV: CARD_OK for CKR_OK alone, CARD_ERR_MODULE for all
 * that no row names. */
enum card_error rv_error(CK_RV rv);
/* "CKR_..." of a CK_RV, "CKR_VENDOR_DEFINED" from its first value on, and
 * "CKR unknown" for what PKCS#11 2.40 does not know; never NULL. */
const char *rv_name(CK_RV rv);

#endif
