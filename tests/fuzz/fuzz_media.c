/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transfer/media_use.h"
#include "transfer/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct octets {
	const uint8_t *data;
	size_t len;
};

/* Octets beyond those given are zero: a device is longer than its marks. */
static bool
read_octets(void *arg, uint64_t at, void *out, size_t len)
{
	const struct octets *o = arg;

	memset(out, 0, len);
	if (at < o->len)
		memcpy(out, o->data + at,
		    len < o->len - at ? len : o->len - at);
	return true;
}

static void
printable(const char *text)
{
	if (text[0] != '\0' && !text_is_printable(text, MEDIA_TEXT_MAX))
		__builtin_trap();
}

static char root[] = "/tmp/anchorite-fuzz-XXXXXX"; /* made once */
static int root_fd = -1;

static void
leave(void)
{
	rmdir(root);
}

static enum transfer_error
mount_root(void *arg, bool writable, int *fd, struct transfer_fault *fault)
{
	(void)arg;
	(void)writable;
	(void)fault;
	*fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY);
	return TRANSFER_OK;
}

static enum transfer_error
unmount_root(void *arg, int fd, struct transfer_fault *fault)
{
	(void)arg;
	(void)fault;
	close(fd);
	return TRANSFER_OK;
}

/* Whatever the path is, what opens is a file of the folder itself. */
static void
read_back(const char *path)
{
	struct media_port port = { mount_root, unmount_root, NULL };
	struct transfer_fault fault = { .text = "" };
	uint8_t digest[32];
	uint64_t size = 0;
	int fd = -1;

	if (media_read(&port, path, 64, &fd, &size, digest, &fault) !=
	    TRANSFER_OK) {
		if (fd != -1 || !text_is_printable(fault.text, 199))
			__builtin_trap();
		return;
	}
	if (size != 0 || strchr(path, '/') != NULL || path[0] == '\0')
		__builtin_trap();
	close(fd);
}

/* Names with NULs between, as far as a file system takes them: a folder of
 * them is listed, in order, and each is read by the name it is told by. */
static void
listing(const char *data, size_t len)
{
	char name[MEDIA_PATH_MAX + 2];
	struct media_listing l;

	if (root_fd == -1) {
		if (mkdtemp(root) == NULL)
			__builtin_trap();
		root_fd = open(root, O_RDONLY | O_DIRECTORY);
		atexit(leave);
	}
	for (unsigned i = 0; len > 0 && i < 8; i++) {
		size_t n =
		    strnlen(data, len < MEDIA_PATH_MAX ? len : MEDIA_PATH_MAX);
		memcpy(name, data, n);
		name[n] = '\0';
		if (strchr(name, '/') == NULL)
			close(openat(root_fd, name, O_WRONLY | O_CREAT | O_EXCL,
			    0600));
		read_back(name);
		data += n + (n < len);
		len -= n + (n < len);
	}
	if (media_list_folder(root_fd, &l, NULL) != TRANSFER_OK || l.more)
		__builtin_trap();
	for (size_t i = 0; i < l.count; i++) {
		if (l.entries[i].kind != MEDIA_ENTRY_FILE ||
		    (i > 0 &&
			strcmp(l.entries[i - 1].name, l.entries[i].name) >= 0))
			__builtin_trap();
		unlinkat(root_fd, l.entries[i].name, 0);
	}
	media_listing_clear(&l);
}

/* The first octets of a medium, and a name on one: what people see of either
 * is printable. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct octets o = { data, len };
	struct media_source s = { read_octets, &o, 1u << 20 };
	char name[MEDIA_TEXT_MAX + 1];
	struct media_fs fs;

	if (!media_fs_look(&s, &fs) || fs.oversize != (fs.size > s.size))
		__builtin_trap();
	printable(fs.label);
	printable(fs.uuid);
	media_escape(data, len, name, sizeof(name));
	printable(name);
	listing((const char *)data, len);
	return 0;
}
