/* SPDX-License-Identifier: ISC */
#include "ceremony/process/reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ceremony/process/channel.h"
#include "ceremony/process/spawn.h"

bool
reader_send(struct reader *r)
{
	bool sent = channel_send(SPAWN_FD, &r->out) == CHANNEL_OK;

	message_clear(&r->out);
	return sent;
}

void
reader_fault(struct reader *r, unsigned line, unsigned column, const char *text)
{
	char safe[400];

	snprintf(safe, sizeof(safe), "%s", text);
	for (char *c = safe; *c != '\0'; c++) {
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	}
	message_start(&r->out, MSG_FAULT);
	message_put_number(&r->out, FAULT_FORM);
	message_put_number(&r->out, line);
	message_put_number(&r->out, column);
	message_put_text(&r->out, safe);
	reader_send(r);
}

bool
reader_hear(struct reader *r, unsigned state)
{
	enum channel_error err;
	char text[100];

	message_clear(&r->in);
	err = channel_recv(SPAWN_FD, &r->in, -1, true, state);
	if (err != CHANNEL_OK && err != CHANNEL_ERR_CLOSED) {
		snprintf(text, sizeof(text), "reader: %s",
		    channel_strerror(err));
		reader_fault(r, 0, 0, text);
	}
	return err == CHANNEL_OK;
}

void
reader_done(struct reader *r)
{
	message_start(&r->out, MSG_DONE);
	reader_send(r);
}

bool
reader_map(struct reader *r, size_t max)
{
	off_t size = lseek(r->in.fd, 0, SEEK_END); /* stat() is no reader's */
	int want = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int seals = fcntl(r->in.fd, F_GET_SEALS);
	void *p;

	/* -1, no memory file at all, has every bit set */
	if (seals == -1 || (seals & want) != want || size < 0 ||
	    (size_t)size > max)
		return false;
	r->len = (size_t)size;
	if (r->len == 0) {
		r->file = (const uint8_t *)"";
		return true;
	}
	p = mmap(NULL, r->len, PROT_READ, MAP_PRIVATE, r->in.fd, 0);
	if (p == MAP_FAILED)
		return false;
	r->file = p;
	return true;
}

void
reader_unmap(struct reader *r)
{
	if (r->len > 0)
		munmap((void *)(uintptr_t)r->file, r->len);
	r->file = NULL;
	r->len = 0;
}
