/* SPDX-License-Identifier: ISC */
/*
 * Operators who conspire: as many as the policy asks for bring their cards and
 * PINs, open their shares, and so learn what nobody knows.
 *
 *   tool_collude DIR
 *       DIR is the scratch folder of a rehearsal.  For each CA token a line:
 *       label, PIN, K in hexadecimal.  The PIN has opened the token, and none
 *       that it had before has.
 *   tool_collude DIR all
 *       All secrets of the log that DIR holds, those of the custodians of S
 *       too, a line "NAME HEX" for each.  Of words four at a time.
 *
 * What m operators can do is no secret; the tests use it to look for the PIN
 * and K everywhere else.
 */
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/quorum/pin.h"
#include "ceremony/quorum/shamir.h"
#include "ceremony/quorum/share.h"
#include "ceremony/quorum/slip39.h"
#include "ceremony/quorum/slip39_cipher.h"
#include "smartcard/token.h"
#include "transfer/file.h"
#include "transfer/text.h"

#define FILE_MAX_SIZE (64u << 20)
#define SHARES_MAX 16
#define SO_PINS 3    /* numbers of a label that are looked for */
#define WORDS_SEEN 4 /* in a row: one alone stands in the list of words */

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
	json_t *enrols; /* bodies of the operators' records */
	json_t *acts;   /* bodies of act.propose, by number */
	json_t *keyed;  /* what is known of a token's PIN, by label */
	json_t *next;   /* the same that rotate.prepare says, by act */
	char policy_sha256[65];
	bool all;
	struct secret *s;
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

static void
print(const char *kind, const char *name, const void *octets, size_t len)
{
	char hex[TEXT_HEX_SIZE(SECRET_MAX)];

	text_hex(octets, len, hex);
	printf("%s:%s %s\n", kind, name, hex);
}

/* What HKDF extracts from a key is as good as the key. */
static void
print_extracted(const char *kind, const char *name, const struct secret *key,
    const char *salt)
{
	uint8_t prk[32];

	HMAC(EVP_sha256(), salt, (int)strlen(salt), key->data, key->len, prk,
	    NULL);
	print(kind, name, prk, sizeof(prk));
}

/* The octets that a CA token's PIN writes in base64url, all that are whole. */
static void
print_pin_octets(const char *name, const struct secret *pin)
{
	char text[17] = "AAAAAAAAAAAAAAAA";
	uint8_t octets[12];

	need(pin->len == sizeof(text) - 2, "PIN");
	for (size_t i = 0; i < pin->len; i++) {
		char c = (char)pin->data[i];
		text[i] = (char)(c == '-' ? '+' : c == '_' ? '/' : c);
	}
	need(EVP_DecodeBlock(octets, (unsigned char *)text, 16) == 12, "PIN");
	print("CA-PIN-octets", name, octets, sizeof(octets) - 1);
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

/* What a card makes of the blob; NULL when it is not for it. */
static struct secret *
try_card(const struct world *w, const json_t *enrol, const uint8_t *blob,
    size_t blob_len, const struct share_label *label)
{
	struct secret *pin = pin_of(w, text(enrol, "label")), *share = NULL;
	uint8_t *der = NULL, *spki = NULL;
	size_t der_len = 0, spki_len = 0;
	struct token *card = NULL;
	EVP_PKEY *key = NULL;
	X509 *cert;

	need(token_open(w->module, text(enrol, "label"), text(enrol, "serial"),
		 &card) == CARD_OK &&
		token_login(card, pin) == CARD_OK,
	    text(enrol, "label"));
	need(token_read_cert(card, "derive", &der, &der_len) == CARD_OK &&
		token_public_key(card, "derive", &spki, &spki_len) == CARD_OK &&
		token_key(card, "derive", spki, spki_len, &key) == CARD_OK,
	    "derive key");
	const uint8_t *p = der;
	cert = d2i_X509(NULL, &p, (long)der_len);
	need(cert != NULL, "derive certificate");
	if (share_unwrap(blob, blob_len, key, cert, label, &share) != QUORUM_OK)
		share = NULL;
	X509_free(cert);
	OPENSSL_free(der);
	OPENSSL_free(spki);
	token_close(card);
	secret_free(pin);
	return share;
}

/* By the card that the operator has, or whoever can: names change. */
static struct secret *
open_share(const struct world *w, const char *operator, const char * blob_name,
    const struct share_label *label)
{
	size_t blob_len = 0;
	uint8_t *blob = load(w, "state/objects/", blob_name, &blob_len);
	struct secret *share = NULL;
	const json_t *enrol;

	for (int own = 1; share == NULL && own >= 0; own--) {
		for (size_t i = json_array_size(w->enrols);
		     share == NULL && i-- > 0;) {
			enrol = json_array_get(w->enrols, i);
			if ((strcmp(text(enrol, "operator"), operator) == 0) ==
			    own)
				share =
				    try_card(w, enrol, blob, blob_len, label);
		}
	}
	need(share != NULL, "share");
	free(blob);
	return share;
}

static struct secret *
combine(const struct world *w, const json_t *made)
{
	struct secret *shares[SHARES_MAX] = { NULL }, *k = NULL;
	char name[256];
	uint8_t x[SHARES_MAX];
	struct share_label label = { .epoch = number(made, "epoch"),
		.m = number(made, "m"),
		.n = number(made, "n") };
	json_t *list = json_object_get(made, "shares");

	need(label.n <= SHARES_MAX && label.m <= label.n &&
		json_array_size(list) == label.n,
	    "n");
	snprintf(label.serial, sizeof(label.serial), "%s",
	    text(made, "serial"));
	for (unsigned i = 0; i < (w->all ? label.n : label.m); i++) {
		const json_t *s = json_array_get(list, i);
		label.x = number(s, "x");
		x[i] = (uint8_t)label.x;
		shares[i] =
		    open_share(w, text(s, "operator"), text(s, "blob"), &label);
		snprintf(name, sizeof(name), "%s/%s", text(made, "label"),
		    text(s, "operator"));
		if (w->all)
			print("share", name, shares[i]->data, shares[i]->len);
	}
	need(shamir_combine(x, shares, label.m, &k) == QUORUM_OK, "combine");
	for (unsigned i = 0; i < label.n; i++)
		secret_free(shares[i]);
	return k;
}

static void
print_so_pin(const struct world *w, const char *label)
{
	struct secret *pin = NULL;
	uint8_t octets[8];

	need(pin_so(w->s, label, 0, &pin) == QUORUM_OK, "SO PIN");
	print("SO-PIN", label, pin->data, pin->len);
	need(text_unhex((const char *)pin->data, octets, sizeof(octets)),
	    "SO PIN");
	print("SO-PIN-octets", label, octets, sizeof(octets));
	print_extracted("S-extracted", label, w->s, label);
	secret_free(pin);
}

static void
print_card(const struct world *w, const char *label)
{
	struct secret *pin = pin_of(w, label);

	print("card-PIN", label, pin->data, pin->len);
	secret_free(pin);
	print_so_pin(w, label);
}

/* PIN and K of one epoch of a token: of the present one it opens the token. */
static void
expose(const struct world *w, const json_t *made, bool present)
{
	struct secret *k = combine(w, made), *pin = NULL;
	struct token *ca = NULL;
	uint8_t policy[32];
	char hex[TEXT_HEX_SIZE(PIN_K_SIZE)];

	need(text_unhex(text(made, "policy_sha256"), policy, sizeof(policy)) &&
		pin_user(k, text(made, "serial"), number(made, "epoch"), policy,
		    &pin) == QUORUM_OK,
	    "PIN");
	need(token_open(w->module, text(made, "label"), text(made, "serial"),
		 &ca) == CARD_OK,
	    "CA token");
	need((token_login(ca, pin) == CARD_OK) == present,
	    present ? "the PIN does not open the token"
		    : "a PIN that was changed opens the token");
	token_close(ca);
	text_hex(k->data, k->len, hex);
	if (w->all) {
		print("K", text(made, "label"), k->data, k->len);
		print("CA-PIN", text(made, "label"), pin->data, pin->len);
		print_pin_octets(text(made, "label"), pin);
		print_extracted("K-extracted", text(made, "label"), k,
		    text(made, "serial"));
		print_so_pin(w, text(made, "label"));
	} else if (present) {
		printf("%s %.*s %s\n", text(made, "label"), (int)pin->len,
		    pin->data, hex);
	}
	secret_free(pin);
	secret_free(k);
}

/* A token is keyed; what opened it before is worth nothing now. */
static void
keyed(struct world *w, json_t *made)
{
	const char *label = text(made, "label");
	const json_t *before = json_object_get(w->keyed, label);

	if (before != NULL)
		expose(w, before, false);
	json_object_set(w->keyed, label, made);
}

static json_t *
act_of(const json_t *by_number, const json_t *body)
{
	char key[24];

	snprintf(key, sizeof(key), "%u", number(body, "act"));
	return json_object_get(by_number, key);
}

static void
keep(json_t *by_number, json_t *body)
{
	char key[24];

	snprintf(key, sizeof(key), "%u", number(body, "act"));
	json_object_set(by_number, key, body);
}

/* What an act was to do is known by number; its result says that it did. */
static void
result(struct world *w, json_t *body)
{
	json_t *next = act_of(w->next, body);

	if (json_object_get(body, "policy") != NULL)
		snprintf(w->policy_sha256, sizeof(w->policy_sha256), "%s",
		    text(body, "policy"));
	if (json_object_get(body, "shares") != NULL) {
		json_object_set_new(body, "policy_sha256",
		    json_string(w->policy_sha256));
		keyed(w, body);
	} else if (next != NULL) {
		keyed(w, next);
	}
}

static void
record(struct world *w, const json_t *line)
{
	const char *type = text(line, "type");
	json_t *body = json_object_get(line, "body");

	if (strcmp(type, "enrol") == 0) {
		json_array_append(w->enrols, body);
		if (w->all)
			print_card(w, text(body, "label"));
	} else if (strcmp(type, "act.propose") == 0) {
		keep(w->acts, body);
	} else if (strcmp(type, "rotate.prepare") == 0) {
		const json_t *act = act_of(w->acts, body);
		json_object_set_new(body, "label",
		    json_string(text(act, "label")));
		json_object_set_new(body, "serial",
		    json_string(text(act, "token")));
		keep(w->next, body);
	} else if (strcmp(type, "act.result") == 0) {
		result(w, body);
	}
}

static void
expose_all(const struct world *w)
{
	const char *label;
	json_t *made;

	json_object_foreach(w->keyed, label, made)
	{
		expose(w, made, true);
	}
}

/* Words that stand in a row, as text and as the numbers they are. */
static void
print_words(const char *line)
{
	const char *at[SLIP39_WORDS_MAX + 1] = { line };
	uint32_t values[SLIP39_WORDS_MAX];
	size_t n = 0;

	while (n < SLIP39_WORDS_MAX && *at[n] != '\0') {
		size_t len = strcspn(at[n], " ");
		values[n] = (uint32_t)slip39_value(at[n], len);
		at[n + 1] = at[n] + len + (at[n][len] == ' ');
		n++;
	}
	for (size_t i = 0; i + WORDS_SEEN < n; i++) {
		const char *end = at[i + WORDS_SEEN] - 1;
		print("words", "of-S", at[i], (size_t)(end - at[i]));
		print("words", "in-numbers", values + i,
		    WORDS_SEEN * sizeof(values[0]));
	}
}

/* S, what its shares encode and what is encrypted in them. */
static void
print_s(const struct slip39_share *share, const struct secret *s)
{
	struct secret *encrypted = NULL;

	need(slip39_encrypt(&share->set, "", s, &encrypted) == QUORUM_OK, "S");
	print("S", "itself", s->data, s->len);
	print("S", "encrypted", encrypted->data, encrypted->len);
	secret_free(encrypted);
}

/* From as many lines of words as the shares ask for. */
static void
learn_s(struct world *w)
{
	struct secret *lines[SLIP39_MNEMONICS_MAX] = { NULL };
	struct slip39_share share = { .value = NULL };
	char *text, *save = NULL;
	size_t len = 0, n = 0;

	text = (char *)load(w, "", "REHEARSAL-WORDS-OF-S", &len);
	text = realloc(text, len + 1);
	need(text != NULL, "memory");
	text[len] = '\0';
	for (char *line = strtok_r(text, "\n", &save);
	     line != NULL && n < SLIP39_MNEMONICS_MAX;
	     line = strtok_r(NULL, "\n", &save)) {
		print_words(line);
		lines[n] = secret_from(line, strlen(line));
		need(slip39_share_read(lines[n], &share) == QUORUM_OK, line);
		print("S", "share", share.value->data, share.value->len);
		secret_free(share.value);
		n++;
	}
	need(n >= share.member_threshold &&
		slip39_combine(lines, share.member_threshold, "", &w->s,
		    NULL) == QUORUM_OK,
	    "words of S");
	print_s(&share, w->s);
	for (size_t i = 0; i < n; i++)
		secret_free(lines[i]);
	free(text);
}

int
main(int argc, char **argv)
{
	struct world w = { .enrols = json_array(),
		.acts = json_object(),
		.keyed = json_object(),
		.next = json_object() };
	char conf[4096];
	uint8_t *data;
	size_t len = 0, size;

	w.all = argc == 3 && strcmp(argv[2], "all") == 0;
	if (argc != 2 && !w.all) {
		fprintf(stderr, "usage: tool_collude DIR [all]\n");
		return 2;
	}
	snprintf(conf, sizeof(conf), "%s/softhsm2.conf", argv[1]);
	w.dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	need(w.dir != -1 && setenv("SOFTHSM2_CONF", conf, 1) == 0 &&
		module_load("softhsm", &w.module) == CARD_OK,
	    argv[1]);
	if (w.all)
		learn_s(&w);
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
	expose_all(&w);
	json_decref(w.enrols);
	json_decref(w.acts);
	json_decref(w.keyed);
	json_decref(w.next);
	secret_free(w.s);
	module_free(w.module);
	close(w.dir);
	return 0;
}
