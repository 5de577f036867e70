/* SPDX-License-Identifier: ISC */
#ifndef TESTS_TRANSFER_SEAL_H
#define TESTS_TRANSFER_SEAL_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "tests/transfer/mutate.h"

/* A key and its self-signed certificate. */
struct sealer {
	EVP_PKEY *key;
	X509 *cert;
};

static inline X509 *
self_signed(EVP_PKEY *key, const char *name)
{
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 0x1234);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, subject);
	ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20260101000000Z");
	ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "20560101000000Z");
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

static inline struct sealer
make_sealer(EVP_PKEY *key, const char *name)
{
	struct sealer s = { .key = key };

	assert_non_null(key);
	s.cert = self_signed(key, name);
	return s;
}

static inline void
free_sealer(struct sealer *s)
{
	EVP_PKEY_free(s->key);
	X509_free(s->cert);
}

#endif
