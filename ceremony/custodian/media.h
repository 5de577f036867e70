/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_MEDIA_H
#define CUSTODIAN_MEDIA_H

#include "ceremony/custodian/ceremony.h"
#include "ceremony/record/mirror.h"
#include "transfer/media_use.h"

/*
 * Removable media as people see them: numbered lists, sizes, digests in words.
 * All that touches a medium is done by anchorite-media; what it says of names
 * is escaped here once more before it is shown.
 */

/* A medium as it was told of; every text may be shown. */
struct medium {
	uint64_t place; /* in the list, for messages */
	char name[MEDIA_DEV_MAX + 1], disk[MEDIA_DEV_MAX + 1], bus[33], fs[33];
	char model[MEDIA_TEXT_MAX + 1], serial[MEDIA_TEXT_MAX + 1];
	char label[MEDIA_TEXT_MAX + 1], uuid[MEDIA_TEXT_MAX + 1];
	char why[201]; /* it cannot be used, or "" */
	uint64_t size, flags;
};
struct medium_list {
	size_t count;
	struct medium media[MEDIA_MAX];
};

/* A file that was taken from a medium. */
struct media_taken {
	char file[PLAN_NAME_MAX + 1]; /* as the plan names it */
	char path[257];               /* on the medium, escaped */
	char name[MEDIA_NAME_MAX +
	    1]; /* the last part of it, as it stands there */
	uint8_t *data;
	size_t len;
	uint8_t sha256[32];
	struct medium medium;
	bool noted; /* it stands in the transcript */
};

/* A state medium that is held. */
struct media_copy {
	struct medium medium;
	int fd; /* its folder of the state */
};

/* What a ceremony has of media; NULL in one that uses folders alone. */
struct media_desk {
	struct child child;
	bool loops;
	bool in, out, state;
	/* of the medium wanted, or NULL */
	const char *in_label, *out_label, *state_label;
	char why[513]; /* what the last fault said */
	struct medium_list list;
	size_t taken_count;
	struct media_taken taken[PLAN_STEPS_MAX];
	bool leaving; /* files are on their way out */
	bool has_last;
	struct medium last; /* what files left on last */
	size_t copy_count;
	struct media_copy copies[2]; /* the one in use first */
	struct mirror *mirror;       /* the other one, following */
	char one[257]; /* why there is one copy only, as people said */
	bool one_noted;
};

/* "media" or "media:LABEL"; *label is NULL for the former. */
bool media_is(const char *place, const char **label);
/* Before the operator's cell is entered: start the process if the files say
 * that there are media; c->desk. */
bool media_open(struct ceremony *c, const struct ceremony_files *files);
void media_end(struct ceremony *c);

/* ---- talking to anchorite-media; MEDIA_FAULT leaves the reason in why ------ */
enum media_answer {
	MEDIA_STOPPED, /* the ceremony stops */
	MEDIA_FAULT,
	MEDIA_DONE
};
enum media_answer media_look(struct ceremony *c, struct media_desk *d);
enum media_answer media_folder(struct ceremony *c, struct media_desk *d,
    const struct medium *m, const char *path, struct media_listing *out);
/* A state medium, held mounted; *fd is new: its folder of the state. */
enum media_answer media_hold(struct ceremony *c, struct media_desk *d,
    const struct medium *m, int *fd);
/* *data new, free(). */
enum media_answer
media_take(struct ceremony *c, struct media_desk *d, const struct medium *m,
    const char *path, uint8_t **data, size_t *len, uint8_t sha256[32]);
enum media_answer media_bring(struct ceremony *c, struct media_desk *d,
    const struct medium *m, const char *name, const uint8_t *data, size_t len);
/* In a process that does nothing else. */
enum media_answer media_make(struct ceremony *c, struct media_desk *d,
    const struct medium *m, const char *label, bool erase);

/* ---- people ---------------------------------------------------------------- */

/* "  1  sdb1  16.0 GB  usb  vfat  STICK  ..." */
void media_say(struct people *p, size_t number, const struct medium *m);
/* A size as people say it: "512 octets", "16.0 GB". */
void media_size(uint64_t octets, char out[32]);
/* One of the media that can be used, picked by number; label: of those alone,
 * or NULL.  writable: those that can be written to.  False: stopped. */
bool media_pick(struct ceremony *c, const char *what, const char *label,
    bool writable, struct medium *out);

/* A file of the plan, from the medium and file that people pick.  *data new,
 * free(); the same octets each time it is asked for. */
bool
media_input(struct ceremony *c, const char *file, uint8_t **data, size_t *len);
/* A file that no plan names, of that ending or "" for any, from the medium that
 * people pick; t->data is new.  False: stopped. */
bool
media_take_new(struct ceremony *c, const char *ending, struct media_taken *t);
/* A file, as it is, onto the medium that people pick.  False: stopped. */
bool media_put(struct ceremony *c, const char *file, const uint8_t *data,
    size_t len);
/* A file for the outside, made of an object, to the medium that people pick;
 * one that is there already and is the same is as good. */
bool media_output(struct ceremony *c, const char *file, const uint8_t *data,
    size_t len, const uint8_t object[32]);
/* ---- files, outside of any ceremony ------------------------------------------ */

/* Take one of that ending, "" for any, from the medium that people pick, into a
 * folder, under a name that they give: a new file.  False: stopped, or why. */
bool media_files_take(struct ceremony *c, const char *ending, const char *dir,
    int dirfd);
/* Copy a file to the medium that people pick, under its own name. */
bool media_files_put(struct ceremony *c, const char *path);

/* ---- the state on media ------------------------------------------------------ */

#define MEDIA_STATE_LABEL "ANCHORITE" /* unless another is named */

/* Two media of that label, or one and the reason for it; the longer state is
 * used, c->state_fd, and a fork stops. */
bool media_state_open(struct ceremony *c);
/* The same of one or two that are in; nobody is asked. */
bool media_state_find(struct ceremony *c);
/* Have the second copy follow, from where it is.  Whatever fails there is
 * told, and the ceremony goes on with one copy. */
void media_state_follow(struct ceremony *c);
/* After each line of the transcript, and each checkpoint. */
void media_state_sync(struct ceremony *c);
/* That there is one copy, as an exception. */
bool media_state_note(struct ceremony *c);
/* How many copies there are now. */
void media_state_say(struct ceremony *c);

/* Records of what came, once they may stand in the transcript. */
bool media_note(struct ceremony *c);

#endif
