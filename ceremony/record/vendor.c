/* SPDX-License-Identifier: ISC */
#include "ceremony/record/vendor.h"

#include <stdlib.h>
#include <string.h>

#include "ca/cvc.h"
#include "ceremony/record/objects.h"
#include "transfer/text.h"

static const char absent[] =
    "the card has no certificate of its own, and the plan names a vendor";
static const char other[] = "the card is not of the plan's vendor";

static const char *
device_fault(int dirfd, const char *vendor, const json_t *device)
{
	const char *hex = json_string_value(device);
	char issuer[TEXT_HEX_SIZE(32)];
	struct record_fault fault = { 0 };
	struct cvc_device card;
	uint8_t digest[32], *file = NULL;
	size_t len = 0;
	enum ca_error err;

	if (hex == NULL || !text_unhex(hex, digest, sizeof(digest)))
		return absent;
	if (object_get(dirfd, digest, &file, &len, &fault) != RECORD_OK)
		return "the card's certificate is not among the objects";
	err = cvc_device_read(file, len, &card);
	free(file);
	if (err != CA_OK)
		return "the card's certificate is no good";
	text_hex(card.issuer_sha256, sizeof(card.issuer_sha256), issuer);
	cvc_device_clear(&card);
	return strcmp(issuer, vendor) == 0 ? NULL : other;
}

const char *
vendor_fault(int dirfd, const char *vendor, const json_t *body)
{
	const char *module = json_string_value(json_object_get(body, "module"));
	json_t *keys = json_object_get(body, "keys"), *key;
	const char *fault = NULL;
	size_t i;

	if (vendor[0] == '\0' || module == NULL ||
	    strcmp(module, "softhsm") == 0 ||
	    json_object_get(body, "elsewhere") != NULL ||
	    json_object_get(body, "copy_of") != NULL)
		return NULL;
	if (keys == NULL)
		return device_fault(dirfd, vendor,
		    json_object_get(body, "device"));
	json_array_foreach(keys, i, key)
	{
		if (fault == NULL)
			fault = device_fault(dirfd, vendor,
			    json_object_get(key, "device"));
	}
	return fault;
}
