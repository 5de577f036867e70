/* SPDX-License-Identifier: ISC */
/* Pictures that mean harm, or are broken: each ends in its own sentence. */
#include "tests/transfer/picture_make.h"

/* Of a case: what a builder makes of its numbers. */
struct hostile {
	const char *name;
	void (*make)(struct bytes *b, const struct hostile *h);
	uint32_t a, b; /* of the builder */
	enum picture_form form;
	uint32_t width, height; /* of the raw forms */
	const char *octets;     /* of the plain ones */
	enum transfer_error err;
	const char *text;
};

static const struct png_head small = { 8, 8, 8, PNG_COLOR_TYPE_GRAY, 0 };

static void
plain(struct bytes *b, const struct hostile *h)
{
	bytes_add(b, h->octets, h->a != 0 ? h->a : strlen(h->octets));
}

/* ---- PNG -------------------------------------------------------------------- */

static void
png_good(struct bytes *b, const struct hostile *h)
{
	(void)h;
	png_zeros(b, &small, 9 * 8);
}

/* The first a octets of a good one, or all but a with b. */
static void
png_cut(struct bytes *b, const struct hostile *h)
{
	png_good(b, h);
	b->len = h->b != 0 ? b->len - h->a : h->a;
}

/* Octet a is b. */
static void
png_octet(struct bytes *b, const struct hostile *h)
{
	png_good(b, h);
	b->data[h->a] = (uint8_t)h->b;
}

/* The same in IHDR, and its checksum is right. */
static void
png_ihdr(struct bytes *b, const struct hostile *h)
{
	png_octet(b, h);
	bytes_be32(b->data + 29, (uint32_t)crc32(0, b->data + 12, 17));
}

static void
png_idat_sum(struct bytes *b, const struct hostile *h)
{
	png_good(b, h);
	b->data[b->len - 12 - 1] ^= 1; /* before IEND */
}

static void
png_behind(struct bytes *b, const struct hostile *h)
{
	png_good(b, h);
	bytes_add(b, "more", 4);
}

/* Sides a and b, and no pixels to speak of. */
static void
png_sides(struct bytes *b, const struct hostile *h)
{
	struct png_head head = { h->a, h->b, 8, PNG_COLOR_TYPE_GRAY, 0 };

	png_zeros(b, &head, 100);
}

/* Four channels of 16 bits, interlaced, as large as may be, from 100 octets. */
static void
png_interlaced_bomb(struct bytes *b, const struct hostile *h)
{
	struct png_head head = { h->a, h->b, 16, PNG_COLOR_TYPE_RGBA, 1 };

	png_zeros(b, &head, 100);
}

static void
png_no_palette(struct bytes *b, const struct hostile *h)
{
	struct png_head head = { 8, 8, 8, PNG_COLOR_TYPE_PALETTE, 0 };

	(void)h;
	png_zeros(b, &head, 9 * 8);
}

static void
png_palette_short(struct bytes *b, const struct hostile *h)
{
	struct png_head head = { 8, 8, 8, PNG_COLOR_TYPE_PALETTE, 0 };

	(void)h;
	png_begin(b, &head);
	png_chunk(b, "PLTE", "1234", 4);
	png_packed(b, "IDAT", "", 0);
	png_chunk(b, "IEND", "", 0);
}

static void
png_idat_garbage(struct bytes *b, const struct hostile *h)
{
	(void)h;
	png_begin(b, &small);
	png_chunk(b, "IDAT", "no stream of zlib's", 19);
	png_chunk(b, "IEND", "", 0);
}

static void
png_no_idat(struct bytes *b, const struct hostile *h)
{
	(void)h;
	png_begin(b, &small);
	png_chunk(b, "IEND", "", 0);
}

static void
png_many_chunks(struct bytes *b, const struct hostile *h)
{
	(void)h;
	png_begin(b, &small);
	for (unsigned i = 0; i < PICTURE_CHUNKS_MAX; i++)
		png_chunk(b, "teXt", "", 0);
	png_packed(b, "IDAT", "", 0);
	png_chunk(b, "IEND", "", 0);
}

static void
png_unknown_critical(struct bytes *b, const struct hostile *h)
{
	(void)h;
	png_begin(b, &small);
	png_chunk(b, "EVIL", "", 0);
	png_packed(b, "IDAT", "", 0);
	png_chunk(b, "IEND", "", 0);
}

static void
png_two_heads(struct bytes *b, const struct hostile *h)
{
	uint8_t ihdr[13] = { 0, 0, 0x20, 0, 0, 0, 0x20, 0, 8 };

	(void)h;
	png_begin(b, &small);
	png_chunk(b, "IHDR", ihdr, sizeof(ihdr));
	png_packed(b, "IDAT", "", 0);
	png_chunk(b, "IEND", "", 0);
}

/* A signature, and a chunk that is longer than may be. */
static void
png_long(struct bytes *b, const struct hostile *h)
{
	uint8_t *zeros = calloc(1, h->a);

	assert_non_null(zeros);
	png_begin(b, &small);
	png_chunk(b, "IDAT", zeros, h->a);
	png_chunk(b, "IEND", "", 0);
	free(zeros);
}

/* ---- JPEG ------------------------------------------------------------------- */

static const struct photo_jpeg_form grey_form = { .quality = 50,
	.components = 1 };

static void
jpeg_good(struct bytes *b, const struct hostile *h)
{
	(void)h;
	jpeg_flat(b, 64, 64, &grey_form);
}

/* All but the last a octets. */
static void
jpeg_cut(struct bytes *b, const struct hostile *h)
{
	jpeg_good(b, h);
	b->len -= h->a;
}

static void
jpeg_cmyk(struct bytes *b, const struct hostile *h)
{
	const struct photo_jpeg_form form = { .quality = 50, .components = 4 };

	(void)h;
	jpeg_flat(b, 64, 64, &form);
}

static void
jpeg_arithmetic(struct bytes *b, const struct hostile *h)
{
	const struct photo_jpeg_form form = { .quality = 50,
		.components = 1,
		.arithmetic = true };

	(void)h;
	jpeg_flat(b, 64, 64, &form);
}

/* a scans, each over all of the picture and with next to nothing in it. */
static void
jpeg_scans(struct bytes *b, const struct hostile *h)
{
	jpeg_scan_info scans[64] = { { 1, { 0 }, 0, 0, 0, 0 } };
	const struct photo_jpeg_form form = { .quality = 50,
		.components = 1,
		.scans = scans,
		.scan_count = (int)h->a };

	for (int i = 1; i < (int)h->a; i++)
		scans[i] = (jpeg_scan_info){ 1, { 0 }, i, i, 0, 0 };
	jpeg_flat(b, 64, 64, &form);
}

/* The frame header says a x b. */
static void
jpeg_sides(struct bytes *b, const struct hostile *h)
{
	uint8_t *sof;

	jpeg_good(b, h);
	sof = jpeg_marker(b, 0xc0);
	sof[5] = (uint8_t)(h->b >> 8);
	sof[6] = (uint8_t)h->b;
	sof[7] = (uint8_t)(h->a >> 8);
	sof[8] = (uint8_t)h->a;
}

/* Octet a of the first marker b is 0xee. */
static void
jpeg_spoil(struct bytes *b, const struct hostile *h)
{
	jpeg_good(b, h);
	jpeg_marker(b, (uint8_t)h->b)[h->a] = 0xee;
}

/* The frame's marker is another one. */
static void
jpeg_process(struct bytes *b, const struct hostile *h)
{
	jpeg_good(b, h);
	jpeg_marker(b, 0xc0)[1] = (uint8_t)h->a;
}

/* Pixels are noise: no Huffman code has so many ones. */
static void
jpeg_noise(struct bytes *b, const struct hostile *h)
{
	jpeg_good(b, h);
	for (size_t i = b->len - 12; i < b->len - 2; i++)
		b->data[i] = (uint8_t)(i % 2 == 0 ? 0xff : 0);
}

/* ---- the table --------------------------------------------------------------- */

#define SIZE TRANSFER_ERR_SIZE
#define KIND TRANSFER_ERR_KIND
#define FIELD TRANSFER_ERR_FIELD
#define NO_PICTURE                                                             \
	"no picture of a kind read here: PNG, JPEG, binary PGM or PPM"

static const struct hostile cases[] = {
	{ "empty", plain, .octets = "", .err = KIND, .text = NO_PICTURE },
	{ "GIF", plain, .octets = "GIF89a\1\1", .err = KIND,
	    .text = NO_PICTURE },
	{ "AVI", plain, .octets = "RIFF1234AVI LIST", .err = KIND,
	    .text = NO_PICTURE },
	{ "PGM in digits", plain, .octets = "P2\n1 1\n255\n0\n", .err = KIND,
	    .text = NO_PICTURE },
	{ "a certificate", plain, .octets = "-----BEGIN CERTIFICATE-----",
	    .err = KIND, .text = NO_PICTURE },

	{ "PNG: signature", png_cut, 8, .err = FIELD,
	    .text = "PNG: cut short" },
	{ "PNG: cut in IHDR", png_cut, 20, .err = FIELD,
	    .text = "PNG: cut short" },
	{ "PNG: cut in IDAT", png_cut, 45, .err = FIELD,
	    .text = "PNG: cut short" },
	{ "PNG: without IEND", png_cut, 12, 1, .err = FIELD,
	    .text = "PNG: cut short" },
	{ "PNG: octets behind", png_behind, .err = FIELD,
	    .text = "PNG: octets behind its end" },
	{ "PNG: IHDR too long", png_octet, 11, 14, .err = FIELD,
	    .text = "PNG: does not begin with IHDR" },
	{ "PNG: IHDR not first", png_octet, 12, 'J', .err = FIELD,
	    .text = "PNG: does not begin with IHDR" },
	{ "PNG: chunk of 4 GiB", png_octet, 33, 0xff, .err = FIELD,
	    .text = "PNG: cut short" },
	{ "PNG: checksum of IHDR", png_octet, 29, 1, .err = FIELD,
	    .text = "PNG: IHDR: CRC error" },
	{ "PNG: checksum of IDAT", png_idat_sum, .err = FIELD,
	    .text = "PNG: IDAT: CRC error" },
	{ "PNG: huge", png_sides, 0x7fffffff, 0x7fffffff, .err = SIZE,
	    .text = "PNG: 2147483647 x 2147483647: a side over 8192 pixels" },
	{ "PNG: wide", png_sides, 8193, 1, .err = SIZE,
	    .text = "PNG: 8193 x 1: a side over 8192 pixels" },
	{ "PNG: many pixels", png_sides, 8192, 8192, .err = SIZE,
	    .text = "PNG: 8192 x 8192: over 37748736 pixels" },
	{ "PNG: no width", png_sides, 0, 8, .err = FIELD,
	    .text = "PNG: no width or no height" },
	{ "PNG: large, pixels of a few", png_sides, 8192, 4608, .err = FIELD,
	    .text = "PNG: Not enough image data" },
	{ "PNG: interlaced bomb", png_interlaced_bomb, 8192, 4608, .err = FIELD,
	    .text = "PNG: Not enough image data" },
	{ "PNG: colour type 1", png_ihdr, 25, 1, .err = FIELD,
	    .text = "PNG: Invalid IHDR data" },
	{ "PNG: 3 bits deep", png_ihdr, 24, 3, .err = FIELD,
	    .text = "PNG: Invalid IHDR data" },
	{ "PNG: interlace method 2", png_ihdr, 28, 2, .err = FIELD,
	    .text = "PNG: Invalid IHDR data" },
	{ "PNG: no palette", png_no_palette, .err = FIELD,
	    .text = "PNG: IDAT: Missing PLTE before IDAT" },
	{ "PNG: half a colour", png_palette_short, .err = FIELD,
	    .text = "PNG: PLTE: invalid" },
	{ "PNG: not deflated", png_idat_garbage, .err = FIELD,
	    .text = "PNG: IDAT: incorrect header check" },
	{ "PNG: no IDAT", png_no_idat, .err = FIELD,
	    .text = "PNG: IEND: out of place" },
	{ "PNG: 65,536 empty chunks", png_many_chunks, .err = SIZE,
	    .text = "PNG: over 65536 chunks" },
	{ "PNG: chunk that must be known", png_unknown_critical, .err = FIELD,
	    .text = "PNG: EVIL: unhandled critical chunk" },
	{ "PNG: a second IHDR", png_two_heads, .err = FIELD,
	    .text = "PNG: IHDR: out of place" },
	{ "PNG: over 64 MiB", png_long, PICTURE_OCTETS_MAX, .err = SIZE,
	    .text = "PNG: over 67108864 octets" },

	{ "JPEG: begins and is no more", plain, 3, .octets = "\xff\xd8\xff",
	    .err = FIELD, .text = "JPEG: Premature end of JPEG file" },
	{ "JPEG: without its end", jpeg_cut, 2, .err = FIELD,
	    .text = "JPEG: Premature end of JPEG file" },
	{ "JPEG: cut in its pixels", jpeg_cut, 20, .err = FIELD,
	    .text = "JPEG: Premature end of JPEG file" },
	{ "JPEG: cut in its tables", jpeg_cut, 300, .err = FIELD,
	    .text = "JPEG: Premature end of JPEG file" },
	{ "JPEG: CMYK", jpeg_cmyk, .err = KIND,
	    .text = "JPEG: 4 components: only grey and three colours are "
		    "taken" },
	{ "JPEG: arithmetic", jpeg_arithmetic, .err = KIND,
	    .text = "JPEG: arithmetic coding is not taken" },
	{ "JPEG: progressive bomb", jpeg_scans, 40, .err = SIZE,
	    .text = "JPEG: over 32 scans" },
	{ "JPEG: huge", jpeg_sides, 65535, 65535, .err = FIELD,
	    .text = "JPEG: Maximum supported image dimension is 65500 pixels" },
	{ "JPEG: wide", jpeg_sides, 8193, 1, .err = SIZE,
	    .text = "JPEG: 8193 x 1: a side over 8192 pixels" },
	{ "JPEG: many pixels", jpeg_sides, 8192, 8192, .err = SIZE,
	    .text = "JPEG: 8192 x 8192: over 37748736 pixels" },
	{ "JPEG: no height", jpeg_sides, 64, 0, .err = FIELD,
	    .text = "JPEG: Empty JPEG image (DNL not supported)" },
	{ "JPEG: wrong dimensions", jpeg_sides, 640, 640, .err = FIELD,
	    .text = "JPEG: Corrupt JPEG data: premature end of data segment" },
	{ "JPEG: 238 bits a sample", jpeg_spoil, 4, 0xc0, .err = FIELD,
	    .text = "JPEG: Unsupported JPEG data precision 238" },
	{ "JPEG: 238 components", jpeg_spoil, 9, 0xc0, .err = FIELD,
	    .text = "JPEG: Bogus marker length" },
	{ "JPEG: lossless", jpeg_process, 0xc3, .err = FIELD,
	    .text = "JPEG: Unsupported JPEG process: SOF type 0xc3" },
	{ "JPEG: no such table", jpeg_spoil, 12, 0xc0, .err = FIELD,
	    .text = "JPEG: Quantization table 0xee was not defined" },
	{ "JPEG: broken Huffman table", jpeg_spoil, 6, 0xc4, .err = FIELD,
	    .text = "JPEG: Bogus Huffman table definition" },
	{ "JPEG: noise for pixels", jpeg_noise, .err = FIELD,
	    .text = "JPEG: Corrupt JPEG data: bad Huffman code" },
	{ "JPEG: a frame that is none", plain, .octets = "no JPEG",
	    .form = PICTURE_JPEG, .err = KIND,
	    .text = "octets where a JPEG should begin" },
	{ "JPEG: an empty frame", plain, .octets = "", .form = PICTURE_JPEG,
	    .err = KIND, .text = "octets where a JPEG should begin" },

	{ "PGM: two letters", plain, .octets = "P5", .err = FIELD,
	    .text = "PNM: a head that is not in order" },
	{ "PGM: no maxval", plain, .octets = "P5\n2 2\n", .err = FIELD,
	    .text = "PNM: a head that is not in order" },
	{ "PGM: less than nothing", plain, .octets = "P5\n-2 2\n255\n1234",
	    .err = FIELD, .text = "PNM: a head that is not in order" },
	{ "PGM: no height", plain, .octets = "P5\n2 0\n255\n1234", .err = FIELD,
	    .text = "PNM: a head that is not in order" },
	{ "PGM: ten digits", plain, .octets = "P5\n4294967298 2\n255\n1234",
	    .err = FIELD, .text = "PNM: a head that is not in order" },
	{ "PGM: a remark without end", plain, .octets = "P5\n2 2 # 255 1234",
	    .err = FIELD, .text = "PNM: a head that is not in order" },
	{ "PGM: maxval 0", plain, .octets = "P5\n2 2\n0\n1234", .err = KIND,
	    .text = "PNM: maxval 0: only 1 to 255 are taken" },
	{ "PGM: 16 bits", plain, .octets = "P5\n2 1\n65535\n1234", .err = KIND,
	    .text = "PNM: maxval 65535: only 1 to 255 are taken" },
	{ "PGM: brighter than white", plain, .octets = "P5\n2 2\n40\n1234",
	    .err = FIELD, .text = "PNM: a sample over maxval 40" },
	{ "PGM: short", plain, .octets = "P5\n2 2\n255\n123", .err = FIELD,
	    .text = "PNM: shorter than 2 x 2 pixels" },
	{ "PGM: a second one behind", plain,
	    .octets = "P5\n2 2\n255\n1234P5\n2 2\n255\n1234", .err = FIELD,
	    .text = "PNM: longer than 2 x 2 pixels" },
	{ "PGM: huge", plain, .octets = "P5\n999999999 999999999\n255\n1",
	    .err = SIZE,
	    .text = "PNM: 999999999 x 999999999: a side over 8192 pixels" },
	{ "PPM: many pixels", plain, .octets = "P6\n8192 8192\n255\n1",
	    .err = SIZE, .text = "PNM: 8192 x 8192: over 37748736 pixels" },

	{ "raw: no sides", plain, .octets = "1234", .form = PICTURE_GREY,
	    .err = FIELD, .text = "raw grey: no width or no height" },
	{ "raw: wide", plain, .octets = "1234", .form = PICTURE_GREY,
	    .width = 9000, .height = 2, .err = SIZE,
	    .text = "raw grey: 9000 x 2: a side over 8192 pixels" },
	{ "raw: short", plain, .octets = "1234", .form = PICTURE_GREY,
	    .width = 5, .height = 1, .err = FIELD,
	    .text = "raw grey: ends inside a picture" },
	{ "raw: short YUYV", plain, .octets = "1234567", .form = PICTURE_YUYV,
	    .width = 2, .height = 2, .err = FIELD,
	    .text = "raw YUYV: ends inside a picture" },
	{ "raw: odd YUYV", plain, .octets = "123456", .form = PICTURE_YUYV,
	    .width = 3, .height = 1, .err = FIELD,
	    .text = "raw YUYV: an odd width" },
	{ "no such form", plain, .octets = "1234", .form = PICTURE_FORM_COUNT,
	    .err = TRANSFER_ERR_ARGUMENT,
	    .text = "a form of picture that there is not" },
};

static void
refused(void **state)
{
	(void)state;
	print_message("# %zu pictures, each with its message\n",
	    sizeof(cases) / sizeof(cases[0]));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct hostile *h = &cases[i];
		struct transfer_fault fault = { 0 };
		struct bytes b = { 0 };
		struct picture p;
		enum transfer_error err;
		size_t used;

		h->make(&b, h);
		err = picture_read(h->form, b.data, b.len, h->width, h->height,
		    &p, &used, &fault);
		if (err != h->err || strcmp(fault.text, h->text) != 0)
			fail_msg("%s: is %d \"%s\", should be %d \"%s\"",
			    h->name, (int)err, fault.text, (int)h->err,
			    h->text);
		if (p.grey != NULL || used != b.len)
			fail_msg("%s: leaves a picture, or octets", h->name);
		free(b.data);
	}
}

/* What is changed to be refused is taken as it was. */
static void
taken(void **state)
{
	static const struct hostile good[] = {
		{ "PNG", png_good, .octets = "" },
		{ "JPEG", jpeg_good, .octets = "" },
		{ "JPEG of 32 scans", jpeg_scans, 32, .octets = "" },
		{ "PGM", plain, .octets = "P5\n2 2\n255\n1234" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct transfer_fault fault = { 0 };
		struct bytes b = { 0 };
		struct picture p;
		size_t used;

		good[i].make(&b, &good[i]);
		if (picture_read(PICTURE_ANY, b.data, b.len, 0, 0, &p, &used,
			&fault) != TRANSFER_OK)
			fail_msg("%s: %s", good[i].name, fault.text);
		picture_free(&p);
		free(b.data);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),
		cmocka_unit_test(taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
