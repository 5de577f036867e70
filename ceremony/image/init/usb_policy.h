/* SPDX-License-Identifier: ISC */
/*
 * Which USB devices a ceremony's machine takes: a decision on numbers, with no
 * device in reach.  Each interface of a device is judged by itself.
 */
#ifndef INIT_USB_POLICY_H
#define INIT_USB_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USB_KEYBOARDS_MAX 4   /* that are there when the machine is booted */
#define USB_INTERFACES_MAX 32 /* USB_MAXINTERFACES of the kernel */
#define USB_PORT_MAX                                                           \
	32 /* octets of a port's path, such as 1-2.4, end included */
#define USB_TEXT_MAX 127 /* octets of a device's string, end included */

/* What a device says of itself; all but the port is its own word. */
struct usb_device {
	char port[USB_PORT_MAX];
	uint16_t vendor, product;
	char serial[USB_TEXT_MAX]; /* as it is, or empty */
	char name[USB_TEXT_MAX];   /* as it is, or empty */
};

struct usb_interface {
	uint8_t class, subclass, protocol;
};

enum usb_verdict {
	USB_REFUSED = 0,
	USB_ACCEPTED,
	USB_READER,   /* accepted, and pcscd may open the device */
	USB_KEYBOARD, /* accepted until the machine is booted */
};

/* Starts out as zeros. */
struct usb_policy {
	bool booted; /* no new keyboards */
	size_t keyboards;
	struct usb_device keyboard[USB_KEYBOARDS_MAX];
};

/*
 * Judge one interface.  A keyboard that is accepted before the machine is
 * booted is remembered by port, numbers and serial; afterwards it alone is
 * accepted, in the port where it was.
 *
 * Returns USB_REFUSED for all that no row of the table names.
 */
enum usb_verdict usb_judge(struct usb_policy *policy,
    const struct usb_device *device, const struct usb_interface *interface);

/* What an interface is, in a word or two; never NULL. */
const char *usb_word(const struct usb_interface *interface);

/*
 * The line for people about a device with interfaces that were refused:
 * port, numbers, what was refused and what was kept, its own name last, with
 * everything in it escaped that is not a printable ASCII character.
 *
 *   1-2 0525:a4a2 refused communications, data: "RNDIS/QEMU USB Network"
 *   1-3 0627:0001 refused keyboard (it came after the start): "QEMU Keyboard"
 *
 * out  at least USB_LINE_MAX octets; no line feed at its end.
 */
#define USB_LINE_MAX 512
void usb_line(const struct usb_policy *policy, const struct usb_device *device,
    const struct usb_interface *interfaces, const enum usb_verdict *verdicts,
    size_t count, char *out);

#endif
