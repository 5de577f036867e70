/* SPDX-License-Identifier: ISC */
/*
 * The demo's stand-in for devices.  A real device makes its key inside and
 * never lets it out; this tool keeps keys in files so that the demo can play
 * the device's part.
 *
 *   tool_devices make DIR COUNT [--first HEXID]
 *       DIR/<id>.csr and DIR/keys/<id>.pem for COUNT ids from HEXID on
 *       (340A9000)
 *   tool_devices bad DIR
 *       DIR/00-good.csr, which is fine, and eleven CSRs that a CA must
 *       refuse, each by another rule; sorted by name they stand in this order:
 *         file                     id        rule
 *         01-broken-proof          340AF001  csr.pop
 *         02-same-key-twice        340AF002  entry.key-twice
 *         03-same-id-twice         340AF000  entry.id-twice
 *         04-negated-key           340AF004  entry.key-twin
 *         05-outside-the-pattern   XYZ-0005  entry.id
 *         06-wants-to-be-a-ca      340AF006  csr.extension
 *         07-curve-p192            340AF007  csr.curve
 *         08-rsa-2048              340AF008  csr.rsa
 *         09-trailing-octets       340AF009  csr.trailing
 *         10-ber-not-der           340AF00A  csr.der
 *         11-nul-in-the-name       (none)    csr.nul
 *   tool_devices private-key-request --order O --key K --out F
 *       a request, properly sealed, whose one entry is a private key
 */
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "transfer/file.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

#define FIRST_ID 0x340A9000u
#define PATH_SIZE 4096

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tool_devices: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static void
need_folder(const char *path)
{
	struct stat st;

	need(mkdir(path, 0755) == 0 ||
		(stat(path, &st) == 0 && S_ISDIR(st.st_mode)),
	    path);
}

/* ---- CSRs ---------------------------------------------------------------- */

/* A CSR for key with this CN, signed by signer. */
static X509_REQ *
make_csr(EVP_PKEY *key, const void *cn, int cn_len, const char *constraints,
    EVP_PKEY *signer)
{
	X509_REQ *req = X509_REQ_new();

	need(req != NULL && X509_REQ_set_version(req, 0) == 1 &&
		X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(req),
		    NID_commonName, V_ASN1_UTF8STRING, cn, cn_len, -1,
		    0) == 1 &&
		X509_REQ_set_pubkey(req, key) == 1,
	    "CSR");
	if (constraints != NULL) {
		STACK_OF(X509_EXTENSION) *exts = NULL;
		X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL,
		    NID_basic_constraints, constraints);

		need(ext != NULL && X509v3_add_ext(&exts, ext, -1) != NULL &&
			X509_REQ_add_extensions(req, exts) == 1,
		    "extension");
		X509_EXTENSION_free(ext);
		sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	}
	need(X509_REQ_sign(req, signer, EVP_sha256()) > 0, "signature");
	return req;
}

static void
write_csr(const char *dir, const char *name, X509_REQ *req)
{
	char path[PATH_SIZE];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.csr", dir, name);
	need((f = fopen(path, "wx")) != NULL &&
		PEM_write_X509_REQ(f, req) == 1 && fclose(f) == 0,
	    path);
	X509_REQ_free(req);
}

/* The same for octets that no library would write. */
static void
write_octets(const char *dir, const char *name, const uint8_t *der, int len)
{
	char path[PATH_SIZE];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.csr", dir, name);
	need((f = fopen(path, "wx")) != NULL &&
		PEM_write(f, "CERTIFICATE REQUEST", "", der, len) > 0 &&
		fclose(f) == 0,
	    path);
}

static void
write_key(const char *dir, const char *id, EVP_PKEY *key)
{
	char path[PATH_SIZE];
	FILE *f;

	snprintf(path, sizeof(path), "%s/keys/%s.pem", dir, id);
	need((f = fopen(path, "wx")) != NULL && chmod(path, 0600) == 0 &&
		PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) ==
		    1 &&
		fclose(f) == 0,
	    path);
}

static X509_REQ *
device_csr(EVP_PKEY *key, const char *id)
{
	return make_csr(key, id, -1, NULL, key);
}

static EVP_PKEY *
new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	need(key != NULL, "key");
	return key;
}

/* ---- make ---------------------------------------------------------------- */

static int
make(const char *dir, const char *count_text, const char *first_text)
{
	unsigned long count = strtoul(count_text, NULL, 10);
	unsigned long first =
	    first_text ? strtoul(first_text, NULL, 16) : FIRST_ID;
	char keys[PATH_SIZE], id[17];

	need(count > 0 && first + count <= 0x100000000u, "COUNT or HEXID");
	need_folder(dir);
	snprintf(keys, sizeof(keys), "%s/keys", dir);
	need_folder(keys);
	for (unsigned long i = 0; i < count; i++) {
		EVP_PKEY *key = new_key();

		snprintf(id, sizeof(id), "%08lX", first + i);
		write_key(dir, id, key);
		write_csr(dir, id, device_csr(key, id));
		EVP_PKEY_free(key);
	}
	return 0;
}

/* ---- bad ----------------------------------------------------------------- */

/* The key whose private part is n - d and whose point is -Q. */
static EVP_PKEY *
negated(EVP_PKEY *key)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *q = EC_POINT_new(group);
	BIGNUM *d = NULL, *minus = BN_new();
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params;
	EVP_PKEY *out = NULL;
	uint8_t point[65];

	need(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
		BN_sub(minus, EC_GROUP_get0_order(group), d) == 1 &&
		EC_POINT_mul(group, q, minus, NULL, NULL, NULL) == 1 &&
		EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED,
		    point, sizeof(point), NULL) == sizeof(point),
	    "negation");
	OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
	    "prime256v1", 0);
	OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
	    sizeof(point));
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, minus);
	params = OSSL_PARAM_BLD_to_param(bld);
	need(params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
		EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_KEYPAIR, params) == 1,
	    "negated key");
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(d);
	BN_free(minus);
	EC_POINT_free(q);
	EC_GROUP_free(group);
	return out;
}

/* A good CSR first, then those that clash with it. */
static void
bad_by_clash(const char *dir)
{
	EVP_PKEY *key = new_key(), *other = new_key(), *twin = negated(key);

	write_csr(dir, "00-good", device_csr(key, "340AF000"));
	write_csr(dir, "02-same-key-twice", device_csr(key, "340AF002"));
	write_csr(dir, "03-same-id-twice", device_csr(other, "340AF000"));
	write_csr(dir, "04-negated-key", device_csr(twin, "340AF004"));
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	EVP_PKEY_free(twin);
}

static void
bad_by_content(const char *dir)
{
	static const char with_nul[] = "340AF00B\0.example";
	EVP_PKEY *key = new_key(), *outside = new_key(), *ca = new_key(),
		 *nul = new_key(), *stranger = new_key();

	write_csr(dir, "01-broken-proof",
	    make_csr(key, "340AF001", -1, NULL, stranger));
	write_csr(dir, "05-outside-the-pattern",
	    device_csr(outside, "XYZ-0005"));
	write_csr(dir, "06-wants-to-be-a-ca",
	    make_csr(ca, "340AF006", -1, "critical,CA:TRUE", ca));
	write_csr(dir, "11-nul-in-the-name",
	    make_csr(nul, with_nul, sizeof(with_nul) - 1, NULL, nul));
	EVP_PKEY_free(key);
	EVP_PKEY_free(outside);
	EVP_PKEY_free(ca);
	EVP_PKEY_free(nul);
	EVP_PKEY_free(stranger);
}

static void
bad_by_key(const char *dir)
{
	EVP_PKEY *p192 = EVP_EC_gen("P-192"), *rsa = EVP_RSA_gen(2048);

	need(p192 != NULL && rsa != NULL, "P-192 or RSA");
	write_csr(dir, "07-curve-p192", device_csr(p192, "340AF007"));
	write_csr(dir, "08-rsa-2048", device_csr(rsa, "340AF008"));
	EVP_PKEY_free(p192);
	EVP_PKEY_free(rsa);
}

/* Octets of a fresh good CSR, OPENSSL_free(). */
static int
csr_octets(const char *id, uint8_t **der)
{
	EVP_PKEY *key = new_key();
	X509_REQ *req = device_csr(key, id);
	int len = i2d_X509_REQ(req, der);

	/* SEQUENCE, two octets of length: 256 or more would be unusual here */
	need(len > 0 && len < 1000 && (*der)[0] == 0x30, "DER");
	X509_REQ_free(req);
	EVP_PKEY_free(key);
	return len;
}

static void
bad_by_encoding(const char *dir)
{
	uint8_t *der = NULL, changed[1024] = { 0x30, 0x80 };
	int len = csr_octets("340AF009", &der), head;

	memcpy(changed, der, (size_t)len); /* one octet of zero behind it */
	changed[len] = 0;
	write_octets(dir, "09-trailing-octets", changed, len + 1);
	OPENSSL_free(der);
	der = NULL;
	len = csr_octets("340AF00A", &der);
	head = der[1] < 0x80 ? 2 : 2 + (der[1] & 0x7f);
	changed[0] = 0x30; /* indefinite length, ended by two zeros */
	changed[1] = 0x80;
	memcpy(changed + 2, der + head, (size_t)(len - head));
	changed[2 + len - head] = 0;
	changed[3 + len - head] = 0;
	write_octets(dir, "10-ber-not-der", changed, len - head + 4);
	OPENSSL_free(der);
}

static int
bad(const char *dir)
{
	need_folder(dir);
	bad_by_clash(dir);
	bad_by_content(dir);
	bad_by_key(dir);
	bad_by_encoding(dir);
	return 0;
}

/* ---- private-key-request ------------------------------------------------- */

/* transfer/ refuses to write such a request, so it is written here. */
static char *
private_payload(const uint8_t order[32], size_t *len)
{
	static const uint8_t zeros[32];
	PKCS8_PRIV_KEY_INFO *info;
	EVP_PKEY *key = new_key();
	uint8_t bundle[16], *der = NULL;
	struct text_buf b = { 0 };
	int der_len;

	info = EVP_PKEY2PKCS8(key);
	der_len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	need(der_len > 0 && RAND_bytes(bundle, sizeof(bundle)) == 1, "PKCS#8");
	text_buf_add(&b, "{\"kind\":\"request\",\"v\":1,\"order\":\"");
	text_buf_hex(&b, order, 32);
	text_buf_add(&b, "\",\"bundle\":\"");
	text_buf_hex(&b, bundle, sizeof(bundle));
	text_buf_add(&b, "\",\"sequence\":1,\"previous\":\"");
	text_buf_hex(&b, zeros, 32);
	text_buf_add(&b,
	    "\",\"entries\":1}\n{\"entry\":1,\"id\":\"340AFFFF\","
	    "\"csr\":\"");
	text_buf_base64(&b, der, (size_t)der_len);
	text_buf_add(&b, "\"}\n");
	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(key);
	return text_buf_take(&b, len);
}

static void
read_station(const char *path, EVP_PKEY **key, X509 **cert)
{
	FILE *f = fopen(path, "r");

	need(f != NULL, path);
	*key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	*cert = PEM_read_X509(f, NULL, NULL, NULL);
	need(*key != NULL && *cert != NULL, path);
	fclose(f);
}

static void
order_digest(const char *path, uint8_t digest[32])
{
	uint8_t *file = NULL, *payload = NULL;
	size_t file_len = 0, len = 0;

	need(file_read(AT_FDCWD, path, SEALED_MAX, &file, &file_len) ==
		    TRANSFER_OK &&
		sealed_peek(file, file_len, &payload, &len, digest) ==
		    TRANSFER_OK,
	    path);
	OPENSSL_free(payload);
	free(file);
}

static int
private_key_request(const char *order, const char *key_path, const char *out)
{
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	uint8_t digest[32], *sealed = NULL;
	size_t len = 0, sealed_len = 0;
	char *payload;

	read_station(key_path, &key, &cert);
	order_digest(order, digest);
	payload = private_payload(digest, &len);
	need(payload != NULL &&
		sealed_sign(payload, len, key, cert, (int64_t)time(NULL),
		    &sealed, &sealed_len) == TRANSFER_OK &&
		file_create(AT_FDCWD, out, sealed, sealed_len, 0644) ==
		    TRANSFER_OK,
	    out);
	OPENSSL_free(sealed);
	free(payload);
	X509_free(cert);
	EVP_PKEY_free(key);
	return 0;
}

/* ---- command line -------------------------------------------------------- */

static const char *
option(int argc, char **argv, const char *name)
{
	for (int i = 2; i + 1 < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	const char *order = option(argc, argv, "--order");
	const char *key = option(argc, argv, "--key");
	const char *out = option(argc, argv, "--out");

	if (argc >= 4 && strcmp(argv[1], "make") == 0)
		return make(argv[2], argv[3], option(argc, argv, "--first"));
	if (argc == 3 && strcmp(argv[1], "bad") == 0)
		return bad(argv[2]);
	if (argc >= 2 && strcmp(argv[1], "private-key-request") == 0 &&
	    order != NULL && key != NULL && out != NULL)
		return private_key_request(order, key, out);
	fprintf(stderr,
	    "usage: tool_devices make DIR COUNT [--first HEXID]\n"
	    "       tool_devices bad DIR\n"
	    "       tool_devices private-key-request --order FILE --key FILE "
	    "--out FILE\n");
	return 2;
}
