/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/share.h"

#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ceremony/record/objects.h"

static bool
reads_back(struct ceremony *c, const uint8_t blob[32])
{
	struct record_fault fault = { .text = "" };
	uint8_t *data = NULL;
	size_t len = 0;
	bool ok =
	    object_get(c->state_fd, blob, &data, &len, &fault) == RECORD_OK;

	free(data);
	data = NULL;
	ok = ok &&
	    object_get_copy(c->state_fd, blob, &data, &len, &fault) ==
		RECORD_OK;
	free(data);
	return ok ||
	    ceremony_stop(c, EXIT_STATE,
		"%s: %s: a share did not read back: the PIN is as it was; "
		"look after the medium and run the same plan again",
		c->state_path, fault.text);
}

static bool
store_twice(struct ceremony *c, const uint8_t *data, size_t len,
    uint8_t blob[32])
{
	struct record_fault fault = { .text = "" };

	if (!ceremony_store(c, data, len, blob))
		return false;
	if (object_put_copy(c->state_fd, data, len, &fault) != RECORD_OK)
		return ceremony_stop(c, EXIT_STATE,
		    "%s: %s: nothing was lost; make room and run the same "
		    "plan again",
		    c->state_path, fault.text);
	return reads_back(c, blob);
}

bool
share_hear(struct ceremony *c, json_t *shares)
{
	char id[POLICY_ID_MAX + 1];
	uint8_t blob[32], commitment[32];
	const uint8_t *p;
	uint64_t x;
	size_t len;

	message_get_text(&c->in, id, sizeof(id) - 1);
	x = message_get_number(&c->in);
	p = message_get_octets(&c->in, CERT_MAX, &len);
	message_get_exact(&c->in, commitment, sizeof(commitment));
	if (!child_fields_ok(c) || !store_twice(c, p, len, blob))
		return false;
	return json_array_append_new(shares,
		   json_pack("{s:s,s:I,s:o,s:o}", "operator", id, "x",
		       (json_int_t)x, "blob", json_digest(blob), "commitment",
		       json_digest(commitment))) == 0 ||
	    ceremony_stop(c, EXIT_PROCESS, "out of memory");
}

bool
share_load(struct ceremony *c, const uint8_t blob[32], uint8_t **out,
    size_t *len)
{
	struct record_fault fault = { .text = "" };

	if (object_get(c->state_fd, blob, out, len, &fault) == RECORD_OK ||
	    object_get_copy(c->state_fd, blob, out, len, NULL) == RECORD_OK)
		return true;
	people_say(c->people, "  %s/%s, nor a copy of it", c->state_path,
	    fault.text);
	return false;
}
