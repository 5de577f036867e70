/* SPDX-License-Identifier: ISC */
#include "ca/stated.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/subtree.h"

#define OID_TEXT_MAX 64
#define LINE_CHARS_MAX (SUBTREE_TEXT_MAX + 16)

/* Uses that go by a name (RFC 5280, 4.2.1.12); any other by its OID. */
static const struct eku_name {
	const char *name;
	int nid;
} eku_names[] = {
	{ "serverAuth", NID_server_auth },
	{ "clientAuth", NID_client_auth },
	{ "codeSigning", NID_code_sign },
	{ "emailProtection", NID_email_protect },
	{ "timeStamping", NID_time_stamp },
	{ "OCSPSigning", NID_OCSP_sign },
	{ "anyExtendedKeyUsage", NID_anyExtendedKeyUsage },
};
#define EKU_NAMES (sizeof(eku_names) / sizeof(eku_names[0]))

/* ---- object identifiers ------------------------------------------------------ */

static bool
oid_format(const ASN1_OBJECT *oid, char *out)
{
	int n = OBJ_obj2txt(out, OID_TEXT_MAX, oid, 1);

	return n > 0 && n < OID_TEXT_MAX;
}

/* In dots and digits, in the one way it is written so. */
static enum ca_error
oid_parse(const char *value, ASN1_OBJECT **out)
{
	char again[OID_TEXT_MAX];
	bool ok;

	*out = NULL;
	if (strlen(value) >= OID_TEXT_MAX ||
	    strspn(value, "0123456789.") != strlen(value) ||
	    (*out = OBJ_txt2obj(value, 1)) == NULL)
		return CA_ERR_STATED;
	ok = oid_format(*out, again) && strcmp(again, value) == 0;
	if (!ok) {
		ASN1_OBJECT_free(*out);
		*out = NULL;
	}
	return ok ? CA_OK : CA_ERR_STATED;
}

static bool
eku_format(const ASN1_OBJECT *oid, char *out)
{
	int nid = OBJ_obj2nid(oid);

	for (size_t i = 0; i < EKU_NAMES; i++)
		if (eku_names[i].nid == nid) {
			(void)snprintf(out, OID_TEXT_MAX, "%s",
			    eku_names[i].name);
			return true;
		}
	return oid_format(oid, out);
}

static enum ca_error
eku_parse(const char *value, ASN1_OBJECT **out)
{
	char name[OID_TEXT_MAX];
	enum ca_error ret;

	for (size_t i = 0; i < EKU_NAMES; i++)
		if (strcmp(eku_names[i].name, value) == 0) {
			*out = OBJ_dup(OBJ_nid2obj(eku_names[i].nid));
			return *out != NULL ? CA_OK : CA_ERR_MEMORY;
		}
	if ((ret = oid_parse(value, out)) != CA_OK)
		return ret;
	/* what has a name goes by it */
	if (eku_format(*out, name) && strcmp(name, value) == 0)
		return CA_OK;
	ASN1_OBJECT_free(*out);
	*out = NULL;
	return CA_ERR_STATED;
}

/* ---- lines ------------------------------------------------------------------- */

static enum ca_error
take_pathlen(struct stated *s, const char *value)
{
	if (s->pathlen >= 0 || strlen(value) != 1 || value[0] < '0' ||
	    value[0] > '0' + STATED_PATHLEN_MAX)
		return CA_ERR_STATED;
	s->pathlen = value[0] - '0';
	return CA_OK;
}

static enum ca_error
add_subtree(STACK_OF(GENERAL_SUBTREE) **list, GENERAL_NAME *name)
{
	GENERAL_SUBTREE *subtree;

	if (*list == NULL && (*list = sk_GENERAL_SUBTREE_new_null()) == NULL)
		return CA_ERR_MEMORY;
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(*list); i++)
		if (GENERAL_NAME_cmp(sk_GENERAL_SUBTREE_value(*list, i)->base,
			name) == 0)
			return CA_ERR_STATED;
	if (sk_GENERAL_SUBTREE_num(*list) == STATED_ITEMS_MAX)
		return CA_ERR_STATED;
	if ((subtree = GENERAL_SUBTREE_new()) == NULL)
		return CA_ERR_MEMORY;
	GENERAL_NAME_free(subtree->base);
	subtree->base = name;
	if (sk_GENERAL_SUBTREE_push(*list, subtree) > 0)
		return CA_OK;
	subtree->base = NULL;
	GENERAL_SUBTREE_free(subtree);
	return CA_ERR_MEMORY;
}

static enum ca_error
take_subtree(struct stated *s, const char *value, bool permitted)
{
	GENERAL_NAME *name = NULL;
	enum ca_error ret = subtree_parse(value, &name);

	if (ret == CA_OK && s->names == NULL &&
	    (s->names = NAME_CONSTRAINTS_new()) == NULL)
		ret = CA_ERR_MEMORY;
	if (ret == CA_OK)
		ret = add_subtree(permitted ? &s->names->permittedSubtrees
					    : &s->names->excludedSubtrees,
		    name);
	if (ret != CA_OK)
		GENERAL_NAME_free(name);
	return ret;
}

static enum ca_error
take_permitted(struct stated *s, const char *value)
{
	return take_subtree(s, value, true);
}

static enum ca_error
take_excluded(struct stated *s, const char *value)
{
	return take_subtree(s, value, false);
}

static enum ca_error
take_eku(struct stated *s, const char *value)
{
	ASN1_OBJECT *oid = NULL;
	enum ca_error ret = eku_parse(value, &oid);

	if (ret == CA_OK && s->eku == NULL &&
	    (s->eku = EXTENDED_KEY_USAGE_new()) == NULL)
		ret = CA_ERR_MEMORY;
	for (int i = 0; ret == CA_OK && i < sk_ASN1_OBJECT_num(s->eku); i++)
		if (OBJ_cmp(sk_ASN1_OBJECT_value(s->eku, i), oid) == 0)
			ret = CA_ERR_STATED;
	if (ret == CA_OK && sk_ASN1_OBJECT_num(s->eku) == STATED_ITEMS_MAX)
		ret = CA_ERR_STATED;
	if (ret == CA_OK && sk_ASN1_OBJECT_push(s->eku, oid) <= 0)
		ret = CA_ERR_MEMORY;
	if (ret != CA_OK)
		ASN1_OBJECT_free(oid);
	return ret;
}

/* RFC 5280, 4.2.1.4: no policy more than once. */
static bool
has_policy(const CERTIFICATEPOLICIES *list, const ASN1_OBJECT *oid)
{
	for (int i = 0; i < sk_POLICYINFO_num(list); i++)
		if (OBJ_cmp(sk_POLICYINFO_value(list, i)->policyid, oid) == 0)
			return true;
	return false;
}

static enum ca_error
take_policy(struct stated *s, const char *value)
{
	ASN1_OBJECT *oid = NULL;
	POLICYINFO *policy = NULL;
	enum ca_error ret = oid_parse(value, &oid);

	if (ret != CA_OK)
		return ret;
	ret = CA_ERR_MEMORY;
	if ((s->policies == NULL &&
		(s->policies = CERTIFICATEPOLICIES_new()) == NULL) ||
	    (policy = POLICYINFO_new()) == NULL)
		goto out;
	ret = CA_ERR_STATED;
	if (has_policy(s->policies, oid) ||
	    sk_POLICYINFO_num(s->policies) == STATED_ITEMS_MAX)
		goto out;
	policy->policyid = oid;
	oid = NULL;
	ret = CA_ERR_MEMORY;
	if (sk_POLICYINFO_push(s->policies, policy) <= 0)
		goto out;
	policy = NULL;
	ret = CA_OK;
out:
	POLICYINFO_free(policy);
	ASN1_OBJECT_free(oid);
	return ret;
}

/* In the order in which they stand in a text. */
static const struct key {
	const char *name;
	enum ca_error (*take)(struct stated *s, const char *value);
} keys[] = {
	{ "pathlen", take_pathlen },
	{ "permitted", take_permitted },
	{ "excluded", take_excluded },
	{ "eku", take_eku },
	{ "policy", take_policy },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* Take "key value"; at is the key of the line before, then of this one. */
static enum ca_error
take_line(struct stated *s, const char *line, size_t *at)
{
	size_t n = strcspn(line, " ");

	for (; *at < KEYS; ++*at)
		if (strlen(keys[*at].name) == n &&
		    memcmp(keys[*at].name, line, n) == 0)
			break;
	if (*at == KEYS || line[n] == '\0')
		return CA_ERR_STATED;
	return keys[*at].take(s, line + n + 1);
}

enum ca_error
stated_parse(const char *text, struct stated *out)
{
	enum ca_error ret = CA_OK;
	char line[LINE_CHARS_MAX + 1];
	size_t n, at = 0;

	*out = (struct stated){ .pathlen = -1 };
	if (strnlen(text, STATED_TEXT_MAX + 1) > STATED_TEXT_MAX)
		return CA_ERR_STATED;
	for (; ret == CA_OK && *text != '\0'; text += n + 1) {
		n = strcspn(text, "\n");
		if (n > LINE_CHARS_MAX || text[n] == '\0') {
			ret = CA_ERR_STATED;
			break;
		}
		memcpy(line, text, n);
		line[n] = '\0';
		ret = take_line(out, line, &at);
	}
	if (ret == CA_OK && out->pathlen < 0)
		ret = CA_ERR_STATED;
	if (ret != CA_OK)
		stated_clear(out);
	return ret;
}

bool
stated_line_valid(const char *line)
{
	struct stated s = { .pathlen = -1 };
	size_t at = 0;
	bool ok = strlen(line) <= LINE_CHARS_MAX &&
	    strchr(line, '\n') == NULL && take_line(&s, line, &at) == CA_OK;

	stated_clear(&s);
	return ok;
}

void
stated_clear(struct stated *s)
{
	NAME_CONSTRAINTS_free(s->names);
	EXTENDED_KEY_USAGE_free(s->eku);
	CERTIFICATEPOLICIES_free(s->policies);
	*s = (struct stated){ .pathlen = -1 };
}

/* ---- back to text ------------------------------------------------------------- */

struct text {
	char *out;
	size_t used;
	bool bad;
};

static void
add_line(struct text *t, const char *key, const char *value)
{
	size_t room = STATED_TEXT_MAX + 1 - t->used;
	int n = snprintf(t->out + t->used, room, "%s %s\n", key, value);

	if (n < 0 || (size_t)n >= room)
		t->bad = true;
	else
		t->used += (size_t)n;
}

static void
add_names(struct text *t, const char *key,
    const STACK_OF(GENERAL_SUBTREE) *list)
{
	char value[SUBTREE_TEXT_MAX + 1];

	for (int i = 0; i < sk_GENERAL_SUBTREE_num(list); i++) {
		const GENERAL_SUBTREE *s = sk_GENERAL_SUBTREE_value(list, i);

		/* RFC 5280, 4.2.1.10: minimum 0, maximum absent */
		if (s->minimum != NULL || s->maximum != NULL ||
		    subtree_format(s->base, value) != CA_OK)
			t->bad = true;
		else
			add_line(t, key, value);
	}
}

enum ca_error
stated_format(const struct stated *s, char out[STATED_TEXT_MAX + 1])
{
	struct text t = { .out = out, .bad = s->pathlen < 0 };
	char value[OID_TEXT_MAX];
	struct stated again;

	out[0] = '\0';
	(void)snprintf(value, sizeof(value), "%d", s->pathlen);
	add_line(&t, "pathlen", value);
	if (s->names != NULL) {
		add_names(&t, "permitted", s->names->permittedSubtrees);
		add_names(&t, "excluded", s->names->excludedSubtrees);
	}
	for (int i = 0; i < sk_ASN1_OBJECT_num(s->eku); i++) {
		t.bad = t.bad ||
		    !eku_format(sk_ASN1_OBJECT_value(s->eku, i), value);
		add_line(&t, "eku", value);
	}
	for (int i = 0; i < sk_POLICYINFO_num(s->policies); i++) {
		const POLICYINFO *p = sk_POLICYINFO_value(s->policies, i);

		t.bad = t.bad || p->qualifiers != NULL ||
		    !oid_format(p->policyid, value);
		add_line(&t, "policy", value);
	}
	/* too many, twice, or a pathLen that no text has */
	if (!t.bad && stated_parse(out, &again) == CA_OK) {
		stated_clear(&again);
		return CA_OK;
	}
	out[0] = '\0';
	return CA_ERR_STATED;
}

/* ---- certificates --------------------------------------------------------------- */

/* The extension, or NULL when there is none; *ok false: there is, unreadable
 * or twice. */
static void *
read_extension(const X509 *cert, int nid, bool *ok)
{
	int critical = -1;
	void *value = X509_get_ext_d2i(cert, nid, &critical, NULL);

	if (value == NULL && critical != -1)
		*ok = false;
	return value;
}

enum ca_error
stated_read(const X509 *cert, struct stated *out)
{
	bool ok = true;
	BASIC_CONSTRAINTS *bc =
	    read_extension(cert, NID_basic_constraints, &ok);

	*out = (struct stated){ .pathlen = -1 };
	out->names = read_extension(cert, NID_name_constraints, &ok);
	out->eku = read_extension(cert, NID_ext_key_usage, &ok);
	out->policies = read_extension(cert, NID_certificate_policies, &ok);
	if (bc != NULL && bc->pathlen != NULL) {
		long n = ASN1_INTEGER_get(bc->pathlen);

		ok = ok && n >= 0 && n <= INT16_MAX;
		out->pathlen = ok ? (int)n : 0;
	}
	BASIC_CONSTRAINTS_free(bc);
	if (!ok)
		stated_clear(out);
	return ok ? CA_OK : CA_ERR_ENCODING;
}

static bool
add_one(X509 *cert, int nid, void *value, int critical)
{
	return value == NULL ||
	    X509_add1_ext_i2d(cert, nid, value, critical, X509V3_ADD_DEFAULT) ==
	    1;
}

enum ca_error
stated_add(const struct stated *s, X509 *cert)
{
	if (add_one(cert, NID_ext_key_usage, s->eku, 0) &&
	    add_one(cert, NID_name_constraints, s->names, 1) &&
	    add_one(cert, NID_certificate_policies, s->policies, 0))
		return CA_OK;
	return CA_ERR_MEMORY;
}
