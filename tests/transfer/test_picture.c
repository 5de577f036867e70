/* SPDX-License-Identifier: ISC */
/* Pictures of every form taken, as they are seen. */
#include "tests/transfer/picture_make.h"

#define W 40
#define H 24

/* Brightness goes up to the right and down. */
static uint8_t
level(unsigned x, unsigned y)
{
	return (uint8_t)(5 * x + 2 * y);
}

static struct picture
sample(void)
{
	struct picture p;

	photo_new(&p, W, H, 0);
	for (unsigned i = 0; i < W * H; i++)
		p.grey[i] = level(i % W, i / W);
	return p;
}

/* Read back within `off` of what was drawn; data is let go. */
static void
assert_sample(const char *name, struct bytes *b, int off)
{
	struct transfer_fault fault = { 0 };
	struct picture p;
	size_t used;

	if (picture_read(PICTURE_ANY, b->data, b->len, 0, 0, &p, &used,
		&fault) != TRANSFER_OK)
		fail_msg("%s: %s", name, fault.text);
	assert_int_equal(used, b->len);
	assert_string_equal(fault.text, "");
	assert_int_equal(p.width, W);
	assert_int_equal(p.height, H);
	for (unsigned i = 0; i < W * H; i++) {
		if (abs(p.grey[i] - level(i % W, i / W)) > off)
			fail_msg("%s: %u, %u is %d, should be %d", name, i % W,
			    i / W, p.grey[i], level(i % W, i / W));
	}
	picture_free(&p);
	free(b->data);
}

/* A sample of a PNG's row, spread over its channels and depth. */
static void
png_sample(const struct png_head *h, uint8_t *row, unsigned x, uint8_t v)
{
	unsigned wide = h->depth / 8;

	for (unsigned c = 0; c < (h->colour & PNG_COLOR_MASK_COLOR ? 3u : 1u);
	     c++) {
		for (unsigned i = 0; i < wide; i++)
			*(row +
			    (size_t)x * wide *
				(h->colour & PNG_COLOR_MASK_COLOR ? 3 : 1) +
			    c * wide + i) = v;
	}
}

static void
png_forms(void **state)
{
	static const struct {
		const char *name;
		struct png_head head;
	} cases[] = {
		{ "grey", { W, H, 8, PNG_COLOR_TYPE_GRAY, 0 } },
		{ "grey interlaced", { W, H, 8, PNG_COLOR_TYPE_GRAY, 1 } },
		{ "grey of 16 bits", { W, H, 16, PNG_COLOR_TYPE_GRAY, 0 } },
		{ "colour", { W, H, 8, PNG_COLOR_TYPE_RGB, 0 } },
		{ "colour of 16 bits interlaced",
		    { W, H, 16, PNG_COLOR_TYPE_RGB, 1 } },
		{ "palette", { W, H, 8, PNG_COLOR_TYPE_PALETTE, 0 } },
		{ "palette interlaced",
		    { W, H, 8, PNG_COLOR_TYPE_PALETTE, 1 } },
	};
	static uint8_t store[H][W * 6];
	uint8_t *rows[H];
	png_color palette[256];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		palette[i] = (png_color){ (uint8_t)i, (uint8_t)i, (uint8_t)i };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct png_head h = cases[i].head;
		struct bytes b = { 0 };
		bool indexed = h.colour == PNG_COLOR_TYPE_PALETTE;

		if (indexed)
			h.colour = PNG_COLOR_TYPE_GRAY; /* an octet a pixel */
		for (unsigned y = 0; y < H; y++) {
			rows[y] = store[y];
			for (unsigned x = 0; x < W; x++)
				png_sample(&h, store[y], x, level(x, y));
		}
		png_written(&b, &cases[i].head, rows, indexed ? palette : NULL,
		    256);
		assert_sample(cases[i].name, &b, 1);
	}
}

/* What is transparent is paper. */
static void
png_transparent(void **state)
{
	struct png_head h = { W, H, 8, PNG_COLOR_TYPE_GRAY_ALPHA, 0 };
	struct transfer_fault fault;
	struct bytes b = { 0 };
	struct picture p;
	size_t used;

	(void)state;
	png_zeros(&b, &h, (2 * W + 1) * H);
	assert_int_equal(picture_read(PICTURE_ANY, b.data, b.len, 0, 0, &p,
			     &used, &fault),
	    TRANSFER_OK);
	for (unsigned i = 0; i < W * H; i++)
		assert_int_equal(p.grey[i], 255);
	picture_free(&p);
	free(b.data);
}

/* Text that would unpack to 64 MiB is not unpacked. */
static void
png_text_bomb(void **state)
{
	struct png_head h = { W, H, 8, PNG_COLOR_TYPE_GRAY, 0 };
	struct picture p = sample();
	struct bytes b = { 0 }, text = { 0 };
	uint8_t *zeros = calloc(64, 1 << 20), *rows = calloc(H, W + 1);
	uLongf n = compressBound(64 << 20);
	uint8_t *packed = malloc(n + 4);

	(void)state;
	assert_true(zeros != NULL && rows != NULL && packed != NULL);
	memcpy(packed, "a\0\0", 3); /* keyword, deflate */
	assert_int_equal(compress2(packed + 3, &n, zeros, 64 << 20, 9), Z_OK);
	for (unsigned y = 0; y < H; y++)
		memcpy(rows + y * (W + 1) + 1, p.grey + y * W, W);
	png_begin(&b, &h);
	png_chunk(&b, "zTXt", packed, n + 3);
	png_packed(&b, "IDAT", rows, H * (W + 1));
	png_chunk(&b, "zTXt", packed, n + 3);
	png_chunk(&b, "IEND", "", 0);
	assert_sample("text bomb", &b, 0);
	free(text.data);
	free(zeros);
	free(rows);
	free(packed);
	picture_free(&p);
}

static void
jpeg_forms(void **state)
{
	static const struct {
		const char *name;
		struct photo_jpeg_form form;
	} cases[] = {
		{ "grey", { .quality = 95, .components = 1 } },
		{ "colour", { .quality = 95, .components = 3 } },
		{ "progressive",
		    { .quality = 95, .components = 3, .progressive = true } },
	};
	struct picture p = sample();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b;

		b.data = photo_jpeg_form(&p, &cases[i].form, &b.len);
		assert_sample(cases[i].name, &b, 6);
	}
	picture_free(&p);
}

static void
pnm_forms(void **state)
{
	static const struct {
		const char *name, *head;
		unsigned channels, maxval;
		int off;
	} cases[] = {
		{ "PGM", "P5\n40 24\n255\n", 1, 255, 0 },
		{ "PGM with remarks",
		    "P5 # made by hand\n40\t# wide\n\n24\r#\r255 ", 1, 255, 0 },
		{ "PGM of maxval 100", "P5 40 24 100\n", 1, 100, 3 },
		{ "PPM", "P6\n40 24 255\n", 3, 255, 0 },
	};
	struct picture p = sample();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = { 0 };

		bytes_add(&b, cases[i].head, strlen(cases[i].head));
		for (unsigned k = 0; k < W * H; k++) {
			uint8_t v =
			    (uint8_t)(p.grey[k] * cases[i].maxval / 255);
			for (unsigned c = 0; c < cases[i].channels; c++)
				bytes_add(&b, &v, 1);
		}
		assert_sample(cases[i].name, &b, cases[i].off);
	}
	picture_free(&p);
}

/* Frames stand one behind the other; each call takes one. */
static void
raw_forms(void **state)
{
	struct picture p = sample(), got;
	uint8_t two[2 * W * H * 2];
	struct transfer_fault fault;
	size_t used;

	(void)state;
	memcpy(two, p.grey, W * H);
	assert_int_equal(picture_read(PICTURE_GREY, two, sizeof(two), W, H,
			     &got, &used, &fault),
	    TRANSFER_OK);
	assert_int_equal(used, W * H);
	assert_memory_equal(got.grey, p.grey, W * H);
	picture_free(&got);
	for (unsigned i = 0; i < 2 * W * H; i++) {
		two[2 * i] = p.grey[i % (W * H)];
		two[2 * i + 1] = 128;
	}
	assert_int_equal(picture_read(PICTURE_YUYV, two, sizeof(two), W, H,
			     &got, &used, &fault),
	    TRANSFER_OK);
	assert_int_equal(used, 2 * W * H);
	assert_memory_equal(got.grey, p.grey, W * H);
	picture_free(&got);
	picture_free(&p);
}

/* A row of JPEGs, one of them broken, with a camera's padding between. */
static void
jpeg_row(void **state)
{
	static const uint8_t padding[] = { 0, 0, 0xff, 0, 0xff };
	struct picture p = sample(), got;
	struct bytes b = { 0 };
	struct transfer_fault fault;
	size_t len, used, at = 0, good = 0, bad = 0;
	uint8_t *one = photo_jpeg(&p, 90, &len);

	(void)state;
	bytes_add(&b, one, len);
	bytes_add(&b, padding, sizeof(padding));
	bytes_add(&b, one, len - 20); /* cut in its pixels */
	bytes_add(&b, one, len);
	while (at < b.len) {
		if (picture_read(PICTURE_JPEG, b.data + at, b.len - at, 0, 0,
			&got, &used, &fault) == TRANSFER_OK)
			good++;
		else
			bad++;
		picture_free(&got);
		if (used == 0)
			fail_msg("stands still at %zu", at);
		at += used;
	}
	assert_int_equal(good, 2);
	assert_int_equal(bad, 1);
	free(b.data);
	free(one);
	picture_free(&p);
}

static void
smoothed(void **state)
{
	static const uint8_t in[] = { 0, 0, 0, 0, 90, 0, 0, 0, 0, 0, 0, 255 };
	static const uint8_t want[] = { 10, 10, 10, 10, 10, 10, 10, 38, 66, 0,
		56, 113 };
	struct picture p;

	(void)state;
	photo_new(&p, 3, 4, 0);
	memcpy(p.grey, in, sizeof(in));
	assert_int_equal(picture_smooth(&p), TRANSFER_OK);
	for (size_t i = 0; i < sizeof(want); i++) {
		if (p.grey[i] != want[i])
			fail_msg("%zu: %d, not %d", i, p.grey[i], want[i]);
	}
	picture_free(&p);
	for (unsigned v = 0; v < 256; v++) { /* what is flat stays as it is */
		photo_new(&p, 1 + v % 3, 1 + v % 2, (uint8_t)v);
		assert_int_equal(picture_smooth(&p), TRANSFER_OK);
		assert_int_equal(p.grey[0], v);
		picture_free(&p);
	}
}

static void
halved(void **state)
{
	struct picture p = sample();

	(void)state;
	picture_halve(&p);
	assert_int_equal(p.width, W / 2);
	assert_int_equal(p.height, H / 2);
	for (unsigned y = 0; y < H / 2; y++) {
		for (unsigned x = 0; x < W / 2; x++)
			assert_int_equal(p.grey[y * W / 2 + x],
			    (level(2 * x, 2 * y) + level(2 * x + 1, 2 * y) +
				level(2 * x, 2 * y + 1) +
				level(2 * x + 1, 2 * y + 1)) /
				4);
	}
	picture_free(&p);
}

static void
previewed(void **state)
{
	struct picture p = sample();
	uint8_t small[4 * 3], large[2 * W * H];

	(void)state;
	picture_preview(&p, 4, 3, small);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(small[i], level(i % 4 * W / 4, i / 4 * H / 3));
	picture_preview(&p, 2 * W, H, large);
	assert_int_equal(large[2 * W * H - 1], level(W - 1, H - 1));
	picture_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(png_forms),
		cmocka_unit_test(png_transparent),
		cmocka_unit_test(png_text_bomb),
		cmocka_unit_test(jpeg_forms),
		cmocka_unit_test(pnm_forms),
		cmocka_unit_test(raw_forms),
		cmocka_unit_test(jpeg_row),
		cmocka_unit_test(smoothed),
		cmocka_unit_test(halved),
		cmocka_unit_test(previewed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
