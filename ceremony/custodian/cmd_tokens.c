/* SPDX-License-Identifier: ISC */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/commands.h"

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

struct row {
	char label[33], serial[33], model[65], reader[65];
	uint64_t bits;
};

static void
print_row(const struct row *r)
{
	const char *sep = "";

	printf("%-32s %-16s %-16s ", r->label[0] == '\0' ? "-" : r->label,
	    r->serial[0] == '\0' ? "-" : r->serial, r->model);
	for (size_t i = 0; i < FLAGS; i++) {
		if ((r->bits >> i & 1) != (uint64_t)flags[i].when)
			continue;
		printf("%s%s", sep, flags[i].text);
		sep = ", ";
		if (i == 0)
			break; /* a blank token has nothing else to say */
	}
	printf("%s\n", sep[0] == '\0' ? "ready" : "");
}

static json_t *
json_row(const struct row *r)
{
	json_t *out = json_pack("{s:s,s:s,s:s,s:s}", "label", r->label,
	    "serial", r->serial, "model", r->model, "reader", r->reader);

	for (size_t i = 0; i < FLAGS; i++)
		json_object_set_new(out, flags[i].name,
		    json_boolean(r->bits >> i & 1));
	return out;
}

static bool
hear_tokens(struct ceremony *c, struct child *signer, json_t *list)
{
	struct row r;

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
		if (!child_fields_ok(c))
			return false;
		if (list != NULL)
			json_array_append_new(list, json_row(&r));
		else
			print_row(&r);
	}
}

int
cmd_tokens(const struct command *self, int argc, char *argv[])
{
	const char *json = NULL;
	const struct option_row rows[] = { { "--json", &json, 1 },
		{ NULL, NULL, 0 } };
	struct child signer = { .pid = -1, .sock = -1 };
	int status = command_options(self, &argc, argv, rows);
	struct ceremony *c;
	json_t *list = NULL;

	if (status != 0)
		return status;
	if (argc > 1)
		return command_usage(self);
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return EXIT_PROCESS;
	message_start(&c->in, MSG_NONE);
	message_start(&c->out, MSG_NONE);
	if (json != NULL)
		list = json_array();
	if (child_start(c, SPAWN_SIGNER, &signer)) {
		message_start(&c->out, MSG_LIST);
		message_put_text(&c->out, argc == 1 ? argv[0] : "softhsm");
		if (child_tell(c, &signer) && hear_tokens(c, &signer, list) &&
		    list != NULL) {
			json_dumpf(list, stdout, JSON_INDENT(1));
			putchar('\n');
		}
	}
	child_end(&signer);
	json_decref(list);
	if (c->status != EXIT_DONE)
		fprintf(stderr, "anchorite: %s\n", c->why);
	status = c->status;
	free(c);
	return status;
}
