/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/ceremony.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ceremony/record/objects.h"
#include "transfer/text.h"

bool
ceremony_stop(struct ceremony *c, enum exit_status status, const char *fmt, ...)
{
	va_list ap;

	if (c->status != EXIT_DONE)
		return false;
	c->status = status;
	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	return false;
}

static struct moment
moment_now(void)
{
	struct timespec wall, boot;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (struct moment){ .utc = wall.tv_sec,
		.up = (uint64_t)boot.tv_sec * 1000 +
		    (uint64_t)boot.tv_nsec / 1000000 };
}

bool
ceremony_record(struct ceremony *c, const char *type, const char *actor,
    json_t *body, struct link *line)
{
	const char *actors[] = { actor == NULL ? "anchorite" : actor, NULL };
	struct record_fault fault = { .text = "" };
	enum record_error err;
	const char *raw;
	size_t len;

	if (body == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	err = transcript_append(c->transcript, c->plan->log, c->plan->ceremony,
	    moment_now(), type, actors, body, line);
	if (err != RECORD_OK)
		return ceremony_stop(c, EXIT_STATE,
		    "%s/transcript.jsonl: %s not written: %s: nothing was "
		    "lost; make room and run the same plan again",
		    c->state_path, type,
		    err == RECORD_ERR_IO ? strerror(errno)
					 : record_strerror(err));
	raw = transcript_line(c->transcript,
	    transcript_count(c->transcript) - 1, &len);
	if (history_apply(c->history, c->state_fd, raw, len, &fault) !=
	    RECORD_OK)
		return ceremony_stop(c, EXIT_REFUSED, "%s", fault.text);
	return true;
}

bool
ceremony_store(struct ceremony *c, const void *data, size_t len,
    uint8_t digest[32])
{
	struct record_fault fault = { .text = "" };

	if (object_put(c->state_fd, data, len, digest, &fault) == RECORD_OK)
		return true;
	return ceremony_stop(c, EXIT_STATE, "%s: %s", c->state_path,
	    fault.text);
}

bool
ceremony_load(struct ceremony *c, const uint8_t digest[32], uint8_t **out,
    size_t *len)
{
	struct record_fault fault = { .text = "" };

	if (object_get(c->state_fd, digest, out, len, &fault) == RECORD_OK)
		return true;
	return ceremony_stop(c, EXIT_STATE, "%s: %s", c->state_path,
	    fault.text);
}

json_t *
json_digest(const uint8_t digest[32])
{
	char hex[TEXT_HEX_SIZE(32)];

	text_hex(digest, 32, hex);
	return json_string(hex);
}

json_t *
json_octets(const uint8_t *data, size_t len)
{
	char *text = malloc(TEXT_BASE64_SIZE(len));
	json_t *out = NULL;

	if (text != NULL) {
		text_base64(data, len, text);
		out = json_string(text);
	}
	free(text);
	return out;
}
