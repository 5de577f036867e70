/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/resume.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"

/* Intents that have neither result nor void yet. */
struct open_intents {
	struct intent *list;
	size_t count, size;
	bool failed;
};

uint64_t
resume_act(const struct ceremony *c, unsigned step)
{
	for (size_t i = c->history->act_count; i-- > 0;) {
		const struct history_act *a = &c->history->acts[i];
		static const uint8_t never[32];
		if (strcmp(a->approval.ceremony, c->plan->ceremony) != 0)
			return 0;
		if (a->approval.step == step && a->state == ACT_VOID &&
		    memcmp(a->begin, never, sizeof(never)) != 0)
			return a->approval.act;
	}
	return 0;
}

uint64_t
resume_uncounted(const struct ceremony *c)
{
	uint64_t size =
	    c->issuance == NULL ? 0 : tree_size(issuance_tree(c->issuance));

	return size - c->history->log_state.tree_size;
}

static void
add(struct open_intents *o, const struct intent *intent)
{
	if (o->count == o->size) {
		size_t size = o->size == 0 ? 64 : 2 * o->size;
		struct intent *more =
		    reallocarray(o->list, size, sizeof(*more));
		if (more == NULL) {
			o->failed = true;
			return;
		}
		o->list = more;
		o->size = size;
	}
	o->list[o->count++] = *intent;
}

static void
drop(struct open_intents *o, const uint8_t *serial, size_t len)
{
	for (size_t i = 0; i < o->count; i++) {
		if (len == sizeof(o->list[i].serial) &&
		    memcmp(o->list[i].serial, serial, len) == 0) {
			o->list[i] = o->list[--o->count];
			return;
		}
	}
}

static int
each_line(void *arg, uint64_t number, const struct issuance_line *line)
{
	struct open_intents *o = arg;
	uint8_t serial[20];
	X509 *cert = NULL;
	size_t len = 0;

	(void)number;
	switch (line->type) {
	case ISSUANCE_INTENT:
		drop(o, line->intent.serial, sizeof(line->intent.serial));
		add(o, &line->intent);
		break;
	case ISSUANCE_VOID:
		drop(o, line->intent.serial, sizeof(line->intent.serial));
		break;
	case ISSUANCE_RESULT:
		if (o->count > 0 &&
		    cert_parse(line->cert, line->cert_len, &cert) == CA_OK &&
		    cert_serial(cert, serial, &len) == CA_OK)
			drop(o, serial, len);
		X509_free(cert);
		break;
	}
	return o->failed;
}

static void
match(const struct open_intents *o, struct worklist_entry *e)
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

bool
resume_intents(struct ceremony *c, struct worklist *w)
{
	struct open_intents o = { .count = 0 };
	struct record_fault fault = { .text = "" };
	struct issuance *view = NULL;
	bool ok = issuance_open(c->state_fd, false, each_line, &o, &view,
		      &fault) == RECORD_OK;

	issuance_close(view);
	for (size_t i = 0; ok && i < w->count; i++) {
		if (w->entries[i].what == WORKLIST_CERT)
			match(&o, &w->entries[i]);
	}
	free(o.list);
	return ok ||
	    ceremony_stop(c, EXIT_STATE, "issuance.jsonl: %s", fault.text);
}
