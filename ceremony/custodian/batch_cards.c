/* SPDX-License-Identifier: ISC */
/* The tokens that sign a batch side by side: one signer and one act each. */
#include <signal.h>
#include <string.h>

#include "ceremony/custodian/batch.h"
#include "ceremony/custodian/resume.h"
#include "ceremony/custodian/rotate.h"

/* It was listed and is not there: the others do its part. */
static bool
leave_out(struct ceremony *c, const char *label)
{
	char what[96];

	snprintf(what, sizeof(what), HISTORY_LEFT_OUT "%s", label);
	people_say(c->people, "  %s is not here: the batch goes on without it",
	    label);
	return ceremony_record(c, "exception", NULL,
	    json_pack("{s:s,s:s}", "what", what, "reason",
		"the token is not in a reader"),
	    NULL);
}

static bool
open_card(struct ceremony *c, struct group *g, struct batch *b,
    const char *label, bool *absent)
{
	struct batch_card *card = &b->cards[b->card_count];
	const struct history_epoch *now;
	/* where it is the only one, that it is not there stops */
	bool *may = b->plan->token_count > 1 ? absent : NULL;

	memset(card, 0, sizeof(*card));
	*absent = false;
	if (!rotate_first_if(c, g->step, g->kind, label, may))
		return false;
	if (!group_open(c, g, label, may, &card->session)) {
		if (*absent) /* nothing else has the session's place yet */
			child_end(&g->sessions[--g->session_count].child);
		return false;
	}
	now = &card->session->token->now;
	if (!group_tell_ca(c, card->session, &now, 1))
		return false;
	b->card_count++;
	return true;
}

bool
batch_open(struct ceremony *c, struct group *g, struct batch *b)
{
	for (size_t i = 0; i < b->plan->token_count; i++) {
		const char *label = c->plan->tokens[b->plan->tokens[i]].label;
		bool absent = false;

		if (open_card(c, g, b, label, &absent))
			continue;
		if (!absent || !leave_out(c, label))
			return false;
	}
	return b->card_count > 0 ||
	    ceremony_stop(c, EXIT_CARD,
		"%s: none of its tokens is in a reader: put one in and run the "
		"same plan again",
		b->plan->request);
}

static void
note_uses(struct proposal *p, const struct use *uses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (uses[i].count > 0)
			p->came[p->came_count++] =
			    (struct use){ uses[i].name, 0 };
	}
}

bool
batch_propose(struct ceremony *c, struct group *g, struct batch *b,
    const struct use *uses, size_t use_count)
{
	for (size_t i = 0; i < b->card_count; i++) {
		struct batch_card *card = &b->cards[i];
		struct session *s = card->session;

		card->act = g->act_count;
		if (!group_act(c, g, s, s->token->now.epoch, NULL) ||
		    !batch_tell(c, s, b) ||
		    !group_propose(c, g, s, uses, use_count, b->text,
			b->text_len))
			return false;
		note_uses(&g->acts[card->act], uses, use_count);
	}
	for (size_t i = 0; i < b->card_count; i++) {
		if (!rotate_propose_last(c, g, b->cards[i].session))
			return false;
	}
	return true;
}

void
batch_card_used(struct group *g, const struct batch_card *card, const char *use)
{
	struct proposal *p = &g->acts[card->act];

	for (size_t i = 0; i < p->came_count; i++)
		p->came[i].count += strcmp(p->came[i].name, use) == 0;
}

struct batch_card *
batch_card_next(struct batch *b, size_t k)
{
	for (; k < b->card_count; k++) {
		if (!b->cards[k].lost)
			return &b->cards[k];
	}
	return NULL;
}

size_t
batch_cards_left(const struct batch *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->card_count; i++)
		n += !b->cards[i].lost;
	return n;
}

/* What to do next when the ceremony stops is not what to do now. */
static void
cut_advice(char *why)
{
	char *end = strstr(why, "run the same plan");

	while (end != NULL && end > why && strchr(" ;:", end[-1]) != NULL)
		end--;
	if (end != NULL)
		*end = '\0';
}

/* A card that is pulled or broken, and a signer that dies, hangs or says what
 * is not due, are one token's trouble.  Whatever else stops, a broken rule or a
 * full disk, is everyone's. */
bool
batch_card_lost(struct ceremony *c, struct group *g, struct batch *b,
    struct batch_card *card)
{
	char why[sizeof(c->why)];
	bool alone = !card->lost && batch_cards_left(b) < 2;
	bool its_own = c->status == EXIT_CARD || c->status == EXIT_PROCESS;

	memcpy(why, c->why, sizeof(why));
	if (alone || !its_own) {
		/* its act is void first: what is wrong is wrong with it */
		if (!alone && c->transcript != NULL)
			group_void_token(c, g, card->act, why);
		return false;
	}
	cut_advice(why);
	c->status = EXIT_DONE;
	c->why[0] = '\0';
	if (card->lost)
		return true;
	card->lost = true;
	/* nothing it may still say is heard */
	if (card->session->child.pid > 0)
		kill(card->session->child.pid, SIGKILL);
	child_end(&card->session->child);
	people_say(c->people, "  %s is lost to this batch: %s",
	    card->session->label, why);
	people_say(c->people, "  %zu of %zu tokens go on", batch_cards_left(b),
	    b->card_count);
	return group_void_token(c, g, card->act, why);
}
