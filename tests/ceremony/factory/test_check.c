/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <sqlite3.h>
#include <unistd.h>

#include "ceremony/factory/check.h"
#include "ceremony/factory/possession.h"
#include "tests/ceremony/factory/scratch.h"
#include "tests/ceremony/factory/soft_ca.h"
#include "transfer/text.h"

#define NOW (SOFT_FROM + 150 * INT64_C(86400))

static struct scratch scratch;
static struct soft_ca ca, stranger;
static EVP_PKEY *key_a, *key_b;

static void
path_of(char out[300], const char *name)
{
	snprintf(out, 300, "%s", scratch_path(&scratch, name));
}

static void
write_cert(const char *name, X509 *cert)
{
	FILE *f = fopen(scratch_path(&scratch, name), "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, cert), 1);
	assert_int_equal(fclose(f), 0);
	X509_free(cert);
}

static void
write_crl(const char *name, X509_CRL *crl)
{
	FILE *f = fopen(scratch_path(&scratch, name), "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_X509_CRL(f, crl), 1);
	assert_int_equal(fclose(f), 0);
	X509_CRL_free(crl);
}

/* A hook that signs with key. */
static void
write_hook(const char *name, EVP_PKEY *key)
{
	char pem[310], script[400];
	FILE *f;

	snprintf(pem, sizeof(pem), "%s.pem", scratch_path(&scratch, name));
	f = fopen(pem, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL,
			     NULL),
	    1);
	assert_int_equal(fclose(f), 0);
	snprintf(script, sizeof(script), "exec openssl dgst -sha256 -sign %s",
	    pem);
	scratch_file(&scratch, name, script, true);
}

static X509 *
device(const char *subject, EVP_PKEY *key, uint16_t serial)
{
	return soft_certify("device-tls", subject, key, ca.product,
	    ca.product_key, serial);
}

/* One file a case needs each; hooks a and b sign with these keys. */
static void
write_all(void)
{
	X509 *a = device("CN=device-A1,O=T", key_a, 10);

	write_crl("revoked.pem",
	    soft_crl(ca.product, ca.product_key, SOFT_FROM, a));
	write_cert("a", a);
	write_cert("renewed", device("CN=device-A1,O=T", key_a, 11));
	write_cert("bare", device("CN=B2", key_b, 12));
	write_cert("clone", device("CN=device-C3", key_a, 13));
	write_cert("rekeyed", device("CN=device-A1", key_b, 14));
	write_cert("idevid",
	    soft_certify("device-idevid", "CN=D4", key_b, ca.product,
		ca.product_key, 15));
	write_cert("foreign",
	    soft_certify("device-tls", "CN=device-A1,O=T", key_a,
		stranger.product, stranger.product_key, 16));
	write_cert("sealer",
	    soft_certify("sealer", "CN=device-A1,O=T", key_a, ca.product,
		ca.product_key, 17));
	write_crl("crl.pem",
	    soft_crl(ca.product, ca.product_key, SOFT_FROM, NULL));
	write_crl("foreign.pem",
	    soft_crl(stranger.product, stranger.product_key, SOFT_FROM, NULL));
	write_crl("later.pem",
	    soft_crl(ca.product, ca.product_key, NOW + 1, NULL));
	write_hook("hook-a", key_a);
	write_hook("hook-b", key_b);
	scratch_file(&scratch, "hook-7", "exit 7", true);
	scratch_file(&scratch, "text", "no certificate", false);
}

struct row {
	const char *id, *cert, *hook, *crl;
	int64_t now;
	enum check_verdict verdict;
	bool repeat;
	const char *detail;
};

static void
run_row(const struct row *row, struct registry *registry)
{
	char cert[300], hook[300], crl[300];
	struct check_terms terms = { .id = row->id,
		.cert_path = cert,
		.hook = hook,
		.hook_runner = -1,
		.ca = ca.product,
		.crl_path = row->crl != NULL ? crl : NULL,
		.registry = registry,
		.now = row->now != 0 ? row->now : NOW,
		.hook_timeout_ms = 30000 };
	struct check_result result;

	path_of(cert, row->cert);
	path_of(hook, row->hook);
	path_of(crl, row->crl != NULL ? row->crl : "");
	check_unit(&terms, &result);
	if (result.verdict != row->verdict)
		print_message("# %s with %s: %s\n", row->id, row->cert,
		    check_rows[result.verdict].code);
	assert_int_equal(result.verdict, row->verdict);
	assert_int_equal(result.repeat, row->repeat);
	assert_string_equal(result.detail, row->detail);
}

static struct registry *
open_registry(void)
{
	char why[200];
	bool made;
	struct registry *r;

	unlink(scratch_path(&scratch, "registry.db"));
	r = registry_open(scratch.path, &made, why, sizeof(why));
	assert_non_null(r);
	return r;
}

static void
test_verdicts(void **state)
{
	static const struct row rows[] = {
		{ "A1", "none", "hook-a", "crl.pem", 0, CHECK_CERT_MISSING,
		    false, "" },
		{ "A1", "text", "hook-a", "crl.pem", 0, CHECK_CERT_UNREADABLE,
		    false, "" },
		{ "A1", "", "hook-a", "crl.pem", 0, CHECK_CERT_UNREADABLE,
		    false, "" },
		{ "B2", "a", "hook-a", "crl.pem", 0, CHECK_OTHER_DEVICE, false,
		    "" },
		{ "1", "a", "hook-a", "crl.pem", 0, CHECK_OTHER_DEVICE, false,
		    "" },
		{ "device", "a", "hook-a", "crl.pem", 0, CHECK_OTHER_DEVICE,
		    false, "" },
		{ "A1", "foreign", "hook-a", "crl.pem", 0, CHECK_OTHER_CA,
		    false, "" },
		{ "A1", "sealer", "hook-a", "crl.pem", 0, CHECK_PROFILE, false,
		    "" },
		{ "A1", "a", "hook-a", "crl.pem", SOFT_FROM - 1, CHECK_CA_DATE,
		    false, "" },
		{ "A1", "a", "hook-a", "crl.pem", SOFT_FROM + 10 * SOFT_YEAR,
		    CHECK_CA_DATE, false, "" },
		{ "A1", "a", "hook-a", "none.pem", 0, CHECK_CRL_MISSING, false,
		    "" },
		{ "A1", "a", "hook-a", "text", 0, CHECK_CRL_WRONG, false, "" },
		{ "A1", "a", "hook-a", "foreign.pem", 0, CHECK_CRL_WRONG, false,
		    "" },
		{ "A1", "a", "hook-a", "later.pem", 0, CHECK_CRL_EARLY, false,
		    "" },
		{ "A1", "a", "hook-a", "crl.pem", SOFT_FROM + SOFT_YEAR + 1,
		    CHECK_CRL_EXPIRED, false, "" },
		{ "A1", "a", "hook-a", "revoked.pem", 0, CHECK_REVOKED, false,
		    "" },
		{ "A1", "a", "hook-7", "crl.pem", 0, CHECK_PROOF_MISSING, false,
		    " (device hook exited with status 7)" },
		{ "A1", "a", "hook-b", "crl.pem", 0, CHECK_PROOF_WRONG, false,
		    "" },
		/* no failure above has entered anything */
		{ "A1", "a", "hook-a", "crl.pem", 0, CHECK_PASS, false, "" },
		{ "A1", "a", "hook-a", "crl.pem", SOFT_FROM + SOFT_YEAR,
		    CHECK_PASS, true, "" },
		{ "A1", "a", "hook-a", NULL, 0, CHECK_PASS, true, "" },
		{ "A1", "renewed", "hook-a", "crl.pem", 0, CHECK_PASS, true,
		    "" },
		{ "C3", "clone", "hook-a", "crl.pem", 0, CHECK_KEY_USED, false,
		    " A1" },
		{ "A1", "rekeyed", "hook-a", "crl.pem", 0, CHECK_PROOF_WRONG,
		    false, "" },
		{ "A1", "rekeyed", "hook-b", "crl.pem", 0, CHECK_OTHER_KEY,
		    false, "" },
		{ "B2", "bare", "hook-b", "crl.pem", 0, CHECK_PASS, false, "" },
		{ "D4", "idevid", "hook-b", "crl.pem", 0, CHECK_KEY_USED, false,
		    " B2" },
	};
	struct registry *r = open_registry();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(&rows[i], r);
	registry_close(r);
}

static void
test_idevid(void **state)
{
	static const struct row row = { "D4", "idevid", "hook-b", NULL, 0,
		CHECK_PASS, false, "" };
	struct registry *r = open_registry();

	(void)state;
	run_row(&row, r);
	registry_close(r);
}

/* A registry that fails gives no verdict, whatever the unit would deserve. */
static void
test_trouble(void **state)
{
	static const struct row rows[] = {
		{ "A1", "a", "hook-a", "crl.pem", 0, CHECK_TROUBLE, false, "" },
		{ "A1", "none", "hook-a", "crl.pem", 0, CHECK_TROUBLE, false,
		    "" },
	};
	struct registry *r = open_registry();
	sqlite3 *db = NULL;

	(void)state;
	assert_int_equal(sqlite3_open(scratch_path(&scratch, "registry.db"),
			     &db),
	    SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE checks", NULL, NULL,
			     NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(&rows[i], r);
	registry_close(r);
}

static void
test_rows(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CHECK_COUNT; i++) {
		assert_non_null(check_rows[i].code);
		assert_non_null(check_rows[i].text);
		assert_true(check_rows[i].claims <= CHECK_CLAIMS);
		for (unsigned j = 0; j < i; j++) {
			assert_string_not_equal(check_rows[i].code,
			    check_rows[j].code);
			assert_string_not_equal(check_rows[i].text,
			    check_rows[j].text);
		}
	}
}

static void
test_possession(void **state)
{
	static const uint8_t nonce[POSSESSION_NONCE] = { 0xab };
	char text[POSSESSION_TEXT_MAX];
	uint8_t sig[80], padded[81];
	size_t len = sizeof(sig);
	char base64[200];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	(void)state;
	possession_text("A1", nonce, text);
	assert_string_equal(text,
	    "anchorite-possession/v1\ndevice A1\nnonce ab"
	    "00000000000000000000000000000000000000000000000000000000000000\n");
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
			     key_a),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, (const uint8_t *)text,
			     strlen(text)),
	    1);
	EVP_MD_CTX_free(ctx);
	assert_true(possession_verify(key_a, text, sig, len));
	assert_false(possession_verify(key_b, text, sig, len));
	assert_false(possession_verify(key_a, text + 1, sig, len));
	assert_false(possession_verify(key_a, text, sig, len - 1));
	assert_false(possession_verify(key_a, text, sig, 0));
	memcpy(padded, sig, len);
	padded[len] = 0;
	assert_false(possession_verify(key_a, text, padded, len + 1));
	text_base64(sig, len, base64);
	strcat(base64, "\r\n");
	assert_true(
	    possession_verify(key_a, text, (uint8_t *)base64, strlen(base64)));
	assert_false(possession_verify(key_a, text, (uint8_t *)base64,
	    strlen(base64) + 1));
	base64[0]++;
	assert_false(
	    possession_verify(key_a, text, (uint8_t *)base64, strlen(base64)));
}

static int
setup(void **state)
{
	(void)state;
	soft_ca_make(&ca);
	soft_ca_make(&stranger);
	key_a = soft_key();
	key_b = soft_key();
	if (scratch_make(&scratch) != 0)
		return -1;
	write_all();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	soft_ca_free(&ca);
	soft_ca_free(&stranger);
	EVP_PKEY_free(key_a);
	EVP_PKEY_free(key_b);
	return scratch_free(&scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_idevid),
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_possession),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
