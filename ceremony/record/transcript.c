/* SPDX-License-Identifier: ISC */
#include "ceremony/record/transcript.h"

#include <stdlib.h>
#include <string.h>

#include "ceremony/record/journal.h"

#define NAME "transcript.jsonl"

struct line {
	char *text; /* NUL beyond len */
	size_t len;
};
struct transcript {
	struct journal file;
	struct line *lines;
	size_t count, size;
	struct link head;
};

static bool
reserve(struct transcript *t)
{
	size_t size = t->size == 0 ? 256 : t->size * 2;
	struct line *lines;

	if (t->count < t->size)
		return true;
	if ((lines = reallocarray(t->lines, size, sizeof(*lines))) == NULL)
		return false;
	t->lines = lines;
	t->size = size;
	return true;
}

/* Takes text over; there must be room. */
static void
keep(struct transcript *t, char *text, size_t len, const struct link *link)
{
	t->lines[t->count++] = (struct line){ .text = text, .len = len };
	t->head = *link;
}

/* Whether a line names the log that the first line names.  Quotation marks
 * within the name are escaped, so the first ,"cer": ends it. */
static bool
same_log(const struct transcript *t, const char *line)
{
	static const char next[] = ",\"cer\":";
	const char *first, *end;

	if (t->count == 0)
		return true;
	first = t->lines[0].text;
	end = strstr(first, next);
	return end != NULL &&
	    strncmp(first, line, (size_t)(end - first) + strlen(next)) == 0;
}

static enum record_error
chain_check(const struct transcript *t, uint64_t number,
    const struct link *link, struct record_fault *fault)
{
	static const uint8_t zeros[32];
	const uint8_t *prev = t->count == 0 ? zeros : t->head.hash;
	unsigned long long n = number;

	if (link->seq != number - 1)
		return record_fail(fault, RECORD_ERR_CHAIN,
		    NAME " line %llu: seq is %llu, not %llu", n,
		    (unsigned long long)link->seq, n - 1);
	if (memcmp(link->prev, prev, 32) == 0)
		return RECORD_OK;
	if (t->count == 0)
		return record_fail(fault, RECORD_ERR_CHAIN,
		    NAME " line 1: prev is not zero");
	return record_fail(fault, RECORD_ERR_CHAIN,
	    NAME " line %llu: prev is not the hash of line %llu", n, n - 1);
}

/* A line of the file, as journal_read() hands it on. */
static enum record_error
take_line(void *arg, uint64_t number, const char *line, size_t len,
    struct record_fault *fault)
{
	struct transcript *t = arg;
	enum record_error ret;
	struct link link;
	char *text;

	if (!link_read(line, len, &link))
		return record_fail(fault, RECORD_ERR_FORM,
		    NAME " line %llu: not a line of a transcript",
		    (unsigned long long)number);
	if ((ret = chain_check(t, number, &link, fault)) != RECORD_OK)
		return ret;
	if (!same_log(t, line))
		return record_fail(fault, RECORD_ERR_OTHER_LOG,
		    NAME " line %llu: belongs to another log than line 1",
		    (unsigned long long)number);
	if (!reserve(t) || (text = strndup(line, len)) == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY,
		    NAME ": out of memory");
	keep(t, text, len, &link);
	return RECORD_OK;
}

static enum record_error
open_mode(int dirfd, enum journal_mode mode, struct transcript **out,
    bool *torn, struct record_fault *fault)
{
	struct transcript *t = calloc(1, sizeof(*t));
	enum record_error ret;
	bool tail = false;

	*out = NULL;
	if (t == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY,
		    NAME ": out of memory");
	ret = journal_open(&t->file, dirfd, NAME, mode, fault);
	if (ret == RECORD_OK)
		ret = journal_read(&t->file, LINK_LINE_MAX, take_line, t, &tail,
		    fault);
	if (torn != NULL)
		*torn = tail;
	if (ret == RECORD_OK)
		*out = t;
	else
		transcript_close(t);
	return ret;
}

enum record_error
transcript_open(int dirfd, bool create, struct transcript **out, bool *torn,
    struct record_fault *fault)
{
	return open_mode(dirfd, create ? JOURNAL_CREATE : JOURNAL_WRITE, out,
	    torn, fault);
}

enum record_error
transcript_view(int dirfd, struct transcript **out, bool *torn,
    struct record_fault *fault)
{
	return open_mode(dirfd, JOURNAL_READ, out, torn, fault);
}

void
transcript_close(struct transcript *t)
{
	if (t == NULL)
		return;
	journal_close(&t->file);
	for (size_t i = 0; i < t->count; i++)
		free(t->lines[i].text);
	free(t->lines);
	free(t);
}

/* Write a line that is ready.  All that may fail for want of memory comes
 * before the write: a line on the disk must be one in memory. */
static enum record_error
append_line(struct transcript *t, char *text, size_t len, struct link *out)
{
	enum record_error ret;
	struct link link;

	if (!link_read(text, len, &link))
		return RECORD_ERR_FORM;
	if (!same_log(t, text))
		return RECORD_ERR_OTHER_LOG;
	if (!reserve(t))
		return RECORD_ERR_MEMORY;
	if ((ret = journal_append(&t->file, text, len)) != RECORD_OK)
		return ret;
	keep(t, text, len, &link);
	if (out != NULL)
		*out = link;
	return RECORD_OK;
}

enum record_error
transcript_append(struct transcript *t, const char *log, const char *cer,
    struct moment when, const char *type, const char *const *actor,
    json_t *body, struct link *out)
{
	struct event e = { .log = log,
		.cer = cer,
		.seq = t->count,
		.type = type };
	enum record_error ret = RECORD_ERR_ARGUMENT;
	char *text = NULL;
	size_t len = 0;

	e.body = body;
	if (t->count > 0)
		memcpy(e.link.prev, t->head.hash, sizeof(e.link.prev));
	if (body != NULL && t->file.writable)
		ret = event_write(&e, when, actor, &text, &len);
	if (ret == RECORD_OK)
		ret = append_line(t, text, len, out);
	if (ret != RECORD_OK)
		free(text);
	json_decref(body);
	return ret;
}

uint64_t
transcript_count(const struct transcript *t)
{
	return t->count;
}

const char *
transcript_line(const struct transcript *t, uint64_t seq, size_t *len)
{
	*len = 0;
	if (seq >= t->count)
		return NULL;
	*len = t->lines[seq].len;
	return t->lines[seq].text;
}

const struct link *
transcript_head(const struct transcript *t)
{
	return t->count == 0 ? NULL : &t->head;
}
