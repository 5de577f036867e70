/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/menu.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/menu/image_file.h"
#include "ceremony/menu/screen.h"
#include "ceremony/menu/screens.h"
#include "transfer/file.h"

#define CONFIRMED "clock-confirmed" /* a file: the first screens are done */

static const char *
no_plan(const struct room *r)
{
	return r->plan[0] != '\0' ? NULL : "choose a plan first";
}

static const char *
no_power(const struct room *r)
{
	return r->controlled ? NULL : "this is not the bootable image";
}

static const struct choice main_choices[] = {
	{ "Choose a plan", screen_choose, NULL },
	{ "Rehearse the plan", screen_rehearse, no_plan },
	{ "Hold the ceremony of the plan, or go on with it after a stop",
	    screen_ceremony, no_plan },
	{ "Look at a log: status and audit", screen_log, NULL },
	{ "Cards", screen_cards, NULL },
	{ "Media", screen_media, NULL },
	{ "QR codes", screen_codes, NULL },
	{ "Files in memory", screen_files, NULL },
	{ "Keyboard layout", screen_keyboard, NULL },
	{ "USB devices that were refused", screen_refused, NULL },
	{ "About this machine", screen_about, NULL },
	{ "Power off", screen_power_off, no_power },
};

static const struct choices main_menu = { "MAIN MENU", NULL, main_choices,
	sizeof(main_choices) / sizeof(main_choices[0]) };

/* Once after each start of the machine; a menu that ended and was started
 * again goes on where it was. */
static void
first_screens(struct room *r)
{
	char path[ROOM_PATH], image[ROOM_PATH];

	room_path(r, CONFIRMED, path);
	if (access(path, F_OK) == 0) {
		room_path(r, IMAGE_FILE, image);
		r->has_medium = image_file_medium(image, r->medium);
	} else {
		screen_image(r);
		screen_clock(r);
	}
	screen_booted(r);
	if (!r->ended)
		file_create(AT_FDCWD, path, "", 0, 0600);
}

enum menu_outcome
menu_run(const struct menu_options *o)
{
	struct room r;

	if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
		return MENU_TERMINAL;
	if (!room_open(&r, o))
		return MENU_FOLDER;
	screen_guard();
	first_screens(&r);
	while (!r.ended)
		choices_once(&r, &main_menu, NULL);
	say_gap();
	return MENU_DONE;
}
