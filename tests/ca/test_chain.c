/* SPDX-License-Identifier: ISC */
#include "ca/chain.h"

#include "tests/ca/pki.h"

static void
test_verify(void **state)
{
	struct pki *p = *state, stranger;
	X509 *device = pki_issue(&p->device_spec, p->ca_key), *cut, *zero;
	X509 *sha1;
	X509 *both[2] = { p->root, p->ca };
	const int64_t end = p->device_spec.not_after;
	char why[100];

	pki_make(&stranger);
	/* signed with the wrong key */
	cut = pki_issue(&p->device_spec, p->device_key);
	/* what -x509_strict lets pass */
	zero = X509_dup(device);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(zero), 0), 1);
	assert_int_equal(cert_sign(zero, p->ca_key), CA_OK);
	/* a collision away from any other */
	sha1 = X509_dup(device);
	assert_true(X509_sign(sha1, p->ca_key, EVP_sha1()) > 0);

	struct {
		const char *name;
		X509 *leaf;
		X509 *const *chain;
		size_t count;
		X509 *anchor;
		int64_t at;
		enum ca_error want;
	} cases[] = {
		{ "whole", device, both, 2, p->root, PKI_NOW, CA_OK },
		{ "without the anchor", device, both + 1, 1, p->root, PKI_NOW,
		    CA_OK },
		{ "last second but one", device, both, 2, p->root, end - 1,
		    CA_OK },
		{ "last second", device, both, 2, p->root, end, CA_ERR_CHAIN },
		{ "second before", device, both, 2, p->root, PKI_NOW - 1,
		    CA_ERR_CHAIN },
		{ "no chain", device, NULL, 0, p->root, PKI_NOW, CA_ERR_CHAIN },
		{ "product CA as anchor", device, NULL, 0, p->ca, PKI_NOW,
		    CA_OK },
		{ "CA", p->ca, NULL, 0, p->root, PKI_NOW, CA_OK },
		{ "root", p->root, NULL, 0, p->root, PKI_NOW, CA_OK },
		{ "another root", device, both, 2, stranger.root, PKI_NOW,
		    CA_ERR_CHAIN },
		{ "another CA", device, NULL, 0, stranger.ca, PKI_NOW,
		    CA_ERR_CHAIN },
		{ "wrong key", cut, both, 2, p->root, PKI_NOW, CA_ERR_CHAIN },
		{ "serial zero", zero, both, 2, p->root, PKI_NOW,
		    CA_ERR_CHAIN },
		{ "SHA-1", sha1, both, 2, p->root, PKI_NOW, CA_ERR_CHAIN },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum ca_error err =
		    chain_verify(cases[i].leaf, cases[i].chain, cases[i].count,
			cases[i].anchor, cases[i].at, why, sizeof(why));

		if (err != cases[i].want)
			fail_msg("%s: %s", cases[i].name, why);
		assert_int_equal(why[0] == '\0', err == CA_OK);
		assert_int_equal(chain_verify(cases[i].leaf, cases[i].chain,
				     cases[i].count, cases[i].anchor,
				     cases[i].at, NULL, 0),
		    cases[i].want);
	}
	X509_free(sha1);
	X509_free(zero);
	X509_free(cut);
	X509_free(device);
	pki_clear(&stranger);
}

/* A root of 30 years signs what outlives it: only idevid may. */
static void
test_forever(void **state)
{
	struct pki *p = *state;
	struct cert_spec spec = p->device_spec;
	X509 *device;

	spec.profile = profile_find("device-idevid");
	spec.not_after = DATE_FOREVER;
	device = pki_issue(&spec, p->ca_key);
	assert_int_equal(chain_verify(device, &p->ca, 1, p->root, PKI_NOW, NULL,
			     0),
	    CA_OK);
	assert_int_equal(chain_verify(device, &p->ca, 1, p->root, DATE_FOREVER,
			     NULL, 0),
	    CA_ERR_CHAIN);
	X509_free(device);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_forever),
	};

	return cmocka_run_group_tests_name("ca/chain", tests, pki_setup,
	    pki_teardown);
}
