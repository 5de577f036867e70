/* SPDX-License-Identifier: ISC */
#ifndef MENU_SCREENS_H
#define MENU_SCREENS_H

#include "ceremony/menu/room.h"

/* A choice: its number is its place. */
struct choice {
	const char *text;
	void (*run)(struct room *r);
	/* NULL, or why it cannot be chosen now, or NULL */
	const char *(*not_now)(const struct room *r);
};
struct choices {
	const char *title;
	void (*about)(struct room *r); /* lines above the choices, or NULL */
	const struct choice *choice;
	size_t count;
};
/* Show them and run what is chosen, until people go back. */
void choices_run(struct room *r, const struct choices *c);
/* Once: 0 when people go back. */
size_t choices_once(struct room *r, const struct choices *c, const char *zero);

/* ---- before the menu -------------------------------------------------------- */

/* What this machine was started from; writes image.json. */
void screen_image(struct room *r);
/* The clock is right, as people say. */
void screen_clock(struct room *r);
/* Which keyboards on USB were taken: a stick may be one, too. */
void say_keyboards(const struct room *r);
/* The first process hears that.  r->controlled. */
void screen_booted(struct room *r);

/* ---- of the menu ------------------------------------------------------------ */

void screen_choose(struct room *r);
void screen_rehearse(struct room *r);
void screen_ceremony(struct room *r);
void screen_log(struct room *r);
void screen_cards(struct room *r);
void screen_media(struct room *r);
void screen_codes(struct room *r);
void screen_files(struct room *r);
void screen_keyboard(struct room *r);
void screen_refused(struct room *r);
void screen_about(struct room *r);
void screen_power_off(struct room *r);

/* ---- shared by some --------------------------------------------------------- */

/* One of the first `most` folders in memory, by number; false: back. */
bool screen_pick_folder(struct room *r, const char *prompt, size_t most,
    enum room_folder *out);
/* A file in memory; false: back. */
bool screen_pick_file(struct room *r, char path[ROOM_PATH]);
void screen_show_codes(struct room *r);

#endif
