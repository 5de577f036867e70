/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/boot_medium.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ceremony/menu/devices.h"
#include "transfer/media_use.h"

#define SECTOR 2048
#define DESCRIPTOR_AT (16 * SECTOR)
#define PART (256u << 10) /* octets that are read at a time */

/* ---- one medium ------------------------------------------------------------- */

/* What the kernel kept of it goes, while others have it open as well; the ioctl
 * is for root alone. */
static void
forget(int fd)
{
	ioctl(fd, BLKFLSBUF, 0);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

/* All of len at `at`. */
static bool
read_at(int fd, uint64_t at, uint8_t *out, size_t len)
{
	while (len > 0) {
		ssize_t n = pread(fd, out, len, (off_t)at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		out += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

static bool
has_name(const uint8_t *descriptor)
{
	char name[33];

	snprintf(name, sizeof(name), "%-32s", MEDIA_IMAGE_VOLUME);
	return memcmp(descriptor, "\001CD001\001", 7) == 0 &&
	    memcmp(descriptor + 40, name, 32) == 0;
}

static uint32_t
le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static uint32_t
be32(const uint8_t *p)
{
	return p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[0] << 24;
}

/* ECMA-119, 8.4: numbers stand there in both orders. */
enum boot_look
boot_look(int fd, uint64_t size, uint64_t *octets, const char **why)
{
	uint8_t d[SECTOR];

	if (size < BOOT_OCTETS_MIN)
		return BOOT_OTHER;
	*why = "it cannot be read";
	forget(fd);
	if (!read_at(fd, DESCRIPTOR_AT, d, sizeof(d)))
		return BOOT_FAULT;
	if (!has_name(d))
		return BOOT_OTHER;
	*why = "its volume descriptor is damaged";
	if (le32(d + 80) != be32(d + 84) || d[128] != 0 ||
	    d[129] != SECTOR >> 8 || d[130] != SECTOR >> 8 || d[131] != 0)
		return BOOT_FAULT;
	*octets = (uint64_t)le32(d + 80) * SECTOR;
	*why = "its volume is shorter than it can be, or too large";
	if (*octets < BOOT_OCTETS_MIN || *octets > BOOT_OCTETS_MAX)
		return BOOT_FAULT;
	*why = "its volume is cut off";
	return *octets > size ? BOOT_FAULT : BOOT_IMAGE;
}

bool
boot_digest(int fd, uint64_t octets, boot_progress *progress, void *arg,
    uint8_t sha256[32])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t *part = malloc(PART);
	bool ok = md != NULL && part != NULL &&
	    EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

	forget(fd);
	for (uint64_t at = 0; ok && at < octets;) {
		size_t len =
		    octets - at < PART ? (size_t)(octets - at) : (size_t)PART;

		ok = read_at(fd, at, part, len) &&
		    EVP_DigestUpdate(md, part, len) == 1;
		at += len;
		if (ok && progress != NULL)
			progress(arg, at, octets);
	}
	ok = ok && EVP_DigestFinal_ex(md, sha256, NULL) == 1;
	EVP_MD_CTX_free(md);
	free(part);
	return ok;
}

/* ---- all of them ------------------------------------------------------------ */

/* False: it is none. */
static bool
read_one(struct boot_medium *b, boot_progress *progress, void *arg)
{
	struct transfer_fault fault = { .text = "" };
	const char *why = "";
	enum boot_look look = BOOT_OTHER;
	int fd = -1;

	/* what cannot be opened did not start this machine */
	if (media_device_open(&b->device, O_RDONLY, &fd, &fault) != TRANSFER_OK)
		return false;
	look = boot_look(fd, b->device.size, &b->octets, &why);
	if (look == BOOT_IMAGE &&
	    !boot_digest(fd, b->octets, progress, arg, b->sha256)) {
		look = BOOT_FAULT;
		why = "it cannot be read to its end";
	}
	if (look == BOOT_FAULT)
		snprintf(b->why, sizeof(b->why), "%s", why);
	close(fd);
	return look != BOOT_OTHER;
}

static void
read_all(const struct media_device *found, size_t count,
    boot_progress *progress, void *arg, struct boot_media *out)
{
	for (size_t i = 0; i < count; i++) {
		struct boot_medium b = { .device = found[i] };

		/* the volume is the disk's, whatever its table says */
		if (found[i].partition || !read_one(&b, progress, arg))
			continue;
		if (out->count == BOOT_MEDIA_MAX) {
			out->more = true;
			return;
		}
		out->media[out->count++] = b;
	}
}

void
boot_media_read(bool loops, boot_progress *progress, void *arg,
    struct boot_media *out)
{
	struct media_device found[MEDIA_MAX];
	size_t count = 0;

	memset(out, 0, sizeof(*out));
	if (!devices_find(loops, found, &count))
		snprintf(out->why, sizeof(out->why),
		    "/sys or /proc cannot be read");
	read_all(found, count, progress, arg, out);
}

const uint8_t *
boot_media_digest(const struct boot_media *m)
{
	if (m->count == 0 || m->more)
		return NULL;
	for (size_t i = 0; i < m->count; i++) {
		if (m->media[i].why[0] != '\0' ||
		    memcmp(m->media[i].sha256, m->media[0].sha256, 32) != 0)
			return NULL;
	}
	return m->media[0].sha256;
}
