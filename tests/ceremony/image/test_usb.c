/* SPDX-License-Identifier: ISC */
/* Devices in a /sys of our own making: what init writes where. */
#include "ceremony/image/init/usb.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define WHERE_MAX 256
#define PCI "/devices/pci0/usb1"

static char top[] = "/tmp/test_usb.XXXXXX";

static const char *
at(const char *path)
{
	static char out[4][PATH_MAX];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(out[turn], PATH_MAX, "%s%s", top, path);
	return out[turn];
}

static void
put(const char *path, const char *text)
{
	int fd = open(at(path), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static const char *
got(const char *path)
{
	static char out[8192];
	int fd = open(at(path), O_RDONLY);
	ssize_t n;

	if (fd == -1)
		return "absent";
	n = read(fd, out, sizeof(out) - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return out;
}

static void
folder(const char *path)
{
	assert_true(mkdir(at(path), 0700) == 0 || errno == EEXIST);
}

static void
attribute(const char *where, const char *name, const char *text)
{
	char path[WHERE_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", where, name);
	put(path, text);
}

/* A bus as the kernel has it before init has seen it. */
static void
make_bus(void)
{
	char command[PATH_MAX + 16];
	static const char *const folders[] = { "", "/sys", "/sys/devices",
		"/sys/devices/pci0", "/sys" PCI, "/sys/bus", "/sys/bus/usb",
		"/sys/bus/usb/devices", "/sys/bus/usb/devices/usb1",
		"/sys/bus/serio", "/sys/bus/serio/devices", "/dev", "/run" };

	snprintf(command, sizeof(command), "rm -rf %s", top);
	assert_int_equal(system(command), 0);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		folder(folders[i]);
	put("/sys/bus/usb/devices/usb1/authorized_default", "1\n");
	put("/sys/bus/usb/devices/usb1/interface_authorized_default", "1\n");
	put("/sys/bus/usb/drivers_probe", "");
	put("/dev/node", "");
}

static void
make_device(const char *port, const char *name)
{
	char where[WHERE_MAX];

	snprintf(where, sizeof(where), "/sys" PCI "/%s", port);
	folder(where);
	attribute(where, "idVendor", "08e6\n");
	attribute(where, "idProduct", "4433\n");
	attribute(where, "product", name);
	attribute(where, "authorized", "0\n");
}

static void
make_interface(const char *port, int number, const char *class,
    const char *subclass, const char *protocol)
{
	char where[WHERE_MAX];

	snprintf(where, sizeof(where), "/sys" PCI "/%s/%s:1.%d", port, port,
	    number);
	folder(where);
	attribute(where, "bInterfaceClass", class);
	attribute(where, "bInterfaceSubClass", subclass);
	attribute(where, "bInterfaceProtocol", protocol);
	attribute(where, "authorized", "0\n");
}

static void
start(struct usb *u)
{
	static char names[5][PATH_MAX];
	static const char *const paths[] = { "/sys", "/dev", "/run/refused",
		"/run/keyboards", "/run/data" };

	for (int i = 0; i < 5; i++)
		snprintf(names[i], PATH_MAX, "%s", at(paths[i]));
	*u = (struct usb){ .sys = names[0],
		.dev = names[1],
		.refused = names[2],
		.keyboards = names[3],
		.known = names[4],
		.uid = getuid(),
		.gid = getgid() };
	assert_true(usb_start(u));
}

/* An event of a device of this path below the bus. */
static bool
event(struct usb *u, const char *action, const char *path, const char *type)
{
	char devpath[PATH_MAX];
	struct uevent e = { .action = action,
		.devpath = devpath,
		.subsystem = "usb",
		.devtype = type,
		.devname = "node",
		.major = "189",
		.minor = "5" };

	snprintf(devpath, sizeof(devpath), PCI "%s", path);
	return usb_event(u, &e);
}

static void
a_reader_is_let_in(void **state)
{
	struct usb u;
	struct stat st;

	(void)state;
	make_bus();
	make_device("1-1", "Reader\n");
	make_interface("1-1", 0, "0b\n", "00\n", "00\n");
	start(&u);
	/* the kernel has it, and has not bound it */
	assert_false(event(&u, "add", "/1-1", "usb_device"));
	assert_string_equal(got("/sys" PCI "/1-1/authorized"), "0\n");
	assert_false(event(&u, "add", "/1-1/1-1:1.0", "usb_interface"));
	assert_true(event(&u, "bind", "/1-1", "usb_device"));
	assert_string_equal(got("/sys/bus/usb/devices/usb1/authorized_default"),
	    "0\n");
	assert_string_equal(
	    got("/sys/bus/usb/devices/usb1/interface_authorized_default"),
	    "0\n");
	assert_string_equal(got("/sys" PCI "/1-1/authorized"), "1\n");
	assert_string_equal(got("/sys" PCI "/1-1/1-1:1.0/authorized"), "1\n");
	assert_string_equal(got("/sys/bus/usb/drivers_probe"), "1-1:1.0");
	assert_true(event(&u, "add", "/1-1/1-1:1.0", "usb_interface"));
	/* pcscd's, and no one else's */
	assert_int_equal(stat(at("/dev/node"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_string_equal(got("/run/data/c189:5"), "");
	assert_string_equal(got("/run/refused"), "");
	assert_true(event(&u, "remove", "/1-1", "usb_device"));
	assert_string_equal(got("/run/data/c189:5"), "absent");
}

static void
what_is_no_use_is_shut_out(void **state)
{
	struct usb u;

	(void)state;
	make_bus();
	make_device("1-1", "Net\n");
	make_interface("1-1", 0, "02\n", "02\n", "ff\n");
	make_interface("1-1", 1, "0a\n", "00\n", "00\n");
	start(&u);
	assert_false(event(&u, "bind", "/1-1", "usb_device"));
	assert_string_equal(got("/sys" PCI "/1-1/authorized"), "0\n");
	assert_string_equal(got("/sys" PCI "/1-1/1-1:1.0/authorized"), "0\n");
	assert_string_equal(got("/sys" PCI "/1-1/1-1:1.1/authorized"), "0\n");
	assert_string_equal(got("/sys/bus/usb/drivers_probe"), "");
	assert_non_null(strstr(got("/run/refused"), "1-1 08e6:4433 refused "));
	assert_false(event(&u, "add", "/1-1/1-1:1.0", "usb_interface"));
	assert_string_equal(got("/run/data/c189:5"), "absent");
}

/* Of a stick that types, the stick. */
static void
interfaces_are_judged_one_by_one(void **state)
{
	struct usb u;

	(void)state;
	make_bus();
	make_device("1-1", "Stick\n");
	make_interface("1-1", 0, "08\n", "06\n", "50\n");
	make_interface("1-1", 1, "03\n", "01\n", "01\n");
	start(&u);
	usb_booted(&u);
	assert_true(event(&u, "bind", "/1-1", "usb_device"));
	assert_string_equal(got("/sys" PCI "/1-1/authorized"), "1\n");
	assert_string_equal(got("/sys" PCI "/1-1/1-1:1.0/authorized"), "1\n");
	assert_string_equal(got("/sys" PCI "/1-1/1-1:1.1/authorized"), "0\n");
	assert_string_equal(got("/run/refused"),
	    "1-1 08e6:4433 refused keyboard (it came after the start), kept "
	    "storage: \"Stick\"\n");
	assert_string_equal(got("/run/keyboards"), "");
}

/* What is written into these files goes through one pipe, in its order. */
static int
watch(const char *const *files, size_t count)
{
	int fd;

	assert_int_equal(mkfifo(at("/pipe"), 0600), 0);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(unlink(at(files[i])), 0);
		assert_int_equal(symlink(at("/pipe"), at(files[i])), 0);
	}
	fd = open(at("/pipe"), O_RDWR | O_NONBLOCK);
	assert_int_not_equal(fd, -1);
	return fd;
}

/* A camera's driver claims all of its interfaces when it is given one. */
static void
drivers_come_when_all_are_in(void **state)
{
	static const char *const files[] = { "/sys/bus/usb/drivers_probe",
		"/sys" PCI "/1-1/1-1:1.0/authorized",
		"/sys" PCI "/1-1/1-1:1.1/authorized" };
	char written[64] = "";
	struct usb u;
	int fd;

	(void)state;
	make_bus();
	make_device("1-1", "Camera\n");
	make_interface("1-1", 0, "0e\n", "01\n", "00\n");
	make_interface("1-1", 1, "0e\n", "02\n", "00\n");
	make_interface("1-1", 2, "01\n", "01\n", "00\n");
	start(&u);
	fd = watch(files, 3);
	assert_true(event(&u, "bind", "/1-1", "usb_device"));
	assert_int_equal(read(fd, written, sizeof(written) - 1), 16);
	assert_true(strcmp(written, "111-1:1.01-1:1.1") == 0 ||
	    strcmp(written, "111-1:1.11-1:1.0") == 0);
	close(fd);
	assert_string_equal(got("/sys" PCI "/1-1/1-1:1.2/authorized"), "0\n");
}

static void
keyboards_are_listed(void **state)
{
	struct usb u;

	(void)state;
	make_bus();
	make_device("1-1", "Keys\n");
	make_interface("1-1", 0, "03\n", "01\n", "01\n");
	start(&u);
	/* once, however often it comes */
	for (int i = 0; i < 2; i++) {
		assert_true(event(&u, "bind", "/1-1", "usb_device"));
		assert_string_equal(got("/run/keyboards"),
		    "1-1 08e6:4433 kept keyboard: \"Keys\"\n");
	}
	usb_booted(&u);
	assert_true(event(&u, "bind", "/1-1", "usb_device"));
	assert_string_equal(got("/sys" PCI "/1-1/1-1:1.0/authorized"), "1\n");
	attribute("/sys" PCI "/1-1", "serial", "X\n");
	assert_false(event(&u, "bind", "/1-1", "usb_device"));
	assert_string_equal(got("/sys" PCI "/1-1/authorized"), "0\n");
}

/* What cannot be made out is not let in. */
static void
faults_shut_out(void **state)
{
	static const struct {
		const char *name, *file, *text;
	} faults[] = {
		{ "vendor that is no number", "/sys" PCI "/1-1/idVendor",
		    "8e6g\n" },
		{ "vendor too long", "/sys" PCI "/1-1/idVendor", "008e6\n" },
		{ "no product", "/sys" PCI "/1-1/idProduct", "\n" },
		{ "class too short", "/sys" PCI "/1-1/1-1:1.0/bInterfaceClass",
		    "8\n" },
		{ "no subclass", "/sys" PCI "/1-1/1-1:1.0/bInterfaceSubClass",
		    "" },
		{ "protocol that is none",
		    "/sys" PCI "/1-1/1-1:1.0/bInterfaceProtocol", "zz\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct usb u;

		make_bus();
		make_device("1-1", "X\n");
		make_interface("1-1", 0, "08\n", "06\n", "50\n");
		put(faults[i].file, faults[i].text);
		start(&u);
		if (event(&u, "bind", "/1-1", "usb_device"))
			fail_msg("%s", faults[i].name);
		assert_string_equal(got("/sys" PCI "/1-1/authorized"), "0\n");
		assert_string_equal(got("/sys" PCI "/1-1/1-1:1.0/authorized"),
		    "0\n");
	}
}

static void
a_bus_that_stays_open_lets_no_one_in(void **state)
{
	struct usb u;

	(void)state;
	make_bus();
	make_device("1-1", "X\n");
	make_interface("1-1", 0, "08\n", "06\n", "50\n");
	start(&u);
	unlink(at("/sys/bus/usb/devices/usb1/interface_authorized_default"));
	assert_false(event(&u, "bind", "/1-1", "usb_device"));
	assert_string_equal(got("/sys" PCI "/1-1/authorized"), "0\n");
}

static void
too_many_interfaces_are_none(void **state)
{
	struct usb u;

	(void)state;
	make_bus();
	make_device("1-1", "X\n");
	for (int i = 0; i < USB_INTERFACES_MAX; i++)
		make_interface("1-1", i, "08\n", "06\n", "50\n");
	start(&u);
	assert_true(event(&u, "bind", "/1-1", "usb_device"));
	make_interface("1-1", USB_INTERFACES_MAX, "08\n", "06\n", "50\n");
	assert_false(event(&u, "bind", "/1-1", "usb_device"));
	assert_string_equal(got("/sys" PCI "/1-1/authorized"), "0\n");
}

static void
lines_are_limited(void **state)
{
	struct usb u;
	unsigned lines = 0;

	(void)state;
	make_bus();
	make_device("1-1", "");
	make_interface("1-1", 0, "01\n", "01\n", "00\n");
	start(&u);
	for (int i = 0; i < USB_LINES_MAX + 5; i++)
		event(&u, "bind", "/1-1", "usb_device");
	for (const char *p = got("/run/refused"); *p != '\0'; p++)
		lines += *p == '\n';
	assert_int_equal(lines, USB_LINES_MAX + 1);
	assert_non_null(
	    strstr(got("/run/refused"), "\nmore came, and are not listed\n"));
}

static void
ports_without_a_keyboard_are_closed(void **state)
{
	struct usb u;

	(void)state;
	make_bus();
	folder("/sys/bus/serio/devices/serio0");
	folder("/sys/bus/serio/devices/serio1");
	folder("/sys/bus/serio/devices/serio0/driver");
	put("/sys/bus/serio/devices/serio0/bind_mode", "auto\n");
	put("/sys/bus/serio/devices/serio1/bind_mode", "auto\n");
	start(&u);
	usb_booted(&u);
	assert_string_equal(got("/sys/bus/serio/devices/serio0/bind_mode"),
	    "auto\n");
	assert_non_null(
	    strstr(got("/sys/bus/serio/devices/serio1/bind_mode"), "manual"));
}

static void
lost_words_are_asked_for(void **state)
{
	struct usb u;

	(void)state;
	make_bus();
	folder("/sys/bus/usb/devices/1-1");
	folder("/sys/bus/usb/devices/1-1:1.0");
	put("/sys/bus/usb/devices/usb1/uevent", "");
	put("/sys/bus/usb/devices/1-1/uevent", "");
	put("/sys/bus/usb/devices/1-1:1.0/uevent", "");
	start(&u);
	usb_again(&u);
	assert_string_equal(got("/sys/bus/usb/devices/usb1/uevent"), "add");
	assert_string_equal(got("/sys/bus/usb/devices/1-1/uevent"), "bind");
	assert_string_equal(got("/sys/bus/usb/devices/1-1:1.0/uevent"), "add");
}

static int
make_top(void **state)
{
	(void)state;
	return mkdtemp(top) == NULL ? -1 : 0;
}

static int
remove_top(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_is_let_in),
		cmocka_unit_test(what_is_no_use_is_shut_out),
		cmocka_unit_test(interfaces_are_judged_one_by_one),
		cmocka_unit_test(drivers_come_when_all_are_in),
		cmocka_unit_test(keyboards_are_listed),
		cmocka_unit_test(faults_shut_out),
		cmocka_unit_test(a_bus_that_stays_open_lets_no_one_in),
		cmocka_unit_test(too_many_interfaces_are_none),
		cmocka_unit_test(lines_are_limited),
		cmocka_unit_test(ports_without_a_keyboard_are_closed),
		cmocka_unit_test(lost_words_are_asked_for),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
