/* SPDX-License-Identifier: ISC */
/* anchorite media: what is there, and making a medium ready for the state. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/custodian/cell.h"
#include "ceremony/custodian/commands.h"
#include "ceremony/custodian/media.h"
#include "transfer/text.h"

#define LABEL_MAX 16  /* characters of a label of ext4 */
#define ENDING_MAX 32 /* characters of the end of a name */

struct media_order {
	struct ceremony *c;
	const char *device; /* or a folder */
	const char *label;
	const char *ending; /* of files, "": any */
	bool json, erase;
};

/* ---- list --------------------------------------------------------------------- */

static json_t *
json_row(const struct medium *m)
{
	return json_pack(
	    "{s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:b,s:s}", "name",
	    m->name, "disk", m->disk, "bus", m->bus, "size",
	    (json_int_t)m->size, "model", m->model, "serial", m->serial, "fs",
	    m->fs, "label", m->label, "uuid", m->uuid, "partition",
	    (m->flags & MEDIUM_PARTITION) != 0, "read_only",
	    (m->flags & MEDIUM_READ_ONLY) != 0, "usable",
	    (m->flags & MEDIUM_USABLE) != 0 && m->why[0] == '\0', "why",
	    m->why);
}

static bool
look(struct media_order *o)
{
	enum media_answer answer = media_look(o->c, o->c->desk);

	return answer == MEDIA_DONE ||
	    ceremony_stop(o->c, EXIT_STATE, "%s", o->c->desk->why);
}

static bool
run_list(struct media_order *o)
{
	const struct medium_list *l = &o->c->desk->list;
	json_t *rows;

	if (!look(o))
		return false;
	if (!o->json && l->count == 0)
		printf("no removable media\n");
	for (size_t i = 0; !o->json && i < l->count; i++)
		media_say(o->c->people, i + 1, &l->media[i]);
	if (!o->json)
		return true;
	rows = json_array();
	for (size_t i = 0; i < l->count; i++)
		json_array_append_new(rows, json_row(&l->media[i]));
	json_dumpf(rows, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(rows);
	return true;
}

/* ---- prepare ------------------------------------------------------------------ */

/* What stands for it when people type it: its serial, or its name. */
static const char *
identity(const struct medium *m)
{
	return m->serial[0] != '\0' ? m->serial : m->name;
}

/* Two sticks that say the same of themselves cannot be told apart. */
static bool
only_one(struct media_order *o, const struct medium *m)
{
	const struct medium_list *l = &o->c->desk->list;

	for (size_t i = 0; i < l->count; i++) {
		const struct medium *other = &l->media[i];

		if (strcmp(other->disk, m->disk) != 0 &&
		    strcmp(identity(other), identity(m)) == 0)
			return ceremony_stop(o->c, EXIT_INPUT,
			    "medium %s: %s has the same serial, %s: take one "
			    "of them out",
			    m->name, other->name, identity(m));
	}
	return true;
}

static bool
find_device(struct media_order *o, struct medium *out)
{
	const char *name =
	    strncmp(o->device, "/dev/", 5) == 0 ? o->device + 5 : o->device;
	const struct medium_list *l = &o->c->desk->list;

	if (!look(o))
		return false;
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->media[i].name, name) != 0)
			continue;
		*out = l->media[i];
		return only_one(o, out);
	}
	return ceremony_stop(o->c, EXIT_INPUT,
	    "%s: no removable medium of that name: see anchorite media list",
	    o->device);
}

static bool
may_be_lost(struct media_order *o, const struct medium *m)
{
	if (m->why[0] != '\0')
		return ceremony_stop(o->c, EXIT_STATE, "medium %s: %s", m->name,
		    m->why);
	if ((m->flags & MEDIUM_EMPTY) != 0 || o->erase)
		return true;
	return ceremony_stop(o->c, EXIT_INPUT,
	    "medium %s: is not empty (%s): to lose what is on it, say --erase",
	    m->name, m->fs);
}

static bool
typed_back(struct media_order *o, const struct medium *m)
{
	char prompt[300], line[MEDIA_TEXT_MAX + 2];

	snprintf(prompt, sizeof(prompt),
	    "%s on it is lost. Type its %s, %s, to make it a state medium: ",
	    (m->flags & MEDIUM_EMPTY) != 0 ? "Nothing" : "Everything",
	    m->serial[0] != '\0' ? "serial" : "name", identity(m));
	if (people_ask(o->c->people, prompt, line, sizeof(line)) &&
	    strcmp(line, identity(m)) == 0)
		return true;
	return ceremony_stop(o->c, EXIT_STOPPED,
	    "medium %s: that is not its %s: nothing was changed on it", m->name,
	    m->serial[0] != '\0' ? "serial" : "name");
}

/* One that reads back as it was written: blanks at the end are padding, and a
 * backslash would be escaped. */
static bool
label_valid(const char *label)
{
	return text_is_printable(label, LABEL_MAX) &&
	    strchr(label, '\\') == NULL && label[strlen(label) - 1] != ' ';
}

static bool
run_prepare(struct media_order *o)
{
	struct medium m;

	if (!label_valid(o->label))
		return ceremony_stop(o->c, EXIT_USAGE,
		    "--label: 1 to %d characters of ASCII, without a backslash "
		    "or a blank at the end",
		    LABEL_MAX);
	if (!find_device(o, &m))
		return false;
	media_say(o->c->people, 1, &m);
	if (!may_be_lost(o, &m) || !typed_back(o, &m))
		return false;
	if (media_make(o->c, o->c->desk, &m, o->label, o->erase) != MEDIA_DONE)
		return ceremony_stop(o->c, EXIT_STATE, "%s", o->c->desk->why);
	people_say(o->c->people, "medium %s: is a state medium now: %s", m.name,
	    o->label);
	return true;
}

/* ---- export, import ------------------------------------------------------------- */

static bool
open_folder(struct media_order *o, bool make, int *fd)
{
	if (make && mkdir(o->device, 0700) == -1 && errno != EEXIST)
		return ceremony_stop(o->c, EXIT_STATE, "%s: %s", o->device,
		    strerror(errno));
	return ceremony_open_folder(o->c, o->device, fd);
}

/* Bring one copy up to another. */
static bool
copy_state(struct media_order *o, int from, int to, const char *name)
{
	struct record_fault fault = { .text = "" };
	struct mirror *m = NULL;
	bool ok = mirror_open(from, to, &m, &fault) == RECORD_OK &&
	    mirror_sync(m, &fault) == RECORD_OK;

	mirror_close(m);
	if (ok)
		people_say(o->c->people, "%s: has the whole state now", name);
	return ok ||
	    ceremony_stop(o->c, EXIT_STATE, "%s: %s", name, fault.text);
}

static bool
run_export(struct media_order *o)
{
	int fd = -1;
	bool ok = open_folder(o, true, &fd) && media_state_find(o->c) &&
	    copy_state(o, o->c->desk->copies[0].fd, fd, o->device);

	if (fd != -1)
		close(fd);
	return ok;
}

static bool
run_import(struct media_order *o)
{
	const struct media_desk *d = o->c->desk;
	int fd = -1;
	bool ok = open_folder(o, false, &fd) && media_state_find(o->c);

	for (size_t i = 0; ok && i < d->copy_count; i++)
		ok = copy_state(o, fd, d->copies[i].fd,
		    d->copies[i].medium.name);
	if (fd != -1)
		close(fd);
	return ok;
}

/* ---- the command --------------------------------------------------------------- */

static bool
run_take(struct media_order *o)
{
	int fd = -1;
	bool ok = o->ending[0] == '\0' ||
	    text_is_printable(o->ending, ENDING_MAX) ||
	    ceremony_stop(o->c, EXIT_USAGE,
		"--ending: 1 to %d characters of ASCII", ENDING_MAX);

	ok = ok && open_folder(o, false, &fd) &&
	    media_files_take(o->c, o->ending, o->device, fd);
	if (fd != -1)
		close(fd);
	return ok;
}

static bool
run_put(struct media_order *o)
{
	return media_files_put(o->c, o->device);
}

static const struct verb {
	const char *name;
	bool (*run)(struct media_order *o);
	enum spawn_what what;
	int operands;
	bool people; /* they are asked */
} verbs[] = {
	{ "list", run_list, SPAWN_MEDIA, 0, false },
	{ "prepare", run_prepare, SPAWN_MEDIA_PREPARE, 1, true },
	{ "export", run_export, SPAWN_MEDIA, 1, false },
	{ "import", run_import, SPAWN_MEDIA, 1, false },
	{ "take", run_take, SPAWN_MEDIA, 0, true },
	{ "put", run_put, SPAWN_MEDIA, 1, true },
};

static bool
begin(struct media_order *o, const struct verb *v, bool loops)
{
	struct ceremony *c = o->c;

	if (v->people && !people_terminal(c->people))
		return ceremony_stop(c, EXIT_STATE,
		    "no terminal: questions are asked there");
	c->desk = calloc(1, sizeof(*c->desk));
	if (c->desk == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	c->desk->loops = loops;
	c->desk->state_label = o->label;
	c->desk->child = (struct child){ .pid = -1, .sock = -1 };
	/* what mounts is started before */
	return child_start(c, v->what, &c->desk->child) &&
	    (cell_enter(false, c->operator_level) ||
		ceremony_stop(c, EXIT_PROCESS, "limits cannot be set"));
}

static int
run(struct media_order *o, const struct verb *v, bool loops)
{
	struct people people = { .tty = -1, .rehearsal_fd = -1 };
	struct ceremony *c = calloc(1, sizeof(*c));
	int status;

	if (c == NULL) {
		fprintf(stderr, "anchorite: out of memory\n");
		return EXIT_PROCESS;
	}
	o->c = c;
	c->people = &people;
	message_start(&c->in, MSG_NONE);
	message_start(&c->out, MSG_NONE);
	if (!begin(o, v, loops) || !v->run(o))
		ceremony_stop(c, EXIT_PROCESS, "stopped for no known reason");
	status = c->status;
	if (status != EXIT_DONE)
		fprintf(stderr, "anchorite: %s\n", c->why);
	media_end(c);
	people_close(&people);
	message_clear(&c->in);
	message_clear(&c->out);
	free(c);
	return status;
}

int
cmd_media(const struct command *self, int argc, char *argv[])
{
	const char *json = NULL, *erase = NULL, *loop = NULL, *out = NULL;
	struct media_order o = { .label = MEDIA_STATE_LABEL, .ending = "" };
	const struct option_row rows[] = { { "--json", &json, 1 },
		{ "--loop", &loop, 1 }, { "--erase", &erase, 1 },
		{ "--label", &o.label, 0 }, { "--ending", &o.ending, 0 },
		{ "--out", &out, 0 }, { NULL, NULL, 0 } };
	int status = command_options(self, &argc, argv, rows);

	if (status != 0)
		return status;
	o.json = json != NULL;
	o.erase = erase != NULL;
	o.device = out != NULL ? out : argc > 1 ? argv[1] : "";
	/* a folder and an ending are named by that one alone */
	if (argc > 0 &&
	    (strcmp(argv[0], "take") == 0 ? out == NULL
					  : out != NULL || o.ending[0] != '\0'))
		return command_usage(self);
	for (size_t i = 0; argc > 0 && i < sizeof(verbs) / sizeof(verbs[0]);
	     i++) {
		if (strcmp(verbs[i].name, argv[0]) == 0 &&
		    argc == verbs[i].operands + 1)
			return run(&o, &verbs[i], loop != NULL);
	}
	return command_usage(self);
}
