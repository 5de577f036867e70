/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_SCHSM_APDU_H
#define SMARTCARD_SCHSM_APDU_H

#include "smartcard/schsm.h"

/* Commands and answers, for the files of schsm. */

#define SCHSM_COMMAND_MAX (SCHSM_FILE_MAX + 16)
#define SCHSM_NO_LE (-1)
#define SCHSM_LE_ALL 65536 /* extended: whatever there is */

/* PINs, SO PINs and DKEK shares pass through: in pages as a secret has. */
struct schsm {
	struct pcsc_card *card;
	char reader[PCSC_NAME_MAX + 1];
	uint16_t sw;
	uint8_t command[SCHSM_COMMAND_MAX];
	size_t command_len;
	uint8_t answer[PCSC_ANSWER_MAX]; /* without SW1 SW2 */
	size_t answer_len;
};

/* Start a command: CLA INS P1 P2 as one number; then data, up to
 * SCHSM_FILE_MAX octets. */
void schsm_start(struct schsm *c, uint32_t header);
void schsm_put(struct schsm *c, const void *data, size_t len);
void schsm_put_octet(struct schsm *c, unsigned octet);
/*
 * Send it, with extended lengths when they are needed; the answer and its
 * status word are in c then, the command is wiped.
 * le  octets wanted at most, or SCHSM_NO_LE.
 * Errors: REMOVED, ANSWER, SERVICE; CARD_OK whatever the status word is.
 */
enum card_error schsm_exchange(struct schsm *c, int le);
/* The same, and what the status word says; a row of a table each, STATUS for
 * all others. */
enum card_error schsm_send(struct schsm *c, int le);

#endif
