/* SPDX-License-Identifier: ISC */
#include "tests/card/card_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/card/card_fault.h"

#define TEXT_MAX 8192
#define PATH_LEN 4096

/* ---- lines ------------------------------------------------------------ */

#define FIELDS 4

static void
set_serial(struct card_control *c, char *field[FIELDS])
{
	if (strlen(field[0]) == CARD_SERIAL_LEN)
		memcpy(c->serial, field[0], sizeof(c->serial));
}

static void
set_vendor(struct card_control *c, char *field[FIELDS])
{
	snprintf(c->vendor, sizeof(c->vendor), "%s", field[0]);
}

static void
set_log(struct card_control *c, char *field[FIELDS])
{
	(void)field;
	c->log = true;
}

static void
set_protocol(struct card_control *c, char *field[FIELDS])
{
	c->t0 = strcmp(field[0], "t0") == 0;
}

static void
set_pad(struct card_control *c, char *field[FIELDS])
{
	c->pad = true;
	snprintf(c->pad_pin, sizeof(c->pad_pin), "%s", field[0]);
}

static void
set_reader_pad(struct card_control *c, char *field[FIELDS])
{
	snprintf(c->reader_pad, sizeof(c->reader_pad), "%s", field[0]);
}

static void
set_reader_says(struct card_control *c, char *field[FIELDS])
{
	c->taken = strcmp(field[0], "taken") == 0;
	c->mute = strcmp(field[0], "mute") == 0;
}

static void
set_applet(struct card_control *c, char *field[FIELDS])
{
	c->no_applet = strcmp(field[0], "none") == 0;
}

static void
set_delay(struct card_control *c, char *field[FIELDS])
{
	c->delay = (unsigned)strtoul(field[0], NULL, 10);
}

static void
add_fault(struct card_control *c, char *field[FIELDS])
{
	struct card_fault *f = &c->faults[c->fault_count];

	if (c->fault_count == CARD_FAULTS_MAX)
		return;
	*f = (struct card_fault){ .kind = card_fault_kind(field[0]) };
	if (f->kind == NULL)
		return;
	f->ins =
	    strcmp(field[1], "*") == 0 ? -1 : (int)strtol(field[1], NULL, 16);
	f->at = strtoul(field[2], NULL, 10);
	snprintf(f->argument, sizeof(f->argument), "%s", field[3]);
	c->fault_count++;
}

static const struct {
	const char *name;
	void (*set)(struct card_control *c, char *field[FIELDS]);
} lines[] = {
	{ "serial", set_serial },
	{ "vendor", set_vendor },
	{ "log", set_log },
	{ "protocol", set_protocol },
	{ "pin-pad", set_pad },
	{ "reader-pad", set_reader_pad },
	{ "reader-says", set_reader_says },
	{ "applet", set_applet },
	{ "delay", set_delay },
	{ "fault", add_fault },
};

static void
read_line(struct card_control *c, char *line)
{
	static char none[] = "";
	char *rest = NULL, *name = strtok_r(line, " ", &rest);
	char *field[FIELDS];

	for (size_t i = 0; i < FIELDS; i++) {
		field[i] = strtok_r(NULL, " ", &rest);
		if (field[i] == NULL)
			field[i] = none;
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (name != NULL && strcmp(name, lines[i].name) == 0)
			lines[i].set(c, field);
}

/* ---- files ------------------------------------------------------------ */

static FILE *
open_beside(const char *card, const char *suffix, const char *mode)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s%s", card, suffix);
	return fopen(path, mode);
}

/* The text of the file, "" when there is none. */
static void
text_read(const char *card, char text[TEXT_MAX])
{
	FILE *f = open_beside(card, ".control", "r");
	size_t n = 0;

	if (f != NULL) {
		n = fread(text, 1, TEXT_MAX - 1, f);
		fclose(f);
	}
	text[n] = '\0';
}

/* FNV-1a: enough to tell that a test wrote something else. */
static uint32_t
text_sum(const char *text)
{
	uint32_t sum = 2166136261u;

	for (; *text != '\0'; text++)
		sum = (sum ^ (uint8_t)*text) * 16777619u;
	return sum;
}

/* What was seen of the faults of this very text. */
static void
seen_read(struct card_control *c, const char *card)
{
	FILE *f = open_beside(card, ".seen", "r");
	unsigned sum = 0;

	if (f == NULL)
		return;
	if (fscanf(f, "%x", &sum) == 1 && sum == c->sum)
		for (size_t i = 0; i < c->fault_count; i++)
			if (fscanf(f, "%lu", &c->faults[i].seen) != 1)
				break;
	fclose(f);
}

void
card_control_read(struct card_control *out, const char *card)
{
	char text[TEXT_MAX], *rest = NULL, *line;

	memset(out, 0, sizeof(*out));
	text_read(card, text);
	out->sum = text_sum(text);
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		read_line(out, line);
	if (out->fault_count > 0)
		seen_read(out, card);
}

void
card_control_keep(const struct card_control *control, const char *card)
{
	FILE *f = open_beside(card, ".seen", "w");

	if (f == NULL)
		return;
	fprintf(f, "%x", control->sum);
	for (size_t i = 0; i < control->fault_count; i++)
		fprintf(f, " %lu", control->faults[i].seen);
	fputc('\n', f);
	fclose(f);
}
