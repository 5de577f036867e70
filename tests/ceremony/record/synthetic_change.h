/* SPDX-License-Identifier: ISC */
#ifndef TESTS_RECORD_SYNTHETIC_CHANGE_H
#define TESTS_RECORD_SYNTHETIC_CHANGE_H

/* The third ceremony of synthetic.h: another quorum, a recovery, a rotation that
 * is cut off. */

#include "tests/ceremony/record/synthetic_batch.h"

static const char syn_plan_3[] =
    "plan: 1\n"
    "log: demo.example/fleet\n"
    "ceremony: change\n"
    "title: Another quorum\n"
    "date: 2026-12-15T09:00:00Z\n"
    "roles:\n"
    "  - {role: witness, name: Tom Reed}\n"
    "tokens:\n"
    "  - {label: op-a, module: softhsm, owner: alice}\n"
    "  - {label: op-b, module: softhsm, owner: rob}\n"
    "  - {label: op-d, module: softhsm, owner: carol}\n"
    "  - {label: op-e, module: softhsm, owner: dave}\n"
    "  - {label: root-1, module: softhsm}\n"
    "  - {label: prod-1, module: softhsm}\n"
    "steps:\n"
    "  - quorum-change:\n"
    "      threshold: 3\n"
    "      operators:\n"
    "        - {id: alice, name: Alice Moor, token: op-a}\n"
    "        - {id: rob, name: Rob Lang, token: op-b, was: bob}\n"
    "        - {id: carol, name: Carol Reis, token: op-d, card: new}\n"
    "        - {id: dave, name: Dave Imre, token: op-e, card: new}\n"
    "      reason: a card was lost\n"
    "      tokens: [root-1]\n"
    "  - recovery:\n"
    "      token: prod-1\n"
    "      reason: its PIN was locked\n"
    "  - crl:\n"
    "      token: prod-1\n"
    "      out: product-later.crl\n"
    "      crl-days: 90\n"
    "  - recovery:\n"
    "      token: root-1\n"
    "      reason: its PIN is not known\n";

/* Bob is called Rob now, Carol has another card, Dave joins: three of four. */
static inline void
syn_compose_change(struct synthetic *s, uint8_t digest[32])
{
	static const struct syn_member later[SYN_LATER] = { { "alice", 0 },
		{ "carol", 3 }, { "dave", 4 }, { "rob", 1 } };
	struct policy *p = &s->policy;
	char *text = NULL;
	size_t len;

	p->version = syn_twist(s, "policy-version") ? 3 : 2;
	p->m = 3;
	p->n = SYN_LATER;
	if (syn_twist(s, "policy-witness")) {
		snprintf(p->witnesses[0].id, sizeof(p->witnesses[0].id), "tom");
		syn_spki(s->stranger, &p->witnesses[0].spki);
		p->witness_count = 1;
	}
	for (unsigned i = 0; i < SYN_LATER; i++) {
		struct policy_operator *o = &p->operators[i];

		snprintf(o->id, sizeof(o->id), "%s", later[i].id);
		syn_spki(i == 2 && syn_twist(s, "policy-stranger")
			? s->stranger
			: s->sign[later[i].card],
		    &o->sign);
		syn_spki(s->derive[later[i].card], &o->derive);
	}
	SYN(policy_write(p, &text, &len) == QUORUM_OK);
	syn_put(s, "policy-2", text, len, digest);
	free(text);
}

static inline void
syn_take_change(struct synthetic *s, const uint8_t digest[32])
{
	static const struct syn_member later[SYN_LATER] = { { "alice", 0 },
		{ "carol", 3 }, { "dave", 4 }, { "rob", 1 } };

	memcpy(s->members, later, sizeof(later));
	memcpy(s->policy_sha256, digest, 32);
	s->member_count = SYN_LATER;
	s->m = s->policy.m;
}

static inline void
syn_change(struct synthetic *s)
{
	struct approval a = { .token = "-" }, b;
	uint8_t later[32];

	syn_step(s, "quorum-change");
	syn_enrol(s, 3);
	syn_enrol(s, 4);
	syn_compose_change(s, later);
	memcpy(a.input_sha256, later, 32);
	syn_use(&a, "self-test", 1);
	b = syn_rekey_act(&s->root, "rotate",
	    syn_twist(s, "rotate-before") ? s->policy_sha256 : later);
	syn_propose(s, "-", &a);
	syn_propose(s, s->root.label, &b);
	syn_approve(s, &a, 2);
	syn_approve(s, &b, 2);
	syn_begin(s, &a, 2);
	syn_result(s, &a, json_pack("{s:o}", "policy", syn_hex(later, 32)));
	syn_begin(s, &b, 2);
	syn_take_change(s, later);
	syn_rekey(s, &s->root, &b);
	syn_step_end(s);
}

/* The token is on the old policy: S makes it the new one's. */
static inline void
syn_recover(struct synthetic *s, struct syn_token *t)
{
	struct approval a;

	if (!syn_twist(s, "recovery-no-so"))
		syn_line(s, "so.use",
		    json_pack("{s:s,s:i}", "label", t->label, "n", t->so_n++));
	a = syn_rekey_act(t, "recovery", s->policy_sha256);
	syn_act(s, t->label, &a);
	syn_rekey(s, t, &a);
}

static inline void
syn_recovery(struct synthetic *s)
{
	syn_step(s, "recovery");
	syn_recover(s, &s->prod);
	syn_step_end(s);
}

/* A token is keyed anew up to where the power fails. */
static inline void
syn_cut_off(struct synthetic *s, struct syn_token *t, const char *kind)
{
	struct approval a = syn_rekey_act(t, kind, s->policy_sha256);

	syn_act(s, t->label, &a);
	syn_line(s, "rotate.prepare",
	    json_pack("{s:I,s:i,s:o,s:i,s:i,s:o}", "act", (json_int_t)a.act,
		"epoch", (int)a.epoch, "policy_sha256",
		syn_hex(s->policy_sha256, 32), "m", (int)s->m, "n",
		(int)s->member_count, "shares", syn_shares(s, t->label)));
	syn_line(s, "act.void",
	    json_pack("{s:I,s:s}", "act", (json_int_t)a.act, "reason",
		"the power failed"));
}

/* A rotation finds out in which epoch the token is. */
static inline void
syn_found(struct synthetic *s, struct syn_token *t, uint32_t epoch)
{
	struct approval a = syn_rekey_act(t, "rotate", s->policy_sha256);

	syn_act(s, t->label, &a);
	syn_line(s, "rotate.found",
	    json_pack("{s:I,s:i}", "act", (json_int_t)a.act, "epoch",
		(int)epoch));
	syn_rekey(s, t, &a);
}

static inline void
syn_cut_rotation(struct synthetic *s, struct syn_token *t)
{
	syn_cut_off(s, t, "rotate");
	syn_found(s, t, t->epoch);
}

/* A rotation came, but its result did not; then S is tried in vain at first. */
static inline void
syn_vain_recovery(struct synthetic *s)
{
	struct syn_token *t = &s->root;
	uint32_t came;

	syn_step(s, "recovery");
	syn_cut_off(s, t, "rotate");
	came = t->next_epoch;
	syn_line(s, "so.use",
	    json_pack("{s:s,s:i}", "label", t->label, "n", t->so_n));
	syn_cut_off(s, t, "recovery");
	syn_found(s, t, came);
	syn_recover(s, t);
	syn_step_end(s);
}

static inline void
syn_later_crl(struct synthetic *s)
{
	struct crl_entry revoked = { .serial_len = SERIAL_SIZE,
		.reason = 1,
		.date = 0 };
	X509 *cert = NULL;

	SYN(date_parse_rfc3339(SYN_DATE_2, &revoked.date) == CA_OK);
	SYN(cert_parse(s->issued[0].data, s->issued[0].len, &cert) == CA_OK);
	SYN(cert_serial(cert, revoked.serial, &revoked.serial_len) == CA_OK);
	X509_free(cert);
	syn_step(s, "crl");
	syn_act_crl(s, &s->prod, NULL, 5, SYN_CRL_DAYS, &revoked, 1,
	    json_array());
	syn_cut_rotation(s, &s->prod);
	syn_step_end(s);
}

#endif
