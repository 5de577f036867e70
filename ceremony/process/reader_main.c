/* SPDX-License-Identifier: ISC */
/*
 * anchorite-reader: parses one foreign file, or a row of pictures, handed over
 * as sealed memfds, and passes on typed fields.  It has no keys and no files of its own, and
 * ends after its one job.
 */
#include <jansson.h>
#include <stdlib.h>

#include "ca/csr.h"
#include "ceremony/process/reader.h"
#include "ceremony/process/sandbox.h"
#include "ceremony/record/backup_file.h"
#include "ceremony/record/csr_file.h"
#include "ceremony/record/plan_yaml.h"
#include "transfer/order.h"
#include "transfer/request.h"
#include "transfer/sealed.h"

static void
read_plan(struct reader *r)
{
	struct plan_field *fields = NULL;
	struct plan_fault fault = { .line = 0 };
	struct plan *plan = NULL;
	size_t count = 0;

	if (r->len > PLAN_MAX) {
		reader_fault(r, 0, 0, "over 256 KiB: not a plan");
		return;
	}
	if (plan_yaml_fields((const char *)r->file, r->len, &fields, &count,
		&fault) != RECORD_OK ||
	    plan_build(fields, count, &plan, &fault) != RECORD_OK) {
		reader_fault(r, fault.line, fault.column, fault.text);
		goto out;
	}
	for (size_t i = 0; i < count; i++) {
		message_start(&r->out, MSG_PLAN_FIELD);
		message_put_text(&r->out, fields[i].path);
		message_put_text(&r->out, fields[i].value);
		message_put_number(&r->out, fields[i].line);
		message_put_number(&r->out, fields[i].column);
		if (!reader_send(r))
			goto out;
	}
	reader_done(r);
out:
	plan_free(plan);
	free(fields);
}

/* A file of wrapped keys: nothing in it is proved before it is unwrapped. */
static void
read_backup(struct reader *r)
{
	struct backup_file *b = malloc(sizeof(*b));
	struct record_fault fault = { .text = "out of memory" };

	if (b == NULL ||
	    backup_file_read((const char *)r->file, r->len, b, &fault) !=
		RECORD_OK) {
		reader_fault(r, 0, 0, fault.text);
		free(b);
		return;
	}
	message_start(&r->out, MSG_BACKUP);
	message_put_text(&r->out, b->log);
	message_put_text(&r->out, b->ceremony);
	message_put_text(&r->out, b->first);
	message_put_text(&r->out, b->token);
	message_put_text(&r->out, b->module);
	message_put_number(&r->out, b->keys.count);
	for (size_t i = 0; reader_send(r) && i < b->keys.count; i++) {
		const struct wrapped_key *k = &b->keys.keys[i];

		message_start(&r->out, MSG_WRAPPED);
		message_put_text(&r->out, k->role);
		message_put_octets(&r->out, k->spki.der, k->spki.len);
		message_put_octets(&r->out, k->blob, k->len);
	}
	free(b);
}

static bool
send_asks(struct reader *r, const struct csr_file *f)
{
	message_start(&r->out, MSG_CSR);
	message_put_octets(&r->out, f->csr.spki, f->csr.spki_len);
	message_put_text(&r->out, f->asks.subject);
	message_put_number(&r->out, f->asks.count);
	for (size_t i = 0; i < f->asks.count; i++) {
		if (!reader_send(r))
			return false;
		message_start(&r->out, MSG_ASK);
		message_put_text(&r->out, f->asks.asks[i].name);
		message_put_text(&r->out, f->asks.asks[i].value);
	}
	return reader_send(r);
}

/* The CSR of a CA: its key, and what it asks for. */
static void
read_csr(struct reader *r)
{
	struct csr_file *f = malloc(sizeof(*f));
	struct record_fault fault = { .text = "out of memory" };

	if (f == NULL || csr_file_read(r->file, r->len, f, &fault) != RECORD_OK)
		reader_fault(r, 0, 0, fault.text);
	else if (send_asks(r, f))
		reader_done(r);
	free(f);
}

/* A station file is sealed by the key it presents. */
static void
read_station(struct reader *r)
{
	struct station station = { .certificate = NULL };
	struct transfer_fault fault = { .err = TRANSFER_OK };
	uint8_t *payload = NULL, *spki = NULL, digest[32];
	size_t len = 0, spki_len = 0;
	X509 *cert = NULL;
	EVP_PKEY *key = NULL;
	const uint8_t *p;
	enum transfer_error err =
	    sealed_peek(r->file, r->len, &payload, &len, digest);

	if (err == TRANSFER_OK)
		err =
		    station_read((const char *)payload, len, &station, &fault);
	if (err != TRANSFER_OK)
		goto out;
	p = station.certificate;
	cert = d2i_X509(NULL, &p, (long)station.certificate_len);
	key = cert == NULL ? NULL : X509_get_pubkey(cert);
	OPENSSL_free(payload);
	payload = NULL;
	err = TRANSFER_ERR_SIGNER;
	if (key != NULL && key_to_spki(key, &spki, &spki_len) == CA_OK)
		err = sealed_open(r->file, r->len, key, &payload, &len, digest);
	if (err != TRANSFER_OK)
		goto out;
	message_start(&r->out, MSG_STATION);
	message_put_text(&r->out, station.factory);
	message_put_text(&r->out, station.line);
	message_put_octets(&r->out, spki, spki_len);
	if (reader_send(r))
		reader_done(r);
out:
	if (err != TRANSFER_OK)
		reader_fault(r, 0, 0,
		    fault.err != TRANSFER_OK ? fault.text
					     : transfer_strerror(err));
	OPENSSL_free(payload);
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
	X509_free(cert);
	station_clear(&station);
}

static bool
send_entry(struct reader *r, const struct request_entry *e,
    const struct profile *profile)
{
	struct csr csr;
	enum rule rule = csr_check(e->csr, e->csr_len, e->id, profile, &csr);

	message_start(&r->out, MSG_ENTRY);
	message_put_text(&r->out, e->id);
	message_put_text(&r->out, e->hwserial);
	message_put_number(&r->out, rule);
	message_put_octets(&r->out, csr.spki, csr.spki_len);
	message_put_octets(&r->out, csr.r_sha256, sizeof(csr.r_sha256));
	return reader_send(r);
}

/* Tell whose request it is, then wait for the profile of its order. */
static const struct profile *
send_request(struct reader *r, const struct request *request,
    const uint8_t digest[32], const uint8_t *spki, size_t spki_len)
{
	const struct profile *profile = NULL;
	char name[65];

	message_start(&r->out, MSG_REQUEST);
	message_put_octets(&r->out, digest, 32);
	message_put_octets(&r->out, request->order, 32);
	message_put_octets(&r->out, request->bundle, 16);
	message_put_number(&r->out, request->sequence);
	message_put_octets(&r->out, request->previous, 32);
	message_put_number(&r->out, request->count);
	message_put_octets(&r->out, spki, spki_len);
	if (!reader_send(r) || !reader_hear(r, STATE_OPEN))
		return NULL;
	message_get_text(&r->in, name, sizeof(name) - 1);
	if (r->in.kind == MSG_ENTRIES && message_done(&r->in))
		profile = profile_find(name);
	if (profile == NULL)
		reader_fault(r, 0, 0, "reader: no such profile");
	return profile;
}

/* Open a request with the key it carries; whether that is the order's station
 * is for the operator's process to say. */
static enum transfer_error
open_request(struct reader *r, uint8_t **payload, size_t *len,
    uint8_t digest[32], uint8_t **spki, size_t *spki_len)
{
	X509 *cert = sealed_peek_cert(r->file, r->len);
	EVP_PKEY *key = cert == NULL ? NULL : X509_get_pubkey(cert);
	enum transfer_error err = TRANSFER_ERR_SIGNER;

	if (cert == NULL)
		err = sealed_peek(r->file, r->len, payload, len, digest);
	else if (key != NULL && key_to_spki(key, spki, spki_len) == CA_OK)
		err = sealed_open(r->file, r->len, key, payload, len, digest);
	if (cert == NULL && err == TRANSFER_OK)
		err = TRANSFER_ERR_SIGNER;
	EVP_PKEY_free(key);
	X509_free(cert);
	return err;
}

static void
read_request(struct reader *r)
{
	struct request request = { .entries = NULL };
	struct transfer_fault fault = { .err = TRANSFER_OK };
	uint8_t *payload = NULL, *spki = NULL, digest[32];
	const struct profile *profile;
	size_t len = 0, spki_len = 0;
	enum transfer_error err =
	    open_request(r, &payload, &len, digest, &spki, &spki_len);

	if (err == TRANSFER_OK)
		err =
		    request_read((const char *)payload, len, &request, &fault);
	if (err != TRANSFER_OK) {
		reader_fault(r, 0, 0,
		    fault.err != TRANSFER_OK ? fault.text
					     : transfer_strerror(err));
		goto out;
	}
	profile = send_request(r, &request, digest, spki, spki_len);
	if (profile == NULL)
		goto out;
	for (size_t i = 0; i < request.count; i++) {
		if (!send_entry(r, &request.entries[i], profile))
			goto out;
	}
	reader_done(r);
out:
	OPENSSL_free(payload);
	OPENSSL_free(spki);
	request_clear(&request);
}

static const struct {
	enum message_kind kind;
	size_t max; /* octets of its file; 0: it sees to that */
	void (*read)(struct reader *r);
} jobs[] = {
	{ MSG_READ_PLAN, SEALED_MAX, read_plan },
	{ MSG_READ_STATION, SEALED_MAX, read_station },
	{ MSG_READ_REQUEST, SEALED_MAX, read_request },
	{ MSG_READ_BACKUP, SEALED_MAX, read_backup },
	{ MSG_READ_CSR, SEALED_MAX, read_csr },
	{ MSG_PICTURE, 0, reader_look },
	{ MSG_SCAN, 0, reader_scan },
};

/* One job, and the end. */
static void
reader_run(struct reader *r)
{
	size_t i = 0;

	if (!reader_hear(r, STATE_IDLE))
		return;
	while (i < sizeof(jobs) / sizeof(jobs[0]) && jobs[i].kind != r->in.kind)
		i++;
	if (i == sizeof(jobs) / sizeof(jobs[0])) {
		reader_fault(r, 0, 0, "reader: message of the wrong kind");
		return;
	}
	if (jobs[i].max > 0 && !reader_map(r, jobs[i].max)) {
		reader_fault(r, 0, 0, "not a sealed memory file");
		return;
	}
	jobs[i].read(r);
	reader_unmap(r);
}

int
main(void)
{
	char level[SANDBOX_LEVEL_MAX];
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return 1;
	message_start(&r->in, MSG_NONE);
	json_object_seed(0); /* it opens /dev/urandom */
	if (sandbox_open_first() &&
	    sandbox_enter(SANDBOX_READER, NULL, level, sizeof(level)) == 0) {
		message_start(&r->out, MSG_READY);
		message_put_text(&r->out, level);
		if (reader_send(r))
			reader_run(r);
	}
	message_clear(&r->in);
	free(r);
	return 0;
}
