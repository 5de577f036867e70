/* SPDX-License-Identifier: ISC */
/* Blank SmartCard-HSMs that are made tokens. */
#include <stdlib.h>
#include <string.h>

#include "smartcard/opensc.h"
#include "smartcard/session.h"

/* Which cards may become a token, in the order they are taken. */
enum rank {
	RANK_NO,
	RANK_LAST,
	RANK_NEXT
};

/* One without a label may be what a use that was cut short left behind, so it
 * goes first when there was one. */
static enum rank
rank_of(const struct schsm_info *c, bool again)
{
	if (!c->initialised)
		return again ? RANK_LAST : RANK_NEXT;
	if (c->wiped)
		return again ? RANK_NEXT : RANK_LAST;
	return RANK_NO;
}

/* Is it one of these serials, which have a space between them? */
static bool
is_listed(const char *list, const char *serial)
{
	size_t len = strlen(serial);

	for (const char *at = list; *at != '\0'; at += strcspn(at, " ")) {
		at += strspn(at, " ");
		if (strcspn(at, " ") == len && len > 0 &&
		    memcmp(at, serial, len) == 0)
			return true;
	}
	return false;
}

/* Whether it may be the card that is wanted: the one that is named, or else
 * none that is named for something else. */
static bool
may_be(const struct module *m, const char *serial)
{
	return m->blank[0] != '\0' ? strcmp(m->blank, serial) == 0
				   : !is_listed(m->others, serial);
}

static enum card_error
find_blank(const struct module *m, const struct opensc_scan *scan, bool again,
    size_t *reader)
{
	enum rank best = RANK_NO;

	for (size_t i = 0; i < scan->readers.count; i++) {
		const struct schsm_info *c = &scan->card[i];
		enum rank rank =
		    scan->error[i] == CARD_OK ? rank_of(c, again) : RANK_NO;

		if (!may_be(m, c->serial))
			continue;
		if (rank > best) {
			best = rank;
			*reader = i;
		}
	}
	return best != RANK_NO ? CARD_OK : CARD_ERR_NO_TOKEN;
}

static enum card_error
find_target(const struct module *m, const struct opensc_scan *scan,
    const char *label, bool again, size_t *reader)
{
	enum card_error ret = opensc_scan_find(scan, label, NULL, reader);

	if (ret == CARD_ERR_NO_TOKEN)
		return find_blank(m, scan, again, reader);
	if (!again)
		return CARD_ERR_NOT_BLANK;
	if (ret == CARD_OK && m->blank[0] != '\0' &&
	    strcmp(scan->card[*reader].serial, m->blank) != 0)
		return CARD_ERR_NO_TOKEN;
	return ret;
}

/* What an initialisation has to do with. */
struct init {
	struct schsm *card;
	const char *label;
	const struct secret *user, *dkek;
};

static enum card_error
initialise(const struct init *in, const struct secret *so)
{
	return schsm_initialise(in->card, in->label, so, in->user, in->dkek);
}

/* Whether a second SO PIN may be tried when the first was wrong: not with the
 * last try.  info is of before the first. */
static bool
may_try_second(const struct schsm_info *info)
{
	return info->so_tries > 2;
}

/* Of a card without a label the SO PIN is that of a use cut short, or the one
 * that cards are sold with.  Where none is known to have been cut short it is
 * tried last, and not with the last try. */
static enum card_error
initialise_wiped(const struct init *in, const struct schsm_info *info,
    struct token_so *so)
{
	struct secret *factory;
	bool again = so->at != TOKEN_SO_PIN;
	enum card_error ret;

	so->at = TOKEN_SO_PIN;
	if (again) {
		ret = initialise(in, so->pin);
		if (ret != CARD_ERR_PIN)
			return ret;
		if (!may_try_second(info))
			return CARD_ERR_LAST_TRY;
	}
	factory = schsm_factory_so();
	if (factory == NULL)
		return CARD_ERR_MEMORY;
	ret = schsm_move_so(in->card, factory, so->pin);
	secret_free(factory);
	if (ret == CARD_OK ||
	    (ret == CARD_ERR_PIN && !again && may_try_second(info)))
		ret = initialise(in, so->pin);
	return ret;
}

static enum card_error
initialise_card(const struct init *in, const struct schsm_info *info,
    struct token_so *so)
{
	enum card_error ret;

	if (info->initialised && info->so_tries <= 1)
		return CARD_ERR_LAST_TRY;
	if (info->wiped)
		return initialise_wiped(in, info, so);
	if (!info->initialised) /* takes any: it gets the first of the two */
		so->at = TOKEN_SO_PIN;
	ret = initialise(in, token_so_first(so));
	if (token_so_second(so, ret))
		ret = may_try_second(info) ? initialise(in, so->pin)
					   : CARD_ERR_LAST_TRY;
	return ret;
}

/* Nobody has put another in its place meanwhile, nor made it ready. */
static bool
same_card(const struct schsm_info *a, const struct schsm_info *b)
{
	return strcmp(a->serial, b->serial) == 0 &&
	    strcmp(a->label, b->label) == 0 &&
	    a->initialised == b->initialised && a->wiped == b->wiped;
}

/* ---- a card that is held ---------------------------------------------- */

/* The card that is to be a token, open, from when it was found on: until it is
 * let go of, nobody can put another in its place without our noticing. */
struct opensc_held {
	struct pcsc *p;
	struct opensc_scan scan;
	size_t reader;
	struct schsm *card;
	struct schsm_info info; /* as it was found */
	char label[TOKEN_LABEL_MAX + 1];
	/* of one that has shown what it is: it has the SO PIN that cards are
	 * sold with */
	bool proved, factory;
};

static void
let_go(struct opensc_held *h)
{
	if (h == NULL)
		return;
	schsm_close(h->card);
	pcsc_free(h->p);
	free(h);
}

void
opensc_drop(struct module *m)
{
	let_go(m->held);
	m->held = NULL;
}

static enum card_error
hold(struct module *m, const char *label, bool again, struct opensc_held *h)
{
	enum card_error ret = pcsc_new(NULL, &h->p);

	strncpy(h->label, label, sizeof(h->label) - 1);
	if (ret == CARD_OK)
		ret = opensc_scan(h->p, &m->hung, &h->scan);
	m->unread[0] = '\0';
	if (ret == CARD_OK)
		ret = find_target(m, &h->scan, label, again, &h->reader);
	if (ret == CARD_ERR_NO_TOKEN)
		ret = opensc_not_found(m, &h->scan);
	if (ret == CARD_OK)
		ret =
		    schsm_open(h->p, h->scan.card[h->reader].reader, &h->card);
	if (ret == CARD_OK)
		ret = schsm_identify(h->card, &h->info);
	if (ret == CARD_OK && !same_card(&h->info, &h->scan.card[h->reader]))
		ret = CARD_ERR_REMOVED;
	return ret;
}

static enum card_error
find_and_hold(struct module *m, const char *label, const struct token_so *so,
    struct opensc_held **out)
{
	enum card_error ret;

	*out = NULL;
	if (m->open != NULL || so->pin == NULL || so->next == NULL)
		return CARD_ERR_ARGUMENT;
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return CARD_ERR_MEMORY;
	ret = hold(m, label, so->at != TOKEN_SO_PIN, *out);
	if (ret == CARD_OK)
		return CARD_OK;
	let_go(*out);
	*out = NULL;
	return ret;
}

/* ---- what it is ------------------------------------------------------- */

/* A card without a label has the SO PIN of a use cut short, where there was
 * one, or the one that cards are sold with; see initialise_wiped(). */
static enum card_error
bare_wiped(struct opensc_held *h, struct token_so *so,
    const struct secret *factory, const struct secret *user)
{
	bool again = so->at != TOKEN_SO_PIN;
	enum card_error ret;

	so->at = TOKEN_SO_PIN;
	h->factory = !again;
	ret = schsm_initialise_bare(h->card, again ? so->pin : factory, user);
	if (ret != CARD_ERR_PIN)
		return ret;
	if (!may_try_second(&h->info))
		return again ? CARD_ERR_LAST_TRY : ret;
	h->factory = again;
	return schsm_initialise_bare(h->card, again ? factory : so->pin, user);
}

/* Ready to make a key, and nothing of ours on it: where that can be, not even
 * an SO PIN. */
static enum card_error
initialise_bare(struct opensc_held *h, struct token_so *so,
    const struct secret *factory, const struct secret *user)
{
	enum card_error ret;

	if (h->info.initialised && h->info.so_tries <= 1)
		return CARD_ERR_LAST_TRY;
	if (h->info.wiped)
		return bare_wiped(h, so, factory, user);
	h->factory = !h->info.initialised;
	if (h->factory)
		return schsm_initialise_bare(h->card, factory, user);
	ret = schsm_initialise_bare(h->card, token_so_first(so), user);
	if (token_so_second(so, ret))
		ret = may_try_second(&h->info)
		    ? schsm_initialise_bare(h->card, so->pin, user)
		    : CARD_ERR_LAST_TRY;
	return ret;
}

enum card_error
opensc_prove(struct module *m, const char *label, struct token_so *so,
    const char *holder, struct token_evidence *out)
{
	struct secret *factory = schsm_factory_so(), *user = schsm_random_pin();
	struct opensc_held *h = NULL;
	enum card_error ret = CARD_ERR_MEMORY;

	opensc_drop(m);
	if (factory != NULL && user != NULL)
		ret = find_and_hold(m, label, so, &h);
	if (ret == CARD_OK)
		ret = initialise_bare(h, so, factory, user);
	if (ret == CARD_OK)
		ret = schsm_prove(h->card, holder, out);
	secret_free(factory);
	secret_free(user);
	if (ret != CARD_OK) {
		let_go(h);
		return ret;
	}
	h->proved = true;
	m->held = h;
	return CARD_OK;
}

/* ---- the token -------------------------------------------------------- */

/* One that has shown what it is is initialised a second time: a card takes the
 * number of DKEK shares then and at no other time. */
static enum card_error
initialise_proved(const struct init *in, bool factory, struct token_so *so)
{
	struct secret *from;
	enum card_error ret;

	if (!factory)
		return initialise(in, token_so_first(so));
	so->at = TOKEN_SO_PIN;
	from = schsm_factory_so();
	if (from == NULL)
		return CARD_ERR_MEMORY;
	ret = schsm_move_so(in->card, from, so->pin);
	secret_free(from);
	return ret == CARD_OK ? initialise(in, so->pin) : ret;
}

static enum card_error
open_only(struct module *m, struct token **out)
{
	struct token_info info;
	enum card_error ret =
	    token_select(m, m->card->label, m->card->serial, &info);

	if (ret == CARD_OK)
		ret = token_open_slot(m, info.slot, out);
	if (ret != CARD_OK)
		opensc_leave(m);
	return ret;
}

/* The card is known from here on as it is afterwards. */
static enum card_error
make_token(struct opensc_held *h, const struct secret *user,
    const struct secret *dkek, struct token_so *so)
{
	const struct init in = { h->card, h->label, user, dkek };
	enum card_error ret = h->proved ? initialise_proved(&in, h->factory, so)
					: initialise_card(&in, &h->info, so);

	if (ret == CARD_OK)
		ret = schsm_identify(h->card, &h->scan.card[h->reader]);
	schsm_close(h->card);
	h->card = NULL;
	return ret;
}

enum card_error
opensc_init(struct module *m, const char *label, struct token_so *so,
    const struct secret *dkek, struct token **out)
{
	struct secret *user = schsm_random_pin();
	struct opensc_held *h = m->held;
	enum card_error ret = user == NULL ? CARD_ERR_MEMORY : CARD_OK;

	m->held = NULL;
	if (ret == CARD_OK && h == NULL)
		ret = find_and_hold(m, label, so, &h);
	if (ret == CARD_OK && strcmp(h->label, label) != 0)
		ret = CARD_ERR_ARGUMENT;
	if (ret == CARD_OK)
		ret = make_token(h, user, dkek, so);
	secret_free(user);
	if (ret == CARD_OK)
		ret = opensc_enter_reader(m, &h->scan, h->reader);
	if (ret == CARD_OK)
		ret = open_only(m, out);
	let_go(h);
	return ret;
}

/* ---- blank again ------------------------------------------------------ */

/* As the one that was found: of the two SO PINs the next first, never the last
 * try. */
static enum card_error
wipe_card(struct schsm *c, const struct schsm_info *found, struct token_so *so)
{
	struct schsm_info now;
	enum card_error ret = schsm_identify(c, &now);

	if (ret != CARD_OK)
		return ret;
	if (!same_card(&now, found))
		return CARD_ERR_REMOVED;
	if (now.so_tries <= 1)
		return CARD_ERR_LAST_TRY;
	ret = schsm_wipe(c, token_so_first(so));
	if (token_so_second(so, ret))
		ret = may_try_second(&now) ? schsm_wipe(c, so->pin)
					   : CARD_ERR_LAST_TRY;
	return ret;
}

enum card_error
opensc_wipe(struct module *m, const char *label, const char *serial,
    struct token_so *so)
{
	struct opensc_scan scan;
	struct schsm *card = NULL;
	struct pcsc *p = NULL;
	size_t i = 0;
	enum card_error ret;

	if (m->open != NULL || so->pin == NULL || so->next == NULL)
		return CARD_ERR_ARGUMENT;
	ret = pcsc_new(NULL, &p);
	if (ret == CARD_OK)
		ret = opensc_scan(p, &m->hung, &scan);
	m->unread[0] = '\0';
	if (ret == CARD_OK)
		ret = opensc_scan_find(&scan, label, serial, &i);
	if (ret == CARD_ERR_NO_TOKEN)
		ret = opensc_not_found(m, &scan);
	if (ret == CARD_OK)
		ret = schsm_open(p, scan.card[i].reader, &card);
	if (ret == CARD_OK)
		ret = wipe_card(card, &scan.card[i], so);
	schsm_close(card);
	pcsc_free(p);
	return ret;
}
