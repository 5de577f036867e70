/* SPDX-License-Identifier: ISC */
/*
 * What single operations cost on this machine: the measure for everything
 * that is made of them.  Prints a table, asserts nothing.
 */
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ca/csr.h"
#include "smartcard/object.h"
#include "smartcard/session.h"
#include "tests/ca/pki.h"
#include "tests/ca/request.h"
#include "tests/smartcard/softhsm.h"

#define ROW_SECONDS 0.8
#define LINE_SIZE 400 /* octets, a usual line of a journal */
#define SO_PIN "3537363231383830"
#define PIN "648219"
#define LABEL "product-ca"

struct bench {
	struct pki pki;
	struct softhsm hsm;
	struct module *module;
	struct token *token;
	CK_OBJECT_HANDLE handle;
	EVP_PKEY *token_key; /* of ca, on the token, through libp11 */
	X509 *ca;
	uint8_t *ca_spki;
	struct cert_spec spec; /* a device, issued by ca */
	X509 *draft;
	uint8_t *cert, *csr;
	size_t cert_len, csr_len;
	uint8_t line[LINE_SIZE], sig[128];
	size_t sig_len;
	char file[1100];
	int fd;
};

/* ---- the operations, each true when it worked ------------------------------ */

static bool
software_sign(struct bench *b)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	b->sig_len = sizeof(b->sig);
	ok = EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
		 b->pki.device_key) == 1 &&
	    EVP_DigestSign(ctx, b->sig, &b->sig_len, b->line, LINE_SIZE) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* What software_sign() left. */
static bool
software_verify(struct bench *b)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL,
		 b->pki.device_key) == 1 &&
	    EVP_DigestVerify(ctx, b->sig, b->sig_len, b->line, LINE_SIZE) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool
token_c_sign(struct bench *b)
{
	CK_FUNCTION_LIST *f = b->token->m->f;
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	uint8_t raw[64];
	CK_ULONG len = sizeof(raw);

	return f->C_SignInit(b->token->session, &mechanism, b->handle) ==
	    CKR_OK &&
	    f->C_Sign(b->token->session, b->line, 32, raw, &len) == CKR_OK;
}

static bool
token_x509_sign(struct bench *b)
{
	return X509_sign(b->draft, b->token_key, EVP_sha256()) > 0;
}

static bool
token_cert_sign(struct bench *b)
{
	return cert_sign(b->draft, b->token_key) == CA_OK;
}

static bool
software_cert_sign(struct bench *b)
{
	return cert_sign(b->draft, b->pki.ca_key) == CA_OK;
}

static bool
csr_is_checked(struct bench *b)
{
	struct csr csr;

	return csr_check(b->csr, b->csr_len, REQUEST_ID, b->spec.profile,
		   &csr) == RULE_OK;
}

static bool
cert_is_built(struct bench *b)
{
	X509 *cert = NULL;
	bool ok = cert_build(&b->spec, &cert) == CA_OK;

	X509_free(cert);
	return ok;
}

static bool
cert_is_parsed(struct bench *b)
{
	X509 *cert = NULL;
	bool ok = cert_parse(b->cert, b->cert_len, &cert) == CA_OK;

	X509_free(cert);
	return ok;
}

static bool
cert_is_selfchecked(struct bench *b)
{
	return cert_selfcheck(b->cert, b->cert_len, &b->spec) == CA_OK;
}

static bool
line_is_synced(struct bench *b)
{
	return write(b->fd, b->line, LINE_SIZE) == LINE_SIZE &&
	    fsync(b->fd) == 0;
}

/* The name C_Sign in the third row is what bench_batch.sh looks for. */
static const struct row {
	const char *name;
	bool (*run)(struct bench *b);
} rows[] = {
	{ "ECDSA P-256 sign, software", software_sign },
	{ "ECDSA P-256 verify, software", software_verify },
	{ "C_Sign, ECDSA P-256, SoftHSM", token_c_sign },
	{ "X509_sign, SoftHSM through libp11", token_x509_sign },
	{ "cert_sign, SoftHSM through libp11", token_cert_sign },
	{ "cert_sign, software", software_cert_sign },
	{ "csr_check", csr_is_checked },
	{ "cert_build", cert_is_built },
	{ "cert_parse", cert_is_parsed },
	{ "cert_selfcheck", cert_is_selfchecked },
	{ "append 400 octets and fsync", line_is_synced },
};

/* ---- setting up ------------------------------------------------------------ */

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_bare: %s\n", what);
	exit(1);
}

static void
make_token(struct bench *b)
{
	struct token_so so = { secret_from(SO_PIN, strlen(SO_PIN)),
		secret_from(SO_PIN, strlen(SO_PIN)), TOKEN_SO_PIN };
	struct secret *pin = secret_from(PIN, strlen(PIN));
	size_t len = 0;

	need(softhsm_make(&b->hsm) == 0, "SoftHSM folder");
	need(module_load("softhsm", &b->module) == CARD_OK, "SoftHSM module");
	need(token_init(b->module, "bench", &so, pin, &b->token) == CARD_OK &&
		token_login(b->token, pin) == CARD_OK &&
		token_make_key(b->token, KEY_P256, KEY_SIGN, 1, LABEL, NULL,
		    &b->ca_spki, &len) == CARD_OK &&
		token_find_key(b->token, CKO_PRIVATE_KEY, LABEL, &b->handle) ==
		    CARD_OK &&
		token_key(b->token, LABEL, b->ca_spki, len, &b->token_key) ==
		    CARD_OK,
	    "key on a SoftHSM token");
	token_so_clear(&so);
	secret_free(pin);
}

/* A product CA whose key is on the token, and a device certificate of it. */
static void
make_certificates(struct bench *b)
{
	struct cert_spec spec;
	uint8_t *spki = NULL;

	pki_make(&b->pki);
	spec = pki_spec("product-ca", "CN=Bench CA", b->token_key, &spki,
	    b->pki.root, 4, 20);
	b->ca = pki_issue(&spec, b->pki.root_key);
	OPENSSL_free(spki);
	b->spec = b->pki.device_spec;
	b->spec.issuer = b->ca;
	b->draft = pki_issue(&b->spec, b->token_key);
	need(cert_der(b->draft, &b->cert, &b->cert_len) == CA_OK, "DER");
	b->csr = request_plain(b->pki.device_key, EVP_sha256(), &b->csr_len);
}

static void
make(struct bench *b)
{
	make_token(b);
	make_certificates(b);
	RAND_bytes(b->line, LINE_SIZE);
	snprintf(b->file, sizeof(b->file), "%s/journal", b->hsm.dir);
	b->fd = open(b->file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	need(b->fd != -1, b->file);
}

static void
clear(struct bench *b)
{
	close(b->fd);
	OPENSSL_free(b->csr);
	OPENSSL_free(b->cert);
	X509_free(b->draft);
	X509_free(b->ca);
	OPENSSL_free(b->ca_spki);
	pki_clear(&b->pki);
	token_close(b->token);
	module_free(b->module);
	softhsm_remove(&b->hsm);
}

/* ---- measuring ------------------------------------------------------------- */

static double
now(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
measure(const struct row *row, struct bench *b)
{
	double start, took;
	unsigned n = 0;

	if (!row->run(b)) { /* once unmeasured, to fill caches */
		printf("%-36s    failed\n", row->name);
		return;
	}
	start = now();
	do {
		row->run(b);
		n++;
		took = now() - start;
	} while (took < ROW_SECONDS);
	printf("%-36s %9.1f %9.0f\n", row->name, took / n * 1e6, n / took);
}

int
main(void)
{
	struct bench *b = calloc(1, sizeof(*b));

	need(b != NULL, "no memory");
	make(b);
	printf("%-36s %9s %9s\n", "bare operation", "us", "a second");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		measure(&rows[i], b);
	clear(b);
	free(b);
	return 0;
}
