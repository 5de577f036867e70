/* SPDX-License-Identifier: ISC */
/* Memory that cannot be had or locked, at every place in turn; and what is in
 * it when it is given back. */
#include <errno.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "ceremony/quorum/approval.h"
#include "ceremony/quorum/pin.h"
#include "ceremony/quorum/shamir.h"
#include "ceremony/quorum/share.h"
#include "ceremony/quorum/slip39.h"
#include "tests/ceremony/quorum/fixture.h"

/* How many more allocations of a kind are granted; negative: all. */
static int locks_left = -1, mallocs_left = -1;

static bool
granted(int *left)
{
	if (*left == 0)
		return false;
	if (*left > 0)
		--*left;
	return true;
}

/* In place of the C library's: secrets are locked one by one. */
int
mlock(const void *at, size_t len)
{
	(void)at;
	(void)len;
	if (granted(&locks_left))
		return 0;
	errno = ENOMEM;
	return -1;
}

/* A secret, and how often memory was given back with it. */
static const struct secret *watched;
static unsigned leaks;

static void
look_at(void *at)
{
	if (at != NULL && watched != NULL &&
	    memmem(at, malloc_usable_size(at), watched->data, watched->len) !=
		NULL)
		leaks++;
}

static void *
failing_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	/* what was left there by others is theirs */
	return granted(&mallocs_left) ? calloc(1, size) : NULL;
}

static void *
failing_realloc(void *at, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	look_at(at);
	return granted(&mallocs_left) ? realloc(at, size) : NULL;
}

static void
plain_free(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	look_at(at);
	free(at);
}

struct setting {
	struct secret *k, *s, *shares[3], *mnemonics[3];
	EVP_PKEY *key;
	X509 *cert;
	uint8_t *blob;
	size_t blob_len;
	struct policy policy;
	struct approval approval;
	uint8_t sig[APPROVAL_SIG_MAX];
	size_t sig_len;
};

static const uint8_t X[] = { 0, 1 };
static const struct share_label LABEL = { "DENK0100001", 7, 0, 2, 3 };

static enum quorum_error
call_split(const struct setting *s)
{
	struct secret *shares[3] = { NULL };
	enum quorum_error err = shamir_split(s->k, 2, 3, shares);

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(shares[i] != NULL, err == QUORUM_OK);
	secrets_free(shares, 3);
	return err;
}

static enum quorum_error
call_copies(const struct setting *s)
{
	struct secret *shares[3] = { NULL };
	enum quorum_error err = shamir_split(s->k, 1, 3, shares);

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(shares[i] != NULL, err == QUORUM_OK);
	secrets_free(shares, 3);
	return err;
}

/* An error goes with NULL, success with something. */
static enum quorum_error
check_secret(enum quorum_error err, struct secret *out)
{
	assert_int_equal(out != NULL, err == QUORUM_OK);
	secret_free(out);
	return err;
}

static enum quorum_error
call_combine(const struct setting *s)
{
	struct secret *out = NULL;
	enum quorum_error err = shamir_combine(X, s->shares, 2, &out);

	return check_secret(err, out);
}

static enum quorum_error
call_slip39_split(const struct setting *s)
{
	struct secret *out[3] = { NULL };
	enum quorum_error err = slip39_split(s->s, 2, 3, out);

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(out[i] != NULL, err == QUORUM_OK);
	secrets_free(out, 3);
	return err;
}

static enum quorum_error
call_slip39_combine(const struct setting *s)
{
	struct secret *out = NULL;
	enum quorum_error err = slip39_combine(s->mnemonics, 2, "", &out, NULL);

	return check_secret(err, out);
}

static enum quorum_error
call_pin_user(const struct setting *s)
{
	static const uint8_t policy[32];
	struct secret *out = NULL;
	enum quorum_error err = pin_user(s->k, "x", 1, policy, &out);

	return check_secret(err, out);
}

static enum quorum_error
call_pin_so(const struct setting *s)
{
	struct secret *out = NULL;
	enum quorum_error err = pin_so(s->s, "x", 1, &out);

	return check_secret(err, out);
}

static enum quorum_error
call_wrap(const struct setting *s)
{
	uint8_t *blob = NULL;
	size_t len = 0;
	enum quorum_error err = share_wrap(&LABEL, s->k, s->cert, &blob, &len);

	assert_int_equal(blob != NULL, err == QUORUM_OK);
	OPENSSL_free(blob);
	return err;
}

static enum quorum_error
call_unwrap(const struct setting *s)
{
	struct secret *out = NULL;
	enum quorum_error err =
	    share_unwrap(s->blob, s->blob_len, s->key, s->cert, &LABEL, &out);

	return check_secret(err, out);
}

static enum quorum_error
call_policy_write(const struct setting *s)
{
	struct policy p = s->policy;
	char *text = NULL;
	size_t len = 0;
	enum quorum_error err = policy_write(&p, &text, &len);

	assert_int_equal(text != NULL, err == QUORUM_OK);
	free(text);
	return err;
}

static enum quorum_error
call_verify(const struct setting *s)
{
	return approval_verify(&s->approval, &s->policy, "op-01", s->sig,
	    s->sig_len);
}

static const struct {
	const char *name;
	enum quorum_error (*call)(const struct setting *);
	bool secrets; /* makes some */
} calls[] = {
	{ "shamir_split", call_split, true },
	{ "shamir_split, copies", call_copies, true },
	{ "shamir_combine", call_combine, true },
	{ "slip39_split", call_slip39_split, true },
	{ "slip39_combine", call_slip39_combine, true },
	{ "pin_user", call_pin_user, true },
	{ "pin_so", call_pin_so, true },
	{ "share_wrap", call_wrap, true },
	{ "share_unwrap", call_unwrap, true },
	{ "policy_write", call_policy_write, false },
	{ "approval_verify", call_verify, false },
};

static void
test_locks(void **state)
{
	for (size_t i = 0; i < COUNT(calls); i++) {
		enum quorum_error err = QUORUM_ERR_MEMORY;
		int granted_locks = 0;

		for (; err != QUORUM_OK && granted_locks < 100;
		     granted_locks++) {
			locks_left = granted_locks;
			err = calls[i].call(*state);
			locks_left = -1;
			if (err != QUORUM_OK)
				assert_error(calls[i].name, err,
				    QUORUM_ERR_MEMORY);
		}
		assert_error(calls[i].name, err, QUORUM_OK);
		assert_int_equal(granted_locks > 1, calls[i].secrets);
	}
}

/* OpenSSL does not tell why it fails, so any error will do; what counts is that
 * none is taken for success, and nothing leaks or falls over. */
static void
test_mallocs(void **state)
{
	for (size_t i = 0; i < COUNT(calls); i++) {
		enum quorum_error err = QUORUM_ERR_MEMORY;

		/* PBKDF2 allocates in each iteration: not every one is tried */
		for (int n = 0; n < 1000000; n += 1 + n / 16) {
			mallocs_left = n;
			err = calls[i].call(*state);
			if (mallocs_left != 0) /* it needs no more */
				break;
		}
		mallocs_left = -1;
		assert_error(calls[i].name, err, QUORUM_OK);
	}
}

/* Ordinary memory never holds a secret when it is given back; s is also how k
 * begins. */
static void
test_freed(void **state)
{
	const struct setting *s = *state;

	for (size_t i = 0; i < COUNT(calls); i++) {
		leaks = 0;
		watched = s->s;
		assert_error(calls[i].name, calls[i].call(s), QUORUM_OK);
		watched = NULL;
		if (leaks > 0)
			fail_msg("%s: %u", calls[i].name, leaks);
	}
}

static void
approval_make(struct setting *s)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char text[APPROVAL_TEXT_MAX] = "";
	size_t len = 0;

	s->approval = (struct approval){ .log = "x",
		.ceremony = "x",
		.act = 1,
		.step = 1,
		.kind = "root",
		.token = "x" };
	s->sig_len = sizeof(s->sig);
	assert_error("text", approval_text(&s->approval, "op-01", text, &len),
	    QUORUM_OK);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
			     s->key),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, s->sig, &s->sig_len,
			     (const unsigned char *)text, len),
	    1);
	EVP_MD_CTX_free(ctx);
}

static int
setup(void **state)
{
	static struct setting s;

	s.k = secret_counting(0, 32);
	s.s = secret_counting(0, 16);
	s.key = EVP_EC_gen("P-256");
	s.cert = cert_new("ann", s.key, s.key, "keyAgreement");
	policy_make(&s.policy, 2, 2);
	spki_of(s.key, &s.policy.operators[0].sign);
	approval_make(&s);
	assert_error("split", shamir_split(s.k, 2, 3, s.shares), QUORUM_OK);
	assert_error("words", slip39_split(s.s, 2, 3, s.mnemonics), QUORUM_OK);
	assert_error("wrap",
	    share_wrap(&LABEL, s.k, s.cert, &s.blob, &s.blob_len), QUORUM_OK);
	*state = &s;
	return 0;
}

static int
teardown(void **state)
{
	struct setting *s = *state;

	OPENSSL_free(s->blob);
	X509_free(s->cert);
	EVP_PKEY_free(s->key);
	secrets_free(s->shares, 3);
	secrets_free(s->mnemonics, 3);
	secret_free(s->k);
	secret_free(s->s);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_mallocs),
		cmocka_unit_test(test_freed),
	};

	/* before OpenSSL allocates anything */
	if (CRYPTO_set_mem_functions(failing_malloc, failing_realloc,
		plain_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
