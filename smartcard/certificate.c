/* SPDX-License-Identifier: ISC */
#include "smartcard/token.h"

#include <openssl/x509.h>
#include <string.h>

#include "smartcard/object.h"

static enum card_error
find_certs(struct token *t, const char *label,
    CK_OBJECT_HANDLE out[OBJECT_MATCH_MAX], CK_ULONG *count)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	struct key_name name;
	CK_BBOOL yes = CARD_YES;

	if (!key_name_read(label, &name))
		return CARD_ERR_ARGUMENT;
	CK_ATTRIBUTE match[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		name.match,
	};
	return token_find_objects(t, match, 3, out, count);
}

/* The parts of a certificate that PKCS#11 wants beside its value. */
struct parts {
	uint8_t *subject, *issuer, *serial;
	int subject_len, issuer_len, serial_len;
};

static bool
take_apart(const X509 *cert, struct parts *p)
{
	p->subject_len =
	    i2d_X509_NAME(X509_get_subject_name(cert), &p->subject);
	p->issuer_len = i2d_X509_NAME(X509_get_issuer_name(cert), &p->issuer);
	p->serial_len =
	    i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &p->serial);
	return p->subject_len > 0 && p->issuer_len > 0 && p->serial_len > 0;
}

static void
parts_clear(struct parts *p)
{
	OPENSSL_free(p->subject);
	OPENSSL_free(p->issuer);
	OPENSSL_free(p->serial);
}

static CK_RV
create(struct token *t, const char *label, uint8_t id, const uint8_t *der,
    size_t len, const struct parts *p)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CARD_YES, no = CARD_NO;
	CK_OBJECT_HANDLE object;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_ID, &id, sizeof(id) },
		{ CKA_LABEL, (void *)label, strlen(label) },
		{ CKA_SUBJECT, p->subject, (CK_ULONG)p->subject_len },
		{ CKA_ISSUER, p->issuer, (CK_ULONG)p->issuer_len },
		{ CKA_SERIAL_NUMBER, p->serial, (CK_ULONG)p->serial_len },
		{ CKA_VALUE, (void *)der, len },
	};

	return t->m->f->C_CreateObject(t->session, template,
	    sizeof(template) / sizeof(template[0]), &object);
}

/* On a SmartCard-HSM the public key is what the certificate says, right or
 * wrong: a wrong one must not get there. */
static enum card_error
check_public_key(struct token *t, const char *label, const X509 *cert)
{
	uint8_t *have = NULL, *want = NULL;
	size_t have_len = 0;
	enum card_error ret;
	int n;

	ret = token_public_key(t, label, &have, &have_len);
	if (ret != CARD_OK)
		return ret;
	n = i2d_PUBKEY(X509_get0_pubkey(cert), &want);
	if (n <= 0 || (size_t)n != have_len ||
	    memcmp(want, have, have_len) != 0)
		ret = CARD_ERR_SELFTEST;
	OPENSSL_free(have);
	OPENSSL_free(want);
	return ret;
}

/* Old ones go first: a SmartCard-HSM has one file per key for its certificate,
 * and destroying the old object afterwards would delete the new value.  The
 * certificate is in the state, too, and can be written again. */
static enum card_error
replace(struct token *t, const char *label, uint8_t id, const uint8_t *der,
    size_t len, const X509 *cert)
{
	CK_OBJECT_HANDLE old[OBJECT_MATCH_MAX];
	struct parts parts = { 0 };
	CK_ULONG n = 0;
	enum card_error ret;

	ret = find_certs(t, label, old, &n);
	if (ret == CARD_OK && !take_apart(cert, &parts))
		ret = CARD_ERR_MEMORY;
	if (ret == CARD_OK)
		ret = token_destroy_objects(t, old, n);
	if (ret == CARD_OK)
		ret =
		    module_error(t->m, create(t, label, id, der, len, &parts));
	parts_clear(&parts);
	return ret;
}

/* Is it the one that is there?  OpenSC's keys do not answer any more in a
 * session in which their certificate was replaced. */
static bool
is_written(struct token *t, const char *label, const uint8_t *der, size_t len)
{
	uint8_t *have = NULL;
	size_t have_len = 0;
	bool same = token_read_cert(t, label, &have, &have_len) == CARD_OK &&
	    have_len == len && memcmp(have, der, len) == 0;

	OPENSSL_free(have);
	return same;
}

enum card_error
token_write_cert(struct token *t, const char *label, uint8_t id,
    const uint8_t *der, size_t len)
{
	const uint8_t *p = der;
	enum card_error ret;
	X509 *cert;

	if (len > OBJECT_VALUE_MAX)
		return CARD_ERR_ARGUMENT;
	cert = d2i_X509(NULL, &p, (long)len);
	if (cert == NULL || p != der + len)
		ret = CARD_ERR_ARGUMENT;
	else
		ret = token_need_login(t);
	if (ret == CARD_OK)
		ret = check_public_key(t, label, cert);
	if (ret == CARD_OK && !is_written(t, label, der, len))
		ret = replace(t, label, id, der, len, cert);
	X509_free(cert);
	return ret;
}

enum card_error
token_read_cert(struct token *t, const char *label, uint8_t **der, size_t *len)
{
	CK_OBJECT_HANDLE found[OBJECT_MATCH_MAX];
	CK_ULONG n = 0;
	enum card_error ret;

	*der = NULL;
	*len = 0;
	ret = find_certs(t, label, found, &n);
	if (ret != CARD_OK)
		return ret;
	if (n == 0)
		return CARD_ERR_OBJECT_MISSING;
	if (n > 1)
		return CARD_ERR_AMBIGUOUS;
	return token_read_attribute(t, found[0], CKA_VALUE, der, len);
}
