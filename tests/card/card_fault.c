/* SPDX-License-Identifier: ISC */
#include "tests/card/card_fault.h"

#include <stdlib.h>
#include <string.h>

#include "tests/card/card_core.h"

typedef enum card_verdict
fault_act(struct card *c, const struct card_fault *f, uint16_t *sw);

static enum card_verdict
pull(struct card *c, const struct card_fault *f, uint16_t *sw)
{
	(void)c;
	(void)f;
	(void)sw;
	return CARD_PULLED;
}

static enum card_verdict
say(struct card *c, const struct card_fault *f, uint16_t *sw)
{
	(void)c;
	*sw = (uint16_t)strtoul(f->argument, NULL, 16);
	return CARD_SAID;
}

static enum card_verdict
lock(struct card *c, const struct card_fault *f, uint16_t *sw)
{
	(void)f;
	(void)sw;
	c->state.user.tries = 0;
	c->login = false;
	c->changed = true;
	return CARD_GO_ON;
}

static enum card_verdict
cut(struct card *c, const struct card_fault *f, uint16_t *sw)
{
	size_t most = strtoul(f->argument, NULL, 10);

	(void)sw;
	if (c->work.len > most)
		c->work.len = most;
	return CARD_GO_ON;
}

/* What a kind does when its command comes, and what it is from then on. */
struct card_fault_kind {
	const char *name;
	bool absent, atr, swap, hang;
	fault_act *before, *after;
};

static const struct card_fault_kind kinds[] = {
	/* nothing was done */
	{ .name = "pull-before", .absent = true, .before = pull },
	/* done and kept, but nobody was told */
	{ .name = "pull-during", .absent = true, .after = pull },
	/* done and told; gone for the next command */
	{ .name = "pull-after", .absent = true },
	/* ARGUMENT, a status word in hexadecimal; nothing was done */
	{ .name = "status", .before = say },
	/* done, but only ARGUMENT octets of data are answered */
	{ .name = "short", .after = cut },
	/* no tries for the user PIN are left, and the login is gone */
	{ .name = "lock", .before = lock },
	/* no answer, for as long as this stands in the file */
	{ .name = "hang", .hang = true },
	/* ARGUMENT, in hexadecimal, is the ATR from the next reset on */
	{ .name = "atr", .atr = true },
	/* ARGUMENT, the file of another card, is in the reader from then on */
	{ .name = "swap", .swap = true },
};

const struct card_fault_kind *
card_fault_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(name, kinds[i].name) == 0)
			return &kinds[i];
	return NULL;
}

/* ---- at all times ----------------------------------------------------- */

static bool
begun(const struct card_fault *f)
{
	return f->seen >= f->at;
}

bool
card_fault_absent(const struct card_control *control)
{
	for (size_t i = 0; i < control->fault_count; i++)
		if (control->faults[i].kind->absent &&
		    begun(&control->faults[i]))
			return true;
	return false;
}

const char *
card_fault_atr(const struct card_control *control)
{
	for (size_t i = 0; i < control->fault_count; i++)
		if (control->faults[i].kind->atr && begun(&control->faults[i]))
			return control->faults[i].argument;
	return NULL;
}

const char *
card_fault_swap(const struct card_control *control)
{
	for (size_t i = 0; i < control->fault_count; i++)
		if (control->faults[i].kind->swap && begun(&control->faults[i]))
			return control->faults[i].argument;
	return NULL;
}

static bool
counts(const struct card_fault *f, uint8_t ins)
{
	return f->ins == -1 || f->ins == ins;
}

bool
card_fault_hangs(const struct card_control *control, uint8_t ins)
{
	for (size_t i = 0; i < control->fault_count; i++)
		if (control->faults[i].kind->hang &&
		    begun(&control->faults[i]) &&
		    counts(&control->faults[i], ins))
			return true;
	return false;
}

/* ---- around a command ------------------------------------------------- */

/* A fault that has begun counts no more: it is not to come a second time. */
bool
card_fault_count(struct card_control *control, uint8_t ins)
{
	bool any = false;

	for (size_t i = 0; i < control->fault_count; i++) {
		struct card_fault *f = &control->faults[i];

		if (!counts(f, ins) || f->seen > f->at)
			continue;
		f->seen++;
		any = true;
	}
	return any;
}

static enum card_verdict
act(struct card *c, uint8_t ins, bool after, uint16_t *sw)
{
	const struct card_control *control = &c->control;
	enum card_verdict verdict = CARD_GO_ON;

	for (size_t i = 0; i < control->fault_count; i++) {
		const struct card_fault *f = &control->faults[i];
		fault_act *due = after ? f->kind->after : f->kind->before;

		if (due == NULL || f->seen != f->at || !counts(f, ins))
			continue;
		verdict = due(c, f, sw);
		if (verdict != CARD_GO_ON)
			break;
	}
	return verdict;
}

enum card_verdict
card_fault_before(struct card *c, uint8_t ins, uint16_t *sw)
{
	return act(c, ins, false, sw);
}

enum card_verdict
card_fault_after(struct card *c, uint8_t ins)
{
	uint16_t none = 0;

	return act(c, ins, true, &none);
}
