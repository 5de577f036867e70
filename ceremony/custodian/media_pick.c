/* SPDX-License-Identifier: ISC */
/* People pick a medium, and a file on it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/media.h"
#include "ceremony/record/words.h"

#define PAGE 14        /* entries that are shown at a time */
#define SHOWN_SIZE 121 /* of a name, escaped */
#define PATH_SIZE (MEDIA_PATH_MAX + 1)

/* ---- telling ----------------------------------------------------------------- */

void
media_size(uint64_t octets, char out[32])
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	double n = (double)octets;
	size_t unit = 0;

	if (octets < 1000) {
		snprintf(out, 32, "%u octets", (unsigned)octets);
		return;
	}
	for (n /= 1000; n >= 999.95 && unit < 3; unit++)
		n /= 1000;
	snprintf(out, 32, "%.1f %s", n, units[unit]);
}

static const char *
or_dash(const char *text)
{
	return text[0] == '\0' ? "-" : text;
}

void
media_say(struct people *p, size_t number, const struct medium *m)
{
	char size[32];

	media_size(m->size, size);
	people_say(p, "%3zu  %-10s %-10s %-9s %-12s %s%s%s", number, m->name,
	    size, m->bus, or_dash(m->fs), or_dash(m->label),
	    (m->flags & MEDIUM_READ_ONLY) != 0 ? "  write-protected" : "",
	    (m->flags & MEDIUM_PARTITION) != 0 ? "  partition" : "");
	people_say(p, "     %s, serial %s", or_dash(m->model),
	    or_dash(m->serial));
	if (m->why[0] != '\0')
		people_say(p, "     %s", m->why);
}

/* ---- asking ------------------------------------------------------------------ */

static bool
stopped(struct ceremony *c)
{
	if (c->plan == NULL)
		return ceremony_stop(c, EXIT_STOPPED,
		    "stopped while media were asked for: nothing was done");
	if (c->desk->leaving)
		return ceremony_stop(c, EXIT_STOPPED,
		    "stopped before everything left: the ceremony is closed "
		    "and whole; run the same plan again to write the rest");
	return ceremony_stop(c, EXIT_STOPPED,
	    "stopped while media were asked for: nothing was lost; run the "
	    "same plan again");
}

/* A line; false: stop.  A number of the list, from 1, is in *number, else 0. */
static bool
ask_line(struct ceremony *c, const char *prompt, char *line, size_t size,
    size_t *number)
{
	char *end;

	*number = 0;
	if (!people_ask(c->people, prompt, line, size) ||
	    strcmp(line, "q") == 0)
		return stopped(c);
	if (line[0] < '0' || line[0] > '9')
		return true;
	*number = (size_t)strtoull(line, &end, 10);
	if (*end != '\0')
		*number = 0;
	return true;
}

/* ---- a medium ----------------------------------------------------------------- */

static bool
will_do(const struct medium *m, const char *label, bool writable)
{
	return (m->flags & MEDIUM_USABLE) != 0 && m->why[0] == '\0' &&
	    !(writable && (m->flags & MEDIUM_READ_ONLY) != 0) &&
	    !(writable && strcmp(m->fs, "iso9660") == 0) &&
	    (label == NULL || strcmp(m->label, label) == 0);
}

/* Those that will do are numbered; of the others it is said that they are
 * there. */
static size_t
show_media(struct ceremony *c, const char *label, bool writable,
    const struct medium *picks[MEDIA_MAX])
{
	const struct medium_list *l = &c->desk->list;
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct medium *m = &l->media[i];

		if (will_do(m, label, writable)) {
			picks[n++] = m;
			media_say(c->people, n, m);
		} else if ((m->flags & MEDIUM_USABLE) != 0 ||
		    m->why[0] != '\0') {
			people_say(c->people,
			    "  -  %s is there, and not for this: %s", m->name,
			    m->why[0] != '\0' ? m->why
				: label != NULL && strcmp(m->label, label) != 0
				? "it has another label"
				: "it cannot be written to");
		}
	}
	return n;
}

bool
media_pick(struct ceremony *c, const char *what, const char *label,
    bool writable, struct medium *out)
{
	const struct medium *picks[MEDIA_MAX];
	char prompt[300], line[64];

	for (;;) {
		enum media_answer answer = media_look(c, c->desk);
		size_t n, number;

		if (answer == MEDIA_STOPPED)
			return false;
		if (answer == MEDIA_FAULT)
			return ceremony_stop(c, EXIT_STATE, "%s", c->desk->why);
		people_say(c->people, "media for %s:", what);
		n = show_media(c, label, writable, picks);
		if (n == 0)
			snprintf(prompt, sizeof(prompt),
			    "No medium for %.64s%s%.64s. Put one in, then "
			    "Enter (q: stop) ",
			    what, label == NULL ? "" : ", which is labelled ",
			    label == NULL ? "" : label);
		else
			snprintf(prompt, sizeof(prompt),
			    "Medium for %.64s: its number%s (r: look again, q: "
			    "stop) ",
			    what, n == 1 ? ", or Enter for the one" : "");
		if (!ask_line(c, prompt, line, sizeof(line), &number))
			return false;
		if (n == 1 && line[0] == '\0')
			number = 1;
		if (number >= 1 && number <= n) {
			*out = *picks[number - 1];
			return true;
		}
	}
}

/* ---- a file ------------------------------------------------------------------- */

/* A file that is wanted: of one name, or of one ending, which may be "". */
struct media_want {
	const char *file; /* NULL: any of the ending */
	const char *ending;
	const char *what; /* as people read of it */
};

static bool
ends_in(const char *name, const char *ending)
{
	size_t n = strlen(name), e = strlen(ending);

	return n >= e && strcmp(name + n - e, ending) == 0;
}

static void
shown_name(const struct media_entry *e, char out[SHOWN_SIZE])
{
	media_escape(e->name, strlen(e->name), out, SHOWN_SIZE);
}

/* What files are shown: those with a part in their names, or, before one was
 * typed, those that end as is wanted. */
static bool
matches(const struct media_entry *e, const char *part, const char *ending)
{
	char name[SHOWN_SIZE];

	shown_name(e, name);
	if (part[0] == '\0')
		return e->kind == MEDIA_ENTRY_FOLDER ||
		    ends_in(e->name, ending);
	return strstr(name, part) != NULL;
}

/* Numbers are those of the whole list, so that a part of a name may narrow
 * what is shown and not what is picked. */
static void
show_entries(struct ceremony *c, const struct media_listing *l,
    const char *part, const char *ending)
{
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct media_entry *e = &l->entries[i];
		char name[SHOWN_SIZE], size[32] = "";

		if (!matches(e, part, ending))
			continue;
		if (shown == PAGE) {
			left++;
			continue;
		}
		shown_name(e, name);
		if (e->kind == MEDIA_ENTRY_FILE)
			media_size(e->size, size);
		people_say(c->people, "%5zu  %-11s %-10s %s", i + 1,
		    media_entry_name(e->kind), size, name);
		shown++;
	}
	if (left > 0)
		people_say(c->people,
		    "       and %zu more: type a part of the name", left);
	if (l->total > l->count || l->more)
		people_say(c->people,
		    "       %s%zu entries: those beyond the first %zu are not "
		    "told of",
		    l->more ? "more than " : "", l->total, l->count);
	if (shown == 0)
		people_say(c->people, "       nothing%s%s",
		    part[0] == '\0' ? "" : " with ", part);
}

/* The one that Enter takes, by its number, or 0. */
static size_t
find_entry(const struct media_listing *l, const struct media_want *w)
{
	size_t found = 0, count = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct media_entry *e = &l->entries[i];

		if (e->kind != MEDIA_ENTRY_FILE ||
		    (w->file != NULL ? strcmp(e->name, w->file) != 0
				     : !ends_in(e->name, w->ending)))
			continue;
		found = i + 1;
		count++;
	}
	return count == 1 ? found : 0;
}

/* What picking comes to. */
enum picked {
	PICK_STOP,
	PICK_AGAIN, /* another medium */
	PICK_FOLDER,
	PICK_FILE
};

/* An entry of the listing is added to path. */
static enum picked
enter(struct ceremony *c, const struct media_entry *e, char path[PATH_SIZE])
{
	size_t at = strcmp(path, ".") == 0 ? 0 : strlen(path);
	char name[SHOWN_SIZE];

	shown_name(e, name);
	if (e->kind != MEDIA_ENTRY_FILE && e->kind != MEDIA_ENTRY_FOLDER) {
		people_say(c->people, "%s is a %s: neither file nor folder",
		    name, media_entry_name(e->kind));
		return PICK_FOLDER;
	}
	if (at + 1 + strlen(e->name) > MEDIA_PATH_MAX) {
		people_say(c->people, "%s: the path would be too long", name);
		return PICK_FOLDER;
	}
	snprintf(path + at, PATH_SIZE - at, "%s%s", at == 0 ? "" : "/",
	    e->name);
	return e->kind == MEDIA_ENTRY_FILE ? PICK_FILE : PICK_FOLDER;
}

static void
go_up(char path[PATH_SIZE])
{
	char *slash = strrchr(path, '/');

	if (slash != NULL)
		*slash = '\0';
	else
		strcpy(path, ".");
}

static enum picked
pick_entry(struct ceremony *c, const struct media_listing *l,
    const struct media_want *w, char path[PATH_SIZE])
{
	size_t own = find_entry(l, w), number;
	char prompt[300], line[64] = "";

	show_entries(c, l, "", w->ending);
	snprintf(prompt, sizeof(prompt),
	    "%s%.64s: its number, or a part of its name%s (u: folder "
	    "above, r: another medium, q: stop) ",
	    w->file != NULL ? "File for " : "Choose ", w->what,
	    own == 0              ? ""
		: w->file != NULL ? ", or Enter for the one of that name"
				  : ", or Enter for the only one");
	for (;;) {
		if (!ask_line(c, prompt, line, sizeof(line), &number))
			return PICK_STOP;
		if (line[0] == '\0' && own > 0)
			number = own;
		if (number >= 1 && number <= l->count)
			return enter(c, &l->entries[number - 1], path);
		if (strcmp(line, "r") == 0)
			return PICK_AGAIN;
		if (strcmp(line, "u") == 0) {
			go_up(path);
			return PICK_FOLDER;
		}
		show_entries(c, l, line, w->ending);
	}
}

/* From a folder to a file of it, or of one below. */
static enum picked
pick_file(struct ceremony *c, const struct medium *m,
    const struct media_want *w, char path[PATH_SIZE])
{
	enum picked picked = PICK_FOLDER;

	strcpy(path, ".");
	while (picked == PICK_FOLDER) {
		struct media_listing l;
		enum media_answer answer =
		    media_folder(c, c->desk, m, path, &l);

		if (answer == MEDIA_STOPPED)
			return PICK_STOP;
		if (answer == MEDIA_FAULT) {
			people_say(c->people, "%s", c->desk->why);
			return PICK_AGAIN;
		}
		picked = pick_entry(c, &l, w, path);
		media_listing_clear(&l);
	}
	return picked;
}

/* ---- what is taken ------------------------------------------------------------- */

static bool
confirm(struct ceremony *c, const struct media_taken *t, bool *yes)
{
	char what[400], line[16];
	size_t number;

	snprintf(what, sizeof(what), "%s: %zu octets, SHA-256:", t->path,
	    t->len);
	people_say_words(c->people, what, t->sha256);
	if (!ask_line(c,
		"Compare with what came with it. Enter takes it (n: another, "
		"q: stop) ",
		line, sizeof(line), &number))
		return false;
	*yes = line[0] == '\0' || strcmp(line, "y") == 0;
	return true;
}

/* One try; *got: a file was taken. */
static bool
take_one(struct ceremony *c, const struct media_want *w, struct media_taken *t,
    bool *got)
{
	char path[PATH_SIZE];
	enum media_answer answer;
	enum picked picked;

	if (!media_pick(c, w->what, c->desk->in_label, false, &t->medium))
		return false;
	picked = pick_file(c, &t->medium, w, path);
	if (picked != PICK_FILE)
		return picked != PICK_STOP;
	answer = media_take(c, c->desk, &t->medium, path, &t->data, &t->len,
	    t->sha256);
	if (answer != MEDIA_DONE) {
		people_say(c->people, "%s", c->desk->why);
		return answer == MEDIA_FAULT;
	}
	media_escape(path, strlen(path), t->path, sizeof(t->path));
	const char *slash = strrchr(path, '/');
	snprintf(t->name, sizeof(t->name), "%.*s", MEDIA_NAME_MAX,
	    slash == NULL ? path : slash + 1);
	if (!confirm(c, t, got))
		return false;
	if (!*got) {
		free(t->data);
		t->data = NULL;
	}
	return true;
}

static struct media_taken *
find_taken(struct media_desk *d, const char *file)
{
	for (size_t i = 0; i < d->taken_count; i++) {
		if (strcmp(d->taken[i].file, file) == 0)
			return &d->taken[i];
	}
	return NULL;
}

bool
media_take_new(struct ceremony *c, const char *ending, struct media_taken *t)
{
	char what[MEDIA_TEXT_MAX + 32] = "a file";
	const struct media_want w = { .ending = ending, .what = what };
	bool got = false;

	if (ending[0] != '\0')
		snprintf(what, sizeof(what), "a file ending in %.*s",
		    MEDIA_TEXT_MAX, ending);
	memset(t, 0, sizeof(*t));
	while (!got) {
		if (!take_one(c, &w, t, &got)) {
			free(t->data);
			t->data = NULL;
			return false;
		}
	}
	return true;
}

bool
media_input(struct ceremony *c, const char *file, uint8_t **data, size_t *len)
{
	struct media_desk *d = c->desk;
	const struct media_want w = { .file = file,
		.ending = "",
		.what = file };
	struct media_taken *t = find_taken(d, file);
	bool got = t != NULL;

	*data = NULL;
	if (!got && d->taken_count == PLAN_STEPS_MAX)
		return ceremony_stop(c, EXIT_PROCESS, "media: too many files");
	if (!got) {
		t = &d->taken[d->taken_count];
		memset(t, 0, sizeof(*t));
		snprintf(t->file, sizeof(t->file), "%s", file);
		while (!got) {
			if (!take_one(c, &w, t, &got)) {
				free(t->data);
				return false;
			}
		}
		d->taken_count++;
	}
	*data = malloc(t->len + 1);
	if (*data == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	memcpy(*data, t->data, t->len + 1);
	*len = t->len;
	return !c->opened || media_note(c);
}
