/* SPDX-License-Identifier: ISC */
/* The clock, confirmed by people; and powering off. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ceremony/menu/clock.h"
#include "ceremony/menu/control.h"
#include "ceremony/menu/screen.h"
#include "ceremony/menu/screens.h"
#include "transfer/file.h"

#define KEYBOARDS "keyboards" /* a file of the first process */
#define KEYBOARDS_MAX 4096    /* its octets: of few keyboards, a line each */

static int64_t
now(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

static void
set_clock(int64_t seconds)
{
	const struct timespec ts = { .tv_sec = seconds };

	if (clock_settime(CLOCK_REALTIME, &ts) != 0)
		say("The clock cannot be set: %s.", strerror(errno));
	else
		say("The clock was set. Is it right now?");
}

/* One answer; true: the clock is right. */
static bool
ask_clock(struct room *r, bool *said)
{
	int64_t seconds = now();
	enum clock_answer answer = clock_judge(seconds, r->release.epoch);
	char text[CLOCK_TEXT], line[SCREEN_LINE];

	clock_write(seconds, text);
	say_gap();
	say("   %s", text);
	say_gap();
	if (!*said) {
		say("Compare with a watch. UTC is the time of London in "
		    "winter.");
		*said = true;
	}
	if (!ask(r,
		"Enter if it is right; or the right UTC, as "
		"YYYY-MM-DD HH:MM: ",
		line, sizeof(line)))
		return false;
	if (line[0] == '\0') {
		if (answer != CLOCK_OK)
			say("It cannot be right. %s",
			    clock_answer_text(answer));
		return answer == CLOCK_OK;
	}
	answer = clock_parse(line, r->release.epoch, &seconds);
	if (answer == CLOCK_OK)
		set_clock(seconds);
	else
		say("%s", clock_answer_text(answer));
	return false;
}

/* Lines of the first process, each of printable ASCII. */
void
say_keyboards(const struct room *r)
{
	char path[ROOM_PATH], *rest, *line;
	uint8_t *text = NULL;
	size_t len = 0;

	room_path(r, KEYBOARDS, path);
	if (file_read(AT_FDCWD, path, KEYBOARDS_MAX, &text, &len) ==
		TRANSFER_OK &&
	    len > 0) {
		say("Keyboards on USB; none is taken any more once the clock "
		    "is right:");
		rest = (char *)text;
		while ((line = strsep(&rest, "\n")) != NULL) {
			if (line[0] != '\0')
				say("   %.76s", line);
		}
		say_gap();
	}
	free(text);
}

void
screen_clock(struct room *r)
{
	bool said = false;

	screen_begin(r, "CLOCK");
	say_keyboards(r);
	say("Is this the right time, in UTC? It stamps the lines of the record; "
	    "dates in");
	say("certificates come from the plan.");
	while (!r->ended && !ask_clock(r, &said))
		;
}

void
screen_booted(struct room *r)
{
	char path[ROOM_PATH], why[CONTROL_WHY];
	enum control_answer answer;

	if (r->ended)
		return;
	room_path(r, CONTROL_SOCKET, path);
	answer = control_ask(path, "booted", why);
	r->controlled = answer != CONTROL_ABSENT;
	if (answer == CONTROL_OK)
		return;
	say_gap();
	if (answer == CONTROL_ABSENT) {
		say("This is not the bootable image: it cannot be powered off "
		    "from here.");
	} else {
		say("The first process was told that the clock is right, and "
		    "said:");
		say("   %s", why);
	}
	ask_enter(r);
}

void
screen_power_off(struct room *r)
{
	char path[ROOM_PATH], why[CONTROL_WHY];

	screen_begin(r, "POWER OFF");
	say("What lies in memory is lost: files that were not copied to "
	    "media, and the");
	say("choice of a plan. State and outputs on media stay. Take out "
	    "the cards first.");
	say_gap();
	if (!ask_yes(r, "Power off? y, then Enter; Enter alone goes back: "))
		return;
	room_path(r, CONTROL_SOCKET, path);
	if (control_ask(path, "power-off", why) == CONTROL_OK)
		say("The machine goes off. Memory is wiped first, wait for "
		    "it.");
	else
		say("It does not go off: %s. Hold its power button down.", why);
	ask_enter(r);
}
