/* SPDX-License-Identifier: ISC */
/* Memory that cannot be had, at every place in turn, on the way of a file into
 * codes and out of them. */
#include <stdio.h>

#include "tests/transfer/ur_message.h"
#include "transfer/qr.h"
#include "transfer/qr_file.h"
#include "transfer/qr_picture.h"
#include "transfer/qr_sheet.h"
#include "transfer/ur.h"

/* How many more allocations are granted; negative: all. */
static int left = -1;
/* Blocks that were given out and not taken back. */
static int blocks;

#ifndef __SANITIZE_ADDRESS__
/* The C library's own, behind what stands in their place here. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *at, size_t size);
extern void __libc_free(void *at);

static bool
granted(void)
{
	if (left == 0)
		return false;
	if (left > 0)
		left--;
	return true;
}

void *
malloc(size_t size)
{
	if (!granted())
		return NULL;
	blocks++;
	return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	if (!granted())
		return NULL;
	blocks++;
	return __libc_calloc(count, size);
}

void *
realloc(void *at, size_t size)
{
	if (!granted())
		return NULL;
	blocks += at == NULL;
	return __libc_realloc(at, size);
}

void
free(void *at)
{
	blocks -= at != NULL;
	__libc_free(at);
}
#endif

enum end {
	END_DONE,
	END_MEMORY,
	END_WRONG,
};

static enum end
end_of(enum transfer_error err)
{
	if (err == TRANSFER_OK)
		return END_DONE;
	return err == TRANSFER_ERR_MEMORY ? END_MEMORY : END_WRONG;
}

static uint8_t file[2000];

static enum end
pack_and_unpack(void)
{
	uint8_t *message = NULL, *back = NULL;
	size_t len;
	enum transfer_error err =
	    qr_file_pack(file, sizeof(file), &message, &len);

	if (err == TRANSFER_OK)
		err = qr_file_unpack(message, len, &back, &len, NULL);
	else if (message != NULL)
		err = TRANSFER_ERR_IO;
	free(message);
	free(back);
	return end_of(err);
}

/* From part 5 on, so that mixed parts are made and taken. */
static enum end
send(const struct ur_encoder *e, struct ur_decoder *d)
{
	char text[1024];

	for (uint32_t seq = 5; seq < 100; seq++) {
		enum transfer_error err =
		    ur_encoder_part(e, seq, text, sizeof(text));
		const char *why = NULL;
		enum ur_taken taken;

		if (err != TRANSFER_OK)
			return text[0] == '\0' ? end_of(err) : END_WRONG;
		taken = ur_decoder_take(d, text, strlen(text), &why);
		if (taken == UR_COMPLETE)
			return END_DONE;
		if (taken == UR_REFUSED)
			return strncmp(why, "out of memory", 13) == 0
			    ? END_MEMORY
			    : END_WRONG;
	}
	return END_WRONG;
}

static enum end
encode_and_decode(void)
{
	struct ur_encoder *e = NULL;
	struct ur_decoder *d = NULL;
	enum transfer_error err =
	    ur_encoder_new(UR_TYPE, file, sizeof(file), 200, &e);
	enum end end;

	if (err == TRANSFER_OK)
		err = ur_decoder_new(UR_TYPE, &d);
	end = err == TRANSFER_OK ? send(e, d) : end_of(err);
	ur_decoder_free(d);
	ur_encoder_free(e);
	return end;
}

static enum end
draw(void)
{
	static struct qr_symbol s;
	struct qr_picture p = { 0 };
	uint8_t *png = NULL;
	size_t len;
	enum transfer_error err = qr_symbol_make("UR:A/B", 3, QR_LEVEL_M, &s);

	if (err == TRANSFER_OK)
		err = qr_picture_new(200, 200, &p);
	if (err == TRANSFER_OK) {
		qr_picture_symbol(&p, &s, 0, 0, 4);
		err = qr_picture_png(&p, &png, &len);
	}
	free(png);
	qr_picture_free(&p);
	return end_of(err);
}

#define WORDS_8 "w1 w2 w3 w4 w5 w6 w7 w8"

static enum end
print(void)
{
	static struct qr_symbol code;
	const struct qr_sheet s = { .name = "name",
		.words = WORDS_8 " " WORDS_8 " " WORDS_8 " " WORDS_8,
		.codes = &code,
		.count = 1 };
	uint8_t *out = NULL;
	size_t len;
	enum transfer_error err;

	err = qr_symbol_make("UR:A/B", 3, QR_LEVEL_M, &code);
	if (err == TRANSFER_OK)
		err = qr_sheet_svg(&s, &out, &len);
	free(out);
	out = NULL;
	if (err == TRANSFER_OK)
		err = qr_sheet_png(&s, &out, &len);
	free(out);
	return end_of(err);
}

static void
test_no_memory(void **state)
{
	enum end (*const ways[])(
	    void) = { pack_and_unpack, encode_and_decode, draw, print };

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	for (size_t i = 0; i < COUNT(ways); i++) {
		enum end end = END_MEMORY;
		int grants = 0;

		/* once as a whole, for what libraries keep */
		assert_int_equal(ways[i](), END_DONE);
		for (; end != END_DONE; grants++) {
			int before = blocks;

			left = grants;
			end = ways[i]();
			left = -1;
			if (end == END_WRONG || blocks != before)
				fail_msg(
				    "way %zu, %d allocations: ended in %d, "
				    "%d blocks left",
				    i, grants, (int)end, blocks - before);
		}
		assert_true(grants > 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_memory),
	};

	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = (uint8_t)(i * i / 7);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
