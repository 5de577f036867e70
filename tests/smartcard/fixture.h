/* SPDX-License-Identifier: ISC */
#ifndef TESTS_SMARTCARD_FIXTURE_H
#define TESTS_SMARTCARD_FIXTURE_H

/* A SoftHSM with its module loaded, tokens, keys and certificates on it. */

#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "smartcard/token.h"
#include "tests/smartcard/softhsm.h"

#define SO_PIN "3537363231383830"
#define SO_NEXT "1a2b3c4d5e6f7081"
#define PIN "648219"
#define NEW_PIN "A7kd-0_Zq2bW9xY"

struct fixture {
	struct softhsm hsm;
	struct module *m;
	struct secret *so, *so_next, *pin, *other;
};

static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || softhsm_make(&f->hsm) != 0)
		return -1;
	*state = f;
	f->so = secret_from(SO_PIN, strlen(SO_PIN));
	f->so_next = secret_from(SO_NEXT, strlen(SO_NEXT));
	f->pin = secret_from(PIN, strlen(PIN));
	f->other = secret_from(NEW_PIN, strlen(NEW_PIN));
	return module_load("softhsm", &f->m) == CARD_OK ? 0 : -1;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	module_free(f->m);
	secret_free(f->so);
	secret_free(f->so_next);
	secret_free(f->pin);
	secret_free(f->other);
	softhsm_remove(&f->hsm);
	free(f);
	return 0;
}

/* The first use of a token's SO PIN; a token made so has f->so_next. */
#define FIRST_USE(f) (&(struct token_so){ (f)->so, (f)->so_next, TOKEN_SO_PIN })
/* ... which was begun before. */
#define USED_AGAIN(f)                                                          \
	(&(struct token_so){ (f)->so, (f)->so_next, TOKEN_SO_EITHER })

/* A new token, logged in. */
static inline struct token *
new_token(struct fixture *f, const char *label)
{
	struct token *t = NULL;

	assert_int_equal(token_init(f->m, label, FIRST_USE(f), f->pin, &t),
	    CARD_OK);
	assert_non_null(t);
	assert_int_equal(token_login(t, f->pin), CARD_OK);
	return t;
}

struct key {
	uint8_t *spki;
	size_t len;
};

static inline struct key
new_key(struct token *t, enum key_curve_id curve, enum key_use use, uint8_t id,
    const char *label)
{
	struct key k = { 0 };

	assert_int_equal(token_make_key(t, curve, use, id, label, NULL, &k.spki,
			     &k.len),
	    CARD_OK);
	return k;
}

/* As a later process sees the tokens. */
static inline void
reload(struct fixture *f)
{
	module_free(f->m);
	assert_int_equal(module_load("softhsm", &f->m), CARD_OK);
}

static inline EVP_PKEY *
public_key(const struct key *k)
{
	const uint8_t *p = k->spki;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)k->len);

	assert_non_null(key);
	assert_ptr_equal(p, k->spki + k->len);
	return key;
}

/* A certificate for a public key, signed by a throwaway key. */
static inline X509 *
certificate_for(const struct key *k)
{
	EVP_PKEY *public = public_key(k), *issuer = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 23);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const uint8_t *)"card", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20240101000000Z");
	ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "20440101000000Z");
	X509_set_pubkey(cert, public);
	assert_true(X509_sign(cert, issuer, EVP_sha256()) > 0);
	EVP_PKEY_free(public);
	EVP_PKEY_free(issuer);
	return cert;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
