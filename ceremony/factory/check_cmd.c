/* SPDX-License-Identifier: ISC */
#include <libgen.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ca/subject.h"
#include "ceremony/factory/check.h"
#include "ceremony/factory/clock.h"
#include "ceremony/factory/command.h"
#include "ceremony/factory/hook.h"
#include "ceremony/factory/input.h"
#include "ceremony/factory/say.h"
#include "transfer/text.h"

enum {
	DEVICE,
	CERT,
	HOOK,
	CA,
	CRL,
	NO_CRL,
	REGISTRY,
	DATE,
	JSON
};

static const struct option_row options[] = {
	[DEVICE] = { "device", "ID", true, "the unit's id" },
	[CERT] = { "cert", "FILE", true, "its certificate, as read from it",
	    PLACE_READ },
	[HOOK] = { "device-hook", "PROGRAM", true,
	    "asks the unit to sign; see the manual" },
	[CA] = { "ca", "FILE", true, "the product CA's certificate",
	    PLACE_MAKE },
	[CRL] = { "crl", "FILE", false, "its CRL (crl.pem beside --ca)",
	    PLACE_READ },
	[NO_CRL] = { "no-crl", NULL, false, "do not look for revocation" },
	[REGISTRY] = { "registry", "FILE", false,
	    "units so far (registry.db beside --ca)", PLACE_MAKE },
	[DATE] = { "date", "RFC3339", false, "instead of the clock" },
	[JSON] = { "json", NULL, false, "one JSON object instead of a line" },
	{ 0 },
};

/* The claims that held, and the verdict, in one line. */
static void
tell(const char *id, const struct check_result *result)
{
	const struct check_row *row = &check_rows[result->verdict];
	bool pass = result->verdict == CHECK_PASS;
	struct text_buf b = { 0 };

	for (unsigned i = 0; i < row->claims; i++) {
		bool last = pass && i + 1 == row->claims;

		text_buf_add(&b, "%s %s%s", check_claims[i],
		    last ? "PASS" : "OK", last ? "" : ", ");
	}
	if (pass)
		text_buf_add(&b, "%s", result->repeat ? " (repeat)" : "");
	else
		text_buf_add(&b, "%s%s FAIL", row->text, result->detail);
	say("device %s: %s", id, b.failed ? "FAIL" : b.data);
	text_buf_free(&b);
}

static void
tell_json(const char *id, const struct check_result *result)
{
	const struct check_row *row = &check_rows[result->verdict];
	char detail[4 * sizeof(result->detail)];
	struct text_buf b = { 0 };

	text_buf_add(&b,
	    "{\"device\":\"%s\",\"verdict\":\"%s\",\"code\":\"%s\"", id,
	    result->verdict == CHECK_PASS ? "PASS" : "FAIL", row->code);
	say_escape(result->detail, detail, sizeof(detail));
	text_buf_add(&b, ",\"reason\":");
	if (result->verdict == CHECK_PASS) {
		text_buf_add(&b, "null");
	} else {
		struct text_buf reason = { 0 };

		text_buf_add(&reason, "%s%s", row->text, detail);
		if (!reason.failed)
			text_buf_json(&b, reason.data);
		text_buf_free(&reason);
	}
	text_buf_add(&b, ",\"repeat\":%s,\"ok\":[",
	    result->repeat ? "true" : "false");
	for (unsigned i = 0; i < row->claims; i++)
		text_buf_add(&b, "%s\"%s\"", i > 0 ? "," : "", check_claims[i]);
	say("%s]}", b.failed ? "{" : b.data);
	text_buf_free(&b);
}

/* A file beside another; new, free(), or NULL. */
static char *
beside(const char *path, const char *name)
{
	char *copy = strdup(path), *joined = NULL;

	if (copy != NULL && asprintf(&joined, "%s/%s", dirname(copy), name) < 0)
		joined = NULL;
	free(copy);
	return joined;
}

static enum outcome
read_ca(const char *path, X509 **ca)
{
	enum outcome ret = input_certificate(path, ca);

	if (ret == OUTCOME_DONE && X509_check_ca(*ca) == 1)
		return OUTCOME_DONE;
	if (ret == OUTCOME_DONE)
		say_error("%s: not the certificate of a CA", path);
	/* a station that is set up wrongly says nothing about a unit */
	return OUTCOME_TROUBLE;
}

static enum outcome
judge(const struct arguments *args, const struct check_terms *terms)
{
	struct check_result result;

	check_unit(terms, &result);
	if (result.complaint[0] != '\0')
		say_error("device hook: %s", result.complaint);
	if (result.verdict == CHECK_TROUBLE) {
		say_error("registry: %s; device %s has no verdict",
		    registry_why(terms->registry), terms->id);
		return OUTCOME_TROUBLE;
	}
	if (args->option[JSON] != NULL)
		tell_json(terms->id, &result);
	else
		tell(terms->id, &result);
	return result.verdict == CHECK_PASS ? OUTCOME_DONE : OUTCOME_REFUSED;
}

static enum outcome
with_registry(const struct arguments *args, struct check_terms *terms,
    const char *path)
{
	char why[200];
	bool made;
	enum outcome ret;

	terms->registry = registry_open(path, &made, why, sizeof(why));
	if (terms->registry == NULL) {
		say_error("%s: %s; device %s has no verdict", path, why,
		    terms->id);
		return OUTCOME_TROUBLE;
	}
	if (made)
		say_error("%s: a new registry; it knows of no earlier unit",
		    path);
	ret = judge(args, terms);
	registry_close(terms->registry);
	return ret;
}

static bool
fits(const struct arguments *args, struct check_terms *terms)
{
	if (!subject_id_valid(terms->id)) {
		say_error("--device %s: not an id (A-Z a-z 0-9 . _ -)",
		    terms->id);
		return false;
	}
	if (args->option[CRL] != NULL && args->option[NO_CRL] != NULL) {
		say_error("--crl and --no-crl exclude each other");
		return false;
	}
	return clock_read(args->option[DATE], &terms->now);
}

static enum outcome
run(const struct arguments *args)
{
	struct check_terms terms = {
		.id = args->option[DEVICE],
		.cert_path = args->option[CERT],
		.hook = args->option[HOOK],
		.hook_timeout_ms = HOOK_TIMEOUT_MS,
	};
	const char *crl = args->option[CRL], *db = args->option[REGISTRY];
	char *crl_beside, *db_beside;
	enum outcome ret;

	if (!fits(args, &terms))
		return OUTCOME_USAGE;
	terms.hook_runner = hook_runner(terms.hook);
	if (terms.hook_runner == -1)
		return input_failed("device hook", TRANSFER_ERR_IO);
	if (!command_cell(&check_command, args))
		return OUTCOME_TROUBLE;
	crl_beside = beside(args->option[CA], "crl.pem");
	db_beside = beside(args->option[CA], "registry.db");
	if (crl_beside == NULL || db_beside == NULL)
		ret = input_failed("check", TRANSFER_ERR_MEMORY);
	else
		ret = read_ca(args->option[CA], &terms.ca);
	if (args->option[NO_CRL] == NULL)
		terms.crl_path = crl ? crl : crl_beside;
	if (ret == OUTCOME_DONE)
		ret = with_registry(args, &terms, db ? db : db_beside);
	X509_free(terms.ca);
	close(terms.hook_runner);
	free(crl_beside);
	free(db_beside);
	return ret;
}

const struct command check_command = {
	.name = "check",
	.run = run,
	.summary = "check one unit at the end of the line",
	.options = options,
};
