/* SPDX-License-Identifier: ISC */
#include "transfer/qr.h"

#include <fcntl.h>
#include <linux/kd.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/transfer/mutate.h"
#include "transfer/qr_fb.h"
#include "transfer/qr_font.h"
#include "transfer/qr_picture.h"
#include "transfer/qr_sheet.h"
#include "transfer/qr_text.h"

static void
fill(char *text, size_t len)
{
	memset(text, 'Z', len);
	text[len] = '\0';
}

/* libqrencode agrees, for every version and level, on what just fits. */
static void
test_capacity(void **state)
{
	char text[QR_TEXT_MAX + 2];
	struct qr_symbol s;

	(void)state;
	for (unsigned v = 1; v <= QR_VERSION_MAX; v++) {
		for (int l = QR_LEVEL_L; l < QR_LEVELS; l++) {
			enum qr_level level = (enum qr_level)l;
			size_t most = qr_capacity(v, level);

			fill(text, most);
			assert_int_equal(qr_symbol_make(text, v, level, &s),
			    TRANSFER_OK);
			assert_int_equal(s.version, v);
			assert_int_equal(s.size, 17 + 4 * v);
			fill(text, most + 1);
			assert_int_equal(qr_symbol_make(text, v, level, &s),
			    TRANSFER_ERR_SIZE);
			assert_int_equal(qr_version_for(most, level), v);
		}
	}
	assert_int_equal(qr_capacity(25, QR_LEVEL_L), 1853);
	assert_int_equal(qr_capacity(40, QR_LEVEL_L), QR_TEXT_MAX);
	assert_int_equal(qr_version_for(QR_TEXT_MAX + 1, QR_LEVEL_L), 0);
	assert_int_equal(qr_capacity(0, QR_LEVEL_L), 0);
	assert_int_equal(qr_capacity(41, QR_LEVEL_L), 0);
}

static void
test_refusals(void **state)
{
	struct qr_symbol s;

	(void)state;
	assert_int_equal(qr_symbol_make("", 1, QR_LEVEL_L, &s),
	    TRANSFER_ERR_ARGUMENT);
	assert_int_equal(qr_symbol_make("lower", 1, QR_LEVEL_L, &s),
	    TRANSFER_ERR_ARGUMENT);
	assert_int_equal(qr_symbol_make("A\n", 1, QR_LEVEL_L, &s),
	    TRANSFER_ERR_ARGUMENT);
	assert_int_equal(qr_symbol_make("A", 0, QR_LEVEL_L, &s),
	    TRANSFER_ERR_ARGUMENT);
	assert_int_equal(qr_symbol_make("A", 41, QR_LEVEL_L, &s),
	    TRANSFER_ERR_ARGUMENT);
}

static void
test_quiet_zone(void **state)
{
	struct qr_symbol s;

	(void)state;
	assert_int_equal(qr_symbol_make("UR:A/B", 2, QR_LEVEL_M, &s),
	    TRANSFER_OK);
	for (size_t i = 0; i < qr_width(2) + 9; i++) {
		for (size_t k = 0; k < QR_QUIET; k++) {
			assert_false(qr_dark(&s, i, k));
			assert_false(qr_dark(&s, k, i));
			assert_false(qr_dark(&s, i, qr_width(2) - 1 - k));
			assert_false(qr_dark(&s, qr_width(2) - 1 - k, i));
		}
	}
	/* the finder's corner, and the light ring in it */
	assert_true(qr_dark(&s, QR_QUIET, QR_QUIET));
	assert_false(qr_dark(&s, QR_QUIET + 1, QR_QUIET + 1));
	assert_true(qr_dark(&s, QR_QUIET + 2, QR_QUIET + 2));
}

/* UR.md 9. */
static void
test_what_terminals_show(void **state)
{
	(void)state;
	assert_int_equal(qr_text_version(25, 80), 6);
	assert_int_equal(qr_text_version(37, 100), 12);
	assert_int_equal(qr_text_version(67, 240), 27);
	assert_int_equal(qr_text_version(24, 80), 5);
	assert_int_equal(qr_text_version(25, 48), 5);
	assert_int_equal(qr_text_version(14, 80), 0);
	assert_int_equal(qr_text_version(1000, 1000), 40);
	assert_int_equal(qr_text_version(0, 0), 0);
}

/* The modules of a line read back from its glyphs. */
static void
read_line(const struct qr_symbol *s, const struct qr_glyphs *g, size_t line)
{
	const char *glyphs[] = { g->light, g->upper, g->lower, g->full };
	char text[QR_TEXT_LINE_MAX], *at = text;

	qr_text_line(s, g, line, text);
	for (size_t x = 0; x < qr_text_columns(s->version); x++) {
		unsigned i = 0;

		while (i < 4 && strncmp(at, glyphs[i], strlen(glyphs[i])) != 0)
			i++;
		assert_true(i < 4);
		at += strlen(glyphs[i]);
		assert_int_equal(i & 1, qr_dark(s, x, 2 * line));
		assert_int_equal(i >> 1, qr_dark(s, x, 2 * line + 1));
	}
	assert_string_equal(at, "");
}

static void
test_text(void **state)
{
	struct qr_symbol s;

	(void)state;
	assert_int_equal(qr_symbol_make("UR:A/B", 40, QR_LEVEL_M, &s),
	    TRANSFER_OK);
	for (size_t line = 0; line < qr_text_lines(40); line++) {
		read_line(&s, &qr_glyphs_unicode, line);
		read_line(&s, &qr_glyphs_font, line);
	}
}

/* ---- the console, played by a test --------------------------------------- */

struct console {
	bool is_console, refuse_get, refuse_set;
	unsigned width, height, count, sets;
	unsigned char font[QR_FONT_GLYPHS_MAX * QR_FONT_ROWS];
};

static int
font_op(struct console *c, struct console_font_op *op)
{
	size_t len = (size_t)c->count * QR_FONT_ROWS;

	if (op->op == KD_FONT_OP_GET && !c->refuse_get) {
		assert_true(op->charcount >= c->count && op->height >= 32);
		op->width = c->width;
		op->height = c->height;
		op->charcount = c->count;
		memcpy(op->data, c->font, len);
		return 0;
	}
	if (op->op == KD_FONT_OP_SET && !c->refuse_set) {
		assert_int_equal(op->width, c->width);
		assert_int_equal(op->height, c->height);
		assert_int_equal(op->charcount, c->count);
		memcpy(c->font, op->data, len);
		c->sets++;
		return 0;
	}
	return -1;
}

static int
console_ioctl(void *context, unsigned long request, void *argument)
{
	struct console *c = context;

	if (!c->is_console)
		return -1;
	if (request == KDGKBTYPE) {
		*(char *)argument = KB_101;
		return 0;
	}
	assert_int_equal(request, KDFONTOP);
	return font_op(c, argument);
}

static void
test_font(void **state)
{
	static struct console c = { .is_console = true,
		.width = 8,
		.height = 16,
		.count = 256 };
	const struct qr_font_io io = { console_ioctl, &c };
	static unsigned char before[sizeof(c.font)];
	static struct qr_font saved;

	(void)state;
	for (size_t i = 0; i < sizeof(c.font); i++)
		c.font[i] = (unsigned char)(i * 7);
	memcpy(before, c.font, sizeof(before));
	assert_true(qr_font_console(&io));
	assert_int_equal(qr_font_load(&io, &saved), TRANSFER_OK);
	for (size_t y = 0; y < 16; y++) {
		assert_int_equal(c.font[0xdb * QR_FONT_ROWS + y], 0xff);
		assert_int_equal(c.font[0xdf * QR_FONT_ROWS + y],
		    y < 8 ? 0xff : 0);
		assert_int_equal(c.font[0xdc * QR_FONT_ROWS + y],
		    y < 8 ? 0 : 0xff);
	}
	/* letters stay readable */
	assert_memory_equal(c.font, before, 0xdb * QR_FONT_ROWS);
	assert_int_equal(qr_font_restore(&io, &saved), TRANSFER_OK);
	assert_memory_equal(c.font, before, sizeof(before));
	assert_int_equal(c.sets, 2);
}

static void
test_font_refused(void **state)
{
	static const struct console cases[] = {
		{ .is_console = false },
		{ .is_console = true, .refuse_get = true },
		{ .is_console = true,
		    .width = 8,
		    .height = 16,
		    .count = 256,
		    .refuse_set = true },
		{ .is_console = true, .width = 16, .height = 16, .count = 256 },
		{ .is_console = true, .width = 8, .height = 33, .count = 256 },
		{ .is_console = true, .width = 8, .height = 1, .count = 256 },
		{ .is_console = true, .width = 8, .height = 16, .count = 128 },
	};
	static struct qr_font saved;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static struct console c;
		const struct qr_font_io io = { console_ioctl, &c };

		c = cases[i];
		assert_int_equal(qr_font_console(&io), c.is_console);
		assert_int_equal(qr_font_load(&io, &saved), TRANSFER_ERR_IO);
		assert_int_equal(c.sets, 0);
	}
}

/* ---- a file in place of the framebuffer ------------------------------------ */

static int
screen_file(size_t len)
{
	int fd = memfd_create("screen", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	return fd;
}

static uint8_t
octet(int fd, const struct qr_fb_form *f, size_t x, size_t y)
{
	uint8_t v;

	assert_int_equal(pread(fd, &v, 1,
			     (off_t)(y * f->stride + x * f->bits / 8)),
	    1);
	return v;
}

static void
test_framebuffer(void **state)
{
	static const struct qr_fb_form forms[] = {
		{ 1920, 1080, 1920 * 4, 32 },
		{ 1024, 768, 1024 * 2 + 64, 16 },
		{ 600, 800, 600 * 3, 24 },
	};
	struct qr_symbol s;

	(void)state;
	assert_int_equal(qr_symbol_make("UR:A/B", 25, QR_LEVEL_L, &s),
	    TRANSFER_OK);
	for (size_t i = 0; i < COUNT(forms); i++) {
		const struct qr_fb_form *f = &forms[i];
		int fd = screen_file(f->stride * f->height);
		size_t side = f->width < f->height ? f->width : f->height;
		size_t scale = side / qr_width(25);
		size_t left = (f->width - scale * qr_width(25)) / 2;
		size_t top = (f->height - scale * qr_width(25)) / 2;
		struct qr_fb fb;

		assert_int_equal(qr_fb_open(fd, f, &fb), TRANSFER_OK);
		assert_int_equal(qr_fb_draw(&fb, &s), TRANSFER_OK);
		for (size_t y = 0; y < qr_width(25); y++) {
			for (size_t x = 0; x < qr_width(25); x++)
				assert_int_equal(octet(fd, f, left + x * scale,
						     top + y * scale + scale -
							 1),
				    qr_dark(&s, x, y) ? 0 : 255);
		}
		assert_int_equal(octet(fd, f, 0, 0), 255);
		qr_fb_close(&fb);
		/* as it was */
		assert_int_equal(octet(fd, f, 0, 0), 0);
		close(fd);
	}
	/* UR.md 9: 1080p gives v25 at 8 and v40 at 5 pixels a module */
	assert_int_equal(1080 / qr_width(25), 8);
	assert_int_equal(qr_fb_version(&forms[0]), 40);
}

static void
test_framebuffer_refused(void **state)
{
	static const struct qr_fb_form bad[] = {
		{ 100, 100, 400, 8 },
		{ 100, 100, 399, 32 },
		{ 0, 100, 400, 32 },
		{ 100, 0, 400, 32 },
		{ 16385, 100, 65540, 32 },
		{ 100, 16385, 400, 32 },
	};
	const struct qr_fb_form small = { 100, 60, 400, 32 };
	struct qr_symbol s;
	struct qr_fb_form form;
	struct qr_fb fb;
	int fd = screen_file(400 * 100);

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(qr_fb_open(fd, &bad[i], &fb),
		    TRANSFER_ERR_ARGUMENT);
		qr_fb_close(&fb);
	}
	assert_int_equal(qr_fb_form(fd, &form), TRANSFER_ERR_IO);
	assert_int_equal(qr_fb_version(&small), 1);
	assert_int_equal(qr_fb_open(fd, &small, &fb), TRANSFER_OK);
	assert_int_equal(qr_symbol_make("A", 2, QR_LEVEL_L, &s), TRANSFER_OK);
	assert_int_equal(qr_fb_draw(&fb, &s), TRANSFER_ERR_SIZE);
	assert_int_equal(octet(fd, &small, 0, 0), 0);
	qr_fb_close(&fb);
	close(fd);
	assert_int_equal(qr_fb_open(-1, &small, &fb), TRANSFER_ERR_IO);
	qr_fb_close(&fb);
}

/* ---- pictures and sheets ---------------------------------------------------- */

static void
test_pictures(void **state)
{
	struct qr_picture p;
	uint8_t *png;
	size_t len;

	(void)state;
	assert_int_equal(qr_picture_new(0, 1, &p), TRANSFER_ERR_ARGUMENT);
	assert_int_equal(qr_picture_new(1, 0, &p), TRANSFER_ERR_ARGUMENT);
	assert_int_equal(qr_picture_new(1, QR_PICTURE_SIDE_MAX + 1, &p),
	    TRANSFER_ERR_SIZE);
	assert_int_equal(qr_picture_new(QR_PICTURE_SIDE_MAX + 1, 1, &p),
	    TRANSFER_ERR_SIZE);
	assert_int_equal(qr_picture_new(12, 14, &p), TRANSFER_OK);
	/* an I of two-pixel dots: cross-bars, a post between, no more */
	qr_picture_text(&p, "i?", 0, 0, 2);
	assert_int_equal(p.pixels[0], 255);
	assert_int_equal(p.pixels[2], 0);
	assert_int_equal(p.pixels[12 * 5 + 2], 255);
	assert_int_equal(p.pixels[12 * 5 + 5], 0);
	assert_int_equal(qr_picture_png(&p, &png, &len), TRANSFER_OK);
	assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
	free(png);
	qr_picture_free(&p);
}

static void
test_names(void **state)
{
	static const struct {
		const char *path, *name;
	} cases[] = {
		{ "a.csr", "a.csr" },
		{ "/tmp/x/unit 1.request", "unit 1.request" },
		{ "x/<b>&\"'", "?b????" },
		{ "\033[2J\n", "??2J?" },
		{ "f\xc3\xbc", "f??" },
		{ "123456789-123456789-123456789-123456789-123456789-123456789-",
		    "123456789-123456789-123456789-123456789-123456789-"
		    "123456789-" },
		{ "123456789-123456789-123456789-123456789-123456789-123456789-"
		  "1",
		    "123456789-123456789-123456789-123456789-123456789-"
		    "1234567..." },
	};
	char name[QR_SHEET_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		qr_sheet_name(cases[i].path, name);
		assert_string_equal(name, cases[i].name);
	}
}

#define WORDS_8                                                                \
	"aardvark adroitness absurd adviser accrue aftermath acme aggregate"

static void
test_sheets(void **state)
{
	static struct qr_symbol codes[QR_SHEET_CODES + 1];
	struct qr_sheet s = {
		.name = "a.csr",
		.file_len = 1234,
		.words = WORDS_8 " " WORDS_8 " " WORDS_8 " " WORDS_8,
		.page = 2,
		.pages = 3,
		.first = 7,
		.total = 15,
		.needed = 13,
		.codes = codes,
		.count = 6,
	};
	uint8_t *out;
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++)
		assert_int_equal(qr_symbol_make("UR:A/B", 3, QR_LEVEL_L,
				     &codes[i]),
		    TRANSFER_OK);
	assert_int_equal(qr_sheet_svg(&s, &out, &len), TRANSFER_OK);
	assert_non_null(
	    strstr((char *)out, ">a.csr, 1234 octets - page 2 of 3<"));
	assert_non_null(strstr((char *)out, "15 codes, of which at least 13"));
	assert_non_null(strstr((char *)out, ">" WORDS_8 "<"));
	assert_non_null(strstr((char *)out, ">7 of 15<"));
	assert_non_null(strstr((char *)out, ">12 of 15<"));
	assert_null(strstr((char *)out, ">13 of 15<"));
	free(out);
	assert_int_equal(qr_sheet_png(&s, &out, &len), TRANSFER_OK);
	free(out);
	s.count = QR_SHEET_CODES + 1;
	assert_int_equal(qr_sheet_svg(&s, &out, &len), TRANSFER_ERR_ARGUMENT);
	assert_int_equal(qr_sheet_png(&s, &out, &len), TRANSFER_ERR_ARGUMENT);
	s.count = 0;
	assert_int_equal(qr_sheet_svg(&s, &out, &len), TRANSFER_ERR_ARGUMENT);
	s.count = 1;
	s.words = WORDS_8 " " WORDS_8 " " WORDS_8;
	assert_int_equal(qr_sheet_svg(&s, &out, &len), TRANSFER_ERR_ARGUMENT);
	s.words = WORDS_8 " " WORDS_8 " " WORDS_8 " " WORDS_8 " more";
	assert_int_equal(qr_sheet_png(&s, &out, &len), TRANSFER_ERR_ARGUMENT);
	s.words = "";
	assert_int_equal(qr_sheet_png(&s, &out, &len), TRANSFER_ERR_ARGUMENT);
	assert_null(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capacity),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_quiet_zone),
		cmocka_unit_test(test_what_terminals_show),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_font),
		cmocka_unit_test(test_font_refused),
		cmocka_unit_test(test_framebuffer),
		cmocka_unit_test(test_framebuffer_refused),
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sheets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
