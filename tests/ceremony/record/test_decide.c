/* SPDX-License-Identifier: ISC */
#include "ceremony/record/decide.h"

#include "ca/date.h"
#include "tests/ceremony/record/fixture.h"
#include "tests/ceremony/record/synthetic.h"

/*
 * Keys are named by numbers: spki is {n}, unique {n} but for twins, r {n}.
 * The ledger holds one certificate, of id "u1" and a key of its own, and one
 * role.
 */
struct fixture {
	struct ledger *ledger;
	struct csr issued; /* the key that has a certificate */
	uint8_t cert_sha256[32];
};
enum key {
	OLD = 250,  /* the key in the ledger */
	ROLE = 251, /* a CA's key */
};

static const struct row {
	const char *name;
	struct {
		const char *id;
		int key, twin_of, r;
		const char *hwserial;
		enum rule rule;
	} in[4];
	const char *out[4]; /* "cert", "duplicate" or a rule */
	uint64_t quota;
	const char *profile;
} rows[] = {
	{ "all new",
	    { { .id = "u2", .key = 2 }, { .id = "u3", .key = 3 },
		{ .id = "u4", .key = 4 } },
	    { "cert", "cert", "cert" }, 9, NULL },
	{ "its CSR is bad",
	    { { .id = "u2", .key = 2, .rule = RULE_POP },
		{ .id = "u3", .key = 3 } },
	    { "csr.pop", "cert" }, 9, NULL },
	{ "no id", { { .id = "u 2", .key = 2 }, { .id = "u3", .key = 3 } },
	    { "entry.id", "cert" }, 9, NULL },
	{ "outside the pattern",
	    { { .id = "x2", .key = 2 }, { .id = "", .key = 3 } },
	    { "entry.id", "entry.id" }, 9, NULL },
	{ "a hardware serial that none can carry",
	    { { .id = "u2", .key = 2, .hwserial = "a_b" },
		{ .id = "u3", .key = 3, .hwserial = "-" },
		{ .id = "u4", .key = 4, .hwserial = "A-1.b" } },
	    { "entry.id", "entry.id", "cert" }, 9, NULL },
	{ "id twice",
	    { { .id = "u2", .key = 2 }, { .id = "u2", .key = 3 },
		{ .id = "u2", .key = 4 } },
	    { "cert", "entry.id-twice", "entry.id-twice" }, 9, NULL },
	{ "id twice, the first was refused",
	    { { .id = "u2", .key = 2, .rule = RULE_DER },
		{ .id = "u2", .key = 3 } },
	    { "csr.der", "cert" }, 9, NULL },
	{ "key twice",
	    { { .id = "u2", .key = 2 }, { .id = "u3", .key = 2, .r = 9 } },
	    { "cert", "entry.key-twice" }, 9, NULL },
	{ "key twice, the first was refused",
	    { { .id = "x2", .key = 2 }, { .id = "u3", .key = 2, .r = 9 } },
	    { "entry.id", "entry.key-twice" }, 9, NULL },
	{ "the key's negative",
	    { { .id = "u2", .key = 2 },
		{ .id = "u3", .key = 3, .twin_of = 2 } },
	    { "cert", "entry.key-twin" }, 9, NULL },
	{ "the same nonce",
	    { { .id = "u2", .key = 2, .r = 7 },
		{ .id = "u3", .key = 3, .r = 7 } },
	    { "cert", "entry.nonce-repeat" }, 9, NULL },
	{ "the same again", { { .id = "u1", .key = OLD } }, { "duplicate" }, 9,
	    NULL },
	{ "known id, new key", { { .id = "u1", .key = 2 } },
	    { "entry.id-known" }, 9, NULL },
	{ "known key, new id", { { .id = "u2", .key = OLD } },
	    { "entry.key-known" }, 9, NULL },
	{ "a CA's key", { { .id = "u2", .key = ROLE } }, { "entry.key-role" },
	    9, NULL },
	{ "quota used up",
	    { { .id = "u2", .key = 2 }, { .id = "u3", .key = 3 },
		{ .id = "u1", .key = OLD } },
	    { "cert", "entry.quota", "duplicate" }, 1, NULL },
	{ "no quota at all", { { .id = "u2", .key = 2 } }, { "entry.quota" }, 0,
	    NULL },
	{ "a refusal costs no quota",
	    { { .id = "x2", .key = 2 }, { .id = "u3", .key = 3 } },
	    { "entry.id", "cert" }, 1, NULL },
	{ "duplicate, then its id again",
	    { { .id = "u1", .key = OLD }, { .id = "u1", .key = 3 } },
	    { "duplicate", "entry.id-twice" }, 9, NULL },
	{ "for ever", { { .id = "u2", .key = 2, .hwserial = "SN1" } },
	    { "cert" }, 9, "device-idevid" },
};

static void
make_csr(const struct fixture *f, int key, int twin_of, int r, struct csr *out)
{
	memset(out, 0, sizeof(*out));
	if (key == OLD) {
		*out = f->issued;
	} else {
		memset(out->key.spki_sha256, key, 32);
		memset(out->key.unique, twin_of != 0 ? twin_of : key, 32);
	}
	memset(out->r_sha256, r != 0 ? r : key, 32);
}

static size_t
make_candidates(const struct fixture *f, const struct row *row,
    struct candidate *out)
{
	size_t n = 0;

	for (; n < 4 && row->in[n].id != NULL; n++) {
		memset(&out[n], 0, sizeof(out[n]));
		snprintf(out[n].id, sizeof(out[n].id), "%s", row->in[n].id);
		if (row->in[n].hwserial != NULL)
			strcpy(out[n].hwserial, row->in[n].hwserial);
		out[n].rule = row->in[n].rule;
		if (out[n].rule == RULE_OK)
			make_csr(f, row->in[n].key, row->in[n].twin_of,
			    row->in[n].r, &out[n].csr);
	}
	return n;
}

static const char *
outcome(const struct worklist_entry *e)
{
	switch (e->what) {
	case WORKLIST_CERT:
		return "cert";
	case WORKLIST_DUPLICATE:
		return "duplicate";
	case WORKLIST_REFUSE:
		return e->rule;
	}
	return "";
}

static void
check_entry(const struct fixture *f, const struct row *row,
    const struct candidate *c, const struct worklist_entry *e)
{
	if (e->what == WORKLIST_DUPLICATE)
		assert_memory_equal(e->cert_sha256, f->cert_sha256, 32);
	if (e->what != WORKLIST_CERT)
		return;
	assert_string_equal(e->id, c->id);
	assert_string_equal(e->hwserial, c->hwserial);
	assert_memory_equal(e->spki_sha256, c->csr.key.spki_sha256, 32);
	assert_int_equal(e->not_before, 1000);
	assert_int_equal(e->not_after,
	    row->profile == NULL ? 2000 : DATE_FOREVER);
	assert_false(e->resumed);
}

static void
test_rows(void **state)
{
	const struct fixture *f = *state;
	size_t bad = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		const struct decide_terms terms = { .pattern = "u[0-9]",
			.profile =
			    row->profile == NULL ? "device-tls" : row->profile,
			.quota_left = row->quota,
			.not_before = 1000,
			.not_after = 2000 };
		struct candidate in[4];
		size_t n = make_candidates(f, row, in);
		struct worklist w = { 0 };

		assert_int_equal(decide(in, n, &terms, f->ledger, &w),
		    RECORD_OK);
		assert_int_equal(w.count, n);
		for (size_t k = 0; k < n; k++) {
			if (strcmp(outcome(&w.entries[k]), row->out[k]) == 0) {
				check_entry(f, row, &in[k], &w.entries[k]);
				continue;
			}
			print_message("# %s: entry %zu: %s, not %s\n",
			    row->name, k + 1, outcome(&w.entries[k]),
			    row->out[k]);
			bad++;
		}
		worklist_clear(&w);
	}
	assert_int_equal(bad, 0);
}

static void
test_arguments(void **state)
{
	const struct fixture *f = *state;
	struct decide_terms terms = { .pattern = "u[0-9]",
		.profile = "device-tls",
		.quota_left = 1 };
	struct candidate c = { .id = "u2" };
	struct worklist w = { 0 };

	assert_int_equal(decide(&c, 0, &terms, f->ledger, &w),
	    RECORD_ERR_ARGUMENT);
	assert_int_equal(decide(&c, WORKLIST_ENTRIES_MAX + 1, &terms, f->ledger,
			     &w),
	    RECORD_ERR_ARGUMENT);
	terms.profile = "sealer";
	assert_int_equal(decide(&c, 1, &terms, f->ledger, &w),
	    RECORD_ERR_ARGUMENT);
	terms.profile = "none";
	assert_int_equal(decide(&c, 1, &terms, f->ledger, &w),
	    RECORD_ERR_ARGUMENT);
	terms.profile = "device-tls";
	terms.pattern = "[";
	assert_int_equal(decide(&c, 1, &terms, f->ledger, &w),
	    RECORD_ERR_ARGUMENT);
	terms.pattern = "u[0-9]";
	c.rule = RULE_COUNT;
	assert_int_equal(decide(&c, 1, &terms, f->ledger, &w),
	    RECORD_ERR_ARGUMENT);
	memset(c.id, 'u', sizeof(c.id));
	c.rule = RULE_OK;
	assert_int_equal(decide(&c, 1, &terms, f->ledger, &w),
	    RECORD_ERR_ARGUMENT);
	assert_null(w.entries);
}

/* A device certificate for the key that is known already. */
static void
issue(struct fixture *f)
{
	EVP_PKEY *ca = EVP_EC_gen("P-256"), *device = EVP_EC_gen("P-256");
	struct policy_spki ca_spki, spki;
	struct cert_spec root = { .profile = profile_find("root"),
		.subject = "CN=R",
		.serial = { 1, 1 },
		.not_after = 86400 };
	struct cert_spec leaf = { .profile = profile_find("device-tls"),
		.subject = "CN=u1",
		.serial = { 1, 2 },
		.not_after = 86400 };
	X509 *issuer = NULL, *cert = NULL;
	uint8_t *der = NULL;
	size_t len;

	syn_spki(ca, &ca_spki);
	syn_spki(device, &spki);
	root.spki = ca_spki.der;
	root.spki_len = ca_spki.len;
	leaf.spki = spki.der;
	leaf.spki_len = spki.len;
	assert_int_equal(cert_build(&root, &issuer), CA_OK);
	assert_int_equal(cert_sign(issuer, ca), CA_OK);
	leaf.issuer = issuer;
	assert_int_equal(cert_build(&leaf, &cert), CA_OK);
	assert_int_equal(cert_sign(cert, ca), CA_OK);
	assert_int_equal(cert_der(cert, &der, &len), CA_OK);
	assert_int_equal(ledger_add(f->ledger, "u1", 0, der, len, NULL),
	    RECORD_OK);
	SHA256(der, len, f->cert_sha256);
	assert_int_equal(key_identify(spki.der, spki.len, &f->issued.key),
	    CA_OK);
	OPENSSL_free(der);
	X509_free(issuer);
	X509_free(cert);
	EVP_PKEY_free(ca);
	EVP_PKEY_free(device);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint8_t role[32];

	if (f == NULL || ledger_open(":memory:", &f->ledger, NULL) != RECORD_OK)
		return -1;
	issue(f);
	memset(role, ROLE, sizeof(role));
	*state = f;
	return ledger_add_role(f->ledger, role, "product-ca") == RECORD_OK ? 0
									   : -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	ledger_close(f->ledger);
	free(f);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
