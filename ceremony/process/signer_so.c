/* SPDX-License-Identifier: ISC */
/* SO PINs, which follow from S: handed to the signers of tokens over sockets of
 * their own. */
#include "ceremony/process/signer.h"
#include "ceremony/quorum/pin.h"

/* The SO PIN of a label's n-th use. */
static bool
write_pin(const struct signer *s, const char *label, uint32_t n)
{
	struct secret *pin = NULL;
	bool ok = pin_so(s->paper, label, n, &pin) == QUORUM_OK &&
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
	if (signer_bad_form(s) || !signer_paper_is(s, 'S'))
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
