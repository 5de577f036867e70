/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/share_form.h"

#include <string.h>

#include "ceremony/quorum/share.h"

#define DEPTH_MAX 9

enum tag {
	INTEGER = 0x02,
	BIT_STRING = 0x03,
	OCTET_STRING = 0x04,
	OID = 0x06,
	SEQUENCE = 0x30,
	SET = 0x31,
	CONTEXT_0_PRIMITIVE = 0x80,
	CONTEXT_0 = 0xa0,
	CONTEXT_1 = 0xa1,
};

/* One element, in the order in which they stand: constructed ones before what
 * they hold. */
struct row {
	unsigned depth;
	uint8_t tag;
	bool opaque;    /* not looked into */
	bool recipient; /* contents: the certificate's issuer and serial */
	const char *is; /* contents: begin with these octets */
	size_t is_len;
	size_t min, max; /* octets of contents */
};
/* clang-format off */
#define SHA256 "\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define MGF1 "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
#define HOLDS(d, t) { (d), (t), false, false, "", 0, 0, SHARE_BLOB_MAX }
#define RECIPIENT(d, t) { (d), (t), true, true, "", 0, 0, SHARE_BLOB_MAX }
#define ANY(d, t, min, max) { (d), (t), true, false, "", 0, (min), (max) }
#define BEGINS(d, t, octets, min, max) \
	{ (d), (t), true, false, (octets), sizeof(octets) - 1, (min), (max) }
#define IS(d, t, octets) \
	BEGINS(d, t, octets, sizeof(octets) - 1, sizeof(octets) - 1)

/* RFC 5652, RFC 5083 */
static const struct row opening[] = {
	HOLDS(0, SEQUENCE), /* ContentInfo */
	/* id-smime-ct-authEnvelopedData */
	IS(1, OID, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17"),
	HOLDS(1, CONTEXT_0),
	HOLDS(2, SEQUENCE), /* AuthEnvelopedData */
	IS(3, INTEGER, "\x00"),
	HOLDS(3, SET), /* RecipientInfos */
};

/* RFC 5753 */
static const struct row agreement[] = {
	HOLDS(4, CONTEXT_1), /* KeyAgreeRecipientInfo */
	IS(5, INTEGER, "\x03"),
	HOLDS(5, CONTEXT_0),
	HOLDS(6, CONTEXT_1), /* OriginatorPublicKey */
	HOLDS(7, SEQUENCE),
	IS(8, OID, "\x2a\x86\x48\xce\x3d\x02\x01"), /* id-ecPublicKey */
	/* no unused bits, an uncompressed point of P-256 to P-384 */
	BEGINS(7, BIT_STRING, "\x00\x04", 1 + 65, 1 + 97),
	HOLDS(5, SEQUENCE), /* dhSinglePass-stdDH-sha256kdf-scheme */
	IS(6, OID, "\x2b\x81\x04\x01\x0b\x01"),
	HOLDS(6, SEQUENCE), /* id-aes256-wrap */
	IS(7, OID, "\x60\x86\x48\x01\x65\x03\x04\x01\x2d"),
	HOLDS(5, SEQUENCE),
	HOLDS(6, SEQUENCE), /* RecipientEncryptedKey */
	RECIPIENT(7, SEQUENCE), /* IssuerAndSerialNumber */
	ANY(7, OCTET_STRING, 40, 40),
};

/* RFC 5652, 6.2.1; RFC 4055, 4.1 */
static const struct row transport[] = {
	HOLDS(4, SEQUENCE), /* KeyTransRecipientInfo */
	IS(5, INTEGER, "\x00"),
	RECIPIENT(5, SEQUENCE), /* IssuerAndSerialNumber */
	HOLDS(5, SEQUENCE),
	IS(6, OID, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07"), /* id-RSAES-OAEP */
	HOLDS(6, SEQUENCE),
	IS(7, CONTEXT_0, "\x30\x0b\x06\x09" SHA256), /* hashAlgorithm */
	IS(7, CONTEXT_1, "\x30\x18\x06\x09" MGF1 "\x30\x0b\x06\x09" SHA256),
	ANY(5, OCTET_STRING, 256, 512),
};

/* RFC 5084 */
static const struct row content[] = {
	HOLDS(3, SEQUENCE), /* EncryptedContentInfo */
	IS(4, OID, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"), /* id-data */
	HOLDS(4, SEQUENCE), /* aes256-GCM */
	IS(5, OID, "\x60\x86\x48\x01\x65\x03\x04\x01\x2e"),
	HOLDS(5, SEQUENCE),
	ANY(6, OCTET_STRING, 12, 12),
	IS(6, INTEGER, "\x10"),
	ANY(4, CONTEXT_0_PRIMITIVE, 1, SECRET_MAX),
	ANY(3, OCTET_STRING, 16, 16), /* mac */
};
/* clang-format on */

/* Read a tag and a length in the shortest form (X.690, 10.1) at *at; *at is
 * then where the contents begin. */
static bool
header_read(const uint8_t *blob, size_t end, size_t *at, uint8_t tag,
    size_t *len)
{
	size_t octets = 0, value = 0;

	if (end - *at < 2 || blob[*at] != tag)
		return false;
	value = blob[*at + 1];
	*at += 2;
	if (value >= 0x80) {
		octets = value - 0x80;
		if (octets < 1 || octets > 2 || end - *at < octets)
			return false;
		value = 0;
		for (size_t i = 0; i < octets; i++)
			value = value << 8 | blob[(*at)++];
		if (value < (octets == 1 ? 0x80u : 0x100u))
			return false;
	}
	*len = value;
	return value <= end - *at;
}

/* The contents of an IssuerAndSerialNumber. */
struct recipient {
	uint8_t *der;
	size_t len;
};

static bool
recipient_make(const X509 *derive, struct recipient *out)
{
	const X509_NAME *issuer = X509_get_issuer_name(derive);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(derive);
	int issuer_len = i2d_X509_NAME(issuer, NULL);
	int serial_len = i2d_ASN1_INTEGER(serial, NULL);
	uint8_t *at = NULL;

	if (issuer_len <= 0 || serial_len <= 0)
		return false;
	out->len = (size_t)issuer_len + (size_t)serial_len;
	at = out->der = OPENSSL_malloc(out->len);
	return at != NULL && i2d_X509_NAME(issuer, &at) == issuer_len &&
	    i2d_ASN1_INTEGER(serial, &at) == serial_len;
}

static bool
contents_valid(const struct row *row, const struct recipient *recipient,
    const uint8_t *contents, size_t len)
{
	if (row->recipient)
		return len == recipient->len &&
		    memcmp(contents, recipient->der, len) == 0;
	return len >= row->min && len <= row->max &&
	    memcmp(contents, row->is, row->is_len) == 0;
}

/* How far a blob was read. */
struct walk {
	const uint8_t *blob;
	const struct recipient *recipient;
	size_t at, ends[DEPTH_MAX + 1]; /* ends of the elements around */
	unsigned depth;
};

/* Step out; what is left behind must have been read to its end. */
static bool
walk_out(struct walk *w, unsigned depth)
{
	for (; w->depth > depth; w->depth--)
		if (w->at != w->ends[w->depth])
			return false;
	return true;
}

static bool
walk_rows(struct walk *w, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		size_t size = 0;

		if (!walk_out(w, row->depth) ||
		    !header_read(w->blob, w->ends[w->depth], &w->at, row->tag,
			&size) ||
		    !contents_valid(row, w->recipient, w->blob + w->at, size))
			return false;
		if (row->opaque)
			w->at += size;
		else
			w->ends[++w->depth] = w->at + size;
	}
	return true;
}

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

static bool
rows_valid(const uint8_t *blob, size_t len, bool rsa,
    const struct recipient *recipient)
{
	struct walk w = { blob, recipient, 0, { len }, 0 };

	return walk_rows(&w, ROWS(opening)) &&
	    (rsa ? walk_rows(&w, ROWS(transport))
		 : walk_rows(&w, ROWS(agreement))) &&
	    walk_rows(&w, ROWS(content)) && walk_out(&w, 0) && w.at == len;
}

bool
share_form_valid(const uint8_t *blob, size_t len, const X509 *derive)
{
	const EVP_PKEY *key = X509_get0_pubkey(derive);
	bool rsa = key != NULL && EVP_PKEY_is_a(key, "RSA");
	struct recipient recipient = { 0 };
	bool ok = len <= SHARE_BLOB_MAX && recipient_make(derive, &recipient) &&
	    rows_valid(blob, len, rsa, &recipient);

	OPENSSL_free(recipient.der);
	return ok;
}
