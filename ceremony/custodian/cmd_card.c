/* SPDX-License-Identifier: ISC */
/* anchorite card: what is asked of whom, and which verb does it. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ceremony/custodian/card.h"
#include "ceremony/custodian/cell.h"
#include "ceremony/custodian/commands.h"
#include "smartcard/error.h"

#define SO_SIZE 16
#define PIN_MIN 6
#define PIN_MAX 15
#define ATTEMPTS 3

static const struct verb {
	const char *name;
	card_verb *run;
	bool people; /* they are asked */
	bool owner;  /* and an operator is named */
} verbs[] = {
	{ "list", card_list, false, false },
	{ "init", card_init, true, false },
	{ "personalise", card_personalise, true, true },
	{ "pin", card_pin, true, false },
	{ "verify", card_verify, true, false },
	{ "wipe", card_wipe, true, false },
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* ---- asking -------------------------------------------------------------- */

static bool
ask(struct card_order *o, const char *prompt, size_t min, size_t max,
    bool twice, struct secret **out)
{
	enum people_answer answer = PEOPLE_NO;

	for (int i = 0; i < ATTEMPTS && answer == PEOPLE_NO; i++)
		answer = people_secret(o->people, prompt, min, max, twice, out);
	return answer == PEOPLE_YES ||
	    ceremony_stop(o->c, EXIT_STOPPED,
		"%s: stopped: nothing was changed on it", o->label);
}

bool
card_ask_pin(struct card_order *o, struct secret **out)
{
	char prompt[160];

	/* C_InitPIN and C_SetPIN at a pad: this kind of card has no such
	 * command, and the two PINs of a change stand without a mark between */
	if (strstr(o->module, "opensc") != NULL)
		people_say(o->people,
		    "A new PIN is typed here, also where the reader has a PIN "
		    "pad.");
	snprintf(prompt, sizeof(prompt),
	    "New PIN of card %s, %d to %d characters: ", o->label, PIN_MIN,
	    PIN_MAX);
	return ask(o, prompt, PIN_MIN, PIN_MAX, true, out);
}

static bool
is_so_pin(const struct secret *so)
{
	for (size_t i = 0; i < so->len; i++)
		if (strchr("0123456789abcdefABCDEF", so->data[i]) == NULL ||
		    so->data[i] == '\0')
			return false;
	return so->len == SO_SIZE;
}

/* The same twice: the SO PIN is not moved on outside a ceremony. */
static bool
pass_so(struct card_order *o, const struct secret *so, int *fd)
{
	int pair[2];
	bool ok;

	if (!child_pair(o->c, pair))
		return false;
	ok = write(pair[1], so->data, so->len) == (ssize_t)so->len &&
	    write(pair[1], so->data, so->len) == (ssize_t)so->len;
	close(pair[1]);
	*fd = pair[0];
	if (!ok)
		close(pair[0]);
	return ok || ceremony_stop(o->c, EXIT_PROCESS, "%s: socket", o->label);
}

bool
card_ask_so(struct card_order *o, bool present, int *fd)
{
	struct secret *so = NULL;
	char prompt[160];
	bool ok;

	snprintf(prompt, sizeof(prompt),
	    present ? "Present SO PIN of card %s, 16 hexadecimal digits: "
		    : "New SO PIN of card %s, 16 hexadecimal digits: ",
	    o->label);
	if (!ask(o, prompt, SO_SIZE, SO_SIZE, !present, &so))
		return false;
	ok = is_so_pin(so) ? pass_so(o, so, fd)
			   : ceremony_stop(o->c, EXIT_INPUT,
				 "%s: an SO PIN is 16 hexadecimal digits: "
				 "nothing was changed on it",
				 o->label);
	secret_free(so);
	return ok;
}

bool
card_confirm(struct card_order *o, const char *what)
{
	char prompt[200], typed[64];

	snprintf(prompt, sizeof(prompt),
	    "%s: %s. Type its label to go on: ", o->label, what);
	return (people_ask(o->people, prompt, typed, sizeof(typed)) &&
		   strcmp(typed, o->label) == 0) ||
	    ceremony_stop(o->c, EXIT_STOPPED,
		"%s: its label was not typed: nothing was changed on it",
		o->label);
}

/* ---- opening ------------------------------------------------------------- */

static bool
open_token(struct card_order *o, struct child *signer, uint64_t *flags)
{
	struct ceremony *c = o->c;
	char label[33], serial[33], path[256];

	message_start(&c->out, MSG_OPEN);
	message_put_text(&c->out, o->module);
	message_put_text(&c->out, o->label);
	message_put_text(&c->out, o->serial);
	message_put_number(&c->out, !o->no_pinpad);
	if (!child_ask(c, signer, MSG_OPENED))
		return false;
	message_get_text(&c->in, label, sizeof(label) - 1);
	message_get_text(&c->in, serial, sizeof(serial) - 1);
	message_get_text(&c->in, path, sizeof(path) - 1);
	*flags = message_get_number(&c->in);
	return child_fields_ok(c);
}

/* Asked first when a wrong PIN would lock the card. */
static bool
may_try(struct card_order *o, uint64_t flags)
{
	if ((flags & TOKEN_PIN_LOCKED) != 0)
		return ceremony_stop(o->c, EXIT_CARD,
		    "%s: its PIN is locked: \"anchorite card init\" empties it "
		    "with its SO PIN",
		    o->label);
	return (flags & TOKEN_PIN_FINAL_TRY) == 0 ||
	    o->people->ops->last_try(o->people, o->label, "holder") ==
	    PEOPLE_YES ||
	    ceremony_stop(o->c, EXIT_STOPPED,
		"%s: one try is left: it was not used", o->label);
}

/* NULL where it is typed at the reader. */
static bool
ask_present_pin(struct card_order *o, uint64_t flags, struct secret **out)
{
	char prompt[160];

	if (flags & TOKEN_PIN_PAD) {
		people_say(o->people, "Type the PIN of card %s at the reader.",
		    o->label);
		return true;
	}
	snprintf(prompt, sizeof(prompt), "PIN of card %s: ", o->label);
	return *out != NULL || ask(o, prompt, 4, 32, false, out);
}

bool
card_open(struct card_order *o, struct child *signer, struct secret **pin)
{
	uint64_t flags = 0;

	if (!child_start(o->c, SPAWN_SIGNER, signer) ||
	    !open_token(o, signer, &flags) || !may_try(o, flags) ||
	    !ask_present_pin(o, flags, pin))
		return false;
	message_start(&o->c->out, MSG_LOGIN);
	message_put_octets(&o->c->out, *pin == NULL ? NULL : (*pin)->data,
	    *pin == NULL ? 0 : (*pin)->len);
	return child_ask(o->c, signer, MSG_OK);
}

/* ---- the command --------------------------------------------------------- */

static bool
order_complete(const struct verb *v, const struct card_order *o, int argc)
{
	if (v->run == card_list)
		return argc <= 2;
	if (argc != 2 || strlen(o->label) > 32 || o->label[0] == '\0' ||
	    o->json || ((o->ca || o->so) && v->run != card_wipe))
		return false;
	return (o->operator_id != NULL) == v->owner &&
	    (o->log != NULL) == v->owner;
}

static bool
start(struct card_order *o, const struct verb *v)
{
	char level[SANDBOX_LEVEL_MAX];

	if (!cell_enter(false, level))
		return ceremony_stop(o->c, EXIT_PROCESS,
		    "limits cannot be set");
	return !v->people || people_terminal(o->people) ||
	    ceremony_stop(o->c, EXIT_USAGE,
		"card %s: asks at a terminal, and there is none", v->name);
}

static int
run(struct card_order *o, const struct verb *v)
{
	struct people people = { .tty = -1, .rehearsal_fd = -1 };
	struct ceremony *c = secret_pages(sizeof(*c)); /* PINs pass through */
	int status;

	if (c == NULL) {
		fprintf(stderr,
		    "anchorite: memory cannot be locked: raise ulimit -l\n");
		return EXIT_PROCESS;
	}
	o->c = c;
	o->people = c->people = &people;
	message_start(&c->in, MSG_NONE);
	message_start(&c->out, MSG_NONE);
	if (!start(o, v) || !v->run(o))
		ceremony_stop(c, EXIT_PROCESS, "stopped for no known reason");
	status = c->status;
	if (status != EXIT_DONE)
		fprintf(stderr, "anchorite: %s\n", c->why);
	people_close(&people);
	message_clear(&c->in);
	message_clear(&c->out);
	secret_pages_free(c, sizeof(*c));
	return status;
}

int
cmd_card(const struct command *self, int argc, char *argv[])
{
	const char *json = NULL, *ca = NULL, *no_pinpad = NULL, *so = NULL;
	struct card_order o = { .module = NULL };
	const struct option_row rows[] = { { "--json", &json, 1 },
		{ "--ca", &ca, 1 }, { "--so", &so, 1 },
		{ "--no-pinpad", &no_pinpad, 1 }, { "--module", &o.module, 0 },
		{ "--operator", &o.operator_id, 0 }, { "--log", &o.log, 0 },
		{ NULL, NULL, 0 } };
	int status = command_options(self, &argc, argv, rows);

	if (status != 0)
		return status;
	o.json = json != NULL;
	o.ca = ca != NULL;
	o.so = so != NULL;
	o.no_pinpad = no_pinpad != NULL;
	o.label = argc > 1 ? argv[1] : "";
	for (size_t i = 0; argc > 0 && i < VERBS; i++) {
		if (strcmp(verbs[i].name, argv[0]) != 0)
			continue;
		if (!order_complete(&verbs[i], &o, argc))
			return command_usage(self);
		if (verbs[i].run == card_list && argc > 1)
			o.module = argv[1];
		if (o.module == NULL)
			o.module = "softhsm";
		return run(&o, &verbs[i]);
	}
	return command_usage(self);
}
