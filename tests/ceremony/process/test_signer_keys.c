/* SPDX-License-Identifier: ISC */
/* The signer under an operator's process that means harm: making the keys of a
 * CA token, and S. */
#include "tests/ceremony/process/refusal.h"

static struct peer *
keys_role(struct world *w, struct act *a, const void *arg)
{
	act_ready(a, w, NULL);
	act_tell(a, "root", 1);
	tell_keys(a, "root-2", arg);
	peer_try(a->p);
	return a->p;
}

static struct peer *
keys_begin(struct world *w, struct act *a, bool so_pin, size_t certs)
{
	keys_told(a, w, "root-2", "root");
	if (so_pin) {
		peer_start(a->p, MSG_SO_TAKE)->fd =
		    world_so_pin(w, "root-2", 0);
		peer_ask(a->p, MSG_OK);
	}
	act_approved(a);
	for (size_t i = 0; i < certs; i++) {
		tell_derive_cert(a, i, i);
		peer_ask(a->p, MSG_OK);
	}
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

static struct peer *
keys_no_so_pin(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	return keys_begin(w, a, false, OPERATORS);
}

static struct peer *
keys_few_certs(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	return keys_begin(w, a, true, OPERATORS - 1);
}

/* A token of that label is there: nothing of it is overwritten. */
static struct peer *
keys_taken(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	keys_told(a, w, "root-1", "root");
	peer_start(a->p, MSG_SO_TAKE)->fd = world_so_pin(w, "root-1", 0);
	peer_ask(a->p, MSG_OK);
	act_approved(a);
	for (size_t i = 0; i < OPERATORS; i++) {
		tell_derive_cert(a, i, i);
		peer_ask(a->p, MSG_OK);
	}
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

static struct peer *
keys_derive_cert(struct world *w, struct act *a, size_t who, size_t whose)
{
	keys_told(a, w, "root-2", "root");
	act_propose(a);
	tell_derive_cert(a, ALICE, ALICE);
	peer_ask(a->p, MSG_OK);
	tell_derive_cert(a, who, whose);
	peer_try(a->p);
	return a->p;
}

static struct peer *
keys_cert_other(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	return keys_derive_cert(w, a, BOB, MALLORY);
}

static struct peer *
keys_cert_twice(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	return keys_derive_cert(w, a, ALICE, ALICE);
}

static struct peer *
keys_cert_stranger(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	return keys_derive_cert(w, a, MALLORY, MALLORY);
}

static struct peer *
so_pin_unwanted(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	crl_proposed(w, a);
	peer_start(a->p, MSG_SO_TAKE)->fd = world_so_pin(w, "product-1", 0);
	peer_try(a->p);
	return a->p;
}

/* Octets that are not two SO PINs; how many, is arg. */
static struct peer *
so_pins_cut(struct world *w, struct act *a, const void *arg)
{
	const size_t *len = arg;
	uint8_t octets[64] = { '0' };
	int pair[2];

	keys_told(a, w, "root-2", "root");
	peer_pair(pair);
	assert_int_equal(write(pair[1], octets, *len), *len);
	close(pair[1]);
	peer_start(a->p, MSG_SO_TAKE)->fd = pair[0];
	peer_try(a->p);
	return a->p;
}

static struct peer *
so_pin_last(struct world *w, struct act *a, const void *arg)
{
	const uint64_t *n = arg;
	int pair[2];

	(void)a;
	peer_pair(pair);
	peer_start(w->so, MSG_SO_PIN)->fd = pair[0];
	message_put_text(&w->so->out, "root-2");
	message_put_number(&w->so->out, *n);
	peer_try(w->so);
	close(pair[1]);
	return w->so;
}

static struct peer *
so_new(struct world *w, struct act *a, const void *arg)
{
	const uint64_t *mn = arg;
	char names[64];
	size_t len = 0;
	int pair[2];

	act_open(a, w, NULL);
	peer_pair(pair);
	peer_start(a->p, MSG_PAPER_NEW)->fd = pair[0];
	message_put_text(&a->p->out, "S");
	message_put_number(&a->p->out, mn[0]);
	message_put_number(&a->p->out, mn[1]);
	for (uint64_t i = 0; i < mn[1] && len + 2 <= sizeof(names); i++) {
		names[len++] = 'a';
		names[len++] = '\n';
	}
	message_put_octets(&a->p->out, names, len);
	peer_try(a->p);
	close(pair[1]);
	return a->p;
}

static struct peer *
so_load(struct world *w, struct act *a, const void *arg)
{
	const char *words = arg;
	int pair[2];

	act_open(a, w, NULL);
	peer_pair(pair);
	assert_int_equal(write(pair[1], words, strlen(words)), strlen(words));
	close(pair[1]);
	peer_start(a->p, MSG_PAPER_LOAD)->fd = pair[0];
	message_put_text(&a->p->out, "S");
	peer_try(a->p);
	return a->p;
}

/* Two SO PINs at a time: the second is the first of the next use. */
static void
so_pins_follow(void **state)
{
	struct world *w = *(struct world **)*state;
	char pins[2][33];

	for (uint32_t n = 0; n < 2; n++) {
		int fd = world_so_pin(w, "root-1", n);
		assert_int_equal(read(fd, pins[n], sizeof(pins[n])), 32);
		close(fd);
	}
	assert_memory_equal(pins[0] + 16, pins[1], 16);
	assert_memory_not_equal(pins[0], pins[1], 16);
	assert_memory_not_equal(pins[1], pins[1] + 16, 16);
}

static const struct refusal refusals[] = {
	{ "keys for no role", keys_role, "sealer", FAULT_REFUSED,
	    "act: no role sealer" },
	{ "keys without SO PIN", keys_no_so_pin, NULL, FAULT_REFUSED,
	    "root-2: no SO PIN" },
	{ "keys with an operator left out", keys_few_certs, NULL, FAULT_REFUSED,
	    "root-2: no derive certificate of carol" },
	{ "keys on a token in use", keys_taken, NULL, CARD_ERR_NOT_BLANK,
	    "root-1" },
	{ "derive certificate of another key", keys_cert_other, NULL,
	    FAULT_REFUSED, "bob: derive certificate is not of the policy's" },
	{ "derive certificate twice", keys_cert_twice, NULL, FAULT_REFUSED,
	    "alice: derive certificate: unreadable or twice" },
	{ "derive certificate of a stranger", keys_cert_stranger, NULL,
	    FAULT_REFUSED, "mallory: derive certificate: not an operator" },
	{ "SO PIN that nobody asked for", so_pin_unwanted, NULL, FAULT_REFUSED,
	    "SO PIN: not expected now" },
	{ "one SO PIN", so_pins_cut, &(const size_t){ 16 }, FAULT_INTERNAL,
	    "root-2: two SO PINs did not come" },
	{ "two SO PINs and an octet", so_pins_cut, &(const size_t){ 33 },
	    FAULT_INTERNAL, "root-2: two SO PINs did not come" },
	{ "no SO PINs", so_pins_cut, &(const size_t){ 0 }, FAULT_INTERNAL,
	    "root-2: two SO PINs did not come" },
	{ "SO PIN without a next", so_pin_last, &(const uint64_t){ UINT32_MAX },
	    FAULT_INTERNAL, "root-2: no SO PIN" },

	{ "S split for too many", so_new, &(const uint64_t[]){ 1, 17 },
	    FAULT_REFUSED, "S: custodians out of form" },
	{ "S split out of range", so_new, &(const uint64_t[]){ 4, 3 },
	    FAULT_REFUSED, "S: threshold" },
	{ "S split beyond 32 bits", so_new,
	    &(const uint64_t[]){ (1ull << 32) + 2, 3 }, FAULT_REFUSED,
	    "S: threshold" },
	{ "S of no words", so_load, "\n", FAULT_REFUSED, "S: share 1" },
	{ "S of other words", so_load, "abandon ability able\n", FAULT_REFUSED,
	    "S: share 1" },
};

int
main(void)
{
	const struct CMUnitTest works[] = {
		cmocka_unit_test(so_pins_follow),
	};

	return refusal_main("keys", works, 1, refusals,
	    sizeof(refusals) / sizeof(refusals[0]));
}
