/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_STOP_LINES_H
#define CUSTODIAN_STOP_LINES_H

#include "ceremony/custodian/state_view.h"
#include "ceremony/record/plan.h"

/*
 * For the stop sheet: what is signed and who must come back, of a ceremony of
 * which something is recorded, each as one line of text.
 */
#define STOP_TEXT_MAX 2048

/* What a step, counted from 1, has signed. */
void stop_step(const struct plan *p, const struct state_view *v,
    const struct history_ceremony *which, unsigned step, char *out,
    size_t size);
/* How many of which operators, with their cards. */
void stop_operators(const struct plan *p, const struct state_view *v, char *out,
    size_t size);
/* CA tokens of the steps to do; false: none. */
bool stop_tokens(const struct plan *p, const struct state_view *v,
    const struct history_ceremony *which, char *out, size_t size);
/* Custodians of S, when a step to do needs their words; else false. */
bool stop_words_of_s(const struct plan *p, const struct state_view *v,
    const struct history_ceremony *which, char *out, size_t size);
/* The same of B. */
bool stop_words_of_b(const struct plan *p, const struct state_view *v,
    const struct history_ceremony *which, char *out, size_t size);

#endif
