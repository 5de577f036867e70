/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/usb_policy.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ANY (-1)
#define NAME_SHOWN 40 /* octets of a name, escaped, in a line */

/* Class codes of USB-IF; the first row that fits counts. */
static const struct {
	int class, subclass, protocol;
	enum usb_verdict verdict;
	const char *word;
} table[] = {
	{ 0x08, ANY, ANY, USB_ACCEPTED, "storage" },
	{ 0x0b, ANY, ANY, USB_READER, "smartcard reader" },
	{ 0x0e, ANY, ANY, USB_ACCEPTED, "camera" },
	{ 0x09, ANY, ANY, USB_ACCEPTED, "hub" },
	/* with the boot protocol; what is beside it on a keyboard is not */
	{ 0x03, 0x01, 0x01, USB_KEYBOARD, "keyboard" },
	{ 0x03, 0x01, 0x02, USB_REFUSED, "mouse" },
	{ 0x03, ANY, ANY, USB_REFUSED, "other input" },
	{ 0x01, ANY, ANY, USB_REFUSED, "audio" },
	{ 0x02, ANY, ANY, USB_REFUSED, "communications" },
	{ 0x05, ANY, ANY, USB_REFUSED, "physical" },
	{ 0x06, ANY, ANY, USB_REFUSED, "still camera" },
	{ 0x07, ANY, ANY, USB_REFUSED, "printer" },
	{ 0x0a, ANY, ANY, USB_REFUSED, "data" },
	{ 0x0d, ANY, ANY, USB_REFUSED, "content security" },
	{ 0x0f, ANY, ANY, USB_REFUSED, "health" },
	{ 0x10, ANY, ANY, USB_REFUSED, "audio and video" },
	{ 0x11, ANY, ANY, USB_REFUSED, "billboard" },
	{ 0x12, ANY, ANY, USB_REFUSED, "USB-C bridge" },
	{ 0xdc, ANY, ANY, USB_REFUSED, "diagnostic" },
	{ 0xe0, ANY, ANY, USB_REFUSED, "wireless" },
	{ 0xef, ANY, ANY, USB_REFUSED, "miscellaneous" },
	{ 0xfe, ANY, ANY, USB_REFUSED, "application" },
	{ 0xff, ANY, ANY, USB_REFUSED, "vendor's own" },
	{ ANY, ANY, ANY, USB_REFUSED, "unknown" },
};

static bool
fits(int row, uint8_t is)
{
	return row == ANY || row == is;
}

static size_t
row_of(const struct usb_interface *i)
{
	size_t row = 0;

	while (row < COUNT(table) - 1 &&
	    !(fits(table[row].class, i->class) &&
		fits(table[row].subclass, i->subclass) &&
		fits(table[row].protocol, i->protocol)))
		row++;
	return row;
}

static bool
same(const struct usb_device *a, const struct usb_device *b)
{
	return strcmp(a->port, b->port) == 0 && a->vendor == b->vendor &&
	    a->product == b->product && strcmp(a->serial, b->serial) == 0;
}

static enum usb_verdict
judge_keyboard(struct usb_policy *policy, const struct usb_device *device)
{
	for (size_t i = 0; i < policy->keyboards; i++) {
		if (same(&policy->keyboard[i], device))
			return USB_KEYBOARD;
	}
	if (policy->booted || policy->keyboards == USB_KEYBOARDS_MAX)
		return USB_REFUSED;
	policy->keyboard[policy->keyboards++] = *device;
	return USB_KEYBOARD;
}

enum usb_verdict
usb_judge(struct usb_policy *policy, const struct usb_device *device,
    const struct usb_interface *interface)
{
	enum usb_verdict verdict = table[row_of(interface)].verdict;

	return verdict == USB_KEYBOARD ? judge_keyboard(policy, device)
				       : verdict;
}

const char *
usb_word(const struct usb_interface *interface)
{
	return table[row_of(interface)].word;
}

/* ---- the line for people -------------------------------------------------------- */

static void
add(char *out, const char *text)
{
	size_t at = strlen(out);

	snprintf(out + at, USB_LINE_MAX - at, "%s", text);
}

/* The words of those interfaces that were refused, or were not; each once. */
static void
add_words(char *out, const char *head, const struct usb_interface *interfaces,
    const enum usb_verdict *verdicts, size_t count, bool refused)
{
	bool said[COUNT(table)] = { false };
	const char *between = head;

	for (size_t i = 0; i < count; i++) {
		size_t row = row_of(&interfaces[i]);

		if ((verdicts[i] == USB_REFUSED) != refused || said[row])
			continue;
		said[row] = true;
		add(out, between);
		add(out, table[row].word);
		between = ", ";
	}
}

static void
add_name(char *out, const char *name)
{
	char shown[NAME_SHOWN + 5] = "";
	size_t at = 0;

	for (; *name != '\0' && at < NAME_SHOWN; name++) {
		unsigned char c = (unsigned char)*name;

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
			at += (size_t)snprintf(shown + at, 2, "%c", c);
		else
			at += (size_t)snprintf(shown + at, 5, "\\x%02x", c);
	}
	add(out, ": \"");
	add(out, shown);
	add(out, "\"");
}

void
usb_line(const struct usb_policy *policy, const struct usb_device *device,
    const struct usb_interface *interfaces, const enum usb_verdict *verdicts,
    size_t count, char *out)
{
	bool refused = false;

	for (size_t i = 0; i < count; i++)
		refused = refused || verdicts[i] == USB_REFUSED;
	snprintf(out, USB_LINE_MAX, "%.*s %04x:%04x", USB_PORT_MAX,
	    device->port, device->vendor, device->product);
	add_words(out, " refused ", interfaces, verdicts, count, true);
	for (size_t i = 0; i < count; i++) {
		if (verdicts[i] != USB_REFUSED ||
		    table[row_of(&interfaces[i])].verdict != USB_KEYBOARD)
			continue;
		add(out,
		    policy->booted ? " (it came after the start)"
				   : " (there are too many)");
		break;
	}
	add_words(out, refused ? ", kept " : " kept ", interfaces, verdicts,
	    count, false);
	if (device->name[0] != '\0')
		add_name(out, device->name);
}
