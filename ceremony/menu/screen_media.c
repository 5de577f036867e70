/* SPDX-License-Identifier: ISC */
/* Media, and the log that lies on them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/menu/command.h"
#include "ceremony/menu/devices.h"
#include "ceremony/menu/screen.h"
#include "ceremony/menu/screens.h"
#include "ceremony/record/words.h"
#include "transfer/text.h"

/* ---- media ------------------------------------------------------------------- */

static void
list(struct room *r)
{
	struct order o;

	order_media(r, "list", NULL, NULL, false, &o);
	command_run(r, &o);
}

/* The name of one of those that are in, by its number in the list. */
static bool
pick_device(struct room *r, char out[MEDIA_DEV_MAX + 1])
{
	struct media_device found[MEDIA_MAX];
	struct order o;
	size_t count = 0, n;

	order_media(r, "list", NULL, NULL, false, &o);
	if (command_show(r, &o) != 0 ||
	    !devices_find(r->o.loops, found, &count) || count == 0) {
		ask_enter(r);
		return false;
	}
	n = ask_number(r, "Which one? Its number (Enter goes back): ", count);
	if (n == 0)
		return false;
	snprintf(out, MEDIA_DEV_MAX + 1, "%s", found[n - 1].name);
	return true;
}

static void
prepare(struct room *r)
{
	char device[MEDIA_DEV_MAX + 1], label[SCREEN_LINE], line[SCREEN_LINE];
	struct order o;

	screen_begin(r, "MAKE A STATE MEDIUM");
	if (!pick_device(r, device))
		return;
	do {
		if (!ask(r, "Its label (Enter: " ROOM_LABEL "): ", label,
			sizeof(label)))
			return;
	} while (label[0] == '-');
	if (!ask(r,
		"Enter, if it is empty; or erase, to lose all that is on it: ",
		line, sizeof(line)))
		return;
	order_media(r, "prepare", device, label[0] == '\0' ? ROOM_LABEL : label,
	    strcmp(line, "erase") == 0, &o);
	command_run(r, &o);
}

/* export or import, between media of a label and memory. */
static void
copy_state(struct room *r, const char *verb)
{
	char path[ROOM_PATH], label[SCREEN_LINE];
	struct order o;

	room_path(r, ROOM_STATE, path);
	say_gap();
	do {
		if (!ask(r,
			"Label of the state media (Enter: " ROOM_LABEL "): ",
			label, sizeof(label)))
			return;
	} while (label[0] == '-');
	order_media(r, verb, path, label[0] == '\0' ? NULL : label, false, &o);
	command_run(r, &o);
}

static void export(struct room *r)
{
	copy_state(r, "export");
}

static void
import(struct room *r)
{
	copy_state(r, "import");
}

static const char *
no_state(const struct room *r)
{
	char path[ROOM_PATH];

	room_path(r, ROOM_STATE, path);
	return access(path, F_OK) == 0
	    ? NULL
	    : "no state is in memory: copy it there first";
}

static void
take(struct room *r)
{
	struct order o;

	order_media_take(r, "", ROOM_IN, &o);
	command_run(r, &o);
}

static const struct choice media_choices[] = {
	{ "List the media that are in", list, NULL },
	{ "Make a state medium", prepare, NULL },
	{ "Take a file from a medium into memory", take, NULL },
	{ "Copy the state from its media into memory", export, NULL },
	{ "Copy the state in memory to its media", import, no_state },
};
static const struct choices media_menu = { "MEDIA", NULL, media_choices,
	sizeof(media_choices) / sizeof(media_choices[0]) };

void
screen_media(struct room *r)
{
	choices_run(r, &media_menu);
}

/* ---- a log ------------------------------------------------------------------- */

static void
status(struct room *r)
{
	struct order o;

	order_status(r, &o);
	command_run(r, &o);
}

/* 32 words, as eight a line stand on paper, or 64 digits; false: go back. */
static bool
ask_anchor(struct room *r, char hex[TEXT_HEX_SIZE(32)], bool *given)
{
	char line[WORDS_TEXT_MAX + 1];
	uint8_t anchor[32];
	unsigned bad = 0;

	*given = false;
	say_gap();
	say("The anchor stands on the paper of the first ceremony: 32 words, "
	    "in one line, or");
	say("64 digits. Enter alone audits without it.");
	while (ask(r, "Anchor: ", line, sizeof(line))) {
		if (line[0] == '\0')
			return true;
		if (words_read(line, anchor, &bad)) {
			text_hex(anchor, sizeof(anchor), hex);
			*given = true;
			return true;
		}
		if (bad > 0)
			say("Word %u is not one of the list in its place. "
			    "Again:",
			    bad);
		else
			say("These are not 32 words, nor 64 digits. Again:");
	}
	return false;
}

static void
audit(struct room *r)
{
	char hex[TEXT_HEX_SIZE(32)];
	struct order o;
	bool given;

	if (!ask_anchor(r, hex, &given))
		return;
	order_audit(r, given ? hex : NULL, &o);
	command_run(r, &o);
}

static void
put_aside(struct room *r)
{
	char to[ROOM_PATH];

	if (room_put_aside(r, ROOM_STATE, to))
		say("It is %s now; another state can be copied there.", to);
	ask_enter(r);
}

static const struct choice log_choices[] = {
	{ "Copy the state from its media into memory", export, NULL },
	{ "Status: what the state in memory holds", status, no_state },
	{ "Audit the state in memory", audit, no_state },
	{ "Put the state in memory aside, to look at another one", put_aside,
	    no_state },
};
static const struct choices log_menu = { "LOOK AT A LOG", NULL, log_choices,
	sizeof(log_choices) / sizeof(log_choices[0]) };

void
screen_log(struct room *r)
{
	choices_run(r, &log_menu);
}
