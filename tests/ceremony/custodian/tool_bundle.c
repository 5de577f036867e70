/* SPDX-License-Identifier: ISC */
/*
 * A station that does not keep the rules: seals a changed copy of a request.
 *
 *   tool_bundle KEY IN OUT [CHANGE...]
 *
 * KEY is a station key as anchorite-factory makes it.  Changes:
 *   entries=N      only the first N entries
 *   sequence=N     another place in the sequence
 *   bundle=new     another bundle id
 *   order=HEX      for another work order
 */
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "transfer/file.h"
#include "transfer/request.h"
#include "transfer/sealed.h"
#include "transfer/text.h"

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tool_bundle: %s\n", what);
	exit(1);
}

static void
load_request(const char *path, struct request *out)
{
	struct transfer_fault fault = { .text = "" };
	uint8_t *file = NULL, *payload = NULL, digest[32];
	size_t file_len = 0, len = 0;

	need(file_read(AT_FDCWD, path, SEALED_MAX, &file, &file_len) ==
		    TRANSFER_OK &&
		sealed_peek(file, file_len, &payload, &len, digest) ==
		    TRANSFER_OK &&
		request_read((const char *)payload, len, out, &fault) ==
		    TRANSFER_OK,
	    path);
	OPENSSL_free(payload);
	free(file);
}

/* Entries cut off are freed with the others: the count is put back. */
static void
change(struct request *r, const char *text)
{
	if (strncmp(text, "entries=", 8) == 0) {
		size_t count = strtoul(text + 8, NULL, 10);
		need(count > 0 && count <= r->count, text);
		r->count = count;
	} else if (strncmp(text, "sequence=", 9) == 0) {
		r->sequence = strtoul(text + 9, NULL, 10);
		memset(r->previous, r->sequence > 1, sizeof(r->previous));
	} else if (strcmp(text, "bundle=new") == 0) {
		need(RAND_bytes(r->bundle, sizeof(r->bundle)) == 1, text);
	} else {
		need(strncmp(text, "order=", 6) == 0 &&
			text_unhex(text + 6, r->order, sizeof(r->order)),
		    text);
	}
}

static void
seal(const struct request *r, const char *key_path, const char *out)
{
	FILE *f = fopen(key_path, "r");
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	char *payload = NULL;
	uint8_t *sealed = NULL;
	size_t len = 0, sealed_len = 0;

	need(f != NULL, key_path);
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	cert = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	need(key != NULL && cert != NULL, key_path);
	need(request_write(r, &payload, &len) == TRANSFER_OK, "request");
	need(sealed_sign(payload, len, key, cert, (int64_t)time(NULL), &sealed,
		 &sealed_len) == TRANSFER_OK &&
		file_create(AT_FDCWD, out, sealed, sealed_len, 0644) ==
		    TRANSFER_OK,
	    out);
	OPENSSL_free(sealed);
	free(payload);
	X509_free(cert);
	EVP_PKEY_free(key);
}

int
main(int argc, char **argv)
{
	struct request r;
	size_t count;

	if (argc < 4) {
		fprintf(stderr, "usage: tool_bundle KEY IN OUT [CHANGE...]\n");
		return 2;
	}
	load_request(argv[2], &r);
	count = r.count;
	for (int i = 4; i < argc; i++)
		change(&r, argv[i]);
	seal(&r, argv[1], argv[3]);
	r.count = count;
	request_clear(&r);
	return 0;
}
