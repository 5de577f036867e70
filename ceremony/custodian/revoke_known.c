/* SPDX-License-Identifier: ISC */
/* A serial that goes onto a CRL is one that this CA gave out: a slip of the
 * pen, or the wrong CA, would revoke nothing and look as if it did. */
#include <string.h>

#include "ca/cert.h"
#include "ceremony/custodian/chain.h"
#include "ceremony/custodian/revoke.h"
#include "transfer/text.h"

struct search {
	const struct history *history;
	const char *label;
	const struct worklist_revoke *list;
	size_t count;
	bool *found;
};

static void
note(struct search *s, const uint8_t *serial, size_t len)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->list[i].serial_len == len &&
		    memcmp(s->list[i].serial, serial, len) == 0)
			s->found[i] = true;
	}
}

/* A token with the same key is the same CA. */
static bool
is_of_ca(const struct search *s, const char *label)
{
	const struct history_token *a = history_token(s->history, label);
	const struct history_token *b = history_token(s->history, s->label);

	return a != NULL && b != NULL && (a == b || history_same_ca(a, b));
}

/* Devices: the act that meant to sign it was one of this CA. */
static int
each_line(void *arg, uint64_t number, const struct issuance_line *line)
{
	struct search *s = arg;

	(void)number;
	if (line->type == ISSUANCE_INTENT && line->act >= 1 &&
	    line->act <= s->history->act_count &&
	    is_of_ca(s, s->history->acts[line->act - 1].label))
		note(s, line->intent.serial, sizeof(line->intent.serial));
	return 0;
}

/* Product CAs and sealers: certified by this root. */
static bool
note_certified(struct ceremony *c, struct search *s,
    const struct history_token *root)
{
	for (size_t i = 0; i < c->history->token_count; i++) {
		const struct history_token *t = &c->history->tokens[i];
		for (int k = 0; k < 2; k++) {
			uint8_t serial[20];
			X509 *cert = NULL;
			size_t len = 0;
			if (!t->keys[k].certified)
				continue;
			if (!chain_cert(c, t, k, &cert))
				return false;
			if (history_certified_by(cert, root) &&
			    cert_serial(cert, serial, &len) == CA_OK)
				note(s, serial, len);
			X509_free(cert);
		}
	}
	return true;
}

/* CAs that others run: of an act that was begun, since one that was cut off may
 * have signed. */
static void
note_intermediates(struct search *s)
{
	static const uint8_t never[32];

	for (size_t i = 0; i < s->history->act_count; i++) {
		const struct history_act *a = &s->history->acts[i];

		if (history_certifies_other(a) &&
		    memcmp(a->begin, never, sizeof(never)) != 0 &&
		    is_of_ca(s, a->label))
			note(s, a->serial, sizeof(a->serial));
	}
}

static bool
all_found(struct ceremony *c, const struct search *s)
{
	char hex[TEXT_HEX_SIZE(20)];

	for (size_t i = 0; i < s->count; i++) {
		if (s->found[i])
			continue;
		text_hex(s->list[i].serial, s->list[i].serial_len, hex);
		return ceremony_stop(c, EXIT_INPUT,
		    "revoke: serial %s: the CA on token %s gave out no such "
		    "certificate: correct the plan",
		    hex, s->label);
	}
	return true;
}

bool
revoke_known(struct ceremony *c, const struct history_token *token,
    const struct worklist_revoke *list, size_t count)
{
	bool found[PLAN_REVOKE_MAX] = { false };
	struct search s = { c->history, token->label, list, count, found };
	struct record_fault fault = { .text = "" };
	struct issuance *view = NULL;
	enum record_error err;

	if (count == 0)
		return true;
	err = issuance_open(c->state_fd, false, each_line, &s, &view, &fault);
	issuance_close(view);
	if (err != RECORD_OK)
		return ceremony_stop(c, EXIT_STATE, "%s: %s", c->state_path,
		    fault.text);
	note_intermediates(&s);
	return note_certified(c, &s, token) && all_found(c, &s);
}
