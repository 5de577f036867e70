/* SPDX-License-Identifier: ISC */
/* The signer of an operator's card under an operator's process that means
 * harm: it signs approvals and checkpoints and nothing else. */
#include "tests/ceremony/process/refusal.h"

#define HEX "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
static struct peer *
card_approve(struct world *w, struct act *a, const void *arg)
{
	struct peer *card;

	act_open(a, w, &w->product);
	card = act_card(a, ALICE);
	peer_start(card, MSG_APPROVE);
	message_put_text(&card->out, "alice");
	message_put_octets(&card->out, arg, strlen(arg));
	peer_try(card);
	return card;
}

static struct peer *
card_note(struct world *w, struct act *a, const void *arg)
{
	struct peer *card;

	act_open(a, w, &w->product);
	card = act_card(a, ALICE);
	peer_start(card, MSG_NOTE);
	message_put_text(&card->out, LOG);
	message_put_octets(&card->out, arg, strlen(arg));
	peer_try(card);
	return card;
}

static struct peer *
card_pin(struct world *w, struct act *a, const void *arg)
{
	act_open(a, w, NULL);
	peer_start(a->p, MSG_OPEN);
	message_put_text(&a->p->out, "softhsm");
	message_put_text(&a->p->out, "op-alice");
	message_put_text(&a->p->out, "");
	message_put_number(&a->p->out, 0);
	peer_ask(a->p, MSG_OPENED);
	peer_start(a->p, MSG_LOGIN);
	message_put_text(&a->p->out, arg);
	peer_try(a->p);
	return a->p;
}

static struct peer *
card_taken(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_open(a, w, NULL);
	peer_start(a->p, MSG_CARD_MAKE)->fd = world_so_pin(w, "op-alice", 0);
	message_put_text(&a->p->out, "softhsm");
	message_put_text(&a->p->out, "op-alice");
	message_put_text(&a->p->out, "alice");
	message_put_text(&a->p->out, LOG);
	message_put_text(&a->p->out, CARD_PIN);
	message_put_number(&a->p->out, DATE);
	message_put_number(&a->p->out, 0);
	peer_try(a->p);
	return a->p;
}

/* The card that was told of is not the one that is there. */
static struct peer *
card_emptied(struct world *w, struct act *a, const void *arg)
{
	act_open(a, w, NULL);
	peer_start(a->p, MSG_CARD_INIT)->fd = world_so_pin(w, "op-alice", 1);
	message_put_text(&a->p->out, "softhsm");
	message_put_text(&a->p->out, "op-alice");
	message_put_text(&a->p->out, arg);
	message_put_text(&a->p->out, CARD_PIN);
	message_put_number(&a->p->out, 1);
	peer_try(a->p);
	return a->p;
}

/* A card made here, as if it had been personalised elsewhere: its keys under
 * other names, or no names. */
struct adoption {
	const char *sign, *derive; /* NULL: not named */
	const char *cert;
};

static struct peer *
card_adopt(struct world *w, struct act *a, const void *arg)
{
	const struct adoption *n = arg;

	act_open(a, w, NULL);
	peer_start(a->p, MSG_OPEN);
	message_put_text(&a->p->out, "softhsm");
	message_put_text(&a->p->out, "op-alice");
	message_put_text(&a->p->out, "");
	message_put_number(&a->p->out, 0);
	peer_ask(a->p, MSG_OPENED);
	if (n->sign != NULL) {
		peer_start(a->p, MSG_CARD_KEYS);
		message_put_text(&a->p->out, n->sign);
		message_put_text(&a->p->out, n->derive);
		message_put_text(&a->p->out, n->cert);
		if (n->cert[0] != '\0') {
			peer_try(a->p);
			return a->p;
		}
		peer_ask(a->p, MSG_OK);
	}
	peer_start(a->p, MSG_LOGIN);
	message_put_text(&a->p->out, CARD_PIN);
	peer_ask(a->p, MSG_OK);
	peer_start(a->p, MSG_ADOPT);
	message_put_text(&a->p->out, "alice");
	message_put_text(&a->p->out, LOG);
	message_put_number(&a->p->out, DATE);
	peer_try(a->p);
	return a->p;
}

static void
checkpoint_signed(void **state)
{
	static const char text[] = LOG
	    "\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
	    "transcript 3 "
	    "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
	    "\n";
	struct world **w = *state;
	struct act a;

	act_open(&a, *w, &(*w)->product);
	struct peer *card = act_card(&a, ALICE);
	peer_start(card, MSG_NOTE);
	message_put_text(&card->out, LOG);
	message_put_octets(&card->out, text, sizeof(text) - 1);
	peer_ask(card, MSG_SIGNATURE);
	act_close(&a);
}

static const struct refusal refusals[] = {
	{ "card signs a test text", card_approve,
	    "anchorite-test/v1\nlog x\nkey x\ntoken x\nnonce x\n",
	    FAULT_REFUSED, "not an approval text: the card signs nothing" },
	{ "another card in its place is not emptied", card_emptied,
	    "1234567890abcdef", CARD_ERR_REMOVED,
	    "op-alice: the token was removed" },
	{ "card signs nothing", card_approve, "", FAULT_REFUSED,
	    "not an approval text: the card signs nothing else" },
	{ "note of a log's name alone", card_note, LOG "\nanything\n",
	    FAULT_REFUSED, "not a checkpoint of this log" },
	{ "note of another log", card_note,
	    "other.example/x\n0\n" ROOT "\ntranscript 3 " HEX "\n",
	    FAULT_REFUSED, "not a checkpoint of this log" },
	{ "note with a line behind", card_note,
	    LOG "\n0\n" ROOT "\ntranscript 3 " HEX "\nmore\n", FAULT_REFUSED,
	    "not a checkpoint of this log" },
	{ "note with a signature", card_note,
	    LOG "\n0\n" ROOT "\ntranscript 3 " HEX
		"\n\n\xe2\x80\x94 x AAAAAAA=\n",
	    FAULT_REFUSED, "not a checkpoint of this log" },
	{ "note with a leading zero", card_note,
	    LOG "\n00\n" ROOT "\ntranscript 3 " HEX "\n", FAULT_REFUSED,
	    "not a checkpoint of this log" },
	{ "note that is empty", card_note, "", FAULT_REFUSED,
	    "not a checkpoint of this log" },
	{ "wrong PIN", card_pin, "999999", CARD_ERR_PIN,
	    "op-alice: the PIN is wrong" },
	{ "keys that were not named", card_adopt,
	    &(const struct adoption){ NULL, NULL, "" }, FAULT_REFUSED,
	    "op-alice: its keys were not named" },
	{ "a certificate that is none", card_adopt,
	    &(const struct adoption){ "sign", "derive", "x" }, FAULT_FORM,
	    "op-alice: derive certificate: not a strict certificate" },
	{ "no such sign key", card_adopt,
	    &(const struct adoption){ "signs", "derive", "" },
	    CARD_ERR_KEY_MISSING, "op-alice: sign key signs: no such key" },
	{ "no such derive key", card_adopt,
	    &(const struct adoption){ "sign", "id=09", "" },
	    CARD_ERR_KEY_MISSING, "op-alice: derive key id=09: no such key" },
	{ "one key under two names", card_adopt,
	    &(const struct adoption){ "sign", "id=01", "" }, FAULT_REFUSED,
	    "is the sign key under another name" },
	{ "a sign key that may not sign", card_adopt,
	    &(const struct adoption){ "derive", "sign", "" }, CARD_ERR_MODULE,
	    "op-alice: sign key derive: " },
	{ "card of a label in use", card_taken, NULL, CARD_ERR_NOT_BLANK,
	    "op-alice: a token of that label is already initialised" },
};

int
main(void)
{
	const struct CMUnitTest works[] = {
		cmocka_unit_test(checkpoint_signed),
	};

	return refusal_main("cards", works, sizeof(works) / sizeof(works[0]),
	    refusals, sizeof(refusals) / sizeof(refusals[0]));
}
