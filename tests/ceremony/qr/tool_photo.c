/* SPDX-License-Identifier: ISC */
/*
 * tool_photo LENS SEED OUT PICTURE...: photographs square pictures of codes at
 * 720p.  OUT's ending says what becomes of them: .png, .jpg and .pgm have the
 * first, .mjpeg, .grey and .yuyv all, one behind the other.  LENS is one of
 * photo_lenses; the same SEED makes the same photographs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/transfer/photo.h"
#include "transfer/file.h"

static uint8_t *
as_jpeg(const struct picture *p, size_t *len)
{
	return photo_jpeg(p, 75, len);
}

static uint8_t *
as_grey(const struct picture *p, size_t *len)
{
	uint8_t *out;

	*len = (size_t)p->width * p->height;
	out = malloc(*len);
	if (out != NULL)
		memcpy(out, p->grey, *len);
	return out;
}

static uint8_t *
as_yuyv(const struct picture *p, size_t *len)
{
	uint8_t *out;

	*len = 2 * (size_t)p->width * p->height;
	out = malloc(*len);
	for (size_t i = 0; out != NULL && i < *len; i++)
		out[i] = i % 2 == 0 ? p->grey[i / 2] : 128;
	return out;
}

static const struct {
	const char *ending;
	uint8_t *(*write)(const struct picture *p, size_t *len);
	int many;
} forms[] = {
	{ ".png", photo_png, 0 },
	{ ".jpg", as_jpeg, 0 },
	{ ".pgm", photo_pgm, 0 },
	{ ".mjpeg", as_jpeg, 1 },
	{ ".grey", as_grey, 1 },
	{ ".yuyv", as_yuyv, 1 },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static size_t
find_form(const char *path)
{
	size_t i = 0;

	while (i < FORMS &&
	    (strlen(path) < strlen(forms[i].ending) ||
		strcmp(path + strlen(path) - strlen(forms[i].ending),
		    forms[i].ending) != 0))
		i++;
	return i;
}

static const struct lens *
find_lens(const char *name)
{
	for (size_t i = 0; i < PHOTO_LENSES; i++) {
		if (strcmp(photo_lenses[i].name, name) == 0)
			return &photo_lenses[i];
	}
	return NULL;
}

static int
add(FILE *out, size_t form, const char *path, const struct lens *lens,
    uint64_t seed)
{
	struct transfer_fault fault = { .text = "cannot be read" };
	struct picture code, photo;
	uint8_t *file, *data;
	size_t len, used;
	int ok;

	if (file_read(AT_FDCWD, path, PICTURE_OCTETS_MAX, &file, &len) !=
		TRANSFER_OK ||
	    picture_read(PICTURE_ANY, file, len, 0, 0, &code, &used, &fault) !=
		TRANSFER_OK) {
		fprintf(stderr, "tool_photo: %s: %s\n", path, fault.text);
		return 0;
	}
	photo_shoot(&code, lens, seed, &photo);
	data = forms[form].write(&photo, &len);
	ok = data != NULL && fwrite(data, 1, len, out) == len;
	free(data);
	free(file);
	picture_free(&code);
	picture_free(&photo);
	return ok;
}

int
main(int argc, char *argv[])
{
	const struct lens *lens = argc > 4 ? find_lens(argv[1]) : NULL;
	size_t form = argc > 4 ? find_form(argv[3]) : FORMS;
	FILE *out = NULL;
	int ok = lens != NULL && form < FORMS;

	if (ok)
		out = fopen(argv[3], "wbx");
	ok = out != NULL;
	for (int i = 4; ok && i < (forms[form].many ? argc : 5); i++)
		ok = add(out, form, argv[i], lens,
		    strtoull(argv[2], NULL, 10) + (unsigned)i);
	if (out == NULL || fclose(out) != 0 || !ok) {
		fprintf(stderr, "usage: tool_photo LENS SEED OUT PICTURE...\n");
		return 1;
	}
	return 0;
}
