/* SPDX-License-Identifier: ISC */
#include "smartcard/bertlv.h"

static bool
take_octet(struct bertlv *d, unsigned *out)
{
	if (d->len == 0)
		return false;
	*out = d->at[0];
	d->at++;
	d->len--;
	return true;
}

static bool
take_tag(struct bertlv *d, unsigned *tag)
{
	unsigned second;

	if (!take_octet(d, tag))
		return false;
	if ((*tag & 0x1F) != 0x1F)
		return true;
	if (!take_octet(d, &second) || (second & 0x80) != 0)
		return false;
	*tag = *tag << 8 | second;
	return true;
}

static bool
take_length(struct bertlv *d, size_t *len)
{
	unsigned octet, more;

	if (!take_octet(d, &octet))
		return false;
	*len = octet;
	if (octet < 0x80)
		return true;
	more = octet & 0x7F;
	if (more < 1 || more > 2)
		return false;
	for (*len = 0; more > 0; more--) {
		if (!take_octet(d, &octet))
			return false;
		*len = *len << 8 | octet;
	}
	return true;
}

bool
bertlv_next(struct bertlv *d, unsigned *tag, struct bertlv *value)
{
	struct bertlv rest = *d;
	size_t len;

	if (!take_tag(&rest, tag) || !take_length(&rest, &len) ||
	    len > rest.len)
		return false;
	*value = (struct bertlv){ rest.at, len };
	*d = (struct bertlv){ rest.at + len, rest.len - len };
	return true;
}

bool
bertlv_find(struct bertlv d, unsigned tag, struct bertlv *value)
{
	unsigned found;

	while (bertlv_next(&d, &found, value))
		if (found == tag)
			return true;
	return false;
}
