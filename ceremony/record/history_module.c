/* SPDX-License-Identifier: ISC */
/* Through which modules the tokens of a ceremony are used. */
#include <openssl/sha.h>
#include <string.h>

#include "ceremony/record/history_line.h"

#define PATH_MAX_LEN 255
#define VERSION_MAX_LEN 64

/* One digest for the four of them. */
static void
set_of(const char *path, const char *version, const uint8_t sha256[32],
    const uint8_t conf[32], uint8_t out[32])
{
	uint8_t all[PATH_MAX_LEN + 1 + VERSION_MAX_LEN + 1 + 64] = { 0 };

	strncpy((char *)all, path, PATH_MAX_LEN);
	strncpy((char *)all + PATH_MAX_LEN + 1, version, VERSION_MAX_LEN);
	memcpy(all + sizeof(all) - 64, sha256, 32);
	memcpy(all + sizeof(all) - 32, conf, 32);
	SHA256(all, sizeof(all), out);
}

static bool
known(const struct history_group *g, const uint8_t set[32])
{
	for (size_t i = 0; i < g->module_count; i++)
		if (memcmp(g->modules[i], set, 32) == 0)
			return true;
	return false;
}

bool
history_module_known(const struct history *h, const char *path,
    const char *version, const uint8_t sha256[32], const uint8_t conf[32])
{
	uint8_t set[32];

	set_of(path, version, sha256, conf, set);
	return known(h->private_, set);
}

enum record_error
history_do_module(struct history_line *l)
{
	struct history_group *g = l->g;
	const char *path, *version;
	uint8_t sha256[32], conf[32], set[32];
	enum record_error ret;
	const struct history_field rows[] = {
		{ "path", FIELD_TEXT, PATH_MAX_LEN, &path, NULL },
		{ "version", FIELD_TEXT, VERSION_MAX_LEN, &version, NULL },
		{ "sha256", FIELD_HEX32, 0, sha256, NULL },
		{ "conf", FIELD_HEX32, 0, conf, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = history_exists(l, conf, "conf")) != RECORD_OK)
		return ret;
	set_of(path, version, sha256, conf, set);
	if (known(g, set))
		return history_refuse(l, RECORD_ERR_RULE,
		    "this module stands in this ceremony already");
	if (!history_grow(&g->modules, g->module_count, sizeof(*g->modules)))
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	memcpy(g->modules[g->module_count++], set, 32);
	return RECORD_OK;
}
