/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "ca/date.h"
#include "ceremony/record/history_line.h"
#include "ceremony/record/image.h"

#define TEXT_MAX 512

/* [a-z0-9-], as plans name ceremonies. */
static bool
name_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= APPROVAL_NAME_MAX &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static bool
ceremony_known(const struct history *h, const char *name)
{
	for (size_t i = 0; i < h->ceremony_count; i++)
		if (strcmp(h->ceremonies[i].name, name) == 0)
			return true;
	return false;
}

static enum record_error
start_ceremony(struct history_line *l, const uint8_t plan_sha256[32],
    int64_t date)
{
	struct history *h = l->h;
	struct history_ceremony *c;

	if (!history_grow(&h->ceremonies, h->ceremony_count,
		sizeof(*h->ceremonies)))
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	c = &h->ceremonies[h->ceremony_count++];
	memset(c, 0, sizeof(*c));
	memcpy(c->name, l->e->cer, strlen(l->e->cer) + 1);
	memcpy(c->plan_sha256, plan_sha256, 32);
	memcpy(h->ceremony, c->name, sizeof(c->name));
	memcpy(h->plan_sha256, plan_sha256, 32);
	if (h->lines == 0)
		memcpy(h->log, l->e->log, strlen(l->e->log) + 1);
	h->date = date;
	h->open = true;
	h->abandoned = false;
	h->steps_begun = 0;
	memset(h->step_done, 0, sizeof(h->step_done));
	memset(l->g->kinds, 0, sizeof(l->g->kinds));
	/* what was put off in the last one is owed, and said to be */
	for (size_t i = 0; i < h->token_count; i++)
		h->tokens[i].used = h->tokens[i].put_off = false;
	l->g->step = 0;
	l->g->resumed = false;
	l->g->phase = PHASE_OPEN;
	return RECORD_OK;
}

static enum record_error
check_levels(const struct history_line *l, json_t *levels)
{
	const char *text;
	bool media; /* in a ceremony that uses none there is no such process */
	const struct history_field rows[] = {
		{ "operator", FIELD_TEXT, TEXT_MAX, &text, NULL },
		{ "reader", FIELD_TEXT, TEXT_MAX, &text, NULL },
		{ "signer", FIELD_TEXT, TEXT_MAX, &text, NULL },
		{ "media", FIELD_TEXT, TEXT_MAX, &text, &media },
	};

	return history_fields(l, levels, HISTORY_ROWS(rows));
}

/* What the machine said of itself; nobody here knows whether it is so. */
static enum record_error
check_image(const struct history_line *l, json_t *image)
{
	const char *version, *commit;
	uint8_t medium[32];
	bool read_back;
	const struct history_field rows[] = {
		{ "version", FIELD_TEXT, IMAGE_TEXT_MAX, &version, NULL },
		{ "commit", FIELD_TEXT, IMAGE_TEXT_MAX, &commit, NULL },
		{ "medium", FIELD_HEX32_NONE, 0, medium, &read_back },
	};

	return history_fields(l, image, HISTORY_ROWS(rows));
}

/* The plan's reason for a shell; it is open again when the ceremony goes on.
 * Whether the plan has it, those know who read plans. */
static enum record_error
check_shell(const struct history_line *l, bool there, const char *shell)
{
	if (there && shell[0] == '\0')
		return history_refuse(l, RECORD_ERR_FORM,
		    "\"shell\" is out of form or range");
	return RECORD_OK;
}

enum record_error
history_do_open(struct history_line *l)
{
	uint8_t plan[32];
	const char *date, *title, *version, *shell;
	json_t *levels, *image;
	int64_t when;
	bool imaged, shelled;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "plan", FIELD_HEX32, 0, plan, NULL },
		{ "date", FIELD_TEXT, TEXT_MAX, &date, NULL },
		{ "title", FIELD_NOTE, TEXT_MAX, &title, NULL },
		{ "version", FIELD_TEXT, TEXT_MAX, &version, NULL },
		{ "levels", FIELD_OBJECT, 0, &levels, NULL },
		{ "image", FIELD_OBJECT, 0, &image, &imaged },
		{ "shell", FIELD_NOTE, HISTORY_SHELL_MAX, &shell, &shelled },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = check_levels(l, levels)) != RECORD_OK ||
	    (imaged && (ret = check_image(l, image)) != RECORD_OK) ||
	    (ret = check_shell(l, shelled, shell)) != RECORD_OK)
		return ret;
	if (!name_valid(l->e->cer) || strlen(l->e->log) > POLICY_LOG_MAX)
		return history_refuse(l, RECORD_ERR_FORM,
		    "no name of a ceremony or log");
	if (date_parse_rfc3339(date, &when) != CA_OK)
		return history_refuse(l, RECORD_ERR_FORM,
		    "\"date\" is out of form or range");
	if (ceremony_known(l->h, l->e->cer))
		return history_refuse(l, RECORD_ERR_RULE,
		    "ceremony %s was held before: names are not used twice",
		    l->e->cer);
	if (l->h->ceremony_count > 0 && when < l->h->date)
		return history_refuse(l, RECORD_ERR_RULE,
		    "its date lies before the last ceremony's");
	if ((ret = history_exists(l, plan, "plan")) != RECORD_OK)
		return ret;
	l->g->module_count = 0;
	snprintf(l->g->shell, sizeof(l->g->shell), "%s", shelled ? shell : "");
	return start_ceremony(l, plan, when);
}

enum record_error
history_do_resume(struct history_line *l)
{
	uint8_t plan[32];
	const char *shell = "";
	bool torn, imaged, shelled;
	json_t *levels, *image;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "plan", FIELD_HEX32, 0, plan, NULL },
		{ "torn", FIELD_BOOL, 0, &torn, NULL },
		{ "levels", FIELD_OBJECT, 0, &levels, NULL },
		{ "image", FIELD_OBJECT, 0, &image, &imaged },
		{ "shell", FIELD_NOTE, HISTORY_SHELL_MAX, &shell, &shelled },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = check_levels(l, levels)) != RECORD_OK ||
	    (imaged && (ret = check_image(l, image)) != RECORD_OK) ||
	    (ret = check_shell(l, shelled, shell)) != RECORD_OK)
		return ret;
	if (memcmp(plan, l->h->plan_sha256, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another plan than the ceremony was opened with");
	if (strcmp(shelled ? shell : "", l->g->shell) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another shell than the ceremony was opened with");
	l->g->resumed = true;
	return RECORD_OK;
}

/* Whoever saw a PIN in this ceremony has nothing from it in the next. */
static enum record_error
check_rotated(const struct history_line *l)
{
	for (size_t i = 0; i < l->h->token_count; i++) {
		const struct history_token *t = &l->h->tokens[i];

		if (t->used && !t->put_off)
			return history_refuse(l, RECORD_ERR_RULE,
			    "%s was opened and not rotated since", t->label);
	}
	return RECORD_OK;
}

static unsigned
steps_ended(const struct history *h)
{
	unsigned n = 0;

	for (unsigned i = 1; i <= h->steps_begun; i++)
		n += h->step_done[i];
	return n;
}

enum record_error
history_do_close(struct history_line *l)
{
	struct history_state_of_log now;
	struct history_ceremony *c;
	uint64_t steps, growth;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "steps", FIELD_NUMBER, HISTORY_STEPS_MAX, &steps, NULL },
		{ "issuance_lines", FIELD_NUMBER, UINT64_MAX,
		    &now.issuance_lines, NULL },
		{ "issuance_sha256", FIELD_HEX32, 0, now.issuance_sha256,
		    NULL },
		{ "tree_size", FIELD_NUMBER, UINT64_MAX, &now.tree_size, NULL },
		{ "tree_root", FIELD_HEX32, 0, now.tree_root, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (steps != steps_ended(l->h))
		return history_refuse(l, RECORD_ERR_RULE,
		    "%u steps ended, not %u", steps_ended(l->h),
		    (unsigned)steps);
	if ((ret = check_rotated(l)) != RECORD_OK)
		return ret;
	if ((ret = history_log_state(l, &now, &growth)) != RECORD_OK)
		return ret;
	if (now.issuance_lines != l->h->log_state.issuance_lines &&
	    !l->g->uncounted)
		return history_refuse(l, RECORD_ERR_RULE,
		    "issuance.jsonl grew without an act");
	history_count_left(l, growth);
	l->h->log_state = now;
	c = &l->h->ceremonies[l->h->ceremony_count - 1];
	c->closed = true;
	c->close_seq = l->e->link.seq;
	memcpy(c->close_hash, l->e->link.hash, 32);
	l->h->open = false;
	/* made for a policy that did not come */
	l->h->so_pending = 0;
	l->h->backup_pending = false;
	l->g->phase = PHASE_CLOSED;
	return RECORD_OK;
}

/* ---- steps --------------------------------------------------------------- */

/* The next step, or after a resume the one that stands, once more. */
static enum record_error
check_step(const struct history_line *l, unsigned step, const char *kind)
{
	if (!history_kind_known(kind))
		return history_refuse(l, RECORD_ERR_RULE,
		    "no kind of step: %.40s", kind);
	if (l->h->abandoned)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "the rest of the ceremony was abandoned");
	if (l->g->phase == PHASE_OPEN) {
		if (step != l->h->steps_begun + 1)
			return history_refuse(l, RECORD_ERR_ORDER,
			    "step %u, not %u, is next", l->h->steps_begun + 1,
			    step);
		return RECORD_OK;
	}
	if (!l->g->resumed || step != l->g->step)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "step %u has not ended", l->g->step);
	if (strcmp(kind, l->g->kinds[step]) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "step %u is a %s step", step, l->g->kinds[step]);
	return RECORD_OK;
}

enum record_error
history_do_step_begin(struct history_line *l)
{
	const char *kind;
	uint64_t step;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "step", FIELD_NUMBER, HISTORY_STEPS_MAX, &step, NULL },
		{ "kind", FIELD_TEXT, APPROVAL_NAME_MAX, &kind, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = check_step(l, (unsigned)step, kind)) != RECORD_OK)
		return ret;
	if (l->g->phase == PHASE_OPEN) {
		l->h->steps_begun = (unsigned)step;
		l->g->step = (unsigned)step;
		memcpy(l->g->kinds[step], kind, strlen(kind) + 1);
		l->g->made[0] = '\0';
	}
	l->g->unmade = l->g->resumed;
	l->g->resumed = false;
	l->g->phase = PHASE_STEP;
	return RECORD_OK;
}

enum record_error
history_do_step_end(struct history_line *l)
{
	uint64_t step;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "step", FIELD_NUMBER, HISTORY_STEPS_MAX, &step, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (step != l->g->step)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "step %u stands, not %u", l->g->step, (unsigned)step);
	l->h->step_done[step] = true;
	l->g->step = 0;
	l->g->phase = PHASE_OPEN;
	return RECORD_OK;
}

/* ---- events of cards and people ------------------------------------------ */

enum record_error
history_do_card(struct history_line *l)
{
	const char *label, *serial, *event;
	uint64_t seq;
	const struct history_field rows[] = {
		{ "label", FIELD_TEXT, 32, &label, NULL },
		{ "serial", FIELD_TEXT, 32, &serial, NULL },
		{ "event", FIELD_TEXT, APPROVAL_NAME_MAX, &event, NULL },
		{ "seq", FIELD_NUMBER, UINT64_MAX, &seq, NULL },
	};

	return history_body(l, HISTORY_ROWS(rows));
}

/* A token that cannot be rotated now does nothing before it is. */
static void
put_off_rotation(struct history_line *l, const char *what)
{
	if (strncmp(what, HISTORY_PUT_OFF, strlen(HISTORY_PUT_OFF)) != 0)
		return;
	for (size_t i = 0; i < l->h->token_count; i++) {
		struct history_token *t = &l->h->tokens[i];

		if (strcmp(t->label, what + strlen(HISTORY_PUT_OFF)) == 0)
			t->owed = t->put_off = true;
	}
}

/* Nothing comes any more but the close. */
static enum record_error
abandon(struct history_line *l)
{
	if (l->g->phase != PHASE_STEP || !l->h->has_policy)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "a step is abandoned that stands, without acts, in a log "
		    "that has a policy");
	l->h->abandoned = true;
	l->g->step = 0;
	l->g->phase = PHASE_OPEN;
	return RECORD_OK;
}

enum record_error
history_do_exception(struct history_line *l)
{
	const char *what, *reason;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "what", FIELD_NOTE, TEXT_MAX, &what, NULL },
		{ "reason", FIELD_NOTE, TEXT_MAX, &reason, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (strcmp(what, HISTORY_ABANDONED) == 0)
		return abandon(l);
	put_off_rotation(l, what);
	return RECORD_OK;
}
