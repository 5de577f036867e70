/* SPDX-License-Identifier: ISC */
#ifndef MENU_ROOM_H
#define MENU_ROOM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/menu/menu.h"
#include "ceremony/menu/release.h"

/* What the screens share. */
#define ROOM_NAME_MAX 100 /* characters of a file's name in memory */
#define ROOM_PATH (PATH_MAX)

struct room {
	struct menu_options o;
	char root[ROOM_PATH]; /* without a slash at its end */
	bool in_image;        /* release is what the image says of itself */
	struct release release;
	bool controlled; /* the first process answers: this can be powered
			  * off */
	bool has_medium; /* the boot medium's digest is known */
	uint8_t medium[32];
	char plan[ROOM_NAME_MAX + 1]; /* the one that was chosen, or "" */
	bool in_memory, out_memory;   /* files of a ceremony, not media */
	bool keyboard;                /* every PIN is typed there */
	bool ended;                   /* the terminal has */
};

/* The folders in memory. */
enum room_folder {
	ROOM_PLANS,
	ROOM_IN,
	ROOM_OUT,
	ROOM_PICTURES,
	ROOM_HOME,
	ROOM_FOLDERS
};
/* "plans" */
const char *room_folder_name(enum room_folder f);
/* ROOT/name, or SYSTEM/name when it begins with a slash. */
void room_path(const struct room *r, const char *name, char out[ROOM_PATH]);
void room_file(const struct room *r, enum room_folder f, const char *name,
    char out[ROOM_PATH]);
/* Make the folders that are not there, and read what was chosen before. */
bool room_open(struct room *r, const struct menu_options *o);
/* Keep the choice of a plan, so that it survives the menu. */
void room_keep_plan(const struct room *r);

#endif
