/* SPDX-License-Identifier: ISC */
#ifndef MENU_MENU_H
#define MENU_MENU_H

#include <stdbool.h>

/*
 * What people see on the first console of the image: numbered choices, each of
 * which runs a command of anchorite with this terminal.  The menu itself holds
 * no key and parses no file of others.
 */
#define MENU_ROOT "/run/anchorite"

struct menu_options {
	const char *root;   /* the folder in memory, MENU_ROOT */
	const char *system; /* a folder in place of "/", or "" */
	const char *module; /* of cards, "opensc" */
	bool loops;         /* loop devices count as media */
};
enum menu_outcome {
	MENU_DONE,     /* the terminal has ended */
	MENU_TERMINAL, /* standard input and output are none */
	MENU_FOLDER,   /* the folder in memory cannot be made */
};

enum menu_outcome menu_run(const struct menu_options *o);

#endif
