/* SPDX-License-Identifier: ISC */
/* The close of a ceremony: its last line, the checkpoint signed by m
 * operators, heads on their cards; only then do outputs leave. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ca/crl.h"
#include "ceremony/custodian/act.h"
#include "ceremony/custodian/media.h"
#include "ceremony/custodian/outputs.h"
#include "ceremony/record/checkpoint.h"
#include "transfer/file.h"

static void
note_name(const char *ceremony, char *out, size_t size)
{
	snprintf(out, size, "checkpoints/%s.note", ceremony);
}

bool
ceremony_has_checkpoint(const struct ceremony *c, const char *ceremony)
{
	char name[128];
	struct stat st;

	note_name(ceremony, name, sizeof(name));
	return fstatat(c->state_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static unsigned
steps_done(const struct ceremony *c)
{
	unsigned n = 0;

	for (unsigned i = 1; i <= c->plan->step_count; i++)
		n += c->history->step_done[i];
	return n;
}

static bool
record_close(struct ceremony *c)
{
	uint8_t root[32], log[32];

	tree_root(issuance_tree(c->issuance), root);
	issuance_digest(c->issuance, log);
	return ceremony_record(c, "ceremony.close", NULL,
	    json_pack("{s:i,s:I,s:o,s:I,s:o}", "steps", (int)steps_done(c),
		"issuance_lines", (json_int_t)issuance_lines(c->issuance),
		"issuance_sha256", json_digest(log), "tree_size",
		(json_int_t)tree_size(issuance_tree(c->issuance)), "tree_root",
		json_digest(root)),
	    NULL);
}

static void
checkpoint_of(const struct ceremony *c, struct checkpoint *out)
{
	const struct link *head = transcript_head(c->transcript);

	memset(out, 0, sizeof(*out));
	snprintf(out->origin, sizeof(out->origin), "%s", c->plan->log);
	out->tree_size = tree_size(issuance_tree(c->issuance));
	tree_root(issuance_tree(c->issuance), out->tree_root);
	out->seq = head->seq;
	memcpy(out->head, head->hash, sizeof(out->head));
}

static bool
sign_note(struct ceremony *c, struct child *ch, const char *id,
    const char *text, size_t len, struct checkpoint_sig *out)
{
	int who = policy_operator(&c->history->policy, id);
	const uint8_t *sig;

	message_start(&c->out, MSG_NOTE);
	message_put_text(&c->out, c->plan->log);
	message_put_octets(&c->out, text, len);
	if (!child_ask(c, ch, MSG_SIGNATURE))
		return false;
	sig = message_get_octets(&c->in, sizeof(out->der), &out->len);
	if (!child_fields_ok(c) || who < 0)
		return ceremony_stop(c, EXIT_PROCESS, "checkpoint: no %s", id);
	memcpy(out->der, sig, out->len);
	snprintf(out->id, sizeof(out->id), "%s", id);
	checkpoint_key_id(c->plan->log, id,
	    &c->history->policy.operators[who].sign, out->key_id);
	return true;
}

/* One visit: sign the checkpoint, remember the head. */
static bool
visit(struct ceremony *c, const struct history_operator *who, const char *text,
    size_t len, struct checkpoint_sig *out, bool *absent)
{
	struct child ch = { .pid = -1, .sock = -1 };
	unsigned pulls = 0;
	bool ok;

	do {
		ok = visit_open(c, who, &ch, absent) &&
		    sign_note(c, &ch, who->id, text, len, out) &&
		    (who->headless ||
			head_check(c, &ch, who->label, who->serial, HEAD_MOVE));
	} while (!ok && visit_again(c, who, &ch, &pulls));
	c->visiting = false;
	child_end(&ch);
	return ok;
}

static bool
write_note(struct ceremony *c, const struct checkpoint *cp,
    const struct checkpoint_sig *sigs, size_t count)
{
	struct record_fault fault = { .text = "" };
	unsigned operators = 0, witnesses = 0;
	char *note = NULL, name[128];
	enum transfer_error err = TRANSFER_ERR_MEMORY;
	size_t len = 0;

	if (checkpoint_verify(cp, sigs, count, &c->history->policy, &operators,
		&witnesses, &fault) != RECORD_OK ||
	    operators < c->history->policy.m)
		return ceremony_stop(c, EXIT_REFUSED, "checkpoint: %s",
		    fault.text);
	note_name(c->plan->ceremony, name, sizeof(name));
	if (checkpoint_note(cp, sigs, count, &note, &len) == RECORD_OK)
		err = file_create(c->state_fd, name, note, len, 0644);
	free(note);
	if (err == TRANSFER_OK) {
		media_state_sync(c);
		return true;
	}
	return ceremony_stop(c, EXIT_STATE,
	    "%s/%s: %s: run the same plan "
	    "again",
	    c->state_path, name, transfer_strerror(err));
}

static bool
collect(struct ceremony *c, const struct checkpoint *cp,
    struct checkpoint_sig *sigs, unsigned need)
{
	char text[CHECKPOINT_TEXT_MAX];
	size_t len = 0, count = 0;

	if (checkpoint_text(cp, text, &len) != RECORD_OK)
		return ceremony_stop(c, EXIT_PROCESS, "checkpoint: no text");
	for (size_t i = 0; count < need && i < c->history->operator_count;
	     i++) {
		bool absent = false;
		if (visit(c, &c->history->operators[i], text, len, &sigs[count],
			&absent))
			count++;
		else if (!absent)
			return false;
	}
	if (count < need)
		return ceremony_stop(c, EXIT_REFUSED,
		    "checkpoint: %zu of %u signatures: everything is "
		    "recorded; run the same plan again to sign the head",
		    count, need);
	return write_note(c, cp, sigs, count);
}

bool
ceremony_close(struct ceremony *c)
{
	struct checkpoint_sig *sigs;
	struct checkpoint cp;
	char what[64];
	bool ok;

	/* the second copy may have failed behind the last step */
	if (c->history->open && (!media_state_note(c) || !record_close(c)))
		return false;
	if ((mkdirat(c->state_fd, "checkpoints", 0700) == -1 &&
		errno != EEXIST) ||
	    fsync(c->state_fd) == -1)
		return ceremony_stop(c, EXIT_STATE, "%s/checkpoints: %s",
		    c->state_path, strerror(errno));
	checkpoint_of(c, &cp);
	sigs = calloc(POLICY_OPERATORS_MAX, sizeof(*sigs));
	ok = sigs != NULL && collect(c, &cp, sigs, c->history->policy.m);
	free(sigs);
	if (!ok)
		return false;
	snprintf(what, sizeof(what), "head, to be written down (line %llu):",
	    (unsigned long long)cp.seq + 1);
	people_say_words(c->people, what, cp.head);
	return true;
}

/* A delivery that was cut short is made whole: what stands there already and
 * is the same, stays. */
static bool
is_same(const struct ceremony *c, const char *name, const uint8_t *data,
    size_t len)
{
	uint8_t *there = NULL;
	size_t there_len = 0;
	bool same = file_read(c->out_fd, name, len, &there, &there_len) ==
		TRANSFER_OK &&
	    there_len == len && memcmp(there, data, len) == 0;

	free(there);
	return same;
}

static bool
write_output(struct ceremony *c, const char *name, const uint8_t *data,
    size_t len, const uint8_t object[32])
{
	enum transfer_error err;
	int number;

	if (c->desk != NULL && c->desk->out)
		return media_output(c, name, data, len, object);
	err = file_create(c->out_fd, name, data, len, 0644);
	number = errno;

	if (err == TRANSFER_OK)
		people_say(c->people, "written: %s/%s", c->out_path, name);
	else if (err == TRANSFER_ERR_EXISTS && is_same(c, name, data, len))
		people_say(c->people, "%s/%s: is there already, the same",
		    c->out_path, name);
	else if (err == TRANSFER_ERR_EXISTS)
		return ceremony_stop(c, EXIT_STATE,
		    "%s/%s: is there already and is not overwritten: the "
		    "ceremony is closed and whole; name a free --out and run "
		    "the same plan again",
		    c->out_path, name);
	else
		return ceremony_stop(c, EXIT_STATE,
		    "%s/%s: %s: the ceremony is closed and whole; make room "
		    "or name another --out and run the same plan again",
		    c->out_path, name,
		    err == TRANSFER_ERR_IO ? strerror(number)
					   : transfer_strerror(err));
	return true;
}

/* One that cannot be written does not keep the others back. */
static void
deliver(struct ceremony *c, const char *name, const uint8_t object[32],
    enum output_form form)
{
	uint8_t *data = NULL;
	size_t len = 0;

	if (output_make(c, object, form, &data, &len))
		write_output(c, name, data, len, object);
	free(data);
}

bool
ceremony_deliver(struct ceremony *c)
{
	return outputs_each(c, deliver) && c->status == EXIT_DONE;
}
