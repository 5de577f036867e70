/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/menu/files.h"
#include "transfer/file.h"

#define CHOSEN "chosen" /* the file that keeps the plan's name */
#define ASIDE_MAX 1000  /* folders that were put aside */

static const char *const folders[ROOM_FOLDERS] = {
	[ROOM_PLANS] = "plans",
	[ROOM_IN] = "in",
	[ROOM_OUT] = "out",
	[ROOM_PICTURES] = "pictures",
	[ROOM_HOME] = "home",
};

const char *
room_folder_name(enum room_folder f)
{
	return folders[f];
}

void
room_path(const struct room *r, const char *name, char out[ROOM_PATH])
{
	int n = name[0] == '/'
	    ? snprintf(out, ROOM_PATH, "%s%s", r->o.system, name)
	    : snprintf(out, ROOM_PATH, "%s/%s", r->root, name);

	if (n >= ROOM_PATH)
		out[0] = '\0'; /* which is no file */
}

void
room_file(const struct room *r, enum room_folder f, const char *name,
    char out[ROOM_PATH])
{
	char below[ROOM_NAME_MAX + 16];

	snprintf(below, sizeof(below), "%s/%s", folders[f], name);
	room_path(r, below, out);
}

static bool
make_folder(const char *path)
{
	struct stat st;

	return mkdir(path, 0700) == 0 ||
	    (errno == EEXIST && lstat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static void
read_release(struct room *r)
{
	char path[ROOM_PATH];
	uint8_t *text = NULL;
	size_t len = 0;

	room_path(r, RELEASE_FILE, path);
	r->in_image = file_read(AT_FDCWD, path, RELEASE_MAX, &text, &len) ==
		TRANSFER_OK &&
	    release_parse((char *)text, len, &r->release) == NULL;
	free(text);
}

static void
read_chosen(struct room *r)
{
	char path[ROOM_PATH];
	uint8_t *text = NULL;
	size_t len = 0;

	room_path(r, CHOSEN, path);
	if (file_read(AT_FDCWD, path, ROOM_NAME_MAX, &text, &len) ==
		TRANSFER_OK &&
	    files_name_valid((char *)text)) {
		snprintf(r->plan, sizeof(r->plan), "%s", (char *)text);
		room_file(r, ROOM_PLANS, r->plan, r->plan_path);
		if (access(r->plan_path, R_OK) != 0)
			r->plan[0] = '\0';
	}
	free(text);
}

bool
room_open(struct room *r, const struct menu_options *o)
{
	size_t len = strlen(o->root);
	char path[ROOM_PATH];
	bool ok;

	memset(r, 0, sizeof(*r));
	r->o = *o;
	strcpy(r->label, ROOM_LABEL);
	while (len > 1 && o->root[len - 1] == '/')
		len--;
	if (len == 0 || len >= sizeof(r->root) - NAME_MAX)
		return false;
	memcpy(r->root, o->root, len);
	ok = make_folder(r->root);
	for (size_t i = 0; ok && i < ROOM_FOLDERS; i++) {
		room_path(r, folders[i], path);
		ok = make_folder(path);
	}
	room_path(r, folders[ROOM_IN], r->in_path);
	room_path(r, folders[ROOM_OUT], r->out_path);
	read_release(r);
	read_chosen(r);
	return ok;
}

void
room_choose(struct room *r, const char *name)
{
	char path[ROOM_PATH];

	snprintf(r->plan, sizeof(r->plan), "%s", name);
	room_file(r, ROOM_PLANS, r->plan, r->plan_path);
	room_path(r, CHOSEN, path);
	unlink(path);
	/* without it the plan is chosen again after a restart of the menu */
	file_create(AT_FDCWD, path, r->plan, strlen(r->plan), 0600);
}

bool
room_put_aside(const struct room *r, const char *name, char to[ROOM_PATH])
{
	char from[ROOM_PATH], other[ROOM_NAME_MAX + 1];

	room_path(r, name, from);
	for (unsigned i = 1; i < ASIDE_MAX; i++) {
		snprintf(other, sizeof(other), "%.80s-%u", name, i);
		room_path(r, other, to);
		if (access(to, F_OK) != 0)
			return rename(from, to) == 0;
	}
	return false;
}
