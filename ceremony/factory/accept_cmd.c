/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ca/date.h"
#include "ceremony/factory/acceptance.h"
#include "ceremony/factory/clock.h"
#include "ceremony/factory/command.h"
#include "ceremony/factory/say.h"
#include "ceremony/record/words.h"

enum {
	REQUEST,
	RESPONSE,
	ROOT,
	ORDER,
	OUT,
	DATE
};

static const struct option_row options[] = {
	[REQUEST] = { "request", "FILE", true, "the request that was sent",
	    PLACE_READ },
	[RESPONSE] = { "response", "FILE", true, "the answer to it",
	    PLACE_READ },
	[ROOT] = { "root", "WORDS|HEX", true,
	    "SPKI digest of the root, 32 words or 64 hex digits" },
	[ORDER] = { "order", "FILE", true, "the work order", PLACE_READ },
	[OUT] = { "out", "DIR", true, "new folder for what was signed",
	    PLACE_MAKE },
	[DATE] = { "date", "RFC3339", false, "instead of the clock" },
	{ 0 },
};

static bool
read_root(const char *text, uint8_t root[32])
{
	unsigned bad = 0;

	if (words_read(text, root, &bad))
		return true;
	if (bad != 0)
		say_error("--root: word %u is not the right one at its place",
		    bad);
	else
		say_error("--root: neither 32 words nor 64 hex digits");
	return false;
}

static enum outcome
read_response(struct acceptance *a)
{
	struct transfer_fault fault = { 0 };
	enum outcome ret = input_sealed(a->response_path, &a->response_file);

	if (ret != OUTCOME_DONE)
		return ret;
	if (response_read((const char *)a->response_file.payload,
		a->response_file.len, &a->response, &fault) == TRANSFER_OK)
		return OUTCOME_DONE;
	say_error("%s: %s", a->response_path, fault.text);
	return fault.err == TRANSFER_ERR_MEMORY ? OUTCOME_TROUBLE
						: OUTCOME_REFUSED;
}

static enum outcome
read_files(struct acceptance *a)
{
	enum outcome ret =
	    input_order(a->order_path, &a->order_file, &a->order);

	if (ret == OUTCOME_DONE)
		ret = input_request(a->request_path, &a->request_file,
		    &a->request);
	return ret == OUTCOME_DONE ? read_response(a) : ret;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One line a rule: how many entries it refused. */
static void
tell_rules(const struct response *r)
{
	const char **rules = calloc(r->count + 1, sizeof(*rules));
	size_t n = 0, same = 0;

	if (rules == NULL)
		return;
	for (size_t i = 0; i < r->count; i++) {
		if (r->entries[i].certificate == NULL)
			rules[n++] = r->entries[i].rule;
	}
	qsort(rules, n, sizeof(*rules), by_text);
	for (size_t i = 0; i < n; i++) {
		same++;
		if (i + 1 == n || strcmp(rules[i], rules[i + 1]) != 0) {
			say("  %-20s %zu", rules[i], same);
			same = 0;
		}
	}
	free(rules);
}

static void
tell(const struct acceptance *a, const char *folder)
{
	char next[DATE_RFC3339_SIZE] = "?";

	say("%s: %zu certificates, %zu refused", folder, a->cert_count,
	    a->response.count - a->cert_count);
	tell_rules(&a->response);
	if (a->revoked > 0)
		say("  %-20s %zu", "revoked", a->revoked);
	if (a->now <= a->crl_next)
		return;
	date_format_rfc3339(a->crl_next, next);
	say_error("%s/crl.pem: expired on %s; check will FAIL every unit until "
		  "a newer one takes its place",
	    folder, next);
}

static enum outcome
judge(struct acceptance *a, const uint8_t root[32], const char *folder)
{
	enum outcome ret = read_files(a);

	if (ret != OUTCOME_DONE)
		return ret;
	if (!acceptance_chain(a, root) || !acceptance_entries(a)) {
		say_error("%s", a->why);
		return OUTCOME_REFUSED;
	}
	ret = acceptance_write(a, folder);
	if (ret == OUTCOME_DONE)
		tell(a, folder);
	return ret;
}

static enum outcome
run(const struct arguments *args)
{
	struct acceptance a = {
		.order_path = args->option[ORDER],
		.request_path = args->option[REQUEST],
		.response_path = args->option[RESPONSE],
	};
	uint8_t root[32];
	enum outcome ret;

	if (!read_root(args->option[ROOT], root) ||
	    !clock_read(args->option[DATE], &a.now))
		return OUTCOME_USAGE;
	if (!command_cell(&accept_command, args))
		return OUTCOME_TROUBLE;
	ret = judge(&a, root, args->option[OUT]);
	acceptance_clear(&a);
	return ret;
}

const struct command accept_command = {
	.name = "accept",
	.run = run,
	.summary = "verify a signed batch and unpack it",
	.options = options,
};
