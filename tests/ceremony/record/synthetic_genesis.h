/* SPDX-License-Identifier: ISC */
#ifndef TESTS_RECORD_SYNTHETIC_GENESIS_H
#define TESTS_RECORD_SYNTHETIC_GENESIS_H

/* The first ceremony of synthetic.h: quorum, root, product CA, work order. */

#include "tests/ceremony/record/synthetic_acts.h"

static const char syn_plan_1[] =
    "plan: 1\n"
    "log: demo.example/fleet\n"
    "ceremony: genesis\n"
    "title: The beginning\n"
    "date: 2026-12-01T09:00:00Z\n"
    "roles:\n"
    "  - {role: witness, name: Tom Reed}\n"
    "tokens:\n"
    "  - {label: op-a, module: softhsm, owner: alice}\n"
    "  - {label: op-b, module: softhsm, owner: bob}\n"
    "  - {label: op-c, module: softhsm, owner: carol}\n"
    "  - {label: root-1, module: softhsm}\n"
    "  - {label: prod-1, module: softhsm}\n"
    "steps:\n"
    "  - quorum:\n"
    "      threshold: 2\n"
    "      operators:\n"
    "        - {id: alice, name: Alice Moor, token: op-a}\n"
    "        - {id: bob, name: Bob Lang, token: op-b}\n"
    "        - {id: carol, name: Carol Reis, token: op-c}\n"
    "      so:\n"
    "        threshold: 2\n"
    "        custodians: [Nora Lind, Otto Berg, Pia Stern]\n"
    "  - root:\n"
    "      subject: CN=Root CA,O=Example\n"
    "      key: p384\n"
    "      years: 25\n"
    "      crl-days: 400\n"
    "      tokens: [root-1]\n"
    "      single-copy: accepted\n"
    "      reason: a test\n"
    "  - product-ca:\n"
    "      issuer: root-1\n"
    "      subject: CN=Product CA,O=Example\n"
    "      sealer: CN=Product CA Sealer,O=Example\n"
    "      key: p256\n"
    "      years: 20\n"
    "      crl-days: 90\n"
    "      tokens: [prod-1]\n"
    "      single-copy: accepted\n"
    "      reason: a test\n"
    "  - work-order:\n"
    "      token: prod-1\n"
    "      station: line3.station\n"
    "      out: line3.order\n"
    "      pattern: \"unit-[0-9]\"\n"
    "      subject: CN=device-{id},O=Example\n"
    "      profile: device-tls\n"
    "      quota: 3\n"
    "      expiry: 2027-12-31T23:59:59Z\n"
    "      receipts: 2028-01-31T00:00:00Z\n";

#define SYN_LEAST "nocore,nodump,nonewprivs"
#define SYN_LESS "nocore,nodump,nonewprivs,limits,seccomp"
#define SYN_LEVEL "nocore,nodump,nonewprivs,landlock,seccomp"

/* What the machine says of its image: nothing without a twist.  "image-other":
 * the second ceremony ran from another medium, "image-none": from none,
 * "image-unread": from one that it did not read back. */
static inline json_t *
syn_image(const struct synthetic *s)
{
	bool first = strcmp(s->cer, "genesis") == 0;
	uint8_t medium[32];

	if (strncmp(s->twist, "image", 5) != 0 ||
	    (!first && syn_twist(s, "image-none")))
		return NULL;
	memset(medium, !first && syn_twist(s, "image-other") ? 2 : 1, 32);
	if (!first && syn_twist(s, "image-unread"))
		return json_pack("{s:s,s:s,s:s}", "version", "0.1.0", "commit",
		    "0123abcd", "medium", "-");
	return json_pack("{s:s,s:s,s:o}", "version", "0.1.0", "commit",
	    "0123abcd", "medium", syn_hex(medium, 32));
}

/* "shell": the second ceremony has one, which its plan has not; "shell-gone": it
 * has none when it goes on. */
static inline const char *
syn_shell(const struct synthetic *s, bool resumed)
{
	return strncmp(s->twist, "shell", 5) == 0 &&
		strcmp(s->cer, "batch-1") == 0 &&
		!(resumed && syn_twist(s, "shell-gone"))
	    ? "to look"
	    : NULL;
}

static inline void
syn_open(struct synthetic *s, const char *name, const char *date,
    const char *plan, const char *plan_name)
{
	const char *title = strcmp(name, "genesis") == 0 ? "The beginning"
	    : strcmp(name, "change") == 0                ? "Another quorum"
							 : "A batch";

	s->cer = name;
	s->step = 0;
	SYN(date_parse_rfc3339(date, &s->date) == CA_OK);
	syn_put(s, plan_name, plan, strlen(plan), s->plan);
	syn_line(s, "ceremony.open",
	    json_pack("{s:o,s:s,s:s,s:s,s:{s:s,s:s,s:s,s:s*},s:o*,s:s*}",
		"plan", syn_hex(s->plan, 32), "date", date, "title", title,
		"version", "0.1.0", "levels", "operator", SYN_LEVEL, "reader",
		strcmp(s->twist, "levels") == 0 ? SYN_LESS : SYN_LEVEL,
		"signer", SYN_LEVEL, "media",
		strcmp(name, "genesis") != 0                ? NULL
		    : strcmp(s->twist, "levels-media") == 0 ? SYN_LEAST
							    : SYN_LESS,
		"image", syn_image(s), "shell", syn_shell(s, false)));
}

/* Bob may bring a token that was personalised elsewhere, with RSA keys. */
static inline bool
syn_elsewhere(const struct synthetic *s, unsigned i)
{
	return i == 1 && strncmp(s->twist, "elsewhere", 9) == 0;
}

static inline EVP_PKEY *
syn_brought_key(const struct synthetic *s, bool sign)
{
	EVP_PKEY *key = sign && syn_twist(s, "elsewhere-p384")
	    ? EVP_EC_gen("P-384")
	    : EVP_RSA_gen(2048);

	SYN(key != NULL);
	return key;
}

static inline json_t *
syn_brought_attributes(const struct synthetic *s, bool sign)
{
	json_t *a = json_pack("{s:b,s:b,s:b,s:b,s:b,s:b}", "token", 1,
	    "private", 1, "sensitive", 1, "extractable",
	    !sign && syn_twist(s, "elsewhere-extractable"), "local", 0,
	    "decrypt", 1);

	if (syn_twist(s, "elsewhere-untold"))
		json_object_del(a, "private");
	return a;
}

static inline void
syn_enrol_elsewhere(struct synthetic *s, json_t *body)
{
	json_t *how = json_pack("{s:s,s:s,s:b}", "sign_key", "SIGN key",
	    "derive_key", "id=03", "heads", 0);
	json_t *changed = json_object(), *value;
	const char *key;

	if (syn_twist(s, "elsewhere-unnamed"))
		json_object_del(how, "sign_key");
	json_object_foreach(body, key, value)
	{
		bool made = strcmp(key, "so_n") == 0;

		if (!made || syn_twist(s, "elsewhere-both") ||
		    syn_twist(s, "elsewhere-made"))
			json_object_set(changed, key, value);
		if (made && !syn_twist(s, "elsewhere-made"))
			json_object_set(changed, "elsewhere", how);
	}
	json_object_set_new(changed, "attributes",
	    json_pack("{s:o,s:o}", "sign", syn_brought_attributes(s, true),
		"derive", syn_brought_attributes(s, false)));
	if (syn_twist(s, "elsewhere-made")) /* as if so */
		json_object_set(changed, "attributes",
		    json_object_get(body, "attributes"));
	json_decref(how);
	json_decref(body);
	syn_line(s, "enrol", changed);
}

static inline void
syn_enrol(struct synthetic *s, unsigned i)
{
	json_t *body;
	char text[64], label[8], serial[8];
	X509 *sign, *derive;
	uint8_t sign_sha[32], derive_sha[32];

	snprintf(label, sizeof(label), "op-%c", 'a' + (int)i); /* by card */
	snprintf(serial, sizeof(serial), "OP%u", i);
	snprintf(text, sizeof(text), "anchorite-test/v1\nenrol %s\n", serial);
	if (syn_elsewhere(s, i)) {
		EVP_PKEY_free(s->sign[i]);
		EVP_PKEY_free(s->derive[i]);
		s->sign[i] = syn_brought_key(s, true);
		s->derive[i] = syn_brought_key(s, false);
	}
	sign = syn_self_cert(s->sign[i], syn_operators[i], s->sign[i]);
	derive = syn_self_cert(s->derive[i], syn_operators[i], s->sign[i]);
	syn_put_cert(s,
	    i == 0       ? "sign-0"
		: i == 1 ? "sign-1"
		: i == 2 ? "sign-2"
			 : NULL,
	    sign, sign_sha);
	syn_put_cert(s, i == 0 ? "derive-0" : NULL, derive, derive_sha);
	if (!syn_elsewhere(s, i) || syn_twist(s, "elsewhere-made"))
		syn_line(s, "so.use",
		    json_pack("{s:s,s:i}", "label", label, "n", 0));
	body = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:o,s:o,s:s,s:o,"
			 "s:{s:{s:b,s:b},s:{s:b,s:b}}}",
	    "operator", syn_operators[i], "name", syn_people[i], "label", label,
	    "serial", serial, "module", "softhsm", "so_n", 1, "sign",
	    syn_hex(sign_sha, 32), "derive", syn_hex(derive_sha, 32), "text",
	    text, "signature", syn_sign(s->sign[i], text, strlen(text)),
	    "attributes", "sign", "sensitive", 1, "extractable", 0, "derive",
	    "sensitive", 1, "extractable", 0);
	if (syn_elsewhere(s, i))
		syn_enrol_elsewhere(s, body);
	else
		syn_line(s, "enrol", body);
	X509_free(sign);
	X509_free(derive);
}

static inline void
syn_quorum(struct synthetic *s)
{
	struct approval a = { .token = "-" };
	char *text = NULL;
	size_t len;

	syn_step(s, "quorum");
	syn_line(s, "so.split",
	    json_pack("{s:i,s:[s,s,s],s:s}", "threshold", 2, "custodians",
		"Nora Lind", "Otto Berg", "Pia Stern", "kept", "paper"));
	for (int i = 0; i < s->backups; i++)
		syn_line(s, "backup.split",
		    json_pack("{s:i,s:[s,s],s:s,s:o}", "threshold", 2,
			"custodians", "Rita Sand", "Sven Tal", "kept", "paper",
			"check", syn_hex(s->plan, 32)));
	snprintf(s->policy.log, sizeof(s->policy.log), SYN_LOG);
	s->policy.version = 1;
	s->policy.m = 2;
	s->policy.n = SYN_OPERATORS;
	for (unsigned i = 0; i < SYN_OPERATORS; i++) {
		struct policy_operator *o = &s->policy.operators[i];

		syn_enrol(s, i);
		snprintf(o->id, sizeof(o->id), "%s", syn_operators[i]);
		syn_spki(s->sign[i], &o->sign);
		syn_spki(s->derive[i], &o->derive);
	}
	for (unsigned i = 0; i < SYN_OPERATORS; i++)
		s->members[i] = (struct syn_member){ syn_operators[i], i };
	s->m = s->policy.m;
	s->member_count = SYN_OPERATORS;
	SYN(policy_write(&s->policy, &text, &len) == QUORUM_OK);
	syn_put(s, "policy", text, len, s->policy_sha256);
	free(text);
	memcpy(a.input_sha256, s->policy_sha256, 32);
	syn_use(&a, "self-test", 1);
	syn_propose(s, "-", &a);
	syn_approve(s, &a, SYN_OPERATORS);
	syn_begin(s, &a, SYN_OPERATORS);
	syn_result(s, &a,
	    json_pack("{s:o}", "policy", syn_hex(s->policy_sha256, 32)));
	s->has_policy = true;
	syn_step_end(s);
}

static inline json_t *
syn_key(EVP_PKEY *key, const char *role)
{
	char text[64];
	struct policy_spki spki;

	snprintf(text, sizeof(text), "anchorite-test/v1\nkey %s\n", role);
	syn_spki(key, &spki);
	return json_pack("{s:s,s:o,s:{s:b,s:b},s:s,s:o}", "role", role, "spki",
	    syn_b64(spki.der, spki.len), "attributes", "sensitive", 1,
	    "extractable", 0, "text", text, "signature",
	    syn_sign(key, text, strlen(text)));
}

static inline json_t *
syn_shares(struct synthetic *s, const char *label)
{
	json_t *shares = json_array();

	for (unsigned i = 0; i < s->member_count; i++) {
		uint8_t blob[32];
		char text[64];

		snprintf(text, sizeof(text), "share of %s, %u", label, i);
		syn_put(s, NULL, text, strlen(text), blob);
		SYN(object_put_copy(s->dirfd, text, strlen(text), NULL) ==
		    RECORD_OK);
		json_array_append_new(shares,
		    json_pack("{s:s,s:i,s:o,s:o}", "operator", s->members[i].id,
			"x", (int)i, "blob", syn_hex(blob, 32), "commitment",
			syn_hex(blob, 32)));
	}
	return shares;
}

static inline struct approval
syn_rekey_act(struct syn_token *t, const char *kind, const uint8_t policy[32])
{
	struct approval a = syn_on(t, policy);

	a.epoch = ++t->next_epoch;
	snprintf(a.kind, sizeof(a.kind), "%s", kind);
	syn_use(&a, "self-test", 1);
	return a;
}

/* What had the token's face took its PIN. */
static inline void
syn_expose(struct synthetic *s, struct syn_token *t)
{
	struct approval a = syn_rekey_act(t, "rotate", s->policy_sha256);

	syn_act(s, t->label, &a);
	syn_line(s, "pin.exposed",
	    json_pack("{s:I,s:s}", "act", (json_int_t)a.act, "label",
		t->label));
	syn_line(s, "act.void",
	    json_pack("{s:I,s:s}", "act", (json_int_t)a.act, "reason",
		"another token"));
}

/* A token is keyed anew, by its operators or with S: an act of kind `kind`,
 * which the caller has proposed and begun. */
static inline void
syn_rekey(struct synthetic *s, struct syn_token *t, const struct approval *a)
{
	char text[128];

	snprintf(text, sizeof(text),
	    "anchorite-test/v1\nlog " SYN_LOG "\nkey ca\ntoken %s\nnonce %u\n",
	    t->serial, a->epoch);
	syn_line(s, "rotate.prepare",
	    json_pack("{s:I,s:i,s:o,s:i,s:i,s:o}", "act", (json_int_t)a->act,
		"epoch", (int)a->epoch, "policy_sha256",
		syn_hex(s->policy_sha256, 32), "m", (int)s->m, "n",
		(int)s->member_count, "shares", syn_shares(s, t->label)));
	syn_result(s, a,
	    json_pack("{s:s,s:i,s:s,s:o}", "label", t->label, "epoch",
		(int)a->epoch, "text", text, "signature",
		syn_sign(t->ca, text, strlen(text))));
	t->epoch = a->epoch;
}

static inline void
syn_rotate(struct synthetic *s, struct syn_token *t)
{
	struct approval a = syn_rekey_act(t, "rotate", s->policy_sha256);

	syn_act(s, t->label, &a);
	syn_rekey(s, t, &a);
}

/* Initialise a token and make its keys. */
static inline void
syn_keygen(struct synthetic *s, struct syn_token *t, const char *roles,
    json_t *keys)
{
	struct approval a = { .epoch = t->ca_cert == NULL ? 1 : 2,
		.has_nonce = true };
	char text[1024], plan[65];

	text_hex(s->plan, 32, plan);
	snprintf(text, sizeof(text),
	    "anchorite-keygen/v1\nplan %s\nstep %u\n%slabel %s\n", plan,
	    s->step, roles, t->label);
	syn_put(s, NULL, text, strlen(text), a.input_sha256);
	snprintf(a.token, sizeof(a.token), "%s", t->label);
	syn_use(&a, "self-test", (uint32_t)json_array_size(keys));
	if (!syn_twist(s, "keys-no-so"))
		syn_line(s, "so.use",
		    json_pack("{s:s,s:i}", "label", t->label, "n", t->so_n++));
	syn_act(s, t->label, &a);
	t->epoch = t->next_epoch = 1;
	syn_result(s, &a,
	    json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:o,s:o}", "label", t->label,
		"serial", t->serial, "module", "softhsm", "epoch", 1, "m", 2,
		"n", 3, "keys", keys, "shares", syn_shares(s, t->label)));
}

static inline void
syn_result_cert(struct synthetic *s, const struct approval *a, const char *name,
    const X509 *cert, uint8_t digest[32])
{
	uint8_t own[32];

	syn_put_cert(s, name, cert, own);
	syn_result(s, a, json_pack("{s:o}", "certificate", syn_hex(own, 32)));
	if (digest != NULL)
		memcpy(digest, own, 32);
}

/* The same TBS under a stranger's signature. */
static inline void
syn_forge(struct synthetic *s, const char *name, const X509 *cert)
{
	X509 *forged = X509_dup((X509 *)(uintptr_t)cert);
	EVP_PKEY *key = EVP_EC_gen("P-384");

	SYN(forged != NULL && X509_sign(forged, key, EVP_sha384()) > 0);
	syn_put_cert(s, name, forged, NULL);
	EVP_PKEY_free(key);
	X509_free(forged);
}

static inline void
syn_act_crl(struct synthetic *s, struct syn_token *t, const char *name,
    uint64_t number, unsigned days, const struct crl_entry *entries,
    size_t count, json_t *certs)
{
	struct approval a;
	uint8_t tbs[32];
	X509_CRL *crl =
	    syn_crl(s, t->ca_cert, number, days, entries, count, tbs);

	a = syn_on(t, tbs);
	syn_use(&a, "crl", 1);
	syn_act(s, t->label, &a);
	SYN(crl_sign(crl, t->ca) == CA_OK);
	syn_put_crl(s, name, crl, t->crl_sha256);
	syn_result(s, &a,
	    json_pack("{s:o,s:o,s:I}", "certificates", certs, "crl",
		syn_hex(t->crl_sha256, 32), "number", (json_int_t)number));
	X509_CRL_free(t->crl);
	t->crl = crl;
}

static inline void
syn_root(struct synthetic *s)
{
	struct syn_token *t = &s->root;
	struct policy_spki spki;
	struct approval a;
	uint8_t tbs[32], digest[32];

	syn_step(s, "root");
	syn_spki(t->ca, &spki);
	SHA256(spki.der, spki.len, t->ca_spki);
	syn_keygen(s, t, "role root\nalgorithm p384\n",
	    json_pack("[o]", syn_key(t->ca, "root")));
	t->ca_cert = syn_build(s, "root",
	    syn_twist(s, "root-subject") ? "CN=Other CA,O=Example"
					 : "CN=Root CA,O=Example",
	    t->ca, NULL, syn_twist(s, "root-years") ? 24 : 25, tbs);
	a = syn_on(t, tbs);
	syn_use(&a, "root", 1);
	syn_act(s, t->label, &a);
	SYN(cert_sign(t->ca_cert, t->ca) == CA_OK);
	syn_forge(s, "forged-root", t->ca_cert);
	syn_result_cert(s, &a, "root", t->ca_cert, digest);
	if (syn_twist(s, "keys-again"))
		syn_keygen(s, t, "role root\nalgorithm p384\n",
		    json_pack("[o]", syn_key(t->ca, "root")));
	syn_act_crl(s, t, "root-crl", 1, 400, NULL, 0,
	    json_pack("[o]", syn_hex(digest, 32)));
	syn_step_end(s);
}

static inline void
syn_product(struct synthetic *s)
{
	struct syn_token *t = &s->prod;
	struct policy_spki spki;
	struct approval a, b;
	uint8_t tbs[32], ca[32], sealer[32];

	syn_step(s, "product-ca");
	syn_spki(t->ca, &spki);
	SHA256(spki.der, spki.len, t->ca_spki);
	syn_keygen(s, t,
	    "role product-ca\nalgorithm p256\nrole sealer\nalgorithm p256\n",
	    json_pack("[o,o]", syn_key(t->ca, "product-ca"),
		syn_key(t->sealer, "sealer")));
	t->ca_cert = syn_build(s, "product-ca", "CN=Product CA,O=Example",
	    t->ca, s->root.ca_cert, 20, tbs);
	a = syn_on(&s->root, tbs);
	syn_use(&a, "product-ca", 1);
	t->sealer_cert =
	    syn_build(s, "sealer", "CN=Product CA Sealer,O=Example", t->sealer,
		s->root.ca_cert, 20, tbs);
	b = syn_on(&s->root, tbs);
	syn_use(&b, "sealer", 1);
	/* two acts in one group */
	syn_propose(s, s->root.label, &a);
	syn_propose(s, s->root.label, &b);
	syn_approve(s, &a, 2);
	syn_approve(s, &b, 2);
	syn_begin(s, &a, 2);
	SYN(cert_sign(t->ca_cert, s->root.ca) == CA_OK);
	syn_result_cert(s, &a, "product-ca", t->ca_cert, ca);
	syn_begin(s, &b, 2);
	SYN(cert_sign(t->sealer_cert, s->root.ca) == CA_OK);
	syn_result_cert(s, &b, "sealer", t->sealer_cert, sealer);
	syn_act_crl(s, t, "product-crl", 1, SYN_CRL_DAYS, NULL, 0,
	    json_pack("[o,o]", syn_hex(ca, 32), syn_hex(sealer, 32)));
	syn_step_end(s);
}

static inline void
syn_seal(struct synthetic *s, const char *name, const char *payload, size_t len,
    EVP_PKEY *key, X509 *cert, uint8_t file[32])
{
	uint8_t *der = NULL;
	size_t der_len;

	SYN(sealed_sign(payload, len, key, cert, s->date, &der, &der_len) ==
	    TRANSFER_OK);
	syn_put(s, name, der, der_len, file);
	OPENSSL_free(der);
}

static inline void
syn_order(struct synthetic *s)
{
	struct order o = { .log = SYN_LOG,
		.factory = "north",
		.line = "3",
		.pattern = "unit-[0-9]",
		.subject = "CN=device-{id},O=Example",
		.profile = "device-tls",
		.quota = syn_twist(s, "order-quota") ? 4 : 3,
		.expiry = "20271231235959Z",
		.receipts = "20280131000000Z" };
	struct policy_spki spki;
	struct approval a;
	char *payload = NULL;
	size_t len;

	syn_step(s, "work-order");
	syn_spki(s->station, &spki);
	SHA256(spki.der, spki.len, o.station);
	SYN(order_write(&o, &payload, &len) == TRANSFER_OK);
	syn_put(s, "order", payload, len, s->order);
	a = syn_on(&s->prod, s->order);
	syn_use(&a, "seal-order", 1);
	syn_act(s, s->prod.label, &a);
	syn_seal(s, "order-file", payload, len, s->prod.sealer,
	    s->prod.sealer_cert, s->order_file);
	syn_result(s, &a,
	    json_pack("{s:o,s:o}", "order", syn_hex(s->order, 32), "file",
		syn_hex(s->order_file, 32)));
	free(payload);
	if (!syn_twist(s, "rotate-none"))
		syn_rotate(s, &s->root);
	syn_rotate(s, &s->prod);
	syn_step_end(s);
}

#endif
