/* SPDX-License-Identifier: ISC */
#include "ca/weak.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#define FIELD_MAX 48

/* x-coordinates of key pairs whose private halves stand in public documents,
 * written as there, so that a reader can compare. */
static const struct published {
	const char *origin;
	int curve;
	const char *x;
} published[] = {
	{ "RFC 6979, A.2.5", NID_X9_62_prime256v1,
	    "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6" },
	{ "RFC 6979, A.2.6", NID_secp384r1,
	    "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E"
	    "06AAE5286B300C64DEF8F0EA9055866064A254515480BC13" },
	{ "RFC 9500, 2.3, testECCP256", NID_X9_62_prime256v1,
	    "422548F88FB782FFB5ECA3744452C72A1E558FBD6F73BE5E48E93232CC45C5B1" },
	{ "RFC 9500, 2.3, testECCP384", NID_secp384r1,
	    "5B0901B88523296EB919D50FFA1A9CB374BC4D409586282B"
	    "FECA11B1D95ADBB54734AF570BF82B7228CF226BCF4C25DD" },
	{ "RFC 7515, A.3.1", NID_X9_62_prime256v1,
	    "7FCDCE2770F6C45D4183CBEE6FDB4B7B580733357BE9EF13BACF6E3C7BD15445" },
	{ "RFC 7517, A.2", NID_X9_62_prime256v1,
	    "30A0424CD21C2944838A2D75C92B37E76EA20D9F00893A3B4EEE8A3C0AAFEC3E" },
	{ "RFC 9421, B.1.3", NID_X9_62_prime256v1,
	    "A885586552C2ACF6471878CFD7B0935B4FFE0FD2DFC341248EA17BC41E058AF0" },
	{ "RFC 5903, 8.1, initiator", NID_X9_62_prime256v1,
	    "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180" },
	{ "RFC 5903, 8.1, responder", NID_X9_62_prime256v1,
	    "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63" },
	{ "RFC 5903, 8.2, initiator", NID_secp384r1,
	    "667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E3"
	    "1634FE72B4C55EE6DE3AC808ACB4BDB4C88732AEE95F41AA" },
	{ "RFC 5903, 8.2, responder", NID_secp384r1,
	    "E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D"
	    "83CFA41732BC509D0D1AC43A0336DEF96FDA41D0774A3571" },
};

static bool
is_published(const struct spki *key)
{
	uint8_t x[FIELD_MAX];
	size_t len;

	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		if (published[i].curve != key->curve)
			continue;
		if (OPENSSL_hexstr2buf_ex(x, sizeof(x), &len, published[i].x,
			'\0') != 1 ||
		    der_equal(key->x, (struct der){ x, len }))
			return true;
	}
	return false;
}

/* Walk k*G, k = 1 to WEAK_SCALAR_MAX, and meet Q or -Q. */
static bool
meets_small_multiple(const EC_GROUP *group, const EC_POINT *q,
    const EC_POINT *minus_q, EC_POINT *walk, BN_CTX *ctx)
{
	const EC_POINT *g = EC_GROUP_get0_generator(group);

	for (unsigned k = 1; k <= WEAK_SCALAR_MAX; k++) {
		if (EC_POINT_add(group, walk, walk, g, ctx) != 1)
			return true;
		/* 1 is "different", -1 an error: only 1 lets pass */
		if (EC_POINT_cmp(group, q, walk, ctx) != 1 ||
		    EC_POINT_cmp(group, minus_q, walk, ctx) != 1)
			return true;
	}
	return false;
}

static bool
has_tiny_scalar(const struct spki *key)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(key->curve);
	EC_POINT *q = NULL, *minus_q = NULL, *walk = NULL;
	BN_CTX *ctx = BN_CTX_new(); /* else each step would make its own */
	bool tiny = true;

	if (group == NULL || ctx == NULL || (q = EC_POINT_new(group)) == NULL ||
	    EC_POINT_oct2point(group, q, key->bits.data, key->bits.len, NULL) !=
		1 ||
	    (minus_q = EC_POINT_dup(q, group)) == NULL ||
	    EC_POINT_invert(group, minus_q, NULL) != 1 ||
	    (walk = EC_POINT_new(group)) == NULL ||
	    EC_POINT_set_to_infinity(group, walk) != 1)
		goto out;
	tiny = meets_small_multiple(group, q, minus_q, walk, ctx);
out:
	BN_CTX_free(ctx);
	EC_POINT_free(walk);
	EC_POINT_free(minus_q);
	EC_POINT_free(q);
	EC_GROUP_free(group);
	return tiny;
}

bool
weak_key(const struct spki *key)
{
	return is_published(key) || has_tiny_scalar(key);
}

/* Those that the published test for ROCA looks at, and 2. */
static const uint8_t primes[] = { 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37,
	41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
	113, 127, 131, 137, 139, 149, 151, 157, 163, 167 };

static unsigned
remainder_of(struct der n, unsigned prime)
{
	unsigned r = 0;

	for (size_t i = 0; i < n.len; i++)
		r = (r << 8 | n.data[i]) % prime;
	return r;
}

/* Is r a power of 65537 modulo prime? */
static bool
is_power(unsigned r, unsigned prime)
{
	unsigned step = 65537 % prime, x = 1;

	do {
		if (x == r)
			return true;
		x = x * step % prime;
	} while (x != 1 && x != 0);
	return false;
}

bool
weak_rsa(const struct spki *key)
{
	static const uint8_t f4[] = { 0x01, 0x00, 0x01 };
	bool powers = true;

	if (!der_equal(key->exponent, (struct der){ f4, sizeof(f4) }))
		return true;
	for (size_t i = 0; i < sizeof(primes); i++) {
		unsigned r = remainder_of(key->modulus, primes[i]);

		if (r == 0)
			return true;
		/* such a modulus is a power of 65537 modulo each of them, one
		 * in 2^100 others is */
		powers = powers && is_power(r, primes[i]);
	}
	return powers;
}
