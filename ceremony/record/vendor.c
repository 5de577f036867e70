/* SPDX-License-Identifier: ISC */
#include "ceremony/record/vendor.h"

#include <openssl/sha.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cvc.h"
#include "ceremony/record/objects.h"
#include "transfer/text.h"

static const char absent[] =
    "the card has no certificate of its own, and the plan names a vendor";
static const char other[] = "the card is not of the plan's vendor";

static bool
has_digest(const struct plan *plan, const uint8_t digest[32])
{
	char hex[TEXT_HEX_SIZE(32)];

	text_hex(digest, 32, hex);
	return strcmp(hex, plan->vendor) == 0;
}

const char *
vendor_root_fault(const struct plan *plan, const uint8_t *root, size_t len)
{
	uint8_t digest[32];

	SHA256(root, len, digest);
	if (!has_digest(plan, digest))
		return "is another one than the plan's: its SHA-256 is not "
		       "vendor";
	return cvc_root_check(root, len) == CA_OK
	    ? NULL
	    : "is no card verifiable certificate on a curve that we know";
}

/* The issuer's certificate under the root's, an object. */
static const char *
root_fault(int dirfd, const struct plan *plan, const uint8_t *file, size_t len)
{
	struct record_fault ignored = { 0 };
	uint8_t digest[32], *root = NULL;
	size_t root_len = 0;
	enum ca_error err;

	if (!text_unhex(plan->vendor, digest, sizeof(digest)) ||
	    object_get(dirfd, digest, &root, &root_len, &ignored) != RECORD_OK)
		return "the vendor's certificate is not among the objects";
	err = cvc_issuer_check(file, len, root, root_len);
	free(root);
	return err == CA_OK ? NULL : other;
}

const char *
vendor_device_fault(int dirfd, const struct plan *plan, const uint8_t *file,
    size_t len)
{
	struct cvc_device card;
	bool same;

	if (plan->vendor[0] == '\0')
		return NULL;
	if (cvc_device_read(file, len, &card) != CA_OK)
		return "the card's certificate is no good";
	same = has_digest(plan, card.issuer_sha256);
	cvc_device_clear(&card);
	if (plan->vendor_file[0] != '\0')
		return root_fault(dirfd, plan, file, len);
	return same ? NULL : other;
}

static const char *
device_fault(int dirfd, const struct plan *plan, const json_t *device)
{
	const char *hex = json_string_value(device), *fault;
	struct record_fault ignored = { 0 };
	uint8_t digest[32], *file = NULL;
	size_t len = 0;

	if (hex == NULL || !text_unhex(hex, digest, sizeof(digest)))
		return absent;
	if (object_get(dirfd, digest, &file, &len, &ignored) != RECORD_OK)
		return "the card's certificate is not among the objects";
	fault = vendor_device_fault(dirfd, plan, file, len);
	free(file);
	return fault;
}

static const char *
keys_fault(int dirfd, const struct plan *plan, json_t *keys)
{
	const char *fault = NULL;
	json_t *key;
	size_t i;

	json_array_foreach(keys, i, key)
	{
		if (fault == NULL)
			fault = device_fault(dirfd, plan,
			    json_object_get(key, "device"));
	}
	return fault;
}

const char *
vendor_fault(int dirfd, const struct plan *plan, const json_t *body)
{
	const char *module = json_string_value(json_object_get(body, "module"));
	json_t *keys = json_object_get(body, "keys");
	json_t *proof = json_object_get(body, "proof");
	bool copy = json_object_get(body, "copy_of") != NULL;
	const char *fault = NULL;

	if (plan->vendor[0] == '\0' || module == NULL ||
	    strcmp(module, "softhsm") == 0 ||
	    json_object_get(body, "elsewhere") != NULL)
		return NULL;
	if (keys == NULL)
		return device_fault(dirfd, plan,
		    json_object_get(body, "device"));
	if (copy || proof != NULL)
		fault =
		    device_fault(dirfd, plan, json_object_get(proof, "device"));
	return fault == NULL && !copy ? keys_fault(dirfd, plan, keys) : fault;
}
