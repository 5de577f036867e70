/* SPDX-License-Identifier: ISC */
#ifndef QR_SAY_H
#define QR_SAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * All lines that the family prints.  Names may come from media of strangers:
 * everything but printable ASCII is written as \xNN, so that nothing reaches a
 * terminal as a control sequence.
 */
void
qr_say(FILE *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One line on standard error, behind "qr: ". */
void qr_say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A digest as 32 words in four lines, two blanks before each. */
void qr_say_words(FILE *to, const uint8_t digest[32]);

#endif
