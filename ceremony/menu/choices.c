/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/screen.h"
#include "ceremony/menu/screens.h"

static const char *
why_not(const struct room *r, const struct choice *c)
{
	return c->not_now == NULL ? NULL : c->not_now(r);
}

size_t
choices_once(struct room *r, const struct choices *c, const char *zero)
{
	size_t n;

	screen_begin(r, c->title);
	if (c->about != NULL) {
		c->about(r);
		say_gap();
	}
	for (size_t i = 0; i < c->count; i++)
		say("  %2zu  %s", i + 1, c->choice[i].text);
	if (zero != NULL)
		say("   0  %s", zero);
	say_gap();
	n = ask_number(r, "Type a number, then Enter: ", c->count);
	if (n == 0)
		return 0;
	if (why_not(r, &c->choice[n - 1]) != NULL) {
		say("Not now: %s.", why_not(r, &c->choice[n - 1]));
		ask_enter(r);
	} else {
		c->choice[n - 1].run(r);
	}
	return n;
}

void
choices_run(struct room *r, const struct choices *c)
{
	while (!r->ended && choices_once(r, c, "Back") != 0)
		;
}
