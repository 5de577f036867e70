/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "smartcard/schsm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A reader whose card answers what it likes: first octet, whether it is T=0;
 * then answer by answer two octets of length and so many of answer, status
 * word and all.  When they are spent the card is gone. */
static struct {
	const uint8_t *at;
	size_t left;
	bool t0;
} hostile;

enum card_error
pcsc_connect(struct pcsc *p, const char *reader, struct pcsc_card **out)
{
	(void)p;
	(void)reader;
	*out = malloc(1);
	return *out != NULL ? CARD_OK : CARD_ERR_MEMORY;
}

void
pcsc_disconnect(struct pcsc_card *c)
{
	free(c);
}

bool
pcsc_is_t0(const struct pcsc_card *c)
{
	(void)c;
	return hostile.t0;
}

enum card_error
pcsc_transmit(struct pcsc_card *c, const uint8_t *command, size_t command_len,
    uint8_t *answer, size_t *len)
{
	/* all of the command is there to be sent */
	uint8_t *sent = malloc(command_len);
	size_t room = *len, n;

	(void)c;
	if (sent == NULL)
		return CARD_ERR_MEMORY;
	memcpy(sent, command, command_len);
	free(sent);
	*len = 0;
	if (hostile.left < 2)
		return CARD_ERR_REMOVED;
	n = (size_t)hostile.at[0] << 8 | hostile.at[1];
	hostile.at += 2;
	hostile.left -= 2;
	if (n < 2 || n > hostile.left || n > room)
		return CARD_ERR_ANSWER;
	memcpy(answer, hostile.at, n);
	hostile.at += n;
	hostile.left -= n;
	*len = n;
	return CARD_OK;
}

static void
begin(const uint8_t *data, size_t size)
{
	hostile.t0 = size > 0 && (data[0] & 1) != 0;
	hostile.at = size > 0 ? data + 1 : data;
	hostile.left = size > 0 ? size - 1 : 0;
}

typedef void use(struct schsm *c, const struct secret *so,
    const struct secret *pin, const struct secret *dkek);

static void
use_identify(struct schsm *c, const struct secret *so, const struct secret *pin,
    const struct secret *dkek)
{
	struct schsm_info info;

	(void)so;
	(void)pin;
	(void)dkek;
	(void)schsm_identify(c, &info);
}

static void
use_keys(struct schsm *c, const struct secret *so, const struct secret *pin,
    const struct secret *dkek)
{
	uint8_t file[SCHSM_FILE_MAX], number = 0;
	size_t len = 0;

	(void)so;
	(void)dkek;
	(void)schsm_login(c, pin);
	(void)schsm_find_key(c, "root", &number);
	if (schsm_wrap(c, number, file, &len) == CARD_OK)
		(void)schsm_unwrap(c, 2, file, len);
	if (schsm_device_cert(c, file, &len) == CARD_OK)
		(void)schsm_write(c, SCHSM_FID(SCHSM_CERT, 2), file, len);
}

static void
use_initialise(struct schsm *c, const struct secret *so,
    const struct secret *pin, const struct secret *dkek)
{
	(void)schsm_initialise(c, "a label of thirty-two characters", so, pin,
	    dkek);
	(void)schsm_wipe(c, so);
}

static void
use_prove(struct schsm *c, const struct secret *so, const struct secret *pin,
    const struct secret *dkek)
{
	static struct token_evidence shown;

	(void)dkek;
	if (schsm_initialise_bare(c, so, pin) == CARD_OK)
		(void)schsm_prove(c, "UTABCDEFGHIJKLMN", &shown);
}

/* Each use of a card meets the same answers. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static use *const uses[] = { use_identify, use_keys, use_initialise,
		use_prove };
	struct secret *so = schsm_factory_so(), *pin = schsm_random_pin(),
		      *dkek = secret_random(SCHSM_DKEK_SIZE);

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		struct schsm *c = NULL;

		begin(data, size);
		if (schsm_open(NULL, "Reader", &c) == CARD_OK)
			uses[i](c, so, pin, dkek);
		schsm_close(c);
	}
	secret_free(so);
	secret_free(pin);
	secret_free(dkek);
	return 0;
}
