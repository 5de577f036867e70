/* SPDX-License-Identifier: ISC */
/* CAs that others run: the CSR, the certificate, the sealed chain. */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/record/history_line.h"
#include "ceremony/record/roles.h"
#include "transfer/intermediate.h"

#define KIND "intermediate"

bool
history_certifies_other(const struct history_act *act)
{
	return strcmp(act->approval.kind, KIND) == 0 &&
	    strcmp(act->approval.uses[0].name, KIND) == 0;
}

const struct history_intermediate *
history_intermediate(const struct history *h, const char *ceremony,
    unsigned step)
{
	for (size_t i = 0; i < h->intermediate_count; i++)
		if (h->intermediates[i].step == step &&
		    strcmp(h->intermediates[i].ceremony, ceremony) == 0)
			return &h->intermediates[i];
	return NULL;
}

const struct history_token *
history_intermediate_issuer(const struct history *h, const uint8_t cert[32])
{
	for (size_t i = 0; i < h->intermediate_count; i++)
		if (h->intermediates[i].certified &&
		    memcmp(h->intermediates[i].cert, cert, 32) == 0)
			return history_token(h, h->intermediates[i].label);
	return NULL;
}

bool
history_certified_by(X509 *cert, const struct history_token *root)
{
	EVP_PKEY *key = strcmp(root->keys[0].role, "root") == 0
	    ? policy_key(&root->keys[0].spki)
	    : NULL;
	bool ok = key != NULL && X509_verify(cert, key) == 1;

	EVP_PKEY_free(key);
	return ok;
}

const struct history_act *
history_intermediate_begun(const struct history *h, const uint8_t unique[32])
{
	static const uint8_t never[32];

	for (size_t i = h->act_count; i-- > 0;) {
		const struct history_act *a = &h->acts[i];

		if (history_certifies_other(a) && a->state == ACT_VOID &&
		    memcmp(a->begin, never, 32) != 0 &&
		    memcmp(a->unique, unique, 32) == 0)
			return a;
	}
	return NULL;
}

/* That of the step that stands. */
static struct history_intermediate *
standing(const struct history_line *l)
{
	return (struct history_intermediate *)history_intermediate(l->h,
	    l->h->ceremony, l->g->step);
}

/* ---- csr -------------------------------------------------------------------- */

/* One CSR a step, whatever stops: other people may have seen that one. */
enum record_error
history_do_csr(struct history_line *l)
{
	struct history_intermediate *i = standing(l);
	uint8_t file[32], spki[32];
	enum record_error ret;
	const struct history_field rows[] = {
		{ "file", FIELD_HEX32, 0, file, NULL },
		{ "spki_sha256", FIELD_HEX32, 0, spki, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (strcmp(l->g->kinds[l->g->step], KIND) != 0)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "belongs in an intermediate step");
	if (i != NULL)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the step has its CSR already");
	if ((ret = history_exists(l, file, "CSR")) != RECORD_OK)
		return ret;
	if (!history_grow(&l->h->intermediates, l->h->intermediate_count,
		sizeof(*l->h->intermediates)))
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	i = &l->h->intermediates[l->h->intermediate_count++];
	memset(i, 0, sizeof(*i));
	memcpy(i->ceremony, l->h->ceremony, sizeof(i->ceremony));
	i->step = l->g->step;
	memcpy(i->csr, file, 32);
	memcpy(i->spki_sha256, spki, 32);
	return RECORD_OK;
}

/* ---- the certificate --------------------------------------------------------- */

/* Serial and key of the TBS that is proposed. */
static enum record_error
read_tbs(const struct history_line *l, struct history_act *act,
    struct key_ident *key)
{
	const uint8_t *spki = NULL;
	uint8_t *tbs = NULL;
	size_t len, spki_len = 0;
	enum record_error ret =
	    history_load(l, act->approval.input_sha256, "TBS", &tbs, &len);

	if (ret != RECORD_OK)
		return ret;
	if (cert_tbs_read(tbs, len, act->serial, &spki, &spki_len) != CA_OK ||
	    key_identify(spki, spki_len, key) != CA_OK)
		ret = history_refuse(l, RECORD_ERR_FORM,
		    "the input is no TBSCertificate of ours");
	free(tbs);
	return ret;
}

/* No key is certified twice.  An act that was begun may have signed before it
 * was cut off: what goes on with it signs the same again, and nothing else is
 * ever signed for that key. */
static enum record_error
check_first(const struct history_line *l, const struct history_act *act)
{
	const struct history_act *before =
	    history_intermediate_begun(l->h, act->unique);
	uint64_t resumes = before != NULL ? before->approval.act : 0;

	for (size_t i = 0; i < l->h->act_count; i++) {
		const struct history_act *a = &l->h->acts[i];

		if (history_certifies_other(a) && a->state == ACT_DONE &&
		    memcmp(a->unique, act->unique, 32) == 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "the key was certified by act %llu: one certificate "
			    "a key",
			    (unsigned long long)a->approval.act);
	}
	if (act->approval.resumes != resumes)
		return history_refuse(l, RECORD_ERR_RULE,
		    "it goes on with act %llu, not %llu",
		    (unsigned long long)resumes,
		    (unsigned long long)act->approval.resumes);
	if (before != NULL &&
	    memcmp(before->approval.input_sha256, act->approval.input_sha256,
		32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another TBSCertificate than in act %llu, which may have "
		    "signed one for that key",
		    (unsigned long long)resumes);
	return RECORD_OK;
}

enum record_error
history_intermediate_propose(struct history_line *l, struct history_act *act)
{
	struct history_intermediate *i = standing(l);
	struct key_ident key;
	const char *role;
	enum record_error ret;

	if (i == NULL)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "there is no csr record in this step");
	if ((ret = read_tbs(l, act, &key)) != RECORD_OK)
		return ret;
	if (memcmp(key.spki_sha256, i->spki_sha256, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "not of the key that the csr record names");
	if ((role = roles_find(l->h, &key)) != NULL)
		return history_refuse(l, RECORD_ERR_RULE,
		    "it is the key of a %s of this log", role);
	memcpy(act->unique, key.unique, 32);
	memcpy(i->unique, key.unique, 32);
	return check_first(l, act);
}

static enum record_error
check_cert(const struct history_line *l, const struct approval *a, X509 *cert,
    const X509 *issuer)
{
	uint8_t digest[32];
	enum ca_error err;

	if (cert_tbs_digest(cert, digest) != CA_OK ||
	    memcmp(digest, a->input_sha256, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "another TBSCertificate than was approved");
	err = cert_conforms(cert, issuer, profile_find(KIND), NULL);
	if (err == CA_ERR_SIGNATURE)
		return history_refuse(l, RECORD_ERR_SIGNATURE,
		    "the certificate is not signed by its issuer");
	if (err != CA_OK)
		return history_refuse(l, RECORD_ERR_RULE,
		    "outside profile " KIND ": %s", ca_strerror(err));
	return RECORD_OK;
}

enum record_error
history_intermediate_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	const struct history_token *token = history_token_of(l, act);
	struct history_intermediate *i = standing(l);
	X509 *cert = NULL, *issuer = NULL;
	uint8_t digest[32];
	enum record_error ret;
	const struct history_field rows[] = {
		{ "certificate", FIELD_HEX32, 0, digest, NULL },
	};

	(void)done;
	if ((ret = history_result_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	ret = history_load_cert(l, digest, "certificate", &cert);
	if (ret == RECORD_OK)
		ret = history_load_issuer(l, token, &issuer);
	if (ret == RECORD_OK)
		ret = check_cert(l, &act->approval, cert, issuer);
	X509_free(cert);
	X509_free(issuer);
	if (ret != RECORD_OK)
		return ret;
	i->certified = true;
	i->act = act->approval.act;
	memcpy(i->cert, digest, 32);
	memcpy(i->label, token->label, sizeof(i->label));
	return RECORD_OK;
}

/* ---- the seal ------------------------------------------------------------------ */

/* Certificate k of a chain is that of a CA of this log with this role, and on
 * this token unless NULL. */
static bool
is_of_log(const struct history_line *l, const struct intermediate *i, size_t k,
    const char *label, const char *role)
{
	uint8_t digest[32];

	SHA256(i->chain[k].der, i->chain[k].len, digest);
	for (size_t t = 0; t < l->h->token_count; t++) {
		const struct history_token *token = &l->h->tokens[t];

		if (token->keys[0].certified &&
		    memcmp(token->keys[0].cert, digest, 32) == 0 &&
		    (label == NULL || strcmp(token->label, label) == 0) &&
		    (role == NULL || strcmp(token->keys[0].role, role) == 0))
			return true;
	}
	return false;
}

/* Its certificate, then its issuer's, the last one a root's. */
static enum record_error
check_chain(const struct history_line *l, const struct history_intermediate *i,
    const struct intermediate *said)
{
	uint8_t digest[32];

	if (strcmp(said->log, l->h->log) != 0)
		return history_refuse(l, RECORD_ERR_OTHER_LOG,
		    "the chain is of another log");
	SHA256(said->chain[0].der, said->chain[0].len, digest);
	if (memcmp(said->csr, i->csr, 32) != 0 ||
	    memcmp(said->key, i->spki_sha256, 32) != 0 ||
	    memcmp(digest, i->cert, 32) != 0)
		return history_refuse(l, RECORD_ERR_RULE,
		    "not the CSR, key or certificate of this step");
	if (!is_of_log(l, said, 1, i->label, NULL) ||
	    !is_of_log(l, said, said->count - 1, NULL, "root"))
		return history_refuse(l, RECORD_ERR_RULE,
		    "the chain does not go from its issuer to a root");
	return RECORD_OK;
}

enum record_error
history_seal_propose(struct history_line *l, struct history_act *act)
{
	const struct history_intermediate *i = standing(l);
	struct transfer_fault why = { 0 };
	struct intermediate said;
	uint8_t *text = NULL;
	size_t len;
	enum record_error ret;

	if (i == NULL || !i->certified)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "there is no certificate to seal in this step");
	if (i->sealed)
		return history_refuse(l, RECORD_ERR_RULE,
		    "the chain was sealed before");
	ret = history_load(l, act->approval.input_sha256, "chain", &text, &len);
	if (ret != RECORD_OK)
		return ret;
	if (intermediate_read((const char *)text, len, &said, &why) !=
	    TRANSFER_OK)
		ret = history_refuse(l, RECORD_ERR_FORM,
		    "the input is no chain: %s", why.text);
	else
		ret = check_chain(l, i, &said);
	intermediate_clear(&said);
	free(text);
	return ret;
}

enum record_error
history_seal_result(struct history_line *l, struct history_act *act,
    const struct approval *done)
{
	struct history_intermediate *i = standing(l);
	uint8_t file[32], *payload = NULL;
	size_t len;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "file", FIELD_HEX32, 0, file, NULL },
	};

	(void)done;
	if ((ret = history_result_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	ret = history_open_sealed(l, history_token_of(l, act), file,
	    act->approval.input_sha256, &payload, &len);
	OPENSSL_free(payload);
	if (ret != RECORD_OK)
		return ret;
	i->sealed = true;
	memcpy(i->file, file, 32);
	return RECORD_OK;
}
