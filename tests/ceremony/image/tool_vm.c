/* SPDX-License-Identifier: ISC */
/*
 * tool_vm SOCKET DEED...     a person before a guest of QEMU: eyes and hands
 *
 *   press KEYS               together, by QEMU's names: enter, ctrl-c, alt-f2
 *   type TEXT                on a US keyboard; it must appear as it is typed,
 *                            as the last on the screen
 *   secret TEXT              the same, unseen
 *   see SECONDS EXPRESSION   wait until a line of the screen, or all of them
 *                            in one, match the extended regular expression
 *   asked SECONDS EXPRESSION the same of the last line that is not empty: earlier
 *                            questions stay on a screen
 *   not EXPRESSION           the screen must not match
 *   save NAME                the screen to NAME.png and NAME.txt
 *   text                     what is on the screen to standard output, each line
 *                            in one
 *   tell LINE                QEMU, by its monitor for people: device_add usb-kbd
 *   gone SECONDS             wait for the end of QEMU
 *   live                     show the screen and take keys here, see vm_live.h
 *
 * FONT in the environment names the console's font, see vm_screen.h.  Ends in 1,
 * with the screen's text on standard error, at the first deed that fails.  The
 * bounds are there for what hangs.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/ceremony/image/vm_live.h"

/* The kernel's own font is VGA's, and so is the ASCII half of this one. */
#define FONT "/usr/share/consolefonts/Ethiopian-Goha16.psf.gz"
#define PAUSE 100       /* milliseconds between two looks */
#define CHUNK 4         /* characters that the guest's keyboard surely holds */
#define ECHO_SECONDS 20 /* until they are on the screen */
#define TYPE_TRIES 3
#define SECRET_PAUSE 100 /* milliseconds between two keys of a secret */
#define NAME_SIZE 4096

struct room {
	struct vm_monitor monitor;
	struct vm_font font;
	char *text, *lines; /* of the last look: as it is, and without the
			     * ends of rows that a line went on after */
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Look at the screen; the picture is of interest if p is not NULL. */
static bool
look(struct room *r, struct vm_picture *p)
{
	struct vm_picture picture;

	if (!vm_monitor_look(&r->monitor, &picture))
		return false;
	free(r->text);
	free(r->lines);
	r->text = vm_screen_text(&picture, &r->font);
	r->lines = r->text == NULL
	    ? NULL
	    : vm_screen_lines(r->text, picture.width / VM_GLYPH_WIDTH);
	if (p != NULL)
		*p = picture;
	else
		vm_picture_free(&picture);
	return r->lines != NULL;
}

/* Look until the test is passed, on a screen that is not as it was before. */
static bool
look_until(struct room *r, double seconds,
    bool (*test)(const char *text, const char *want), const char *want,
    const char *before)
{
	double end = now() + seconds;

	while (look(r, NULL)) {
		if (strcmp(r->text, before) != 0 && test(r->lines, want))
			return true;
		if (now() > end) {
			fprintf(stderr, "not on the screen: %s\n", want);
			return false;
		}
		poll(NULL, 0, PAUSE);
	}
	return false;
}

static bool
do_press(struct room *r, char **argv)
{
	struct vm_chord chord;

	if (vm_keys_named(argv[0], &chord))
		return vm_monitor_press(&r->monitor, &chord);
	fprintf(stderr, "%s: no keys\n", argv[0]);
	return false;
}

static bool
press_text(struct room *r, const char *text, size_t len)
{
	struct vm_chord chord;

	for (size_t i = 0; i < len; i++) {
		if (!vm_keys_of(text[i], &chord)) {
			fprintf(stderr, "%s: cannot be typed\n", text);
			return false;
		}
		if (!vm_monitor_press(&r->monitor, &chord))
			return false;
	}
	return true;
}

/* Type the end of a text and see it.  What a keyboard that was not there yet has
 * lost, as people see from a screen that stays as it is, is typed again. */
static bool
type_end(struct room *r, const char *text, size_t from, size_t to)
{
	char typed[NAME_SIZE];
	bool seen = false, lost = true;

	snprintf(typed, sizeof(typed), "%.*s", (int)to, text);
	for (int i = 0; i < TYPE_TRIES && lost && !seen; i++) {
		char *before = look(r, NULL) ? strdup(r->text) : NULL;

		seen = before != NULL &&
		    press_text(r, text + from, to - from) &&
		    look_until(r, ECHO_SECONDS, vm_screen_ends, typed, before);
		lost = before != NULL && strcmp(before, r->text) == 0;
		free(before);
	}
	return seen;
}

static bool
do_type(struct room *r, char **argv)
{
	size_t len = strlen(argv[0]), n;

	for (size_t at = 0; at < len; at += n) {
		n = len - at < CHUNK ? len - at : CHUNK;
		if (!type_end(r, argv[0], at, at + n))
			return false;
	}
	return true;
}

/* Nothing shows which keys came: they come as slowly as a person's, so that a
 * guest that is held up for a moment still has them in its keyboard. */
static bool
do_secret(struct room *r, char **argv)
{
	for (const char *c = argv[0]; *c != '\0'; c++) {
		if (!press_text(r, c, 1))
			return false;
		poll(NULL, 0, SECRET_PAUSE);
	}
	return true;
}

static bool
do_see(struct room *r, char **argv)
{
	return look_until(r, strtod(argv[0], NULL), vm_screen_matches, argv[1],
	    "");
}

static bool
do_asked(struct room *r, char **argv)
{
	return look_until(r, strtod(argv[0], NULL), vm_screen_asks, argv[1],
	    "");
}

static bool
do_not(struct room *r, char **argv)
{
	if (!look(r, NULL))
		return false;
	if (!vm_screen_matches(r->lines, argv[0]))
		return true;
	fprintf(stderr, "on the screen: %s\n", argv[0]);
	return false;
}

static bool
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	bool good = f != NULL && fputs(text, f) >= 0;

	return f != NULL && fclose(f) == 0 && good;
}

static bool
do_save(struct room *r, char **argv)
{
	struct vm_picture p = { 0 };
	char png[NAME_SIZE], txt[NAME_SIZE];
	bool good;

	snprintf(png, sizeof(png), "%s.png", argv[0]);
	snprintf(txt, sizeof(txt), "%s.txt", argv[0]);
	if (!look(r, &p))
		return false;
	good = vm_picture_write_png(&p, png) && write_text(txt, r->text);
	vm_picture_free(&p);
	if (!good)
		fprintf(stderr, "%s: cannot be written\n", argv[0]);
	return good;
}

static bool
do_text(struct room *r, char **argv)
{
	(void)argv;
	return look(r, NULL) && fputs(r->lines, stdout) >= 0;
}

static bool
do_gone(struct room *r, char **argv)
{
	return vm_monitor_gone(&r->monitor,
	    (unsigned)strtoul(argv[0], NULL, 10));
}

static bool
do_live(struct room *r, char **argv)
{
	(void)argv;
	return vm_live(&r->monitor, &r->font);
}

static bool
do_tell(struct room *r, char **argv)
{
	return vm_monitor_tell(&r->monitor, argv[0]);
}

static const struct deed {
	const char *name;
	int operands;
	bool (*act)(struct room *r, char **argv);
} deeds[] = {
	{ "press", 1, do_press },
	{ "type", 1, do_type },
	{ "secret", 1, do_secret },
	{ "see", 2, do_see },
	{ "asked", 2, do_asked },
	{ "not", 1, do_not },
	{ "save", 1, do_save },
	{ "tell", 1, do_tell },
	{ "text", 0, do_text },
	{ "gone", 1, do_gone },
	{ "live", 0, do_live },
};

static const struct deed *
find(const char *name, int operands)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (strcmp(name, deeds[i].name) == 0 &&
		    deeds[i].operands <= operands)
			return &deeds[i];
	return NULL;
}

/* All of them in order; the status. */
static int
act(struct room *r, char **argv, int argc)
{
	for (int i = 0; i < argc;) {
		const struct deed *d = find(argv[i], argc - i - 1);

		if (d == NULL) {
			fprintf(stderr, "tool_vm: %s: no deed\n", argv[i]);
			return 2;
		}
		if (!d->act(r, argv + i + 1)) {
			fprintf(stderr, "-- the screen:\n%s",
			    r->text == NULL ? "" : r->text);
			return 1;
		}
		i += 1 + d->operands;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct room r = { 0 };
	const char *font = getenv("FONT");
	int ret = 1;

	if (argc < 3) {
		fputs("usage: tool_vm SOCKET DEED...\n", stderr);
		return 2;
	}
	if (vm_font_read(font != NULL ? font : FONT, &r.font) &&
	    vm_monitor_open(&r.monitor, argv[1]))
		ret = act(&r, argv + 2, argc - 2);
	vm_monitor_close(&r.monitor);
	free(r.text);
	free(r.lines);
	return ret;
}
