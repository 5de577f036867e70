/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/outputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/qr/say.h"
#include "ceremony/qr/stop.h"
#include "transfer/file.h"

#define FOLDER_MODE 0755
#define FILE_MODE 0644

static bool
is_empty(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool empty = dir != NULL;

	while (empty && (entry = readdir(dir)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0;
	if (dir != NULL)
		closedir(dir);
	return empty;
}

enum qr_outcome
qr_outputs_folder(struct qr_outputs *o, const char *path)
{
	if (mkdir(path, FOLDER_MODE) == 0) {
		o->folder = strdup(path);
		return QR_DONE;
	}
	if (errno != EEXIST) {
		qr_say_error("%s: cannot be made: %s", path, strerror(errno));
		return QR_WRITE;
	}
	if (is_empty(path))
		return QR_DONE;
	qr_say_error("%s: is there already, and no empty folder: choose "
		     "another name",
	    path);
	return QR_EXISTS;
}

static enum qr_outcome
say_unwritten(const char *path, enum transfer_error err)
{
	switch (err) {
	case TRANSFER_ERR_EXISTS:
		qr_say_error("%s: is there already: choose another name", path);
		return QR_EXISTS;
	case TRANSFER_ERR_IO:
		qr_say_error("%s: cannot be written: %s", path,
		    strerror(errno));
		return QR_WRITE;
	default:
		qr_say_error("%s: %s", path, transfer_strerror(err));
		return QR_TROUBLE;
	}
}

/* Put one path more on the list, before there is such a file. */
static bool
remember(struct qr_outputs *o, const char *path)
{
	char **more = reallocarray(o->paths, o->count + 1, sizeof(*more));
	char *copy = strdup(path);

	if (more != NULL)
		o->paths = more;
	if (more == NULL || copy == NULL) {
		free(copy);
		return false;
	}
	o->paths[o->count++] = copy;
	return true;
}

static void
forget_last(struct qr_outputs *o)
{
	free(o->paths[--o->count]);
}

enum qr_outcome
qr_outputs_add(struct qr_outputs *o, const char *path, const uint8_t *data,
    size_t len)
{
	enum transfer_error err = TRANSFER_ERR_MEMORY;
	enum qr_outcome outcome;

	if (stop_asked()) {
		qr_say_error("stopped, nothing is kept");
		qr_outputs_undo(o);
		return QR_STOPPED;
	}
	if (remember(o, path)) {
		err = file_create(AT_FDCWD, path, data, len, FILE_MODE);
		if (err == TRANSFER_OK)
			return QR_DONE;
		forget_last(o);
	}
	outcome = say_unwritten(path, err);
	qr_outputs_undo(o);
	return outcome;
}

void
qr_outputs_keep(struct qr_outputs *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->paths[i]);
	free(o->paths);
	free(o->folder);
	*o = (struct qr_outputs){ 0 };
}

void
qr_outputs_undo(struct qr_outputs *o)
{
	for (size_t i = 0; i < o->count; i++)
		unlink(o->paths[i]);
	if (o->folder != NULL)
		rmdir(o->folder);
	qr_outputs_keep(o);
}
