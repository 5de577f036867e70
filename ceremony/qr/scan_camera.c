/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <unistd.h>

#include "ceremony/qr/scan.h"

#define FRAME_MS 1000  /* patience for one frame */
#define SILENT_MAX 10  /* such times without any */
#define BROKEN_MAX 300 /* damaged frames one behind the other */

/* One frame; false when the camera gives no more. */
static bool
look(struct scan *s, struct camera *c, int fd, size_t len)
{
	struct eye_view view = { .fd = fd,
		.len = len,
		.form = camera_form(c),
		.width = camera_width(c),
		.height = camera_height(c),
		.ways = QR_ONE_WAY };
	struct eye_seen seen;
	bool more = scan_view(s, &view, &seen);

	s->progress.has_copy = seen.has_copy;
	if (seen.has_copy)
		memcpy(s->progress.copy, seen.copy, sizeof(seen.copy));
	if (seen.lost)
		scan_complain(s, "a frame: %s", seen.why);
	return more;
}

/* A code that is no Uniform Resource came often enough. */
static bool
has_plain(const struct scan *s)
{
	const struct join_state *state = &s->progress.state;

	return state->needed == 0 && state->plain >= SCAN_PLAIN_REPEATS &&
	    !state->differ;
}

void
scan_camera(struct scan *s, const struct camera_calls *calls, int fd,
    const char *name)
{
	char why[CAMERA_WHY_MAX];
	struct camera *c = camera_new(calls, fd, why);
	unsigned silent = 0, broken = 0;
	bool more = true;

	if (c == NULL) {
		scan_complain(s, "%s: %s", name, why);
		s->outcome = QR_READ;
		return;
	}
	while (more && !scan_over(s) && !has_plain(s)) {
		size_t len = 0;
		int frame = -1;

		switch (camera_frame(c, FRAME_MS, &frame, &len)) {
		case CAMERA_FRAME:
			silent = broken = 0;
			more = look(s, c, frame, len);
			close(frame);
			break;
		case CAMERA_BROKEN:
			s->broken++;
			if (++broken < BROKEN_MAX)
				break;
			scan_complain(s, "%s: gives only damaged pictures",
			    name);
			s->outcome = QR_READ;
			break;
		case CAMERA_NONE:
			if (++silent < SILENT_MAX)
				break;
			scan_complain(s, "%s: gives no pictures", name);
			s->outcome = QR_READ;
			break;
		case CAMERA_ERR_GONE:
			scan_complain(s, "%s: fails: is it still plugged in?",
			    name);
			s->outcome = QR_READ;
			break;
		}
	}
	camera_free(c);
}
