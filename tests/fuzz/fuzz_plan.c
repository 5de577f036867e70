/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "ceremony/record/plan_text.h"
#include "ceremony/record/plan_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t digest[32];
	struct plan_field *fields = NULL;
	struct plan_fault fault = { 0 };
	struct plan *p = NULL;
	char *sheet = NULL;
	size_t count = 0;

	if (plan_yaml_fields((const char *)data, len, &fields, &count,
		&fault) == RECORD_OK &&
	    plan_build(fields, count, &p, &fault) == RECORD_OK) {
		if (plan_run_sheet(p, digest, &sheet) != RECORD_OK)
			abort();
		if (plan_rehearse(p, NULL) != RECORD_OK)
			abort();
	}
	free(sheet);
	plan_free(p);
	free(fields);
	return 0;
}
