/* SPDX-License-Identifier: ISC */
#include "transfer/bytewords.h"

#include <zlib.h>

#define BYTES 256
#define NO_BYTE (-1)

/* First and last letters of the 256 words, in their order, which is that of
 * the alphabet by first letter. */
static const char pairs[2 * BYTES + 1] =
    "aeadaoaxaaahamatayasbkbdbnbtbabsbebybgbwbbbzcmchcscfcycwcecackct"
    "cxclcpcndkdadsdidedtdrdndwdpdmdldyeheyeoeeecenemetesftfrfnfsfmfh"
    "fzfpfwfxfyfefgflfdgagegrgsgtglgwgdgygmgughgohfhghdhkhthphhhlhyhe"
    "hnhsidiaieihiyioisinimjejzjnjtjljojsjpjkjykpkoktkskkknkgkekikblb"
    "lalylflslrlplnltloldlelulklgmnmymhmemomumwmdmtmsmknlnyndnsntnnne"
    "nboyoeotoxonolospdptpkpypspmplpepfpaprqdqzrerprlrorhrdrkrfryrnrs"
    "rtsesasrssskswstspsosgsbsfsntotktitttdtetytltbtstptatnuyuoutueur"
    "vtvyvovlvevwvavdvswlwdwmwpwewywswtwnwzwfwkykynylyaytzszoztzczezm";

size_t
bytewords_length(size_t len)
{
	return 2 * (len + BYTEWORDS_CRC);
}

static char *
write_byte(char *text, uint8_t byte)
{
	text[0] = pairs[2 * byte];
	text[1] = pairs[2 * byte + 1];
	return text + 2;
}

void
bytewords_write(const uint8_t *data, size_t len, char *text)
{
	uint32_t crc = (uint32_t)crc32_z(0, data, len);

	for (size_t i = 0; i < len; i++)
		text = write_byte(text, data[i]);
	for (int shift = 24; shift >= 0; shift -= 8)
		text = write_byte(text, (uint8_t)(crc >> shift));
	*text = '\0';
}

/* ASCII, whatever the locale. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The first byte whose word begins with letter, or one past the last that
 * begins with an earlier one. */
static unsigned
first_of(char letter)
{
	unsigned low = 0, high = BYTES;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (pairs[2 * middle] < letter)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
read_byte(char first, char last)
{
	first = lower(first);
	last = lower(last);
	for (unsigned i = first_of(first); i < BYTES; i++) {
		if (pairs[2 * i] != first)
			break;
		if (pairs[2 * i + 1] == last)
			return (int)i;
	}
	return NO_BYTE;
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

enum transfer_error
bytewords_read(const char *text, size_t len, uint8_t *out, size_t *out_len,
    const char **why)
{
	size_t octets = len / 2;

	*out_len = 0;
	if (len % 2 != 0) {
		*why = "bytewords: an odd number of letters";
		return TRANSFER_ERR_UR;
	}
	if (octets < BYTEWORDS_CRC + 1) {
		*why = "bytewords: shorter than one octet and its checksum";
		return TRANSFER_ERR_UR;
	}
	for (size_t i = 0; i < octets; i++) {
		int byte = read_byte(text[2 * i], text[2 * i + 1]);

		if (byte == NO_BYTE) {
			*why = "bytewords: letters that stand for no word";
			return TRANSFER_ERR_UR;
		}
		out[i] = (uint8_t)byte;
	}
	octets -= BYTEWORDS_CRC;
	if ((uint32_t)crc32_z(0, out, octets) != be32(out + octets)) {
		*why = "bytewords: the checksum does not match";
		return TRANSFER_ERR_UR;
	}
	*out_len = octets;
	return TRANSFER_OK;
}
