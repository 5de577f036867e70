/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/module_note.h"

#include <string.h>

bool
module_note(struct ceremony *c, struct child *signer, const char *name)
{
	char path[256], version[65];
	uint8_t sha256[32], conf[32];
	const uint8_t *text;
	size_t len = 0;

	if (!c->history->open || strcmp(name, "softhsm") == 0)
		return true;
	message_start(&c->out, MSG_MODULE);
	if (!child_ask(c, signer, MSG_MODULE_IS))
		return false;
	message_get_text(&c->in, path, sizeof(path) - 1);
	message_get_text(&c->in, version, sizeof(version) - 1);
	message_get_exact(&c->in, sha256, sizeof(sha256));
	text = message_get_octets(&c->in, MESSAGE_CONF_MAX, &len);
	if (!child_fields_ok(c))
		return false;
	if (len == 0)
		return true;
	if (!ceremony_store(c, text, len, conf))
		return false;
	if (history_module_known(c->history, path, version, sha256, conf))
		return true;
	return ceremony_record(c, "module", NULL,
	    json_pack("{s:s,s:s,s:o,s:o}", "path", path, "version", version,
		"sha256", json_digest(sha256), "conf", json_digest(conf)),
	    NULL);
}
