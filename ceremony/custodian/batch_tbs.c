/* SPDX-License-Identifier: ISC */
/* What an intent must be, built here once more from the worklist: a signer
 * that means something else is found out before anything is written down. */
#include <openssl/x509.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/subject.h"
#include "ceremony/custodian/batch.h"
#include "ceremony/custodian/chain.h"

bool
batch_intends(const struct batch *b, size_t i, const uint8_t serial[17],
    const uint8_t tbs_sha256[32])
{
	const struct worklist_entry *e = &b->list.entries[i];
	const struct csr *csr = &b->request.entries[i].csr;
	char subject[SUBJECT_TEXT_MAX + 1];
	struct cert_spec spec = { .profile = profile_find(e->profile),
		.subject = subject,
		.hwserial = e->hwserial[0] == '\0' ? NULL : e->hwserial,
		.spki = csr->spki,
		.spki_len = csr->spki_len,
		.issuer = b->issuer,
		.not_before = e->not_before,
		.not_after = e->not_after };
	uint8_t digest[32];
	X509 *cert = NULL;
	bool ok;

	memcpy(spec.serial, serial, sizeof(spec.serial));
	ok = spec.profile != NULL &&
	    subject_expand(b->list.subject, e->id, subject) == CA_OK &&
	    cert_build(&spec, &cert) == CA_OK &&
	    cert_tbs_digest(cert, digest) == CA_OK &&
	    memcmp(digest, tbs_sha256, sizeof(digest)) == 0;
	X509_free(cert);
	return ok;
}

bool
batch_can_resume(struct ceremony *c, struct batch *b)
{
	if (b->issuer == NULL && !chain_cert(c, b->token, 0, &b->issuer))
		return false;
	for (size_t i = 0; i < b->list.count; i++) {
		const struct worklist_entry *e = &b->list.entries[i];
		if (e->what != WORKLIST_CERT || !e->resumed ||
		    batch_intends(b, i, e->serial, e->tbs_sha256))
			continue;
		return ceremony_stop(c, EXIT_STATE,
		    "%s entry %zu (%s): its intent before the stop was another "
		    "TBS than this version builds: go on with the version that "
		    "ceremony.open names",
		    b->plan->request, i + 1, e->id);
	}
	return true;
}
