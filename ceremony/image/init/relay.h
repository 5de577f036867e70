/* SPDX-License-Identifier: ISC */
/*
 * Between the kernel and those who listen to udev: init hears of a device
 * first, and they hear of it when it was let in.
 */
#ifndef INIT_RELAY_H
#define INIT_RELAY_H

#include "ceremony/image/init/usb.h"

#define RELAY_BATCH 64 /* events taken at once, before others have a turn */
#define RELAY_BUFFER (8 << 20) /* octets of events that may wait */

struct relay {
	int kernel;    /* poll() it for POLLIN */
	int listeners; /* sends to libudev's group */
	char octets[UEVENT_MAX];
	uint8_t message[UEVENT_MONITOR_MAX];
};

/*
 * Open both sockets; before the modules are loaded, so that no device is
 * missed.  Returns false with errno.
 */
bool relay_open(struct relay *relay);

/*
 * Take what is there to be read, up to RELAY_BATCH events.  Returns true if
 * there was one.
 */
bool relay_run(struct relay *relay, struct usb *usb);

#endif
