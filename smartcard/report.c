/* SPDX-License-Identifier: ISC */
/* What module a token is used through, for the record. */
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "smartcard/module.h"

static bool
digest_file(int fd, uint8_t out[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t part[8192];
	ssize_t n = -1;
	bool ok =
	    ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	while (ok && (n = read(fd, part, sizeof(part))) > 0)
		ok = EVP_DigestUpdate(ctx, part, (size_t)n) == 1;
	ok = ok && n == 0 && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

enum card_error
module_report(const struct module *m, struct module_report *out)
{
	int fd = open(m->path, O_RDONLY | O_CLOEXEC);
	bool ok = fd != -1 && digest_file(fd, out->sha256);

	if (fd != -1)
		close(fd);
	out->path = m->path;
	out->version = m->version;
	out->conf = m->per_card && m->conf != NULL ? m->conf : "";
	return ok ? CARD_OK : CARD_ERR_LOAD;
}
