/* SPDX-License-Identifier: ISC */
#include "ceremony/record/csr_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char id[SUBJECT_ID_MAX + 1];
	struct record_fault fault;
	struct csr_file file;
	struct csr csr;

	/* the id it claims takes it past the subject rule */
	if (!csr_peek_id(data, size, id))
		id[0] = '\0';
	(void)csr_check(data, size, id, profile_find("device-tls"), &csr);
	/* the job of anchorite-reader: PEM or DER, of a CA */
	(void)csr_file_read(data, size, &file, &fault);
	return 0;
}
