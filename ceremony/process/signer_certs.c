/* SPDX-License-Identifier: ISC */
/* The certificates of a batch: intents, made here or told; then, one entry at a
 * time as they are handed out, what was intended and nothing else. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "ca/subject.h"
#include "ceremony/process/signer.h"

/* The certificate of a cert line; false when its profile is no device's or its
 * subject cannot be written. */
static bool
spec_of(const struct signer *s, const struct act_batch *b, size_t i,
    char *subject, struct cert_spec *spec)
{
	const struct worklist_entry *e = &b->list.entries[i];
	const struct work *w = &b->work[i];

	memset(spec, 0, sizeof(*spec));
	spec->profile = profile_find(e->profile);
	if (spec->profile == NULL || !spec->profile->device ||
	    subject_expand(b->list.subject, e->id, subject) != CA_OK)
		return false;
	spec->subject = subject;
	spec->hwserial = e->hwserial[0] == '\0' ? NULL : e->hwserial;
	spec->spki = w->spki;
	spec->spki_len = w->spki_len;
	spec->issuer = s->group->ca;
	memcpy(spec->serial, w->serial, sizeof(spec->serial));
	spec->not_before = e->not_before;
	spec->not_after = e->not_after;
	return true;
}

/* The cert line of an entry, counted from 1; NULL when it is none. */
static struct work *
work_of(struct act_batch *b, uint64_t entry)
{
	if (entry == 0 || entry > b->list.count ||
	    b->list.entries[entry - 1].what != WORKLIST_CERT)
		return NULL;
	return &b->work[entry - 1];
}

/* ---- intents ------------------------------------------------------------- */

/* What another signer of this batch means to sign.  Not answered one by one. */
void
signer_intend(struct signer *s)
{
	struct act *a = s->group->current;
	uint64_t entry = message_get_number(&s->in);
	uint8_t serial[SERIAL_SIZE], tbs[32];
	struct work *w = NULL;

	message_get_exact(&s->in, serial, sizeof(serial));
	message_get_exact(&s->in, tbs, sizeof(tbs));
	if (signer_bad_form(s))
		return;
	if (a->what == ACT_BATCH && !a->executed)
		w = work_of(&a->u.batch, entry);
	if (w == NULL || w->intended || serial[0] != 0x01) {
		signer_fault(s, FAULT_REFUSED, "intent: not expected now");
		s->stop = true;
		return;
	}
	w->intended = true;
	memcpy(w->serial, serial, sizeof(serial));
	memcpy(w->tbs_sha256, tbs, sizeof(tbs));
	a->u.batch.intended++;
}

static int
compare_serials(const void *a, const void *b)
{
	return memcmp(a, b, SERIAL_SIZE);
}

/* No serial is used twice. */
static bool
distinct(const struct act_batch *b)
{
	uint8_t(*serials)[SERIAL_SIZE] =
	    calloc(b->list.count + 1, sizeof(*serials));
	bool ok = serials != NULL;
	size_t n = 0;

	for (size_t i = 0; ok && i < b->list.count; i++) {
		if (b->list.entries[i].what == WORKLIST_CERT)
			memcpy(serials[n++], b->work[i].serial, SERIAL_SIZE);
	}
	if (ok)
		qsort(serials, n, sizeof(*serials), compare_serials);
	for (size_t i = 1; ok && i < n; i++)
		ok = memcmp(serials[i - 1], serials[i], SERIAL_SIZE) != 0;
	free(serials);
	return ok;
}

/* Which serial a cert line gets: the one told, the one it had before a stop, or
 * one of this act's seed. */
static bool
choose_serial(struct act *a, size_t i)
{
	struct act_batch *b = &a->u.batch;
	const struct worklist_entry *e = &b->list.entries[i];
	struct work *w = &b->work[i];

	if (w->intended)
		return !e->resumed ||
		    memcmp(w->serial, e->serial, sizeof(w->serial)) == 0;
	if (!e->resumed)
		return serial_make(a->seed, sizeof(a->seed), (uint32_t)i + 1,
			   w->serial) == CA_OK;
	memcpy(w->serial, e->serial, sizeof(w->serial));
	return true;
}

/* Build the TBS of a cert line, once; one that was told, or said before a stop,
 * is the same. */
static bool
build(struct signer *s, struct act *a, size_t i)
{
	struct act_batch *b = &a->u.batch;
	const struct worklist_entry *e = &b->list.entries[i];
	struct work *w = &b->work[i];
	char subject[SUBJECT_TEXT_MAX + 1];
	struct cert_spec spec;
	uint8_t tbs[32];
	enum ca_error err = CA_ERR_PROFILE;

	if (w->cert != NULL)
		return true;
	if (choose_serial(a, i) && spec_of(s, b, i, subject, &spec))
		err = cert_build(&spec, &w->cert);
	if (err == CA_OK)
		err = cert_tbs_digest(w->cert, tbs);
	if (err == CA_OK &&
	    ((w->intended && memcmp(tbs, w->tbs_sha256, sizeof(tbs)) != 0) ||
		(e->resumed && memcmp(tbs, e->tbs_sha256, sizeof(tbs)) != 0)))
		err = CA_ERR_SELFCHECK;
	if (err == CA_OK) {
		memcpy(w->tbs_sha256, tbs, sizeof(tbs));
		return true;
	}
	signer_fault(s, FAULT_REFUSED, "entry %zu (%s): %s: nothing was signed",
	    i + 1, e->id, ca_strerror(err));
	return false;
}

static bool
tell_intent(struct signer *s, const struct work *w, size_t i)
{
	message_start(&s->out, MSG_INTENT);
	message_put_number(&s->out, i + 1);
	message_put_octets(&s->out, w->serial, sizeof(w->serial));
	message_put_octets(&s->out, w->tbs_sha256, sizeof(w->tbs_sha256));
	return signer_send(s);
}

void
signer_batch_execute(struct signer *s, struct act *a)
{
	struct act_batch *b = &a->u.batch;
	bool told = b->intended > 0;

	if (told && b->intended != worklist_certs(&b->list)) {
		signer_fault(s, FAULT_REFUSED,
		    "batch: intents of some entries only: nothing is signed");
		return;
	}
	/* what was told is built when it is signed, or taken */
	for (size_t i = 0; !told && i < b->list.count; i++) {
		if (b->list.entries[i].what == WORKLIST_CERT &&
		    (!build(s, a, i) || !tell_intent(s, &b->work[i], i)))
			return;
	}
	if (told && !distinct(b)) {
		signer_fault(s, FAULT_REFUSED,
		    "batch: two intents with one serial: nothing is signed");
		return;
	}
	s->state = STATE_SIGNING;
	message_start(&s->out, MSG_DONE);
	signer_send(s);
}

/* ---- certificates -------------------------------------------------------- */

/* The intents are on disk: what is handed out is signed. */
void
signer_go(struct signer *s)
{
	struct act_batch *b = &s->group->current->u.batch;

	if (signer_bad_form(s) || !signer_ca_key(s, &b->key))
		return;
	s->state = STATE_SEALING;
	signer_ok(s);
}

/* Why a key does not sign: its card is gone, or something else. */
static void
sign_fault(struct signer *s, const struct act_batch *b, size_t i,
    enum ca_error err)
{
	char what[SUBJECT_ID_MAX + 40];

	snprintf(what, sizeof(what), "entry %zu (%s)", i + 1,
	    b->list.entries[i].id);
	signer_sign_fault(s, what, err == CA_ERR_SIGN, ca_strerror(err));
}

static bool
sign_one(struct signer *s, struct act *a, size_t i)
{
	struct act_batch *b = &a->u.batch;
	struct work *w = &b->work[i];
	enum ca_error err;

	if (!build(s, a, i))
		return false;
	err = cert_sign(w->cert, b->key);
	if (err == CA_OK)
		err = cert_der(w->cert, &w->der, &w->der_len);
	if (err == CA_OK)
		err = cert_check_signed(w->der, w->der_len, w->tbs_sha256,
		    s->group->ca);
	if (err == CA_OK)
		return true;
	OPENSSL_free(w->der);
	w->der = NULL;
	sign_fault(s, b, i, err);
	return false;
}

/* An entry that was handed out to this token: signed here once, if ever. */
void
signer_sign(struct signer *s)
{
	struct act_batch *b = &s->group->current->u.batch;
	uint64_t entry = message_get_number(&s->in);
	struct work *w;

	if (signer_bad_form(s))
		return;
	w = work_of(b, entry);
	if (w == NULL || w->tried || w->der != NULL) {
		signer_fault(s, FAULT_REFUSED,
		    "entry %llu: no certificate, or signed before",
		    (unsigned long long)entry);
		return;
	}
	/* not even what waits already: nobody would hear of it */
	if (b->failed) {
		signer_fault(s, FAULT_REFUSED,
		    "entry %llu: the entry before it was not signed",
		    (unsigned long long)entry);
		return;
	}
	w->tried = true;
	b->failed = !sign_one(s, s->group->current, (size_t)entry - 1);
	if (b->failed)
		return;
	message_start(&s->out, MSG_CERT);
	message_put_octets(&s->out, w->der, w->der_len);
	signer_send(s);
}

/* What another token signed is what was intended, by this CA. */
static bool
is_intended(struct signer *s, const struct work *w, const uint8_t *der,
    size_t len)
{
	uint8_t tbs[32];
	X509 *cert = NULL;
	bool ok = cert_parse(der, len, &cert) == CA_OK &&
	    cert_tbs_digest(cert, tbs) == CA_OK &&
	    memcmp(tbs, w->tbs_sha256, sizeof(tbs)) == 0 &&
	    X509_verify(cert, X509_get0_pubkey(s->group->ca)) == 1;

	X509_free(cert);
	return ok;
}

/* A certificate that another token signed, for the response.  Not answered one
 * by one. */
void
signer_take(struct signer *s)
{
	struct act_batch *b = &s->group->current->u.batch;
	uint64_t entry = message_get_number(&s->in);
	size_t len;
	const uint8_t *der = message_get_octets(&s->in, CERT_MAX, &len);
	struct work *w;

	if (signer_bad_form(s))
		return;
	w = work_of(b, entry);
	if (w != NULL && !build(s, s->group->current, (size_t)entry - 1)) {
		s->stop = true;
		return;
	}
	if (w == NULL || w->der != NULL || !is_intended(s, w, der, len) ||
	    (w->der = OPENSSL_memdup(der, len)) == NULL) {
		signer_fault(s, FAULT_REFUSED,
		    "entry %llu: another certificate than was intended",
		    (unsigned long long)entry);
		s->stop = true;
		return;
	}
	w->der_len = len;
}

/* Every cert line's certificate goes into the log's tree, in the order of the
 * worklist; once. */
bool
signer_batch_grow(struct act_batch *b)
{
	uint8_t leaf[32];

	for (size_t i = 0; i < b->list.count; i++) {
		if (b->list.entries[i].what == WORKLIST_CERT &&
		    b->work[i].der == NULL)
			return false;
	}
	for (size_t i = 0; !b->grown && i < b->list.count; i++) {
		struct work *w = &b->work[i];

		if (b->list.entries[i].what != WORKLIST_CERT)
			continue;
		w->leaf = tree_size(&b->tree);
		tree_leaf(w->der, w->der_len, leaf);
		if (!tree_add(&b->tree, leaf))
			return false;
	}
	b->grown = true;
	return true;
}

/* Another token's signer seals: nothing more to do here. */
void
signer_rest(struct signer *s)
{
	if (signer_bad_form(s))
		return;
	signer_act_finish(s, s->group->current);
	signer_ok(s);
}
