/* SPDX-License-Identifier: ISC */
#include "ca/crl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t digest[32];
	X509_CRL *crl = NULL;

	if (crl_parse(data, size, &crl) == CA_OK)
		(void)crl_tbs_digest(crl, digest);
	X509_CRL_free(crl);
	return 0;
}
