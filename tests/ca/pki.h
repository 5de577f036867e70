/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CA_PKI_H
#define TESTS_CA_PKI_H

/* A small PKI made afresh: root on P-384, product CA and device on P-256. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/date.h"
#include "ca/key.h"
#include "ca/profile.h"

#define PKI_NOW INT64_C(1767225600) /* 2026-01-01T00:00:00Z */

struct pki {
	EVP_PKEY *root_key, *ca_key, *device_key;
	X509 *root, *ca;
	uint8_t *root_spki, *ca_spki, *device_spki;
	struct cert_spec root_spec, ca_spec, device_spec;
};

static inline int64_t
pki_years(unsigned years)
{
	int64_t t = 0;

	assert_int_equal(date_end_of_years(PKI_NOW, years, &t), CA_OK);
	return t;
}

static inline EVP_PKEY *
pki_key(const char *curve)
{
	EVP_PKEY *key = EVP_EC_gen(curve);

	assert_non_null(key);
	return key;
}

/* The key whose private half is d; d < 0 means the order minus |d|. */
static inline EVP_PKEY *
pki_key_from(int curve, const BIGNUM *d)
{
	EC_KEY *ec = EC_KEY_new_by_curve_name(curve);
	const EC_GROUP *group = EC_KEY_get0_group(ec);
	EC_POINT *q = EC_POINT_new(group);
	EVP_PKEY *key = EVP_PKEY_new();
	BIGNUM *k = BN_dup(d);

	if (BN_is_negative(k))
		assert_int_equal(BN_add(k, EC_GROUP_get0_order(group), k), 1);
	assert_int_equal(EC_POINT_mul(group, q, k, NULL, NULL, NULL), 1);
	assert_int_equal(EC_KEY_set_private_key(ec, k), 1);
	assert_int_equal(EC_KEY_set_public_key(ec, q), 1);
	assert_int_equal(EVP_PKEY_assign_EC_KEY(key, ec), 1);
	EC_POINT_free(q);
	BN_free(k);
	return key;
}

static inline X509 *
pki_issue(const struct cert_spec *spec, EVP_PKEY *issuer_key)
{
	X509 *cert = NULL;

	assert_int_equal(cert_build(spec, &cert), CA_OK);
	assert_int_equal(cert_sign(cert, issuer_key), CA_OK);
	return cert;
}

static inline struct cert_spec
pki_spec(const char *profile, const char *subject, EVP_PKEY *key,
    uint8_t **spki, const X509 *issuer, uint8_t number, unsigned years)
{
	struct cert_spec spec = { .profile = profile_find(profile),
		.subject = subject,
		.issuer = issuer,
		.serial = { 0x01, number },
		.not_before = PKI_NOW,
		.not_after = pki_years(years) };

	assert_non_null(spec.profile);
	assert_int_equal(key_to_spki(key, spki, &spec.spki_len), CA_OK);
	spec.spki = *spki;
	return spec;
}

/* A copy of a CA's certificate without its keyUsage; the signature is not
 * made anew. */
static inline X509 *
pki_without_usage(const X509 *ca)
{
	X509 *bare = X509_dup(ca), *back = NULL;
	unsigned char *der = NULL;
	const unsigned char *at;
	int len;

	X509_EXTENSION_free(X509_delete_ext(bare,
	    X509_get_ext_by_NID(bare, NID_key_usage, -1)));
	assert_true(i2d_re_X509_tbs(bare, NULL) > 0);
	len = i2d_X509(bare, &der);
	at = der;
	assert_non_null(back = d2i_X509(NULL, &at, len));
	OPENSSL_free(der);
	X509_free(bare);
	return back;
}

static inline void
pki_make(struct pki *p)
{
	memset(p, 0, sizeof(*p));
	p->root_key = pki_key("P-384");
	p->ca_key = pki_key("P-256");
	p->device_key = pki_key("P-256");
	p->root_spec = pki_spec("root", "CN=Test Root,O=Test,C=CH", p->root_key,
	    &p->root_spki, NULL, 1, 30);
	p->root = pki_issue(&p->root_spec, p->root_key);
	p->ca_spec = pki_spec("product-ca", "CN=Test Product CA,O=Test",
	    p->ca_key, &p->ca_spki, p->root, 2, 20);
	p->ca = pki_issue(&p->ca_spec, p->root_key);
	p->device_spec = pki_spec("device-tls", "CN=device-1", p->device_key,
	    &p->device_spki, p->ca, 3, 10);
}

static inline void
pki_clear(struct pki *p)
{
	X509_free(p->root);
	X509_free(p->ca);
	EVP_PKEY_free(p->root_key);
	EVP_PKEY_free(p->ca_key);
	EVP_PKEY_free(p->device_key);
	OPENSSL_free(p->root_spki);
	OPENSSL_free(p->ca_spki);
	OPENSSL_free(p->device_spki);
}

/* For cmocka_run_group_tests() and cmocka_unit_test_setup_teardown(). */
static inline int
pki_setup(void **state)
{
	struct pki *p = test_calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	pki_make(p);
	*state = p;
	return 0;
}

static inline int
pki_teardown(void **state)
{
	pki_clear(*state);
	test_free(*state);
	return 0;
}

#endif
