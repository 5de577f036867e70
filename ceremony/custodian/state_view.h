/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_STATE_VIEW_H
#define CUSTODIAN_STATE_VIEW_H

#include "ceremony/record/history.h"
#include "ceremony/record/transcript.h"

/*
 * What a state folder holds on disk, read anew: after a stop neither what the
 * stopped run had in memory nor what it meant to write counts.
 */
struct state_view {
	struct transcript *transcript;
	struct history *history;
	uint64_t *results; /* in issuance.jsonl, by act; [0]: in all */
	uint64_t intended; /* serials with an intent that is not void */
	uint64_t twice;    /* serials that two TBS were intended for */
};
/* Nothing is locked or changed.  False: there is no transcript, or it is not
 * in order; state_view_close() in any case. */
bool state_view_open(struct state_view *v, int state_fd);
void state_view_close(struct state_view *v);
/* The ceremony of that name; NULL when nothing of it is recorded. */
const struct history_ceremony *
state_view_ceremony(const struct state_view *v, const char *name);
/* Is that step of that ceremony done? */
bool state_view_step_done(const struct state_view *v,
    const struct history_ceremony *which, unsigned step);
/* Is it an act of that step? */
bool state_view_act_of(const struct history_act *a, const char *ceremony,
    unsigned step);

#endif
