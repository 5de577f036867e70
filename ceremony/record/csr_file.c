/* SPDX-License-Identifier: ISC */
#include "ceremony/record/csr_file.h"

#include <stdlib.h>
#include <string.h>

#include "transfer/pem.h"
#include "transfer/request.h"

/* What stands in PEM; NULL when the file is none.  free(). */
static uint8_t *
decode(const uint8_t *file, size_t len, size_t *der_len)
{
	static const char *const labels[] = { "CERTIFICATE REQUEST",
		"NEW CERTIFICATE REQUEST" };
	uint8_t *der = NULL;

	for (size_t i = 0; i < 2; i++)
		if (pem_decode(file, len, labels[i], &der, der_len))
			return der;
	return NULL;
}

enum record_error
csr_file_read(const uint8_t *file, size_t len, struct csr_file *out,
    struct record_fault *fault)
{
	const struct rule_row *row;
	size_t der_len = 0;
	uint8_t *der;
	enum rule rule;

	memset(out, 0, sizeof(*out));
	/* whatever stands beside it: somebody has sent more than they should */
	if (request_is_private_key(file, len))
		return record_fail(fault, RECORD_ERR_RULE,
		    "it holds a private key: that key is lost; have a new one "
		    "made, and the CSR alone sent");
	der = len <= CSR_FILE_MAX ? decode(file, len, &der_len) : NULL;
	if (der != NULL && request_is_private_key(der, der_len))
		rule = RULE_DER;
	else
		rule = csr_check_ca(der != NULL ? der : file,
		    der != NULL ? der_len : len, profile_find("intermediate"),
		    &out->csr, &out->asks);
	free(der);
	if (rule == RULE_OK)
		return RECORD_OK;
	row = rule_row(rule);
	return record_fail(fault, RECORD_ERR_RULE, "%s: %s: %s", row->id,
	    row->clause, row->text);
}
