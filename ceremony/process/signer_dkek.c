/* SPDX-License-Identifier: ISC */
/* DKEKs, which follow from B: handed to the signers of tokens over sockets of
 * their own. */
#include "ceremony/process/signer.h"
#include "ceremony/quorum/pin.h"
#include "smartcard/copy.h"

/* Which secret it is: a wrong B would wrap keys that nobody opens again, a wrong
 * S give SO PINs that nobody finds again. */
void
signer_paper_check(struct signer *s)
{
	uint8_t check[PIN_CHECK_SIZE];

	if (signer_bad_form(s))
		return;
	if ((s->paper_name == 'B' ? pin_backup_check : pin_so_check)(s->paper,
		check) != QUORUM_OK) {
		signer_fault(s, FAULT_INTERNAL, "%c: no check of it",
		    s->paper_name);
		return;
	}
	message_start(&s->out, MSG_CHECK);
	message_put_octets(&s->out, check, sizeof(check));
	signer_send(s);
}

/* That of the keys whose first holder has this label. */
void
signer_dkek(struct signer *s)
{
	char label[TOKEN_LABEL_MAX + 1];
	struct secret *dkek = NULL;

	message_get_text(&s->in, label, TOKEN_LABEL_MAX);
	if (signer_bad_form(s) || !signer_paper_is(s, 'B'))
		return;
	if (pin_dkek(s->paper, label, &dkek) == QUORUM_OK &&
	    signer_write_secret(s->in.fd, dkek))
		signer_ok(s);
	else
		signer_fault(s, FAULT_INTERNAL, "%s: no DKEK", label);
	secret_free(dkek);
}

bool
signer_dkek_read(struct signer *s, const char *label, struct secret **out)
{
	*out = signer_read_secret(s->in.fd);
	if (*out != NULL && (*out)->len == COPY_DKEK_SIZE)
		return true;
	secret_free(*out);
	*out = NULL;
	signer_fault(s, FAULT_INTERNAL,
	    "%s: its DKEK did not come: nothing was done: run the same plan again",
	    label);
	return false;
}
