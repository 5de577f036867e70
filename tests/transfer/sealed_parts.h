/* SPDX-License-Identifier: ISC */
#ifndef TESTS_TRANSFER_SEALED_PARTS_H
#define TESTS_TRANSFER_SEALED_PARTS_H

/* A sealed file put together by hand, so that each part can be wrong. */

#include "tests/transfer/seal.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

#define PAYLOAD "hello\n"

enum part {
	NONE,
	CONTENT_TYPE,
	VERSION,
	DIGEST_ALGORITHM,
	ECONTENT_TYPE,
	ECONTENT,
	CERTIFICATE,
	CERTIFICATES,
	CRLS,
	SIGNER_INFO,
	SIGNED_DATA_END,
	FILE_END,
	SIGNER_VERSION,
	SID,
	SIGNER_DIGEST,
	ATTRIBUTES,
	ATTRIBUTE_TYPE,
	ATTRIBUTE_TIME,
	ATTRIBUTE_DIGEST,
	SIGNATURE_ALGORITHM,
	SIGNATURE,
	SIGNER_INFO_END,
};

/* A part stands there so many times, and behind it other octets. */
struct change {
	enum part part;
	unsigned times;
	const char *octets;
	size_t len;
};
#define GONE 0, "", 0
#define TWICE 2, "", 0
#define INSTEAD(s) 0, (s), sizeof(s) - 1
#define AND(s) 1, (s), sizeof(s) - 1

#define OID_DATA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define OID_SIGNED "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#define OID_CT "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"
#define OID_MD "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"
#define OID_ST "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"
#define OID_CAPS "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f"
#define SHA256_OID "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define SHA384_OID "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02"
#define ALG_SHA256 "\x30\x0b" SHA256_OID
#define ALG_SHA384 "\x30\x0b" SHA384_OID
#define ALG_ECDSA256 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define ALG_ECDSA384 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"
#define ATTR_CT "\x30\x18" OID_CT "\x31\x0b" OID_DATA
#define TIME "260101000000Z"
#define ATTR_ST "\x30\x1c" OID_ST "\x31\x0f\x17\x0d" TIME
/* SHA-256 of "hello\n" */
#define DIGEST                                                                 \
	"\x58\x91\xb5\xb5\x22\xd5\xdf\x08\x6d\x0f\xf0\xb1\x10\xfb\xd9\xd2"     \
	"\x1b\xb4\xfc\x71\x63\xaf\x34\xd0\x82\x86\xa2\xe8\x46\xf6\xbe\x03"
#define ATTR_MD "\x30\x2f" OID_MD "\x31\x22\x04\x20" DIGEST

#define LIT(s) (s), sizeof(s) - 1

static inline void
add_part(struct text_buf *b, const struct change *c, enum part part,
    const void *octets, size_t len)
{
	unsigned times = c->part == part ? c->times : 1;

	while (times-- > 0)
		text_buf_raw(b, octets, len);
	if (c->part == part)
		text_buf_raw(b, c->octets, c->len);
}

/* Everything in b so far becomes the contents of one element. */
static inline void
wrap(struct text_buf *b, uint8_t tag)
{
	size_t len = b->len;
	uint8_t head[4] = { tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len };
	size_t head_len = 4;
	struct text_buf whole = { 0 };

	if (len < 0x80) {
		head[1] = (uint8_t)len;
		head_len = 2;
	} else if (len < 0x100) {
		head[1] = 0x81;
		head[2] = (uint8_t)len;
		head_len = 3;
	}
	text_buf_raw(&whole, head, head_len);
	text_buf_raw(&whole, b->data, len);
	text_buf_free(b);
	*b = whole;
}

/* Put the contents of inner, as an element, behind outer; inner is freed. */
static inline void
add_wrapped(struct text_buf *outer, const struct change *c, enum part part,
    struct text_buf *inner, uint8_t tag)
{
	wrap(inner, tag);
	add_part(outer, c, part, inner->data, inner->len);
	text_buf_free(inner);
}

static inline void
add_element(struct text_buf *outer, struct text_buf *inner, uint8_t tag)
{
	wrap(inner, tag);
	text_buf_raw(outer, inner->data, inner->len);
	text_buf_free(inner);
}

static inline void
add_sid(struct text_buf *signer, const struct change *c, X509 *cert)
{
	struct text_buf sid = { 0 };
	unsigned char *name = NULL, *serial = NULL;
	int name_len = i2d_X509_NAME(X509_get_issuer_name(cert), &name);
	int serial_len =
	    i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &serial);

	text_buf_raw(&sid, name, (size_t)name_len);
	text_buf_raw(&sid, serial, (size_t)serial_len);
	OPENSSL_free(name);
	OPENSSL_free(serial);
	add_wrapped(signer, c, SID, &sid, 0x30);
}

/* The signature covers the attributes as they are, whatever is wrong. */
static inline void
add_signature(struct text_buf *signer, const struct change *c,
    const struct text_buf *attributes, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct text_buf wrapped = { 0 };
	unsigned char signature[80];
	size_t len = sizeof(signature);

	text_buf_raw(&wrapped, attributes->data, attributes->len);
	wrap(&wrapped, 0x31);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len,
			     (unsigned char *)wrapped.data, wrapped.len),
	    1);
	EVP_MD_CTX_free(ctx);
	text_buf_free(&wrapped);
	text_buf_raw(&wrapped, signature, len);
	add_wrapped(signer, c, SIGNATURE, &wrapped, 0x04);
}

static inline struct text_buf
make_signer_info(const struct change *c, const struct sealer *s)
{
	struct text_buf signer = { 0 }, attributes = { 0 }, copy = { 0 };

	add_part(&signer, c, SIGNER_VERSION, LIT("\x02\x01\x01"));
	add_sid(&signer, c, s->cert);
	add_part(&signer, c, SIGNER_DIGEST, LIT(ALG_SHA256));
	add_part(&attributes, c, ATTRIBUTE_TYPE, LIT(ATTR_CT));
	add_part(&attributes, c, ATTRIBUTE_TIME, LIT(ATTR_ST));
	add_part(&attributes, c, ATTRIBUTE_DIGEST, LIT(ATTR_MD));
	text_buf_raw(&copy, attributes.data, attributes.len);
	add_wrapped(&signer, c, ATTRIBUTES, &copy, 0xa0);
	add_part(&signer, c, SIGNATURE_ALGORITHM, LIT(ALG_ECDSA256));
	add_signature(&signer, c, &attributes, s->key);
	add_part(&signer, c, SIGNER_INFO_END, "", 0);
	text_buf_free(&attributes);
	return signer;
}

static inline void
add_certificates(struct text_buf *data, const struct change *c, X509 *cert)
{
	struct text_buf set = { 0 };
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	add_part(&set, c, CERTIFICATE, der, (size_t)len);
	add_wrapped(data, c, CERTIFICATES, &set, 0xa0);
	OPENSSL_free(der);
}

static inline uint8_t *
make_file(const struct change *c, const struct sealer *s, size_t *len)
{
	struct text_buf data = { 0 }, inner = { 0 }, signer;

	add_part(&data, c, VERSION, LIT("\x02\x01\x01"));
	add_part(&inner, c, DIGEST_ALGORITHM, LIT(ALG_SHA256));
	add_element(&data, &inner, 0x31);
	add_part(&inner, c, ECONTENT_TYPE, LIT(OID_DATA));
	add_part(&inner, c, ECONTENT, LIT("\xa0\x08\x04\x06" PAYLOAD));
	add_element(&data, &inner, 0x30);
	add_certificates(&data, c, s->cert);
	add_part(&data, c, CRLS, "", 0);
	signer = make_signer_info(c, s);
	add_wrapped(&inner, c, SIGNER_INFO, &signer, 0x30);
	add_element(&data, &inner, 0x31);
	add_part(&data, c, SIGNED_DATA_END, "", 0);
	wrap(&data, 0x30);
	wrap(&data, 0xa0);
	add_part(&inner, c, CONTENT_TYPE, LIT(OID_SIGNED));
	text_buf_raw(&inner, data.data, data.len);
	text_buf_free(&data);
	wrap(&inner, 0x30);
	add_part(&inner, c, FILE_END, "", 0);
	return (uint8_t *)text_buf_take(&inner, len);
}

/* The form, the text, and what sealed_open() and sealed_peek() make of it. */
static inline void
check_form(const char *name, const uint8_t *der, size_t len, EVP_PKEY *key,
    enum transfer_error err, const char *text)
{
	struct transfer_fault fault = { 0 };
	uint8_t digest[32], *payload;
	enum transfer_error open_err, peek_err;
	size_t payload_len;

	sealed_check(der, len, &fault);
	assert_fault(name, &fault, err, text);
	open_err = sealed_open(der, len, key, &payload, &payload_len, digest);
	if (open_err != err)
		fail_msg("%s: opens with %d", name, (int)open_err);
	assert_true((payload != NULL) == (err == TRANSFER_OK));
	OPENSSL_free(payload);
	peek_err = sealed_peek(der, len, &payload, &payload_len, digest);
	assert_int_equal(peek_err, err);
	if (err == TRANSFER_OK) {
		assert_string_equal((char *)payload, PAYLOAD);
		assert_memory_equal(digest, DIGEST, 32);
	}
	OPENSSL_free(payload);
}

#endif
