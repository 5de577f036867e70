/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/shamir.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>

#include "ceremony/quorum/gf256.h"

/* SLIP-0039, "Sharing a secret": where the secret and its digest lie. */
#define SECRET_X 255
#define DIGEST_X 254
#define DIGEST_SIZE 4
#define SECRET_MIN_SIZE 16
#define SECRET_MAX_SIZE 32

struct point {
	uint8_t x;
	const struct secret *y;
};

static bool
length_valid(size_t len)
{
	return len >= SECRET_MIN_SIZE && len <= SECRET_MAX_SIZE && len % 2 == 0;
}

/* The Lagrange basis polynomial of point i at x.  Every x is public. */
static uint8_t
basis(const struct point *points, size_t count, size_t i, uint8_t x)
{
	uint8_t above = 1, below = 1;

	for (size_t j = 0; j < count; j++) {
		if (j == i)
			continue;
		above = gf256_mul(above, x ^ points[j].x);
		below = gf256_mul(below, points[i].x ^ points[j].x);
	}
	return gf256_mul(above, gf256_inverse(below));
}

/* The polynomial through the points (distinct x, equal lengths) at x. */
static struct secret *
interpolate(const struct point *points, size_t count, uint8_t x)
{
	struct secret *out = secret_new();

	if (out == NULL)
		return NULL;
	out->len = points[0].y->len;
	memset(out->data, 0, out->len);
	for (size_t i = 0; i < count; i++) {
		uint8_t factor = basis(points, count, i, x);

		for (size_t k = 0; k < out->len; k++)
			out->data[k] ^= gf256_mul(factor, points[i].y->data[k]);
	}
	return out;
}

/* Overwrite the first octets of d by the digest of the secret under the rest
 * of d, which is the random R. */
static bool
digest_set(struct secret *d, const struct secret *secret)
{
	uint8_t mac[EVP_MAX_MD_SIZE] = { 0 };
	bool ok = HMAC(EVP_sha256(), d->data + DIGEST_SIZE,
		      (int)(d->len - DIGEST_SIZE), secret->data, secret->len,
		      mac, NULL) != NULL;

	if (ok)
		memcpy(d->data, mac, DIGEST_SIZE);
	OPENSSL_cleanse(mac, sizeof(mac));
	return ok;
}

static enum quorum_error
digest_check(const struct secret *d, const struct secret *secret)
{
	enum quorum_error ret = QUORUM_ERR_MEMORY;
	struct secret *want = secret_from(d->data, d->len);

	if (want == NULL || !digest_set(want, secret))
		goto out;
	ret = secret_equal(want, d) ? QUORUM_OK : QUORUM_ERR_DIGEST;
out:
	secret_free(want);
	return ret;
}

/* m - 2 random shares, the digest and the secret fix the polynomial of degree
 * m - 1; the other shares are read off it. */
static enum quorum_error
split_polynomial(const struct secret *secret, unsigned m, unsigned n,
    struct secret *shares[])
{
	enum quorum_error ret = QUORUM_ERR_MEMORY;
	struct point points[SHAMIR_SHARES_MAX] = { 0 };
	struct secret *digest = secret_random(secret->len);

	if (digest == NULL || !digest_set(digest, secret))
		goto out;
	for (unsigned i = 0; i < m - 2; i++) {
		if ((shares[i] = secret_random(secret->len)) == NULL)
			goto out;
		points[i] = (struct point){ (uint8_t)i, shares[i] };
	}
	points[m - 2] = (struct point){ DIGEST_X, digest };
	points[m - 1] = (struct point){ SECRET_X, secret };
	for (unsigned i = m - 2; i < n; i++)
		if ((shares[i] = interpolate(points, m, (uint8_t)i)) == NULL)
			goto out;
	ret = QUORUM_OK;
out:
	secret_free(digest);
	return ret;
}

static enum quorum_error
split_copies(const struct secret *secret, unsigned n, struct secret *shares[])
{
	for (unsigned i = 0; i < n; i++)
		if ((shares[i] = secret_from(secret->data, secret->len)) ==
		    NULL)
			return QUORUM_ERR_MEMORY;
	return QUORUM_OK;
}

enum quorum_error
shamir_split(const struct secret *secret, unsigned m, unsigned n,
    struct secret *shares[])
{
	enum quorum_error ret = QUORUM_ERR_MEMORY;

	if (m < 1 || m > n || n > SHAMIR_SHARES_MAX)
		return QUORUM_ERR_THRESHOLD;
	for (unsigned i = 0; i < n; i++)
		shares[i] = NULL;
	if (!length_valid(secret->len))
		return QUORUM_ERR_ARGUMENT;

	if (m == 1)
		ret = split_copies(secret, n, shares);
	else
		ret = split_polynomial(secret, m, n, shares);
	for (unsigned i = 0; ret != QUORUM_OK && i < n; i++) {
		secret_free(shares[i]);
		shares[i] = NULL;
	}
	return ret;
}

static enum quorum_error
shares_check(const uint8_t *x, struct secret *const *shares, unsigned m)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < m; i++) {
		if (x[i] >= SHAMIR_SHARES_MAX || (seen & (1u << x[i])) != 0)
			return QUORUM_ERR_SHARE;
		seen |= 1u << x[i];
		if (!length_valid(shares[i]->len) ||
		    shares[i]->len != shares[0]->len)
			return QUORUM_ERR_SHARE;
	}
	return QUORUM_OK;
}

static enum quorum_error
combine_polynomial(const struct point *points, unsigned m, struct secret **out)
{
	enum quorum_error ret = QUORUM_ERR_MEMORY;
	struct secret *secret = interpolate(points, m, SECRET_X);
	struct secret *digest = interpolate(points, m, DIGEST_X);

	if (secret == NULL || digest == NULL)
		goto out;
	ret = digest_check(digest, secret);
	if (ret != QUORUM_OK)
		goto out;
	*out = secret;
	secret = NULL;
out:
	secret_free(secret);
	secret_free(digest);
	return ret;
}

enum quorum_error
shamir_combine(const uint8_t *x, struct secret *const *shares, unsigned m,
    struct secret **out)
{
	enum quorum_error ret = QUORUM_ERR_MEMORY;
	struct point points[SHAMIR_SHARES_MAX] = { 0 };

	*out = NULL;
	if (m < 1 || m > SHAMIR_SHARES_MAX)
		return QUORUM_ERR_THRESHOLD;
	ret = shares_check(x, shares, m);
	if (ret != QUORUM_OK)
		return ret;
	if (m == 1) {
		*out = secret_from(shares[0]->data, shares[0]->len);
		return *out != NULL ? QUORUM_OK : QUORUM_ERR_MEMORY;
	}
	for (unsigned i = 0; i < m; i++)
		points[i] = (struct point){ x[i], shares[i] };
	return combine_polynomial(points, m, out);
}
