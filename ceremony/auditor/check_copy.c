/* SPDX-License-Identifier: ISC */
/* Keys on more than one token, against the plan: that a copy is one, the
 * history proves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/auditor/audit.h"

static const struct plan_step *
step_of(const struct audit *a)
{
	return &a->plan->steps[a->step - 1];
}

/* A rehearsal on soft tokens knows no serials. */
bool
check_serial_told(const struct audit *a, const char *planned,
    const char *module, const char *serial)
{
	bool soft = strcmp(module, "softhsm") == 0 &&
	    strncmp(a->history->log, ORIGIN_REHEARSAL,
		strlen(ORIGIN_REHEARSAL)) == 0;

	return planned[0] == '\0' || soft || strcmp(planned, serial) == 0;
}

void
check_serial(struct audit *a, const struct history_token *t)
{
	for (size_t i = 0; t != NULL && i < a->plan->token_count; i++) {
		const struct plan_token *p = &a->plan->tokens[i];

		if (strcmp(p->label, t->label) == 0 &&
		    !check_serial_told(a, p->serial, t->module, t->serial))
			audit_here(a, "token %s has another serial in the plan",
			    t->label);
	}
}

void
check_copies(struct audit *a, const struct history_act *act)
{
	const struct plan_ca *ca = &step_of(a)->u.ca;
	char want[PLAN_HOLDERS_MAX * 48] = "";
	uint8_t *text;
	const char *have;
	size_t len = 0, n;

	for (size_t i = 1; i < ca->holder_count; i++)
		len += (size_t)snprintf(want + len, sizeof(want) - len,
		    "copy %s\n", a->plan->tokens[ca->holders[i]].label);
	text = audit_object(a, act->approval.input_sha256, &n);
	if (text == NULL)
		return;
	have = strstr((const char *)text, "\ncopy ");
	if (strcmp(have == NULL ? "" : have + 1, want) != 0)
		audit_here(a,
		    "the plan gives copies of these keys to %zu "
		    "other tokens, the act to others",
		    ca->holder_count - 1);
	free(text);
}

static size_t
count(const struct audit *a, const char *use)
{
	size_t n = 0;

	for (size_t i = 0; i < a->result_count; i++)
		n += strcmp(a->results[i], use) == 0;
	return n;
}

size_t
check_copy_results(struct audit *a)
{
	const struct plan_step *s = step_of(a);

	if (s->kind != PLAN_ROOT && s->kind != PLAN_PRODUCT_CA)
		return 0;
	if (count(a, "copy") != s->u.ca.holder_count - 1)
		audit_here(a, "%zu copies in this step, not %zu",
		    count(a, "copy"), s->u.ca.holder_count - 1);
	/* the history sees that keys leave once more for a stop, and no more */
	return count(a, "copy") + count(a, "export");
}
