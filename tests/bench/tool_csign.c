/* SPDX-License-Identifier: ISC */
/*
 * tool_csign make LABEL          a P-256 key on a blank card, through OpenSC
 * tool_csign sign LABEL COUNT    so many bare C_Sign with it: their seconds
 *
 * The measure for what batches take on cards: C_SignInit and C_Sign of a digest
 * of 32 octets, on one session that is logged in, and nothing else.
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "smartcard/object.h"
#include "smartcard/session.h"

#define KEY "bench"
#define PIN "648219"
#define SO "3537363231383830"
#define NEXT_SO "3537363231383831"

static double
now(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static enum card_error
make(struct module *m, const char *label, const struct secret *pin)
{
	struct token_so so = { .pin = secret_from(SO, strlen(SO)),
		.next = secret_from(NEXT_SO, strlen(NEXT_SO)) };
	struct token *t = NULL;
	uint8_t *spki = NULL;
	size_t len = 0;
	enum card_error err = token_init(m, label, &so, pin, &t);

	if (err == CARD_OK)
		err = token_login(t, pin);
	if (err == CARD_OK)
		err = token_make_key(t, KEY_P256, KEY_SIGN, 1, KEY, NULL, &spki,
		    &len);
	OPENSSL_free(spki);
	token_close(t);
	token_so_clear(&so);
	return err;
}

static bool
sign(struct token *t, CK_OBJECT_HANDLE key)
{
	static uint8_t digest[32];
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	uint8_t raw[64];
	CK_ULONG len = sizeof(raw);

	digest[0]++;
	return t->m->f->C_SignInit(t->session, &mechanism, key) == CKR_OK &&
	    t->m->f->C_Sign(t->session, digest, sizeof(digest), raw, &len) ==
	    CKR_OK;
}

static enum card_error
measure(struct module *m, const char *label, const struct secret *pin,
    unsigned long count)
{
	struct token *t = NULL;
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
	enum card_error err = token_open(m, label, NULL, &t);
	double start;

	if (err == CARD_OK)
		err = token_login(t, pin);
	if (err == CARD_OK)
		err = token_find_key(t, CKO_PRIVATE_KEY, KEY, &key);
	start = now();
	while (err == CARD_OK && count-- > 0)
		err = sign(t, key) ? CARD_OK : CARD_ERR_MODULE;
	if (err == CARD_OK)
		printf("%.4f\n", now() - start);
	token_close(t);
	return err;
}

int
main(int argc, char *argv[])
{
	struct module *m = NULL;
	struct secret *pin = secret_from(PIN, strlen(PIN));
	enum card_error err = CARD_ERR_ARGUMENT;

	if (argc == 3 && strcmp(argv[1], "make") == 0) {
		err = module_load("opensc", &m);
		if (err == CARD_OK)
			err = make(m, argv[2], pin);
	} else if (argc == 4 && strcmp(argv[1], "sign") == 0) {
		err = module_load("opensc", &m);
		if (err == CARD_OK)
			err = measure(m, argv[2], pin,
			    strtoul(argv[3], NULL, 10));
	}
	module_free(m);
	secret_free(pin);
	if (err != CARD_OK)
		fprintf(stderr, "tool_csign: %s\n", card_strerror(err));
	return err == CARD_OK ? 0 : 1;
}
