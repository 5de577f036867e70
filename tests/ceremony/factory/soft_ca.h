/* SPDX-License-Identifier: ISC */
#ifndef TESTS_FACTORY_SOFT_CA_H
#define TESTS_FACTORY_SOFT_CA_H

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/date.h"
#include "ca/key.h"
#include "ca/profile.h"

/* A product PKI in software, made through ca/, for tests of what comes out of
 * one.  Anything unexpected ends the program. */
struct soft_ca {
	EVP_PKEY *root_key, *product_key, *sealer_key;
	X509 *root, *product, *sealer;
};

#define SOFT_FROM INT64_C(1767225600) /* 2026-01-01T00:00:00Z */
#define SOFT_YEAR (INT64_C(365) * 86400)

static inline void
soft_need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "soft CA: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(99);
}

/* Issue what spec says for a public key; spec's key and serial are set. */
static inline X509 *
soft_issue(struct cert_spec spec, EVP_PKEY *subject_key, EVP_PKEY *issuer_key,
    uint16_t serial)
{
	uint8_t *spki = NULL;
	X509 *cert = NULL;

	soft_need(key_to_spki(subject_key, &spki, &spec.spki_len) == CA_OK,
	    "SPKI");
	spec.spki = spki;
	memset(spec.serial, 0, sizeof(spec.serial));
	spec.serial[0] = 1;
	spec.serial[SERIAL_SIZE - 2] = (uint8_t)(serial >> 8);
	spec.serial[SERIAL_SIZE - 1] = (uint8_t)serial;
	soft_need(cert_build(&spec, &cert) == CA_OK, "cert_build");
	soft_need(cert_sign(cert, issuer_key) == CA_OK, "cert_sign");
	OPENSSL_free(spki);
	return cert;
}

static inline X509 *
soft_certify(const char *profile, const char *subject, EVP_PKEY *subject_key,
    const X509 *issuer, EVP_PKEY *issuer_key, uint16_t serial)
{
	struct cert_spec spec = {
		.profile = profile_find(profile),
		.subject = subject,
		.issuer = issuer,
		.not_before = SOFT_FROM,
		.not_after = SOFT_FROM + 9 * SOFT_YEAR,
	};

	if (spec.profile->forever)
		spec.not_after = DATE_FOREVER;
	return soft_issue(spec, subject_key, issuer_key, serial);
}

static inline EVP_PKEY *
soft_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	soft_need(key != NULL, "key");
	return key;
}

static inline void
soft_ca_make(struct soft_ca *s)
{
	s->root_key = soft_key();
	s->product_key = soft_key();
	s->sealer_key = soft_key();
	s->root = soft_certify("root", "CN=Test Root,O=Test", s->root_key, NULL,
	    s->root_key, 1);
	s->product = soft_certify("product-ca", "CN=Test Product CA,O=Test",
	    s->product_key, s->root, s->root_key, 2);
	s->sealer = soft_certify("sealer", "CN=Test Sealer,O=Test",
	    s->sealer_key, s->root, s->root_key, 3);
}

static inline void
soft_ca_free(struct soft_ca *s)
{
	EVP_PKEY_free(s->root_key);
	EVP_PKEY_free(s->product_key);
	EVP_PKEY_free(s->sealer_key);
	X509_free(s->root);
	X509_free(s->product);
	X509_free(s->sealer);
}

/* A CRL of issuer from `this` for a year, listing revoked unless NULL. */
static inline X509_CRL *
soft_crl(const X509 *issuer, EVP_PKEY *key, int64_t this, const X509 *revoked)
{
	struct crl_entry entry = { .reason = 1, .date = this };
	struct crl_spec spec = {
		.issuer = issuer,
		.number = 1,
		.this_update = this,
		.next_update = this + SOFT_YEAR,
		.entries = &entry,
		.count = revoked != NULL,
	};
	X509_CRL *crl = NULL;

	if (revoked != NULL)
		soft_need(cert_serial(revoked, entry.serial,
			      &entry.serial_len) == CA_OK,
		    "serial");
	soft_need(crl_build(&spec, &crl) == CA_OK, "crl_build");
	soft_need(crl_sign(crl, key) == CA_OK, "crl_sign");
	return crl;
}

#endif
