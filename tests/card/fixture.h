/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_FIXTURE_H
#define TESTS_CARD_FIXTURE_H

/* A virtual card in a folder of its own, and commands to it. */

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/card/card.h"

#define NO_LE (-1)
#define USER_PIN "648219"
#define SO_PIN "\x35\x37\x36\x32\x31\x38\x38\x30"

struct fixture {
	char dir[512], path[600], control[620];
	struct card *card;
	uint8_t data[CARD_ANSWER_MAX]; /* of the last answer */
	size_t len;
};

static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *base = getenv("BUILD");

	if (f == NULL)
		return -1;
	*state = f;
	snprintf(f->dir, sizeof(f->dir), "%s/card.XXXXXX",
	    base != NULL ? base : "/tmp");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/one", f->dir);
	snprintf(f->control, sizeof(f->control), "%s.control", f->path);
	f->card = card_new(f->path);
	return f->card != NULL ? 0 : -1;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "one", "one.lock", "one.control",
		"one.seen", "two", "two.lock" };
	char path[640];

	card_free(f->card);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		unlink(path);
	}
	rmdir(f->dir);
	free(f);
	return 0;
}

/* Renamed into its place: a card that looks meanwhile sees no half of it. */
static inline void
control(const struct fixture *f, const char *text)
{
	char next[640];
	FILE *out;

	snprintf(next, sizeof(next), "%s.next", f->control);
	out = fopen(next, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(rename(next, f->control), 0);
}

/* As a later process has the card. */
static inline void
restart(struct fixture *f)
{
	card_free(f->card);
	f->card = card_new(f->path);
	assert_non_null(f->card);
}

/* The status word of the octets as they are; 0 when the card is gone. */
static inline unsigned
transmit(struct fixture *f, const uint8_t *octets, size_t len)
{
	unsigned sw;

	if (card_apdu(f->card, octets, len, f->data, &f->len) == CARD_GONE)
		return 0;
	assert_true(f->len >= 2);
	f->len -= 2;
	sw = (unsigned)f->data[f->len] << 8 | f->data[f->len + 1];
	return sw;
}

/* A command by its header, CLA INS P1 P2 as one number; extended when it has
 * to be. */
static inline unsigned
command(struct fixture *f, uint32_t header, const void *data, size_t len,
    int le)
{
	uint8_t c[8192] = { (uint8_t)(header >> 24), (uint8_t)(header >> 16),
		(uint8_t)(header >> 8), (uint8_t)header };
	bool extended = len > 255 || le > 256;
	size_t n = 4;

	if (extended)
		c[n++] = 0;
	if (len > 0) {
		if (extended)
			c[n++] = (uint8_t)(len >> 8);
		c[n++] = (uint8_t)len;
		memcpy(c + n, data, len);
		n += len;
	}
	if (le != NO_LE) {
		if (extended)
			c[n++] = (uint8_t)(le >> 8);
		c[n++] = (uint8_t)le;
	}
	return transmit(f, c, n);
}

/* The longest answer there is. */
#define ALL 65536

#define TEXT(s) (s), sizeof(s) - 1

/* Three tries, the SO may set the PIN; more, such as a DKEK, behind that. */
#define INITIALISE                                                             \
	"\x80\x02\x00\x01\x81\x06" USER_PIN "\x82\x08" SO_PIN "\x91\x01\x03"

static inline void
initialise(struct fixture *f)
{
	assert_int_equal(command(f, 0x80500000, TEXT(INITIALISE), NO_LE),
	    0x9000);
}

static inline unsigned
verify(struct fixture *f, const char *pin)
{
	return command(f, 0x00200081, pin, strlen(pin), NO_LE);
}

/* Initialised and logged in. */
static inline void
ready(struct fixture *f)
{
	initialise(f);
	assert_int_equal(verify(f, USER_PIN), 0x9000);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
