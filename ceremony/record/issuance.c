/* SPDX-License-Identifier: ISC */
#include "ceremony/record/issuance.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/issuance_line.h"
#include "ceremony/record/journal.h"

#define NAME "issuance.jsonl"

/* What the file was after a line. */
struct mark {
	uint8_t digest[32];
	uint64_t results;
};
struct issuance {
	struct journal file;
	SHA256_CTX sha; /* of all octets so far; a copy is finished */
	struct tree tree;
	struct mark *marks; /* one a line */
	size_t count, size;
	char *pending; /* lines not on the disk yet */
	size_t pending_len, pending_size;
};

/* Room for one more mark. */
static bool
reserve_mark(struct issuance *i)
{
	size_t size = i->size == 0 ? 1024 : i->size * 2;
	struct mark *marks;

	if (i->count < i->size)
		return true;
	if ((marks = reallocarray(i->marks, size, sizeof(*marks))) == NULL)
		return false;
	i->marks = marks;
	i->size = size;
	return true;
}

static bool
reserve_pending(struct issuance *i, size_t len)
{
	size_t size = i->pending_size == 0 ? 65536 : i->pending_size;
	char *pending;

	while (size - i->pending_len < len)
		size *= 2;
	if (size == i->pending_size)
		return true;
	if ((pending = realloc(i->pending, size)) == NULL)
		return false;
	i->pending = pending;
	i->pending_size = size;
	return true;
}

/* Take a line into tree, digest and marks: all of it, or nothing. */
static bool
account(struct issuance *i, const struct issuance_line *line, const char *text,
    size_t len)
{
	struct mark *mark;
	SHA256_CTX copy;

	if (!reserve_mark(i))
		return false;
	if (line->type == ISSUANCE_RESULT) {
		uint8_t leaf[32];

		tree_leaf(line->cert, line->cert_len, leaf);
		if (!tree_add(&i->tree, leaf))
			return false;
	}
	SHA256_Update(&i->sha, text, len);
	copy = i->sha;
	mark = &i->marks[i->count++];
	SHA256_Final(mark->digest, &copy);
	mark->results = tree_size(&i->tree);
	return true;
}

/* What take_line() needs. */
struct visit {
	struct issuance *log;
	int (*each)(void *arg, uint64_t number,
	    const struct issuance_line *line);
	void *arg;
};

static enum record_error
take(const struct visit *v, uint64_t number, const struct issuance_line *line,
    const char *text, size_t len, struct record_fault *fault)
{
	if (!account(v->log, line, text, len))
		return record_fail(fault, RECORD_ERR_MEMORY,
		    NAME ": out of memory");
	/* the fault is for the callee to fill in */
	if (v->each != NULL && v->each(v->arg, number, line) != 0)
		return RECORD_ERR_RULE;
	return RECORD_OK;
}

/* A line of the file, as journal_read() hands it on. */
static enum record_error
take_line(void *arg, uint64_t number, const char *text, size_t len,
    struct record_fault *fault)
{
	const struct visit *v = arg;
	struct issuance_line line;
	enum record_error ret;
	uint8_t *cert = NULL;

	if (!issuance_line_read(text, len, &line, &cert))
		return record_fail(fault, RECORD_ERR_FORM,
		    NAME " line %llu: no intent, result or void",
		    (unsigned long long)number);
	ret = take(v, number, &line, text, len, fault);
	free(cert);
	return ret;
}

enum record_error
issuance_open(int dirfd, bool writable,
    int (*each)(void *arg, uint64_t number, const struct issuance_line *line),
    void *arg, struct issuance **out, struct record_fault *fault)
{
	struct issuance *i = calloc(1, sizeof(*i));
	struct visit v = { .log = i, .each = each, .arg = arg };
	enum record_error ret;
	bool torn = false;

	*out = NULL;
	if (i == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY,
		    NAME ": out of memory");
	SHA256_Init(&i->sha);
	ret = journal_open(&i->file, dirfd, NAME,
	    writable ? JOURNAL_CREATE : JOURNAL_READ, fault);
	if (ret == RECORD_OK)
		ret = journal_read(&i->file, ISSUANCE_LINE_MAX, take_line, &v,
		    &torn, fault);
	if (ret == RECORD_OK)
		*out = i;
	else
		issuance_close(i);
	return ret;
}

void
issuance_close(struct issuance *i)
{
	if (i == NULL)
		return;
	journal_close(&i->file);
	tree_free(&i->tree);
	free(i->marks);
	free(i->pending);
	free(i);
}

static enum record_error
append(struct issuance *i, const struct issuance_line *line)
{
	enum record_error ret = RECORD_ERR_MEMORY;
	char *text = NULL;
	size_t len = 0;

	if (!i->file.writable)
		return RECORD_ERR_ARGUMENT;
	if ((ret = issuance_line_write(line, &text, &len)) != RECORD_OK)
		return ret;
	ret = RECORD_ERR_MEMORY;
	if (reserve_pending(i, len) && account(i, line, text, len)) {
		memcpy(i->pending + i->pending_len, text, len);
		i->pending_len += len;
		ret = RECORD_OK;
	}
	free(text);
	return ret;
}

enum record_error
issuance_intent(struct issuance *i, uint64_t act, const struct intent *intent)
{
	struct issuance_line line = { .type = ISSUANCE_INTENT, .act = act };

	line.intent = *intent;
	return append(i, &line);
}

enum record_error
issuance_result(struct issuance *i, uint64_t act, const uint8_t *der,
    size_t len)
{
	struct issuance_line line = { .type = ISSUANCE_RESULT, .act = act };

	line.cert = der;
	line.cert_len = len;
	return append(i, &line);
}

enum record_error
issuance_void(struct issuance *i, uint64_t act, const uint8_t serial[17],
    const char *reason)
{
	struct issuance_line line = { .type = ISSUANCE_VOID, .act = act };

	if (strlen(reason) >= sizeof(line.reason))
		return RECORD_ERR_FORM;
	strcpy(line.reason, reason);
	memcpy(line.intent.serial, serial, sizeof(line.intent.serial));
	return append(i, &line);
}

enum record_error
issuance_sync(struct issuance *i)
{
	enum record_error ret = RECORD_OK;

	if (i->pending_len > 0)
		ret = journal_append(&i->file, i->pending, i->pending_len);
	if (ret == RECORD_OK)
		i->pending_len = 0;
	return ret;
}

uint64_t
issuance_lines(const struct issuance *i)
{
	return i->count;
}

void
issuance_digest(const struct issuance *i, uint8_t out[32])
{
	SHA256_CTX copy = i->sha;

	SHA256_Final(out, &copy);
}

const struct tree *
issuance_tree(const struct issuance *i)
{
	return &i->tree;
}

enum record_error
issuance_at(const struct issuance *i, uint64_t lines, uint8_t digest[32],
    uint64_t *size, uint8_t root[32])
{
	struct mark mark = { 0 };

	SHA256(NULL, 0, mark.digest);
	if (lines > 0 && lines <= i->count)
		mark = i->marks[lines - 1];
	memcpy(digest, mark.digest, sizeof(mark.digest));
	*size = mark.results;
	tree_root_at(&i->tree, mark.results, root);
	return lines <= i->count ? RECORD_OK : RECORD_ERR_MISSING;
}
