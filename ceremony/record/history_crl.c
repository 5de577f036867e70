/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "ca/crl.h"
#include "ceremony/record/history_line.h"

#define CERTS_MAX 16 /* written to a token at once */

static enum record_error
load_crl(const struct history_line *l, const uint8_t digest[32], X509_CRL **out)
{
	uint8_t *der = NULL;
	size_t len;
	enum record_error ret;

	if ((ret = history_load(l, digest, "CRL", &der, &len)) != RECORD_OK)
		return ret;
	if (crl_parse(der, len, out) != CA_OK)
		ret =
		    history_refuse(l, RECORD_ERR_FORM, "CRL: not a strict CRL");
	free(der);
	return ret;
}

/* Once revoked, always revoked: every serial of old is in new. */
static bool
keeps_revoked(X509_CRL *old, X509_CRL *new)
{
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(old);

	for (int i = 0; list != NULL && i < sk_X509_REVOKED_num(list); i++) {
		const X509_REVOKED *was = sk_X509_REVOKED_value(list, i);
		ASN1_INTEGER *serial =
		    ASN1_INTEGER_dup(X509_REVOKED_get0_serialNumber(was));
		X509_REVOKED *is = NULL;
		int found = serial == NULL
		    ? 0
		    : X509_CRL_get0_by_serial(new, &is, serial);

		ASN1_INTEGER_free(serial);
		if (found != 1)
			return false;
	}
	return true;
}

static enum record_error
check_kept(const struct history_line *l, const struct history_token *token,
    X509_CRL *crl)
{
	X509_CRL *old = NULL;
	enum record_error ret;

	if (!token->has_crl)
		return RECORD_OK;
	if ((ret = load_crl(l, token->crl, &old)) != RECORD_OK)
		return ret;
	if (!keeps_revoked(old, crl))
		ret = history_refuse(l, RECORD_ERR_RULE,
		    "a serial that was revoked is not in the CRL");
	X509_CRL_free(old);
	return ret;
}

/* It lists what the worklist says: rebuild and compare. */
static enum record_error
check_listed(const struct history_line *l, X509_CRL *crl, const X509 *issuer,
    const struct worklist *w)
{
	struct crl_spec spec = { .issuer = issuer,
		.number = w->crl_number,
		.this_update = w->crl_this,
		.next_update = w->crl_next,
		.count = w->revoke_count };
	struct crl_entry *entries =
	    calloc(w->revoke_count + 1, sizeof(*entries));
	enum ca_error err = CA_ERR_MEMORY;
	uint8_t *der = NULL;
	size_t len = 0;

	if (entries == NULL)
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	for (size_t i = 0; i < w->revoke_count; i++) {
		memcpy(entries[i].serial, w->revoke[i].serial,
		    sizeof(entries[i].serial));
		entries[i].serial_len = w->revoke[i].serial_len;
		entries[i].reason = w->revoke[i].reason;
		entries[i].date = w->revoke[i].date;
	}
	spec.entries = entries;
	if (crl_der(crl, &der, &len) == CA_OK)
		err = crl_selfcheck(der, len, &spec);
	OPENSSL_free(der);
	free(entries);
	return err == CA_OK
	    ? RECORD_OK
	    : history_refuse(l, RECORD_ERR_RULE,
		  "not the CRL of the worklist: %s", ca_strerror(err));
}

/* What was approved: a TBS digest, or a worklist that spells the CRL out. */
static enum record_error
check_crl_input(const struct history_line *l, X509_CRL *crl, const X509 *issuer,
    const uint8_t *tbs_sha256, const struct worklist *w)
{
	uint8_t digest[32];

	if (w != NULL)
		return check_listed(l, crl, issuer, w);
	if (crl_tbs_digest(crl, digest) != CA_OK ||
	    memcmp(digest, tbs_sha256, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another TBSCertList than was approved");
	return RECORD_OK;
}

/* Signed by its CA, numbered upwards; notes number and dates. */
static enum record_error
check_crl(const struct history_line *l, X509_CRL *crl, const X509 *issuer,
    uint64_t number, struct history_token *token)
{
	uint64_t said, before = token->crl_number;

	if (crl_verify(crl, issuer, &said, &token->crl_this,
		&token->crl_next) != CA_OK)
		return history_refuse(l, RECORD_ERR_SIGNATURE,
		    "the CRL is not signed by the CA of %s", token->label);
	if (said != number)
		return history_refuse(l, RECORD_ERR_RULE,
		    "its CRL has number %llu, not %llu",
		    (unsigned long long)said, (unsigned long long)number);
	if (token->has_crl && number <= before)
		return history_refuse(l, RECORD_ERR_RULE,
		    "CRL number %llu after %llu", (unsigned long long)number,
		    (unsigned long long)before);
	return RECORD_OK;
}

enum record_error
history_take_crl(const struct history_line *l, struct history_token *token,
    const uint8_t digest[32], uint64_t number, const uint8_t *tbs_sha256,
    const struct worklist *worklist)
{
	X509_CRL *crl = NULL;
	X509 *issuer = NULL;
	enum record_error ret;

	if ((ret = history_load_issuer(l, token, &issuer)) == RECORD_OK &&
	    (ret = load_crl(l, digest, &crl)) == RECORD_OK &&
	    (ret = check_crl_input(l, crl, issuer, tbs_sha256, worklist)) ==
		RECORD_OK &&
	    (ret = check_crl(l, crl, issuer, number, token)) == RECORD_OK)
		ret = check_kept(l, token, crl);
	X509_free(issuer);
	X509_CRL_free(crl);
	if (ret != RECORD_OK)
		return ret;
	token->has_crl = true;
	token->crl_number = number;
	memcpy(token->crl, digest, 32);
	history_spread(l->h, token);
	return RECORD_OK;
}

/* One of the token's keys has this certificate: that of its place. */
static enum record_error
is_written(const struct history_line *l, json_t *item,
    const struct history_token *token, size_t i)
{
	const struct history_key *key = &token->keys[i];
	uint8_t digest[32];
	json_t *one = json_pack("{sO}", "sha", item);
	const struct history_field rows[] = {
		{ "sha", FIELD_HEX32, 0, digest, NULL },
	};
	enum record_error ret = history_fields(l, one, HISTORY_ROWS(rows));

	json_decref(one);
	if (ret == RECORD_OK &&
	    (!key->certified || memcmp(digest, key->cert, 32) != 0))
		ret = history_refuse(l, RECORD_ERR_RULE,
		    "certificate %zu is not that of the %s key of %s", i + 1,
		    key->role, token->label);
	return ret;
}

enum record_error
history_check_written(const struct history_line *l, json_t *list,
    const struct history_token *token)
{
	const char *kind = l->g->kinds[l->g->step];
	const char *roles[HISTORY_KEYS_MAX];
	enum record_error ret = RECORD_OK;
	unsigned n = history_roles(token->keys[0].role, roles);

	if (strcmp(kind, "root") != 0 && strcmp(kind, "product-ca") != 0 &&
	    strcmp(kind, "restore") != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "a %s step writes no certificates", kind);
	if (json_array_size(list) != n)
		return history_refuse(l, RECORD_ERR_RULE,
		    "%zu certificates written, %s has %u keys",
		    json_array_size(list), token->label, n);
	for (size_t i = 0; i < n && ret == RECORD_OK; i++)
		ret = is_written(l, json_array_get(list, i), token, i);
	return ret;
}

enum record_error
history_crl_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	struct history_token *token = history_token_of(l, act);
	uint8_t digest[32];
	uint64_t number;
	json_t *certs;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "certificates", FIELD_ARRAY, CERTS_MAX, &certs, NULL },
		{ "crl", FIELD_HEX32, 0, digest, NULL },
		{ "number", FIELD_NUMBER, UINT64_MAX, &number, NULL },
	};

	(void)done;
	if ((ret = history_result_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (json_array_size(certs) > 0) {
		ret = history_check_written(l, certs, token);
		if (ret != RECORD_OK)
			return ret;
		token->cert_written = true;
	}
	return history_take_crl(l, token, digest, number,
	    act->approval.input_sha256, NULL);
}
