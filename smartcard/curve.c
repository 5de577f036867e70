/* SPDX-License-Identifier: ISC */
#include "smartcard/curve.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <string.h>

static const uint8_t p256_oid[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x03, 0x01, 0x07 };
static const uint8_t p384_oid[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };

static const struct curve curves[] = {
	{
	    .id = KEY_P256,
	    .group = "prime256v1",
	    .digest = "SHA256",
	    .params = p256_oid,
	    .params_len = sizeof(p256_oid),
	    .field = 32,
	},
	{
	    .id = KEY_P384,
	    .group = "secp384r1",
	    .digest = "SHA384",
	    .params = p384_oid,
	    .params_len = sizeof(p384_oid),
	    .field = 48,
	},
};
#define CURVES (sizeof(curves) / sizeof(curves[0]))

const struct curve *
curve_by_id(enum key_curve_id id)
{
	for (size_t i = 0; i < CURVES; i++)
		if (curves[i].id == id)
			return &curves[i];
	return NULL;
}

const struct curve *
curve_by_params(const uint8_t *params, size_t len)
{
	for (size_t i = 0; i < CURVES; i++)
		if (curves[i].params_len == len &&
		    memcmp(curves[i].params, params, len) == 0)
			return &curves[i];
	return NULL;
}

const struct curve *
curve_by_point(size_t len)
{
	for (size_t i = 0; i < CURVES; i++)
		if (1 + 2 * curves[i].field == len)
			return &curves[i];
	return NULL;
}

const struct curve *
curve_of_key(const EVP_PKEY *key)
{
	char group[64];
	size_t len = 0;

	if (EVP_PKEY_get_group_name(key, group, sizeof(group), &len) != 1)
		return NULL;
	for (size_t i = 0; i < CURVES; i++)
		if (strcmp(curves[i].group, group) == 0)
			return &curves[i];
	return NULL;
}

EVP_PKEY *
curve_point_key(const struct curve *curve, const uint8_t *point, size_t len)
{
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    (char *)curve->group, strlen(curve->group)),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		    (uint8_t *)point, len),
		OSSL_PARAM_END,
	};

	/* one form only: neither compressed, hybrid nor infinity */
	if (len != 1 + 2 * curve->field || point[0] != 0x04)
		return NULL;
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	/* decoding the point checks the curve's equation */
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Take a DER OCTET STRING off; both curves' lengths fit in one octet. */
static void
unwrap_point(const struct curve *curve, const uint8_t **point, size_t *len)
{
	size_t raw = 1 + 2 * curve->field;

	if (*len == raw + 2 && (*point)[0] == 0x04 && (*point)[1] == raw) {
		*point += 2;
		*len = raw;
	}
}

enum card_error
curve_spki(const uint8_t *params, size_t params_len, const uint8_t *point,
    size_t point_len, uint8_t **spki, size_t *spki_len)
{
	const struct curve *curve;
	EVP_PKEY *key;
	int len;

	*spki = NULL;
	*spki_len = 0;
	curve = curve_by_params(params, params_len);
	if (curve == NULL)
		return CARD_ERR_ATTRIBUTES;
	unwrap_point(curve, &point, &point_len);
	key = curve_point_key(curve, point, point_len);
	if (key == NULL)
		return CARD_ERR_ATTRIBUTES;
	len = i2d_PUBKEY(key, spki);
	EVP_PKEY_free(key);
	if (len <= 0)
		return CARD_ERR_MEMORY;
	*spki_len = (size_t)len;
	return CARD_OK;
}
