/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/outputs.h"

#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/intermediate.h"
#include "transfer/pem.h"
#include "transfer/text.h"

#define OUTPUTS_MAX 2 /* of a step */

struct output {
	const char *name;   /* of the file */
	const char *member; /* of act.result that names the object */
	enum output_form form;
};

/* A CRL, or a certificate with all above it, its own first. */
static bool
to_pem(struct ceremony *c, const uint8_t object[32], enum output_form form,
    struct text_buf *out)
{
	struct chain_view chain = { .count = 0 };
	uint8_t *der = NULL;
	size_t len = 0;
	bool ok;

	if (form == OUTPUT_CRL) {
		ok = ceremony_load(c, object, &der, &len);
		if (ok)
			pem_encode(out, "X509 CRL", der, len);
		free(der);
		return ok;
	}
	ok = intermediate_chain(c, object, &chain);
	for (size_t i = 0; i < chain.count; i++)
		pem_encode(out, "CERTIFICATE", chain.certs[i].der,
		    chain.certs[i].len);
	chain_view_clear(&chain);
	return ok;
}

bool
output_make(struct ceremony *c, const uint8_t object[32], enum output_form form,
    uint8_t **data, size_t *len)
{
	struct text_buf b = { 0 };

	*data = NULL;
	*len = 0;
	if (form == OUTPUT_AS_IT_IS)
		return ceremony_load(c, object, data, len);
	if (!to_pem(c, object, form, &b)) {
		text_buf_free(&b);
		return false;
	}
	*data = (uint8_t *)text_buf_take(&b, len);
	return *data != NULL || ceremony_stop(c, EXIT_PROCESS, "out of memory");
}

/* Output i of a step, in the order they are written; false past the last. */
static bool
output_of(const struct plan_step *s, unsigned i, struct output *out)
{
	const struct plan_intermediate *m = &s->u.intermediate;

	if (s->kind == PLAN_INTERMEDIATE && i < OUTPUTS_MAX) {
		*out = i == 0
		    ? (struct output){ m->out, "certificate", OUTPUT_CHAIN }
		    : (struct output){ m->sealed, "file", OUTPUT_AS_IT_IS };
		return true;
	}
	if (i > 0)
		return false;
	switch (s->kind) {
	case PLAN_WORK_ORDER:
		*out =
		    (struct output){ s->u.order.out, "file", OUTPUT_AS_IT_IS };
		return true;
	case PLAN_BACKUP:
		*out =
		    (struct output){ s->u.copy.file, "file", OUTPUT_AS_IT_IS };
		return true;
	case PLAN_BATCH:
		*out = (struct output){ s->u.batch.out, "response",
			OUTPUT_AS_IT_IS };
		return true;
	case PLAN_CRL:
		*out = (struct output){ s->u.batch.out, "crl", OUTPUT_CRL };
		return true;
	default:
		return false;
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

/* By step and output: what its last record said, after stops it may be said
 * twice. */
struct found {
	bool there;
	uint8_t object[32];
};
typedef struct found found_of_step[OUTPUTS_MAX];

/* What a line of this ceremony says of its step's outputs. */
static void
line_outputs(const struct ceremony *c, const struct event *e, unsigned *begun,
    found_of_step *found)
{
	struct output out;
	uint8_t object[32];
	unsigned step;

	if (strcmp(e->cer, c->plan->ceremony) != 0)
		return;
	if (strcmp(e->type, "step.begin") == 0)
		*begun = (unsigned)json_integer_value(
		    json_object_get(e->body, "step"));
	if (strcmp(e->type, "act.result") != 0 &&
	    strcmp(e->type, "request.repeat") != 0)
		return;
	step = step_of(c, e, *begun);
	if (step < 1 || step > c->plan->step_count)
		return;
	for (unsigned i = 0; output_of(&c->plan->steps[step - 1], i, &out);
	     i++) {
		const char *hex =
		    json_string_value(json_object_get(e->body, out.member));

		if (hex == NULL || !text_unhex(hex, object, 32))
			continue;
		found[step][i].there = true;
		memcpy(found[step][i].object, object, sizeof(object));
	}
}

static bool
find_outputs(struct ceremony *c, found_of_step *found)
{
	unsigned begun = 0;

	for (uint64_t i = 0; i < transcript_count(c->transcript); i++) {
		struct record_fault fault = { .text = "" };
		struct event e;
		size_t len;
		const char *line = transcript_line(c->transcript, i, &len);
		if (event_read(line, len, &e, &fault) != RECORD_OK)
			return ceremony_stop(c, EXIT_STATE, "%s", fault.text);
		line_outputs(c, &e, &begun, found);
		event_clear(&e);
	}
	return true;
}

bool
outputs_each(struct ceremony *c, output_each *each)
{
	found_of_step *found = calloc(PLAN_STEPS_MAX + 1, sizeof(*found));
	bool ok =
	    found != NULL || ceremony_stop(c, EXIT_PROCESS, "out of memory");

	ok = ok && find_outputs(c, found);
	for (size_t s = 1; ok && s <= c->plan->step_count; s++) {
		struct output out;

		for (unsigned i = 0; output_of(&c->plan->steps[s - 1], i, &out);
		     i++)
			if (found[s][i].there)
				each(c, out.name, found[s][i].object, out.form);
	}
	free(found);
	return ok;
}
