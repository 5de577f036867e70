/* SPDX-License-Identifier: ISC */
/* Moving a card's memory of the transcript's head forward: never without
 * having seen every line between. */
#include <string.h>

#include "ceremony/process/signer.h"
#include "smartcard/head.h"
#include "transfer/text.h"

/* A destruction goes on that took the key: of what the token remembered there
 * may be anything, halves that cannot be read too, and none of it counts. */
static bool
is_going(const struct signer *s)
{
	const struct group *g = s->group;

	return g != NULL && g->act_count > 0 &&
	    g->acts[0].what == ACT_DESTROY && g->acts[0].u.destroy.gone;
}

void
signer_head_read(struct signer *s)
{
	struct head head = { .seq = 0 };
	enum card_error err;

	if (signer_bad_form(s))
		return;
	err = head_read(s->token, &head);
	if (err == CARD_ERR_MODULE && is_going(s)) {
		memset(&head, 0, sizeof(head));
		err = CARD_ERR_OBJECT_MISSING;
	}
	if (err != CARD_OK && err != CARD_ERR_OBJECT_MISSING) {
		signer_card_fault(s, err, token_info(s->token)->label);
		return;
	}
	s->head_known = true;
	s->card_has_head = err == CARD_OK;
	s->card_seq = head.seq;
	memcpy(s->card_hash, head.hash, sizeof(s->card_hash));
	s->has_line = false;
	message_start(&s->out, MSG_HEAD);
	message_put_number(&s->out, s->card_has_head);
	message_put_number(&s->out, head.seq);
	message_put_octets(&s->out, head.hash, sizeof(head.hash));
	signer_send(s);
}

void
signer_head_forget(struct signer *s)
{
	s->head_known = s->card_has_head = s->has_line = false;
}

bool
signer_head_is(const struct signer *s, const uint8_t hash[32])
{
	return s->head_known && s->card_has_head &&
	    memcmp(s->card_hash, hash, sizeof(s->card_hash)) == 0;
}

/* The first line is the one the card remembers, the others follow it.  Without
 * having read what it remembers no line fits. */
static bool
line_fits(const struct signer *s, const struct link *line)
{
	if (!s->head_known)
		return false;
	if (s->has_line)
		return link_follows(&s->line, line);
	return !s->card_has_head ||
	    (line->seq == s->card_seq &&
		memcmp(line->hash, s->card_hash, sizeof(line->hash)) == 0);
}

/* A line that says which policy the log has from then on. */
static void
note_policy(struct group *g, const char *line, size_t len)
{
	static const char key[] = "\"policy\":\"";
	char hex[TEXT_HEX_SIZE(32)] = "";
	const char *at = memmem(line, len, key, sizeof(key) - 1);
	uint8_t digest[32];

	if (g == NULL || at == NULL ||
	    !signer_line_says((const uint8_t *)line, len,
		"\"type\":\"act.result\",\"actor\""))
		return;
	at += sizeof(key) - 1;
	if ((size_t)(line + len - at) < sizeof(hex))
		return;
	memcpy(hex, at, sizeof(hex) - 1);
	if (!text_unhex(hex, digest, sizeof(digest)))
		return;
	memcpy(g->log_policy_sha256, digest, sizeof(digest));
	g->log_policy_known = true;
}

void
signer_head_line(struct signer *s)
{
	struct link line;
	size_t len;
	const uint8_t *raw = message_get_octets(&s->in, LINK_LINE_MAX, &len);

	if (signer_bad_form(s))
		return;
	if (!link_read((const char *)raw, len, &line) || !line_fits(s, &line)) {
		signer_fault(s, FAULT_HEAD,
		    "%s: transcript does not continue what this card "
		    "remembers: rolled back or forked; stop and compare the "
		    "heads on paper",
		    token_info(s->token)->label);
		s->has_line = false;
		return;
	}
	s->line = line;
	s->has_line = true;
	note_policy(s->group, (const char *)raw, len);
	signer_ok(s);
}

/* A token keyed for an earlier policy does not go past the line that said so
 * before it is keyed anew: it would not be told a second time. */
static bool
may_move(struct signer *s)
{
	const struct group *g = s->group;

	if (!s->has_line) {
		signer_fault(s, FAULT_HEAD, "head: no line was shown");
		return false;
	}
	if (g == NULL || !g->log_policy_known ||
	    memcmp(g->policy_sha256, g->log_policy_sha256, 32) == 0 ||
	    (g->current->what == ACT_ROTATE && g->current->done))
		return true;
	signer_fault(s, FAULT_REFUSED,
	    "%s: the log has another policy now: this token does nothing but rotate",
	    token_info(s->token)->label);
	return false;
}

void
signer_head_write(struct signer *s)
{
	struct head head;
	enum card_error err = CARD_OK;

	if (signer_bad_form(s) || !may_move(s))
		return;
	head.seq = s->line.seq;
	memcpy(head.hash, s->line.hash, sizeof(head.hash));
	if (!is_going(s) && (!s->card_has_head || head.seq > s->card_seq))
		err = head_write(s->token, &head);
	if (err != CARD_OK) {
		signer_card_fault(s, err, token_info(s->token)->label);
		return;
	}
	s->card_has_head = true;
	s->card_seq = head.seq;
	memcpy(s->card_hash, head.hash, sizeof(head.hash));
	signer_ok(s);
}
