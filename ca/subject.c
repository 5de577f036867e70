/* SPDX-License-Identifier: ISC */
#include "ca/subject.h"

#include <openssl/obj_mac.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define VALUE_MAX 64 /* ub-common-name and its like (RFC 5280, A.1) */
#define ID_MARK "{id}"

enum attribute_kind {
	KIND_CN,
	KIND_O,
	KIND_OU,
	KIND_C,
	KIND_L,
	KIND_ST,
	KIND_SERIAL,
	KIND_COUNT
};

static const struct attribute {
	const char *name;
	int nid;
	int type;      /* of string */
	bool repeats;  /* may stand more than once */
	bool takes_id; /* {id} may stand in it */
} attributes[KIND_COUNT] = {
	[KIND_CN] = { "CN", NID_commonName, V_ASN1_UTF8STRING, false, true },
	[KIND_O] = { "O", NID_organizationName, V_ASN1_UTF8STRING, false,
	    false },
	[KIND_OU] = { "OU", NID_organizationalUnitName, V_ASN1_UTF8STRING, true,
	    false },
	[KIND_C] = { "C", NID_countryName, V_ASN1_PRINTABLESTRING, false,
	    false },
	[KIND_L] = { "L", NID_localityName, V_ASN1_UTF8STRING, false, false },
	[KIND_ST] = { "ST", NID_stateOrProvinceName, V_ASN1_UTF8STRING, false,
	    false },
	[KIND_SERIAL] = { "serialNumber", NID_serialNumber,
	    V_ASN1_PRINTABLESTRING, false, true },
};

/* One "type=value" of a text, borrowed. */
struct part {
	enum attribute_kind kind;
	const char *value;
	size_t len;
};

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* X.680, 41.4 */
static bool
is_printable_string(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(s[i]) && memchr(" '()+,-./:=?", s[i], 12) == NULL)
			return false;
	return true;
}

static bool
value_valid(enum attribute_kind kind, const char *s, size_t len)
{
	if (len == 0 || len > VALUE_MAX || s[0] == ' ' || s[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~' ||
		    memchr(",+\"\\<>;=", s[i], 8) != NULL)
			return false;
	if (kind == KIND_C)
		return len == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' &&
		    s[1] <= 'Z';
	if (attributes[kind].type == V_ASN1_PRINTABLESTRING)
		return is_printable_string(s, len);
	return true;
}

/* Take "type=value" off the front of *text, its comma too. */
static bool
split_part(const char **text, struct part *out)
{
	size_t len = strcspn(*text, ","), name = strcspn(*text, "=,");
	unsigned kind = 0;

	if (name >= len)
		return false;
	while (kind < KIND_COUNT &&
	    (strlen(attributes[kind].name) != name ||
		memcmp(attributes[kind].name, *text, name) != 0))
		kind++;
	if (kind == KIND_COUNT)
		return false;
	out->kind = (enum attribute_kind)kind;
	out->value = *text + name + 1;
	out->len = len - name - 1;
	*text += len;
	if (**text == ',') {
		++*text;
		/* a comma at the end announces a part that is not there */
		return **text != '\0';
	}
	return true;
}

static enum ca_error
add_part(X509_NAME *name, const struct part *part)
{
	const struct attribute *a = &attributes[part->kind];

	if (X509_NAME_add_entry_by_NID(name, a->nid, a->type,
		(const unsigned char *)part->value, (int)part->len, -1, 0) != 1)
		return CA_ERR_MEMORY;
	return CA_OK;
}

enum ca_error
subject_parse(const char *text, X509_NAME **out)
{
	enum ca_error ret = CA_ERR_MEMORY;
	bool seen[KIND_COUNT] = { false };
	X509_NAME *name = NULL;
	struct part part;

	*out = NULL;
	if (text[0] == '\0' || strlen(text) > SUBJECT_TEXT_MAX)
		return CA_ERR_NAME;
	if ((name = X509_NAME_new()) == NULL)
		goto out;
	while (*text != '\0') {
		ret = CA_ERR_NAME;
		if (!split_part(&text, &part) ||
		    !value_valid(part.kind, part.value, part.len) ||
		    (seen[part.kind] && !attributes[part.kind].repeats))
			goto out;
		seen[part.kind] = true;
		if ((ret = add_part(name, &part)) != CA_OK)
			goto out;
	}
	*out = name;
	name = NULL;
	ret = CA_OK;
out:
	X509_NAME_free(name);
	return ret;
}

static bool
append(char *out, size_t *used, const char *s, size_t len)
{
	if (len > SUBJECT_TEXT_MAX - *used)
		return false;
	memcpy(out + *used, s, len);
	*used += len;
	out[*used] = '\0';
	return true;
}

/* Append "type=value" of an attribute. */
static bool
format_entry(const X509_NAME_ENTRY *entry, char *out, size_t *used)
{
	int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
	const ASN1_STRING *s = X509_NAME_ENTRY_get_data(entry);
	const char *value = (const char *)ASN1_STRING_get0_data(s);
	size_t len = (size_t)ASN1_STRING_length(s);
	unsigned kind = 0;

	while (kind < KIND_COUNT && attributes[kind].nid != nid)
		kind++;
	if (kind == KIND_COUNT ||
	    ASN1_STRING_type(s) != attributes[kind].type ||
	    !value_valid((enum attribute_kind)kind, value, len))
		return false;
	return append(out, used, attributes[kind].name,
		   strlen(attributes[kind].name)) &&
	    append(out, used, "=", 1) && append(out, used, value, len);
}

/* What subject_parse() makes of text is name, octet by octet. */
static enum ca_error
same_name(const char *text, const X509_NAME *name)
{
	X509_NAME *again = NULL;
	const unsigned char *a, *b;
	size_t a_len, b_len;
	enum ca_error ret;

	if ((ret = subject_parse(text, &again)) != CA_OK)
		return ret;
	if (X509_NAME_get0_der(name, &a, &a_len) != 1 ||
	    X509_NAME_get0_der(again, &b, &b_len) != 1)
		ret = CA_ERR_MEMORY;
	else if (a_len != b_len || memcmp(a, b, a_len) != 0)
		ret = CA_ERR_NAME;
	X509_NAME_free(again);
	return ret;
}

enum ca_error
subject_format(const X509_NAME *name, char out[SUBJECT_TEXT_MAX + 1])
{
	int count = X509_NAME_entry_count(name);
	enum ca_error ret = CA_ERR_NAME;
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < count; i++)
		if ((i > 0 && !append(out, &used, ",", 1)) ||
		    !format_entry(X509_NAME_get_entry(name, i), out, &used))
			goto out;
	/* several attributes in one RDN, or one too often, show here */
	ret = same_name(out, name);
out:
	if (ret != CA_OK)
		out[0] = '\0';
	return ret;
}

/* Exactly one {id} in the template, inside a value that takes it. */
static bool
has_id_mark(const char *text)
{
	const char *mark = strstr(text, ID_MARK);
	struct part part;

	if (mark == NULL || strstr(mark + 1, ID_MARK) != NULL)
		return false;
	while (*text != '\0') {
		if (!split_part(&text, &part))
			return false;
		if (mark >= part.value && mark < part.value + part.len)
			return attributes[part.kind].takes_id;
	}
	return false;
}

enum ca_error
subject_expand(const char *template_text, const char *id,
    char out[SUBJECT_TEXT_MAX + 1])
{
	X509_NAME *name = NULL;
	enum ca_error ret;
	const char *mark;
	size_t used = 0;

	out[0] = '\0';
	if (!subject_id_valid(id) || !has_id_mark(template_text))
		return CA_ERR_NAME;
	mark = strstr(template_text, ID_MARK);
	ret = CA_ERR_NAME;
	if (append(out, &used, template_text, (size_t)(mark - template_text)) &&
	    append(out, &used, id, strlen(id)) &&
	    append(out, &used, mark + strlen(ID_MARK),
		strlen(mark + strlen(ID_MARK))))
		ret = subject_parse(out, &name);
	X509_NAME_free(name);
	if (ret != CA_OK)
		out[0] = '\0';
	return ret;
}

bool
subject_id_valid(const char *id)
{
	size_t len = strnlen(id, SUBJECT_ID_MAX + 1);

	if (len == 0 || len > SUBJECT_ID_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(id[i]) && memchr("._-", id[i], 3) == NULL)
			return false;
	return true;
}
