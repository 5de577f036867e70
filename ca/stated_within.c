/* SPDX-License-Identifier: ISC */
/* A CA below another: what it is stated to be, against what its issuer is. */
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ca/stated.h"
#include "ca/subject.h"
#include "ca/subtree.h"

struct within {
	const struct stated *s; /* the CA to be */
	const char *subject;
	struct stated above; /* its issuer */
	bool anchor;         /* which signed itself */
	char *why;
};

static enum ca_error __attribute__((format(printf, 2, 3)))
outside(const struct within *w, const char *fmt, ...)
{
	va_list ap;

	if (w->why != NULL) {
		va_start(ap, fmt);
		(void)vsnprintf(w->why, STATED_WHY_MAX, fmt, ap);
		va_end(ap);
	}
	return CA_ERR_CONSTRAINT;
}

static enum ca_error
check_pathlen(const struct within *w)
{
	if (w->above.pathlen == 0)
		return outside(w,
		    "pathlen: RFC 5280 4.2.1.9: the issuer's pathLen is 0: it "
		    "certifies no CA");
	if (w->above.pathlen > 0 && w->s->pathlen >= w->above.pathlen)
		return outside(w,
		    "pathlen %d: RFC 5280 4.2.1.9: the issuer's pathLen is %d: "
		    "at most %d below it",
		    w->s->pathlen, w->above.pathlen, w->above.pathlen - 1);
	return CA_OK;
}

static const STACK_OF(GENERAL_SUBTREE) *
permitted_of(const struct stated *s)
{
	return s->names != NULL ? s->names->permittedSubtrees : NULL;
}

static const STACK_OF(GENERAL_SUBTREE) *
excluded_of(const struct stated *s)
{
	return s->names != NULL ? s->names->excludedSubtrees : NULL;
}

static const GENERAL_NAME *
base_of(const STACK_OF(GENERAL_SUBTREE) *list, int i)
{
	return sk_GENERAL_SUBTREE_value(list, i)->base;
}

static bool
has_type(const STACK_OF(GENERAL_SUBTREE) *list, int type)
{
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(list); i++)
		if (base_of(list, i)->type == type)
			return true;
	return false;
}

static bool
within_any(const GENERAL_NAME *name, const STACK_OF(GENERAL_SUBTREE) *list)
{
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(list); i++)
		if (subtree_within(name, base_of(list, i)))
			return true;
	return false;
}

static enum ca_error
check_permitted(const struct within *w)
{
	const STACK_OF(GENERAL_SUBTREE) *mine = permitted_of(w->s);
	const STACK_OF(GENERAL_SUBTREE) *above = permitted_of(&w->above);

	for (int i = 0; i < sk_GENERAL_SUBTREE_num(mine); i++) {
		const GENERAL_NAME *name = base_of(mine, i);
		char text[SUBTREE_TEXT_MAX + 1];

		(void)subtree_format(name, text);
		if (has_type(above, name->type) && !within_any(name, above))
			return outside(w,
			    "permitted %s: RFC 5280 4.2.1.10: not within the "
			    "names that the issuer permits",
			    text);
		if (within_any(name, excluded_of(&w->above)))
			return outside(w,
			    "permitted %s: RFC 5280 4.2.1.10: among the names "
			    "that the issuer excludes",
			    text);
		if (within_any(name, excluded_of(w->s)))
			return outside(w,
			    "permitted %s: RFC 5280 4.2.1.10: excluded too, so "
			    "that nothing is left of it",
			    text);
	}
	return CA_OK;
}

/* Whoever reads the plan should not need the issuer's certificate to know. */
static enum ca_error
check_unsaid(const struct within *w)
{
	const STACK_OF(GENERAL_SUBTREE) *above = permitted_of(&w->above);

	for (int i = 0; i < sk_GENERAL_SUBTREE_num(above); i++)
		if (!has_type(permitted_of(w->s), base_of(above, i)->type))
			return outside(w,
			    "permitted: RFC 5280 4.2.1.10: the issuer permits "
			    "some names of type %s only: state which of them",
			    subtree_type(base_of(above, i)));
	return CA_OK;
}

static bool
has_use(const EXTENDED_KEY_USAGE *list, const ASN1_OBJECT *oid)
{
	for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
		const ASN1_OBJECT *o = sk_ASN1_OBJECT_value(list, i);

		if (OBJ_cmp(o, oid) == 0 ||
		    OBJ_obj2nid(o) == NID_anyExtendedKeyUsage)
			return true;
	}
	return false;
}

static enum ca_error
check_eku(const struct within *w)
{
	char text[80];

	if (w->above.eku == NULL)
		return CA_OK;
	if (w->s->eku == NULL)
		return outside(w,
		    "eku: RFC 5280 4.2.1.12: the issuer is for some uses only: "
		    "state which of them");
	for (int i = 0; i < sk_ASN1_OBJECT_num(w->s->eku); i++) {
		const ASN1_OBJECT *o = sk_ASN1_OBJECT_value(w->s->eku, i);

		if (has_use(w->above.eku, o))
			continue;
		(void)OBJ_obj2txt(text, sizeof(text), o, 0);
		return outside(w,
		    "eku %s: RFC 5280 4.2.1.12: not among the issuer's uses",
		    text);
	}
	return CA_OK;
}

static bool
asserts(const CERTIFICATEPOLICIES *list, const ASN1_OBJECT *oid)
{
	for (int i = 0; i < sk_POLICYINFO_num(list); i++) {
		const ASN1_OBJECT *o = sk_POLICYINFO_value(list, i)->policyid;

		if (OBJ_cmp(o, oid) == 0 || OBJ_obj2nid(o) == NID_any_policy)
			return true;
	}
	return false;
}

/* Of a trust anchor's own policies path validation asks nothing. */
static enum ca_error
check_policies(const struct within *w)
{
	char text[80];

	if (w->anchor)
		return CA_OK;
	for (int i = 0; i < sk_POLICYINFO_num(w->s->policies); i++) {
		const ASN1_OBJECT *o =
		    sk_POLICYINFO_value(w->s->policies, i)->policyid;

		if (asserts(w->above.policies, o))
			continue;
		(void)OBJ_obj2txt(text, sizeof(text), o, 1);
		return outside(w,
		    "policy %s: RFC 5280 4.2.1.4: not among the issuer's "
		    "policies",
		    text);
	}
	return CA_OK;
}

/* Constraints of the issuer are on the subjects of what it issues. */
static enum ca_error
check_subject(const struct within *w)
{
	X509 *draft = NULL;
	X509_NAME *name = NULL;
	enum ca_error ret;

	if (w->above.names == NULL)
		return CA_OK;
	if ((ret = subject_parse(w->subject, &name)) != CA_OK)
		return ret;
	if ((draft = X509_new()) == NULL ||
	    X509_set_subject_name(draft, name) != 1)
		ret = CA_ERR_MEMORY;
	else if (NAME_CONSTRAINTS_check(draft, w->above.names) != X509_V_OK)
		ret = outside(w,
		    "subject %s: RFC 5280 4.2.1.10: not among the names that "
		    "the issuer permits",
		    w->subject);
	X509_free(draft);
	X509_NAME_free(name);
	return ret;
}

enum ca_error
stated_within(const struct stated *s, const char *subject, const X509 *issuer,
    char *why)
{
	static enum ca_error (*const checks[])(const struct within *) = {
		check_pathlen,
		check_subject,
		check_permitted,
		check_unsaid,
		check_eku,
		check_policies,
	};
	struct within w = { .s = s, .subject = subject, .why = why };
	enum ca_error ret = stated_read(issuer, &w.above);

	if (why != NULL)
		why[0] = '\0';
	w.anchor = X509_NAME_cmp(X509_get_subject_name(issuer),
		       X509_get_issuer_name(issuer)) == 0;
	for (size_t i = 0;
	     ret == CA_OK && i < sizeof(checks) / sizeof(checks[0]); i++)
		ret = checks[i](&w);
	if (ret != CA_OK && why != NULL && why[0] == '\0')
		(void)snprintf(why, STATED_WHY_MAX, "issuer: %s",
		    ca_strerror(ret));
	stated_clear(&w.above);
	return ret;
}
