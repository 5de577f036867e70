/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "transfer/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The first octet chooses the form; raw ones are as wide as the second says.
 * A picture that is taken can be read all over, and what follows is read on
 * as long as there is something. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum picture_form form;
	uint32_t width;

	if (len < 2)
		return 0;
	form = (enum picture_form)(data[0] % PICTURE_FORM_COUNT);
	width = data[1] + 1u;
	data += 2;
	len -= 2;
	for (unsigned i = 0; i < 4 && len > 0; i++) {
		struct transfer_fault fault;
		struct picture p;
		size_t used;

		if (picture_read(form, data, len, width, width / 2 + 1, &p,
			&used, &fault) == TRANSFER_OK) {
			if (picture_smooth(&p) != TRANSFER_OK)
				abort();
			picture_halve(&p);
		}
		picture_free(&p);
		if (used == 0 || used > len)
			abort();
		data += used;
		len -= used;
	}
	return 0;
}
