/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ca/profile.h"
#include "ceremony/record/history_line.h"

/* What each kind of step may ask of a key. */
static const struct history_kind kinds[] = {
	{ "quorum", "self-test", ON_NOTHING, ISSUER_NONE, true, false,
	    history_genesis_propose, history_genesis_result },
	{ "quorum-change", "self-test", ON_NOTHING, ISSUER_NONE, true, false,
	    history_change_propose, history_change_result },
	{ "rotate", "self-test", ON_REKEY, ISSUER_CA, true, true,
	    history_rotate_propose, history_rotate_result },
	{ "recovery", "self-test", ON_REKEY, ISSUER_CA, true, false,
	    history_rotate_propose, history_rotate_result },
	{ "backup", "export", ON_TOKEN, ISSUER_CA, true, false,
	    history_export_propose, history_export_result },
	{ "restore", "copy", ON_LABEL, ISSUER_NONE, false, false,
	    history_copy_propose, history_copy_result },
	{ "destroy", "self-test", ON_TOKEN, ISSUER_CA, false, false,
	    history_destroy_propose, history_destroy_result },
	{ "root", "self-test", ON_LABEL, ISSUER_NONE, false, false,
	    history_keygen_propose, history_keygen_result },
	{ "root", "copy", ON_LABEL, ISSUER_NONE, false, false,
	    history_copy_propose, history_copy_result },
	{ "root", "export", ON_TOKEN, ISSUER_CA, true, false,
	    history_export_propose, history_export_result },
	{ "root", "root", ON_TOKEN, ISSUER_CA, true, false, NULL,
	    history_certify_result },
	{ "root", "crl", ON_TOKEN, ISSUER_CA, true, false, NULL,
	    history_crl_result },
	{ "product-ca", "self-test", ON_LABEL, ISSUER_NONE, false, false,
	    history_keygen_propose, history_keygen_result },
	{ "product-ca", "copy", ON_LABEL, ISSUER_NONE, false, false,
	    history_copy_propose, history_copy_result },
	{ "product-ca", "export", ON_TOKEN, ISSUER_CA, true, false,
	    history_export_propose, history_export_result },
	{ "product-ca", "product-ca", ON_TOKEN, ISSUER_CA, true, false, NULL,
	    history_certify_result },
	{ "product-ca", "sealer", ON_TOKEN, ISSUER_CA, true, false, NULL,
	    history_certify_result },
	{ "product-ca", "crl", ON_TOKEN, ISSUER_CA, true, false, NULL,
	    history_crl_result },
	{ "intermediate", "intermediate", ON_TOKEN, ISSUER_CA, true, false,
	    history_intermediate_propose, history_intermediate_result },
	{ "intermediate", "seal-intermediate", ON_TOKEN, ISSUER_TOKEN, true,
	    false, history_seal_propose, history_seal_result },
	{ "work-order", "seal-order", ON_TOKEN, ISSUER_TOKEN, true, false,
	    history_order_propose, history_order_result },
	{ "batch", NULL, ON_TOKEN, ISSUER_CA, false, false,
	    history_batch_propose, history_batch_result },
	{ "crl", "crl", ON_TOKEN, ISSUER_CA, true, false, NULL,
	    history_crl_result },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct history_kind *
history_kind(const char *kind, const char *use)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].kind, kind) == 0 &&
		    (kinds[i].use == NULL || strcmp(kinds[i].use, use) == 0))
			return &kinds[i];
	return NULL;
}

bool
history_kind_known(const char *kind)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].kind, kind) == 0 && !kinds[i].any_step)
			return true;
	return strcmp(kind, "retire") == 0; /* without an act */
}
