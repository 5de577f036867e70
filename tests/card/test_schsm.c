/* SPDX-License-Identifier: ISC */
/* Cards below PKCS#11, in the stand-in for libpcsclite. */
#include <fcntl.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#include "smartcard/bertlv.h"
#include "smartcard/schsm.h"
#include "tests/card/opensc.h"

#define READER "Virtual Reader 00"
#define OTHER "Virtual Reader 01"
#define SO "1a2b3c4d5e6f7081"
#define SO_2 "0011223344556677"

struct world {
	struct opensc opensc;
	struct pcsc *p;
	struct secret *so, *so_2, *user, *wrong, *dkek;
};

static int
begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL || opensc_make(&w->opensc, 2) != 0)
		return -1;
	*state = w;
	w->so = secret_from(SO, strlen(SO));
	w->so_2 = secret_from(SO_2, strlen(SO_2));
	w->user = secret_from("A7kd-0_Zq2bW9xY", 15);
	w->wrong = secret_from("111111", 6);
	w->dkek = secret_random(SCHSM_DKEK_SIZE);
	return pcsc_new(NULL, &w->p) == CARD_OK ? 0 : -1;
}

static int
end(void **state)
{
	struct world *w = *state;

	pcsc_free(w->p);
	secret_free(w->so);
	secret_free(w->so_2);
	secret_free(w->user);
	secret_free(w->wrong);
	secret_free(w->dkek);
	opensc_remove(&w->opensc);
	free(w);
	return 0;
}

static struct schsm *
open_card(struct world *w, const char *reader)
{
	struct schsm *c = NULL;

	assert_int_equal(schsm_open(w->p, reader, &c), CARD_OK);
	return c;
}

/* ---- readers ---------------------------------------------------------- */

static void
test_readers(void **state)
{
	struct world *w = *state;
	struct pcsc_readers r;
	struct pcsc *p = NULL;

	assert_int_equal(pcsc_list(w->p, &r), CARD_OK);
	assert_int_equal(r.count, 2);
	assert_string_equal(r.reader[0].name, READER);
	assert_true(r.reader[0].present);
	assert_false(r.reader[0].taken);
	assert_int_equal(r.reader[1].atr_len, 24);
	assert_int_equal(pcsc_new("/nonexistent.so", &p), CARD_ERR_SERVICE);
	assert_null(p);
	/* a library without these functions */
	assert_int_equal(pcsc_new("libcrypto.so.3", &p), CARD_ERR_SERVICE);
}

static void
test_no_readers(void **state)
{
	struct pcsc_readers r;
	struct pcsc *p = NULL;

	(void)state;
	setenv("VIRTUAL_CARDS", "", 1);
	assert_int_equal(pcsc_new(NULL, &p), CARD_OK);
	assert_int_equal(pcsc_list(p, &r), CARD_OK);
	assert_int_equal(r.count, 0);
	assert_int_equal(pcsc_wait(p, &r, 20), CARD_ERR_TIMEOUT);
	pcsc_free(p);
}

static void
test_connect(void **state)
{
	struct world *w = *state;
	struct pcsc_card *c = NULL, *d = NULL;
	struct pcsc_readers r;

	assert_int_equal(pcsc_connect(w->p, "None", &c), CARD_ERR_REMOVED);
	assert_null(c);
	assert_int_equal(pcsc_connect(w->p, READER, &c), CARD_OK);
	assert_int_equal(pcsc_connect(w->p, READER, &d), CARD_ERR_BUSY);
	assert_int_equal(pcsc_list(w->p, &r), CARD_OK);
	assert_true(r.reader[0].taken);
	pcsc_disconnect(c);
	assert_int_equal(pcsc_connect(w->p, READER, &d), CARD_OK);
	pcsc_disconnect(d);
	opensc_control(&w->opensc, 0, "fault pull-before * 0\n");
	assert_int_equal(pcsc_connect(w->p, READER, &c), CARD_ERR_REMOVED);
}

/* What another does once this one waits: the stand-in opens a pipe's end for
 * writing when a wait has found nothing new. */
struct later {
	struct world *w;
	const char *control;
};

static void *
later(void *arg)
{
	struct later *l = arg;
	int fd = open(getenv("VIRTUAL_WAITS"), O_RDONLY | O_CLOEXEC);
	char c;

	while (fd != -1 && read(fd, &c, 1) == 1)
		;
	close(fd);
	opensc_control(&l->w->opensc, 1, l->control);
	return NULL;
}

/* Taken out, put in again: each wakes. */
static void
test_wait(void **state)
{
	static const struct {
		const char *control;
		bool present;
	} steps[] = {
		{ "fault pull-before * 0\n", false },
		{ "", true },
	};
	struct world *w = *state;
	struct pcsc_readers r;
	char pipe[600];

	assert_int_equal(pcsc_list(w->p, &r), CARD_OK);
	assert_int_equal(pcsc_wait(w->p, &r, 0), CARD_ERR_TIMEOUT);
	assert_int_equal(pcsc_wait(w->p, &r, 20), CARD_ERR_TIMEOUT);
	snprintf(pipe, sizeof(pipe), "%s/waits", w->opensc.dir);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	setenv("VIRTUAL_WAITS", pipe, 1);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct later l = { .w = w, .control = steps[i].control };
		pthread_t thread;

		pthread_create(&thread, NULL, later, &l);
		assert_int_equal(pcsc_wait(w->p, &r, -1), CARD_OK);
		pthread_join(thread, NULL);
		assert_int_equal(r.reader[1].present, steps[i].present);
		assert_true(r.reader[0].present);
	}
	unsetenv("VIRTUAL_WAITS");
}

/* A reader that came is told of, whether before or in the wait. */
static void
test_wait_reader(void **state)
{
	struct world *w = *state;
	struct pcsc_readers r;
	char cards[2000], path[600];
	int n = 0;

	assert_int_equal(pcsc_list(w->p, &r), CARD_OK);
	for (unsigned i = 0; i < 3; i++) {
		opensc_card_path(&w->opensc, i, path);
		n +=
		    snprintf(cards + n, sizeof(cards) - (size_t)n, "%s:", path);
	}
	setenv("VIRTUAL_CARDS", cards, 1);
	assert_int_equal(pcsc_wait(w->p, &r, -1), CARD_OK);
	assert_int_equal(r.count, 3);
	assert_true(r.reader[2].present);
}

/* ---- who it is -------------------------------------------------------- */

static void
test_blank(void **state)
{
	struct world *w = *state;
	struct schsm_info info;
	char path[600];
	struct card *card;

	assert_int_equal(schsm_look(w->p, READER, &info), CARD_OK);
	assert_string_equal(info.reader, READER);
	opensc_card_path(&w->opensc, 0, path);
	card = card_new(path);
	assert_string_equal(info.serial, card_serial(card));
	card_free(card);
	assert_string_equal(info.label, "");
	assert_false(info.initialised || info.wiped || info.dkek);
	assert_false(info.pin_locked || info.pin_pad);
	assert_int_equal(info.key_count, 0);
}

static void
test_initialise(void **state)
{
	static const uint8_t none[SCHSM_KCV_SIZE];
	struct world *w = *state;
	struct schsm_info info;
	struct schsm *c = open_card(w, READER);
	uint8_t kcv[SHA256_DIGEST_LENGTH];

	assert_int_equal(schsm_initialise(c, "op-ann", w->so, w->user, NULL),
	    CARD_OK);
	assert_int_equal(schsm_identify(c, &info), CARD_OK);
	assert_true(info.initialised && !info.wiped && !info.dkek);
	assert_string_equal(info.label, "op-ann");
	assert_int_equal(info.pin_tries, SCHSM_PIN_TRIES);
	/* the SO PIN it has counts, and a wrong one is counted */
	assert_int_equal(schsm_initialise(c, "x", w->so_2, w->user, NULL),
	    CARD_ERR_PIN);
	assert_int_equal(schsm_identify(c, &info), CARD_OK);
	assert_int_equal(info.so_tries, 14);
	assert_string_equal(info.label, "op-ann");
	assert_int_equal(schsm_initialise(c, "other", w->so, w->user, w->dkek),
	    CARD_OK);
	schsm_close(c);
	assert_int_equal(schsm_look(w->p, READER, &info), CARD_OK);
	assert_string_equal(info.label, "other");
	assert_int_equal(info.so_tries, 15);
	assert_true(info.dkek);
	assert_int_equal(info.dkek_shares, 1);
	assert_int_equal(info.dkek_missing, 0);
	SHA256(w->dkek->data, w->dkek->len, kcv);
	assert_memory_equal(info.kcv, kcv, SCHSM_KCV_SIZE);
	assert_memory_not_equal(info.kcv, none, SCHSM_KCV_SIZE);
}

static void
test_forms(void **state)
{
	struct world *w = *state;
	struct schsm *c = open_card(w, READER);
	struct secret *bad_so = secret_from("1a2b3c4d5e6f708x", 16);
	struct secret *shorter = secret_from("12345", 5);

	assert_int_equal(schsm_initialise(c, "", w->so, w->user, NULL),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(schsm_initialise(c,
			     "123456789012345678901234567890123", w->so,
			     w->user, NULL),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(schsm_initialise(c, "a", bad_so, w->user, NULL),
	    CARD_ERR_PIN_FORM);
	assert_int_equal(schsm_initialise(c, "a", shorter, w->user, NULL),
	    CARD_ERR_PIN_FORM);
	assert_int_equal(schsm_initialise(c, "a", w->so, shorter, NULL),
	    CARD_ERR_PIN_FORM);
	assert_int_equal(schsm_initialise(c, "a", w->so, w->user, w->so),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(schsm_wipe(c, bad_so), CARD_ERR_PIN_FORM);
	assert_int_equal(schsm_login(c, shorter), CARD_ERR_PIN_FORM);
	schsm_close(c);
	secret_free(bad_so);
	secret_free(shorter);
}

static void
test_pin(void **state)
{
	struct world *w = *state;
	struct schsm_info info;
	struct schsm *c = open_card(w, READER);

	assert_int_equal(schsm_initialise(c, "a", w->so, w->user, NULL),
	    CARD_OK);
	assert_int_equal(schsm_login(c, w->user), CARD_OK);
	assert_int_equal(schsm_login(c, w->wrong), CARD_ERR_PIN);
	assert_int_equal(schsm_identify(c, &info), CARD_OK);
	assert_int_equal(info.pin_tries, 2);
	assert_int_equal(schsm_login(c, w->wrong), CARD_ERR_PIN);
	assert_int_not_equal(schsm_login(c, w->wrong), CARD_OK);
	assert_int_equal(schsm_login(c, w->user), CARD_ERR_PIN_LOCKED);
	assert_int_equal(schsm_identify(c, &info), CARD_OK);
	assert_true(info.pin_locked);
	assert_int_equal(info.pin_tries, 0);
	schsm_close(c);
	opensc_control(&w->opensc, 1, "pin-pad 648219\n");
	assert_int_equal(schsm_look(w->p, OTHER, &info), CARD_OK);
	assert_false(info.pin_locked);
}

static void
test_wipe(void **state)
{
	struct world *w = *state;
	struct schsm_info info;
	struct schsm *c = open_card(w, READER);
	struct secret *factory = schsm_factory_so();

	assert_int_equal(schsm_initialise(c, "a", w->so, w->user, w->dkek),
	    CARD_OK);
	assert_int_equal(schsm_write(c, 0xCF01, (const uint8_t *)"x", 1),
	    CARD_OK);
	assert_int_equal(schsm_wipe(c, w->so_2), CARD_ERR_PIN);
	assert_int_equal(schsm_wipe(c, w->so), CARD_OK);
	schsm_close(c);
	assert_int_equal(schsm_look(w->p, READER, &info), CARD_OK);
	assert_true(info.initialised && info.wiped && !info.dkek);
	assert_string_equal(info.label, "");
	c = open_card(w, READER);
	assert_int_equal(schsm_move_so(c, w->so, w->so_2), CARD_ERR_PIN);
	assert_int_equal(schsm_move_so(c, factory, w->so_2), CARD_OK);
	assert_int_equal(schsm_initialise(c, "b", w->so_2, w->user, NULL),
	    CARD_OK);
	schsm_close(c);
	secret_free(factory);
}

/* ---- files and keys --------------------------------------------------- */

/* Files of every kind go, halves of objects among them; what says who the card
 * is stays, and a file that will not go ends it. */
static void
test_clear(void **state)
{
	static const uint16_t fids[] = { 0xC900, 0xC801, 0xCA01, 0xCD03, 0xCF02,
		0xC405, 0xCE05 };
	struct world *w = *state;
	struct schsm *c = open_card(w, READER);
	struct schsm_info info;
	size_t n = 1;

	assert_int_equal(schsm_initialise(c, "a", w->so, w->user, NULL),
	    CARD_OK);
	assert_int_equal(schsm_left(c, &n), CARD_OK);
	assert_int_equal(n, 0);
	assert_int_equal(schsm_clear(c, &n), CARD_OK);
	assert_int_equal(n, 0);
	for (size_t i = 0; i < sizeof(fids) / sizeof(fids[0]); i++) {
		assert_int_equal(schsm_write(c, fids[i], (const uint8_t *)"x",
				     1),
		    CARD_OK);
		assert_int_equal(schsm_left(c, &n), CARD_OK);
		assert_int_equal(n, i + 1);
	}
	opensc_control(&w->opensc, 0, "fault status E4 3 6982\n");
	assert_int_equal(schsm_clear(c, &n), CARD_ERR_STATUS);
	assert_int_equal(n, 2);
	opensc_control(&w->opensc, 0, "");
	assert_int_equal(schsm_clear(c, &n), CARD_OK);
	assert_int_equal(n, sizeof(fids) / sizeof(fids[0]) - 2);
	assert_int_equal(schsm_left(c, &n), CARD_OK);
	assert_int_equal(n, 0);
	schsm_close(c);
	assert_int_equal(schsm_look(w->p, READER, &info), CARD_OK);
	assert_string_equal(info.label, "a");
	/* not without login */
	c = open_card(w, READER);
	assert_int_equal(schsm_login(c, w->user), CARD_OK);
	assert_int_equal(schsm_write(c, 0xCD03, (const uint8_t *)"x", 1),
	    CARD_OK);
	schsm_close(c);
	c = open_card(w, READER);
	assert_int_equal(schsm_clear(c, &n), CARD_ERR_STATUS);
	assert_int_equal(n, 0);
	assert_int_equal(schsm_left(c, &n), CARD_OK);
	assert_int_equal(n, 1);
	schsm_close(c);
}

/* A card that says it deleted what it still lists. */
static void
test_clear_lies(void **state)
{
	struct world *w = *state;
	struct schsm *c = open_card(w, READER);
	size_t n = 0;

	assert_int_equal(schsm_initialise(c, "a", w->so, w->user, NULL),
	    CARD_OK);
	assert_int_equal(schsm_write(c, 0xCF01, (const uint8_t *)"x", 1),
	    CARD_OK);
	opensc_control(&w->opensc, 0, "fault status E4 1 9000\n");
	assert_int_equal(schsm_clear(c, &n), CARD_ERR_LEFT);
	schsm_close(c);
}

static void
test_files(void **state)
{
	static const size_t sizes[] = { 0, 1, 239, 240, 241, 256, 512, 700,
		SCHSM_FILE_MAX - 1 };
	struct world *w = *state;
	struct schsm *c = open_card(w, READER);
	uint8_t data[SCHSM_FILE_MAX], back[SCHSM_FILE_MAX];
	size_t len = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + (i >> 8));
	assert_int_equal(schsm_write(c, 0xCF01, data, 1), CARD_ERR_STATUS);
	assert_int_equal(schsm_initialise(c, "a", w->so, w->user, NULL),
	    CARD_OK);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(schsm_write(c, 0xCF01, data, sizes[i]),
		    CARD_OK);
		assert_int_equal(schsm_read(c, 0xCF01, back, &len), CARD_OK);
		assert_int_equal(len, sizes[i]);
		assert_memory_equal(back, data, len);
	}
	assert_int_equal(schsm_delete(c, 0xCF01), CARD_OK);
	assert_int_equal(schsm_delete(c, 0xCF01), CARD_ERR_OBJECT_MISSING);
	assert_int_equal(schsm_read(c, 0xCF01, back, &len),
	    CARD_ERR_OBJECT_MISSING);
	assert_int_equal(schsm_device_cert(c, back, &len), CARD_OK);
	assert_true(len > 300);
	assert_int_equal(back[0] << 8 | back[1], 0x7F21);
	schsm_close(c);
}

/* No key, or no DKEK. */
static void
test_wrap_nothing(void **state)
{
	struct world *w = *state;
	struct schsm *a = open_card(w, READER), *b = open_card(w, OTHER);
	struct schsm_info info;
	uint8_t blob[SCHSM_FILE_MAX];
	size_t len = 0;
	uint8_t number = 0;

	assert_int_equal(schsm_initialise(a, "a", w->so, w->user, w->dkek),
	    CARD_OK);
	assert_int_equal(schsm_initialise(b, "b", w->so, w->user, NULL),
	    CARD_OK);
	assert_int_equal(schsm_wrap(a, 1, blob, &len), CARD_ERR_KEY_MISSING);
	assert_int_equal(schsm_wrap(b, 1, blob, &len), CARD_ERR_STATUS);
	assert_int_equal(schsm_find_key(a, "sign", &number),
	    CARD_ERR_KEY_MISSING);
	assert_int_equal(schsm_identify(a, &info), CARD_OK);
	assert_int_equal(info.key_count, 0);
	schsm_close(a);
	schsm_close(b);
}

/* ---- what a hostile or broken card says ------------------------------- */

static void
test_pulled(void **state)
{
	static const char *const faults[] = {
		"pull-before",
		"pull-during",
		"pull-after",
	};
	struct world *w = *state;
	struct schsm_info info;
	int reached = 0;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		for (int at = 1; at <= 8; at++) {
			char text[100];
			enum card_error err;

			snprintf(text, sizeof(text), "fault %s * %d\n",
			    faults[i], at);
			opensc_control(&w->opensc, 0, text);
			err = schsm_look(w->p, READER, &info);
			assert_true(err == CARD_OK || err == CARD_ERR_REMOVED);
			reached += err == CARD_ERR_REMOVED;
			opensc_control(&w->opensc, 0, "");
			assert_int_equal(schsm_look(w->p, READER, &info),
			    CARD_OK);
		}
	assert_true(reached > 12);
}

static void
test_answers(void **state)
{
	static const struct {
		const char *control;
		enum card_error want;
	} cases[] = {
		{ "fault status A4 1 6A82\n", CARD_ERR_FOREIGN },
		{ "fault status A4 1 6F00\n", CARD_ERR_FOREIGN },
		{ "fault status B1 1 6F00\n", CARD_ERR_STATUS },
		{ "fault status B1 1 6A82\n", CARD_ERR_ANSWER },
		{ "fault short B1 1 0\n", CARD_ERR_ANSWER },
		{ "fault short B1 1 3\n", CARD_ERR_ANSWER },
		{ "fault short B1 1 100\n", CARD_ERR_ANSWER },
		{ "fault status B1 1 6110\n", CARD_ERR_STATUS },
		{ "fault status 58 1 6F00\n", CARD_ERR_STATUS },
		{ "fault short 58 1 1\n", CARD_ERR_ANSWER },
		{ "fault status B1 1 6B00\n", CARD_ERR_STATUS },
	};
	struct world *w = *state;
	struct schsm_info info;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		opensc_control(&w->opensc, 0, cases[i].control);
		assert_int_equal(schsm_look(w->p, READER, &info),
		    cases[i].want);
	}
	opensc_control(&w->opensc, 0, "");
	assert_int_equal(schsm_look(w->p, READER, &info), CARD_OK);
}

/* T=0 has no extended lengths: longer answers come in parts. */
static void
test_t0(void **state)
{
	struct world *w = *state;
	struct schsm_info info;
	struct schsm *c;

	opensc_control(&w->opensc, 0, "protocol t0\n");
	c = open_card(w, READER);
	assert_int_equal(schsm_initialise(c, "a", w->so, w->user, w->dkek),
	    CARD_OK);
	schsm_close(c);
	assert_int_equal(schsm_look(w->p, READER, &info), CARD_OK);
	assert_string_equal(info.label, "a");
	assert_true(info.dkek);
}

/* ---- tags ------------------------------------------------------------- */

static void
test_bertlv(void **state)
{
#define D(octets) (const uint8_t *)(octets), sizeof(octets) - 1
	static const struct {
		const uint8_t *data;
		size_t len;
		bool ok;
		unsigned tag;
		size_t value;
	} cases[] = {
		{ D("\x04\x00"), true, 0x04, 0 },
		{ D("\x04\x01\x05"), true, 0x04, 1 },
		{ D("\x5F\x20\x01\x05"), true, 0x5F20, 1 },
		{ D("\x04\x81\x01\x05"), true, 0x04, 1 },
		{ D("\x04\x82\x00\x01\x05"), true, 0x04, 1 },
		{ D("\x04"), false, 0, 0 },
		{ D("\x04\x02\x05"), false, 0, 0 },
		{ D("\x04\x80"), false, 0, 0 },
		{ D("\x04\x83\x00\x00\x00"), false, 0, 0 },
		{ D("\x04\x82\x00"), false, 0, 0 },
		{ D("\x5F"), false, 0, 0 },
		{ D("\x5F\x81\x00"), false, 0, 0 },
		{ D("\x04\x82\xFF\xFF\x05"), false, 0, 0 },
	};
	struct bertlv d = { NULL, 0 }, value;
	unsigned tag;

	(void)state;
	assert_false(bertlv_next(&d, &tag, &value));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		d = (struct bertlv){ cases[i].data, cases[i].len };
		assert_int_equal(bertlv_next(&d, &tag, &value), cases[i].ok);
		if (!cases[i].ok) {
			assert_ptr_equal(d.at, cases[i].data);
			continue;
		}
		assert_int_equal(tag, cases[i].tag);
		assert_int_equal(value.len, cases[i].value);
		assert_int_equal(d.len, 0);
	}
#undef D
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_readers),
		CASE(test_no_readers),
		CASE(test_connect),
		CASE(test_wait),
		CASE(test_wait_reader),
		CASE(test_blank),
		CASE(test_initialise),
		CASE(test_forms),
		CASE(test_pin),
		CASE(test_wipe),
		CASE(test_clear),
		CASE(test_clear_lies),
		CASE(test_files),
		CASE(test_wrap_nothing),
		CASE(test_pulled),
		CASE(test_answers),
		CASE(test_t0),
		cmocka_unit_test(test_bertlv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
