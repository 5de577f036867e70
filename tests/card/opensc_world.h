/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_OPENSC_WORLD_H
#define TESTS_CARD_OPENSC_WORLD_H

/* OpenSC loaded, and two cards: what the tests of our layer on it begin with. */

#include "smartcard/module.h"
#include "tests/card/opensc.h"
#include "tests/smartcard/fixture.h"

#define USER_PIN "648219"
static const uint8_t so_octets[8] = { 0x35, 0x37, 0x36, 0x32, 0x31, 0x38, 0x38,
	0x30 };

/* OpenSC 0.23 loses memory of its own, and is unloaded by the time that leaks
 * are looked for, so that they cannot be told by its name. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

struct world {
	struct opensc opensc;
	struct module *m;
	struct secret *pin, *other, *wrong, *so, *so_next;
};

/* One initialised card, "one", and one that is blank. */
static inline int
begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL || opensc_make(&w->opensc, 2) != 0)
		return -1;
	*state = w;
	if (opensc_initialise(&w->opensc, 0, "one", USER_PIN, so_octets) != 0)
		return -1;
	w->pin = secret_from(USER_PIN, strlen(USER_PIN));
	w->other = secret_from(NEW_PIN, strlen(NEW_PIN));
	w->wrong = secret_from("111111", 6);
	w->so = secret_from(SO_PIN, strlen(SO_PIN));
	w->so_next = secret_from(SO_NEXT, strlen(SO_NEXT));
	return module_load("opensc", &w->m) == CARD_OK ? 0 : -1;
}

static inline int
end(void **state)
{
	struct world *w = *state;

	module_free(w->m);
	secret_free(w->pin);
	secret_free(w->other);
	secret_free(w->wrong);
	secret_free(w->so);
	secret_free(w->so_next);
	opensc_remove(&w->opensc);
	free(w);
	return 0;
}

/* As a later process sees it, logged in. */
static inline struct token *
again(struct world *w)
{
	struct token *t = NULL;

	module_free(w->m);
	w->m = NULL;
	assert_int_equal(module_load("opensc", &w->m), CARD_OK);
	assert_int_equal(token_open(w->m, "one", NULL, &t), CARD_OK);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	return t;
}

static inline struct token *
opened(struct world *w)
{
	struct token *t = NULL;

	assert_int_equal(token_open(w->m, "one", NULL, &t), CARD_OK);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	return t;
}

static inline void
control_later(struct world *w, unsigned i, const char *text)
{
	assert_int_equal(opensc_control(&w->opensc, i, text), 0);
}

static inline long
uses(struct world *w, uint8_t reference)
{
	char path[600];
	struct card *c;
	long n;

	opensc_card_path(&w->opensc, 0, path);
	c = card_new(path);
	assert_non_null(c);
	n = card_key_uses(c, reference);
	card_free(c);
	return n;
}

#undef CASE
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
