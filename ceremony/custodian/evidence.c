/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/inputs.h"
#include "ceremony/record/card_proof.h"
#include "ceremony/record/vendor.h"

bool
evidence_hear(struct ceremony *c, json_t *obj, const char *name)
{
	uint8_t digest[32];
	size_t len = 0;
	const uint8_t *p =
	    message_get_octets(&c->in, MESSAGE_EVIDENCE_MAX, &len);

	if (p == NULL || len == 0)
		return true;
	return ceremony_store(c, p, len, digest) &&
	    (json_object_set_new(obj, name, json_digest(digest)) == 0 ||
		ceremony_stop(c, EXIT_PROCESS, "out of memory"));
}

bool
vendor_ok(struct ceremony *c, const char *label, const json_t *body)
{
	const char *fault = vendor_fault(c->state_fd, c->plan, body);

	return fault == NULL ||
	    ceremony_stop(c, EXIT_CARD,
		"%s: %s: take another card, or another plan", label, fault);
}

struct shown {
	uint8_t attestation[MESSAGE_EVIDENCE_MAX], device[MESSAGE_EVIDENCE_MAX];
	size_t attestation_len, device_len;
};

static void
copy_octets(struct ceremony *c, uint8_t out[MESSAGE_EVIDENCE_MAX], size_t *len)
{
	const uint8_t *p =
	    message_get_octets(&c->in, MESSAGE_EVIDENCE_MAX, len);

	if (p != NULL && *len != 0)
		memcpy(out, p, *len);
}

static bool
judge(struct ceremony *c, const char *label, const struct history_act *act,
    const struct shown *s)
{
	char serial[CARD_PROOF_SERIAL_SIZE] = "";
	const char *fault = card_proof_fault(s->attestation, s->attestation_len,
	    s->device, s->device_len, act->begin, serial);

	if (fault == NULL)
		fault = vendor_device_fault(c->state_fd, c->plan, s->device,
		    s->device_len);
	return fault == NULL ||
	    ceremony_stop(c, EXIT_CARD,
		"%s: card %s: %s: no key is given to it: take another card, or "
		"another plan",
		label, serial, fault);
}

static bool
store(struct ceremony *c, const struct shown *s, json_t **proof)
{
	uint8_t attestation[32], device[32];

	if (!ceremony_store(c, s->attestation, s->attestation_len,
		attestation) ||
	    !ceremony_store(c, s->device, s->device_len, device))
		return false;
	*proof = json_pack("{s:o,s:o}", "attestation", json_digest(attestation),
	    "device", json_digest(device));
	return *proof != NULL ||
	    ceremony_stop(c, EXIT_PROCESS, "out of memory");
}

bool
evidence_shown(struct ceremony *c, const char *label, uint64_t act,
    json_t **proof)
{
	struct shown s = { .device_len = 0 };

	copy_octets(c, s.attestation, &s.attestation_len);
	copy_octets(c, s.device, &s.device_len);
	if (!child_fields_ok(c))
		return false;
	if (s.device_len == 0)
		return true;
	return judge(c, label, &c->history->acts[act - 1], &s) &&
	    store(c, &s, proof);
}

/* Their digest is the plan's, which people confirmed: these octets were
 * reviewed, and need no reader. */
static bool
vendor_read(struct ceremony *c, uint8_t **root, size_t *len)
{
	const char *name = c->plan->vendor_file, *fault;

	if (!input_file(c, name, root, len))
		return false;
	fault = vendor_root_fault(c->plan, *root, *len);
	return fault == NULL ||
	    ceremony_stop(c, EXIT_INPUT, "%s/%s: %s", c->in_path, name, fault);
}

bool
vendor_check(struct ceremony *c)
{
	uint8_t *root = NULL;
	size_t len = 0;
	bool ok =
	    c->plan->vendor_file[0] == '\0' || vendor_read(c, &root, &len);

	free(root);
	return ok;
}

bool
vendor_keep(struct ceremony *c)
{
	uint8_t *root = NULL, digest[32];
	size_t len = 0;
	bool ok = c->plan->vendor_file[0] == '\0' ||
	    (vendor_read(c, &root, &len) &&
		ceremony_store(c, root, len, digest));

	free(root);
	return ok;
}
