/* SPDX-License-Identifier: ISC */
#ifndef SMARTCARD_SECRET_H
#define SMARTCARD_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_MAX 320 /* octets: 33 words of SLIP-0039 and then some */

/*
 * The one type for PINs, shares, K and S: memory of its own pages, locked,
 * left out of core dumps and of children, wiped by secret_free() on every
 * path.  data has room for SECRET_MAX octets and a NUL; len octets count.
 */
struct secret {
	size_t len;
	uint8_t data[SECRET_MAX + 1];
};

/* A new, empty secret; NULL when memory cannot be had or locked. */
struct secret *secret_new(void);
/* A new secret holding a copy; len at most SECRET_MAX. */
struct secret *secret_from(const void *data, size_t len);
/* A new secret of len random octets (getrandom); NULL on failure. */
struct secret *secret_random(size_t len);
/* Constant-time comparison. */
bool secret_equal(const struct secret *a, const struct secret *b);
/* Wipe and free; NULL is fine. */
void secret_free(struct secret *s);

/*
 * Pages as a secret has them, zeroed, for what secrets pass through beside
 * other things: messages.  NULL when they cannot be had or locked.
 * secret_pages_free() wipes; the same size as was asked for, NULL is fine.
 */
void *secret_pages(size_t size);
void secret_pages_free(void *p, size_t size);

#endif
