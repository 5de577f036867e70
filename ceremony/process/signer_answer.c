/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "ceremony/process/channel.h"
#include "ceremony/process/signer.h"
#include "smartcard/gone.h"
#include "transfer/text.h"

#define PART_SIZE 49152u
#define SECRET_WAIT_MS 10000

bool
signer_send(struct signer *s)
{
	bool sent = channel_send(s->sock, &s->out) == CHANNEL_OK;

	message_clear(&s->out);
	if (!sent)
		s->stop = true;
	return sent;
}

void
signer_ok(struct signer *s)
{
	message_start(&s->out, MSG_OK);
	signer_send(s);
}

void
signer_fault(struct signer *s, unsigned code, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	message_start(&s->out, MSG_FAULT);
	message_put_number(&s->out, code);
	message_put_number(&s->out, 0);
	message_put_number(&s->out, 0);
	message_put_text(&s->out, text);
	signer_send(s);
}

bool
signer_removed(struct signer *s)
{
	return s->token != NULL && token_gone(s->token);
}

/* A module has many words for a card that was pulled. */
/* It was not found, but not every card could be asked. */
static const char *
unread_text(enum card_error err)
{
	switch (err) {
	case CARD_ERR_BUSY:
		return "another process has the card in";
	case CARD_ERR_TIMEOUT:
		return "no answer comes from the card in";
	case CARD_ERR_MUTE:
		return "mute, the wrong way round or dead, is the card in";
	case CARD_ERR_ANSWER:
		return "out of form is what is answered by the card in";
	default:
		return NULL;
	}
}

static const char *
unread_next(enum card_error err)
{
	if (err == CARD_ERR_BUSY)
		return "end the program that has it, unless it is this "
		       "ceremony, and try again";
	return "take it out, and put it in again";
}

void
signer_card_fault(struct signer *s, enum card_error err, const char *doing)
{
	if (err == CARD_ERR_REMOVED ||
	    ((err == CARD_ERR_MODULE || err == CARD_ERR_SELFTEST ||
		 err == CARD_ERR_ANSWER) &&
		signer_removed(s))) {
		signer_fault(s, CARD_ERR_REMOVED, "%s: %s", doing,
		    card_strerror(CARD_ERR_REMOVED));
		return;
	}
	if (err == CARD_ERR_MODULE && s->module != NULL) {
		signer_fault(s, err, "%s: %s (%s)", doing, card_strerror(err),
		    module_last_rv(s->module));
		return;
	}
	if (err == CARD_ERR_NOT_BLANK &&
	    strstr(s->module_name, "opensc") != NULL) {
		signer_fault(s, err,
		    "%s: %s: take another card, or make it blank with its SO "
		    "PIN: \"anchorite card wipe %s --so --module %s\"",
		    doing, card_strerror(err), doing, s->module_name);
		return;
	}
	if (unread_text(err) != NULL && s->module != NULL &&
	    module_unread(s->module)[0] != '\0') {
		signer_fault(s, err,
		    "%s: not in a reader that could be asked; %s %s: %s", doing,
		    unread_text(err), module_unread(s->module),
		    unread_next(err));
		return;
	}
	signer_fault(s, err, "%s: %s", doing, card_strerror(err));
}

void
signer_key_fault(struct signer *s, enum card_error err, const char *role)
{
	char doing[64];

	snprintf(doing, sizeof(doing), "%s: %s", token_info(s->token)->label,
	    role);
	signer_card_fault(s, err, doing);
}

void
signer_send_parts(struct signer *s, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len; at += PART_SIZE) {
		size_t n = len - at < PART_SIZE ? len - at : PART_SIZE;
		message_start(&s->out, MSG_PART);
		message_put_octets(&s->out, data + at, n);
		if (!signer_send(s))
			return;
	}
}

void
signer_send_file(struct signer *s, const uint8_t *data, size_t len)
{
	message_start(&s->out, MSG_FILE);
	message_put_number(&s->out, len);
	if (signer_send(s))
		signer_send_parts(s, data, len);
}

bool
signer_bad_form(struct signer *s)
{
	const struct message_row *row = message_row(s->in.kind);

	if (message_done(&s->in))
		return false;
	signer_fault(s, FAULT_FORM, "signer: message %s is out of form",
	    row == NULL ? "?" : row->name);
	return true;
}

struct secret *
signer_read_secret(int fd)
{
	struct secret *out = secret_new();
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	while (out != NULL) {
		int ready = poll(&pfd, 1, SECRET_WAIT_MS);
		if (ready == -1 && errno == EINTR)
			continue;
		ssize_t n = ready == 1
		    ? read(fd, out->data + out->len, SECRET_MAX + 1 - out->len)
		    : -1;
		if (n == 0)
			break;
		if (n < 0 || out->len + (size_t)n > SECRET_MAX) {
			secret_free(out);
			return NULL;
		}
		out->len += (size_t)n;
	}
	if (out != NULL && out->len == 0) {
		secret_free(out);
		return NULL;
	}
	return out;
}

bool
signer_write_secret(int fd, const struct secret *secret)
{
	size_t at = 0;

	while (at < secret->len) {
		ssize_t n = write(fd, secret->data + at, secret->len - at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

bool
signer_random(struct signer *s, uint8_t *out, size_t len)
{
	uint8_t both[2 * SHA256_DIGEST_LENGTH], mixed[SHA256_DIGEST_LENGTH];

	for (size_t at = 0; at < len; at += sizeof(mixed)) {
		memset(both, 0, sizeof(both));
		if (getrandom(both, sizeof(mixed), 0) != sizeof(mixed))
			return false;
		if (s->token != NULL &&
		    token_random(s->token, both + sizeof(mixed),
			sizeof(mixed)) != CARD_OK)
			return false;
		SHA256(both, sizeof(both), mixed);
		memcpy(out + at, mixed,
		    len - at < sizeof(mixed) ? len - at : sizeof(mixed));
	}
	return true;
}

void
signer_test_text(char *out, size_t size, const char *log, const char *what,
    const char *serial, const uint8_t nonce[16])
{
	char hex[TEXT_HEX_SIZE(16)];

	text_hex(nonce, 16, hex);
	snprintf(out, size,
	    "anchorite-test/v1\nlog %s\nkey %s\ntoken %s\nnonce %s\n", log,
	    what, serial, hex);
}

enum card_error
signer_key_prove(struct signer *s, const char *role, const uint8_t *spki,
    size_t spki_len, char *text, uint8_t **sig, size_t *sig_len)
{
	uint8_t nonce[16];

	if (!signer_random(s, nonce, sizeof(nonce)))
		return CARD_ERR_MODULE;
	signer_test_text(text, SIGNER_TEST_MAX, s->group->log, role,
	    token_info(s->token)->serial, nonce);
	return token_sign_text(s->token, role, spki, spki_len, text,
	    strlen(text), sig, sig_len);
}

unsigned
signer_attribute_bits(const struct key_attributes *a)
{
	const bool bits[] = { a->token, a->private_, a->sensitive,
		a->extractable, a->always_sensitive, a->never_extractable,
		a->local, a->sign, a->derive, a->decrypt, a->unwrap };
	unsigned out = 0;

	for (unsigned i = 0; i < sizeof(bits); i++)
		out |= bits[i] ? 1u << i : 0;
	return out;
}
