/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_MEDIA_H
#define TRANSFER_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "transfer/error.h"

/*
 * Removable media, found in sysfs and recognised by their first octets.  All
 * that is on a medium, its names included, was written by somebody else.
 */
#define MEDIA_MAX 32       /* devices told of */
#define MEDIA_DEV_MAX 31   /* characters of a device's name, "sdb1" */
#define MEDIA_TEXT_MAX 64  /* characters of a label, serial or model, escaped */
#define MEDIA_DEPTH_MAX 16 /* folders of sysfs above a device that are read */

/* ---- names for people ------------------------------------------------------ */

/* Octets as text that is safe on a terminal: printable ASCII as it is, but
 * "\\" for a backslash and "\xHH" for every other octet.  What does not fit
 * in size ends in "...".  Two names of one text are the same name, unless it
 * was cut. */
void media_escape(const void *in, size_t len, char *out, size_t size);

/* ---- what is on a medium --------------------------------------------------- */

enum media_fs_kind {
	MEDIA_FS_EMPTY = 0, /* zeros, or erased flash */
	MEDIA_FS_UNKNOWN,   /* something that is not recognised */
	MEDIA_FS_TABLE,     /* a partition table: look at its partitions */
	MEDIA_FS_MIXED,     /* the marks of more than one: none is believed */
	MEDIA_FS_VFAT,
	MEDIA_FS_EXFAT,
	MEDIA_FS_EXT4,
	MEDIA_FS_ISO9660,
	MEDIA_FS_COUNT
};
/* "vfat" as the kernel names it, or "empty", "not recognised", ... */
const char *media_fs_name(enum media_fs_kind kind);
/* Is it one that is mounted? */
bool media_fs_usable(enum media_fs_kind kind);

struct media_fs {
	enum media_fs_kind kind;
	char label[MEDIA_TEXT_MAX + 1]; /* escaped; "" when there is none */
	char uuid[MEDIA_TEXT_MAX + 1];
	uint64_t size; /* octets it says it takes */
	bool oversize; /* more than the device has: cut off, or forged */
};
/* Where a medium's octets come from: all of len at `at`, or false. */
struct media_source {
	bool (*read)(void *arg, uint64_t at, void *out, size_t len);
	void *arg;
	uint64_t size; /* octets of the device */
};
/*
 * Recognise vfat (Microsoft FAT specification, 1.03, 3), exfat (exFAT
 * specification, 3.1), ext4 (Linux Documentation/filesystems/ext4, super
 * block) and iso9660 (ECMA-119, 8.4) by their magic; a superblock whose own
 * numbers make no sense is none.  False: the device cannot be read.
 */
bool media_fs_look(const struct media_source *s, struct media_fs *out);

/* The volume of the bootable image; ECMA-119, 8.4.7. */
#define MEDIA_IMAGE_VOLUME "ANCHORITE_IMAGE"

/* ---- devices --------------------------------------------------------------- */

enum media_bus {
	MEDIA_BUS_OTHER, /* removable by its own word */
	MEDIA_BUS_USB,
	MEDIA_BUS_SD,
	MEDIA_BUS_LOOP
};
const char *media_bus_name(enum media_bus bus);

/* A disk or partition that may be used. */
struct media_device {
	char name[MEDIA_DEV_MAX + 1]; /* below /dev */
	char disk[MEDIA_DEV_MAX + 1]; /* the same, unless a partition */
	unsigned major, minor;
	uint64_t size;    /* octets */
	uint64_t diskseq; /* the kernel's number of this insertion, or 0 */
	enum media_bus bus;
	bool partition, read_only;
	bool in_use;                    /* something on this disk is mounted */
	char model[MEDIA_TEXT_MAX + 1]; /* escaped; "" when not known */
	char serial[MEDIA_TEXT_MAX + 1];
	struct media_fs fs; /* not filled in by media_find() */
	bool image;         /* neither is this: of media_is_image() */
};
/*
 * Disks and partitions that can be taken out: on USB, an SD card, or removable
 * by the driver's word; never a disk that is built in (eMMC, NVMe, SATA,
 * virtual ones), and none without a medium in it.
 *
 * sysfs_fd   /sys, or a tree like it.
 * mountinfo  the text of /proc/self/mountinfo: disks in it are in_use, which
 *            is how the medium shows that this machine runs from.
 * loops      loop devices with a file behind them count as well.
 * out        room for max; sorted by name.
 *
 * Errors: IO (sysfs cannot be read), SIZE (more than max: *count is max).
 */
enum transfer_error media_find(int sysfs_fd, const char *mountinfo, bool loops,
    struct media_device *out, size_t max, size_t *count);
/* Whether the device at this place is the volume of the bootable image, or a
 * part of a disk that is.  It stands behind its disk, and fs is filled in up to
 * there. */
bool media_is_image(const struct media_device *list, size_t at);

#endif
