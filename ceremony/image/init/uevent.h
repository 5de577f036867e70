/* SPDX-License-Identifier: ISC */
/*
 * What the kernel says of devices (lib/kobject_uevent.c), and the same in the
 * words of libudev, to which pcscd and libusb listen.
 */
#ifndef INIT_UEVENT_H
#define INIT_UEVENT_H

#include <stddef.h>
#include <stdint.h>

#define UEVENT_MAX                                                             \
	8192                /* octets of a message; the kernel makes up to 2 KiB
			    * and a path */
#define UEVENT_KEYS_MAX 64  /* UEVENT_NUM_ENVP of the kernel */
#define UEVENT_PATH_MAX 512 /* octets of a device's path, its end included */
#define UEVENT_MONITOR_MAX (UEVENT_MAX + 128)

enum uevent_error {
	UEVENT_OK = 0,
	UEVENT_ERR_SIZE,      /* empty, too long, or no NUL at its end */
	UEVENT_ERR_HEADER,    /* not "action@path", or not what follows */
	UEVENT_ERR_KEY,       /* not KEY=value */
	UEVENT_ERR_DUPLICATE, /* a key stands there twice */
	UEVENT_ERR_MANY,      /* more than UEVENT_KEYS_MAX */
	UEVENT_ERR_PATH,      /* too long, or leads out of /sys */
	UEVENT_ERR_MISSING    /* no ACTION, DEVPATH, SUBSYSTEM or SEQNUM */
};

/* A message; all texts lie in the octets that it was read from. */
struct uevent {
	const char *action;    /* add, remove, bind ... */
	const char *devpath;   /* below /sys, begins with a slash */
	const char *subsystem; /* usb, block ... */
	const char *devtype;   /* such as usb_interface, or NULL */
	const char *devname;   /* below /dev, or NULL */
	const char *major;     /* decimal digits, or NULL */
	const char *minor;     /* decimal digits, or NULL */
	size_t keys;
	const char *key[UEVENT_KEYS_MAX]; /* KEY=value, as they came */
};

/*
 * Read a message of the kernel's.
 *
 * octets  borrowed, and as long as *event is used; len of them.
 *
 * Returns UEVENT_OK or why it is none; then *event holds nothing.
 */
enum uevent_error
uevent_parse(const char *octets, size_t len, struct uevent *event);
const char *uevent_strerror(enum uevent_error error);

/* Make it another action, such as "ACTION=add"; borrowed as the octets are. */
void uevent_become(struct uevent *event, const char *action);

/*
 * Write a message of libudev's monitor, as systemd 252 makes it
 * (sd-device-monitor): "libudev", magic, sizes, hashes that its listeners'
 * socket filters look at, and the properties with DEVNAME below /dev.
 *
 * Returns its length in out, or 0 if size is too small; UEVENT_MONITOR_MAX is
 * enough for each message that was read.
 */
size_t uevent_monitor(const struct uevent *event, uint8_t *out, size_t size);

/* MurmurHash2 with seed 0, as libudev hashes a subsystem's name. */
uint32_t uevent_hash(const char *text);

#endif
