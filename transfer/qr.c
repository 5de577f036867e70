/* SPDX-License-Identifier: ISC */
#include "transfer/qr.h"

#include <qrencode.h>
#include <string.h>

/* ISO/IEC 18004 table 7: alphanumeric characters, by version and level. */
static const uint16_t capacity[QR_VERSION_MAX][QR_LEVELS] = {
	{ 25, 20, 16, 10 },
	{ 47, 38, 29, 20 },
	{ 77, 61, 47, 35 },
	{ 114, 90, 67, 50 },
	{ 154, 122, 87, 64 },
	{ 195, 154, 108, 84 },
	{ 224, 178, 125, 93 },
	{ 279, 221, 157, 122 },
	{ 335, 262, 189, 143 },
	{ 395, 311, 221, 174 },
	{ 468, 366, 259, 200 },
	{ 535, 419, 296, 227 },
	{ 619, 483, 352, 259 },
	{ 667, 528, 376, 283 },
	{ 758, 600, 426, 321 },
	{ 854, 656, 470, 365 },
	{ 938, 734, 531, 408 },
	{ 1046, 816, 574, 452 },
	{ 1153, 909, 644, 493 },
	{ 1249, 970, 702, 557 },
	{ 1352, 1035, 742, 587 },
	{ 1460, 1134, 823, 640 },
	{ 1588, 1248, 890, 672 },
	{ 1704, 1326, 963, 744 },
	{ 1853, 1451, 1041, 779 },
	{ 1990, 1542, 1094, 864 },
	{ 2132, 1637, 1172, 910 },
	{ 2223, 1732, 1263, 958 },
	{ 2369, 1839, 1322, 1016 },
	{ 2520, 1994, 1429, 1080 },
	{ 2677, 2113, 1499, 1150 },
	{ 2840, 2238, 1618, 1226 },
	{ 3009, 2369, 1700, 1307 },
	{ 3183, 2506, 1787, 1394 },
	{ 3351, 2632, 1867, 1431 },
	{ 3537, 2780, 1966, 1530 },
	{ 3729, 2894, 2071, 1591 },
	{ 3927, 3054, 2181, 1658 },
	{ 4087, 3220, 2298, 1774 },
	{ 4296, 3391, 2420, 1852 },
};

static const QRecLevel levels[QR_LEVELS] = {
	[QR_LEVEL_L] = QR_ECLEVEL_L,
	[QR_LEVEL_M] = QR_ECLEVEL_M,
	[QR_LEVEL_Q] = QR_ECLEVEL_Q,
	[QR_LEVEL_H] = QR_ECLEVEL_H,
};

size_t
qr_capacity(unsigned version, enum qr_level level)
{
	if (version < 1 || version > QR_VERSION_MAX)
		return 0;
	return capacity[version - 1][level];
}

unsigned
qr_version_for(size_t chars, enum qr_level level)
{
	for (unsigned v = 1; v <= QR_VERSION_MAX; v++) {
		if (chars <= qr_capacity(v, level))
			return v;
	}
	return 0;
}

size_t
qr_width(unsigned version)
{
	return 17 + 4 * (size_t)version + 2 * QR_QUIET;
}

static bool
alphanumeric(const char *text)
{
	return text[strspn(text,
		   "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")] == '\0';
}

static QRcode *
encode(const char *text, unsigned version, enum qr_level level)
{
	QRinput *input = QRinput_new2((int)version, levels[level]);
	QRcode *code = NULL;

	if (input == NULL)
		return NULL;
	if (QRinput_append(input, QR_MODE_AN, (int)strlen(text),
		(const unsigned char *)text) == 0)
		code = QRcode_encodeInput(input);
	QRinput_free(input);
	return code;
}

enum transfer_error
qr_symbol_make(const char *text, unsigned version, enum qr_level level,
    struct qr_symbol *out)
{
	enum transfer_error ret = TRANSFER_ERR_SIZE;
	size_t len = strnlen(text, QR_TEXT_MAX + 1);
	QRcode *code;

	if (qr_capacity(version, level) == 0 || len < 1)
		return TRANSFER_ERR_ARGUMENT;
	if (len > qr_capacity(version, level))
		return TRANSFER_ERR_SIZE;
	if (!alphanumeric(text))
		return TRANSFER_ERR_ARGUMENT;
	if ((code = encode(text, version, level)) == NULL)
		return TRANSFER_ERR_MEMORY;
	/* the library takes a larger version where it has to */
	if (code->version == (int)version) {
		out->version = version;
		out->size = (size_t)code->width;
		for (size_t i = 0; i < out->size * out->size; i++)
			out->dark[i] = code->data[i] & 1;
		ret = TRANSFER_OK;
	}
	QRcode_free(code);
	return ret;
}

bool
qr_dark(const struct qr_symbol *s, size_t x, size_t y)
{
	if (x < QR_QUIET || y < QR_QUIET || x - QR_QUIET >= s->size ||
	    y - QR_QUIET >= s->size)
		return false;
	return s->dark[(y - QR_QUIET) * s->size + x - QR_QUIET] != 0;
}
