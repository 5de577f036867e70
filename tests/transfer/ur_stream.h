/* SPDX-License-Identifier: ISC */
#ifndef TESTS_TRANSFER_UR_STREAM_H
#define TESTS_TRANSFER_UR_STREAM_H

#include "tests/transfer/ur_message.h"
#include "transfer/ur.h"

/* Room for a part of 2 KiB fragments. */
#define TEXT_MAX 8192

static inline struct ur_encoder *
encoder_of(const uint8_t *message, size_t len, size_t fragment_len)
{
	struct ur_encoder *e;

	assert_int_equal(ur_encoder_new(UR_TYPE, message, len, fragment_len,
			     &e),
	    TRANSFER_OK);
	return e;
}

static inline struct ur_decoder *
decoder(void)
{
	struct ur_decoder *d;

	assert_int_equal(ur_decoder_new(UR_TYPE, &d), TRANSFER_OK);
	return d;
}

static inline enum ur_taken
take_text(struct ur_decoder *d, const char *text, const char **why)
{
	return ur_decoder_take(d, text, strlen(text), why);
}

/* Part seq of e; no refusal is allowed. */
static inline enum ur_taken
take_part(struct ur_decoder *d, const struct ur_encoder *e, uint32_t seq)
{
	char text[TEXT_MAX];
	enum ur_taken taken;
	const char *why;

	assert_int_equal(ur_encoder_part(e, seq, text, sizeof(text)),
	    TRANSFER_OK);
	taken = take_text(d, text, &why);
	if (taken == UR_REFUSED)
		fail_msg("part %u: %s", seq, why);
	assert_null(why);
	return taken;
}

static inline void
assert_message(const struct ur_decoder *d, const uint8_t *message, size_t len)
{
	size_t is;
	const uint8_t *got = ur_decoder_message(d, &is);

	assert_non_null(got);
	assert_int_equal(is, len);
	assert_memory_equal(got, message, len);
}

#endif
