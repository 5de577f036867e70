/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <zlib.h>

#include "tests/ceremony/image/vm_screen.h"

/* PSF version 1: 36 04, a mode, the octets of a glyph; then the glyphs. */
#define HEAD 4

bool
vm_font_read(const char *path, struct vm_font *font)
{
	uint8_t head[HEAD] = { 0 };
	gzFile f = gzopen(path, "rb");
	bool good = f != NULL && gzread(f, head, HEAD) == HEAD &&
	    head[0] == 0x36 && head[1] == 0x04 && head[3] == VM_GLYPH_HEIGHT &&
	    gzread(f, font->glyph, sizeof(font->glyph)) ==
		(int)sizeof(font->glyph);

	if (f != NULL)
		gzclose(f);
	if (!good)
		fprintf(stderr, "%s: no console font of 8x16 (PSF 1)\n", path);
	return good;
}
