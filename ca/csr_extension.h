/* SPDX-License-Identifier: ISC */
#ifndef CA_CSR_EXTENSION_H
#define CA_CSR_EXTENSION_H

#include "ca/der.h"

/*
 * Whether the attributes of a CSR ask for nothing but what an end entity gets
 * anyway: none, or one extensionRequest (RFC 2985, 5.4.2) of any of
 * basicConstraints with cA FALSE, keyUsage of digitalSignature,
 * nonRepudiation and keyAgreement, extKeyUsage of clientAuth and serverAuth,
 * subjectKeyIdentifier; each at most once, in DER.  None of it is copied.
 *
 * attributes  contents of the CSR's [0]; der_check() has been over them.
 */
bool csr_extension_allowed(struct der attributes);

#endif
