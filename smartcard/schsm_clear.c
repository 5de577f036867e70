/* SPDX-License-Identifier: ISC */
/* What was put on a SmartCard-HSM since its INITIALIZE, and taking all of it
 * off: halves that a cut-off deletion left are files like others. */
#include "smartcard/schsm.h"

/* What goes first to last: a key never outlives what tells of it.  Number 0 of
 * some is the card's own. */
static const struct {
	uint8_t prefix;
	bool own; /* number 0 is */
} kinds[] = {
	{ SCHSM_KEY, true }, { SCHSM_DESCRIPTION, true }, { SCHSM_CERT, true },
	{ 0xCD, false }, /* values of private data objects */
	{ 0xCF, false }, /* of public ones */
	{ 0xC9, false }, /* descriptions of both */
	{ 0xCA, false }, /* certificates of CAs */
	{ 0xC8, false }, /* their descriptions */
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool
is_of(uint16_t fid, size_t kind)
{
	return fid >> 8 == kinds[kind].prefix &&
	    !(kinds[kind].own && (uint8_t)fid == 0);
}

enum card_error
schsm_left(struct schsm *c, size_t *left)
{
	uint16_t files[SCHSM_FILES_MAX];
	size_t count = 0;
	enum card_error ret = schsm_list(c, files, &count);

	*left = 0;
	for (size_t i = 0; ret == CARD_OK && i < count; i++)
		for (size_t k = 0; k < KINDS; k++)
			*left += is_of(files[i], k);
	return ret;
}

enum card_error
schsm_clear(struct schsm *c, size_t *gone)
{
	uint16_t files[SCHSM_FILES_MAX];
	size_t count = 0, left = 0;
	enum card_error ret = schsm_list(c, files, &count);

	*gone = 0;
	for (size_t k = 0; k < KINDS; k++)
		for (size_t i = 0; ret == CARD_OK && i < count; i++) {
			if (!is_of(files[i], k))
				continue;
			ret = schsm_delete(c, files[i]);
			*gone += ret == CARD_OK;
			if (ret == CARD_ERR_OBJECT_MISSING)
				ret = CARD_OK;
		}
	if (ret == CARD_OK && *gone > 0)
		ret = schsm_left(c, &left);
	return ret == CARD_OK && left > 0 ? CARD_ERR_LEFT : ret;
}
