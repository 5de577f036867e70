/* SPDX-License-Identifier: ISC */
/* A CA that others run: shown before it is approved. */
#include "ceremony/custodian/intermediate.h"

#include <stdio.h>
#include <string.h>

#include "ca/date.h"

/* Extensions that the certificate has, by the name that OpenSSL gives one that
 * is asked for, and where what it says comes from. */
enum source {
	FROM_PLAN,
	FROM_PROFILE
};
static const struct row {
	const char *name, *key;
	enum source from;
} rows[] = {
	{ "X509v3 Basic Constraints", "pathlen", FROM_PLAN },
	{ "X509v3 Name Constraints", "permitted and excluded", FROM_PLAN },
	{ "X509v3 Extended Key Usage", "eku", FROM_PLAN },
	{ "X509v3 Certificate Policies", "policies", FROM_PLAN },
	{ "X509v3 Key Usage", "keyCertSign, cRLSign", FROM_PROFILE },
	{ "X509v3 Subject Key Identifier", "made from the key", FROM_PROFILE },
	{ "X509v3 Authority Key Identifier", "the issuer's", FROM_PROFILE },
};

/* Whether the plan states what stands under that key. */
static bool
states(const struct plan_intermediate *p, const char *key)
{
	if (strcmp(key, "eku") == 0)
		return p->eku_count > 0;
	if (strcmp(key, "policies") == 0)
		return p->policy_count > 0;
	if (strcmp(key, "pathlen") == 0)
		return true;
	return p->permitted_count + p->excluded_count > 0;
}

static void
say_ask(struct people *people, const struct plan_intermediate *p,
    const struct csr_ask *a)
{
	const struct row *row = NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, a->name) == 0)
			row = &rows[i];
	people_say(people, "    asked for: %s: %s", a->name, a->value);
	if (row == NULL || (row->from == FROM_PLAN && !states(p, row->key)))
		people_say(people, "      not given");
	else if (row->from == FROM_PLAN)
		people_say(people,
		    "      given as the plan states it, by its %s", row->key);
	else
		people_say(people, "      given as every such CA has it: %s",
		    row->key);
}

static void
say_list(struct people *people, const char *key, const char *items, size_t size,
    size_t count, const char *none)
{
	for (size_t i = 0; i < count; i++)
		people_say(people, "    %-10s %s", key, items + i * size);
	if (count == 0)
		people_say(people, "    %-10s none: %s", key, none);
}

static void
say_period(struct ceremony *c, const struct plan_intermediate *p)
{
	char from[DATE_RFC3339_SIZE] = "-", to[DATE_RFC3339_SIZE] = "-";
	int64_t end = 0;

	(void)date_end_of_years(c->plan->date, p->years, &end);
	(void)date_format_rfc3339(c->plan->date, from);
	(void)date_format_rfc3339(end, to);
	people_say(c->people, "    %-10s %s", "from", from);
	people_say(c->people, "    %-10s %s", "to", to);
}

void
intermediate_say(struct ceremony *c, const struct plan_intermediate *p,
    const struct csr_view *csr)
{
	struct people *people = c->people;
	char what[PLAN_NAME_MAX + 64];

	people_say(people,
	    "  a CA that others run, certified by %s, all that it will be:",
	    c->plan->tokens[p->token].label);
	people_say(people, "    %-10s %s", "subject", p->subject);
	say_period(c, p);
	people_say(people, "    %-10s %u: %s", "pathlen", p->pathlen,
	    p->pathlen == 0 ? "no CA below it" : "so many CAs below it");
	say_list(people, "permitted", p->permitted[0], sizeof(p->permitted[0]),
	    p->permitted_count, "any name");
	say_list(people, "excluded", p->excluded[0], sizeof(p->excluded[0]),
	    p->excluded_count, "no name");
	say_list(people, "eku", p->eku[0], sizeof(p->eku[0]), p->eku_count,
	    "any use");
	say_list(people, "policies", p->policies[0], sizeof(p->policies[0]),
	    p->policy_count, "no policy");
	people_say(people, "    %-10s %s", "key", p->key);
	people_say(people, "  its CSR, %s:", p->csr);
	people_say(people, "    asked for: subject: %s", csr->asks.subject);
	people_say(people, "      given as the plan states it");
	for (size_t i = 0; i < csr->asks.count; i++)
		say_ask(people, p, &csr->asks.asks[i]);
	(void)snprintf(what, sizeof(what), "  its key, from %s:", p->csr);
	people_say_words(people, what, csr->key.spki_sha256);
}
