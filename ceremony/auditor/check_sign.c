/* SPDX-License-Identifier: ISC */
/* Results against their plan step: keys, certificates, CRLs, orders. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/date.h"
#include "ca/key.h"
#include "ceremony/auditor/audit.h"
#include "transfer/order.h"

#define DAY 86400

static const struct plan_step *
step_of(const struct audit *a)
{
	return &a->plan->steps[a->step - 1];
}

void
check_keys(struct audit *a, const struct history_act *act)
{
	const struct history_token *t = audit_token(a, act);
	const char *want = step_of(a)->u.ca.key;
	EVP_PKEY *key;
	int curve;

	if (t == NULL)
		return;
	key = policy_key(&t->keys[0].spki);
	curve = key == NULL ? NID_undef : key_curve(key);
	if (curve !=
	    (strcmp(want, "p384") == 0 ? NID_secp384r1 : NID_X9_62_prime256v1))
		audit_here(a, "the plan wants a %s key", want);
	EVP_PKEY_free(key);
	check_serial(a, t);
}

/* ---- certificates of CAs and sealers ------------------------------------- */

/* The certificate is the one that the plan's step describes, built again. */
static void
compare_with_plan(struct audit *a, X509 *cert, const X509 *issuer,
    const char *role)
{
	const struct plan_ca *ca = &step_of(a)->u.ca;
	struct cert_spec spec = { .profile = profile_find(role),
		.subject = strcmp(role, "sealer") == 0 ? ca->sealer_subject
						       : ca->subject,
		.issuer = issuer,
		.not_before = a->plan->date };
	uint8_t serial[20] = { 0 }, *spki = NULL, *der = NULL;
	char stated[STATED_TEXT_MAX + 1];
	size_t serial_len = 0, der_len = 0;
	enum ca_error err;

	plan_stated_product(ca, stated);
	if (strcmp(role, "product-ca") == 0 && stated[0] != '\0')
		spec.stated = stated;

	if (key_to_spki(X509_get0_pubkey(cert), &spki, &spec.spki_len) !=
		CA_OK ||
	    cert_serial(cert, serial, &serial_len) != CA_OK ||
	    serial_len != SERIAL_SIZE ||
	    cert_der(cert, &der, &der_len) != CA_OK ||
	    date_end_of_years(spec.not_before, ca->years, &spec.not_after) !=
		CA_OK) {
		audit_here(a, "its key or serial is none of ours");
	} else {
		memcpy(spec.serial, serial, SERIAL_SIZE);
		spec.spki = spki;
		err = cert_selfcheck(der, der_len, &spec);
		if (err != CA_OK)
			audit_here(a,
			    "the %s certificate is not the plan's: %s", role,
			    ca_strerror(err));
	}
	OPENSSL_free(spki);
	OPENSSL_free(der);
}

/* The key of a role that was last certified: by the digest in the body. */
static const struct history_key *
certified_key(struct audit *a, const uint8_t cert[32])
{
	for (size_t i = 0; i < a->history->token_count; i++)
		for (unsigned k = 0; k < 2; k++) {
			const struct history_key *key =
			    &a->history->tokens[i].keys[k];

			if (key->certified && memcmp(key->cert, cert, 32) == 0)
				return key;
		}
	return NULL;
}

static bool
digest_in_body(const struct audit *a, const char *name, uint8_t out[32])
{
	const char *hex =
	    json_string_value(json_object_get(a->event->body, name));
	unsigned value;

	for (size_t i = 0; i < 32; i++) {
		if (hex == NULL || sscanf(hex + 2 * i, "%2x", &value) != 1)
			return false;
		out[i] = (uint8_t)value;
	}
	return true;
}

void
check_certificate(struct audit *a, const struct history_act *act)
{
	const struct history_token *t = audit_token(a, act);
	const struct history_key *key = NULL;
	X509 *cert = NULL, *issuer = NULL;
	uint8_t digest[32];

	a->counts.certificates++;
	if (t == NULL || !digest_in_body(a, "certificate", digest) ||
	    (key = certified_key(a, digest)) == NULL ||
	    (cert = audit_cert(a, digest)) == NULL) {
		audit_here(a, "its key cannot be found");
		goto out;
	}
	if (strcmp(key->role, "root") != 0 &&
	    (issuer = audit_cert(a, t->keys[0].cert)) == NULL)
		goto out;
	compare_with_plan(a, cert, issuer, key->role);
out:
	X509_free(cert);
	X509_free(issuer);
}

/* ---- CRLs ---------------------------------------------------------------- */

/* CRL entries from worklist entries; new, free(). */
static struct crl_entry *
entries_of(const struct worklist_revoke *list, size_t count)
{
	struct crl_entry *out = calloc(count + 1, sizeof(*out));

	for (size_t i = 0; out != NULL && i < count; i++) {
		memcpy(out[i].serial, list[i].serial, sizeof(out[i].serial));
		out[i].serial_len = list[i].serial_len;
		out[i].reason = list[i].reason;
		out[i].date = list[i].date;
	}
	return out;
}

/* The CRL is the one that the plan's step describes, built again. */
static void
compare_crl(struct audit *a, const struct history_token *t, uint64_t number,
    unsigned days, const struct worklist_revoke *list, size_t count)
{
	X509 *issuer = audit_cert(a, t->keys[0].cert);
	struct crl_entry *entries = entries_of(list, count);
	struct crl_spec spec = { .issuer = issuer,
		.number = number,
		.this_update = a->plan->date,
		.next_update = a->plan->date + (int64_t)days * DAY,
		.entries = entries,
		.count = count };
	size_t len;
	uint8_t *der = audit_object(a, t->crl, &len);
	enum ca_error err;

	if (issuer == NULL || entries == NULL || der == NULL)
		audit_here(a, "its CRL cannot be compared");
	else if ((err = crl_selfcheck(der, len, &spec)) != CA_OK)
		audit_here(a, "the CRL is not the plan's: %s",
		    ca_strerror(err));
	X509_free(issuer);
	free(entries);
	free(der);
}

void
check_crl(struct audit *a, const struct history_act *act)
{
	const struct history_token *t = audit_token(a, act);
	const struct plan_step *s = step_of(a);
	struct worklist_revoke *list = NULL;
	size_t count = 0;

	a->counts.crls++;
	if (t == NULL)
		return;
	if (s->kind != PLAN_CRL) {
		compare_crl(a, t, 1, s->u.ca.crl_days, NULL, 0);
		return;
	}
	if (audit_ledger_until(a, act->approval.act) &&
	    audit_revocations(a, &s->u.batch, t, &list, &count))
		compare_crl(a, t, a->before[t - a->history->tokens].number + 1,
		    s->u.batch.crl_days, list, count);
	free(list);
}

/* ---- orders -------------------------------------------------------------- */

static bool
same_date(int64_t planned, const char *compact)
{
	int64_t t;

	return date_parse_compact(compact, &t) == CA_OK && t == planned;
}

void
check_order(struct audit *a, const struct history_act *act)
{
	const struct plan_order *p = &step_of(a)->u.order;
	struct transfer_fault why = { 0 };
	struct order o;
	size_t len;
	uint8_t *text = audit_object(a, act->approval.input_sha256, &len);

	a->counts.orders++;
	if (text == NULL ||
	    order_read((const char *)text, len, &o, &why) != TRANSFER_OK) {
		audit_here(a, "order: %s", why.text);
		free(text);
		return;
	}
	free(text);
	if (strcmp(o.pattern, p->pattern) != 0 ||
	    strcmp(o.subject, p->subject) != 0 ||
	    strcmp(o.profile, p->profile) != 0 || o.quota != p->quota)
		audit_here(a,
		    "pattern, subject, profile or quota of the order "
		    "are not the plan's");
	if (!same_date(p->expiry, o.expiry) ||
	    !same_date(p->receipts, o.receipts))
		audit_here(a, "the order's dates are not the plan's");
}
