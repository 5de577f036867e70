/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ca/date.h"
#include "ceremony/custodian/cell.h"
#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/commands.h"
#include "ceremony/custodian/rotate.h"
#include "ceremony/record/words.h"
#include "transfer/text.h"

/* S, as it is in force, still makes the token's SO PIN. */
static bool
recoverable(const struct history *h, const char *label)
{
	uint32_t n;
	bool again;

	return history_so(h, label, &n, &again) == h->so_in_force;
}

static json_t *
json_tokens(const struct history *h)
{
	json_t *out = json_array();

	for (size_t i = 0; i < h->token_count; i++) {
		const struct history_token *t = &h->tokens[i];
		char next[DATE_RFC3339_SIZE] = "-";
		char proved[DATE_RFC3339_SIZE] = "-";

		date_format_rfc3339(t->proved_date, proved);
		if (t->has_crl)
			date_format_rfc3339(t->crl_next, next);
		json_array_append_new(out,
		    json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:i,s:b,s:b,s:b,s:b,"
			      "s:s,s:b,s:s,s:s,s:s}",
			"label", t->label, "serial", t->serial, "module",
			t->module, "role", t->keys[0].role, "epoch",
			(int)t->now.epoch, "m", (int)t->now.m, "n",
			(int)t->now.n, "stale", history_stale(h, t), "cut_off",
			t->next.epoch != 0, "owed", t->owed, "recoverable",
			recoverable(h, t->label), "crl_next", next, "destroyed",
			t->destroyed, "copy_of", t->copy_of, "proved", proved,
			"proved_in", t->proved));
	}
	return out;
}

static json_t *
json_operators(const struct history *h)
{
	json_t *out = json_array();

	for (size_t i = 0; i < h->operator_count; i++)
		json_array_append_new(out,
		    json_pack("{s:s,s:s,s:s,s:b,s:b}", "id", h->operators[i].id,
			"label", h->operators[i].label, "serial",
			h->operators[i].serial, "elsewhere",
			h->operators[i].elsewhere, "heads",
			!h->operators[i].headless));
	return out;
}

static json_t *
json_intermediates(const struct history *h)
{
	json_t *out = json_array();

	for (size_t i = 0; i < h->intermediate_count; i++) {
		const struct history_intermediate *m = &h->intermediates[i];

		json_array_append_new(out,
		    json_pack("{s:s,s:i,s:o,s:b,s:s,s:o,s:b}", "ceremony",
			m->ceremony, "step", (int)m->step, "key",
			json_digest(m->spki_sha256), "certified", m->certified,
			"issuer", m->label, "certificate",
			m->certified ? json_digest(m->cert) : json_null(),
			"sealed", m->sealed));
	}
	return out;
}

static json_t *
json_status(const struct history *h)
{
	return json_pack(
	    "{s:s,s:I,s:o,s:o,s:s,s:b,s:I,s:i,s:o,s:o,s:o,s:I,s:I,s:I}", "log",
	    h->log, "lines", (json_int_t)h->lines, "head",
	    json_digest(h->head.hash), "anchor",
	    h->has_anchor ? json_digest(h->anchor) : json_null(), "ceremony",
	    h->ceremony, "open", h->open, "ceremonies",
	    (json_int_t)h->ceremony_count, "m", (int)h->policy.m, "operators",
	    json_operators(h), "tokens", json_tokens(h), "intermediates",
	    json_intermediates(h), "orders", (json_int_t)h->order_count,
	    "requests", (json_int_t)h->request_count, "certificates",
	    (json_int_t)h->log_state.tree_size);
}

static void
print_status(const struct history *h)
{
	char words[WORDS_TEXT_MAX];

	printf("log %s: %zu ceremonies, the last %s (%s)\n", h->log,
	    h->ceremony_count, h->ceremony,
	    h->open ? "not closed: run its plan again" : "closed");
	printf("quorum: %u of %zu\n", h->policy.m, h->policy.n);
	for (size_t i = 0; i < h->operator_count; i++)
		printf("  %-16s card %s (%s)%s%s\n", h->operators[i].id,
		    h->operators[i].label, h->operators[i].serial,
		    h->operators[i].elsewhere ? ", personalised elsewhere" : "",
		    h->operators[i].headless ? ", remembers no head" : "");
	for (size_t i = 0; i < h->token_count; i++) {
		const struct history_token *t = &h->tokens[i];
		const char *reason = history_unfit(h, t);
		char next[DATE_RFC3339_SIZE] = "no CRL yet";
		char proved[DATE_RFC3339_SIZE] = "-";

		if (t->has_crl)
			date_format_rfc3339(t->crl_next, next);
		date_format_rfc3339(t->proved_date, proved);
		printf("%s: token %s (%s), epoch %u, CRL until %s\n",
		    t->keys[0].role, t->label, t->serial, t->now.epoch, next);
		if (t->leaves)
			printf("  %s%s; last proved at %s, in %s\n",
			    t->copy_of[0] == '\0' ? "its keys were made here"
						  : "a copy of ",
			    t->copy_of, proved, t->proved);
		if (t->destroyed || t->doomed)
			printf("  its keys %s\n",
			    t->destroyed ? "were destroyed"
					 : "are being destroyed: run the plan "
					   "again");
		if (reason != NULL)
			printf("  %s: it does nothing before it is changed\n",
			    reason);
		if (!t->destroyed && !recoverable(h, t->label))
			printf("  S cannot recover it: its SO PIN comes from "
			       "words that were replaced\n");
	}
	for (size_t i = 0; i < h->intermediate_count; i++) {
		const struct history_intermediate *m = &h->intermediates[i];
		char hex[TEXT_HEX_SIZE(32)];

		text_hex(m->spki_sha256, 32, hex);
		printf("intermediate: step %u of %s, key %.16s.., %s%s\n",
		    m->step, m->ceremony, hex,
		    m->certified ? "certified by " : "not certified yet",
		    m->label);
	}
	printf("%zu work orders, %zu requests, %llu certificates\n",
	    h->order_count, h->request_count,
	    (unsigned long long)h->log_state.tree_size);
	words_write(h->head.hash, words);
	printf("head, line %llu:\n  %s\n", (unsigned long long)h->lines, words);
}

/* Read the state without locking or changing it. */
static bool
load(const char *path, struct history *h, struct record_fault *fault)
{
	struct transcript *t = NULL;
	bool torn = false;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum record_error err;

	if (fd == -1) {
		record_fail(fault, RECORD_ERR_IO, "%s", strerror(errno));
		return false;
	}
	err = transcript_view(fd, &t, &torn, fault);
	for (uint64_t i = 0; err == RECORD_OK && i < transcript_count(t); i++) {
		size_t len;
		const char *line = transcript_line(t, i, &len);
		err = history_apply(h, fd, line, len, fault);
	}
	transcript_close(t);
	close(fd);
	return err == RECORD_OK;
}

int
cmd_status(const struct command *self, int argc, char *argv[])
{
	const char *state = NULL, *json = NULL;
	const struct option_row rows[] = { { "--state", &state, 0 },
		{ "--json", &json, 1 }, { NULL, NULL, 0 } };
	struct record_fault fault = { .text = "" };
	int status = command_options(self, &argc, argv, rows);
	struct history *h;

	if (status != 0)
		return status;
	if (argc != 0 || state == NULL)
		return command_usage(self);
	if (!cell_look(state))
		return EXIT_PROCESS;
	h = history_new();
	if (h == NULL || !load(state, h, &fault)) {
		fprintf(stderr, "anchorite: %s: %s\n", state, fault.text);
		history_free(h);
		return EXIT_STATE;
	}
	if (json != NULL) {
		json_t *out = json_status(h);
		json_dumpf(out, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(out);
	} else {
		print_status(h);
	}
	history_free(h);
	return EXIT_DONE;
}
