/* SPDX-License-Identifier: ISC */
/* The transcript as a timeline; nothing is verified but the chain. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/auditor/commands.h"
#include "ceremony/record/event.h"
#include "ceremony/record/transcript.h"

/* What of each record's body is worth a word, in this order. */
static const struct {
	const char *type;
	const char *keys[8];
} rows[] = {
	{ "ceremony.open", { "date", "title", "version" } },
	{ "ceremony.resume", { "torn" } },
	{ "ceremony.close", { "steps", "issuance_lines", "tree_size" } },
	{ "step.begin", { "step", "kind" } },
	{ "step.end", { "step" } },
	{ "so.split", { "threshold", "custodians", "kept" } },
	{ "backup.split", { "threshold", "custodians", "kept" } },
	{ "so.use", { "label", "n" } },
	{ "enrol", { "operator", "name", "label", "serial" } },
	{ "csr", { "file", "spki_sha256" } },
	{ "request", { "sequence", "entries", "request" } },
	{ "request.repeat", { "request", "response" } },
	{ "act.propose",
	    { "act", "resumes", "kind", "label", "epoch", "uses",
		"input_sha256" } },
	{ "approve", { "act", "operator" } },
	{ "approve.refused", { "act", "operator", "reason" } },
	{ "act.begin", { "act", "operators" } },
	{ "act.result",
	    { "act", "uses", "label", "certificate", "number", "issued",
		"duplicate", "rejected" } },
	{ "act.void", { "act", "reason" } },
	{ "module", { "path", "version", "sha256", "conf" } },
	{ "medium",
	    { "direction", "file", "path", "size", "sha256", "label",
		"serial" } },
	{ "card", { "label", "serial", "event", "seq" } },
	{ "exception", { "what", "reason" } },
};

/* Digests are cut short: this is to be read.  Nothing gets to the terminal
 * but printable ASCII. */
static void
show_text(const char *text)
{
	size_t len = strlen(text);
	bool quoted = len == 0 || strchr(text, ' ') != NULL;

	if (len == 64 && strspn(text, "0123456789abcdef") == len) {
		printf("%.12s..", text);
		return;
	}
	if (quoted)
		putchar('"');
	for (; *text != '\0'; text++)
		putchar(*text < ' ' || *text > '~' ? '?' : *text);
	if (quoted)
		putchar('"');
}

static void
show_value(json_t *value)
{
	json_t *item;
	size_t i;

	if (json_is_string(value)) {
		show_text(json_string_value(value));
	} else if (json_is_integer(value)) {
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else if (json_is_boolean(value)) {
		fputs(json_is_true(value) ? "yes" : "no", stdout);
	} else if (json_is_object(value) &&
	    json_object_get(value, "use") != NULL) {
		show_value(json_object_get(value, "use"));
		printf(":%" JSON_INTEGER_FORMAT,
		    json_integer_value(json_object_get(value, "n")));
	} else {
		json_array_foreach(value, i, item)
		{
			if (i > 0)
				putchar(',');
			show_value(item);
		}
	}
}

static void
show_event(const struct event *e)
{
	size_t row = 0;

	printf("%5llu  %s  %-15s", (unsigned long long)e->seq + 1, e->t,
	    e->type);
	while (row < sizeof(rows) / sizeof(rows[0]) &&
	    strcmp(rows[row].type, e->type) != 0)
		row++;
	for (size_t k = 0; row < sizeof(rows) / sizeof(rows[0]) && k < 8 &&
	     rows[row].keys[k] != NULL;
	     k++) {
		json_t *value = json_object_get(e->body, rows[row].keys[k]);

		if (value == NULL)
			continue;
		printf(" %s=", rows[row].keys[k]);
		show_value(value);
	}
	if (json_array_size(e->actor) > 0) {
		fputs("  (", stdout);
		show_value(e->actor);
		putchar(')');
	}
	putchar('\n');
}

static enum audit_status
show_all(const struct transcript *t)
{
	char ceremony[256] = "";

	for (uint64_t i = 0; i < transcript_count(t); i++) {
		struct record_fault fault = { 0 };
		struct event e;
		size_t len;
		const char *line = transcript_line(t, i, &len);

		if (event_read(line, len, &e, &fault) != RECORD_OK) {
			fprintf(stderr,
			    "anchorite-audit: transcript.jsonl line %llu: %s\n",
			    (unsigned long long)i + 1, fault.text);
			return AUDIT_FINDING;
		}
		if (strcmp(ceremony, e.cer) != 0) {
			snprintf(ceremony, sizeof(ceremony), "%s", e.cer);
			printf("%s%s, ceremony %s\n", i == 0 ? "" : "\n", e.log,
			    e.cer);
		}
		show_event(&e);
		event_clear(&e);
	}
	return AUDIT_VERIFIED;
}

enum audit_status
cmd_show(const struct command *self, int argc, char *argv[])
{
	struct record_fault fault = { 0 };
	struct transcript *t = NULL;
	enum audit_status status = AUDIT_UNREADABLE;
	bool torn = false;
	int dirfd;

	if (argc != 1 || argv[0][0] == '-')
		return command_usage(self);
	if ((dirfd = state_open(argv[0])) < 0)
		return AUDIT_UNREADABLE;
	if (transcript_view(dirfd, &t, &torn, &fault) != RECORD_OK) {
		fprintf(stderr, "anchorite-audit: %s: %s\n", argv[0],
		    fault.text);
	} else {
		status = show_all(t);
		if (torn)
			puts("the last line is torn: it does not end in LF");
	}
	transcript_close(t);
	close(dirfd);
	return status;
}
