/* SPDX-License-Identifier: ISC */
#include "ca/profile.h"

#include <stddef.h>
#include <string.h>

#define PATHLEN_NONE (-1)

static const struct profile rows[] = {
	{
	    .name = "root",
	    .self_issued = true,
	    .ca = true,
	    .pathlen = PATHLEN_NONE,
	    .key_usage = "keyCertSign,cRLSign",
	    .max_years = 30,
	    .p256 = true,
	    .p384 = true,
	},
	{
	    .name = "product-ca",
	    .ca = true,
	    .pathlen = 0,
	    .stated = STATED_MAYBE,
	    .key_usage = "keyCertSign,cRLSign",
	    .max_years = 30,
	    .p256 = true,
	    .p384 = true,
	},
	{
	    /* seals orders and responses; documentSigning: RFC 9336 */
	    .name = "sealer",
	    .pathlen = PATHLEN_NONE,
	    .key_usage = "digitalSignature",
	    .eku = "critical,1.3.6.1.5.5.7.3.36",
	    .max_years = 30,
	    .p256 = true,
	    .p384 = true,
	},
	{
	    .name = "device-tls",
	    .pathlen = PATHLEN_NONE,
	    .key_usage = "digitalSignature",
	    .eku = "clientAuth,serverAuth",
	    .device = true,
	    .max_years = 30,
	    .p256 = true,
	    .p384 = true,
	},
	{
	    /* IEEE 802.1AR-2018, 8 */
	    .name = "device-idevid",
	    .pathlen = PATHLEN_NONE,
	    .key_usage = "digitalSignature",
	    .device = true,
	    .forever = true,
	    .p256 = true,
	    .p384 = true,
	    .hardware_serial = true,
	},
	{
	    /* a CA that others run; RSA of 128 bits of strength, as their
	     * modules have it (NIST SP 800-57 part 1, 5.6.1) */
	    .name = "intermediate",
	    .ca = true,
	    .pathlen = PATHLEN_NONE,
	    .key_usage = "keyCertSign,cRLSign",
	    .max_years = 30,
	    .p256 = true,
	    .p384 = true,
	    .rsa_min = 3072,
	    .stated = STATED_ALWAYS,
	},
};

const struct profile *
profile_at(unsigned i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}

const struct profile *
profile_find(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}
