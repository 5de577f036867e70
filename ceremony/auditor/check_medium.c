/* SPDX-License-Identifier: ISC */
/* Files that came and left on removable media. */
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/auditor/audit.h"

/* DER in PEM of that name has this digest? */
static bool
is_pem(const char *name, const uint8_t *der, size_t len, const uint8_t want[32])
{
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t digest[32] = { 0 };
	char *data = NULL;
	long n = 0;

	if (bio != NULL && PEM_write_bio(bio, name, "", der, (long)len) > 0 &&
	    (n = BIO_get_mem_data(bio, &data)) > 0)
		SHA256((const uint8_t *)data, (size_t)n, digest);
	BIO_free(bio);
	return n > 0 && memcmp(digest, want, 32) == 0;
}

/* What left is an object of the record, as it is or in PEM; a file made of
 * more than one is not made again here. */
static void
check_made_of(struct audit *a, const struct history_medium *m)
{
	size_t len = 0;
	uint8_t *object;

	if (memcmp(m->sha256, m->object, 32) == 0)
		return;
	if ((object = audit_object(a, m->object, &len)) == NULL)
		return;
	if (!is_pem(PEM_STRING_X509_CRL, object, len, m->sha256) &&
	    !is_pem(PEM_STRING_X509, object, len, m->sha256))
		report_note(a->report,
		    "transcript.jsonl line %llu: medium: %s is neither its "
		    "object nor that in PEM: compare it by hand",
		    (unsigned long long)a->event->seq + 1, m->file);
	free(object);
}

void
check_medium(struct audit *a)
{
	const struct history *h = a->history;
	const struct history_medium *m;

	if (h->medium_count == 0)
		return;
	m = &h->media[h->medium_count - 1];
	if (!m->out) {
		a->counts.media_in++;
		return;
	}
	a->counts.media_out++;
	check_made_of(a, m);
}
