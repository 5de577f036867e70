/* SPDX-License-Identifier: ISC */
#ifndef MENU_FILES_H
#define MENU_FILES_H

#include "ceremony/menu/room.h"

/* Files of the folders in memory; their names came from strangers. */
#define FILES_MAX 200 /* that are told of */

struct files {
	size_t count;
	bool more; /* than FILES_MAX */
	struct {
		char name[ROOM_NAME_MAX + 1];
		long long size; /* octets */
	} file[FILES_MAX];
};

/* One that a command takes as it stands: printable ASCII without a slash, and
 * no dot, dash or blank at its beginning; 1 to ROOM_NAME_MAX characters. */
bool files_name_valid(const char *name);
/* Regular files with valid names, in the order of these; path is a folder.
 * ending: of these alone, or "". */
void files_list(const char *path, const char *ending, struct files *out);
/* Show them by number and have one picked, into path; false: none. */
bool files_pick(struct room *r, const struct files *f, enum room_folder folder,
    const char *prompt, char path[ROOM_PATH]);

#endif
