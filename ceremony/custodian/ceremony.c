/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/ceremony.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ceremony/custodian/drill.h"
#include "ceremony/custodian/media.h"
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

/* Hold the line that is about to be written against the rules, so that none
 * that breaks one ever stands in the transcript. */
static bool
record_allowed(struct ceremony *c, const char *type, const char *const *actor,
    json_t *body, struct moment when)
{
	struct record_fault fault = { .text = "" };
	struct event e = { .log = c->plan->log,
		.cer = c->plan->ceremony,
		.type = type,
		.body = body };
	const struct link *head = transcript_head(c->transcript);
	enum record_error err;
	char *line = NULL;
	size_t len = 0;

	if (transcript_count(c->transcript) > 0) {
		e.seq = head->seq + 1;
		memcpy(e.link.prev, head->hash, sizeof(e.link.prev));
	}
	err = event_write(&e, when, actor, &line, &len);
	if (err == RECORD_OK)
		err = history_apply(c->history, c->state_fd, line, len, &fault);
	free(line);
	if (err == RECORD_OK)
		return true;
	return ceremony_stop(c, EXIT_REFUSED, "%s",
	    fault.text[0] == '\0' ? record_strerror(err) : fault.text);
}

bool
ceremony_record(struct ceremony *c, const char *type, const char *actor,
    json_t *body, struct link *line)
{
	const char *actors[] = { actor == NULL ? "anchorite" : actor, NULL };
	struct moment when = moment_now();
	enum record_error err;

	if (body == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	if (!record_allowed(c, type, actors, body, when)) {
		json_decref(body);
		return false;
	}
	err = transcript_append(c->transcript, c->plan->log, c->plan->ceremony,
	    when, type, actors, body, line);
	if (err == RECORD_OK) {
		media_state_sync(c);
		witnessed_send(c);
		drill_recorded(c, type);
		return true;
	}
	return ceremony_stop(c, EXIT_STATE,
	    "%s/transcript.jsonl: %s not written: %s: nothing was lost; make "
	    "room and run the same plan again",
	    c->state_path, type,
	    err == RECORD_ERR_IO ? strerror(errno) : record_strerror(err));
}

bool
ceremony_store(struct ceremony *c, const void *data, size_t len,
    uint8_t digest[32])
{
	struct record_fault fault = { .text = "" };

	if (object_put(c->state_fd, data, len, digest, &fault) == RECORD_OK)
		return true;
	return ceremony_stop(c, EXIT_STATE,
	    "%s: %s: nothing was lost; make room and run the same plan again",
	    c->state_path, fault.text);
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
