/* SPDX-License-Identifier: ISC */
/* The wrapped keys of a CA into a file, and from such a file onto a blank
 * token. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/act.h"
#include "ceremony/custodian/backup.h"
#include "ceremony/custodian/chain.h"
#include "ceremony/custodian/inputs.h"
#include "ceremony/custodian/keys.h"
#include "ceremony/custodian/paper.h"
#include "ceremony/custodian/rotate.h"
#include "ceremony/custodian/so.h"

static const struct plan_token *
token_of(const struct ceremony *c, const struct plan_step *s)
{
	return &c->plan->tokens[s->u.copy.token];
}

/* ---- backup ---------------------------------------------------------------- */

bool
step_backup_check(struct ceremony *c, const struct plan_step *s)
{
	const char *label = token_of(c, s)->label;
	const struct history_token *t = history_token(c->history, label);

	if (t == NULL &&
	    !chain_planned(c, s, PLAN_PRODUCT_CA, s->u.copy.token) &&
	    !chain_planned(c, s, PLAN_ROOT, s->u.copy.token))
		return ceremony_stop(c, EXIT_INPUT,
		    "%s: no CA was made on a token of this label in this log",
		    label);
	if (t != NULL && !t->leaves)
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s: its keys were made to stay on it: only keys that "
		    "were made on several tokens leave one",
		    label);
	return backup_check(c, s) && output_free(c, s->u.copy.file);
}

static bool
compose(struct ceremony *c, const struct session *s,
    const struct wrapped_keys *keys, char **text, size_t *len)
{
	struct backup_file *b = calloc(1, sizeof(*b));
	enum record_error err = RECORD_ERR_MEMORY;

	if (b != NULL) {
		snprintf(b->log, sizeof(b->log), "%s", c->plan->log);
		snprintf(b->ceremony, sizeof(b->ceremony), "%s",
		    c->plan->ceremony);
		snprintf(b->first, sizeof(b->first), "%s",
		    history_first(s->token));
		snprintf(b->token, sizeof(b->token), "%s", s->label);
		snprintf(b->module, sizeof(b->module), "%s", s->token->module);
		b->keys = *keys;
		err = backup_file_write(b, text, len);
	}
	free(b);
	return err == RECORD_OK ||
	    ceremony_stop(c, EXIT_PROCESS,
		"%s: its signer's wrapped keys are none: nothing is written",
		s->label);
}

/* What was wrapped says that it is of the keys which the log knows. */
static bool
same_keys(struct ceremony *c, const struct history_token *t,
    const struct wrapped_keys *keys, enum exit_status status)
{
	bool same = keys->count == (t->keys[1].role[0] != '\0' ? 2u : 1u);

	for (size_t i = 0; same && i < keys->count; i++)
		same = strcmp(keys->keys[i].role, t->keys[i].role) == 0 &&
		    policy_spki_equal(&keys->keys[i].spki, &t->keys[i].spki);
	return same ||
	    ceremony_stop(c, status,
		"%s: the wrapped keys are not those of this log's CA",
		t->label);
}

static bool
write_out(struct ceremony *c, struct group *g, struct session *s,
    const struct wrapped_keys *keys)
{
	static const struct use use = { "export", 1 };
	uint8_t digest[32];
	char *text = NULL;
	size_t len = 0;
	bool ok = same_keys(c, s->token, keys, EXIT_PROCESS) &&
	    compose(c, s, keys, &text, &len) &&
	    ceremony_store(c, text, len, digest) &&
	    group_result(c, g, 0, &use, 1,
		json_pack("{s:s,s:o}", "label", s->label, "file",
		    json_digest(digest)));

	free(text);
	return ok;
}

bool
step_backup_run(struct ceremony *c, const struct plan_step *step,
    unsigned index)
{
	struct wrapped_keys *keys = malloc(sizeof(*keys));
	struct group *g = malloc(sizeof(*g));
	struct child b = { .pid = -1, .sock = -1 };
	struct session *s = NULL;
	int dkek_fd = -1;
	bool ok = keys != NULL && g != NULL;

	if (!ok) {
		free(keys);
		free(g);
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	}
	ok = group_start_on(c, g, index, step->kind, token_of(c, step)->label,
		 &s) &&
	    backup_open(c, &b) &&
	    backup_hand_out(c, &b, history_first(s->token), &dkek_fd);
	child_end(&b); /* it is needed no more */
	ok = ok && keys_propose_export(c, g, s, true, &dkek_fd);
	if (dkek_fd != -1)
		close(dkek_fd);
	ok = ok && rotate_propose_last(c, g, s) && group_approve(c, g) &&
	    keys_export(c, g, 0, keys) && write_out(c, g, s, keys) &&
	    rotate_all(c, g);
	group_end(c, g);
	if (ok)
		people_say(c->people,
		    "  wrapped keys of %s go to %s: with words of B they are "
		    "the keys",
		    token_of(c, step)->label, step->u.copy.file);
	free(keys);
	free(g);
	return ok;
}

/* ---- restore --------------------------------------------------------------- */

/* The file is of this log, and of keys that it knows. */
static bool
fits(struct ceremony *c, const char *name, const struct backup_file *b)
{
	const struct history_token *first = history_token(c->history, b->first);

	if (strcmp(b->log, c->plan->log) != 0)
		return ceremony_stop(c, EXIT_INPUT,
		    "%s/%s: wrapped keys of log %s: take a file of this log",
		    c->in_path, name, b->log);
	if (first == NULL || !first->leaves || first->copy_of[0] != '\0')
		return ceremony_stop(c, EXIT_INPUT,
		    "%s/%s: wrapped keys of %s, which is no first holder of "
		    "keys that have copies",
		    c->in_path, name, b->first);
	return same_keys(c, first, &b->keys, EXIT_INPUT);
}

static bool
read_backup(struct ceremony *c, const struct plan_step *s,
    struct backup_file *b, uint8_t **file, size_t *len)
{
	const char *name = s->u.copy.file;

	return input_backup(c, name, b, file, len) && fits(c, name, b);
}

static bool
is_keyed(const struct ceremony *c, const struct plan_step *s)
{
	const struct history_token *t =
	    history_token(c->history, token_of(c, s)->label);

	return t != NULL && t->keys[0].role[0] != '\0';
}

bool
step_restore_check(struct ceremony *c, const struct plan_step *s)
{
	const struct plan_token *t = token_of(c, s);
	struct backup_file *b;
	uint8_t *file = NULL;
	size_t len = 0;
	bool ok;

	if (is_keyed(c, s) && !c->history->open)
		return ceremony_stop(c, EXIT_REFUSED,
		    "token %s: holds a CA of this log already: name another "
		    "token in the plan",
		    t->label);
	if (is_keyed(c, s))
		return true; /* resumed: it has them by now */
	if (!so_check(c, s, t->label) || !backup_check(c, s))
		return false;
	b = malloc(sizeof(*b));
	ok = b != NULL || ceremony_stop(c, EXIT_PROCESS, "out of memory");
	ok = ok && read_backup(c, s, b, &file, &len);
	free(file);
	free(b);
	return ok;
}

/* The keys onto the token: its own K, epoch and shares. */
static bool
take(struct ceremony *c, struct group *g, const struct plan_step *step,
    const struct backup_file *file, const uint8_t digest[32])
{
	struct child so = { .pid = -1, .sock = -1 }, b = so;
	struct copying m = { .token = token_of(c, step),
		.role = file->keys.keys[0].role,
		.first = file->first,
		.backup = digest,
		.so_fd = -1,
		.dkek_fd = -1 };
	bool ok = paper_open(c, 'S', NULL, &so) && backup_open(c, &b) &&
	    keys_start(c, g, &m, &so, &b);

	child_end(&so);
	child_end(&b);
	ok = ok && keys_propose_copy(c, g, &m);
	keys_stop(&m);
	return ok && group_approve(c, g) &&
	    keys_take_copy(c, g, &m, &file->keys);
}

static bool
restore(struct ceremony *c, const struct plan_step *step, unsigned index)
{
	struct backup_file *b = malloc(sizeof(*b));
	struct group *g = malloc(sizeof(*g));
	uint8_t *file = NULL, digest[32];
	size_t len = 0;
	bool ok = (b != NULL && g != NULL) ||
	    ceremony_stop(c, EXIT_PROCESS, "out of memory");

	ok = ok && read_backup(c, step, b, &file, &len) &&
	    ceremony_store(c, file, len, digest);
	if (ok) {
		group_start(c, g, index, step->kind);
		ok = take(c, g, step, b, digest);
		group_end(c, g);
	}
	free(file);
	free(b);
	free(g);
	return ok;
}

/* Its shares are used for the first time; certificates are written, and its
 * PIN changes. */
static bool
finish(struct ceremony *c, const struct plan_step *step, unsigned index)
{
	struct group *g = malloc(sizeof(*g));
	struct session *s = NULL;
	bool ok;

	if (g == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	ok = group_start_on(c, g, index, step->kind, token_of(c, step)->label,
	    &s);
	if (ok) {
		s->write_certs = true;
		ok = rotate_propose(c, g, s, ROTATE_PIN,
			 c->history->policy_sha256) &&
		    group_approve(c, g) && rotate_all(c, g);
	}
	group_end(c, g);
	free(g);
	return ok;
}

bool
step_restore_run(struct ceremony *c, const struct plan_step *step,
    unsigned index)
{
	const char *label = token_of(c, step)->label;

	if (!is_keyed(c, step) && !restore(c, step, index))
		return false;
	return history_token(c->history, label)->cert_written ||
	    finish(c, step, index);
}
