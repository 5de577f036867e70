/* SPDX-License-Identifier: ISC */
#include "transfer/ur.h"

#include <stdio.h>
#include <zlib.h>

#include "tests/transfer/ur_stream.h"
#include "transfer/bytewords.h"
#include "transfer/cbor.h"

/* BCR-2020-012 and BCR-2020-005, and bc-ur's test/test.cpp. */
static const struct {
	const char *text, *hex;
} published[] = {
	{ "aeadaolazmjendeoti", "00010280ff" },
	{ "tantjzoeadgdstaslplabghydrpfmkbggufgludprfgmaosecffltnsoaawkbd",
	    "d99d6ca20150c7098580125e2ab0981253468b2dbc5202c11947da" },
	{ "oyadgdstaslplabghydrpfmkbggufgludprfgmamdpwmox",
	    "a10150c7098580125e2ab0981253468b2dbc52" },
	{ "LPADAXCSENCYLOBEMOHSGMOYADHDEYNTEELBLRCYGLDWVARFLOJTCYWYJYDMYLGDSA",
	    "85010318361a8810926152a10158329d347f841a4e2ce6bc886e1aee74" },
};

static void
test_published_bytewords(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(published); i++) {
		const char *text = published[i].text, *why;
		uint8_t octets[128];
		size_t len;
		char *hex;

		assert_int_equal(bytewords_read(text, strlen(text), octets,
				     &len, &why),
		    TRANSFER_OK);
		hex = to_hex(octets, len);
		assert_string_equal(hex, published[i].hex);
		free(hex);
	}
}

static void
test_published_checksums(void **state)
{
	(void)state;
	assert_int_equal(crc32_z(0, (const uint8_t *)"Hello, world!", 13),
	    0xebe6c6e6);
	assert_int_equal(crc32_z(0, (const uint8_t *)"Wolf", 4), 0x598c84dc);
}

/* "Part 12" of bc-ur: makeMessage(256) as a CBOR byte string. */
static void
test_published_part(void **state)
{
	uint8_t cbor[259] = { 0x59, 1, 0 };
	uint8_t *message = make_message(256, "Wolf");
	struct ur_encoder *e;
	char text[256];

	(void)state;
	memcpy(cbor + 3, message, 256);
	free(message);
	assert_int_equal(ur_encoder_new("bytes", cbor, sizeof(cbor), 29, &e),
	    TRANSFER_OK);
	assert_int_equal(ur_encoder_part(e, 12, text, sizeof(text)),
	    TRANSFER_OK);
	assert_string_equal(text,
	    "UR:BYTES/12-9/LPBNASCFADAXCYWENBPLJKHDCARLLALUZMDMGSTOSPEYIEFMWE"
	    "JLWTPEDAMKTKSRVLCYGMZEMOVOVLLARODTMTBNPTRS");
	ur_encoder_free(e);
}

static void
test_published_fragment_lengths(void **state)
{
	(void)state;
	assert_int_equal(ur_fragment_len(12345, 1005, 1955), 1764);
	assert_int_equal(ur_fragment_len(12345, 1005, 30000), 12345);
	assert_int_equal(ur_fragment_len(5, 10, 100), 5);
}

static void
test_every_octet_has_a_word(void **state)
{
	uint8_t all[256], back[256 + BYTEWORDS_CRC];
	char text[2 * sizeof(back) + 1];
	const char *why;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	bytewords_write(all, sizeof(all), text);
	assert_int_equal(strlen(text), bytewords_length(sizeof(all)));
	assert_int_equal(bytewords_read(text, strlen(text), back, &len, &why),
	    TRANSFER_OK);
	assert_int_equal(len, sizeof(all));
	assert_memory_equal(back, all, len);
}

static void
test_cbor_heads(void **state)
{
	static const struct {
		uint64_t value;
		const char *hex;
	} heads[] = {
		{ 0, "00" },
		{ 23, "17" },
		{ 24, "1818" },
		{ 255, "18ff" },
		{ 256, "190100" },
		{ 65535, "19ffff" },
		{ 65536, "1a00010000" },
		{ UINT32_MAX, "1affffffff" },
		{ UINT64_MAX, "1bffffffffffffffff" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		uint8_t octets[CBOR_HEAD_MAX];
		size_t len = cbor_head_write(octets, CBOR_UINT, heads[i].value);
		struct cbor c = { .data = octets, .len = len };
		char *hex = to_hex(octets, len);
		uint64_t back;

		assert_string_equal(hex, heads[i].hex);
		assert_int_equal(len, cbor_head_length(heads[i].value));
		assert_true(cbor_head(&c, CBOR_UINT, &back));
		assert_true(back == heads[i].value && cbor_end(&c));
		for (c.len = 0; c.len < len; c.len++) {
			c.at = 0;
			assert_false(cbor_head(&c, CBOR_UINT, &back));
			assert_int_equal(c.at, 0);
		}
		free(hex);
	}
}

static void
test_arguments(void **state)
{
	static const struct {
		const char *type;
		size_t len, fragment_len;
		enum transfer_error err;
	} cases[] = {
		{ "", 1, 1, TRANSFER_ERR_ARGUMENT },
		{ "Bytes", 1, 1, TRANSFER_ERR_ARGUMENT },
		{ "a/b", 1, 1, TRANSFER_ERR_ARGUMENT },
		{ "a23456789-123456789-123456789-123", 1, 1,
		    TRANSFER_ERR_ARGUMENT },
		{ UR_TYPE, 0, 1, TRANSFER_ERR_ARGUMENT },
		{ UR_TYPE, 1, 0, TRANSFER_ERR_ARGUMENT },
		{ UR_TYPE, UR_MESSAGE_MAX + 1, 1000, TRANSFER_ERR_SIZE },
		{ UR_TYPE, UR_FRAGMENTS_MAX + 1, 1, TRANSFER_ERR_SIZE },
	};
	uint8_t *message = calloc(1, UR_MESSAGE_MAX + 1);
	struct ur_encoder *e;
	struct ur_decoder *d;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(ur_encoder_new(cases[i].type, message,
				     cases[i].len, cases[i].fragment_len, &e),
		    cases[i].err);
		assert_null(e);
	}
	assert_int_equal(ur_decoder_new("A", &d), TRANSFER_ERR_ARGUMENT);
	assert_null(d);
	ur_encoder_free(NULL);
	ur_decoder_free(NULL);
	free(message);
}

static void
test_part_needs_room_and_a_number(void **state)
{
	uint8_t message[100] = { 1 };
	struct ur_encoder *e = encoder_of(message, sizeof(message), 10);
	char text[TEXT_MAX];
	size_t len;

	(void)state;
	assert_int_equal(ur_encoder_part(e, 0, text, sizeof(text)),
	    TRANSFER_ERR_ARGUMENT);
	assert_string_equal(text, "");
	assert_int_equal(ur_encoder_part(e, UR_SEQ_LAST, text, sizeof(text)),
	    TRANSFER_OK);
	len = strlen(text);
	assert_int_equal(len, ur_encoder_longest(e));
	assert_int_equal(ur_encoder_part(e, UR_SEQ_LAST, text, len),
	    TRANSFER_ERR_SIZE);
	assert_string_equal(text, "");
	assert_int_equal(ur_encoder_part(e, UR_SEQ_LAST, text, len + 1),
	    TRANSFER_OK);
	assert_int_equal(ur_encoder_part(e, UINT32_MAX, text, sizeof(text)),
	    TRANSFER_OK);
	ur_encoder_free(e);
}

/* UR.md 9: a QR code of version 25 at level L has 1853 characters. */
static void
test_fragments_fit_a_symbol(void **state)
{
	uint8_t *message = make_message(100000, "fit");

	(void)state;
	for (size_t room = 60; room < 4300; room += 37) {
		size_t len = ur_fragment_fit(strlen(UR_TYPE), 100000, room);
		struct ur_encoder *e = NULL;

		if (len == 0) {
			assert_true(room < 110);
			continue;
		}
		e = encoder_of(message, 100000, len);
		assert_true(ur_encoder_longest(e) <= room);
		assert_true(room - ur_encoder_longest(e) < 80);
		ur_encoder_free(e);
	}
	assert_int_equal(ur_fragment_fit(strlen(UR_TYPE), 100, 1853), 100);
	assert_int_equal(ur_fragment_fit(strlen(UR_TYPE), 10, 20), 0);
	free(message);
}

static void
test_single_form(void **state)
{
	uint8_t *message = make_message(200, "single");
	struct ur_encoder *e = encoder_of(message, 200, 200);
	struct ur_decoder *d = decoder();
	struct ur_progress p;
	char text[TEXT_MAX];

	(void)state;
	assert_int_equal(ur_encoder_count(e), 1);
	assert_int_equal(ur_encoder_part(e, 77, text, sizeof(text)),
	    TRANSFER_OK);
	assert_int_equal(strncmp(text, "UR:ANCHORITE/", 13), 0);
	assert_null(strchr(text + 13, '/'));
	assert_int_equal(strlen(text), ur_encoder_longest(e));
	assert_int_equal(take_part(d, e, 1), UR_COMPLETE);
	assert_message(d, message, 200);
	ur_decoder_progress(d, &p);
	assert_int_equal(p.needed, 1);
	assert_int_equal(p.rank, 1);
	assert_int_equal(p.received, 1);
	assert_int_equal(p.message_len, 200);
	assert_int_equal(p.checksum, ur_encoder_checksum(e));
	ur_decoder_free(d);
	ur_encoder_free(e);
	free(message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_bytewords),
		cmocka_unit_test(test_published_checksums),
		cmocka_unit_test(test_published_part),
		cmocka_unit_test(test_published_fragment_lengths),
		cmocka_unit_test(test_every_octet_has_a_word),
		cmocka_unit_test(test_cbor_heads),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_part_needs_room_and_a_number),
		cmocka_unit_test(test_fragments_fit_a_symbol),
		cmocka_unit_test(test_single_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
