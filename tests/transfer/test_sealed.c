/* SPDX-License-Identifier: ISC */
#include "transfer/sealed.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/transfer/sealed_parts.h"
#include "transfer/file.h"

#define WHEN INT64_C(1767225600) /* 2026-01-01 00:00:00 */

static const struct change unchanged = { NONE, TWICE };
static struct sealer own, other;

static int
make_keys(void **state)
{
	(void)state;
	own = make_sealer(EVP_EC_gen("P-256"), "own");
	other = make_sealer(EVP_EC_gen("P-256"), "other");
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	free_sealer(&own);
	free_sealer(&other);
	return 0;
}

/* ---- the seal ------------------------------------------------------------ */

static const struct {
	const char *name;
	struct change change;
	enum transfer_error own_key, other_key;
} seals[] = {
	{ "good", { NONE, TWICE }, TRANSFER_OK, TRANSFER_ERR_SIGNER },
	{ "good without certificate", { CERTIFICATES, GONE }, TRANSFER_OK,
	    TRANSFER_ERR_SIGNATURE },
	{ "another payload", { ECONTENT, INSTEAD("\xa0\x08\x04\x06hullo\n") },
	    TRANSFER_ERR_SIGNATURE, TRANSFER_ERR_SIGNER },
	{ "another digest, then signed",
	    { ATTRIBUTE_DIGEST,
		INSTEAD("\x30\x2f" OID_MD "\x31\x22\x04\x20"
			"0123456789abcdef0123456789abcdef") },
	    TRANSFER_ERR_SIGNATURE, TRANSFER_ERR_SIGNER },
	{ "other attributes than signed",
	    { ATTRIBUTES,
		INSTEAD("\xa0\x69" ATTR_CT "\x30\x1c" OID_ST "\x31\x0f\x17\x0d"
			"260101000001Z" ATTR_MD) },
	    TRANSFER_ERR_SIGNATURE, TRANSFER_ERR_SIGNER },
	{ "another signature",
	    { SIGNATURE, INSTEAD("\x04\x08\x30\x06\x02\x01\x01\x02\x01\x01") },
	    TRANSFER_ERR_SIGNATURE, TRANSFER_ERR_SIGNER },
	{ "empty signature", { SIGNATURE, INSTEAD("\x04\x00") },
	    TRANSFER_ERR_SIGNATURE, TRANSFER_ERR_SIGNER },
	{ "zero signature",
	    { SIGNATURE, INSTEAD("\x04\x08\x30\x06\x02\x01\x00\x02\x01\x00") },
	    TRANSFER_ERR_SIGNATURE, TRANSFER_ERR_SIGNER },
};

static void
assert_opens(const char *name, const uint8_t *der, size_t len, EVP_PKEY *key,
    enum transfer_error err)
{
	uint8_t digest[32], octet, *payload = &octet;
	size_t payload_len = 1;
	enum transfer_error is =
	    sealed_open(der, len, key, &payload, &payload_len, digest);

	if (is != err)
		fail_msg("%s: is %d, should be %d", name, (int)is, (int)err);
	if (err != TRANSFER_OK) {
		assert_null(payload);
		assert_int_equal(payload_len, 0);
	} else {
		assert_string_equal((char *)payload, PAYLOAD);
		assert_int_equal(payload_len, strlen(PAYLOAD));
		assert_memory_equal(digest, DIGEST, 32);
	}
	OPENSSL_free(payload);
}

static void
test_seals(void **state)
{
	EVP_PKEY *p384 = EVP_EC_gen("P-384"), *rsa = EVP_RSA_gen(2048);

	(void)state;
	for (size_t i = 0; i < COUNT(seals); i++) {
		const char *name = seals[i].name;
		size_t len;
		uint8_t *der = make_file(&seals[i].change, &own, &len);

		assert_opens(name, der, len, own.key, seals[i].own_key);
		assert_opens(name, der, len, other.key, seals[i].other_key);
		assert_opens(name, der, len, p384, TRANSFER_ERR_SIGNER);
		assert_opens(name, der, len, rsa, TRANSFER_ERR_SIGNER);
		free(der);
	}
	EVP_PKEY_free(p384);
	EVP_PKEY_free(rsa);
}

/* The right certificate inside, but another key has signed. */
static void
test_borrowed_certificate(void **state)
{
	struct sealer thief = { other.key, own.cert };
	size_t len;
	uint8_t *der = make_file(&unchanged, &thief, &len);

	(void)state;
	assert_opens("borrowed", der, len, own.key, TRANSFER_ERR_SIGNATURE);
	assert_opens("borrowed", der, len, other.key, TRANSFER_ERR_SIGNER);
	free(der);
}

static void
test_peek_cert(void **state)
{
	struct change none = { CERTIFICATES, GONE };
	size_t len;
	uint8_t *der = make_file(&unchanged, &own, &len);
	X509 *cert = sealed_peek_cert(der, len);

	(void)state;
	assert_non_null(cert);
	assert_int_equal(X509_cmp(cert, own.cert), 0);
	X509_free(cert);
	assert_null(sealed_peek_cert(der, len - 1));
	free(der);
	der = make_file(&none, &own, &len);
	assert_null(sealed_peek_cert(der, len));
	free(der);
}

/* ---- signing ------------------------------------------------------------- */

static const struct {
	const char *name;
	int64_t when;
	const char *time; /* the element; NULL: refused */
} times[] = {
	{ "the first", 0,
	    "\x17\x0d"
	    "700101000000Z" },
	{ "2026", WHEN,
	    "\x17\x0d"
	    "260101000000Z" },
	{ "end of 2049", 2524607999,
	    "\x17\x0d"
	    "491231235959Z" },
	{ "begin of 2050", 2524608000,
	    "\x18\x0f"
	    "20500101000000Z" },
	{ "the last", 253402300799,
	    "\x18\x0f"
	    "99991231235959Z" },
	{ "one later", 253402300800, NULL },
	{ "before the first", -1, NULL },
};

static void
test_sign(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		uint8_t *der;
		size_t len;
		enum transfer_error err = sealed_sign(PAYLOAD, strlen(PAYLOAD),
		    own.key, own.cert, times[i].when, &der, &len);

		if (times[i].time == NULL) {
			assert_int_equal(err, TRANSFER_ERR_ARGUMENT);
			assert_null(der);
			continue;
		}
		assert_int_equal(err, TRANSFER_OK);
		assert_opens(times[i].name, der, len, own.key, TRANSFER_OK);
		assert_non_null(
		    memmem(der, len, times[i].time, strlen(times[i].time)));
		OPENSSL_free(der);
	}
}

static void
test_sign_large_and_empty(void **state)
{
	static const size_t lens[] = { 0, 1, 127, 128, 5000000 };

	(void)state;
	for (size_t i = 0; i < COUNT(lens); i++) {
		uint8_t *data = calloc(1, lens[i] + 1), *der, *payload;
		uint8_t digest[32], expected[32];
		size_t len, payload_len;

		assert_int_equal(sealed_sign(data, lens[i], own.key, own.cert,
				     WHEN, &der, &len),
		    0);
		assert_int_equal(sealed_open(der, len, own.key, &payload,
				     &payload_len, digest),
		    0);
		assert_int_equal(payload_len, lens[i]);
		assert_memory_equal(payload, data, lens[i] + 1);
		SHA256(data, lens[i], expected);
		assert_memory_equal(digest, expected, 32);
		OPENSSL_free(payload);
		OPENSSL_free(der);
		free(data);
	}
}

static void
assert_no_seal(const void *payload, size_t len, EVP_PKEY *key, X509 *cert,
    enum transfer_error err)
{
	uint8_t octet, *der = &octet;
	size_t der_len = 1;

	assert_int_equal(sealed_sign(payload, len, key, cert, WHEN, &der,
			     &der_len),
	    err);
	assert_null(der);
	assert_int_equal(der_len, 0);
}

static void
test_sign_refused(void **state)
{
	struct sealer p384 = make_sealer(EVP_EC_gen("P-384"), "p384");
	struct sealer rsa = make_sealer(EVP_RSA_gen(2048), "rsa");
	unsigned char *spki = NULL;
	const unsigned char *at;
	int spki_len = i2d_PUBKEY(own.key, &spki);
	EVP_PKEY *public;

	(void)state;
	at = spki;
	public = d2i_PUBKEY(NULL, &at, spki_len);
	assert_no_seal("x", 1, own.key, other.cert, TRANSFER_ERR_SIGN);
	assert_no_seal("x", 1, p384.key, p384.cert, TRANSFER_ERR_SIGN);
	assert_no_seal("x", 1, rsa.key, rsa.cert, TRANSFER_ERR_SIGN);
	assert_no_seal("x", 1, public, own.cert, TRANSFER_ERR_SIGN);
	assert_no_seal("x", (size_t)SEALED_MAX + 1, own.key, own.cert,
	    TRANSFER_ERR_SIZE);
	EVP_PKEY_free(public);
	OPENSSL_free(spki);
	free_sealer(&p384);
	free_sealer(&rsa);
}

/* The payload fits, the file around it does not. */
static void
test_sign_over_by_its_seal(void **state)
{
	uint8_t *data = calloc(1, SEALED_MAX);

	(void)state;
	assert_non_null(data);
	assert_no_seal(data, SEALED_MAX, own.key, own.cert, TRANSFER_ERR_SIZE);
	free(data);
}

/* ---- with the openssl program -------------------------------------------- */

struct scratch {
	char path[256];
	int fd;
};

static void
write_cert(const struct scratch *s, const char *name, X509 *cert)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", s->path, name);
	assert_non_null(f = fopen(path, "w"));
	PEM_write_X509(f, cert);
	fclose(f);
}

static void
write_inputs(const struct scratch *s)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/key.pem", s->path);
	assert_non_null(f = fopen(path, "w"));
	PEM_write_PrivateKey(f, own.key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	write_cert(s, "cert.pem", own.cert);
	write_cert(s, "other.pem", other.cert);
	assert_int_equal(file_create(s->fd, "payload", PAYLOAD, strlen(PAYLOAD),
			     0600),
	    0);
}

static struct scratch
make_scratch(void)
{
	const char *build = getenv("BUILD");
	struct scratch s;

	snprintf(s.path, sizeof(s.path), "%s/test_sealed.XXXXXX",
	    build != NULL ? build : "/tmp");
	assert_non_null(mkdtemp(s.path));
	s.fd = open(s.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s.fd >= 0);
	write_inputs(&s);
	return s;
}

static void
remove_scratch(const struct scratch *s)
{
	static const char *const names[] = { "key.pem", "cert.pem", "other.pem",
		"payload", "sealed", "out" };

	for (size_t i = 0; i < COUNT(names); i++)
		unlinkat(s->fd, names[i], 0);
	close(s->fd);
	rmdir(s->path);
}

/* Run `openssl cms ...` in the scratch folder; its exit status. */
static int
openssl_cms(const struct scratch *s, const char *options)
{
	char command[1024];
	int status;

	snprintf(command, sizeof(command),
	    "cd '%s' && openssl cms %s >/dev/null 2>&1", s->path, options);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_openssl_verifies(void **state)
{
	struct scratch s = make_scratch();
	uint8_t *der, *out;
	size_t len, out_len;

	(void)state;
	assert_int_equal(sealed_sign(PAYLOAD, strlen(PAYLOAD), own.key,
			     own.cert, WHEN, &der, &len),
	    0);
	assert_int_equal(file_create(s.fd, "sealed", der, len, 0600), 0);
	assert_int_equal(openssl_cms(&s,
			     "-verify -binary -inform DER -in sealed -noverify "
			     "-nointern -certfile cert.pem -out out"),
	    0);
	assert_int_equal(file_read(s.fd, "out", 99, &out, &out_len), 0);
	assert_string_equal((char *)out, PAYLOAD);
	free(out);
	OPENSSL_free(der);
	remove_scratch(&s);
}

#define CMS_SIGN                                                               \
	"-sign -binary -md sha256 -outform DER -in payload -signer cert.pem "  \
	"-inkey key.pem -out sealed "

static const struct {
	const char *name, *options;
	enum transfer_error err;
	const char *text;
} openssl_files[] = {
	{ "good", CMS_SIGN "-nodetach -nosmimecap", TRANSFER_OK, "" },
	{ "without certificate", CMS_SIGN "-nodetach -nosmimecap -nocerts",
	    TRANSFER_OK, "" },
	{ "streamed", CMS_SIGN "-nodetach -nosmimecap -stream",
	    TRANSFER_ERR_DER,
	    "X.690 10.1: not one DER element, or octets behind it" },
	{ "detached", CMS_SIGN "-nosmimecap", TRANSFER_ERR_CMS,
	    "RFC 5652 5.2: the content is not inside" },
	{ "capabilities", CMS_SIGN "-nodetach", TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: there are other signed attributes" },
	{ "no attributes", CMS_SIGN "-nodetach -noattr", TRANSFER_ERR_CMS,
	    "RFC 5652 5.3: there are no signed attributes" },
	{ "SHA-384", CMS_SIGN "-nodetach -nosmimecap -md sha384",
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: digestAlgorithms is not SHA-256 alone" },
	{ "more certificates",
	    CMS_SIGN "-nodetach -nosmimecap -certfile other.pem",
	    TRANSFER_ERR_CMS,
	    "RFC 5652 5.1: certificates is not one certificate" },
	{ "another eContentType",
	    CMS_SIGN "-nodetach -nosmimecap -econtent_type 1.2.3.4",
	    TRANSFER_ERR_CMS, "RFC 5652 5.1: version of SignedData is not 1" },
	{ "PEM", CMS_SIGN "-nodetach -nosmimecap -outform PEM",
	    TRANSFER_ERR_DER,
	    "X.690 10.1: not one DER element, or octets behind it" },
};

static void
test_openssl_signs(void **state)
{
	struct scratch s = make_scratch();

	(void)state;
	for (size_t i = 0; i < COUNT(openssl_files); i++) {
		uint8_t *der;
		size_t len;

		if (openssl_cms(&s, openssl_files[i].options) != 0)
			fail_msg("%s: openssl", openssl_files[i].name);
		assert_int_equal(file_read(s.fd, "sealed", 65536, &der, &len),
		    0);
		check_form(openssl_files[i].name, der, len, own.key,
		    openssl_files[i].err, openssl_files[i].text);
		free(der);
		unlinkat(s.fd, "sealed", 0);
	}
	remove_scratch(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seals),
		cmocka_unit_test(test_borrowed_certificate),
		cmocka_unit_test(test_peek_cert),
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_sign_large_and_empty),
		cmocka_unit_test(test_sign_refused),
		cmocka_unit_test(test_sign_over_by_its_seal),
		cmocka_unit_test(test_openssl_verifies),
		cmocka_unit_test(test_openssl_signs),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
