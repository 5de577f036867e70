/* SPDX-License-Identifier: ISC */
/* Every row of SHARED/qr/ur-vectors.txt, which was taken from bc-ur's
 * test/test.cpp and BCR-2024-001: a name, a count, that many values. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <zlib.h>

#include "tests/transfer/ur_message.h"
#include "transfer/bytewords.h"
#include "transfer/fountain.h"
#include "transfer/sampler.h"
#include "transfer/ur.h"

#define WORDS_MAX 1200
#define FIRST_CHOICE "choose"
#define FIRST_SHUFFLE "shuffle"
#define ROWS 74

struct row {
	char *name;
	char *value[WORDS_MAX];
	size_t count;
};

static void
same_number(const struct row *r, size_t i, uint64_t is)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)is);
	if (strcmp(text, r->value[i]) != 0)
		fail_msg("%s %zu: is %s, should be %s", r->name, i, text,
		    r->value[i]);
}

static void
rng1(const struct row *r)
{
	struct xoshiro x;

	xoshiro_seed(&x, "Wolf", 4);
	for (size_t i = 0; i < r->count; i++)
		same_number(r, i, xoshiro_next(&x) % 100);
}

static void
rng2(const struct row *r)
{
	uint32_t crc = (uint32_t)crc32_z(0, (const uint8_t *)"Wolf", 4);
	const uint8_t seed[] = { (uint8_t)(crc >> 24), (uint8_t)(crc >> 16),
		(uint8_t)(crc >> 8), (uint8_t)crc };
	struct xoshiro x;

	assert_int_equal(crc, 0x598c84dc);
	xoshiro_seed(&x, seed, sizeof(seed));
	for (size_t i = 0; i < r->count; i++)
		same_number(r, i, xoshiro_next(&x) % 100);
}

static void
rng3(const struct row *r)
{
	struct xoshiro x;

	xoshiro_seed(&x, "Wolf", 4);
	for (size_t i = 0; i < r->count; i++)
		same_number(r, i, xoshiro_between(&x, 1, 10));
}

static void
sampler(const struct row *r)
{
	static const double weights[] = { 1, 2, 4, 8 };
	struct sampler *s;
	struct xoshiro x;

	assert_int_equal(sampler_new(weights, 4, &s), TRANSFER_OK);
	xoshiro_seed(&x, "Wolf", 4);
	for (size_t i = 0; i < r->count; i++)
		same_number(r, i, sampler_draw(s, &x));
	sampler_free(s);
}

static void
degrees(const struct row *r)
{
	struct fountain *f;

	assert_int_equal(fountain_new(11, 0, &f), TRANSFER_OK);
	for (size_t i = 0; i < r->count; i++) {
		struct xoshiro x;
		char seed[16];
		int n = snprintf(seed, sizeof(seed), "Wolf-%zu", i + 1);

		xoshiro_seed(&x, seed, (size_t)n);
		same_number(r, i, fountain_degree(f, &x));
	}
	fountain_free(f);
}

static void
degrees_in_one_stream(const struct row *r)
{
	struct fountain *f;
	struct xoshiro x;

	assert_int_equal(fountain_new(11, 0, &f), TRANSFER_OK);
	xoshiro_seed(&x, "Wolf", 4);
	for (size_t i = 0; i < r->count; i++)
		same_number(r, i, fountain_degree(f, &x));
	fountain_free(f);
}

/* Row shuffleK: the one that follows K others from the same generator. */
static void
shuffle(const struct row *r)
{
	unsigned before = (unsigned)atoi(r->name + strlen(FIRST_SHUFFLE));
	uint16_t list[10];
	struct xoshiro x;

	xoshiro_seed(&x, "Wolf", 4);
	for (unsigned i = 0; i <= before; i++)
		fountain_pick(&x, 10, 10, list);
	assert_int_equal(r->count, 10);
	for (size_t i = 0; i < 10; i++)
		same_number(r, i, list[i] + 1u);
}

static int
by_index(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* Row chooseN: the fragments of part N. */
static void
choose(const struct row *r)
{
	uint32_t seq = (uint32_t)atoi(r->name + strlen(FIRST_CHOICE));
	uint8_t *message = make_message(1024, "Wolf");
	uint16_t list[11];
	struct fountain *f;

	assert_int_equal(fountain_new(11, (uint32_t)crc32_z(0, message, 1024),
			     &f),
	    TRANSFER_OK);
	assert_int_equal(fountain_choose(f, seq, list), r->count);
	qsort(list, r->count, sizeof(*list), by_index);
	for (size_t i = 0; i < r->count; i++)
		same_number(r, i, list[i]);
	fountain_free(f);
	free(message);
}

/* The hundred octets that the next row has as bytewords. */
static const uint8_t hundred[] = { 245, 215, 20, 198, 241, 235, 69, 59, 209,
	205, 165, 18, 150, 158, 116, 135, 229, 212, 19, 159, 17, 37, 239, 240,
	253, 11, 109, 191, 37, 242, 38, 120, 223, 41, 156, 189, 242, 254, 147,
	204, 66, 163, 216, 175, 191, 72, 169, 54, 32, 60, 144, 230, 210, 137,
	184, 197, 33, 113, 88, 14, 157, 31, 177, 46, 1, 115, 205, 69, 225, 150,
	65, 235, 58, 144, 65, 240, 133, 69, 113, 247, 63, 53, 242, 165, 160,
	144, 26, 13, 79, 237, 133, 71, 82, 69, 254, 165, 138, 41, 85, 24 };

static void
bytewords_in(const struct row *r)
{
	assert_int_equal(r->count, sizeof(hundred));
	for (size_t i = 0; i < r->count; i++)
		same_number(r, i, hundred[i]);
}

static void
bytewords_out(const struct row *r)
{
	char text[2 * (sizeof(hundred) + BYTEWORDS_CRC) + 1];

	bytewords_write(hundred, sizeof(hundred), text);
	assert_string_equal(text, r->value[0]);
}

/* Octets of part seq, without text, bytewords and checksum; free(). */
static uint8_t *
part_octets(const struct ur_encoder *e, uint32_t seq, size_t *len)
{
	char text[1024];
	uint8_t *octets = malloc(sizeof(text));
	const char *why, *body;

	assert_int_equal(ur_encoder_part(e, seq, text, sizeof(text)),
	    TRANSFER_OK);
	body = strrchr(text, '/') + 1;
	assert_non_null(octets);
	assert_int_equal(bytewords_read(body, strlen(body), octets, len, &why),
	    TRANSFER_OK);
	return octets;
}

/* Each value is the end, data_len octets or all, of part 1, 2, .. */
static void
parts_are(const struct row *r, size_t message_len, size_t most, size_t data_len)
{
	uint8_t *message = make_message(message_len, "Wolf");
	struct ur_encoder *e;

	assert_int_equal(ur_encoder_new("bytes", message, message_len,
			     ur_fragment_len(message_len, 10, most), &e),
	    TRANSFER_OK);
	for (size_t i = 0; i < r->count; i++) {
		size_t len;
		uint8_t *octets = part_octets(e, (uint32_t)i + 1, &len);
		size_t skip = data_len == 0 ? 0 : len - data_len;
		char *hex = to_hex(octets + skip, len - skip);

		assert_string_equal(hex, r->value[i]);
		free(hex);
		free(octets);
	}
	ur_encoder_free(e);
	free(message);
}

static void
fragments(const struct row *r)
{
	parts_are(r, 1024, 100, 94);
}

static void
encoder_cbor(const struct row *r)
{
	parts_are(r, 256, 30, 0);
}

static void
encoder_data(const struct row *r)
{
	parts_are(r, 256, 30, 29);
}

/* makeMessage(len) as a CBOR byte string, in parts of at most most. */
static struct ur_encoder *
wrapped(size_t len, size_t most)
{
	uint8_t *message = make_message(len, "Wolf");
	uint8_t cbor[512] = { 0x59, (uint8_t)(len >> 8), (uint8_t)len };
	size_t head = 3;
	struct ur_encoder *e;

	if (len < 256) {
		cbor[0] = 0x58;
		cbor[1] = (uint8_t)len;
		head = 2;
	}
	memcpy(cbor + head, message, len);
	free(message);
	assert_int_equal(ur_encoder_new("bytes", cbor, head + len,
			     ur_fragment_len(head + len, 10, most), &e),
	    TRANSFER_OK);
	return e;
}

static void
ur_is(const struct ur_encoder *e, uint32_t seq, const char *text)
{
	char is[1024], should[1024];
	size_t i = 0;

	assert_int_equal(ur_encoder_part(e, seq, is, sizeof(is)), TRANSFER_OK);
	for (; text[i] != '\0'; i++)
		should[i] = (char)toupper((unsigned char)text[i]);
	should[i] = '\0';
	assert_string_equal(is, should);
}

static void
ur_parts(const struct row *r)
{
	struct ur_encoder *e = wrapped(256, 30);

	assert_int_equal(ur_encoder_count(e), 9);
	for (size_t i = 0; i < r->count; i++)
		ur_is(e, (uint32_t)i + 1, r->value[i]);
	ur_encoder_free(e);
}

static void
single(const struct row *r)
{
	struct ur_encoder *e = wrapped(50, 100);

	ur_is(e, 1, r->value[0]);
	ur_encoder_free(e);
}

static void
crc_data(const struct row *r)
{
	uint8_t *message = make_message(1024, "Wolf");
	char *hex = to_hex(message, 1024);

	assert_string_equal(hex, r->value[0]);
	assert_int_equal(crc32_z(0, message, 1024), 0x2f19f3bb);
	free(hex);
	free(message);
}

static const struct check {
	const char *name; /* whole, or without the number behind it */
	void (*run)(const struct row *r);
} checks[] = {
	{ "rng1", rng1 },
	{ "rng2", rng2 },
	{ "rng3", rng3 },
	{ "sampler", sampler },
	{ "degrees", degrees },
	{ "mur_degrees1000", degrees_in_one_stream },
	{ FIRST_SHUFFLE, shuffle },
	{ FIRST_CHOICE, choose },
	{ "bw_in", bytewords_in },
	{ "bw_min", bytewords_out },
	{ "fragments", fragments },
	{ "encoder_cbor", encoder_cbor },
	{ "encoder_data", encoder_data },
	{ "ur_parts", ur_parts },
	{ "single", single },
	{ "crcdata", crc_data },
};

static void
run(const struct row *r)
{
	for (size_t i = 0; i < COUNT(checks); i++) {
		size_t len = strlen(checks[i].name);

		if (strncmp(r->name, checks[i].name, len) == 0 &&
		    strspn(r->name + len, "0123456789") ==
			strlen(r->name + len)) {
			checks[i].run(r);
			return;
		}
	}
	fail_msg("%s: a row that no check knows", r->name);
}

static void
read_row(char *line, struct row *r)
{
	char *save = NULL;
	const char *count;

	r->count = 0;
	r->name = strtok_r(line, " \n", &save);
	count = strtok_r(NULL, " \n", &save);
	assert_non_null(count);
	while (r->count < WORDS_MAX &&
	    (r->value[r->count] = strtok_r(NULL, " \n", &save)) != NULL)
		r->count++;
	assert_int_equal(r->count, atoi(count));
}

static void
test_all_rows(void **state)
{
	const char *shared = getenv("SHARED");
	char path[PATH_MAX], *line = NULL;
	static struct row row;
	size_t size = 0, rows = 0;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/qr/ur-vectors.txt",
	    shared != NULL ? shared : "$SHARED");
	if (shared == NULL || (f = fopen(path, "r")) == NULL) {
		print_message("# %s is not there\n", path);
		skip();
		return;
	}
	for (; getline(&line, &size, f) > 0; rows++) {
		read_row(line, &row);
		run(&row);
	}
	fclose(f);
	free(line);
	assert_int_equal(rows, ROWS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
