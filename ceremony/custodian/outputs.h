/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_OUTPUTS_H
#define CUSTODIAN_OUTPUTS_H

#include "ceremony/custodian/ceremony.h"

/* What a ceremony hands out, told by its own transcript: for every step of the
 * plan with an `out`, once, the object that it made. */
bool outputs_each(struct ceremony *c,
    void (*each)(struct ceremony *c, const char *name, const uint8_t object[32],
	bool crl));
/* A CRL in PEM; *out new, free(). */
bool crl_to_pem(const uint8_t *der, size_t len, uint8_t **out, size_t *out_len);

#endif
