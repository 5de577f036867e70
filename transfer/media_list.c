/* SPDX-License-Identifier: ISC */
/* Folders of media: as many entries as somebody may have put there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/media_path.h"
#include "transfer/media_use.h"

static const char *const kinds[MEDIA_ENTRY_COUNT] = {
	[MEDIA_ENTRY_FILE] = "file",
	[MEDIA_ENTRY_FOLDER] = "folder",
	[MEDIA_ENTRY_LINK] = "link",
	[MEDIA_ENTRY_DEVICE] = "device",
	[MEDIA_ENTRY_FIFO] = "fifo",
	[MEDIA_ENTRY_SOCKET] = "socket",
	[MEDIA_ENTRY_OTHER] = "unreadable",
};

const char *
media_entry_name(enum media_entry_kind kind)
{
	return (unsigned)kind < MEDIA_ENTRY_COUNT ? kinds[kind] : "?";
}

void
media_listing_clear(struct media_listing *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->entries[i].name);
	free(l->entries);
	memset(l, 0, sizeof(*l));
}

static enum media_entry_kind
kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return MEDIA_ENTRY_FILE;
	case S_IFDIR:
		return MEDIA_ENTRY_FOLDER;
	case S_IFLNK:
		return MEDIA_ENTRY_LINK;
	case S_IFBLK:
	case S_IFCHR:
		return MEDIA_ENTRY_DEVICE;
	case S_IFIFO:
		return MEDIA_ENTRY_FIFO;
	case S_IFSOCK:
		return MEDIA_ENTRY_SOCKET;
	default:
		return MEDIA_ENTRY_OTHER;
	}
}

static void
look_at(int dirfd, struct media_entry *e)
{
	struct stat st;

	e->kind = MEDIA_ENTRY_OTHER;
	if (fstatat(dirfd, e->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	e->kind = kind_of(st.st_mode);
	if (e->kind == MEDIA_ENTRY_FILE)
		e->size = (uint64_t)st.st_size;
}

static int
by_name(const void *a, const void *b)
{
	const struct media_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static bool
keep(struct media_listing *l, size_t *room, const char *name)
{
	if (l->count == *room) {
		size_t more = *room == 0 ? 256 : *room * 2;
		struct media_entry *entries =
		    reallocarray(l->entries, more, sizeof(*entries));

		if (entries == NULL)
			return false;
		l->entries = entries;
		*room = more;
	}
	l->entries[l->count] = (struct media_entry){ .name = strdup(name) };
	return l->entries[l->count].name != NULL && ++l->count > 0;
}

/* All names up to the limit; errno tells why not. */
static enum transfer_error
read_names(DIR *d, struct media_listing *l)
{
	size_t room = 0;
	struct dirent *e;

	while (errno = 0, (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (l->count == MEDIA_ENTRIES_MAX) {
			l->more = true;
			return TRANSFER_OK;
		}
		if (!keep(l, &room, e->d_name))
			return TRANSFER_ERR_MEMORY;
	}
	return errno == 0 ? TRANSFER_OK : TRANSFER_ERR_IO;
}

enum transfer_error
media_list_folder(int dirfd, struct media_listing *out,
    struct transfer_fault *fault)
{
	int again = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	enum transfer_error ret = TRANSFER_ERR_IO;
	int number = errno;

	memset(out, 0, sizeof(*out));
	if (d != NULL) {
		ret = read_names(d, out);
		number = errno;
		closedir(d);
	} else if (again >= 0) {
		close(again);
	}
	if (ret != TRANSFER_OK) {
		media_listing_clear(out);
		return transfer_refuse(fault, ret, "cannot be listed: %s",
		    ret == TRANSFER_ERR_IO ? media_path_reason(number)
					   : transfer_strerror(ret));
	}
	if (out->count > 0)
		qsort(out->entries, out->count, sizeof(*out->entries), by_name);
	out->total = out->count;
	while (out->count > MEDIA_SHOWN_MAX)
		free(out->entries[--out->count].name);
	for (size_t i = 0; i < out->count; i++)
		look_at(dirfd, &out->entries[i]);
	return TRANSFER_OK;
}

enum transfer_error
media_list(const struct media_port *port, const char *path,
    struct media_listing *out, struct transfer_fault *fault)
{
	enum transfer_error ret, end;
	int root = -1, dir = -1;

	memset(out, 0, sizeof(*out));
	if ((ret = media_path_check(path, fault)) != TRANSFER_OK ||
	    (ret = port->mount(port->arg, false, &root, fault)) != TRANSFER_OK)
		return ret;
	ret = media_path_open(root, path, O_DIRECTORY, &dir, fault);
	if (ret == TRANSFER_OK)
		ret = media_list_folder(dir, out, fault);
	if (dir >= 0)
		close(dir);
	end = port->unmount(port->arg, root, ret == TRANSFER_OK ? fault : NULL);
	if (ret == TRANSFER_OK && end != TRANSFER_OK)
		media_listing_clear(out);
	return ret == TRANSFER_OK ? end : ret;
}
