/* SPDX-License-Identifier: ISC */
#include "smartcard/secret.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

/*
 * A secret has whole pages to itself: locks and advice work on pages, and
 * unlocking one would unlock a neighbour.  Children see zeros
 * (MADV_WIPEONFORK), so that a child that frees what it inherited is safe.
 */
void *
secret_pages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (mlock(p, size) != 0 || madvise(p, size, MADV_DONTDUMP) != 0 ||
	    madvise(p, size, MADV_WIPEONFORK) != 0) {
		munmap(p, size);
		return NULL;
	}
	return p;
}

void
secret_pages_free(void *p, size_t size)
{
	if (p == NULL)
		return;
	OPENSSL_cleanse(p, size);
	munmap(p, size);
}

struct secret *
secret_new(void)
{
	return secret_pages(sizeof(struct secret));
}

struct secret *
secret_from(const void *data, size_t len)
{
	struct secret *s;

	if (len > SECRET_MAX || (data == NULL && len > 0))
		return NULL;
	s = secret_new();
	if (s == NULL)
		return NULL;
	if (len > 0)
		memcpy(s->data, data, len);
	s->len = len;
	return s;
}

struct secret *
secret_random(size_t len)
{
	struct secret *s;

	if (len > SECRET_MAX)
		return NULL;
	s = secret_new();
	if (s == NULL)
		return NULL;
	while (s->len < len) {
		ssize_t n = getrandom(s->data + s->len, len - s->len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			secret_free(s);
			return NULL;
		}
		s->len += (size_t)n;
	}
	return s;
}

bool
secret_equal(const struct secret *a, const struct secret *b)
{
	return a != NULL && b != NULL && a->len == b->len &&
	    CRYPTO_memcmp(a->data, b->data, a->len) == 0;
}

void
secret_free(struct secret *s)
{
	secret_pages_free(s, sizeof(*s));
}
