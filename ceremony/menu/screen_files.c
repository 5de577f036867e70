/* SPDX-License-Identifier: ISC */
/* Files in memory. */

#include <stdio.h>
#include <string.h>

#include "ceremony/menu/command.h"
#include "ceremony/menu/files.h"
#include "ceremony/menu/screen.h"
#include "ceremony/menu/screens.h"

static const struct {
	enum room_folder folder;
	const char *what;
} shown[] = {
	{ ROOM_PLANS, "plans" },
	{ ROOM_IN, "files that came, for a ceremony" },
	{ ROOM_OUT, "files that are to leave" },
	{ ROOM_PICTURES, "pictures of printed sheets" },
};
#define SHOWN (sizeof(shown) / sizeof(shown[0]))

/* ---- a folder, a file --------------------------------------------------------- */

/* One of the folders, by number; false: back. */
bool
screen_pick_folder(struct room *r, const char *prompt, size_t most,
    enum room_folder *out)
{
	size_t n;

	for (size_t i = 0; i < most; i++) {
		char path[ROOM_PATH];
		struct files f;

		room_path(r, room_folder_name(shown[i].folder), path);
		files_list(path, "", &f);
		say("  %2zu  %-10s %4zu file%s  %s", i + 1,
		    room_folder_name(shown[i].folder), f.count,
		    f.count == 1 ? " " : "s", shown[i].what);
	}
	say("   0  Back");
	say_gap();
	n = ask_number(r, prompt, most);
	if (n > 0)
		*out = shown[n - 1].folder;
	return n > 0;
}

/* A file in memory; false: back. */
bool
screen_pick_file(struct room *r, char path[ROOM_PATH])
{
	enum room_folder folder;
	struct files f;

	if (!screen_pick_folder(r,
		"Where is it? Type a number, then Enter: ", SHOWN, &folder))
		return false;
	room_path(r, room_folder_name(folder), path);
	files_list(path, "", &f);
	say_gap();
	return files_pick(r, &f, folder, "Which file? Its number: ", path);
}

static void
show_words(struct room *r)
{
	char path[ROOM_PATH];
	struct order o;

	screen_begin(r, "WORDS OF A FILE");
	if (!screen_pick_file(r, path))
		return;
	order_words(path, &o);
	command_run(r, &o);
}

static void
put(struct room *r)
{
	char path[ROOM_PATH];
	struct order o;

	screen_begin(r, "COPY A FILE TO A MEDIUM");
	if (!screen_pick_file(r, path))
		return;
	order_media(r, "put", path, NULL, false, &o);
	command_run(r, &o);
}

void
screen_show_codes(struct room *r)
{
	char path[ROOM_PATH];
	struct order o;

	screen_begin(r, "SHOW A FILE AS QR CODES");
	if (!screen_pick_file(r, path))
		return;
	order_qr_show(path, &o);
	command_run(r, &o);
}

static void
take(struct room *r)
{
	enum room_folder folder;
	struct order o;

	screen_begin(r, "TAKE A FILE FROM A MEDIUM");
	if (!screen_pick_folder(r,
		"Where to? Type a number, then Enter: ", SHOWN, &folder))
		return;
	order_media_take(r, "", folder, &o);
	command_run(r, &o);
}

static const struct choice file_choices[] = {
	{ "Take a file from a medium into memory", take, NULL },
	{ "Copy a file to a medium", put, NULL },
	{ "Show the words of a file", show_words, NULL },
	{ "Show a file as QR codes", screen_show_codes, NULL },
};
static const struct choices file_menu = { "FILES IN MEMORY", NULL, file_choices,
	sizeof(file_choices) / sizeof(file_choices[0]) };

void
screen_files(struct room *r)
{
	choices_run(r, &file_menu);
}
