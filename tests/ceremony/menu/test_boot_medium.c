/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/boot_medium.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <openssl/sha.h>

#include <cmocka.h>

#define SECTORS 20
#define SIZE (SECTORS * 2048)
#define AT (16 * 2048)

/* These stand before the C library's own for the whole program: a medium that
 * was swapped, of which the kernel still has what was
 * there before, until it is told to forget it. */
static int swapped = -1;
static const uint8_t *kept;
static unsigned flushed;

int
ioctl(int fd, unsigned long request, ...)
{
	if (fd == swapped && request == BLKFLSBUF)
		flushed++;
	errno = ENOTTY;
	return -1;
}

int
posix_fadvise(int fd, off_t at, off_t len, int advice)
{
	if (fd == swapped && at == 0 && len == 0 &&
	    advice == POSIX_FADV_DONTNEED)
		kept = NULL;
	return 0;
}

ssize_t
pread(int fd, void *out, size_t len, off_t at)
{
	if (fd != swapped || kept == NULL)
		return syscall(SYS_pread64, fd, out, len, at);
	memcpy(out, kept + at, len);
	return (ssize_t)len;
}

/* A volume of 20 sectors with our name. */
static void
volume(uint8_t out[SIZE])
{
	uint8_t *d = out + AT;

	for (size_t i = 0; i < SIZE; i++)
		out[i] = (uint8_t)(i * 7);
	memset(d, 0, 2048);
	memcpy(d, "\001CD001\001", 7);
	memset(d + 40, ' ', 32);
	memcpy(d + 40, MEDIA_IMAGE_VOLUME, strlen(MEDIA_IMAGE_VOLUME));
	d[80] = d[87] = SECTORS;
	d[129] = d[130] = 8;
}

static int
file_of(const uint8_t *data, size_t len)
{
	int fd = memfd_create("medium", 0);

	assert_int_equal(write(fd, data, len), len);
	return fd;
}

static const struct row {
	const char *name;
	size_t at; /* in the descriptor */
	const char *octets;
	size_t len;
	enum boot_look look;
	const char *why;
} rows[] = {
	{ "the image", 0, "", 0, BOOT_IMAGE, NULL },
	{ "another type", 0, "\002", 1, BOOT_OTHER, NULL },
	{ "no CD001", 1, "CD002", 5, BOOT_OTHER, NULL },
	{ "another version", 6, "\002", 1, BOOT_OTHER, NULL },
	{ "another name", 40, "DEBIAN   ", 9, BOOT_OTHER, NULL },
	{ "a longer name", 49, "2", 1, BOOT_OTHER, NULL },
	{ "a name that ends in NUL", 49, "\0", 1, BOOT_OTHER, NULL },
	{ "two sizes", 80, "\023", 1, BOOT_FAULT,
	    "its volume descriptor is damaged" },
	{ "other blocks", 129, "\010\010\001", 3, BOOT_FAULT,
	    "its volume descriptor is damaged" },
	{ "blocks of nothing", 129, "\0\0", 2, BOOT_FAULT,
	    "its volume descriptor is damaged" },
	{ "no octets at all", 80, "\0\0\0\0\0\0\0\0", 8, BOOT_FAULT,
	    "its volume is shorter than it can be, or too large" },
	{ "less than its descriptor", 80, "\020\0\0\0\0\0\0\020", 8, BOOT_FAULT,
	    "its volume is shorter than it can be, or too large" },
	{ "a gigabyte and a sector", 80, "\001\0\010\0\0\010\0\001", 8,
	    BOOT_FAULT, "its volume is shorter than it can be, or too large" },
	{ "a gigabyte", 80, "\0\0\010\0\0\010\0\0", 8, BOOT_FAULT,
	    "its volume is cut off" },
	{ "all there can be", 80, "\377\377\377\377\377\377\377\377", 8,
	    BOOT_FAULT, "its volume is shorter than it can be, or too large" },
	{ "a sector more than there is", 80, "\025\0\0\0\0\0\0\025", 8,
	    BOOT_FAULT, "its volume is cut off" },
	{ "a sector less", 80, "\023\0\0\0\0\0\0\023", 8, BOOT_IMAGE, NULL },
};

static void
descriptors_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t data[SIZE];
		uint64_t octets = 0;
		const char *why = NULL;
		int fd;

		print_message("%s\n", rows[i].name);
		volume(data);
		memcpy(data + AT + rows[i].at, rows[i].octets, rows[i].len);
		fd = file_of(data, SIZE);
		assert_int_equal(boot_look(fd, SIZE, &octets, &why),
		    rows[i].look);
		if (rows[i].look == BOOT_FAULT)
			assert_string_equal(why, rows[i].why);
		if (rows[i].look == BOOT_IMAGE)
			assert_int_equal(octets, data[AT + 80] * 2048);
		close(fd);
	}
}

static void
a_small_or_unreadable_one_is_none(void **state)
{
	uint8_t data[SIZE];
	uint64_t octets = 0;
	const char *why = NULL;
	int fd;

	(void)state;
	volume(data);
	fd = file_of(data, BOOT_OCTETS_MIN - 1);
	assert_int_equal(boot_look(fd, BOOT_OCTETS_MIN - 1, &octets, &why),
	    BOOT_OTHER);
	/* which ends before it says */
	assert_int_equal(boot_look(fd, SIZE, &octets, &why), BOOT_FAULT);
	assert_string_equal(why, "it cannot be read");
	close(fd);
	assert_int_equal(boot_look(-1, SIZE, &octets, &why), BOOT_FAULT);
}

static void
count(void *arg, uint64_t done, uint64_t total)
{
	uint64_t *last = arg;

	assert_true(done > *last && done <= total);
	*last = done;
}

static void
digest_is_of_the_volume_alone(void **state)
{
	uint8_t *data = calloc(1, 1 << 20), got[32], want[32];
	uint64_t last = 0, octets = 600 * 1024;
	int fd;

	(void)state;
	volume(data);
	fd = file_of(data, 1 << 20);
	SHA256(data, octets, want);
	assert_true(boot_digest(fd, octets, count, &last, got));
	assert_int_equal(last, octets);
	assert_memory_equal(got, want, 32);
	assert_true(boot_digest(fd, octets, NULL, NULL, got));
	assert_false(boot_digest(fd, (1 << 20) + 1, NULL, NULL, got));
	assert_false(boot_digest(-1, octets, NULL, NULL, got));
	close(fd);
	free(data);
}

static void
the_medium_is_read_and_not_what_was_kept(void **state)
{
	uint8_t data[SIZE], before[SIZE] = { 0 }, got[32], want[32];
	uint64_t octets = 0;
	const char *why = NULL;

	(void)state;
	volume(data);
	flushed = 0;
	SHA256(data, SIZE, want);
	swapped = file_of(data, SIZE);
	kept = before;
	assert_int_equal(boot_look(swapped, SIZE, &octets, &why), BOOT_IMAGE);
	assert_int_equal(flushed, 1);
	kept = before;
	assert_true(boot_digest(swapped, SIZE, NULL, NULL, got));
	assert_memory_equal(got, want, 32);
	assert_int_equal(flushed, 2);
	close(swapped);
	swapped = -1;
}

static void
several_have_a_digest_if_it_is_one(void **state)
{
	struct boot_media m = { .count = 0 };

	(void)state;
	assert_null(boot_media_digest(&m));
	m.count = 2;
	assert_ptr_equal(boot_media_digest(&m), m.media[0].sha256);
	m.media[1].sha256[31] = 1;
	assert_null(boot_media_digest(&m));
	m.media[1].sha256[31] = 0;
	strcpy(m.media[1].why, "it cannot be read");
	assert_null(boot_media_digest(&m));
	m.count = 1;
	assert_non_null(boot_media_digest(&m));
	m.more = true;
	assert_null(boot_media_digest(&m));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_are_judged),
		cmocka_unit_test(a_small_or_unreadable_one_is_none),
		cmocka_unit_test(digest_is_of_the_volume_alone),
		cmocka_unit_test(the_medium_is_read_and_not_what_was_kept),
		cmocka_unit_test(several_have_a_digest_if_it_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
