/* SPDX-License-Identifier: ISC */
#ifndef QR_STREAM_H
#define QR_STREAM_H

#include <stdint.h>

#include "ceremony/qr/input.h"
#include "ceremony/qr/qr.h"
#include "transfer/qr.h"
#include "transfer/ur.h"

/* A file as one code, or as a row of codes of one size. */
struct qr_stream {
	struct ur_encoder *encoder;
	unsigned version;
	enum qr_level level;
	size_t count;               /* fragments; 1: one code is all */
	char text[QR_TEXT_MAX + 1]; /* of the part made last */
	struct qr_symbol symbol;
};

/* What people chose, and what there is room for. */
struct qr_shape {
	unsigned version; /* 0: the smallest up to most that needs fewest */
	unsigned most;    /* 1 to QR_VERSION_MAX */
	enum qr_level level;
};
#define QR_SHAPE_VERSION 25 /* what a camera of 720 lines reads well */
#define QR_LEVELS_HELP "L, M, Q or H: how much of a code may be damaged"

/* Read --version and --level into shape, whose values stand where they are
 * absent; false after saying what is wrong. */
bool
qr_shape_read(const char *version, const char *level, struct qr_shape *shape);
/* QR_REFUSED, said: the file does not fit into codes of that shape. */
enum qr_outcome qr_stream_open(const struct qr_input *in,
    const struct qr_shape *shape, struct qr_stream *out);
void qr_stream_close(struct qr_stream *s);
/* Make text and symbol of part seq, 1 to UR_SEQ_LAST.  QR_TROUBLE: said. */
enum qr_outcome qr_stream_part(struct qr_stream *s, uint32_t seq);

#endif
