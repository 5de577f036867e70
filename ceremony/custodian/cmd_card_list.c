/* SPDX-License-Identifier: ISC */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/card.h"

/* Bits of a token's flags, as the signer sends them. */
static const struct {
	const char *name, *text;
	bool when; /* say so when the bit is this */
} flags[] = {
	{ "initialised", "blank", false },
	{ "user_pin_set", "no user PIN", false },
	{ "pin_count_low", "PIN was wrong before", true },
	{ "pin_final_try", "last PIN try", true },
	{ "pin_locked", "PIN locked", true },
	{ "so_count_low", "SO PIN was wrong before", true },
	{ "so_final_try", "last SO PIN try", true },
	{ "so_locked", "SO PIN locked", true },
	{ "pin_pad", "PIN pad", true },
};
#define FLAGS (sizeof(flags) / sizeof(flags[0]))

/* By enum reader_holds; text: of a card that could not be asked. */
static const struct {
	const char *name, *text;
} states[] = {
	[READER_EMPTY] = { "empty", NULL },
	[READER_CARD] = { "ready", NULL },
	[READER_BLANK] = { "ready", NULL },
	[READER_FOREIGN] = { "foreign",
	    "no SmartCard-HSM, and OpenSC does not know it" },
	[READER_MUTE] = { "mute", "mute: is it the wrong way round, or dead?" },
	[READER_TAKEN] = { "taken",
	    "another process has it: end that, and list again" },
	[READER_ODD] = { "out-of-form", "what it answers is out of form" },
	[READER_HANGS] = { "hangs",
	    "it does not answer: take it out, and put it in again" },
};
#define STATES (sizeof(states) / sizeof(states[0]))

static bool
has_key(const struct card_row *r, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = r->keys; (at = strstr(at, name)) != NULL;
	     at += len)
		if ((at == r->keys || at[-1] == ',') &&
		    (at[len] == '\0' || at[len] == ','))
			return true;
	return false;
}

bool
card_has_ca(const struct card_row *r)
{
	return has_key(r, "root") || has_key(r, "product-ca") ||
	    has_key(r, "sealer");
}

bool
card_is_unread(const struct card_row *r)
{
	return has_key(r, "?");
}

bool
card_is_asked(const struct card_row *r)
{
	return states[r->state].text == NULL;
}

const char *
card_holds(const struct card_row *r)
{
	if (!card_is_asked(r))
		return "unknown";
	if ((r->bits & 1) == 0)
		return "blank";
	if (card_has_ca(r))
		return "CA token";
	if (has_key(r, "sign") && has_key(r, "derive"))
		return "operator's card";
	return r->keys[0] == '\0' ? "empty" : "other";
}

static void
print_row(const struct card_row *r)
{
	const char *sep = "";

	if (!card_is_asked(r)) {
		printf("%-24s %-16s %-16s %s\n    in %s\n", "-", "-",
		    card_holds(r), states[r->state].text, r->reader);
		return;
	}
	printf("%-24s %-16s %-16s %s", r->label[0] == '\0' ? "-" : r->label,
	    r->serial[0] == '\0' ? "-" : r->serial, card_holds(r), r->keys);
	printf("%s  ", r->keys[0] == '\0' ? "-" : "");
	for (size_t i = 1; (r->bits & 1) != 0 && i < FLAGS; i++) {
		if ((r->bits >> i & 1) != (uint64_t)flags[i].when)
			continue;
		printf("%s%s", sep, flags[i].text);
		sep = ", ";
	}
	if (r->tries > 0)
		printf("%s%llu tries left", sep, (unsigned long long)r->tries);
	printf("%s\n    in %s\n",
	    sep[0] == '\0' && r->tries == 0 ? "ready" : "", r->reader);
}

static json_t *
json_row(const struct card_row *r)
{
	json_t *out = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "label",
	    r->label, "serial", r->serial, "model", r->model, "reader",
	    r->reader, "holds", card_holds(r), "state", states[r->state].name,
	    "keys", r->keys, "tries", (json_int_t)r->tries);

	for (size_t i = 0; i < FLAGS; i++)
		json_object_set_new(out, flags[i].name,
		    json_boolean(r->bits >> i & 1));
	return out;
}

/* What is done with each row. */
typedef void row_use(void *arg, const struct card_row *r);

static bool
hear_rows(struct ceremony *c, struct child *signer, row_use *use, void *arg)
{
	struct card_row r;

	for (;;) {
		if (!child_hear_either(c, signer, MSG_TOKEN, MSG_DONE))
			return false;
		if (c->in.kind == MSG_DONE)
			return true;
		message_get_text(&c->in, r.label, sizeof(r.label) - 1);
		message_get_text(&c->in, r.serial, sizeof(r.serial) - 1);
		message_get_text(&c->in, r.model, sizeof(r.model) - 1);
		message_get_text(&c->in, r.reader, sizeof(r.reader) - 1);
		r.bits = message_get_number(&c->in);
		r.tries = message_get_number(&c->in);
		message_get_text(&c->in, r.keys, sizeof(r.keys) - 1);
		r.state = message_get_number(&c->in);
		c->in.bad = c->in.bad || r.state >= STATES;
		if (!child_fields_ok(c))
			return false;
		use(arg, &r);
	}
}

static bool
each_row(struct card_order *o, row_use *use, void *arg)
{
	struct child signer = { .pid = -1, .sock = -1 };
	bool ok = child_start(o->c, SPAWN_SIGNER, &signer);

	if (ok) {
		message_start(&o->c->out, MSG_LIST);
		message_put_text(&o->c->out, o->module);
		ok = child_tell(o->c, &signer) &&
		    hear_rows(o->c, &signer, use, arg);
	}
	child_end(&signer);
	return ok;
}

static void
use_print(void *arg, const struct card_row *r)
{
	(void)arg;
	print_row(r);
}

static void
use_json(void *arg, const struct card_row *r)
{
	json_array_append_new(arg, json_row(r));
}

bool
card_list(struct card_order *o)
{
	json_t *list;
	bool ok;

	if (!o->json)
		return each_row(o, use_print, NULL);
	list = json_array();
	ok = each_row(o, use_json, list);
	if (ok) {
		json_dumpf(list, stdout, JSON_INDENT(1));
		putchar('\n');
	}
	json_decref(list);
	return ok;
}

struct wanted {
	const char *label;
	size_t found;
	struct card_row *out;
	struct card_row unread; /* the first that could not be asked */
};

static void
use_find(void *arg, const struct card_row *r)
{
	struct wanted *w = arg;

	if (!card_is_asked(r) && w->unread.reader[0] == '\0')
		w->unread = *r;
	if ((r->bits & 1) == 0 || strcmp(r->label, w->label) != 0)
		return;
	*w->out = *r;
	w->found++;
}

bool
card_find(struct card_order *o, struct card_row *out, bool *absent)
{
	struct wanted w = { .label = o->label, .out = out };

	if (!each_row(o, use_find, &w))
		return false;
	if (w.found == 1) {
		memcpy(o->serial, out->serial, sizeof(o->serial));
		return true;
	}
	if (w.found == 0 && absent != NULL) {
		*absent = true;
		return false;
	}
	if (w.found == 0 && w.unread.reader[0] != '\0')
		return ceremony_stop(o->c, EXIT_CARD,
		    "%s: in no reader that could be asked; the card in %s: %s",
		    o->label, w.unread.reader, states[w.unread.state].text);
	return ceremony_stop(o->c, EXIT_CARD,
	    w.found == 0
		? "%s: no card of this label is in a reader"
		: "%s: more than one card has this label: leave one in "
		  "its reader",
	    o->label);
}
