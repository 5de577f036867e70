/* SPDX-License-Identifier: ISC */
#ifndef CA_PROFILE_H
#define CA_PROFILE_H

#include <stdbool.h>

/* Whether what limits a CA is stated of it; where it may be and is not, the
 * row's pathlen is all that does. */
enum profile_stated {
	STATED_NEVER,
	STATED_MAYBE,
	STATED_ALWAYS,
};

/*
 * A certificate profile: one row a reviewer can check.  Nothing in a
 * certificate comes from anywhere else but the subject, key, serial, dates and
 * stated fields of its cert_spec.
 */
struct profile {
	const char *name;      /* "device-tls" */
	bool self_issued;      /* signed with its own key, and only then */
	bool ca;               /* basicConstraints cA, critical; none on ends */
	int pathlen;           /* -1: none */
	const char *key_usage; /* as X509V3 reads it, critical */
	const char *eku;       /* as X509V3 reads it, NULL: none */
	bool device;           /* may stand in a work order */
	bool forever;          /* notAfter is always DATE_FOREVER */
	unsigned max_years;    /* longest validity; 0 when forever */
	bool p256, p384;       /* curves its key may be on */
	unsigned rsa_min;      /* bits of an RSA key; 0: none is taken */
	bool hardware_serial;  /* subject takes serialNumber from hwserial */
	enum profile_stated stated; /* what limits the CA: stated.h */
};

/* The rows: root, product-ca, sealer, device-tls, device-idevid, intermediate.
 * NULL when there is no such profile. */
const struct profile *profile_find(const char *name);
/* Row i, or NULL past the last. */
const struct profile *profile_at(unsigned i);

#endif
