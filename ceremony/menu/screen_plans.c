/* SPDX-License-Identifier: ISC */
/* Choosing a plan, rehearsing it, holding its ceremony. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/menu/command.h"
#include "ceremony/menu/files.h"
#include "ceremony/menu/screen.h"
#include "ceremony/menu/screens.h"

#define ENDING ".yaml"
#define PLANS_SHOWN 8 /* on a screen, two lines each */
#define LINE 71       /* of the first line of `plan check` */
#define REASON_MAX 200

/* ---- choosing ---------------------------------------------------------------- */

/* The first line that `plan check` says, without the file's name. */
static void
say_first_line(const char *path)
{
	char line[SCREEN_LINE];
	struct order o;
	const char *text = line;
	size_t n = strlen(path);

	order_plan("check", path, &o);
	if (command_first_line(&o, line, sizeof(line)) == -1)
		snprintf(line, sizeof(line), "it cannot be checked");
	if (strncmp(text, "anchorite: ", 11) == 0)
		text += 11;
	if (strncmp(text, path, n) == 0 && text[n] == ':')
		text += n + 1;
	text += strspn(text, " ");
	say("        %.*s%s", LINE - 3, text,
	    strlen(text) > LINE - 3 ? "..." : "");
}

static void
say_plans(const struct room *r, const struct files *f)
{
	for (size_t i = 0; i < f->count && i < PLANS_SHOWN; i++) {
		char path[ROOM_PATH];

		say("  %2zu  %.70s%s", i + 1, f->file[i].name,
		    strcmp(f->file[i].name, r->plan) == 0 ? " (chosen)" : "");
		room_file(r, ROOM_PLANS, f->file[i].name, path);
		say_first_line(path);
	}
	if (f->count > PLANS_SHOWN)
		say("      %zu plans are here; those beyond %d are chosen by "
		    "their numbers, too.",
		    f->count, PLANS_SHOWN);
	if (f->count == 0)
		say("      No plan is in memory yet.");
	say("   t  Take a plan from a medium");
	say("   0  Back");
	say_gap();
	say("Plans also come by QR codes: 7 in the main menu.");
	say_gap();
}

static void
look_at_plan(struct room *r, const char *name)
{
	char path[ROOM_PATH], line[SCREEN_LINE] = "p";
	struct order check, print;
	int status;

	room_file(r, ROOM_PLANS, name, path);
	order_plan("check", path, &check);
	order_plan("print", path, &print);
	while (!r->ended && strcmp(line, "p") == 0) {
		screen_begin(r, "THE PLAN");
		status = command_show(r, &check);
		if (status != 0) {
			say("This plan cannot be chosen.");
			ask_enter(r);
			return;
		}
		ask(r,
		    "y chooses this plan, p shows its run sheet, Enter goes "
		    "back: ",
		    line, sizeof(line));
		if (strcmp(line, "p") == 0)
			command_run(r, &print);
	}
	if (strcmp(line, "y") == 0 || strcmp(line, "yes") == 0)
		room_choose(r, name);
}

static void
take_plan(struct room *r)
{
	struct order o;

	order_media_take(r, ENDING, ROOM_PLANS, &o);
	command_run(r, &o);
}

void
screen_choose(struct room *r)
{
	char line[SCREEN_LINE], path[ROOM_PATH], chosen[sizeof(r->plan)];
	struct files f;

	strcpy(chosen, r->plan);
	room_path(r, room_folder_name(ROOM_PLANS), path);
	while (!r->ended && strcmp(chosen, r->plan) == 0) {
		screen_begin(r, "CHOOSE A PLAN");
		files_list(path, "", &f);
		say_plans(r, &f);
		if (!ask(r, "Type a number or t, then Enter: ", line,
			sizeof(line)) ||
		    line[0] == '\0' || strcmp(line, "0") == 0 ||
		    strcmp(line, "q") == 0)
			return;
		if (strcmp(line, "t") == 0) {
			take_plan(r);
			continue;
		}
		char *end;
		size_t n = strtoul(line, &end, 10);
		if (*end == '\0' && n >= 1 && n <= f.count) {
			chosen[0] = '\0';
			look_at_plan(r, f.file[n - 1].name);
			if (strcmp(r->plan, f.file[n - 1].name) == 0)
				return;
			strcpy(chosen, r->plan);
		} else {
			say("%s is not one of the numbers.", line);
			ask_enter(r);
		}
	}
}

/* ---- rehearsing -------------------------------------------------------------- */

static void
rehearse_self(struct room *r)
{
	struct order o;

	order_rehearse(r, false, NULL, &o);
	command_run(r, &o);
}

static void
rehearse_by_hand(struct room *r)
{
	struct order o;

	order_rehearse(r, true, NULL, &o);
	command_run(r, &o);
}

static void
drill(struct room *r)
{
	static const char *const kinds[] = { "missing-operator", "dead-card",
		"lost-pin", "power" };
	struct order o;
	size_t n;

	say_gap();
	say("   1  missing-operator  One operator does not come");
	say("   2  dead-card         One card stops answering");
	say("   3  lost-pin          One operator does not know the PIN");
	say("   4  power             The power fails, and people go on");
	say_gap();
	n = ask_number(r, "Which bad day? Its number (Enter goes back): ",
	    sizeof(kinds) / sizeof(kinds[0]));
	if (n == 0)
		return;
	order_rehearse(r, true, kinds[n - 1], &o);
	command_run(r, &o);
}

static void
begin_anew(struct room *r)
{
	char to[ROOM_PATH];

	if (room_put_aside(r, ROOM_REHEARSAL, to))
		say("The next rehearsal begins a new log. The old one is %s.",
		    to);
	else
		say("No rehearsal was held yet.");
	ask_enter(r);
}

static void
about_rehearsal(struct room *r)
{
	say("A rehearsal holds the ceremony on soft tokens, in memory: no card "
	    "and no");
	say("medium is touched, and nothing of it counts. Plans are rehearsed "
	    "one after");
	say("the other, in the order of their ceremonies; missing stations and "
	    "requests");
	say("are made up.");
	say_gap();
	say("   Plan       %.60s", r->plan);
}

static const struct choice rehearsals[] = {
	{ "Rehearse it: the program answers all questions", rehearse_self,
	    NULL },
	{ "Rehearse it by hand: people answer, as in the ceremony",
	    rehearse_by_hand, NULL },
	{ "A bad day by hand: a drill", drill, NULL },
	{ "Begin a new log of rehearsals", begin_anew, NULL },
};
static const struct choices rehearsal_menu = { "REHEARSE THE PLAN",
	about_rehearsal, rehearsals,
	sizeof(rehearsals) / sizeof(rehearsals[0]) };

void
screen_rehearse(struct room *r)
{
	choices_run(r, &rehearsal_menu);
}

/* ---- the ceremony ------------------------------------------------------------ */

static size_t
count_files(const char *path)
{
	struct files f;

	files_list(path, "", &f);
	return f.count;
}

static void
about_ceremony(struct room *r)
{
	say("   Plan       %.60s", r->plan);
	say("   State      two media labelled %.16s", r->label);
	if (r->in_memory)
		say("   Inputs     files in memory: %zu in %.40s",
		    count_files(r->in_path), r->in_path);
	else
		say("   Inputs     media: each file is picked when it is "
		    "needed");
	if (r->out_memory)
		say("   Outputs    memory: %.50s", r->out_path);
	else
		say("   Outputs    media: picked when the ceremony is closed");
	say("   PINs       %s",
	    r->keyboard ? "all at the keyboard"
			: "at the PIN pad of a reader or card that has one");
}

static void
hold(struct room *r)
{
	struct order o;

	order_run(r, NULL, &o);
	if (command_show(r, &o) != 0)
		say("To go on, choose 1 here again, with the same plan and media.");
	ask_enter(r);
}

static void
change_in(struct room *r)
{
	r->in_memory = !r->in_memory;
}

static void
change_out(struct room *r)
{
	r->out_memory = !r->out_memory;
}

static void
change_pins(struct room *r)
{
	r->keyboard = !r->keyboard;
}

static void
give_up(struct room *r)
{
	char reason[SCREEN_LINE], line[SCREEN_LINE];
	struct order o;

	say_gap();
	say("What is left of this ceremony is given up for good. What was done "
	    "stays; the");
	say("reason is recorded, and operators close it with their cards.");
	do {
		if (!ask(r, "The reason (Enter goes back): ", reason,
			sizeof(reason)) ||
		    reason[0] == '\0')
			return;
		if (strlen(reason) > REASON_MAX || reason[0] == '-')
			say("At most %d characters, and no dash first.",
			    REASON_MAX);
	} while (strlen(reason) > REASON_MAX || reason[0] == '-');
	if (!ask(r, "Type give up, then Enter; Enter alone goes back: ", line,
		sizeof(line)) ||
	    strcmp(line, "give up") != 0)
		return;
	order_run(r, reason, &o);
	command_run(r, &o);
}

static void
change_label(struct room *r)
{
	char label[SCREEN_LINE];

	say_gap();
	if (!ask_word(r, "Label of the state media (Enter: as it is): ", label))
		return;
	if (strlen(label) > ROOM_LABEL_MAX) {
		say("A label has at most %d characters.", ROOM_LABEL_MAX);
		ask_enter(r);
		return;
	}
	strcpy(r->label, label);
}

static const struct choice ceremony_choices[] = {
	{ "Begin, or go on after a stop", hold, NULL },
	{ "State: media of another label", change_label, NULL },
	{ "Inputs: from media, or from memory", change_in, NULL },
	{ "Outputs: to media, or to memory", change_out, NULL },
	{ "PINs: at PIN pads, or at the keyboard", change_pins, NULL },
	{ "Give up what is left of it", give_up, NULL },
};
static const struct choices ceremony_menu = { "HOLD THE CEREMONY",
	about_ceremony, ceremony_choices,
	sizeof(ceremony_choices) / sizeof(ceremony_choices[0]) };

void
screen_ceremony(struct room *r)
{
	choices_run(r, &ceremony_menu);
}
