/* SPDX-License-Identifier: ISC */
#include "ca/sigalg.h"

#include <openssl/obj_mac.h>
#include <openssl/objects.h>

#include "ca/key.h"

static const struct sigalg rows[] = {
	{ NID_X9_62_prime256v1, NID_ecdsa_with_SHA256, EVP_sha256 },
	{ NID_secp384r1, NID_ecdsa_with_SHA384, EVP_sha384 },
};

const struct sigalg *
sigalg_for_key(const EVP_PKEY *key)
{
	int curve = key_curve(key);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].curve == curve)
			return &rows[i];
	return NULL;
}

enum ca_error
sigalg_set(const X509_ALGOR *alg, const struct sigalg *row)
{
	/* RFC 5758, 3.2: the parameters field is absent */
	if (X509_ALGOR_set0((X509_ALGOR *)alg, OBJ_nid2obj(row->nid),
		V_ASN1_UNDEF, NULL) != 1)
		return CA_ERR_MEMORY;
	return CA_OK;
}

bool
sigalg_is(const X509_ALGOR *alg, const struct sigalg *row)
{
	const ASN1_OBJECT *oid = NULL;
	int type = V_ASN1_UNDEF;

	X509_ALGOR_get0(&oid, &type, NULL, alg);
	return OBJ_obj2nid(oid) == row->nid && type == V_ASN1_UNDEF;
}
