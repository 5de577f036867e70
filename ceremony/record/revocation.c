/* SPDX-License-Identifier: ISC */
#include "ceremony/record/revocation.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "ca/date.h"
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
	int len = ASN1_STRING_length(serial);
	bool ok = len > 0 && len <= (int)sizeof(out->serial) &&
	    date_from_asn1(X509_REVOKED_get0_revocationDate(in), &out->date) ==
		CA_OK;

	if (ok) {
		out->serial_len = (size_t)len;
		memcpy(out->serial, ASN1_STRING_get0_data(serial),
		    out->serial_len);
		out->reason =
		    reason == NULL ? 0 : (int)ASN1_ENUMERATED_get(reason);
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

static enum record_error
from_id(const char *id, struct ledger *ledger, struct worklist_revoke *out,
    struct record_fault *fault)
{
	struct ledger_row row;
	bool found = ledger_by_id(ledger, id, &row);

	if (ledger_error(ledger) != RECORD_OK)
		return record_fail(fault, RECORD_ERR_IO,
		    "ledger.db: cannot be read: remove it, it is made anew");
	if (!found)
		return record_fail(fault, RECORD_ERR_MISSING,
		    "revoke: %s: no certificate was issued to this id: correct "
		    "the plan",
		    id);
	memcpy(out->serial, row.serial, sizeof(out->serial));
	out->serial_len = row.serial_len;
	return RECORD_OK;
}

static enum record_error
from_plan(const struct plan_revoke *p, int64_t date, struct ledger *ledger,
    struct worklist_revoke *out, struct record_fault *fault)
{
	memset(out, 0, sizeof(*out));
	out->date = date;
	out->reason = reason_code(p->reason);
	if (out->reason < 0)
		return record_fail(fault, RECORD_ERR_PLAN,
		    "revoke: no reason %s", p->reason);
	if (p->serial[0] == '\0')
		return from_id(p->id, ledger, out, fault);
	out->serial_len = strlen(p->serial) / 2;
	if (out->serial_len <= sizeof(out->serial) &&
	    text_unhex(p->serial, out->serial, out->serial_len))
		return RECORD_OK;
	return record_fail(fault, RECORD_ERR_PLAN, "revoke: no serial %s",
	    p->serial);
}

enum record_error
revocation_list(X509_CRL *before, const struct plan_batch *plan, int64_t date,
    struct ledger *ledger, struct worklist_revoke **out, size_t *count,
    size_t *old, struct record_fault *fault)
{
	STACK_OF(X509_REVOKED) *revoked =
	    before == NULL ? NULL : X509_CRL_get_REVOKED(before);
	size_t n = 0,
	       had = revoked == NULL ? 0 : (size_t)sk_X509_REVOKED_num(revoked);
	struct worklist_revoke *list = NULL;
	enum record_error ret = RECORD_OK;

	*out = NULL;
	if (had + plan->revoke_count > WORKLIST_REVOKE_MAX)
		return record_fail(fault, RECORD_ERR_RULE,
		    "revoke: the CRL would list over %u serials",
		    WORKLIST_REVOKE_MAX);
	list = calloc(had + plan->revoke_count + 1, sizeof(*list));
	if (list == NULL)
		return record_fail(fault, RECORD_ERR_MEMORY, "out of memory");
	for (; ret == RECORD_OK && n < had; n++) {
		if (!from_revoked(sk_X509_REVOKED_value(revoked, (int)n),
			&list[n]))
			ret = record_fail(fault, RECORD_ERR_FORM,
			    "revoke: the CRL before is none of ours");
	}
	for (size_t i = 0; ret == RECORD_OK && i < plan->revoke_count; i++) {
		ret =
		    from_plan(&plan->revoke[i], date, ledger, &list[n], fault);
		if (ret == RECORD_OK && !listed(list, n, &list[n]))
			n++;
	}
	if (ret != RECORD_OK) {
		free(list);
		return ret;
	}
	if (old != NULL)
		*old = had;
	*out = list;
	*count = n;
	return RECORD_OK;
}
