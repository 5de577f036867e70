/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/date.h"
#include "ceremony/record/level.h"
#include "ceremony/record/plan_text.h"
#include "ceremony/record/words.h"

/* The run sheet: plain text, at most WIDTH columns, for pen and ruler. */
#define WIDTH 78
#define INDENT 5  /* of what a step is about */
#define HANGING 9 /* of its second line */
#define LINE_MAX_TEXT 2048
#define INITIALS "   initials ______ ______"

/* Break text between words at WIDTH, the first line after `used` columns, the
 * others after `indent` blanks; a word over a line is cut. */
static void
wrap(FILE *f, const char *text, size_t used, size_t indent)
{
	size_t room = WIDTH - used;

	while (strlen(text) > room) {
		size_t n = room, skip = 0;

		while (n > 0 && text[n] != ' ')
			n--;
		skip = n > 0;
		if (n == 0)
			n = room;
		fprintf(f, "%.*s\n%*s", (int)n, text, (int)indent, "");
		text += n + skip;
		room = WIDTH - indent;
	}
	fprintf(f, "%s\n", text);
}

static void line(FILE *f, size_t indent, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
line(FILE *f, size_t indent, const char *fmt, ...)
{
	char text[LINE_MAX_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(f, "%*s", (int)indent, "");
	wrap(f, text, indent, indent + HANGING - INDENT);
}

static void
heading(FILE *f, const char *text)
{
	size_t i;

	fprintf(f, "\n%s\n", text);
	for (i = 0; i < strlen(text); i++)
		fputc('-', f);
	fputc('\n', f);
}

static const char *
date_text(int64_t t, char out[DATE_RFC3339_SIZE])
{
	if (date_format_rfc3339(t, out) != CA_OK)
		out[0] = '\0';
	return out;
}

static void
pair(FILE *f, const char *name, const char *value)
{
	fprintf(f, "%-11s", name);
	wrap(f, value, 11, 11);
}

static void
write_head(FILE *f, const struct plan *p, const uint8_t digest[32])
{
	char date[DATE_RFC3339_SIZE], hex[65], words[WORDS_TEXT_MAX];
	size_t i;

	for (i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	words_write(digest, words);
	fprintf(f, "RUN SHEET\n=========\n");
	pair(f, "Ceremony", p->ceremony);
	if (p->title[0] != '\0')
		pair(f, "Title", p->title);
	pair(f, "Log", p->log);
	pair(f, "Date", date_text(p->date, date));
	pair(f, "Plan", hex);
	pair(f, "in words", words);
	if (p->vendor[0] != '\0')
		pair(f, "Vendor", p->vendor);
	if (p->vendor_file[0] != '\0')
		pair(f, "its file", p->vendor_file);
	if (level_wanted(p) != LEVEL_FULL) {
		pair(f, "Sandbox", p->sandbox.minimum);
		pair(f, "because", p->sandbox.reason);
	}
	if (p->shell.reason[0] != '\0') {
		pair(f, "Shell",
		    "open on the third console (Alt-F3) while the ceremony lasts");
		pair(f, "because", p->shell.reason);
	}
	fprintf(f, "\n[ ] The screen shows these words for the plan.%s\n",
	    INITIALS);
	if (p->shell.reason[0] != '\0')
		line(f, 0,
		    "[ ] A shell is open on the third console: somebody watches "
		    "what is typed there.%s",
		    INITIALS);
}

static void
write_people(FILE *f, const struct plan *p)
{
	size_t i;

	heading(f, "People");
	for (i = 0; i < p->people_count; i++) {
		line(f, 0, "[ ] %s: %s", p->people[i].role, p->people[i].name);
		fprintf(f,
		    "    signature ______________________________"
		    "   time __________\n");
	}
}

static void
write_cards(FILE *f, const struct plan *p)
{
	size_t i;

	heading(f, "Cards");
	for (i = 0; i < p->token_count; i++) {
		const struct plan_token *t = &p->tokens[i];

		line(f, 0, "[ ] %s: %s%s, module %s, serial %s", t->label,
		    t->owner[0] != '\0' ? "operator " : "CA token", t->owner,
		    t->module,
		    t->serial[0] != '\0' ? t->serial : "________________");
		fprintf(f, "    seal or bag ________________%s\n", INITIALS);
	}
}

static void
write_split(FILE *f, const struct plan_split *w, const char *what)
{
	size_t i;

	if (w->count == 0)
		return;
	line(f, INDENT, "%u of %zu custodians %s:", w->threshold, w->count,
	    what);
	for (i = 0; i < w->count; i++)
		line(f, INDENT, "[ ] %s: words written and typed back%s",
		    w->custodians[i], INITIALS);
}

static void
write_new_words(FILE *f, const struct plan_quorum *q)
{
	write_split(f, &q->so, "start tokens anew");
	write_split(f, &q->backup, "open copies of a key (B)");
}

static void
write_quorum(FILE *f, const struct plan *p, const struct plan_step *s)
{
	const struct plan_quorum *q = &s->u.quorum;
	size_t i;

	line(f, INDENT,
	    "%u of %zu operators use a CA key together:", q->threshold,
	    q->count);
	for (i = 0; i < q->count; i++)
		line(f, INDENT, "[ ] %s (%s), card %s%s%s", q->operators[i].id,
		    q->operators[i].name,
		    p->tokens[q->operators[i].token].label,
		    q->operators[i].elsewhere ? " (personalised elsewhere)"
					      : "",
		    INITIALS);
	write_new_words(f, q);
}

/* A new card may be that of someone who joins or of someone who had another:
 * the log knows, the sheet leaves it to the pen. */
static void
write_member(FILE *f, const struct plan *p, const struct plan_operator *o)
{
	char was[sizeof(o->was) + 8] = "";

	if (o->was[0] != '\0')
		(void)snprintf(was, sizeof(was), ", was %s", o->was);
	line(f, INDENT, "[ ] %s (%s)%s: %s %s%s%s", o->id, o->name, was,
	    o->new_card ? "new card" : "stays, card", p->tokens[o->token].label,
	    o->elsewhere ? " (personalised elsewhere)" : "", INITIALS);
}

/* Whether a card's owner is in the new quorum, by the new id or the old. */
static bool
is_member(const struct plan_quorum *q, const char *owner)
{
	size_t i;

	for (i = 0; i < q->count; i++) {
		if (strcmp(q->operators[i].id, owner) == 0 ||
		    strcmp(q->operators[i].was, owner) == 0)
			return true;
	}
	return false;
}

/* Who has come to approve and leaves; who is not here is only in the log. */
static void
write_leavers(FILE *f, const struct plan *p, const struct plan_quorum *q)
{
	size_t i;

	for (i = 0; i < p->token_count; i++) {
		const struct plan_token *t = &p->tokens[i];

		if (t->owner[0] != '\0' && !is_member(q, t->owner))
			line(f, INDENT, "[ ] %s: leaves, card %s%s", t->owner,
			    t->label, INITIALS);
	}
	line(f, INDENT, "Whoever is not listed here leaves.");
}

static void
write_typed(FILE *f, char which)
{
	line(f, INDENT, "[ ] custodians have typed their words of %c%s", which,
	    INITIALS);
	line(f, INDENT, "    who ______________________________________");
}

static void
write_change(FILE *f, const struct plan *p, const struct plan_step *s)
{
	const struct plan_quorum *q = &s->u.quorum;
	size_t i;

	line(f, INDENT, "why: %s", q->reason);
	line(f, INDENT,
	    "from now on %u of %zu operators use a CA key together:",
	    q->threshold, q->count);
	for (i = 0; i < q->count; i++)
		write_member(f, p, &q->operators[i]);
	write_leavers(f, p, q);
	if (plan_made_cards(q) > 0)
		write_typed(f, 'S');
	if (q->so.count > 0)
		line(f, INDENT,
		    "S is replaced for all tokens made from now on;");
	write_new_words(f, q);
	for (i = 0; i < q->rotate_count; i++)
		line(f, INDENT, "[ ] card %s: keyed for them at once%s",
		    p->tokens[q->rotate[i]].label, INITIALS);
	line(f, INDENT,
	    "Any other CA token is keyed for them before its next use.");
}

static void
write_recovery(FILE *f, const struct plan *p, const struct plan_step *s)
{
	const struct plan_recovery *r = &s->u.recovery;

	line(f, INDENT, "card %s: a new PIN, set with its SO PIN",
	    p->tokens[r->token].label);
	line(f, INDENT, "why: %s", r->reason);
	write_typed(f, 'S');
}

static void
write_destroy(FILE *f, const struct plan *p, const struct plan_step *s)
{
	const char *label = p->tokens[s->u.end.token].label;

	line(f, INDENT, "card %s: its keys are destroyed for good", label);
	line(f, INDENT, "why: %s", s->u.end.reason);
	if (s->u.end.last_copy)
		line(f, INDENT,
		    "that no other card may have the key is accepted%s",
		    INITIALS);
	line(f, INDENT, "[ ] the screen says that %s is empty%s", label,
	    INITIALS);
}

static void
write_retire(FILE *f, const struct plan *p, const struct plan_step *s)
{
	const struct plan_token *t = &p->tokens[s->u.end.token];

	line(f, INDENT, "card %s of %s: its keys are destroyed for good",
	    t->label, t->owner);
	line(f, INDENT, "why: %s", s->u.end.reason);
	line(f, INDENT, "[ ] %s has given the PIN%s", t->owner, INITIALS);
	line(f, INDENT, "[ ] the screen says that %s is empty%s", t->label,
	    INITIALS);
}

static void
write_ca(FILE *f, const struct plan *p, const struct plan_step *s)
{
	const struct plan_ca *ca = &s->u.ca;

	for (size_t i = 0; i < ca->holder_count; i++)
		line(f, INDENT, "%scard %s%s",
		    i == 0 ? "" : "[ ] copy: ", p->tokens[ca->holders[i]].label,
		    i == 0 ? "" : INITIALS);
	line(f, INDENT, "subject %s", ca->subject);
	if (s->kind == PLAN_PRODUCT_CA) {
		line(f, INDENT, "sealer %s", ca->sealer_subject);
		line(f, INDENT, "issued by card %s",
		    p->tokens[ca->issuer].label);
		if (ca->pathlen > 0)
			line(f, INDENT, "pathlen %u: it may certify CAs%s",
			    ca->pathlen, INITIALS);
	}
	line(f, INDENT, "key %s, %u years, CRL for %u days", ca->key, ca->years,
	    ca->crl_days);
	if (ca->holder_count > 1)
		write_typed(f, 'B');
	else
		line(f, INDENT, "one copy of the key: %s", ca->single_copy);
}

static void
write_copy(FILE *f, const struct plan *p, const struct plan_step *s)
{
	const struct plan_copy *copy = &s->u.copy;

	line(f, INDENT, "card %s", p->tokens[copy->token].label);
	line(f, INDENT, "%s %s",
	    s->kind == PLAN_BACKUP ? "wrapped keys are written to"
				   : "[ ] a blank token; wrapped keys from",
	    copy->file);
	if (s->kind == PLAN_RESTORE)
		write_typed(f, 'S');
	write_typed(f, 'B');
}

static void
write_stated(FILE *f, const char *key, const char *items, size_t size,
    size_t count, const char *none)
{
	for (size_t i = 0; i < count; i++)
		line(f, INDENT, "[ ] %s %s%s", key, items + i * size, INITIALS);
	if (count == 0)
		line(f, INDENT, "[ ] %s: none, %s%s", key, none, INITIALS);
}

/* Every field of the certificate that is not its issuer's or its key's. */
static void
write_intermediate(FILE *f, const struct plan *p, const struct plan_step *s)
{
	const struct plan_intermediate *i = &s->u.intermediate;
	char from[DATE_RFC3339_SIZE], to[DATE_RFC3339_SIZE];
	int64_t end = 0;

	(void)date_end_of_years(p->date, i->years, &end);
	line(f, INDENT, "certified by card %s, sealed by card %s",
	    p->tokens[i->token].label, p->tokens[i->sealer].label);
	line(f, INDENT, "CSR %s, written to %s and %s", i->csr, i->out,
	    i->sealed);
	line(f, INDENT, "[ ] subject %s%s", i->subject, INITIALS);
	line(f, INDENT, "[ ] key %s, its SHA-256 %s%s", i->key,
	    i->key_sha256[0] != '\0' ? i->key_sha256 : "as the screen shows it",
	    INITIALS);
	line(f, INDENT, "[ ] valid %u years, from %s to %s%s", i->years,
	    date_text(p->date, from), date_text(end, to), INITIALS);
	line(f, INDENT, "[ ] pathlen %u%s", i->pathlen, INITIALS);
	write_stated(f, "permitted", i->permitted[0], sizeof(i->permitted[0]),
	    i->permitted_count, "so any name");
	write_stated(f, "excluded", i->excluded[0], sizeof(i->excluded[0]),
	    i->excluded_count, "so no name");
	write_stated(f, "eku", i->eku[0], sizeof(i->eku[0]), i->eku_count,
	    "so any use");
	write_stated(f, "policies", i->policies[0], sizeof(i->policies[0]),
	    i->policy_count, "so no policy");
}

static void
write_order(FILE *f, const struct plan *p, const struct plan_step *s)
{
	const struct plan_order *o = &s->u.order;
	char date[DATE_RFC3339_SIZE];

	line(f, INDENT, "card %s", p->tokens[o->token].label);
	line(f, INDENT, "station file %s, written to %s", o->station, o->out);
	line(f, INDENT, "ids %s, subject %s", o->pattern, o->subject);
	line(f, INDENT, "profile %s, at most %llu certificates", o->profile,
	    (unsigned long long)o->quota);
	line(f, INDENT, "requests until %s", date_text(o->expiry, date));
	line(f, INDENT, "receipts until %s", date_text(o->receipts, date));
}

static void
write_revoke(FILE *f, const struct plan_batch *b)
{
	size_t i;

	for (i = 0; i < b->revoke_count; i++) {
		const struct plan_revoke *r = &b->revoke[i];

		line(f, INDENT, "[ ] revoke %s%s: %s%s",
		    r->id[0] != '\0' ? "unit " : "serial ",
		    r->id[0] != '\0' ? r->id : r->serial, r->reason, INITIALS);
	}
}

static void
write_batch(FILE *f, const struct plan *p, const struct plan_step *s)
{
	const struct plan_batch *b = &s->u.batch;

	for (size_t i = 0; i < b->token_count; i++)
		line(f, INDENT, "card %s", p->tokens[b->tokens[i]].label);
	if (s->kind == PLAN_BATCH) {
		line(f, INDENT, "request %s, valid %u years", b->request,
		    b->years);
		line(f, INDENT, "digest of the request ________________");
	}
	line(f, INDENT, "written to %s", b->out);
	if (b->crl_days > 0)
		line(f, INDENT, "CRL for %u days", b->crl_days);
	if (b->accept_gap[0] != '\0')
		line(f, INDENT, "gap in the sequence accepted: %s",
		    b->accept_gap);
	write_revoke(f, b);
}

static void
write_steps(FILE *f, const struct plan *p)
{
	static void (*const writers[PLAN_KIND_COUNT])(FILE *,
	    const struct plan *, const struct plan_step *) = {
		[PLAN_QUORUM] = write_quorum,
		[PLAN_ROOT] = write_ca,
		[PLAN_PRODUCT_CA] = write_ca,
		[PLAN_INTERMEDIATE] = write_intermediate,
		[PLAN_WORK_ORDER] = write_order,
		[PLAN_BATCH] = write_batch,
		[PLAN_CRL] = write_batch,
		[PLAN_QUORUM_CHANGE] = write_change,
		[PLAN_RECOVERY] = write_recovery,
		[PLAN_BACKUP] = write_copy,
		[PLAN_RESTORE] = write_copy,
		[PLAN_DESTROY] = write_destroy,
		[PLAN_RETIRE] = write_retire,
	};
	size_t i;

	heading(f, "Steps");
	for (i = 0; i < p->step_count; i++) {
		const struct plan_step *s = &p->steps[i];

		fprintf(f, "%s%2zu.  %s\n", i > 0 ? "\n" : "", i + 1,
		    plan_kind_name(s->kind));
		writers[s->kind](f, p, s);
		fprintf(f, "%*s[ ] done   time __________%s\n", INDENT, "",
		    INITIALS);
	}
}

static void
write_close(FILE *f)
{
	size_t i;

	heading(f, "Close");
	fprintf(f, "[ ] Head of the transcript, in words:\n");
	for (i = 0; i < 6; i++)
		fprintf(f,
		    "    ____________________________________"
		    "__________________________________\n");
	fprintf(f, "[ ] Operators have signed the checkpoint.%s\n", INITIALS);
	fprintf(f, "[ ] Cards are back in their bags.%s\n", INITIALS);
	fprintf(f, "[ ] Exceptions (none, or which):%s\n", INITIALS);
}

enum record_error
plan_run_sheet(const struct plan *p, const uint8_t plan_sha256[32], char **out)
{
	size_t len = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &len);
	bool failed = false;

	*out = NULL;
	if (f == NULL)
		return RECORD_ERR_MEMORY;
	write_head(f, p, plan_sha256);
	write_people(f, p);
	write_cards(f, p);
	write_steps(f, p);
	write_close(f);
	failed = ferror(f) != 0;
	if (fclose(f) != 0 || failed) {
		free(text);
		return RECORD_ERR_MEMORY;
	}
	*out = text;
	return RECORD_OK;
}
