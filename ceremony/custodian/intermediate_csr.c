/* SPDX-License-Identifier: ISC */
/* A CA that others run: its CSR, and what its issuer may certify. */
#include "ceremony/custodian/intermediate.h"

#include <openssl/obj_mac.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/date.h"
#include "ceremony/custodian/chain.h"
#include "ceremony/record/roles.h"
#include "transfer/text.h"

static const char *
kind_of(const struct csr_view *csr)
{
	const char *kind = "rsa";
	EVP_PKEY *key = NULL;

	if (key_from_spki(csr->spki, csr->spki_len, &key) != CA_OK)
		return "";
	if (key_curve(key) == NID_X9_62_prime256v1)
		kind = "p256";
	else if (key_curve(key) == NID_secp384r1)
		kind = "p384";
	EVP_PKEY_free(key);
	return kind;
}

/* As the plan says, which others may have told. */
static bool
check_planned(struct ceremony *c, const struct plan_intermediate *p,
    const struct csr_view *csr)
{
	char hex[TEXT_HEX_SIZE(32)];

	if (strcmp(kind_of(csr), p->key) != 0)
		return ceremony_stop(c, EXIT_INPUT,
		    "%s/%s: its key is %s, the plan's is %s: ask for another "
		    "CSR, or correct the plan",
		    c->in_path, p->csr, kind_of(csr), p->key);
	text_hex(csr->key.spki_sha256, 32, hex);
	if (p->key_sha256[0] != '\0' && strcmp(p->key_sha256, hex) != 0)
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s/%s: its key has the SHA-256 %s, the plan says %s: stop, "
		    "find out who made this CSR",
		    c->in_path, p->csr, hex, p->key_sha256);
	return true;
}

/* The act that certified that key, 0: none. */
static uint64_t
certified_in(const struct history *h, const struct csr_view *csr)
{
	for (size_t i = 0; i < h->act_count; i++) {
		const struct history_act *a = &h->acts[i];

		if (history_certifies_other(a) && a->state == ACT_DONE &&
		    memcmp(a->unique, csr->key.unique, 32) == 0)
			return a->approval.act;
	}
	return 0;
}

/* Nobody has it: neither people nor CAs of this log, nor a device. */
static bool
check_unused(struct ceremony *c, const struct plan_step *s,
    const struct csr_view *csr)
{
	const char *name = s->u.intermediate.csr;
	const struct history_intermediate *here =
	    history_intermediate(c->history, c->plan->ceremony,
		(unsigned)(s - c->plan->steps) + 1);
	const struct history_act *begun =
	    history_intermediate_begun(c->history, csr->key.unique);
	uint64_t act = certified_in(c->history, csr);
	const char *role = roles_find(c->history, &csr->key);
	struct ledger_row row;

	if (role != NULL)
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s/%s: its key is that of a %s of this log: stop, find "
		    "out who made this CSR",
		    c->in_path, name, role);
	if (ledger_by_key(c->ledger, csr->key.unique, &row))
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s/%s: its key is that of device %s: stop, find out who "
		    "made this CSR",
		    c->in_path, name, row.id);
	if (act != 0 && (here == NULL || here->act != act))
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s/%s: its key was certified by act %llu: one certificate "
		    "a key; ask for a CSR with a new one",
		    c->in_path, name, (unsigned long long)act);
	/* its dates were that plan's */
	if (begun != NULL &&
	    strcmp(begun->approval.ceremony, c->plan->ceremony) != 0)
		return ceremony_stop(c, EXIT_REFUSED,
		    "%s/%s: its key may have been certified in act %llu of "
		    "%s, which was given up: ask for a CSR with a new key, and "
		    "revoke what may be out by the serial of that act",
		    c->in_path, name, (unsigned long long)begun->approval.act,
		    begun->approval.ceremony);
	return true;
}

bool
intermediate_read_csr(struct ceremony *c, const struct plan_step *s,
    struct csr_view *out)
{
	return input_csr(c, s->u.intermediate.csr, out) &&
	    check_planned(c, &s->u.intermediate, out) &&
	    check_unused(c, s, out);
}

bool
intermediate_within(struct ceremony *c, const struct plan_step *s,
    const struct history_token *issuer)
{
	const struct plan_intermediate *p = &s->u.intermediate;
	char text[STATED_TEXT_MAX + 1], why[STATED_WHY_MAX] = "not stated";
	struct stated stated = { .pathlen = -1 };
	X509 *cert = NULL;
	int64_t end;
	bool ok;

	if (date_end_of_years(c->plan->date, p->years, &end) != CA_OK)
		return ceremony_stop(c, EXIT_INPUT, "%s: years", p->subject);
	if (!chain_outlives(c, issuer, end, p->subject) ||
	    !chain_cert(c, issuer, 0, &cert))
		return false;
	ok = plan_stated(p, text) && stated_parse(text, &stated) == CA_OK &&
	    stated_within(&stated, p->subject, cert, why) == CA_OK;
	stated_clear(&stated);
	X509_free(cert);
	return ok ||
	    ceremony_stop(c, EXIT_INPUT,
		"step %u, token %s: %s: correct the plan",
		(unsigned)(s - c->plan->steps) + 1, issuer->label, why);
}

/* The signer builds it, from what it was told; whether it is what it was told
 * people cannot see in a digest. */
bool
intermediate_same(struct ceremony *c, const struct plan_intermediate *p,
    const struct history_token *issuer, const struct csr_view *csr,
    const uint8_t tbs[32])
{
	char text[STATED_TEXT_MAX + 1];
	struct cert_spec spec = { .profile = profile_find("intermediate"),
		.subject = p->subject,
		.spki = csr->spki,
		.spki_len = csr->spki_len,
		.not_before = c->plan->date,
		.stated = text };
	const uint8_t *spki = NULL;
	uint8_t *der = NULL, digest[32];
	X509 *cert = NULL, *draft = NULL;
	size_t len = 0, spki_len = 0;
	bool ok;

	if (!ceremony_load(c, tbs, &der, &len) ||
	    !chain_cert(c, issuer, 0, &cert)) {
		free(der);
		return false;
	}
	spec.issuer = cert;
	ok = plan_stated(p, text) &&
	    date_end_of_years(spec.not_before, p->years, &spec.not_after) ==
		CA_OK &&
	    cert_tbs_read(der, len, spec.serial, &spki, &spki_len) == CA_OK &&
	    cert_build(&spec, &draft) == CA_OK &&
	    cert_tbs_digest(draft, digest) == CA_OK &&
	    memcmp(digest, tbs, sizeof(digest)) == 0;
	X509_free(draft);
	X509_free(cert);
	free(der);
	return ok ||
	    ceremony_stop(c, EXIT_PROCESS,
		"signer of %s: prepared another certificate than the plan "
		"states: nothing was signed",
		issuer->label);
}
