/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_CARD_CORE_H
#define TESTS_CARD_CARD_CORE_H

/* What the files of the card share; everybody else uses card.h. */

#include <sys/stat.h>

#include "tests/card/card.h"
#include "tests/card/card_apdu.h"
#include "tests/card/card_control.h"
#include "tests/card/card_state.h"
#include "tests/card/card_tlv.h"

struct card {
	char *home; /* as given to card_new() */
	char *path; /* of the state: home, or of a card put in instead */
	int lock;   /* descriptor, flock() */
	struct stat
	    loaded; /* the file that state was read from or written to */
	struct card_state state;
	bool changed; /* since it was loaded or saved */
	struct card_control control;
	bool absent, hangs;
	unsigned insertions;

	/* gone without power */
	bool login;
	uint16_t selected;         /* 0: no file */
	struct card_bytes pending; /* for GET RESPONSE */
	struct card_bytes work;    /* the answer in the making */
};

enum card_status {
	SW_OK = 0x9000,
	SW_MORE = 0x6100,  /* ... and how many octets more */
	SW_TRIES = 0x63C0, /* ... and how many tries are left */
	SW_LENGTH = 0x6700,
	SW_SECURITY = 0x6982,
	SW_BLOCKED = 0x6983,
	SW_NO_PIN = 0x6984,
	SW_CONDITIONS = 0x6985,
	SW_DATA = 0x6A80,
	SW_NOT_FOUND = 0x6A82,
	SW_FULL = 0x6A84,
	SW_P1P2 = 0x6A86,
	SW_REFERENCE = 0x6A88,
	SW_EXISTS = 0x6A89,
	SW_OFFSET = 0x6B00,
	SW_INS = 0x6D00,
	SW_CLA = 0x6E00,
	SW_BROKEN = 0x6F00
};

/* A command: appends its data to out and returns the status word.  What it
 * changes in the state it tells by c->changed. */
typedef uint16_t
card_command(struct card *c, const struct apdu *a, struct card_bytes *out);

/* Find the command in the table and do it, or say why not. */
card_command card_run;

/* card_file.c */
card_command card_select_applet, card_select_file, card_select_path;
card_command card_file_get, card_file_put, card_file_delete, card_file_list;
/* card_pin.c */
card_command card_pin_verify, card_so_state, card_pad_state;
card_command card_pin_change, card_so_change, card_pin_unblock;
card_command card_initialise;
/* card_key.c */
card_command card_key_make, card_key_use, card_random;
/* False when there is no such key. */
bool card_key_remove(struct card *c, uint8_t reference);
/* card_dkek.c */
card_command card_dkek_import, card_dkek_wrap, card_dkek_unwrap;

#endif
