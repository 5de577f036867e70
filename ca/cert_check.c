/* SPDX-License-Identifier: ISC */
#include "ca/cert.h"

#include <openssl/ec.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "ca/chain.h"
#include "ca/der.h"
#include "ca/key.h"
#include "ca/sigalg.h"
#include "ca/subject.h"

/* Encode afresh, not from what OpenSSL cached when parsing, and compare. */
static bool
encodes_to(X509 *cert, struct der der)
{
	unsigned char *all = NULL;
	int tbs_len = i2d_re_X509_tbs(cert, NULL); /* drops the cache */
	int len = i2d_X509(cert, &all);
	bool same;

	same = tbs_len > 0 && len > 0 &&
	    der_equal(der, (struct der){ all, (size_t)len });
	OPENSSL_free(all);
	return same;
}

enum ca_error
cert_parse(const uint8_t *der, size_t len, X509 **out)
{
	const unsigned char *p = der;
	X509 *cert = NULL;

	*out = NULL;
	if (len == 0 || len > CERT_MAX ||
	    !der_check_all((struct der){ der, len }))
		return CA_ERR_ENCODING;
	cert = d2i_X509(NULL, &p, (long)len);
	if (cert == NULL || p != der + len ||
	    !encodes_to(cert, (struct der){ der, len })) {
		X509_free(cert);
		return CA_ERR_ENCODING;
	}
	*out = cert;
	return CA_OK;
}

static enum ca_error
compare_tbs(X509 *cert, const struct cert_spec *spec)
{
	uint8_t have[32], want[32];
	X509 *again = NULL;
	enum ca_error ret;

	if ((ret = cert_build(spec, &again)) != CA_OK ||
	    (ret = cert_tbs_digest(again, want)) != CA_OK ||
	    (ret = cert_tbs_digest(cert, have)) != CA_OK)
		goto out;
	ret = memcmp(have, want, sizeof(have)) == 0 ? CA_OK : CA_ERR_SELFCHECK;
out:
	X509_free(again);
	return ret;
}

/* The parts of a certificate, borrowed from its DER. */
struct parts {
	struct der tbs, algorithm, signature;
};

static bool
split(struct der in, struct parts *out)
{
	struct der all;

	if (in.len > CERT_MAX || !der_check_all(in) ||
	    !der_take(&in, DER_SEQUENCE, &all) ||
	    !der_take_element(&all, &out->tbs) ||
	    !der_take_element(&all, &out->algorithm) ||
	    !der_take(&all, DER_BIT_STRING, &out->signature) || all.len != 0 ||
	    out->signature.data[0] != 0)
		return false;
	/* the octet of unused bits */
	out->signature.data++;
	out->signature.len--;
	return true;
}

static bool
same_as_built(const struct parts *have, X509 *built)
{
	const X509_ALGOR *algorithm = NULL;
	unsigned char *tbs = NULL, *outer = NULL;
	int tbs_len = i2d_re_X509_tbs(built, &tbs), outer_len;
	bool same;

	X509_get0_signature(NULL, &algorithm, built);
	outer_len = i2d_X509_ALGOR(algorithm, &outer);
	same = tbs_len > 0 && outer_len > 0 &&
	    der_equal(have->tbs, (struct der){ tbs, (size_t)tbs_len }) &&
	    der_equal(have->algorithm,
		(struct der){ outer, (size_t)outer_len });
	OPENSSL_free(tbs);
	OPENSSL_free(outer);
	return same;
}

static bool
signed_by(const struct parts *have, EVP_PKEY *key)
{
	const struct sigalg *row = key != NULL ? sigalg_for_key(key) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	good = ctx != NULL && row != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, row->digest(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, have->signature.data, have->signature.len,
		have->tbs.data, have->tbs.len) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

/*
 * The short way to a good answer: octets that are those we would have made,
 * with a good signature, need no parsing.  OpenSSL 3.0 takes longer to parse a
 * certificate, for the sake of its key, than to verify one.
 */
static bool
is_as_built(struct der der, const struct cert_spec *spec)
{
	X509 *built = NULL;
	struct parts have;
	bool is = false;

	if (split(der, &have) && cert_build(spec, &built) == CA_OK)
		is = same_as_built(&have, built) &&
		    signed_by(&have,
			X509_get0_pubkey(
			    spec->issuer != NULL ? spec->issuer : built));
	X509_free(built);
	return is;
}

/* The long way: parsing, signature and fields in turn.  Names what is wrong. */
static enum ca_error
find_fault(const uint8_t *der, size_t len, const struct cert_spec *spec)
{
	X509 *cert = NULL;
	EVP_PKEY *key;
	enum ca_error ret;

	if ((ret = cert_parse(der, len, &cert)) != CA_OK)
		return ret;
	key = X509_get0_pubkey(spec->issuer != NULL ? spec->issuer : cert);
	/* also compares the two places that name the algorithm */
	if (key == NULL || X509_verify(cert, key) != 1)
		ret = CA_ERR_SIGNATURE;
	else
		ret = compare_tbs(cert, spec);
	X509_free(cert);
	return ret;
}

enum ca_error
cert_selfcheck(const uint8_t *der, size_t len, const struct cert_spec *spec)
{
	if (is_as_built((struct der){ der, len }, spec))
		return CA_OK;
	return find_fault(der, len, spec);
}

/* TBSCertificate { [0] version, serialNumber, signature, ... } */
static bool
algorithms_agree(const struct parts *have)
{
	struct der in = have->tbs, tbs, skip, inner;

	return der_take(&in, DER_SEQUENCE, &tbs) &&
	    der_take_element(&tbs, &skip) && der_take_element(&tbs, &skip) &&
	    der_take_element(&tbs, &inner) && der_equal(inner, have->algorithm);
}

enum ca_error
cert_check_signed(const uint8_t *der, size_t len, const uint8_t tbs_sha256[32],
    const X509 *issuer)
{
	struct parts have;
	uint8_t digest[32];

	if (!split((struct der){ der, len }, &have))
		return CA_ERR_ENCODING;
	SHA256(have.tbs.data, have.tbs.len, digest);
	if (memcmp(digest, tbs_sha256, sizeof(digest)) != 0 ||
	    !algorithms_agree(&have))
		return CA_ERR_SELFCHECK;
	return signed_by(&have, X509_get0_pubkey(issuer)) ? CA_OK
							  : CA_ERR_SIGNATURE;
}

enum ca_error
cert_tbs_read(const uint8_t *tbs, size_t len, uint8_t serial[SERIAL_SIZE],
    const uint8_t **spki, size_t *spki_len)
{
	struct der in = { tbs, len }, skip, number, key;

	if (len > CERT_MAX || !der_check_all(in) ||
	    !der_take(&in, DER_SEQUENCE, &in) ||
	    !der_take(&in, DER_CONTEXT_0, &skip) ||
	    !der_take(&in, DER_INTEGER, &number) || number.len != SERIAL_SIZE ||
	    number.data[0] != 0x01)
		return CA_ERR_ENCODING;
	/* signature, issuer, validity, subject */
	for (int i = 0; i < 4; i++)
		if (!der_take_element(&in, &skip))
			return CA_ERR_ENCODING;
	if (!der_take_element(&in, &key))
		return CA_ERR_ENCODING;
	memcpy(serial, number.data, SERIAL_SIZE);
	*spki = key.data;
	*spki_len = key.len;
	return CA_OK;
}

/* What OpenSSL lets pass (RFC 5280, 4.1.2.2, 4.1.2.4 and 4.1.2.6). */
static enum ca_error
lint_fields(X509 *cert)
{
	uint8_t serial[20];
	size_t len;

	if (cert_serial(cert, serial, &len) != CA_OK ||
	    X509_NAME_entry_count(X509_get_subject_name(cert)) == 0 ||
	    X509_NAME_entry_count(X509_get_issuer_name(cert)) == 0 ||
	    (X509_get_extension_flags(cert) & EXFLAG_INVALID) != 0)
		return CA_ERR_LINT;
	return CA_OK;
}

/* Sign the draft and look at it as a relying party would. */
static enum ca_error
lint_draft(const struct cert_spec *spec, EVP_PKEY *key)
{
	X509 *cert = NULL;
	uint8_t *der = NULL;
	enum ca_error ret;
	size_t len;

	if ((ret = cert_build(spec, &cert)) != CA_OK ||
	    (ret = cert_sign(cert, key)) != CA_OK ||
	    (ret = cert_der(cert, &der, &len)) != CA_OK)
		goto out;
	/* what we build passes its own check, the long way, or the build is
	 * broken */
	if (find_fault(der, len, spec) != CA_OK ||
	    chain_verify(cert, NULL, 0,
		spec->issuer != NULL ? (X509 *)spec->issuer : cert,
		spec->not_before, NULL, 0) != CA_OK) {
		ret = CA_ERR_LINT;
		goto out;
	}
	ret = lint_fields(cert);
out:
	OPENSSL_free(der);
	X509_free(cert);
	return ret;
}

/* The key that really signs: the issuer's, or the certificate's own. */
static enum ca_error
signing_curve(const struct cert_spec *spec, int *curve)
{
	EVP_PKEY *own = NULL;
	const EVP_PKEY *key;
	enum ca_error ret;

	if ((ret = key_from_spki(spec->spki, spec->spki_len, &own)) != CA_OK)
		return ret;
	key = spec->issuer != NULL ? X509_get0_pubkey(spec->issuer) : own;
	*curve = key != NULL ? key_curve(key) : NID_undef;
	EVP_PKEY_free(own);
	return *curve != NID_undef ? CA_OK : CA_ERR_KEY;
}

/*
 * Everything of the real certificate but the signing key: a throwaway takes
 * the place of the issuer's in a copy of the issuer, or of its own when it
 * signs itself.
 */
enum ca_error
cert_lint(const struct cert_spec *spec)
{
	struct cert_spec draft = *spec;
	EVP_PKEY *key = NULL;
	X509 *issuer = NULL;
	uint8_t *spki = NULL;
	enum ca_error ret;
	int curve;

	if (spec->profile == NULL || spec->spki == NULL)
		return CA_ERR_ARGUMENT;
	if ((ret = signing_curve(spec, &curve)) != CA_OK)
		return ret;
	ret = CA_ERR_MEMORY;
	if ((key = EVP_EC_gen(OBJ_nid2sn(curve))) == NULL)
		goto out;
	if (spec->issuer != NULL) {
		if ((issuer = X509_dup((X509 *)spec->issuer)) == NULL ||
		    X509_set_pubkey(issuer, key) != 1)
			goto out;
		draft.issuer = issuer;
	} else {
		if ((ret = key_to_spki(key, &spki, &draft.spki_len)) != CA_OK)
			goto out;
		draft.spki = spki;
	}
	ret = lint_draft(&draft, key);
out:
	OPENSSL_free(spki);
	X509_free(issuer);
	EVP_PKEY_free(key);
	return ret;
}

/* Read a certificate back into the spec it was made of; subject and spki are
 * the caller's to keep and to free. */
static enum ca_error
read_spec(X509 *cert, char subject[SUBJECT_TEXT_MAX + 1], uint8_t **spki,
    struct cert_spec *spec)
{
	uint8_t serial[20];
	enum ca_error ret;
	size_t len;
	int n;

	if ((ret = cert_serial(cert, serial, &len)) != CA_OK)
		return ret;
	/* none of ours */
	if (len != SERIAL_SIZE || serial[0] != 0x01)
		return CA_ERR_SELFCHECK;
	memcpy(spec->serial, serial, SERIAL_SIZE);
	ret = subject_format(X509_get_subject_name(cert), subject);
	if (ret != CA_OK)
		return ret;
	ret = cert_dates(cert, &spec->not_before, &spec->not_after);
	if (ret != CA_OK)
		return ret;
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), spki);
	if (n <= 0)
		return CA_ERR_MEMORY;
	/* a hardware serial is part of the text: the octets are the same */
	spec->subject = subject;
	spec->spki = *spki;
	spec->spki_len = (size_t)n;
	return CA_OK;
}

enum ca_error
cert_stated(const X509 *cert, char out[STATED_TEXT_MAX + 1])
{
	struct stated stated;
	enum ca_error ret = stated_read(cert, &stated);

	out[0] = '\0';
	if (ret != CA_OK)
		return ret;
	ret = stated_format(&stated, out);
	stated_clear(&stated);
	return ret;
}

enum ca_error
cert_conforms(X509 *cert, const X509 *issuer, const struct profile *profile,
    char *subject_out)
{
	struct cert_spec spec = { .profile = profile, .issuer = issuer };
	char subject[SUBJECT_TEXT_MAX + 1], stated[STATED_TEXT_MAX + 1];
	uint8_t *der = NULL, *spki = NULL;
	enum ca_error ret;
	size_t len;

	if (subject_out != NULL)
		subject_out[0] = '\0';
	if (profile->stated != STATED_NEVER) {
		if ((ret = cert_stated(cert, stated)) != CA_OK)
			return ret;
		/* the row alone, and stating the same, are one certificate */
		spec.stated = stated;
	}
	if ((ret = read_spec(cert, subject, &spki, &spec)) != CA_OK ||
	    (ret = cert_der(cert, &der, &len)) != CA_OK ||
	    (ret = cert_selfcheck(der, len, &spec)) != CA_OK)
		goto out;
	if (subject_out != NULL)
		memcpy(subject_out, subject, strlen(subject) + 1);
out:
	OPENSSL_free(der);
	OPENSSL_free(spki);
	return ret;
}
