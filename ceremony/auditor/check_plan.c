/* SPDX-License-Identifier: ISC */
/* A ceremony against its plan: name, date, steps, people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/auditor/audit.h"
#include "ceremony/record/level.h"
#include "ceremony/record/plan_yaml.h"
#include "ceremony/record/vendor.h"

static const char *
text_of(const struct audit *a, const char *key)
{
	const char *text =
	    json_string_value(json_object_get(a->event->body, key));

	return text == NULL ? "" : text;
}

static uint64_t
number_of(const struct audit *a, const char *key)
{
	return (uint64_t)json_integer_value(
	    json_object_get(a->event->body, key));
}

static struct plan *
read_plan(struct audit *a, const char *yaml, size_t len)
{
	struct plan_fault fault = { 0 };
	struct plan_field *fields = NULL;
	struct plan *plan = NULL;
	size_t count = 0;

	if (plan_yaml_fields(yaml, len, &fields, &count, &fault) != RECORD_OK ||
	    plan_build(fields, count, &plan, &fault) != RECORD_OK)
		audit_here(a, "plan line %u column %u: %s", fault.line,
		    fault.column, fault.text);
	free(fields);
	return plan;
}

/* A rehearsal's log and subjects are marked; its plan is not. */
static bool
match_log(struct audit *a, struct plan *plan)
{
	size_t mark = strlen(ORIGIN_REHEARSAL);

	if (strncmp(a->history->log, ORIGIN_REHEARSAL, mark) == 0 &&
	    strcmp(a->history->log + mark, plan->log) == 0 &&
	    plan_rehearse(plan, NULL) != RECORD_OK)
		return false;
	return strcmp(a->history->log, plan->log) == 0;
}

/* Cells as good as the plan asks for, by what the processes said. */
static void
check_levels(struct audit *a)
{
	json_t *levels = json_object_get(a->event->body, "levels");
	enum level wanted;
	const char *who;
	json_t *words;

	if (a->plan == NULL)
		return; /* said when it was opened */
	wanted = level_wanted(a->plan);
	json_object_foreach(levels, who, words)
	{
		enum level reached = level_of(json_string_value(words));
		enum level most = level_most(who);

		if (reached < (wanted < most ? wanted : most))
			audit_here(a,
			    "the cell of the %s was %s, and the plan asks for "
			    "%s",
			    who, level_name(reached), level_name(wanted));
	}
}

/* A shell beside the ceremony is no finding when the plan has it, and nothing
 * that should be passed over. */
static void
check_shell(struct audit *a)
{
	const char *shell = text_of(a, "shell");

	if (a->plan != NULL && strcmp(a->plan->shell.reason, shell) != 0)
		audit_here(a, "the plan has %s shell",
		    a->plan->shell.reason[0] == '\0' ? "no" : "another");
	if (shell[0] != '\0')
		report_note(a->report,
		    "transcript.jsonl line %llu: a shell beside the ceremony: "
		    "%s",
		    (unsigned long long)a->event->seq + 1, shell);
}

void
check_resume(struct audit *a)
{
	check_image(a);
	check_shell(a);
	check_levels(a);
}

void
check_open(struct audit *a)
{
	size_t len;
	uint8_t *yaml = audit_object(a, a->history->plan_sha256, &len);

	plan_free(a->plan);
	a->plan = NULL;
	a->step = 0;
	check_image(a);
	if (yaml != NULL)
		a->plan = read_plan(a, (const char *)yaml, len);
	free(yaml);
	check_shell(a);
	if (a->plan == NULL)
		return;
	if (!match_log(a, a->plan))
		audit_here(a, "the plan is for log %s", a->plan->log);
	check_levels(a);
	if (strcmp(a->plan->ceremony, a->history->ceremony) != 0)
		audit_here(a, "the plan is for ceremony %s", a->plan->ceremony);
	if (a->plan->date != a->history->date)
		audit_here(a, "the plan has another date");
	if (strcmp(a->plan->title, text_of(a, "title")) != 0)
		audit_here(a, "the plan has another title");
}

/* ---- steps --------------------------------------------------------------- */

void
check_step_begin(struct audit *a)
{
	unsigned step = (unsigned)number_of(a, "step");
	bool again = a->step == step;

	if (a->plan == NULL)
		return;
	a->step = 0;
	if (step == 0 || step > a->plan->step_count) {
		audit_here(a, "the plan has %zu steps", a->plan->step_count);
		return;
	}
	a->step = step;
	if (strcmp(text_of(a, "kind"),
		plan_kind_name(a->plan->steps[step - 1].kind)) != 0) {
		audit_here(a, "the plan's step %u is %s", step,
		    plan_kind_name(a->plan->steps[step - 1].kind));
		a->step = 0;
	}
	if (again)
		return; /* resumed: what was done stays done */
	a->result_count = 0;
	a->repeated = false;
}

/* What a step must have done, once each. */
static const struct {
	enum plan_kind kind;
	const char *uses[5];
} wanted[] = {
	{ PLAN_QUORUM, { "self-test" } },
	{ PLAN_ROOT, { "self-test", "root", "crl" } },
	{ PLAN_PRODUCT_CA, { "self-test", "product-ca", "sealer", "crl" } },
	{ PLAN_INTERMEDIATE, { "intermediate", "seal-intermediate" } },
	{ PLAN_WORK_ORDER, { "seal-order" } },
	{ PLAN_BATCH, { "seal-response" } },
	{ PLAN_CRL, { "crl" } },
	{ PLAN_QUORUM_CHANGE, { "quorum-change" } },
	{ PLAN_RECOVERY, { "recovery" } },
	{ PLAN_BACKUP, { "export" } },
	{ PLAN_RESTORE, { "copy" } },
	{ PLAN_DESTROY, { "destroy" } },
	{ PLAN_RETIRE, { "retire" } },
};

static size_t
count_results(const struct audit *a, const char *use)
{
	size_t n = 0;

	for (size_t i = 0; i < a->result_count; i++)
		n += strcmp(a->results[i], use) == 0;
	return n;
}

static void
check_wanted(struct audit *a, const char *const *uses)
{
	size_t expected = check_copy_results(a);

	for (; *uses != NULL; uses++, expected++)
		if (count_results(a, *uses) != 1)
			audit_here(a, "%zu results of %s in this step, not 1",
			    count_results(a, *uses), *uses);
	if (a->result_count > expected)
		audit_here(a, "more results than the step has");
}

void
check_step_end(struct audit *a)
{
	enum plan_kind kind;

	if (a->plan == NULL || a->step == 0)
		return;
	kind = a->plan->steps[a->step - 1].kind;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (wanted[i].kind == kind &&
		    !(kind == PLAN_BATCH && a->repeated &&
			a->result_count == 0))
			check_wanted(a, wanted[i].uses);
	a->step = 0;
}

void
check_close(struct audit *a)
{
	if (a->plan != NULL && !a->history->abandoned &&
	    a->history->steps_begun != a->plan->step_count)
		audit_here(a, "the plan has %zu steps, %u were held",
		    a->plan->step_count, a->history->steps_begun);
	check_log_state(a);
	check_checkpoint(a);
}

/* ---- the quorum ---------------------------------------------------------- */

static bool
is_change(const struct audit *a)
{
	return a->plan->steps[a->step - 1].kind == PLAN_QUORUM_CHANGE;
}

/* Of the step that stands: the first quorum or another. */
static const struct plan_quorum *
quorum_of(const struct audit *a)
{
	if (a->plan == NULL || a->step == 0 ||
	    (a->plan->steps[a->step - 1].kind != PLAN_QUORUM && !is_change(a)))
		return NULL;
	return &a->plan->steps[a->step - 1].u.quorum;
}

static void
compare_split(struct audit *a, const struct plan_split *w)
{
	json_t *names = json_object_get(a->event->body, "custodians");

	if (number_of(a, "threshold") != w->threshold ||
	    json_array_size(names) != w->count)
		audit_here(a, "the plan splits it %u of %zu", w->threshold,
		    w->count);
	for (size_t i = 0; i < w->count; i++) {
		const char *name = json_string_value(json_array_get(names, i));

		if (name == NULL || strcmp(name, w->custodians[i]) != 0)
			audit_here(a, "custodian %zu is not the plan's", i + 1);
	}
}

void
check_split(struct audit *a)
{
	const struct plan_quorum *q = quorum_of(a);

	if (q != NULL)
		compare_split(a, &q->so);
}

void
check_backup_split(struct audit *a)
{
	const struct plan_quorum *q = quorum_of(a);

	if (q != NULL)
		compare_split(a, &q->backup);
}

/* Made here or not, and with which keys, as the plan says. */
static void
check_elsewhere(struct audit *a, const struct plan_operator *o)
{
	json_t *e = json_object_get(a->event->body, "elsewhere");
	const char *sign = json_string_value(json_object_get(e, "sign_key"));
	const char *derive =
	    json_string_value(json_object_get(e, "derive_key"));

	if (o->elsewhere != (e != NULL))
		audit_here(a, "the plan says that the card of %s %s", o->id,
		    o->elsewhere ? "was personalised elsewhere"
				 : "is made here");
	else if (o->elsewhere &&
	    (sign == NULL || strcmp(sign, plan_sign_key(o)) != 0 ||
		derive == NULL || strcmp(derive, plan_derive_key(o)) != 0))
		audit_here(a, "the plan names other keys for the card of %s",
		    o->id);
}

static void
check_vendor(struct audit *a)
{
	const char *fault = a->plan == NULL
	    ? NULL
	    : vendor_fault(a->dirfd, a->plan, a->event->body);

	if (fault != NULL)
		audit_here(a, "%s", fault);
}

void
check_enrol(struct audit *a)
{
	const struct plan_quorum *q = quorum_of(a);

	check_vendor(a);
	if (q == NULL)
		return;
	for (size_t i = 0; i < q->count; i++) {
		const struct plan_operator *o = &q->operators[i];
		const struct plan_token *t = &a->plan->tokens[o->token];

		if (strcmp(o->id, text_of(a, "operator")) != 0 ||
		    (is_change(a) && !o->new_card))
			continue;
		if (strcmp(o->name, text_of(a, "name")) != 0 ||
		    strcmp(t->label, text_of(a, "label")) != 0)
			audit_here(a,
			    "operator %s has another name or card "
			    "in the plan",
			    o->id);
		if (!check_serial_told(a, t->serial, text_of(a, "module"),
			text_of(a, "serial")))
			audit_here(a, "card %s has another serial in the plan",
			    t->label);
		check_elsewhere(a, o);
		return;
	}
	audit_here(a, "the plan has no operator %s who gets a card",
	    text_of(a, "operator"));
}

/* ---- acts ---------------------------------------------------------------- */

static bool
holds(const struct plan *p, const struct plan_ca *ca, const char *label)
{
	for (size_t i = 0; i < ca->holder_count; i++)
		if (strcmp(p->tokens[ca->holders[i]].label, label) == 0)
			return true;
	return false;
}

/* PINs change wherever a token was used: it is one of the plan's. */
static bool
lists_token(const struct plan *p, const char *label)
{
	for (size_t i = 0; i < p->token_count; i++)
		if (strcmp(p->tokens[i].label, label) == 0 &&
		    p->tokens[i].owner[0] == '\0')
			return true;
	return false;
}

/* Whether the plan's step lets an act with this use touch this token. */
static bool
names_token(const struct plan *p, const struct plan_step *s, const char *use,
    const char *label)
{
	switch (s->kind) {
	case PLAN_QUORUM:
		return label[0] == '\0';
	case PLAN_ROOT:
		return holds(p, &s->u.ca, label);
	case PLAN_PRODUCT_CA:
		if (strcmp(use, "product-ca") == 0 ||
		    strcmp(use, "sealer") == 0)
			return strcmp(p->tokens[s->u.ca.issuer].label, label) ==
			    0;
		return holds(p, &s->u.ca, label);
	case PLAN_INTERMEDIATE:
		return strcmp(p->tokens[strcmp(use, "intermediate") == 0
				       ? s->u.intermediate.token
				       : s->u.intermediate.sealer]
				  .label,
			   label) == 0;
	case PLAN_WORK_ORDER:
		return strcmp(p->tokens[s->u.order.token].label, label) == 0;
	case PLAN_BATCH:
	case PLAN_CRL:
		for (size_t i = 0; i < s->u.batch.token_count; i++)
			if (strcmp(p->tokens[s->u.batch.tokens[i]].label,
				label) == 0)
				return true;
		return false;
	case PLAN_QUORUM_CHANGE:
		return label[0] == '\0';
	case PLAN_RECOVERY:
		return strcmp(p->tokens[s->u.recovery.token].label, label) == 0;
	case PLAN_BACKUP:
	case PLAN_RESTORE:
		return strcmp(p->tokens[s->u.copy.token].label, label) == 0;
	case PLAN_DESTROY:
		return strcmp(p->tokens[s->u.end.token].label, label) == 0;
	case PLAN_RETIRE: /* no act, but a card's own record */
	case PLAN_KIND_COUNT:
		break;
	}
	return false;
}

static bool
is_rotation(const struct history_act *act)
{
	return strcmp(act->approval.kind, "rotate") == 0;
}

void
check_propose(struct audit *a)
{
	const struct history_act *act = audit_act(a);
	const struct plan_step *s;

	if (act == NULL || a->plan == NULL || a->step == 0)
		return;
	s = &a->plan->steps[a->step - 1];
	if (is_rotation(act)) {
		if (!lists_token(a->plan, act->label))
			audit_here(a, "the plan does not list token %s",
			    act->label);
		return;
	}
	if (!names_token(a->plan, s, act->approval.uses[0].name, act->label))
		audit_here(a, "the plan's step %u does not name token %s",
		    a->step, act->label[0] == '\0' ? "-" : act->label);
	/* acts beside it have the same one */
	if (s->kind == PLAN_BATCH && act->lead == act->approval.act)
		check_worklist(a, act);
}

/* The policy is of those whom the plan names, with the cards it names. */
static void
check_policy(struct audit *a)
{
	const struct plan_quorum *q = quorum_of(a);
	const struct policy *p = &a->history->policy;

	if (q == NULL)
		return;
	if (p->m != q->threshold || p->n != q->count)
		audit_here(a, "the policy is %u of %zu, the plan's %u of %zu",
		    p->m, p->n, q->threshold, q->count);
	for (size_t i = 0; i < q->count; i++) {
		const struct plan_operator *o = &q->operators[i];
		const struct history_operator *card =
		    history_operator(a->history, o->id);

		if (card == NULL ||
		    strcmp(card->label, a->plan->tokens[o->token].label) != 0)
			audit_here(a,
			    "the policy has no %s with the plan's card %s",
			    o->id, a->plan->tokens[o->token].label);
	}
}

/* The last token that holds a key goes only when the plan accepts that.  That
 * a key was found gone is no proof that it is gone from where it was. */
static void
check_destroy(struct audit *a, const struct history_act *act)
{
	const struct history_token *token = audit_token(a, act);
	const struct plan_end *end = &a->plan->steps[a->step - 1].u.end;

	if (token == NULL)
		return;
	if (!end->last_copy && history_copies(a->history, token) == 0)
		audit_here(a,
		    "no other token holds the key of %s, and the plan does "
		    "not accept that",
		    token->label);
	if (!act->proved)
		report_note(a->report,
		    "act %llu found the keys of %s gone: an act before it was "
		    "cut off while it destroyed them",
		    (unsigned long long)act->approval.act, token->label);
}

/* By what an act was for. */
static void
check_kind(struct audit *a, const struct history_act *act, const char *use)
{
	if (a->plan == NULL || a->step == 0)
		return;
	switch (a->plan->steps[a->step - 1].kind) {
	case PLAN_QUORUM:
	case PLAN_QUORUM_CHANGE:
		check_policy(a);
		break;
	case PLAN_ROOT:
	case PLAN_PRODUCT_CA:
		if (strcmp(use, "self-test") == 0) {
			check_keys(a, act);
			check_copies(a, act);
		} else if (strcmp(use, "copy") == 0 ||
		    strcmp(use, "export") == 0)
			check_serial(a, audit_token(a, act));
		else if (strcmp(use, "crl") == 0)
			check_crl(a, act);
		else
			check_certificate(a, act);
		break;
	case PLAN_INTERMEDIATE:
		if (strcmp(use, "intermediate") == 0)
			check_intermediate(a, act);
		break; /* what is sealed, the history has compared */
	case PLAN_WORK_ORDER:
		check_order(a, act);
		break;
	case PLAN_BATCH:
		check_batch(a, act, true);
		break;
	case PLAN_CRL:
		check_crl(a, act);
		break;
	case PLAN_BACKUP:
	case PLAN_RESTORE:
		check_serial(a, audit_token(a, act));
		break;
	case PLAN_DESTROY:
		check_destroy(a, act);
		break;
	case PLAN_RECOVERY: /* what there is to check, the history does */
	case PLAN_RETIRE:
	case PLAN_KIND_COUNT:
		break;
	}
}

/* What a result counts as in its step: a batch is told by its response,
 * whatever else it did. */
static const char *
result_name(const struct approval *a)
{
	if (strcmp(a->kind, "batch") == 0)
		return "seal-response";
	if (strcmp(a->kind, "quorum-change") == 0 ||
	    strcmp(a->kind, "recovery") == 0 || strcmp(a->kind, "destroy") == 0)
		return a->kind;
	return a->uses[0].name;
}

void
check_result(struct audit *a)
{
	const struct history_act *act = audit_act(a);
	const char *use;

	if (act == NULL)
		return;
	check_vendor(a);
	a->counts.rotations += is_rotation(act);
	/* of a batch's acts one has its response */
	if (is_rotation(act) || (act->lead != 0 && !act->sealed))
		return;
	use = result_name(&act->approval);
	a->counts.recoveries += strcmp(use, "recovery") == 0;
	a->counts.destroyed += strcmp(use, "destroy") == 0;
	a->counts.changes += strcmp(use, "quorum-change") == 0;
	if (a->result_count < AUDIT_STEP_RESULTS_MAX)
		snprintf(a->results[a->result_count++], sizeof(a->results[0]),
		    "%s", use);
	else
		audit_here(a, "more results than a step has");
	check_kind(a, act, use);
	if (strcmp(act->approval.kind, "batch") == 0)
		check_log_state(a);
}

/* A card's keys are gone: that of the plan's step. */
void
check_retire(struct audit *a)
{
	const struct plan_step *s;

	a->counts.retired++;
	if (a->plan == NULL || a->step == 0)
		return;
	s = &a->plan->steps[a->step - 1];
	if (s->kind != PLAN_RETIRE ||
	    strcmp(a->plan->tokens[s->u.end.token].label,
		text_of(a, "label")) != 0)
		audit_here(a, "the plan's step %u does not retire card %s",
		    a->step, text_of(a, "label"));
	if (a->result_count < AUDIT_STEP_RESULTS_MAX)
		snprintf(a->results[a->result_count++], sizeof(a->results[0]),
		    "retire");
}

void
check_void(struct audit *a)
{
	static const uint8_t none[32];
	const struct history_act *act = audit_act(a);

	a->counts.voids++;
	if (act != NULL && act->lead != 0 &&
	    !history_beside_lives(a->history, act, 0))
		check_batch(a, act, false);
	else if (act != NULL && memcmp(act->begin, none, 32) != 0)
		report_note(a->report,
		    "act %llu (%s) was begun and is void: %s",
		    (unsigned long long)act->approval.act, act->approval.kind,
		    text_of(a, "reason"));
}
