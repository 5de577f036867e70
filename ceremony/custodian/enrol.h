/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_ENROL_H
#define CUSTODIAN_ENROL_H

#include "ceremony/custodian/ceremony.h"

/* Make an operator's card and record it; so: a process that keeps S. */
bool
enrol_card(struct ceremony *c, struct child *so, const struct plan_operator *o);
/* Take a card that was personalised elsewhere, and record it: its owner's PIN is
 * asked for, its keys are tried, and nothing is written to it. */
bool enrol_adopt(struct ceremony *c, const struct plan_operator *o);
/* A process that keeps S: the one that tokens hang on, with fresh NULL; else a
 * new one, split as fresh says, unless tokens hang on it already. */
bool enrol_open_so(struct ceremony *c, const struct plan_split *fresh,
    struct child *so);

#endif
