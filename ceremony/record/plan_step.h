/* SPDX-License-Identifier: ISC */
#ifndef RECORD_PLAN_STEP_H
#define RECORD_PLAN_STEP_H

#include "ceremony/record/plan_schema.h"

/* For plan_check_*.c only: what the rules of several kinds of step ask. */

struct step {
	const struct plan_step *s;
	size_t number; /* from 1 */
	const char *kind;
};

/* The field of one of its keys, or NULL. */
const struct plan_field *
step_at(const struct plan_check *c, const struct step *s, const char *key);
bool step_is_holder(const struct plan_ca *ca, unsigned token);
/* The first step that makes a CA on this token; NULL when none does. */
const struct plan_step *step_maker(const struct plan *p, unsigned token);
/* What a step uses must not be a person's card; */
enum record_error step_check_ca_token(const struct plan_check *c,
    const struct plan_field *at, unsigned token);
/* a CA that this plan makes is made before it is used; */
enum record_error step_check_made(const struct plan_check *c,
    const struct step *s, const struct plan_field *at, unsigned token);
/* both, and it is a product CA's. */
enum record_error step_check_product_token(const struct plan_check *c,
    const struct step *s, const struct plan_field *at, unsigned token);

/* ceremony/record/plan_check_intermediate.c */
enum record_error
step_check_intermediate(const struct plan_check *c, const struct step *s);

#endif
