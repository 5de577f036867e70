/* SPDX-License-Identifier: ISC */
#ifndef TESTS_RECORD_SYNTHETIC_H
#define TESTS_RECORD_SYNTHETIC_H

/*
 * A state folder made with software keys through the public interfaces: three
 * operators, a root, a product CA with its sealer, one work order; then a
 * ceremony with a batch that was void once, its repetition and a CRL; then one
 * in which the quorum changes, and the product CA's token, which is not there,
 * is recovered and rotated later.  A twist makes one thing in it wrong.  No
 * cmocka in here: a tool writes states too.
 */

#include "tests/ceremony/record/synthetic_batch.h"
#include "tests/ceremony/record/synthetic_change.h"
#include "tests/ceremony/record/synthetic_genesis.h"

/* Keys are made by the caller's choice once, for many states. */
static inline void
syn_keys(struct synthetic *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < SYN_CARDS; i++) {
		s->sign[i] = EVP_EC_gen("P-256");
		s->derive[i] = EVP_EC_gen("P-256");
	}
	for (unsigned i = 0; i < SYN_DEVICES; i++)
		s->device[i] = EVP_EC_gen("P-256");
	s->station = EVP_EC_gen("P-256");
	s->stranger = EVP_EC_gen("P-256");
	s->root = (struct syn_token){ .label = "root-1", .serial = "R1" };
	s->prod = (struct syn_token){ .label = "prod-1", .serial = "P1" };
	s->root.ca = EVP_EC_gen("P-384");
	s->prod.ca = EVP_EC_gen("P-256");
	s->prod.sealer = EVP_EC_gen("P-256");
	s->station_cert = syn_self_cert(s->station, "line 3", s->station);
}

/* Write a state into an empty folder. */
static inline void
syn_make(struct synthetic *s, int dirfd, const char *twist)
{
	s->twist = twist;
	s->dirfd = dirfd;
	SYN(transcript_open(dirfd, true, &s->t, NULL, NULL) == RECORD_OK);
	SYN(issuance_open(dirfd, true, NULL, NULL, &s->log, NULL) == RECORD_OK);
	syn_open(s, "genesis", SYN_DATE_1, syn_plan_1, "plan-1");
	syn_quorum(s);
	syn_root(s);
	syn_product(s);
	syn_order(s);
	syn_close(s);
	if (syn_twist(s, "plan-card"))
		syn_open_without_card(s);
	else
		syn_open(s, "batch-1", SYN_DATE_2, syn_plan_2, "plan-2");
	syn_batch(s);
	syn_crl_steps(s);
	syn_close(s);
	syn_open(s, "change", SYN_DATE_3, syn_plan_3, "plan-3");
	syn_change(s);
	syn_recovery(s);
	syn_later_crl(s);
	syn_vain_recovery(s);
	syn_close(s);
}

/* Forget the state, keep the keys. */
static inline void
syn_reset(struct synthetic *s)
{
	struct synthetic keys = { .station = s->station,
		.stranger = s->stranger,
		.station_cert = s->station_cert,
		.root = { .label = "root-1", .serial = "R1", .ca = s->root.ca },
		.prod = { .label = "prod-1",
		    .serial = "P1",
		    .ca = s->prod.ca,
		    .sealer = s->prod.sealer } };

	memcpy(keys.sign, s->sign, sizeof(keys.sign));
	memcpy(keys.derive, s->derive, sizeof(keys.derive));
	memcpy(keys.device, s->device, sizeof(keys.device));
	transcript_close(s->t);
	issuance_close(s->log);
	X509_free(s->root.ca_cert);
	X509_free(s->prod.ca_cert);
	X509_free(s->prod.sealer_cert);
	X509_CRL_free(s->root.crl);
	X509_CRL_free(s->prod.crl);
	for (unsigned i = 0; i < SYN_DEVICES; i++)
		OPENSSL_free(s->issued[i].data);
	*s = keys;
}

static inline void
syn_free(struct synthetic *s)
{
	syn_reset(s);
	for (unsigned i = 0; i < SYN_CARDS; i++) {
		EVP_PKEY_free(s->sign[i]);
		EVP_PKEY_free(s->derive[i]);
	}
	for (unsigned i = 0; i < SYN_DEVICES; i++)
		EVP_PKEY_free(s->device[i]);
	EVP_PKEY_free(s->station);
	EVP_PKEY_free(s->stranger);
	X509_free(s->station_cert);
	EVP_PKEY_free(s->root.ca);
	EVP_PKEY_free(s->prod.ca);
	EVP_PKEY_free(s->prod.sealer);
}

static inline const uint8_t *
syn_find(const struct synthetic *s, const char *name)
{
	for (size_t i = 0; i < s->name_count; i++)
		if (strcmp(s->names[i].name, name) == 0)
			return s->names[i].digest;
	return NULL;
}

#endif
