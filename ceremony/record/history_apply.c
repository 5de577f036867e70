/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/record/history.h"
#include "ceremony/record/history_line.h"

/* Every record type: its handler, and where it may stand. */
static const struct record {
	const char *type;
	history_handler *handler;
	unsigned phases;
} records[] = {
	{ "ceremony.open", history_do_open, PHASE_CLOSED },
	{ "ceremony.resume", history_do_resume,
	    PHASE_OPEN | PHASE_STEP | PHASE_GROUP },
	{ "ceremony.close", history_do_close, PHASE_OPEN },
	{ "step.begin", history_do_step_begin, PHASE_OPEN | PHASE_STEP },
	{ "step.end", history_do_step_end, PHASE_STEP },
	{ "so.split", history_do_so_split, PHASE_STEP },
	{ "backup.split", history_do_backup_split, PHASE_STEP },
	{ "so.use", history_do_so_use, PHASE_STEP },
	{ "enrol", history_do_enrol, PHASE_STEP },
	{ "retire.prove", history_do_retire_prove, PHASE_STEP },
	{ "retire", history_do_retire, PHASE_STEP },
	{ "csr", history_do_csr, PHASE_STEP },
	{ "request", history_do_request, PHASE_STEP },
	{ "request.repeat", history_do_repeat, PHASE_STEP },
	{ "act.propose", history_do_propose, PHASE_STEP | PHASE_GROUP },
	{ "approve", history_do_approve, PHASE_GROUP },
	{ "approve.refused", history_do_refused, PHASE_GROUP },
	{ "act.begin", history_do_begin, PHASE_GROUP },
	{ "rotate.found", history_do_found, PHASE_GROUP },
	{ "rotate.prepare", history_do_prepare, PHASE_GROUP },
	{ "destroy.prove", history_do_prove, PHASE_GROUP },
	{ "pin.exposed", history_do_exposed, PHASE_GROUP },
	{ "act.result", history_do_result, PHASE_GROUP },
	{ "act.void", history_do_void, PHASE_GROUP },
	{ "module", history_do_module, PHASE_OPEN | PHASE_STEP | PHASE_GROUP },
	{ "medium", history_do_medium,
	    PHASE_CLOSED | PHASE_OPEN | PHASE_STEP | PHASE_GROUP },
	{ "card", history_do_card, PHASE_OPEN | PHASE_STEP | PHASE_GROUP },
	{ "exception", history_do_exception,
	    PHASE_OPEN | PHASE_STEP | PHASE_GROUP },
};

const char *
history_record_type(size_t i)
{
	return i < sizeof(records) / sizeof(records[0]) ? records[i].type
							: NULL;
}

static const char *
phase_name(enum history_phase phase)
{
	switch (phase) {
	case PHASE_CLOSED:
		return "while no ceremony is open";
	case PHASE_OPEN:
		return "while no step stands";
	case PHASE_STEP:
		return "in a step without acts that stand";
	case PHASE_GROUP:
		return "while acts stand";
	}
	return "here";
}

enum record_error
history_refuse(const struct history_line *l, enum record_error err,
    const char *fmt, ...)
{
	char text[sizeof(l->fault->text)];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	return record_fail(l->fault, err, "transcript.jsonl line %llu: %s: %s",
	    (unsigned long long)l->h->lines + 1, l->e->type, text);
}

static const struct record *
find_record(const char *type)
{
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		if (strcmp(records[i].type, type) == 0)
			return &records[i];
	return NULL;
}

/* The line follows the one before, in the same log. */
static enum record_error
check_chain(const struct history_line *l)
{
	static const uint8_t zeros[32];
	const struct history *h = l->h;
	const struct event *e = l->e;
	bool first = h->lines == 0;

	if (e->link.seq != h->lines)
		return history_refuse(l, RECORD_ERR_CHAIN,
		    "seq is %llu, not %llu", (unsigned long long)e->link.seq,
		    (unsigned long long)h->lines);
	if (memcmp(e->link.prev, first ? zeros : h->head.hash, 32) != 0)
		return history_refuse(l, RECORD_ERR_CHAIN,
		    "prev is not the hash of the line before");
	if (!first && strcmp(e->log, h->log) != 0)
		return history_refuse(l, RECORD_ERR_OTHER_LOG,
		    "of log %.60s, not %.60s", e->log, h->log);
	return RECORD_OK;
}

static enum record_error
check_place(const struct history_line *l, const struct record *r)
{
	if (r == NULL)
		return history_refuse(l, RECORD_ERR_FORM,
		    "there is no such record");
	if ((r->phases & l->g->phase) == 0)
		return history_refuse(l, RECORD_ERR_ORDER, "must not stand %s",
		    phase_name(l->g->phase));
	if (l->g->phase != PHASE_CLOSED &&
	    strcmp(l->e->cer, l->h->ceremony) != 0)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "of ceremony %.64s while %.64s is open", l->e->cer,
		    l->h->ceremony);
	if (l->g->void_next != 0 && r->handler != history_do_void &&
	    r->handler != history_do_resume)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "act.void of act %llu must come first",
		    (unsigned long long)l->g->void_next);
	return RECORD_OK;
}

static enum record_error
apply_event(struct history_line *l)
{
	const struct record *r = find_record(l->e->type);
	enum record_error ret;

	if ((ret = check_chain(l)) != RECORD_OK ||
	    (ret = check_place(l, r)) != RECORD_OK ||
	    (ret = r->handler(l)) != RECORD_OK)
		return ret;
	l->h->head = l->e->link;
	l->h->lines++;
	return RECORD_OK;
}

enum record_error
history_apply(struct history *h, int state_dirfd, const char *line, size_t len,
    struct record_fault *fault)
{
	struct record_fault form = { 0 };
	struct event event;
	struct history_line l = { .h = h,
		.g = h->private_,
		.dirfd = state_dirfd,
		.e = &event,
		.fault = fault };
	enum record_error ret;

	if ((ret = event_read(line, len, &event, &form)) != RECORD_OK)
		return record_fail(fault, ret, "transcript.jsonl line %llu: %s",
		    (unsigned long long)h->lines + 1, form.text);
	ret = apply_event(&l);
	event_clear(&event);
	return ret;
}
