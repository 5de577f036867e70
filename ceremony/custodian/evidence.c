/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/evidence.h"

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
	const char *fault = vendor_fault(c->state_fd, c->plan->vendor, body);

	return fault == NULL ||
	    ceremony_stop(c, EXIT_CARD,
		"%s: %s: take another card, or another plan", label, fault);
}
