/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_SAY_H
#define FACTORY_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All that the program prints.  Texts may come from files, certificates and
 * folders of strangers: everything but printable ASCII is written as \xNN, so
 * that nothing reaches a terminal as a control sequence.
 */
#define SAY_PROGRAM "anchorite-factory"

/* One line to stdout, and one to stderr behind the program's name. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A digest as a heading, hex, and 32 words in four lines. */
void say_digest(const char *heading, const uint8_t digest[32]);
/* in made printable, cut to fit; always ends in NUL. */
void say_escape(const char *in, char *out, size_t size);
/* Whether all that was said to stdout got there. */
bool say_finish(void);

#endif
