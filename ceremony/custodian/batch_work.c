/* SPDX-License-Identifier: ISC */
/* Entries are handed out to whichever token is free, one at a time and one
 * ahead, and certificates looked at while the cards work. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ca/cert.h"
#include "ceremony/custodian/batch.h"

#define AGAIN_MAX (GROUP_SESSIONS_MAX * (BATCH_QUEUE_MAX + 1))

/* What is left to hand out. */
struct work {
	struct ceremony *c;
	struct group *g;
	struct batch *b;
	size_t next;                   /* entry to look at next */
	size_t left;                   /* cert lines not handed out yet */
	size_t done;                   /* certificates that came */
	size_t again, back[AGAIN_MAX]; /* entries of tokens that were lost */
};

static int64_t
now_ms(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
give_back(struct work *w, size_t entry)
{
	w->left++;
	w->back[w->again++] = entry;
}

/* What a lost token had in hand goes to another, over the same TBS. */
static bool
lost(struct work *w, struct batch_card *card)
{
	if (!batch_card_lost(w->c, w->g, w->b, card))
		return false;
	while (card->queued > 0)
		give_back(w, card->queue[--card->queued]);
	return true;
}

static size_t
take_entry(struct work *w)
{
	w->left--;
	if (w->again > 0)
		return w->back[--w->again];
	while (w->b->list.entries[w->next].what != WORKLIST_CERT)
		w->next++;
	return w->next++;
}

/* One is signed and one waits; near the end none waits behind another while a
 * token is free. */
static bool
may_have(const struct work *w, const struct batch_card *card)
{
	size_t most = w->left > batch_cards_left(w->b) ? BATCH_QUEUE_MAX : 1;

	return !card->lost && w->left > 0 && card->queued < most;
}

static bool
hand_out(struct work *w, struct batch_card *card)
{
	while (may_have(w, card)) {
		size_t i = take_entry(w);

		if (card->queued == 0)
			card->since = now_ms();
		card->queue[card->queued++] = i;
		message_start(&w->c->out, MSG_SIGN);
		message_put_number(&w->c->out, i + 1);
		if (!child_tell(w->c, &card->session->child))
			return lost(w, card);
	}
	return true;
}

/* To all: the first to each, then the one that waits. */
static bool
hand_out_all(struct work *w)
{
	for (size_t i = 0; i < w->b->card_count; i++) {
		if (!hand_out(w, &w->b->cards[i]))
			return false;
	}
	return true;
}

/* The certificate of its oldest entry; the next one is handed out before this
 * one is looked at. */
static bool
hear(struct work *w, struct batch_card *card)
{
	struct ceremony *c = w->c;
	const uint8_t *from;
	uint8_t der[CERT_MAX];
	size_t len = 0, entry;

	if (!child_hear(c, &card->session->child, MSG_CERT))
		return lost(w, card);
	from = message_get_octets(&c->in, sizeof(der), &len);
	if (!child_fields_ok(c))
		return lost(w, card);
	memcpy(der, from, len);
	entry = card->queue[0];
	card->queue[0] = card->queue[1];
	card->queued--;
	card->since = now_ms();
	if (!hand_out(w, card))
		return false;
	/* lost meanwhile: its act is void, and counts no more uses */
	if (card->lost) {
		give_back(w, entry);
		return true;
	}
	if (!batch_take(c, w->b, card, entry, der, len)) {
		give_back(w, entry);
		return lost(w, card);
	}
	batch_card_used(w->g, card, w->b->list.entries[entry].profile);
	people_progress(c->people, "certificates", ++w->done, w->b->certs);
	return batch_write(c, w->g, w->b, false);
}

static bool
is_silent(struct work *w, struct batch_card *card)
{
	if (now_ms() - card->since < BATCH_SILENCE_MS)
		return false;
	ceremony_stop(w->c, EXIT_PROCESS,
	    "%s: no answer for %d s: its card, its reader or its signer hangs",
	    card->session->label, BATCH_SILENCE_MS / 1000);
	return true;
}

/* Until one that is awaited says something, or says nothing for too long. */
static bool
wait(struct work *w, struct pollfd fds[GROUP_SESSIONS_MAX])
{
	int64_t limit = BATCH_SILENCE_MS, now = now_ms();

	for (size_t i = 0; i < w->b->card_count; i++) {
		const struct batch_card *card = &w->b->cards[i];
		int64_t left = card->since + BATCH_SILENCE_MS - now;
		bool awaited = !card->lost && card->queued > 0;

		fds[i] =
		    (struct pollfd){ .fd = awaited ? card->session->child.sock
						   : -1,
			    .events = POLLIN };
		if (awaited && left < limit)
			limit = left;
	}
	/* a signal is no news */
	return poll(fds, w->b->card_count, limit < 0 ? 0 : (int)limit) >= 0;
}

static bool
round_of(struct work *w)
{
	struct pollfd fds[GROUP_SESSIONS_MAX];

	if (!wait(w, fds))
		return true;
	for (size_t i = 0; i < w->b->card_count; i++) {
		struct batch_card *card = &w->b->cards[i];

		if (fds[i].fd == -1 || card->lost)
			continue;
		if (fds[i].revents != 0 ? !hear(w, card)
					: is_silent(w, card) && !lost(w, card))
			return false;
	}
	/* what came back from a token that was lost */
	return hand_out_all(w);
}

bool
batch_work(struct ceremony *c, struct group *g, struct batch *b)
{
	struct work w = { .c = c, .g = g, .b = b, .left = b->certs };

	if (!hand_out_all(&w))
		return false;
	while (w.done < b->certs) {
		if (!round_of(&w))
			return false;
	}
	return true;
}
