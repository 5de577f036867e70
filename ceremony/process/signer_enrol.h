/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_SIGNER_ENROL_H
#define PROCESS_SIGNER_ENROL_H

#include "ceremony/process/signer.h"

/* For signer_enrol.c, which makes cards, and signer_adopt.c, which takes those
 * that were personalised elsewhere. */

/* What enrolment makes; freed together.  Of two, the first is sign's, the
 * second derive's. */
struct enrolment {
	char operator_id[POLICY_ID_MAX + 1], log[POLICY_LOG_MAX + 1];
	int64_t date;
	const char *key[2]; /* names, borrowed */
	struct key_attributes attributes[2];
	uint8_t *spki[2], *der[2], *sig;
	size_t spki_len[2], der_len[2], sig_len;
	X509 *cert[2];
	char text[SIGNER_TEST_MAX];
	bool heads;                        /* the card remembers them */
	struct token_evidence evidence[2]; /* empty: the card has none */
};
void enrolment_clear(struct enrolment *e);
/* Sign a test text: never a raw nonce. */
enum card_error enrolment_sign(struct signer *s, struct enrolment *e);
/* Open a test blob with the derive key, as every later ceremony will. */
enum card_error enrolment_derive(struct signer *s, struct enrolment *e);
/* Answer with all of it. */
void enrolment_send(struct signer *s, const struct enrolment *e);

#endif
