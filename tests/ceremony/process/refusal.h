/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_PROCESS_REFUSAL_H
#define TESTS_CEREMONY_PROCESS_REFUSAL_H

/* A table of what the signer must refuse, one row a test. */

#include "tests/ceremony/process/act.h"

struct refusal {
	const char *name;
	/* do it; a is this case's own, unopened.  Returns whom was asked last:
	 * its answer is the fault.  */
	struct peer *(*how)(struct world *w, struct act *a, const void *arg);
	const void *arg;
	uint64_t code;
	const char *text; /* part of what it says */
};
/* What cmocka hands to a test. */
struct refusal_case {
	const struct refusal *row;
	struct world **world;
};

static inline void
refusal_run(void **state)
{
	const struct refusal_case *c = *state;
	const struct refusal *r = c->row;
	struct act a = { .p = NULL };
	struct peer *p;
	char text[513];
	uint64_t code;

	if (*c->world == NULL)
		fail_msg("no quorum was made");
	p = r->how(*c->world, &a, r->arg);
	code = peer_fault(p, text);
	if (code != r->code || strstr(text, r->text) == NULL)
		fail_msg("fault %" PRIu64 " \"%s\", not %" PRIu64 " \"%s\"",
		    code, text, r->code, r->text);
	act_close(&a);
	if ((*c->world)->after != NULL)
		(*c->world)->after(*c->world);
}

static inline void
refusal_world(void **state)
{
	struct world **w = *state;

	*w = world_new();
	world_make_cas(*w);
}

static inline void
refusal_end(void **state)
{
	struct world **w = *state;

	if (*w != NULL)
		world_free(*w);
}

/* The world, then what works, then the refusals.  Those in `works` get a
 * pointer to the world's pointer. */
static inline int
refusal_main(const char *name, const struct CMUnitTest *works, size_t n_works,
    const struct refusal *rows, size_t n_rows)
{
	size_t n = 0, total = n_works + n_rows + 2;
	struct CMUnitTest *tests = calloc(total, sizeof(*tests));
	struct refusal_case *cases = calloc(n_rows, sizeof(*cases));
	struct world *world = NULL;
	int failed = 1;

	if (tests != NULL && cases != NULL) {
		tests[n++] = (struct CMUnitTest){ "genesis, root, product CA",
			refusal_world, NULL, NULL, &world };
		for (size_t i = 0; i < n_works; i++) {
			tests[n] = works[i];
			tests[n++].initial_state = &world;
		}
		for (size_t i = 0; i < n_rows; i++) {
			cases[i] = (struct refusal_case){ &rows[i], &world };
			tests[n++] = (struct CMUnitTest){ rows[i].name,
				refusal_run, NULL, NULL, &cases[i] };
		}
		tests[n++] = (struct CMUnitTest){ "end", refusal_end, NULL,
			NULL, &world };
		failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
	}
	free(tests);
	free(cases);
	return failed;
}

#endif
