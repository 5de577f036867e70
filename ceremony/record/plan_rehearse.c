/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "ceremony/record/plan.h"

#define ORIGIN_MARK "rehearsal/"
#define SUBJECT_MARK ",OU=REHEARSAL"

static bool
mark_origin(char *log, size_t size)
{
	size_t mark = strlen(ORIGIN_MARK), len = strlen(log);

	if (mark + len + 1 > size)
		return false;
	memmove(log + mark, log, len + 1);
	memcpy(log, ORIGIN_MARK, mark);
	return true;
}

/* An absent subject stays absent. */
static bool
mark_subject(char *subject, size_t size)
{
	size_t mark = strlen(SUBJECT_MARK), len = strlen(subject);

	if (len == 0)
		return true;
	if (len + mark + 1 > size)
		return false;
	memcpy(subject + len, SUBJECT_MARK, mark + 1);
	return true;
}

static bool
mark_step(struct plan_step *s)
{
	switch (s->kind) {
	case PLAN_QUORUM:
	case PLAN_QUORUM_CHANGE:
		/* the owners' own tokens and PINs stay out of it */
		for (size_t i = 0; i < s->u.quorum.count; i++)
			s->u.quorum.operators[i].elsewhere = false;
		return true;
	case PLAN_ROOT:
	case PLAN_PRODUCT_CA:
		return mark_subject(s->u.ca.subject, sizeof(s->u.ca.subject)) &&
		    mark_subject(s->u.ca.sealer_subject,
			sizeof(s->u.ca.sealer_subject));
	case PLAN_INTERMEDIATE:
		return mark_subject(s->u.intermediate.subject,
		    sizeof(s->u.intermediate.subject));
	case PLAN_WORK_ORDER:
		return mark_subject(s->u.order.subject,
		    sizeof(s->u.order.subject));
	default:
		return true;
	}
}

enum record_error
plan_rehearse(struct plan *p, const char *module)
{
	size_t i;

	if (strncmp(p->log, ORIGIN_MARK, strlen(ORIGIN_MARK)) == 0)
		return RECORD_ERR_ARGUMENT;
	if (module != NULL && !plan_module_valid(module))
		return RECORD_ERR_ARGUMENT;
	if (!mark_origin(p->log, sizeof(p->log)))
		return RECORD_ERR_PLAN;
	for (i = 0; i < p->token_count; i++) {
		struct plan_token *t = &p->tokens[i];

		if (module != NULL)
			(void)snprintf(t->module, sizeof(t->module), "%s",
			    module);
		/* a soft token gets another one each time it is made */
		if (strcmp(t->module, "softhsm") == 0)
			t->serial[0] = '\0';
	}
	for (i = 0; i < p->step_count; i++) {
		if (!mark_step(&p->steps[i]))
			return RECORD_ERR_PLAN;
	}
	return RECORD_OK;
}
