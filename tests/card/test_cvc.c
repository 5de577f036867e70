/* SPDX-License-Identifier: ISC */
/* Card verifiable certificates, as the virtual card makes them, and changed. */
#include <openssl/rsa.h>

#include "ca/cvc.h"
#include "ca/key.h"
#include "tests/card/card_cvc.h"
#include "tests/card/fixture.h"

struct words {
	struct card_state state, other;
	struct card_bytes device, attestation;
	EVP_PKEY *key;
	uint8_t *spki;
	size_t spki_len;
};

static void
new_state(struct card_state *s, const char *serial)
{
	strcpy(s->serial, serial);
	s->device.key = EVP_EC_gen("P-256");
	assert_non_null(s->device.key);
}

static int
begin_curve(void **state, const char *curve)
{
	struct words *w = calloc(1, sizeof(*w));

	*state = w;
	new_state(&w->state, "ANC00000001");
	new_state(&w->other, "ANC00000001");
	w->key = EVP_EC_gen(curve);
	return card_cvc_device(&w->state, "", &w->device) &&
		card_cvc_request(&w->state, w->key,
		    (const uint8_t *)"UTCA00001", 9,
		    (const uint8_t *)"ANC0000000100001", 16, &w->attestation) &&
		key_to_spki(w->key, &w->spki, &w->spki_len) == CA_OK
	    ? 0
	    : -1;
}

static int
begin(void **state)
{
	return begin_curve(state, "P-256");
}

static int
begin_384(void **state)
{
	return begin_curve(state, "P-384");
}

static int
end(void **state)
{
	struct words *w = *state;

	card_state_clear(&w->state);
	card_state_clear(&w->other);
	EVP_PKEY_free(w->key);
	OPENSSL_free(w->spki);
	free(w);
	return 0;
}

static enum ca_error
read_device(const struct card_bytes *b, struct cvc_device *out)
{
	return cvc_device_read(b->data, b->len, out);
}

static enum ca_error
judge(const struct words *w, const struct card_bytes *b,
    const struct card_bytes *device)
{
	struct cvc_device d;
	enum ca_error ret = read_device(device, &d);

	if (ret == CA_OK)
		ret = cvc_attestation_check(b->data, b->len, &d, w->spki,
		    w->spki_len);
	cvc_device_clear(&d);
	return ret;
}

static void
test_good(void **state)
{
	struct words *w = *state;
	struct cvc_device d;

	assert_int_equal(read_device(&w->device, &d), CA_OK);
	assert_string_equal(d.holder, "ANC0000000100001");
	cvc_device_clear(&d);
	assert_int_equal(judge(w, &w->attestation, &w->device), CA_OK);
}

/* No octet is free: changed, it is refused. */
static void
test_changed(void **state)
{
	struct words *w = *state;
	struct cvc_device d;

	for (size_t i = 0; i < w->attestation.len; i++) {
		struct card_bytes b = w->attestation;

		b.data[i] ^= 1;
		assert_int_not_equal(judge(w, &b, &w->device), CA_OK);
	}
	for (size_t i = 0; i < w->device.len; i++) {
		struct card_bytes b = w->device;
		uint8_t issuer[32];
		bool same;

		assert_int_equal(read_device(&b, &d), CA_OK);
		memcpy(issuer, d.issuer_sha256, 32);
		cvc_device_clear(&d);
		b.data[i] ^= 1;
		/* what is the issuer's own shows in its digest */
		same = read_device(&b, &d) == CA_OK &&
		    memcmp(issuer, d.issuer_sha256, 32) == 0;
		assert_false(same);
		cvc_device_clear(&d);
	}
}

static void
test_cut(void **state)
{
	struct words *w = *state;
	struct card_bytes b;
	struct cvc_device d;

	for (size_t n = 0; n < w->attestation.len; n++) {
		b = w->attestation;
		b.len = n;
		assert_int_equal(judge(w, &b, &w->device), CA_ERR_ENCODING);
	}
	for (size_t n = 0; n < w->device.len; n++) {
		b = w->device;
		b.len = n;
		assert_int_equal(read_device(&b, &d), CA_ERR_ENCODING);
	}
	b = w->attestation;
	b.data[b.len++] = 0;
	assert_int_equal(judge(w, &b, &w->device), CA_ERR_ENCODING);
	b = w->device;
	b.data[b.len++] = 0;
	assert_int_equal(read_device(&b, &d), CA_ERR_ENCODING);
	b.len = CVC_MAX + 1;
	assert_int_equal(read_device(&b, &d), CA_ERR_ENCODING);
}

/* Another card, of the same serial; another key; another card's name. */
static void
test_others(void **state)
{
	struct words *w = *state;
	struct card_bytes device = { 0 }, b = { 0 };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	uint8_t *spki = w->spki;

	assert_true(card_cvc_device(&w->other, "", &device));
	assert_int_equal(judge(w, &w->attestation, &device), CA_ERR_SIGNATURE);
	strcpy(w->other.serial, "ANC00000002");
	device.len = 0;
	assert_true(card_cvc_device(&w->other, "", &device));
	assert_int_equal(judge(w, &w->attestation, &device), CA_ERR_CHAIN);
	assert_true(
	    card_cvc_request(&w->state, key, (const uint8_t *)"UTCA00001", 9,
		(const uint8_t *)"ANC0000000100001", 16, &b));
	assert_int_equal(judge(w, &b, &w->device), CA_ERR_SELFCHECK);
	w->spki = NULL;
	assert_int_equal(key_to_spki(key, &w->spki, &w->spki_len), CA_OK);
	assert_int_equal(judge(w, &b, &w->device), CA_OK);
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
}

/* What a card shows before it gets a DKEK: any key, but for that holder. */
static void
test_proof(void **state)
{
	struct words *w = *state;
	struct card_bytes *b = &w->attestation, device = { 0 };
	struct cvc_device d;

	assert_int_equal(read_device(&w->device, &d), CA_OK);
	assert_int_equal(cvc_proof_check(b->data, b->len, &d,
			     "ANC0000000100001"),
	    CA_OK);
	assert_int_equal(cvc_proof_check(b->data, b->len, &d,
			     "ANC0000000100002"),
	    CA_ERR_SELFCHECK);
	assert_int_equal(cvc_proof_check(b->data, b->len, &d, ""),
	    CA_ERR_SELFCHECK);
	assert_int_equal(cvc_proof_check(b->data, b->len - 1, &d,
			     "ANC0000000100001"),
	    CA_ERR_ENCODING);
	cvc_device_clear(&d);
	assert_true(card_cvc_device(&w->other, "", &device));
	assert_int_equal(read_device(&device, &d), CA_OK);
	assert_int_equal(cvc_proof_check(b->data, b->len, &d,
			     "ANC0000000100001"),
	    CA_ERR_SIGNATURE);
	cvc_device_clear(&d);
}

/* Another vendor's issuer has the same name and another key. */
static void
test_vendor(void **state)
{
	struct words *w = *state;
	struct card_bytes strange = { 0 };
	struct cvc_device ours, theirs;

	assert_true(card_cvc_device(&w->state, "another", &strange));
	assert_int_equal(read_device(&w->device, &ours), CA_OK);
	assert_int_equal(read_device(&strange, &theirs), CA_OK);
	assert_memory_not_equal(ours.issuer_sha256, theirs.issuer_sha256, 32);
	cvc_device_clear(&ours);
	cvc_device_clear(&theirs);
}

/* The root that stands above the issuer, on brainpoolP320r1. */
static void
test_root(void **state)
{
	struct words *w = *state;
	struct card_bytes root = { 0 }, strange = { 0 }, b;
	const struct card_bytes *d = &w->device;
	struct cvc_device read;
	size_t own;

	assert_true(card_cvc_root("", &root));
	assert_true(card_cvc_root("another", &strange));
	assert_int_equal(cvc_root_check(root.data, root.len), CA_OK);
	assert_int_equal(cvc_issuer_check(d->data, d->len, root.data, root.len),
	    CA_OK);
	assert_int_equal(cvc_issuer_check(d->data, d->len, strange.data,
			     strange.len),
	    CA_ERR_SIGNATURE);
	/* two behind one another are no root, nor is half of one */
	assert_int_equal(cvc_root_check(d->data, d->len), CA_ERR_ENCODING);
	assert_int_equal(cvc_root_check(root.data, root.len - 1),
	    CA_ERR_ENCODING);
	assert_int_equal(cvc_root_check(w->attestation.data,
			     w->attestation.len),
	    CA_ERR_ENCODING);
	/* the card's own certificate is below, and not above, the issuer's */
	own = 4 + ((size_t)d->data[3] << 8 | d->data[4]) + 1;
	assert_int_equal(cvc_issuer_check(d->data, d->len, d->data, own),
	    CA_ERR_CHAIN);
	/* not an octet of the issuer's is free any more */
	for (size_t i = own; i < d->len; i++) {
		b = *d;
		b.data[i] ^= 1;
		assert_int_not_equal(cvc_issuer_check(b.data, b.len, root.data,
					 root.len),
		    CA_OK);
	}
	assert_int_equal(read_device(d, &read), CA_OK);
	cvc_device_clear(&read);
}

/* RSA keys are no CA's and no operator's. */
static void
test_rsa(void **state)
{
	struct words *w = *state;
	struct card_bytes b = { 0 };
	EVP_PKEY *key = EVP_RSA_gen(2048);

	assert_true(
	    card_cvc_request(&w->state, key, (const uint8_t *)"UTCA00001", 9,
		(const uint8_t *)"ANC0000000100001", 16, &b));
	assert_int_equal(judge(w, &b, &w->device), CA_ERR_KEY);
	EVP_PKEY_free(key);
}

#undef CASE
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_good),
		cmocka_unit_test_setup_teardown(test_good, begin_384, end),
		CASE(test_changed),
		CASE(test_cut),
		CASE(test_others),
		CASE(test_proof),
		CASE(test_vendor),
		CASE(test_root),
		CASE(test_rsa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
