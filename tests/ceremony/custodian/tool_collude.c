/* SPDX-License-Identifier: ISC */
/*
 * Operators who conspire: as many as the policy asks for bring their cards and
 * PINs, open their shares, and so learn what nobody knows.
 *
 *   tool_collude DIR
 *       DIR is the scratch folder of a rehearsal.  For each CA token a line:
 *       label, PIN, K in hexadecimal.  The PIN has opened the token.
 *
 * What m operators can do is no secret; the tests use it to look for the PIN
 * and K everywhere else.
 */
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/quorum/pin.h"
#include "ceremony/quorum/shamir.h"
#include "ceremony/quorum/share.h"
#include "smartcard/token.h"
#include "transfer/file.h"
#include "transfer/text.h"

#define FILE_MAX_SIZE (64u << 20)
#define SHARES_MAX 16

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tool_collude: %s\n", what);
	exit(1);
}

struct world {
	int dir;
	struct module *module;
	json_t *enrols; /* bodies of the operators' records, by id */
	char policy_sha256[65];
};

static uint8_t *
load(const struct world *w, const char *folder, const char *name, size_t *len)
{
	uint8_t *data = NULL;
	char path[256];

	snprintf(path, sizeof(path), "%s%s", folder, name);
	need(file_read(w->dir, path, FILE_MAX_SIZE, &data, len) == TRANSFER_OK,
	    path);
	return data;
}

static const char *
text(const json_t *body, const char *name)
{
	const char *value = json_string_value(json_object_get(body, name));

	need(value != NULL, name);
	return value;
}

static unsigned
number(const json_t *body, const char *name)
{
	return (unsigned)json_integer_value(json_object_get(body, name));
}

/* The operator's PIN, from the rehearsal's list: "label pin" a line. */
static struct secret *
pin_of(const struct world *w, const char *label)
{
	size_t len = 0;
	char *list = (char *)load(w, "", "REHEARSAL-PINS", &len), *save = NULL;
	struct secret *pin = NULL;

	list = realloc(list, len + 1);
	need(list != NULL, "memory");
	list[len] = '\0';
	for (char *line = strtok_r(list, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		size_t at = strlen(label);
		if (strncmp(line, label, at) == 0 && line[at] == ' ')
			pin = secret_from(line + at + 1, strlen(line + at + 1));
	}
	free(list);
	need(pin != NULL, label);
	return pin;
}

/* What the operator's card makes of the blob. */
static struct secret *
open_share(const struct world *w, const char *operator, const char * blob_name,
    const struct share_label *label)
{
	const json_t *enrol = json_object_get(w->enrols, operator);
	struct secret *pin = pin_of(w, text(enrol, "label")), *share = NULL;
	uint8_t *der = NULL, *spki = NULL, *blob;
	size_t der_len = 0, spki_len = 0, blob_len = 0;
	struct token *card = NULL;
	EVP_PKEY *key = NULL;
	X509 *cert;

	need(token_open(w->module, text(enrol, "label"), text(enrol, "serial"),
		 &card) == CARD_OK &&
		token_login(card, pin) == CARD_OK,
	     operator);
	need(token_read_cert(card, "derive", &der, &der_len) == CARD_OK &&
		token_public_key(card, "derive", &spki, &spki_len) == CARD_OK &&
		token_key(card, "derive", spki, spki_len, &key) == CARD_OK,
	    "derive key");
	const uint8_t *p = der;
	cert = d2i_X509(NULL, &p, (long)der_len);
	blob = load(w, "state/objects/", blob_name, &blob_len);
	need(cert != NULL &&
		share_unwrap(blob, blob_len, key, cert, label, &share) ==
		    QUORUM_OK,
	    "share");
	free(blob);
	X509_free(cert);
	OPENSSL_free(der);
	OPENSSL_free(spki);
	token_close(card);
	secret_free(pin);
	return share;
}

static struct secret *
combine(const struct world *w, const json_t *made)
{
	struct secret *shares[SHARES_MAX] = { NULL }, *k = NULL;
	uint8_t x[SHARES_MAX];
	struct share_label label = { .epoch = number(made, "epoch"),
		.m = number(made, "m"),
		.n = number(made, "n") };
	json_t *list = json_object_get(made, "shares");

	need(label.m <= SHARES_MAX && json_array_size(list) >= label.m, "m");
	snprintf(label.serial, sizeof(label.serial), "%s",
	    text(made, "serial"));
	for (unsigned i = 0; i < label.m; i++) {
		const json_t *s = json_array_get(list, i);
		label.x = number(s, "x");
		x[i] = (uint8_t)label.x;
		shares[i] =
		    open_share(w, text(s, "operator"), text(s, "blob"), &label);
	}
	need(shamir_combine(x, shares, label.m, &k) == QUORUM_OK, "combine");
	for (unsigned i = 0; i < label.m; i++)
		secret_free(shares[i]);
	return k;
}

static void
expose(const struct world *w, const json_t *made)
{
	struct secret *k = combine(w, made), *pin = NULL;
	struct token *ca = NULL;
	uint8_t policy[32];
	char hex[TEXT_HEX_SIZE(PIN_K_SIZE)];

	need(text_unhex(w->policy_sha256, policy, sizeof(policy)) &&
		pin_user(k, text(made, "serial"), number(made, "epoch"), policy,
		    &pin) == QUORUM_OK,
	    "PIN");
	need(token_open(w->module, text(made, "label"), text(made, "serial"),
		 &ca) == CARD_OK &&
		token_login(ca, pin) == CARD_OK,
	    "the PIN does not open the token");
	token_close(ca);
	text_hex(k->data, k->len, hex);
	printf("%s %.*s %s\n", text(made, "label"), (int)pin->len, pin->data,
	    hex);
	secret_free(pin);
	secret_free(k);
}

static void
record(struct world *w, const json_t *line)
{
	const char *type = text(line, "type");
	json_t *body = json_object_get(line, "body");

	if (strcmp(type, "enrol") == 0)
		json_object_set(w->enrols, text(body, "operator"), body);
	if (strcmp(type, "act.result") != 0)
		return;
	if (json_object_get(body, "policy") != NULL)
		snprintf(w->policy_sha256, sizeof(w->policy_sha256), "%s",
		    text(body, "policy"));
	if (json_object_get(body, "shares") != NULL)
		expose(w, body);
}

int
main(int argc, char **argv)
{
	struct world w = { .enrols = json_object() };
	char conf[4096];
	uint8_t *data;
	size_t len = 0, size;

	if (argc != 2) {
		fprintf(stderr, "usage: tool_collude DIR\n");
		return 2;
	}
	snprintf(conf, sizeof(conf), "%s/softhsm2.conf", argv[1]);
	w.dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	need(w.dir != -1 && setenv("SOFTHSM2_CONF", conf, 1) == 0 &&
		module_load("softhsm", &w.module) == CARD_OK,
	    argv[1]);
	data = load(&w, "state/", "transcript.jsonl", &len);
	for (size_t at = 0; at < len; at += size) {
		const char *end = memchr(data + at, '\n', len - at);
		need(end != NULL, "transcript");
		size = (size_t)(end - (const char *)data) - at + 1;
		json_t *line =
		    json_loadb((const char *)data + at, size, 0, NULL);
		need(line != NULL, "transcript");
		record(&w, line);
		json_decref(line);
	}
	free(data);
	json_decref(w.enrols);
	module_free(w.module);
	close(w.dir);
	return 0;
}
