/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ceremony/custodian/cell.h"
#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/commands.h"
#include "ceremony/record/words.h"
#include "transfer/file.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

#define WORDS_A_LINE 8

void
command_words(const char *words)
{
	bool terminal = isatty(STDOUT_FILENO) == 1;
	unsigned n = 0;

	for (; *words != '\0'; words++) {
		if (terminal && *words == ' ' && ++n % WORDS_A_LINE == 0)
			fputs("\n ", stdout);
		putchar(*words);
	}
	putchar('\n');
}

int
cmd_words(const struct command *self, int argc, char *argv[])
{
	char hex[TEXT_HEX_SIZE(32)], words[WORDS_TEXT_MAX];
	uint8_t *data = NULL, digest[32];
	enum transfer_error err;
	size_t len = 0;
	const struct option_row none = { NULL, NULL, 0 };
	int status = command_options(self, &argc, argv, &none);

	if (status != 0)
		return status;
	if (argc != 1)
		return command_usage(self);
	if (!cell_look(argv[0]))
		return EXIT_PROCESS;
	err = file_read(AT_FDCWD, argv[0], SEALED_MAX, &data, &len);
	if (err != TRANSFER_OK) {
		fprintf(stderr, "anchorite: %s: %s\n", argv[0],
		    transfer_strerror(err));
		return EXIT_INPUT;
	}
	SHA256(data, len, digest);
	free(data);
	text_hex(digest, sizeof(digest), hex);
	words_write(digest, words);
	printf("%s\n%s", hex, isatty(STDOUT_FILENO) == 1 ? "  " : "");
	command_words(words);
	return EXIT_DONE;
}
