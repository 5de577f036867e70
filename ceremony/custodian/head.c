/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ceremony/custodian/ceremony.h"

static bool
record_card(struct ceremony *c, const char *label, const char *serial,
    const char *event, uint64_t seq)
{
	return ceremony_record(c, "card", NULL,
	    json_pack("{s:s,s:s,s:s,s:I}", "label", label, "serial", serial,
		"event", event, "seq", (json_int_t)seq),
	    NULL);
}

/* What the card remembers must be a line of ours. */
static bool
compare(struct ceremony *c, const char *label, bool present, uint64_t seq,
    const uint8_t hash[32])
{
	struct link link;
	const char *line;
	size_t len;

	if (!present)
		return true;
	line = seq < transcript_count(c->transcript)
	    ? transcript_line(c->transcript, seq, &len)
	    : NULL;
	if (line != NULL && link_read(line, len, &link) &&
	    memcmp(link.hash, hash, sizeof(link.hash)) == 0)
		return true;
	c->forked = true;
	return ceremony_stop(c, EXIT_REFUSED,
	    "%s: the card remembers line %llu of another transcript: this "
	    "state is rolled back or forked; stop, and compare the heads on "
	    "paper",
	    label, (unsigned long long)seq + 1);
}

static bool
show_lines(struct ceremony *c, struct child *ch, uint64_t from, uint64_t count,
    enum head_how how)
{
	for (uint64_t i = from; i < count; i++) {
		size_t len;
		const char *line = transcript_line(c->transcript, i, &len);
		message_start(&c->out, MSG_HEAD_LINE);
		message_put_octets(&c->out, line, len);
		if (!child_ask(c, ch, MSG_OK))
			return false;
	}
	if (how == HEAD_SHOW)
		return true;
	message_start(&c->out, MSG_HEAD_WRITE);
	return child_ask(c, ch, MSG_OK);
}

bool
head_check_to(struct ceremony *c, struct child *ch, const char *label,
    const char *serial, enum head_how how, uint64_t count)
{
	uint8_t hash[32];
	uint64_t seq;
	bool present;

	message_start(&c->out, MSG_HEAD_READ);
	if (!child_ask(c, ch, MSG_HEAD))
		return false;
	present = message_get_number(&c->in) != 0;
	seq = message_get_number(&c->in);
	message_get_exact(&c->in, hash, sizeof(hash));
	if (!child_fields_ok(c) || !compare(c, label, present, seq, hash))
		return false;
	if (how != HEAD_LOOK)
		return show_lines(c, ch, present ? seq : count - 1, count, how);
	if (!c->history->open) /* nothing follows ceremony.close */
		return true;
	return record_card(c, label, serial,
	    present ? "head-checked" : "head-absent", present ? seq : 0);
}

bool
head_check(struct ceremony *c, struct child *ch, const char *label,
    const char *serial, enum head_how how)
{
	return head_check_to(c, ch, label, serial, how,
	    transcript_count(c->transcript));
}
