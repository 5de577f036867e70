/* SPDX-License-Identifier: ISC */
#ifndef TESTS_TRANSFER_MEDIA_IMAGE_H
#define TESTS_TRANSFER_MEDIA_IMAGE_H

/* Beginnings of media, made by hand from the specifications. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/media.h"

#define IMAGE_SIZE (256u << 10)

struct image {
	uint8_t data[IMAGE_SIZE];
	uint64_t size;   /* what the device says it has */
	uint64_t broken; /* reads beyond fail */
};

static inline bool
image_read(void *arg, uint64_t at, void *out, size_t len)
{
	const struct image *m = arg;

	if (at + len > m->broken || at + len > sizeof(m->data))
		return false;
	memcpy(out, m->data + at, len);
	return true;
}

static inline void
put16(uint8_t *p, uint32_t n)
{
	p[0] = (uint8_t)n;
	p[1] = (uint8_t)(n >> 8);
}

static inline void
put32(uint8_t *p, uint32_t n)
{
	put16(p, n);
	put16(p + 2, n >> 16);
}

static inline void
image_vfat(struct image *m)
{
	uint8_t *b = m->data;

	b[0] = 0xeb;
	b[1] = 0x3c;
	b[2] = 0x90;
	memcpy(b + 3, "mkfs.fat", 8);
	put16(b + 11, 512);
	b[13] = 4;
	put16(b + 14, 1);
	b[16] = 2;
	put16(b + 17, 512);
	put16(b + 19, IMAGE_SIZE / 512);
	b[21] = 0xf8;
	put16(b + 22, 2);
	b[38] = 0x29;
	put32(b + 39, 0x1234abcd);
	memcpy(b + 43, "STICK      ", 11);
	put16(b + 510, 0xaa55);
}

static inline void
image_exfat(struct image *m)
{
	uint8_t *b = m->data, *label;

	memcpy(b,
	    "\xeb\x76\x90"
	    "EXFAT   ",
	    11);
	put32(b + 72, IMAGE_SIZE / 512);
	put32(b + 88, 64); /* heap: sector 64 */
	put32(b + 96, 3);  /* root: the second cluster */
	put32(b + 100, 0xcafe0001);
	b[108] = 9;
	b[109] = 3;
	b[110] = 1;
	put16(b + 510, 0xaa55);
	label = m->data + 64 * 512 + 4096;
	label[0] = 0x81;
	label[32] = 0x83;
	label[33] = 4;
	put16(label + 34, 'C');
	put16(label + 36, 'A');
	put16(label + 38, 'R');
	put16(label + 40, 'D');
}

static inline void
image_ext4(struct image *m)
{
	uint8_t *s = m->data + 1024;

	put32(s, 64);
	put32(s + 4, IMAGE_SIZE / 1024);
	put16(s + 56, 0xef53);
	for (unsigned i = 0; i < 16; i++)
		s[104 + i] = (uint8_t)(0xa0 + i);
	memcpy(s + 120, "STATE", 5);
}

static inline void
image_iso(struct image *m)
{
	uint8_t *d = m->data + 32768;

	memcpy(d, "\001CD001\001", 7);
	memcpy(d + 40, "DISC                            ", 32);
	put32(d + 80, IMAGE_SIZE / 2048);
	d[87] = IMAGE_SIZE / 2048;
	put16(d + 128, 2048);
	memcpy(d + 813, "2026010112000000", 16);
}

static inline void
image_mbr(struct image *m)
{
	m->data[446 + 4] = 0x83;
	put32(m->data + 446 + 12, 100);
	put16(m->data + 510, 0xaa55);
}

static inline void
image_gpt(struct image *m)
{
	memcpy(m->data + 512, "EFI PART", 8);
}

#endif
