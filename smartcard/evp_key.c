/* SPDX-License-Identifier: ISC */
#include "smartcard/evp_key.h"

#include <libp11.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "smartcard/object.h"

struct slots {
	PKCS11_SLOT *array;
	unsigned int count;
	struct slots *next;
};

struct libp11 {
	PKCS11_CTX *ctx;
	struct slots *lists;
};

struct evp_key {
	char label[OBJECT_LABEL_MAX + 1];
	EVP_PKEY *key;
	bool retired; /* from before a logout */
	struct evp_key *next;
};

void
libp11_release(struct libp11 *p)
{
	struct slots *s;

	while ((s = p->lists) != NULL) {
		p->lists = s->next;
		PKCS11_release_all_slots(p->ctx, s->array, s->count);
		free(s);
	}
}

void
libp11_free(struct libp11 *p)
{
	libp11_release(p);
	PKCS11_CTX_unload(p->ctx);
	PKCS11_CTX_free(p->ctx);
	free(p);
}

/* The CK_RV that libp11 left in OpenSSL's queue. */
static enum card_error
libp11_error(struct module *m)
{
	unsigned long err = ERR_peek_last_error();

	if (err != 0 && ERR_GET_LIB(err) == ERR_get_CKR_code())
		return module_error(m, (CK_RV)ERR_GET_REASON(err));
	return module_error(m, CKR_GENERAL_ERROR);
}

/* Its C_Initialize meets CKR_CRYPTOKI_ALREADY_INITIALIZED, which it takes. */
static enum card_error
libp11_load(struct module *m)
{
	struct libp11 *p;

	if (m->libp11 != NULL)
		return CARD_OK;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return CARD_ERR_MEMORY;
	p->ctx = PKCS11_CTX_new();
	if (p->ctx == NULL) {
		free(p);
		return CARD_ERR_MEMORY;
	}
	if (PKCS11_CTX_load(p->ctx, m->path) != 0) {
		PKCS11_CTX_free(p->ctx);
		free(p);
		return CARD_ERR_LOAD;
	}
	m->libp11 = p;
	return CARD_OK;
}

static enum card_error
enumerate_slots(struct module *m, struct slots **out)
{
	struct slots *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return CARD_ERR_MEMORY;
	if (PKCS11_enumerate_slots(m->libp11->ctx, &s->array, &s->count) != 0) {
		free(s);
		return libp11_error(m);
	}
	s->next = m->libp11->lists;
	m->libp11->lists = s;
	*out = s;
	return CARD_OK;
}

/* libp11 waits for ever on a slot that has no token. */
static enum card_error
find_slot(const struct token *t, const struct slots *s, PKCS11_SLOT **out)
{
	for (unsigned int i = 0; i < s->count; i++)
		if (PKCS11_get_slotid_from_slot(&s->array[i]) == t->info.slot &&
		    s->array[i].token != NULL) {
			*out = &s->array[i];
			return CARD_OK;
		}
	return CARD_ERR_REMOVED;
}

static bool
is_named(const PKCS11_KEY *key, const CK_ATTRIBUTE *name)
{
	if (name->type == CKA_ID)
		return key->id_len == name->ulValueLen &&
		    memcmp(key->id, name->pValue, key->id_len) == 0;
	return key->label != NULL && strlen(key->label) == name->ulValueLen &&
	    memcmp(key->label, name->pValue, name->ulValueLen) == 0;
}

static enum card_error
find_key(struct token *t, PKCS11_SLOT *slot, const char *label, EVP_PKEY **out)
{
	PKCS11_KEY *keys = NULL, *found = NULL;
	struct key_name name;
	unsigned int n = 0;

	if (!key_name_read(label, &name))
		return CARD_ERR_ARGUMENT;
	if (PKCS11_enumerate_keys(slot->token, &keys, &n) != 0)
		return libp11_error(t->m);
	for (unsigned int i = 0; i < n; i++) {
		if (!is_named(&keys[i], &name.match))
			continue;
		if (found != NULL)
			return CARD_ERR_KEY_AMBIGUOUS;
		found = &keys[i];
	}
	if (found == NULL)
		return CARD_ERR_KEY_MISSING;
	*out = PKCS11_get_private_key(found);
	return *out != NULL ? CARD_OK : libp11_error(t->m);
}

static enum card_error
load_key(struct token *t, const char *label, EVP_PKEY **out)
{
	struct slots *slots = NULL;
	PKCS11_SLOT *slot = NULL;
	enum card_error ret;

	ret = libp11_load(t->m);
	if (ret == CARD_OK)
		ret = enumerate_slots(t->m, &slots);
	if (ret == CARD_OK)
		ret = find_slot(t, slots, &slot);
	if (ret == CARD_OK)
		ret = find_key(t, slot, label, out);
	return ret;
}

static struct evp_key *
known_key(struct token *t, const char *label)
{
	for (struct evp_key *k = t->keys; k != NULL; k = k->next)
		if (!k->retired && strcmp(k->label, label) == 0)
			return k;
	return NULL;
}

static enum card_error
remember_key(struct token *t, const char *label, struct evp_key **out)
{
	struct evp_key *k = calloc(1, sizeof(*k));
	enum card_error ret;

	if (k == NULL)
		return CARD_ERR_MEMORY;
	ERR_set_mark();
	ret = load_key(t, label, &k->key);
	ERR_pop_to_mark();
	if (ret != CARD_OK) {
		free(k);
		return ret;
	}
	memcpy(k->label, label, strlen(label) + 1);
	k->next = t->keys;
	t->keys = k;
	*out = k;
	return CARD_OK;
}

static bool
same_public_key(const EVP_PKEY *key, const uint8_t *spki, size_t len)
{
	uint8_t *have = NULL;
	bool same;
	int n;

	/* EVP_PKEY_eq() does not compare a libp11 key with one that
	 * OpenSSL's provider holds */
	n = i2d_PUBKEY(key, &have);
	same = n > 0 && (size_t)n == len && memcmp(have, spki, len) == 0;
	OPENSSL_free(have);
	return same;
}

enum card_error
token_key(struct token *t, const char *label, const uint8_t *spki,
    size_t spki_len, EVP_PKEY **out)
{
	struct evp_key *k;
	enum card_error ret;

	*out = NULL;
	if (!token_label_ok(label) || spki == NULL)
		return CARD_ERR_ARGUMENT;
	ret = token_need_login(t);
	if (ret != CARD_OK)
		return ret;
	k = known_key(t, label);
	if (k == NULL) {
		ret = remember_key(t, label, &k);
		if (ret != CARD_OK)
			return ret;
	}
	if (!same_public_key(k->key, spki, spki_len))
		return CARD_ERR_SELFTEST;
	*out = k->key;
	return CARD_OK;
}

void
evp_key_retire_all(struct token *t)
{
	for (struct evp_key *k = t->keys; k != NULL; k = k->next)
		k->retired = true;
}

void
evp_key_free_all(struct token *t)
{
	struct evp_key *k;

	while ((k = t->keys) != NULL) {
		t->keys = k->next;
		EVP_PKEY_free(k->key);
		free(k);
	}
}
