/* SPDX-License-Identifier: ISC */
#ifndef MENU_BOOT_MEDIUM_H
#define MENU_BOOT_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/media.h"

/*
 * The medium that this machine was started from, read back.  It is an ISO 9660
 * volume, MEDIA_IMAGE_VOLUME, that begins at the device's first octet; its digest
 * is that of the image's file.  Media that can be taken out are opened, and no
 * others.
 */
#define BOOT_OCTETS_MIN (17 * 2048) /* that its descriptor lies in */
#define BOOT_OCTETS_MAX (1u << 30)  /* of a volume that is read */
#define BOOT_MEDIA_MAX 4            /* told of */

enum boot_look {
	BOOT_OTHER, /* something else, or nothing */
	BOOT_IMAGE, /* octets are there to be read */
	BOOT_FAULT, /* it says that it is the image, and cannot be; or no
		     * reading */
};
/*
 * Is this one?  fd is read at places of its own, from the medium and not from
 * what the kernel kept of it; size: octets that it has.  *octets are set with
 * BOOT_IMAGE, *why with BOOT_FAULT.
 */
enum boot_look
boot_look(int fd, uint64_t size, uint64_t *octets, const char **why);

/* Called now and then while octets are read; may be NULL. */
typedef void boot_progress(void *arg, uint64_t done, uint64_t total);
/* SHA-256 of the first octets, which are read in the same way.  False: it cannot
 * be read, or ends before. */
bool boot_digest(int fd, uint64_t octets, boot_progress *progress, void *arg,
    uint8_t sha256[32]);

struct boot_medium {
	struct media_device device;
	uint64_t octets;
	uint8_t sha256[32];
	char why[200]; /* it could not be read, or "" */
};
struct boot_media {
	size_t count; /* at most BOOT_MEDIA_MAX */
	struct boot_medium media[BOOT_MEDIA_MAX];
	bool more;     /* than are told of */
	char why[200]; /* no media could be looked for, or "" */
};
/* Look at all media that can be taken out, and read those that are one. */
void boot_media_read(bool loops, boot_progress *progress, void *arg,
    struct boot_media *out);
/* The digest that all of them have, if there is one; NULL otherwise. */
const uint8_t *boot_media_digest(const struct boot_media *m);

#endif
