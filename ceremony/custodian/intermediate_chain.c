/* SPDX-License-Identifier: ISC */
/* A CA that others run: the way up to the root. */
#include "ceremony/custodian/intermediate.h"

#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/chain.h"

static bool
add(struct ceremony *c, struct chain_view *v, const uint8_t cert[32])
{
	return ceremony_load(c, cert, &v->certs[v->count].der,
		   &v->certs[v->count].len) &&
	    ++v->count > 0;
}

bool
intermediate_chain(struct ceremony *c, const uint8_t cert[32],
    struct chain_view *out)
{
	const struct history_token *issuer =
	    history_intermediate_issuer(c->history, cert);
	const struct history_token *root = issuer;
	bool ok;

	memset(out, 0, sizeof(*out));
	if (issuer == NULL)
		return ceremony_stop(c, EXIT_STATE,
		    "%s: a certificate whose issuer is not known",
		    c->state_path);
	if (strcmp(issuer->keys[0].role, "root") != 0 &&
	    (root = chain_root(c, issuer)) == NULL)
		return false;
	ok = add(c, out, cert) && add(c, out, issuer->keys[0].cert) &&
	    (root == issuer || add(c, out, root->keys[0].cert));
	if (!ok)
		chain_view_clear(out);
	return ok;
}

void
chain_view_clear(struct chain_view *v)
{
	for (size_t i = 0; i < sizeof(v->certs) / sizeof(v->certs[0]); i++)
		free(v->certs[i].der);
	memset(v, 0, sizeof(*v));
}
