/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_DRILL_H
#define CUSTODIAN_DRILL_H

#include "ceremony/custodian/ceremony.h"

/*
 * Drills: a rehearsal on a bad day.  One thing goes wrong, people (or the
 * program in their place) deal with it, and are told at the end how it went.
 * An operator is taken out through the table of questions, struct people_ops;
 * the power fails for a process of its own.
 */
struct drill;

/* What a kind of drill does: a row of the table. */
struct drill_row {
	const char *name;
	/* '@' stands for the operator it hits, '#' for their card */
	const char *announced, *what, *for_real;
	/* In place of the operator it hits; NULL: they are asked as always. */
	enum people_answer (*card)(struct drill *d, struct people *p);
	enum people_answer (
	    *pin)(struct drill *d, struct people *p, struct secret **out);
};
struct drill {
	const struct drill_row *row;
	uint64_t seed, random;
	bool by_hand;
	const struct people_ops *people; /* who answers otherwise */
	/* while it runs */
	const struct ceremony *c;
	unsigned visits; /* of the operator it hits */
	bool power_on;   /* and will fail */
	bool act_begun;
	unsigned step, cut_step;
	/* what it did, for the report */
	char ceremony[APPROVAL_NAME_MAX + 1]; /* "": it did not begin */
	char who[33], card[33];
	unsigned m;
	size_t n, step_count;
	bool happened;
	unsigned at_step; /* 0: in the close */
	char at_kind[APPROVAL_NAME_MAX + 1];
	uint64_t at_line;
	double at, on; /* seconds; on 0: nobody went on */
	char went_on[POLICY_OPERATORS_MAX * (POLICY_ID_MAX + 3)];
	unsigned tries; /* at the command, by hand; 0: it was shown */
};

/* The table's kinds as one text, for a message: "dead-card, ...". */
void drill_names(char *out, size_t size);
/* False: no kind of that name. */
bool drill_start(struct drill *d, const char *name, uint64_t seed);
/* Hold the ceremony with it and print the report; returns the exit status. */
int drill_hold(struct drill *d, const struct ceremony_files *files,
    struct people *people);

/* For a running ceremony, nothing when there is no drill: the steps are about
 * to begin; a record is on disk. */
void drill_begin(const struct ceremony *c);
void drill_recorded(const struct ceremony *c, const char *type);

/* For drill_*.c only. */
double drill_clock(void);
uint64_t drill_random(struct drill *d);
/* '@' and '#' of a row's text filled in. */
void
drill_text(const struct drill *d, const char *text, char *out, size_t size);
/* drill_power.c */
int drill_power(struct drill *d, const struct ceremony_files *files,
    struct people *people);
/* drill_command.c: is this, as typed, that command?  Options may stand in any
 * order, those of a drill are passed over. */
bool drill_same_command(const char *typed, const char *command);
/* drill_report.c; returns status, or EXIT_REFUSED when something is wrong with
 * a ceremony that came to its end. */
int drill_report(const struct drill *d, const struct ceremony_files *files,
    struct people *people, int status);

#endif
