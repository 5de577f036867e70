/* SPDX-License-Identifier: ISC */
/* Rules of the record of files that came and left on removable media. */
#include "tests/ceremony/record/history_rows.h"

static json_t *
medium(struct synthetic *s, const char *direction, const char *file,
    const char *object)
{
	static const uint8_t digest[32] = { 7 };
	const uint8_t *of = object == NULL ? NULL : syn_find(s, object);

	return json_pack("{s:s,s:s,s:s,s:i,s:o,s:o,s:s,s:s,s:s,s:s,s:s,s:s}",
	    "direction", direction, "file", file, "path", "in/\\x1b[31mred",
	    "size", 6, "sha256", syn_hex(of == NULL ? digest : of, 32),
	    "object", of == NULL ? json_string("-") : syn_hex(of, 32), "bus",
	    "usb", "model", "SanDisk Ultra", "serial", "4C53", "fs", "vfat",
	    "label", "-", "uuid", "1234-ABCD");
}

static int
medium_setup(void **state)
{
	struct synthetic *s;
	struct fixture *f;

	if (history_setup(state) != 0)
		return -1;
	f = *state;
	s = &f->s;
	syn_line(s, "medium", medium(s, "out", "late.crl", "plan-3"));
	syn_open(s, "media", SYN_DATE_3, syn_plan_3, "plan-4");
	syn_line(s, "medium", medium(s, "in", "line3.request", NULL));
	syn_line(s, "medium", medium(s, "in", "line3.request", NULL));
	syn_close(s);
	syn_line(s, "medium", medium(s, "out", "line3.response", "plan-4"));
	return 0;
}

static void
test_taken(void **state)
{
	struct fixture *f = *state;
	struct history *h = history_new();
	const uint8_t *plan = syn_find(&f->s, "plan-4");

	replay(f, h, transcript_count(f->s.t));
	assert_int_equal(h->medium_count, 4);
	assert_true(h->media[0].out);
	assert_string_equal(h->media[0].ceremony, "change");
	assert_false(h->media[1].out);
	assert_string_equal(h->media[1].file, "line3.request");
	assert_true(history_medium_known(h, "media", "line3.response", plan,
	    "4C53", "1234-ABCD"));
	assert_false(history_medium_known(h, "change", "line3.response", plan,
	    "4C53", "1234-ABCD"));
	assert_false(history_medium_known(h, "media", "line3.request", plan,
	    "4C53", "1234-ABCD"));
	assert_false(history_medium_known(h, "media", "line3.response", plan,
	    "4C54", "1234-ABCD"));
	assert_false(history_medium_known(h, "media", "line3.response", plan,
	    "4C53", "1234-ABCE"));
	assert_false(h->open);
	history_free(h);
}

static void
test_refused(void **state)
{
	static const struct row rows[] = {
		{ "a third direction", "medium#2", SET, "direction", "\"up\"",
		    RECORD_ERR_FORM,
		    "medium: \"direction\" is neither in nor out", NULL },
		{ "leaves before the close", "medium#2", PUT, "medium",
		    "$medium#4", RECORD_ERR_ORDER,
		    "medium: nothing leaves before the ceremony is closed",
		    NULL },
		{ "comes after the close", "medium#4", PUT, "medium",
		    "$medium#2", RECORD_ERR_ORDER,
		    "medium: nothing comes while no ceremony is open", NULL },
		{ "leaves twice", "medium#4", PUT, "medium", "$medium#4",
		    RECORD_ERR_RULE,
		    "medium: line3.response is on this medium already",
		    "medium $medium#4" },
		{ "an object of nobody", "medium#4", SET, "object", ZEROS,
		    RECORD_ERR_MISSING, "medium: *", NULL },
		{ "made of nothing", "medium#4", SET, "object", "\"-\"",
		    RECORD_ERR_RULE,
		    "medium: a file that left is made of no object", NULL },
		{ "an object for what came", "medium#2", SET, "object",
		    "@plan-3", RECORD_ERR_RULE,
		    "medium: a file that came names an object", NULL },
		{ "an escape code in a path", "medium#2", SET, "path",
		    "\"\\u001b[2J\"", RECORD_ERR_FORM,
		    "medium: \"path\" is out of form or range", NULL },
		{ "an escape code in a label", "medium#2", SET, "label",
		    "\"\\u001b\"", RECORD_ERR_FORM,
		    "medium: \"label\" is out of form or range", NULL },
		{ "no serial", "medium#2", SET, "serial", "\"\"",
		    RECORD_ERR_FORM,
		    "medium: \"serial\" is out of form or range", NULL },
		{ "larger than is taken", "medium#2", SET, "size", "67108865",
		    RECORD_ERR_FORM, "medium: \"size\" is out of form or range",
		    NULL },
		{ "without its uuid", "medium#2", DEL, "uuid", NULL,
		    RECORD_ERR_FORM,
		    "medium: \"uuid\" is missing or not in its place", NULL },
		{ "a member more", "medium#2", ADD, "more", "1",
		    RECORD_ERR_FORM, "medium: \"more\" does not belong here",
		    NULL },
	};

	rows_refused(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("history, media", tests,
	    medium_setup, history_teardown);
}
