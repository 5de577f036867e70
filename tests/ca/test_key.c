/* SPDX-License-Identifier: ISC */
#include "ca/key.h"

#include <openssl/rsa.h>

#include "ca/spki.h"
#include "ca/weak.h"
#include "tests/ca/pki.h"

static void
test_round_trip(void **state)
{
	static const struct {
		const char *curve;
		int nid;
	} cases[] = {
		{ "P-256", NID_X9_62_prime256v1 },
		{ "P-384", NID_secp384r1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EVP_PKEY *key = pki_key(cases[i].curve), *back = NULL;
		char group[32] = "";
		uint8_t *spki = NULL;
		size_t len;

		assert_int_equal(key_curve(key), cases[i].nid);
		assert_int_equal(key_to_spki(key, &spki, &len), CA_OK);
		assert_int_equal(key_from_spki(spki, len, &back), CA_OK);
		assert_int_equal(EVP_PKEY_eq(key, back), 1);
		assert_int_equal(EVP_PKEY_eq(back, key), 1);
		assert_int_equal(key_curve(back), cases[i].nid);
		/* what others ask of it */
		assert_true(EVP_PKEY_is_a(back, "EC"));
		assert_int_equal(EVP_PKEY_get_group_name(back, group,
				     sizeof(group), NULL),
		    1);
		assert_string_equal(group, OBJ_nid2sn(cases[i].nid));
		EVP_PKEY_free(key);
		EVP_PKEY_free(back);
		OPENSSL_free(spki);
	}
}

/* RSA sizes at both ends; 4096 would take long to make, so it is written. */
static void
test_rsa(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048), *back = NULL;
	struct key_ident ident;
	uint8_t *spki = NULL;
	size_t len;

	(void)state;
	assert_non_null(key);
	assert_int_equal(key_curve(key), NID_undef);
	assert_int_equal(key_to_spki(key, &spki, &len), CA_OK);
	assert_int_equal(key_from_spki(spki, len, &back), CA_OK);
	assert_int_equal(EVP_PKEY_eq(key, back), 1);
	assert_int_equal(key_identify(spki, len, &ident), CA_OK);
	/* an even exponent */
	spki[len - 1] ^= 1;
	assert_int_equal(key_identify(spki, len, &ident), CA_ERR_KEY);
	EVP_PKEY_free(key);
	EVP_PKEY_free(back);
	OPENSSL_free(spki);

	key = EVP_RSA_gen(1024);
	assert_non_null(key);
	assert_int_equal(key_to_spki(key, &spki, &len), CA_ERR_KEY);
	assert_null(spki);
	EVP_PKEY_free(key);
}

#define EC_P256 "301306072a8648ce3d020106082a8648ce3d030107"
#define G256_X                                                                 \
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define G256_Y                                                                 \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define P256_P                                                                 \
	"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"

static void
test_refused(void **state)
{
	static const struct {
		const char *name, *hex;
		enum ca_error want;
		enum spki_fault fault;
	} cases[] = {
		{ "the generator", "3059" EC_P256 "03420004" G256_X G256_Y,
		    CA_OK, SPKI_OK },
		{ "empty", "", CA_ERR_ENCODING, SPKI_ENCODING },
		{ "trailing octet",
		    "3059" EC_P256 "03420004" G256_X G256_Y "00",
		    CA_ERR_ENCODING, SPKI_ENCODING },
		{ "long length", "308159" EC_P256 "03420004" G256_X G256_Y,
		    CA_ERR_ENCODING, SPKI_ENCODING },
		{ "unused bits", "3059" EC_P256 "03420104" G256_X G256_X,
		    CA_ERR_ENCODING, SPKI_ENCODING },
		{ "a third element",
		    "305b" EC_P256 "03420004" G256_X G256_Y "0500",
		    CA_ERR_ENCODING, SPKI_ENCODING },
		{ "compressed", "3039" EC_P256 "03220003" G256_X, CA_ERR_KEY,
		    SPKI_POINT },
		{ "hybrid", "3059" EC_P256 "03420007" G256_X G256_Y, CA_ERR_KEY,
		    SPKI_POINT },
		{ "infinity", "3019" EC_P256 "03020000", CA_ERR_KEY,
		    SPKI_POINT },
		{ "off the curve", "3059" EC_P256 "03420004" G256_X G256_X,
		    CA_ERR_KEY, SPKI_POINT },
		{ "x is p", "3059" EC_P256 "03420004" P256_P G256_Y, CA_ERR_KEY,
		    SPKI_POINT },
		{ "no point", "3018" EC_P256 "030100", CA_ERR_KEY, SPKI_POINT },
		{ "curve absent",
		    "304f300906072a8648ce3d020103420004" G256_X G256_Y,
		    CA_ERR_KEY, SPKI_CURVE },
		{ "curve implicit",
		    "3051300b06072a8648ce3d0201050003420004" G256_X G256_Y,
		    CA_ERR_KEY, SPKI_CURVE },
		{ "curve explicit",
		    "3051300b06072a8648ce3d0201300003420004" G256_X G256_Y,
		    CA_ERR_KEY, SPKI_CURVE },
		{ "secp256k1",
		    "3056301006072a8648ce3d020106052b8104000a03420004" G256_X
			G256_Y,
		    CA_ERR_KEY, SPKI_CURVE },
		{ "Ed25519", "302a300506032b6570032100" G256_X, CA_ERR_KEY,
		    SPKI_KIND },
		{ "RSA of 8 bits",
		    "301b300d06092a864886f70d0101010500030a003007020200b302"
		    "0103",
		    CA_ERR_KEY, SPKI_SIZE },
		{ "RSA without NULL",
		    "3019300b06092a864886f70d010101030a003007020200b3020103",
		    CA_ERR_ENCODING, SPKI_ENCODING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EVP_PKEY *key = NULL;
		struct key_ident ident;
		struct spki parts;
		long len = 0;
		uint8_t *der = OPENSSL_hexstr2buf(cases[i].hex, &len);

		if (key_from_spki(der, (size_t)len, &key) != cases[i].want)
			fail_msg("%s", cases[i].name);
		assert_int_equal(key != NULL, cases[i].want == CA_OK);
		assert_int_equal(key_identify(der, (size_t)len, &ident),
		    cases[i].want);
		assert_int_equal(spki_read((struct der){ der, (size_t)len },
				     &parts),
		    cases[i].fault);
		EVP_PKEY_free(key);
		OPENSSL_free(der);
	}
}

/* key_to_spki() does not hand on what key_from_spki() would refuse. */
static void
test_to_spki_refused(void **state)
{
	EVP_PKEY *keys[4] = { pki_key("P-224"), pki_key("P-521"),
		EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_PKEY_new() };
	EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	uint8_t *spki = NULL;
	size_t len;

	(void)state;
	EC_KEY_set_asn1_flag(ec, OPENSSL_EC_EXPLICIT_CURVE);
	assert_int_equal(EC_KEY_generate_key(ec), 1);
	assert_int_equal(EVP_PKEY_assign_EC_KEY(keys[3], ec), 1);
	assert_int_equal(key_curve(keys[3]), NID_undef);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		/* explicit parameters do not even fit KEY_SPKI_MAX's shape */
		assert_int_equal(key_to_spki(keys[i], &spki, &len), CA_ERR_KEY);
		assert_null(spki);
		EVP_PKEY_free(keys[i]);
	}
}

static struct key_ident
identify(EVP_PKEY *key)
{
	struct key_ident ident;
	uint8_t *spki = NULL;
	size_t len;

	assert_int_equal(key_to_spki(key, &spki, &len), CA_OK);
	assert_int_equal(key_identify(spki, len, &ident), CA_OK);
	OPENSSL_free(spki);
	return ident;
}

/* Q and -Q: one x-coordinate, two SPKIs. */
static void
test_twin(void **state)
{
	static const int curves[] = { NID_X9_62_prime256v1, NID_secp384r1 };
	struct key_ident a, b, other;
	BIGNUM *d = NULL;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		EVP_PKEY *key, *twin, *third;

		assert_int_not_equal(BN_dec2bn(&d, "1234567890123"), 0);
		key = pki_key_from(curves[i], d);
		BN_set_negative(d, 1);
		twin = pki_key_from(curves[i], d);
		assert_int_not_equal(BN_dec2bn(&d, "1234567890124"), 0);
		third = pki_key_from(curves[i], d);
		a = identify(key);
		b = identify(twin);
		other = identify(third);
		assert_memory_equal(a.unique, b.unique, KEY_DIGEST_SIZE);
		assert_memory_not_equal(a.spki_sha256, b.spki_sha256,
		    KEY_DIGEST_SIZE);
		assert_memory_not_equal(a.unique, other.unique,
		    KEY_DIGEST_SIZE);
		EVP_PKEY_free(key);
		EVP_PKEY_free(twin);
		EVP_PKEY_free(third);
	}
	BN_free(d);
}

static bool
is_weak(int curve, const char *hex)
{
	BIGNUM *d = NULL;
	struct spki parts;
	uint8_t *spki = NULL;
	EVP_PKEY *key;
	size_t len;
	bool weak;

	assert_int_not_equal(BN_hex2bn(&d, hex), 0);
	key = pki_key_from(curve, d);
	assert_int_equal(key_to_spki(key, &spki, &len), CA_OK);
	assert_int_equal(spki_read((struct der){ spki, len }, &parts), SPKI_OK);
	weak = weak_key(&parts);
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
	BN_free(d);
	return weak;
}

/* Private keys as the documents print them: the table of public halves in
 * ca/weak.c must hold each. */
static void
test_weak(void **state)
{
	static const struct {
		const char *name, *d;
		bool p384, want;
	} cases[] = {
		{ "1", "1", false, true },
		{ "2", "2", true, true },
		{ "64", "40", false, true },
		{ "64", "40", true, true },
		{ "65", "41", false, false },
		{ "65", "41", true, false },
		{ "n - 1", "-1", false, true },
		{ "n - 64", "-40", true, true },
		{ "n - 65", "-41", false, false },
		{ "RFC 6979, A.2.5",
		    "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B12"
		    "0F6721",
		    false, true },
		{ "RFC 6979, A.2.6",
		    "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA4774078"
		    "7137D896D5724E4C70A825F872C9EA60D2EDF5",
		    true, true },
		{ "RFC 9500, 2.3, P-256",
		    "E6CB5BDD80AA45AE9C95E8C15476679FFEC953C16851E711E743939589"
		    "C64FC1",
		    false, true },
		{ "RFC 9500, 2.3, P-256, negative",
		    "-E6CB5BDD80AA45AE9C95E8C15476679FFEC953C16851E711E74393958"
		    "9C64FC1",
		    false, true },
		{ "RFC 9500, 2.3, P-384",
		    "E2563328DFABF68188606B91324281C1D58A4456431B09D510B35FECC9"
		    "F307CA1822846FA2671371A9A81BAC0E35749D",
		    true, true },
		{ "RFC 7515, A.3",
		    "8E9B109E719098BF980487DF1F5D77E9CB29606EBED2263B5F57C213DF"
		    "84F4B2",
		    false, true },
		{ "RFC 7517, A.2",
		    "F3BD0C07A81FB932781ED52752F60CC89A6BE5E51934FE01938DDB55D8"
		    "F77801",
		    false, true },
		{ "RFC 9421, B.1.3",
		    "529B85F3597E90EC5B8DFED3E26352BF4AF9B4DEBB1A29BBAE77FA105A"
		    "5C603B",
		    false, true },
		{ "RFC 5903, 8.1, initiator",
		    "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C5786"
		    "2D1433",
		    false, true },
		{ "RFC 5903, 8.1, responder",
		    "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB4647"
		    "6BEE53",
		    false, true },
		{ "RFC 5903, 8.2, initiator",
		    "099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414"
		    "DCE655E35B538041E649EE3FAEF896783AB194",
		    true, true },
		{ "RFC 5903, 8.2, responder",
		    "41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060855CC9BDA0"
		    "AA2942E0308312916B8ED2960E4BD55A7448FC",
		    true, true },
		{ "a P-256 secret on P-384",
		    "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B12"
		    "0F6721",
		    true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (is_weak(cases[i].p384 ? NID_secp384r1
					  : NID_X9_62_prime256v1,
			cases[i].d) != cases[i].want)
			fail_msg("%s", cases[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_to_spki_refused),
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_weak),
	};

	return cmocka_run_group_tests_name("ca/key", tests, NULL, NULL);
}
