/* SPDX-License-Identifier: ISC */
/* Frames that nobody honest sends, each with what is said of it. */
#include <stdio.h>
#include <zlib.h>

#include "tests/transfer/ur_stream.h"
#include "transfer/bytewords.h"
#include "transfer/fountain.h"
#include "transfer/ur_part.h"

static const struct {
	const char *name, *text, *why;
} texts[] = {
	{ "empty", "", "text: does not begin with ur:" },
	{ "cut scheme", "ur", "text: does not begin with ur:" },
	{ "another scheme", "https://example.com/",
	    "text: does not begin with ur:" },
	{ "blank before", " ur:anchorite/aeaeaeaeaeae",
	    "text: does not begin with ur:" },
	{ "scheme alone",
	    "ur:", "text: no type, or not of letters, digits and dashes" },
	{ "no type", "ur:/aeaeaeaeaeae",
	    "text: no type, or not of letters, digits and dashes" },
	{ "underscore", "ur:anchor_ite/aeaeaeaeaeae",
	    "text: no type, or not of letters, digits and dashes" },
	{ "escape code", "ur:anchor\033[2Jite/aeae",
	    "text: no type, or not of letters, digits and dashes" },
	{ "type of 33 characters",
	    "ur:a23456789-123456789-123456789-123/aeaeaeaeaeae",
	    "text: no type, or not of letters, digits and dashes" },
	{ "type alone", "ur:anchorite", "text: nothing behind the type" },
	{ "another type", "ur:bytes/aeaeaeaeaeae",
	    "text: a message of another type" },
	{ "longer type", "ur:anchorites/aeaeaeaeaeae",
	    "text: a message of another type" },
	{ "four components", "ur:anchorite/1-2/aeae/aeae",
	    "text: more than three components" },
	{ "no numbers", "ur:anchorite//aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "no dash", "ur:anchorite/12/aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "seqNum missing", "ur:anchorite/-2/aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "seqLen missing", "ur:anchorite/1-/aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "seqNum 0", "ur:anchorite/0-2/aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "seqLen 0", "ur:anchorite/1-0/aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "leading zero", "ur:anchorite/01-2/aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "sign", "ur:anchorite/+1-2/aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "hex", "ur:anchorite/1-a/aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "seqNum 2^32", "ur:anchorite/4294967296-2/aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "seqNum of eleven digits", "ur:anchorite/10000000000-2/aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "three numbers", "ur:anchorite/1-2-3/aeae",
	    "text: not two numbers from 1 up, seqNum-seqLen" },
	{ "no body", "ur:anchorite/",
	    "bytewords: shorter than one octet and its checksum" },
	{ "no body of a part", "ur:anchorite/1-2/",
	    "bytewords: shorter than one octet and its checksum" },
	{ "odd length", "ur:anchorite/aeadaolazmjendeot",
	    "bytewords: an odd number of letters" },
	{ "checksum of nothing", "ur:anchorite/aeaeaeae",
	    "bytewords: shorter than one octet and its checksum" },
	{ "unknown pair", "ur:anchorite/zzadaolazmjendeoti",
	    "bytewords: letters that stand for no word" },
	{ "digit", "ur:anchorite/a1adaolazmjendeoti",
	    "bytewords: letters that stand for no word" },
	{ "octet over 127",
	    "ur:anchorite/\xffz"
	    "adaolazmjendeoti",
	    "bytewords: letters that stand for no word" },
	{ "blank behind", "ur:anchorite/aeadaolazmjendeoti  ",
	    "bytewords: letters that stand for no word" },
	{ "flipped letter", "ur:anchorite/aeadaolazojendeoti",
	    "bytewords: the checksum does not match" },
	{ "published bad checksum", "ur:anchorite/aeadaolazojendeowf",
	    "bytewords: the checksum does not match" },
};

/* The good part is "1-2", 85 01 02 04 1a b63cfbcd 42 0102: half of 01020304. */
static const struct {
	const char *name, *numbers, *hex, *why;
} parts[] = {
	{ "not CBOR", "1-2", "ff", "part: not an array of five" },
	{ "a map", "1-2", "a50102041ab63cfbcd420102",
	    "part: not an array of five" },
	{ "four elements", "1-2", "840102041ab63cfbcd",
	    "part: not an array of five" },
	{ "six elements", "1-2", "860102041ab63cfbcd42010200",
	    "part: not an array of five" },
	{ "indefinite array", "1-2", "9f0102041ab63cfbcd420102ff",
	    "part: not an array of five" },
	{ "array header not shortest", "1-2", "98050102041ab63cfbcd420102",
	    "part: not an array of five" },
	{ "tagged", "1-2", "c1850102041ab63cfbcd420102",
	    "part: not an array of five" },
	{ "ends at once", "1-2", "85",
	    "part: seqNum is no shortest-form integer" },
	{ "seqNum negative", "1-2", "852002041ab63cfbcd420102",
	    "part: seqNum is no shortest-form integer" },
	{ "seqNum a text", "1-2", "85613102041ab63cfbcd420102",
	    "part: seqNum is no shortest-form integer" },
	{ "seqNum not shortest", "1-2", "85180102041ab63cfbcd420102",
	    "part: seqNum is no shortest-form integer" },
	{ "seqNum 0", "1-2", "850002041ab63cfbcd420102",
	    "part: seqNum is not 1 to 4294967295" },
	{ "seqNum 2^32", "1-2", "851b000000010000000002041ab63cfbcd420102",
	    "part: seqNum is not 1 to 4294967295" },
	{ "seqLen a float", "1-2", "8501f93c00041ab63cfbcd420102",
	    "part: seqLen is no shortest-form integer" },
	{ "seqLen 0", "1-2", "850100041ab63cfbcd420102",
	    "part: seqLen is not 1 to 8192" },
	{ "seqLen 8193", "1-8193", "850119200119fff01ab63cfbcd420102",
	    "part: seqLen is not 1 to 8192" },
	{ "seqLen 1e7", "1-10000000",
	    "85011a009896801a003fffff1ab63cfbcd420102",
	    "part: seqLen is not 1 to 8192" },
	{ "seqLen 2^63", "1-2", "85011b8000000000000000041ab63cfbcd420102",
	    "part: seqLen is not 1 to 8192" },
	{ "messageLen indefinite", "1-2", "8501021f1ab63cfbcd420102",
	    "part: messageLen is no shortest-form integer" },
	{ "messageLen 0", "1-2", "850102001ab63cfbcd420102",
	    "part: messageLen is not 1 to 4194304" },
	{ "messageLen 4 MiB and 1", "1-2", "8501021a004000011ab63cfbcd420102",
	    "part: messageLen is not 1 to 4194304" },
	{ "checksum octets", "1-2", "8501020444b63cfbcd420102",
	    "part: checksum is no shortest-form integer" },
	{ "checksum of 33 bits", "1-2", "850102041b0000000100000000420102",
	    "part: checksum is over 32 bits" },
	{ "data a text", "1-2", "850102041ab63cfbcd623132",
	    "part: data is no whole byte string" },
	{ "data indefinite", "1-2", "850102041ab63cfbcd5f420102ff",
	    "part: data is no whole byte string" },
	{ "data longer than there is", "1-2", "850102041ab63cfbcd430102",
	    "part: data is no whole byte string" },
	{ "data of 2^64 - 1 octets", "1-2",
	    "850102041ab63cfbcd5bffffffffffffffff0102",
	    "part: data is no whole byte string" },
	{ "octet behind", "1-2", "850102041ab63cfbcd42010200",
	    "part: octets behind the array" },
	{ "data empty", "1-2", "850102041ab63cfbcd40", "part: data is empty" },
	{ "message too long", "1-2", "850102051ab63cfbcd420102",
	    "part: the lengths do not fit together" },
	{ "message too short", "1-2", "850102021ab63cfbcd420102",
	    "part: the lengths do not fit together" },
	{ "last fragment all padding", "1-8192",
	    "85011920001920001ab63cfbcd420102",
	    "part: the lengths do not fit together" },
	{ "padding not zero", "2-2", "850202031ab63cfbcd420304",
	    "part: the padding is not zero" },
	{ "another seqNum in the text", "3-2", "850102041ab63cfbcd420102",
	    "part: its numbers are not those of the text" },
	{ "another seqLen in the text", "1-3", "850102041ab63cfbcd420102",
	    "part: its numbers are not those of the text" },
};

static size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++) {
		unsigned byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return len;
}

static enum ur_taken
take_hex(struct ur_decoder *d, const char *numbers, const char *hex,
    const char **why)
{
	char text[512] = "";
	uint8_t octets[128];
	size_t len = from_hex(hex, octets);
	int at = snprintf(text, sizeof(text), "ur:anchorite/%s/", numbers);

	bytewords_write(octets, len, text + at);
	return take_text(d, text, why);
}

static void
check(const char *name, enum ur_taken taken, const char *const *said,
    const char *why)
{
	const char *is = taken == UR_REFUSED ? *said : "";

	if (taken != UR_REFUSED)
		fail_msg("%s: was taken", name);
	if (strcmp(is, why) != 0)
		fail_msg("%s: \"%s\", should be \"%s\"", name, is, why);
}

/* No refusal may disturb what has come. */
static void
test_hostile_frames(void **state)
{
	struct ur_decoder *d = decoder();
	struct ur_progress p;
	const char *why;
	size_t len;

	(void)state;
	assert_int_equal(take_hex(d, "1-2", "850102041ab63cfbcd420102", &why),
	    UR_NEW);
	for (size_t i = 0; i < COUNT(texts); i++)
		check(texts[i].name, take_text(d, texts[i].text, &why), &why,
		    texts[i].why);
	for (size_t i = 0; i < COUNT(parts); i++)
		check(parts[i].name,
		    take_hex(d, parts[i].numbers, parts[i].hex, &why), &why,
		    parts[i].why);
	ur_decoder_progress(d, &p);
	assert_int_equal(p.refused, COUNT(texts) + COUNT(parts));
	assert_int_equal(p.rank, 1);
	assert_int_equal(take_hex(d, "2-2", "850202041ab63cfbcd420304", &why),
	    UR_COMPLETE);
	assert_memory_equal(ur_decoder_message(d, &len), "\1\2\3\4", 4);
	print_message("# %zu hostile frames\n", COUNT(texts) + COUNT(parts));
	ur_decoder_free(d);
}

static void
test_nul_and_length(void **state)
{
	static const char text[] = "ur:anchorite/aeadaolazmjendeoti";
	struct ur_decoder *d = decoder();
	const char *why;

	(void)state;
	check("NUL inside", ur_decoder_take(d, "ur:\0anchorite/ae", 16, &why),
	    &why, "text: no type, or not of letters, digits and dashes");
	for (size_t len = 0; len < strlen(text); len++)
		assert_int_equal(ur_decoder_take(d, text, len, &why),
		    UR_REFUSED);
	assert_int_equal(ur_decoder_take(d, text, strlen(text), &why),
	    UR_COMPLETE);
	ur_decoder_free(d);
}

static void
test_texts_over_the_limit(void **state)
{
	size_t octets = UR_MESSAGE_MAX + 1, head = strlen("ur:anchorite/");
	struct ur_decoder *d = decoder();
	uint8_t *message = calloc(1, octets);
	char *text = malloc(UR_TEXT_MAX + 2);
	const char *why;

	(void)state;
	memset(text, 'a', UR_TEXT_MAX + 1);
	check("text", ur_decoder_take(d, text, UR_TEXT_MAX + 1, &why), &why,
	    "text: longer than any we take");
	memcpy(text, "ur:anchorite/", head);
	bytewords_write(message, octets, text + head);
	check("message", take_text(d, text, &why), &why,
	    "message: over 4194304 octets");
	bytewords_write(message, octets - 1, text + head);
	assert_int_equal(take_text(d, text, &why), UR_COMPLETE);
	free(text);
	free(message);
	ur_decoder_free(d);
}

static void
test_contradiction(void **state)
{
	struct ur_decoder *d = decoder();
	const char *why;

	(void)state;
	assert_int_equal(take_hex(d, "1-2", "850102041ab63cfbcd420102", &why),
	    UR_NEW);
	check("other data",
	    take_hex(d, "1-2", "850102041ab63cfbcd420103", &why), &why,
	    "part: contradicts those before it");
	assert_int_equal(take_hex(d, "2-2", "850202041ab63cfbcd420304", &why),
	    UR_COMPLETE);
	ur_decoder_free(d);
}

/* A forged part ends in a wrong checksum; then the message can come again. */
static void
test_wrong_checksum_begins_anew(void **state)
{
	struct ur_decoder *d = decoder();
	struct ur_progress p;
	const char *why;
	size_t len;

	(void)state;
	assert_int_equal(take_hex(d, "1-2", "850102041ab63cfbcd420103", &why),
	    UR_NEW);
	check("forged", take_hex(d, "2-2", "850202041ab63cfbcd420304", &why),
	    &why, "message: the checksum does not match: begun anew");
	assert_null(ur_decoder_message(d, &len));
	ur_decoder_progress(d, &p);
	assert_int_equal(p.needed, 0);
	assert_int_equal(take_hex(d, "1-2", "850102041ab63cfbcd420102", &why),
	    UR_NEW);
	assert_int_equal(take_hex(d, "2-2", "850202041ab63cfbcd420304", &why),
	    UR_COMPLETE);
	ur_decoder_free(d);
}

/* Padding that only shows when mixed parts are solved: fragments 01 02 and
 * 03 04 of a message of three octets. */
static void
test_padding_in_mixed_parts(void **state)
{
	static const uint8_t fragments[2][2] = { { 1, 2 }, { 3, 4 } };
	struct ur_part p = { .count = 2, .message_len = 3, .data_len = 2 };
	struct ur_decoder *d = decoder();
	enum ur_taken taken = UR_NEW;
	struct fountain *f;
	const char *why = NULL;

	(void)state;
	p.checksum = (uint32_t)crc32_z(0, fragments[0], 3);
	assert_int_equal(fountain_new(2, p.checksum, &f), TRANSFER_OK);
	for (p.seq = 3; p.seq < 40 && taken != UR_REFUSED; p.seq++) {
		uint8_t octets[UR_PART_HEAD_MAX + 2];
		size_t at = ur_part_head_write(&p, octets), count;
		char numbers[16], *hex;
		uint16_t list[2];

		memset(octets + at, 0, 2);
		count = fountain_choose(f, p.seq, list);
		for (size_t i = 0; i < 2 * count; i++)
			octets[at + i % 2] ^= fragments[list[i / 2]][i % 2];
		hex = to_hex(octets, at + 2);
		snprintf(numbers, sizeof(numbers), "%u-2", p.seq);
		taken = take_hex(d, numbers, hex, &why);
		free(hex);
	}
	check("padding", taken, &why,
	    "message: the padding is not zero: begun anew");
	fountain_free(f);
	ur_decoder_free(d);
}

/* One frame may ask for 8192 fragments; many such must cost no more than the
 * two sessions that are kept. */
static void
test_flood_of_sessions(void **state)
{
	struct ur_decoder *d = decoder();
	struct ur_progress p;
	const char *why;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		char hex[64];

		snprintf(hex, sizeof(hex),
		    "850119200019fffe1a%08x4801020304"
		    "05060708",
		    0x10000u + i);
		assert_int_equal(take_hex(d, "1-8192", hex, &why),
		    i == 0 ? UR_NEW : UR_FOREIGN);
	}
	ur_decoder_progress(d, &p);
	assert_int_equal(p.foreign, 1999);
	assert_int_equal(p.checksum, 0x10000);
	ur_decoder_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_frames),
		cmocka_unit_test(test_nul_and_length),
		cmocka_unit_test(test_texts_over_the_limit),
		cmocka_unit_test(test_contradiction),
		cmocka_unit_test(test_wrong_checksum_begins_anew),
		cmocka_unit_test(test_padding_in_mixed_parts),
		cmocka_unit_test(test_flood_of_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
