/* SPDX-License-Identifier: ISC */
/* The signer that keeps S: it has no token, and hands out SO PINs to the
 * signers of tokens over sockets of their own. */
#include <string.h>
#include <unistd.h>

#include "ceremony/process/paper.h"
#include "ceremony/process/signer.h"
#include "ceremony/quorum/pin.h"
#include "ceremony/quorum/slip39.h"

#define PAPER_NAMES_MAX (SLIP39_MNEMONICS_MAX * (PAPER_NAME_MAX + 1))

/* A rehearsal keeps its words in a file, a line a share. */
static bool
write_words(int fd, struct secret *const *mnemonics, size_t count)
{
	struct secret *newline = secret_from("\n", 1);
	bool ok = newline != NULL;

	for (size_t i = 0; ok && i < count; i++)
		ok = signer_write_secret(fd, mnemonics[i]) &&
		    signer_write_secret(fd, newline);
	secret_free(newline);
	return ok;
}

/* Names of custodians, a line each; as many as there are shares. */
static bool
read_names(const uint8_t *text, size_t len, char (*names)[PAPER_NAME_MAX + 1],
    uint64_t count)
{
	uint64_t i = 0;
	size_t n = 0;

	for (size_t at = 0; at < len; at++) {
		if (text[at] == '\n') {
			if (n == 0 || ++i > count)
				return false;
			n = 0;
		} else {
			if (i >= count || n == PAPER_NAME_MAX ||
			    text[at] < 0x20 || text[at] > 0x7e)
				return false;
			names[i][n++] = (char)text[at];
		}
	}
	return i == count && n == 0;
}

void
signer_so_new(struct signer *s)
{
	struct secret *mnemonics[SLIP39_MNEMONICS_MAX] = { NULL };
	char names[SLIP39_MNEMONICS_MAX][PAPER_NAME_MAX + 1] = { "" };
	uint64_t m = message_get_number(&s->in);
	uint64_t n = message_get_number(&s->in);
	size_t len;
	const uint8_t *text = message_get_octets(&s->in, PAPER_NAMES_MAX, &len);
	enum quorum_error err = QUORUM_ERR_THRESHOLD;
	bool paper;

	if (signer_bad_form(s))
		return;
	paper = isatty(s->in.fd) == 1;
	if (n > SLIP39_MNEMONICS_MAX || !read_names(text, len, names, n)) {
		signer_fault(s, FAULT_REFUSED, "S: custodians out of form");
		return;
	}
	secret_free(s->s); /* of a try that failed */
	s->s = secret_random(PIN_S_SIZE);
	if (s->s != NULL && m <= n && n <= SLIP39_MNEMONICS_MAX)
		err = slip39_split(s->s, (unsigned)m, (unsigned)n, mnemonics);
	if (err != QUORUM_OK) {
		signer_fault(s, FAULT_REFUSED, "S: %s", quorum_strerror(err));
	} else if (!(paper ? paper_give(s->in.fd,
				 (const char(*)[PAPER_NAME_MAX + 1]) names,
				 mnemonics, n)
			   : write_words(s->in.fd, mnemonics, n))) {
		signer_fault(s, FAULT_REFUSED,
		    "S: its words are not on paper: run the same plan again");
	} else {
		s->state = STATE_SO;
		signer_ok(s);
	}
	for (size_t i = 0; i < SLIP39_MNEMONICS_MAX; i++)
		secret_free(mnemonics[i]);
}

/* One line of words a share; empty lines end them. */
static size_t
read_words(int fd, struct secret *mnemonics[], size_t max)
{
	size_t count = 0;
	struct secret *line = secret_new();
	struct secret *c = secret_new();

	while (line != NULL && c != NULL && count < max &&
	    read(fd, c->data, 1) == 1) {
		if (c->data[0] != '\n') {
			if (line->len == SECRET_MAX)
				break;
			line->data[line->len++] = c->data[0];
			continue;
		}
		if (line->len == 0)
			break;
		mnemonics[count++] = line;
		line = secret_new();
	}
	secret_free(line);
	secret_free(c);
	return count;
}

void
signer_so_load(struct signer *s)
{
	struct secret *mnemonics[SLIP39_MNEMONICS_MAX] = { NULL };
	enum quorum_error err = QUORUM_ERR_THRESHOLD;
	size_t count, bad = 0;

	if (signer_bad_form(s))
		return;
	secret_free(s->s);
	s->s = NULL;
	count = isatty(s->in.fd) == 1
	    ? paper_take(s->in.fd, mnemonics, SLIP39_MNEMONICS_MAX)
	    : read_words(s->in.fd, mnemonics, SLIP39_MNEMONICS_MAX);
	/* exactly as many as the shares themselves ask for; more may be given */
	for (size_t k = 1; k <= count && err == QUORUM_ERR_THRESHOLD; k++)
		err = slip39_combine(mnemonics, k, "", &s->s, &bad);
	if (err == QUORUM_OK) {
		s->state = STATE_SO;
		signer_ok(s);
	} else {
		signer_fault(s, FAULT_REFUSED, "S: share %zu: %s", bad + 1,
		    quorum_strerror(err));
	}
	for (size_t i = 0; i < count; i++)
		secret_free(mnemonics[i]);
}

/* The SO PIN of a label's n-th use. */
static bool
write_pin(const struct signer *s, const char *label, uint32_t n)
{
	struct secret *pin = NULL;
	bool ok = pin_so(s->s, label, n, &pin) == QUORUM_OK &&
	    signer_write_secret(s->in.fd, pin);

	secret_free(pin);
	return ok;
}

/* A use ends with the token having the next one's SO PIN: both go along. */
void
signer_so_pin(struct signer *s)
{
	char label[TOKEN_LABEL_MAX + 1];
	uint64_t n;

	message_get_text(&s->in, label, TOKEN_LABEL_MAX);
	n = message_get_number(&s->in);
	if (signer_bad_form(s))
		return;
	if (n >= UINT32_MAX || !write_pin(s, label, (uint32_t)n) ||
	    !write_pin(s, label, (uint32_t)n + 1))
		signer_fault(s, FAULT_INTERNAL, "%s: no SO PIN", label);
	else
		signer_ok(s);
}

bool
signer_so_read(struct signer *s, const char *label, struct token_so *out)
{
	struct secret *both = signer_read_secret(s->in.fd);

	if (both != NULL && both->len == 2 * PIN_SO_SIZE) {
		out->pin = secret_from(both->data, PIN_SO_SIZE);
		out->next = secret_from(both->data + PIN_SO_SIZE, PIN_SO_SIZE);
	}
	secret_free(both);
	if (out->pin != NULL && out->next != NULL)
		return true;
	token_so_clear(out);
	signer_fault(s, FAULT_INTERNAL,
	    "%s: two SO PINs did not come: nothing was done: run the same plan again",
	    label);
	return false;
}
