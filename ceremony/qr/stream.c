/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/stream.h"

#include <string.h>

#include "ceremony/qr/command.h"
#include "ceremony/qr/say.h"

static const char level_names[QR_LEVELS] = "LMQH";

bool
qr_shape_read(const char *version, const char *level, struct qr_shape *shape)
{
	const char *at;

	if (!qr_command_number("version", version, 1, QR_VERSION_MAX, 0,
		&shape->version))
		return false;
	if (level == NULL)
		return true;
	at = memchr(level_names, level[0], QR_LEVELS);
	if (at == NULL || level[1] != '\0') {
		qr_say_error("--level is L, M, Q or H");
		return false;
	}
	shape->level = (enum qr_level)(at - level_names);
	return true;
}

/* The length of fragments for which all parts fit into a version. */
static size_t
fragment_len(const struct qr_input *in, unsigned version, enum qr_level level)
{
	return ur_fragment_fit(strlen(UR_TYPE), in->message_len,
	    qr_capacity(version, level));
}

enum qr_outcome
qr_stream_open(const struct qr_input *in, const struct qr_shape *shape,
    struct qr_stream *out)
{
	unsigned widest = shape->version != 0 ? shape->version : shape->most;
	size_t len = fragment_len(in, widest, shape->level);
	enum transfer_error err;

	*out = (struct qr_stream){ .level = shape->level };
	if (len == 0) {
		qr_say_error("%s: does not fit into %u codes of version %u, "
			     "level %c: choose a larger one",
		    in->name, UR_FRAGMENTS_MAX, widest,
		    level_names[shape->level]);
		return QR_REFUSED;
	}
	err = ur_encoder_new(UR_TYPE, in->message, in->message_len, len,
	    &out->encoder);
	if (err != TRANSFER_OK) {
		qr_say_error("%s: %s", in->name, transfer_strerror(err));
		return QR_TROUBLE;
	}
	out->count = ur_encoder_count(out->encoder);
	out->version = shape->version != 0
	    ? shape->version
	    : qr_version_for(ur_encoder_longest(out->encoder), shape->level);
	return QR_DONE;
}

void
qr_stream_close(struct qr_stream *s)
{
	ur_encoder_free(s->encoder);
	s->encoder = NULL;
}

enum qr_outcome
qr_stream_part(struct qr_stream *s, uint32_t seq)
{
	enum transfer_error err =
	    ur_encoder_part(s->encoder, seq, s->text, sizeof(s->text));

	if (err == TRANSFER_OK)
		err = qr_symbol_make(s->text, s->version, s->level, &s->symbol);
	if (err == TRANSFER_OK)
		return QR_DONE;
	qr_say_error("part %u: %s", seq, transfer_strerror(err));
	return QR_TROUBLE;
}
