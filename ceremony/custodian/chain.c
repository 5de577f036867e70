/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/chain.h"

#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/date.h"

bool
chain_cert(struct ceremony *c, const struct history_token *token, int k,
    X509 **out)
{
	uint8_t *der = NULL;
	size_t len = 0;
	bool ok;

	*out = NULL;
	if (!token->keys[k].certified)
		return ceremony_stop(c, EXIT_INPUT,
		    "token %s: its CA has no certificate yet", token->label);
	if (!ceremony_load(c, token->keys[k].cert, &der, &len))
		return false;
	ok = cert_parse(der, len, out) == CA_OK;
	free(der);
	return ok ||
	    ceremony_stop(c, EXIT_STATE, "%s: its certificate is unreadable",
		token->label);
}

const struct history_token *
chain_root(struct ceremony *c, const struct history_token *product)
{
	const struct history_token *found = NULL;
	X509 *cert = NULL;

	if (!chain_cert(c, product, 0, &cert))
		return NULL;
	for (size_t i = 0; found == NULL && i < c->history->token_count; i++) {
		if (history_certified_by(cert, &c->history->tokens[i]))
			found = &c->history->tokens[i];
	}
	X509_free(cert);
	if (found == NULL)
		ceremony_stop(c, EXIT_STATE,
		    "token %s: no root of this log certified its CA",
		    product->label);
	return found;
}

bool
chain_outlives(struct ceremony *c, const struct history_token *token,
    int64_t end, const char *what)
{
	char date[DATE_RFC3339_SIZE] = "-";
	X509 *cert = NULL;
	int64_t from = 0, to = 0;
	bool ok;

	if (!chain_cert(c, token, 0, &cert))
		return false;
	ok = cert_dates(cert, &from, &to) == CA_OK && c->plan->date >= from &&
	    c->plan->date <= to && end <= to;
	X509_free(cert);
	date_format_rfc3339(to, date);
	return ok ||
	    ceremony_stop(c, EXIT_INPUT,
		"%s: would outlive the CA on token %s, which ends at %s: plan "
		"fewer years",
		what, token->label, date);
}

static bool
is_holder(const struct plan_ca *ca, unsigned token)
{
	for (size_t i = 0; i < ca->holder_count; i++) {
		if (ca->holders[i] == token)
			return true;
	}
	return false;
}

bool
chain_planned(const struct ceremony *c, const struct plan_step *before,
    enum plan_kind kind, unsigned token)
{
	for (const struct plan_step *s = c->plan->steps; s < before; s++) {
		if (s->kind != kind)
			continue;
		if (kind == PLAN_CRL ? s->u.batch.token == token
				     : is_holder(&s->u.ca, token))
			return true;
	}
	return false;
}

bool
chain_expected(const struct ceremony *c, const struct plan_step *step,
    enum plan_kind maker, unsigned token)
{
	const struct history_token *t =
	    history_token(c->history, c->plan->tokens[token].label);

	return (t != NULL && t->has_crl &&
		   strcmp(t->keys[0].role, plan_kind_name(maker)) == 0) ||
	    chain_planned(c, step, maker, token);
}
