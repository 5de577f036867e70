/* SPDX-License-Identifier: ISC */
/* A batch that was approved: intents by one signer, held by the others; then
 * certificates, by all of them. */
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/batch.h"

/* ---- intents ------------------------------------------------------------- */

static bool
hear_intent(struct ceremony *c, struct child *ch, struct batch *b, size_t i)
{
	const struct worklist_entry *e = &b->list.entries[i];
	struct intent *intent = &b->intents[i];
	uint64_t entry;

	if (!child_hear(c, ch, MSG_INTENT))
		return false;
	entry = message_get_number(&c->in);
	message_get_exact(&c->in, intent->serial, sizeof(intent->serial));
	message_get_exact(&c->in, intent->tbs_sha256,
	    sizeof(intent->tbs_sha256));
	if (!child_fields_ok(c))
		return false;
	if (entry != i + 1 ||
	    (e->resumed &&
		(memcmp(intent->serial, e->serial, sizeof(e->serial)) != 0 ||
		    memcmp(intent->tbs_sha256, e->tbs_sha256, 32) != 0)) ||
	    !batch_intends(b, i, intent->serial, intent->tbs_sha256))
		return batch_out_of_turn(c, "an intent");
	memcpy(intent->profile, e->profile, sizeof(intent->profile));
	memcpy(intent->id, e->id, sizeof(intent->id));
	memcpy(intent->hwserial, e->hwserial, sizeof(intent->hwserial));
	memcpy(intent->spki_sha256, e->spki_sha256, 32);
	return true;
}

/* One signer chooses the serials. */
static bool
hear_intents(struct ceremony *c, struct child *ch, struct batch *b)
{
	size_t done = 0;

	message_start(&c->out, MSG_EXECUTE);
	if (!child_tell(c, ch))
		return false;
	for (size_t i = 0; i < b->list.count; i++) {
		if (b->list.entries[i].what != WORKLIST_CERT)
			continue;
		if (!hear_intent(c, ch, b, i))
			return false;
		people_progress(c->people, "intents", ++done, b->certs);
	}
	return child_hear(c, ch, MSG_DONE);
}

static struct batch_card *
draft(struct ceremony *c, struct group *g, struct batch *b)
{
	struct batch_card *card;

	while ((card = batch_card_next(b, 0)) != NULL) {
		if (hear_intents(c, &card->session->child, b))
			return card;
		if (!batch_card_lost(c, g, b, card))
			return NULL;
	}
	return NULL;
}

/* The others build the same from the worklist, and stop if it is not. */
static bool
tell_intents(struct ceremony *c, struct child *ch, const struct batch *b)
{
	for (size_t i = 0; i < b->list.count; i++) {
		const struct intent *intent = &b->intents[i];

		if (b->list.entries[i].what != WORKLIST_CERT)
			continue;
		message_start(&c->out, MSG_INTEND);
		message_put_number(&c->out, i + 1);
		message_put_octets(&c->out, intent->serial,
		    sizeof(intent->serial));
		message_put_octets(&c->out, intent->tbs_sha256, 32);
		if (!child_tell(c, ch))
			return false;
	}
	message_start(&c->out, MSG_EXECUTE);
	return child_tell(c, ch);
}

static bool
tell_others(struct ceremony *c, struct group *g, struct batch *b,
    const struct batch_card *lead)
{
	for (size_t i = 0; i < b->card_count; i++) {
		struct batch_card *card = &b->cards[i];

		if (card != lead && !card->lost &&
		    !tell_intents(c, &card->session->child, b) &&
		    !batch_card_lost(c, g, b, card))
			return false;
	}
	for (size_t i = 0; i < b->card_count; i++) {
		struct batch_card *card = &b->cards[i];

		if (card != lead && !card->lost &&
		    !child_hear(c, &card->session->child, MSG_DONE) &&
		    !batch_card_lost(c, g, b, card))
			return false;
	}
	return true;
}

/* All of them are on disk before the first is signed. */
static bool
write_intents(struct ceremony *c, struct group *g, struct batch *b,
    const struct batch_card *lead)
{
	for (size_t i = 0; i < b->list.count; i++) {
		if (b->list.entries[i].what == WORKLIST_CERT &&
		    !batch_io_ok(c,
			issuance_intent(c->issuance, g->acts[lead->act].number,
			    &b->intents[i])))
			return false;
	}
	b->intended = batch_io_ok(c, issuance_sync(c->issuance));
	return b->intended;
}

/* ---- all of it ----------------------------------------------------------- */

/* The acts begin one after the other, before any of them is executed; their
 * tokens are unlocked, and answer a challenge, at the same time. */
static bool
begin(struct ceremony *c, struct group *g, struct batch *b)
{
	static group_begin_part *const parts[] = { group_begin_tell,
		group_begin_hear, group_begin_show, group_begin_end };

	for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++) {
		for (size_t i = 0; i < b->card_count; i++) {
			struct batch_card *card = &b->cards[i];

			if (!card->lost && !parts[k](c, g, card->act) &&
			    !batch_card_lost(c, g, b, card))
				return false;
		}
	}
	return true;
}

static bool
go(struct ceremony *c, struct group *g, struct batch *b)
{
	for (size_t i = 0; i < b->card_count; i++) {
		struct batch_card *card = &b->cards[i];

		if (card->lost)
			continue;
		message_start(&c->out, MSG_GO);
		if (!child_ask(c, &card->session->child, MSG_OK) &&
		    !batch_card_lost(c, g, b, card))
			return false;
	}
	return true;
}

static bool
sign(struct ceremony *c, struct group *g, struct batch *b)
{
	const struct batch_card *lead;

	return begin(c, g, b) && (lead = draft(c, g, b)) != NULL &&
	    tell_others(c, g, b, lead) && write_intents(c, g, b, lead) &&
	    go(c, g, b) && batch_work(c, g, b);
}

bool
batch_sign(struct ceremony *c, struct group *g, struct batch *b)
{
	bool ok;

	b->intents = calloc(b->list.count + 1, sizeof(*b->intents));
	b->results = calloc(b->list.count + 1, sizeof(*b->results));
	if (b->intents == NULL || b->results == NULL)
		return ceremony_stop(c, EXIT_STATE, "out of memory");
	ok = sign(c, g, b);
	/* what was signed is kept, whatever stopped: it is not signed again */
	if (b->intended && !batch_write(c, g, b, true))
		return false;
	if (b->intended && !batch_io_ok(c, issuance_sync(c->issuance)))
		return false;
	return ok;
}
