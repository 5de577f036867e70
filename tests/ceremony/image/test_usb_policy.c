/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/usb_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct usb_device some = { .port = "1-2",
	.vendor = 0x1234,
	.product = 0xabcd };

static void
each_class_is_judged(void **state)
{
	static const struct {
		struct usb_interface is;
		enum usb_verdict verdict;
		const char *word;
	} rows[] = {
		{ { 0x08, 0x06, 0x50 }, USB_ACCEPTED, "storage" },
		{ { 0x08, 0x06, 0x62 }, USB_ACCEPTED, "storage" },
		{ { 0x0b, 0x00, 0x00 }, USB_READER, "smartcard reader" },
		{ { 0x0e, 0x01, 0x00 }, USB_ACCEPTED, "camera" },
		{ { 0x0e, 0x02, 0x00 }, USB_ACCEPTED, "camera" },
		{ { 0x09, 0x00, 0x00 }, USB_ACCEPTED, "hub" },
		{ { 0x03, 0x01, 0x01 }, USB_KEYBOARD, "keyboard" },
		{ { 0x03, 0x01, 0x02 }, USB_REFUSED, "mouse" },
		{ { 0x03, 0x00, 0x00 }, USB_REFUSED, "other input" },
		{ { 0x03, 0x00, 0x01 }, USB_REFUSED, "other input" },
		{ { 0x01, 0x01, 0x00 }, USB_REFUSED, "audio" },
		{ { 0x02, 0x06, 0x00 }, USB_REFUSED, "communications" },
		{ { 0x05, 0x00, 0x00 }, USB_REFUSED, "physical" },
		{ { 0x06, 0x01, 0x01 }, USB_REFUSED, "still camera" },
		{ { 0x07, 0x01, 0x02 }, USB_REFUSED, "printer" },
		{ { 0x0a, 0x00, 0x00 }, USB_REFUSED, "data" },
		{ { 0x0d, 0x00, 0x00 }, USB_REFUSED, "content security" },
		{ { 0x0f, 0x00, 0x00 }, USB_REFUSED, "health" },
		{ { 0x10, 0x01, 0x00 }, USB_REFUSED, "audio and video" },
		{ { 0x11, 0x00, 0x00 }, USB_REFUSED, "billboard" },
		{ { 0x12, 0x00, 0x00 }, USB_REFUSED, "USB-C bridge" },
		{ { 0xdc, 0x01, 0x01 }, USB_REFUSED, "diagnostic" },
		{ { 0xe0, 0x01, 0x01 }, USB_REFUSED, "wireless" },
		{ { 0xef, 0x04, 0x01 }, USB_REFUSED, "miscellaneous" },
		{ { 0xfe, 0x01, 0x01 }, USB_REFUSED, "application" },
		{ { 0xff, 0xff, 0xff }, USB_REFUSED, "vendor's own" },
		{ { 0x00, 0x00, 0x00 }, USB_REFUSED, "unknown" },
		{ { 0x42, 0x00, 0x00 }, USB_REFUSED, "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct usb_policy p = { 0 };

		if (usb_judge(&p, &some, &rows[i].is) != rows[i].verdict)
			fail_msg("%s", rows[i].word);
		assert_string_equal(usb_word(&rows[i].is), rows[i].word);
	}
}

/* No class but those four and the keyboard, whatever else is in the number. */
static void
all_else_is_refused(void **state)
{
	struct usb_policy p = { .booted = true };
	unsigned accepted = 0;

	(void)state;
	for (unsigned n = 0; n < 1 << 24; n++) {
		struct usb_interface i = { (uint8_t)(n >> 16),
			(uint8_t)(n >> 8), (uint8_t)n };

		accepted += usb_judge(&p, &some, &i) != USB_REFUSED;
	}
	assert_int_equal(accepted, 4 << 16);
}

static const struct usb_interface keyboard = { 3, 1, 1 };

static void
keyboards_are_closed_once_booted(void **state)
{
	struct usb_policy p = { 0 };
	struct usb_device first = some, other;

	(void)state;
	strcpy(first.serial, "A");
	assert_int_equal(usb_judge(&p, &first, &keyboard), USB_KEYBOARD);
	p.booted = true;
	assert_int_equal(usb_judge(&p, &first, &keyboard), USB_KEYBOARD);
	other = first;
	strcpy(other.port, "1-3");
	assert_int_equal(usb_judge(&p, &other, &keyboard), USB_REFUSED);
	other = first;
	other.vendor++;
	assert_int_equal(usb_judge(&p, &other, &keyboard), USB_REFUSED);
	other = first;
	other.product++;
	assert_int_equal(usb_judge(&p, &other, &keyboard), USB_REFUSED);
	other = first;
	strcpy(other.serial, "");
	assert_int_equal(usb_judge(&p, &other, &keyboard), USB_REFUSED);
	/* its name is of no weight */
	other = first;
	strcpy(other.name, "other");
	assert_int_equal(usb_judge(&p, &other, &keyboard), USB_KEYBOARD);
	assert_int_equal(p.keyboards, 1);
}

static void
only_so_many_keyboards(void **state)
{
	struct usb_policy p = { 0 };
	struct usb_device d = some;

	(void)state;
	for (int i = 0; i < USB_KEYBOARDS_MAX; i++) {
		d.vendor = (uint16_t)i;
		assert_int_equal(usb_judge(&p, &d, &keyboard), USB_KEYBOARD);
		assert_int_equal(usb_judge(&p, &d, &keyboard), USB_KEYBOARD);
	}
	d.vendor = 0xffff;
	assert_int_equal(usb_judge(&p, &d, &keyboard), USB_REFUSED);
}

/* The line of a device with these interfaces, judged by the policy. */
static const char *
line(struct usb_policy *p, const char *name, size_t count,
    const struct usb_interface *i)
{
	static char out[USB_LINE_MAX];
	enum usb_verdict v[USB_INTERFACES_MAX];
	struct usb_device d = some;

	snprintf(d.name, sizeof(d.name), "%s", name);
	for (size_t n = 0; n < count; n++)
		v[n] = usb_judge(p, &d, &i[n]);
	usb_line(p, &d, i, v, count, out);
	return out;
}

#define LINE(policy, name, ...)                                                \
	line(policy, name,                                                     \
	    sizeof((struct usb_interface[]){ __VA_ARGS__ }) /                  \
		sizeof(struct usb_interface),                                  \
	    (const struct usb_interface[]){ __VA_ARGS__ })

static void
lines_say_what_was_refused(void **state)
{
	struct usb_policy p = { 0 }, late = { .booted = true };
	struct usb_policy many = { .keyboards = USB_KEYBOARDS_MAX };

	(void)state;
	assert_string_equal(LINE(&p, "N", { 2, 2, 255 }, { 10, 0, 0 }),
	    "1-2 1234:abcd refused communications, data: \"N\"");
	/* a camera that hears, too: each word once */
	assert_string_equal(LINE(&p, "C", { 14, 1, 0 }, { 14, 2, 0 },
				{ 1, 1, 0 }, { 1, 2, 0 }),
	    "1-2 1234:abcd refused audio, kept camera: \"C\"");
	assert_string_equal(LINE(&p, "", { 3, 1, 1 }, { 3, 0, 0 }),
	    "1-2 1234:abcd refused other input, kept keyboard");
	assert_string_equal(LINE(&p, "", { 8, 6, 80 }),
	    "1-2 1234:abcd kept storage");
	assert_string_equal(LINE(&late, "K", { 3, 1, 1 }),
	    "1-2 1234:abcd refused keyboard (it came after the start): \"K\"");
	/* a stick that types */
	assert_string_equal(LINE(&late, "", { 8, 6, 80 }, { 3, 1, 1 }),
	    "1-2 1234:abcd refused keyboard (it came after the start), kept "
	    "storage");
	assert_string_equal(LINE(&many, "K", { 3, 1, 1 }),
	    "1-2 1234:abcd refused keyboard (there are too many): \"K\"");
	assert_string_equal(line(&p, "none", 0, NULL),
	    "1-2 1234:abcd: \"none\"");
}

static void
names_are_escaped(void **state)
{
	struct usb_policy p = { 0 };
	char full[USB_TEXT_MAX];

	(void)state;
	assert_string_equal(LINE(&p, "a\033[2J\n\"\\\xe2\x82\xac", { 1, 1, 0 }),
	    "1-2 1234:abcd refused audio: "
	    "\"a\\x1b[2J\\x0a\\x22\\x5c\\xe2\\x82\\xac\"");
	memset(full, '\n', sizeof(full) - 1);
	full[sizeof(full) - 1] = '\0';
	assert_string_equal(LINE(&p, full, { 1, 1, 0 }),
	    "1-2 1234:abcd refused audio: "
	    "\"\\x0a\\x0a\\x0a\\x0a\\x0a\\x0a\\x0a\\x0a\\x0a\\x0a\"");
}

/* All words at once, and a port's and name's greatest length, are one line. */
static void
a_line_ends(void **state)
{
	struct usb_policy p = { 0 };
	struct usb_interface i[USB_INTERFACES_MAX];
	enum usb_verdict v[USB_INTERFACES_MAX] = { USB_REFUSED };
	struct usb_device d = { 0 };
	char out[USB_LINE_MAX];

	(void)state;
	memset(d.port, '1', sizeof(d.port) - 1);
	memset(d.name, '\n', sizeof(d.name) - 1);
	for (size_t n = 0; n < USB_INTERFACES_MAX; n++) {
		static const uint8_t far[] = { 0xdc, 0xe0, 0xef, 0xfe, 0xff };

		i[n] = (struct usb_interface){ (uint8_t)n, 0, 0 };
		if (n >= USB_INTERFACES_MAX - sizeof(far))
			i[n].class = far[n + sizeof(far) - USB_INTERFACES_MAX];
	}
	memset(out, 'x', sizeof(out));
	usb_line(&p, &d, i, v, USB_INTERFACES_MAX, out);
	assert_true(strlen(out) < USB_LINE_MAX);
	assert_string_equal(out + strlen(out) - 5, "\\x0a\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_class_is_judged),
		cmocka_unit_test(all_else_is_refused),
		cmocka_unit_test(keyboards_are_closed_once_booted),
		cmocka_unit_test(only_so_many_keyboards),
		cmocka_unit_test(lines_say_what_was_refused),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(a_line_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
