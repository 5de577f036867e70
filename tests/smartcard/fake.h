/* SPDX-License-Identifier: ISC */
#ifndef TESTS_SMARTCARD_FAKE_H
#define TESTS_SMARTCARD_FAKE_H

/* A token of a module that fails and lies as it is told, see module_fake.c,
 * and what is done with it. */
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smartcard/token.h"
#include "tests/smartcard/softhsm.h"

struct fixture {
	struct softhsm hsm;
	char path[1100];
	struct module *m;
	struct token *t;
	struct secret *pin, *so, *so_next;
	uint8_t *sign, *derive; /* SPKIs of the keys of those labels */
	size_t sign_len, derive_len;
};

/* SO PINs for one use. */
#define USE(f, which) (&(struct token_so){ (f)->so, (f)->so_next, which })

static inline void
forget_plans(void)
{
	static const char *const names[] = { "FAKE_CALL", "FAKE_AT", "FAKE_RV",
		"FAKE_ATTR", "FAKE_POINT", "FAKE_FLIP", "FAKE_FLAGS",
		"FAKE_SUFFIX", "FAKE_MANUFACTURER", "FAKE_PIN",
		"FAKE_SO_TRIES" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
}

/* The n-th call of a function is to return rv. */
static inline void
plan(const char *call, unsigned long at, CK_RV rv)
{
	char text[32];

	setenv("FAKE_CALL", call, 1);
	snprintf(text, sizeof(text), "%lu", at);
	setenv("FAKE_AT", text, 1);
	snprintf(text, sizeof(text), "0x%lx", rv);
	setenv("FAKE_RV", text, 1);
}

/* Was the planned failure met? */
static inline bool
spent(void)
{
	return getenv("FAKE_CALL") == NULL;
}

static inline int
load(struct fixture *f)
{
	const char *build = getenv("BUILD");

	snprintf(f->path, sizeof(f->path), "%s/tests/smartcard/module_fake.so",
	    build != NULL ? build : "build");
	return module_load(f->path, &f->m) == CARD_OK ? 0 : -1;
}

static inline int
setup(void **state)
{
	static const char pin[] = "648219";
	struct fixture *f = calloc(1, sizeof(*f));

	forget_plans();
	if (f == NULL || softhsm_make(&f->hsm) != 0)
		return -1;
	*state = f;
	f->pin = secret_from(pin, sizeof(pin) - 1);
	f->so = secret_from("00000001", 8);
	f->so_next = secret_from("00000002", 8);
	if (load(f) != 0 ||
	    token_init(f->m, "one", USE(f, TOKEN_SO_PIN), f->pin, &f->t) !=
		CARD_OK ||
	    token_login(f->t, f->pin) != CARD_OK ||
	    token_make_key(f->t, KEY_P256, KEY_SIGN, 1, "sign", NULL, &f->sign,
		&f->sign_len) != CARD_OK)
		return -1;
	return token_make_key(f->t, KEY_P256, KEY_DERIVE, 2, "derive", NULL,
		   &f->derive, &f->derive_len) == CARD_OK
	    ? 0
	    : -1;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	forget_plans();
	token_close(f->t);
	module_free(f->m);
	secret_free(f->pin);
	secret_free(f->so);
	secret_free(f->so_next);
	OPENSSL_free(f->sign);
	OPENSSL_free(f->derive);
	softhsm_remove(&f->hsm);
	free(f);
	return 0;
}

static inline enum card_error
do_sign(struct fixture *f)
{
	uint8_t *sig = NULL;
	size_t len = 0;
	enum card_error ret;

	ret = token_sign_text(f->t, "sign", f->sign, f->sign_len, "text", 4,
	    &sig, &len);
	assert_int_equal(sig != NULL, ret == CARD_OK);
	OPENSSL_free(sig);
	return ret;
}

static inline enum card_error
do_make_key(struct fixture *f)
{
	uint8_t *spki = NULL;
	size_t len = 0;
	enum card_error ret;

	ret = token_make_key(f->t, KEY_P256, KEY_DERIVE, 3, "new", NULL, &spki,
	    &len);
	assert_int_equal(spki != NULL, ret == CARD_OK);
	OPENSSL_free(spki);
	return ret;
}

static inline enum card_error
do_login(struct fixture *f)
{
	return token_login(f->t, f->pin);
}

static inline enum card_error
do_again(struct fixture *f)
{
	return token_init_pin(f->t, USE(f, TOKEN_SO_EITHER), f->pin);
}

static inline enum card_error
do_open(struct fixture *f)
{
	struct token *t = NULL;
	enum card_error ret;

	token_close(f->t);
	f->t = NULL;
	ret = token_open(f->m, "one", NULL, &t);
	assert_int_equal(t != NULL, ret == CARD_OK);
	f->t = t;
	return ret;
}

static inline bool
has_key(struct fixture *f, const char *label)
{
	uint8_t *spki = NULL;
	size_t len = 0;
	bool has;

	has = token_public_key(f->t, label, &spki, &len) == CARD_OK;
	OPENSSL_free(spki);
	return has ||
	    token_check_key(f->t, label, KEY_DERIVE, NULL) !=
	    CARD_ERR_KEY_MISSING;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
