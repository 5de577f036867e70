/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/auditor/audit.h"
#include "ceremony/record/objects.h"

/* What is looked at beyond the rules of a transcript. */
static const struct {
	const char *type;
	audit_check *check;
} checks[] = {
	{ "ceremony.open", check_open },
	{ "ceremony.resume", check_resume },
	{ "step.begin", check_step_begin },
	{ "step.end", check_step_end },
	{ "so.split", check_split },
	{ "backup.split", check_backup_split },
	{ "enrol", check_enrol },
	{ "csr", check_csr },
	{ "request", check_request },
	{ "request.repeat", check_repeat },
	{ "act.propose", check_propose },
	{ "approve", check_approve },
	{ "approve.refused", check_refused },
	{ "act.result", check_result },
	{ "act.void", check_void },
	{ "exception", check_exception },
	{ "medium", check_medium },
	{ "retire", check_retire },
	{ "pin.exposed", check_exposed },
	{ "ceremony.close", check_close },
};

void
audit_here(struct audit *a, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	report_finding(a->report, "transcript.jsonl line %llu: %s: %s",
	    (unsigned long long)a->event->seq + 1, a->event->type, text);
}

const struct history_act *
audit_act(struct audit *a)
{
	json_int_t n =
	    json_integer_value(json_object_get(a->event->body, "act"));

	if (n < 1 || (size_t)n > a->history->act_count) {
		audit_here(a, "there is no such act");
		return NULL;
	}
	return &a->history->acts[n - 1];
}

const struct history_token *
audit_token(struct audit *a, const struct history_act *act)
{
	const struct history_token *t = history_token(a->history, act->label);

	if (t == NULL)
		audit_here(a, "there is no token %s", act->label);
	return t;
}

uint8_t *
audit_object(struct audit *a, const uint8_t digest[32], size_t *len)
{
	struct record_fault fault = { 0 };
	uint8_t *data = NULL;

	if (object_get(a->dirfd, digest, &data, len, &fault) == RECORD_OK)
		return data;
	audit_here(a, "%s", fault.text);
	return NULL;
}

X509 *
audit_cert(struct audit *a, const uint8_t digest[32])
{
	X509 *cert = NULL;
	size_t len;
	uint8_t *der = audit_object(a, digest, &len);

	if (der != NULL && cert_parse(der, len, &cert) != CA_OK)
		audit_here(a, "not a strict certificate");
	free(der);
	return cert;
}

/* What the plan does not name cannot happen: no other card is asked for. */
void
check_approve(struct audit *a)
{
	const struct history_act *act = audit_act(a);
	const char *id = act->operators[act->approved - 1];
	struct history_operator cards[POLICY_OPERATORS_MAX];
	const struct policy *p =
	    history_policy(a->history, act->approval.policy_sha256);
	size_t n = p == NULL ? 0 : history_cards_of(a->history, p, cards);

	a->counts.approvals++;
	for (size_t i = 0; a->plan != NULL && i < n; i++)
		if (strcmp(cards[i].id, id) == 0 &&
		    !plan_lists_card(a->plan, cards[i].label))
			audit_here(a, "the plan does not list card %s of %s",
			    cards[i].label, id);
}

void
check_refused(struct audit *a)
{
	a->counts.refusals++;
}

void
check_exception(struct audit *a)
{
	const char *what =
	    json_string_value(json_object_get(a->event->body, "what"));

	a->counts.exceptions++;
	report_note(a->report, "transcript.jsonl line %llu: exception: %s",
	    (unsigned long long)a->event->seq + 1, what == NULL ? "" : what);
}

void
check_exposed(struct audit *a)
{
	const char *label =
	    json_string_value(json_object_get(a->event->body, "label"));

	report_note(a->report,
	    "transcript.jsonl line %llu: something else took the PIN of %s",
	    (unsigned long long)a->event->seq + 1, label == NULL ? "" : label);
}

/* Note the CRLs as they are before the line. */
static void
note_crls(struct audit *a)
{
	for (size_t i = 0; i < a->history->token_count; i++) {
		const struct history_token *t = &a->history->tokens[i];

		a->before[i].there = t->has_crl;
		a->before[i].number = t->crl_number;
		memcpy(a->before[i].crl, t->crl, 32);
	}
}

static void
run_check(struct audit *a)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (strcmp(checks[i].type, a->event->type) == 0)
			checks[i].check(a);
}

/* False: a rule of the transcript itself is broken; what follows cannot be
 * judged. */
static bool
replay_line(struct audit *a, uint64_t seq)
{
	struct record_fault fault = { 0 };
	struct event event;
	size_t len;
	const char *line = transcript_line(a->transcript, seq, &len);

	note_crls(a);
	if (history_apply(a->history, a->dirfd, line, len, &fault) !=
		RECORD_OK ||
	    event_read(line, len, &event, &fault) != RECORD_OK) {
		report_finding(a->report, "%s", fault.text);
		return false;
	}
	a->event = &event;
	run_check(a);
	a->event = NULL;
	event_clear(&event);
	return true;
}

/* What those who hold the next ceremony have to do first. */
static void
note_unfit(struct audit *a)
{
	const struct history *h = a->history;

	for (size_t i = 0; i < h->token_count; i++) {
		const struct history_token *t = &h->tokens[i];
		const char *why = history_unfit(h, t);

		if (why != NULL)
			report_note(a->report,
			    "token %s: %s: it does nothing before it is "
			    "changed",
			    t->label, why);
		if (t->doomed)
			report_note(a->report,
			    "token %s: its destruction has begun: a destroy "
			    "step ends it",
			    t->label);
	}
}

bool
audit_replay(struct audit *a)
{
	struct record_fault fault = { 0 };
	uint64_t count, done = 0;
	bool torn = false;
	enum record_error err =
	    transcript_view(a->dirfd, &a->transcript, &torn, &fault);

	if (err == RECORD_ERR_MISSING || err == RECORD_ERR_IO ||
	    err == RECORD_ERR_MEMORY) {
		report_finding(a->report, "transcript.jsonl: %s",
		    record_strerror(err));
		return false;
	}
	if (err != RECORD_OK) {
		report_finding(a->report, "%s", fault.text);
		return true;
	}
	count = transcript_count(a->transcript);
	if (count == 0)
		report_finding(a->report, "transcript.jsonl: it is empty");
	if (torn)
		report_finding(a->report,
		    "transcript.jsonl line %llu: torn: it does not end in LF",
		    (unsigned long long)count + 1);
	while (done < count && replay_line(a, done))
		done++;
	if (done < count)
		report_note(a->report,
		    "%llu lines behind that one were not looked at",
		    (unsigned long long)(count - done - 1));
	else if (a->history->open)
		report_finding(a->report,
		    "transcript.jsonl: ceremony %s is not closed",
		    a->history->ceremony);
	else
		note_unfit(a);
	return true;
}
