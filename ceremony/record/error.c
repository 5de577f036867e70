/* SPDX-License-Identifier: ISC */
#include "ceremony/record/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

const char *
record_strerror(enum record_error err)
{
	switch (err) {
	case RECORD_OK:
		return "no error";
	case RECORD_ERR_MEMORY:
		return "out of memory";
	case RECORD_ERR_ARGUMENT:
		return "an argument out of range";
	case RECORD_ERR_IO:
		return "a file cannot be read, written or synced";
	case RECORD_ERR_FULL:
		return "no space left for the file";
	case RECORD_ERR_FORM:
		return "not in the form that the file has";
	case RECORD_ERR_CHAIN:
		return "a digest or number does not match what it names";
	case RECORD_ERR_OTHER_LOG:
		return "it belongs to another log";
	case RECORD_ERR_LOCKED:
		return "another ceremony has the state open";
	case RECORD_ERR_ORDER:
		return "a record where it must not stand";
	case RECORD_ERR_MISSING:
		return "something that should be there is missing";
	case RECORD_ERR_PLAN:
		return "the plan does not follow its schema";
	case RECORD_ERR_SIGNATURE:
		return "a signature does not verify";
	case RECORD_ERR_PROOF:
		return "a tree root or proof does not match";
	case RECORD_ERR_RULE:
		return "a rule of the ceremony is broken";
	}
	return "unknown error";
}

enum record_error
record_errno(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG: /* the file's limit is as final as the disk's */
		return RECORD_ERR_FULL;
	default:
		return RECORD_ERR_IO;
	}
}

enum record_error
record_fail(struct record_fault *f, enum record_error err, const char *fmt, ...)
{
	va_list ap;

	if (f == NULL)
		return err;
	f->err = err;
	va_start(ap, fmt);
	if (vsnprintf(f->text, sizeof(f->text), fmt, ap) < 0)
		f->text[0] = '\0';
	va_end(ap);
	for (char *c = f->text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return err;
}
