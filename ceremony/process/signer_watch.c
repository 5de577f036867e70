/* SPDX-License-Identifier: ISC */
/* A signer that has no token and watches the readers: it sleeps in pcscd until
 * something changes there.  It never listens again; whoever asked kills it. */
#include <string.h>

#include "ceremony/process/signer.h"
#include "ceremony/process/signer_cell.h"
#include "smartcard/look.h"

#define BUSY_MS 250 /* between two looks at a card that somebody has just now */
#define BUSY_TRIES 4 /* before that is worth a word */

struct seen {
	bool known; /* who it is was found out since it was put in */
	unsigned
	    busy; /* looks in vain: it was let go before we could wait for it */
	enum reader_holds holds;
	struct schsm_info card;
};
struct watch {
	struct pcsc *pcsc;
	struct pcsc_readers readers;
	struct seen seen[PCSC_READERS_MAX];
};

static enum reader_holds
holds(enum card_error err, const struct schsm_info *card)
{
	switch (err) {
	case CARD_OK:
		return card->initialised && !card->wiped ? READER_CARD
							 : READER_BLANK;
	case CARD_ERR_REMOVED:
		return READER_EMPTY;
	case CARD_ERR_BUSY:
		return READER_TAKEN;
	case CARD_ERR_FOREIGN:
		return READER_FOREIGN;
	case CARD_ERR_TIMEOUT:
		return READER_HANGS;
	default:
		return READER_MUTE;
	}
}

/* Whether it is to be asked who it is: once, so that nobody who opens it is
 * disturbed. */
static bool
prepare(const struct pcsc_reader *r, struct seen *s)
{
	if (!r->present)
		*s = (struct seen){ .holds = READER_EMPTY };
	else if (r->mute)
		s->holds = READER_MUTE;
	else if (!s->known && r->taken)
		s->holds = READER_TAKEN;
	else
		return !s->known;
	return false;
}

static void
look(struct watch *w)
{
	bool asked[PCSC_READERS_MAX] = { false };
	enum card_error error[PCSC_READERS_MAX];
	struct schsm_info card[PCSC_READERS_MAX];

	for (size_t i = 0; i < w->readers.count; i++)
		asked[i] = prepare(&w->readers.reader[i], &w->seen[i]);
	look_at(&w->readers, asked, error, card);
	for (size_t i = 0; i < w->readers.count; i++) {
		struct seen *s = &w->seen[i];

		if (!asked[i])
			continue;
		if (error[i] == CARD_OK)
			s->card = card[i];
		s->holds = holds(error[i], &s->card);
		s->busy = s->holds == READER_TAKEN ? s->busy + 1 : 0;
		/* one that hangs is not asked again before it was out */
		s->known = s->holds == READER_CARD ||
		    s->holds == READER_BLANK || s->holds == READER_FOREIGN ||
		    s->holds == READER_HANGS;
	}
}

/* Whoever looks at a new card has it for a moment only. */
static enum reader_holds
told(const struct seen *s)
{
	return s->busy > 0 && s->busy < BUSY_TRIES ? READER_EMPTY : s->holds;
}

static bool
tell(struct signer *s, const struct watch *w)
{
	for (size_t i = 0; i < w->readers.count; i++) {
		const struct seen *seen = &w->seen[i];
		bool card = seen->holds == READER_CARD;
		bool known = card || seen->holds == READER_BLANK;

		message_start(&s->out, MSG_READER);
		message_put_text(&s->out, w->readers.reader[i].name);
		message_put_number(&s->out, told(seen));
		message_put_text(&s->out, card ? seen->card.label : "");
		message_put_text(&s->out, known ? seen->card.serial : "");
		if (!signer_send(s))
			return false;
	}
	message_start(&s->out, MSG_DONE);
	return signer_send(s);
}

/* The same card as before in the same reader: pcscd counts in the upper half
 * of a state how often cards came and went. */
static bool
same_card(const struct pcsc_reader *a, const struct pcsc_reader *b)
{
	return strcmp(a->name, b->name) == 0 &&
	    a->state >> 16 == b->state >> 16;
}

/* Readers come and go, too. */
static enum card_error
wait_for_change(struct watch *w)
{
	const struct pcsc_readers before = w->readers;
	struct seen seen[PCSC_READERS_MAX];
	enum card_error err;
	bool busy = false;

	for (size_t i = 0; i < w->readers.count; i++)
		busy = busy || w->seen[i].busy > 0;
	err = pcsc_wait(w->pcsc, &w->readers, busy ? BUSY_MS : -1);
	if (err == CARD_ERR_TIMEOUT)
		return CARD_OK;
	memcpy(seen, w->seen, sizeof(seen));
	memset(w->seen, 0, sizeof(w->seen));
	for (size_t i = 0; err == CARD_OK && i < w->readers.count; i++)
		for (size_t k = 0; k < before.count; k++)
			if (same_card(&w->readers.reader[i], &before.reader[k]))
				w->seen[i] = seen[k];
	return err;
}

void
signer_watch(struct signer *s)
{
	struct watch w = { .pcsc = NULL };
	enum card_error err;

	if (signer_bad_form(s))
		return;
	s->stop = true;
	err = pcsc_new(NULL, &w.pcsc);
	if (!signer_cell_watch()) {
		pcsc_free(w.pcsc);
		signer_fault(s, FAULT_INTERNAL,
		    "readers: the signer's cell cannot be closed");
		return;
	}
	if (err == CARD_OK)
		err = pcsc_list(w.pcsc, &w.readers);
	while (err == CARD_OK) {
		look(&w);
		if (!tell(s, &w))
			break;
		err = wait_for_change(&w);
	}
	pcsc_free(w.pcsc);
	if (err != CARD_OK)
		signer_card_fault(s, err, "readers");
}
