/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ceremony/custodian/ceremony.h"

#define HEAD_AHEAD_MAX 4

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

/* One answer fewer is due. */
static bool
hear_one(struct ceremony *c, struct child *ch, unsigned *due)
{
	(*due)--;
	return child_hear(c, ch, MSG_OK);
}

/* Lines go out some ahead of their answers, and never so many that both sides
 * wait for room. */
static bool
show_lines(struct ceremony *c, struct child *ch, uint64_t from, uint64_t count,
    unsigned *due)
{
	for (uint64_t i = from; i < count; i++) {
		size_t len;
		const char *line = transcript_line(c->transcript, i, &len);

		message_start(&c->out, MSG_HEAD_LINE);
		message_put_octets(&c->out, line, len);
		if (*due == HEAD_AHEAD_MAX && !hear_one(c, ch, due))
			return false;
		if (!child_tell(c, ch))
			return false;
		(*due)++;
	}
	return true;
}

bool
head_ask(struct ceremony *c, struct child *ch)
{
	message_start(&c->out, MSG_HEAD_READ);
	return child_tell(c, ch);
}

/* What the card remembers, held against ours. */
static bool
hear_head(struct ceremony *c, struct child *ch, const char *label,
    bool *present, uint64_t *seq)
{
	uint8_t hash[32];

	if (!child_hear(c, ch, MSG_HEAD))
		return false;
	*present = message_get_number(&c->in) != 0;
	*seq = message_get_number(&c->in);
	message_get_exact(&c->in, hash, sizeof(hash));
	return child_fields_ok(c) && compare(c, label, *present, *seq, hash);
}

bool
head_show(struct ceremony *c, struct child *ch, const char *label, bool move,
    uint64_t count, unsigned *due)
{
	uint64_t seq = 0;
	bool present = false;

	*due = 0;
	if (!hear_head(c, ch, label, &present, &seq) ||
	    !show_lines(c, ch, present ? seq : count - 1, count, due))
		return false;
	if (!move)
		return true;
	message_start(&c->out, MSG_HEAD_WRITE);
	(*due)++;
	return child_tell(c, ch);
}

bool
head_shown(struct ceremony *c, struct child *ch, unsigned due)
{
	while (due > 0) {
		if (!hear_one(c, ch, &due))
			return false;
	}
	return true;
}

bool
head_check(struct ceremony *c, struct child *ch, const char *label,
    const char *serial, enum head_how how)
{
	bool present = false;
	uint64_t seq = 0;
	unsigned due;

	if (!head_ask(c, ch))
		return false;
	if (how == HEAD_MOVE)
		return head_show(c, ch, label, true,
			   transcript_count(c->transcript), &due) &&
		    head_shown(c, ch, due);
	if (!hear_head(c, ch, label, &present, &seq))
		return false;
	if (!c->history->open) /* nothing follows ceremony.close */
		return true;
	return record_card(c, label, serial,
	    present ? "head-checked" : "head-absent", present ? seq : 0);
}
