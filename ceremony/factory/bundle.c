/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/csr.h"
#include "ceremony/factory/input.h"
#include "ceremony/factory/progress.h"
#include "ceremony/factory/say.h"
#include "transfer/pem.h"

#define FILE_MAX 65536 /* octets; PEM with many line ends is still below */

static const char *const labels[] = {
	"CERTIFICATE REQUEST",
	"NEW CERTIFICATE REQUEST",
};

/* Replace PEM by the DER inside; anything else stays. */
static void
strip_armour(uint8_t **data, size_t *len)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		uint8_t *der = NULL;
		size_t der_len = 0;

		if (pem_decode(*data, *len, labels[i], &der, &der_len)) {
			free(*data);
			*data = der;
			*len = der_len;
			return;
		}
	}
}

/* The file's name without folder and ending, as far as an id may be long. */
static void
id_of_name(const char *path, char id[REQUEST_ID_MAX + 1])
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	const char *dot = strrchr(name, '.');
	size_t len =
	    dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name);

	if (len > REQUEST_ID_MAX)
		len = REQUEST_ID_MAX;
	for (size_t i = 0; i < len; i++)
		id[i] = name[i] >= ' ' && name[i] <= '~' ? name[i] : '_';
	id[len] = '\0';
}

static enum outcome
refuse_private(const char *path)
{
	say_error("%s: holds a private key; nothing was written.  A device's "
		  "key must never leave it: treat this one as exposed, wipe "
		  "the device, let it make a new key, and delete this file",
	    path);
	return OUTCOME_REFUSED;
}

static enum outcome
refuse_length(const char *path, size_t len)
{
	if (len == 0)
		say_error("%s: is empty", path);
	else
		say_error("%s: %zu octets; no CSR is longer than %d", path, len,
		    REQUEST_CSR_MAX);
	return OUTCOME_REFUSED;
}

static enum outcome
read_entry(const char *path, struct units *units, struct request_entry *out)
{
	const char *serial;
	enum outcome ret;

	ret = input_file(path, FILE_MAX, &out->csr, &out->csr_len);
	if (ret != OUTCOME_DONE)
		return ret;
	if (request_is_private_key(out->csr, out->csr_len))
		return refuse_private(path);
	strip_armour(&out->csr, &out->csr_len);
	if (out->csr_len == 0 || out->csr_len > REQUEST_CSR_MAX)
		return refuse_length(path, out->csr_len);
	if (request_is_private_key(out->csr, out->csr_len))
		return refuse_private(path);
	if (!csr_peek_id(out->csr, out->csr_len, out->id))
		id_of_name(path, out->id);
	if ((serial = units_serial(units, out->id)) != NULL)
		strcpy(out->hwserial, serial);
	return OUTCOME_DONE;
}

enum outcome
bundle_read(const struct paths *paths, struct units *units, struct request *out)
{
	struct progress progress;
	enum outcome ret = OUTCOME_DONE;

	out->entries = calloc(paths->count, sizeof(*out->entries));
	if (out->entries == NULL)
		return input_failed("request", TRANSFER_ERR_MEMORY);
	out->count = paths->count;
	progress_begin(&progress, "reading CSRs", paths->count);
	for (size_t i = 0; ret == OUTCOME_DONE && i < paths->count; i++) {
		ret = read_entry(paths->path[i], units, &out->entries[i]);
		progress_step(&progress, i + 1);
	}
	progress_end(&progress);
	return ret;
}
