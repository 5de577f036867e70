/* SPDX-License-Identifier: ISC */
#ifndef AUDITOR_REPORT_H
#define AUDITOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses of anchorite-audit(1). */
enum audit_status {
	AUDIT_VERIFIED = 0,
	AUDIT_FINDING = 1,
	AUDIT_USAGE = 2,
	AUDIT_SELF_CONSISTENT = 3, /* no anchor was given */
	AUDIT_UNREADABLE = 4,
};

/* Lines for people, in the order they were found. */
struct report_list {
	char **lines;
	size_t count;
	bool failed; /* out of memory: the list is not whole */
};
/* Findings break a rule and refuse the state; notes do not. */
struct report {
	struct report_list findings, notes;
};

void report_finding(struct report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void report_note(struct report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void report_free(struct report *r);

#endif
