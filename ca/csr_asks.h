/* SPDX-License-Identifier: ISC */
#ifndef CA_CSR_ASKS_H
#define CA_CSR_ASKS_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "ca/der.h"

#define CSR_ASKS_MAX 32     /* more than any honest CSR asks for */
#define CSR_ASK_NAME_MAX 64 /* characters */
#define CSR_ASK_VALUE_MAX 400

/*
 * What a CSR asks for, for people to see; none of it reaches a certificate.
 * Texts are printable ASCII: every other octet, and the backslash, stands as
 * \xNN; a line's end within a value as "; "; what is cut off as "...".
 */
struct csr_ask {
	char name[CSR_ASK_NAME_MAX + 1]; /* "X509v3 Basic Constraints", an
	                                    OID, or "attribute <name>" */
	char value[CSR_ASK_VALUE_MAX + 1];
};
struct csr_asks {
	char subject[CSR_ASK_VALUE_MAX + 1]; /* "C=CH,CN=Example" */
	size_t count;
	struct csr_ask asks[CSR_ASKS_MAX];
};

/*
 * Read the subject and the attributes of a CSR: each extension requested
 * (RFC 2985, 5.4.2), then each other attribute, whose value is not shown: it
 * may be a password.
 *
 * attributes  contents of the CSR's [0]; der_check() has been over them.
 * False: more than CSR_ASKS_MAX, extensions that cannot be read, or no memory.
 */
bool csr_asks_read(const X509_NAME *name, struct der attributes,
    struct csr_asks *out);

#endif
