/* SPDX-License-Identifier: ISC */
#include "transfer/intermediate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "transfer/text.h"

#define HEX "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define HEAD(n)                                                                \
	"{\"kind\":\"intermediate\",\"v\":1,\"log\":\"demo.example/x\","       \
	"\"csr\":\"" HEX "\",\"key\":\"" HEX "\",\"certificates\":" n "}\n"
#define CERT "{\"certificate\":\"MAA=\"}\n"

static struct intermediate
sample(size_t count)
{
	static uint8_t der[] = { 0x30, 0x00 };
	struct intermediate i = { .log = "demo.example/x", .count = count };

	for (uint8_t k = 0; k < 32; k++)
		i.csr[k] = i.key[k] = (uint8_t)(k + 1);
	for (size_t k = 0; k < count && k < INTERMEDIATE_CHAIN_MAX; k++) {
		i.chain[k].der = der;
		i.chain[k].len = sizeof(der);
	}
	return i;
}

static void
test_round(void **state)
{
	static const char *const want[] = { HEAD("2") CERT CERT,
		HEAD("3") CERT CERT CERT };

	(void)state;
	for (size_t count = 2; count <= 3; count++) {
		struct intermediate i = sample(count), back;
		struct transfer_fault fault;
		char *payload = NULL;
		size_t len = 0;

		assert_int_equal(intermediate_write(&i, &payload, &len),
		    TRANSFER_OK);
		assert_string_equal(payload, want[count - 2]);
		assert_int_equal(len, strlen(payload));
		assert_int_equal(intermediate_read(payload, len, &back, &fault),
		    TRANSFER_OK);
		assert_string_equal(back.log, i.log);
		assert_memory_equal(back.csr, i.csr, 32);
		assert_memory_equal(back.key, i.key, 32);
		assert_int_equal(back.count, count);
		for (size_t k = 0; k < count; k++) {
			assert_int_equal(back.chain[k].len, 2);
			assert_memory_equal(back.chain[k].der, i.chain[k].der,
			    2);
		}
		intermediate_clear(&back);
		free(payload);
	}
}

static void
test_unsound(void **state)
{
	struct intermediate rows[] = { sample(0), sample(1),
		sample(INTERMEDIATE_CHAIN_MAX + 1), sample(2), sample(2),
		sample(2) };
	char *payload = NULL;
	size_t len = 0;

	(void)state;
	rows[3].log[0] = '\0';
	rows[4].chain[1].len = 0;
	rows[5].chain[1].len = INTERMEDIATE_CERT_MAX + 1;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		assert_int_equal(intermediate_write(&rows[k], &payload, &len),
		    TRANSFER_ERR_ARGUMENT);
		assert_null(payload);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *payload;
		enum transfer_error err;
	} rows[] = {
		{ "", TRANSFER_ERR_LINE },
		{ "{\"kind\":\"order\",\"v\":1}\n", TRANSFER_ERR_KIND },
		{ HEAD("1") CERT, TRANSFER_ERR_FIELD },
		{ HEAD("4") CERT CERT CERT CERT, TRANSFER_ERR_SIZE },
		{ HEAD("2") CERT, TRANSFER_ERR_LINE },
		{ HEAD("2") CERT CERT CERT, TRANSFER_ERR_LINE },
		{ HEAD("2") CERT "{\"certificate\":\"MAA\"}\n",
		    TRANSFER_ERR_FIELD },
		{ HEAD("2") CERT "{\"certificate\":\"MAA=\",\"x\":1}\n",
		    TRANSFER_ERR_FIELD },
		{ HEAD("2") CERT "{\"chain\":\"MAA=\"}\n", TRANSFER_ERR_FIELD },
		/* ECPrivateKey, RFC 5915 3: version 1, an OCTET STRING */
		{ HEAD("2") CERT "{\"certificate\":\"MAYCAQEEAQA=\"}\n",
		    TRANSFER_ERR_PRIVATE },
	};

	(void)state;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		struct transfer_fault fault;
		struct intermediate i;

		if (intermediate_read(rows[k].payload, strlen(rows[k].payload),
			&i, &fault) != rows[k].err)
			fail_msg("%s: %s", rows[k].payload, fault.text);
		assert_int_equal(i.count, 0);
		assert_null(i.chain[0].der);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_unsound),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
