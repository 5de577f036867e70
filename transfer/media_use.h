/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_MEDIA_USE_H
#define TRANSFER_MEDIA_USE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"
#include "transfer/media.h"

#define MEDIA_NAME_MAX 255         /* octets of a name */
#define MEDIA_PATH_MAX 1024        /* octets of a path on a medium */
#define MEDIA_SHOWN_MAX 10000      /* entries of a folder that are told of */
#define MEDIA_ENTRIES_MAX 100000   /* entries of a folder that are counted */
#define MEDIA_FILE_MAX (64u << 20) /* octets of a file that is taken */

/*
 * A medium as its files are reached: mounted for each use, and for no longer.
 * Tests put folders in the place of devices.
 *
 * mount    *root becomes a new descriptor of its root folder.
 * unmount  closes root; all that was written is on the medium then, and it is
 *          not mounted.  It is closed on errors, too.
 *
 * Both fill in fault (one line, names escaped) on errors.
 */
struct media_port {
	enum transfer_error (*mount)(void *arg, bool writable, int *root,
	    struct transfer_fault *fault);
	enum transfer_error (
	    *unmount)(void *arg, int root, struct transfer_fault *fault);
	void *arg;
};

/* ---- listing --------------------------------------------------------------- */

enum media_entry_kind {
	MEDIA_ENTRY_FILE,
	MEDIA_ENTRY_FOLDER,
	MEDIA_ENTRY_LINK,
	MEDIA_ENTRY_DEVICE,
	MEDIA_ENTRY_FIFO,
	MEDIA_ENTRY_SOCKET,
	MEDIA_ENTRY_OTHER, /* the medium does not say, or cannot */
	MEDIA_ENTRY_COUNT
};
/* "file", "folder", ... */
const char *media_entry_name(enum media_entry_kind kind);
struct media_entry {
	char *name; /* as it stands there, up to MEDIA_NAME_MAX octets */
	enum media_entry_kind kind;
	uint64_t size; /* octets of a file */
};
struct media_listing {
	struct media_entry *entries; /* by name, octet by octet */
	size_t count;                /* at most MEDIA_SHOWN_MAX */
	size_t total;                /* at most MEDIA_ENTRIES_MAX */
	bool more;                   /* than total: the rest was not read */
};
/* What is in an open folder, "." and ".." left out; nothing is opened.
 * Errors: IO, MEMORY; *out is empty then. */
enum transfer_error media_list_folder(int dirfd, struct media_listing *out,
    struct transfer_fault *fault);
/* The same of a folder on a medium; path is relative, "." is its root.
 * Errors besides: those of mounting, FIELD (no path). */
enum transfer_error media_list(const struct media_port *port, const char *path,
    struct media_listing *out, struct transfer_fault *fault);
void media_listing_clear(struct media_listing *l);

/* ---- files ----------------------------------------------------------------- */

/*
 * Read a file once into a sealed memfd.  Links are not followed, devices,
 * FIFOs and sockets not opened, the path does not leave the medium, and the
 * medium is unmounted when this returns.
 *
 * max     octets; at most MEDIA_FILE_MAX.
 * *memfd  new, at offset 0, sealed against every change; -1 on error.
 *
 * Errors: those of mounting, FIELD (no path), SIZE, IO (also when the file
 * changed while it was read), MEMORY.
 */
enum transfer_error media_read(const struct media_port *port, const char *path,
    size_t max, int *memfd, uint64_t *size, uint8_t sha256[32],
    struct transfer_fault *fault);
/*
 * Write a new file into the root folder: fsync, unmount, mount again read-only,
 * compare octet by octet, unmount.
 *
 * name  printable ASCII without '/'.
 *
 * Errors: those of mounting, FIELD (no name), EXISTS, IO.  The fault says
 * whether a file of that name stands on the medium now.
 */
enum transfer_error media_write(const struct media_port *port, const char *name,
    const uint8_t *data, size_t len, struct transfer_fault *fault);
/* Is it a name that media_write() takes? */
bool media_name_valid(const char *name);

/* ---- devices --------------------------------------------------------------- */

/* Recognise what is on d, into d->fs.  Errors: IO. */
enum transfer_error
media_device_look(struct media_device *d, struct transfer_fault *fault);
/* Open the device, if it is the one that was found.  While it is open its
 * number becomes no other one's.  flags: as open() has them.  Errors: IO; *fd is
 * -1 then. */
enum transfer_error media_device_open(const struct media_device *d, int flags,
    int *fd, struct transfer_fault *fault);
/* Whether nothing at all of the disk that d is on is in use: mounted by
 * whomever, swapped to, part of an array.  Errors: IO. */
enum transfer_error
media_device_alone(const struct media_device *d, struct transfer_fault *fault);
/* From here on nothing that this process mounts is seen by another.  Errors:
 * IO (not permitted). */
enum transfer_error media_namespace(struct transfer_fault *fault);
/*
 * d, which must stay, as a port.  It is mounted nodev, nosuid, noexec, into no
 * folder at all; read-only unless writable.  Each time it is made sure first
 * that it is the same medium: device number, size, the kernel's number of its
 * insertion and its superblock's uuid are as they were found.
 */
void media_device_port(struct media_device *d, struct media_port *out);
/* Is the same medium still there, unused, no boot medium, and able to be written
 * to?  Errors: IO. */
enum transfer_error media_device_check(const struct media_device *d,
    bool writable, struct transfer_fault *fault);

#endif
