/* SPDX-License-Identifier: ISC */
/* tool_ur: lines of Uniform Resources on standard input; the file that they
 * carry goes to standard output.  Lines that are none are passed over; exits 1
 * when the lines are over before the file is whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/qr_file.h"
#include "transfer/ur.h"

static int
unpack(const struct ur_decoder *d)
{
	struct transfer_fault fault;
	size_t len, file_len;
	const uint8_t *message = ur_decoder_message(d, &len);
	uint8_t *file;

	if (qr_file_unpack(message, len, &file, &file_len, &fault) !=
	    TRANSFER_OK) {
		fprintf(stderr, "tool_ur: %s\n", fault.text);
		return 1;
	}
	fwrite(file, 1, file_len, stdout);
	free(file);
	return 0;
}

int
main(void)
{
	enum ur_taken taken = UR_NEW;
	struct ur_decoder *d;
	struct ur_progress p;
	char *line = NULL;
	size_t size = 0;
	int status = 1;

	if (ur_decoder_new(UR_TYPE, &d) != TRANSFER_OK)
		return 1;
	while (taken != UR_COMPLETE && getline(&line, &size, stdin) > 0) {
		const char *why;

		taken = ur_decoder_take(d, line, strcspn(line, "\n"), &why);
		if (taken == UR_REFUSED)
			fprintf(stderr, "tool_ur: %s\n", why);
	}
	ur_decoder_progress(d, &p);
	if (taken == UR_COMPLETE)
		status = unpack(d);
	else
		fprintf(stderr, "tool_ur: %zu of %zu\n", p.rank, p.needed);
	free(line);
	ur_decoder_free(d);
	return status;
}
