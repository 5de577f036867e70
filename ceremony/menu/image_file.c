/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/image_file.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/record/image.h"
#include "transfer/file.h"
#include "transfer/text.h"

bool
image_file_write(const char *path, const struct release *release,
    const uint8_t *medium)
{
	char hex[TEXT_HEX_SIZE(32)], *text;
	json_t *o;
	bool ok;

	if (medium != NULL)
		text_hex(medium, 32, hex);
	o = json_pack("{s:s,s:s,s:s?}", "version", release->version, "commit",
	    release->commit, "medium", medium == NULL ? NULL : hex);
	text = o == NULL ? NULL : json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (text == NULL)
		return false;
	unlink(path);
	ok = file_create(AT_FDCWD, path, text, strlen(text), 0600) ==
	    TRANSFER_OK;
	free(text);
	return ok;
}

bool
image_file_medium(const char *path, uint8_t medium[32])
{
	struct image image = { .has_medium = false };
	uint8_t *text = NULL;
	size_t len = 0;
	bool ok = file_read(AT_FDCWD, path, IMAGE_FILE_MAX, &text, &len) ==
		TRANSFER_OK &&
	    image_read((char *)text, len, &image) == RECORD_OK &&
	    image.has_medium;

	if (ok)
		memcpy(medium, image.medium, sizeof(image.medium));
	free(text);
	return ok;
}
