/* SPDX-License-Identifier: ISC */
/* The signer under an operator's process that means harm: messages out of turn
 * and transcripts that were rolled back. */
#include "tests/ceremony/process/refusal.h"

static struct peer *
send_kind(struct act *a, enum message_kind kind)
{
	peer_start(a->p, kind);
	peer_try(a->p);
	return a->p;
}

static struct peer *
execute_early(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_told(a, w, &w->product);
	act_approved(a);
	return send_kind(a, MSG_EXECUTE);
}

static struct peer *
go_early(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_told(a, w, &w->product);
	act_begun(a);
	return send_kind(a, MSG_GO);
}

static struct peer *
execute_twice(struct world *w, struct act *a, const void *arg)
{
	uint8_t *crl;
	size_t len;

	(void)arg;
	crl_told(a, w, &w->product);
	act_begun(a);
	peer_start(a->p, MSG_EXECUTE);
	peer_ask(a->p, MSG_FILE);
	crl = act_file(a, &len);
	free(crl);
	return send_kind(a, MSG_EXECUTE);
}

static struct peer *
begin_again(struct world *w, struct act *a, const void *arg)
{
	uint8_t *crl;
	size_t len;

	(void)arg;
	crl_told(a, w, &w->product);
	act_begun(a);
	peer_start(a->p, MSG_EXECUTE);
	peer_ask(a->p, MSG_FILE);
	crl = act_file(a, &len);
	free(crl);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

/* Two acts are approved; the second is begun first. */
static struct peer *
begin_out_of_turn(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_proposed(w, a);
	act_approve(a, ALICE);
	act_approve(a, BOB);
	act_tell(a, "crl", 1);
	act_use(a, "crl", 1);
	tell_crl(a);
	peer_ask(a->p, MSG_OK);
	act_approved(a);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

static struct peer *
begin_other_line(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_told(a, w, &w->product);
	act_approved(a);
	tell_begin(a, a->ap.act + 1);
	a->p->out.data[7]--; /* the right number, with the other's line */
	peer_try(a->p);
	return a->p;
}

static struct peer *
open_twice(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_open(a, w, &w->product);
	peer_start(a->p, MSG_OPEN);
	message_put_text(&a->p->out, "softhsm");
	message_put_text(&a->p->out, "product-1");
	message_put_text(&a->p->out, "");
	message_put_number(&a->p->out, 0);
	peer_try(a->p);
	return a->p;
}

static struct peer *
reader_message(struct world *w, struct act *a, const void *arg)
{
	FILE *f = tmpfile();

	(void)arg;
	assert_non_null(f);
	act_open(a, w, NULL);
	peer_start(a->p, MSG_READ_PLAN)->fd = dup(fileno(f));
	fclose(f);
	peer_try(a->p);
	return a->p;
}

static struct peer *
fields_behind(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_open(a, w, NULL);
	peer_start(a->p, MSG_LIST);
	message_put_text(&a->p->out, "softhsm");
	message_put_text(&a->p->out, "x");
	peer_try(a->p);
	return a->p;
}

static struct peer *
open_missing(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_open(a, w, NULL);
	peer_start(a->p, MSG_OPEN);
	message_put_text(&a->p->out, "softhsm");
	message_put_text(&a->p->out, "nobody");
	message_put_text(&a->p->out, "");
	message_put_number(&a->p->out, 0);
	peer_try(a->p);
	return a->p;
}

static struct peer *
open_module(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_open(a, w, NULL);
	peer_start(a->p, MSG_LIST);
	message_put_text(&a->p->out, "/nonexistent.so");
	peer_try(a->p);
	return a->p;
}

static void
begun_without_head(struct world *w, struct act *a)
{
	crl_told(a, w, &w->product);
	act_approved(a);
	tell_begin(a, a->ap.act);
	peer_ask(a->p, MSG_BEGUN);
}

static struct peer *
head_left_out(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	begun_without_head(w, a);
	return send_kind(a, MSG_EXECUTE);
}

static struct peer *
head_unread(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	begun_without_head(w, a);
	tell_line(a->p, w->lines[w->count - 1]);
	peer_try(a->p);
	return a->p;
}

/* Read, but another line than the remembered one is shown first. */
static struct peer *
head_other(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	begun_without_head(w, a);
	head_read_seq(a);
	tell_line(a->p, w->lines[w->count - 1]);
	peer_try(a->p);
	return a->p;
}

static struct peer *
head_rolled_back(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	begun_without_head(w, a);
	head_read_seq(a);
	tell_line(a->p, w->lines[1]);
	peer_try(a->p);
	return a->p;
}

static struct peer *
head_gap(struct world *w, struct act *a, const void *arg)
{
	uint64_t seq;

	(void)arg;
	begun_without_head(w, a);
	seq = head_read_seq(a);
	tell_line(a->p, w->lines[seq]);
	peer_ask(a->p, MSG_OK);
	tell_line(a->p, w->lines[seq + 2]);
	peer_try(a->p);
	return a->p;
}

static struct peer *
head_no_line(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	begun_without_head(w, a);
	head_read_seq(a);
	return send_kind(a, MSG_HEAD_WRITE);
}

/* Moved, but not as far as the act's begin. */
static struct peer *
head_behind(struct world *w, struct act *a, const void *arg)
{
	uint64_t seq;

	(void)arg;
	begun_without_head(w, a);
	seq = head_read_seq(a);
	for (uint64_t i = seq; i < w->count - 1; i++) {
		tell_line(a->p, w->lines[i]);
		peer_ask(a->p, MSG_OK);
	}
	peer_start(a->p, MSG_HEAD_WRITE);
	peer_ask(a->p, MSG_OK);
	return send_kind(a, MSG_EXECUTE);
}

/* Two CRLs in one group: the shares are given once. */
static void
group_of_two(void **state)
{
	struct world **w = *state;
	struct act a;
	uint64_t first;

	crl_proposed(*w, &a);
	act_approve(&a, BOB);
	act_approve(&a, CAROL);
	first = a.ap.act;
	act_tell(&a, "crl", 1);
	act_use(&a, "crl", 1);
	tell_crl(&a);
	peer_ask(a.p, MSG_OK);
	act_propose(&a);
	act_approve(&a, BOB);
	act_approve(&a, CAROL);
	act_share(&a, CAROL);
	act_share(&a, BOB);
	for (uint64_t i = first; i <= a.ap.act; i++) {
		uint8_t *crl;
		size_t len;
		tell_begin(&a, i);
		peer_ask(a.p, MSG_BEGUN);
		act_head(&a);
		peer_start(a.p, MSG_EXECUTE);
		peer_ask(a.p, MSG_FILE);
		crl = act_file(&a, &len);
		assert_true(len > 100);
		free(crl);
	}
	peer_start(a.p, MSG_END_GROUP);
	peer_ask(a.p, MSG_OK);
	act_close(&a);
}

static const struct refusal refusals[] = {
	{ "execute before begin", execute_early, NULL, FAULT_FORM,
	    "out of turn" },
	{ "go without intents", go_early, NULL, FAULT_FORM, "out of turn" },
	{ "execute twice", execute_twice, NULL, FAULT_FORM, "out of turn" },
	{ "begin again", begin_again, NULL, FAULT_REFUSED,
	    "act.begin: not its turn" },
	{ "begin out of turn", begin_out_of_turn, NULL, FAULT_REFUSED,
	    "act.begin: not its turn" },
	{ "begin with another act's line", begin_other_line, NULL,
	    FAULT_REFUSED, "act.begin: not its turn" },
	{ "second token", open_twice, NULL, FAULT_FORM, "out of turn" },
	{ "a reader's message", reader_message, NULL, FAULT_FORM,
	    "wrong kind" },
	{ "fields behind the last", fields_behind, NULL, FAULT_FORM,
	    "message list is out of form" },
	{ "token that is not there", open_missing, NULL, CARD_ERR_NO_TOKEN,
	    "nobody: no such token is present" },
	{ "module that is not there", open_module, NULL, CARD_ERR_LOAD,
	    "cannot be loaded" },

	{ "execute with the head left out", head_left_out, NULL, FAULT_HEAD,
	    "does not remember this act's begin" },
	{ "execute with the head behind", head_behind, NULL, FAULT_HEAD,
	    "does not remember this act's begin" },
	{ "head line without reading", head_unread, NULL, FAULT_HEAD,
	    "transcript does not continue what this card remembers" },
	{ "head line of elsewhere", head_other, NULL, FAULT_HEAD,
	    "transcript does not continue what this card remembers" },
	{ "head rolled back", head_rolled_back, NULL, FAULT_HEAD,
	    "transcript does not continue what this card remembers" },
	{ "head with a gap", head_gap, NULL, FAULT_HEAD,
	    "transcript does not continue what this card remembers" },
	{ "head without a line", head_no_line, NULL, FAULT_HEAD,
	    "head: no line was shown" },
};

int
main(void)
{
	const struct CMUnitTest works[] = {
		cmocka_unit_test(group_of_two),
	};

	return refusal_main("turns and heads", works,
	    sizeof(works) / sizeof(works[0]), refusals,
	    sizeof(refusals) / sizeof(refusals[0]));
}
