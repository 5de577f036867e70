/* SPDX-License-Identifier: ISC */
/*
 * What the machine says of the image it was booted from.  The file is our own,
 * written into memory by the console's menu, and a kilobyte at most: it is
 * read here, where lines of a state from a medium are read too, and by no
 * process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/ceremony.h"
#include "transfer/file.h"

bool
image_file_load(struct ceremony *c, const char *path)
{
	uint8_t *text = NULL;
	size_t len = 0;
	enum transfer_error err =
	    file_read(AT_FDCWD, path, IMAGE_FILE_MAX, &text, &len);

	if (err != TRANSFER_OK)
		return ceremony_stop(c, EXIT_INPUT, "%s: %s%s%s", path,
		    transfer_strerror(err), err == TRANSFER_ERR_IO ? ": " : "",
		    err == TRANSFER_ERR_IO ? strerror(errno) : "");
	c->has_image =
	    image_read((const char *)text, len, &c->image) == RECORD_OK;
	free(text);
	return c->has_image ||
	    ceremony_stop(c, EXIT_INPUT,
		"%s: does not tell of an image: version, commit and medium "
		"stand in it, once each and nothing else",
		path);
}
