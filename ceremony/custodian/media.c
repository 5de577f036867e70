/* SPDX-License-Identifier: ISC */
/* Asking anchorite-media; nothing that it says is believed before it was held
 * against its form. */
#include "ceremony/custodian/media.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/file.h"

#define PLACE "media"

bool
media_is(const char *place, const char **label)
{
	size_t n = strlen(PLACE);

	*label = NULL;
	if (place == NULL || strncmp(place, PLACE, n) != 0 ||
	    (place[n] != '\0' && place[n] != ':'))
		return false;
	if (place[n] == ':')
		*label = place + n + 1;
	return true;
}

bool
media_open(struct ceremony *c, const struct ceremony_files *files)
{
	const char *in, *out, *state;
	bool has_in = media_is(files->in, &in);
	bool has_out = media_is(files->out, &out);
	bool has_state = media_is(files->state, &state);

	/* a rehearsal has folders of its own, and nobody to ask */
	if (c->rehearsal || (!has_in && !has_out && !has_state))
		return true;
	c->desk = calloc(1, sizeof(*c->desk));
	if (c->desk == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	c->desk->loops = files->loops;
	c->desk->in = has_in;
	c->desk->out = has_out;
	c->desk->state = has_state;
	c->desk->in_label = in;
	c->desk->state_label = state == NULL ? MEDIA_STATE_LABEL : state;
	c->desk->out_label = out;
	c->desk->child = (struct child){ .pid = -1, .sock = -1 };
	return child_start(c, SPAWN_MEDIA, &c->desk->child);
}

void
media_end(struct ceremony *c)
{
	if (c->desk == NULL)
		return;
	mirror_close(c->desk->mirror);
	for (size_t i = 0; i < c->desk->copy_count; i++)
		close(c->desk->copies[i].fd);
	child_end(&c->desk->child);
	for (size_t i = 0; i < c->desk->taken_count; i++)
		free(c->desk->taken[i].data);
	free(c->desk);
	c->desk = NULL;
}

/* The sentence of a fault, kept. */
static enum media_answer
fault(struct ceremony *c, struct media_desk *d)
{
	uint64_t code = child_fault_code(c);

	if (code != FAULT_MEDIA) {
		child_fault(c);
		return MEDIA_STOPPED;
	}
	return child_fault_text(c, d->why) ? MEDIA_FAULT : MEDIA_STOPPED;
}

/* The next answer is one of two, or a fault. */
static enum media_answer
hear(struct ceremony *c, struct media_desk *d, enum message_kind a,
    enum message_kind b)
{
	if (!child_hear_any(c, &d->child, a, b, MSG_FAULT))
		return MEDIA_STOPPED;
	return c->in.kind == MSG_FAULT ? fault(c, d) : MEDIA_DONE;
}

static enum media_answer
ask(struct ceremony *c, struct media_desk *d, enum message_kind want)
{
	return child_tell(c, &d->child) ? hear(c, d, want, want)
					: MEDIA_STOPPED;
}

static bool
get_medium(struct ceremony *c, struct medium *m)
{
	message_get_text(&c->in, m->name, sizeof(m->name) - 1);
	message_get_text(&c->in, m->disk, sizeof(m->disk) - 1);
	message_get_text(&c->in, m->bus, sizeof(m->bus) - 1);
	m->size = message_get_number(&c->in);
	message_get_text(&c->in, m->model, sizeof(m->model) - 1);
	message_get_text(&c->in, m->serial, sizeof(m->serial) - 1);
	m->flags = message_get_number(&c->in);
	message_get_text(&c->in, m->fs, sizeof(m->fs) - 1);
	message_get_text(&c->in, m->label, sizeof(m->label) - 1);
	message_get_text(&c->in, m->uuid, sizeof(m->uuid) - 1);
	message_get_text(&c->in, m->why, sizeof(m->why) - 1);
	return child_fields_ok(c);
}

enum media_answer
media_look(struct ceremony *c, struct media_desk *d)
{
	enum media_answer answer;

	d->list.count = 0;
	message_start(&c->out, MSG_MEDIA_FIND);
	message_put_number(&c->out, d->loops);
	if (!child_tell(c, &d->child))
		return MEDIA_STOPPED;
	while ((answer = hear(c, d, MSG_MEDIUM, MSG_DONE)) == MEDIA_DONE &&
	    c->in.kind == MSG_MEDIUM) {
		struct medium *m = &d->list.media[d->list.count];

		if (d->list.count == MEDIA_MAX) {
			ceremony_stop(c, EXIT_PROCESS,
			    "media: more of them than there can be");
			return MEDIA_STOPPED;
		}
		m->place = d->list.count;
		if (!get_medium(c, m))
			return MEDIA_STOPPED;
		d->list.count++;
	}
	return answer;
}

enum media_answer
media_hold(struct ceremony *c, struct media_desk *d, const struct medium *m,
    int *fd)
{
	enum media_answer answer;

	*fd = -1;
	message_start(&c->out, MSG_MEDIA_STATE);
	message_put_number(&c->out, m->place);
	if ((answer = ask(c, d, MSG_MEDIA_FOLDER)) != MEDIA_DONE)
		return answer;
	if (!child_fields_ok(c))
		return MEDIA_STOPPED;
	*fd = c->in.fd;
	c->in.fd = -1;
	return MEDIA_DONE;
}

/* ---- folders ---------------------------------------------------------------- */

static bool
keep_entry(struct ceremony *c, struct media_listing *l)
{
	struct media_entry *e = &l->entries[l->count];
	size_t len;
	const uint8_t *name = message_get_octets(&c->in, MEDIA_NAME_MAX, &len);
	uint64_t kind = message_get_number(&c->in);

	e->size = message_get_number(&c->in);
	if (!child_fields_ok(c))
		return false;
	e->kind = kind < MEDIA_ENTRY_COUNT ? (enum media_entry_kind)kind
					   : MEDIA_ENTRY_OTHER;
	e->name = len == 0 || memchr(name, '\0', len) != NULL
	    ? NULL
	    : strndup((const char *)name, len);
	if (e->name != NULL) {
		l->count++;
		return true;
	}
	return ceremony_stop(c, EXIT_PROCESS, "media: a name that is none");
}

enum media_answer
media_folder(struct ceremony *c, struct media_desk *d, const struct medium *m,
    const char *path, struct media_listing *out)
{
	enum media_answer answer;

	memset(out, 0, sizeof(*out));
	out->entries = calloc(MEDIA_SHOWN_MAX, sizeof(*out->entries));
	message_start(&c->out, MSG_MEDIA_LIST);
	message_put_number(&c->out, m->place);
	message_put_text(&c->out, path);
	if (out->entries == NULL || !child_tell(c, &d->child)) {
		media_listing_clear(out);
		ceremony_stop(c, EXIT_PROCESS, "out of memory");
		return MEDIA_STOPPED;
	}
	while ((answer = hear(c, d, MSG_MEDIA_ENTRY, MSG_MEDIA_LISTED)) ==
		MEDIA_DONE &&
	    c->in.kind == MSG_MEDIA_ENTRY) {
		if (out->count == MEDIA_SHOWN_MAX || !keep_entry(c, out)) {
			ceremony_stop(c, EXIT_PROCESS,
			    "media: more names than it may tell");
			answer = MEDIA_STOPPED;
			break;
		}
	}
	if (answer == MEDIA_DONE) {
		out->total = (size_t)message_get_number(&c->in);
		out->more = message_get_number(&c->in) != 0;
		if (!child_fields_ok(c))
			answer = MEDIA_STOPPED;
	}
	if (answer != MEDIA_DONE)
		media_listing_clear(out);
	return answer;
}

/* ---- files ------------------------------------------------------------------ */

/* The octets of a sealed memory file, which are those that were told. */
static bool
copy_out(struct ceremony *c, int fd, uint64_t size, const uint8_t told[32],
    uint8_t **data)
{
	int want = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int seals = fcntl(fd, F_GET_SEALS);
	uint8_t digest[32];
	struct stat st;

	*data = NULL;
	if (seals == -1 || (seals & want) != want || fstat(fd, &st) != 0 ||
	    size > MEDIA_FILE_MAX || (uint64_t)st.st_size != size)
		return ceremony_stop(c, EXIT_PROCESS,
		    "media: what came is no sealed file");
	*data = malloc((size_t)size + 1);
	if (*data == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	for (uint64_t at = 0; at < size;) {
		ssize_t n =
		    pread(fd, *data + at, (size_t)(size - at), (off_t)at);
		if (n <= 0)
			return ceremony_stop(c, EXIT_PROCESS,
			    "media: what came cannot be read");
		at += (uint64_t)n;
	}
	(*data)[size] = '\0';
	SHA256(*data, (size_t)size, digest);
	return memcmp(digest, told, 32) == 0 ||
	    ceremony_stop(c, EXIT_PROCESS,
		"media: what came has another digest than was told");
}

enum media_answer
media_take(struct ceremony *c, struct media_desk *d, const struct medium *m,
    const char *path, uint8_t **data, size_t *len, uint8_t sha256[32])
{
	enum media_answer answer;
	uint64_t size;

	*data = NULL;
	message_start(&c->out, MSG_MEDIA_READ);
	message_put_number(&c->out, m->place);
	message_put_text(&c->out, path);
	message_put_number(&c->out, MEDIA_FILE_MAX);
	if ((answer = ask(c, d, MSG_MEDIA_FILE)) != MEDIA_DONE)
		return answer;
	size = message_get_number(&c->in);
	message_get_exact(&c->in, sha256, 32);
	if (child_fields_ok(c) && copy_out(c, c->in.fd, size, sha256, data)) {
		*len = (size_t)size;
	} else {
		free(*data);
		*data = NULL;
		answer = MEDIA_STOPPED;
	}
	message_clear(&c->in);
	return answer;
}

enum media_answer
media_bring(struct ceremony *c, struct media_desk *d, const struct medium *m,
    const char *name, const uint8_t *data, size_t len)
{
	enum media_answer answer;
	uint8_t digest[32], told[32];

	message_start(&c->out, MSG_MEDIA_WRITE);
	message_put_number(&c->out, m->place);
	message_put_text(&c->out, name);
	c->out.fd = file_memfd(data, len);
	if (c->out.fd == -1) {
		ceremony_stop(c, EXIT_PROCESS, "memory file: %s",
		    strerror(errno));
		return MEDIA_STOPPED;
	}
	if ((answer = ask(c, d, MSG_MEDIA_WRITTEN)) != MEDIA_DONE)
		return answer;
	SHA256(data, len, digest);
	bool same = message_get_number(&c->in) == len;
	message_get_exact(&c->in, told, 32);
	if (!child_fields_ok(c))
		return MEDIA_STOPPED;
	if (same && memcmp(told, digest, 32) == 0)
		return MEDIA_DONE;
	ceremony_stop(c, EXIT_PROCESS, "media: it wrote something else");
	return MEDIA_STOPPED;
}

enum media_answer
media_make(struct ceremony *c, struct media_desk *d, const struct medium *m,
    const char *label, bool erase)
{
	message_start(&c->out, MSG_MEDIA_PREPARE);
	message_put_number(&c->out, m->place);
	message_put_text(&c->out, label);
	message_put_number(&c->out, erase);
	return ask(c, d, MSG_OK);
}
