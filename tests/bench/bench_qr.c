/* SPDX-License-Identifier: ISC */
/*
 * QR streams: what a frame costs to make and to take, and how much of a file
 * arrives at 10 and 15 frames a second.  The channel's limit is the frames
 * that arrive times the octets that a frame carries at most at level L; the
 * file's octets do not deflate.  Prints tables, asserts nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "transfer/qr.h"
#include "transfer/qr_picture.h"
#include "transfer/ur.h"
#include "transfer/xoshiro.h"

#define ROUNDS 200
#define LOSS 30 /* of 100, where costs are measured */
#define SEEDS 5

static const struct {
	unsigned version;
	size_t octets; /* of a frame, at most */
} codes[] = {
	{ 10, 161 },
	{ 20, 588 },
	{ 25, 890 },
	{ 30, 1224 },
	{ 40, 2112 },
};
#define CODES (sizeof(codes) / sizeof(codes[0]))

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint8_t *
make_file(size_t len, unsigned seed)
{
	uint8_t *file = malloc(len);
	struct xoshiro x;

	xoshiro_seed(&x, &seed, sizeof(seed));
	for (size_t i = 0; file != NULL && i < len; i++)
		file[i] = (uint8_t)xoshiro_next(&x);
	return file;
}

/* The encoder for codes of a version at level L, 9 characters of type. */
static struct ur_encoder *
make_encoder(const uint8_t *file, size_t len, unsigned version,
    size_t *fragment)
{
	struct ur_encoder *e = NULL;

	*fragment = ur_fragment_fit(strlen(UR_TYPE), len,
	    qr_capacity(version, QR_LEVEL_L));
	(void)ur_encoder_new(UR_TYPE, file, len, *fragment, &e);
	return e;
}

struct cost {
	double text, symbol, picture, take, finish; /* milliseconds a frame */
	size_t taken;
};

static void
measure_make(const struct ur_encoder *e, unsigned version, struct cost *c)
{
	static char text[QR_TEXT_MAX + 1];
	static struct qr_symbol symbol;
	uint32_t first = (uint32_t)ur_encoder_count(e) + 1;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		double begin = now(), texted, drawn;
		struct qr_picture p;

		(void)ur_encoder_part(e, first + i, text, sizeof(text));
		texted = now();
		(void)qr_symbol_make(text, version, QR_LEVEL_L, &symbol);
		drawn = now();
		if (qr_picture_new(1280, 720, &p) == TRANSFER_OK)
			qr_picture_symbol(&p, &symbol, 0, 0, 5);
		qr_picture_free(&p);
		c->text += (texted - begin) * 1e3 / ROUNDS;
		c->symbol += (drawn - texted) * 1e3 / ROUNDS;
		c->picture += (now() - drawn) * 1e3 / ROUNDS;
	}
}

/* Frames that arrived until the message was whole; with c, what they cost. */
static size_t
receive(const struct ur_encoder *e, unsigned loss, unsigned seed,
    struct cost *c)
{
	static char text[QR_TEXT_MAX + 1];
	enum ur_taken taken = UR_NEW;
	struct ur_decoder *d;
	struct xoshiro x;
	size_t arrived = 0;

	if (ur_decoder_new(UR_TYPE, &d) != TRANSFER_OK)
		return 0;
	xoshiro_seed(&x, &seed, sizeof(seed));
	for (uint32_t seq = 1; taken != UR_COMPLETE; seq++) {
		const char *why;
		double begin, spent;

		if (xoshiro_between(&x, 1, 100) <= loss)
			continue;
		(void)ur_encoder_part(e, seq, text, sizeof(text));
		begin = now();
		taken = ur_decoder_take(d, text, strlen(text), &why);
		spent = (now() - begin) * 1e3;
		arrived++;
		if (c == NULL)
			continue;
		if (taken == UR_COMPLETE)
			c->finish = spent;
		else
			c->take += spent;
	}
	if (c != NULL && arrived > 1)
		c->take /= (double)(arrived - 1);
	ur_decoder_free(d);
	return arrived;
}

static void
frame_row(size_t len, unsigned version)
{
	uint8_t *file = make_file(len, 1);
	struct cost c = { 0 };
	size_t fragment;
	struct ur_encoder *e = make_encoder(file, len, version, &fragment);

	if (e != NULL) {
		measure_make(e, version, &c);
		(void)receive(e, LOSS, 1, &c);
		printf("v%u-L %8zu %6zu %6zu %9.3f %9.3f %9.3f %9.3f %9.1f\n",
		    version, len, fragment, ur_encoder_count(e), c.text,
		    c.symbol, c.picture, c.take, c.finish);
	}
	ur_encoder_free(e);
	free(file);
}

static void
goodput_row(size_t len, unsigned version, size_t octets, unsigned loss)
{
	static const unsigned rates[] = { 10, 15 };
	double arrived = 0, needed = 0;
	size_t fragment = 0;

	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		uint8_t *file = make_file(len, seed);
		struct ur_encoder *e =
		    make_encoder(file, len, version, &fragment);

		if (e != NULL) {
			arrived += (double)receive(e, loss, seed, NULL);
			needed += (double)ur_encoder_count(e);
		}
		ur_encoder_free(e);
		free(file);
	}
	printf("v%u-L %8zu %6zu %5u %% %12.3f", version, len, fragment, loss,
	    arrived / needed);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		double seconds =
		    arrived / SEEDS / (rates[i] * (100 - loss) / 100.0);

		printf(" %7.0f %7.1f", (double)len / seconds, seconds);
	}
	printf(" %8.2f\n", (double)len / (arrived / SEEDS * (double)octets));
}

int
main(void)
{
	static const size_t lens[] = { 10000, 100000, 1000000 };
	static const unsigned losses[] = { 0, LOSS };

	printf("milliseconds a frame behind the first pass, %u of 100 lost\n",
	    LOSS);
	printf("code      octets   part  parts      text    symbol   picture"
	       "      take    finish\n");
	for (size_t i = 0; i < CODES; i++)
		frame_row(100000, codes[i].version);
	frame_row(1000000, 25);
	printf("\nmean of %u streams; octets a second of file, seconds; both "
	       "rates against the limit\n",
	    SEEDS);
	printf("code      octets   part    loss parts/needed    10/s seconds"
	       "    15/s seconds of limit\n");
	for (size_t l = 0; l < sizeof(losses) / sizeof(losses[0]); l++) {
		for (size_t i = 0; i < CODES; i++) {
			for (size_t k = 0; k < sizeof(lens) / sizeof(lens[0]);
			     k++)
				goodput_row(lens[k], codes[i].version,
				    codes[i].octets, losses[l]);
		}
	}
	return 0;
}
