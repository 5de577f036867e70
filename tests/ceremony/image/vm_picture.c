/* SPDX-License-Identifier: ISC */
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ceremony/image/vm_screen.h"

#define CHANNELS 3

bool
vm_picture_read(FILE *in, struct vm_picture *p)
{
	unsigned w = 0, h = 0, shades = 0;
	size_t size;

	memset(p, 0, sizeof(*p));
	if (fscanf(in, "P6 %u %u %u", &w, &h, &shades) != 3 || shades != 255 ||
	    getc(in) == EOF || w == 0 || h == 0 || w > VM_PICTURE_SIDE ||
	    h > VM_PICTURE_SIDE)
		return false;
	size = (size_t)w * h * CHANNELS;
	p->rgb = malloc(size);
	if (p->rgb == NULL || fread(p->rgb, 1, size, in) != size) {
		vm_picture_free(p);
		return false;
	}
	p->width = w;
	p->height = h;
	return true;
}

void
vm_picture_free(struct vm_picture *p)
{
	free(p->rgb);
	memset(p, 0, sizeof(*p));
}

bool
vm_picture_write_png(const struct vm_picture *p, const char *path)
{
	png_image image = { .version = PNG_IMAGE_VERSION,
		.width = (png_uint_32)p->width,
		.height = (png_uint_32)p->height,
		.format = PNG_FORMAT_RGB };

	return png_image_write_to_file(&image, path, 0, p->rgb, 0, NULL) != 0;
}
