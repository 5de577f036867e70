/* SPDX-License-Identifier: ISC */
/* Streams of parts as a camera would have them: lost, late, mixed up. */
#include <stdio.h>

#include "tests/transfer/ur_stream.h"

/* Whether one of per_cent of all calls is lost. */
static bool
lost(struct xoshiro *x, unsigned per_cent)
{
	return xoshiro_between(x, 1, 100) <= per_cent;
}

/* Send from part first until complete; how many arrived. */
static size_t
send(struct ur_decoder *d, const struct ur_encoder *e, uint32_t first,
    unsigned loss, const char *seed)
{
	size_t arrived = 0;
	struct xoshiro x;

	xoshiro_seed(&x, seed, strlen(seed));
	for (uint32_t seq = first; arrived < 100000; seq++) {
		if (lost(&x, loss))
			continue;
		arrived++;
		if (take_part(d, e, seq) == UR_COMPLETE)
			return arrived;
	}
	fail_msg("never complete");
	return 0;
}

static const struct trip {
	size_t len, fragment_len;
	unsigned loss;
	uint32_t first;
} trips[] = {
	{ 1024, 100, 0, 1 },
	{ 1024, 100, 30, 1 },
	{ 1024, 100, 50, 1 },
	{ 1025, 1024, 30, 1 },
	{ 32767, 1000, 0, 101 },
	{ 65536, 161, 30, 1 },
	{ 65536, 161, 50, 5000 },
	{ 1048576, 890, 0, 1 },
	{ 1048576, 890, 30, 1 },
	{ 1048576, 890, 50, 1 },
	{ 1048576, 890, 0, 4000000000u },
};

static void
test_round_trips(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(trips); i++) {
		const struct trip *t = &trips[i];
		uint8_t *message = make_message(t->len, "trip");
		struct ur_encoder *e =
		    encoder_of(message, t->len, t->fragment_len);
		struct ur_decoder *d = decoder();
		size_t arrived = send(d, e, t->first, t->loss, "loss");

		if (t->loss == 0 && t->first == 1)
			assert_int_equal(arrived, ur_encoder_count(e));
		assert_message(d, message, t->len);
		ur_decoder_free(d);
		ur_encoder_free(e);
		free(message);
	}
}

/* Mean over seeds, each of a message and a loss, of arrived / needed, at 30 %
 * loss. */
static double
overhead(size_t n, unsigned seeds)
{
	size_t arrived = 0;

	for (unsigned i = 0; i < seeds; i++) {
		char seed[16];
		struct ur_decoder *d = decoder();
		struct ur_encoder *e;
		uint8_t *message;

		snprintf(seed, sizeof(seed), "seed %u", i);
		message = make_message(n * 20, seed);
		e = encoder_of(message, n * 20, 20);
		arrived += send(d, e, 1, 30, seed);
		assert_message(d, message, n * 20);
		ur_decoder_free(d);
		ur_encoder_free(e);
		free(message);
	}
	return (double)arrived / (double)(n * seeds);
}

static void
test_few_more_than_needed(void **state)
{
	double hundred = overhead(100, 200), thousand = overhead(1000, 200);

	(void)state;
	print_message("# parts / needed at 30 %% loss: n=100 %.3f, n=1000 "
		      "%.3f\n",
	    hundred, thousand);
	assert_true(hundred <= 1.15);
	assert_true(thousand <= 1.07);
}

static void
test_reordered(void **state)
{
	enum {
		N = 300,
		SENT = 400
	};
	uint8_t *message = make_message(N * 50, "order");
	struct ur_encoder *e = encoder_of(message, N * 50, 50);
	struct ur_decoder *d = decoder();
	enum ur_taken taken = UR_NEW;

	(void)state;
	/* 7 and 400 share no factor: every part once, far from its place */
	for (uint32_t i = 0; i < SENT && taken != UR_COMPLETE; i++)
		taken = take_part(d, e, i * 7 % SENT + 1);
	assert_int_equal(taken, UR_COMPLETE);
	assert_message(d, message, N * 50);
	ur_decoder_free(d);
	ur_encoder_free(e);
	free(message);
}

static void
test_duplicates(void **state)
{
	uint8_t *message = make_message(1000, "twice");
	struct ur_encoder *e = encoder_of(message, 1000, 100);
	struct ur_decoder *d = decoder();
	struct ur_progress p;

	(void)state;
	for (uint32_t seq = 1; seq < 10; seq++) {
		assert_int_equal(take_part(d, e, seq), UR_NEW);
		assert_int_equal(take_part(d, e, seq), UR_KNOWN);
		ur_decoder_progress(d, &p);
		assert_int_equal(p.rank, seq);
		assert_int_equal(p.received, 2 * seq);
		assert_int_equal(p.needed, 10);
	}
	assert_int_equal(take_part(d, e, 10), UR_COMPLETE);
	assert_int_equal(take_part(d, e, 10), UR_COMPLETE);
	assert_message(d, message, 1000);
	ur_decoder_free(d);
	ur_encoder_free(e);
	free(message);
}

struct two {
	uint8_t *message[2];
	struct ur_encoder *e[2];
	struct ur_decoder *d;
};

static void
two_open(struct two *t)
{
	for (size_t i = 0; i < 2; i++) {
		t->message[i] = make_message(2000, i == 0 ? "one" : "two");
		t->e[i] = encoder_of(t->message[i], 2000, 100);
	}
	t->d = decoder();
}

static void
two_close(struct two *t)
{
	for (size_t i = 0; i < 2; i++) {
		ur_encoder_free(t->e[i]);
		free(t->message[i]);
	}
	ur_decoder_free(t->d);
}

static void
test_two_streams_mixed(void **state)
{
	struct two t;
	enum ur_taken taken = UR_NEW;
	struct xoshiro x;
	uint32_t seq[2] = { 0 };
	size_t which = 0;

	(void)state;
	two_open(&t);
	xoshiro_seed(&x, "mixed", 5);
	for (unsigned i = 0; i < 1000 && taken != UR_COMPLETE; i++) {
		which = (size_t)xoshiro_between(&x, 0, 1);
		taken = take_part(t.d, t.e[which], ++seq[which]);
	}
	assert_int_equal(taken, UR_COMPLETE);
	/* what came of each was kept, whichever was the one meanwhile */
	assert_int_equal(seq[which], 20);
	assert_message(t.d, t.message[which], 2000);
	two_close(&t);
}

static void
test_strays_do_not_switch(void **state)
{
	struct ur_progress p;
	struct two t;

	(void)state;
	two_open(&t);
	for (uint32_t seq = 1; seq < 20; seq++) {
		assert_int_equal(take_part(t.d, t.e[0], seq), UR_NEW);
		assert_int_equal(take_part(t.d, t.e[1], seq), UR_FOREIGN);
		assert_int_equal(take_part(t.d, t.e[1], seq), UR_FOREIGN);
	}
	ur_decoder_progress(t.d, &p);
	assert_int_equal(p.foreign, 38);
	assert_int_equal(p.rank, 19);
	assert_int_equal(take_part(t.d, t.e[0], 20), UR_COMPLETE);
	assert_message(t.d, t.message[0], 2000);
	two_close(&t);
}

static void
test_third_in_a_row_switches(void **state)
{
	struct ur_progress p;
	struct two t;

	(void)state;
	two_open(&t);
	assert_int_equal(take_part(t.d, t.e[0], 1), UR_NEW);
	assert_int_equal(take_part(t.d, t.e[1], 1), UR_FOREIGN);
	assert_int_equal(take_part(t.d, t.e[1], 2), UR_FOREIGN);
	ur_decoder_progress(t.d, &p);
	assert_int_equal(p.checksum, ur_encoder_checksum(t.e[0]));
	assert_int_equal(take_part(t.d, t.e[1], 3), UR_SWITCHED);
	ur_decoder_progress(t.d, &p);
	assert_int_equal(p.checksum, ur_encoder_checksum(t.e[1]));
	/* the two that came before are not lost */
	assert_int_equal(p.rank, 3);
	for (uint32_t seq = 4; seq < 20; seq++)
		assert_int_equal(take_part(t.d, t.e[1], seq), UR_NEW);
	assert_int_equal(take_part(t.d, t.e[1], 20), UR_COMPLETE);
	assert_message(t.d, t.message[1], 2000);
	two_close(&t);
}

/* Degrees tell how many parts are mixed: the part says so itself. */
static void
test_degrees(void **state)
{
	uint8_t message[100] = { 0 };
	struct ur_encoder *e = encoder_of(message, sizeof(message), 10);
	size_t seen[11] = { 0 };

	(void)state;
	for (uint32_t seq = 1; seq <= 10; seq++)
		assert_int_equal(ur_encoder_degree(e, seq), 1);
	for (uint32_t seq = 11; seq <= 1010; seq++)
		seen[ur_encoder_degree(e, seq)]++;
	assert_int_equal(seen[0], 0);
	/* the ideal: 1000 / d / (1/1 + .. + 1/10) */
	assert_in_range(seen[1], 300, 390);
	assert_in_range(seen[2], 130, 210);
	assert_in_range(seen[10], 15, 60);
	ur_encoder_free(e);
}

/* All limits at once: 8192 fragments, 4 MiB. */
static void
test_largest_message(void **state)
{
	uint8_t *message = make_message(UR_MESSAGE_MAX, "large");
	struct ur_encoder *e = encoder_of(message, UR_MESSAGE_MAX,
	    UR_MESSAGE_MAX / UR_FRAGMENTS_MAX);
	struct ur_decoder *d = decoder();

	(void)state;
	assert_int_equal(ur_encoder_count(e), UR_FRAGMENTS_MAX);
	send(d, e, 1, 3, "few");
	assert_message(d, message, UR_MESSAGE_MAX);
	ur_decoder_free(d);
	ur_encoder_free(e);
	free(message);
}

static void
test_largest_single(void **state)
{
	uint8_t *message = make_message(UR_MESSAGE_MAX, "large");
	struct ur_encoder *e =
	    encoder_of(message, UR_MESSAGE_MAX, UR_MESSAGE_MAX);
	struct ur_decoder *d = decoder();
	char *text = malloc(UR_TEXT_MAX);
	const char *why;

	(void)state;
	assert_int_equal(ur_encoder_part(e, 1, text, UR_TEXT_MAX), TRANSFER_OK);
	assert_int_equal(take_text(d, text, &why), UR_COMPLETE);
	assert_message(d, message, UR_MESSAGE_MAX);
	free(text);
	ur_decoder_free(d);
	ur_encoder_free(e);
	free(message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_few_more_than_needed),
		cmocka_unit_test(test_reordered),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_two_streams_mixed),
		cmocka_unit_test(test_strays_do_not_switch),
		cmocka_unit_test(test_third_in_a_row_switches),
		cmocka_unit_test(test_degrees),
		cmocka_unit_test(test_largest_message),
		cmocka_unit_test(test_largest_single),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
