/* SPDX-License-Identifier: ISC */
/* The keyboard's layout, and devices that were refused. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/menu/files.h"
#include "ceremony/menu/keymap.h"
#include "ceremony/menu/screen.h"
#include "ceremony/menu/screens.h"
#include "transfer/file.h"

#define KEYMAPS "/usr/share/anchorite/keymaps"
#define ENDING ".bmap"
#define REFUSED "refused"         /* a file of the first process */
#define REFUSED_MAX (256u * 1024) /* octets of it */

/* ---- layout ------------------------------------------------------------------ */

static bool
read_keymap(const char *path, struct keymap *k)
{
	uint8_t *data = NULL;
	size_t len = 0;
	const char *why = "it cannot be read";

	if (file_read(AT_FDCWD, path, KEYMAP_MAX, &data, &len) == TRANSFER_OK)
		why = keymap_parse(data, len, k);
	free(data);
	if (why != NULL)
		say("%s: %s.", path, why);
	return why == NULL;
}

/* Echo is what shows the layout. */
static void
try_typing(struct room *r)
{
	char line[SCREEN_LINE];

	say("Type letters, digits and signs to try it. Enter alone ends this.");
	while (ask(r, "Try: ", line, sizeof(line)) && line[0] != '\0')
		;
}

static void
load(struct room *r, const char *path)
{
	struct keymap *k = malloc(sizeof(*k));

	if (k == NULL || !read_keymap(path, k)) {
		ask_enter(r);
	} else if (!keymap_load(STDIN_FILENO, k)) {
		say("The layout cannot be set: %s.",
		    errno == ENOTTY ? "this is no Linux console"
				    : strerror(errno));
		ask_enter(r);
	} else {
		say("The layout is set.");
		try_typing(r);
	}
	free(k);
}

void
screen_keyboard(struct room *r)
{
	char folder[ROOM_PATH], path[ROOM_PATH + ROOM_NAME_MAX + 2];
	struct files f;
	size_t n;

	screen_begin(r, "KEYBOARD LAYOUT");
	room_path(r, KEYMAPS, folder);
	files_list(folder, ENDING, &f);
	if (f.count == 0) {
		say("No layouts are here: %s.", folder);
		ask_enter(r);
		return;
	}
	for (size_t i = 0; i < f.count; i++)
		say("  %2zu  %.*s", i + 1,
		    (int)(strlen(f.file[i].name) - strlen(ENDING)),
		    f.file[i].name);
	say("   0  Back");
	say_gap();
	n = ask_number(r, "Type a number, then Enter: ", f.count);
	if (n == 0)
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, f.file[n - 1].name);
	load(r, path);
}

/* ---- devices ------------------------------------------------------------------ */

void
screen_refused(struct room *r)
{
	char path[ROOM_PATH];
	uint8_t *text = NULL;
	size_t len = 0;
	struct pager p;

	screen_begin(r, "USB DEVICES THAT WERE REFUSED");
	room_path(r, REFUSED, path);
	if (file_read(AT_FDCWD, path, REFUSED_MAX, &text, &len) !=
		TRANSFER_OK ||
	    len == 0) {
		say("None was refused.");
	} else {
		pager_begin(&p, r);
		pager_put(&p, (const char *)text, len);
		pager_end(&p);
	}
	free(text);
	say_gap();
	ask_enter(r);
}
