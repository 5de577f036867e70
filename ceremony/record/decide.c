/* SPDX-License-Identifier: ISC */
#include "ceremony/record/decide.h"

#include <stdlib.h>
#include <string.h>

#include "ca/date.h"
#include "ca/profile.h"
#include "ca/subject.h"

/*
 * For each entry the index of the first one that has the same id, key or r;
 * its own when it is the first.  Entries whose CSR was refused have neither
 * key nor r.
 */
struct groups {
	size_t *id, *key, *r;
	bool *kept; /* per first of an id: a certificate or duplicate stands */
};
struct mark {
	const void *data;
	size_t len;
	size_t index;
};

static int
compare_marks(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	int order;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	if ((order = memcmp(x->data, y->data, x->len)) != 0)
		return order;
	return x->index < y->index ? -1 : 1;
}

/* Sort marks and note each one's first of the same data. */
static void
note_firsts(struct mark *marks, size_t count, size_t *first)
{
	size_t head = 0;

	qsort(marks, count, sizeof(*marks), compare_marks);
	for (size_t i = 0; i < count; i++) {
		const struct mark *m = &marks[i], *h = &marks[head];

		if (m->len == 0 || m->len != h->len ||
		    memcmp(m->data, h->data, m->len) != 0)
			head = i;
		first[m->index] = marks[head].index;
	}
}

static bool
groups_make(struct groups *g, const struct candidate *c, size_t count)
{
	struct mark *marks = calloc(count, sizeof(*marks));

	g->id = calloc(count, sizeof(*g->id));
	g->key = calloc(count, sizeof(*g->key));
	g->r = calloc(count, sizeof(*g->r));
	g->kept = calloc(count, sizeof(*g->kept));
	if (marks == NULL || g->id == NULL || g->key == NULL || g->r == NULL ||
	    g->kept == NULL) {
		free(marks);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		marks[i] = (struct mark){ c[i].id, strlen(c[i].id), i };
	note_firsts(marks, count, g->id);
	for (size_t i = 0; i < count; i++)
		marks[i] = (struct mark){ c[i].csr.key.unique,
			c[i].rule == RULE_OK ? KEY_DIGEST_SIZE : 0, i };
	note_firsts(marks, count, g->key);
	for (size_t i = 0; i < count; i++)
		marks[i] = (struct mark){ c[i].csr.r_sha256,
			c[i].rule == RULE_OK ? sizeof(c[i].csr.r_sha256) : 0,
			i };
	note_firsts(marks, count, g->r);
	free(marks);
	return true;
}

static void
groups_free(struct groups *g)
{
	free(g->id);
	free(g->key);
	free(g->r);
	free(g->kept);
}

static bool
id_valid(const struct candidate *c, const struct decide_terms *terms)
{
	return subject_id_valid(c->id) &&
	    pattern_match(terms->pattern, c->id) &&
	    worklist_hwserial_valid(c->hwserial);
}

/* Rules that look at the other entries of the request. */
static enum rule
rule_of_batch(const struct candidate *all, size_t i,
    const struct groups *groups)
{
	size_t first = groups->key[i];

	if (groups->kept[groups->id[i]])
		return RULE_ID_BATCH;
	if (first != i)
		return memcmp(all[first].csr.key.spki_sha256,
			   all[i].csr.key.spki_sha256, KEY_DIGEST_SIZE) == 0
		    ? RULE_KEY_BATCH
		    : RULE_KEY_TWIN;
	return groups->r[i] != i ? RULE_R_REPEAT : RULE_OK;
}

/* Rules that look at what was issued before. */
static enum rule
rule_of_ledger(const struct candidate *c, struct ledger *ledger,
    bool *duplicate, struct ledger_row *row)
{
	char role[LEDGER_ROLE_MAX + 1];

	*duplicate = false;
	if (ledger_by_id(ledger, c->id, row)) {
		*duplicate = memcmp(row->spki_sha256, c->csr.key.spki_sha256,
				 KEY_DIGEST_SIZE) == 0;
		return *duplicate ? RULE_OK : RULE_ID_LEDGER;
	}
	if (ledger_by_key(ledger, c->csr.key.unique, row))
		return RULE_KEY_LEDGER;
	if (ledger_role(ledger, c->csr.key.unique, role))
		return RULE_KEY_ROLE;
	return RULE_OK;
}

static void
set_cert(struct worklist_entry *e, const struct candidate *c,
    const struct decide_terms *terms, const struct profile *profile)
{
	e->what = WORKLIST_CERT;
	strncpy(e->profile, profile->name, sizeof(e->profile) - 1);
	memcpy(e->id, c->id, sizeof(e->id));
	memcpy(e->hwserial, c->hwserial, sizeof(e->hwserial));
	memcpy(e->spki_sha256, c->csr.key.spki_sha256, KEY_DIGEST_SIZE);
	e->not_before = terms->not_before;
	e->not_after = profile->forever ? DATE_FOREVER : terms->not_after;
}

static void
set_refuse(struct worklist_entry *e, enum rule rule)
{
	e->what = WORKLIST_REFUSE;
	strncpy(e->rule, rule_row(rule)->id, sizeof(e->rule) - 1);
}

/* Decide entry i; certs counts the certificates so far. */
static void
decide_entry(const struct candidate *all, size_t i,
    const struct decide_terms *terms, const struct profile *profile,
    struct groups *groups, struct ledger *ledger, uint64_t *certs,
    struct worklist_entry *e)
{
	const struct candidate *c = &all[i];
	enum rule rule = c->rule;
	bool duplicate = false;
	struct ledger_row row;

	if (rule == RULE_OK && !id_valid(c, terms))
		rule = RULE_ID;
	if (rule == RULE_OK)
		rule = rule_of_batch(all, i, groups);
	if (rule == RULE_OK)
		rule = rule_of_ledger(c, ledger, &duplicate, &row);
	if (rule == RULE_OK && !duplicate && *certs >= terms->quota_left)
		rule = RULE_QUOTA;
	if (rule != RULE_OK) {
		set_refuse(e, rule);
		return;
	}
	groups->kept[groups->id[i]] = true;
	if (duplicate) {
		e->what = WORKLIST_DUPLICATE;
		memcpy(e->cert_sha256, row.cert_sha256, KEY_DIGEST_SIZE);
		return;
	}
	set_cert(e, c, terms, profile);
	++*certs;
}

static bool
candidates_valid(const struct candidate *c, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((c[i].rule != RULE_OK && rule_row(c[i].rule) == NULL) ||
		    memchr(c[i].id, '\0', sizeof(c[i].id)) == NULL ||
		    memchr(c[i].hwserial, '\0', sizeof(c[i].hwserial)) == NULL)
			return false;
	return true;
}

enum record_error
decide(const struct candidate *candidates, size_t count,
    const struct decide_terms *terms, struct ledger *ledger, struct worklist *w)
{
	const struct profile *profile = profile_find(terms->profile);
	struct groups groups = { 0 };
	struct worklist_entry *entries = NULL;
	enum record_error ret;
	uint64_t certs = 0;

	if (count == 0 || count > WORKLIST_ENTRIES_MAX || profile == NULL ||
	    !profile->device || !pattern_valid(terms->pattern) ||
	    !candidates_valid(candidates, count))
		return RECORD_ERR_ARGUMENT;
	ret = RECORD_ERR_MEMORY;
	if (!groups_make(&groups, candidates, count) ||
	    (entries = calloc(count, sizeof(*entries))) == NULL)
		goto out;
	for (size_t i = 0; i < count; i++)
		decide_entry(candidates, i, terms, profile, &groups, ledger,
		    &certs, &entries[i]);
	/* a look-up that failed must not pass for "never issued" */
	if ((ret = ledger_error(ledger)) != RECORD_OK)
		goto out;
	free(w->entries);
	w->entries = entries;
	w->count = count;
	entries = NULL;
	ret = RECORD_OK;
out:
	free(entries);
	groups_free(&groups);
	return ret;
}
