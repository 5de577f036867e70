/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/ceremony.h"
#include "transfer/file.h"

/* Fields as they come from the reader, which has checked them; they are held
 * against the same schema again here. */
static bool
hear_fields(struct ceremony *c, struct child *reader,
    struct plan_field **fields, size_t *count)
{
	struct plan_field *f;

	*count = 0;
	*fields = calloc(PLAN_FIELDS_MAX, sizeof(**fields));
	if (*fields == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	for (;;) {
		if (!child_hear_either(c, reader, MSG_PLAN_FIELD, MSG_DONE))
			return false;
		if (c->in.kind == MSG_DONE)
			return true;
		if (*count == PLAN_FIELDS_MAX)
			return ceremony_stop(c, EXIT_PROCESS,
			    "reader: too many fields");
		f = &(*fields)[(*count)++];
		message_get_text(&c->in, f->path, PLAN_PATH_MAX);
		message_get_text(&c->in, f->value, PLAN_TEXT_MAX);
		f->line = (unsigned)message_get_number(&c->in);
		f->column = (unsigned)message_get_number(&c->in);
		if (!child_fields_ok(c))
			return false;
	}
}

static bool
blame(struct ceremony *c, const char *path, const struct plan_fault *fault)
{
	if (fault->line != 0)
		return ceremony_stop(c, EXIT_INPUT, "%s:%u:%u: %s", path,
		    fault->line, fault->column, fault->text);
	return ceremony_stop(c, EXIT_INPUT, "%s: %s", path, fault->text);
}

/* The reader's first word: a fault of the file, or its first field. */
static bool
parse(struct ceremony *c, const char *path, struct child *reader,
    struct plan_field **fields, size_t *count)
{
	struct plan_fault fault = { .line = 0 };

	if (hear_fields(c, reader, fields, count))
		return true;
	if (c->status != EXIT_INPUT || c->in.kind != MSG_FAULT)
		return false;
	/* the place is in the fault: say it as compilers do */
	c->in.at = 0;
	message_get_number(&c->in);
	fault.line = (unsigned)message_get_number(&c->in);
	fault.column = (unsigned)message_get_number(&c->in);
	message_get_text(&c->in, fault.text, sizeof(fault.text) - 1);
	c->status = EXIT_DONE;
	return blame(c, path, &fault);
}

bool
plan_file_load(struct ceremony *c, const char *path)
{
	struct child reader = { .pid = -1, .sock = -1 };
	struct plan_field *fields = NULL;
	struct plan_fault fault = { .line = 0 };
	size_t count = 0;
	bool ok = false;
	enum transfer_error err =
	    file_read(AT_FDCWD, path, PLAN_MAX, &c->plan_file, &c->plan_len);

	if (err != TRANSFER_OK)
		return ceremony_stop(c, EXIT_INPUT, "%s: %s%s%s", path,
		    transfer_strerror(err), err == TRANSFER_ERR_IO ? ": " : "",
		    err == TRANSFER_ERR_IO ? strerror(errno) : "");
	SHA256(c->plan_file, c->plan_len, c->plan_sha256);
	if (child_read_file(c, MSG_READ_PLAN, c->plan_file, c->plan_len,
		&reader) &&
	    parse(c, path, &reader, &fields, &count)) {
		ok = plan_build(fields, count, &c->plan, &fault) == RECORD_OK ||
		    blame(c, path, &fault);
	}
	child_end(&reader);
	free(fields);
	return ok;
}
