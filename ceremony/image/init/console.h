/* SPDX-License-Identifier: ISC */
/* What init says to people, and how it stops when the machine is not fit. */
#ifndef INIT_CONSOLE_H
#define INIT_CONSOLE_H

#include <stdbool.h>
#include <stdnoreturn.h>

/*
 * Print one line on the console, after "anchorite: ".  A console that cannot
 * be written is no error: nobody is there to be told.
 */
void console_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Write one line into the kernel's log, where a test of the boot finds it;
 * nothing is shown.
 */
void console_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Keys of all consoles that do what no ceremony needs do nothing from here on:
 * print what is in registers and memory, restart the machine, hold a screen, end
 * or start programs.  Returns false with errno.
 */
bool console_close_keys(void);

/*
 * The machine is not fit for a ceremony.  Says what failed, what errno says of
 * it when that is not 0, and what to do; waits for Enter; powers off.
 *
 * what   borrowed; such as "/dev/tty1 is not there".
 * to_do  borrowed; a sentence for the person in front of it.
 */
noreturn void console_fail(const char *what, const char *to_do);

#endif
