/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/check.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/date.h"
#include "ca/key.h"
#include "ca/profile.h"
#include "ca/subject.h"
#include "ceremony/factory/hook.h"
#include "ceremony/factory/possession.h"
#include "transfer/file.h"
#include "transfer/pem.h"

const char *const check_claims[CHECK_CLAIMS] = {
	"unique key",
	"cert chains to product CA",
	"not a duplicate",
};

const struct check_row check_rows[CHECK_COUNT] = {
	[CHECK_PASS] = { "pass", "", 3 },
	[CHECK_CERT_MISSING] = { "cert.missing", "certificate missing", 0 },
	[CHECK_CERT_UNREADABLE] = { "cert.unreadable", "certificate unreadable",
	    0 },
	[CHECK_OTHER_DEVICE] = { "cert.device",
	    "certificate is for another device", 0 },
	[CHECK_KEY_USED] = { "key.used", "key already used by device", 0 },
	[CHECK_OTHER_CA] = { "cert.ca", "certificate chains to another CA", 1 },
	[CHECK_PROFILE] = { "cert.profile",
	    "certificate is not one for devices", 1 },
	[CHECK_CERT_DATE] = { "cert.date", "certificate not valid at this date",
	    1 },
	[CHECK_CA_DATE] = { "ca.date",
	    "product CA certificate not valid at this date", 1 },
	[CHECK_CRL_MISSING] = { "crl.missing", "CRL missing", 1 },
	[CHECK_CRL_WRONG] = { "crl.wrong", "CRL is not one of the product CA",
	    1 },
	[CHECK_CRL_EARLY] = { "crl.early", "CRL not valid yet at this date",
	    1 },
	[CHECK_CRL_EXPIRED] = { "crl.expired", "CRL expired", 1 },
	[CHECK_REVOKED] = { "cert.revoked", "certificate revoked", 1 },
	[CHECK_PROOF_MISSING] = { "proof.missing", "possession proof missing",
	    2 },
	[CHECK_PROOF_WRONG] = { "proof.wrong", "possession proof wrong", 2 },
	[CHECK_OTHER_KEY] = { "id.used",
	    "device already checked with another key", 2 },
	[CHECK_TROUBLE] = { "trouble", "registry failed", 0 },
};

/* What a check works on. */
struct work {
	const struct check_terms *terms;
	struct check_result *result;
	X509 *cert;
	struct registry_unit unit;
};

static enum check_verdict
read_certificate(struct work *w)
{
	uint8_t *file = NULL, *der = NULL;
	size_t file_len = 0, len = 0;
	enum transfer_error err;
	enum ca_error bad;

	err = file_read(AT_FDCWD, w->terms->cert_path, 3 * CERT_MAX, &file,
	    &file_len);
	if (err == TRANSFER_ERR_IO && errno == ENOENT)
		return CHECK_CERT_MISSING;
	if (err != TRANSFER_OK)
		return CHECK_CERT_UNREADABLE;
	if (pem_decode(file, file_len, "CERTIFICATE", &der, &len))
		bad = cert_parse(der, len, &w->cert);
	else
		bad = cert_parse(file, file_len, &w->cert);
	free(der);
	free(file);
	return bad == CA_OK ? CHECK_PASS : CHECK_CERT_UNREADABLE;
}

/* The one CN of a certificate, or false. */
static bool
common_name(const X509 *cert, char out[SUBJECT_ID_MAX + 1])
{
	const X509_NAME *name = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1), len;
	const ASN1_STRING *text;

	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return false;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	len = ASN1_STRING_length(text);
	if (len < 1 || len > SUBJECT_ID_MAX)
		return false;
	memcpy(out, ASN1_STRING_get0_data(text), (size_t)len);
	out[len] = '\0';
	return strlen(out) == (size_t)len;
}

/* The CN is the id, or ends in it behind a hyphen ("device-{id}"). */
static enum check_verdict
check_device(struct work *w)
{
	const char *id = w->terms->id;
	char name[SUBJECT_ID_MAX + 1];
	size_t len = strlen(id), n;

	if (!common_name(w->cert, name))
		return CHECK_OTHER_DEVICE;
	n = strlen(name);
	if (strcmp(name, id) == 0)
		return CHECK_PASS;
	if (n > len && name[n - len - 1] == '-' &&
	    strcmp(name + n - len, id) == 0)
		return CHECK_PASS;
	return CHECK_OTHER_DEVICE;
}

static enum check_verdict
identify(struct work *w)
{
	struct key_ident ident;
	uint8_t *spki = NULL, *der = NULL;
	size_t spki_len = 0, len = 0;
	enum check_verdict ret = CHECK_CERT_UNREADABLE;

	if (key_to_spki(X509_get0_pubkey(w->cert), &spki, &spki_len) == CA_OK &&
	    key_identify(spki, spki_len, &ident) == CA_OK &&
	    cert_der(w->cert, &der, &len) == CA_OK &&
	    EVP_Digest(der, len, w->unit.cert, NULL, EVP_sha256(), NULL) == 1) {
		memcpy(w->unit.key, ident.unique, sizeof(w->unit.key));
		w->unit.id = w->terms->id;
		ret = CHECK_PASS;
	}
	OPENSSL_free(spki);
	OPENSSL_free(der);
	return ret;
}

static enum check_verdict
verdict_of(struct work *w, enum registry_answer answer, const char *other)
{
	switch (answer) {
	case REGISTRY_NEW:
		return CHECK_PASS;
	case REGISTRY_REPEAT:
		w->result->repeat = true;
		return CHECK_PASS;
	case REGISTRY_KEY_USED:
		snprintf(w->result->detail, sizeof(w->result->detail), " %s",
		    other);
		return CHECK_KEY_USED;
	case REGISTRY_OTHER_KEY:
		return CHECK_OTHER_KEY;
	case REGISTRY_FAILED:
		break;
	}
	return CHECK_TROUBLE;
}

/* Before the unit is asked anything: has another unit this key?  That this id
 * has another key is told at the end, when the unit has proved its own. */
static enum check_verdict
check_key(struct work *w)
{
	char other[65];
	enum check_verdict verdict = verdict_of(w,
	    registry_look(w->terms->registry, &w->unit, other), other);

	w->result->repeat = false;
	return verdict == CHECK_OTHER_KEY ? CHECK_PASS : verdict;
}

static enum check_verdict
check_chain(struct work *w)
{
	X509 *ca = w->terms->ca;

	if (X509_NAME_cmp(X509_get_issuer_name(w->cert),
		X509_get_subject_name(ca)) != 0 ||
	    X509_verify(w->cert, X509_get0_pubkey(ca)) != 1)
		return CHECK_OTHER_CA;
	for (unsigned i = 0; profile_at(i) != NULL; i++) {
		if (profile_at(i)->device &&
		    cert_conforms(w->cert, ca, profile_at(i), NULL) == CA_OK)
			return CHECK_PASS;
	}
	return CHECK_PROFILE;
}

static bool
is_valid(const X509 *cert, int64_t now)
{
	int64_t from, to;

	return cert_dates(cert, &from, &to) == CA_OK && from <= now &&
	    now <= to;
}

static enum check_verdict
check_dates(struct work *w)
{
	if (!is_valid(w->terms->ca, w->terms->now))
		return CHECK_CA_DATE;
	return is_valid(w->cert, w->terms->now) ? CHECK_PASS : CHECK_CERT_DATE;
}

static enum check_verdict
read_crl(const char *path, X509_CRL **out)
{
	uint8_t *file = NULL, *der = NULL;
	size_t file_len = 0, len = 0;
	enum transfer_error err;
	enum ca_error bad;

	err = file_read(AT_FDCWD, path, 2 * CRL_MAX, &file, &file_len);
	if (err == TRANSFER_ERR_IO && errno == ENOENT)
		return CHECK_CRL_MISSING;
	if (err != TRANSFER_OK)
		return CHECK_CRL_WRONG;
	if (pem_decode(file, file_len, "X509 CRL", &der, &len))
		bad = crl_parse(der, len, out);
	else
		bad = crl_parse(file, file_len, out);
	free(der);
	free(file);
	return bad == CA_OK ? CHECK_PASS : CHECK_CRL_WRONG;
}

static enum check_verdict
judge_crl(struct work *w, X509_CRL *crl)
{
	int64_t this, next, now = w->terms->now;

	if (crl_verify(crl, w->terms->ca, NULL, &this, &next) != CA_OK)
		return CHECK_CRL_WRONG;
	if (now < this)
		return CHECK_CRL_EARLY;
	if (now > next)
		return CHECK_CRL_EXPIRED;
	return crl_lookup(crl, w->cert) == CA_OK ? CHECK_PASS : CHECK_REVOKED;
}

static enum check_verdict
check_crl(struct work *w)
{
	X509_CRL *crl = NULL;
	enum check_verdict verdict;

	if (w->terms->crl_path == NULL)
		return CHECK_PASS;
	verdict = read_crl(w->terms->crl_path, &crl);
	if (verdict == CHECK_PASS)
		verdict = judge_crl(w, crl);
	X509_CRL_free(crl);
	return verdict;
}

static enum check_verdict
check_possession(struct work *w)
{
	uint8_t nonce[POSSESSION_NONCE];
	char text[POSSESSION_TEXT_MAX], how[120];
	struct hook_answer answer;

	if (RAND_bytes(nonce, sizeof(nonce)) != 1)
		return CHECK_TROUBLE;
	possession_text(w->terms->id, nonce, text);
	if (w->terms->hook_runner == -1)
		hook_run(w->terms->hook, text, w->terms->hook_timeout_ms,
		    &answer);
	else
		hook_ask(w->terms->hook_runner, text, w->terms->hook_timeout_ms,
		    &answer);
	memcpy(w->result->complaint, answer.complaint,
	    sizeof(w->result->complaint));
	if (answer.end == HOOK_ANSWERED)
		return possession_verify(X509_get0_pubkey(w->cert), text,
			   answer.data, answer.len)
		    ? CHECK_PASS
		    : CHECK_PROOF_WRONG;
	hook_describe(&answer, how, sizeof(how));
	snprintf(w->result->detail, sizeof(w->result->detail),
	    " (device hook %s)", how);
	return CHECK_PROOF_MISSING;
}

static enum check_verdict
enter(struct work *w)
{
	char at[DATE_RFC3339_SIZE], other[65];

	if (date_format_rfc3339(w->terms->now, at) != CA_OK)
		return CHECK_TROUBLE;
	return verdict_of(w,
	    registry_enter(w->terms->registry, &w->unit, at, other), other);
}

static bool
note(const struct check_terms *terms, enum check_verdict verdict)
{
	char at[DATE_RFC3339_SIZE];

	return date_format_rfc3339(terms->now, at) == CA_OK &&
	    registry_note(terms->registry, terms->id, at,
		check_rows[verdict].code);
}

void
check_unit(const struct check_terms *terms, struct check_result *out)
{
	/* cheap and silent steps first; the unit is asked near the end */
	static enum check_verdict (*const steps[])(struct work *) = {
		read_certificate,
		check_device,
		identify,
		check_key,
		check_chain,
		check_dates,
		check_crl,
		check_possession,
		enter,
	};
	struct work w = { .terms = terms, .result = out };
	enum check_verdict verdict = CHECK_PASS;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0;
	     i < sizeof(steps) / sizeof(steps[0]) && verdict == CHECK_PASS; i++)
		verdict = steps[i](&w);
	if (verdict != CHECK_PASS && verdict != CHECK_TROUBLE &&
	    !note(terms, verdict))
		verdict = CHECK_TROUBLE;
	out->verdict = verdict;
	X509_free(w.cert);
}
