/* SPDX-License-Identifier: ISC */
#ifndef QR_CLOCK_H
#define QR_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that nobody sets. */
int64_t qr_now_ms(void);

#endif
