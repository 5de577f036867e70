/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/uevent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PATH "/devices/usb1"

/* Octets with the NUL that ends their literal. */
#define MESSAGE(text) (text), sizeof(text)
/* And the last key's own NUL is that one. */
#define KEYS(keys) MESSAGE("add@" PATH "\0ACTION=add\0DEVPATH=" PATH "\0" keys)

static const struct row {
	const char *name;
	const char *octets;
	size_t len;
	enum uevent_error error;
} rows[] = {
	{ "least", KEYS("SUBSYSTEM=usb\0SEQNUM=7"), UEVENT_OK },
	{ "a value with =", KEYS("SUBSYSTEM=usb\0SEQNUM=7\0A=b=c"), UEVENT_OK },
	{ "an empty value", KEYS("SUBSYSTEM=usb\0SEQNUM=7\0A="), UEVENT_OK },
	{ "nothing", "", 0, UEVENT_ERR_SIZE },
	{ "not ended", "add@/x", 6, UEVENT_ERR_SIZE },
	{ "only an end", MESSAGE(""), UEVENT_ERR_HEADER },
	{ "libudev's own", MESSAGE("libudev"), UEVENT_ERR_HEADER },
	{ "no keys", MESSAGE("add@" PATH), UEVENT_ERR_MISSING },
	{ "other action",
	    MESSAGE("add@" PATH "\0ACTION=remove\0DEVPATH=" PATH
		    "\0SUBSYSTEM=usb\0SEQNUM=7"),
	    UEVENT_ERR_HEADER },
	{ "other path",
	    MESSAGE("add@" PATH "\0ACTION=add\0DEVPATH=" PATH
		    "2\0SUBSYSTEM=usb\0SEQNUM=7"),
	    UEVENT_ERR_HEADER },
	{ "action's beginning",
	    MESSAGE("add@" PATH "\0ACTION=ad\0DEVPATH=" PATH
		    "\0SUBSYSTEM=usb\0SEQNUM=7"),
	    UEVENT_ERR_HEADER },
	{ "no action",
	    MESSAGE("add@" PATH "\0DEVPATH=" PATH "\0SUBSYSTEM=usb\0SEQNUM=7"),
	    UEVENT_ERR_MISSING },
	{ "no path", MESSAGE("add@\0ACTION=add\0SUBSYSTEM=usb\0SEQNUM=7"),
	    UEVENT_ERR_MISSING },
	{ "no subsystem", KEYS("SEQNUM=7"), UEVENT_ERR_MISSING },
	{ "no number", KEYS("SUBSYSTEM=usb"), UEVENT_ERR_MISSING },
	{ "no =", KEYS("SUBSYSTEM=usb\0SEQNUM=7\0WORD"), UEVENT_ERR_KEY },
	{ "no key", KEYS("SUBSYSTEM=usb\0SEQNUM=7\0=x"), UEVENT_ERR_KEY },
	{ "an empty key", KEYS("SUBSYSTEM=usb\0SEQNUM=7\0"), UEVENT_ERR_KEY },
	{ "small letters", KEYS("SUBSYSTEM=usb\0SEQNUM=7\0a=b"),
	    UEVENT_ERR_KEY },
	{ "a major number that is none",
	    KEYS("SUBSYSTEM=usb\0SEQNUM=7\0MAJOR=../1"), UEVENT_ERR_KEY },
	{ "a minor number that is none",
	    KEYS("SUBSYSTEM=usb\0SEQNUM=7\0MINOR="), UEVENT_ERR_KEY },
	{ "a minor number of 11 digits",
	    KEYS("SUBSYSTEM=usb\0SEQNUM=7\0MINOR=12345678901"),
	    UEVENT_ERR_KEY },
	{ "twice", KEYS("SUBSYSTEM=usb\0SEQNUM=7\0SUBSYSTEM=block"),
	    UEVENT_ERR_DUPLICATE },
	{ "action twice", KEYS("SUBSYSTEM=usb\0SEQNUM=7\0ACTION=remove"),
	    UEVENT_ERR_DUPLICATE },
};

static void
messages_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct uevent e;
		/* no octet behind the message may be looked at */
		char *copy = malloc(rows[i].len + 1);
		enum uevent_error error;

		assert_non_null(copy);
		memcpy(copy, rows[i].octets, rows[i].len);
		copy[rows[i].len] = 'x';
		error = uevent_parse(copy, rows[i].len, &e);
		if (error != rows[i].error)
			fail_msg("%s: %s", rows[i].name,
			    uevent_strerror(error));
		assert_int_equal(e.keys == 0, error != UEVENT_OK);
		free(copy);
	}
}

static void
paths_lead_nowhere_else(void **state)
{
	static const struct {
		const char *path;
		enum uevent_error error;
	} paths[] = {
		{ "/devices/usb1", UEVENT_OK },
		{ "/module/usbcore", UEVENT_OK },
		{ "/devices/a.b/...c/0000:00:02.0", UEVENT_OK },
		{ "/devices/...", UEVENT_OK },
		{ "devices/usb1", UEVENT_ERR_PATH },
		{ "", UEVENT_ERR_PATH },
		{ "/", UEVENT_ERR_PATH },
		{ "/devices/", UEVENT_ERR_PATH },
		{ "/devices//usb1", UEVENT_ERR_PATH },
		{ "/devices/../etc", UEVENT_ERR_PATH },
		{ "/..", UEVENT_ERR_PATH },
		{ "/devices/./usb1", UEVENT_ERR_PATH },
		{ "/devices/.", UEVENT_ERR_PATH },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char octets[256];
		int n = snprintf(octets, sizeof(octets),
		    "add@%s%cACTION=add%cDEVPATH=%s%cSUBSYSTEM=usb%cSEQNUM=7",
		    paths[i].path, 0, 0, paths[i].path, 0, 0);
		struct uevent e;

		if (uevent_parse(octets, (size_t)n + 1, &e) != paths[i].error)
			fail_msg("'%s'", paths[i].path);
	}
}

/* A message whose path has so many octets, and so many keys after it. */
static size_t
make(char *out, size_t path, size_t keys)
{
	char name[UEVENT_PATH_MAX + 1];
	size_t at;

	memset(name, 'a', path);
	name[0] = '/';
	name[path] = '\0';
	at = (size_t)sprintf(out, "add@%s%cACTION=add%cDEVPATH=%s%c", name, 0,
	    0, name, 0);
	at += (size_t)sprintf(out + at, "SUBSYSTEM=usb%cSEQNUM=7%c", 0, 0);
	for (size_t i = 0; i < keys; i++)
		at += (size_t)sprintf(out + at, "K%zu=%c", i, 0);
	return at;
}

static void
limits_hold(void **state)
{
	static char octets[UEVENT_MAX + 1];
	struct uevent e;
	size_t n;

	(void)state;
	n = make(octets, UEVENT_PATH_MAX - 1, 0);
	assert_int_equal(uevent_parse(octets, n, &e), UEVENT_OK);
	n = make(octets, UEVENT_PATH_MAX, 0);
	assert_int_equal(uevent_parse(octets, n, &e), UEVENT_ERR_PATH);
	n = make(octets, 9, UEVENT_KEYS_MAX - 4);
	assert_int_equal(uevent_parse(octets, n, &e), UEVENT_OK);
	n = make(octets, 9, UEVENT_KEYS_MAX - 3);
	assert_int_equal(uevent_parse(octets, n, &e), UEVENT_ERR_MANY);
	n = make(octets, 9, 0);
	memcpy(octets + n, "K=", 2);
	memset(octets + n + 2, 'v', sizeof(octets) - n - 2);
	octets[UEVENT_MAX - 1] = '\0';
	assert_int_equal(uevent_parse(octets, UEVENT_MAX, &e), UEVENT_OK);
	octets[UEVENT_MAX - 1] = 'v';
	octets[UEVENT_MAX] = '\0';
	assert_int_equal(uevent_parse(octets, UEVENT_MAX + 1, &e),
	    UEVENT_ERR_SIZE);
}

static void
hashes_are_those_of_libudev(void **state)
{
	(void)state;
	/* MurmurHash2 by another program */
	assert_int_equal(uevent_hash("usb"), 0x0577c5e5);
	assert_int_equal(uevent_hash("usb_device"), 0x27f8f50c);
	assert_int_equal(uevent_hash("usb_interface"), 0xb1024765);
	assert_int_equal(uevent_hash("block"), 0xf0031db7);
	assert_int_equal(uevent_hash(""), 0);
}

static uint32_t
big(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static uint32_t
little(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[1] << 8 | p[0];
}

static const char device[] =
    "bind@/devices/usb1/1-1\0ACTION=bind\0DEVPATH=/devices/usb1/1-1\0"
    "SUBSYSTEM=usb\0DEVNAME=bus/usb/001/002\0DEVTYPE=usb_device\0"
    "MAJOR=189\0MINOR=1\0SEQNUM=77";
static const char told[] = "ACTION=add\0DEVPATH=/devices/usb1/1-1\0"
			   "SUBSYSTEM=usb\0DEVNAME=/dev/bus/usb/001/002\0"
			   "DEVTYPE=usb_device\0MAJOR=189\0MINOR=1\0SEQNUM=77";

static void
listeners_are_told_in_their_form(void **state)
{
	static uint8_t out[UEVENT_MONITOR_MAX];
	struct uevent e;
	size_t n;

	(void)state;
	assert_int_equal(uevent_parse(device, sizeof(device), &e), UEVENT_OK);
	assert_string_equal(e.devname, "bus/usb/001/002");
	uevent_become(&e, "ACTION=add");
	assert_string_equal(e.action, "add");
	n = uevent_monitor(&e, out, sizeof(out));
	assert_int_equal(n, 40 + sizeof(told));
	assert_memory_equal(out, "libudev", 8);
	assert_int_equal(big(out + 8), 0xfeedcafe);
	assert_int_equal(little(out + 12), 40); /* the header's own size */
	assert_int_equal(little(out + 16), 40); /* where properties begin */
	assert_int_equal(little(out + 20), sizeof(told));
	assert_int_equal(big(out + 24), 0x0577c5e5);
	assert_int_equal(big(out + 28), 0x27f8f50c);
	assert_int_equal(big(out + 32), 0);
	assert_int_equal(big(out + 36), 0);
	assert_memory_equal(out + 40, told, sizeof(told));
	for (size_t size = 0; size < n; size++)
		assert_int_equal(uevent_monitor(&e, out, size), 0);
	assert_int_equal(uevent_monitor(&e, out, n), n);
}

static void
what_has_no_type_has_no_hash(void **state)
{
	static const char octets[] =
	    "add@/bus/usb\0ACTION=add\0DEVPATH=/bus/usb\0SUBSYSTEM=bus\0"
	    "DEVNAME=/dev/x\0SEQNUM=1";
	uint8_t out[256];
	struct uevent e;

	(void)state;
	assert_int_equal(uevent_parse(octets, sizeof(octets), &e), UEVENT_OK);
	assert_null(e.devtype);
	/* a name that begins with a slash stays as it is */
	assert_int_equal(uevent_monitor(&e, out, sizeof(out)),
	    40 + sizeof(octets) - sizeof("add@/bus/usb"));
	assert_int_equal(big(out + 28), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_judged),
		cmocka_unit_test(paths_lead_nowhere_else),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(hashes_are_those_of_libudev),
		cmocka_unit_test(listeners_are_told_in_their_form),
		cmocka_unit_test(what_has_no_type_has_no_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
