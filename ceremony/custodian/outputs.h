/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_OUTPUTS_H
#define CUSTODIAN_OUTPUTS_H

#include "ceremony/custodian/ceremony.h"

/* How an object leaves. */
enum output_form {
	OUTPUT_AS_IT_IS,
	OUTPUT_CRL,   /* in PEM */
	OUTPUT_CHAIN, /* a certificate and those above it, in PEM */
};
/* What a ceremony hands out, told by its own transcript: for every step of the
 * plan that writes files, each of them once, with the object that it is made
 * of. */
typedef void output_each(struct ceremony *c, const char *name,
    const uint8_t object[32], enum output_form form);
bool outputs_each(struct ceremony *c, output_each *each);
/* The octets that leave; *data new, free(). */
bool output_make(struct ceremony *c, const uint8_t object[32],
    enum output_form form, uint8_t **data, size_t *len);

#endif
