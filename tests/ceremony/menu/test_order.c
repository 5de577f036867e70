/* SPDX-License-Identifier: ISC */
/* The words of each command that the menu runs. */
#include "ceremony/menu/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ceremony/menu/files.h"

static struct room
room(void)
{
	struct room r = {
		.o = { .root = "/r", .system = "", .module = "opensc" },
		.root = "/r",
		.label = ROOM_LABEL,
		.plan = "p.yaml",
		.plan_path = "/r/plans/p.yaml",
		.in_path = "/r/in",
		.out_path = "/r/out"
	};

	return r;
}

static void
is(const struct order *o, const char *want)
{
	char got[2000] = "";

	for (size_t i = 0; i < o->count; i++) {
		strcat(got, i == 0 ? "" : "|");
		strcat(got, o->word[i]);
	}
	assert_string_equal(got, want);
	assert_null(o->word[o->count]);
}

static void
plans(void **state)
{
	struct room r = room();
	struct order o;

	(void)state;
	order_plan("check", "/r/plans/a b.yaml", &o);
	is(&o, "anchorite|plan|check|/r/plans/a b.yaml");
	assert_false(o.paged);
	order_plan("print", "/r/plans/p.yaml", &o);
	is(&o, "anchorite|plan|print|/r/plans/p.yaml");
	assert_true(o.paged);
	order_rehearse(&r, false, NULL, &o);
	is(&o, "anchorite|rehearse|/r/plans/p.yaml|--dir|/r/rehearsal");
	assert_true(o.paged);
	r.keyboard = true;
	order_rehearse(&r, true, "power", &o);
	is(&o,
	    "anchorite|rehearse|/r/plans/p.yaml|--dir|/r/rehearsal|--by-hand|"
	    "--drill|power|--no-pinpad");
	r.in_image = true;
	order_rehearse(&r, true, NULL, &o);
	is(&o,
	    "anchorite|rehearse|/r/plans/p.yaml|--dir|/r/rehearsal|--by-hand|"
	    "--no-pinpad|--witness|/r/witness");
	assert_false(o.paged);
}

static void
ceremonies(void **state)
{
	struct room r = room();
	struct order o;

	(void)state;
	order_run(&r, NULL, &o);
	is(&o,
	    "anchorite|run|/r/plans/p.yaml|--state|media|--in|media|--out|"
	    "media");
	assert_false(o.paged);
	r.in_image = true;
	r.in_memory = r.out_memory = r.keyboard = r.o.loops = true;
	strcpy(r.label, "VAULT 2");
	order_run(&r, "token lost", &o);
	is(&o,
	    "anchorite|run|/r/plans/p.yaml|--state|media:VAULT 2|--in|/r/in|"
	    "--out|/r/out|--abandon|token lost|--no-pinpad|--loop|--image|"
	    "/r/image.json|--witness|/r/witness|--control|/r/init");
	strcpy(r.root, MENU_ROOT);
	r.in_memory = r.out_memory = r.keyboard = r.o.loops = false;
	order_run(&r, NULL, &o);
	is(&o,
	    "anchorite|run|/r/plans/p.yaml|--state|media:VAULT 2|--in|media|"
	    "--out|media|--image|/run/anchorite/image.json|--witness|"
	    "/run/anchorite/witness");
}

static void
cards(void **state)
{
	struct room r = room();
	struct order_card card = { .verb = "pin", .label = "op-alice" };
	struct order o;

	(void)state;
	order_card_list(&r, &o);
	is(&o, "anchorite|card|list|opensc");
	assert_true(o.paged);
	order_card(&r, &card, &o);
	is(&o, "anchorite|card|pin|op-alice|--module|opensc");
	assert_false(o.paged);
	card = (struct order_card){ .verb = "personalise",
		.label = "op-alice",
		.operator_id = "alice",
		.log = "example/x" };
	r.keyboard = true;
	order_card(&r, &card, &o);
	is(&o,
	    "anchorite|card|personalise|op-alice|--module|opensc|--operator|"
	    "alice|--log|example/x|--no-pinpad");
	card = (struct order_card){ .verb = "wipe",
		.label = "x",
		.ca = true,
		.so = true };
	order_card(&r, &card, &o);
	is(&o, "anchorite|card|wipe|x|--module|opensc|--ca|--so|--no-pinpad");
}

static void
media(void **state)
{
	struct room r = room();
	struct order o;

	(void)state;
	order_media(&r, "list", NULL, NULL, false, &o);
	is(&o, "anchorite|media|list");
	assert_true(o.paged);
	r.o.loops = true;
	order_media(&r, "prepare", "sdb", "ANCHORITE", true, &o);
	is(&o, "anchorite|media|prepare|sdb|--label|ANCHORITE|--erase|--loop");
	assert_false(o.paged);
	order_media(&r, "put", "/r/out/x.crl", NULL, false, &o);
	is(&o, "anchorite|media|put|/r/out/x.crl|--loop");
	order_media_take(&r, ".yaml", ROOM_PLANS, &o);
	is(&o, "anchorite|media|take|--ending|.yaml|--out|/r/plans|--loop");
	order_media_take(&r, "", ROOM_IN, &o);
	is(&o, "anchorite|media|take|--out|/r/in|--loop");
}

static void
codes_and_logs(void **state)
{
	struct room r = room();
	struct order o;

	(void)state;
	order_qr_show("/r/out/x", &o);
	is(&o, "anchorite|qr|show|/r/out/x");
	order_qr_scan("/dev/video0", "/r/in/x", &o);
	is(&o, "anchorite|qr|scan|/dev/video0|--out|/r/in/x");
	order_read_sheet("/r/in/x", &o);
	order_add(&o, "/r/pictures/1.png");
	is(&o, "anchorite|qr|read-sheet|--out|/r/in/x|/r/pictures/1.png");
	order_words("/r/in/x", &o);
	is(&o, "anchorite|words|/r/in/x");
	order_status(&r, &o);
	is(&o, "anchorite|status|--state|/r/state");
	order_audit(&r, NULL, &o);
	is(&o, "anchorite-audit|verify|/r/state");
	order_audit(&r, "00ff", &o);
	is(&o, "anchorite-audit|verify|/r/state|--anchor|00ff");
	assert_true(o.paged);
}

static void
words_are_bounded(void **state)
{
	char word[ORDER_WORD_MAX + 2] = "";
	struct order o;

	(void)state;
	order_words("x", &o);
	for (size_t i = 0; i < 2 * ORDER_WORDS_MAX; i++)
		order_add(&o, "y");
	assert_int_equal(o.count, ORDER_WORDS_MAX);
	assert_null(o.word[o.count]);
	memset(word, 'x', ORDER_WORD_MAX);
	assert_true(order_word_valid(word));
	word[ORDER_WORD_MAX] = 'x';
	assert_false(order_word_valid(word));
	assert_true(order_word_valid("op-alice"));
	assert_true(order_word_valid("two words; rm -r /"));
	assert_false(order_word_valid(""));
	assert_false(order_word_valid("-"));
	assert_false(order_word_valid("--erase"));
	assert_false(order_word_valid("\033[31m"));
}

static void
names_are_bounded(void **state)
{
	char name[ROOM_NAME_MAX + 2] = "";

	(void)state;
	memset(name, 'x', ROOM_NAME_MAX);
	assert_true(files_name_valid(name));
	name[ROOM_NAME_MAX] = 'x';
	assert_false(files_name_valid(name));
	assert_true(files_name_valid("genesis 2.yaml"));
	assert_false(files_name_valid(""));
	assert_false(files_name_valid("."));
	assert_false(files_name_valid(".hidden"));
	assert_false(files_name_valid("-x"));
	assert_false(files_name_valid(" x"));
	assert_false(files_name_valid("a/b"));
	assert_false(files_name_valid("\303\244"));
	assert_false(files_name_valid("a\nb"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans),
		cmocka_unit_test(ceremonies),
		cmocka_unit_test(cards),
		cmocka_unit_test(media),
		cmocka_unit_test(codes_and_logs),
		cmocka_unit_test(words_are_bounded),
		cmocka_unit_test(names_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
