/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/outputs.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "ca/crl.h"
#include "transfer/text.h"

bool
crl_to_pem(const uint8_t *der, size_t len, uint8_t **out, size_t *out_len)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long n = 0;
	bool ok = bio != NULL &&
	    PEM_write_bio(bio, PEM_STRING_X509_CRL, "", der, (long)len) > 0 &&
	    (n = BIO_get_mem_data(bio, &data)) > 0 &&
	    (*out = malloc((size_t)n)) != NULL;

	if (ok) {
		memcpy(*out, data, (size_t)n);
		*out_len = (size_t)n;
	}
	BIO_free(bio);
	return ok;
}

/* Which member of a step's act.result is its output, and under which name. */
static const char *
output_of(const struct plan_step *s, const char **member, bool *crl)
{
	*crl = false;
	switch (s->kind) {
	case PLAN_WORK_ORDER:
		*member = "file";
		return s->u.order.out;
	case PLAN_BACKUP:
		*member = "file";
		return s->u.copy.file;
	case PLAN_BATCH:
		*member = "response";
		return s->u.batch.out;
	case PLAN_CRL:
		*member = "crl";
		*crl = true;
		return s->u.batch.out;
	default:
		return NULL;
	}
}

/* The step a record belongs to: by its act, or the step last begun. */
static unsigned
step_of(const struct ceremony *c, const struct event *e, unsigned begun)
{
	json_int_t act = json_integer_value(json_object_get(e->body, "act"));

	if (strcmp(e->type, "act.result") != 0)
		return begun;
	if (act < 1 || (size_t)act > c->history->act_count)
		return 0;
	return c->history->acts[act - 1].approval.step;
}

/* What a line of this ceremony says is its step's output; 0: none. */
static unsigned
line_output(const struct ceremony *c, const struct event *e, unsigned *begun,
    uint8_t object[32])
{
	const char *member = NULL, *hex;
	unsigned step;
	bool crl;

	if (strcmp(e->cer, c->plan->ceremony) != 0)
		return 0;
	if (strcmp(e->type, "step.begin") == 0)
		*begun = (unsigned)json_integer_value(
		    json_object_get(e->body, "step"));
	if (strcmp(e->type, "act.result") != 0 &&
	    strcmp(e->type, "request.repeat") != 0)
		return 0;
	step = step_of(c, e, *begun);
	if (step < 1 || step > c->plan->step_count ||
	    output_of(&c->plan->steps[step - 1], &member, &crl) == NULL)
		return 0;
	hex = json_string_value(json_object_get(e->body, member));
	if (hex == NULL || !text_unhex(hex, object, 32))
		return 0;
	return step;
}

/* By step: what its last record said, after stops it may be said twice. */
struct found {
	bool there;
	uint8_t object[32];
};

static bool
find_outputs(struct ceremony *c, struct found *found)
{
	unsigned begun = 0;

	for (uint64_t i = 0; i < transcript_count(c->transcript); i++) {
		struct record_fault fault = { .text = "" };
		uint8_t object[32] = { 0 };
		struct event e;
		unsigned step;
		size_t len;
		const char *line = transcript_line(c->transcript, i, &len);
		if (event_read(line, len, &e, &fault) != RECORD_OK)
			return ceremony_stop(c, EXIT_STATE, "%s", fault.text);
		step = line_output(c, &e, &begun, object);
		event_clear(&e);
		found[step].there = true;
		memcpy(found[step].object, object, sizeof(object));
	}
	return true;
}

bool
outputs_each(struct ceremony *c,
    void (*each)(struct ceremony *, const char *, const uint8_t *, bool))
{
	struct found *found = calloc(PLAN_STEPS_MAX + 1, sizeof(*found));
	bool ok =
	    found != NULL || ceremony_stop(c, EXIT_PROCESS, "out of memory");

	ok = ok && find_outputs(c, found);
	for (size_t i = 1; ok && i <= c->plan->step_count; i++) {
		const char *member;
		bool crl;
		const char *name =
		    output_of(&c->plan->steps[i - 1], &member, &crl);
		if (name != NULL && found[i].there)
			each(c, name, found[i].object, crl);
	}
	free(found);
	return ok;
}
