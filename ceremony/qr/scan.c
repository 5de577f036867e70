/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/scan.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/qr/clock.h"
#include "ceremony/qr/outputs.h"
#include "ceremony/qr/reader.h"
#include "ceremony/qr/say.h"
#include "ceremony/qr/stop.h"
#include "transfer/text.h"

/* ---- what comes in ------------------------------------------------------------ */

bool
scan_start(struct scan *s, enum qr_ways ways)
{
	char why[QR_WHY_MAX];

	memset(s, 0, sizeof(*s));
	s->ways = ways;
	progress_start(&s->progress, stderr, isatty(STDERR_FILENO) == 1,
	    qr_now_ms());
	s->join = join_new(why);
	s->eye = s->join == NULL ? NULL : eye_new();
	if (s->eye != NULL)
		return true;
	qr_say_error("%s", s->join == NULL ? why : "out of memory");
	scan_end(s);
	return false;
}

void
scan_end(struct scan *s)
{
	progress_clear(&s->progress);
	eye_free(s->eye);
	join_free(s->join);
	s->eye = NULL;
	s->join = NULL;
}

bool
scan_over(const struct scan *s)
{
	return stop_asked() || s->outcome != QR_DONE ||
	    s->progress.state.complete;
}

void
scan_complain(struct scan *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	progress_clear(&s->progress);
	qr_say_error("%s", text);
}

/* Of those that come again and again only some are said. */
static void
complain_of_code(struct scan *s, const char *text)
{
	if (s->told < SCAN_TOLD_MAX)
		scan_complain(s, "%s", text);
	if (s->told++ == SCAN_TOLD_MAX)
		scan_complain(s, "and more like these, which are counted");
}

/* What the last code or line was. */
static void
note(struct scan *s, const struct join_state *state)
{
	char text[100];

	s->progress.state = *state;
	switch (state->taken) {
	case SCAN_REFUSED:
		s->refused++;
		complain_of_code(s, state->why);
		break;
	case SCAN_SWITCHED:
		s->foreign++;
		snprintf(text, sizeof(text),
		    "another message is shown now: going on with %08x, of "
		    "%llu parts",
		    state->checksum, (unsigned long long)state->needed);
		complain_of_code(s, text);
		break;
	case SCAN_FOREIGN:
		if (s->foreign++ == 0)
			complain_of_code(s,
			    "parts of two messages: the one begun first is "
			    "gone on with");
		break;
	case SCAN_NOTHING:
	case SCAN_NEW:
	case SCAN_KNOWN:
	case SCAN_PLAIN:
	case SCAN_TAKEN_COUNT:
		break;
	}
}

void
scan_take(struct scan *s, bool line, const void *text, size_t len)
{
	struct join_state state;

	if (s->outcome != QR_DONE || s->progress.state.complete)
		return;
	if (!join_take(s->join, line, text, len, &state)) {
		scan_complain(s, "%s", join_why(s->join));
		s->outcome = QR_TROUBLE;
		return;
	}
	if (state.taken != SCAN_NOTHING)
		s->codes++;
	note(s, &state);
}

static void
take_code(void *arg, const uint8_t *text, size_t len)
{
	scan_take(arg, false, text, len);
}

bool
scan_view(struct scan *s, const struct eye_view *view, struct eye_seen *seen)
{
	struct progress *p = &s->progress;

	if (!eye_look(s->eye, view, take_code, s, seen)) {
		scan_complain(s, "%s", seen->why);
		s->outcome = QR_TROUBLE;
		return false;
	}
	p->pictures++;
	if (seen->why[0] != '\0')
		s->broken++;
	else if (seen->codes == 0)
		p->blind++;
	progress_draw(p, qr_now_ms());
	return !scan_over(s);
}

/* ---- what goes out ------------------------------------------------------------ */

static void
say_counts(const struct scan *s)
{
	qr_say(stderr,
	    "%llu pictures: %llu could not be read, %llu had no code; %llu "
	    "codes or lines: %llu refused, %llu of another message",
	    (unsigned long long)s->progress.pictures,
	    (unsigned long long)s->broken,
	    (unsigned long long)s->progress.blind, (unsigned long long)s->codes,
	    (unsigned long long)s->refused, (unsigned long long)s->foreign);
	if (s->others > 0)
		qr_say(stderr,
		    "%zu entries are no files (links, devices, folders) and "
		    "were passed over",
		    s->others);
}

static enum qr_outcome
say_stopped(const struct scan *s)
{
	const struct join_state *state = &s->progress.state;

	qr_say_error("stopped, nothing is written: %llu of %llu parts had come",
	    (unsigned long long)state->rank, (unsigned long long)state->needed);
	return QR_STOPPED;
}

enum qr_outcome
scan_write(struct scan *s, const char *path)
{
	struct qr_outputs files = { .paths = NULL };
	char hex[TEXT_HEX_SIZE(32)];
	uint8_t *data = NULL, digest[32];
	size_t len = 0;
	enum qr_outcome outcome;

	progress_clear(&s->progress);
	say_counts(s);
	if (stop_asked())
		return say_stopped(s);
	if (s->outcome != QR_DONE)
		return s->outcome;
	if (!join_finish(s->join, &data, &len, digest)) {
		qr_say_error("%s: nothing is written", join_why(s->join));
		return join_is_fault(s->join) ? QR_READ : QR_TROUBLE;
	}
	outcome = qr_outputs_add(&files, path, data, len);
	free(data);
	if (outcome != QR_DONE)
		return outcome;
	qr_outputs_keep(&files);
	text_hex(digest, sizeof(digest), hex);
	qr_say(stdout, "%s: %zu octets, SHA-256:", path, len);
	qr_say(stdout, "  %s", hex);
	qr_say_words(stdout, digest);
	return QR_DONE;
}
