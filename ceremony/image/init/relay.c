/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/relay.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ceremony/image/init/console.h"

#define GROUP_KERNEL 1 /* the kernel's own events */
#define GROUP_UDEV 2   /* udevd's, for libudev */

static int
open_socket(unsigned groups)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK,
		.nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_KOBJECT_UEVENT);

	if (fd == -1)
		return -1;
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool
relay_open(struct relay *relay)
{
	int octets = RELAY_BUFFER;

	relay->kernel = open_socket(GROUP_KERNEL);
	relay->listeners = open_socket(0);
	return relay->kernel != -1 && relay->listeners != -1 &&
	    setsockopt(relay->kernel, SOL_SOCKET, SO_RCVBUFFORCE, &octets,
		sizeof(octets)) == 0;
}

static void
pass_on(struct relay *relay, const struct uevent *event)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK,
		.nl_groups = GROUP_UDEV };
	size_t len =
	    uevent_monitor(event, relay->message, sizeof(relay->message));

	/* ECONNREFUSED: nobody listens */
	if (len == 0 ||
	    (sendto(relay->listeners, relay->message, len, 0,
		 (struct sockaddr *)&to, sizeof(to)) == -1 &&
		errno != ECONNREFUSED))
		console_log("%s was not passed on", event->devpath);
}

static void
take(struct relay *relay, size_t len, struct usb *usb)
{
	struct uevent event;
	enum uevent_error error = uevent_parse(relay->octets, len, &event);

	if (error != UEVENT_OK)
		console_log("an event: %s", uevent_strerror(error));
	else if (strcmp(event.subsystem, "usb") == 0 && usb_event(usb, &event))
		pass_on(relay, &event);
}

bool
relay_run(struct relay *relay, struct usb *usb)
{
	bool heard = false;

	for (unsigned i = 0; i < RELAY_BATCH; i++) {
		struct sockaddr_nl from = { 0 };
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(relay->kernel, relay->octets,
		    sizeof(relay->octets), MSG_TRUNC, (struct sockaddr *)&from,
		    &size);

		if (n == -1 && errno == ENOBUFS)
			usb_again(usb);
		else if (n == -1)
			return heard;
		/* only the kernel has the number 0 */
		else if (size == sizeof(from) && from.nl_pid == 0 &&
		    from.nl_groups == GROUP_KERNEL)
			take(relay, (size_t)n, usb);
		heard = true;
	}
	return heard;
}
