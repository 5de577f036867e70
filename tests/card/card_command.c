/* SPDX-License-Identifier: ISC */
/* The commands of the card, a row each. */
#include "tests/card/card_core.h"

#define ANY (-1)
#define LOGIN true

static const struct command {
	int cla, ins, p1, p2;
	bool login;         /* only when the user PIN was verified */
	size_t least, most; /* octets of data */
	card_command *run;
} commands[] = {
	{ 0x00, 0x20, 0x00, 0x81, false, 0, 16, card_pin_verify },
	{ 0x00, 0x20, 0x00, 0x85, false, 0, 0, card_pad_state },
	{ 0x00, 0x20, 0x00, 0x86, false, 0, 0, card_pad_state },
	{ 0x00, 0x20, 0x00, 0x88, false, 0, 0, card_so_state },
	{ 0x00, 0x24, 0x00, 0x81, false, 1, 32, card_pin_change },
	{ 0x00, 0x24, 0x00, 0x88, false, 16, 16, card_so_change },
	{ 0x00, 0x2C, 0x00, 0x81, false, 8, 24, card_pin_unblock },
	{ 0x00, 0x46, ANY, 0x00, LOGIN, 1, 1024, card_key_make },
	{ 0x00, 0x84, 0x00, 0x00, false, 0, 0, card_random },
	{ 0x00, 0xA4, 0x00, ANY, false, 2, 2, card_select_file },
	{ 0x00, 0xA4, 0x04, ANY, false, 1, 16, card_select_applet },
	{ 0x00, 0xA4, 0x08, ANY, false, 1, 16, card_select_path },
	{ 0x00, 0xB1, ANY, ANY, false, 4, 4, card_file_get },
	{ 0x00, 0xD7, ANY, ANY, LOGIN, 6, 4096, card_file_put },
	{ 0x00, 0xE4, 0x02, 0x00, LOGIN, 2, 2, card_file_delete },
	{ 0x80, 0x50, 0x00, 0x00, false, 1, 255, card_initialise },
	{ 0x80, 0x52, 0x00, 0x00, false, 0, 32, card_dkek_import },
	{ 0x80, 0x58, 0x00, 0x00, false, 0, 0, card_file_list },
	{ 0x80, 0x62, ANY, ANY, LOGIN, 1, 512, card_key_use },
	{ 0x80, 0x68, ANY, ANY, LOGIN, 1, 1024, card_key_use },
	{ 0x80, 0x72, ANY, 0x92, LOGIN, 0, 0, card_dkek_wrap },
	{ 0x80, 0x74, ANY, 0x93, LOGIN, 1, 4096, card_dkek_unwrap },
};

static bool
is(int row, uint8_t octet)
{
	return row == ANY || row == octet;
}

/* The command, or the status word that tells how far it was right. */
static uint16_t
find(const struct apdu *a, const struct command **out)
{
	uint16_t sw = SW_CLA;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *row = &commands[i];

		if (!is(row->cla, a->cla))
			continue;
		if (sw == SW_CLA)
			sw = SW_INS;
		if (row->ins != a->ins)
			continue;
		sw = SW_P1P2;
		if (is(row->p1, a->p1) && is(row->p2, a->p2)) {
			*out = row;
			return SW_OK;
		}
	}
	return sw;
}

uint16_t
card_run(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	const struct command *row = NULL;
	uint16_t sw = find(a, &row);

	if (sw != SW_OK)
		return sw;
	if (a->len < row->least || a->len > row->most)
		return SW_LENGTH;
	if (row->login && !c->login)
		return SW_SECURITY;
	return row->run(c, a, out);
}
