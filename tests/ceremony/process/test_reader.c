/* SPDX-License-Identifier: ISC */
/* The real reader, given good files and bad ones. */
#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/mman.h>

#include "ca/rule.h"
#include "tests/ca/request.h"
#include "tests/ceremony/process/driver.h"
#include "tests/ceremony/record/plan_sample.h"
#include "tests/transfer/seal.h"
#include "transfer/file.h"
#include "transfer/order.h"
#include "transfer/request.h"
#include "transfer/sealed.h"

/* A file on its way to a reader of its own. */
static struct peer *
reader(enum message_kind kind, const void *data, size_t len)
{
	struct peer *p = peer_new(SPAWN_READER);

	peer_start(p, kind)->fd = file_memfd(data, len);
	assert_true(p->out.fd != -1);
	peer_tell(p);
	return p;
}

static void
expect_fault(struct peer *p, const char *want)
{
	char text[513];

	peer_recv(p);
	if (peer_fault(p, text) != FAULT_FORM || strstr(text, want) == NULL)
		fail_msg("\"%s\", not \"%s\"", text, want);
}

/* The reader ended of itself: one job is all it does. */
static void
expect_end(struct peer *p)
{
	assert_int_equal(channel_recv(p->child.sock, &p->in, PEER_WAIT_MS,
			     false, 0),
	    CHANNEL_ERR_CLOSED);
	peer_free(p);
}

/* ---- plans -------------------------------------------------------------------- */

static void
good_plan(void **state)
{
	struct peer *p =
	    reader(MSG_READ_PLAN, sample_genesis, sizeof(sample_genesis) - 1);
	char path[96], value[513];
	bool log = false;
	size_t count = 0;

	(void)state;
	for (peer_recv(p); p->in.kind == MSG_PLAN_FIELD; peer_recv(p)) {
		message_get_text(&p->in, path, sizeof(path) - 1);
		message_get_text(&p->in, value, sizeof(value) - 1);
		assert_true(message_get_number(&p->in) > 0);
		assert_true(message_get_number(&p->in) > 0);
		assert_true(message_done(&p->in));
		if (strcmp(path, "log") == 0)
			log = strcmp(value, "demo.example/fleet") == 0;
		count++;
	}
	assert_int_equal(p->in.kind, MSG_DONE);
	assert_true(log);
	assert_true(count > 20);
	expect_end(p);
}

static void
bad_plan(void **state)
{
	static const struct {
		const char *yaml;
		unsigned line, column;
	} cases[] = {
		{ "plan: 1\nlog: demo.example/x\nnonesuch: 1\n", 3, 1 },
		{ "plan: 01\n", 1, 7 },
		{ "plan: 1\nplan: 1\n", 2, 1 },
		{ "a: [\n", 2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer *p =
		    reader(MSG_READ_PLAN, cases[i].yaml, strlen(cases[i].yaml));
		peer_hear(p, MSG_FAULT);
		assert_int_equal(message_get_number(&p->in), FAULT_FORM);
		if (message_get_number(&p->in) != cases[i].line ||
		    message_get_number(&p->in) != cases[i].column)
			fail_msg("%s", cases[i].yaml);
		expect_end(p);
	}
}

/* ---- stations and requests ------------------------------------------------------- */

static uint8_t *
sealed(const char *payload, size_t len, EVP_PKEY *key, X509 *cert, size_t *out)
{
	uint8_t *der = NULL;

	assert_int_equal(sealed_sign(payload, len, key, cert, 1780000000, &der,
			     out),
	    TRANSFER_OK);
	return der;
}

/* Sealed with one key, its payload presents the certificate of the other. */
static uint8_t *
station_file(const struct sealer *seals, const struct sealer *presented,
    size_t *len)
{
	struct station s = { .factory = "Plant", .line = "3" };
	uint8_t *der;
	char *payload;
	size_t payload_len;

	assert_int_equal(cert_der(presented->cert, &s.certificate,
			     &s.certificate_len),
	    CA_OK);
	assert_int_equal(station_write(&s, &payload, &payload_len),
	    TRANSFER_OK);
	der = sealed(payload, payload_len, seals->key, seals->cert, len);
	free(payload);
	OPENSSL_free(s.certificate);
	return der;
}

static void
stations(void **state)
{
	struct sealer own = make_sealer(EVP_EC_gen("P-256"), "station");
	struct sealer other = make_sealer(EVP_EC_gen("P-256"), "other");
	size_t len, spki_len, want_len;
	uint8_t *file = station_file(&own, &own, &len), *want = NULL;
	struct peer *p = reader(MSG_READ_STATION, file, len);
	const uint8_t *spki;
	char text[65];

	(void)state;
	peer_hear(p, MSG_STATION);
	message_get_text(&p->in, text, 64);
	assert_string_equal(text, "Plant");
	message_get_text(&p->in, text, 64);
	assert_string_equal(text, "3");
	spki = message_get_octets(&p->in, KEY_SPKI_MAX, &spki_len);
	assert_int_equal(key_to_spki(own.key, &want, &want_len), CA_OK);
	assert_int_equal(spki_len, want_len);
	assert_memory_equal(spki, want, want_len);
	peer_hear(p, MSG_DONE);
	expect_end(p);
	OPENSSL_free(want);

	file[len - 10] ^= 1; /* in the signature */
	p = reader(MSG_READ_STATION, file, len);
	expect_fault(p, "");
	expect_end(p);
	OPENSSL_free(file);

	file = station_file(&other, &own, &len);
	p = reader(MSG_READ_STATION, file, len);
	expect_fault(p, "");
	expect_end(p);
	OPENSSL_free(file);
	free_sealer(&own);
	free_sealer(&other);
}

/* A request of two: a good CSR, and octets that are none. */
static uint8_t *
request_file(const struct sealer *station, size_t *len)
{
	EVP_PKEY *device = EVP_EC_gen("P-256");
	struct request_entry entries[2] = { { .id = REQUEST_ID },
		{ .id = "dev-2", .csr = (uint8_t *)"xyz", .csr_len = 3 } };
	struct request r = { .sequence = 1, .count = 2, .entries = entries };
	uint8_t *der;
	char *payload;
	size_t payload_len;

	memset(r.order, 0x22, sizeof(r.order));
	entries[0].csr =
	    request_plain(device, EVP_sha256(), &entries[0].csr_len);
	assert_int_equal(request_write(&r, &payload, &payload_len),
	    TRANSFER_OK);
	der = sealed(payload, payload_len, station->key, station->cert, len);
	free(payload);
	OPENSSL_free(entries[0].csr);
	EVP_PKEY_free(device);
	return der;
}

static void
hear_request(struct peer *p)
{
	uint8_t digest[32], order[32], want[32];

	memset(want, 0x22, sizeof(want));
	peer_hear(p, MSG_REQUEST);
	message_get_exact(&p->in, digest, 32);
	message_get_exact(&p->in, order, 32);
	assert_memory_equal(order, want, 32);
}

static void
tell_entries(struct peer *p, const char *profile)
{
	peer_start(p, MSG_ENTRIES);
	message_put_text(&p->out, profile);
	peer_tell(p);
}

static void
good_request(void **state)
{
	static const struct {
		const char *id;
		enum rule rule;
	} want[] = { { REQUEST_ID, RULE_OK }, { "dev-2", RULE_DER } };
	struct sealer station = make_sealer(EVP_EC_gen("P-256"), "station");
	size_t len;
	uint8_t *file = request_file(&station, &len);
	struct peer *p = reader(MSG_READ_REQUEST, file, len);
	char text[65];

	(void)state;
	hear_request(p);
	tell_entries(p, "device-tls");
	for (size_t i = 0; i < 2; i++) {
		peer_hear(p, MSG_ENTRY);
		message_get_text(&p->in, text, 64);
		assert_string_equal(text, want[i].id);
		message_get_text(&p->in, text, 64);
		assert_int_equal(message_get_number(&p->in), want[i].rule);
	}
	peer_hear(p, MSG_DONE);
	expect_end(p);
	OPENSSL_free(file);
	free_sealer(&station);
}

/* What may come instead of the profile of the order. */
static void
wrong_profile(void **state)
{
	struct sealer station = make_sealer(EVP_EC_gen("P-256"), "station");
	size_t len;
	uint8_t *file = request_file(&station, &len);
	struct peer *p = reader(MSG_READ_REQUEST, file, len);

	(void)state;
	hear_request(p);
	tell_entries(p, "nonesuch");
	expect_fault(p, "no such profile");
	expect_end(p);

	p = reader(MSG_READ_REQUEST, file, len);
	hear_request(p);
	peer_start(p, MSG_READ_PLAN)->fd = file_memfd("x", 1);
	peer_tell(p);
	expect_fault(p, "out of turn");
	expect_end(p);

	p = reader(MSG_READ_REQUEST, file, len - 1);
	expect_fault(p, "");
	expect_end(p);
	OPENSSL_free(file);
	free_sealer(&station);
}

/* ---- what is no file, or no message ---------------------------------------------- */

static void
garbage(void **state)
{
	static const enum message_kind kinds[] = { MSG_READ_PLAN,
		MSG_READ_STATION, MSG_READ_REQUEST };
	static const char *const files[] = { "", "\0\0\0", "\x30\x80\0\0",
		"{{{{", "\xff\xfe\xfd" };
	static const size_t sizes[] = { 0, 3, 4, 4, 3 };

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < 5; i++) {
			struct peer *p = reader(kinds[k], files[i], sizes[i]);
			expect_fault(p, "");
			expect_end(p);
		}
	}
}

static int
memfd(size_t size, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd != -1);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void
not_sealed(void **state)
{
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	close(pipes[1]);
	const struct {
		const char *name;
		int fd;
	} cases[] = {
		{ "no seal", memfd(10, 0) },
		{ "may be written", memfd(10, F_SEAL_SHRINK | F_SEAL_GROW) },
		{ "may shrink", memfd(10, F_SEAL_WRITE | F_SEAL_GROW) },
		{ "may grow", memfd(10, F_SEAL_WRITE | F_SEAL_SHRINK) },
		{ "a file", open("/dev/null", O_RDONLY) },
		{ "a pipe", pipes[0] },
		{ "over the limit",
		    memfd((size_t)SEALED_MAX + 1,
			F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer *p = peer_new(SPAWN_READER);
		print_message("# %s\n", cases[i].name);
		peer_start(p, MSG_READ_STATION)->fd = cases[i].fd;
		peer_tell(p);
		expect_fault(p, "not a sealed memory file");
		expect_end(p);
	}
}

static void
plan_too_long(void **state)
{
	static char yaml[PLAN_MAX + 1];
	struct peer *p;

	(void)state;
	memset(yaml, '#', sizeof(yaml));
	p = reader(MSG_READ_PLAN, yaml, sizeof(yaml));
	expect_fault(p, "over 256 KiB: not a plan");
	expect_end(p);
}

static void
wrong_messages(void **state)
{
	static const uint8_t raw[] = { 0xff, 0xff, 0, 0, 0, 0 };
	struct peer *p = peer_new(SPAWN_READER);

	(void)state;
	peer_start(p, MSG_LIST); /* a signer's */
	message_put_text(&p->out, "softhsm");
	peer_tell(p);
	expect_fault(p, "reader: message of the wrong kind");
	expect_end(p);

	p = peer_new(SPAWN_READER);
	peer_start(p, MSG_LOGIN);
	peer_tell(p);
	expect_fault(p, "out of turn");
	expect_end(p);

	p = peer_new(SPAWN_READER);
	assert_int_equal(send(p->child.sock, raw, sizeof(raw), 0), sizeof(raw));
	expect_fault(p, "wrong kind");
	expect_end(p);
}

/* The second job does not find anybody. */
static void
two_jobs(void **state)
{
	struct peer *p = reader(MSG_READ_PLAN, "x", 1);

	(void)state;
	expect_fault(p, "");
	peer_start(p, MSG_READ_PLAN)->fd = file_memfd("x", 1);
	channel_send(p->child.sock, &p->out);
	message_clear(&p->out);
	expect_end(p);
}

/* Nobody asked for anything: the operator's process ended. */
static void
no_job(void **state)
{
	(void)state;
	peer_free(peer_new(SPAWN_READER));
}

/* ---- CSRs of CAs that others run ------------------------------------------------ */

/* What it asks for comes in order, then the end. */
static void
good_csr(void **state)
{
	STACK_OF(X509_EXTENSION) *list = NULL;
	EVP_PKEY *key = pki_key("P-384");
	X509_REQ *req = request_new(key);
	uint8_t *der = NULL, *spki = NULL;
	size_t len, n = 0, got;
	char text[CSR_ASK_VALUE_MAX + 1];
	const uint8_t *octets;
	struct peer *p;

	(void)state;
	request_name(req, "CN", V_ASN1_UTF8STRING, "A\x1b[2J CA", -1, 0);
	request_extension(&list, NID_basic_constraints, "CA:TRUE");
	request_extension(&list, NID_key_usage, "keyCertSign");
	assert_int_equal(X509_REQ_add_extensions(req, list), 1);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	der = request_finish(req, key, EVP_sha384(), &len);
	assert_int_equal(key_to_spki(key, &spki, &n), CA_OK);
	p = reader(MSG_READ_CSR, der, len);
	peer_hear(p, MSG_CSR);
	octets = message_get_octets(&p->in, KEY_SPKI_MAX, &got);
	assert_int_equal(got, n);
	assert_memory_equal(octets, spki, n);
	message_get_text(&p->in, text, CSR_ASK_VALUE_MAX);
	assert_string_equal(text, "CN=A\\x1b[2J CA");
	assert_int_equal(message_get_number(&p->in), 2);
	assert_true(message_done(&p->in));
	peer_hear(p, MSG_ASK);
	message_get_text(&p->in, text, CSR_ASK_NAME_MAX);
	assert_string_equal(text, "X509v3 Basic Constraints");
	message_get_text(&p->in, text, CSR_ASK_VALUE_MAX);
	assert_string_equal(text, "CA:TRUE");
	peer_hear(p, MSG_ASK);
	peer_hear(p, MSG_DONE);
	expect_end(p);
	OPENSSL_free(spki);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

/* Each by its rule, or as what it is. */
static void
bad_csr(void **state)
{
	static const struct {
		const char *file, *text;
	} cases[] = {
		{ "", "csr.size: our limit: " },
		{ "not a CSR", "csr.der: RFC 2986 4; X.690 10: " },
		{ "-----BEGIN CERTIFICATE REQUEST-----\n"
		  "AAAA\n"
		  "-----END CERTIFICATE REQUEST-----\n",
		    "csr.der: " },
		{ "-----BEGIN EC PRIVATE KEY-----\n"
		  "AAAA\n"
		  "-----END EC PRIVATE KEY-----\n",
		    "it holds a private key" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer *p =
		    reader(MSG_READ_CSR, cases[i].file, strlen(cases[i].file));

		expect_fault(p, cases[i].text);
		expect_end(p);
	}
}

static int
find(void **state)
{
	(void)state;
	peer_find_executables();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_plan),
		cmocka_unit_test(bad_plan),
		cmocka_unit_test(stations),
		cmocka_unit_test(good_request),
		cmocka_unit_test(wrong_profile),
		cmocka_unit_test(good_csr),
		cmocka_unit_test(bad_csr),
		cmocka_unit_test(garbage),
		cmocka_unit_test(not_sealed),
		cmocka_unit_test(plan_too_long),
		cmocka_unit_test(wrong_messages),
		cmocka_unit_test(two_jobs),
		cmocka_unit_test(no_job),
	};

	return cmocka_run_group_tests(tests, find, NULL);
}
