/* SPDX-License-Identifier: ISC */
#include "ca/subtree.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ca/subject.h"

#define HOST_MAX 253 /* RFC 1035, 2.3.4, without the root's dot */
#define LABEL_MAX 63
#define LOCAL_MAX 64 /* RFC 5321, 4.5.3.1.1 */
#define ADDRESS_MAX 16
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* ---- hosts and mailboxes --------------------------------------------------- */

/* Labels of letters, digits and inner hyphens (RFC 1123, 2.1); the last one
 * would make an address of it if it were a number. */
static bool
host_valid(const char *s)
{
	size_t len = strlen(s), n = 0;

	if (len == 0 || len > HOST_MAX)
		return false;
	for (;; s += n + 1) {
		n = strspn(s, LOWER DIGITS "-");
		if (n == 0 || n > LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
			return false;
		if (s[n] == '\0')
			return strspn(s, DIGITS) != n;
		if (s[n] != '.')
			return false;
	}
}

static bool
host_or_below_valid(const char *s)
{
	return host_valid(s[0] == '.' ? s + 1 : s);
}

/* Of a local part what needs no quotes (RFC 5321, 4.1.2), and no more. */
static bool
email_valid(const char *s)
{
	const char *at = strchr(s, '@');
	size_t n = strspn(s, LOWER UPPER DIGITS "._+-");

	if (at == NULL)
		return host_or_below_valid(s);
	return n > 0 && n <= LOCAL_MAX && s + n == at && s[0] != '.' &&
	    s[n - 1] != '.' && strstr(s, "..") == NULL && host_valid(at + 1);
}

static enum ca_error
parse_ia5(const char *value, GENERAL_NAME *name, int type)
{
	ASN1_IA5STRING *s = ASN1_IA5STRING_new();

	if (s == NULL || ASN1_STRING_set(s, value, (int)strlen(value)) != 1) {
		ASN1_IA5STRING_free(s);
		return CA_ERR_MEMORY;
	}
	GENERAL_NAME_set0_value(name, type, s);
	return CA_OK;
}

/* Its characters, if they are what `valid` takes, so no NUL among them. */
static bool
format_ia5(const GENERAL_NAME *name, bool (*valid)(const char *), char *out)
{
	const ASN1_STRING *s = name->d.ia5;
	size_t len = (size_t)ASN1_STRING_length(s);

	if (len > SUBTREE_TEXT_MAX)
		return false;
	memcpy(out, ASN1_STRING_get0_data(s), len);
	out[len] = '\0';
	return strlen(out) == len && valid(out);
}

/* ---- the types -------------------------------------------------------------- */

static enum ca_error
dns_parse(const char *value, GENERAL_NAME *name)
{
	return host_valid(value) ? parse_ia5(value, name, GEN_DNS)
				 : CA_ERR_STATED;
}

static enum ca_error
email_parse(const char *value, GENERAL_NAME *name)
{
	return email_valid(value) ? parse_ia5(value, name, GEN_EMAIL)
				  : CA_ERR_STATED;
}

static enum ca_error
uri_parse(const char *value, GENERAL_NAME *name)
{
	return host_or_below_valid(value) ? parse_ia5(value, name, GEN_URI)
					  : CA_ERR_STATED;
}

static bool
dns_format(const GENERAL_NAME *name, char *out)
{
	return format_ia5(name, host_valid, out);
}

static bool
email_format(const GENERAL_NAME *name, char *out)
{
	return format_ia5(name, email_valid, out);
}

static bool
uri_format(const GENERAL_NAME *name, char *out)
{
	return format_ia5(name, host_or_below_valid, out);
}

/* Address and mask, one behind the other. */
static enum ca_error
ip_parse(const char *value, GENERAL_NAME *name)
{
	char address[INET6_ADDRSTRLEN];
	uint8_t octets[2 * ADDRESS_MAX] = { 0 };
	const char *slash = strchr(value, '/');
	size_t n = slash != NULL ? (size_t)(slash - value) : sizeof(address);
	int family = strchr(value, ':') != NULL ? AF_INET6 : AF_INET;
	size_t size = family == AF_INET6 ? 16 : 4;
	ASN1_OCTET_STRING *s;
	unsigned bits = 0;
	char end;

	if (n >= sizeof(address) ||
	    sscanf(slash + 1, "%3u%c", &bits, &end) != 1 || bits > 8 * size)
		return CA_ERR_STATED;
	memcpy(address, value, n);
	address[n] = '\0';
	if (inet_pton(family, address, octets) != 1)
		return CA_ERR_STATED;
	for (unsigned i = 0; i < bits; i++)
		octets[size + i / 8] |= (uint8_t)(0x80 >> i % 8);
	if ((s = ASN1_OCTET_STRING_new()) == NULL ||
	    ASN1_OCTET_STRING_set(s, octets, (int)(2 * size)) != 1) {
		ASN1_OCTET_STRING_free(s);
		return CA_ERR_MEMORY;
	}
	GENERAL_NAME_set0_value(name, GEN_IPADD, s);
	return CA_OK;
}

/* Ones, then zeros: how many ones; more than there are bits when mixed. */
static unsigned
prefix_of(const uint8_t *mask, size_t size)
{
	unsigned bits = 0;

	while (bits < 8 * size && (mask[bits / 8] & (0x80 >> bits % 8)) != 0)
		bits++;
	for (unsigned i = bits; i < 8 * size; i++)
		if ((mask[i / 8] & (0x80 >> i % 8)) != 0)
			return ~0u;
	return bits;
}

static bool
ip_format(const GENERAL_NAME *name, char *out)
{
	const uint8_t *octets = ASN1_STRING_get0_data(name->d.iPAddress);
	size_t size = (size_t)ASN1_STRING_length(name->d.iPAddress) / 2;
	char address[INET6_ADDRSTRLEN];
	unsigned bits;

	if (ASN1_STRING_length(name->d.iPAddress) != 8 &&
	    ASN1_STRING_length(name->d.iPAddress) != 32)
		return false;
	bits = prefix_of(octets + size, size);
	if (bits > 8 * size)
		return false;
	for (size_t i = 0; i < size; i++)
		if ((octets[i] & ~octets[size + i]) != 0)
			return false;
	if (inet_ntop(size == 4 ? AF_INET : AF_INET6, octets, address,
		sizeof(address)) == NULL)
		return false;
	(void)snprintf(out, SUBTREE_TEXT_MAX + 1, "%s/%u", address, bits);
	return true;
}

static enum ca_error
dirname_parse(const char *value, GENERAL_NAME *name)
{
	X509_NAME *subject = NULL;
	enum ca_error ret = subject_parse(value, &subject);

	if (ret == CA_OK)
		GENERAL_NAME_set0_value(name, GEN_DIRNAME, subject);
	return ret == CA_ERR_NAME ? CA_ERR_STATED : ret;
}

static bool
dirname_format(const GENERAL_NAME *name, char *out)
{
	char text[SUBJECT_TEXT_MAX + 1];

	if (subject_format(name->d.directoryName, text) != CA_OK ||
	    strlen(text) > SUBTREE_TEXT_MAX)
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

static const struct type {
	const char *name;
	int type;
	enum ca_error (*parse)(const char *value, GENERAL_NAME *name);
	bool (*format)(const GENERAL_NAME *name, char *out);
} types[] = {
	{ "dns", GEN_DNS, dns_parse, dns_format },
	{ "email", GEN_EMAIL, email_parse, email_format },
	{ "ip", GEN_IPADD, ip_parse, ip_format },
	{ "uri", GEN_URI, uri_parse, uri_format },
	{ "dirname", GEN_DIRNAME, dirname_parse, dirname_format },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static const struct type *
type_of(const GENERAL_NAME *name)
{
	for (size_t i = 0; i < TYPES; i++)
		if (types[i].type == name->type)
			return &types[i];
	return NULL;
}

const char *
subtree_type(const GENERAL_NAME *name)
{
	const struct type *t = type_of(name);

	return t != NULL ? t->name : "other";
}

enum ca_error
subtree_format(const GENERAL_NAME *name, char out[SUBTREE_TEXT_MAX + 1])
{
	const struct type *t = type_of(name);
	char value[SUBTREE_TEXT_MAX + 1];
	int n;

	out[0] = '\0';
	if (t == NULL || !t->format(name, value))
		return CA_ERR_STATED;
	n = snprintf(out, SUBTREE_TEXT_MAX + 1, "%s %s", t->name, value);
	if (n < 0 || n > SUBTREE_TEXT_MAX) {
		out[0] = '\0';
		return CA_ERR_STATED;
	}
	return CA_OK;
}

static enum ca_error
parse_as(const struct type *t, const char *text, GENERAL_NAME **out)
{
	char again[SUBTREE_TEXT_MAX + 1];
	GENERAL_NAME *name = GENERAL_NAME_new();
	enum ca_error ret = CA_ERR_MEMORY;

	if (name == NULL)
		return ret;
	ret = t->parse(text + strlen(t->name) + 1, name);
	/* an address has many spellings, and bits behind its prefix */
	if (ret == CA_OK &&
	    (subtree_format(name, again) != CA_OK || strcmp(again, text) != 0))
		ret = CA_ERR_STATED;
	if (ret != CA_OK) {
		GENERAL_NAME_free(name);
		return ret;
	}
	*out = name;
	return CA_OK;
}

enum ca_error
subtree_parse(const char *text, GENERAL_NAME **out)
{
	size_t n = strcspn(text, " ");

	*out = NULL;
	if (text[n] == '\0' || strlen(text) > SUBTREE_TEXT_MAX)
		return CA_ERR_STATED;
	for (size_t i = 0; i < TYPES; i++)
		if (strlen(types[i].name) == n &&
		    memcmp(types[i].name, text, n) == 0)
			return parse_as(&types[i], text, out);
	return CA_ERR_STATED;
}

/* ---- one within the other --------------------------------------------------- */

struct chars {
	const char *s;
	size_t len;
};

static struct chars
chars_of(const ASN1_STRING *s)
{
	return (struct chars){ (const char *)ASN1_STRING_get0_data(s),
		(size_t)ASN1_STRING_length(s) };
}

static bool
chars_equal(struct chars a, struct chars b)
{
	return a.len == b.len && strncasecmp(a.s, b.s, a.len) == 0;
}

static bool
ends_with(struct chars a, struct chars b)
{
	return a.len > b.len &&
	    strncasecmp(a.s + a.len - b.len, b.s, b.len) == 0;
}

/* A host is itself and what is below it; some write ".example.com" for what is
 * below alone. */
static bool
dns_within(struct chars a, struct chars b)
{
	return b.len == 0 || chars_equal(a, b) ||
	    (ends_with(a, b) &&
		(b.s[0] == '.' || a.s[a.len - b.len - 1] == '.'));
}

/* A host is itself; with a dot before it, what is below it. */
static bool
uri_within(struct chars a, struct chars b)
{
	return b.len == 0 || chars_equal(a, b) ||
	    (b.s[0] == '.' && ends_with(a, b));
}

/* As for a URI, once the local part is off; a mailbox holds only itself, and
 * case counts in a local part (RFC 5280, 7.5). */
static bool
email_within(struct chars a, struct chars b)
{
	const char *at_a = memchr(a.s, '@', a.len);
	const char *at_b = b.len > 0 ? memchr(b.s, '@', b.len) : NULL;
	size_t local = at_a != NULL ? (size_t)(at_a - a.s) + 1 : 0;
	struct chars host = { a.s + local, a.len - local };

	if (at_b == NULL)
		return uri_within(host, b);
	return at_a != NULL && local == (size_t)(at_b - b.s) + 1 &&
	    memcmp(a.s, b.s, local) == 0 && chars_equal(a, b);
}

static bool
ip_within(struct chars a, struct chars b)
{
	size_t size = a.len / 2;

	if (a.len != b.len || (a.len != 8 && a.len != 32))
		return false;
	for (size_t i = 0; i < size; i++) {
		uint8_t mask = (uint8_t)b.s[size + i];

		if (((uint8_t)a.s[size + i] & mask) != mask ||
		    (((uint8_t)a.s[i] ^ (uint8_t)b.s[i]) & mask) != 0)
			return false;
	}
	return true;
}

/* a begins with b: cut to as many attributes as b has, it is b. */
static bool
dirname_within(const X509_NAME *a, const X509_NAME *b)
{
	int n = X509_NAME_entry_count(b);
	X509_NAME *cut = X509_NAME_dup(a);
	bool is = false;

	if (cut == NULL || X509_NAME_entry_count(a) < n)
		goto out;
	while (X509_NAME_entry_count(cut) > n)
		X509_NAME_ENTRY_free(X509_NAME_delete_entry(cut,
		    X509_NAME_entry_count(cut) - 1));
	is = X509_NAME_cmp(cut, b) == 0;
out:
	X509_NAME_free(cut);
	return is;
}

bool
subtree_within(const GENERAL_NAME *a, const GENERAL_NAME *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case GEN_DNS:
		return dns_within(chars_of(a->d.ia5), chars_of(b->d.ia5));
	case GEN_EMAIL:
		return email_within(chars_of(a->d.ia5), chars_of(b->d.ia5));
	case GEN_URI:
		return uri_within(chars_of(a->d.ia5), chars_of(b->d.ia5));
	case GEN_IPADD:
		return ip_within(chars_of(a->d.ip), chars_of(b->d.ip));
	case GEN_DIRNAME:
		return dirname_within(a->d.directoryName, b->d.directoryName);
	default:
		return GENERAL_NAME_cmp((GENERAL_NAME *)a, (GENERAL_NAME *)b) ==
		    0;
	}
}
