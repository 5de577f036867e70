/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "transfer/media.h"
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
	return 0;
}
