/* SPDX-License-Identifier: ISC */
#include "ca/stated.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "ca/subject.h"
#include "tests/ca/pki.h"

#define SUBJECT "CN=Partner CA,O=Partner,C=CH"
#define FULL                                                                   \
	"pathlen 1\n"                                                          \
	"permitted dns example.com\n"                                          \
	"permitted email example.com\n"                                        \
	"permitted ip 10.0.0.0/8\n"                                            \
	"permitted uri .example.com\n"                                         \
	"permitted dirname C=CH,O=Partner\n"                                   \
	"excluded dns secret.example.com\n"                                    \
	"excluded ip ::/0\n"                                                   \
	"eku serverAuth\n"                                                     \
	"eku 1.3.6.1.4.1.55555.1\n"                                            \
	"policy 1.3.6.1.4.1.55555.2\n"

static void
test_text(void **state)
{
	static const char *const good[] = { "pathlen 0\n", "pathlen 8\n", FULL,
		"pathlen 0\neku anyExtendedKeyUsage\npolicy 2.5.29.32.0\n" };
	static const char *const bad[] = { "", "\n", "pathlen 0", "pathlen\n",
		"pathlen \n", "pathlen 9\n", "pathlen 00\n", "pathlen -1\n",
		"pathlen none\n", "pathlen 0\npathlen 0\n", "eku serverAuth\n",
		"pathlen 0\n\n", "pathlen 0\nca true\n",
		"pathlen 0\neku serverAuth\neku serverAuth\n",
		"pathlen 0\neku 1.3.6.1.5.5.7.3.1\n",
		"pathlen 0\neku serverauth\n", "pathlen 0\neku 1.2.\n",
		"pathlen 0\neku 1\n", "pathlen 0\neku 1.02.3\n",
		"pathlen 0\npolicy serverAuth\n",
		"pathlen 0\npolicy 1.2.3\npolicy 1.2.3\n",
		"pathlen 0\npermitted dns a.b\npermitted dns a.b\n",
		"pathlen 0\nexcluded dns a.b\npermitted dns a.b\n",
		"pathlen 0\neku clientAuth\nexcluded dns a.b\n",
		"pathlen 0\npermitted example.com\n",
		"pathlen 0\nkeyUsage digitalSignature\n" };
	char text[STATED_TEXT_MAX + 1];
	struct stated s;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(stated_parse(good[i], &s), CA_OK);
		assert_int_equal(stated_format(&s, text), CA_OK);
		assert_string_equal(text, good[i]);
		stated_clear(&s);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (stated_parse(bad[i], &s) != CA_ERR_STATED)
			fail_msg("\"%s\" is not refused", bad[i]);
		assert_null(s.names);
		assert_null(s.eku);
		assert_null(s.policies);
	}
}

/* STATED_ITEMS_MAX of each, and one more. */
static void
test_limits(void **state)
{
	static const struct {
		const char *before, *after;
	} forms[] = { { "permitted dns a", ".example" },
		{ "excluded dns a", ".example" }, { "eku 1.2.3.", "" },
		{ "policy 1.2.3.", "" } };
	char text[STATED_TEXT_MAX + 2];
	struct stated s;

	(void)state;
	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		size_t used = (size_t)sprintf(text, "pathlen 0\n");

		for (int i = 0; i < STATED_ITEMS_MAX; i++)
			used +=
			    (size_t)snprintf(text + used, sizeof(text) - used,
				"%s%d%s\n", forms[f].before, i, forms[f].after);
		assert_int_equal(stated_parse(text, &s), CA_OK);
		stated_clear(&s);
		(void)snprintf(text + used, sizeof(text) - used, "%s%d%s\n",
		    forms[f].before, STATED_ITEMS_MAX, forms[f].after);
		assert_int_equal(stated_parse(text, &s), CA_ERR_STATED);
	}
	memset(text, 'x', STATED_TEXT_MAX + 1);
	text[STATED_TEXT_MAX + 1] = '\0';
	assert_int_equal(stated_parse(text, &s), CA_ERR_STATED);
}

static void
test_line(void **state)
{
	(void)state;
	assert_true(stated_line_valid("permitted dns example.com"));
	assert_true(stated_line_valid("eku serverAuth"));
	assert_true(stated_line_valid("policy 1.2.3"));
	assert_true(stated_line_valid("pathlen 0"));
	assert_false(stated_line_valid("permitted dns example.com\n"));
	assert_false(stated_line_valid("permitted"));
	assert_false(stated_line_valid("eku server"));
	assert_false(stated_line_valid(""));
}

/* ---- certificates ------------------------------------------------------------ */

static struct cert_spec
spec_of(const struct pki *p, const char *text)
{
	struct cert_spec spec = p->device_spec;

	spec.profile = profile_find("intermediate");
	spec.subject = SUBJECT;
	spec.issuer = p->root;
	spec.stated = text;
	return spec;
}

static void
check_extension(X509 *cert, int nid, int critical)
{
	int at = X509_get_ext_by_NID(cert, nid, -1);

	assert_true(at >= 0);
	assert_int_equal(X509_get_ext_by_NID(cert, nid, at), -1);
	assert_int_equal(X509_EXTENSION_get_critical(X509_get_ext(cert, at)),
	    critical);
}

static void
test_issue(void **state)
{
	static const char *const texts[] = { "pathlen 0\n", FULL };
	struct pki *p = *state;

	for (size_t i = 0; i < 2; i++) {
		struct cert_spec spec = spec_of(p, texts[i]);
		char text[STATED_TEXT_MAX + 1], subject[SUBJECT_TEXT_MAX + 1];
		X509 *cert = NULL;
		uint8_t *der = NULL;
		size_t len;

		assert_int_equal(cert_lint(&spec), CA_OK);
		cert = pki_issue(&spec, p->root_key);
		assert_int_equal(cert_der(cert, &der, &len), CA_OK);
		assert_int_equal(cert_selfcheck(der, len, &spec), CA_OK);
		assert_int_equal(cert_stated(cert, text), CA_OK);
		assert_string_equal(text, texts[i]);
		assert_int_equal(cert_conforms(cert, p->root, spec.profile,
				     subject),
		    CA_OK);
		assert_string_equal(subject, SUBJECT);
		assert_int_equal(X509_get_pathlen(cert), i == 0 ? 0 : 1);
		assert_int_equal(X509_get_ext_count(cert), i == 0 ? 4 : 7);
		check_extension(cert, NID_basic_constraints, 1);
		check_extension(cert, NID_key_usage, 1);
		if (i == 1) {
			check_extension(cert, NID_name_constraints, 1);
			check_extension(cert, NID_ext_key_usage, 0);
			check_extension(cert, NID_certificate_policies, 0);
		}
		OPENSSL_free(der);
		X509_free(cert);
	}
}

/* A field that was not stated, or is stated otherwise, is found. */
static void
test_selfcheck(void **state)
{
	static const char *const others[] = { "pathlen 0\n",
		"pathlen 1\neku serverAuth\n",
		"pathlen 1\npermitted dns example.org\n",
		"pathlen 1\npermitted dns example.com\npolicy 1.2.3\n",
		"pathlen 1\nexcluded dns example.com\n" };
	struct pki *p = *state;
	struct cert_spec spec =
	    spec_of(p, "pathlen 1\npermitted dns example.com\n");
	X509 *cert = pki_issue(&spec, p->root_key);
	uint8_t *der = NULL;
	size_t len;

	assert_int_equal(cert_der(cert, &der, &len), CA_OK);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		spec.stated = others[i];
		assert_int_equal(cert_selfcheck(der, len, &spec),
		    CA_ERR_SELFCHECK);
	}
	OPENSSL_free(der);
	X509_free(cert);
}

/* An extension that no text of ours has makes a certificate none of ours. */
static void
test_unsaid_extension(void **state)
{
	static const struct {
		int nid;
		const char *value;
		enum ca_error want;
	} rows[] = {
		{ NID_policy_constraints, "requireExplicitPolicy:0",
		    CA_ERR_SELFCHECK },
		{ NID_inhibit_any_policy, "0", CA_ERR_SELFCHECK },
		{ NID_netscape_comment, "hello", CA_ERR_SELFCHECK },
		{ NID_subject_alt_name, "DNS:a.example.com", CA_ERR_SELFCHECK },
		{ NID_name_constraints, "permitted;DNS:.example.com",
		    CA_ERR_STATED },
		{ NID_name_constraints, "permitted;RID:1.2.3", CA_ERR_STATED },
		/* not critical */
		{ NID_name_constraints, "permitted;DNS:example.com",
		    CA_ERR_SELFCHECK },
	};
	struct pki *p = *state;
	struct cert_spec spec = spec_of(p, "pathlen 1\n");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509_EXTENSION *ext =
		    X509V3_EXT_conf_nid(NULL, NULL, rows[i].nid, rows[i].value);
		X509 *cert = NULL;

		assert_non_null(ext);
		assert_int_equal(cert_build(&spec, &cert), CA_OK);
		assert_int_equal(X509_add_ext(cert, ext, 2), 1);
		assert_int_equal(cert_sign(cert, p->root_key), CA_OK);
		assert_int_equal(cert_conforms(cert, p->root, spec.profile,
				     NULL),
		    rows[i].want);
		X509_EXTENSION_free(ext);
		X509_free(cert);
	}
}

static void
test_profile(void **state)
{
	struct pki *p = *state;
	struct cert_spec spec = spec_of(p, NULL);
	X509 *cert = NULL;

	assert_int_equal(cert_build(&spec, &cert), CA_ERR_PROFILE);
	spec.stated = "pathlen x\n";
	assert_int_equal(cert_build(&spec, &cert), CA_ERR_STATED);
	spec.stated = "pathlen 0\n";
	spec.issuer = NULL;
	assert_int_equal(cert_build(&spec, &cert), CA_ERR_PROFILE);
	/* the product CA's pathLen is 0 */
	spec.issuer = p->ca;
	assert_int_equal(cert_build(&spec, &cert), CA_ERR_PROFILE);
	/* a device has nothing stated */
	spec = p->device_spec;
	spec.stated = "pathlen 0\n";
	assert_int_equal(cert_build(&spec, &cert), CA_ERR_PROFILE);
	assert_null(cert);
}

/* A product CA may have a pathLen stated, and then certifies CAs below it. */
static void
test_product(void **state)
{
	static const struct {
		const char *stated;
		int pathlen;
	} rows[] = { { NULL, 0 }, { "pathlen 0\n", 0 }, { "pathlen 1\n", 1 } };
	struct pki *p = *state;

	for (size_t i = 0; i < 3; i++) {
		struct cert_spec ca = p->ca_spec, below;
		X509 *cert = NULL, *other = NULL;

		ca.stated = rows[i].stated;
		assert_int_equal(cert_lint(&ca), CA_OK);
		cert = pki_issue(&ca, p->root_key);
		assert_int_equal(X509_get_pathlen(cert), rows[i].pathlen);
		assert_int_equal(cert_conforms(cert, p->root, ca.profile, NULL),
		    CA_OK);
		below = spec_of(p, "pathlen 0\n");
		below.issuer = cert;
		assert_int_equal(cert_build(&below, &other),
		    rows[i].pathlen == 0 ? CA_ERR_PROFILE : CA_OK);
		X509_free(other);
		X509_free(cert);
	}
}

/* RSA of 3072 bits and up, for this profile alone. */
static void
test_rsa(void **state)
{
	static const struct {
		unsigned bits;
		enum ca_error want;
	} rows[] = { { 2048, CA_ERR_KEY }, { 3072, CA_OK } };
	struct pki *p = *state;

	for (size_t i = 0; i < 2; i++) {
		struct cert_spec spec = spec_of(p, FULL);
		EVP_PKEY *key = EVP_RSA_gen(rows[i].bits);
		uint8_t *spki = NULL;
		X509 *cert = NULL;

		assert_int_equal(key_to_spki(key, &spki, &spec.spki_len),
		    CA_OK);
		spec.spki = spki;
		assert_int_equal(cert_lint(&spec), rows[i].want);
		assert_int_equal(cert_build(&spec, &cert), rows[i].want);
		X509_free(cert);
		cert = NULL;
		spec.profile = profile_find("product-ca");
		spec.stated = NULL;
		assert_int_equal(cert_build(&spec, &cert), CA_ERR_KEY);
		OPENSSL_free(spki);
		EVP_PKEY_free(key);
	}
}

/* ---- below an issuer ------------------------------------------------------------ */

static const struct row {
	const char *name, *issuer, *child;
	const char *why; /* NULL: it may */
} within[] = {
	{ "nothing said", "pathlen 3\n", "pathlen 2\n", NULL },
	{ "pathLen equal", "pathlen 3\n", "pathlen 3\n",
	    "pathlen 3: RFC 5280 4.2.1.9: the issuer's pathLen is 3: at most 2 "
	    "below it" },
	{ "pathLen greater", "pathlen 3\n", "pathlen 4\n",
	    "pathlen 4: RFC 5280 4.2.1.9: the issuer's pathLen is 3: at most 2 "
	    "below it" },
	{ "names the same", "pathlen 3\npermitted dns example.com\n",
	    "pathlen 2\npermitted dns example.com\n", NULL },
	{ "names fewer", "pathlen 3\npermitted dns example.com\n",
	    "pathlen 2\npermitted dns a.example.com\n", NULL },
	{ "names of a type more", "pathlen 3\npermitted dns example.com\n",
	    "pathlen 2\npermitted dns example.com\npermitted uri x.org\n",
	    NULL },
	{ "names others", "pathlen 3\npermitted dns example.com\n",
	    "pathlen 2\npermitted dns example.org\n",
	    "permitted dns example.org: RFC 5280 4.2.1.10: not within the "
	    "names that the issuer permits" },
	{ "names wider", "pathlen 3\npermitted ip 10.1.0.0/16\n",
	    "pathlen 2\npermitted ip 10.0.0.0/8\n",
	    "permitted ip 10.0.0.0/8: RFC 5280 4.2.1.10: not within the names "
	    "that the issuer permits" },
	{ "one of two within",
	    "pathlen 3\npermitted email a.org\npermitted email b.org\n",
	    "pathlen 2\npermitted email u@b.org\n", NULL },
	{ "names not stated", "pathlen 3\npermitted dns example.com\n",
	    "pathlen 2\n",
	    "permitted: RFC 5280 4.2.1.10: the issuer permits some names of "
	    "type dns only: state which of them" },
	{ "names excluded above", "pathlen 3\nexcluded dns example.com\n",
	    "pathlen 2\npermitted dns a.example.com\n",
	    "permitted dns a.example.com: RFC 5280 4.2.1.10: among the names "
	    "that the issuer excludes" },
	{ "names excluded in part", "pathlen 3\nexcluded dns a.example.com\n",
	    "pathlen 2\npermitted dns example.com\n", NULL },
	{ "names excluded by itself", "pathlen 3\n",
	    "pathlen 2\npermitted dns a.b\nexcluded dns b\n",
	    "permitted dns a.b: RFC 5280 4.2.1.10: excluded too, so that "
	    "nothing is left of it" },
	{ "subject within", "pathlen 3\npermitted dirname CN=Partner CA\n",
	    "pathlen 2\npermitted dirname CN=Partner CA,O=Partner\n", NULL },
	{ "subject outside", "pathlen 3\npermitted dirname C=CH\n",
	    "pathlen 2\npermitted dirname C=CH\n",
	    "subject " SUBJECT ": RFC 5280 4.2.1.10: not among the names that "
	    "the issuer permits" },
	{ "subject excluded", "pathlen 3\nexcluded dirname CN=Partner CA\n",
	    "pathlen 2\n",
	    "subject " SUBJECT ": RFC 5280 4.2.1.10: not among the names that "
	    "the issuer permits" },
	{ "uses among", "pathlen 3\neku serverAuth\neku clientAuth\n",
	    "pathlen 2\neku clientAuth\n", NULL },
	{ "uses other", "pathlen 3\neku serverAuth\n",
	    "pathlen 2\neku codeSigning\n",
	    "eku Code Signing: RFC 5280 4.2.1.12: not among the issuer's "
	    "uses" },
	{ "uses any", "pathlen 3\neku serverAuth\n",
	    "pathlen 2\neku anyExtendedKeyUsage\n",
	    "eku Any Extended Key Usage: RFC 5280 4.2.1.12: not among the "
	    "issuer's uses" },
	{ "uses of any", "pathlen 3\neku anyExtendedKeyUsage\n",
	    "pathlen 2\neku codeSigning\n", NULL },
	{ "uses not stated", "pathlen 3\neku serverAuth\n", "pathlen 2\n",
	    "eku: RFC 5280 4.2.1.12: the issuer is for some uses only: state "
	    "which of them" },
	{ "policies among", "pathlen 3\npolicy 1.2.3\npolicy 1.2.4\n",
	    "pathlen 2\npolicy 1.2.4\n", NULL },
	{ "policies of any", "pathlen 3\npolicy 2.5.29.32.0\n",
	    "pathlen 2\npolicy 1.2.4\n", NULL },
	{ "policies other", "pathlen 3\npolicy 1.2.3\n",
	    "pathlen 2\npolicy 1.2.4\n",
	    "policy 1.2.4: RFC 5280 4.2.1.4: not among the issuer's "
	    "policies" },
	{ "policies of none", "pathlen 3\n", "pathlen 2\npolicy 1.2.4\n",
	    "policy 1.2.4: RFC 5280 4.2.1.4: not among the issuer's "
	    "policies" },
};

static void
test_within(void **state)
{
	struct pki *p = *state;

	for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++) {
		const struct row *r = &within[i];
		struct cert_spec above = spec_of(p, r->issuer), below;
		char why[STATED_WHY_MAX];
		struct stated s;
		X509 *issuer = NULL, *cert = NULL;

		above.spki = p->ca_spki;
		above.spki_len = p->ca_spec.spki_len;
		above.subject = "CN=Above";
		issuer = pki_issue(&above, p->root_key);
		below = spec_of(p, r->child);
		below.issuer = issuer;
		assert_int_equal(stated_parse(r->child, &s), CA_OK);
		if (stated_within(&s, SUBJECT, issuer, why) !=
		    (r->why == NULL ? CA_OK : CA_ERR_CONSTRAINT))
			fail_msg("%s: %s", r->name, why);
		assert_string_equal(why, r->why == NULL ? "" : r->why);
		assert_int_equal(cert_build(&below, &cert),
		    r->why == NULL ? CA_OK : CA_ERR_CONSTRAINT);
		assert_int_equal(cert_lint(&below),
		    r->why == NULL ? CA_OK : CA_ERR_CONSTRAINT);
		stated_clear(&s);
		X509_free(cert);
		X509_free(issuer);
	}
}

/* Product CAs have pathLen 0; a root's policies bind nothing. */
static void
test_within_own(void **state)
{
	struct pki *p = *state;
	char why[STATED_WHY_MAX];
	struct stated s;

	assert_int_equal(stated_parse("pathlen 0\npolicy 1.2.3\n", &s), CA_OK);
	assert_int_equal(stated_within(&s, SUBJECT, p->root, why), CA_OK);
	assert_int_equal(stated_within(&s, SUBJECT, p->ca, why),
	    CA_ERR_CONSTRAINT);
	assert_string_equal(why,
	    "pathlen: RFC 5280 4.2.1.9: the issuer's pathLen is 0: it "
	    "certifies no CA");
	stated_clear(&s);
}

/* Of an issuer that cannot be read nothing is known. */
static void
test_within_unreadable(void **state)
{
	struct pki *p = *state;
	X509 *bad = X509_dup(p->root);
	X509_EXTENSION *ext =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, "serverAuth");
	char why[STATED_WHY_MAX], text[STATED_TEXT_MAX + 1];
	struct stated s;

	assert_int_equal(X509_add_ext(bad, ext, -1), 1);
	assert_int_equal(X509_add_ext(bad, ext, -1), 1);
	assert_int_equal(stated_parse("pathlen 0\n", &s), CA_OK);
	assert_int_equal(stated_within(&s, SUBJECT, bad, why), CA_ERR_ENCODING);
	assert_string_equal(why, "issuer: not the strict DER it should be");
	assert_int_equal(cert_stated(bad, text), CA_ERR_ENCODING);
	/* a root has no pathLen, which is none of our texts */
	assert_int_equal(cert_stated(p->root, text), CA_ERR_STATED);
	stated_clear(&s);
	X509_EXTENSION_free(ext);
	X509_free(bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_issue),
		cmocka_unit_test(test_selfcheck),
		cmocka_unit_test(test_unsaid_extension),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_product),
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_within_own),
		cmocka_unit_test(test_within_unreadable),
	};

	return cmocka_run_group_tests(tests, pki_setup, pki_teardown);
}
