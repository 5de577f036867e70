/* SPDX-License-Identifier: ISC */
/*
 * tool_card new CARD                make it, if there is none; its serial
 * tool_card root VENDOR             the certificate above all its cards; "" is
 *                                   the vendor of most
 * tool_card vpcd PORT CARD          in a reader of pcscd's vpcd, on this host
 * tool_card passthru SOCKET CARD    in QEMU's ccid-card-passthru
 *
 * CARD is the file of a card, see card.h.  The last two wait up to ten seconds
 * for the reader, take the card out and put it in as its control file says,
 * and end when the reader is gone.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/card/card_cvc.h"
#include "tests/card/card_link.h"

#define TRIES 200 /* ten seconds */
#define PAUSE 50  /* milliseconds */
#define AWAY 20   /* pauses: a second */

static int
connect_tcp(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
connect_unix(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

static const struct transport {
	const char *name;
	int (*connect)(const char *where);
	enum card_link (*serve)(struct card *c, int fd);
} transports[] = {
	{ "vpcd", connect_tcp, card_vpcd_serve },
	{ "passthru", connect_unix, card_passthru_serve },
};

/* A reader that comes up within so many tries, or -1. */
static int
reader(const struct transport *t, const char *where, int tries)
{
	while (tries-- > 0) {
		int fd = t->connect(where);

		if (fd >= 0)
			return fd;
		poll(NULL, 0, PAUSE);
	}
	return -1;
}

/* At least so long, and until the card is to be put in.  pcscd looks every 400
 * ms, and takes a card that was away for less neither for gone nor for new. */
static void
stay_away(struct card *c, int pauses)
{
	while (pauses-- > 0 || !card_present(c))
		poll(NULL, 0, PAUSE);
}

/* Until the reader is gone.  A connection that was closed says nothing: vpcd
 * closes one that came before it saw the end of the last. */
static int
serve(const struct transport *t, const char *where, struct card *c)
{
	int fd = reader(t, where, TRIES);

	if (fd < 0) {
		fprintf(stderr, "%s: no reader\n", where);
		return 1;
	}
	while (fd >= 0) {
		enum card_link end = t->serve(c, fd);

		close(fd);
		if (end == CARD_LINK_BROKEN)
			return 1;
		stay_away(c, end == CARD_LINK_PULLED ? AWAY : 1);
		fd = reader(t, where, 1);
	}
	return 0;
}

static int
usage(void)
{
	fputs("usage: tool_card new CARD | root VENDOR | vpcd PORT CARD |"
	      " passthru SOCKET CARD\n",
	    stderr);
	return 2;
}

static int
write_root(const char *vendor)
{
	struct card_bytes root = { 0 };

	return card_cvc_root(vendor, &root) &&
		fwrite(root.data, 1, root.len, stdout) == root.len
	    ? 0
	    : 1;
}

int
main(int argc, char **argv)
{
	struct card *c;
	int ret = 2;

	if (argc == 3 && strcmp(argv[1], "root") == 0)
		return write_root(argv[2]);
	if (argc != (argc > 1 && strcmp(argv[1], "new") == 0 ? 3 : 4))
		return usage();
	c = card_new(argv[argc - 1]);
	if (c == NULL)
		return 1;
	if (argc == 3)
		ret = printf("%s\n", card_serial(c)) > 0 ? 0 : 1;
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		if (argc == 4 && strcmp(argv[1], transports[i].name) == 0)
			ret = serve(&transports[i], argv[2], c);
	card_free(c);
	return ret == 2 ? usage() : ret;
}
