/* SPDX-License-Identifier: ISC */
/* What came from removable media, and what went out on them. */
#include <string.h>

#include "ceremony/record/history_line.h"
#include "transfer/media_use.h"

#define TEXT_MAX 256 /* a path on a medium, escaped, perhaps cut */

/* The fields of a record that tell of the medium itself. */
struct what {
	const char *direction, *file, *path, *bus, *model, *serial, *fs, *label,
	    *uuid;
	uint8_t sha256[32], object[32];
	bool has_object;
	uint64_t size;
};

static bool
is_closed(const struct history *h, const char *ceremony)
{
	for (size_t i = 0; i < h->ceremony_count; i++)
		if (strcmp(h->ceremonies[i].name, ceremony) == 0)
			return h->ceremonies[i].closed;
	return false;
}

/* Files come while a ceremony is held, and leave when it is closed: its head
 * is signed by then. */
static enum record_error
check_direction(const struct history_line *l, const struct what *w)
{
	bool out = strcmp(w->direction, "out") == 0;

	if (!out && strcmp(w->direction, "in") != 0)
		return history_refuse(l, RECORD_ERR_FORM,
		    "\"direction\" is neither in nor out");
	if (out && !is_closed(l->h, l->e->cer))
		return history_refuse(l, RECORD_ERR_ORDER,
		    "nothing leaves before the ceremony is closed");
	if (!out && l->g->phase == PHASE_CLOSED)
		return history_refuse(l, RECORD_ERR_ORDER,
		    "nothing comes while no ceremony is open");
	if (out != w->has_object)
		return history_refuse(l, RECORD_ERR_RULE,
		    out ? "a file that left is made of no object"
			: "a file that came names an object");
	return out ? history_exists(l, w->object, "object") : RECORD_OK;
}

bool
history_medium_known(const struct history *h, const char *ceremony,
    const char *file, const uint8_t sha256[32], const char *serial,
    const char *uuid)
{
	for (size_t i = 0; i < h->medium_count; i++) {
		const struct history_medium *m = &h->media[i];

		if (m->out && strcmp(m->ceremony, ceremony) == 0 &&
		    strcmp(m->file, file) == 0 &&
		    memcmp(m->sha256, sha256, 32) == 0 &&
		    strcmp(m->serial, serial) == 0 &&
		    strcmp(m->uuid, uuid) == 0)
			return true;
	}
	return false;
}

static enum record_error
keep(struct history_line *l, const struct what *w)
{
	struct history *h = l->h;
	struct history_medium *m;

	if (!history_grow(&h->media, h->medium_count, sizeof(*h->media)))
		return history_refuse(l, RECORD_ERR_MEMORY, "out of memory");
	m = &h->media[h->medium_count++];
	memset(m, 0, sizeof(*m));
	m->out = strcmp(w->direction, "out") == 0;
	memcpy(m->ceremony, l->e->cer, strlen(l->e->cer) + 1);
	memcpy(m->file, w->file, strlen(w->file) + 1);
	memcpy(m->serial, w->serial, strlen(w->serial) + 1);
	memcpy(m->uuid, w->uuid, strlen(w->uuid) + 1);
	memcpy(m->sha256, w->sha256, 32);
	memcpy(m->object, w->object, 32);
	return RECORD_OK;
}

enum record_error
history_do_medium(struct history_line *l)
{
	struct what w = { .object = { 0 } };
	enum record_error ret;
	const struct history_field rows[] = {
		{ "direction", FIELD_TEXT, 3, &w.direction, NULL },
		{ "file", FIELD_TEXT, APPROVAL_NAME_MAX, &w.file, NULL },
		{ "path", FIELD_TEXT, TEXT_MAX, &w.path, NULL },
		{ "size", FIELD_NUMBER, MEDIA_FILE_MAX, &w.size, NULL },
		{ "sha256", FIELD_HEX32, 0, w.sha256, NULL },
		{ "object", FIELD_HEX32_NONE, 0, w.object, &w.has_object },
		{ "bus", FIELD_TEXT, MEDIA_TEXT_MAX, &w.bus, NULL },
		{ "model", FIELD_TEXT, MEDIA_TEXT_MAX, &w.model, NULL },
		{ "serial", FIELD_TEXT, MEDIA_TEXT_MAX, &w.serial, NULL },
		{ "fs", FIELD_TEXT, MEDIA_TEXT_MAX, &w.fs, NULL },
		{ "label", FIELD_TEXT, MEDIA_TEXT_MAX, &w.label, NULL },
		{ "uuid", FIELD_TEXT, MEDIA_TEXT_MAX, &w.uuid, NULL },
	};

	if ((ret = history_body(l, HISTORY_ROWS(rows))) != RECORD_OK ||
	    (ret = check_direction(l, &w)) != RECORD_OK)
		return ret;
	if (strcmp(w.direction, "out") == 0 &&
	    history_medium_known(l->h, l->e->cer, w.file, w.sha256, w.serial,
		w.uuid))
		return history_refuse(l, RECORD_ERR_RULE,
		    "%s is on this medium already", w.file);
	return keep(l, &w);
}
