/* SPDX-License-Identifier: ISC */
#include "ca/cert.h"
#include "ca/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char subject[SUBJECT_TEXT_MAX + 1];
	X509 *cert = NULL;

	if (cert_parse(data, size, &cert) == CA_OK)
		(void)cert_conforms(cert, NULL, profile_find("root"), subject);
	X509_free(cert);
	return 0;
}
