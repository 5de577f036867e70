/* SPDX-License-Identifier: ISC */
#include "ca/spki.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>

#define RSA_OCTETS_MIN 256
#define RSA_OCTETS_MAX 512
#define RSA_EXPONENT_OCTETS_MAX 4
#define OID_SIZE_MAX 12

struct oid {
	size_t len;
	uint8_t octets[OID_SIZE_MAX];
};

/* RFC 5480, 2.1.1; RFC 3279, 2.3.1; RFC 4055, 1.2 */
static const struct oid oid_ec = { 7,
	{ 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 } };
static const struct oid oid_rsa = { 9,
	{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 } };
static const struct oid oid_rsa_pss = { 9,
	{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a } };

static const struct curve {
	int nid;
	size_t field; /* octets of a coordinate */
	struct oid oid;
} curves[] = {
	{ NID_X9_62_prime256v1, 32,
	    { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 } } },
	{ NID_secp384r1, 48, { 5, { 0x2b, 0x81, 0x04, 0x00, 0x22 } } },
};

static bool
is_oid(struct der in, const struct oid *oid)
{
	return in.len == oid->len && memcmp(in.data, oid->octets, in.len) == 0;
}

/* EC_POINT_oct2point refuses coordinates >= p and points off the curve. */
static bool
on_curve(int nid, struct der point)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	EC_POINT *p = group != NULL ? EC_POINT_new(group) : NULL;
	bool ok;

	ok = p != NULL &&
	    EC_POINT_oct2point(group, p, point.data, point.len, NULL) == 1 &&
	    EC_POINT_is_on_curve(group, p, NULL) == 1;
	EC_POINT_free(p);
	EC_GROUP_free(group);
	return ok;
}

static enum spki_fault
read_ec(struct der params, struct spki *out)
{
	const struct curve *curve = NULL;
	struct der name;

	/* explicit parameters are a SEQUENCE here, implicit ones NULL */
	if (!der_take(&params, DER_OID, &name) || params.len != 0)
		return SPKI_CURVE;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (is_oid(name, &curves[i].oid))
			curve = &curves[i];
	if (curve == NULL)
		return SPKI_CURVE;
	out->curve = curve->nid;
	if (out->bits.len != 1 + 2 * curve->field || out->bits.data[0] != 0x04)
		return SPKI_POINT;
	if (!on_curve(curve->nid, out->bits))
		return SPKI_POINT;
	out->x = (struct der){ out->bits.data + 1, curve->field };
	return SPKI_OK;
}

static enum spki_fault
read_rsa(struct der params, struct spki *out)
{
	struct der null, key = out->bits, n, e;

	if (!der_check_all(key) || !der_take(&params, DER_NULL, &null) ||
	    params.len != 0 || !der_take(&key, DER_SEQUENCE, &key) ||
	    !der_take(&key, DER_INTEGER, &n) ||
	    !der_take(&key, DER_INTEGER, &e) || key.len != 0)
		return SPKI_ENCODING;
	/* a modulus of whole octets has its top bit set, thus a leading 0 */
	if (n.data[0] != 0x00 || n.len - 1 < RSA_OCTETS_MIN ||
	    n.len - 1 > RSA_OCTETS_MAX)
		return SPKI_SIZE;
	out->modulus = (struct der){ n.data + 1, n.len - 1 };
	out->exponent = e;
	if (e.len > RSA_EXPONENT_OCTETS_MAX || e.data[0] >= 0x80 ||
	    (e.data[e.len - 1] & 1) == 0 || (e.len == 1 && e.data[0] < 3))
		return SPKI_SIZE;
	return SPKI_OK;
}

enum spki_fault
spki_read(struct der in, struct spki *out)
{
	struct der algorithm, oid;

	*out = (struct spki){ .curve = NID_undef };
	if (!der_check_all(in) || !der_take(&in, DER_SEQUENCE, &in) ||
	    !der_take(&in, DER_SEQUENCE, &algorithm) ||
	    !der_take(&algorithm, DER_OID, &oid) ||
	    !der_take(&in, DER_BIT_STRING, &out->bits) || in.len != 0 ||
	    out->bits.data[0] != 0)
		return SPKI_ENCODING;
	out->bits.data++;
	out->bits.len--;
	out->rsa = is_oid(oid, &oid_rsa) || is_oid(oid, &oid_rsa_pss);
	if (is_oid(oid, &oid_ec))
		return read_ec(algorithm, out);
	if (is_oid(oid, &oid_rsa))
		return read_rsa(algorithm, out);
	return SPKI_KIND;
}
