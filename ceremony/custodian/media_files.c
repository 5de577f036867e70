/* SPDX-License-Identifier: ISC */
/* Single files between media and folders, outside of any ceremony. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/media.h"
#include "transfer/file.h"
#include "transfer/text.h"

#define NAME_MAX_HERE 100 /* characters of a file's name in a folder */

/* One that any command takes as it stands. */
static bool
name_valid(const char *name)
{
	return media_name_valid(name) &&
	    text_is_printable(name, NAME_MAX_HERE) && name[0] != '.' &&
	    name[0] != '-' && name[0] != ' ';
}

static bool
stop(struct ceremony *c)
{
	return ceremony_stop(c, EXIT_STOPPED,
	    "stopped while a name was asked for: nothing was written");
}

/* The name it has there is offered, if it can be one here. */
static bool
ask_name(struct ceremony *c, const struct media_taken *t, char *name,
    size_t size)
{
	char prompt[300];
	bool offered = name_valid(t->name);

	snprintf(prompt, sizeof(prompt),
	    "Its name here, as the plan has it%s%.100s (q: stop): ",
	    offered ? "; Enter: " : "", offered ? t->name : "");
	for (;;) {
		if (!people_ask(c->people, prompt, name, size) ||
		    strcmp(name, "q") == 0)
			return stop(c);
		if (name[0] == '\0' && offered)
			snprintf(name, size, "%.*s", NAME_MAX_HERE, t->name);
		if (name_valid(name))
			return true;
		people_say(c->people,
		    "A name has 1 to %d letters, digits and signs, no slash, "
		    "and no dot, dash or blank first.",
		    NAME_MAX_HERE);
	}
}

static bool
keep(struct ceremony *c, const char *dir, int dirfd,
    const struct media_taken *t)
{
	char name[NAME_MAX_HERE + 2];

	for (;;) {
		enum transfer_error err;

		if (!ask_name(c, t, name, sizeof(name)))
			return false;
		err = file_create(dirfd, name, t->data, t->len, 0600);
		if (err == TRANSFER_OK) {
			people_say(c->people, "taken: %s in %s", name, dir);
			return true;
		}
		if (err != TRANSFER_ERR_EXISTS)
			return ceremony_stop(c, EXIT_STATE, "%s/%s: %s", dir,
			    name, strerror(errno));
		people_say(c->people,
		    "%s: is there already, and is not overwritten", name);
	}
}

bool
media_files_take(struct ceremony *c, const char *ending, const char *dir,
    int dirfd)
{
	struct media_taken *t = calloc(1, sizeof(*t));
	bool ok;

	if (t == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	ok = media_take_new(c, ending, t) && keep(c, dir, dirfd, t);
	free(t->data);
	free(t);
	return ok;
}

bool
media_files_put(struct ceremony *c, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	uint8_t *data = NULL;
	size_t len = 0;
	enum transfer_error err;
	bool ok;

	if (!media_name_valid(name))
		return ceremony_stop(c, EXIT_INPUT,
		    "%s: a file's name on a medium is printable ASCII", path);
	err = file_read(AT_FDCWD, path, MEDIA_FILE_MAX, &data, &len);
	if (err != TRANSFER_OK)
		return ceremony_stop(c, EXIT_INPUT, "%s: %s%s%s", path,
		    transfer_strerror(err), err == TRANSFER_ERR_IO ? ": " : "",
		    err == TRANSFER_ERR_IO ? strerror(errno) : "");
	ok = media_put(c, name, data, len);
	free(data);
	return ok;
}
