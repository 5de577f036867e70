/* SPDX-License-Identifier: ISC */
/*
 * Files that are deep, huge or slow, given to the real reader: each ends in its
 * message, and at no time is the reader silent for as long as the operator's
 * process lets it be.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "ca/rule.h"
#include "tests/ca/request.h"
#include "tests/ceremony/process/driver.h"
#include "tests/transfer/seal.h"
#include "transfer/file.h"
#include "transfer/request.h"
#include "transfer/sealed.h"

#if defined(__SANITIZE_ADDRESS__)
#define SILENCE_MS 30000
#else
#define SILENCE_MS 5000 /* as ceremony/custodian/children.c has it */
#endif
#define DEEP 10000
#define SLOW 200 /* entries whose check takes longest */

static struct peer *
reader(enum message_kind kind, const void *data, size_t len)
{
	struct peer *p = peer_new(SPAWN_READER);

	peer_start(p, kind)->fd = file_memfd(data, len);
	assert_true(p->out.fd != -1);
	peer_tell(p);
	return p;
}

static void
hear(struct peer *p, enum message_kind want)
{
	enum channel_error err =
	    channel_recv(p->child.sock, &p->in, SILENCE_MS, false, 0);
	char text[513];

	if (err != CHANNEL_OK)
		fail_msg("%s", channel_strerror(err));
	if (p->in.kind == want)
		return;
	peer_fault(p, text);
	fail_msg("%s: %s", message_row(p->in.kind)->name, text);
}

static void
expect_fault(struct peer *p, const char *want)
{
	char text[513];

	hear(p, MSG_FAULT);
	assert_int_equal(peer_fault(p, text), FAULT_FORM);
	print_message("# %s\n", text);
	if (strstr(text, want) == NULL)
		fail_msg("\"%s\", not \"%s\"", text, want);
	peer_free(p);
}

/* ---- plans -------------------------------------------------------------------- */

static void
deep(void **state)
{
	static const char *const opens[] = { "[", "{a: ", "- ", "? " };
	static const char *const says[] = { "deep", "deep", "deep",
		"" /* a key that is no text */ };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		size_t n = strlen(opens[i]);
		char *text = malloc(n * DEEP + 1);

		assert_non_null(text);
		for (size_t k = 0; k < DEEP; k++)
			memcpy(text + n * k, opens[i], n);
		expect_fault(reader(MSG_READ_PLAN, text, n * DEEP), says[i]);
		free(text);
	}
}

static void
aliases(void **state)
{
	static const char text[] = "a: &a [x,x,x,x,x,x,x,x,x]\n"
				   "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
				   "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
				   "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
				   "e: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n";

	(void)state;
	expect_fault(reader(MSG_READ_PLAN, text, sizeof(text) - 1), "anchor");
}

static void
wide(void **state)
{
	size_t len = 256u << 10;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = i % 2 == 0 ? ',' : 'a';
	text[0] = '[';
	expect_fault(reader(MSG_READ_PLAN, text, len), "");
	free(text);
}

/* ---- requests ------------------------------------------------------------------- */

static uint8_t *
request(const struct sealer *s, struct request_entry *entries, size_t count,
    size_t *len)
{
	struct request r = { .sequence = 1,
		.count = count,
		.entries = entries };
	char *payload;
	size_t payload_len;
	uint8_t *der = NULL;

	memset(r.order, 0x22, sizeof(r.order));
	assert_int_equal(request_write(&r, &payload, &payload_len),
	    TRANSFER_OK);
	assert_int_equal(sealed_sign(payload, payload_len, s->key, s->cert,
			     1780000000, &der, len),
	    TRANSFER_OK);
	free(payload);
	return der;
}

/* The answers to so many entries; how many are said to be so. */
static size_t
answers(struct peer *p, const char *profile, size_t count, enum rule rule)
{
	char text[65];
	size_t same = 0;

	hear(p, MSG_REQUEST);
	peer_start(p, MSG_ENTRIES);
	message_put_text(&p->out, profile);
	peer_tell(p);
	for (size_t i = 0; i < count; i++) {
		hear(p, MSG_ENTRY);
		message_get_text(&p->in, text, 64);
		message_get_text(&p->in, text, 64);
		same += message_get_number(&p->in) == rule;
	}
	hear(p, MSG_DONE);
	peer_free(p);
	return same;
}

/* A request of entries as they are; how many the reader says that of. */
static size_t
asked(struct request_entry *entries, size_t count, enum rule rule)
{
	struct sealer station = make_sealer(EVP_EC_gen("P-256"), "station");
	size_t len, same;
	uint8_t *file = request(&station, entries, count, &len);

	same = answers(reader(MSG_READ_REQUEST, file, len), "device-tls", count,
	    rule);
	OPENSSL_free(file);
	free_sealer(&station);
	return same;
}

/* So many good entries with keys on this curve: that a key comes twice is not
 * the reader's to judge. */
static size_t
good_entries(const char *curve, const EVP_MD *md, size_t count)
{
	struct request_entry *entries = calloc(count, sizeof(*entries));
	EVP_PKEY *key = EVP_EC_gen(curve);
	size_t good;

	assert_non_null(entries);
	for (size_t i = 0; i < count; i++) {
		struct request_entry *e = &entries[i];
		X509_REQ *req = request_new(key);

		snprintf(e->id, sizeof(e->id), "%s-%zu", REQUEST_ID, i);
		request_name(req, "CN", V_ASN1_UTF8STRING, e->id, -1, 0);
		e->csr = request_finish(req, key, md, &e->csr_len);
	}
	good = asked(entries, count, RULE_OK);
	for (size_t i = 0; i < count; i++)
		OPENSSL_free(entries[i].csr);
	free(entries);
	EVP_PKEY_free(key);
	return good;
}

/* Silence is what is limited, and not the work. */
static void
most_entries(void **state)
{
	(void)state;
	assert_int_equal(good_entries("P-256", EVP_sha256(),
			     SEALED_ENTRIES_MAX),
	    SEALED_ENTRIES_MAX);
}

static void
slowest_entries(void **state)
{
	(void)state;
	assert_int_equal(good_entries("P-384", EVP_sha384(), SLOW), SLOW);
}

/* A key that is as long as OpenSSL takes, and a signature that long. */
static void
huge_rsa(void **state)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_new(), *e = BN_new();
	EVP_PKEY *key = NULL, *own = EVP_EC_gen("P-256");
	X509_REQ *req = X509_REQ_new();
	struct request_entry entries[2] = { { .id = "a" }, { .id = "b" } };
	uint8_t *csr = NULL;
	OSSL_PARAM *params;
	int len;

	(void)state;
	assert_true(BN_rand(n, 16384, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD) &&
	    BN_rand(e, 16383, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(b);
	assert_true(EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
	assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
	assert_true(X509_REQ_sign(req, own, EVP_sha256()) > 0);
	len = i2d_X509_REQ(req, &csr);
	assert_true(len > 0);
	entries[0].csr = entries[1].csr = csr;
	entries[0].csr_len = entries[1].csr_len = (size_t)len;
	assert_int_equal(asked(entries, 2, RULE_RSA), 2);
	expect_fault(reader(MSG_READ_CSR, csr, (size_t)len), "");
	OPENSSL_free(csr);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	BN_free(n);
	BN_free(e);
	X509_REQ_free(req);
	EVP_PKEY_free(key);
	EVP_PKEY_free(own);
	EVP_PKEY_CTX_free(ctx);
}

/* As long as a file may be, and nothing but lengths of lengths in it. */
static void
huge(void **state)
{
	uint8_t *data = malloc(SEALED_MAX);

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i + 6 <= SEALED_MAX; i += 6)
		memcpy(data + i, "\x30\x84\x03\xff\xff\xfa", 6);
	expect_fault(reader(MSG_READ_REQUEST, data, SEALED_MAX), "");
	memset(data, '{', SEALED_MAX);
	expect_fault(reader(MSG_READ_REQUEST, data, SEALED_MAX), "");
	memset(data, 0x30, SEALED_MAX);
	expect_fault(reader(MSG_READ_STATION, data, SEALED_MAX), "");
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deep),
		cmocka_unit_test(aliases),
		cmocka_unit_test(wide),
		cmocka_unit_test(most_entries),
		cmocka_unit_test(slowest_entries),
		cmocka_unit_test(huge_rsa),
		cmocka_unit_test(huge),
	};

	peer_find_executables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
