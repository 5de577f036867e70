/* SPDX-License-Identifier: ISC */
/*
 * USB devices in /sys: taking those in that the policy accepts.  The kernel
 * takes none by itself: usbcore is loaded with authorized_default=0, and each
 * bus is told to leave interfaces alone.
 */
#ifndef INIT_USB_H
#define INIT_USB_H

#include <stdbool.h>
#include <sys/types.h>

#include "ceremony/image/init/uevent.h"
#include "ceremony/image/init/usb_policy.h"

#define USB_LINES_MAX 200 /* of refused devices, told to people */

/* Where things are, which a test has elsewhere. */
struct usb {
	const char *sys;       /* "/sys" */
	const char *dev;       /* "/dev" */
	const char *refused;   /* file of the lines of usb_line() */
	const char *keyboards; /* file of those that were accepted */
	const char *known;     /* folder that tells libudev what it may list */
	uid_t uid;             /* pcscd's */
	gid_t gid;
	unsigned lines; /* written so far */
	struct usb_policy policy;
};

/* Files are made empty, and the folder.  Returns false with errno. */
bool usb_start(struct usb *usb);

/*
 * The kernel said something of a device of the subsystem usb.  A device is
 * judged and let in, or not, when the kernel has bound it: before that, the
 * kernel would choose its configuration once more and forget who was let in.
 *
 * event  becomes ACTION=add if it was another word for that.
 *
 * Returns true if pcscd is to hear of it: what is gone, and what was let in.
 */
bool usb_event(struct usb *usb, struct uevent *event);

/*
 * The kernel's words were lost for once: have it say again what is there.
 */
void usb_again(const struct usb *usb);

/*
 * The machine is booted: no new keyboards, nor one at a PS/2 port that had
 * none.
 */
void usb_booted(struct usb *usb);

#endif
