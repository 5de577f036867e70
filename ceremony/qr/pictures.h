/* SPDX-License-Identifier: ISC */
#ifndef QR_PICTURES_H
#define QR_PICTURES_H

#include <stddef.h>

#define PICTURES_MAX 20000 /* entries of a folder that are looked at */

/* The regular files of a folder, by name; a number in a name counts as one, so
 * that frame-10 is behind frame-9. */
struct pictures {
	char **names; /* new */
	size_t count;
	size_t others; /* links, devices, folders: passed over */
};
enum pictures_error {
	PICTURES_OK,
	PICTURES_ERR_IO, /* errno says */
	PICTURES_ERR_MANY,
	PICTURES_ERR_MEMORY,
};
enum pictures_error pictures_list(int dirfd, struct pictures *out);
void pictures_clear(struct pictures *p);

/* Copy a regular file that is open, at most PICTURE_FILE_MAX octets, into a
 * sealed memory file; nothing in it is looked at.  -1: errno says, EFBIG for
 * the limit, EINVAL for what is no regular file. */
int picture_copy(int fd, size_t *len);
/* The same of a file in a folder; links are not followed (ELOOP), and what
 * would block is not waited for. */
int picture_open(int dirfd, const char *name, size_t *len);

#endif
