/* SPDX-License-Identifier: ISC */
#include "transfer/request.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "tests/transfer/seal.h"

#define OCTETS(s) (s), sizeof(s) - 1
#define NAME_SEQ "\x30\x02\x05\x00"

static const struct {
	const char *name, *octets;
	size_t len;
	int is;
} cases[] = {
	{ "nothing", OCTETS(""), 0 },
	{ "one octet", OCTETS("\x30"), 0 },
	{ "empty sequence", OCTETS("\x30\x00"), 0 },
	{ "PKCS#8", OCTETS("\x30\x09\x02\x01\x00" NAME_SEQ "\x04\x00"), 1 },
	{ "PKCS#8 version 2",
	    OCTETS("\x30\x09\x02\x01\x01" NAME_SEQ "\x04\x00"), 1 },
	{ "PKCS#8 version 3",
	    OCTETS("\x30\x09\x02\x01\x02" NAME_SEQ "\x04\x00"), 0 },
	{ "bare CertificationRequestInfo",
	    OCTETS("\x30\x0b\x02\x01\x00" NAME_SEQ NAME_SEQ), 0 },
	{ "encrypted PKCS#8", OCTETS("\x30\x06" NAME_SEQ "\x04\x00"), 1 },
	{ "CSR or certificate", OCTETS("\x30\x0a" NAME_SEQ NAME_SEQ "\x03\x00"),
	    0 },
	{ "SEC1", OCTETS("\x30\x06\x02\x01\x01\x04\x01\x01"), 1 },
	{ "SEC1 with octets behind",
	    OCTETS("\x30\x06\x02\x01\x01\x04\x01\x01\xff\xff"), 1 },
	{ "SEC1 cut", OCTETS("\x30\x20\x02\x01\x01\x04\x20\x01"), 1 },
	{ "SEC1 in long lengths",
	    OCTETS("\x30\x82\x00\x07\x02\x81\x01\x01\x04\x01\x01"), 1 },
	{ "SEC1 in BER", OCTETS("\x30\x80\x02\x01\x01\x04\x01\x01\x00\x00"),
	    1 },
	{ "PKCS#8 in BER",
	    OCTETS("\x30\x80\x02\x01\x00\x30\x80\x06\x01\x2a\x30\x80\x00\x00"
		   "\x00\x00\x04\x01\x01\x00\x00"),
	    1 },
	{ "PKCS#8 in pieces",
	    OCTETS("\x30\x80\x02\x01\x00" NAME_SEQ
		   "\x24\x80\x04\x01\x01\x00\x00\x00\x00"),
	    1 },
	{ "bare CertificationRequestInfo in BER",
	    OCTETS("\x30\x80\x02\x01\x00\x30\x80\x00\x00" NAME_SEQ "\x00\x00"),
	    0 },
	{ "indefinite to the end", OCTETS("\x30\x80\x02\x01\x00\x30\x80\x30"),
	    0 },
	{ "PKCS#12", OCTETS("\x30\x06\x02\x01\x03" NAME_SEQ), 1 },
	{ "PKCS#12 of another version", OCTETS("\x30\x06\x02\x01\x04" NAME_SEQ),
	    0 },
	{ "SEC1 with a version of two octets",
	    OCTETS("\x30\x07\x02\x02\x00\x01\x04\x01\x01"), 0 },
	{ "PKCS#1", OCTETS("\x30\x09\x02\x01\x00\x02\x01\x05\x02\x01\x03"), 1 },
	{ "PKCS#1 multi-prime",
	    OCTETS("\x30\x09\x02\x01\x01\x02\x01\x05\x02\x01\x03"), 1 },
	{ "RSA public key", OCTETS("\x30\x06\x02\x01\x05\x02\x01\x03"), 0 },
	{ "ECDSA signature", OCTETS("\x30\x06\x02\x01\x01\x02\x01\x01"), 0 },
	{ "length of lengths cut", OCTETS("\x30\x84\x01"), 0 },
	{ "length of many octets",
	    OCTETS("\x30\x8a\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
		   "\x02\x01\x01\x04\x01\x01"),
	    1 },
	{ "PEM PKCS#8", OCTETS("-----BEGIN PRIVATE KEY-----\n"), 1 },
	{ "PEM encrypted", OCTETS("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"),
	    1 },
	{ "PEM SEC1", OCTETS("-----BEGIN EC PRIVATE KEY-----"), 1 },
	{ "PEM PKCS#1", OCTETS("-----BEGIN RSA PRIVATE KEY-----"), 1 },
	{ "PEM OpenSSH", OCTETS("-----BEGIN OPENSSH PRIVATE KEY-----"), 1 },
	{ "PEM behind text", OCTETS("a key:\r\n-----BEGIN PRIVATE KEY-----"),
	    1 },
	{ "PEM behind parameters",
	    OCTETS("-----BEGIN EC PARAMETERS-----\nBgg=\n-----END EC "
		   "PARAMETERS-----\n-----BEGIN EC PRIVATE KEY-----\n"),
	    1 },
	{ "PEM public key", OCTETS("-----BEGIN PUBLIC KEY-----\n"), 0 },
	{ "PEM CSR", OCTETS("-----BEGIN CERTIFICATE REQUEST-----\n"), 0 },
	{ "SEC1 behind another element",
	    OCTETS("\x30\x00\x30\x06\x02\x01\x01\x04\x01\x01"), 1 },
	{ "SEC1 behind BER",
	    OCTETS("\x30\x80\x05\x00\x00\x00"
		   "\x30\x06\x02\x01\x01\x04\x01\x01"),
	    1 },
	{ "two public elements",
	    OCTETS("\x30\x06\x02\x01\x05\x02\x01\x03\x30\x00"), 0 },
	{ "PuTTY", OCTETS("PuTTY-User-Key-File-3: ssh-ed25519\n"), 1 },
	{ "JSON Web Key",
	    OCTETS("{\"keys\":[{\"kty\":\"EC\",\"x\":\"\",\"d\" :\"\"}]}"), 1 },
	{ "public JSON Web Key",
	    OCTETS("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"d\"}"), 0 },
	{ "words", OCTETS("no PRIVATE KEY----- here"), 0 },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (request_is_private_key((const uint8_t *)cases[i].octets,
			cases[i].len) != cases[i].is)
			fail_msg("%s", cases[i].name);
	}
}

static void
assert_key(int is, unsigned char *der, int len)
{
	assert_true(len > 0);
	assert_int_equal(request_is_private_key(der, (size_t)len), is);
	OPENSSL_free(der);
}

static void
assert_pem(int is, BIO *bio)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	assert_true(len > 0);
	assert_int_equal(request_is_private_key((uint8_t *)text, (size_t)len),
	    is);
	BIO_free(bio);
}

static void
check_private(EVP_PKEY *key)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	PKCS12 *store =
	    PKCS12_create("secret", NULL, key, NULL, NULL, 0, 0, 0, 0, 0);
	X509_SIG *encrypted = PKCS8_encrypt(-1, EVP_aes_256_cbc(), "secret", 6,
	    (unsigned char *)"12345678", 8, 1, info);
	unsigned char *der = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

	assert_key(1, der, len);
	der = NULL;
	len = i2d_X509_SIG(encrypted, &der);
	assert_key(1, der, len);
	der = NULL;
	len = i2d_PrivateKey(key, &der);
	assert_key(1, der, len);
	der = NULL;
	len = i2d_PKCS12(store, &der);
	assert_key(1, der, len);
	PKCS12_free(store);
	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	assert_pem(1, bio);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL,
	    NULL);
	assert_pem(1, bio);
	X509_SIG_free(encrypted);
	PKCS8_PRIV_KEY_INFO_free(info);
}

static void
check_public(EVP_PKEY *key)
{
	X509 *cert = self_signed(key, "device-1");
	X509_REQ *csr = X509_to_X509_REQ(cert, key, EVP_sha256());
	unsigned char *der = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	int len = i2d_X509_REQ(csr, &der);

	assert_key(0, der, len);
	der = NULL;
	len = i2d_X509(cert, &der);
	assert_key(0, der, len);
	der = NULL;
	len = i2d_PUBKEY(key, &der);
	assert_key(0, der, len);
	der = NULL;
	len = i2d_PublicKey(key, &der);
	assert_key(0, der, len);
	PEM_write_bio_X509_REQ(bio, csr);
	assert_pem(0, bio);
	X509_REQ_free(csr);
	X509_free(cert);
}

static void
test_real_keys(void **state)
{
	EVP_PKEY *keys[] = { EVP_EC_gen("P-256"), EVP_EC_gen("P-384"),
		EVP_RSA_gen(2048) };

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		check_private(keys[i]);
		check_public(keys[i]);
		EVP_PKEY_free(keys[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_real_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
