/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/auditor/commands.h"
#include "ceremony/record/words.h"
#include "transfer/file.h"
#include "transfer/text.h"

#define FILE_MAX (256u << 20)

enum audit_status
cmd_words(const struct command *self, int argc, char *argv[])
{
	char words[WORDS_TEXT_MAX], hex[TEXT_HEX_SIZE(32)];
	uint8_t digest[32], *data = NULL;
	enum transfer_error err;
	size_t len;

	if (argc != 1 || argv[0][0] == '-')
		return command_usage(self);
	if (!cell_enter(argv[0]))
		return AUDIT_UNREADABLE;
	err = file_read(AT_FDCWD, argv[0], FILE_MAX, &data, &len);
	if (err != TRANSFER_OK) {
		fprintf(stderr, "anchorite-audit: %s: %s\n", argv[0],
		    err == TRANSFER_ERR_IO ? strerror(errno)
					   : transfer_strerror(err));
		return AUDIT_UNREADABLE;
	}
	SHA256(data, len, digest);
	free(data);
	text_hex(digest, sizeof(digest), hex);
	words_write(digest, words);
	printf("%s\n%s\n", hex, words);
	return AUDIT_VERIFIED;
}
