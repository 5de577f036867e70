/* SPDX-License-Identifier: ISC */
/* The signer under an operator's process that means harm: keys that go from one
 * token to another, and B. */
#include "tests/ceremony/process/refusal.h"

/* Told to make a root's keys, with copies on these tokens (a line each). */
static void
told_copies(struct act *a, struct world *w, const char *copies)
{
	act_ready(a, w, NULL);
	act_tell(a, "root", 1);
	peer_start(a->p, MSG_ACT_KEYS);
	message_put_text(&a->p->out, "softhsm");
	message_put_text(&a->p->out, "root-2");
	message_put_text(&a->p->out, "root");
	message_put_number(&a->p->out, 0);
	message_put_number(&a->p->out, 0);
	message_put_octets(&a->p->out, copies, strlen(copies));
}

static void
tell_copy(struct act *a, struct world *w, const char *first, size_t backup)
{
	static const uint8_t digest[32];

	act_ready(a, w, NULL);
	act_tell(a, "root", 1);
	peer_start(a->p, MSG_ACT_COPY);
	message_put_text(&a->p->out, "softhsm");
	message_put_text(&a->p->out, "root-2");
	message_put_text(&a->p->out, "root");
	message_put_number(&a->p->out, 0);
	message_put_text(&a->p->out, first);
	message_put_octets(&a->p->out, digest, backup);
}

static struct peer *
labels_bad(struct world *w, struct act *a, const void *arg)
{
	told_copies(a, w, arg);
	peer_try(a->p);
	return a->p;
}

static struct peer *
copy_bad(struct world *w, struct act *a, const void *arg)
{
	const size_t *backup = arg;

	tell_copy(a, w, *backup == 0 ? "" : "root-1", *backup);
	peer_try(a->p);
	return a->p;
}

/* So many octets as a DKEK. */
static void
tell_dkek(struct act *a, size_t len)
{
	uint8_t octets[64] = { 1 };
	int pair[2];

	peer_pair(pair);
	assert_int_equal(write(pair[1], octets, len), len);
	close(pair[1]);
	peer_start(a->p, MSG_DKEK_TAKE)->fd = pair[0];
}

static struct peer *
dkek_cut(struct world *w, struct act *a, const void *arg)
{
	const size_t *len = arg;

	told_copies(a, w, "root-3\n");
	peer_ask(a->p, MSG_OK);
	tell_dkek(a, *len);
	peer_try(a->p);
	return a->p;
}

static struct peer *
dkek_twice(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	told_copies(a, w, "root-3\n");
	peer_ask(a->p, MSG_OK);
	tell_dkek(a, 32);
	peer_ask(a->p, MSG_OK);
	tell_dkek(a, 32);
	peer_try(a->p);
	return a->p;
}

static struct peer *
dkek_unwanted(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	told_copies(a, w, "");
	peer_ask(a->p, MSG_OK);
	tell_dkek(a, 32);
	peer_try(a->p);
	return a->p;
}

/* SO PINs, approvals and derive certificates: the act may begin. */
static void
get_ready(struct act *a, struct world *w)
{
	peer_start(a->p, MSG_SO_TAKE)->fd = world_so_pin(w, "root-2", 0);
	peer_ask(a->p, MSG_OK);
	snprintf(a->ap.token, sizeof(a->ap.token), "root-2");
	act_use(a, "self-test", 1);
	act_approved(a);
	for (size_t i = 0; i < OPERATORS; i++) {
		tell_derive_cert(a, i, i);
		peer_ask(a->p, MSG_OK);
	}
}

static struct peer *
begin(struct act *a, struct world *w)
{
	get_ready(a, w);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

/* The last line once more, for what goes before BEGIN. */
static void
tell_prove(struct act *a)
{
	const char *line = a->w->lines[a->w->count - 1];

	peer_start(a->p, MSG_PROVE);
	message_put_number(&a->p->out, a->ap.act);
	message_put_octets(&a->p->out, line, strlen(line));
}

/* Keys with copies: begun by a line that the token was not shown for. */
static struct peer *
not_shown(struct world *w, struct act *a, const void *arg)
{
	const bool *another = arg;

	told_copies(a, w, "root-3\n");
	peer_ask(a->p, MSG_OK);
	tell_dkek(a, 32);
	peer_ask(a->p, MSG_OK);
	get_ready(a, w);
	if (*another) {
		tell_begin(a, a->ap.act);
		tell_prove(a);
		peer_ask(a->p, MSG_SHOWN);
	}
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

static struct peer *
shown_twice(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	told_copies(a, w, "root-3\n");
	peer_ask(a->p, MSG_OK);
	tell_dkek(a, 32);
	peer_ask(a->p, MSG_OK);
	get_ready(a, w);
	tell_begin(a, a->ap.act);
	tell_prove(a);
	peer_ask(a->p, MSG_SHOWN);
	tell_prove(a);
	peer_try(a->p);
	return a->p;
}

static struct peer *
shown_for_nothing(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	told_copies(a, w, "");
	peer_ask(a->p, MSG_OK);
	get_ready(a, w);
	tell_begin(a, a->ap.act);
	tell_prove(a);
	peer_try(a->p);
	return a->p;
}

static struct peer *
no_dkek(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	told_copies(a, w, "root-3\n");
	peer_ask(a->p, MSG_OK);
	return begin(a, w);
}

static struct peer *
no_keys(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	tell_copy(a, w, "root-1", 0);
	peer_ask(a->p, MSG_OK);
	tell_dkek(a, 32);
	peer_ask(a->p, MSG_OK);
	act_use(a, "copy", 1);
	return begin(a, w);
}

static void
tell_import(struct act *a, const char *role)
{
	peer_start(a->p, MSG_IMPORT);
	message_put_text(&a->p->out, role);
	message_put_octets(&a->p->out, "spki", 4);
	message_put_octets(&a->p->out, "blob", 4);
}

static struct peer *
import_sealer(struct world *w, struct act *a, const void *arg)
{
	tell_copy(a, w, "root-1", 0);
	peer_ask(a->p, MSG_OK);
	act_prepare(a);
	tell_import(a, arg);
	peer_try(a->p);
	return a->p;
}

static struct peer *
import_twice(struct world *w, struct act *a, const void *arg)
{
	tell_copy(a, w, "root-1", 0);
	peer_ask(a->p, MSG_OK);
	act_prepare(a);
	tell_import(a, arg);
	peer_ask(a->p, MSG_OK);
	tell_import(a, arg);
	peer_try(a->p);
	return a->p;
}

static struct peer *
import_unwanted(struct world *w, struct act *a, const void *arg)
{
	told_copies(a, w, "root-3\n");
	peer_ask(a->p, MSG_OK);
	act_prepare(a);
	tell_import(a, arg);
	peer_try(a->p);
	return a->p;
}

/* ---- the keeper of S is not that of B -------------------------------------- */

static struct peer *
dkek_of_s(struct world *w, struct act *a, const void *arg)
{
	int pair[2];

	(void)a;
	peer_pair(pair);
	peer_start(w->so, MSG_DKEK)->fd = pair[0];
	message_put_text(&w->so->out, arg);
	peer_try(w->so);
	close(pair[1]);
	return w->so;
}

static struct peer *
paper_other(struct world *w, struct act *a, const void *arg)
{
	int pair[2];

	act_open(a, w, NULL);
	peer_pair(pair);
	peer_start(a->p, MSG_PAPER_LOAD)->fd = pair[0];
	message_put_text(&a->p->out, arg);
	peer_try(a->p);
	close(pair[1]);
	return a->p;
}

static const struct refusal refusals[] = {
	{ "copies for a label without LF", labels_bad, "root-3", FAULT_REFUSED,
	    "act: labels out of form" },
	{ "copies for an empty label", labels_bad, "root-3\n\n", FAULT_REFUSED,
	    "act: labels out of form" },
	{ "copies for a label with a control", labels_bad, "root\t3\n",
	    FAULT_REFUSED, "act: labels out of form" },
	{ "a copy of nothing", copy_bad, &(const size_t){ 0 }, FAULT_REFUSED,
	    "act: a copy of what?" },
	{ "a copy from half a file", copy_bad, &(const size_t){ 16 },
	    FAULT_REFUSED, "act: a copy of what?" },
	{ "a DKEK too short", dkek_cut, &(const size_t){ 31 }, FAULT_INTERNAL,
	    "keys: its DKEK did not come" },
	{ "a DKEK too long", dkek_cut, &(const size_t){ 33 }, FAULT_INTERNAL,
	    "keys: its DKEK did not come" },
	{ "no DKEK", dkek_cut, &(const size_t){ 0 }, FAULT_INTERNAL,
	    "keys: its DKEK did not come" },
	{ "a second DKEK", dkek_twice, NULL, FAULT_REFUSED,
	    "DKEK: not expected now" },
	{ "a DKEK for keys that stay", dkek_unwanted, NULL, FAULT_REFUSED,
	    "DKEK: not expected now" },
	{ "keys with copies begun without a DKEK", no_dkek, NULL, FAULT_REFUSED,
	    "root-2: no DKEK" },
	{ "a copy begun without keys", no_keys, NULL, FAULT_REFUSED,
	    "root-2: no wrapped key" },
	{ "a token that was not shown", not_shown, &(const bool){ false },
	    FAULT_REFUSED,
	    "root-2: a DKEK for a token that was not shown for this act" },
	{ "a token that was shown for another line", not_shown,
	    &(const bool){ true }, FAULT_REFUSED,
	    "root-2: a DKEK for a token that was not shown for this act" },
	{ "a token shown twice", shown_twice, NULL, FAULT_REFUSED,
	    "root-2: it was shown already" },
	{ "a token that gets no DKEK", shown_for_nothing, NULL, FAULT_REFUSED,
	    "its token gets no DKEK" },
	{ "a sealer for a root", import_sealer, "sealer", FAULT_REFUSED,
	    "wrapped key sealer: not expected now" },
	{ "a wrapped key twice", import_twice, "root", FAULT_REFUSED,
	    "wrapped key root: not expected now" },
	{ "a wrapped key for keys that are made", import_unwanted, "root",
	    FAULT_REFUSED, "wrapped key root: not expected now" },
	{ "a DKEK of S", dkek_of_s, "root-1", FAULT_REFUSED,
	    "this signer keeps S, not B" },
	{ "words of another secret", paper_other, "K", FAULT_REFUSED,
	    "words on paper: neither of S nor of B" },
};

int
main(void)
{
	return refusal_main("copies", NULL, 0, refusals,
	    sizeof(refusals) / sizeof(refusals[0]));
}
