/* SPDX-License-Identifier: ISC */
/* The signer that keeps a secret whose words custodians have on paper: S, from
 * which SO PINs follow, or B, from which DKEKs do.  It has no token. */
#include <string.h>
#include <unistd.h>

#include "ceremony/process/paper.h"
#include "ceremony/process/signer.h"
#include "ceremony/process/signer_cell.h"
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

/* Which it is, from s->in; false, and the fault is answered, when neither. */
static bool
read_which(struct signer *s)
{
	char which[2] = "";

	message_get_text(&s->in, which, 1);
	s->paper_name = which[0];
	if (which[0] != 'S' && which[0] != 'B') {
		signer_fault(s, FAULT_REFUSED,
		    "words on paper: neither of S nor of B");
		return false;
	}
	s->walled = s->walled || signer_cell_paper();
	if (!s->walled)
		signer_fault(s, FAULT_INTERNAL,
		    "%c: the signer's cell cannot be closed", s->paper_name);
	return s->walled;
}

void
signer_paper_new(struct signer *s)
{
	struct secret *mnemonics[SLIP39_MNEMONICS_MAX] = { NULL };
	char names[SLIP39_MNEMONICS_MAX][PAPER_NAME_MAX + 1] = { "" };
	enum quorum_error err = QUORUM_ERR_THRESHOLD;
	const uint8_t *text;
	uint64_t m, n;
	size_t len;
	bool paper;

	if (!read_which(s))
		return;
	m = message_get_number(&s->in);
	n = message_get_number(&s->in);
	text = message_get_octets(&s->in, PAPER_NAMES_MAX, &len);
	if (signer_bad_form(s))
		return;
	paper = isatty(s->in.fd) == 1;
	if (n > SLIP39_MNEMONICS_MAX || !read_names(text, len, names, n)) {
		signer_fault(s, FAULT_REFUSED, "%c: custodians out of form",
		    s->paper_name);
		return;
	}
	secret_free(s->paper); /* of a try that failed */
	s->paper = secret_random(PIN_S_SIZE);
	if (s->paper != NULL && m <= n && n <= SLIP39_MNEMONICS_MAX)
		err =
		    slip39_split(s->paper, (unsigned)m, (unsigned)n, mnemonics);
	if (err != QUORUM_OK) {
		signer_fault(s, FAULT_REFUSED, "%c: %s", s->paper_name,
		    quorum_strerror(err));
	} else if (!(paper ? paper_give(s->in.fd, s->paper_name,
				 (const char(*)[PAPER_NAME_MAX + 1]) names,
				 mnemonics, n)
			   : write_words(s->in.fd, mnemonics, n))) {
		signer_fault(s, FAULT_REFUSED,
		    "%c: its words are not on paper: run the same plan again",
		    s->paper_name);
	} else {
		s->state = STATE_PAPER;
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
signer_paper_load(struct signer *s)
{
	struct secret *mnemonics[SLIP39_MNEMONICS_MAX] = { NULL };
	enum quorum_error err = QUORUM_ERR_THRESHOLD;
	size_t count, bad = 0;

	if (!read_which(s) || signer_bad_form(s))
		return;
	secret_free(s->paper);
	s->paper = NULL;
	count = isatty(s->in.fd) == 1
	    ? paper_take(s->in.fd, s->paper_name, mnemonics,
		  SLIP39_MNEMONICS_MAX)
	    : read_words(s->in.fd, mnemonics, SLIP39_MNEMONICS_MAX);
	/* exactly as many as the shares themselves ask for; more may be given */
	for (size_t k = 1; k <= count && err == QUORUM_ERR_THRESHOLD; k++)
		err = slip39_combine(mnemonics, k, "", &s->paper, &bad);
	if (err == QUORUM_OK) {
		s->state = STATE_PAPER;
		signer_ok(s);
	} else {
		signer_fault(s, FAULT_REFUSED, "%c: share %zu: %s",
		    s->paper_name, bad + 1, quorum_strerror(err));
	}
	for (size_t i = 0; i < count; i++)
		secret_free(mnemonics[i]);
}

bool
signer_paper_is(struct signer *s, char name)
{
	if (s->paper_name == name)
		return true;
	signer_fault(s, FAULT_REFUSED, "this signer keeps %c, not %c",
	    s->paper_name, name);
	return false;
}
