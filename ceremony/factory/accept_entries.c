/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/csr.h"
#include "ca/date.h"
#include "ceremony/factory/acceptance.h"
#include "ceremony/factory/progress.h"
#include "ceremony/record/tree.h"

/* Refuse for the sake of one entry, always false. */
static bool __attribute__((format(printf, 3, 4)))
refuse_entry(struct acceptance *a, size_t i, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return acceptance_refuse(a, a->response_path, "entry %zu (%s): %s",
	    i + 1, a->request.entries[i].id, text);
}

static bool
is_certificate(const struct response_entry *e)
{
	return e->status == RESPONSE_ISSUED || e->status == RESPONSE_DUPLICATE;
}

/* The order allows this id, and it is the one that we asked for. */
static bool
check_id(struct acceptance *a, size_t i)
{
	const char *sent = a->request.entries[i].id;

	if (strcmp(a->response.entries[i].id, sent) != 0)
		return refuse_entry(a, i, "is answered under another id, %s",
		    a->response.entries[i].id);
	if (!subject_id_valid(sent) || !pattern_match(a->order.pattern, sent))
		return refuse_entry(a, i,
		    "got a certificate outside the order's pattern %s",
		    a->order.pattern);
	return true;
}

/* The certificate is for the key of the CSR that we sent. */
static bool
check_key(struct acceptance *a, size_t i, struct csr *csr)
{
	const struct request_entry *sent = &a->request.entries[i];
	enum rule rule =
	    csr_check(sent->csr, sent->csr_len, sent->id, a->profile, csr);
	uint8_t digest[32];

	if (rule != RULE_OK)
		return refuse_entry(a, i,
		    "got a certificate though its CSR breaks rule %s",
		    rule_row(rule)->id);
	if (cert_spki_sha256(a->certs[i], digest) != CA_OK ||
	    CRYPTO_memcmp(digest, csr->key.spki_sha256, 32) != 0)
		return refuse_entry(a, i,
		    "the certificate is for another key than our CSR's");
	return true;
}

/* What the certificate has to be, but for what only the CA decides: serial
 * and dates are its own.  False when they cannot be read. */
static bool
fill_spec(const struct acceptance *a, size_t i, const struct csr *csr,
    const char *subject, struct cert_spec *spec)
{
	const char *hwserial = a->request.entries[i].hwserial;
	uint8_t serial[20];
	size_t len;

	*spec = (struct cert_spec){
		.profile = a->profile,
		.subject = subject,
		.spki = csr->spki,
		.spki_len = csr->spki_len,
		.issuer = a->product,
	};
	if (a->profile->hardware_serial && hwserial[0] != '\0')
		spec->hwserial = hwserial;
	if (cert_serial(a->certs[i], serial, &len) != CA_OK ||
	    len != SERIAL_SIZE ||
	    cert_dates(a->certs[i], &spec->not_before, &spec->not_after) !=
		CA_OK)
		return false;
	memcpy(spec->serial, serial, SERIAL_SIZE);
	return true;
}

/* Signature and every field, as profile, order and request say it. */
static bool
check_fields(struct acceptance *a, size_t i, const struct csr *csr)
{
	const struct response_entry *e = &a->response.entries[i];
	char subject[SUBJECT_TEXT_MAX + 1];
	struct cert_spec spec;
	enum ca_error err;

	if (subject_expand(a->order.subject, e->id, subject) != CA_OK)
		return refuse_entry(a, i, "the order's subject does not fit");
	if (fill_spec(a, i, csr, subject, &spec) &&
	    cert_selfcheck(e->certificate, e->certificate_len, &spec) == CA_OK)
		return true;
	err = cert_conforms(a->certs[i], a->product, a->profile, NULL);
	if (err != CA_OK)
		return refuse_entry(a, i,
		    "the certificate does not conform to profile %s under the "
		    "product CA (%s)",
		    a->profile->name, ca_strerror(err));
	return refuse_entry(a, i,
	    "the certificate's subject is not \"%s\" as the order and request "
	    "say",
	    subject);
}

static bool
check_dates(struct acceptance *a, size_t i)
{
	int64_t from, to, expiry;

	if (cert_dates(a->certs[i], &from, &to) != CA_OK ||
	    date_parse_compact(a->order.expiry, &expiry) != CA_OK)
		return refuse_entry(a, i, "a date cannot be read");
	if (a->now < from || a->now > to)
		return refuse_entry(a, i,
		    "the certificate is not valid at this date; check this "
		    "machine's clock, or give --date");
	if (a->response.entries[i].status == RESPONSE_ISSUED && from > expiry)
		return refuse_entry(a, i, "was issued after the order expired");
	return true;
}

static bool
check_proof(struct acceptance *a, size_t i)
{
	const struct response_entry *e = &a->response.entries[i];
	uint8_t leaf[32];

	tree_leaf(e->certificate, e->certificate_len, leaf);
	if (!tree_verify(leaf, e->leaf, a->response.tree_size,
		(const uint8_t(*)[32])e->proof, e->proof_len,
		a->response.tree_root))
		return refuse_entry(a, i,
		    "the proof does not show the certificate in the log");
	return true;
}

static bool
check_entry(struct acceptance *a, size_t i)
{
	const struct response_entry *e = &a->response.entries[i];
	struct csr csr;

	if (!is_certificate(e))
		return true;
	if (!check_id(a, i))
		return false;
	if (cert_parse(e->certificate, e->certificate_len, &a->certs[i]) !=
	    CA_OK)
		return refuse_entry(a, i, "the certificate is not strict DER");
	if (!check_key(a, i, &csr) || !check_fields(a, i, &csr) ||
	    !check_dates(a, i) || !check_proof(a, i))
		return false;
	a->cert_count++;
	if (crl_lookup(a->product_crl, a->certs[i]) != CA_OK) {
		X509_free(a->certs[i]);
		a->certs[i] = NULL;
		a->cert_count--;
		a->revoked++;
	}
	return true;
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* No id got two certificates: they would also share a file's name. */
static bool
check_ids_once(struct acceptance *a)
{
	size_t n = 0;
	const char **ids = calloc(a->response.count + 1, sizeof(*ids));
	bool ok = true;

	if (ids == NULL)
		return acceptance_refuse(a, a->response_path, "out of memory");
	for (size_t i = 0; i < a->response.count; i++) {
		if (is_certificate(&a->response.entries[i]))
			ids[n++] = a->response.entries[i].id;
	}
	qsort(ids, n, sizeof(*ids), by_id);
	for (size_t i = 1; ok && i < n; i++) {
		if (strcmp(ids[i - 1], ids[i]) == 0)
			ok = acceptance_refuse(a, a->response_path,
			    "id %s got two certificates", ids[i]);
	}
	free(ids);
	return ok;
}

static bool
check_counts(struct acceptance *a)
{
	size_t issued = 0;

	if (a->response.count != a->request.count)
		return acceptance_refuse(a, a->response_path,
		    "answers %zu entries; the request has %zu",
		    a->response.count, a->request.count);
	for (size_t i = 0; i < a->response.count; i++)
		issued += a->response.entries[i].status == RESPONSE_ISSUED;
	if (issued > a->order.quota)
		return acceptance_refuse(a, a->response_path,
		    "%zu certificates; the order allows %llu", issued,
		    (unsigned long long)a->order.quota);
	return check_ids_once(a);
}

bool
acceptance_entries(struct acceptance *a)
{
	struct progress progress;
	bool ok = true;

	a->profile = profile_find(a->order.profile);
	if (a->profile == NULL || !a->profile->device)
		return acceptance_refuse(a, a->order_path,
		    "profile %s is not one for devices", a->order.profile);
	if (!check_counts(a))
		return false;
	a->certs = calloc(a->request.count, sizeof(*a->certs));
	if (a->certs == NULL)
		return acceptance_refuse(a, a->response_path, "out of memory");
	progress_begin(&progress, "verifying certificates", a->request.count);
	for (size_t i = 0; ok && i < a->request.count; i++) {
		ok = check_entry(a, i);
		progress_step(&progress, i + 1);
	}
	progress_end(&progress);
	return ok;
}
