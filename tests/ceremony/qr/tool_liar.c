/* SPDX-License-Identifier: ISC */
/*
 * tool_liar: stands in for anchorite-reader where it joins codes.  The first
 * line that it gets says how it lies about the file of 100,000 octets that it
 * gives: DIGEST (another one's digest), NOTHING (no octets), HUGE (one more
 * than a file may have), CRUMBS (parts that are not full), MORE (a last part
 * that is too long), or about its progress: RANK (over what is needed), NEEDED
 * (more fragments than there may be), TAKEN (a result that there is not),
 * ESCAPE (control codes in its words).  HONEST is no lie.
 */
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/process/reader.h"
#include "ceremony/process/sandbox.h"
#include "transfer/qr_file.h"
#include "transfer/scan.h"

#define FILE_LENGTH 100000
#define LIE_MAX 16

static bool
is(const char *lie, const char *name)
{
	return strcmp(lie, name) == 0;
}

static bool
hear_lie(struct reader *r, char lie[LIE_MAX])
{
	const uint8_t *text;
	size_t len;

	if (!reader_hear(r, STATE_OPEN) || r->in.kind != MSG_UR)
		return false;
	message_get_number(&r->in);
	text = message_get_octets(&r->in, LIE_MAX - 1, &len);
	if (!message_done(&r->in))
		return false;
	memcpy(lie, text, len);
	lie[len] = '\0';
	return true;
}

static void
tell_progress(struct reader *r, const char *lie)
{
	struct message *m = &r->out;

	message_start(m, MSG_SCANNED);
	message_put_number(m, is(lie, "TAKEN") ? SCAN_TAKEN_COUNT : SCAN_NEW);
	message_put_number(m, is(lie, "NEEDED") ? UR_FRAGMENTS_MAX + 1 : 1);
	message_put_number(m, is(lie, "RANK") ? 2 : 1);
	for (int i = 0; i < 4; i++) /* received, checksum, plain, differ */
		message_put_number(m, 0);
	message_put_number(m, 1); /* complete */
	if (is(lie, "ESCAPE"))
		message_put_octets(m, "\033[2J", 4);
	else
		message_put_text(m, "");
	reader_send(r);
}

static void
give(struct reader *r, const char *lie)
{
	static uint8_t file[FILE_LENGTH];
	uint8_t digest[32];
	size_t full = is(lie, "CRUMBS") ? 1000 : MESSAGE_PART_MAX;
	uint64_t length = is(lie, "NOTHING") ? 0
	    : is(lie, "HUGE")                ? QR_FILE_MAX + 1
					     : FILE_LENGTH;

	SHA256(file, sizeof(file), digest);
	if (is(lie, "DIGEST"))
		digest[0] ^= 1;
	message_start(&r->out, MSG_SCAN_FILE);
	message_put_number(&r->out, length);
	message_put_octets(&r->out, digest, sizeof(digest));
	for (size_t at = 0; reader_send(r) && at < sizeof(file);) {
		size_t n = sizeof(file) - at < full ? sizeof(file) - at : full;

		message_start(&r->out, MSG_PART);
		message_put_octets(&r->out, file,
		    is(lie, "MORE") && n < full ? n + 1 : n);
		at += n;
	}
}

int
main(void)
{
	char level[SANDBOX_LEVEL_MAX], lie[LIE_MAX];
	struct reader *r = calloc(1, sizeof(*r));

	/* as the real one: its configuration is opened before the cell */
	if (r == NULL ||
	    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
		    OPENSSL_INIT_ADD_ALL_DIGESTS,
		NULL) != 1 ||
	    sandbox_enter(SANDBOX_READER, NULL, level, sizeof(level)) != 0)
		return 1;
	message_start(&r->in, MSG_NONE);
	message_start(&r->out, MSG_READY);
	message_put_text(&r->out, level);
	if (!reader_send(r) || !reader_hear(r, STATE_IDLE) ||
	    r->in.kind != MSG_SCAN)
		return 1;
	message_start(&r->out, MSG_OK);
	if (reader_send(r) && hear_lie(r, lie)) {
		tell_progress(r, lie);
		if (reader_hear(r, STATE_OPEN) && r->in.kind == MSG_SCAN_END)
			give(r, lie);
		reader_hear(r, STATE_OPEN); /* until it is let go */
	}
	free(r);
	return 0;
}
