/* SPDX-License-Identifier: ISC */
/* Which devices count as media, in a sysfs made of folders. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "transfer/media.h"

static char root[64];
static int root_fd = -1;

static void
make_folders(char *path)
{
	for (char *slash = path; (slash = strchr(slash, '/')) != NULL;
	     slash++) {
		*slash = '\0';
		if (mkdirat(root_fd, path, 0700) != 0)
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
}

static void
attr(const char *folder, const char *name, const char *text)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	make_folders(path);
	fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* A block device: folder, link, numbers. */
static void
device(const char *folder, const char *name, const char *dev,
    const char *sectors)
{
	char link[512], path[64];

	attr(folder, "dev", dev);
	attr(folder, "size", sectors);
	attr(folder, "ro", "0\n");
	snprintf(path, sizeof(path), "class/block/%s", name);
	make_folders(path);
	snprintf(link, sizeof(link), "../../%s", folder);
	assert_int_equal(symlinkat(link, root_fd, path), 0);
}

/* "device" of a disk leads to the device that it is of. */
static void
leads(const char *folder, const char *to)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/device", folder);
	assert_int_equal(symlinkat(to, root_fd, path), 0);
}

#define USB "devices/pci0000:00/0000:00:14.0/usb1/1-2"
#define USB_SCSI USB "/1-2:1.0/host3/target3:0:0/3:0:0:0"
#define STICK USB_SCSI "/block/sdb"

static int
setup(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/anchorite-sysfs.XXXXXX");
	assert_non_null(mkdtemp(root));
	root_fd = open(root, O_RDONLY | O_DIRECTORY);
	assert_true(root_fd >= 0);
	attr("class/block", ".keep", "");
	/* a stick with one partition */
	device(STICK, "sdb", "8:16\n", "31250432\n");
	attr(STICK, "removable", "1\n");
	attr(STICK, "diskseq", "7\n");
	leads(STICK, "../../../3:0:0:0");
	device(STICK "/sdb1", "sdb1", "8:17\n", "31248384\n");
	attr(STICK "/sdb1", "partition", "1\n");
	attr(USB_SCSI, "vendor", "SanDisk \n");
	attr(USB_SCSI, "model", "Ultra\033[31m       \n");
	attr(USB, "idVendor", "0781\n");
	attr(USB, "serial", "4C530001\n");
	/* what this machine is built of */
	device("devices/pci0000:00/0000:00:17.0/ata1/host0/block/sda", "sda",
	    "8:0\n", "1000000\n");
	attr("devices/pci0000:00/0000:00:17.0/ata1/host0/block/sda",
	    "removable", "0\n");
	device("devices/pci0000:00/0000:00:1d.0/nvme/nvme0/nvme0n1", "nvme0n1",
	    "259:0\n", "1000000\n");
	device("devices/virtual/block/dm-0", "dm-0", "253:0\n", "1000\n");
	device("devices/virtual/block/zram0", "zram0", "252:0\n", "1000\n");
	device("devices/platform/e/mmc_host/mmc1/mmc1:0001/block/mmcblk1",
	    "mmcblk1", "179:8\n", "1000000\n");
	attr("devices/platform/e/mmc_host/mmc1/mmc1:0001", "type", "MMC\n");
	leads("devices/platform/e/mmc_host/mmc1/mmc1:0001/block/mmcblk1",
	    "../../../mmc1:0001");
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	(void)state;
	close(root_fd);
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static size_t
find(const char *mountinfo, bool loops, struct media_device out[MEDIA_MAX])
{
	size_t count = 0;

	assert_int_equal(media_find(root_fd, mountinfo, loops, out, MEDIA_MAX,
			     &count),
	    TRANSFER_OK);
	return count;
}

static void
stick(void **state)
{
	struct media_device d[MEDIA_MAX];

	(void)state;
	assert_int_equal(find("", false, d), 2);
	assert_string_equal(d[0].name, "sdb");
	assert_false(d[0].partition);
	assert_int_equal(d[0].bus, MEDIA_BUS_USB);
	assert_int_equal(d[0].size, UINT64_C(31250432) * 512);
	assert_int_equal(d[0].diskseq, 7);
	assert_string_equal(d[0].model, "SanDisk Ultra\\x1b[31m");
	assert_string_equal(d[0].serial, "4C530001");
	assert_false(d[0].in_use);
	assert_string_equal(d[1].name, "sdb1");
	assert_string_equal(d[1].disk, "sdb");
	assert_true(d[1].partition);
	assert_int_equal(d[1].major, 8);
	assert_int_equal(d[1].minor, 17);
	assert_int_equal(d[1].diskseq, 7);
	assert_string_equal(d[1].serial, "4C530001");
}

/* The medium that the machine runs from, and one that a desktop mounted. */
static void
mounted(void **state)
{
	static const char info[] =
	    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
	    "30 1 8:17 / / rw,relatime shared:1 - ext4 /dev/sdb1 rw\n";
	struct media_device d[MEDIA_MAX];

	(void)state;
	assert_int_equal(find(info, false, d), 2);
	assert_true(d[0].in_use);
	assert_true(d[1].in_use);
	find("30 1 8:170 / / rw - ext4 /dev/x rw\n31 8:17", false, d);
	assert_false(d[0].in_use);
	assert_false(d[1].in_use);
}

static void
cards_and_loops(void **state)
{
	struct media_device d[MEDIA_MAX];

	(void)state;
	device("devices/platform/e/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0",
	    "mmcblk0", "179:0\n", "62333952\n");
	attr("devices/platform/e/mmc_host/mmc0/mmc0:aaaa", "type", "SD\n");
	attr("devices/platform/e/mmc_host/mmc0/mmc0:aaaa", "name", "SD32G\n");
	attr("devices/platform/e/mmc_host/mmc0/mmc0:aaaa", "serial",
	    "0x1234abcd\n");
	leads("devices/platform/e/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0",
	    "../../../mmc0:aaaa");
	attr("devices/platform/e/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0", "ro",
	    "1\n");
	device("devices/virtual/block/loop0", "loop0", "7:0\n", "2048\n");
	attr("devices/virtual/block/loop0", "loop/backing_file",
	    "/var/tmp/a\tstick.img\n");
	device("devices/virtual/block/loop1", "loop1", "7:1\n", "0\n");
	/* a reader without a card in it */
	device(USB "/1-2:1.0/host3/target3:0:0/3:0:0:1/block/sdc", "sdc",
	    "8:32\n", "0\n");
	assert_int_equal(find("", false, d), 3);
	assert_string_equal(d[0].name, "mmcblk0");
	assert_int_equal(d[0].bus, MEDIA_BUS_SD);
	assert_true(d[0].read_only);
	assert_string_equal(d[0].model, "SD32G");
	assert_string_equal(d[0].serial, "0x1234abcd");
	assert_int_equal(find("", true, d), 4);
	assert_string_equal(d[0].name, "loop0");
	assert_int_equal(d[0].bus, MEDIA_BUS_LOOP);
	assert_string_equal(d[0].serial, "a\\x09stick.img");
}

static void
limits(void **state)
{
	struct media_device d[MEDIA_MAX];
	size_t count = 0;
	int nowhere = open("/var/empty", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_int_equal(media_find(root_fd, "", false, d, 1, &count),
	    TRANSFER_ERR_SIZE);
	assert_int_equal(count, 1);
	assert_int_equal(media_find(nowhere, "", false, d, 1, &count),
	    TRANSFER_ERR_IO);
	assert_int_equal(count, 0);
	if (nowhere >= 0)
		close(nowhere);
	assert_string_equal(media_bus_name(MEDIA_BUS_SD), "sd");
	assert_string_equal(media_bus_name((enum media_bus)99), "?");
}

/* Entries that are none, and attributes that are out of form. */
static void
broken_tree(void **state)
{
	struct media_device d[MEDIA_MAX];
	size_t before = find("", true, d);

	(void)state;
	device(USB "/x/block/sdd", "sdd", "8:48 junk\n", "100\n");
	device(USB "/x/block/sde", "sde", "nonsense\n", "100\n");
	device(USB "/x/block/sdf", "sdf", "8:80\n", "18446744073709551615\n");
	assert_int_equal(symlinkat("../../nowhere", root_fd, "class/block/sdg"),
	    0);
	attr("class/block", "plain", "8:1\n");
	device(USB "/x/block/a-name-far-too-long-for-any-device-there-is",
	    "sdh", "8:112\n", "100\n");
	assert_int_equal(find("", true, d), before + 1); /* sdd, as read */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stick),
		cmocka_unit_test(mounted),
		cmocka_unit_test(cards_and_loops),
		cmocka_unit_test(limits),
		cmocka_unit_test(broken_tree),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
