/* SPDX-License-Identifier: ISC */
#include "ca/chain.h"

#include <openssl/x509_vfy.h>
#include <stdio.h>

#include "ca/cert.h"

#define AUTH_LEVEL 2 /* 112 bits: SHA-256, P-256, RSA of 2048 bits and up */

static STACK_OF(X509) *
to_stack(X509 *const *chain, size_t count)
{
	STACK_OF(X509) *stack = sk_X509_new_null();

	for (size_t i = 0; stack != NULL && i < count; i++) {
		if (sk_X509_push(stack, chain[i]) <= 0) {
			sk_X509_free(stack);
			stack = NULL;
		}
	}
	return stack;
}

/* OpenSSL's strict mode lets zero, negative and over-long serials pass. */
static enum ca_error
check_serials(STACK_OF(X509) *built)
{
	uint8_t serial[20];
	size_t len;

	for (int i = 0; i < sk_X509_num(built); i++)
		if (cert_serial(sk_X509_value(built, i), serial, &len) != CA_OK)
			return CA_ERR_CHAIN;
	return CA_OK;
}

static void
tell(char *why, size_t why_len, const char *text)
{
	if (why != NULL && why_len > 0)
		(void)snprintf(why, why_len, "%s", text);
}

/* Prepare ctx; the anchor is trusted whether it signed itself or not. */
static enum ca_error
prepare(X509_STORE_CTX *ctx, X509_STORE *store, X509 *leaf,
    STACK_OF(X509) *untrusted, X509 *anchor, int64_t at)
{
	if (X509_STORE_add_cert(store, anchor) != 1 ||
	    X509_STORE_CTX_init(ctx, store, leaf, untrusted) != 1)
		return CA_ERR_MEMORY;
	X509_STORE_CTX_set_flags(ctx,
	    X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN);
	X509_STORE_CTX_set_time(ctx, 0, (time_t)at);
	/* by default SHA-1 would do */
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx),
	    AUTH_LEVEL);
	return CA_OK;
}

enum ca_error
chain_verify(X509 *leaf, X509 *const *chain, size_t count, X509 *anchor,
    int64_t at, char *why, size_t why_len)
{
	STACK_OF(X509) *untrusted = to_stack(chain, count);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	enum ca_error ret = CA_ERR_MEMORY;

	tell(why, why_len, "out of memory");
	if (untrusted == NULL || ctx == NULL || store == NULL ||
	    prepare(ctx, store, leaf, untrusted, anchor, at) != CA_OK)
		goto out;
	ret = CA_ERR_CHAIN;
	if (X509_verify_cert(ctx) != 1) {
		tell(why, why_len,
		    X509_verify_cert_error_string(
			X509_STORE_CTX_get_error(ctx)));
		goto out;
	}
	tell(why, why_len, "a serial is not positive or over 20 octets");
	if ((ret = check_serials(X509_STORE_CTX_get0_chain(ctx))) != CA_OK)
		goto out;
	tell(why, why_len, "");
out:
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(untrusted);
	return ret;
}
