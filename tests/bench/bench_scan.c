/* SPDX-License-Identifier: ISC */
/*
 * What a picture of a code costs: milliseconds to decode it, to smooth it and
 * to find the code, in one process; and how many of them are read, smoothed
 * and as they are.  Prints tables, asserts nothing.
 */
#include <time.h>

#include "tests/transfer/photo.h"
#include "transfer/qr_find.h"

#define SHOTS 12 /* photographs of each kind */

static const struct {
	int version;
	size_t chars; /* it holds, in alphanumeric mode at level L */
} codes[] = {
	{ 10, 395 },
	{ 20, 1249 },
	{ 25, 1853 },
	{ 30, 2520 },
};
#define CODES (sizeof(codes) / sizeof(codes[0]))

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint8_t *
as_jpeg(const struct picture *p, size_t *len)
{
	return photo_jpeg(p, 75, len);
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

/* How a photograph comes in. */
static const struct {
	const char *name;
	enum picture_form form;
	uint8_t *(*write)(const struct picture *p, size_t *len);
} forms[] = {
	{ "YUYV", PICTURE_YUYV, as_yuyv },
	{ "JPEG", PICTURE_JPEG, as_jpeg },
	{ "PNG", PICTURE_ANY, photo_png },
	{ "PGM", PICTURE_ANY, photo_pgm },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static char text[4300];

static void
count(void *arg, const char *found, size_t len)
{
	*(unsigned *)arg +=
	    len == strlen(text) && memcmp(found, text, len) == 0;
}

static void
shoot(size_t code, const struct lens *lens, unsigned seed, struct picture *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	uint64_t random = seed + 1;
	struct picture drawn;

	for (size_t i = 0; i < codes[code].chars; i++)
		text[i] = letters[photo_random(&random) % 36];
	text[codes[code].chars] = '\0';
	photo_code(&drawn, text, codes[code].version, 6);
	photo_shoot(&drawn, lens, seed, out);
	picture_free(&drawn);
}

static double
decode_ms(size_t form, const struct picture *p)
{
	struct transfer_fault fault;
	struct picture out;
	size_t len, used;
	uint8_t *data = forms[form].write(p, &len);
	double begin = now_ms(), spent;

	(void)picture_read(forms[form].form, data, len, p->width, p->height,
	    &out, &used, &fault);
	spent = now_ms() - begin;
	picture_free(&out);
	free(data);
	return spent;
}

static void
code_row(struct qr_finder *finder, size_t code, const struct lens *lens)
{
	double decode[FORMS] = { 0 }, plain = 0, filter = 0, zbar = 0, begin;
	unsigned read_plain = 0, read = 0;

	for (unsigned i = 0; i < SHOTS; i++) {
		struct picture p;

		shoot(code, lens, i, &p);
		for (size_t f = 0; f < FORMS; f++)
			decode[f] += decode_ms(f, &p) / SHOTS;
		begin = now_ms();
		qr_find(finder, &p, count, &read_plain);
		plain += (now_ms() - begin) / SHOTS;
		begin = now_ms();
		(void)picture_smooth(&p);
		filter += (now_ms() - begin) / SHOTS;
		begin = now_ms();
		qr_find(finder, &p, count, &read);
		zbar += (now_ms() - begin) / SHOTS;
		picture_free(&p);
	}
	printf("v%d-L %-9s", codes[code].version, lens->name);
	for (size_t f = 0; f < FORMS; f++)
		printf(" %6.2f", decode[f]);
	printf(" %7.2f %7.2f %5u/%d %9.2f %7u/%d\n", filter, zbar, read, SHOTS,
	    plain, read_plain, SHOTS);
}

int
main(void)
{
	struct qr_finder *finder = qr_finder_new();

	if (finder == NULL)
		return 1;
	printf("pictures of 1280 x 720, ms of processor time each\n");
	printf("code  lens     ");
	for (size_t f = 0; f < FORMS; f++)
		printf(" %6s", forms[f].name);
	printf("  filter    zbar    read  unfilt.      read\n");
	for (size_t c = 0; c < CODES; c++) {
		for (size_t l = 0; l < PHOTO_LENSES; l++)
			code_row(finder, c, &photo_lenses[l]);
	}
	qr_finder_free(finder);
	return 0;
}
