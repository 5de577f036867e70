/* SPDX-License-Identifier: ISC */
#ifndef TESTS_PLAN_SAMPLE_H
#define TESTS_PLAN_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ceremony/record/plan.h"
#include "ceremony/record/plan_yaml.h"

/* A small plan of each sort, to be spoilt in one place. */
static const char sample_genesis[] =
    "plan: 1\n"                                               /* 1 */
    "log: demo.example/fleet\n"                               /* 2 */
    "ceremony: genesis\n"                                     /* 3 */
    "date: 2026-12-01T09:00:00Z\n"                            /* 4 */
    "roles:\n"                                                /* 5 */
    "  - {role: witness, name: Tom Reed}\n"                   /* 6 */
    "tokens:\n"                                               /* 7 */
    "  - {label: op-a, module: softhsm, owner: alice}\n"      /* 8 */
    "  - {label: op-b, module: softhsm, owner: bert}\n"       /* 9 */
    "  - {label: root-1, module: softhsm, serial: AB12}\n"    /* 10 */
    "  - {label: prod-1, module: softhsm}\n"                  /* 11 */
    "  - {label: prod-2, module: opensc}\n"                   /* 12 */
    "steps:\n"                                                /* 13 */
    "  - quorum:\n"                                           /* 14 */
    "      threshold: 2\n"                                    /* 15 */
    "      operators:\n"                                      /* 16 */
    "        - {id: alice, name: Alice Moor, token: op-a}\n"  /* 17 */
    "        - {id: bert, name: Bert Lang, token: op-b}\n"    /* 18 */
    "      so:\n"                                             /* 19 */
    "        threshold: 2\n"                                  /* 20 */
    "        custodians: [Nora Lind, Otto Berg, Pia Stern]\n" /* 21 */
    "  - root:\n"                                             /* 22 */
    "      subject: CN=Root CA,O=Example\n"                   /* 23 */
    "      key: p384\n"                                       /* 24 */
    "      years: 25\n"                                       /* 25 */
    "      crl-days: 400\n"                                   /* 26 */
    "      tokens: [root-1]\n"                                /* 27 */
    "      single-copy: accepted\n"                           /* 28 */
    "      reason: root is a test\n"                          /* 29 */
    "  - product-ca:\n"                                       /* 30 */
    "      issuer: root-1\n"                                  /* 31 */
    "      subject: CN=Product CA,O=Example\n"                /* 32 */
    "      sealer: CN=Product CA Sealer,O=Example\n"          /* 33 */
    "      key: p256\n"                                       /* 34 */
    "      years: 20\n"                                       /* 35 */
    "      crl-days: 90\n"                                    /* 36 */
    "      tokens: [prod-1]\n"                                /* 37 */
    "      single-copy: accepted\n"                           /* 38 */
    "      reason: product is a test\n"                       /* 39 */
    "  - work-order:\n"                                       /* 40 */
    "      token: prod-1\n"                                   /* 41 */
    "      station: line3.station\n"                          /* 42 */
    "      out: line3.order\n"                                /* 43 */
    "      pattern: \"[0-9A-F]{8}\"\n"                        /* 44 */
    "      subject: CN=device-{id},O=Example\n"               /* 45 */
    "      profile: device-tls\n"                             /* 46 */
    "      quota: 1000\n"                                     /* 47 */
    "      expiry: 2027-12-31T23:59:59Z\n"                    /* 48 */
    "      receipts: 2028-01-31T00:00:00Z\n";                 /* 49 */

static const char sample_batch[] =
    "plan: 1\n"                                          /* 1 */
    "log: demo.example/fleet\n"                          /* 2 */
    "ceremony: batch-1\n"                                /* 3 */
    "title: A batch\n"                                   /* 4 */
    "date: 2026-12-08T09:00:00Z\n"                       /* 5 */
    "roles:\n"                                           /* 6 */
    "  - {role: witness, name: Tom Reed}\n"              /* 7 */
    "tokens:\n"                                          /* 8 */
    "  - {label: op-a, module: softhsm, owner: alice}\n" /* 9 */
    "  - {label: op-b, module: softhsm, owner: bert}\n"  /* 10 */
    "  - {label: prod-1, module: /usr/lib/p11.so}\n"     /* 11 */
    "  - {label: root-1, module: softhsm}\n"             /* 12 */
    "steps:\n"                                           /* 13 */
    "  - batch:\n"                                       /* 14 */
    "      token: prod-1\n"                              /* 15 */
    "      request: line3.request\n"                     /* 16 */
    "      out: line3.response\n"                        /* 17 */
    "      years: 10\n"                                  /* 18 */
    "      crl-days: 90\n"                               /* 19 */
    "      revoke:\n"                                    /* 20 */
    "        - {id: 340A91FF, reason: keyCompromise}\n"  /* 21 */
    "        - {serial: 01AB, reason: superseded}\n"     /* 22 */
    "      accept-gap: request 4 was lost in the post\n" /* 23 */
    "  - crl:\n"                                         /* 24 */
    "      token: root-1\n"                              /* 25 */
    "      out: root.crl\n"                              /* 26 */
    "      crl-days: 400\n";                             /* 27 */

static const char sample_change[] =
    "plan: 1\n"                                                         /* 1 */
    "log: demo.example/fleet\n"                                         /* 2 */
    "ceremony: change\n"                                                /* 3 */
    "date: 2027-01-12T09:00:00Z\n"                                      /* 4 */
    "roles:\n"                                                          /* 5 */
    "  - {role: witness, name: Tom Reed}\n"                             /* 6 */
    "tokens:\n"                                                         /* 7 */
    "  - {label: op-a, module: softhsm, owner: alice}\n"                /* 8 */
    "  - {label: op-b, module: softhsm, owner: berta}\n"                /* 9 */
    "  - {label: op-e, module: softhsm, owner: carol}\n"                /* 10 */
    "  - {label: op-d, module: softhsm, owner: dora}\n"                 /* 11 */
    "  - {label: root-1, module: opensc, serial: AB12}\n"               /* 12 */
    "  - {label: prod-1, module: softhsm}\n"                            /* 13 */
    "steps:\n"                                                          /* 14 */
    "  - quorum-change:\n"                                              /* 15 */
    "      threshold: 3\n"                                              /* 16 */
    "      operators:\n"                                                /* 17 */
    "        - {id: alice, name: Alice Moor, token: op-a}\n"            /* 18 */
    "        - {id: berta, name: Berta Lang, token: op-b, was: bert}\n" /* 19 */
    "        - {id: carol, name: Carol Finn, token: op-e, card: new}\n" /* 20 */
    "      reason: carol lost her card\n"                               /* 21 */
    "      tokens: [root-1, prod-1]\n"                                  /* 22 */
    "      so:\n"                                                       /* 23 */
    "        threshold: 2\n"                                            /* 24 */
    "        custodians: [Nora Lind, Otto Berg]\n"                      /* 25 */
    "  - recovery:\n"                                                   /* 26 */
    "      token: prod-1\n"                                             /* 27 */
    "      reason: PIN locked by a reader\n";                           /* 28 */

/* A row: `find` (its first occurrence) becomes `put`; with find NULL put is
 * the whole plan. */
struct sample_bad {
	const char *name, *base, *find, *put;
	unsigned line, column;
	const char *text;
};

static inline char *
sample_edit(const char *base, const char *find, const char *put)
{
	const char *at = find != NULL ? strstr(base, find) : base;
	size_t skip = find != NULL ? strlen(find) : strlen(base);
	size_t len = strlen(base) + strlen(put) + 1;
	char *out = malloc(len);

	assert_non_null(out);
	assert_non_null(at);
	(void)snprintf(out, len, "%.*s%s%s", (int)(at - base), base, put,
	    at + skip);
	return out;
}

static inline enum record_error
sample_read(const char *yaml, struct plan **out, struct plan_fault *fault)
{
	struct plan_field *fields = NULL;
	size_t count = 0;
	enum record_error err =
	    plan_yaml_fields(yaml, strlen(yaml), &fields, &count, fault);

	*out = NULL;
	if (err == RECORD_OK)
		err = plan_build(fields, count, out, fault);
	free(fields);
	return err;
}

static inline struct plan *
sample_good(const char *yaml)
{
	struct plan_fault fault = { 0 };
	struct plan *p = NULL;

	if (sample_read(yaml, &p, &fault) != RECORD_OK)
		fail_msg("%u:%u: %s", fault.line, fault.column, fault.text);
	assert_non_null(p);
	return p;
}

/* Every row is refused with just its fault; all rows are tried. */
static inline void
sample_refuse(const struct sample_bad *rows, size_t count)
{
	size_t i, bad = 0;

	for (i = 0; i < count; i++) {
		const struct sample_bad *r = &rows[i];
		struct plan_fault f = { 0 };
		struct plan *p = NULL;
		char *yaml = sample_edit(r->base != NULL ? r->base : "",
		    r->find, r->put);
		enum record_error err = sample_read(yaml, &p, &f);

		if (err != RECORD_ERR_PLAN || p != NULL || f.line != r->line ||
		    f.column != r->column || strcmp(f.text, r->text) != 0) {
			print_message("# %s: got %d %u:%u: %s\n", r->name,
			    (int)err, f.line, f.column, f.text);
			bad++;
		}
		plan_free(p);
		free(yaml);
	}
	assert_int_equal(bad, 0);
}

#endif
