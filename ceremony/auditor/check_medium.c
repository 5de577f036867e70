/* SPDX-License-Identifier: ISC */
/* Files that came and left on removable media. */
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/auditor/audit.h"
#include "transfer/pem.h"

static bool
add_cert(struct audit *a, struct text_buf *b, const uint8_t digest[32])
{
	size_t len = 0;
	uint8_t *der = audit_object(a, digest, &len);

	if (der == NULL)
		return false;
	pem_encode(b, "CERTIFICATE", der, len);
	free(der);
	return true;
}

/* The root that has certified a product CA, or the issuer if it is one. */
static const struct history_token *
root_of(struct audit *a, const struct history_token *issuer)
{
	const struct history *h = a->history;
	const struct history_token *root = NULL;
	X509 *cert;

	if (strcmp(issuer->keys[0].role, "root") == 0)
		return issuer;
	cert = audit_cert(a, issuer->keys[0].cert);
	for (size_t i = 0; cert != NULL && root == NULL && i < h->token_count;
	     i++)
		if (history_certified_by(cert, &h->tokens[i]))
			root = &h->tokens[i];
	X509_free(cert);
	return root;
}

/* A CA's certificate that others run, then those above it. */
static bool
write_chain(struct audit *a, const uint8_t object[32], struct text_buf *b)
{
	const struct history_token *issuer =
	    history_intermediate_issuer(a->history, object);
	const struct history_token *root =
	    issuer == NULL ? NULL : root_of(a, issuer);

	return root != NULL && add_cert(a, b, object) &&
	    add_cert(a, b, issuer->keys[0].cert) &&
	    (root == issuer || add_cert(a, b, root->keys[0].cert));
}

static bool
write_crl(struct audit *a, const uint8_t object[32], struct text_buf *b)
{
	size_t len = 0;
	uint8_t *der = audit_object(a, object, &len);
	X509_CRL *crl = NULL;
	const uint8_t *p = der;
	bool is =
	    der != NULL && (crl = d2i_X509_CRL(NULL, &p, (long)len)) != NULL;

	if (is)
		pem_encode(b, "X509 CRL", der, len);
	X509_CRL_free(crl);
	free(der);
	return is;
}

/* Made again in PEM: is it what left? */
static bool
is_made_of(struct audit *a, const struct history_medium *m,
    bool (
	*write)(struct audit *a, const uint8_t object[32], struct text_buf *b))
{
	struct text_buf b = { 0 };
	uint8_t digest[32] = { 0 };
	size_t len = 0;
	char *text = NULL;

	if (write(a, m->object, &b) && (text = text_buf_take(&b, &len)) != NULL)
		SHA256((const uint8_t *)text, len, digest);
	else
		text_buf_free(&b);
	free(text);
	return text != NULL && memcmp(digest, m->sha256, 32) == 0;
}

/* What left is an object of the record: as it is, a CRL in PEM, or a chain. */
static void
check_made_of(struct audit *a, const struct history_medium *m)
{
	if (memcmp(m->sha256, m->object, 32) != 0 &&
	    !is_made_of(a, m, write_chain) && !is_made_of(a, m, write_crl))
		audit_here(a, "%s is not what its object makes", m->file);
}

void
check_medium(struct audit *a)
{
	const struct history *h = a->history;
	const struct history_medium *m;

	if (h->medium_count == 0)
		return;
	m = &h->media[h->medium_count - 1];
	if (!m->out) {
		a->counts.media_in++;
		return;
	}
	a->counts.media_out++;
	check_made_of(a, m);
}
