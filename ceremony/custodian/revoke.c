/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/revoke.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "ca/crl.h"
#include "transfer/text.h"

/* RFC 5280 5.3.1; those a plan may give. */
static const struct {
	const char *name;
	int code;
} reasons[] = {
	{ "unspecified", 0 },
	{ "keyCompromise", 1 },
	{ "affiliationChanged", 3 },
	{ "superseded", 4 },
	{ "cessationOfOperation", 5 },
	{ "privilegeWithdrawn", 9 },
};

static int
reason_code(const char *name)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reasons[i].name, name) == 0)
			return reasons[i].code;
	}
	return -1;
}

static bool
from_revoked(const X509_REVOKED *in, struct worklist_revoke *out)
{
	const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(in);
	ASN1_ENUMERATED *reason =
	    X509_REVOKED_get_ext_d2i(in, NID_crl_reason, NULL, NULL);
	struct tm tm;
	bool ok = ASN1_STRING_length(serial) <= (int)sizeof(out->serial) &&
	    ASN1_TIME_to_tm(X509_REVOKED_get0_revocationDate(in), &tm) == 1;

	if (ok) {
		out->serial_len = (size_t)ASN1_STRING_length(serial);
		memcpy(out->serial, ASN1_STRING_get0_data(serial),
		    out->serial_len);
		out->reason =
		    reason == NULL ? 0 : (int)ASN1_ENUMERATED_get(reason);
		out->date = timegm(&tm);
	}
	ASN1_ENUMERATED_free(reason);
	return ok;
}

static bool
listed(const struct worklist_revoke *list, size_t count,
    const struct worklist_revoke *r)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].serial_len == r->serial_len &&
		    memcmp(list[i].serial, r->serial, r->serial_len) == 0)
			return true;
	}
	return false;
}

static bool
from_plan(struct ceremony *c, const struct plan_revoke *p,
    struct worklist_revoke *out)
{
	struct ledger_row row;

	memset(out, 0, sizeof(*out));
	out->date = c->plan->date;
	out->reason = reason_code(p->reason);
	if (out->reason < 0)
		return ceremony_stop(c, EXIT_INPUT, "revoke: no reason %s",
		    p->reason);
	if (p->serial[0] != '\0') {
		out->serial_len = strlen(p->serial) / 2;
		if (text_unhex(p->serial, out->serial, out->serial_len))
			return true;
		return ceremony_stop(c, EXIT_INPUT, "revoke: serial %s",
		    p->serial);
	}
	if (!ledger_by_id(c->ledger, p->id, &row) &&
	    ledger_error(c->ledger) == RECORD_OK)
		return ceremony_stop(c, EXIT_INPUT,
		    "revoke: %s: no certificate was issued to this id: correct "
		    "the plan",
		    p->id);
	if (ledger_error(c->ledger) != RECORD_OK)
		return ceremony_stop(c, EXIT_STATE,
		    "%s/ledger.db: cannot be read: remove it, it is made anew",
		    c->state_path);
	memcpy(out->serial, row.serial, sizeof(out->serial));
	out->serial_len = row.serial_len;
	return true;
}

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

bool
revoke_list(struct ceremony *c, const struct plan_batch *plan,
    const struct history_token *token, struct worklist_revoke **out,
    size_t *count)
{
	X509_CRL *crl = NULL;
	struct worklist_revoke *list = NULL;
	size_t n = 0, old;
	bool ok = false;

	if (!present_crl(c, token, &crl))
		return false;
	STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(crl);
	old = revoked == NULL ? 0 : (size_t)sk_X509_REVOKED_num(revoked);
	list = calloc(old + plan->revoke_count + 1, sizeof(*list));
	if (list == NULL || old + plan->revoke_count > WORKLIST_REVOKE_MAX) {
		ceremony_stop(c, EXIT_REFUSED,
		    "%s: its CRL would list over %u serials", token->label,
		    WORKLIST_REVOKE_MAX);
		goto out;
	}
	for (; n < old; n++) {
		if (!from_revoked(sk_X509_REVOKED_value(revoked, (int)n),
			&list[n])) {
			ceremony_stop(c, EXIT_STATE, "%s: stored CRL",
			    token->label);
			goto out;
		}
	}
	for (size_t i = 0; i < plan->revoke_count; i++) {
		if (!from_plan(c, &plan->revoke[i], &list[n]))
			goto out;
		if (!listed(list, n, &list[n]))
			n++;
	}
	if (!revoke_known(c, token, list + old, n - old))
		goto out;
	*out = list;
	*count = n;
	list = NULL;
	ok = true;
out:
	free(list);
	X509_CRL_free(crl);
	return ok;
}
