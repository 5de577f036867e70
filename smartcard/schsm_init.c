/* SPDX-License-Identifier: ISC */
/* PINs of a SmartCard-HSM, and its initialisation. */
#include <string.h>

#include "smartcard/schsm_apdu.h"

#define VERIFY 0x00200081
#define CHANGE_SO 0x00240088
#define INITIALIZE 0x80500000
#define DKEK_IMPORT 0x80520000

#define EF_TOKEN_INFO 0x2F03
#define SO_OCTETS (SCHSM_SO_SIZE / 2)
#define USER_MIN 6
#define USER_MAX 15
#define SW_OK 0x9000

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
so_ok(const struct secret *so)
{
	if (so == NULL || so->len != SCHSM_SO_SIZE)
		return false;
	for (size_t i = 0; i < so->len; i++)
		if (hex_digit(so->data[i]) < 0)
			return false;
	return true;
}

static bool
user_ok(const struct secret *user)
{
	return user != NULL && user->len >= USER_MIN && user->len <= USER_MAX;
}

/* As the card wants it, straight into the command. */
static void
put_so(struct schsm *c, const struct secret *so)
{
	for (size_t i = 0; i < SO_OCTETS; i++)
		schsm_put_octet(c,
		    (unsigned)(hex_digit(so->data[2 * i]) << 4 |
			hex_digit(so->data[2 * i + 1])));
}

static void
put_tlv(struct schsm *c, unsigned tag, const void *data, size_t len)
{
	schsm_put_octet(c, tag);
	schsm_put_octet(c, (unsigned)len);
	schsm_put(c, data, len);
}

enum card_error
schsm_login(struct schsm *c, const struct secret *pin)
{
	if (!user_ok(pin))
		return CARD_ERR_PIN_FORM;
	schsm_start(c, VERIFY);
	schsm_put(c, pin->data, pin->len);
	return schsm_send(c, SCHSM_NO_LE);
}

enum card_error
schsm_move_so(struct schsm *c, const struct secret *from,
    const struct secret *to)
{
	if (!so_ok(from) || !so_ok(to))
		return CARD_ERR_PIN_FORM;
	schsm_start(c, CHANGE_SO);
	put_so(c, from);
	put_so(c, to);
	return schsm_send(c, SCHSM_NO_LE);
}

/* The SO may set the user PIN (option 0001). */
static enum card_error
initialize(struct schsm *c, const struct secret *so, const struct secret *user,
    bool dkek)
{
	static const uint8_t options[] = { 0x00, 0x01 };
	static const uint8_t most_tries[] = { SCHSM_PIN_TRIES };
	static const uint8_t shares[] = { 1 };

	schsm_start(c, INITIALIZE);
	put_tlv(c, 0x80, options, sizeof(options));
	put_tlv(c, 0x81, user->data, user->len);
	schsm_put_octet(c, 0x82);
	schsm_put_octet(c, SO_OCTETS);
	put_so(c, so);
	put_tlv(c, 0x91, most_tries, sizeof(most_tries));
	if (dkek)
		put_tlv(c, 0x92, shares, sizeof(shares));
	return schsm_send(c, SCHSM_NO_LE);
}

/* The card says how many shares are missing then: none. */
static enum card_error
import_dkek(struct schsm *c, const struct secret *dkek)
{
	enum card_error ret;

	schsm_start(c, DKEK_IMPORT);
	schsm_put(c, dkek->data, dkek->len);
	ret = schsm_send(c, 256);
	if (ret == CARD_OK &&
	    (c->answer_len < 2 + SCHSM_KCV_SIZE || c->answer[1] != 0))
		return CARD_ERR_ANSWER;
	return ret;
}

/* TokenInfo (PKCS #15, 6.9): 30 { 02 01 00, 80 label, 03 02 05 20 } */
static enum card_error
write_label(struct schsm *c, const char *label)
{
	static const uint8_t flags[] = { 0x03, 0x02, 0x05, 0x20 };
	uint8_t info[64] = { 0x30, 0, 0x02, 1, 0, 0x80 };
	size_t n = strlen(label), at = 6;

	info[at++] = (uint8_t)n;
	memcpy(info + at, label, n);
	at += n;
	memcpy(info + at, flags, sizeof(flags));
	at += sizeof(flags);
	info[1] = (uint8_t)(at - 2);
	return schsm_write(c, EF_TOKEN_INFO, info, at);
}

enum card_error
schsm_initialise(struct schsm *c, const char *label, const struct secret *so,
    const struct secret *user, const struct secret *dkek)
{
	enum card_error ret;

	if (label == NULL || label[0] == '\0' ||
	    strlen(label) > TOKEN_LABEL_MAX ||
	    (dkek != NULL && dkek->len != SCHSM_DKEK_SIZE))
		return CARD_ERR_ARGUMENT;
	if (!so_ok(so) || !user_ok(user))
		return CARD_ERR_PIN_FORM;
	ret = initialize(c, so, user, dkek != NULL);
	if (ret == CARD_OK && dkek != NULL)
		ret = import_dkek(c, dkek);
	if (ret == CARD_OK)
		ret = schsm_login(c, user);
	if (ret == CARD_OK)
		ret = write_label(c, label);
	return ret;
}

enum card_error
schsm_initialise_bare(struct schsm *c, const struct secret *so,
    const struct secret *user)
{
	enum card_error ret;

	if (!so_ok(so) || !user_ok(user))
		return CARD_ERR_PIN_FORM;
	ret = initialize(c, so, user, false);
	return ret == CARD_OK ? schsm_login(c, user) : ret;
}

struct secret *
schsm_factory_so(void)
{
	return secret_from("3537363231383830", SCHSM_SO_SIZE);
}

/* A user PIN of nobody, which nobody needs. */
struct secret *
schsm_random_pin(void)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	struct secret *s = secret_random(USER_MAX);

	for (size_t i = 0; s != NULL && i < s->len; i++)
		s->data[i] = (uint8_t)letters[s->data[i] % 32];
	return s;
}

enum card_error
schsm_wipe(struct schsm *c, const struct secret *so)
{
	struct secret *factory = schsm_factory_so(), *user = schsm_random_pin();
	enum card_error ret = CARD_ERR_MEMORY;

	if (factory == NULL || user == NULL)
		goto out;
	ret = CARD_ERR_PIN_FORM;
	if (!so_ok(so))
		goto out;
	ret = initialize(c, so, user, false);
	if (ret == CARD_OK)
		ret = schsm_move_so(c, so, factory);
out:
	secret_free(factory);
	secret_free(user);
	return ret;
}
