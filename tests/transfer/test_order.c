/* SPDX-License-Identifier: ISC */
#include "transfer/order.h"

#include "tests/transfer/mutate.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

static const char order_line[] =
    "{\"kind\":\"order\",\"v\":1,\"log\":\"example.com/log\","
    "\"factory\":\"F1\",\"line\":\"L \\\"2\\\"\",\"station\":\"" H32 "\","
    "\"pattern\":\"AB-{6}\",\"subject\":\"CN=device-{id}\","
    "\"profile\":\"device-idevid\",\"quota\":10000000,"
    "\"expiry\":\"20260131235959Z\",\"receipts\":\"20260228235959Z\"}\n";

static void
test_order(void **state)
{
	struct transfer_fault fault;
	struct order o;
	size_t len;
	char *again;

	(void)state;
	assert_int_equal(order_read(order_line, strlen(order_line), &o, &fault),
	    0);
	assert_int_equal(fault.err, TRANSFER_OK);
	assert_string_equal(o.log, "example.com/log");
	assert_string_equal(o.factory, "F1");
	assert_string_equal(o.line, "L \"2\"");
	assert_int_equal(o.station[1], 0x23);
	assert_string_equal(o.pattern, "AB-{6}");
	assert_string_equal(o.subject, "CN=device-{id}");
	assert_string_equal(o.profile, "device-idevid");
	assert_int_equal(o.quota, 10000000);
	assert_string_equal(o.expiry, "20260131235959Z");
	assert_string_equal(o.receipts, "20260228235959Z");
	assert_int_equal(order_write(&o, &again, &len), 0);
	assert_int_equal(len, strlen(order_line));
	assert_string_equal(again, order_line);
	free(again);
}

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
#define X128 X64 X64
#define X512 X128 X128 X128 X128

static const struct mutation order_refused[] = {
	{ "empty file", NULL, "", TRANSFER_ERR_LINE, "line 1: it is missing" },
	{ "no LF", "}\n", "}", TRANSFER_ERR_LINE, "line 1: it has no end" },
	{ "two lines", "}\n", "}\n{}\n", TRANSFER_ERR_LINE,
	    "line 2: nothing may follow line 1" },
	{ "a station", "\"order\"", "\"station\"", TRANSFER_ERR_KIND,
	    "line 1: kind is \"station\", not \"order\"" },
	{ "version 2", "\"v\":1", "\"v\":2", TRANSFER_ERR_KIND,
	    "line 1: version is 2, not 1" },
	{ "unknown key", "\"quota\"", "\"units\":1,\"quota\"",
	    TRANSFER_ERR_FIELD, "line 1: unknown key \"units\"" },
	{ "duplicate key", "\"quota\"", "\"log\":\"b\",\"quota\"",
	    TRANSFER_ERR_FIELD, "line 1: key \"log\" is there twice" },
	{ "no log", "\"log\":\"example.com/log\",", "", TRANSFER_ERR_FIELD,
	    "line 1: key \"log\" is missing" },
	{ "log too long", "example.com/log", X512 "x", TRANSFER_ERR_SIZE,
	    "line 1: \"log\" is over 512 characters" },
	{ "factory is empty", "\"F1\"", "\"\"", TRANSFER_ERR_FIELD,
	    "line 1: \"factory\" is empty" },
	{ "factory too long", "\"F1\"", "\"" X64 "x\"", TRANSFER_ERR_SIZE,
	    "line 1: \"factory\" is over 64 characters" },
	{ "line too long", "L \\\"2\\\"", X64 "x", TRANSFER_ERR_SIZE,
	    "line 1: \"line\" is over 64 characters" },
	{ "line beyond ASCII", "L ", "\\u00fc", TRANSFER_ERR_LINE,
	    "line 1: \"line\" is not printable ASCII" },
	{ "station too short", H32, "01", TRANSFER_ERR_FIELD,
	    "line 1: \"station\" is not 64 lower-case hex digits" },
	{ "pattern too long", "AB-{6}", X128 "x", TRANSFER_ERR_SIZE,
	    "line 1: \"pattern\" is over 128 characters" },
	{ "pattern is an array", "\"AB-{6}\"", "[\"AB-{6}\"]",
	    TRANSFER_ERR_FIELD, "line 1: \"pattern\" is not a text" },
	{ "subject too long", "CN=device-{id}", X512 "x", TRANSFER_ERR_SIZE,
	    "line 1: \"subject\" is over 512 characters" },
	{ "subject with LF", "CN=", "\\n", TRANSFER_ERR_LINE,
	    "line 1: \"subject\" is not printable ASCII" },
	{ "profile too long", "device-idevid", X64 "x", TRANSFER_ERR_SIZE,
	    "line 1: \"profile\" is over 64 characters" },
	{ "quota 0", "10000000", "0", TRANSFER_ERR_FIELD,
	    "line 1: \"quota\" is not at least 1" },
	{ "quota over", "10000000", "10000001", TRANSFER_ERR_SIZE,
	    "line 1: \"quota\" is over 10000000" },
	{ "quota negative", "10000000", "-1", TRANSFER_ERR_FIELD,
	    "line 1: \"quota\" is not a number from 0" },
	{ "quota is a float", "10000000", "1e7", TRANSFER_ERR_LINE,
	    "line 1: \"quota\" is not a whole number" },
	{ "quota is a text", "10000000", "\"1\"", TRANSFER_ERR_FIELD,
	    "line 1: \"quota\" is not a number from 0" },
	{ "expiry in RFC 3339", "20260131235959Z", "2026-01-31T23:59:59Z",
	    TRANSFER_ERR_FIELD,
	    "line 1: \"expiry\" is not a date YYYYMMDDHHMMSSZ" },
	{ "receipts at 24 h", "20260228235959Z", "20260228240000Z",
	    TRANSFER_ERR_FIELD,
	    "line 1: \"receipts\" is not a date YYYYMMDDHHMMSSZ" },
};

static void
test_order_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(order_refused); i++) {
		const struct mutation *m = &order_refused[i];
		char *payload = mutate(order_line, m);
		struct transfer_fault fault;
		struct order o;

		assert_int_equal(order_read(payload, strlen(payload), &o,
				     &fault),
		    m->err);
		assert_fault(m->name, &fault, m->err, m->text);
		assert_true(all_zero(&o, sizeof(o)));
		free(payload);
	}
}

/* Every text just at its limit goes through both ways. */
static void
test_order_limits(void **state)
{
	struct order o, again;
	struct transfer_fault fault;
	char *payload;
	size_t len;

	(void)state;
	memset(&o, 0, sizeof(o));
	memset(o.log, '"', ORDER_SUBJECT_MAX);
	memset(o.factory, '~', ORDER_NAME_MAX);
	memset(o.line, ' ', ORDER_NAME_MAX);
	memset(o.station, 0xff, sizeof(o.station));
	memset(o.pattern, '\\', ORDER_PATTERN_MAX);
	memset(o.subject, '/', ORDER_SUBJECT_MAX);
	memset(o.profile, 'p', ORDER_NAME_MAX);
	o.quota = 1;
	memcpy(o.expiry, "99991231235959Z", 16);
	memcpy(o.receipts, "19700101000000Z", 16);
	assert_int_equal(order_write(&o, &payload, &len), 0);
	assert_int_equal(order_read(payload, len, &again, &fault), 0);
	assert_memory_equal(&o, &again, sizeof(o));
	free(payload);
}

static void
not_an_order(const struct order *o)
{
	char *payload = NULL;
	size_t len;

	assert_int_equal(order_write(o, &payload, &len), TRANSFER_ERR_ARGUMENT);
	assert_null(payload);
}

static void
test_order_not_written(void **state)
{
	struct transfer_fault fault;
	struct order good, o;

	(void)state;
	assert_int_equal(order_read(order_line, strlen(order_line), &good,
			     &fault),
	    0);
	o = good, o.quota = 0, not_an_order(&o);
	o = good, o.quota = ORDER_QUOTA_MAX + 1, not_an_order(&o);
	o = good, o.log[0] = '\0', not_an_order(&o);
	o = good, o.factory[0] = '\n', not_an_order(&o);
	o = good, o.line[0] = '\x7f', not_an_order(&o);
	o = good, o.pattern[0] = '\xc3', not_an_order(&o);
	o = good, o.subject[0] = '\0', not_an_order(&o);
	o = good, o.profile[0] = '\0', not_an_order(&o);
	o = good, o.expiry[14] = 'z', not_an_order(&o);
	o = good, o.receipts[0] = '\0', not_an_order(&o);
	/* a text without its NUL */
	o = good, memset(o.profile, 'x', sizeof(o.profile)), not_an_order(&o);
}

static const char station_line[] =
    "{\"kind\":\"station\",\"v\":1,\"factory\":\"F1\",\"line\":\"L2\","
    "\"certificate\":\"MAA=\"}\n";

static void
test_station(void **state)
{
	struct transfer_fault fault;
	struct station s;
	size_t len;
	char *again;

	(void)state;
	assert_int_equal(station_read(station_line, strlen(station_line), &s,
			     &fault),
	    0);
	assert_string_equal(s.factory, "F1");
	assert_string_equal(s.line, "L2");
	assert_int_equal(s.certificate_len, 2);
	assert_memory_equal(s.certificate, "\x30\x00", 2);
	assert_int_equal(station_write(&s, &again, &len), 0);
	assert_string_equal(again, station_line);
	assert_int_equal(len, strlen(station_line));
	free(again);
	station_clear(&s);
	assert_true(all_zero(&s, sizeof(s)));
	station_clear(&s);
}

static const struct mutation station_refused[] = {
	{ "empty file", NULL, "", TRANSFER_ERR_LINE, "line 1: it is missing" },
	{ "blank line", NULL, "\n", TRANSFER_ERR_LINE, "line 1: it is empty" },
	{ "no LF", "}\n", "}", TRANSFER_ERR_LINE, "line 1: it has no end" },
	{ "CR", "}\n", "}\r\n", TRANSFER_ERR_LINE,
	    "line 1: octet 73 is not printable ASCII" },
	{ "two lines", "}\n", "}\n\n", TRANSFER_ERR_LINE,
	    "line 2: nothing may follow line 1" },
	{ "an array", NULL, "[]\n", TRANSFER_ERR_LINE,
	    "line 1: it is not an object" },
	{ "an order", "\"station\"", "\"order\"", TRANSFER_ERR_KIND,
	    "line 1: kind is \"order\", not \"station\"" },
	{ "version 0", "\"v\":1", "\"v\":0", TRANSFER_ERR_KIND,
	    "line 1: version is 0, not 1" },
	{ "version 1.0", "\"v\":1", "\"v\":1.0", TRANSFER_ERR_LINE,
	    "line 1: \"v\" is not a whole number" },
	{ "no kind", "\"kind\":\"station\",", "", TRANSFER_ERR_FIELD,
	    "line 1: key \"kind\" is missing" },
	{ "no version", "\"v\":1,", "", TRANSFER_ERR_FIELD,
	    "line 1: key \"v\" is missing" },
	{ "unknown key", "\"line\"", "\"site\"", TRANSFER_ERR_FIELD,
	    "line 1: unknown key \"site\"" },
	{ "duplicate key", "\"line\"", "\"line\":\"a\",\"line\"",
	    TRANSFER_ERR_FIELD, "line 1: key \"line\" is there twice" },
	{ "no factory", "\"factory\":\"F1\",", "", TRANSFER_ERR_FIELD,
	    "line 1: key \"factory\" is missing" },
	{ "no line", "\"line\":\"L2\",", "", TRANSFER_ERR_FIELD,
	    "line 1: key \"line\" is missing" },
	{ "no certificate", ",\"certificate\":\"MAA=\"", "", TRANSFER_ERR_FIELD,
	    "line 1: key \"certificate\" is missing" },
	{ "factory is null", "\"F1\"", "null", TRANSFER_ERR_FIELD,
	    "line 1: \"factory\" is not a text" },
	{ "factory too long", "F1", X64 "x", TRANSFER_ERR_SIZE,
	    "line 1: \"factory\" is over 64 characters" },
	{ "line is empty", "L2", "", TRANSFER_ERR_FIELD,
	    "line 1: \"line\" is empty" },
	{ "line too long", "L2", X64 "x", TRANSFER_ERR_SIZE,
	    "line 1: \"line\" is over 64 characters" },
	{ "certificate is empty", "MAA=", "", TRANSFER_ERR_FIELD,
	    "line 1: \"certificate\" is empty" },
	{ "certificate not base64", "MAA=", "MAA", TRANSFER_ERR_FIELD,
	    "line 1: \"certificate\" is not canonical base64" },
	{ "certificate not canonical", "MAA=", "MAB=", TRANSFER_ERR_FIELD,
	    "line 1: \"certificate\" is not canonical base64" },
	{ "certificate is a key", "MAA=", "MAYCAQEEAQE=", TRANSFER_ERR_PRIVATE,
	    "line 1: \"certificate\" holds a private key" },
};

static void
refuse_station(const struct mutation *m, const char *payload)
{
	struct transfer_fault fault;
	struct station s;

	assert_int_equal(station_read(payload, strlen(payload), &s, &fault),
	    m->err);
	assert_fault(m->name, &fault, m->err, m->text);
	assert_true(all_zero(&s, sizeof(s)));
}

static void
test_station_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(station_refused); i++) {
		char *payload = mutate(station_line, &station_refused[i]);

		refuse_station(&station_refused[i], payload);
		free(payload);
	}
}

/* A certificate just at its limit, and one octet more. */
static void
test_station_limits(void **state)
{
	static uint8_t octets[STATION_CERT_MAX + 1];
	struct station s = { "F", "L", octets, STATION_CERT_MAX }, again;
	struct mutation over = { "over", "MAA=", NULL, TRANSFER_ERR_SIZE,
		"line 1: \"certificate\" is over 4096 octets" };
	struct transfer_fault fault;
	char *payload, base64[TEXT_BASE64_SIZE(sizeof(octets))];
	size_t len;

	(void)state;
	assert_int_equal(station_write(&s, &payload, &len), 0);
	assert_int_equal(station_read(payload, len, &again, &fault), 0);
	assert_int_equal(again.certificate_len, STATION_CERT_MAX);
	station_clear(&again);
	free(payload);
	text_base64(octets, sizeof(octets), base64);
	over.replace = base64;
	payload = mutate(station_line, &over);
	refuse_station(&over, payload);
	free(payload);
	s.certificate_len++;
	assert_int_equal(station_write(&s, &payload, &len),
	    TRANSFER_ERR_ARGUMENT);
	s.certificate_len = 0;
	assert_int_equal(station_write(&s, &payload, &len),
	    TRANSFER_ERR_ARGUMENT);
	s.certificate_len = 1;
	s.line[0] = '\t';
	assert_int_equal(station_write(&s, &payload, &len),
	    TRANSFER_ERR_ARGUMENT);
	assert_null(payload);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_order_refused),
		cmocka_unit_test(test_order_limits),
		cmocka_unit_test(test_order_not_written),
		cmocka_unit_test(test_station),
		cmocka_unit_test(test_station_refused),
		cmocka_unit_test(test_station_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
