/* SPDX-License-Identifier: ISC */
#ifndef PROCESS_MEDIA_H
#define PROCESS_MEDIA_H

#include "ceremony/process/message.h"
#include "transfer/media.h"

/* anchorite-media: what it holds, and its jobs.  It ends with its channel. */

#define MEDIA_STATE_FOLDER "anchorite-state" /* on a state medium */
#define MEDIA_STATES_MAX 4                   /* held mounted at a time */

struct media {
	int sock;
	unsigned state; /* enum message_state */
	bool stop;
	size_t count;
	struct media_device devices[MEDIA_MAX];
	size_t held_count;
	int held[MEDIA_STATES_MAX]; /* root folders */
	struct message in, out;
};
/* Hear and answer until the channel ends. */
void media_run(struct media *m);
void media_close(struct media *m);

bool media_send(struct media *m);
void media_fault(struct media *m, enum fault_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Make a state medium: ext4 of that label, with its folder, looked at again.
 * Whatever was on the device is gone.  Answers OK or a fault.
 */
void media_prepare(struct media *m, struct media_device *d, const char *label);

#endif
