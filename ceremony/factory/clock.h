/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_CLOCK_H
#define FACTORY_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* The moment to judge by: the text of --date (RFC 3339) or, when it is NULL,
 * the machine's clock.  Says so and returns false when the text is no date. */
bool clock_read(const char *date, int64_t *now);

#endif
