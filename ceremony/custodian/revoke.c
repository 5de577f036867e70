/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/revoke.h"

#include <stdlib.h>

#include "ca/crl.h"
#include "ceremony/record/revocation.h"

static bool
present_crl(struct ceremony *c, const struct history_token *token,
    X509_CRL **out)
{
	uint8_t *der = NULL;
	size_t len = 0;
	bool ok = ceremony_load(c, token->crl, &der, &len) &&
	    (crl_parse(der, len, out) == CA_OK ||
		ceremony_stop(c, EXIT_STATE, "%s: stored CRL unreadable",
		    token->label));

	free(der);
	return ok;
}

/* A slip in the plan is the input's fault, a full CRL a rule's. */
static bool
blame(struct ceremony *c, enum record_error err,
    const struct record_fault *fault)
{
	switch (err) {
	case RECORD_ERR_PLAN:
	case RECORD_ERR_MISSING:
		return ceremony_stop(c, EXIT_INPUT, "%s", fault->text);
	case RECORD_ERR_RULE:
		return ceremony_stop(c, EXIT_REFUSED, "%s", fault->text);
	default:
		return ceremony_stop(c, EXIT_STATE, "%s: %s", c->state_path,
		    fault->text);
	}
}

bool
revoke_list(struct ceremony *c, const struct plan_batch *plan,
    const struct history_token *token, struct worklist_revoke **out,
    size_t *count)
{
	X509_CRL *crl = NULL;
	struct worklist_revoke *list = NULL;
	struct record_fault fault = { .text = "" };
	enum record_error err;
	size_t n = 0, old = 0;
	bool ok;

	if (!present_crl(c, token, &crl))
		return false;
	err = revocation_list(crl, plan, c->plan->date, c->ledger, &list, &n,
	    &old, &fault);
	X509_CRL_free(crl);
	if (err != RECORD_OK)
		return blame(c, err, &fault);
	ok = revoke_known(c, token, list + old, n - old);
	if (ok) {
		*out = list;
		*count = n;
	} else {
		free(list);
	}
	return ok;
}
