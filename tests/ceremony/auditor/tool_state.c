/* SPDX-License-Identifier: ISC */
/* tool_state FOLDER [TWIST]: write a synthetic state folder; print the anchor,
 * SHA-256 of genesis's act.result line. */
#include "tests/ceremony/record/synthetic.h"

static void
print_anchor(const struct synthetic *s)
{
	for (uint64_t i = 0; i < transcript_count(s->t); i++) {
		char hex[65];
		struct link link;
		size_t len;
		const char *line = transcript_line(s->t, i, &len);

		if (strstr(line, "\"type\":\"act.result\"") == NULL)
			continue;
		SYN(link_read(line, len, &link));
		text_hex(link.hash, 32, hex);
		puts(hex);
		return;
	}
}

/* A file left on a medium behind the last close: the CRL as it is, in DER, or
 * other octets that say they are made of it. */
static void
add_medium(struct synthetic *s)
{
	bool other = strcmp(s->twist, "medium-other") == 0;

	if (!other && strcmp(s->twist, "medium") != 0)
		return;
	syn_line(s, "medium",
	    json_pack("{s:s,s:s,s:s,s:i,s:o,s:o,s:s,s:s,s:s,s:s,s:s,s:s}",
		"direction", "out", "file", "product.crl", "path",
		"product.crl", "size", 100, "sha256",
		syn_hex(other ? s->plan : s->prod.crl_sha256, 32), "object",
		syn_hex(s->prod.crl_sha256, 32), "bus", "usb", "model", "Stick",
		"serial", "1", "fs", "vfat", "label", "-", "uuid", "-"));
}

int
main(int argc, char *argv[])
{
	struct synthetic s;
	int dirfd;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: tool_state FOLDER [TWIST]\n");
		return 2;
	}
	SYN(mkdir(argv[1], 0700) == 0);
	dirfd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SYN(dirfd >= 0);
	syn_keys(&s);
	syn_make(&s, dirfd, argc == 3 ? argv[2] : "");
	add_medium(&s);
	print_anchor(&s);
	syn_free(&s);
	close(dirfd);
	return 0;
}
