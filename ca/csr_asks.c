/* SPDX-License-Identifier: ISC */
#include "ca/csr_asks.h"

#include <openssl/bio.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define ELLIPSIS "..."
#define UNIT_MAX 4 /* characters that stand for one octet */

/* Put octets where people see them; what is too long ends in an ellipsis. */
static void
escape(const uint8_t *octets, size_t len, char *out, size_t size)
{
	size_t used = 0, last = size - sizeof(ELLIPSIS);
	char unit[UNIT_MAX + 1];

	while (len > 0 && octets[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = octets[i];

		if (c == '\n')
			(void)snprintf(unit, sizeof(unit), "; ");
		else if (c < 0x20 || c > 0x7e || c == '\\')
			(void)snprintf(unit, sizeof(unit), "\\x%02x", c);
		else
			(void)snprintf(unit, sizeof(unit), "%c", c);
		if (used + strlen(unit) > last) {
			memcpy(out + used, ELLIPSIS, sizeof(ELLIPSIS));
			return;
		}
		memcpy(out + used, unit, strlen(unit));
		used += strlen(unit);
	}
	out[used] = '\0';
}

static void
escape_bio(BIO *bio, char *out, size_t size)
{
	char *data = NULL;
	long n = BIO_get_mem_data(bio, &data);

	escape((const uint8_t *)data, n > 0 ? (size_t)n : 0, out, size);
}

static bool
read_subject(const X509_NAME *name, struct csr_asks *out)
{
	/* octets as they are: escaping is ours */
	const unsigned long flags =
	    XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_FN_SN | ASN1_STRFLGS_UTF8_CONVERT;
	BIO *bio = BIO_new(BIO_s_mem());
	bool ok = bio != NULL && X509_NAME_print_ex(bio, name, 0, flags) >= 0;

	if (ok)
		escape_bio(bio, out->subject, sizeof(out->subject));
	BIO_free(bio);
	return ok;
}

static struct csr_ask *
next_ask(struct csr_asks *out)
{
	return out->count < CSR_ASKS_MAX ? &out->asks[out->count++] : NULL;
}

static bool
name_oid(const ASN1_OBJECT *oid, const char *before, struct csr_ask *ask)
{
	char text[CSR_ASK_NAME_MAX + 1], both[2 * CSR_ASK_NAME_MAX];

	if (OBJ_obj2txt(text, sizeof(text), oid, 0) <= 0)
		return false;
	(void)snprintf(both, sizeof(both), "%s%s", before, text);
	escape((const uint8_t *)both, strlen(both), ask->name,
	    sizeof(ask->name));
	return true;
}

/* As OpenSSL prints it, or in hex what it does not know. */
static bool
ask_extension(X509_EXTENSION *ext, struct csr_asks *out)
{
	struct csr_ask *ask = next_ask(out);
	BIO *bio = BIO_new(BIO_s_mem());
	bool ok = ask != NULL && bio != NULL &&
	    name_oid(X509_EXTENSION_get_object(ext), "", ask);

	if (ok && X509_EXTENSION_get_critical(ext))
		ok = BIO_puts(bio, "critical, ") > 0;
	if (ok && X509V3_EXT_print(bio, ext, X509V3_EXT_DUMP_UNKNOWN, 0) != 1)
		ok = BIO_puts(bio, "unreadable") > 0;
	if (ok)
		escape_bio(bio, ask->value, sizeof(ask->value));
	BIO_free(bio);
	return ok;
}

static bool
ask_extensions(struct der values, struct csr_asks *out)
{
	X509_EXTENSIONS *list;
	const unsigned char *p;
	struct der element;
	bool ok;

	if (!der_take_element(&values, &element) || values.len != 0)
		return false;
	p = element.data;
	list = d2i_X509_EXTENSIONS(NULL, &p, (long)element.len);
	ok = list != NULL && p == element.data + element.len;
	for (int i = 0; ok && i < sk_X509_EXTENSION_num(list); i++)
		ok = ask_extension(sk_X509_EXTENSION_value(list, i), out);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return ok;
}

static bool
ask_attribute(const ASN1_OBJECT *oid, struct csr_asks *out)
{
	struct csr_ask *ask = next_ask(out);

	if (ask == NULL || !name_oid(oid, "attribute ", ask))
		return false;
	(void)snprintf(ask->value, sizeof(ask->value), "(value not shown)");
	return true;
}

static bool
read_attribute(struct der in, struct csr_asks *out)
{
	struct der type, values;
	ASN1_OBJECT *oid = NULL;
	const unsigned char *p = in.data;
	bool ok = false;

	if (!der_take_element(&in, &type) || !der_take(&in, DER_SET, &values))
		return false;
	oid = d2i_ASN1_OBJECT(NULL, &p, (long)type.len);
	if (oid != NULL)
		ok = OBJ_obj2nid(oid) == NID_ext_req
		    ? ask_extensions(values, out)
		    : ask_attribute(oid, out);
	ASN1_OBJECT_free(oid);
	return ok;
}

bool
csr_asks_read(const X509_NAME *name, struct der attributes,
    struct csr_asks *out)
{
	struct der attribute;
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = read_subject(name, out);
	while (ok && attributes.len > 0)
		ok = der_take(&attributes, DER_SEQUENCE, &attribute) &&
		    read_attribute(attribute, out);
	if (!ok)
		memset(out, 0, sizeof(*out));
	return ok;
}
