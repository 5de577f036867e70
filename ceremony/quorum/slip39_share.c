/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/slip39_share.h"

#include <openssl/crypto.h>
#include <string.h>

#include "ceremony/quorum/slip39.h"

#define RADIX_BITS 10
#define RADIX_MASK 0x3ffu
#define HEADER_WORDS 4
#define CHECKSUM_WORDS 3
#define WORDS_MIN 20 /* of a 128-bit secret */
#define PADDING_MAX 8

/* The words of one mnemonic as values 0..1023. */
struct code {
	size_t count;
	uint32_t words[SLIP39_WORDS_MAX];
};

static uint32_t
rs1024_step(uint32_t checksum, uint32_t value)
{
	static const uint32_t generator[RADIX_BITS] = { 0x00e0e040, 0x01c1c080,
		0x03838100, 0x07070200, 0x0e0e0009, 0x1c0c2412, 0x38086c24,
		0x3090fc48, 0x21b1f890, 0x03f3f120 };
	uint32_t top = checksum >> 20;

	checksum = (checksum & 0xfffff) << RADIX_BITS ^ value;
	for (unsigned i = 0; i < RADIX_BITS; i++)
		checksum ^= generator[i] & (0u - (top >> i & 1u));
	return checksum;
}

/* The Reed-Solomon code over GF(1024) of the customization string and the
 * words (SLIP-0039, "Checksum"): 1 for words with their right checksum. */
static uint32_t
rs1024(bool extendable, const uint32_t *words, size_t count)
{
	const char *custom = extendable ? "shamir_extendable" : "shamir";
	uint32_t checksum = 1;

	for (; *custom != '\0'; custom++)
		checksum = rs1024_step(checksum, (unsigned char)*custom);
	for (size_t i = 0; i < count; i++)
		checksum = rs1024_step(checksum, words[i]);
	return checksum;
}

static enum quorum_error
words_read(const struct secret *mnemonic, struct code *out)
{
	const char *text = (const char *)mnemonic->data;
	size_t start = 0;

	for (size_t at = 0; at <= mnemonic->len; at++) {
		int value = -1;

		if (at < mnemonic->len && text[at] != ' ')
			continue;
		if ((value = slip39_value(text + start, at - start)) < 0)
			return QUORUM_ERR_WORD;
		if (out->count == SLIP39_WORDS_MAX)
			return QUORUM_ERR_MNEMONIC;
		out->words[out->count++] = (uint32_t)value;
		start = at + 1;
	}
	return out->count < WORDS_MIN ? QUORUM_ERR_MNEMONIC : QUORUM_OK;
}

static enum quorum_error
words_write(const struct code *code, struct secret **out)
{
	struct secret *text = secret_new();

	if (text == NULL)
		return QUORUM_ERR_MEMORY;
	for (size_t i = 0; i < code->count; i++) {
		const char *word = slip39_word(code->words[i]);
		size_t len = strlen(word);

		if (text->len + (i > 0) + len > SLIP39_TEXT_MAX) {
			secret_free(text);
			return QUORUM_ERR_MNEMONIC;
		}
		if (i > 0)
			text->data[text->len++] = ' ';
		memcpy(text->data + text->len, word, len);
		text->len += len;
	}
	text->data[text->len] = '\0';
	*out = text;
	return QUORUM_OK;
}

/* Two numbers of 20 bits: id 15, ext 1, e 4; then GI, Gt, g, I, t, 4 each.
 * Thresholds and counts stand less one. */
static enum quorum_error
header_read(const uint32_t *words, struct slip39_share *out)
{
	uint32_t first = words[0] << RADIX_BITS | words[1];
	uint32_t second = words[2] << RADIX_BITS | words[3];

	out->set.id = first >> 5;
	out->set.extendable = (first >> 4 & 1u) != 0;
	out->set.exponent = first & 15u;
	out->group = second >> 16;
	out->set.group_threshold = (second >> 12 & 15u) + 1;
	out->set.group_count = (second >> 8 & 15u) + 1;
	out->member = second >> 4 & 15u;
	out->member_threshold = (second & 15u) + 1;
	if (out->set.group_threshold > out->set.group_count)
		return QUORUM_ERR_MNEMONIC;
	return QUORUM_OK;
}

static void
header_write(const struct slip39_share *share, uint32_t *words)
{
	const struct slip39_set *set = &share->set;
	uint32_t first =
	    set->id << 5 | (set->extendable ? 1u : 0u) << 4 | set->exponent;
	uint32_t second = share->group << 16 |
	    (set->group_threshold - 1) << 12 | (set->group_count - 1) << 8 |
	    share->member << 4 | (share->member_threshold - 1);

	words[0] = first >> RADIX_BITS;
	words[1] = first & RADIX_MASK;
	words[2] = second >> RADIX_BITS;
	words[3] = second & RADIX_MASK;
}

/* The share value is right-aligned in its words; the bits before it, as few as
 * there can be, are 0. */
static enum quorum_error
value_read(const uint32_t *words, size_t count, struct secret **out)
{
	unsigned padding = (unsigned)(count * RADIX_BITS % 16);
	unsigned bits = RADIX_BITS - padding;
	uint32_t pending = words[0];
	struct secret *value = NULL;

	if (padding > PADDING_MAX || words[0] >> bits != 0)
		return QUORUM_ERR_MNEMONIC;
	if ((value = secret_new()) == NULL)
		return QUORUM_ERR_MEMORY;
	for (size_t i = 1; i <= count; i++) {
		for (; bits >= 8; bits -= 8)
			value->data[value->len++] =
			    (uint8_t)(pending >> (bits - 8));
		if (i == count)
			break;
		pending = pending << RADIX_BITS | words[i];
		bits += RADIX_BITS;
	}
	*out = value;
	return QUORUM_OK;
}

/* Returns how many words it wrote. */
static size_t
value_write(const struct secret *value, uint32_t *words)
{
	size_t count = (value->len * 8 + RADIX_BITS - 1) / RADIX_BITS;
	unsigned bits = (unsigned)(count * RADIX_BITS - value->len * 8);
	uint32_t pending = 0;
	size_t at = 0;

	for (size_t i = 0; i < value->len; i++) {
		pending = pending << 8 | value->data[i];
		bits += 8;
		if (bits >= RADIX_BITS) {
			bits -= RADIX_BITS;
			words[at++] = pending >> bits & RADIX_MASK;
		}
	}
	return at;
}

enum quorum_error
slip39_share_read(const struct secret *mnemonic, struct slip39_share *out)
{
	enum quorum_error ret = QUORUM_ERR_MNEMONIC;
	struct code code = { 0 };

	memset(out, 0, sizeof(*out));
	ret = words_read(mnemonic, &code);
	if (ret != QUORUM_OK)
		goto out;
	ret = header_read(code.words, out);
	if (rs1024(out->set.extendable, code.words, code.count) != 1)
		ret = QUORUM_ERR_CHECKSUM;
	if (ret != QUORUM_OK)
		goto out;
	ret = value_read(code.words + HEADER_WORDS,
	    code.count - HEADER_WORDS - CHECKSUM_WORDS, &out->value);
out:
	OPENSSL_cleanse(&code, sizeof(code));
	return ret;
}

enum quorum_error
slip39_share_write(const struct slip39_share *share, struct secret **mnemonic)
{
	enum quorum_error ret = QUORUM_ERR_MNEMONIC;
	struct code code = { 0 };
	uint32_t checksum = 0;

	*mnemonic = NULL;
	header_write(share, code.words);
	code.count = HEADER_WORDS;
	code.count += value_write(share->value, code.words + code.count);
	code.count += CHECKSUM_WORDS;
	checksum = rs1024(share->set.extendable, code.words, code.count) ^ 1u;
	for (unsigned i = 1; i <= CHECKSUM_WORDS; i++) {
		code.words[code.count - i] = checksum & RADIX_MASK;
		checksum >>= RADIX_BITS;
	}
	ret = words_write(&code, mnemonic);
	OPENSSL_cleanse(&code, sizeof(code));
	return ret;
}
