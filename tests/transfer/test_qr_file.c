/* SPDX-License-Identifier: ISC */
#include "transfer/qr_file.h"

#include <stdio.h>
#include <zlib.h>

#include "tests/transfer/ur_message.h"
#include "transfer/cbor.h"
#include "transfer/ur.h"

static void
round_trip(const uint8_t *file, size_t file_len, unsigned method)
{
	uint8_t *message, *back;
	struct transfer_fault fault;
	size_t len, back_len;

	assert_int_equal(qr_file_pack(file, file_len, &message, &len),
	    TRANSFER_OK);
	assert_int_equal(message[0], 0x83);
	assert_int_equal(message[1], method);
	assert_int_equal(qr_file_unpack(message, len, &back, &back_len, &fault),
	    TRANSFER_OK);
	assert_int_equal(back_len, file_len);
	assert_memory_equal(back, file, file_len);
	free(back);
	free(message);
}

static void
test_round_trips(void **state)
{
	static const size_t lens[] = { 1, 2, 23, 24, 255, 256, 65535, 65536,
		1000000 };

	(void)state;
	for (size_t i = 0; i < COUNT(lens); i++) {
		uint8_t *file = make_message(lens[i], "noise");

		round_trip(file, lens[i], 0);
		memset(file, 'x', lens[i]);
		round_trip(file, lens[i], lens[i] > 10 ? 1 : 0);
		free(file);
	}
}

static void
test_limits_of_pack(void **state)
{
	uint8_t *file = calloc(1, QR_FILE_MAX + 1), *noise, *out;
	size_t len;

	(void)state;
	assert_int_equal(qr_file_pack(file, 0, &out, &len),
	    TRANSFER_ERR_ARGUMENT);
	assert_null(out);
	assert_int_equal(qr_file_pack(file, QR_FILE_MAX + 1, &out, &len),
	    TRANSFER_ERR_SIZE);
	assert_null(out);
	round_trip(file, QR_FILE_MAX, 1);
	/* what does not get shorter meets the limit of messages */
	noise = make_message(UR_MESSAGE_MAX, "noise");
	assert_int_equal(qr_file_pack(noise, UR_MESSAGE_MAX, &out, &len),
	    TRANSFER_ERR_SIZE);
	assert_null(out);
	round_trip(noise, UR_MESSAGE_MAX - 36, 0);
	free(noise);
	free(file);
}

/* "aaaaaaaaaaaaaaaaaaaaaaaa" as raw DEFLATE, from python3's zlib. */
#define TWENTY_FOUR_A "4b4cc40e00"

static const struct {
	const char *name, *hex;
	enum transfer_error err;
	const char *text;
} hostile[] = {
	{ "empty", "", TRANSFER_ERR_UR, "message: not a CBOR array of three" },
	{ "a byte string", "43010203", TRANSFER_ERR_UR,
	    "message: not a CBOR array of three" },
	{ "two elements", "820001", TRANSFER_ERR_UR,
	    "message: not a CBOR array of three" },
	{ "indefinite", "9f00014101ff", TRANSFER_ERR_UR,
	    "message: not a CBOR array of three" },
	{ "method 2", "8302014101", TRANSFER_ERR_UR,
	    "message: its method is neither 0 nor 1" },
	{ "method -1", "8320014101", TRANSFER_ERR_UR,
	    "message: its method is neither 0 nor 1" },
	{ "length 0", "83000040", TRANSFER_ERR_UR,
	    "message: the file's length is no number from 1 up" },
	{ "length a text", "830061314101", TRANSFER_ERR_UR,
	    "message: the file's length is no number from 1 up" },
	{ "length not shortest", "830018014101", TRANSFER_ERR_UR,
	    "message: the file's length is no number from 1 up" },
	{ "data a text", "8300016131", TRANSFER_ERR_UR,
	    "message: data is no whole byte string" },
	{ "data cut", "8300024201", TRANSFER_ERR_UR,
	    "message: data is no whole byte string" },
	{ "octet behind", "830001410100", TRANSFER_ERR_UR,
	    "message: octets behind the array" },
	{ "stored, longer",
	    "8300014201"
	    "02",
	    TRANSFER_ERR_UR, "message: the file is not as long as it says" },
	{ "stored, shorter",
	    "8300034201"
	    "02",
	    TRANSFER_ERR_UR, "message: the file is not as long as it says" },
	{ "length over the limit", "83011a010000014101", TRANSFER_ERR_SIZE,
	    "message: the file is over 16777216 octets" },
	{ "length 2^64 - 1", "83011bffffffffffffffff4101", TRANSFER_ERR_SIZE,
	    "message: the file is over 16777216 octets" },
	{ "deflated, no shorter", "83010545" TWENTY_FOUR_A, TRANSFER_ERR_UR,
	    "message: deflated, though that is no shorter" },
	{ "bomb of 16 MiB in five octets", "83011a0100000045" TWENTY_FOUR_A,
	    TRANSFER_ERR_UR,
	    "message: the file is longer than DEFLATE can make it" },
	{ "one octet more than it says", "83011745" TWENTY_FOUR_A,
	    TRANSFER_ERR_UR,
	    "message: not one whole DEFLATE stream of that length" },
	{ "one octet less than it says", "8301181945" TWENTY_FOUR_A,
	    TRANSFER_ERR_UR,
	    "message: not one whole DEFLATE stream of that length" },
	{ "stream cut", "83011818444b4cc40e", TRANSFER_ERR_UR,
	    "message: not one whole DEFLATE stream of that length" },
	{ "octet behind the stream", "8301181846" TWENTY_FOUR_A "00",
	    TRANSFER_ERR_UR,
	    "message: not one whole DEFLATE stream of that length" },
	{ "no DEFLATE", "8301181845ffffffffff", TRANSFER_ERR_UR,
	    "message: not one whole DEFLATE stream of that length" },
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

static void
test_hostile_messages(void **state)
{
	struct transfer_fault fault;
	uint8_t message[64], *out;
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(hostile); i++) {
		fault = (struct transfer_fault){ 0 };
		len = from_hex(hostile[i].hex, message);
		assert_int_equal(qr_file_unpack(message, len, &out, &len,
				     &fault),
		    hostile[i].err);
		assert_null(out);
		assert_fault(hostile[i].name, &fault, hostile[i].err,
		    hostile[i].text);
	}
	len = from_hex("8301181845" TWENTY_FOUR_A, message);
	assert_int_equal(qr_file_unpack(message, len, &out, &len, &fault),
	    TRANSFER_OK);
	assert_int_equal(len, 24);
	assert_memory_equal(out, "aaaaaaaaaaaaaaaaaaaaaaaa", 24);
	free(out);
}

static void
test_message_over_the_limit(void **state)
{
	uint8_t *message = calloc(1, UR_MESSAGE_MAX + 1), *out;
	struct transfer_fault fault;
	size_t len;

	(void)state;
	assert_int_equal(qr_file_unpack(message, UR_MESSAGE_MAX + 1, &out, &len,
			     &fault),
	    TRANSFER_ERR_SIZE);
	assert_fault("size", &fault, TRANSFER_ERR_SIZE,
	    "message: over 4194304 octets");
	free(message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_limits_of_pack),
		cmocka_unit_test(test_hostile_messages),
		cmocka_unit_test(test_message_over_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
