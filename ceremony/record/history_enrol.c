/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ca/key.h"
#include "ceremony/record/history_line.h"

#define TEXT_MAX 512
#define TEST_TEXT_MAX 4096

static enum record_error
check_quorum_step(const struct history_line *l)
{
	const char *kind = l->g->kinds[l->g->step];

	if (strcmp(kind, "quorum") != 0 && strcmp(kind, "quorum-change") != 0)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "belongs in a quorum or quorum-change step");
	return RECORD_OK;
}

static bool
at_genesis(const struct history_line *l)
{
	return strcmp(l->g->kinds[l->g->step], "quorum") == 0;
}

/* Texts of 1..64 characters, none twice. */
static enum record_error
check_custodians(const struct history_line *l, json_t *list, uint64_t threshold)
{
	size_t n = json_array_size(list);

	if (threshold == 0 || threshold > n)
		return history_refuse(l, RECORD_ERR_RULE,
		    "threshold %u of %zu custodians", (unsigned)threshold, n);
	for (size_t i = 0; i < n; i++) {
		json_t *name = json_array_get(list, i);

		if (!json_is_string(name) || json_string_length(name) == 0)
			return history_refuse(l, RECORD_ERR_FORM,
			    "a custodian is no name");
		for (size_t k = 0; k < i; k++)
			if (json_equal(name, json_array_get(list, k)))
				return history_refuse(l, RECORD_ERR_RULE,
				    "custodian %.64s stands twice",
				    json_string_value(name));
	}
	return RECORD_OK;
}

/* Words on paper: who keeps them.  has: there may be no check, as in records
 * of S that are older. */
static enum record_error
read_split(const struct history_line *l, uint8_t check[32], bool *has)
{
	json_t *custodians;
	const char *kept;
	uint64_t threshold;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "threshold", FIELD_NUMBER, POLICY_OPERATORS_MAX, &threshold,
		    NULL },
		{ "custodians", FIELD_ARRAY, POLICY_OPERATORS_MAX, &custodians,
		    NULL },
		{ "kept", FIELD_TEXT, TEXT_MAX, &kept, NULL },
		{ "check", FIELD_HEX32, 0, check, has },
	};

	if ((ret = check_quorum_step(l)) != RECORD_OK ||
	    (ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (strcmp(kept, "paper") != 0 && strcmp(kept, "rehearsal") != 0)
		return history_refuse(l, RECORD_ERR_FORM,
		    "\"kept\" is paper or rehearsal");
	return check_custodians(l, custodians, threshold);
}

enum record_error
history_do_so_split(struct history_line *l)
{
	struct history_check check = { .known = false };
	enum record_error ret = read_split(l, check.digest, &check.known);

	if (ret != RECORD_OK)
		return ret;
	l->h->so_made++;
	/* those who vote on another quorum decide about its S with it */
	if (at_genesis(l)) {
		l->h->so_in_force = l->h->so_made;
		l->h->so_check = check;
	} else {
		l->h->so_pending = l->h->so_made;
		l->h->so_check_next = check;
	}
	return RECORD_OK;
}

/* A log has one B: what is wrapped under it cannot be wrapped anew. */
enum record_error
history_do_backup_split(struct history_line *l)
{
	struct history *h = l->h;
	uint8_t check[32];
	enum record_error ret = read_split(l, check, NULL);

	if (ret != RECORD_OK)
		return ret;
	if (h->has_backup || h->backup_pending)
		return history_refuse(l, RECORD_ERR_RULE,
		    "there is a backup secret already");
	if (at_genesis(l)) {
		h->has_backup = true;
		memcpy(h->backup_check, check, sizeof(check));
	} else {
		h->backup_pending = true;
		memcpy(h->backup_next, check, sizeof(check));
	}
	return RECORD_OK;
}

enum record_error
history_do_so_use(struct history_line *l)
{
	struct history_label *known;
	const char *label;
	uint64_t n;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "label", FIELD_TEXT, 32, &label, NULL },
		{ "n", FIELD_NUMBER, UINT32_MAX - 1, &n, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if ((known = history_label_of(l->g, label)) == NULL)
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	if (history_so_now(l->h) == 0)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "there is no so.split yet");
	if (known->so_made != 0 && known->so_made != history_so_now(l->h))
		return history_refuse(l, RECORD_ERR_RULE,
		    "the SO PIN of %s comes from another S than the present",
		    label);
	if (n != known->so_n)
		return history_refuse(l, RECORD_ERR_RULE,
		    "n is %u, but the SO PIN of %s has number %u", (unsigned)n,
		    label, known->so_n);
	known->so_open = true;
	known->so_made = history_so_now(l->h);
	return RECORD_OK;
}

enum record_error
history_so_done(const struct history_line *l, const char *label)
{
	struct history_label *known = history_label_of(l->g, label);

	if (known == NULL)
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	if (!known->so_open)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "no so.use of %s stands before it", label);
	known->so_open = false;
	known->so_n++;
	return RECORD_OK;
}

/* ---- enrol --------------------------------------------------------------- */

struct enrolment {
	const char *id, *name, *label, *serial, *module, *text;
	uint64_t so_n;
	uint8_t sign[32], derive[32];
	struct history_octets signature;
	json_t *attributes;
	struct policy_spki sign_spki, derive_spki; /* of the certificates */
	/* instead of so_n, of a token personalised elsewhere */
	bool made, elsewhere, heads;
	const char *sign_key, *derive_key;
	/* the card's own word for both keys, and its certificate */
	bool attested;
	uint8_t sign_word[32], derive_word[32], device[32];
};

static enum record_error
read_elsewhere(const struct history_line *l, json_t *obj, struct enrolment *out)
{
	const struct history_field rows[] = {
		{ "sign_key", FIELD_TEXT, 64, &out->sign_key, NULL },
		{ "derive_key", FIELD_TEXT, 64, &out->derive_key, NULL },
		{ "heads", FIELD_BOOL, 0, &out->heads, NULL },
	};

	return history_fields(l, obj, HISTORY_ROWS(rows));
}

static enum record_error
read_enrolment(const struct history_line *l, struct enrolment *out)
{
	json_t *sign, *derive, *elsewhere, *words;
	bool device;
	enum record_error ret;
	const struct history_field rows[] = {
		{ "operator", FIELD_TEXT, POLICY_ID_MAX, &out->id, NULL },
		{ "name", FIELD_TEXT, TEXT_MAX, &out->name, NULL },
		{ "label", FIELD_TEXT, 32, &out->label, NULL },
		{ "serial", FIELD_TEXT, 16, &out->serial, NULL },
		{ "module", FIELD_TEXT, 255, &out->module, NULL },
		{ "so_n", FIELD_NUMBER, UINT32_MAX, &out->so_n, &out->made },
		{ "elsewhere", FIELD_OBJECT, 0, &elsewhere, &out->elsewhere },
		{ "sign", FIELD_HEX32, 0, out->sign, NULL },
		{ "derive", FIELD_HEX32, 0, out->derive, NULL },
		{ "text", FIELD_LINES, TEST_TEXT_MAX, &out->text, NULL },
		{ "signature", FIELD_BASE64, APPROVAL_SIG_MAX, &out->signature,
		    NULL },
		{ "attributes", FIELD_OBJECT, 0, &out->attributes, NULL },
		{ "attestation", FIELD_OBJECT, 0, &words, &out->attested },
		{ "device", FIELD_HEX32, 0, out->device, &device },
	};
	const struct history_field both_words[] = {
		{ "sign", FIELD_HEX32, 0, out->sign_word, NULL },
		{ "derive", FIELD_HEX32, 0, out->derive_word, NULL },
	};
	const struct history_field both[] = {
		{ "sign", FIELD_OBJECT, 0, &sign, NULL },
		{ "derive", FIELD_OBJECT, 0, &derive, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK)
		return ret;
	if (out->made == out->elsewhere)
		return history_refuse(l, RECORD_ERR_FORM,
		    "a card is made or was personalised elsewhere");
	if (out->attested != device || (device && out->elsewhere))
		return history_refuse(l, RECORD_ERR_FORM,
		    "attestation and device stand together, of a card made here");
	if (out->attested &&
	    (ret = history_fields(l, words, HISTORY_ROWS(both_words))) !=
		RECORD_OK)
		return ret;
	if ((out->elsewhere &&
		(ret = read_elsewhere(l, elsewhere, out)) != RECORD_OK) ||
	    (ret = history_fields(l, out->attributes, HISTORY_ROWS(both))) !=
		RECORD_OK ||
	    (ret = history_attributes(l, "sign", sign,
		 out->elsewhere ? ORIGIN_ELSEWHERE : ORIGIN_HERE)) != RECORD_OK)
		return ret;
	return history_attributes(l, "derive", derive,
	    out->elsewhere ? ORIGIN_ELSEWHERE : ORIGIN_HERE);
}

/* Before the step's act: no one joins behind a vote. */
static enum record_error
check_enrol_place(const struct history_line *l)
{
	const struct history *h = l->h;
	enum record_error ret;

	if ((ret = check_quorum_step(l)) != RECORD_OK)
		return ret;
	if (at_genesis(l) && h->has_policy)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "the policy is settled already");
	if (at_genesis(l) && h->operator_count == POLICY_OPERATORS_MAX)
		return history_refuse(l, RECORD_ERR_RULE,
		    "more operators than a policy takes");
	return RECORD_OK;
}

/* A new card, and at genesis a new operator: later someone may come with
 * another card. */
static enum record_error
check_new(const struct history_line *l, const struct enrolment *n)
{
	const struct history_token *token =
	    history_token_by_serial(l->h, n->serial);

	if (token != NULL)
		return history_refuse(l, RECORD_ERR_RULE, "token %s is %s",
		    n->serial, token->label);
	for (size_t i = 0; i < l->h->card_count; i++) {
		const struct history_operator *o = &l->h->cards[i];

		if (at_genesis(l) && strcmp(o->id, n->id) == 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "operator %s is enrolled already", n->id);
		if (strcmp(o->serial, n->serial) == 0)
			return history_refuse(l, RECORD_ERR_RULE,
			    "token %s is operator %s's", n->serial, o->id);
	}
	return RECORD_OK;
}

/* The SO PIN has moved on with the card's making. */
static enum record_error
check_so(const struct history_line *l, const struct enrolment *n)
{
	uint32_t so_n;
	bool open;

	if (n->elsewhere)
		return RECORD_OK;
	history_so(l->h, n->label, &so_n, &open);
	if (!open || n->so_n != (uint64_t)so_n + 1)
		return history_refuse(l, RECORD_ERR_RULE,
		    "so_n is %u, but the SO PIN of %s %s", (unsigned)n->so_n,
		    n->label,
		    open ? "has another number" : "was not used for it");
	return RECORD_OK;
}

/* A key that was made here is on a curve.  Others bring what they have; for
 * signatures with SHA-256 that is not P-384. */
static bool
kind_fits(const struct policy_spki *spki, bool elsewhere, bool sign)
{
	EVP_PKEY *key = policy_key(spki);
	int curve = key == NULL ? NID_undef : key_curve(key);
	bool fits = key != NULL;

	if (elsewhere)
		fits = fits && !(sign && curve == NID_secp384r1) &&
		    !key_is_weak(spki->der, spki->len);
	else
		fits = fits && curve != NID_undef;
	EVP_PKEY_free(key);
	return fits;
}

static enum record_error
spki_of(const struct history_line *l, const char *what, const X509 *cert,
    bool elsewhere, struct policy_spki *out)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	uint8_t *der = NULL;
	size_t len = 0;

	out->len = 0;
	if (key != NULL && key_to_spki(key, &der, &len) == CA_OK &&
	    len <= sizeof(out->der)) {
		memcpy(out->der, der, len);
		out->len = len;
	}
	OPENSSL_free(der);
	if (out->len > 0 &&
	    kind_fits(out, elsewhere, strcmp(what, "sign") == 0))
		return RECORD_OK;
	return history_refuse(l, RECORD_ERR_RULE,
	    elsewhere
		? "%s: not a key on P-256 (derive: P-384), or RSA of 2048 to 4096 bits with 65537, that is taken"
		: "%s: not a P-256 or P-384 key",
	    what);
}

/* sign signed itself and derive: one token, one holder. */
static enum record_error
check_certs(struct history_line *l, struct enrolment *n, X509 *sign,
    X509 *derive)
{
	EVP_PKEY *key = X509_get0_pubkey(sign);
	enum record_error ret;

	if ((ret = spki_of(l, "sign", sign, n->elsewhere, &n->sign_spki)) !=
		RECORD_OK ||
	    (ret = spki_of(l, "derive", derive, n->elsewhere,
		 &n->derive_spki)) != RECORD_OK)
		return ret;
	if (X509_verify(sign, key) != 1)
		return history_refuse(l, RECORD_ERR_SIGNATURE,
		    "the sign certificate is not signed by itself");
	if (X509_verify(derive, key) != 1)
		return history_refuse(l, RECORD_ERR_SIGNATURE,
		    "the derive certificate is not signed by sign");
	ret = history_test_text(l, "sign", key, n->text, &n->signature);
	if (ret != RECORD_OK ||
	    (ret = history_new_key(l, "sign", &n->sign_spki)) != RECORD_OK)
		return ret;
	return history_new_key(l, "derive", &n->derive_spki);
}

static enum record_error
check_words(struct history_line *l, const struct enrolment *n)
{
	enum record_error ret = RECORD_OK;

	if (n->attested)
		ret = history_attested(l, "sign", n->serial, &n->sign_spki,
		    n->sign_word, n->device);
	if (ret == RECORD_OK && n->attested)
		ret = history_attested(l, "derive", n->serial, &n->derive_spki,
		    n->derive_word, n->device);
	return ret;
}

static enum record_error
check_enrolment(struct history_line *l, struct enrolment *n)
{
	X509 *sign = NULL, *derive = NULL;
	enum record_error ret;

	if ((ret = check_new(l, n)) == RECORD_OK &&
	    (ret = check_so(l, n)) == RECORD_OK &&
	    (ret = history_load_cert(l, n->sign, "sign", &sign)) == RECORD_OK &&
	    (ret = history_load_cert(l, n->derive, "derive", &derive)) ==
		RECORD_OK)
		ret = check_certs(l, n, sign, derive);
	if (ret == RECORD_OK)
		ret = check_words(l, n);
	X509_free(sign);
	X509_free(derive);
	return ret;
}

static void
card_of(const struct enrolment *n, struct history_operator *o)
{
	memset(o, 0, sizeof(*o));
	strncpy(o->id, n->id, sizeof(o->id) - 1);
	strncpy(o->label, n->label, sizeof(o->label) - 1);
	strncpy(o->serial, n->serial, sizeof(o->serial) - 1);
	strncpy(o->module, n->module, sizeof(o->module) - 1);
	memcpy(o->sign_cert, n->sign, 32);
	memcpy(o->derive_cert, n->derive, 32);
	o->elsewhere = n->elsewhere;
	o->headless = n->elsewhere && !n->heads;
	if (n->elsewhere) {
		strncpy(o->sign_key, n->sign_key, sizeof(o->sign_key) - 1);
		strncpy(o->derive_key, n->derive_key,
		    sizeof(o->derive_key) - 1);
	}
	o->sign = n->sign_spki;
	o->derive = n->derive_spki;
}

enum record_error
history_do_enrol(struct history_line *l)
{
	struct history *h = l->h;
	struct enrolment n;
	enum record_error ret;

	if ((ret = check_enrol_place(l)) != RECORD_OK ||
	    (ret = read_enrolment(l, &n)) != RECORD_OK ||
	    (ret = check_enrolment(l, &n)) != RECORD_OK)
		return ret;
	if (!history_grow(&h->cards, h->card_count, sizeof(*h->cards)))
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	card_of(&n, &h->cards[h->card_count++]);
	/* who joins later is an operator once the policy says so */
	if (at_genesis(l))
		card_of(&n, &h->operators[h->operator_count++]);
	return n.elsewhere ? RECORD_OK : history_so_done(l, n.label);
}
