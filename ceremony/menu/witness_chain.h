/* SPDX-License-Identifier: ISC */
#ifndef MENU_WITNESS_CHAIN_H
#define MENU_WITNESS_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ceremony/quorum/policy.h"
#include "ceremony/record/event.h"

/* A log as far as lines of it have come, and what came before of one. */
struct witness_chain {
	uint64_t count; /* lines that came, each following the one before */
	struct link head;
	char log[POLICY_LOG_MAX + 1];
	/* the log of an earlier sender, as far as it was seen; "": none */
	struct {
		char log[POLICY_LOG_MAX + 1];
		uint64_t count;
		uint8_t hash[32];
	} seen;
};

/*
 * Another sender begins at line 1.  What the last one has sent is kept to be
 * compared: the same log can only have grown since.  Rehearsals' logs are not,
 * since each rehearsal makes a new one of the same name.
 */
void witness_chain_begin(struct witness_chain *c);
/*
 * Take the next line, with its LF.
 *
 * stood  how many lines there were when the sender came, as it says.
 * e      the line's fields, event_clear().
 * why    on false, what is wrong with it, printable ASCII; *e is zeroed then,
 *        and the chain is where it was.
 */
bool witness_chain_take(struct witness_chain *c, const char *line, size_t len,
    uint64_t stood, struct event *e, struct record_fault *why);

#endif
