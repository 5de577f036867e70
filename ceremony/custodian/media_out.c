/* SPDX-License-Identifier: ISC */
/* What leaves on media, and the records of what came and left. */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/custodian/media.h"

static const char *
or_dash(const char *text)
{
	return text[0] == '\0' ? "-" : text;
}

static bool
record(struct ceremony *c, const char *direction, const char *file,
    const char *path, size_t size, const uint8_t sha256[32],
    const uint8_t *object, const struct medium *m)
{
	json_t *body = json_pack("{s:s,s:s,s:s,s:I,s:o,s:o}", "direction",
	    direction, "file", file, "path", path, "size", (json_int_t)size,
	    "sha256", json_digest(sha256), "object",
	    object == NULL ? json_string("-") : json_digest(object));
	json_t *medium = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "bus", m->bus,
	    "model", or_dash(m->model), "serial", or_dash(m->serial), "fs",
	    m->fs, "label", or_dash(m->label), "uuid", or_dash(m->uuid));

	if (body == NULL || medium == NULL ||
	    json_object_update(body, medium) != 0) {
		json_decref(body);
		body = NULL;
	}
	json_decref(medium);
	return ceremony_record(c, "medium", NULL, body, NULL);
}

bool
media_note(struct ceremony *c)
{
	struct media_desk *d = c->desk;

	for (size_t i = 0; d != NULL && i < d->taken_count; i++) {
		struct media_taken *t = &d->taken[i];

		if (t->noted)
			continue;
		t->noted = true;
		if (!record(c, "in", t->file, t->path, t->len, t->sha256, NULL,
			&t->medium))
			return false;
	}
	return true;
}

/* ---- out ---------------------------------------------------------------------- */

/* What the list tells of the medium that files left on last, if it is in. */
static bool
find_last(struct ceremony *c, struct medium *out)
{
	const struct media_desk *d = c->desk;

	if (!d->has_last || media_look(c, c->desk) != MEDIA_DONE)
		return false;
	for (size_t i = 0; i < d->list.count; i++) {
		const struct medium *m = &d->list.media[i];

		if (m->why[0] == '\0' && strcmp(m->uuid, d->last.uuid) == 0 &&
		    strcmp(m->serial, d->last.serial) == 0 &&
		    strcmp(m->name, d->last.name) == 0) {
			*out = *m;
			return true;
		}
	}
	return false;
}

/* Is the same file there?  After a stop, or a medium pulled at the end. */
static bool
is_there(struct ceremony *c, const struct medium *m, const char *file,
    const uint8_t sha256[32])
{
	char why[sizeof(c->desk->why)];
	uint8_t *data = NULL, digest[32];
	size_t len = 0;
	bool same;

	memcpy(why, c->desk->why, sizeof(why));
	same = media_take(c, c->desk, m, file, &data, &len, digest) ==
		MEDIA_DONE &&
	    memcmp(digest, sha256, 32) == 0;
	free(data);
	memcpy(c->desk->why, why, sizeof(why));
	return same;
}

/* One medium; *done: the file is on it. */
static bool
bring_one(struct ceremony *c, const struct medium *m, const char *file,
    const uint8_t *data, size_t len, const uint8_t sha256[32], bool *done)
{
	enum media_answer answer = media_bring(c, c->desk, m, file, data, len);
	bool there = false;

	if (answer == MEDIA_STOPPED)
		return false;
	if (answer == MEDIA_FAULT)
		there = is_there(c, m, file, sha256);
	*done = answer == MEDIA_DONE || there;
	if (*done)
		people_say(c->people,
		    there ? "%s: is on medium %s already, the same"
			  : "written and compared: %s on medium %s",
		    file, m->name);
	else
		people_say(c->people, "%s", c->desk->why);
	return true;
}

/* Until it is on one of them. */
static bool
leave(struct ceremony *c, const char *file, const uint8_t *data, size_t len,
    const uint8_t sha256[32], struct medium *m)
{
	bool known = find_last(c, m), done = false;

	while (!done) {
		if (!known && !media_pick(c, file, c->desk->out_label, true, m))
			return false;
		known = false;
		if (!bring_one(c, m, file, data, len, sha256, &done))
			return false;
	}
	c->desk->last = *m;
	c->desk->has_last = true;
	return true;
}

bool
media_put(struct ceremony *c, const char *file, const uint8_t *data, size_t len)
{
	struct medium m;
	uint8_t sha256[32];

	SHA256(data, len, sha256);
	return leave(c, file, data, len, sha256, &m);
}

bool
media_output(struct ceremony *c, const char *file, const uint8_t *data,
    size_t len, const uint8_t object[32])
{
	struct medium m;
	uint8_t sha256[32];

	if (c->status == EXIT_STOPPED)
		return false; /* people said so, for all that is left */
	SHA256(data, len, sha256);
	c->desk->leaving = true;
	if (!leave(c, file, data, len, sha256, &m))
		return false;
	if (history_medium_known(c->history, c->plan->ceremony, file, sha256,
		or_dash(m.serial), or_dash(m.uuid)))
		return true;
	return record(c, "out", file, file, len, sha256, object, &m);
}
