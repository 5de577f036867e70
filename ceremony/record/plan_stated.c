/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "ca/stated.h"
#include "ceremony/record/plan.h"

struct text {
	char *out;
	size_t used;
	bool full;
};

static void
add(struct text *t, const char *key, const char *value)
{
	size_t room = STATED_TEXT_MAX + 1 - t->used;
	int n = snprintf(t->out + t->used, room, "%s %s\n", key, value);

	if (n < 0 || (size_t)n >= room)
		t->full = true;
	else
		t->used += (size_t)n;
}

bool
plan_stated(const struct plan_intermediate *i, char *out)
{
	struct text t = { .out = out };
	char number[16];

	(void)snprintf(number, sizeof(number), "%u", i->pathlen);
	add(&t, "pathlen", number);
	for (size_t k = 0; k < i->permitted_count; k++)
		add(&t, "permitted", i->permitted[k]);
	for (size_t k = 0; k < i->excluded_count; k++)
		add(&t, "excluded", i->excluded[k]);
	for (size_t k = 0; k < i->eku_count; k++)
		add(&t, "eku", i->eku[k]);
	for (size_t k = 0; k < i->policy_count; k++)
		add(&t, "policy", i->policies[k]);
	return !t.full;
}

void
plan_stated_product(const struct plan_ca *ca, char *out)
{
	struct text t = { .out = out };
	char number[16];

	out[0] = '\0';
	if (ca->pathlen == 0)
		return;
	(void)snprintf(number, sizeof(number), "%u", ca->pathlen);
	add(&t, "pathlen", number);
}
