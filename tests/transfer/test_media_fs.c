/* SPDX-License-Identifier: ISC */
/* What is recognised on a medium, true ones and forged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/transfer/media_image.h"

static struct image *
image(void)
{
	struct image *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->size = m->broken = IMAGE_SIZE;
	return m;
}

static bool
look(struct image *m, struct media_fs *fs)
{
	struct media_source s = { image_read, m, m->size };

	return media_fs_look(&s, fs);
}

static void
erased(struct image *m)
{
	memset(m->data, 0xff, sizeof(m->data));
}

static void
noise(struct image *m)
{
	for (size_t i = 0; i < sizeof(m->data); i++)
		m->data[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void
big_fat32(struct image *m)
{
	image_vfat(m);
	put16(m->data + 19, 0);
	put32(m->data + 32, 0xffffffff);
	put16(m->data + 22, 0);
	put32(m->data + 36, 100);
	m->data[66] = 0x29;
	memcpy(m->data + 71, "\033[2J\007\x80 boo ", 11);
}

static void
fat_no_label(struct image *m)
{
	image_vfat(m);
	memcpy(m->data + 43, "NO NAME    ", 11);
}

static void
fat_sectors_of_three(struct image *m)
{
	image_vfat(m);
	put16(m->data + 11, 3);
}

static void
ext4_hostile_label(struct image *m)
{
	image_ext4(m);
	memcpy(m->data + 1024 + 120, "\033]0;owned\007\\\n\xc3\xa4  ", 16);
}

static void
ext4_oversize(struct image *m)
{
	image_ext4(m);
	put32(m->data + 1024 + 4, 0xffffffff);
}

static void
ext4_too_much(struct image *m)
{
	image_ext4(m);
	put32(m->data + 1024 + 4, 0xffffffff);
	put32(m->data + 1024 + 96, 0x80);
	put32(m->data + 1024 + 0x150, 0xffffffff);
	put32(m->data + 1024 + 24, 6);
}

static void
ext4_block_size(struct image *m)
{
	image_ext4(m);
	put32(m->data + 1024 + 24, 40);
}

static void
ext4_journal(struct image *m)
{
	image_ext4(m);
	put32(m->data + 1024 + 96, 8);
}

static void
two_at_once(struct image *m)
{
	image_vfat(m);
	image_ext4(m);
}

static void
iso_hybrid(struct image *m)
{
	image_iso(m);
	image_mbr(m);
}

static void
iso_of_two_sizes(struct image *m)
{
	image_iso(m);
	m->data[32768 + 87]++;
}

static void
exfat_label_far(struct image *m)
{
	image_exfat(m);
	put32(m->data + 96, 0xffffffff);
}

static void
exfat_label_length(struct image *m)
{
	image_exfat(m);
	m->data[64 * 512 + 4096 + 33] = 12;
}

static void
exfat_shift(struct image *m)
{
	image_exfat(m);
	m->data[109] = 60;
}

/* A mark of something further on, such as btrfs has. */
static void
far_mark(struct image *m)
{
	memcpy(m->data + 65536 + 64, "_BHRfS_M", 8);
}

static void
last_octet(struct image *m)
{
	m->data[IMAGE_SIZE - 1] = 1;
}

static void
nothing(struct image *m)
{
	(void)m;
}

static const struct {
	const char *name;
	void (*make)(struct image *m);
	enum media_fs_kind kind;
	const char *label, *uuid;
	bool oversize;
} cases[] = {
	{ "zeros", nothing, MEDIA_FS_EMPTY, "", "", false },
	{ "erased", erased, MEDIA_FS_EMPTY, "", "", false },
	{ "a mark far on", far_mark, MEDIA_FS_UNKNOWN, "", "", false },
	{ "a last octet", last_octet, MEDIA_FS_UNKNOWN, "", "", false },
	{ "noise", noise, MEDIA_FS_UNKNOWN, "", "", false },
	{ "vfat", image_vfat, MEDIA_FS_VFAT, "STICK", "1234-ABCD", false },
	{ "vfat without a label", fat_no_label, MEDIA_FS_VFAT, "", "1234-ABCD",
	    false },
	{ "fat32, escape codes, too large", big_fat32, MEDIA_FS_VFAT,
	    "\\x1b[2J\\x07\\x80 boo", "0000-0000", true },
	{ "vfat of odd sectors", fat_sectors_of_three, MEDIA_FS_UNKNOWN, "", "",
	    false },
	{ "exfat", image_exfat, MEDIA_FS_EXFAT, "CARD", "CAFE-0001", false },
	{ "exfat, root outside", exfat_label_far, MEDIA_FS_EXFAT, "",
	    "CAFE-0001", false },
	{ "exfat, label too long", exfat_label_length, MEDIA_FS_EXFAT, "",
	    "CAFE-0001", false },
	{ "exfat, shift beyond", exfat_shift, MEDIA_FS_UNKNOWN, "", "", false },
	{ "ext4", image_ext4, MEDIA_FS_EXT4, "STATE",
	    "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf", false },
	{ "ext4, label of escape codes", ext4_hostile_label, MEDIA_FS_EXT4,
	    "\\x1b]0;owned\\x07\\\\\\x0a\\xc3\\xa4",
	    "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf", false },
	{ "ext4, larger than the device", ext4_oversize, MEDIA_FS_EXT4, "STATE",
	    "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf", true },
	{ "ext4, larger than a number", ext4_too_much, MEDIA_FS_UNKNOWN, "", "",
	    false },
	{ "ext4, no such block size", ext4_block_size, MEDIA_FS_UNKNOWN, "", "",
	    false },
	{ "ext4, a journal alone", ext4_journal, MEDIA_FS_UNKNOWN, "", "",
	    false },
	{ "iso9660", image_iso, MEDIA_FS_ISO9660, "DISC", "2026010112000000",
	    false },
	{ "iso9660 with partitions", iso_hybrid, MEDIA_FS_ISO9660, "DISC",
	    "2026010112000000", false },
	{ "iso9660 of two sizes", iso_of_two_sizes, MEDIA_FS_UNKNOWN, "", "",
	    false },
	{ "two at once", two_at_once, MEDIA_FS_MIXED, "", "", false },
	{ "mbr", image_mbr, MEDIA_FS_TABLE, "", "", false },
	{ "gpt", image_gpt, MEDIA_FS_TABLE, "", "", false },
};

static void
recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image *m = image();
		struct media_fs fs;

		cases[i].make(m);
		assert_true(look(m, &fs));
		if (fs.kind != cases[i].kind ||
		    strcmp(fs.label, cases[i].label) != 0 ||
		    strcmp(fs.uuid, cases[i].uuid) != 0 ||
		    fs.oversize != cases[i].oversize)
			fail_msg("%s: %s, \"%s\", \"%s\", %d", cases[i].name,
			    media_fs_name(fs.kind), fs.label, fs.uuid,
			    fs.oversize);
		free(m);
	}
}

/* A device that ends or fails anywhere: an answer or false, never a crash. */
static void
cut_short(void **state)
{
	struct image *m = image();
	struct media_fs fs;

	(void)state;
	image_vfat(m);
	m->broken = 4095;
	assert_false(look(m, &fs));
	m->broken = 32768 + 100;
	assert_false(look(m, &fs));
	m->broken = IMAGE_SIZE;
	m->size = 4095;
	assert_true(look(m, &fs));
	assert_int_equal(fs.kind, MEDIA_FS_UNKNOWN);
	m->size = 4096;
	assert_true(look(m, &fs));
	assert_int_equal(fs.kind, MEDIA_FS_VFAT);
	assert_true(fs.oversize);
	free(m);
}

/* Zeros, but for one octet. */
static bool
read_sparse(void *arg, uint64_t at, void *out, size_t len)
{
	uint64_t mark = *(const uint64_t *)arg;

	memset(out, 0, len);
	if (mark >= at && mark < at + len)
		((uint8_t *)out)[mark - at] = 1;
	return true;
}

/* Arrays have their marks at the end; what is in between is not looked at. */
static void
marks_at_ends(void **state)
{
	const uint64_t size = (8u << 20) + 512;
	const struct {
		uint64_t mark;
		enum media_fs_kind kind;
	} rows[] = {
		{ size, MEDIA_FS_EMPTY },
		{ (1u << 20) - 1, MEDIA_FS_UNKNOWN },
		{ 1u << 20, MEDIA_FS_EMPTY },
		{ size - (1u << 20) - 1, MEDIA_FS_EMPTY },
		{ size - (1u << 20), MEDIA_FS_UNKNOWN },
		{ size - (64u << 10), MEDIA_FS_UNKNOWN },
		{ size - 1, MEDIA_FS_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t mark = rows[i].mark;
		struct media_source s = { read_sparse, &mark, size };
		struct media_fs fs;

		assert_true(media_fs_look(&s, &fs));
		if (fs.kind != rows[i].kind)
			fail_msg("%zu: %s", i, media_fs_name(fs.kind));
	}
}

static void
names(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < MEDIA_FS_COUNT; kind++)
		assert_non_null(media_fs_name((enum media_fs_kind)kind));
	assert_string_equal(media_fs_name(MEDIA_FS_COUNT), "?");
	assert_false(media_fs_usable(MEDIA_FS_COUNT));
	assert_true(media_fs_usable(MEDIA_FS_EXFAT));
	assert_false(media_fs_usable(MEDIA_FS_MIXED));
}

static void
escapes(void **state)
{
	static const struct {
		const char *in;
		size_t len, size;
		const char *want;
	} rows[] = {
		{ "plain.request", 13, 64, "plain.request" },
		{ "\033[31m", 5, 64, "\\x1b[31m" },
		{ "a\0b\r\n\t", 6, 64, "a\\x00b\\x0d\\x0a\\x09" },
		{ "\\x1b", 4, 64, "\\\\x1b" },
		{ "\x7f\x80\xff", 3, 64, "\\x7f\\x80\\xff" },
		{ "\xe2\x80\xae", 3, 64, "\\xe2\\x80\\xae" },
		{ "abcdef", 6, 7, "abcdef" },
		{ "abcdefg", 7, 7, "abc..." },
		{ "ab\x01\x02", 4, 7, "ab..." },
		{ "abc", 3, 3, "" },
		{ "", 0, 1, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[64];

		media_escape(rows[i].in, rows[i].len, out, rows[i].size);
		assert_string_equal(out, rows[i].want);
	}
}

static void
boot_media_are_told(void **state)
{
	static const struct {
		const char *name, *disk, *label;
		enum media_fs_kind kind;
		bool image;
	} rows[] = {
		{ "sda", "sda", MEDIA_IMAGE_VOLUME, MEDIA_FS_ISO9660, true },
		{ "sda1", "sda", "ANCHOR_BOOT", MEDIA_FS_VFAT, true },
		{ "sda2", "sda", "", MEDIA_FS_EMPTY, true },
		{ "sdb", "sdb", "DISC", MEDIA_FS_ISO9660, false },
		{ "sdb1", "sdb", "STICK", MEDIA_FS_VFAT, false },
		{ "sdc", "sdc", MEDIA_IMAGE_VOLUME, MEDIA_FS_EXT4, false },
		{ "sdc1", "sdc", "ANCHORITE", MEDIA_FS_EXT4, false },
		{ "sdd", "sdd", "", MEDIA_FS_TABLE, false },
		{ "sdd1", "sdd", MEDIA_IMAGE_VOLUME, MEDIA_FS_ISO9660, true },
		{ "sdd2", "sdd", "STICK", MEDIA_FS_VFAT, false },
		{ "sde", "sde", MEDIA_IMAGE_VOLUME "2", MEDIA_FS_ISO9660,
		    false },
	};
	struct media_device list[sizeof(rows) / sizeof(rows[0])] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		strcpy(list[i].name, rows[i].name);
		strcpy(list[i].disk, rows[i].disk);
		strcpy(list[i].fs.label, rows[i].label);
		list[i].fs.kind = rows[i].kind;
		if (media_is_image(list, i) != rows[i].image)
			fail_msg("%s", rows[i].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognised),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(marks_at_ends),
		cmocka_unit_test(names),
		cmocka_unit_test(escapes),
		cmocka_unit_test(boot_media_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
