/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ca/cert.h"
#include "ceremony/record/history_line.h"

struct history_token *
history_token_of(const struct history_line *l, const struct history_act *act)
{
	return history_token_by_serial(l->h, act->approval.token);
}

enum record_error
history_load_issuer(const struct history_line *l,
    const struct history_token *token, X509 **out)
{
	*out = NULL;
	if (!token->keys[0].certified)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "the CA key of %s has no certificate yet", token->label);
	return history_load_cert(l, token->keys[0].cert, "issuer", out);
}

/* The key that a certify act is about: made on the token of this step. */
static enum record_error
key_to_certify(struct history_line *l, const char *use,
    struct history_key **out)
{
	for (size_t i = 0; i < l->h->token_count; i++) {
		struct history_token *t = &l->h->tokens[i];

		if (strcmp(t->label, l->g->made) != 0)
			continue;
		for (unsigned k = 0; k < 2; k++)
			if (strcmp(t->keys[k].role, use) == 0) {
				*out = &t->keys[k];
				return RECORD_OK;
			}
	}
	return history_refuse(l, RECORD_ERR_ORDER,
	    "no %s key was made in this step", use);
}

static enum record_error
check_cert(const struct history_line *l, const struct approval *a, X509 *cert,
    const X509 *issuer, const struct history_key *key)
{
	uint8_t digest[32];
	enum ca_error err;

	if (cert_tbs_digest(cert, digest) != CA_OK ||
	    memcmp(digest, a->input_sha256, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another TBSCertificate than was approved");
	if (cert_spki_sha256(cert, digest) != CA_OK ||
	    memcmp(digest, key->spki_sha256, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "not of the key made in this step");
	err = cert_conforms(cert, issuer, profile_find(key->role), NULL);
	if (err == CA_ERR_SIGNATURE)
		return history_refuse(l, RECORD_ERR_SIGNATURE,
		    "the certificate is not signed by its issuer");
	if (err != CA_OK)
		return history_refuse(l, RECORD_ERR_RULE,
		    "outside profile %s: %s", key->role, ca_strerror(err));
	return RECORD_OK;
}

enum record_error
history_certify_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	X509 *cert = NULL, *issuer = NULL;
	struct history_key *key = NULL;
	uint8_t digest[32];
	enum record_error ret;
	const struct history_field rows[] = {
		{ "certificate", FIELD_HEX32, 0, digest, NULL },
	};

	if ((ret = history_result_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = key_to_certify(l, done->uses[0].name, &key)) != RECORD_OK)
		return ret;
	if (key->certified)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the %s key has a certificate already", key->role);
	ret = history_load_cert(l, digest, "certificate", &cert);
	/* the root issues itself */
	if (ret == RECORD_OK && strcmp(key->role, "root") != 0)
		ret = history_load_issuer(l, history_token_of(l, act), &issuer);
	if (ret == RECORD_OK)
		ret = check_cert(l, &act->approval, cert, issuer, key);
	X509_free(cert);
	X509_free(issuer);
	if (ret != RECORD_OK)
		return ret;
	key->certified = true;
	memcpy(key->cert, digest, 32);
	history_spread(l->h, history_token(l->h, l->g->made));
	return RECORD_OK;
}
