/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/eye.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/qr/clock.h"
#include "ceremony/qr/reader.h"

/* A reader's processor time is limited; before it runs out on a picture that
 * is not to blame, another takes over. */
#define BUSY_MS 20000
#define CODES_MAX 1000 /* that a picture may have, found in all ways */

struct eye {
	struct qr_reader reader;
	int64_t busy_ms;
};

struct eye *
eye_new(void)
{
	struct eye *e = malloc(sizeof(*e));

	if (e == NULL)
		return NULL;
	e->busy_ms = 0;
	qr_reader_init(&e->reader);
	return e;
}

void
eye_free(struct eye *e)
{
	if (e == NULL)
		return;
	qr_reader_end(&e->reader);
	free(e);
}

static bool
have_reader(struct eye *e)
{
	if (e->reader.child.pid > 0 && e->busy_ms < BUSY_MS)
		return true;
	qr_reader_end(&e->reader);
	e->busy_ms = 0;
	return qr_reader_start(&e->reader);
}

static bool
ask(struct eye *e, const struct eye_view *v)
{
	struct message *m = &e->reader.out;

	message_start(m, MSG_PICTURE);
	m->fd = fcntl(v->fd, F_DUPFD_CLOEXEC, 0);
	message_put_number(m, v->form);
	message_put_number(m, v->width);
	message_put_number(m, v->height);
	message_put_number(m, v->offset);
	message_put_number(m, v->ways);
	return qr_reader_tell(&e->reader);
}

static bool
hear_seen(struct eye *e, const struct eye_view *v, struct eye_seen *seen)
{
	struct message *m = &e->reader.in;
	uint64_t next = message_get_number(m);
	const uint8_t *copy;
	size_t len;

	message_get_text(m, seen->why, 200);
	copy = message_get_octets(m, MESSAGE_PREVIEW, &len);
	/* a reader that stands still, or leads elsewhere */
	if (next <= v->offset || next > v->len ||
	    (len != 0 && len != MESSAGE_PREVIEW))
		m->bad = true;
	if (!qr_reader_fields_ok(&e->reader))
		return false;
	seen->next = (size_t)next;
	seen->has_copy = len != 0;
	if (seen->has_copy)
		memcpy(seen->copy, copy, len);
	return true;
}

static bool
hear(struct eye *e, const struct eye_view *v, eye_code *take, void *arg,
    struct eye_seen *seen)
{
	struct message *m = &e->reader.in;

	while (qr_reader_hear(&e->reader, MSG_CODE, MSG_SEEN)) {
		const uint8_t *text;
		size_t len;

		if (m->kind == MSG_SEEN)
			return hear_seen(e, v, seen);
		text = message_get_octets(m, MESSAGE_CODE_MAX, &len);
		if (seen->codes++ == CODES_MAX)
			m->bad = true;
		if (!qr_reader_fields_ok(&e->reader))
			return false;
		take(arg, text, len);
	}
	return false;
}

bool
eye_look(struct eye *e, const struct eye_view *v, eye_code *take, void *arg,
    struct eye_seen *seen)
{
	int64_t start;

	memset(seen, 0, sizeof(*seen));
	seen->next = v->len;
	if (!have_reader(e)) {
		snprintf(seen->why, sizeof(seen->why), "%.250s", e->reader.why);
		return false;
	}
	start = qr_now_ms();
	if (!ask(e, v) || !hear(e, v, take, arg, seen)) {
		seen->lost = true;
		seen->next = v->len;
		snprintf(seen->why, sizeof(seen->why), "%.250s", e->reader.why);
	}
	e->busy_ms += qr_now_ms() - start;
	return true;
}
