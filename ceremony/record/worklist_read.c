/* SPDX-License-Identifier: ISC */
#include "ceremony/record/worklist.h"

#include <stdlib.h>
#include <string.h>

#include "ca/date.h"
#include "transfer/text.h"

/*
 * The lines are split loosely; that the text written again is the text read
 * is what makes reading strict.
 */

#define WORDS_MAX 9 /* of one line */

struct cursor {
	const char *at, *end;
	unsigned number;               /* of the line, from 1 */
	char line[WORKLIST_LINE_MAX];  /* without LF */
	char split[WORKLIST_LINE_MAX]; /* the same, blanks made NUL */
	const char *words[WORDS_MAX + 1];
	size_t count;
};

static void
split_line(struct cursor *c)
{
	char *save = NULL;

	memcpy(c->split, c->line, sizeof(c->split));
	memset(c->words, 0, sizeof(c->words));
	c->count = 0;
	for (char *w = strtok_r(c->split, " ", &save);
	     w != NULL && c->count <= WORDS_MAX; w = strtok_r(NULL, " ", &save))
		c->words[c->count++] = w;
}

/* Go to the next line; false at the end or where no line can be had. */
static bool
next_line(struct cursor *c)
{
	size_t left = (size_t)(c->end - c->at), len;
	const char *lf = left == 0 ? NULL : memchr(c->at, '\n', left);

	c->line[0] = '\0';
	c->count = 0;
	if (lf == NULL || (len = (size_t)(lf - c->at)) >= sizeof(c->line))
		return false;
	memcpy(c->line, c->at, len);
	c->line[len] = '\0';
	c->at = lf + 1;
	c->number++;
	if (strlen(c->line) != len ||
	    !text_is_printable(c->line, sizeof(c->line)))
		return false;
	split_line(c);
	return c->count > 0;
}

static bool
is_line(const struct cursor *c, const char *name, size_t words)
{
	return c->count == words && strcmp(c->words[0], name) == 0;
}

/* Digits only; no sign, at most 19 of them. */
static bool
read_number(const char *text, uint64_t *out)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 19 || text[len] != '\0')
		return false;
	*out = strtoull(text, NULL, 10);
	return true;
}

static bool
read_date(const char *text, int64_t *out)
{
	return date_parse_compact(text, out) == CA_OK;
}

/* Copy a word that must fit. */
static bool
read_word(const char *text, char *out, size_t size)
{
	size_t len = strlen(text);

	if (len >= size)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

static bool
read_hex_line(struct cursor *c, const char *name, uint8_t out[32])
{
	return next_line(c) && is_line(c, name, 2) &&
	    text_unhex(c->words[1], out, 32);
}

/* The rest of the line behind its first word: it may hold blanks. */
static bool
read_rest(struct cursor *c, const char *name, char *out, size_t size)
{
	size_t len = strlen(name);

	return next_line(c) && strncmp(c->line, name, len) == 0 &&
	    c->line[len] == ' ' && read_word(c->line + len + 1, out, size);
}

static bool
read_head(struct cursor *c, struct worklist *w)
{
	return next_line(c) && strcmp(c->line, WORKLIST_MAGIC) == 0 &&
	    read_hex_line(c, "request", w->request) &&
	    read_hex_line(c, "order", w->order) &&
	    read_rest(c, "pattern", w->pattern, sizeof(w->pattern)) &&
	    read_rest(c, "subject", w->subject, sizeof(w->subject)) &&
	    next_line(c) && is_line(c, "quota-left", 2) &&
	    read_number(c->words[1], &w->quota_left);
}

static bool
read_crl(const struct cursor *c, struct worklist *w)
{
	w->has_crl = true;
	return read_number(c->words[1], &w->crl_number) &&
	    read_date(c->words[2], &w->crl_this) &&
	    read_date(c->words[3], &w->crl_next);
}

static bool
read_revoke(const struct cursor *c, struct worklist *w)
{
	struct worklist_revoke *r = &w->revoke[w->revoke_count];
	size_t digits = strlen(c->words[1]);
	uint64_t reason;

	if (!w->has_crl || w->count > 0 ||
	    w->revoke_count == WORKLIST_REVOKE_MAX || digits % 2 != 0 ||
	    digits / 2 > sizeof(r->serial) ||
	    !text_unhex(c->words[1], r->serial, digits / 2) ||
	    !read_number(c->words[2], &reason) || reason > 10 ||
	    !read_date(c->words[3], &r->date))
		return false;
	r->serial_len = digits / 2;
	r->reason = (int)reason;
	w->revoke_count++;
	return true;
}

static bool
read_cert(const struct cursor *c, struct worklist_entry *e)
{
	const char *const *word = c->words;

	e->what = WORKLIST_CERT;
	e->resumed = c->count == 9;
	return (c->count == 7 || c->count == 9) &&
	    read_word(word[1], e->profile, sizeof(e->profile)) &&
	    read_word(word[2], e->id, sizeof(e->id)) &&
	    read_word(strcmp(word[3], "-") == 0 ? "" : word[3], e->hwserial,
		sizeof(e->hwserial)) &&
	    text_unhex(word[4], e->spki_sha256, 32) &&
	    read_date(word[5], &e->not_before) &&
	    read_date(word[6], &e->not_after) &&
	    (!e->resumed ||
		(text_unhex(word[7], e->serial, sizeof(e->serial)) &&
		    text_unhex(word[8], e->tbs_sha256, 32)));
}

static bool
read_entry(const struct cursor *c, struct worklist_entry *e)
{
	if (is_line(c, "refuse", 3)) {
		e->what = WORKLIST_REFUSE;
		return read_word(c->words[2], e->rule, sizeof(e->rule));
	}
	if (is_line(c, "duplicate", 3)) {
		e->what = WORKLIST_DUPLICATE;
		return text_unhex(c->words[2], e->cert_sha256, 32);
	}
	return strcmp(c->words[0], "cert") == 0 && read_cert(c, e);
}

static bool
read_line(const struct cursor *c, struct worklist *w)
{
	if (is_line(c, "crl", 4) && !w->has_crl && w->count == 0)
		return read_crl(c, w);
	if (is_line(c, "revoke", 4))
		return read_revoke(c, w);
	return w->count < WORKLIST_ENTRIES_MAX &&
	    read_entry(c, &w->entries[w->count++]);
}

/* Room for as many entries and revocations as there are lines. */
static bool
make_room(struct worklist *w, const char *text, size_t len)
{
	size_t lines = 1, revokes;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	revokes = lines < WORKLIST_REVOKE_MAX ? lines : WORKLIST_REVOKE_MAX;
	if (lines > WORKLIST_ENTRIES_MAX)
		lines = WORKLIST_ENTRIES_MAX;
	w->entries = calloc(lines, sizeof(*w->entries));
	w->revoke = calloc(revokes, sizeof(*w->revoke));
	return w->entries != NULL && w->revoke != NULL;
}

static enum record_error
read_text(const char *text, size_t len, struct worklist *w,
    struct record_fault *fault)
{
	struct cursor c = { .at = text, .end = text + len };
	enum record_error ret;
	char *again = NULL;
	size_t again_len;
	bool same;

	if (!make_room(w, text, len))
		return record_fail(fault, RECORD_ERR_MEMORY, "out of memory");
	if (!read_head(&c, w))
		goto form;
	while (c.at < c.end)
		if (!next_line(&c) || !read_line(&c, w))
			goto form;
	if ((ret = worklist_check(w, fault)) != RECORD_OK)
		return ret;
	if ((ret = worklist_write(w, &again, &again_len)) != RECORD_OK)
		return record_fail(fault, ret, "out of memory");
	same = again_len == len && memcmp(again, text, len) == 0;
	free(again);
	if (!same)
		return record_fail(fault, RECORD_ERR_FORM,
		    "worklist: not the one way of writing what it says");
	return RECORD_OK;
form:
	return record_fail(fault, RECORD_ERR_FORM,
	    "worklist line %u: not in the form of anchorite-worklist/v1",
	    c.number);
}

enum record_error
worklist_read(const char *text, size_t len, struct worklist *out,
    struct record_fault *fault)
{
	enum record_error ret;

	memset(out, 0, sizeof(*out));
	if ((ret = read_text(text, len, out, fault)) != RECORD_OK)
		worklist_clear(out);
	return ret;
}
