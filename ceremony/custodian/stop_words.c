/* SPDX-License-Identifier: ISC */
/* Whose words on paper the rest of a plan needs. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/custodian/stop_lines.h"
#include "ceremony/custodian/stop_text.h"
#include "ceremony/record/event.h"

static bool
has_card(const struct state_view *v, const struct plan *p,
    const struct plan_operator *o)
{
	const struct history *h = v->history;

	for (size_t i = 0; i < h->card_count; i++) {
		if (strcmp(h->cards[i].label, p->tokens[o->token].label) == 0)
			return true;
	}
	return false;
}

static bool
needs_cards(const struct plan *p, const struct state_view *v,
    const struct plan_quorum *q)
{
	for (size_t i = 0; i < q->count; i++) {
		if (q->operators[i].new_card && !q->operators[i].elsewhere &&
		    !has_card(v, p, &q->operators[i]))
			return true;
	}
	return false;
}

static bool
is_keyed(const struct plan *p, const struct state_view *v, unsigned token)
{
	const struct history_token *t =
	    history_token(v->history, p->tokens[token].label);

	return t != NULL && t->keys[0].role[0] != '\0';
}

/* Has each holder of a step's CA its keys? */
static bool
holders_keyed(const struct plan *p, const struct state_view *v,
    const struct plan_ca *ca)
{
	for (size_t i = 0; i < ca->holder_count; i++)
		if (!is_keyed(p, v, ca->holders[i]))
			return false;
	return true;
}

static bool
needs_s(const struct plan *p, const struct state_view *v,
    const struct plan_step *s)
{
	switch (s->kind) {
	case PLAN_QUORUM:
		return v->history->operator_count < s->u.quorum.count;
	case PLAN_ROOT:
	case PLAN_PRODUCT_CA:
		return !holders_keyed(p, v, &s->u.ca);
	case PLAN_QUORUM_CHANGE:
		return needs_cards(p, v, &s->u.quorum);
	case PLAN_RECOVERY:
		return true;
	case PLAN_RESTORE:
		return !is_keyed(p, v, s->u.copy.token);
	default:
		return false;
	}
}

static bool
needs_b(const struct plan *p, const struct state_view *v,
    const struct plan_step *s)
{
	const struct history *h = v->history;

	switch (s->kind) {
	case PLAN_QUORUM:
	case PLAN_QUORUM_CHANGE:
		return s->u.quorum.backup.count > 0 && !h->has_backup &&
		    !h->backup_pending;
	case PLAN_ROOT:
	case PLAN_PRODUCT_CA:
		return s->u.ca.holder_count > 1 &&
		    !holders_keyed(p, v, &s->u.ca);
	case PLAN_BACKUP:
		return true;
	case PLAN_RESTORE:
		return !is_keyed(p, v, s->u.copy.token);
	default:
		return false;
	}
}

static void
say_split(struct stop_text *t, const json_t *body)
{
	const json_t *names = json_object_get(body, "custodians");

	t->len = 0;
	stop_add(t, "%d of these %zu:",
	    (int)json_integer_value(json_object_get(body, "threshold")),
	    json_array_size(names));
	for (size_t i = 0; i < json_array_size(names); i++)
		stop_add(t, "%s %s", i == 0 ? "" : ",",
		    json_string_value(json_array_get(names, i)));
}

/* Who keeps them, as the transcript says: the record that was written as
 * number `made`, 0: the last one; false: they are still to be made. */
static bool
add_custodians(struct stop_text *t, const struct state_view *v,
    const char *record, unsigned made)
{
	struct record_fault fault = { .text = "" };
	unsigned n = 0;

	for (uint64_t i = 0; i < transcript_count(v->transcript); i++) {
		size_t len;
		const char *line = transcript_line(v->transcript, i, &len);
		struct event e;
		if (event_read(line, len, &e, &fault) != RECORD_OK)
			return false;
		if (strcmp(e.type, record) == 0 && (++n == made || made == 0))
			say_split(t, e.body);
		event_clear(&e);
	}
	return n > 0;
}

/* Before they are used new words are shown, to each of the custodians. */
static void
add_all_custodians(struct stop_text *t, const struct plan_split *w)
{
	t->len = 0;
	if (w->count == 0)
		return;
	stop_add(t, "all %zu of:", w->count);
	for (size_t i = 0; i < w->count; i++)
		stop_add(t, "%s %s", i == 0 ? "" : ",", w->custodians[i]);
}

typedef bool needs_words(const struct plan *p, const struct state_view *v,
    const struct plan_step *s);

static bool
any_needs(const struct plan *p, const struct state_view *v,
    const struct history_ceremony *which, needs_words *needs)
{
	bool needed = false;

	for (unsigned i = 1; i <= p->step_count; i++)
		needed = needed ||
		    (!state_view_step_done(v, which, i) &&
			needs(p, v, &p->steps[i - 1]));
	return needed;
}

bool
stop_words_of_s(const struct plan *p, const struct state_view *v,
    const struct history_ceremony *which, char *out, size_t size)
{
	struct stop_text t = stop_text_in(out, size);

	if (!any_needs(p, v, which, needs_s))
		return false;
	if (!(add_custodians(&t, v, "so.split", history_so_now(v->history)) &&
		history_so_hangs(v->history)) &&
	    p->steps[0].kind == PLAN_QUORUM)
		add_all_custodians(&t, &p->steps[0].u.quorum.so);
	return t.len > 0;
}

bool
stop_words_of_b(const struct plan *p, const struct state_view *v,
    const struct history_ceremony *which, char *out, size_t size)
{
	struct stop_text t = stop_text_in(out, size);

	if (!any_needs(p, v, which, needs_b))
		return false;
	if (v->history->has_backup || v->history->backup_pending) {
		add_custodians(&t, v, "backup.split", 0);
		return t.len > 0;
	}
	for (size_t i = 0; i < p->step_count && t.len == 0; i++) {
		const struct plan_step *s = &p->steps[i];

		if (s->kind == PLAN_QUORUM || s->kind == PLAN_QUORUM_CHANGE)
			add_all_custodians(&t, &s->u.quorum.backup);
	}
	return t.len > 0;
}
