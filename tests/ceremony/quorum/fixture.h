/* SPDX-License-Identifier: ISC */
#ifndef TESTS_QUORUM_FIXTURE_H
#define TESTS_QUORUM_FIXTURE_H

/* What several tests of ceremony/quorum/ need: errors told by name, software
 * keys, certificates, policies. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/quorum/error.h"
#include "ceremony/quorum/policy.h"
#include "smartcard/secret.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static inline void
assert_error(const char *name, enum quorum_error got, enum quorum_error want)
{
	if (got != want)
		fail_msg("%s: \"%s\" where \"%s\" was expected", name,
		    quorum_strerror(got), quorum_strerror(want));
}

/* A secret of len octets: first, first + 1, ... */
static inline struct secret *
secret_counting(uint8_t first, size_t len)
{
	struct secret *s = secret_new();

	assert_non_null(s);
	for (; s->len < len; s->len++)
		s->data[s->len] = (uint8_t)(first + s->len);
	return s;
}

static inline void
secrets_free(struct secret *secrets[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		secret_free(secrets[i]);
		secrets[i] = NULL;
	}
}

static inline void
spki_of(EVP_PKEY *key, struct policy_spki *out)
{
	uint8_t *at = out->der;
	int len = i2d_PUBKEY(key, NULL);

	assert_in_range(len, 1, sizeof(out->der));
	assert_int_equal(i2d_PUBKEY(key, &at), len);
	out->len = (size_t)len;
}

static inline void
spki_new(const char *curve, struct policy_spki *out)
{
	EVP_PKEY *key = EVP_EC_gen(curve);

	assert_non_null(key);
	spki_of(key, out);
	EVP_PKEY_free(key);
}

/* A certificate for subject, signed with signer; usage as in openssl.cnf, or
 * NULL for none. */
static inline X509 *
cert_new(const char *name, EVP_PKEY *subject, EVP_PKEY *signer,
    const char *usage)
{
	X509 *cert = X509_new();
	X509_NAME *dn = X509_get_subject_name(cert);
	X509_EXTENSION *ext = NULL;

	assert_int_equal(X509_NAME_add_entry_by_txt(dn, "CN", MBSTRING_ASC,
			     (const unsigned char *)name, -1, -1, 0),
	    1);
	X509_set_version(cert, X509_VERSION_3);
	X509_set_issuer_name(cert, dn);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	ASN1_TIME_set_string(X509_getm_notBefore(cert), "20260101000000Z");
	ASN1_TIME_set_string(X509_getm_notAfter(cert), "99991231235959Z");
	X509_set_pubkey(cert, subject);
	if (usage != NULL) {
		ext = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, usage);
		assert_int_equal(X509_add_ext(cert, ext, -1), 1);
		X509_EXTENSION_free(ext);
	}
	assert_true(X509_sign(cert, signer, EVP_sha256()) > 0);
	return cert;
}

/* A policy m of n with new keys: operators "op-01", ..., one witness. */
static inline void
policy_make(struct policy *p, unsigned m, size_t n)
{
	memset(p, 0, sizeof(*p));
	strcpy(p->log, "pki.example/log");
	p->version = 1;
	p->m = m;
	p->n = n;
	for (size_t i = 0; i < n; i++) {
		struct policy_operator *op = &p->operators[i];

		snprintf(op->id, sizeof(op->id), "op-%02u", (unsigned)i + 1);
		spki_new("P-256", &op->sign);
		spki_new("P-256", &op->derive);
	}
	p->witness_count = 1;
	strcpy(p->witnesses[0].id, "notary");
	spki_new("P-384", &p->witnesses[0].spki);
}

#endif
