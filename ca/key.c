/* SPDX-License-Identifier: ISC */
#include "ca/key.h"

#include <openssl/ec.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>

#include "ca/spki.h"
#include "ca/weak.h"

#define UNIQUE_MAX 600 /* a label, a NUL, 512 octets of modulus */

static enum ca_error
read_spki(const uint8_t *der, size_t len, struct spki *out)
{
	if (der == NULL || len == 0 || len > KEY_SPKI_MAX)
		return CA_ERR_ENCODING;
	switch (spki_read((struct der){ der, len }, out)) {
	case SPKI_OK:
		return CA_OK;
	case SPKI_ENCODING:
		return CA_ERR_ENCODING;
	case SPKI_KIND:
	case SPKI_CURVE:
	case SPKI_POINT:
	case SPKI_SIZE:
		break;
	}
	return CA_ERR_KEY;
}

/* Built from its parts: OpenSSL 3.0's d2i_PUBKEY() asks every decoder of every
 * provider, which takes longer than a signature. */
static EVP_PKEY *
ec_key(const struct spki *spki)
{
	EC_KEY *ec = EC_KEY_new_by_curve_name(spki->curve);
	EVP_PKEY *key = EVP_PKEY_new();

	if (ec == NULL || key == NULL ||
	    EC_KEY_oct2key(ec, spki->bits.data, spki->bits.len, NULL) != 1 ||
	    EVP_PKEY_set1_EC_KEY(key, ec) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	EC_KEY_free(ec);
	return key;
}

enum ca_error
key_from_spki(const uint8_t *der, size_t len, EVP_PKEY **out)
{
	const uint8_t *p = der;
	enum ca_error ret;
	struct spki spki;

	*out = NULL;
	if ((ret = read_spki(der, len, &spki)) != CA_OK)
		return ret;
	*out = spki.rsa ? d2i_PUBKEY(NULL, &p, (long)len) : ec_key(&spki);
	return *out != NULL ? CA_OK : CA_ERR_KEY;
}

enum ca_error
key_to_spki(const EVP_PKEY *key, uint8_t **out, size_t *len)
{
	enum ca_error ret = CA_ERR_KEY;
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	struct spki spki;

	*out = NULL;
	*len = 0;
	if (n <= 0)
		goto out;
	/* a compressed point or explicit parameters are not ours to hand on */
	if ((ret = read_spki(der, (size_t)n, &spki)) != CA_OK)
		goto out;
	*out = der;
	*len = (size_t)n;
	der = NULL;
	ret = CA_OK;
out:
	OPENSSL_free(der);
	return ret;
}

/* SHA-256 over the kind of key, a NUL, and what a key and its twin share. */
static void
hash_unique(const struct spki *spki, uint8_t out[KEY_DIGEST_SIZE])
{
	const char *label = "RSA";
	struct der part = spki->modulus;
	uint8_t buf[UNIQUE_MAX];
	size_t n;

	if (!spki->rsa) {
		label = spki->curve == NID_secp384r1 ? "P-384" : "P-256";
		part = spki->x;
	}
	n = strlen(label) + 1;
	memcpy(buf, label, n);
	memcpy(buf + n, part.data, part.len);
	SHA256(buf, n + part.len, out);
}

enum ca_error
key_identify(const uint8_t *spki, size_t len, struct key_ident *out)
{
	enum ca_error ret;
	struct spki parts;

	memset(out, 0, sizeof(*out));
	if ((ret = read_spki(spki, len, &parts)) != CA_OK)
		return ret;
	SHA256(spki, len, out->spki_sha256);
	hash_unique(&parts, out->unique);
	return CA_OK;
}

bool
key_is_weak(const uint8_t *spki, size_t len)
{
	struct spki parts;

	if (read_spki(spki, len, &parts) != CA_OK)
		return true;
	return parts.rsa ? weak_rsa(&parts) : weak_key(&parts);
}

int
key_curve(const EVP_PKEY *key)
{
	/* not EVP_PKEY_get_group_name: it also names explicit parameters */
	const EC_KEY *ec = EVP_PKEY_get0_EC_KEY(key);
	const EC_GROUP *group = ec != NULL ? EC_KEY_get0_group(ec) : NULL;

	if (group == NULL ||
	    EC_GROUP_get_asn1_flag(group) != OPENSSL_EC_NAMED_CURVE)
		return NID_undef;
	return EC_GROUP_get_curve_name(group);
}
