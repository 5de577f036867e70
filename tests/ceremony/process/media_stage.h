/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_PROCESS_MEDIA_STAGE_H
#define TESTS_CEREMONY_PROCESS_MEDIA_STAGE_H

/* The real anchorite-media and a real device: asking, and what is answered. */
#include <openssl/sha.h>

#include "tests/ceremony/process/driver.h"
#include "tests/ceremony/process/loop.h"
#include "transfer/file.h"

struct seen { /* a medium of the list */
	uint64_t at, size, flags;
	char name[32], disk[32], bus[32], model[65], serial[65], fs[33],
	    label[65], uuid[65], why[201];
};

/* Look for all; *out is the one of that name.  Whether it is there. */
static inline bool
find(struct peer *p, const char *name, struct seen *out)
{
	bool found = false;
	uint64_t at = 0;

	message_put_number(peer_start(p, MSG_MEDIA_FIND), 1);
	peer_tell(p);
	for (peer_recv(p); p->in.kind == MSG_MEDIUM; peer_recv(p), at++) {
		struct seen s = { .at = at };

		message_get_text(&p->in, s.name, sizeof(s.name) - 1);
		message_get_text(&p->in, s.disk, sizeof(s.disk) - 1);
		message_get_text(&p->in, s.bus, sizeof(s.bus) - 1);
		s.size = message_get_number(&p->in);
		message_get_text(&p->in, s.model, sizeof(s.model) - 1);
		message_get_text(&p->in, s.serial, sizeof(s.serial) - 1);
		s.flags = message_get_number(&p->in);
		message_get_text(&p->in, s.fs, sizeof(s.fs) - 1);
		message_get_text(&p->in, s.label, sizeof(s.label) - 1);
		message_get_text(&p->in, s.uuid, sizeof(s.uuid) - 1);
		message_get_text(&p->in, s.why, sizeof(s.why) - 1);
		assert_true(message_done(&p->in));
		if (strcmp(s.name, name) != 0)
			continue;
		*out = s;
		found = true;
	}
	assert_int_equal(p->in.kind, MSG_DONE);
	return found;
}

/* The fault says so, with LOOP for the name of the device. */
static inline void
expect(struct peer *p, const struct loop *l, const char *want)
{
	char text[513], full[400];
	const char *mark = strstr(want, "LOOP");

	if (peer_fault(p, text) != FAULT_MEDIA)
		fail_msg("%s: \"%s\"", want, text);
	snprintf(full, sizeof(full), "%.*s%s%s",
	    mark == NULL ? 0 : (int)(mark - want), want,
	    mark == NULL ? "" : l->name, mark == NULL ? want : mark + 4);
	assert_string_equal(text, full);
}

static inline void
ask_read(struct peer *p, uint64_t at, const char *path)
{
	message_put_number(peer_start(p, MSG_MEDIA_READ), at);
	message_put_text(&p->out, path);
	message_put_number(&p->out, 1000);
	peer_try(p);
}

static inline void
ask_write(struct peer *p, uint64_t at, const char *name, const char *text)
{
	message_put_number(peer_start(p, MSG_MEDIA_WRITE), at);
	message_put_text(&p->out, name);
	p->out.fd = file_memfd(text, strlen(text));
	peer_try(p);
}

static inline void
ask_number(struct peer *p, enum message_kind kind, uint64_t at)
{
	message_put_number(peer_start(p, kind), at);
	peer_try(p);
}

static inline void
expect_file(struct peer *p, const char *want)
{
	uint8_t digest[32], got[32];
	char text[64] = "";

	assert_int_equal(p->in.kind, MSG_MEDIA_FILE);
	assert_int_equal(message_get_number(&p->in), strlen(want));
	message_get_exact(&p->in, got, 32);
	assert_true(message_done(&p->in));
	SHA256((const uint8_t *)want, strlen(want), digest);
	assert_memory_equal(got, digest, 32);
	assert_int_equal(read(p->in.fd, text, sizeof(text)), strlen(want));
	assert_string_equal(text, want);
	assert_int_equal(write(p->in.fd, "x", 1), -1);
	assert_true((fcntl(p->in.fd, F_GET_SEALS) & F_SEAL_WRITE) != 0);
	message_clear(&p->in);
}

static inline void
expect_written(struct peer *p, const char *text)
{
	uint8_t digest[32], got[32];

	assert_int_equal(p->in.kind, MSG_MEDIA_WRITTEN);
	assert_int_equal(message_get_number(&p->in), strlen(text));
	message_get_exact(&p->in, got, 32);
	SHA256((const uint8_t *)text, strlen(text), digest);
	assert_memory_equal(got, digest, 32);
}

/* A medium with a file "f", and its process. */
struct stage {
	struct loop loop;
	struct peer *peer;
	struct seen seen;
};

static inline void
stage_begin(struct stage *s, const char *label)
{
	loop_begin(&s->loop, "stick.img");
	loop_put(&s->loop, "f", "octets");
	loop_format(&s->loop, label);
}

/* Attached, a process started, the medium found; else the test is skipped. */
static inline void
stage_attach(struct stage *s)
{
	if (!loop_attach(&s->loop, -1, false)) {
		loop_end(&s->loop);
		skip();
	}
	s->peer = peer_new(SPAWN_MEDIA);
	assert_true(find(s->peer, s->loop.name, &s->seen));
}

static inline void
stage_end(struct stage *s)
{
	peer_free(s->peer);
	loop_end(&s->loop);
}

static inline int
setup(void **state)
{
	(void)state;
	peer_find_executables();
	return 0;
}

#endif
