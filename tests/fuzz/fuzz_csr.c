/* SPDX-License-Identifier: ISC */
#include "ca/csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char id[SUBJECT_ID_MAX + 1];
	struct csr_asks asks;
	struct csr csr;

	/* the id it claims takes it past the subject rule */
	if (!csr_peek_id(data, size, id))
		id[0] = '\0';
	(void)csr_check(data, size, id, profile_find("device-tls"), &csr);
	(void)csr_check_ca(data, size, profile_find("intermediate"), &csr,
	    &asks);
	return 0;
}
