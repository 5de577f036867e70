/* SPDX-License-Identifier: ISC */
#include "ceremony/record/worklist.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/date.h"
#include "ca/profile.h"
#include "ca/rule.h"
#include "ca/subject.h"
#include "transfer/text.h"

/* ---- writing ------------------------------------------------------------- */

static void
add_date(struct text_buf *b, int64_t t)
{
	char text[DATE_COMPACT_SIZE];

	if (date_format_compact(t, text) != CA_OK)
		b->failed = true;
	else
		text_buf_add(b, " %s", text);
}

static void
add_hex(struct text_buf *b, const uint8_t *in, size_t len)
{
	text_buf_raw(b, " ", 1);
	text_buf_hex(b, in, len);
}

static void
add_crl(struct text_buf *b, const struct worklist *w)
{
	text_buf_add(b, "crl %" PRIu64, w->crl_number);
	add_date(b, w->crl_this);
	add_date(b, w->crl_next);
	text_buf_raw(b, "\n", 1);
	for (size_t i = 0; i < w->revoke_count; i++) {
		const struct worklist_revoke *r = &w->revoke[i];

		text_buf_raw(b, "revoke", 6);
		add_hex(b, r->serial, r->serial_len);
		text_buf_add(b, " %d", r->reason);
		add_date(b, r->date);
		text_buf_raw(b, "\n", 1);
	}
}

static void
add_cert(struct text_buf *b, const struct worklist_entry *e)
{
	text_buf_add(b, "cert %s %s %s", e->profile, e->id,
	    e->hwserial[0] == '\0' ? "-" : e->hwserial);
	add_hex(b, e->spki_sha256, sizeof(e->spki_sha256));
	add_date(b, e->not_before);
	add_date(b, e->not_after);
	if (!e->resumed)
		return;
	add_hex(b, e->serial, sizeof(e->serial));
	add_hex(b, e->tbs_sha256, sizeof(e->tbs_sha256));
}

static void
add_entry(struct text_buf *b, const struct worklist_entry *e, size_t number)
{
	switch (e->what) {
	case WORKLIST_CERT:
		add_cert(b, e);
		break;
	case WORKLIST_REFUSE:
		text_buf_add(b, "refuse %zu %s", number, e->rule);
		break;
	case WORKLIST_DUPLICATE:
		text_buf_add(b, "duplicate %zu", number);
		add_hex(b, e->cert_sha256, sizeof(e->cert_sha256));
		break;
	}
	text_buf_raw(b, "\n", 1);
}

static enum record_error
write_text(const struct worklist *w, char **out, size_t *len)
{
	struct text_buf b = { 0 };

	text_buf_add(&b, WORKLIST_MAGIC "\nrequest");
	add_hex(&b, w->request, sizeof(w->request));
	text_buf_add(&b, "\norder");
	add_hex(&b, w->order, sizeof(w->order));
	text_buf_add(&b, "\npattern %s\nsubject %s\nquota-left %" PRIu64 "\n",
	    w->pattern, w->subject, w->quota_left);
	if (w->has_crl)
		add_crl(&b, w);
	for (size_t i = 0; i < w->count; i++)
		add_entry(&b, &w->entries[i], i + 1);
	*out = text_buf_take(&b, len);
	return *out == NULL ? RECORD_ERR_MEMORY : RECORD_OK;
}

/* ---- what a worklist may say --------------------------------------------- */

size_t
worklist_certs(const struct worklist *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->entries[i].what == WORKLIST_CERT;
	return n;
}

bool
worklist_hwserial_valid(const char *text)
{
	return text[0] == '\0' ||
	    (subject_id_valid(text) && strchr(text, '_') == NULL &&
		strcmp(text, "-") != 0);
}

static bool
date_valid(int64_t t)
{
	char text[DATE_COMPACT_SIZE];

	return date_format_compact(t, text) == CA_OK;
}

static const char *
cert_wrong(const struct worklist *w, const struct worklist_entry *e)
{
	const struct profile *p = profile_find(e->profile);
	char subject[SUBJECT_TEXT_MAX + 1];

	if (p == NULL || !p->device)
		return "no profile for devices";
	if (!subject_id_valid(e->id) || !pattern_match(w->pattern, e->id))
		return "an id that the pattern does not match";
	if (subject_expand(w->subject, e->id, subject) != CA_OK)
		return "an id that the subject does not take";
	if (!worklist_hwserial_valid(e->hwserial))
		return "no hardware serial";
	if (!date_valid(e->not_before) || !date_valid(e->not_after) ||
	    e->not_before >= e->not_after)
		return "dates that are no period";
	if (e->resumed && e->serial[0] != 0x01)
		return "a serial that is none of ours";
	return NULL;
}

static const char *
entry_wrong(const struct worklist *w, const struct worklist_entry *e)
{
	switch (e->what) {
	case WORKLIST_CERT:
		return cert_wrong(w, e);
	case WORKLIST_REFUSE:
		return rule_find(e->rule) == RULE_OK ? "no such rule" : NULL;
	case WORKLIST_DUPLICATE:
		return NULL;
	}
	return "no kind of entry";
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* An id that two cert lines carry, or NULL; *ok tells of memory. */
static const char *
id_twice(const struct worklist *w, bool *ok)
{
	const char **ids = calloc(w->count, sizeof(*ids)), *twice = NULL;
	size_t n = 0;

	*ok = ids != NULL;
	if (ids == NULL)
		return NULL;
	for (size_t i = 0; i < w->count; i++)
		if (w->entries[i].what == WORKLIST_CERT)
			ids[n++] = w->entries[i].id;
	qsort(ids, n, sizeof(*ids), compare_texts);
	for (size_t i = 1; i < n && twice == NULL; i++)
		if (strcmp(ids[i - 1], ids[i]) == 0)
			twice = ids[i];
	free(ids);
	return twice;
}

static int
compare_serials(const void *a, const void *b)
{
	const struct worklist_revoke *x = a, *y = b;

	if (x->serial_len != y->serial_len)
		return x->serial_len < y->serial_len ? -1 : 1;
	return memcmp(x->serial, y->serial, x->serial_len);
}

static bool
reason_valid(int reason)
{
	/* RFC 5280 5.3.1, those of crl.h */
	return reason == 0 || reason == 1 || reason == 3 || reason == 4 ||
	    reason == 5 || reason == 9;
}

static const char *
revoke_wrong(const struct worklist *w, bool *ok)
{
	const char *wrong = NULL;
	struct worklist_revoke *sorted;

	*ok = true;
	for (size_t i = 0; i < w->revoke_count; i++) {
		const struct worklist_revoke *r = &w->revoke[i];

		if (r->serial_len == 0 || r->serial_len > sizeof(r->serial) ||
		    !reason_valid(r->reason) || !date_valid(r->date))
			return "a revocation out of form";
	}
	if (w->revoke_count < 2)
		return NULL;
	if ((sorted = malloc(w->revoke_count * sizeof(*sorted))) == NULL) {
		*ok = false;
		return NULL;
	}
	memcpy(sorted, w->revoke, w->revoke_count * sizeof(*sorted));
	qsort(sorted, w->revoke_count, sizeof(*sorted), compare_serials);
	for (size_t i = 1; i < w->revoke_count; i++)
		if (compare_serials(&sorted[i - 1], &sorted[i]) == 0)
			wrong = "a serial revoked twice";
	free(sorted);
	return wrong;
}

static const char *
head_wrong(const struct worklist *w)
{
	if (strlen(w->pattern) > PATTERN_TEXT_MAX || !pattern_valid(w->pattern))
		return "no pattern";
	if (!text_is_printable(w->subject, SUBJECT_TEXT_MAX))
		return "no subject";
	if (w->count == 0 || w->count > WORKLIST_ENTRIES_MAX)
		return "no entries, or too many";
	if (worklist_certs(w) > w->quota_left)
		return "more certificates than quota-left";
	if (!w->has_crl)
		return w->revoke_count > 0 ? "revocations without CRL" : NULL;
	if (w->crl_number == 0 || !date_valid(w->crl_this) ||
	    !date_valid(w->crl_next) || w->crl_this >= w->crl_next)
		return "no CRL number or dates";
	return w->revoke_count > WORKLIST_REVOKE_MAX ? "too many revocations"
						     : NULL;
}

enum record_error
worklist_check(const struct worklist *w, struct record_fault *fault)
{
	const char *wrong = head_wrong(w), *id;
	bool ok;

	if (wrong != NULL)
		return record_fail(fault, RECORD_ERR_FORM, "worklist: %s",
		    wrong);
	wrong = revoke_wrong(w, &ok);
	if (!ok)
		return record_fail(fault, RECORD_ERR_MEMORY, "out of memory");
	if (wrong != NULL)
		return record_fail(fault, RECORD_ERR_FORM, "worklist: %s",
		    wrong);
	for (size_t i = 0; i < w->count; i++)
		if ((wrong = entry_wrong(w, &w->entries[i])) != NULL)
			return record_fail(fault, RECORD_ERR_FORM,
			    "worklist entry %zu: %s", i + 1, wrong);
	id = id_twice(w, &ok);
	if (!ok)
		return record_fail(fault, RECORD_ERR_MEMORY, "out of memory");
	if (id != NULL)
		return record_fail(fault, RECORD_ERR_FORM,
		    "worklist: id %s stands in two cert lines", id);
	return RECORD_OK;
}

enum record_error
worklist_write(const struct worklist *w, char **out, size_t *len)
{
	enum record_error ret;

	*out = NULL;
	*len = 0;
	if ((ret = worklist_check(w, NULL)) != RECORD_OK)
		return ret;
	return write_text(w, out, len);
}

void
worklist_clear(struct worklist *w)
{
	free(w->entries);
	free(w->revoke);
	memset(w, 0, sizeof(*w));
}
