/* SPDX-License-Identifier: ISC */
/* The first screen: what this machine was started from. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ceremony/menu/boot_medium.h"
#include "ceremony/menu/image_file.h"
#include "ceremony/menu/screen.h"
#include "ceremony/menu/screens.h"

#define MEGA 1000000u
#define GOES_ON "Enter goes on, r reads it again: "
#define COMING_LOOKS 60   /* for a medium that is not there yet ... */
#define COMING_EVERY 1000 /* ... milliseconds apart */

/* ---- progress --------------------------------------------------------------- */

struct pace {
	double start, last; /* seconds; 0: nothing was read yet */
	bool shown;
};

static double
seconds(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
tell_progress(void *arg, uint64_t done, uint64_t total)
{
	struct pace *p = arg;
	double now = seconds();

	if (p->start <= 0)
		p->start = p->last = now;
	if (p->shown && done == total) {
		printf("\r%-60s\r", "");
	} else if (now - p->last > 0.5) {
		p->last = now;
		p->shown = true;
		printf("\r   %llu of %llu MB, %.0f s left   ",
		    (unsigned long long)(done / MEGA),
		    (unsigned long long)(total / MEGA),
		    (now - p->start) / (double)done * (double)(total - done));
	}
	fflush(stdout);
}

/* ---- telling ---------------------------------------------------------------- */

static void
say_release(const struct room *r)
{
	if (r->in_image) {
		say("   Version   anchorite %s", r->release.version);
		say("   Commit    %s", r->release.commit);
	} else {
		say("   Version   anchorite %s", ANCHORITE_VERSION);
		say("   Commit    not known: this is not the bootable image");
	}
}

static void
say_medium(const struct boot_medium *b)
{
	say("   Medium    %s, %s, serial %s", b->device.name,
	    b->device.model[0] != '\0' ? b->device.model : "-",
	    b->device.serial[0] != '\0' ? b->device.serial : "-");
	if (b->why[0] != '\0') {
		say("   It cannot be read back: %s.", b->why);
		return;
	}
	say("   SHA-256 of its %llu octets, read back now:",
	    (unsigned long long)b->octets);
	say_digest(b->sha256);
}

static void
say_media(const struct boot_media *m)
{
	for (size_t i = 0; i < m->count; i++)
		say_medium(&m->media[i]);
	if (m->more)
		say("   There are more such media, which were not read.");
	if (m->count > 1)
		say("   %zu media say that they are the image: take out all "
		    "but one.",
		    m->count);
}

/* What people are to do with it. */
static void
say_compare(const struct boot_media *m)
{
	say_gap();
	if (boot_media_digest(m) != NULL) {
		say("Compare these words with those on the paper of the people "
		    "who built the image.");
		say("The image says this of itself: believe it as far as you "
		    "trust the medium.");
		return;
	}
	if (m->why[0] != '\0')
		say("The boot medium cannot be read back: %s.", m->why);
	else if (m->count == 0)
		say("The boot medium cannot be read back: no medium that can "
		    "be taken out is one.");
	say("The ceremony can be held all the same: its record will say that "
	    "the digest of");
	say("the boot medium is not known. Is it out? Put it in, and type r.");
}

static void
keep(struct room *r, const struct boot_media *m)
{
	const uint8_t *digest = boot_media_digest(m);
	char path[ROOM_PATH];

	r->has_medium = digest != NULL;
	if (digest != NULL)
		memcpy(r->medium, digest, sizeof(r->medium));
	if (!r->in_image)
		return;
	room_path(r, IMAGE_FILE, path);
	if (!image_file_write(path, &r->release, digest))
		say("%s cannot be written: records will not have this.", path);
}

/* A stick needs seconds to be there after the machine was started, and more
 * than the menu does: look again until it comes, or something is typed. */
static bool
medium_comes(const struct room *r, struct boot_media *m)
{
	for (int i = 0; m->count == 0 && i < COMING_LOOKS; i++) {
		struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
		struct pace pace = { 0 };

		if (poll(&in, 1, COMING_EVERY) != 0)
			break;
		boot_media_read(r->o.loops, tell_progress, &pace, m);
	}
	return m->count > 0;
}

/* With its question. */
static void
show_image(struct room *r, const struct boot_media *m)
{
	screen_begin(r, "THIS MACHINE");
	say_release(r);
	say_media(m);
	say_compare(m);
	keep(r, m);
	say_gap();
	say_part(GOES_ON);
}

void
screen_image(struct room *r)
{
	struct boot_media m;
	char line[SCREEN_LINE] = "r";

	while (!r->ended && strcmp(line, "r") == 0) {
		struct pace pace = { 0 };

		screen_begin(r, "THIS MACHINE");
		say_release(r);
		printf("   The boot medium is read ...\r");
		fflush(stdout);
		boot_media_read(r->o.loops, tell_progress, &pace, &m);
		show_image(r, &m);
		if (r->in_image && m.count == 0 && medium_comes(r, &m))
			show_image(r, &m);
		ask_here(r, GOES_ON, line, sizeof(line));
	}
}

void
screen_about(struct room *r)
{
	screen_begin(r, "THIS MACHINE");
	say_release(r);
	if (r->has_medium) {
		say("   SHA-256 of the boot medium, as it was read back after "
		    "the start:");
		say_digest(r->medium);
	} else {
		say("   The boot medium was not read back.");
	}
	say_gap();
	say_keyboards(r);
	say("   Files in memory lie below %s.", r->root);
	say("   Alt-F2 shows what witnesses see, Alt-F1 this menu.");
	say_gap();
	ask_enter(r);
}
