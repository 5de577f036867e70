/* SPDX-License-Identifier: ISC */
/* User PIN and SO PIN, and the initialisation that sets them. */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "tests/card/card_core.h"

#define USER_LEAST 6
#define SO_LEN 8
#define SO_TRIES 15

static uint16_t
pin_state(const struct card_pin *pin)
{
	if (!pin->set)
		return SW_NO_PIN;
	if (pin->tries == 0)
		return SW_BLOCKED;
	return (uint16_t)(SW_TRIES | (pin->tries & 15));
}

/* Compare and count.  The count is in the file before the answer is out. */
static uint16_t
pin_check(struct card *c, struct card_pin *pin, const uint8_t *value,
    size_t len)
{
	if (!pin->set || pin->tries == 0)
		return pin_state(pin);
	c->changed = true;
	if (len == pin->len && CRYPTO_memcmp(value, pin->value, len) == 0) {
		pin->tries = pin->most;
		return SW_OK;
	}
	pin->tries--;
	return pin_state(pin);
}

static bool
pin_set(struct card_pin *pin, const uint8_t *value, size_t len, unsigned most)
{
	if (len > CARD_PIN_MAX)
		return false;
	*pin = (struct card_pin){ .set = true,
		.tries = most,
		.most = most,
		.len = len };
	memcpy(pin->value, value, len);
	return true;
}

static bool
user_form(size_t len)
{
	return len >= USER_LEAST && len <= CARD_PIN_MAX;
}

/* ---- verify ----------------------------------------------------------- */

static uint16_t
login(struct card *c, const uint8_t *value, size_t len)
{
	uint16_t sw = pin_check(c, &c->state.user, value, len);

	c->login = sw == SW_OK;
	return sw;
}

/* With a PIN; with none and Le, which asks the person at the pad; or with
 * neither, which asks how things are. */
uint16_t
card_pin_verify(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	const char *typed = c->control.pad_pin;

	(void)out;
	if (a->len > 0)
		return login(c, a->data, a->len);
	if (a->expected > 0 && c->control.pad)
		return login(c, (const uint8_t *)typed, strlen(typed));
	return c->login ? SW_OK : pin_state(&c->state.user);
}

uint16_t
card_so_state(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	(void)a;
	(void)out;
	/* by this OpenSC knows that a card was never initialised */
	return c->state.so.set ? pin_state(&c->state.so) : SW_REFERENCE;
}

/* OpenSC takes every answer but a few for the announcement of a PIN pad. */
uint16_t
card_pad_state(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	(void)a;
	(void)out;
	return c->control.pad ? pin_state(&c->state.user) : SW_REFERENCE;
}

/* ---- change ----------------------------------------------------------- */

/* Old and new PIN without a mark between: the card knows how long the old
 * one is. */
uint16_t
card_pin_change(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	struct card_pin *pin = &c->state.user;
	size_t old = a->len < pin->len ? a->len : pin->len;
	uint16_t sw;

	(void)out;
	if (a->len > pin->len && !user_form(a->len - pin->len))
		return SW_DATA;
	sw = pin_check(c, pin, a->data, old);
	if (sw == SW_OK)
		pin_set(pin, a->data + old, a->len - old, pin->most);
	return sw;
}

uint16_t
card_so_change(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	uint16_t sw = pin_check(c, &c->state.so, a->data, SO_LEN);

	(void)out;
	if (sw == SW_OK)
		pin_set(&c->state.so, a->data + SO_LEN, SO_LEN, SO_TRIES);
	return sw;
}

/* SO PIN and new user PIN. */
uint16_t
card_pin_unblock(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	struct card_pin *user = &c->state.user;
	size_t len = a->len - SO_LEN;
	uint16_t sw;

	(void)out;
	if (!c->state.unblock)
		return SW_CONDITIONS;
	if (!user_form(len))
		return SW_DATA;
	sw = pin_check(c, &c->state.so, a->data, SO_LEN);
	if (sw == SW_OK)
		pin_set(user, a->data + SO_LEN, len, user->most);
	return sw;
}

/* ---- initialise ------------------------------------------------------- */

#define OPTION_UNBLOCK 0x01 /* the SO may set the user PIN */

struct request {
	const uint8_t *options, *user, *so, *tries, *shares;
	size_t options_len, user_len, so_len, tries_len, shares_len;
};

/* n of m authentication (93) and all else is passed over. */
static bool
request_read(const struct apdu *a, struct request *r)
{
	bool all = card_tlv_find(a->data, a->len, 0x80, &r->options,
		       &r->options_len) &&
	    card_tlv_find(a->data, a->len, 0x81, &r->user, &r->user_len) &&
	    card_tlv_find(a->data, a->len, 0x82, &r->so, &r->so_len) &&
	    card_tlv_find(a->data, a->len, 0x91, &r->tries, &r->tries_len);

	card_tlv_find(a->data, a->len, 0x92, &r->shares, &r->shares_len);
	return all && r->options_len == 2 && user_form(r->user_len) &&
	    r->so_len == SO_LEN && r->tries_len == 1 && r->tries[0] > 0 &&
	    r->tries[0] <= 10 && r->shares_len <= 1;
}

static void
wipe(struct card_state *s)
{
	for (unsigned i = 0; i < 256; i++)
		card_key_clear(&s->keys[i]);
	for (size_t i = s->file_count; i-- > 0;)
		if (s->files[i].fid != 0x2F02)
			card_file_remove(s, s->files[i].fid);
	s->dkek = (struct card_dkek){ 0 };
	memset(s->gone, 0, sizeof(s->gone));
}

/* A DKEK of no shares is the card's own. */
static void
dkek_begin(struct card_dkek *d, unsigned shares)
{
	*d = (struct card_dkek){ .set = true,
		.shares = shares,
		.missing = shares };
	if (shares == 0)
		RAND_bytes(d->key, CARD_DKEK_LEN);
}

uint16_t
card_initialise(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	struct card_state *s = &c->state;
	struct request r = { 0 };
	uint16_t sw;

	(void)out;
	if (!request_read(a, &r))
		return SW_DATA;
	if (s->so.set) {
		sw = pin_check(c, &s->so, r.so, SO_LEN);
		if (sw != SW_OK)
			return sw;
	}
	wipe(s);
	pin_set(&s->user, r.user, r.user_len, r.tries[0]);
	pin_set(&s->so, r.so, SO_LEN, SO_TRIES);
	s->unblock = (r.options[1] & OPTION_UNBLOCK) != 0;
	if (r.shares_len == 1)
		dkek_begin(&s->dkek, r.shares[0]);
	c->changed = true;
	card_reset(c);
	return SW_OK;
}
