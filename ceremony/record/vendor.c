/* SPDX-License-Identifier: ISC */
#include "ceremony/record/vendor.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cvc.h"
#include "ceremony/record/objects.h"
#include "transfer/text.h"

static const char absent[] =
    "the card has no certificate of its own, and the plan names a vendor";
static const char other[] = "the card is not of the plan's vendor";

const char *
vendor_device_fault(const char *vendor, const uint8_t *file, size_t len)
{
	char issuer[TEXT_HEX_SIZE(32)];
	struct cvc_device card;

	if (vendor[0] == '\0')
		return NULL;
	if (cvc_device_read(file, len, &card) != CA_OK)
		return "the card's certificate is no good";
	text_hex(card.issuer_sha256, sizeof(card.issuer_sha256), issuer);
	cvc_device_clear(&card);
	return strcmp(issuer, vendor) == 0 ? NULL : other;
}

static const char *
device_fault(int dirfd, const char *vendor, const json_t *device)
{
	const char *hex = json_string_value(device), *fault;
	struct record_fault ignored = { 0 };
	uint8_t digest[32], *file = NULL;
	size_t len = 0;

	if (hex == NULL || !text_unhex(hex, digest, sizeof(digest)))
		return absent;
	if (object_get(dirfd, digest, &file, &len, &ignored) != RECORD_OK)
		return "the card's certificate is not among the objects";
	fault = vendor_device_fault(vendor, file, len);
	free(file);
	return fault;
}

static const char *
keys_fault(int dirfd, const char *vendor, json_t *keys)
{
	const char *fault = NULL;
	json_t *key;
	size_t i;

	json_array_foreach(keys, i, key)
	{
		if (fault == NULL)
			fault = device_fault(dirfd, vendor,
			    json_object_get(key, "device"));
	}
	return fault;
}

const char *
vendor_fault(int dirfd, const char *vendor, const json_t *body)
{
	const char *module = json_string_value(json_object_get(body, "module"));
	json_t *keys = json_object_get(body, "keys");
	json_t *proof = json_object_get(body, "proof");
	bool copy = json_object_get(body, "copy_of") != NULL;
	const char *fault = NULL;

	if (vendor[0] == '\0' || module == NULL ||
	    strcmp(module, "softhsm") == 0 ||
	    json_object_get(body, "elsewhere") != NULL)
		return NULL;
	if (keys == NULL)
		return device_fault(dirfd, vendor,
		    json_object_get(body, "device"));
	if (copy || proof != NULL)
		fault = device_fault(dirfd, vendor,
		    json_object_get(proof, "device"));
	return fault == NULL && !copy ? keys_fault(dirfd, vendor, keys) : fault;
}
