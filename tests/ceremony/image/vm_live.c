/* SPDX-License-Identifier: ISC */
#include "tests/ceremony/image/vm_live.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define PAUSE 200      /* milliseconds between two looks */
#define COMMAND '\x1D' /* Ctrl-] */
#define ROWS_USUAL 24
#define COLUMNS_USUAL 80
#define CLEAR "\033[H\033[J"

static const struct {
	const char *sent, *keys;
} sequences[] = {
	{ "\033[A", "up" },
	{ "\033[B", "down" },
	{ "\033[C", "right" },
	{ "\033[D", "left" },
	{ "\033", "esc" },
	{ "\r", "ret" },
	{ "\n", "ret" },
	{ "\t", "tab" },
	{ "\x7F", "backspace" },
	{ "\b", "backspace" },
};

size_t
vm_live_keys(const char *in, size_t len, struct vm_chord *chord)
{
	char name[] = "ctrl-x";

	chord->count = 0;
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		size_t n = strlen(sequences[i].sent);

		if (n <= len && memcmp(in, sequences[i].sent, n) == 0) {
			vm_keys_named(sequences[i].keys, chord);
			return n;
		}
	}
	if (len > 1 && in[0] == COMMAND && in[1] >= '1' && in[1] <= '9') {
		snprintf(name, sizeof(name), "alt-f%c", in[1]);
		vm_keys_named(name, chord);
		return 2;
	}
	if (in[0] >= 1 && in[0] <= 26) {
		name[sizeof(name) - 2] = (char)('a' + in[0] - 1);
		vm_keys_named(name, chord);
	} else {
		vm_keys_of(in[0], chord);
	}
	return 1;
}

static size_t
count_rows(const char *text)
{
	size_t rows = 0;

	for (; *text != '\0'; text++)
		rows += *text == '\n';
	return rows;
}

/* Is it an octet inside a character of UTF-8, which takes no column? */
static bool
inside(char octet)
{
	return ((unsigned char)octet & 0xC0) == 0x80;
}

char *
vm_live_frame(const char *text, size_t rows, size_t columns)
{
	char *frame = malloc(strlen(CLEAR) + 2 * strlen(text) + 1), *to;
	size_t have = count_rows(text), column = 0;

	if (frame == NULL)
		return NULL;
	for (; have > rows && have > 1; have--)
		text = strchr(text, '\n') + 1;
	to = stpcpy(frame, CLEAR);
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			/* the cursor stays behind the last */
			to = stpcpy(to, text[1] == '\0' ? "" : "\r\n");
			column = 0;
			continue;
		}
		column += !inside(*text);
		if (column <= columns)
			*to++ = *text;
	}
	*to = '\0';
	return frame;
}

static void
show(const char *text)
{
	struct winsize w = { 0 };
	char *frame;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_row == 0 ||
	    w.ws_col == 0) {
		w.ws_row = ROWS_USUAL;
		w.ws_col = COLUMNS_USUAL;
	}
	frame = vm_live_frame(text, w.ws_row, w.ws_col);
	if (frame != NULL)
		fputs(frame, stdout);
	fflush(stdout);
	free(frame);
}

/* One look, shown when it is another one; false when the guest is gone. */
static bool
follow(struct vm_monitor *m, const struct vm_font *font, char **shown)
{
	struct vm_picture p;
	char *text;

	if (!vm_monitor_look(m, &p))
		return false;
	text = vm_screen_text(&p, font);
	vm_picture_free(&p);
	if (text != NULL && (*shown == NULL || strcmp(text, *shown) != 0))
		show(text);
	free(*shown);
	*shown = text;
	return true;
}

/* What was typed here is typed there; false when people want to leave. */
static bool
pass_on(struct vm_monitor *m)
{
	char in[64];
	ssize_t len = read(STDIN_FILENO, in, sizeof(in) - 1);

	/* what Ctrl-] is for comes with the next key */
	if (len == 1 && in[0] == COMMAND)
		len += read(STDIN_FILENO, in + 1, 1) == 1;
	for (ssize_t at = 0; at < len;) {
		struct vm_chord chord;

		if (in[at] == COMMAND && at + 1 < len && in[at + 1] == 'q')
			return false;
		at +=
		    (ssize_t)vm_live_keys(in + at, (size_t)(len - at), &chord);
		if (chord.count > 0)
			vm_monitor_press(m, &chord);
	}
	return len > 0;
}

bool
vm_live(struct vm_monitor *m, const struct vm_font *font)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	struct termios before, raw;
	char *shown = NULL;
	bool here = true;

	if (tcgetattr(STDIN_FILENO, &before) != 0) {
		fputs("live: no terminal\n", stderr);
		return false;
	}
	raw = before;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	while (here && follow(m, font, &shown))
		if (poll(&p, 1, PAUSE) > 0)
			here = pass_on(m);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	fputs("\n", stdout);
	free(shown);
	return true;
}
