/* SPDX-License-Identifier: ISC */
/* Files that come by QR codes, from a camera or from pictures. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ceremony/menu/command.h"
#include "ceremony/menu/files.h"
#include "ceremony/menu/screen.h"
#include "ceremony/menu/screens.h"

#define CAMERAS "/dev"
#define CAMERA "video"
#define CAMERAS_MAX 9
#define NUMBER_MAX 3 /* digits of a camera's number */

struct cameras {
	size_t count;
	char name[CAMERAS_MAX][sizeof(CAMERA) + NUMBER_MAX];
};

static int
by_number(const void *a, const void *b)
{
	return strverscmp(a, b);
}

static void
camera_path(const struct room *r, const char *name, char path[ROOM_PATH])
{
	char below[sizeof(CAMERAS "/" CAMERA) + NUMBER_MAX];

	snprintf(below, sizeof(below), "%s/%.*s", CAMERAS,
	    (int)(sizeof(CAMERA) - 1 + NUMBER_MAX), name);
	room_path(r, below, path);
}

/* What says of itself that it gives no pictures: an output, or what a camera
 * tells beside them.  With anything else, reading says what is wrong. */
static bool
gives_none(const struct room *r, const char *name)
{
	struct v4l2_capability cap = { .capabilities = 0 };
	char path[ROOM_PATH];
	uint32_t has;
	bool asked;
	int fd;

	camera_path(r, name, path);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	asked = fd != -1 && ioctl(fd, VIDIOC_QUERYCAP, &cap) == 0;
	if (fd != -1)
		close(fd);
	has = (cap.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? cap.device_caps
							     : cap.capabilities;
	return asked && (has & V4L2_CAP_VIDEO_CAPTURE) == 0;
}

static void
find_cameras(const struct room *r, struct cameras *out)
{
	size_t stem = strlen(CAMERA);
	char path[ROOM_PATH];
	struct dirent *e;
	DIR *d;

	out->count = 0;
	room_path(r, CAMERAS, path);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		size_t digits;

		if (strncmp(e->d_name, CAMERA, stem) != 0)
			continue;
		digits = strspn(e->d_name + stem, "0123456789");
		if (digits == 0 || digits > NUMBER_MAX ||
		    e->d_name[stem + digits] != '\0' ||
		    out->count == CAMERAS_MAX || gives_none(r, e->d_name))
			continue;
		strcpy(out->name[out->count++], e->d_name);
	}
	if (d != NULL)
		closedir(d);
	qsort(out->name, out->count, sizeof(out->name[0]), by_number);
}

static bool
pick_camera(struct room *r, char path[ROOM_PATH])
{
	struct cameras c;
	size_t n = 1;

	find_cameras(r, &c);
	if (c.count == 0) {
		say("No camera is there. Connect one, wait a moment, and choose "
		    "this again.");
		ask_enter(r);
		return false;
	}
	for (size_t i = 0; i < c.count; i++)
		say("  %2zu  camera /dev/%s", i + 1, c.name[i]);
	say_gap();
	if (c.count > 1)
		n = ask_number(r,
		    "Which camera? Its number (Enter goes back): ", c.count);
	if (n == 0)
		return false;
	camera_path(r, c.name[n - 1], path);
	return true;
}

/* A new file in memory for what is read; false: back. */
static bool
new_file(struct room *r, char path[ROOM_PATH])
{
	enum room_folder folder;
	char name[SCREEN_LINE];

	say("Where is it to go?");
	/* plans, and what a ceremony takes in */
	if (!screen_pick_folder(r, "Type a number, then Enter: ", 2, &folder))
		return false;
	for (;;) {
		if (!ask(r,
			"A name for the file, as in the plan (Enter goes "
			"back): ",
			name, sizeof(name)) ||
		    name[0] == '\0')
			return false;
		if (!files_name_valid(name)) {
			say("Letters, digits and dots; no slash, and no dot or "
			    "dash first.");
			continue;
		}
		room_file(r, folder, name, path);
		if (access(path, F_OK) != 0)
			return true;
		say("A file of that name is there. Another name:");
	}
}

static void
scan(struct room *r)
{
	char camera[ROOM_PATH], path[ROOM_PATH];
	struct order o;

	screen_begin(r, "READ A FILE FROM QR CODES");
	if (!pick_camera(r, camera) || !new_file(r, path))
		return;
	order_qr_scan(camera, path, &o);
	command_run(r, &o);
}

static void
take_picture(struct room *r)
{
	struct order o;

	order_media_take(r, "", ROOM_PICTURES, &o);
	command_run(r, &o);
}

static void
list_pictures(const struct room *r, struct files *out)
{
	char folder[ROOM_PATH];

	room_path(r, room_folder_name(ROOM_PICTURES), folder);
	files_list(folder, "", out);
}

static void
forget_pictures(struct room *r)
{
	char path[ROOM_PATH];
	struct files f;

	list_pictures(r, &f);
	for (size_t i = 0; i < f.count; i++) {
		room_file(r, ROOM_PICTURES, f.file[i].name, path);
		unlink(path);
	}
	say("The pictures are not in memory any more.");
	ask_enter(r);
}

/* From all pictures that were taken; those that did it are not kept. */
static void
read_sheet(struct room *r)
{
	char path[ROOM_PATH], (*pictures)[ROOM_PATH];
	struct order o;
	struct files f;

	screen_begin(r, "READ A PRINTED SHEET");
	list_pictures(r, &f);
	if (!new_file(r, path))
		return;
	pictures = calloc(f.count, sizeof(*pictures));
	order_read_sheet(path, &o);
	for (size_t i = 0; pictures != NULL && i < f.count; i++) {
		room_file(r, ROOM_PICTURES, f.file[i].name, pictures[i]);
		order_add(&o, pictures[i]);
	}
	if (command_run(r, &o) == 0)
		forget_pictures(r);
	free(pictures);
}

static const char *
no_picture(const struct room *r)
{
	char path[ROOM_PATH];
	struct files f;

	room_path(r, room_folder_name(ROOM_PICTURES), path);
	files_list(path, "", &f);
	return f.count > 0 ? NULL : "no picture is in memory: take one first";
}

static const struct choice code_choices[] = {
	{ "Show a file as QR codes", screen_show_codes, NULL },
	{ "Read a file from QR codes, with a camera", scan, NULL },
	{ "Take a picture of a printed sheet from a medium", take_picture,
	    NULL },
	{ "Read a printed sheet from its pictures", read_sheet, no_picture },
	{ "Forget the pictures", forget_pictures, no_picture },
};
static const struct choices code_menu = { "QR CODES", NULL, code_choices,
	sizeof(code_choices) / sizeof(code_choices[0]) };

void
screen_codes(struct room *r)
{
	choices_run(r, &code_menu);
}
