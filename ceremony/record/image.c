/* SPDX-License-Identifier: ISC */
#include "ceremony/record/image.h"

#include <string.h>

#include "transfer/text.h"

#define KEYS 3 /* of the file and of the body */

static bool
take_text(json_t *value, char out[IMAGE_TEXT_MAX + 1])
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (text == NULL || len == 0 || len > IMAGE_TEXT_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	memcpy(out, text, len + 1);
	return true;
}

static bool
take_medium(json_t *value, bool none, struct image *out)
{
	out->has_medium = !none;
	return none ||
	    (json_is_string(value) &&
		text_unhex(json_string_value(value), out->medium, 32));
}

static bool
take(json_t *object, bool none, struct image *out)
{
	return json_object_size(object) == KEYS &&
	    take_text(json_object_get(object, "version"), out->version) &&
	    take_text(json_object_get(object, "commit"), out->commit) &&
	    take_medium(json_object_get(object, "medium"), none, out);
}

enum record_error
image_read(const char *json, size_t len, struct image *out)
{
	json_t *object;
	bool ok;

	memset(out, 0, sizeof(*out));
	if (len > IMAGE_FILE_MAX)
		return RECORD_ERR_FORM;
	object = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	ok = take(object, json_is_null(json_object_get(object, "medium")), out);
	json_decref(object);
	if (ok)
		return RECORD_OK;
	memset(out, 0, sizeof(*out));
	return RECORD_ERR_FORM;
}

json_t *
image_body(const struct image *image)
{
	char hex[TEXT_HEX_SIZE(32)] = "-";

	if (image->has_medium)
		text_hex(image->medium, 32, hex);
	return json_pack("{s:s,s:s,s:s}", "version", image->version, "commit",
	    image->commit, "medium", hex);
}

bool
image_of_body(json_t *body, struct image *out)
{
	const char *medium = json_string_value(json_object_get(body, "medium"));

	memset(out, 0, sizeof(*out));
	return take(body, medium != NULL && strcmp(medium, "-") == 0, out);
}

bool
image_equal(const struct image *a, const struct image *b)
{
	return strcmp(a->version, b->version) == 0 &&
	    strcmp(a->commit, b->commit) == 0 &&
	    a->has_medium == b->has_medium &&
	    memcmp(a->medium, b->medium, 32) == 0;
}
