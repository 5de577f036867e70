/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/station.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/date.h"
#include "ca/key.h"
#include "ceremony/factory/input.h"
#include "ceremony/factory/say.h"
#include "transfer/file.h"

#define KEY_FILE_MAX 16384

static bool
add_name(X509_NAME *name, int nid, const char *text)
{
	return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_ASC,
		   (const unsigned char *)text, -1, -1, 0) == 1;
}

static bool
add_key_usage(X509 *cert)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage,
	    "critical,digitalSignature");
	bool ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;

	X509_EXTENSION_free(ext);
	return ok;
}

static bool
set_serial(X509 *cert)
{
	uint8_t raw[16];
	BIGNUM *bn = NULL;
	bool ok;

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return false;
	raw[0] = 1; /* positive, never zero */
	bn = BN_bin2bn(raw, sizeof(raw), NULL);
	ok = bn != NULL &&
	    BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL;
	BN_free(bn);
	return ok;
}

/* Nothing in this certificate counts but its key; it serves to carry it. */
static X509 *
self_signed(EVP_PKEY *key, const char *factory, const char *line, int64_t now)
{
	X509 *cert = X509_new();
	X509_NAME *name;

	if (cert == NULL)
		return NULL;
	name = X509_get_subject_name(cert);
	if (X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
	    add_name(name, NID_organizationName, factory) &&
	    add_name(name, NID_commonName, line) &&
	    X509_set_issuer_name(cert, name) == 1 &&
	    ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)now) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(cert), DATE_FOREVER) != NULL &&
	    X509_set_pubkey(cert, key) == 1 && add_key_usage(cert) &&
	    X509_sign(cert, key, EVP_sha256()) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}

bool
station_key_make(const char *factory, const char *line, int64_t now,
    struct station_key *out)
{
	memset(out, 0, sizeof(*out));
	out->key = EVP_EC_gen("P-256");
	if (out->key != NULL)
		out->cert = self_signed(out->key, factory, line, now);
	if (out->cert != NULL &&
	    cert_spki_sha256(out->cert, out->spki_sha256) == CA_OK)
		return true;
	ERR_clear_error();
	station_key_clear(out);
	return false;
}

enum outcome
station_key_write(const struct station_key *s, const char *path)
{
	enum transfer_error err = TRANSFER_ERR_MEMORY;
	BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
	char *text = NULL;
	long len;

	if (bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(bio, s->key, NULL, NULL, 0, NULL,
		NULL) != 1 ||
	    PEM_write_bio_X509(bio, s->cert) != 1)
		goto out;
	if ((len = BIO_get_mem_data(bio, &text)) > 0)
		err = file_create(AT_FDCWD, path, text, (size_t)len, 0600);
out:
	BIO_free(bio);
	if (err == TRANSFER_OK)
		return OUTCOME_DONE;
	return input_failed(path, err);
}

/* An encrypted key must not make OpenSSL ask for a passphrase. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1;
}

static bool
read_pem(const uint8_t *text, size_t len, struct station_key *out)
{
	BIO *bio = BIO_new_mem_buf(text, (int)len);
	bool ok = false;

	if (bio == NULL)
		return false;
	out->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	out->cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	ok = out->key != NULL && out->cert != NULL &&
	    key_curve(out->key) == NID_X9_62_prime256v1 &&
	    X509_check_private_key(out->cert, out->key) == 1 &&
	    cert_spki_sha256(out->cert, out->spki_sha256) == CA_OK;
	BIO_free(bio);
	ERR_clear_error();
	return ok;
}

enum outcome
station_key_read(const char *path, struct station_key *out)
{
	uint8_t *text = NULL;
	size_t len = 0;
	enum outcome ret;

	memset(out, 0, sizeof(*out));
	ret = input_file(path, KEY_FILE_MAX, &text, &len);
	if (ret != OUTCOME_DONE)
		return ret;
	if (!read_pem(text, len, out)) {
		say_error("%s: not a station key as station-key makes it: a "
			  "P-256 key and its certificate in PEM",
		    path);
		station_key_clear(out);
		ret = OUTCOME_REFUSED;
	}
	OPENSSL_cleanse(text, len);
	free(text);
	return ret;
}

void
station_key_clear(struct station_key *s)
{
	EVP_PKEY_free(s->key);
	X509_free(s->cert);
	memset(s, 0, sizeof(*s));
}
