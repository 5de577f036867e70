/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/join.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/qr/reader.h"
#include "transfer/qr_file.h"

struct join {
	struct qr_reader reader;
};

struct join *
join_new(char *why)
{
	struct join *j = malloc(sizeof(*j));

	if (j == NULL) {
		snprintf(why, QR_WHY_MAX, "out of memory");
		return NULL;
	}
	qr_reader_init(&j->reader);
	if (qr_reader_start(&j->reader)) {
		message_start(&j->reader.out, MSG_SCAN);
		if (qr_reader_tell(&j->reader) &&
		    qr_reader_hear(&j->reader, MSG_OK, MSG_OK))
			return j;
	}
	memcpy(why, j->reader.why, QR_WHY_MAX);
	join_free(j);
	return NULL;
}

void
join_free(struct join *j)
{
	if (j == NULL)
		return;
	qr_reader_end(&j->reader);
	free(j);
}

const char *
join_why(const struct join *j)
{
	return j->reader.why;
}

bool
join_is_fault(const struct join *j)
{
	return j->reader.fault;
}

static bool
hear_state(struct join *j, struct join_state *s)
{
	struct message *m = &j->reader.in;
	uint64_t taken, checksum;

	if (!qr_reader_hear(&j->reader, MSG_SCANNED, MSG_SCANNED))
		return false;
	taken = message_get_number(m);
	s->needed = message_get_number(m);
	s->rank = message_get_number(m);
	s->received = message_get_number(m);
	checksum = message_get_number(m);
	s->plain = message_get_number(m);
	s->differ = message_get_number(m) != 0;
	s->complete = message_get_number(m) != 0;
	message_get_text(m, s->why, sizeof(s->why) - 1);
	if (taken >= SCAN_TAKEN_COUNT || s->needed > UR_FRAGMENTS_MAX ||
	    s->rank > s->needed)
		m->bad = true;
	s->taken = (enum scan_taken)taken;
	s->checksum = (uint32_t)checksum;
	return qr_reader_fields_ok(&j->reader);
}

bool
join_take(struct join *j, bool line, const void *text, size_t len,
    struct join_state *state)
{
	struct message *m = &j->reader.out;

	memset(state, 0, sizeof(*state));
	message_start(m, MSG_UR);
	message_put_number(m, line);
	message_put_octets(m, text, len);
	return qr_reader_tell(&j->reader) && hear_state(j, state);
}

static bool
hear_parts(struct join *j, uint8_t *file, size_t len)
{
	struct message *m = &j->reader.in;

	for (size_t at = 0; at < len;) {
		const uint8_t *part;
		size_t n;

		if (!qr_reader_hear(&j->reader, MSG_PART, MSG_PART))
			return false;
		part = message_get_octets(m, MESSAGE_PART_MAX, &n);
		if (n !=
		    (len - at < MESSAGE_PART_MAX ? len - at : MESSAGE_PART_MAX))
			m->bad = true; /* all but the last are full */
		if (!qr_reader_fields_ok(&j->reader))
			return false;
		memcpy(file + at, part, n);
		at += n;
	}
	return true;
}

bool
join_finish(struct join *j, uint8_t **out, size_t *len, uint8_t sha256[32])
{
	struct message *m = &j->reader.in;
	uint8_t told[32];
	uint64_t length;

	*out = NULL;
	message_start(&j->reader.out, MSG_SCAN_END);
	if (!qr_reader_tell(&j->reader) ||
	    !qr_reader_hear(&j->reader, MSG_SCAN_FILE, MSG_SCAN_FILE))
		return false;
	length = message_get_number(m);
	message_get_exact(m, told, sizeof(told));
	if (length == 0 || length > QR_FILE_MAX)
		m->bad = true;
	if (!qr_reader_fields_ok(&j->reader))
		return false;
	*out = malloc((size_t)length);
	*len = (size_t)length;
	if (*out != NULL && hear_parts(j, *out, *len)) {
		const uint8_t *own = SHA256(*out, *len, sha256);

		if (own != NULL && memcmp(told, own, sizeof(told)) == 0)
			return true;
		snprintf(j->reader.why, sizeof(j->reader.why), "%s",
		    own == NULL ? "out of memory"
				: "the reader gave another file than it told "
				  "the digest of");
	} else if (*out == NULL) {
		snprintf(j->reader.why, sizeof(j->reader.why), "out of memory");
	}
	free(*out);
	*out = NULL;
	return false;
}
