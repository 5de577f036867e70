/* SPDX-License-Identifier: ISC */
#include "transfer/sealed_form.h"

#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "transfer/sealed.h"

/* Contents of the OBJECT IDENTIFIERs, or of the SEQUENCE around one. */
static const uint8_t oid_signed_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x07, 0x02 };
static const uint8_t oid_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x07, 0x01 };
static const uint8_t oid_content_type[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x09, 0x03 };
static const uint8_t oid_message_digest[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7,
	0x0d, 0x01, 0x09, 0x04 };
static const uint8_t oid_signing_time[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x09, 0x05 };
/* RFC 5754 2: parameters absent, as generators should have it */
static const uint8_t alg_sha256[] = { 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
	0x03, 0x04, 0x02, 0x01 };
/* RFC 5758 3.2 */
static const uint8_t alg_ecdsa_sha256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x04, 0x03, 0x02 };

#define IS(d, octets) tlv_is((d), (octets), sizeof(octets))

/* Where the walk is: the whole file, the rest of SignedData, the rest of
 * SignerInfo. */
struct walk {
	struct tlv file, data, signer;
	struct sealed_form *form;
};

static bool
at_whole_file(struct walk *w)
{
	return tlv_strict(w->file);
}

static bool
at_one_element(struct walk *w)
{
	struct tlv rest = w->file, contents;
	uint8_t tag;

	return tlv_next(&rest, &tag, &contents) && rest.len == 0;
}

static bool
at_content_info(struct walk *w)
{
	struct tlv file = w->file, info, type, explicit;

	return tlv_take(&file, TLV_SEQUENCE, &info) &&
	    tlv_take(&info, TLV_OID, &type) && IS(&type, oid_signed_data) &&
	    tlv_take(&info, TLV_CONTEXT_0, &explicit) && info.len == 0 &&
	    tlv_take(&explicit, TLV_SEQUENCE, &w->data) && explicit.len == 0;
}

static bool
version_is_1(struct tlv *d)
{
	static const uint8_t one[] = { 1 };
	struct tlv version;

	return tlv_take(d, TLV_INTEGER, &version) && IS(&version, one);
}

static bool
at_version(struct walk *w)
{
	return version_is_1(&w->data);
}

static bool
at_digest_algorithms(struct walk *w)
{
	struct tlv set, algorithm;

	return tlv_take(&w->data, TLV_SET, &set) &&
	    tlv_take(&set, TLV_SEQUENCE, &algorithm) && set.len == 0 &&
	    IS(&algorithm, alg_sha256);
}

/* Leaves w->data at the eContent. */
static bool
at_econtent_type(struct walk *w)
{
	struct tlv content, type;

	if (!tlv_take(&w->data, TLV_SEQUENCE, &content) ||
	    !tlv_take(&content, TLV_OID, &type) || !IS(&type, oid_data))
		return false;
	w->form->payload = content;
	return true;
}

static bool
at_econtent(struct walk *w)
{
	struct tlv rest = w->form->payload, explicit;

	return tlv_take(&rest, TLV_CONTEXT_0, &explicit) && rest.len == 0 &&
	    tlv_take(&explicit, TLV_OCTETS, &w->form->payload) &&
	    explicit.len == 0;
}

/* RFC 5652 10.2.2: a certificate is a SEQUENCE, all other choices are not. */
static bool
at_certificates(struct walk *w)
{
	struct tlv set, certificate;

	if (!tlv_at(&w->data, TLV_CONTEXT_0))
		return true;
	if (!tlv_take(&w->data, TLV_CONTEXT_0, &set))
		return false;
	w->form->carried = set;
	return tlv_take(&set, TLV_SEQUENCE, &certificate) && set.len == 0;
}

/* Parsed, it takes many times its octets of memory. */
static bool
at_certificate_size(struct walk *w)
{
	return w->form->carried.len <= SEALED_CERT_MAX;
}

static bool
at_crls(struct walk *w)
{
	return !tlv_at(&w->data, TLV_CONTEXT_1);
}

static bool
at_signer_infos(struct walk *w)
{
	struct tlv set;

	return tlv_take(&w->data, TLV_SET, &set) && w->data.len == 0 &&
	    tlv_take(&set, TLV_SEQUENCE, &w->signer) && set.len == 0;
}

static bool
at_signer_version(struct walk *w)
{
	return version_is_1(&w->signer);
}

static bool
at_sid(struct walk *w)
{
	struct tlv sid, name, serial;

	if (!tlv_take(&w->signer, TLV_SEQUENCE, &sid))
		return false;
	w->form->sid = sid;
	return tlv_take(&sid, TLV_SEQUENCE, &name) &&
	    tlv_take(&sid, TLV_INTEGER, &serial) && sid.len == 0;
}

static bool
at_signer_digest(struct walk *w)
{
	struct tlv algorithm;

	return tlv_take(&w->signer, TLV_SEQUENCE, &algorithm) &&
	    IS(&algorithm, alg_sha256);
}

static bool
at_signed_attributes(struct walk *w)
{
	const uint8_t *start = w->signer.at;
	struct tlv set;

	if (!tlv_take(&w->signer, TLV_CONTEXT_0, &set))
		return false;
	w->form->attributes.at = start;
	w->form->attributes.len = (size_t)(w->signer.at - start);
	return true;
}

static bool
at_signature_algorithm(struct walk *w)
{
	struct tlv algorithm;

	return tlv_take(&w->signer, TLV_SEQUENCE, &algorithm) &&
	    IS(&algorithm, alg_ecdsa_sha256);
}

static bool
at_signature(struct walk *w)
{
	return tlv_take(&w->signer, TLV_OCTETS, &w->form->signature);
}

static bool
at_unsigned_attributes(struct walk *w)
{
	return w->signer.len == 0;
}

/* The only value of the only attribute of this type (RFC 5652 11). */
static bool
attribute_value(const struct walk *w, const uint8_t oid[9], struct tlv *value)
{
	struct tlv outer = w->form->attributes, set, attribute, type, values;
	unsigned found = 0;

	if (!tlv_take(&outer, TLV_CONTEXT_0, &set))
		return false;
	while (tlv_take(&set, TLV_SEQUENCE, &attribute)) {
		if (!tlv_take(&attribute, TLV_OID, &type) ||
		    !tlv_take(&attribute, TLV_SET, &values) ||
		    attribute.len != 0)
			return false;
		if (tlv_is(&type, oid, sizeof(oid_data))) {
			*value = values;
			found++;
		}
	}
	return found == 1 && set.len == 0;
}

static bool
at_content_type(struct walk *w)
{
	struct tlv value, type;

	return attribute_value(w, oid_content_type, &value) &&
	    tlv_take(&value, TLV_OID, &type) && value.len == 0 &&
	    IS(&type, oid_data);
}

static bool
at_message_digest(struct walk *w)
{
	struct tlv value;

	return attribute_value(w, oid_message_digest, &value) &&
	    tlv_take(&value, TLV_OCTETS, &w->form->message_digest) &&
	    value.len == 0 && w->form->message_digest.len == 32;
}

/* YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ; what it says does not matter. */
static bool
time_has_form(const struct tlv *time, size_t digits)
{
	if (time->len != digits + 1 || time->at[digits] != 'Z')
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (time->at[i] < '0' || time->at[i] > '9')
			return false;
	}
	return true;
}

static bool
at_signing_time(struct walk *w)
{
	struct tlv value, time;

	if (!attribute_value(w, oid_signing_time, &value))
		return false;
	if (tlv_take(&value, TLV_UTCTIME, &time))
		return value.len == 0 && time_has_form(&time, 12);
	return tlv_take(&value, TLV_GENERALIZEDTIME, &time) && value.len == 0 &&
	    time_has_form(&time, 14);
}

static bool
at_other_attributes(struct walk *w)
{
	struct tlv outer = w->form->attributes, set, attribute;
	unsigned count = 0;

	if (!tlv_take(&outer, TLV_CONTEXT_0, &set))
		return false;
	while (tlv_take(&set, TLV_SEQUENCE, &attribute))
		count++;
	return count == 3;
}

/* OpenSSL must read it, and write just these octets again: it knows the order
 * of a SET OF and all that is inside names and certificates. */
static bool
at_encoding(struct walk *w)
{
	const uint8_t *at = w->file.at;
	CMS_ContentInfo *cms;
	uint8_t *again = NULL;
	int len = -1;

	cms = d2i_CMS_ContentInfo(NULL, &at, (long)w->file.len);
	if (cms != NULL)
		len = i2d_CMS_ContentInfo(cms, &again);
	CMS_ContentInfo_free(cms);
	if (len >= 0 && !tlv_is(&w->file, again, (size_t)len))
		len = -1;
	OPENSSL_free(again);
	return len >= 0;
}

static bool
at_certificate(struct walk *w)
{
	const uint8_t *at = w->form->carried.at;

	if (w->form->carried.len == 0)
		return true;
	w->form->certificate = d2i_X509(NULL, &at, (long)w->form->carried.len);
	return w->form->certificate != NULL &&
	    X509_get0_pubkey(w->form->certificate) != NULL;
}

/* sid is the certificate's issuer and serialNumber, octet by octet. */
static bool
at_certificate_owner(struct walk *w)
{
	X509 *certificate = w->form->certificate;
	struct tlv sid = w->form->sid;
	uint8_t *name = NULL, *serial = NULL;
	int name_len, serial_len;
	bool same = false;

	if (certificate == NULL)
		return true;
	name_len = i2d_X509_NAME(X509_get_issuer_name(certificate), &name);
	serial_len =
	    i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &serial);
	if (name_len > 0 && serial_len > 0 &&
	    sid.len == (size_t)name_len + (size_t)serial_len)
		same = memcmp(sid.at, name, (size_t)name_len) == 0 &&
		    memcmp(sid.at + name_len, serial, (size_t)serial_len) == 0;
	OPENSSL_free(name);
	OPENSSL_free(serial);
	return same;
}

/* The walk, in the order of the octets; each step relies on those before. */
static const struct step {
	bool (*at)(struct walk *w);
	enum transfer_error err;
	const char *text;
} steps[] = {
	{ at_one_element, TRANSFER_ERR_DER,
	    "X.690 10.1: not one DER element, or octets behind it" },
	{ at_whole_file, TRANSFER_ERR_DER,
	    "X.690 10: an element inside is not DER" },
	{ at_content_info, TRANSFER_ERR_CMS,
	    "RFC 5652 3: contentType is not id-signedData" },
	{ at_version, TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: version of SignedData is not 1" },
	{ at_digest_algorithms, TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: digestAlgorithms is not SHA-256 alone" },
	{ at_econtent_type, TRANSFER_ERR_CMS,
	    "RFC 5652 5.2: eContentType is not id-data" },
	{ at_econtent, TRANSFER_ERR_CMS,
	    "RFC 5652 5.2: the content is not inside" },
	{ at_certificates, TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: certificates is not one certificate" },
	{ at_certificate_size, TRANSFER_ERR_SIZE,
	    "the certificate inside is over 8192 octets" },
	{ at_crls, TRANSFER_ERR_CMS, "RFC 5652 5.1: there are CRLs" },
	{ at_signer_infos, TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: not exactly one SignerInfo" },
	{ at_signer_version, TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: version of SignerInfo is not 1" },
	{ at_sid, TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: sid is not issuerAndSerialNumber" },
	{ at_signer_digest, TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: digestAlgorithm is not SHA-256" },
	{ at_signed_attributes, TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: there are no signed attributes" },
	{ at_signature_algorithm, TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: signatureAlgorithm is not ecdsa-with-SHA256" },
	{ at_signature, TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: there is no signature" },
	{ at_unsigned_attributes, TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: there are unsigned attributes" },
	{ at_content_type, TRANSFER_ERR_CMS,
	    "RFC 5652 11.1: content-type is not id-data once" },
	{ at_message_digest, TRANSFER_ERR_CMS,
	    "RFC 5652 11.2: message-digest is not 32 octets once" },
	{ at_signing_time, TRANSFER_ERR_CMS,
	    "RFC 5652 11.3: signing-time is not one time once" },
	{ at_other_attributes, TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: there are other signed attributes" },
	{ at_encoding, TRANSFER_ERR_DER,
	    "X.690 11: it does not encode to itself again" },
	{ at_certificate, TRANSFER_ERR_CMS,
	    "RFC 5652 10.2.2: the certificate or its key is broken" },
	{ at_certificate_owner, TRANSFER_ERR_CMS,
	    "RFC 5652 10.2.4: the certificate is not the signer's" },
};

enum transfer_error
sealed_form_read(const uint8_t *der, size_t len, struct sealed_form *form,
    struct transfer_fault *fault)
{
	struct walk w = { .file = { der, len }, .form = form };
	enum transfer_error ret = TRANSFER_OK;

	memset(form, 0, sizeof(*form));
	if (len > SEALED_MAX)
		return transfer_refuse(fault, TRANSFER_ERR_SIZE,
		    "the file is over %u octets", SEALED_MAX);
	ERR_set_mark();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].at(&w))
			continue;
		ret = transfer_refuse(fault, steps[i].err, "%s", steps[i].text);
		break;
	}
	ERR_pop_to_mark();
	return ret;
}

void
sealed_form_clear(struct sealed_form *form)
{
	X509_free(form->certificate);
	memset(form, 0, sizeof(*form));
}
