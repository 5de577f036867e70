/* SPDX-License-Identifier: ISC */
#include "ceremony/record/open_intents.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"

static bool
add(struct open_intents *o, const struct intent *intent)
{
	if (o->count == o->size) {
		size_t size = o->size == 0 ? 64 : 2 * o->size;
		struct intent *more =
		    reallocarray(o->list, size, sizeof(*more));
		if (more == NULL)
			return false;
		o->list = more;
		o->size = size;
	}
	o->list[o->count++] = *intent;
	return true;
}

/* Results mostly come in the order of their intents: the front is found at
 * once, and stays in order. */
static void
drop(struct open_intents *o, const uint8_t serial[17])
{
	for (size_t i = 0; i < o->count; i++) {
		if (memcmp(o->list[i].serial, serial, 17) != 0)
			continue;
		o->count--;
		memmove(&o->list[i], &o->list[i + 1],
		    (o->count - i) * sizeof(o->list[0]));
		return;
	}
}

static void
drop_certified(struct open_intents *o, const uint8_t *der, size_t der_len)
{
	uint8_t serial[20];
	X509 *cert = NULL;
	size_t len = 0;

	if (o->count > 0 && cert_parse(der, der_len, &cert) == CA_OK &&
	    cert_serial(cert, serial, &len) == CA_OK && len == 17)
		drop(o, serial);
	X509_free(cert);
}

bool
open_intents_take(struct open_intents *o, const struct issuance_line *line)
{
	switch (line->type) {
	case ISSUANCE_INTENT: /* said again by a resumed act, or new */
		drop(o, line->intent.serial);
		return add(o, &line->intent);
	case ISSUANCE_VOID:
		drop(o, line->intent.serial);
		return true;
	case ISSUANCE_RESULT:
		drop_certified(o, line->cert, line->cert_len);
		return true;
	}
	return false;
}

static void
mark(const struct open_intents *o, struct worklist_entry *e)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct intent *in = &o->list[i];
		if (strcmp(in->id, e->id) != 0 ||
		    strcmp(in->profile, e->profile) != 0 ||
		    memcmp(in->spki_sha256, e->spki_sha256, 32) != 0)
			continue;
		e->resumed = true;
		memcpy(e->serial, in->serial, sizeof(e->serial));
		memcpy(e->tbs_sha256, in->tbs_sha256, sizeof(e->tbs_sha256));
		return;
	}
}

void
open_intents_mark(const struct open_intents *o, struct worklist *w)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->entries[i].what == WORKLIST_CERT)
			mark(o, &w->entries[i]);
	}
}

void
open_intents_clear(struct open_intents *o)
{
	free(o->list);
	*o = (struct open_intents){ .count = 0 };
}
