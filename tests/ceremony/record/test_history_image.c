/* SPDX-License-Identifier: ISC */
/* Rules of what a ceremony ran from, and of a shell beside it. */
#include "tests/ceremony/record/history_rows.h"

#define SIXTY "012345678901234567890123456789012345678901234567890123456789"

static void
test_refused(void **state)
{
	static const struct row rows[] = {
		{ "image: a version too long", "ceremony.open#1", ADD, "image",
		    "{\"version\":\"" SIXTY
		    "12345\",\"commit\":\"c\",\"medium\":\"-\"}",
		    RECORD_ERR_FORM,
		    "ceremony.open: \"version\" is out of form or range",
		    NULL },
		{ "image: a commit that no terminal shows", "ceremony.open#1",
		    ADD, "image",
		    "{\"version\":\"1\",\"commit\":\"\\u001b\",\"medium\":\"-\"}",
		    RECORD_ERR_FORM,
		    "ceremony.open: \"commit\" is out of form or range", NULL },
		{ "image: no digest of the medium", "ceremony.open#1", ADD,
		    "image",
		    "{\"version\":\"1\",\"commit\":\"c\",\"medium\":null}",
		    RECORD_ERR_FORM,
		    "ceremony.open: \"medium\" is out of form or range", NULL },
		{ "image: more than it tells", "ceremony.open#1", ADD, "image",
		    "{\"version\":\"1\",\"commit\":\"c\",\"medium\":\"-\",\"x\":1}",
		    RECORD_ERR_FORM,
		    "ceremony.open: \"x\" does not belong here", NULL },
		{ "image: no object", "ceremony.open#1", ADD, "image", "\"c\"",
		    RECORD_ERR_FORM,
		    "ceremony.open: \"image\" is out of form or range", NULL },
		{ "image: at a resume, without commit", "ceremony.resume#1",
		    ADD, "image", "{\"version\":\"1\",\"medium\":\"-\"}",
		    RECORD_ERR_FORM,
		    "ceremony.resume: \"commit\" is missing or not in its place",
		    NULL },
		{ "shell: without a reason", "ceremony.open#1", ADD, "shell",
		    "\"\"", RECORD_ERR_FORM,
		    "ceremony.open: \"shell\" is out of form or range", NULL },
		{ "shell: a reason that moves the cursor", "ceremony.open#1",
		    ADD, "shell", "\"\\u001b[2J\"", RECORD_ERR_FORM,
		    "ceremony.open: \"shell\" is out of form or range", NULL },
		{ "shell: no text", "ceremony.open#1", ADD, "shell", "true",
		    RECORD_ERR_FORM,
		    "ceremony.open: \"shell\" is out of form or range", NULL },
		{ "shell: before the image", "ceremony.open#1", PUT,
		    "ceremony.open",
		    "{\"plan\":" ZEROS
		    ",\"date\":\"2026-12-01T09:00:00Z\",\"title\":\"\","
		    "\"version\":\"1\",\"levels\":{},\"shell\":\"x\",\"image\":{}}",
		    RECORD_ERR_FORM,
		    "ceremony.open: \"image\" does not belong here", NULL },
		{ "shell: only when it goes on", "ceremony.resume#1", ADD,
		    "shell", "\"x\"", RECORD_ERR_RULE,
		    "ceremony.resume: another shell than the ceremony was opened with",
		    NULL },
		{ "shell: without a reason when it goes on",
		    "ceremony.resume#1", ADD, "shell", "\"\"", RECORD_ERR_FORM,
		    "ceremony.resume: \"shell\" is out of form or range",
		    NULL },
	};

	rows_refused(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("history, image and shell", tests,
	    history_setup, history_teardown);
}
