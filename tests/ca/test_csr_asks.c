/* SPDX-License-Identifier: ISC */
#include "ca/csr_extension.h"

/* What a CSR says and asks for, signature and key being good. */

#include "tests/ca/request.h"

static void
test_subject(void **state)
{
	static const struct {
		const char *name, *type, *value;
		int len, string;
		const char *type2, *value2; /* a second attribute */
		int set2;
		enum rule want;
	} cases[] = {
		{ "good", "CN", "dev-1", -1, V_ASN1_UTF8STRING, NULL, NULL, 0,
		    RULE_OK },
		{ "another id", "CN", "dev-2", -1, V_ASN1_UTF8STRING, NULL,
		    NULL, 0, RULE_SUBJECT },
		{ "another case", "CN", "DEV-1", -1, V_ASN1_UTF8STRING, NULL,
		    NULL, 0, RULE_SUBJECT },
		{ "longer", "CN", "dev-1 ", -1, V_ASN1_UTF8STRING, NULL, NULL,
		    0, RULE_SUBJECT },
		{ "shorter", "CN", "dev-", -1, V_ASN1_UTF8STRING, NULL, NULL, 0,
		    RULE_SUBJECT },
		{ "TeletexString", "CN", "dev-1", -1, V_ASN1_T61STRING, NULL,
		    NULL, 0, RULE_SUBJECT },
		{ "IA5String", "CN", "dev-1", -1, V_ASN1_IA5STRING, NULL, NULL,
		    0, RULE_SUBJECT },
		{ "another type", "O", "dev-1", -1, V_ASN1_UTF8STRING, NULL,
		    NULL, 0, RULE_SUBJECT },
		{ "two CN", "CN", "dev-1", -1, V_ASN1_UTF8STRING, "CN", "dev-1",
		    0, RULE_SUBJECT },
		{ "CN and O", "CN", "dev-1", -1, V_ASN1_UTF8STRING, "O", "x", 0,
		    RULE_SUBJECT },
		{ "CN and O in one RDN", "CN", "dev-1", -1, V_ASN1_UTF8STRING,
		    "O", "x", -1, RULE_SUBJECT },
		{ "NUL after", "CN", "dev-1\0evil", 10, V_ASN1_UTF8STRING, NULL,
		    NULL, 0, RULE_SUBJECT_NUL },
		{ "NUL last", "CN", "dev-1\0", 6, V_ASN1_PRINTABLESTRING, NULL,
		    NULL, 0, RULE_SUBJECT_NUL },
		{ "BMPString", "CN",
		    "\0d\0e\0v\0-\0"
		    "1",
		    10, V_ASN1_BMPSTRING, NULL, NULL, 0, RULE_SUBJECT_NUL },
		{ "line feed", "CN", "dev-1\n", -1, V_ASN1_UTF8STRING, NULL,
		    NULL, 0, RULE_SUBJECT_NUL },
		{ "delete", "CN", "dev-1\x7f", -1, V_ASN1_UTF8STRING, NULL,
		    NULL, 0, RULE_SUBJECT_NUL },
		{ "escape elsewhere", "CN", "dev-1", -1, V_ASN1_UTF8STRING, "O",
		    "\x1b[2J", 0, RULE_SUBJECT_NUL },
	};
	EVP_PKEY *key = pki_key("P-256");
	X509_REQ *req;
	uint8_t *der;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		req = request_new(key);
		request_name(req, cases[i].type, cases[i].string,
		    cases[i].value, cases[i].len, 0);
		if (cases[i].type2 != NULL)
			request_name(req, cases[i].type2, V_ASN1_UTF8STRING,
			    cases[i].value2, -1, cases[i].set2);
		der = request_finish(req, key, EVP_sha256(), &len);
		if (request_consume(der, &len) != cases[i].want)
			fail_msg("%s", cases[i].name);
	}
	/* no name at all */
	req = request_new(key);
	assert_int_equal(
	    request_consume(request_finish(req, key, EVP_sha256(), &len), &len),
	    RULE_SUBJECT);
	EVP_PKEY_free(key);
}

/* An id that is none is not met by any CSR. */
static void
test_bad_id(void **state)
{
	EVP_PKEY *key = pki_key("P-256");
	X509_REQ *req = request_new(key);
	struct csr csr;
	uint8_t *der;
	size_t len;

	(void)state;
	request_name(req, "CN", V_ASN1_UTF8STRING, "a b", -1, 0);
	der = request_finish(req, key, EVP_sha256(), &len);
	assert_int_equal(csr_check(der, len, "a b", profile_find("device-tls"),
			     &csr),
	    RULE_SUBJECT);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

static void
test_extensions(void **state)
{
	static const struct {
		int nid;
		const char *value;
		enum rule want;
	} cases[] = {
		{ NID_basic_constraints, "CA:FALSE", RULE_OK },
		{ NID_basic_constraints, "critical,CA:FALSE", RULE_OK },
		{ NID_basic_constraints, "CA:TRUE", RULE_EXTENSION },
		{ NID_basic_constraints, "CA:FALSE,pathlen:0", RULE_EXTENSION },
		{ NID_key_usage, "digitalSignature", RULE_OK },
		{ NID_key_usage,
		    "critical,digitalSignature,keyAgreement,nonRepudiation",
		    RULE_OK },
		{ NID_key_usage, "digitalSignature,keyCertSign",
		    RULE_EXTENSION },
		{ NID_key_usage, "cRLSign", RULE_EXTENSION },
		{ NID_key_usage, "keyEncipherment", RULE_EXTENSION },
		{ NID_key_usage, "keyAgreement,decipherOnly", RULE_EXTENSION },
		{ NID_ext_key_usage, "clientAuth", RULE_OK },
		{ NID_ext_key_usage, "clientAuth,serverAuth", RULE_OK },
		{ NID_ext_key_usage, "codeSigning", RULE_EXTENSION },
		{ NID_ext_key_usage, "anyExtendedKeyUsage", RULE_EXTENSION },
		{ NID_ext_key_usage, "clientAuth,1.3.6.1.5.5.7.3.36",
		    RULE_EXTENSION },
		{ NID_subject_key_identifier, "01:02:03", RULE_OK },
		{ NID_subject_alt_name, "DNS:dev-1", RULE_EXTENSION },
		{ NID_name_constraints, "permitted;DNS:a", RULE_EXTENSION },
		{ NID_certificate_policies, "DER:300830060604551d2000",
		    RULE_EXTENSION },
		{ NID_basic_constraints, "DER:3000", RULE_OK },
		{ NID_basic_constraints, "DER:30030101ff", RULE_EXTENSION },
		{ NID_basic_constraints, "DER:3003010101", RULE_EXTENSION },
		{ NID_basic_constraints, "DER:30000500", RULE_EXTENSION },
		{ NID_basic_constraints, "DER:0500", RULE_EXTENSION },
		{ NID_key_usage, "DER:03020780", RULE_OK },
		{ NID_key_usage, "DER:0303008000", RULE_OK },
		{ NID_key_usage, "DER:230403020780", RULE_EXTENSION },
		{ NID_info_access, "OCSP;URI:http://a", RULE_EXTENSION },
		{ NID_tlsfeature, "status_request", RULE_EXTENSION },
	};
	EVP_PKEY *key = pki_key("P-256");
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		STACK_OF(X509_EXTENSION) *list = NULL;
		X509_REQ *req = request_new(key);
		uint8_t *der;

		request_name(req, "CN", V_ASN1_UTF8STRING, REQUEST_ID, -1, 0);
		request_extension(&list, cases[i].nid, cases[i].value);
		assert_int_equal(X509_REQ_add_extensions(req, list), 1);
		sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
		der = request_finish(req, key, EVP_sha256(), &len);
		if (request_consume(der, &len) != cases[i].want)
			fail_msg("%d %s", cases[i].nid, cases[i].value);
	}
	EVP_PKEY_free(key);
}

/* How the request is wrapped: attribute, number of them, repeats. */
static void
test_attributes(void **state)
{
	EVP_PKEY *key = pki_key("P-256");
	STACK_OF(X509_EXTENSION) *one = NULL, *twice = NULL;
	X509_REQ *req;
	size_t len;

	(void)state;
	request_extension(&one, NID_key_usage, "digitalSignature");
	request_extension(&twice, NID_key_usage, "digitalSignature");
	request_extension(&twice, NID_key_usage, "keyAgreement");
	for (int i = 0; i < 4; i++) {
		req = request_new(key);
		request_name(req, "CN", V_ASN1_UTF8STRING, REQUEST_ID, -1, 0);
		switch (i) {
		case 0: /* an extension twice */
			X509_REQ_add_extensions(req, twice);
			break;
		case 1: /* two of them in the attribute */
			X509_REQ_add_extensions(req, one);
			assert_int_equal(
			    X509_ATTRIBUTE_set1_data(X509_REQ_get_attr(req, 0),
				V_ASN1_SEQUENCE, "\x30\x00", 2),
			    1);
			break;
		case 2: /* Microsoft's attribute */
			X509_REQ_add_extensions_nid(req, one, NID_ms_ext_req);
			break;
		case 3:
			X509_REQ_add1_attr_by_NID(req,
			    NID_pkcs9_challengePassword, MBSTRING_ASC,
			    (const unsigned char *)"secret", -1);
			break;
		}
		assert_true(X509_REQ_get_attr_count(req) > 0);
		assert_int_equal(request_consume(request_finish(req, key,
						     EVP_sha256(), &len),
				     &len),
		    RULE_EXTENSION);
	}
	sk_X509_EXTENSION_pop_free(one, X509_EXTENSION_free);
	sk_X509_EXTENSION_pop_free(twice, X509_EXTENSION_free);
	EVP_PKEY_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subject),
		cmocka_unit_test(test_bad_id),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_attributes),
	};

	return cmocka_run_group_tests_name("ca/csr asks", tests, NULL, NULL);
}
