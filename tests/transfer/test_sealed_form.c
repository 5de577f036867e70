/* SPDX-License-Identifier: ISC */
#include "transfer/sealed.h"

#include <openssl/ec.h>

#include "tests/transfer/sealed_parts.h"

static struct sealer own;

static int
make_keys(void **state)
{
	(void)state;
	own = make_sealer(EVP_EC_gen("P-256"), "own");
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	free_sealer(&own);
	return 0;
}

static const struct {
	const char *name;
	struct change change;
	enum transfer_error err;
	const char *text;
} forms[] = {
	{ "as it should be", { NONE, TWICE }, TRANSFER_OK, "" },
	{ "no certificate", { CERTIFICATES, GONE }, TRANSFER_OK, "" },
	{ "GeneralizedTime",
	    { ATTRIBUTE_TIME,
		INSTEAD("\x30\x1e" OID_ST "\x31\x11\x18\x0f"
			"20600101000000Z") },
	    TRANSFER_OK, "" },
	{ "octet behind", { FILE_END, AND("\x00") }, TRANSFER_ERR_DER,
	    "X.690 10.1: not one DER element, or octets behind it" },
	{ "LF behind", { FILE_END, AND("\n") }, TRANSFER_ERR_DER,
	    "X.690 10.1: not one DER element, or octets behind it" },
	{ "second file behind", { FILE_END, AND("\x30\x00") }, TRANSFER_ERR_DER,
	    "X.690 10.1: not one DER element, or octets behind it" },
	{ "length not shortest", { VERSION, INSTEAD("\x02\x81\x01\x01") },
	    TRANSFER_ERR_DER, "X.690 10: an element inside is not DER" },
	{ "content in segments",
	    { ECONTENT, INSTEAD("\xa0\x0a\x24\x08\x04\x06" PAYLOAD) },
	    TRANSFER_ERR_DER, "X.690 10: an element inside is not DER" },
	{ "content of indefinite length",
	    { ECONTENT,
		INSTEAD("\xa0\x0c\x24\x80\x04\x06" PAYLOAD "\x00\x00") },
	    TRANSFER_ERR_DER, "X.690 10: an element inside is not DER" },
	{ "attributes not sorted",
	    { ATTRIBUTES, INSTEAD("\xa0\x69" ATTR_ST ATTR_CT ATTR_MD) },
	    TRANSFER_ERR_DER, "X.690 11: it does not encode to itself again" },
	{ "broken certificate", { CERTIFICATE, INSTEAD("\x30\x00") },
	    TRANSFER_ERR_DER, "X.690 11: it does not encode to itself again" },
	{ "contentType id-data", { CONTENT_TYPE, INSTEAD(OID_DATA) },
	    TRANSFER_ERR_CMS, "RFC 5652 3: contentType is not id-signedData" },
	{ "no contentType", { CONTENT_TYPE, GONE }, TRANSFER_ERR_CMS,
	    "RFC 5652 3: contentType is not id-signedData" },
	{ "version 3", { VERSION, INSTEAD("\x02\x01\x03") }, TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: version of SignedData is not 1" },
	{ "digestAlgorithms empty", { DIGEST_ALGORITHM, GONE },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: digestAlgorithms is not SHA-256 alone" },
	{ "digestAlgorithms twice", { DIGEST_ALGORITHM, TWICE },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: digestAlgorithms is not SHA-256 alone" },
	{ "digestAlgorithms and SHA-384", { DIGEST_ALGORITHM, AND(ALG_SHA384) },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: digestAlgorithms is not SHA-256 alone" },
	{ "digestAlgorithms SHA-384", { DIGEST_ALGORITHM, INSTEAD(ALG_SHA384) },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: digestAlgorithms is not SHA-256 alone" },
	{ "digestAlgorithms with NULL",
	    { DIGEST_ALGORITHM, INSTEAD("\x30\x0d" SHA256_OID "\x05\x00") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: digestAlgorithms is not SHA-256 alone" },
	{ "eContentType signedData", { ECONTENT_TYPE, INSTEAD(OID_SIGNED) },
	    TRANSFER_ERR_CMS, "RFC 5652 5.2: eContentType is not id-data" },
	{ "detached", { ECONTENT, GONE }, TRANSFER_ERR_CMS,
	    "RFC 5652 5.2: the content is not inside" },
	{ "content twice", { ECONTENT, TWICE }, TRANSFER_ERR_CMS,
	    "RFC 5652 5.2: the content is not inside" },
	{ "content not octets",
	    { ECONTENT, INSTEAD("\xa0\x08\x0c\x06" PAYLOAD) }, TRANSFER_ERR_CMS,
	    "RFC 5652 5.2: the content is not inside" },
	{ "two certificates", { CERTIFICATE, TWICE }, TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: certificates is not one certificate" },
	{ "certificates empty", { CERTIFICATES, INSTEAD("\xa0\x00") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: certificates is not one certificate" },
	{ "attribute certificate", { CERTIFICATE, INSTEAD("\xa2\x00") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: certificates is not one certificate" },
	{ "CRLs", { CRLS, AND("\xa1\x02\x30\x00") }, TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: there are CRLs" },
	{ "CRLs empty", { CRLS, AND("\xa1\x00") }, TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: there are CRLs" },
	{ "no SignerInfo", { SIGNER_INFO, GONE }, TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: not exactly one SignerInfo" },
	{ "two SignerInfos", { SIGNER_INFO, TWICE }, TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: not exactly one SignerInfo" },
	{ "something behind signerInfos", { SIGNED_DATA_END, AND("\x31\x00") },
	    TRANSFER_ERR_CMS, "RFC 5652 5.1: not exactly one SignerInfo" },
	{ "SignerInfo version 3", { SIGNER_VERSION, INSTEAD("\x02\x01\x03") },
	    TRANSFER_ERR_CMS, "RFC 5652 5.3: version of SignerInfo is not 1" },
	{ "subjectKeyIdentifier", { SID, INSTEAD("\x80\x02\x01\x02") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: sid is not issuerAndSerialNumber" },
	{ "sid without serial", { SID, INSTEAD("\x30\x02\x30\x00") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: sid is not issuerAndSerialNumber" },
	{ "digestAlgorithm SHA-384", { SIGNER_DIGEST, INSTEAD(ALG_SHA384) },
	    TRANSFER_ERR_CMS, "RFC 5652 5.3: digestAlgorithm is not SHA-256" },
	{ "no signed attributes", { ATTRIBUTES, GONE }, TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: there are no signed attributes" },
	{ "signed attributes empty", { ATTRIBUTES, INSTEAD("\xa0\x00") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 11.1: content-type is not id-data once" },
	{ "ecdsa-with-SHA384", { SIGNATURE_ALGORITHM, INSTEAD(ALG_ECDSA384) },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: signatureAlgorithm is not ecdsa-with-SHA256" },
	{ "signatureAlgorithm id-ecPublicKey",
	    { SIGNATURE_ALGORITHM,
		INSTEAD("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x02\x01") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: signatureAlgorithm is not ecdsa-with-SHA256" },
	{ "no signature", { SIGNATURE, GONE }, TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: there is no signature" },
	{ "unsigned attributes", { SIGNER_INFO_END, AND("\xa1\x1a" ATTR_CT) },
	    TRANSFER_ERR_CMS, "RFC 5652 5.3: there are unsigned attributes" },
	{ "unsigned attributes empty", { SIGNER_INFO_END, AND("\xa1\x00") },
	    TRANSFER_ERR_CMS, "RFC 5652 5.3: there are unsigned attributes" },
	{ "no content-type", { ATTRIBUTE_TYPE, GONE }, TRANSFER_ERR_CMS,
	    "RFC 5652 11.1: content-type is not id-data once" },
	{ "content-type twice", { ATTRIBUTE_TYPE, TWICE }, TRANSFER_ERR_CMS,
	    "RFC 5652 11.1: content-type is not id-data once" },
	{ "content-type signedData",
	    { ATTRIBUTE_TYPE,
		INSTEAD("\x30\x18" OID_CT "\x31\x0b" OID_SIGNED) },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 11.1: content-type is not id-data once" },
	{ "content-type of two values",
	    { ATTRIBUTE_TYPE,
		INSTEAD("\x30\x23" OID_CT "\x31\x16" OID_DATA OID_DATA) },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 11.1: content-type is not id-data once" },
	{ "no message-digest", { ATTRIBUTE_DIGEST, GONE }, TRANSFER_ERR_CMS,
	    "RFC 5652 11.2: message-digest is not 32 octets once" },
	{ "message-digest twice", { ATTRIBUTE_DIGEST, TWICE }, TRANSFER_ERR_CMS,
	    "RFC 5652 11.2: message-digest is not 32 octets once" },
	{ "message-digest short",
	    { ATTRIBUTE_DIGEST,
		INSTEAD("\x30\x11" OID_MD "\x31\x04\x04\x02\x01\x02") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 11.2: message-digest is not 32 octets once" },
	{ "no signing-time", { ATTRIBUTE_TIME, GONE }, TRANSFER_ERR_CMS,
	    "RFC 5652 11.3: signing-time is not one time once" },
	{ "signing-time twice", { ATTRIBUTE_TIME, TWICE }, TRANSFER_ERR_CMS,
	    "RFC 5652 11.3: signing-time is not one time once" },
	{ "signing-time of two values",
	    { ATTRIBUTE_TIME,
		INSTEAD("\x30\x2b" OID_ST "\x31\x1e\x17\x0d" TIME
			"\x17\x0d" TIME) },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 11.3: signing-time is not one time once" },
	{ "signing-time without seconds",
	    { ATTRIBUTE_TIME,
		INSTEAD("\x30\x1a" OID_ST "\x31\x0d\x17\x0b"
			"2601010000Z") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 11.3: signing-time is not one time once" },
	{ "signing-time with a zone",
	    { ATTRIBUTE_TIME,
		INSTEAD("\x30\x1c" OID_ST "\x31\x0f\x17\x0d"
			"26010100+0100") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 11.3: signing-time is not one time once" },
	{ "signing-time a text",
	    { ATTRIBUTE_TIME,
		INSTEAD("\x30\x1c" OID_ST "\x31\x0f\x0c\x0d" TIME) },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 11.3: signing-time is not one time once" },
	{ "smimeCapabilities too",
	    { ATTRIBUTE_DIGEST, AND("\x30\x0f" OID_CAPS "\x31\x02\x30\x00") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: there are other signed attributes" },
	{ "an attribute that is none", { ATTRIBUTE_DIGEST, AND("\x30\x00") },
	    TRANSFER_ERR_CMS,
	    "RFC 5652 11.1: content-type is not id-data once" },
	{ "another sid than the certificate's",
	    { SID, INSTEAD("\x30\x05\x30\x00\x02\x01\x07") }, TRANSFER_ERR_CMS,
	    "RFC 5652 10.2.4: the certificate is not the signer's" },
};

static void
test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		size_t len;
		uint8_t *der = make_file(&forms[i].change, &own, &len);

		check_form(forms[i].name, der, len, own.key, forms[i].err,
		    forms[i].text);
		free(der);
	}
}

/* A certificate whose point is not on its curve. */
static void
test_certificate_with_broken_key(void **state)
{
	unsigned char *cert = NULL, *point = NULL;
	int cert_len = i2d_X509(own.cert, &cert);
	int point_len = i2d_PublicKey(own.key, &point);
	unsigned char *at =
	    memmem(cert, (size_t)cert_len, point, (size_t)point_len);
	struct change change = { CERTIFICATE, 0, NULL, (size_t)cert_len };
	uint8_t *der;
	size_t len;

	(void)state;
	assert_non_null(at);
	at[point_len - 1] ^= 1;
	change.octets = (const char *)cert;
	der = make_file(&change, &own, &len);
	check_form("point", der, len, own.key, TRANSFER_ERR_CMS,
	    "RFC 5652 10.2.2: the certificate or its key is broken");
	free(der);
	OPENSSL_free(cert);
	OPENSSL_free(point);
}

/* Our certificate with an extension of so many octets, in a sealed file. */
static uint8_t *
make_with_extension(size_t size, size_t *len)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	uint8_t *octets = calloc(1, size), *der;
	X509 *cert = X509_dup(own.cert);
	unsigned char *cert_der = NULL;
	struct change change = { CERTIFICATE, 0, NULL, 0 };
	X509_EXTENSION *ext;

	assert_int_equal(ASN1_OCTET_STRING_set(value, octets, (int)size), 1);
	ext =
	    X509_EXTENSION_create_by_NID(NULL, NID_netscape_comment, 0, value);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	assert_true(X509_sign(cert, own.key, EVP_sha256()) > 0);
	change.len = (size_t)i2d_X509(cert, &cert_der);
	change.octets = (const char *)cert_der;
	der = make_file(&change, &own, len);
	OPENSSL_free(cert_der);
	X509_EXTENSION_free(ext);
	X509_free(cert);
	ASN1_OCTET_STRING_free(value);
	free(octets);
	return der;
}

/* What OpenSSL makes of a certificate takes many times its octets. */
static void
test_certificate_size(void **state)
{
	struct transfer_fault fault;
	size_t len;
	uint8_t *der = make_with_extension(7000, &len);

	(void)state;
	assert_int_equal(sealed_check(der, len, &fault), TRANSFER_OK);
	free(der);
	der = make_with_extension(9000, &len);
	check_form("large certificate", der, len, own.key, TRANSFER_ERR_SIZE,
	    "the certificate inside is over 8192 octets");
	free(der);
}

static void
test_size_limit(void **state)
{
	uint8_t *zeros = calloc(1, (size_t)SEALED_MAX + 1);

	(void)state;
	check_form("at the limit", zeros, SEALED_MAX, own.key, TRANSFER_ERR_DER,
	    "X.690 10.1: not one DER element, or octets behind it");
	check_form("over", zeros, (size_t)SEALED_MAX + 1, own.key,
	    TRANSFER_ERR_SIZE, "the file is over 67108864 octets");
	check_form("nothing", zeros, 0, own.key, TRANSFER_ERR_DER,
	    "X.690 10.1: not one DER element, or octets behind it");
	free(zeros);
}

/* Whatever is cut off or flipped, nothing opens as something else. */
static void
test_every_octet(void **state)
{
	size_t len;
	uint8_t *der = make_file(&forms[0].change, &own, &len);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		uint8_t digest[32], *payload, *cut = malloc(i + 1);
		size_t payload_len;

		memcpy(cut, der, i);
		assert_int_equal(sealed_open(cut, i, own.key, &payload,
				     &payload_len, digest),
		    TRANSFER_ERR_DER);
		free(cut);
		der[i] ^= 1;
		if (sealed_open(der, len, own.key, &payload, &payload_len,
			digest) == TRANSFER_OK)
			/* the certificate's own signature proves nothing */
			assert_string_equal((char *)payload, PAYLOAD);
		OPENSSL_free(payload);
		der[i] ^= 1;
	}
	free(der);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_certificate_with_broken_key),
		cmocka_unit_test(test_certificate_size),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_every_octet),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
