/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/usb.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/image/init/console.h"
#include "ceremony/image/init/settings.h"

#define FILE_MODE 0600

/* ---- files of /sys --------------------------------------------------------------- */

static bool path(char out[PATH_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool
path(char out[PATH_MAX], const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(out, PATH_MAX, format, ap);
	va_end(ap);
	return n > 0 && n < PATH_MAX;
}

/* An attribute without its line feed; empty if there is none. */
static bool
get(const char *folder, const char *name, char *out, size_t size)
{
	char file[PATH_MAX];

	out[0] = '\0';
	return path(file, "%s/%s", folder, name) &&
	    setting_get(file, out, size);
}

/* A number of so many hexadecimal digits. */
static bool
get_hex(const char *folder, const char *name, size_t digits, unsigned *out)
{
	char text[16];

	if (!get(folder, name, text, sizeof(text)) || strlen(text) != digits ||
	    strspn(text, "0123456789abcdef") != digits)
		return false;
	*out = (unsigned)strtoul(text, NULL, 16);
	return true;
}

static bool
set(const char *folder, const char *name, const char *value)
{
	char file[PATH_MAX];

	return path(file, "%s/%s", folder, name) && setting_put(file, value);
}

static bool
is(const char *folder, const char *name, const char *value)
{
	char file[PATH_MAX];

	return path(file, "%s/%s", folder, name) && setting_is(file, value);
}

/* ---- lines for people ------------------------------------------------------------ */

static void
append(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd == -1 || dprintf(fd, "%s\n", text) < 0)
		console_log("%s cannot be written", file);
	if (fd != -1)
		close(fd);
}

/* A device that comes and goes must not fill the memory. */
static void
tell_refused(struct usb *usb, const char *text)
{
	console_log("%s", text);
	if (usb->lines > USB_LINES_MAX)
		return;
	usb->lines++;
	append(usb->refused,
	    usb->lines <= USB_LINES_MAX ? text
					: "more came, and are not listed");
}

/* ---- one device ------------------------------------------------------------------ */

struct looked {
	char folder[PATH_MAX]; /* of the device */
	struct usb_device device;
	size_t count;
	struct usb_interface interface[USB_INTERFACES_MAX];
	char name[USB_INTERFACES_MAX][USB_PORT_MAX]; /* such as 1-2:1.0 */
	enum usb_verdict verdict[USB_INTERFACES_MAX];
};

static bool
look(const struct usb *usb, const char *devpath, struct looked *l)
{
	const char *port = strrchr(devpath, '/') + 1;
	unsigned vendor, product;

	memset(l, 0, sizeof(*l));
	if (strlen(port) >= sizeof(l->device.port) ||
	    !path(l->folder, "%s%s", usb->sys, devpath) ||
	    !get_hex(l->folder, "idVendor", 4, &vendor) ||
	    !get_hex(l->folder, "idProduct", 4, &product))
		return false;
	snprintf(l->device.port, sizeof(l->device.port), "%s", port);
	l->device.vendor = (uint16_t)vendor;
	l->device.product = (uint16_t)product;
	get(l->folder, "serial", l->device.serial, sizeof(l->device.serial));
	get(l->folder, "product", l->device.name, sizeof(l->device.name));
	return true;
}

static bool
look_interface(const char *folder, struct usb_interface *i)
{
	unsigned class, subclass, protocol;

	if (!get_hex(folder, "bInterfaceClass", 2, &class) ||
	    !get_hex(folder, "bInterfaceSubClass", 2, &subclass) ||
	    !get_hex(folder, "bInterfaceProtocol", 2, &protocol))
		return false;
	i->class = (uint8_t) class;
	i->subclass = (uint8_t)subclass;
	i->protocol = (uint8_t)protocol;
	return true;
}

/* The interfaces of the configuration that the kernel chose, in folders with
 * the device's name before a colon. */
static bool
look_interfaces(struct looked *l)
{
	size_t len = strlen(l->device.port);
	DIR *d = opendir(l->folder);
	struct dirent *e;
	char folder[PATH_MAX];
	bool ok = d != NULL;

	while (ok && (e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, l->device.port, len) != 0 ||
		    e->d_name[len] != ':')
			continue;
		ok = l->count < USB_INTERFACES_MAX &&
		    strlen(e->d_name) < USB_PORT_MAX &&
		    path(folder, "%s/%s", l->folder, e->d_name) &&
		    look_interface(folder, &l->interface[l->count]);
		if (ok)
			snprintf(l->name[l->count++], USB_PORT_MAX, "%s",
			    e->d_name);
	}
	if (d != NULL)
		closedir(d);
	return ok;
}

/* Each bus is closed again before a device on it is let in: what is plugged
 * in gets no driver until it was judged. */
static bool
close_bus(const struct usb *usb, const char *port)
{
	char folder[PATH_MAX];
	size_t digits = strspn(port, "0123456789");

	return path(folder, "%s/bus/usb/devices/usb%.*s", usb->sys, (int)digits,
		   port) &&
	    set(folder, "authorized_default", "0") &&
	    set(folder, "interface_authorized_default", "0") &&
	    is(folder, "authorized_default", "0") &&
	    is(folder, "interface_authorized_default", "0");
}

static bool
let_in(const struct looked *l, size_t i)
{
	char folder[PATH_MAX];

	return path(folder, "%s/%s", l->folder, l->name[i]) &&
	    set(folder, "authorized", "1");
}

/* Have the kernel look for a driver; there need not be one. */
static void
find_driver(const struct usb *usb, const char *name)
{
	char bus[PATH_MAX];

	if (!path(bus, "%s/bus/usb", usb->sys) ||
	    !set(bus, "drivers_probe", name))
		console_log("%s: no driver was looked for", name);
}

static bool
give_to_pcscd(const struct usb *usb, const struct uevent *event)
{
	char node[PATH_MAX];

	return event->devname != NULL && strstr(event->devname, "..") == NULL &&
	    path(node, "%s/%s", usb->dev, event->devname) &&
	    chown(node, usb->uid, usb->gid) == 0 && chmod(node, 0600) == 0;
}

/* libudev lists a device with a node only if udevd has written of it. */
static bool
make_known(const struct usb *usb, const struct uevent *event)
{
	char file[PATH_MAX];
	int fd;

	if (event->major == NULL || event->minor == NULL ||
	    !path(file, "%s/c%s:%s", usb->known, event->major, event->minor) ||
	    (fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)) == -1)
		return false;
	close(fd);
	return true;
}

static void
make_unknown(const struct usb *usb, const struct uevent *event)
{
	char file[PATH_MAX];

	if (event->major != NULL && event->minor != NULL &&
	    path(file, "%s/c%s:%s", usb->known, event->major, event->minor))
		unlink(file);
}

static void
tell_device(struct usb *usb, const struct looked *l, bool new_keyboard)
{
	char text[USB_LINE_MAX];
	bool refused = l->count == 0;

	for (size_t i = 0; i < l->count; i++)
		refused = refused || l->verdict[i] == USB_REFUSED;
	usb_line(&usb->policy, &l->device, l->interface, l->verdict, l->count,
	    text);
	if (refused)
		tell_refused(usb, text);
	else
		console_log("%s", text);
	if (new_keyboard)
		append(usb->keyboards, text);
}

/* Judges all interfaces; true if one of them was let in.  Drivers are looked for
 * when all are: a camera's claims its second interface together with the first. */
static bool
judge(struct usb *usb, struct looked *l, const struct uevent *event)
{
	bool in = false;

	for (size_t i = 0; i < l->count; i++) {
		enum usb_verdict v =
		    usb_judge(&usb->policy, &l->device, &l->interface[i]);

		if (v != USB_REFUSED && !let_in(l, i)) {
			console_log("%s could not be let in", l->name[i]);
			v = USB_REFUSED;
		}
		if (v == USB_READER && !give_to_pcscd(usb, event))
			console_log("%s: pcscd cannot open it", l->name[i]);
		l->verdict[i] = v;
		in = in || v != USB_REFUSED;
	}
	for (size_t i = 0; i < l->count; i++) {
		if (l->verdict[i] != USB_REFUSED)
			find_driver(usb, l->name[i]);
	}
	return in;
}

/* A device: its interfaces appear when it is let in; without one that is
 * accepted it is shut out again. */
static bool
device_added(struct usb *usb, const struct uevent *event)
{
	struct looked l;
	size_t keyboards = usb->policy.keyboards;
	bool in;

	if (!look(usb, event->devpath, &l) || !close_bus(usb, l.device.port) ||
	    (!is(l.folder, "authorized", "1") &&
		!set(l.folder, "authorized", "1"))) {
		console_log("%s was not let in", event->devpath);
		return false;
	}
	in = look_interfaces(&l) && judge(usb, &l, event) &&
	    make_known(usb, event);
	if (!in)
		set(l.folder, "authorized", "0");
	tell_device(usb, &l, usb->policy.keyboards > keyboards);
	return in;
}

/* A bus: its own hub is the machine's. */
static bool
bus_added(const struct usb *usb, const char *name, const struct uevent *event)
{
	if (!close_bus(usb, name + 3))
		console_log("%s was not closed", name);
	return make_known(usb, event);
}

static bool
interface_added(const struct usb *usb, const struct uevent *event)
{
	char folder[PATH_MAX];

	return path(folder, "%s%s", usb->sys, event->devpath) &&
	    is(folder, "authorized", "1");
}

/* ---- events ---------------------------------------------------------------------- */

bool
usb_start(struct usb *usb)
{
	const char *const files[] = { usb->refused, usb->keyboards };

	for (size_t i = 0; i < 2; i++) {
		int fd = open(files[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    FILE_MODE);

		if (fd == -1)
			return false;
		close(fd);
	}
	return mkdir(usb->known, 0755) == 0 || errno == EEXIST;
}

bool
usb_event(struct usb *usb, struct uevent *event)
{
	const char *name = strrchr(event->devpath, '/') + 1;
	bool device =
	    event->devtype != NULL && strcmp(event->devtype, "usb_device") == 0;
	bool bus = device && strncmp(name, "usb", 3) == 0;

	if (strcmp(event->action, "remove") == 0) {
		if (device)
			make_unknown(usb, event);
		return true;
	}
	if (strcmp(event->action, "bind") == 0 && device && !bus) {
		uevent_become(event, "ACTION=add");
		return device_added(usb, event);
	}
	if (strcmp(event->action, "add") != 0 || (device && !bus))
		return false;
	return bus ? bus_added(usb, name, event) : interface_added(usb, event);
}

/* Each device of a bus, whose names do not begin with a dot. */
static void
each(const char *folder, void (*act)(const char *device))
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char device[PATH_MAX];

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.' &&
		    path(device, "%s/%s", folder, e->d_name))
			act(device);
	}
	if (d != NULL)
		closedir(d);
}

static void
say_again(const char *device)
{
	const char *name = strrchr(device, '/') + 1;
	bool bound = strchr(name, ':') == NULL && strncmp(name, "usb", 3) != 0;

	if (!set(device, "uevent", bound ? "bind" : "add"))
		console_log("%s: not said again", device);
}

void
usb_again(const struct usb *usb)
{
	char folder[PATH_MAX];

	if (path(folder, "%s/bus/usb/devices", usb->sys))
		each(folder, say_again);
}

static void
close_port(const char *device)
{
	char driver[PATH_MAX];
	struct stat st;

	if (path(driver, "%s/driver", device) && lstat(driver, &st) != 0 &&
	    !set(device, "bind_mode", "manual"))
		console_log("%s: not closed", device);
}

void
usb_booted(struct usb *usb)
{
	char folder[PATH_MAX];

	usb->policy.booted = true;
	if (path(folder, "%s/bus/serio/devices", usb->sys))
		each(folder, close_port);
}
