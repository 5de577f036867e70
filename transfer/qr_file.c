/* SPDX-License-Identifier: ISC */
#include "transfer/qr_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "transfer/cbor.h"
#include "transfer/ur.h"

#define FIELDS 3
#define RAW_DEFLATE (-15) /* window bits; below 0: no zlib header */
#define MEMORY_LEVEL 9
#define DEFLATE_RATIO 1032 /* no DEFLATE stream grows further */

enum method {
	METHOD_STORED = 0,
	METHOD_DEFLATE = 1,
};

/* Deflate into *out, new; *out stays NULL when that is no shorter. */
static enum transfer_error
shorten(const uint8_t *file, size_t file_len, uint8_t **out, size_t *len)
{
	enum transfer_error ret = TRANSFER_OK;
	z_stream z = { 0 };
	int status;

	*out = NULL;
	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, RAW_DEFLATE,
		MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return TRANSFER_ERR_MEMORY;
	if ((*out = malloc(file_len)) == NULL) {
		ret = TRANSFER_ERR_MEMORY;
		goto out;
	}
	z.next_in = (uint8_t *)(uintptr_t)file; /* zlib only reads it */
	z.avail_in = (uInt)file_len;
	z.next_out = *out;
	z.avail_out = (uInt)file_len - 1;
	status = deflate(&z, Z_FINISH);
	*len = z.total_out;
	if (status != Z_STREAM_END) {
		free(*out);
		*out = NULL;
	}
out:
	deflateEnd(&z);
	return ret;
}

static enum transfer_error
write_message(enum method method, size_t length, const uint8_t *data,
    size_t data_len, uint8_t **out, size_t *len)
{
	size_t at;

	if (data_len + 4 * CBOR_HEAD_MAX > UR_MESSAGE_MAX)
		return TRANSFER_ERR_SIZE;
	if ((*out = malloc(data_len + 4 * CBOR_HEAD_MAX)) == NULL)
		return TRANSFER_ERR_MEMORY;
	at = cbor_head_write(*out, CBOR_ARRAY, FIELDS);
	at += cbor_head_write(*out + at, CBOR_UINT, method);
	at += cbor_head_write(*out + at, CBOR_UINT, length);
	at += cbor_head_write(*out + at, CBOR_BYTES, data_len);
	memcpy(*out + at, data, data_len);
	*len = at + data_len;
	return TRANSFER_OK;
}

enum transfer_error
qr_file_pack(const uint8_t *file, size_t file_len, uint8_t **out, size_t *len)
{
	enum transfer_error ret;
	uint8_t *less = NULL;
	size_t less_len = 0;

	*out = NULL;
	*len = 0;
	if (file_len < 1)
		return TRANSFER_ERR_ARGUMENT;
	if (file_len > QR_FILE_MAX)
		return TRANSFER_ERR_SIZE;
	ret = shorten(file, file_len, &less, &less_len);
	if (ret != TRANSFER_OK)
		return ret;
	if (less != NULL)
		ret = write_message(METHOD_DEFLATE, file_len, less, less_len,
		    out, len);
	else
		ret = write_message(METHOD_STORED, file_len, file, file_len,
		    out, len);
	free(less);
	return ret;
}

struct contents {
	uint64_t method, length;
	const uint8_t *data;
	size_t data_len;
};

/* Inflate data into exactly length octets.  Errors: UR, MEMORY. */
static enum transfer_error
lengthen(const uint8_t *data, size_t data_len, uint8_t *out, size_t length)
{
	z_stream z = { 0 };
	bool whole;
	int status;

	if (inflateInit2(&z, RAW_DEFLATE) != Z_OK)
		return TRANSFER_ERR_MEMORY;
	z.next_in = (uint8_t *)(uintptr_t)data; /* zlib only reads it */
	z.avail_in = (uInt)data_len;
	z.next_out = out;
	z.avail_out = (uInt)length;
	status = inflate(&z, Z_FINISH);
	whole = status == Z_STREAM_END && z.avail_in == 0 && z.avail_out == 0;
	inflateEnd(&z);
	if (status == Z_MEM_ERROR)
		return TRANSFER_ERR_MEMORY;
	return whole ? TRANSFER_OK : TRANSFER_ERR_UR;
}

static enum transfer_error
file_of(const struct contents *c, uint8_t *file)
{
	if (c->method == METHOD_DEFLATE)
		return lengthen(c->data, c->data_len, file, (size_t)c->length);
	memcpy(file, c->data, c->data_len);
	return TRANSFER_OK;
}

/* What is wrong with the form of a message, or NULL. */
static const char *
read_message(const uint8_t *message, size_t len, struct contents *c)
{
	struct cbor in = { .data = message, .len = len };
	uint64_t fields;

	if (!cbor_head(&in, CBOR_ARRAY, &fields) || fields != FIELDS)
		return "message: not a CBOR array of three";
	if (!cbor_head(&in, CBOR_UINT, &c->method) ||
	    c->method > METHOD_DEFLATE)
		return "message: its method is neither 0 nor 1";
	if (!cbor_head(&in, CBOR_UINT, &c->length) || c->length < 1)
		return "message: the file's length is no number from 1 up";
	if (!cbor_bytes(&in, &c->data, &c->data_len))
		return "message: data is no whole byte string";
	if (!cbor_end(&in))
		return "message: octets behind the array";
	return NULL;
}

/* What is wrong with the lengths, or NULL. */
static const char *
lengths_wrong(const struct contents *c)
{
	if (c->method == METHOD_STORED)
		return c->length == c->data_len
		    ? NULL
		    : "message: the file is not as long as it says";
	if (c->data_len >= c->length)
		return "message: deflated, though that is no shorter";
	return c->length / DEFLATE_RATIO > c->data_len
	    ? "message: the file is longer than DEFLATE can make it"
	    : NULL;
}

enum transfer_error
qr_file_unpack(const uint8_t *message, size_t message_len, uint8_t **out,
    size_t *len, struct transfer_fault *fault)
{
	struct contents c = { 0 };
	enum transfer_error err;
	const char *wrong;
	uint8_t *file;

	*out = NULL;
	*len = 0;
	if (message_len > UR_MESSAGE_MAX)
		return transfer_refuse(fault, TRANSFER_ERR_SIZE,
		    "message: over %u octets", UR_MESSAGE_MAX);
	if ((wrong = read_message(message, message_len, &c)) != NULL)
		return transfer_refuse(fault, TRANSFER_ERR_UR, "%s", wrong);
	if (c.length > QR_FILE_MAX)
		return transfer_refuse(fault, TRANSFER_ERR_SIZE,
		    "message: the file is over %u octets", QR_FILE_MAX);
	if ((wrong = lengths_wrong(&c)) != NULL)
		return transfer_refuse(fault, TRANSFER_ERR_UR, "%s", wrong);
	if ((file = malloc((size_t)c.length)) == NULL)
		return transfer_refuse(fault, TRANSFER_ERR_MEMORY,
		    "out of memory");
	err = file_of(&c, file);
	if (err == TRANSFER_OK) {
		*out = file;
		*len = (size_t)c.length;
		return TRANSFER_OK;
	}
	free(file);
	return transfer_refuse(fault, err, "%s",
	    err == TRANSFER_ERR_MEMORY ? "out of memory"
				       : "message: not one whole DEFLATE "
					 "stream of that length");
}
