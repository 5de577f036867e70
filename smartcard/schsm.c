/* SPDX-License-Identifier: ISC */
/* Who a card is: opening it and reading what it tells without a PIN. */
#include "smartcard/schsm.h"

#include <stdlib.h>
#include <string.h>

#include "smartcard/bertlv.h"
#include "smartcard/schsm_apdu.h"

#define SELECT_APPLET 0x00A40400
#define PIN_STATE 0x00200081
#define SO_STATE 0x00200088
#define PAD_STATE 0x00200085
#define DKEK_STATE 0x80520000
#define LIST 0x80580000

#define EF_DEVICE 0x2F02
#define EF_TOKEN_INFO 0x2F03
#define SEQUENCE_LEN 5 /* characters at the end of a holder's name */

#define SW_OK 0x9000
#define SW_LOCKED 0x6983

/* ---- opening ---------------------------------------------------------- */

static enum card_error
select_applet(struct schsm *c)
{
	static const uint8_t aid[] = { 0xE8, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x81,
		0xC3, 0x1F, 0x02, 0x01 };
	enum card_error ret;

	schsm_start(c, SELECT_APPLET);
	schsm_put(c, aid, sizeof(aid));
	ret = schsm_exchange(c, 256);
	if (ret == CARD_OK && c->sw != SW_OK)
		return CARD_ERR_FOREIGN;
	return ret;
}

enum card_error
schsm_open(struct pcsc *p, const char *reader, struct schsm **out)
{
	struct schsm *c = secret_pages(sizeof(*c));
	enum card_error ret;

	*out = NULL;
	if (c == NULL)
		return CARD_ERR_MEMORY;
	strncpy(c->reader, reader, sizeof(c->reader) - 1);
	ret = pcsc_connect(p, reader, &c->card);
	if (ret == CARD_OK)
		ret = select_applet(c);
	if (ret != CARD_OK) {
		schsm_close(c);
		return ret;
	}
	*out = c;
	return CARD_OK;
}

void
schsm_close(struct schsm *c)
{
	if (c == NULL)
		return;
	pcsc_disconnect(c->card);
	secret_pages_free(c, sizeof(*c));
}

unsigned
schsm_status(const struct schsm *c)
{
	return c->sw;
}

/* ---- identity --------------------------------------------------------- */

/* A card may say what it likes, and people will see it. */
static void
copy_text(char *dst, size_t room, const uint8_t *src, size_t len)
{
	if (len > room - 1)
		len = room - 1;
	for (size_t i = 0; i < len; i++)
		dst[i] = src[i] < ' ' || src[i] > '~' ? '?' : (char)src[i];
	while (len > 0 && dst[len - 1] == ' ')
		len--;
	dst[len] = '\0';
}

/* 7F21 { 7F4E { ... 5F20 holder ... } ... } */
static enum card_error
read_serial(struct schsm *c, struct schsm_info *out)
{
	uint8_t file[SCHSM_FILE_MAX];
	struct bertlv d = { file, 0 };
	enum card_error ret = schsm_read(c, EF_DEVICE, file, &d.len);

	if (ret == CARD_ERR_OBJECT_MISSING)
		return CARD_ERR_ANSWER;
	if (ret != CARD_OK)
		return ret;
	if (!bertlv_find(d, 0x7F21, &d) || !bertlv_find(d, 0x7F4E, &d) ||
	    !bertlv_find(d, 0x5F20, &d) || d.len <= SEQUENCE_LEN ||
	    d.len - SEQUENCE_LEN > TOKEN_SERIAL_MAX)
		return CARD_ERR_ANSWER;
	copy_text(out->serial, sizeof(out->serial), d.at, d.len - SEQUENCE_LEN);
	return CARD_OK;
}

/* TokenInfo (PKCS #15, 6.9): 30 { 02 version, ... 80 label ... } */
static enum card_error
read_label(struct schsm *c, struct schsm_info *out)
{
	uint8_t file[SCHSM_FILE_MAX];
	struct bertlv d = { file, 0 };
	enum card_error ret = schsm_read(c, EF_TOKEN_INFO, file, &d.len);

	if (ret == CARD_ERR_OBJECT_MISSING)
		return CARD_OK;
	if (ret == CARD_OK && bertlv_find(d, 0x30, &d) &&
	    bertlv_find(d, 0x80, &d))
		copy_text(out->label, sizeof(out->label), d.at, d.len);
	return ret;
}

/* A question without data: only its status word answers. */
static enum card_error
ask(struct schsm *c, uint32_t header, uint16_t *sw)
{
	enum card_error ret;

	schsm_start(c, header);
	ret = schsm_exchange(c, SCHSM_NO_LE);
	*sw = c->sw;
	return ret;
}

static unsigned
tries(uint16_t sw)
{
	return (sw & 0xFFF0) == 0x63C0 ? sw & 15u : 0;
}

/* A card that was never initialised has no PIN (6984), or no such reference
 * (6A88 and others) for its SO PIN. */
static enum card_error
read_pins(struct schsm *c, struct schsm_info *out)
{
	uint16_t user = 0, so = 0, pad = 0;
	enum card_error ret = ask(c, PIN_STATE, &user);

	if (ret == CARD_OK)
		ret = ask(c, SO_STATE, &so);
	if (ret == CARD_OK)
		ret = ask(c, PAD_STATE, &pad);
	if (ret != CARD_OK)
		return ret;
	out->initialised =
	    user == SW_OK || user == SW_LOCKED || (user & 0xFFF0) == 0x63C0;
	/* logged in it does not say how many; they are all there then */
	out->pin_tries = user == SW_OK ? SCHSM_PIN_TRIES : tries(user);
	out->pin_locked = out->initialised && out->pin_tries == 0;
	out->so_tries = tries(so);
	out->pin_pad = (pad & 0xFFF0) == 0x63C0 || pad == SW_LOCKED;
	return CARD_OK;
}

/* shares, shares missing, check value */
static enum card_error
read_dkek(struct schsm *c, struct schsm_info *out)
{
	enum card_error ret;

	schsm_start(c, DKEK_STATE);
	ret = schsm_exchange(c, 256);
	if (ret != CARD_OK || c->sw != SW_OK)
		return ret;
	if (c->answer_len < 2 + SCHSM_KCV_SIZE)
		return CARD_ERR_ANSWER;
	out->dkek = true;
	out->dkek_shares = c->answer[0];
	out->dkek_missing = c->answer[1];
	memcpy(out->kcv, c->answer + 2, SCHSM_KCV_SIZE);
	return CARD_OK;
}

static void
add_key(struct schsm_info *out, uint8_t number)
{
	size_t at = out->key_count;

	while (at > 0 && out->keys[at - 1] > number) {
		out->keys[at] = out->keys[at - 1];
		at--;
	}
	out->keys[at] = number;
	out->key_count++;
}

static bool
is_proof(uint16_t fid)
{
	return fid == SCHSM_FID(SCHSM_KEY, SCHSM_PROOF_KEY) ||
	    fid == SCHSM_FID(SCHSM_CERT, SCHSM_PROOF_KEY);
}

static enum card_error
read_keys(struct schsm *c, struct schsm_info *out)
{
	uint16_t files[SCHSM_FILES_MAX];
	size_t count = 0, others = 0;
	enum card_error ret = schsm_list(c, files, &count);

	for (size_t i = 0; ret == CARD_OK && i < count; i++) {
		uint8_t number = (uint8_t)files[i];

		if (out->label[0] == '\0' && is_proof(files[i]))
			continue; /* left when the power went */
		if (files[i] >> 8 != SCHSM_KEY)
			others++;
		else if (out->key_count == SCHSM_KEYS_MAX)
			ret = CARD_ERR_ANSWER;
		else if (number != 0)
			add_key(out, number);
	}
	out->wiped = out->initialised && out->label[0] == '\0' &&
	    out->key_count == 0 && others == 0;
	return ret;
}

enum card_error
schsm_identify(struct schsm *c, struct schsm_info *out)
{
	enum card_error ret;

	memset(out, 0, sizeof(*out));
	memcpy(out->reader, c->reader, sizeof(out->reader));
	out->reader_pad = pcsc_has_pin_pad(c->card);
	ret = read_serial(c, out);
	if (ret == CARD_OK)
		ret = read_pins(c, out);
	if (ret == CARD_OK)
		ret = read_label(c, out);
	if (ret == CARD_OK)
		ret = read_dkek(c, out);
	if (ret == CARD_OK)
		ret = read_keys(c, out);
	return ret;
}

enum card_error
schsm_look(struct pcsc *p, const char *reader, struct schsm_info *out)
{
	struct schsm *c = NULL;
	enum card_error ret = schsm_open(p, reader, &c);

	memset(out, 0, sizeof(*out));
	if (ret == CARD_OK)
		ret = schsm_identify(c, out);
	schsm_close(c);
	return ret;
}

/* ---- files ------------------------------------------------------------ */

enum card_error
schsm_list(struct schsm *c, uint16_t out[SCHSM_FILES_MAX], size_t *count)
{
	enum card_error ret;

	*count = 0;
	schsm_start(c, LIST);
	ret = schsm_send(c, SCHSM_LE_ALL);
	if (ret != CARD_OK)
		return ret;
	if (c->answer_len % 2 != 0 || c->answer_len / 2 > SCHSM_FILES_MAX)
		return CARD_ERR_ANSWER;
	for (size_t i = 0; i < c->answer_len; i += 2)
		out[(*count)++] =
		    (uint16_t)(c->answer[i] << 8 | c->answer[i + 1]);
	return CARD_OK;
}
