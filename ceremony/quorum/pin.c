/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/pin.h"

#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

#include "transfer/text.h"

#define USER_PIN_SIZE 15 /* OpenSC's limit on a SmartCard-HSM */
#define USER_PIN_OCTETS 12
#define SO_PIN_OCTETS (PIN_SO_SIZE / 2)
#define NAME_MAX_SIZE 32 /* characters of a serial or label */
#define INFO_MAX_SIZE 128

/* HKDF-SHA256 (RFC 5869), extract and expand, into a new secret. */
static struct secret *
hkdf(const struct secret *key, const char *salt, size_t salt_len, char *info,
    size_t len)
{
	char digest[] = "SHA256";
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	struct secret *out = secret_new();
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest,
		    0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
		    (void *)key->data, key->len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
		    (void *)salt, salt_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info,
		    strlen(info)),
		OSSL_PARAM_construct_end(),
	};

	if (ctx == NULL || out == NULL ||
	    EVP_KDF_derive(ctx, out->data, len, params) != 1) {
		secret_free(out);
		out = NULL;
	} else {
		out->len = len;
	}
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return out;
}

/* 1 to 32 visible characters and blanks, the last one visible. */
static bool
name_valid(const char *name, size_t len)
{
	if (len < 1 || len > NAME_MAX_SIZE || name[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] < ' ' || name[i] > '~')
			return false;
	return true;
}

/* The base64url character (RFC 4648, section 5) of v, 0 to 63, without a table
 * or a branch: each row of the alphabet replaces the one before it where v has
 * reached its start. */
static char
base64url(unsigned v)
{
	static const struct {
		unsigned start, first;
	} rows[] = { { 26, 'a' }, { 52, '0' }, { 62, '-' }, { 63, '_' } };
	unsigned c = 'A' + v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned before = 0u - ((v - rows[i].start) >> 31);

		c = (c & before) |
		    ((rows[i].first + v - rows[i].start) & ~before);
	}
	return (char)c;
}

static char
hex_digit(unsigned v)
{
	unsigned letter = 0u - ((9u - v) >> 31);

	return (char)('0' + v + (letter & ('a' - '0' - 10)));
}

static size_t
without_blanks(const char *text)
{
	size_t len = strnlen(text, NAME_MAX_SIZE + 1);

	while (len > 0 && text[len - 1] == ' ')
		len--;
	return len;
}

/* bits has two octets to spare behind those that are encoded. */
static void
user_pin_encode(const uint8_t *bits, struct secret *pin)
{
	for (size_t i = 0; i < USER_PIN_SIZE; i++) {
		unsigned shift = 10 - i * 6 % 8;
		unsigned pair =
		    (unsigned)bits[i * 6 / 8] << 8 | bits[i * 6 / 8 + 1];

		pin->data[i] = (uint8_t)base64url(pair >> shift & 63u);
	}
	pin->len = USER_PIN_SIZE;
	pin->data[pin->len] = '\0';
}

static void
so_pin_encode(const uint8_t *octets, struct secret *pin)
{
	for (size_t i = 0; i < SO_PIN_OCTETS; i++) {
		pin->data[2 * i] = (uint8_t)hex_digit(octets[i] >> 4);
		pin->data[2 * i + 1] = (uint8_t)hex_digit(octets[i] & 15u);
	}
	pin->len = PIN_SO_SIZE;
	pin->data[pin->len] = '\0';
}

enum quorum_error
pin_user(const struct secret *k, const char *serial, uint32_t epoch,
    const uint8_t policy_sha256[32], struct secret **out)
{
	char info[INFO_MAX_SIZE] = "", policy[TEXT_HEX_SIZE(32)] = "";
	size_t len = without_blanks(serial);
	struct secret *stream = NULL;

	*out = NULL;
	if (k->len != PIN_K_SIZE || epoch == 0 || !name_valid(serial, len))
		return QUORUM_ERR_ARGUMENT;
	text_hex(policy_sha256, 32, policy);
	snprintf(info, sizeof(info), "pin/v1|%" PRIu32 "|%s", epoch, policy);
	stream = hkdf(k, serial, len, info, USER_PIN_OCTETS);
	*out = secret_new();
	if (stream != NULL && *out != NULL) {
		user_pin_encode(stream->data, *out);
	} else {
		secret_free(*out);
		*out = NULL;
	}
	secret_free(stream);
	return *out == NULL ? QUORUM_ERR_MEMORY : QUORUM_OK;
}

enum quorum_error
pin_so(const struct secret *s, const char *label, uint32_t n,
    struct secret **out)
{
	char info[INFO_MAX_SIZE] = "";
	size_t len = strnlen(label, NAME_MAX_SIZE + 1);
	struct secret *stream = NULL;

	*out = NULL;
	if (s->len != PIN_S_SIZE || !name_valid(label, len))
		return QUORUM_ERR_ARGUMENT;
	snprintf(info, sizeof(info), "so-pin/v1|%" PRIu32, n);
	stream = hkdf(s, label, len, info, SO_PIN_OCTETS);
	*out = secret_new();
	if (stream != NULL && *out != NULL) {
		so_pin_encode(stream->data, *out);
	} else {
		secret_free(*out);
		*out = NULL;
	}
	secret_free(stream);
	return *out == NULL ? QUORUM_ERR_MEMORY : QUORUM_OK;
}

enum quorum_error
pin_dkek(const struct secret *b, const char *label, struct secret **out)
{
	char info[] = "dkek/v1";
	size_t len = strnlen(label, NAME_MAX_SIZE + 1);

	*out = NULL;
	if (b->len != PIN_S_SIZE || !name_valid(label, len))
		return QUORUM_ERR_ARGUMENT;
	*out = hkdf(b, label, len, info, PIN_DKEK_SIZE);
	return *out == NULL ? QUORUM_ERR_MEMORY : QUORUM_OK;
}

static enum quorum_error
check_of(const struct secret *s, char *info, uint8_t out[PIN_CHECK_SIZE])
{
	struct secret *check = NULL;

	if (s->len != PIN_S_SIZE)
		return QUORUM_ERR_ARGUMENT;
	check = hkdf(s, "", 0, info, PIN_CHECK_SIZE);
	if (check == NULL)
		return QUORUM_ERR_MEMORY;
	memcpy(out, check->data, PIN_CHECK_SIZE);
	secret_free(check);
	return QUORUM_OK;
}

enum quorum_error
pin_so_check(const struct secret *s, uint8_t out[PIN_CHECK_SIZE])
{
	char info[] = "so-check/v1";

	return check_of(s, info, out);
}

enum quorum_error
pin_backup_check(const struct secret *b, uint8_t out[PIN_CHECK_SIZE])
{
	char info[] = "backup-check/v1";

	return check_of(b, info, out);
}
