/* SPDX-License-Identifier: ISC */
/* The eyes and hands of the boot test, on pictures that are drawn here. */
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
/* cmocka wants what is above */
#include <cmocka.h>

#include "tests/ceremony/image/vm_live.h"

#define WIDTH 1024
#define HEIGHT 768
#define BLACK 0x000000
#define GREY 0xAAAAAA
#define BLUE 0x0000AA
#define RED 0xAA0000

static struct vm_font font;

/* A glyph of its own for each character, as a real font has it: its two highest
 * rows empty, and what stands in the two lowest no help in telling them apart. */
static void
make_font(void)
{
	for (int ch = ' ' + 1; ch < 0x7F; ch++) {
		font.glyph[ch][4] = (uint8_t)ch;
		font.glyph[ch][9] = (uint8_t)(ch * 5);
		font.glyph[ch][14] = ch == 'g' ? 0x78 : 0;
	}
}

static void
dot(struct vm_picture *p, size_t x, size_t y, unsigned rgb)
{
	uint8_t *q = p->rgb + (y * p->width + x) * 3;

	q[0] = (uint8_t)(rgb >> 16);
	q[1] = (uint8_t)(rgb >> 8);
	q[2] = (uint8_t)rgb;
}

static void
draw_bits(struct vm_picture *p, size_t column, size_t row, const uint8_t *bits,
    unsigned ink, unsigned paper)
{
	for (size_t y = 0; y < VM_GLYPH_HEIGHT; y++)
		for (size_t x = 0; x < VM_GLYPH_WIDTH; x++)
			dot(p, column * VM_GLYPH_WIDTH + x,
			    row * VM_GLYPH_HEIGHT + y,
			    bits[y] & (0x80 >> x) ? ink : paper);
}

static void
draw(struct vm_picture *p, size_t column, size_t row, const char *text,
    unsigned ink, unsigned paper)
{
	for (; *text != '\0'; text++)
		draw_bits(p, column++, row, font.glyph[(int)*text], ink, paper);
}

static struct vm_picture
blank(size_t width, size_t height)
{
	struct vm_picture p = { width, height, calloc(width * height, 3) };

	assert_non_null(p.rgb);
	return p;
}

static void
shows(struct vm_picture *p, const char *want)
{
	char *text = vm_screen_text(p, &font);

	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
	vm_picture_free(p);
}

static void
test_sizes(void **state)
{
	/* BIOS, UEFI, and one that cells do not fill */
	static const size_t sizes[][2] = { { 1024, 768 }, { 1280, 800 },
		{ 1366, 770 }, { 640, 48 } };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct vm_picture p = blank(sizes[i][0], sizes[i][1]);

		draw(&p, 0, 0, "first", GREY, BLACK);
		draw(&p, 3, 2, "ig { 5}~", GREY, BLACK);
		draw(&p, sizes[i][0] / 8 - 1, 2, "!", GREY, BLACK);
		char *text = vm_screen_text(&p, &font);
		assert_int_equal(strncmp(text, "first\n\n   ig { 5}~  ", 20),
		    0);
		assert_string_equal(text + strlen(text) - 3, " !\n");
		assert_int_equal(strlen(text), 7 + sizes[i][0] / 8 + 1);
		free(text);
		vm_picture_free(&p);
	}
}

static void
test_every_character(void **state)
{
	struct vm_picture p = blank(WIDTH, HEIGHT);
	char all[97] = "";

	(void)state;
	for (int ch = ' ' + 1; ch < 0x7F; ch++)
		all[ch - ' ' - 1] = (char)ch;
	draw(&p, 0, 0, all, GREY, BLACK);
	strcat(all, "\n");
	shows(&p, all);
}

static void
test_colours(void **state)
{
	struct vm_picture p = blank(WIDTH, HEIGHT);

	(void)state;
	draw(&p, 0, 0, "plain", GREY, BLACK);
	draw(&p, 6, 0, "red", RED, BLACK);
	draw(&p, 10, 0, " bar ", BLACK, GREY);
	draw(&p, 16, 0, "blue", GREY, BLUE);
	shows(&p, "plain red  bar  blue\n");
}

static void
test_nothing(void **state)
{
	struct vm_picture p = blank(WIDTH, HEIGHT);

	(void)state;
	shows(&p, "\n");
}

static void
test_cursor(void **state)
{
	struct vm_picture p = blank(WIDTH, HEIGHT);
	uint8_t g[VM_GLYPH_HEIGHT], under[VM_GLYPH_HEIGHT] = { 0 };

	(void)state;
	memcpy(g, font.glyph['g'], sizeof(g));
	g[14] = g[15] = under[14] = under[15] = 0xFF;
	draw_bits(&p, 0, 0, g, GREY, BLACK);
	draw_bits(&p, 1, 0, under, GREY, BLACK);
	draw(&p, 2, 0, "h", GREY, BLACK);
	shows(&p, "g h\n");
}

static void
test_unknown(void **state)
{
	struct vm_picture p = blank(WIDTH, HEIGHT);
	uint8_t a[VM_GLYPH_HEIGHT], odd[VM_GLYPH_HEIGHT] = { 0, 1, 2, 3 };

	(void)state;
	memcpy(a, font.glyph['a'], sizeof(a));
	a[7] ^= 0x10;
	draw_bits(&p, 0, 0, a, GREY, BLACK); /* one pixel is wrong */
	draw_bits(&p, 1, 0, odd, GREY, BLACK);
	draw(&p, 2, 0, "bc", GREY, BLACK);
	dot(&p, 3 * 8 + 1, 12, RED); /* a third colour */
	shows(&p, "??b?\n");
}

static void
test_blocks(void **state)
{
	struct vm_picture p = blank(WIDTH, HEIGHT);
	uint8_t up[VM_GLYPH_HEIGHT], down[VM_GLYPH_HEIGHT];

	(void)state;
	for (size_t y = 0; y < VM_GLYPH_HEIGHT; y++) {
		up[y] = y < 7 ? 0xFF : 0;
		down[y] = (uint8_t)~up[y];
	}
	draw_bits(&p, 0, 0, up, GREY, BLACK);
	draw_bits(&p, 1, 0, down, GREY, BLACK);
	draw_bits(&p, 2, 0, up, BLACK, GREY);
	draw_bits(&p, 3, 0, down, BLACK, GREY);
	up[7] = 0xFF;
	down[7] = 0;
	draw_bits(&p, 4, 0, up, GREY, BLACK);
	draw_bits(&p, 5, 0, down, GREY, BLACK);
	shows(&p,
	    "\xE2\x96\x80\xE2\x96\x84\xE2\x96\x84\xE2\x96\x80\xE2\x96\x80"
	    "\xE2\x96\x84\n");
}

static void
test_matches(void **state)
{
	static const char screen[] =
	    "Which one?\n  1  sda\n  2  sdb\n\n12 > \n";

	(void)state;
	assert_true(vm_screen_matches(screen, "^ +2 +sdb$"));
	assert_true(vm_screen_matches(screen, "one\\? 1 sda 2 sdb 12"));
	assert_true(vm_screen_matches(screen, "sd(a|b)"));
	assert_false(vm_screen_matches(screen, "^sdb"));
	assert_false(vm_screen_matches(screen, "one.\n.*sdc"));
	assert_false(vm_screen_matches("", "x"));
}

static void
test_asks(void **state)
{
	(void)state;
	assert_true(vm_screen_asks("PIN a: \nPIN b: \n\n\n", "^PIN b: *$"));
	assert_true(vm_screen_asks("PIN b:", "^PIN b: *$"));
	assert_false(vm_screen_asks("PIN a: \nPIN b: \n", "^PIN a: *$"));
	assert_false(vm_screen_asks("PIN a: \n\n", "^PIN b"));
	assert_false(vm_screen_asks("\n", "PIN"));
}

static void
test_lines(void **state)
{
	static const struct {
		const char *text, *lines;
	} cases[] = { { "ab\ncd\n", "ab\ncd\n" }, { "abcd\nef\n", "abcdef\n" },
		{ "abcd\n\nef\n", "abcd\nef\n" },
		{ "abcd\nefgh\ni\n", "abcdefghi\n" },
		{ "\xE2\x96\x80z\nab\n", "\xE2\x96\x80z\nab\n" },
		{ "\xE2\x96\x80zab\nab\n", "\xE2\x96\x80zabab\n" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *lines = vm_screen_lines(cases[i].text, 4);

		assert_non_null(lines);
		assert_string_equal(lines, cases[i].lines);
		free(lines);
	}
}

static void
test_ends(void **state)
{
	(void)state;
	assert_true(vm_screen_ends("> ab\nc d\n", "abc d"));
	assert_true(vm_screen_ends("> \n", " > "));
	assert_true(vm_screen_ends("> \n", ""));
	assert_false(vm_screen_ends("> ab\nc d x\n", "abc d"));
	assert_false(vm_screen_ends("bc\n", "abc"));
	assert_false(vm_screen_ends("", "a"));
}

/* ---- files --------------------------------------------------------------- */
/* A font's file: its head, then half of it or less. */
static bool
font_of(const char *mode, const uint8_t head[4], size_t len)
{
	char path[] = "/tmp/test_vm.XXXXXX";
	struct vm_font got = { 0 };
	int fd = mkstemp(path);
	gzFile f = gzdopen(fd, mode);
	bool good;

	assert_int_equal(gzwrite(f, head, 4), 4);
	assert_int_equal(gzwrite(f, font.glyph, (unsigned)len), (int)len);
	gzclose(f);
	good = vm_font_read(path, &got);
	if (good)
		assert_memory_equal(&got, &font, sizeof(font));
	unlink(path);
	return good;
}

static void
test_font(void **state)
{
	static const uint8_t psf1[4] = { 0x36, 0x04, 3, 16 },
			     low[4] = { 0x36, 0x04, 3, 14 },
			     psf2[4] = { 0x72, 0xB5, 0x4A, 0x86 };

	(void)state;
	assert_true(font_of("wb", psf1, sizeof(font.glyph)));
	assert_true(font_of("wbT", psf1, sizeof(font.glyph)));
	assert_false(font_of("wb", psf1, sizeof(font.glyph) - 1));
	assert_false(font_of("wb", low, sizeof(font.glyph)));
	assert_false(font_of("wb", psf2, sizeof(font.glyph)));
	assert_false(vm_font_read("/nonexistent/font", &font));
}

static bool
picture_of(const char *octets, size_t len, struct vm_picture *p)
{
	FILE *f = fmemopen((void *)(uintptr_t)octets, len, "r");
	bool good = vm_picture_read(f, p);

	fclose(f);
	return good;
}

static void
test_picture(void **state)
{
	static const char good[] = "P6\n2 1\n255\nabcdef";
	static const char *const bad[] = { "P5\n2 1\n255\nabcdef",
		"P6\n2 1\n127\nabcdef", "P6\n2 1\n255\nabcde", "P6\n2 1\n255",
		"P6\n0 1\n255\nabcdef", "P6\n2 0\n255\nabcdef",
		"P6\n2 8193\n255\nabcdef", "P6\n8193 1\n255\nabcdef", "P6" };
	char path[] = "/tmp/test_vm.XXXXXX";
	struct vm_picture p;
	png_image image = { .version = PNG_IMAGE_VERSION };
	uint8_t back[6];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(picture_of(bad[i], strlen(bad[i]), &p));
		assert_null(p.rgb);
	}
	assert_true(picture_of(good, strlen(good), &p));
	assert_int_equal(p.width, 2);
	assert_int_equal(p.height, 1);
	close(mkstemp(path));
	assert_true(vm_picture_write_png(&p, path));
	assert_int_not_equal(png_image_begin_read_from_file(&image, path), 0);
	image.format = PNG_FORMAT_RGB;
	assert_int_equal(PNG_IMAGE_SIZE(image), sizeof(back));
	assert_int_not_equal(png_image_finish_read(&image, NULL, back, 0, NULL),
	    0);
	assert_memory_equal(back, "abcdef", sizeof(back));
	assert_false(vm_picture_write_png(&p, "/nonexistent/p.png"));
	unlink(path);
	vm_picture_free(&p);
}

/* ---- keys ------------------------------------------------------------------ */
/* Keys as they would be named. */
static void
joined(const struct vm_chord *chord, char *out)
{
	out[0] = '\0';
	for (size_t i = 0; i < chord->count; i++) {
		strcat(out, i == 0 ? "" : "-");
		strcat(out, chord->key[i]);
	}
}

static void
test_keys(void **state)
{
	static const struct {
		char ch;
		const char *keys;
	} cases[] = { { 'a', "a" }, { 'Z', "shift-z" }, { '7', "7" },
		{ '&', "shift-7" }, { '_', "shift-minus" }, { ' ', "spc" },
		{ '\n', "ret" }, { '~', "shift-grave_accent" },
		{ '/', "slash" }, { ':', "shift-semicolon" } };
	struct vm_chord chord;
	char got[VM_CHORD_MAX * (VM_KEY_MAX + 1) + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(vm_keys_of(cases[i].ch, &chord));
		joined(&chord, got);
		assert_string_equal(got, cases[i].keys);
	}
	for (int ch = ' '; ch < 0x7F; ch++)
		assert_true(vm_keys_of((char)ch, &chord));
	assert_false(vm_keys_of('\0', &chord));
	assert_false(vm_keys_of('\x01', &chord));
	assert_false(vm_keys_of('\xE4', &chord));
}

static void
test_named(void **state)
{
	static const struct {
		const char *name, *keys; /* NULL: refused */
	} cases[] = { { "enter", "ret" }, { "ctrl-c", "ctrl-c" },
		{ "ctrl-alt-delete", "ctrl-alt-delete" }, { "", NULL },
		{ "ctrl-", NULL }, { "-c", NULL }, { "a-b-c-d-e", NULL },
		{ "averylongkeyname", NULL } };
	struct vm_chord chord;
	char got[VM_CHORD_MAX * (VM_KEY_MAX + 1) + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(vm_keys_named(cases[i].name, &chord),
		    cases[i].keys != NULL);
		joined(&chord, got);
		if (cases[i].keys != NULL)
			assert_string_equal(got, cases[i].keys);
	}
}

/* ---- a terminal in place of the guest's ------------------------------------- */
static void
test_live_keys(void **state)
{
	static const struct {
		const char *in, *keys; /* "": none */
		size_t used;
	} cases[] = { { "a", "a", 1 }, { "Ab", "shift-a", 1 },
		{ "\r", "ret", 1 }, { "\x03", "ctrl-c", 1 },
		{ "\x7F", "backspace", 1 }, { "\t", "tab", 1 },
		{ "\033[Ax", "up", 3 }, { "\033", "esc", 1 },
		{ "\033[", "esc", 1 },
		{ "\x1D"
		  "2",
		    "alt-f2", 2 },
		{ "\x1Dx", "", 1 }, { "\xC3\xA4", "", 1 } };
	struct vm_chord chord;
	char got[VM_CHORD_MAX * (VM_KEY_MAX + 1) + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(vm_live_keys(cases[i].in, strlen(cases[i].in),
				     &chord),
		    cases[i].used);
		joined(&chord, got);
		assert_string_equal(got, cases[i].keys);
	}
}

static void
test_live_frame(void **state)
{
	static const struct {
		const char *text;
		size_t rows, columns;
		const char *frame;
	} cases[] = {
		{ "one\ntwo\n", 24, 80, "one\r\ntwo" },
		{ "one\ntwo\n> \n", 2, 80, "two\r\n> " },
		{ "one\ntwo\n", 1, 80, "two" },
		{ "one\ntwo\n", 24, 2, "on\r\ntw" },
		{ "\xE2\x96\x80\xE2\x96\x84x\n", 24, 2,
		    "\xE2\x96\x80\xE2\x96\x84" },
		{ "\n", 24, 80, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *frame = vm_live_frame(cases[i].text, cases[i].rows,
		    cases[i].columns);

		assert_non_null(frame);
		assert_memory_equal(frame, "\033[H\033[J", 6);
		assert_string_equal(frame + 6, cases[i].frame);
		free(frame);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_asks),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_font),
		cmocka_unit_test(test_picture),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_live_keys),
		cmocka_unit_test(test_live_frame),
	};

	make_font();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
