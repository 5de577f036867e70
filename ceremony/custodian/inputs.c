/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ca/date.h"
#include "ceremony/custodian/keys.h"
#include "ceremony/custodian/media.h"
#include "transfer/file.h"
#include "transfer/response.h"
#include "transfer/sealed.h"

bool
input_file(struct ceremony *c, const char *name, uint8_t **out, size_t *len)
{
	enum transfer_error err;

	if (c->desk != NULL && c->desk->in)
		return media_input(c, name, out, len);
	err = file_read(c->in_fd, name, SEALED_MAX, out, len);
	if (err == TRANSFER_OK)
		return true;
	return ceremony_stop(c, EXIT_INPUT,
	    "%s/%s: %s%s%s: put the file there and run the same plan again",
	    c->in_path, name, transfer_strerror(err),
	    err == TRANSFER_ERR_IO ? ": " : "",
	    err == TRANSFER_ERR_IO ? strerror(errno) : "");
}

/* What the reader says against a file, with the file's name before it. */
static bool
blame(struct ceremony *c, const char *name)
{
	char why[sizeof(c->why)];

	if (c->status == EXIT_DONE)
		return false;
	snprintf(why, sizeof(why), "%s", c->why);
	snprintf(c->why, sizeof(c->why), "%s/%.64s: %.380s", c->in_path, name,
	    why);
	return false;
}

bool
input_station(struct ceremony *c, const char *name, struct station_view *out)
{
	struct child reader = { .pid = -1, .sock = -1 };
	uint8_t *data = NULL;
	const uint8_t *spki;
	struct key_ident key;
	size_t len = 0, spki_len = 0;
	bool ok = input_file(c, name, &data, &len);

	if (ok)
		ok =
		    (child_read_file(c, MSG_READ_STATION, data, len, &reader) &&
			child_hear(c, &reader, MSG_STATION)) ||
		    blame(c, name);
	if (ok) {
		message_get_text(&c->in, out->factory, 64);
		message_get_text(&c->in, out->line, 64);
		spki = message_get_octets(&c->in, KEY_SPKI_MAX, &spki_len);
		ok = child_fields_ok(c) &&
		    (key_identify(spki, spki_len, &key) == CA_OK ||
			ceremony_stop(c, EXIT_INPUT,
			    "%s/%s: station key: not usable", c->in_path,
			    name));
		if (ok)
			memcpy(out->spki_sha256, key.spki_sha256, 32);
	}
	child_end(&reader);
	free(data);
	return ok;
}

static bool
hear_backup(struct ceremony *c, struct child *reader, struct backup_file *out)
{
	uint64_t count;

	if (!child_hear(c, reader, MSG_BACKUP))
		return false;
	message_get_text(&c->in, out->log, sizeof(out->log) - 1);
	message_get_text(&c->in, out->ceremony, sizeof(out->ceremony) - 1);
	message_get_text(&c->in, out->first, sizeof(out->first) - 1);
	message_get_text(&c->in, out->token, sizeof(out->token) - 1);
	message_get_text(&c->in, out->module, sizeof(out->module) - 1);
	count = message_get_number(&c->in);
	if (!child_fields_ok(c))
		return false;
	if (count < 1 || count > 2)
		return ceremony_stop(c, EXIT_PROCESS,
		    "reader: keys of no CA: nothing it said is used");
	return keys_hear_wrapped(c, reader, (size_t)count, &out->keys);
}

bool
input_backup(struct ceremony *c, const char *name, struct backup_file *out,
    uint8_t **file, size_t *len)
{
	struct child reader = { .pid = -1, .sock = -1 };
	bool ok;

	*file = NULL;
	memset(out, 0, sizeof(*out));
	ok = input_file(c, name, file, len) &&
	    ((child_read_file(c, MSG_READ_BACKUP, *file, *len, &reader) &&
		 hear_backup(c, &reader, out)) ||
		blame(c, name));
	child_end(&reader);
	if (!ok) {
		free(*file);
		*file = NULL;
	}
	return ok;
}

static bool
hear_asks(struct ceremony *c, struct child *reader, struct csr_asks *asks)
{
	for (size_t i = 0; i < asks->count; i++) {
		struct csr_ask *a = &asks->asks[i];

		if (!child_hear(c, reader, MSG_ASK))
			return false;
		message_get_text(&c->in, a->name, sizeof(a->name) - 1);
		message_get_text(&c->in, a->value, sizeof(a->value) - 1);
		if (!child_fields_ok(c))
			return false;
	}
	return child_hear(c, reader, MSG_DONE);
}

static bool
hear_csr(struct ceremony *c, struct child *reader, struct csr_view *out)
{
	const uint8_t *spki;
	uint64_t count;

	if (!child_hear(c, reader, MSG_CSR))
		return false;
	spki = message_get_octets(&c->in, sizeof(out->spki), &out->spki_len);
	if (spki != NULL)
		memcpy(out->spki, spki, out->spki_len);
	message_get_text(&c->in, out->asks.subject,
	    sizeof(out->asks.subject) - 1);
	count = message_get_number(&c->in);
	if (!child_fields_ok(c))
		return false;
	/* a lying reader: a key that is none, or that nobody should have */
	if (count > CSR_ASKS_MAX ||
	    key_identify(out->spki, out->spki_len, &out->key) != CA_OK ||
	    key_is_weak(out->spki, out->spki_len))
		return ceremony_stop(c, EXIT_PROCESS,
		    "reader: a CSR that makes no sense: nothing it said is "
		    "used");
	out->asks.count = (size_t)count;
	return hear_asks(c, reader, &out->asks);
}

bool
input_csr(struct ceremony *c, const char *name, struct csr_view *out)
{
	struct child reader = { .pid = -1, .sock = -1 };
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = input_file(c, name, &out->file, &out->len) &&
	    ((child_read_file(c, MSG_READ_CSR, out->file, out->len, &reader) &&
		 hear_csr(c, &reader, out)) ||
		blame(c, name));
	child_end(&reader);
	return ok;
}

void
input_csr_clear(struct csr_view *v)
{
	free(v->file);
	memset(v, 0, sizeof(*v));
}

void
input_request_clear(struct request_view *r)
{
	free(r->file);
	free(r->entries);
	memset(r, 0, sizeof(*r));
}

/* The order as this log sealed it; its payload is an object. */
static bool
load_order(struct ceremony *c, struct request_view *r)
{
	struct transfer_fault fault = { .err = TRANSFER_OK };
	uint8_t *payload = NULL;
	size_t len = 0;
	int64_t expiry;
	bool ok;

	if (history_order(c->history, r->order_sha256) == NULL)
		return ceremony_stop(c, EXIT_REFUSED,
		    "its work order is not one of this log: ask the factory "
		    "which order it means");
	if (!ceremony_load(c, r->order_sha256, &payload, &len))
		return false;
	ok = order_read((const char *)payload, len, &r->order, &fault) ==
	    TRANSFER_OK;
	free(payload);
	if (!ok || date_parse_compact(r->order.expiry, &expiry) != CA_OK)
		return ceremony_stop(c, EXIT_STATE, "its work order: %s",
		    fault.text);
	if (c->plan->date > expiry)
		return ceremony_stop(c, EXIT_REFUSED,
		    "its work order expired at %s, before this plan's date: "
		    "seal a new order",
		    r->order.expiry);
	return true;
}

static bool
hear_head(struct ceremony *c, struct request_view *r)
{
	const uint8_t *spki;
	size_t len;

	message_get_exact(&c->in, r->request, 32);
	message_get_exact(&c->in, r->order_sha256, 32);
	message_get_exact(&c->in, r->bundle, 16);
	r->sequence = message_get_number(&c->in);
	message_get_exact(&c->in, r->previous, 32);
	r->count = message_get_number(&c->in);
	spki = message_get_octets(&c->in, KEY_SPKI_MAX, &len);
	if (!child_fields_ok(c))
		return false;
	if (r->count > SEALED_ENTRIES_MAX ||
	    key_identify(spki, len, &r->station) != CA_OK)
		return ceremony_stop(c, EXIT_INPUT, "station key: not usable");
	if (!load_order(c, r))
		return false;
	if (memcmp(r->station.spki_sha256, r->order.station, 32) != 0)
		return ceremony_stop(c, EXIT_REFUSED,
		    "sealed by a station that its work order does not name: "
		    "nothing in it is used");
	return true;
}

static bool
hear_entry(struct ceremony *c, struct candidate *e)
{
	const uint8_t *spki;
	uint64_t rule;

	message_get_text(&c->in, e->id, sizeof(e->id) - 1);
	message_get_text(&c->in, e->hwserial, sizeof(e->hwserial) - 1);
	rule = message_get_number(&c->in);
	spki =
	    message_get_octets(&c->in, sizeof(e->csr.spki), &e->csr.spki_len);
	if (spki != NULL)
		memcpy(e->csr.spki, spki, e->csr.spki_len);
	message_get_exact(&c->in, e->csr.r_sha256, 32);
	if (!child_fields_ok(c))
		return false;
	e->rule = (enum rule)rule;
	/* a lying reader: no such rule, or a key that is none */
	if (rule >= RULE_COUNT ||
	    (e->rule == RULE_OK &&
		key_identify(e->csr.spki, e->csr.spki_len, &e->csr.key) !=
		    CA_OK))
		return ceremony_stop(c, EXIT_PROCESS,
		    "reader: an entry makes no sense: nothing it said is "
		    "used");
	return true;
}

static bool
hear_entries(struct ceremony *c, struct child *reader, struct request_view *r)
{
	r->entries = calloc(r->count + 1, sizeof(*r->entries));
	if (r->entries == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	message_start(&c->out, MSG_ENTRIES);
	message_put_text(&c->out, r->order.profile);
	if (!child_tell(c, reader))
		return false;
	for (size_t i = 0; i < r->count; i++) {
		if (!child_hear(c, reader, MSG_ENTRY) ||
		    !hear_entry(c, &r->entries[i]))
			return false;
	}
	return child_hear(c, reader, MSG_DONE);
}

void
input_request_keep(struct ceremony *c, const char *name, struct request_view *r)
{
	if (c->kept == NULL)
		c->kept = calloc(1, sizeof(*c->kept));
	if (c->kept == NULL)
		return; /* it will be read again */
	input_request_clear(c->kept);
	*c->kept = *r;
	memset(r, 0, sizeof(*r));
	snprintf(c->kept_name, sizeof(c->kept_name), "%s", name);
}

static bool
take_kept(struct ceremony *c, const char *name, struct request_view *out)
{
	if (c->kept == NULL || strcmp(c->kept_name, name) != 0)
		return false;
	*out = *c->kept;
	memset(c->kept, 0, sizeof(*c->kept));
	c->kept_name[0] = '\0';
	return true;
}

bool
input_request(struct ceremony *c, const char *name, struct request_view *out)
{
	struct child reader = { .pid = -1, .sock = -1 };
	bool ok;

	memset(out, 0, sizeof(*out));
	if (take_kept(c, name, out))
		return true;
	if (!input_file(c, name, &out->file, &out->file_len))
		return false;
	ok = (child_read_file(c, MSG_READ_REQUEST, out->file, out->file_len,
		  &reader) &&
		 child_hear(c, &reader, MSG_REQUEST) && hear_head(c, out) &&
		 hear_entries(c, &reader, out)) ||
	    blame(c, name);
	child_end(&reader);
	return ok;
}

bool
output_free(struct ceremony *c, const char *name)
{
	struct stat st;

	if (c->desk != NULL && c->desk->out)
		return true; /* a medium is looked at when it is in */
	if (fstatat(c->out_fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		return true;
	return ceremony_stop(c, EXIT_STATE,
	    "%s/%s: is there already and is not overwritten: move it away",
	    c->out_path, name);
}

bool
response_check(struct ceremony *c, const struct history_token *token,
    const uint8_t *file, size_t len, size_t entries, uint8_t payload_sha256[32])
{
	struct response *r = calloc(1, sizeof(*r));
	struct transfer_fault fault = { .err = TRANSFER_OK };
	uint8_t *payload = NULL;
	size_t payload_len = 0;
	EVP_PKEY *sealer = policy_key(&token->keys[1].spki);
	enum transfer_error err = TRANSFER_ERR_MEMORY;

	if (r != NULL && sealer != NULL)
		err = sealed_open(file, len, sealer, &payload, &payload_len,
		    payload_sha256);
	if (err == TRANSFER_OK)
		err = response_read((const char *)payload, payload_len, r,
		    &fault);
	if (err == TRANSFER_OK && r->count != entries)
		err = TRANSFER_ERR_FIELD;
	EVP_PKEY_free(sealer);
	OPENSSL_free(payload);
	if (r != NULL)
		response_clear(r);
	free(r);
	if (err == TRANSFER_OK)
		return true;
	return ceremony_stop(c, EXIT_PROCESS,
	    "signer: its response is not in order (%s %s): it does not leave",
	    transfer_strerror(err), fault.text);
}
