/* SPDX-License-Identifier: ISC */
/*
 * A software CA that answers requests, rightly or with one fault.
 *
 *   tool_respond setup DIR STATION PROFILE QUOTA [rogue]
 *       keys and certificates of a new CA and DIR/order.order for a .station;
 *       rogue: the order is sealed by a sealer the root did not certify
 *   tool_respond answer DIR REQUEST OUT [FAULT]
 *   tool_respond faults
 *       one line a fault: name, date to judge by, text that must be said
 */
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdbool.h>

#include "ca/csr.h"
#include "ca/subject.h"
#include "ceremony/record/tree.h"
#include "tests/ceremony/factory/soft_ca.h"
#include "transfer/file.h"
#include "transfer/order.h"
#include "transfer/response.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

#define LOG "test.example/products"
#define NOW "2026-06-01T00:00:00Z"
#define LATER "2027-07-01T00:00:00Z"
#define REVOKED "340A9000"
#define EXPIRY "20270101000000Z"
#define LATE INT64_C(1811808000)   /* 2027-06-01 */
#define FUTURE INT64_C(1790812800) /* 2026-10-01 */

static const struct {
	const char *name, *date, *says;
} faults[] = {
	{ "entries", NOW, "entries; the request has" },
	{ "request", NOW, "answers another request" },
	{ "order", NOW, "response: is under another order" },
	{ "log", NOW, "comes from another log than the order" },
	{ "id", NOW, "is answered under another id, OTHER" },
	{ "swap", NOW, "is for another key than our CSR's" },
	{ "subject", NOW, "certificate's subject is not \"CN=device-" },
	{ "profile", NOW, "does not conform to profile device-tls under the" },
	{ "issuer", NOW, "product CA (the signature does not verify)" },
	{ "cert-der", NOW, "(340AF000): the certificate is not strict DER" },
	{ "proof", NOW, "the proof does not show the certificate in the log" },
	{ "leaf", NOW, "the proof does not show the certificate in the log" },
	{ "tree-root", NOW, "the proof does not show the certificate in the" },
	{ "bad-id", NOW, "got a certificate outside the order's pattern" },
	{ "bad-csr", NOW, "though its CSR breaks rule csr.pop" },
	{ "id-twice", NOW, "id 340AF000 got two certificates" },
	{ "late", LATER, "was issued after the order expired" },
	{ "future", NOW, "the certificate is not valid at this date" },
	{ "root", NOW, "comes from another root than --root names" },
	{ "root-der", NOW, "the root's certificate is not strict DER" },
	{ "product", NOW, "product CA's certificate does not conform to pro" },
	{ "product-der", NOW, "product CA's certificate is not strict DER" },
	{ "chain", NOW, "holds a chain of 1 certificates" },
	{ "sealer-issuer", NOW,
	    "sealer's certificate does not conform to pro" },
	{ "sealer-profile", NOW, "sealer's certificate does not conform to p" },
	{ "seal", NOW, "response: the seal does not verify" },
	{ "crls", NOW, "holds 1 CRLs, not the product CA's and the root's" },
	{ "crl-key", NOW, "the product CA's CRL is not signed by it" },
	{ "crl-der", NOW, "the product CA's CRL is not strict DER" },
	{ "crl-future", NOW, "the product CA's CRL lies in the future" },
	{ "root-crl-key", NOW, "the root's CRL is not signed by it" },
	{ "product-revoked", NOW, "the product CA is revoked" },
	{ "sealer-revoked", NOW, "the sealer is revoked" },
};

static bool
is(const char *fault, const char *name)
{
	return strcmp(fault, name) == 0;
}

/* ---- files --------------------------------------------------------------- */

static const char *
in(const char *dir, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
write_pair(const char *dir, const char *name, EVP_PKEY *key, X509 *cert)
{
	FILE *f = fopen(in(dir, name), "wx");

	soft_need(f != NULL &&
		PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) ==
		    1 &&
		PEM_write_X509(f, cert) == 1 && fclose(f) == 0,
	    name);
}

static void
read_pair(const char *dir, const char *name, EVP_PKEY **key, X509 **cert)
{
	FILE *f = fopen(in(dir, name), "r");

	soft_need(f != NULL, name);
	*key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	*cert = PEM_read_X509(f, NULL, NULL, NULL);
	soft_need(*key != NULL && *cert != NULL && fclose(f) == 0, name);
}

static char *
open_sealed(const char *path, size_t *len, uint8_t digest[32], X509 **cert)
{
	uint8_t *file = NULL, *payload = NULL;
	size_t file_len = 0;

	soft_need(file_read(AT_FDCWD, path, SEALED_MAX, &file, &file_len) ==
		    TRANSFER_OK &&
		sealed_peek(file, file_len, &payload, len, digest) ==
		    TRANSFER_OK,
	    path);
	if (cert != NULL)
		*cert = sealed_peek_cert(file, file_len);
	free(file);
	return (char *)payload;
}

static void
write_sealed(const char *path, const char *payload, size_t len, EVP_PKEY *key,
    X509 *cert, bool broken)
{
	uint8_t *out = NULL;
	size_t out_len = 0;

	soft_need(sealed_sign(payload, len, key, cert, SOFT_FROM, &out,
		      &out_len) == TRANSFER_OK,
	    "seal");
	if (broken)
		out[out_len - 1] ^= 1; /* the last octet of s */
	soft_need(file_create(AT_FDCWD, path, out, out_len, 0644) ==
		TRANSFER_OK,
	    path);
	OPENSSL_free(out);
}

/* ---- setup --------------------------------------------------------------- */

static void
write_order(const char *dir, const char *station, const char *profile,
    const char *quota, EVP_PKEY *key, X509 *cert)
{
	struct order order = { .log = LOG,
		.factory = "Test Works",
		.line = "line 1",
		.pattern = "[0-9A-F]{8}",
		.subject = "CN=device-{id},O=Test",
		.expiry = EXPIRY,
		.receipts = EXPIRY };
	X509 *station_cert = NULL;
	uint8_t digest[32];
	char *payload;
	size_t len = 0;

	payload = open_sealed(station, &len, digest, &station_cert);
	OPENSSL_free(payload);
	soft_need(station_cert != NULL &&
		cert_spki_sha256(station_cert, order.station) == CA_OK,
	    "station");
	X509_free(station_cert);
	snprintf(order.profile, sizeof(order.profile), "%s", profile);
	order.quota = strtoull(quota, NULL, 10);
	soft_need(order_write(&order, &payload, &len) == TRANSFER_OK, "order");
	write_sealed(in(dir, "order.order"), payload, len, key, cert, false);
	free(payload);
}

static int
setup(const char *dir, const char *station, const char *profile,
    const char *quota, bool rogue)
{
	struct soft_ca ca, other;
	uint8_t digest[32];
	char hex[65];

	soft_ca_make(&ca);
	soft_ca_make(&other);
	write_pair(dir, "root", ca.root_key, ca.root);
	write_pair(dir, "product", ca.product_key, ca.product);
	write_pair(dir, "sealer", ca.sealer_key, ca.sealer);
	write_order(dir, station, profile, quota,
	    rogue ? other.sealer_key : ca.sealer_key,
	    rogue ? other.sealer : ca.sealer);
	soft_need(cert_spki_sha256(ca.root, digest) == CA_OK, "root");
	text_hex(digest, 32, hex);
	printf("%s\n", hex);
	soft_ca_free(&other);
	soft_ca_free(&ca);
	return 0;
}

/* ---- answer -------------------------------------------------------------- */

struct answer {
	const char *fault;
	struct soft_ca ca, other; /* ours, and a stranger's */
	struct order order;
	struct request request;
	struct csr *csrs; /* what is known of each entry */
	struct response response;
	struct tree tree;
};

static void
blob_of_cert(struct blob *out, X509 *cert)
{
	uint8_t *der = NULL;

	soft_need(cert_der(cert, &der, &out->len) == CA_OK, "DER");
	out->data = malloc(out->len + 1); /* a fault may add an octet */
	soft_need(out->data != NULL, "memory");
	memcpy(out->data, der, out->len);
	out->data[out->len] = 0;
	OPENSSL_free(der);
}

static void
blob_of_crl(struct blob *out, X509_CRL *crl)
{
	uint8_t *der = NULL;

	soft_need(crl_der(crl, &der, &out->len) == CA_OK, "DER");
	out->data = malloc(out->len + 1);
	soft_need(out->data != NULL, "memory");
	memcpy(out->data, der, out->len);
	out->data[out->len] = 0;
	OPENSSL_free(der);
	X509_CRL_free(crl);
}

static enum rule
compare_keys(const struct key_ident *a, const struct key_ident *b)
{
	if (memcmp(a->unique, b->unique, 32) != 0)
		return RULE_OK;
	return memcmp(a->spki_sha256, b->spki_sha256, 32) == 0 ? RULE_KEY_BATCH
							       : RULE_KEY_TWIN;
}

/* Whether a CA would issue for entry i. */
static enum rule
judge(struct answer *a, size_t i)
{
	const struct request_entry *e = &a->request.entries[i];
	enum rule rule = csr_check(e->csr, e->csr_len, e->id,
	    profile_find("device-tls"), &a->csrs[i]);

	if (rule == RULE_POP && is(a->fault, "bad-csr"))
		return RULE_OK;
	if (rule != RULE_OK)
		return rule;
	if (!pattern_match(a->order.pattern, e->id) && !is(a->fault, "bad-id"))
		return RULE_ID;
	for (size_t j = 0; j < i; j++) {
		if (a->response.entries[j].certificate == NULL)
			continue;
		if (is(a->request.entries[j].id, e->id) &&
		    !is(a->fault, "id-twice"))
			return RULE_ID_BATCH;
		rule = compare_keys(&a->csrs[j].key, &a->csrs[i].key);
		if (rule != RULE_OK)
			return rule;
	}
	return RULE_OK;
}

static EVP_PKEY *
csr_key(const struct request_entry *e)
{
	const unsigned char *p = e->csr;
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)e->csr_len);
	EVP_PKEY *key;

	soft_need(req != NULL, "CSR");
	key = X509_REQ_get_pubkey(req);
	X509_REQ_free(req);
	return key;
}

static void
issue(struct answer *a, size_t i)
{
	const struct request_entry *sent = &a->request.entries[i];
	struct response_entry *e = &a->response.entries[i];
	char subject[SUBJECT_TEXT_MAX + 1];
	struct cert_spec spec = { .subject = subject,
		.issuer = a->ca.product,
		.not_before = SOFT_FROM,
		.not_after = SOFT_FROM + 5 * SOFT_YEAR };
	EVP_PKEY *key = csr_key(sent);
	uint8_t leaf[32];
	struct blob der;
	X509 *cert;

	spec.profile = profile_find(
	    is(a->fault, "profile") ? "device-idevid" : "device-tls");
	if (spec.profile->forever)
		spec.not_after = DATE_FOREVER;
	if (is(a->fault, "late"))
		spec.not_before = LATE;
	if (is(a->fault, "future"))
		spec.not_before = FUTURE;
	soft_need(subject_expand(a->order.subject,
		      is(a->fault, "subject") ? "OTHER" : sent->id,
		      subject) == CA_OK,
	    "subject");
	cert = soft_issue(spec, key,
	    is(a->fault, "issuer") ? a->other.product_key : a->ca.product_key,
	    (uint16_t)(100 + i));
	blob_of_cert(&der, cert);
	e->certificate = der.data;
	e->certificate_len = der.len + is(a->fault, "cert-der");
	e->leaf = tree_size(&a->tree);
	snprintf(e->id, sizeof(e->id), "%s", sent->id);
	tree_leaf(der.data, der.len, leaf);
	soft_need(tree_add(&a->tree, leaf), "tree");
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void
fill_entries(struct answer *a)
{
	struct response *r = &a->response;
	uint8_t before[32] = { 1 };

	soft_need(tree_add(&a->tree, before), "tree");
	r->count = a->request.count;
	r->entries = calloc(r->count, sizeof(*r->entries));
	a->csrs = calloc(r->count, sizeof(*a->csrs));
	soft_need(r->entries != NULL && a->csrs != NULL, "memory");
	for (size_t i = 0; i < r->count; i++) {
		struct response_entry *e = &r->entries[i];
		enum rule rule = judge(a, i);

		e->status = RESPONSE_REJECTED;
		if (rule == RULE_OK) {
			e->status = is(a->fault, "ok-duplicate")
			    ? RESPONSE_DUPLICATE
			    : RESPONSE_ISSUED;
			issue(a, i);
			continue;
		}
		snprintf(e->rule, sizeof(e->rule), "%s", rule_row(rule)->id);
		snprintf(e->reason, sizeof(e->reason), "said \"no\", firmly");
	}
}

static void
fill_proofs(struct answer *a)
{
	uint8_t proof[TREE_DEPTH_MAX][32];

	for (size_t i = 0; i < a->response.count; i++) {
		struct response_entry *e = &a->response.entries[i];
		int n;

		if (e->certificate == NULL)
			continue;
		n = tree_proof(&a->tree, e->leaf, proof);
		soft_need(n >= 0, "proof");
		e->proof_len = (size_t)n;
		e->proof = calloc((size_t)n + 1, 32);
		memcpy(e->proof, proof, 32 * (size_t)n);
	}
	a->response.tree_size = tree_size(&a->tree);
	tree_root(&a->tree, a->response.tree_root);
}

static X509_CRL *
product_crl(struct answer *a)
{
	X509 *revoked = NULL;
	X509_CRL *crl;

	for (size_t i = 0; i < a->response.count; i++) {
		const struct response_entry *e = &a->response.entries[i];

		if (is(a->fault, "ok-revoked") && is(e->id, REVOKED))
			soft_need(cert_parse(e->certificate, e->certificate_len,
				      &revoked) == CA_OK,
			    REVOKED);
	}
	crl = soft_crl(a->ca.product,
	    is(a->fault, "crl-key") ? a->other.product_key : a->ca.product_key,
	    is(a->fault, "crl-future") || is(a->fault, "ok-crl-later")
		? FUTURE
		: SOFT_FROM,
	    revoked);
	X509_free(revoked);
	return crl;
}

static void
fill_chain(struct answer *a)
{
	struct response *r = &a->response;
	X509 *revoked = NULL;

	if (is(a->fault, "product-revoked"))
		revoked = a->ca.product;
	if (is(a->fault, "sealer-revoked"))
		revoked = a->ca.sealer;
	blob_of_cert(&r->chain[0],
	    is(a->fault, "product") ? a->other.product : a->ca.product);
	blob_of_cert(&r->chain[1],
	    is(a->fault, "root") ? a->other.root : a->ca.root);
	r->chain[0].len += is(a->fault, "product-der");
	r->chain[1].len += is(a->fault, "root-der");
	r->chain_count = is(a->fault, "chain") ? 1 : 2;
	blob_of_crl(&r->crls[0], product_crl(a));
	blob_of_crl(&r->crls[1],
	    soft_crl(a->ca.root,
		is(a->fault, "root-crl-key") ? a->other.root_key
					     : a->ca.root_key,
		SOFT_FROM, revoked));
	r->crls[0].len += is(a->fault, "crl-der");
	r->crl_count = is(a->fault, "crls") ? 1 : 2;
}

/* Faults that are made when all is there. */
static void
spoil(struct answer *a)
{
	struct response *r = &a->response;
	struct response_entry *e = r->entries, *last = e, swapped = *e;

	/* the first and the last that got a certificate */
	for (size_t i = 0; i < r->count; i++) {
		if (r->entries[i].certificate != NULL)
			last = &r->entries[i];
	}

	if (is(a->fault, "request"))
		r->request[0] ^= 1;
	if (is(a->fault, "order"))
		r->order[0] ^= 1;
	if (is(a->fault, "log"))
		strcpy(r->log, "other.example/products");
	if (is(a->fault, "id"))
		strcpy(e->id, "OTHER");
	if (is(a->fault, "entries"))
		r->count--;
	if (is(a->fault, "proof"))
		e->proof[0][31] ^= 1;
	if (is(a->fault, "leaf"))
		e->leaf ^= 1;
	if (is(a->fault, "tree-root"))
		r->tree_root[0] ^= 1;
	if (is(a->fault, "swap")) {
		*e = *last;
		*last = swapped;
		strcpy(last->id, e->id);
		strcpy(e->id, swapped.id);
	}
}

/* The key and certificate it is sealed with; *cert is new. */
static EVP_PKEY *
choose_sealer(struct answer *a, X509 **cert)
{
	EVP_PKEY *key = a->ca.sealer_key;

	if (is(a->fault, "sealer-issuer"))
		*cert = X509_dup(a->other.sealer), key = a->other.sealer_key;
	else if (is(a->fault, "sealer-profile"))
		*cert = soft_certify("device-tls", "CN=device-1,O=Test", key,
		    a->ca.root, a->ca.root_key, 9);
	else
		*cert = X509_dup(a->ca.sealer);
	return key;
}

static void
load(struct answer *a, const char *dir, const char *request)
{
	struct transfer_fault fault;
	char *payload;
	size_t len = 0;

	read_pair(dir, "root", &a->ca.root_key, &a->ca.root);
	read_pair(dir, "product", &a->ca.product_key, &a->ca.product);
	read_pair(dir, "sealer", &a->ca.sealer_key, &a->ca.sealer);
	soft_ca_make(&a->other);
	payload =
	    open_sealed(in(dir, "order.order"), &len, a->response.order, NULL);
	soft_need(order_read(payload, len, &a->order, &fault) == TRANSFER_OK,
	    "order");
	OPENSSL_free(payload);
	payload = open_sealed(request, &len, a->response.request, NULL);
	soft_need(request_read(payload, len, &a->request, &fault) ==
		TRANSFER_OK,
	    "request");
	OPENSSL_free(payload);
	strcpy(a->response.log, a->order.log);
}

static int
answer(const char *dir, const char *request, const char *out, const char *fault)
{
	static struct answer a;
	char *payload = NULL;
	size_t len = 0, count;
	EVP_PKEY *key;
	X509 *cert;

	a.fault = fault;
	load(&a, dir, request);
	fill_entries(&a);
	fill_proofs(&a);
	fill_chain(&a);
	count = a.response.count;
	spoil(&a);
	soft_need(response_write(&a.response, &payload, &len) == TRANSFER_OK,
	    "response");
	key = choose_sealer(&a, &cert);
	write_sealed(out, payload, len, key, cert, is(fault, "seal"));
	free(payload);
	X509_free(cert);
	a.response.count = count;
	a.response.chain_count = a.response.crl_count = 2;
	response_clear(&a.response);
	request_clear(&a.request);
	tree_free(&a.tree);
	free(a.csrs);
	soft_ca_free(&a.ca);
	soft_ca_free(&a.other);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && is(argv[1], "faults")) {
		for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
			printf("%s %s %s\n", faults[i].name, faults[i].date,
			    faults[i].says);
		return 0;
	}
	if ((argc == 6 || argc == 7) && is(argv[1], "setup"))
		return setup(argv[2], argv[3], argv[4], argv[5], argc == 7);
	if ((argc == 5 || argc == 6) && is(argv[1], "answer"))
		return answer(argv[2], argv[3], argv[4],
		    argc == 6 ? argv[5] : "");
	fprintf(stderr, "usage: see the head of tool_respond.c\n");
	return 2;
}
