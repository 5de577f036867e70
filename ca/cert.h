/* SPDX-License-Identifier: ISC */
#ifndef CA_CERT_H
#define CA_CERT_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "ca/error.h"
#include "ca/profile.h"
#include "ca/serial.h"
#include "ca/stated.h"

#define CERT_MAX 4096 /* octets of a certificate we make or take */

/* Everything a certificate is made of; all members borrowed. */
struct cert_spec {
	const struct profile *profile;
	const char *subject;  /* text, see subject.h */
	const char *hwserial; /* hardware serial, an id by its characters, or
	                         NULL; only profiles that take one look at it */
	const uint8_t *spki;  /* DER */
	size_t spki_len;
	const X509 *issuer;          /* NULL: issued to itself (root) */
	uint8_t serial[SERIAL_SIZE]; /* begins with 0x01 */
	int64_t not_before, not_after;
	const char *stated; /* text, see stated.h, or NULL; as the profile's
	                       row says always, maybe or never */
};

/*
 * Build the unsigned certificate: version 3, profile's extensions, ski
 * (RFC 7093 method 1: leftmost 160 bits of SHA-256 of the public key bits),
 * aki (the issuer's ski), signature algorithm by the issuer's curve
 * (ecdsa-with-SHA256 for P-256, -SHA384 for P-384).
 *
 * Refuses what lies outside the profile or the issuer's validity
 * (device-idevid's 99991231235959Z alone may outlive its issuer), and a stated
 * CA that would be more than its issuer may be: stated_within() says how.
 * out  new, X509_free(); NULL on error.
 * Errors: MEMORY, ARGUMENT, PROFILE, NAME, DATE, KEY, ENCODING, VALIDITY,
 * STATED, CONSTRAINT.
 */
enum ca_error cert_build(const struct cert_spec *spec, X509 **out);
/* SHA-256 over the DER TBSCertificate, before or after signing. */
enum ca_error cert_tbs_digest(X509 *cert, uint8_t out[32]);
/* DER TBSCertificate; *out new, OPENSSL_free(). */
enum ca_error cert_tbs(X509 *cert, uint8_t **out, size_t *len);
/* Sign a built certificate with the issuer's key (an EVP_PKEY that may live
 * on a token).  Errors: CA_ERR_SIGN. */
enum ca_error cert_sign(X509 *cert, EVP_PKEY *key);
/* Sign a draft with a throwaway key on the issuer's curve and check it as
 * cert_selfcheck() would, plus rules OpenSSL lets pass (serial positive, at
 * most 20 octets, names not empty).  No real signature is made before this
 * passed.  Errors: CA_ERR_LINT or those of cert_build(). */
enum ca_error cert_lint(const struct cert_spec *spec);
/*
 * After signing: take the DER again, strictly (no trailing octets, re-encodes
 * to itself), verify the signature with the issuer's public key, compare every
 * field and extension with spec (rebuild and compare the TBS, octet for octet).
 * Errors: CA_ERR_ENCODING, CA_ERR_SIGNATURE, CA_ERR_SELFCHECK, or those of
 * cert_build() when spec itself could not be issued.
 */
enum ca_error
cert_selfcheck(const uint8_t *der, size_t len, const struct cert_spec *spec);
/*
 * The same of a certificate whose TBS was built, and its digest approved,
 * before it was signed: it has that TBS, its outer algorithm is the one in the
 * TBS (RFC 5280, 4.1.1.2), and the signature is the issuer's.  For a signer
 * that a token waits for.
 * Errors: CA_ERR_ENCODING, CA_ERR_SELFCHECK, CA_ERR_SIGNATURE.
 */
enum ca_error cert_check_signed(const uint8_t *der, size_t len,
    const uint8_t tbs_sha256[32], const X509 *issuer);
/* Serial and key of a TBSCertificate of ours, *spki borrowed from it.  Errors:
 * CA_ERR_ENCODING. */
enum ca_error cert_tbs_read(const uint8_t *tbs, size_t len,
    uint8_t serial[SERIAL_SIZE], const uint8_t **spki, size_t *spki_len);
/* Strict parse of one DER certificate of at most CERT_MAX octets; *out new. */
enum ca_error cert_parse(const uint8_t *der, size_t len, X509 **out);
/* DER of a certificate; *out new, OPENSSL_free(). */
enum ca_error cert_der(const X509 *cert, uint8_t **out, size_t *len);
/* Does cert conform to profile, issued by issuer (NULL: itself)?  Reads the
 * subject, hwserial, key, serial, dates and stated fields out of the
 * certificate and runs cert_selfcheck() with them: an auditor's question.  subject_out may be NULL
 * or SUBJECT_TEXT_MAX + 1: the whole subject as subject_format() writes it, so
 * that of a certificate with hwserial ends in ",serialNumber=<hwserial>".
 * Errors as cert_selfcheck() and cert_build(). */
enum ca_error cert_conforms(X509 *cert, const X509 *issuer,
    const struct profile *profile, char *subject_out);
/* What limits a CA, as stated_parse() reads it.  Errors: CA_ERR_ENCODING,
 * CA_ERR_STATED (something that no text of ours says). */
enum ca_error cert_stated(const X509 *cert, char out[STATED_TEXT_MAX + 1]);
/* SPKI digest of a certificate's key. */
enum ca_error cert_spki_sha256(const X509 *cert, uint8_t out[32]);
/* Its serial as raw octets (1 to 20, no leading zero, positive), its dates.
 * Errors: CA_ERR_ENCODING, CA_ERR_DATE. */
enum ca_error cert_serial(const X509 *cert, uint8_t out[20], size_t *len);
enum ca_error
cert_dates(const X509 *cert, int64_t *not_before, int64_t *not_after);

#endif
