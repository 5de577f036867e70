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
#define ROOM_NAME_MAX 100      /* characters of a file's name in memory */
#define ROOM_LABEL "ANCHORITE" /* of state media, unless another is typed */
#define ROOM_LABEL_MAX 16      /* characters of one */
#define ROOM_PATH (PATH_MAX)
#define ROOM_REHEARSAL "rehearsal" /* scratch folder of rehearsals */
#define ROOM_STATE "state"         /* a state that was copied there */

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
	char plan_path[ROOM_PATH], in_path[ROOM_PATH], out_path[ROOM_PATH];
	char label[ROOM_LABEL_MAX + 1]; /* of the state media */
	bool in_memory, out_memory;     /* files of a ceremony, not media */
	bool keyboard;                  /* every PIN is typed there */
	bool ended;                     /* the terminal has */
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
/* Rename ROOT/name to the first of ROOT/name-1, ... that is free, into `to`.
 * False: it is not there. */
bool room_put_aside(const struct room *r, const char *name, char to[ROOM_PATH]);
/* Choose a plan, and keep the choice, so that it survives the menu. */
void room_choose(struct room *r, const char *name);

#endif
