/* SPDX-License-Identifier: ISC */
/* The signer under an operator's process that means harm: false policies and
 * CAs, and acts that nobody may ask for. */
#include "tests/ceremony/process/refusal.h"

/* The same operators under another version: approvals are good, the shares are
 * real, and the PIN that comes out is wrong. */
static struct peer *
policy_false(struct world *w, struct act *a, const void *arg)
{
	struct ca_token t = w->product;
	struct quorum other;

	(void)arg;
	quorum_make(w, 2, THRESHOLD, TRIO, &other);
	t.q = &other;
	act_ready_under(a, w, &t, &other);
	act_tell(a, "crl", 1);
	act_use(a, "crl", 1);
	tell_crl(a);
	peer_ask(a->p, MSG_OK);
	act_approved(a);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	free(other.text);
	return a->p;
}

static struct peer *
policy_stale(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_open(a, w, &w->product);
	tell_context(a, w->quorum.text, w->quorum.len);
	peer_ask(a->p, MSG_OK);
	tell_ca(a, w->plan_sha256);
	peer_ask(a->p, MSG_OK);
	act_tell(a, "crl", 1);
	tell_crl(a);
	peer_try(a->p);
	return a->p;
}

/* Context refused: the text, and how it goes wrong, is arg. */
static struct peer *
context_text(struct world *w, struct act *a, const void *arg)
{
	act_open(a, w, &w->product);
	tell_context(a, arg, strlen(arg));
	peer_try(a->p);
	return a->p;
}

static struct peer *
context_other_log(struct world *w, struct act *a, const void *arg)
{
	struct message *m;

	(void)arg;
	act_open(a, w, &w->product);
	m = peer_start(a->p, MSG_CONTEXT);
	message_put_text(m, "other.example/log");
	message_put_text(m, "c");
	message_put_octets(m, w->plan_sha256, 32);
	message_put_octets(m, w->quorum.text, w->quorum.len);
	peer_try(a->p);
	return a->p;
}

static struct peer *
context_twice(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_ready(a, w, &w->product);
	tell_context(a, w->quorum.text, w->quorum.len);
	peer_try(a->p);
	return a->p;
}

/* A CA told of the product token but for what arg, a token, says otherwise. */
static struct peer *
ca_other(struct world *w, struct act *a, const struct ca_token *t)
{
	act_open(a, w, &w->product);
	tell_context(a, w->quorum.text, w->quorum.len);
	peer_ask(a->p, MSG_OK);
	a->t = t;
	tell_ca(a, w->quorum.sha256);
	peer_try(a->p);
	return a->p;
}

static struct peer *
ca_role(struct world *w, struct act *a, const void *arg)
{
	struct ca_token t = w->product;

	t.role = arg;
	return ca_other(w, a, &t);
}

static struct peer *
ca_cert(struct world *w, struct act *a, const void *arg)
{
	struct ca_token t = w->product;

	(void)arg;
	t.cert = w->root.cert;
	t.cert_len = w->root.cert_len;
	return ca_other(w, a, &t);
}

static struct peer *
ca_cert_short(struct world *w, struct act *a, const void *arg)
{
	struct ca_token t = w->product;

	(void)arg;
	t.cert_len--;
	return ca_other(w, a, &t);
}

static struct peer *
ca_epoch(struct world *w, struct act *a, const void *arg)
{
	struct ca_token t = w->product;

	(void)arg;
	t.epoch = 0;
	return ca_other(w, a, &t);
}

/* The shares open the token, but the key is another: exposed. */
static struct peer *
ca_key(struct world *w, struct act *a, const void *arg)
{
	struct ca_token t = w->product;

	(void)arg;
	t.key = w->product.sealer;
	t.cert_len = 0;
	act_open(a, w, &w->root);
	a->t = &t;
	t.role = "root";
	memcpy(t.serial, w->root.serial, sizeof(t.serial));
	memcpy(t.shares, w->root.shares, sizeof(t.shares));
	tell_context(a, w->quorum.text, w->quorum.len);
	peer_ask(a->p, MSG_OK);
	tell_ca(a, w->quorum.sha256);
	peer_ask(a->p, MSG_OK);
	act_tell(a, "root", 1);
	act_use(a, "root", 1);
	tell_cert(a, "root", "CN=Other", &t.key, 20);
	peer_ask(a->p, MSG_OK);
	act_approved(a);
	tell_begin(a, a->ap.act);
	peer_try(a->p);
	return a->p;
}

static struct peer *
act_device(struct world *w, struct act *a, const void *arg)
{
	act_ready(a, w, &w->root);
	act_tell(a, "root", 1);
	tell_cert(a, arg, "CN=x", &w->product.key, 1);
	peer_try(a->p);
	return a->p;
}

static struct peer *
prepare(struct act *a)
{
	peer_start(a->p, MSG_PREPARE);
	peer_try(a->p);
	return a->p;
}

/* A product CA has nobody to certify, not even itself as a root. */
static struct peer *
act_product_certifies(struct world *w, struct act *a, const void *arg)
{
	act_ready(a, w, &w->product);
	act_tell(a, "root", 1);
	tell_cert(a, arg, "CN=x", &w->product.key, 1);
	peer_ask(a->p, MSG_OK);
	return prepare(a);
}

/* The root certifies no second root, and itself only once. */
static struct peer *
act_root_again(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_ready(a, w, &w->root);
	act_tell(a, "root", 1);
	tell_cert(a, "root", "CN=x", &w->root.key, 20);
	peer_ask(a->p, MSG_OK);
	return prepare(a);
}

static struct peer *
act_outlives(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_ready(a, w, &w->root);
	act_tell(a, "product-ca", 1);
	tell_cert(a, "product-ca", "CN=x", &w->product.key, 60);
	peer_ask(a->p, MSG_OK);
	return prepare(a);
}

static struct peer *
prepare_twice(struct world *w, struct act *a, const void *arg)
{
	act_outlives(w, a, arg);
	assert_int_equal(a->p->in.kind, MSG_FAULT);
	return prepare(a);
}

static struct peer *
act_epoch(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_ready(a, w, &w->product);
	act_tell(a, "crl", 2);
	tell_crl(a);
	peer_ask(a->p, MSG_OK);
	return prepare(a);
}

static struct peer *
act_seal(struct world *w, struct act *a, const void *arg)
{
	act_ready(a, w, &w->product);
	act_tell(a, "work-order", 1);
	peer_start(a->p, MSG_ACT_SEAL);
	message_put_number(&a->p->out, DATE);
	message_put_text(&a->p->out, arg);
	peer_try(a->p);
	return a->p;
}

static struct peer *
act_number_twice(struct world *w, struct act *a, const void *arg)
{
	struct message *m;

	(void)arg;
	crl_proposed(w, a);
	m = peer_start(a->p, MSG_ACT);
	message_put_number(m, a->ap.act);
	message_put_number(m, 0);
	message_put_number(m, 1);
	message_put_number(m, 1);
	message_put_text(m, "crl");
	peer_try(a->p);
	return a->p;
}

static struct peer *
act_no_ca(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_open(a, w, &w->product);
	tell_context(a, w->quorum.text, w->quorum.len);
	peer_ask(a->p, MSG_OK);
	act_tell(a, "crl", 1);
	tell_crl(a);
	peer_try(a->p);
	return a->p;
}

static struct peer *
act_keys_here(struct world *w, struct act *a, const void *arg)
{
	(void)arg;
	act_ready(a, w, &w->product);
	act_tell(a, "product-ca", 2);
	tell_keys(a, "product-2", "product-ca");
	peer_try(a->p);
	return a->p;
}

static struct peer *
act_revoked(struct world *w, struct act *a, const void *arg)
{
	struct message *m;

	(void)arg;
	act_ready(a, w, &w->product);
	act_tell(a, "crl", 1);
	m = peer_start(a->p, MSG_REVOKED);
	message_put_text(m, "x");
	message_put_number(m, 1);
	message_put_number(m, DATE);
	peer_try(a->p);
	return a->p;
}

/* ---- CAs that others run ------------------------------------------------------ */

struct foreign {
	const char *profile, *stated; /* NULL: not told */
	bool by_product, twice;
	size_t serial_len, digest_len;
};

static void
tell_stated(struct act *a, const char *text, const uint8_t *serial,
    size_t serial_len, const uint8_t *digest, size_t digest_len)
{
	struct message *m = peer_start(a->p, MSG_STATED);

	message_put_octets(m, text, strlen(text));
	message_put_octets(m, serial, serial_len);
	message_put_octets(m, digest, digest_len);
}

/* A key that nobody in this world has. */
static struct policy_spki
foreign_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-384");
	struct policy_spki out = { .len = 0 };
	uint8_t *spki = NULL;

	assert_int_equal(key_to_spki(key, &spki, &out.len), CA_OK);
	memcpy(out.der, spki, out.len);
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
	return out;
}

static struct peer *
act_foreign(struct world *w, struct act *a, const void *arg)
{
	static const uint8_t serial[SERIAL_SIZE] = { 0x01 }, digest[32];
	const struct foreign *f = arg;
	struct policy_spki key = foreign_key();

	act_ready(a, w, f->by_product ? &w->product : &w->root);
	act_tell(a, "intermediate", 1);
	tell_cert(a, f->profile, "CN=Foreign", &key, 1);
	peer_ask(a->p, MSG_OK);
	for (int i = 0; f->stated != NULL && i <= f->twice; i++) {
		tell_stated(a, f->stated, serial, f->serial_len, digest,
		    f->digest_len);
		peer_try(a->p);
		if (a->p->in.kind == MSG_FAULT)
			return a->p;
	}
	peer_start(a->p, MSG_PREPARE);
	peer_try(a->p);
	return a->p;
}

/* What is stated is in the TBS; an act that goes on has the very same. */
static void
foreign_goes_on(void **state)
{
	static const char stated[] = "pathlen 0\npermitted dns a.example\n";
	struct world **w = *state;
	struct policy_spki key = foreign_key();
	uint8_t serial[SERIAL_SIZE], digest[32], other[SERIAL_SIZE];
	const uint8_t *spki;
	size_t len;
	struct act a;

	act_ready(&a, *w, &(*w)->root);
	act_tell(&a, "intermediate", 1);
	tell_cert(&a, "intermediate", "CN=Foreign", &key, 1);
	peer_ask(a.p, MSG_OK);
	tell_stated(&a, stated, NULL, 0, NULL, 0);
	peer_ask(a.p, MSG_OK);
	act_prepare(&a);
	assert_int_equal(cert_tbs_read(a.input, a.input_len, serial, &spki,
			     &len),
	    CA_OK);
	assert_int_equal(len, key.len);
	assert_memory_equal(spki, key.der, len);
	assert_non_null(memmem(a.input, a.input_len, "a.example", 9));
	memcpy(digest, a.ap.input_sha256, sizeof(digest));
	act_close(&a);
	for (int again = 0; again < 2; again++) {
		act_ready(&a, *w, &(*w)->root);
		act_tell(&a, "intermediate", 1);
		tell_cert(&a, "intermediate", "CN=Foreign", &key, 1);
		peer_ask(a.p, MSG_OK);
		tell_stated(&a, stated, again ? serial : NULL,
		    again ? sizeof(serial) : 0, again ? digest : NULL,
		    again ? sizeof(digest) : 0);
		peer_ask(a.p, MSG_OK);
		act_prepare(&a);
		assert_int_equal(cert_tbs_read(a.input, a.input_len, other,
				     &spki, &len),
		    CA_OK);
		assert_int_equal(memcmp(serial, other, sizeof(serial)) == 0,
		    again);
		assert_int_equal(memcmp(digest, a.ap.input_sha256,
				     sizeof(digest)) == 0,
		    again);
		act_close(&a);
	}
}

/* A telling that was refused leaves nothing that another kind would read. */
static void
refused_then_other_kind(void **state)
{
	struct world **w = *state;
	struct message *m;
	char subject[501];
	struct act a;

	memset(subject, 'A', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	act_ready(&a, *w, &(*w)->product);
	act_tell(&a, "batch", 1);
	tell_cert(&a, "device-tls", subject, &(*w)->root.key, 1);
	peer_ask(a.p, MSG_FAULT);
	m = peer_start(a.p, MSG_ACT_BATCH);
	message_put_number(m, DATE);
	peer_ask(a.p, MSG_OK);
	m = peer_start(a.p, MSG_WORK);
	message_put_text(m, "anchorite-worklist/v1");
	peer_ask(a.p, MSG_OK);
	act_close(&a);
}

static const struct refusal refusals[] = {
	{ "policy that the token was not keyed for", policy_false, NULL,
	    CARD_ERR_PIN, "the PIN is wrong" },
	{ "token of an older policy", policy_stale, NULL, FAULT_REFUSED,
	    "keyed for another policy: it does nothing but rotate" },
	{ "policy unreadable", context_text, "anchorite-policy/v1\n",
	    FAULT_REFUSED, "policy: policy or approval text is out of form" },
	{ "policy of another log", context_other_log, NULL, FAULT_REFUSED,
	    "policy: of another log" },
	{ "context twice", context_twice, NULL, FAULT_REFUSED,
	    "context: told before" },
	{ "sealer as a CA", ca_role, "sealer", FAULT_REFUSED,
	    "not the role of a CA" },
	{ "CA certificate of another key", ca_cert, NULL, FAULT_REFUSED,
	    "certificate is of another key" },
	{ "CA certificate cut short", ca_cert_short, NULL, FAULT_REFUSED,
	    "certificate unreadable" },
	{ "CA without an epoch", ca_epoch, NULL, FAULT_REFUSED,
	    "epoch out of range" },
	{ "key that is not the token's", ca_key, NULL, FAULT_EXPOSED,
	    "treat its PIN as exposed" },

	{ "device certificate asked alone", act_device, "device-tls",
	    FAULT_REFUSED, "profile device-tls cannot be asked for alone" },
	{ "profile that there is not", act_device, "nonesuch", FAULT_REFUSED,
	    "profile nonesuch cannot be asked for alone" },
	{ "product CA certifies a CA", act_product_certifies, "product-ca",
	    FAULT_REFUSED, "nothing was signed" },
	{ "product CA certifies itself", act_product_certifies, "root",
	    FAULT_REFUSED, "nothing was signed" },
	{ "root certifies itself again", act_root_again, NULL, FAULT_REFUSED,
	    "nothing was signed" },
	{ "child that outlives its issuer", act_outlives, NULL, FAULT_REFUSED,
	    "nothing was signed" },
	{ "second try of a draft", prepare_twice, NULL, FAULT_REFUSED,
	    "act: nothing to prepare" },
	{ "act of another epoch", act_epoch, NULL, FAULT_REFUSED,
	    "act: not this token's epoch" },
	{ "response sealed as an order", act_seal,
	    "{\"kind\":\"response\",\"v\":1}\n", FAULT_REFUSED,
	    "act: neither a work order nor a CA's chain" },
	{ "nothing sealed as an order", act_seal, "", FAULT_REFUSED,
	    "act: neither a work order nor a CA's chain" },
	{ "act number twice", act_number_twice, NULL, FAULT_REFUSED,
	    "act: out of range or twice" },
	{ "act before the CA is told", act_no_ca, NULL, FAULT_REFUSED,
	    "act: not expected now" },
	{ "keys on a token that is open", act_keys_here, NULL, FAULT_REFUSED,
	    "act: not expected now" },
	{ "a chain is sealed as such only", act_seal,
	    "{\"kind\":\"intermediates\",\"v\":1}\n", FAULT_REFUSED,
	    "act: neither a work order nor a CA's chain" },
	{ "foreign CA of which nothing is stated", act_foreign,
	    &(const struct foreign){ .profile = "intermediate" }, FAULT_REFUSED,
	    "CN=Foreign: outside the certificate profile" },
	{ "sealer of which something is stated", act_foreign,
	    &(const struct foreign){ .profile = "sealer",
		.stated = "pathlen 1\n" },
	    FAULT_REFUSED, "CN=Foreign: outside the certificate profile" },
	{ "foreign CA by a product CA", act_foreign,
	    &(const struct foreign){ .profile = "intermediate",
		.stated = "pathlen 0\n",
		.by_product = true },
	    FAULT_REFUSED, "CN=Foreign: outside the certificate profile" },
	{ "foreign CA stated in no text of ours", act_foreign,
	    &(const struct foreign){ .profile = "intermediate",
		.stated = "pathlen none\n" },
	    FAULT_REFUSED, "fields that this program does not write" },
	{ "foreign CA stated twice", act_foreign,
	    &(const struct foreign){ .profile = "intermediate",
		.stated = "pathlen 0\n",
		.twice = true },
	    FAULT_REFUSED, "stated: not expected" },
	{ "nothing stated, in a message", act_foreign,
	    &(const struct foreign){ .profile = "intermediate", .stated = "" },
	    FAULT_REFUSED, "stated: not expected" },
	{ "serial without a TBS", act_foreign,
	    &(const struct foreign){ .profile = "intermediate",
		.stated = "pathlen 0\n",
		.serial_len = SERIAL_SIZE },
	    FAULT_REFUSED, "stated: not expected" },
	{ "serial cut short", act_foreign,
	    &(const struct foreign){ .profile = "intermediate",
		.stated = "pathlen 0\n",
		.serial_len = SERIAL_SIZE - 1,
		.digest_len = 32 },
	    FAULT_REFUSED, "stated: not expected" },
	{ "TBS without a serial", act_foreign,
	    &(const struct foreign){ .profile = "intermediate",
		.stated = "pathlen 0\n",
		.digest_len = 32 },
	    FAULT_REFUSED, "stated: not expected" },
	{ "another TBS under that serial", act_foreign,
	    &(const struct foreign){ .profile = "intermediate",
		.stated = "pathlen 0\n",
		.serial_len = SERIAL_SIZE,
		.digest_len = 32 },
	    FAULT_REFUSED, "what was signed is not what was asked for" },
	{ "revocation before its CRL", act_revoked, NULL, FAULT_REFUSED,
	    "revocation: not expected" },
};

int
main(void)
{
	const struct CMUnitTest works[] = {
		cmocka_unit_test(refused_then_other_kind),
		cmocka_unit_test(foreign_goes_on),
	};

	return refusal_main("CAs and acts", works,
	    sizeof(works) / sizeof(works[0]), refusals,
	    sizeof(refusals) / sizeof(refusals[0]));
}
