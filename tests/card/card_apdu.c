/* SPDX-License-Identifier: ISC */
#include "tests/card/card_apdu.h"

/* Ne as it is written: 0 is the most that can be. */
static size_t
expected(size_t le, size_t most)
{
	return le == 0 ? most : le;
}

static size_t
two(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* What is behind the header, from its first octet: [Lc data] [Le]. */
static bool
parse_short(const uint8_t *body, size_t len, struct apdu *out)
{
	size_t lc = body[0];

	if (len == 1) { /* 2S */
		out->expected = expected(lc, 256);
		return true;
	}
	if (lc == 0 || (len != 1 + lc && len != 2 + lc))
		return false;
	out->data = body + 1;
	out->len = lc;
	if (len == 2 + lc) /* 4S, else 3S */
		out->expected = expected(body[1 + lc], 256);
	return true;
}

/* ... and with a 00 before them: lengths of two octets. */
static bool
parse_extended(const uint8_t *body, size_t len, struct apdu *out)
{
	size_t lc = two(body + 1);

	out->extended = true;
	if (len == 3) { /* 2E */
		out->expected = expected(lc, 65536);
		return true;
	}
	if (lc == 0 || (len != 3 + lc && len != 5 + lc))
		return false;
	out->data = body + 3;
	out->len = lc;
	if (len == 5 + lc) /* 4E, else 3E */
		out->expected = expected(two(body + 3 + lc), 65536);
	return true;
}

static void
parse_header(const uint8_t *command, struct apdu *out)
{
	*out = (struct apdu){ .cla = command[0],
		.ins = command[1],
		.p1 = command[2],
		.p2 = command[3] };
}

bool
card_apdu_parse(const uint8_t *command, size_t len, struct apdu *out)
{
	if (len < 4)
		return false;
	parse_header(command, out);
	if (len == 4) /* case 1 */
		return true;
	if (command[4] == 0 && len >= 7)
		return parse_extended(command + 4, len - 4, out);
	return parse_short(command + 4, len - 4, out);
}

bool
card_apdu_parse_t0(const uint8_t *command, size_t len, struct apdu *out)
{
	if (len < 4)
		return false;
	parse_header(command, out);
	if (len == 4)
		return true;
	if (len == 5) {
		out->expected = expected(command[4], 256);
		return true;
	}
	out->data = command + 5;
	out->len = expected(command[4], 256);
	out->expected = 256; /* by as many GET RESPONSE as it takes */
	return len == 5 + out->len;
}
