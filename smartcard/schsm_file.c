/* SPDX-License-Identifier: ISC */
/* Files of a SmartCard-HSM, the descriptions of keys among them, and keys that
 * leave and come under the DKEK. */
#include <string.h>

#include "smartcard/bertlv.h"
#include "smartcard/schsm_apdu.h"

#define READ 0x00B10000
#define WRITE 0x00D70000
#define DELETE 0x00E40200
#define WRAP 0x80720092
#define UNWRAP 0x80740093
#define CHUNK 256
#define WRITE_CHUNK 240 /* with its offset in a short command */

#define SW_OK 0x9000
#define SW_OFFSET 0x6B00 /* beyond the end */
#define SW_EXISTS 0x6A89

static void
put_offset(struct schsm *c, size_t offset)
{
	schsm_put_octet(c, 0x54);
	schsm_put_octet(c, 2);
	schsm_put_octet(c, (unsigned)(offset >> 8));
	schsm_put_octet(c, (unsigned)offset);
}

/* Chunks of 256 until one is shorter. */
enum card_error
schsm_read(struct schsm *c, uint16_t fid, uint8_t out[SCHSM_FILE_MAX],
    size_t *len)
{
	enum card_error ret;
	size_t at = 0, n = CHUNK;

	*len = 0;
	while (n == CHUNK) {
		schsm_start(c, READ | fid);
		put_offset(c, at);
		ret = schsm_send(c, CHUNK);
		if (ret == CARD_ERR_STATUS && c->sw == SW_OFFSET && at > 0)
			break;
		if (ret != CARD_OK)
			return ret;
		n = c->answer_len;
		if (n > CHUNK || n > SCHSM_FILE_MAX - at)
			return CARD_ERR_ANSWER;
		memcpy(out + at, c->answer, n);
		at += n;
	}
	*len = at;
	return CARD_OK;
}

enum card_error
schsm_device_cert(struct schsm *c, uint8_t out[SCHSM_FILE_MAX], size_t *len)
{
	return schsm_read(c, 0x2F02, out, len);
}

enum card_error
schsm_delete(struct schsm *c, uint16_t fid)
{
	schsm_start(c, DELETE);
	schsm_put_octet(c, fid >> 8);
	schsm_put_octet(c, fid);
	return schsm_send(c, SCHSM_NO_LE);
}

static enum card_error
write_chunk(struct schsm *c, uint16_t fid, size_t offset, const uint8_t *data,
    size_t len)
{
	schsm_start(c, WRITE | fid);
	put_offset(c, offset);
	schsm_put_octet(c, 0x53);
	if (len > 127)
		schsm_put_octet(c, 0x81);
	schsm_put_octet(c, (unsigned)len);
	schsm_put(c, data, len);
	return schsm_send(c, SCHSM_NO_LE);
}

/* The old one goes first: a shorter one would keep its end. */
enum card_error
schsm_write(struct schsm *c, uint16_t fid, const uint8_t *data, size_t len)
{
	enum card_error ret;

	if (len > SCHSM_FILE_MAX)
		return CARD_ERR_ARGUMENT;
	ret = schsm_delete(c, fid);
	if (ret == CARD_OK || ret == CARD_ERR_OBJECT_MISSING)
		ret = write_chunk(c, fid, 0, NULL, 0);
	for (size_t at = 0; ret == CARD_OK && at < len; at += WRITE_CHUNK)
		ret = write_chunk(c, fid, at, data + at,
		    len - at < WRITE_CHUNK ? len - at : WRITE_CHUNK);
	return ret;
}

/* ---- keys ------------------------------------------------------------- */

/* PrivateKeyType (PKCS #15, 6.3): A0 or another tag by kind, or 30 of RSA,
 * { 30 { 0C label ... } ... } */
bool
schsm_description_is(const uint8_t *file, size_t len, const char *label)
{
	struct bertlv d = { file, len }, value;
	unsigned tag;

	if (!bertlv_next(&d, &tag, &value) || !bertlv_next(&value, &tag, &d) ||
	    tag != 0x30 || !bertlv_next(&d, &tag, &value) || tag != 0x0C)
		return false;
	return value.len == strlen(label) &&
	    memcmp(value.at, label, value.len) == 0;
}

enum card_error
schsm_find_key(struct schsm *c, const char *label, uint8_t *number)
{
	uint16_t files[SCHSM_FILES_MAX];
	uint8_t file[SCHSM_FILE_MAX];
	size_t count = 0, found = 0, len;
	enum card_error ret = schsm_list(c, files, &count);

	for (size_t i = 0; ret == CARD_OK && i < count; i++) {
		if (files[i] >> 8 != SCHSM_DESCRIPTION)
			continue;
		ret = schsm_read(c, files[i], file, &len);
		if (ret == CARD_OK && schsm_description_is(file, len, label)) {
			*number = (uint8_t)files[i];
			found++;
		}
	}
	if (ret != CARD_OK)
		return ret;
	if (found > 1)
		return CARD_ERR_KEY_AMBIGUOUS;
	return found == 1 ? CARD_OK : CARD_ERR_KEY_MISSING;
}

enum card_error
schsm_wrap(struct schsm *c, uint8_t number, uint8_t out[SCHSM_FILE_MAX],
    size_t *len)
{
	enum card_error ret;

	*len = 0;
	schsm_start(c, WRAP | (uint32_t)number << 8);
	ret = schsm_send(c, SCHSM_LE_ALL);
	if (ret == CARD_ERR_OBJECT_MISSING)
		return CARD_ERR_KEY_MISSING;
	if (ret != CARD_OK)
		return ret;
	if (c->answer_len == 0 || c->answer_len > SCHSM_FILE_MAX)
		return CARD_ERR_ANSWER;
	memcpy(out, c->answer, c->answer_len);
	*len = c->answer_len;
	return CARD_OK;
}

enum card_error
schsm_unwrap(struct schsm *c, uint8_t number, const uint8_t *blob, size_t len)
{
	enum card_error ret;

	schsm_start(c, UNWRAP | (uint32_t)number << 8);
	schsm_put(c, blob, len);
	ret = schsm_send(c, SCHSM_NO_LE);
	if (ret == CARD_ERR_STATUS && c->sw == SW_EXISTS)
		return CARD_ERR_KEY_AMBIGUOUS;
	return ret;
}
