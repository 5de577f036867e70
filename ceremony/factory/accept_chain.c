/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/date.h"
#include "ceremony/factory/acceptance.h"
#include "transfer/sealed.h"

#define CHAIN_COUNT 2 /* product CA, root */

bool
acceptance_refuse(struct acceptance *a, const char *path, const char *fmt, ...)
{
	int n = snprintf(a->why, sizeof(a->why), "%.160s: ", path);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0)
		vsnprintf(a->why + n, sizeof(a->why) - (size_t)n, fmt, ap);
	va_end(ap);
	return false;
}

static bool
refuse_date(struct acceptance *a, const char *path, const char *what,
    int64_t from, int64_t to)
{
	char now[DATE_RFC3339_SIZE] = "?", first[DATE_RFC3339_SIZE] = "?",
	     last[DATE_RFC3339_SIZE] = "?";

	date_format_rfc3339(a->now, now);
	date_format_rfc3339(from, first);
	date_format_rfc3339(to, last);
	return acceptance_refuse(a, path,
	    "the %s is valid from %s to %s, not at %s; check this machine's "
	    "clock, or give --date",
	    what, first, last, now);
}

/* cert conforms to its profile under issuer and is valid now. */
static bool
check_ca(struct acceptance *a, const char *path, X509 *cert, const X509 *issuer,
    const char *profile, const char *what)
{
	enum ca_error err =
	    cert_conforms(cert, issuer, profile_find(profile), NULL);
	int64_t from, to;

	if (err != CA_OK)
		return acceptance_refuse(a, path,
		    "the %s's certificate does not conform to profile %s (%s)",
		    what, profile, ca_strerror(err));
	if (cert_dates(cert, &from, &to) != CA_OK || a->now < from ||
	    a->now > to)
		return refuse_date(a, path, what, from, to);
	return true;
}

static bool
check_root(struct acceptance *a, const uint8_t root[32])
{
	const struct blob *last = &a->response.chain[CHAIN_COUNT - 1];
	uint8_t digest[32];

	if (cert_parse(last->data, last->len, &a->root) != CA_OK ||
	    cert_spki_sha256(a->root, digest) != CA_OK)
		return acceptance_refuse(a, a->response_path,
		    "the root's certificate is not strict DER");
	if (CRYPTO_memcmp(digest, root, 32) != 0)
		return acceptance_refuse(a, a->response_path,
		    "comes from another root than --root names");
	return check_ca(a, a->response_path, a->root, NULL, "root", "root");
}

static bool
check_product(struct acceptance *a)
{
	const struct blob *first = &a->response.chain[0];

	if (cert_parse(first->data, first->len, &a->product) != CA_OK)
		return acceptance_refuse(a, a->response_path,
		    "the product CA's certificate is not strict DER");
	return check_ca(a, a->response_path, a->product, a->root, "product-ca",
	    "product CA");
}

static bool
check_crl(struct acceptance *a, size_t i, const X509 *issuer, const char *whose,
    X509_CRL **out, int64_t *next)
{
	const struct blob *blob = &a->response.crls[i];
	int64_t this;

	if (crl_parse(blob->data, blob->len, out) != CA_OK)
		return acceptance_refuse(a, a->response_path,
		    "the %s's CRL is not strict DER", whose);
	if (crl_verify(*out, issuer, NULL, &this, next) != CA_OK)
		return acceptance_refuse(a, a->response_path,
		    "the %s's CRL is not signed by it", whose);
	if (a->now < this)
		return acceptance_refuse(a, a->response_path,
		    "the %s's CRL lies in the future; check this machine's "
		    "clock, or give --date",
		    whose);
	return true;
}

static bool
check_crls(struct acceptance *a)
{
	int64_t root_next;

	if (a->response.crl_count != CHAIN_COUNT)
		return acceptance_refuse(a, a->response_path,
		    "holds %zu CRLs, not the product CA's and the root's",
		    a->response.crl_count);
	if (!check_crl(a, 0, a->product, "product CA", &a->product_crl,
		&a->crl_next) ||
	    !check_crl(a, 1, a->root, "root", &a->root_crl, &root_next))
		return false;
	if (crl_lookup(a->root_crl, a->product) != CA_OK)
		return acceptance_refuse(a, a->response_path,
		    "the product CA is revoked");
	return true;
}

/* Open file with the sealer's certificate it carries, which the root must
 * have certified as a sealer.  The payload is the one that was read before:
 * the digest proves it. */
static bool
check_seal(struct acceptance *a, const char *path,
    const struct input_sealed *file)
{
	X509 *sealer = sealed_peek_cert(file->file, file->file_len);
	uint8_t *payload = NULL, digest[32];
	size_t len;
	enum transfer_error err;
	bool ok = false;

	if (sealer == NULL)
		return acceptance_refuse(a, path,
		    "carries no sealer's certificate");
	if (!check_ca(a, path, sealer, a->root, "sealer", "sealer"))
		goto out;
	if (crl_lookup(a->root_crl, sealer) != CA_OK) {
		acceptance_refuse(a, path, "the sealer is revoked");
		goto out;
	}
	err = sealed_open(file->file, file->file_len, X509_get0_pubkey(sealer),
	    &payload, &len, digest);
	if (err != TRANSFER_OK ||
	    CRYPTO_memcmp(digest, file->digest, 32) != 0) {
		acceptance_refuse(a, path, "%s", transfer_strerror(err));
		goto out;
	}
	ok = true;
out:
	OPENSSL_free(payload);
	X509_free(sealer);
	return ok;
}

/* Our request: sealed by the station that the order names. */
static bool
check_request_seal(struct acceptance *a)
{
	const struct input_sealed *file = &a->request_file;
	X509 *station = sealed_peek_cert(file->file, file->file_len);
	uint8_t *payload = NULL, digest[32];
	size_t len;
	bool ok = false;

	if (station == NULL || cert_spki_sha256(station, digest) != CA_OK ||
	    CRYPTO_memcmp(digest, a->order.station, 32) != 0)
		acceptance_refuse(a, a->request_path,
		    "is not sealed by the station of the order");
	else if (sealed_open(file->file, file->file_len,
		     X509_get0_pubkey(station), &payload, &len,
		     digest) != TRANSFER_OK)
		acceptance_refuse(a, a->request_path,
		    "the seal does not verify");
	else
		ok = true;
	OPENSSL_free(payload);
	X509_free(station);
	return ok;
}

/* The three files belong together. */
static bool
check_links(struct acceptance *a)
{
	if (CRYPTO_memcmp(a->request.order, a->order_file.digest, 32) != 0)
		return acceptance_refuse(a, a->request_path,
		    "is under another order");
	if (CRYPTO_memcmp(a->response.order, a->order_file.digest, 32) != 0)
		return acceptance_refuse(a, a->response_path,
		    "is under another order");
	if (CRYPTO_memcmp(a->response.request, a->request_file.digest, 32) != 0)
		return acceptance_refuse(a, a->response_path,
		    "answers another request");
	if (strcmp(a->response.log, a->order.log) != 0)
		return acceptance_refuse(a, a->response_path,
		    "comes from another log than the order");
	return true;
}

bool
acceptance_chain(struct acceptance *a, const uint8_t root[32])
{
	if (a->response.chain_count != CHAIN_COUNT)
		return acceptance_refuse(a, a->response_path,
		    "holds a chain of %zu certificates, not product CA and "
		    "root",
		    a->response.chain_count);
	return check_root(a, root) && check_product(a) && check_crls(a) &&
	    check_seal(a, a->order_path, &a->order_file) &&
	    check_seal(a, a->response_path, &a->response_file) &&
	    check_links(a) && check_request_seal(a);
}

void
acceptance_clear(struct acceptance *a)
{
	for (size_t i = 0; a->certs != NULL && i < a->request.count; i++)
		X509_free(a->certs[i]);
	free(a->certs);
	X509_free(a->product);
	X509_free(a->root);
	X509_CRL_free(a->product_crl);
	X509_CRL_free(a->root_crl);
	response_clear(&a->response);
	request_clear(&a->request);
	input_sealed_clear(&a->order_file);
	input_sealed_clear(&a->request_file);
	input_sealed_clear(&a->response_file);
	memset(a, 0, sizeof(*a));
}
