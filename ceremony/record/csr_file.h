/* SPDX-License-Identifier: ISC */
#ifndef RECORD_CSR_FILE_H
#define RECORD_CSR_FILE_H

#include "ca/csr.h"
#include "ceremony/record/error.h"

#define CSR_FILE_MAX (2 * CSR_MAX) /* PEM is longer than DER */

/* The file of a CA that others run, who ask for a certificate. */
struct csr_file {
	struct csr csr;
	struct csr_asks asks;
};
/*
 * Read one PKCS#10 request (RFC 2986) in PEM, label CERTIFICATE REQUEST or NEW
 * CERTIFICATE REQUEST (RFC 7468, 7), with nothing before or behind it, or in
 * DER, and check it for the profile `intermediate`.  For the reader and for
 * auditors: the file is hostile.
 * Errors: RULE (one of ca/rule.h, named in the fault, or a private key in the
 * file), MEMORY; *out is zeroed then.
 */
enum record_error csr_file_read(const uint8_t *file, size_t len,
    struct csr_file *out, struct record_fault *fault);

#endif
