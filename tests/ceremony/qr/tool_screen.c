/* SPDX-License-Identifier: ISC */
/*
 * tool_screen ROWS COLUMNS FOLDER: what a program wrote to a terminal of that
 * size, on standard input, as pictures FOLDER/NNNN.pgm of what the terminal's
 * second screen showed whenever the cursor went to its first place or it was
 * cleared; and how many.  Knows as much of a terminal as `qr show` uses; exits
 * 1 when there is more, or what was written stands beyond the screen.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX 512
#define PIXELS 4 /* a half of a character */
#define UPPER 1
#define LOWER 2

struct terminal {
	unsigned rows, columns, row, column;
	unsigned char dark[SIDE_MAX][SIDE_MAX]; /* UPPER, LOWER */
	bool white[SIDE_MAX][SIDE_MAX];         /* background */
	bool second, white_now, drawn, bad;
	const char *folder;
	unsigned pictures;
};

static bool
pixel_dark(const struct terminal *t, unsigned x, unsigned y)
{
	unsigned row = y / 2;

	if (t->dark[row][x] & (y % 2 == 0 ? UPPER : LOWER))
		return true;
	return !t->white[row][x];
}

static void
snapshot(struct terminal *t)
{
	char path[1024];
	FILE *f;

	if (!t->drawn)
		return;
	snprintf(path, sizeof(path), "%s/%04u.pgm", t->folder, ++t->pictures);
	if ((f = fopen(path, "wx")) == NULL) {
		t->bad = true;
		return;
	}
	fprintf(f, "P5 %u %u 255\n", t->columns * PIXELS, t->rows * 2 * PIXELS);
	for (unsigned y = 0; y < t->rows * 2 * PIXELS; y++) {
		for (unsigned x = 0; x < t->columns * PIXELS; x++)
			putc(pixel_dark(t, x / PIXELS, y / PIXELS) ? 0 : 255,
			    f);
	}
	fclose(f);
}

static void
clear(struct terminal *t)
{
	snapshot(t);
	memset(t->dark, 0, sizeof(t->dark));
	memset(t->white, 0, sizeof(t->white));
	t->drawn = false;
}

static void
put(struct terminal *t, unsigned char dark)
{
	if (!t->second)
		return;
	if (t->row >= t->rows || t->column >= t->columns) {
		t->bad = true; /* it would wrap */
		return;
	}
	t->dark[t->row][t->column] = dark;
	t->white[t->row][t->column++] = t->white_now;
	t->drawn = true;
}

/* Behind ESC [. */
static void
control(struct terminal *t)
{
	char text[64];
	size_t n = 0;
	int c;

	while ((c = getchar()) != EOF && n + 1 < sizeof(text) &&
	    strchr("0123456789;?", c) != NULL)
		text[n++] = (char)c;
	text[n] = '\0';
	if (strcmp(text, "?1049") == 0) {
		t->second = c == 'h';
	} else if (c == 'H') {
		unsigned row = 1, column = 1;

		sscanf(text, "%u;%u", &row, &column);
		if (row == 1 && column == 1)
			snapshot(t);
		t->row = row - 1;
		t->column = column - 1;
	} else if (c == 'J' && strcmp(text, "2") == 0) {
		clear(t);
	} else if (c == 'm') {
		t->white_now = strcmp(text, "0;30;107") == 0;
	} else if (c != 'h' && c != 'l') {
		t->bad = true;
	}
}

/* What is dark of a block, by the octets of its UTF-8: U+2580, U+2584, U+2588,
 * and the glyphs DF, DC, DB of a console's font. */
static unsigned char
block(int first, int second, int third)
{
	static const struct {
		unsigned char utf8[3], dark;
	} blocks[] = {
		{ { 0xe2, 0x96, 0x80 }, UPPER },
		{ { 0xe2, 0x96, 0x84 }, LOWER },
		{ { 0xe2, 0x96, 0x88 }, UPPER | LOWER },
		{ { 0xef, 0x83, 0x9f }, UPPER },
		{ { 0xef, 0x83, 0x9c }, LOWER },
		{ { 0xef, 0x83, 0x9b }, UPPER | LOWER },
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (blocks[i].utf8[0] == first && blocks[i].utf8[1] == second &&
		    blocks[i].utf8[2] == third)
			return blocks[i].dark;
	}
	return 0;
}

static void
character(struct terminal *t, int c)
{
	unsigned char dark;
	int second, third;

	if (c == '\r' || c == '\n')
		return;
	if (c >= ' ' && c <= '~') {
		put(t, 0);
		return;
	}
	second = getchar();
	third = getchar();
	if ((dark = block(c, second, third)) == 0)
		t->bad = true;
	else
		put(t, dark);
}

int
main(int argc, char *argv[])
{
	static struct terminal t;
	int c;

	if (argc != 4)
		return 2;
	t.rows = (unsigned)atoi(argv[1]);
	t.columns = (unsigned)atoi(argv[2]);
	t.folder = argv[3];
	if (t.rows > SIDE_MAX || t.columns > SIDE_MAX)
		return 2;
	while ((c = getchar()) != EOF && !t.bad) {
		if (c != '\033')
			character(&t, c);
		else if (getchar() == '[')
			control(&t);
		else
			t.bad = true;
	}
	printf("%u\n", t.pictures);
	return t.bad ? 1 : 0;
}
