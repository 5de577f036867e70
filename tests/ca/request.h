/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CA_REQUEST_H
#define TESTS_CA_REQUEST_H

/* CSRs made to measure, most of them wrong in one way. */

#include <openssl/x509v3.h>

#include "ca/csr.h"
#include "tests/ca/pki.h"

#define REQUEST_ID "dev-1"

static inline X509_REQ *
request_new(EVP_PKEY *key)
{
	X509_REQ *req = X509_REQ_new();

	assert_non_null(req);
	assert_int_equal(X509_REQ_set_version(req, 0), 1);
	assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
	return req;
}

static inline void
request_name(X509_REQ *req, const char *type, int string, const char *value,
    int len, int set)
{
	X509_NAME *name = X509_NAME_dup(X509_REQ_get_subject_name(req));

	assert_int_equal(X509_NAME_add_entry_by_txt(name, type, string,
			     (const unsigned char *)value, len, -1, set),
	    1);
	assert_int_equal(X509_REQ_set_subject_name(req, name), 1);
	X509_NAME_free(name);
}

/* An extensionRequest of "nid=value" texts as X509V3 reads them. */
static inline void
request_extension(STACK_OF(X509_EXTENSION) **list, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, X509V3_CTX_TEST);
	X509V3_set_ctx_nodb(&ctx);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (ext == NULL)
		fail_msg("%s", value);
	assert_non_null(X509v3_add_ext(list, ext, -1));
	X509_EXTENSION_free(ext);
}

static inline uint8_t *
request_der(X509_REQ *req, size_t *len)
{
	unsigned char *der = NULL;
	int n = i2d_X509_REQ(req, &der);

	assert_true(n > 0);
	*len = (size_t)n;
	return der;
}

/* Sign and encode; frees req. */
static inline uint8_t *
request_finish(X509_REQ *req, EVP_PKEY *key, const EVP_MD *md, size_t *len)
{
	uint8_t *der;

	assert_true(X509_REQ_sign(req, key, md) > 0);
	der = request_der(req, len);
	X509_REQ_free(req);
	return der;
}

/* A plain good one. */
static inline uint8_t *
request_plain(EVP_PKEY *key, const EVP_MD *md, size_t *len)
{
	X509_REQ *req = request_new(key);

	request_name(req, "CN", V_ASN1_UTF8STRING, REQUEST_ID, -1, 0);
	return request_finish(req, key, md, len);
}

static inline enum rule
request_check(const uint8_t *der, size_t len)
{
	static const uint8_t zero[sizeof(struct csr)];
	struct csr csr;
	enum rule rule;

	memset(&csr, 0xff, sizeof(csr));
	rule =
	    csr_check(der, len, REQUEST_ID, profile_find("device-tls"), &csr);
	if (rule != RULE_OK)
		assert_memory_equal(&csr, zero, sizeof(csr));
	return rule;
}

/* Check and free.  The length by address: it is often set by the call that
 * makes der, in the same argument list. */
static inline enum rule
request_consume(uint8_t *der, const size_t *len)
{
	enum rule rule = request_check(der, *len);

	OPENSSL_free(der);
	return rule;
}

#endif
