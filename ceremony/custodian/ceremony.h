/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_CEREMONY_H
#define CUSTODIAN_CEREMONY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "ceremony/custodian/people.h"
#include "ceremony/custodian/witnessed.h"
#include "ceremony/process/sandbox.h"
#include "ceremony/process/spawn.h"
#include "ceremony/record/history.h"
#include "ceremony/record/image.h"
#include "ceremony/record/issuance.h"
#include "ceremony/record/ledger.h"
#include "ceremony/record/plan.h"
#include "ceremony/record/transcript.h"

/* Exit statuses of anchorite(1). */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1, /* a rule of the quorum or of issuing */
	EXIT_USAGE = 2,
	EXIT_INPUT = 3,     /* plan, station or request not as it must be */
	EXIT_CARD = 4,      /* token missing, locked, wrong PIN, wrong card */
	EXIT_STATE = 5,     /* state folder, disk, output that exists */
	EXIT_PROCESS = 6,   /* a helper process died, hangs or misbehaves */
	EXIT_STOPPED = 130, /* by a person: Ctrl-C, or an answer of "stop" */
};

/* A request that a step of this plan will answer, seen while the steps are
 * checked: a later step's request may follow it. */
struct awaited {
	uint8_t order[32], request[32], bundle[16];
	uint64_t sequence;
	size_t certs;
};

#define CARD_PLACES_MAX 32
struct card_place { /* the reader a card was in last */
	char serial[33], reader[128];
};

struct request_view;
struct media_desk;

/* A ceremony as it runs: plan, state and people. */
struct ceremony {
	struct plan *plan;
	uint8_t plan_sha256[32];
	uint8_t *plan_file;
	size_t plan_len;
	bool rehearsal;
	const char *state_path, *in_path, *out_path;
	const char *resume; /* the command that goes on */
	int state_fd, in_fd, out_fd;
	struct people *people;
	struct transcript *transcript; /* NULL until the state is there */
	struct history *history;
	struct issuance *issuance;
	struct ledger *ledger;
	const char *abandon; /* why what is left is given up, or NULL */
	bool no_pinpad;      /* PINs are typed here, whatever readers say */
	bool torn;           /* a torn last line was cut off the transcript */
	bool opened;         /* this run has written ceremony.open or .resume */
	bool state_read;     /* what was there was replayed, and in order */
	bool forked;         /* a card remembers another transcript */
	struct witnessed witnessed;
	int shell_fd;        /* shell.h; -1: none */
	const char *control; /* where init listens */
	bool has_image;
	struct image image; /* that the machine was booted from */
	/* while steps are checked: requests that earlier steps will answer */
	size_t awaited_count;
	struct awaited awaited[PLAN_STEPS_MAX];
	struct media_desk *desk; /* media.h; NULL: folders alone */
	char media_level[SANDBOX_LEVEL_MAX];
	char signer_level[SANDBOX_LEVEL_MAX];
	char reader_level[SANDBOX_LEVEL_MAX];
	char operator_level[SANDBOX_LEVEL_MAX];
	struct request_view *kept; /* inputs.c: checked, not yet answered */
	char kept_name[PLAN_NAME_MAX + 1];
	struct message in, out; /* for talking to one child at a time */
	enum message_kind told; /* the last of those that went out */
	const char *out_reason; /* act.h: visit_open() */
	bool visiting, pulled;  /* act.h: visit_again() */
	bool came;              /* watch.c: the card asked for was put in */
	size_t place_count;
	struct card_place places[CARD_PLACES_MAX];
	/* why it stops: the first reason given */
	enum exit_status status;
	char why[512];
};

/* Give the reason for stopping, object, rule and next step in one line; the
 * first one stays.  Always returns false. */
bool ceremony_stop(struct ceremony *c, enum exit_status status, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* Write one record, fsynced, and apply it to the history, whose rules bind
 * the operator's process too.  actor: NULL for the machine alone, or the id of
 * the operator who acted.  body is taken over, may be NULL (no memory).  line
 * (may be NULL) gets the new line's link. */
bool ceremony_record(struct ceremony *c, const char *type, const char *actor,
    json_t *body, struct link *line);
/* Store an object. */
bool ceremony_store(struct ceremony *c, const void *data, size_t len,
    uint8_t digest[32]);
/* Load one; *out new, free(). */
bool ceremony_load(struct ceremony *c, const uint8_t digest[32], uint8_t **out,
    size_t *len);
/* A digest as a JSON string. */
json_t *json_digest(const uint8_t digest[32]);
json_t *json_octets(const uint8_t *data, size_t len); /* base64 */

/* Run the plan file: state folder, folder of inputs, folder of outputs; resume
 * is the command that goes on after a stop, for the stop sheet, or NULL. */
struct ceremony_files {
	const char *plan, *state, *in, *out, *resume;
	bool loops;          /* loop devices count as media */
	const char *abandon; /* why what is left is given up, or NULL */
	const char *module;  /* a rehearsal's; NULL: as the plan names them */
	bool no_pinpad;      /* see struct ceremony */
	const char *image;   /* file that tells of the image, or NULL */
	const char *control; /* socket of init, NULL: SHELL_CONTROL */
	const char *witness; /* socket of a witness, or NULL */
};
enum exit_status ceremony_run(const struct ceremony_files *files,
    bool rehearsal, struct people *people);

/* state.c: open what is there, replayed; nothing is written, the index apart.
 * A folder without a transcript is a log that has not begun. */
bool ceremony_open_state(struct ceremony *c);
/* Make a state folder's first files. */
bool ceremony_create_state(struct ceremony *c);
bool ceremony_open_folder(struct ceremony *c, const char *path, int *fd);

/* image_file.c: what the machine says of the image it was booted from. */
bool image_file_load(struct ceremony *c, const char *path);

/* plan_file.c: read, have parsed in the reader, build. */
bool plan_file_load(struct ceremony *c, const char *path);

/* children.c: one process in use, asked and answering. */
bool child_start(struct ceremony *c, enum spawn_what what, struct child *out);
void child_end(struct child *ch);
/* Send c->out, then receive into c->in; a fault or anything but `want` stops
 * the ceremony.  label names the token in messages. */
bool child_tell(struct ceremony *c, struct child *ch);
bool child_hear(struct ceremony *c, struct child *ch, enum message_kind want);
bool child_ask(struct ceremony *c, struct child *ch, enum message_kind want);
/* As child_hear(), but either of two kinds may come. */
bool child_hear_either(struct ceremony *c, struct child *ch,
    enum message_kind a, enum message_kind b);
/* Any of three. */
bool child_hear_any(struct ceremony *c, struct child *ch, enum message_kind x,
    enum message_kind y, enum message_kind z);
/* Stop as a fault in c->in says. */
bool child_fault(struct ceremony *c);
/* Its code: enum fault_code, or enum card_error. */
uint64_t child_fault_code(struct ceremony *c);
/* Its sentence, for when it is no reason to stop. */
bool child_fault_text(struct ceremony *c, char text[513]);
/* Does it say that no such token is there, as far as cards could be asked?  And
 * does a code say that not all of them could? */
bool child_is_absent(struct ceremony *c);
bool child_is_unread(uint64_t code);
/* Fields of c->in all read and in form? */
bool child_fields_ok(struct ceremony *c);
/* Octets announced by a length, in PARTs; *out new, free(). */
bool child_hear_parts(struct ceremony *c, struct child *ch, uint64_t len,
    uint8_t **out);
/* Which blank card it may make a token of; "": any. */
bool child_tell_blank(struct ceremony *c, struct child *ch, const char *serial);
/* Connect two children: each gets one end with the message it is asked by. */
bool child_pair(struct ceremony *c, int pair[2]);
/* Reader with a file: starts one and hands over the memfd. */
bool child_read_file(struct ceremony *c, enum message_kind kind,
    const uint8_t *data, size_t len, struct child *out);

/* head.c: hold the card's memory of the transcript against ours; then let it
 * see every line up to our head, and move it there.  The token must be logged
 * in. */
enum head_how {
	HEAD_LOOK,
	HEAD_MOVE
};
bool head_check(struct ceremony *c, struct child *ch, const char *label,
    const char *serial, enum head_how how);
/* The same in three parts, so that several tokens are at it together: ask;
 * hear, compare, show the transcript's first `count` lines, move there; hear
 * the answers that are due. */
bool head_ask(struct ceremony *c, struct child *ch);
bool head_show(struct ceremony *c, struct child *ch, const char *label,
    bool move, uint64_t count, unsigned *due);
bool head_shown(struct ceremony *c, struct child *ch, unsigned due);

/* close.c: close record, checkpoint, heads; then outputs leave. */
bool ceremony_close(struct ceremony *c);
bool ceremony_deliver(struct ceremony *c);
/* Is the head of the ceremony of that name signed? */
bool ceremony_has_checkpoint(const struct ceremony *c, const char *name);

/* The table of steps. */
struct step_row {
	enum plan_kind kind;
	/* Before anything is written: can this step be done? */
	bool (*check)(struct ceremony *c, const struct plan_step *step);
	bool (*run)(struct ceremony *c, const struct plan_step *step,
	    unsigned index);
};
const struct step_row *step_row(enum plan_kind kind);
bool step_quorum_check(struct ceremony *c, const struct plan_step *s);
bool
step_quorum_run(struct ceremony *c, const struct plan_step *s, unsigned index);
bool step_ca_check(struct ceremony *c, const struct plan_step *s);
bool
step_root_run(struct ceremony *c, const struct plan_step *s, unsigned index);
bool
step_product_run(struct ceremony *c, const struct plan_step *s, unsigned index);
bool step_intermediate_check(struct ceremony *c, const struct plan_step *s);
bool step_intermediate_run(struct ceremony *c, const struct plan_step *s,
    unsigned index);
bool step_order_check(struct ceremony *c, const struct plan_step *s);
bool
step_order_run(struct ceremony *c, const struct plan_step *s, unsigned index);
bool step_batch_check(struct ceremony *c, const struct plan_step *s);
bool
step_batch_run(struct ceremony *c, const struct plan_step *s, unsigned index);
bool step_change_check(struct ceremony *c, const struct plan_step *s);
bool
step_change_run(struct ceremony *c, const struct plan_step *s, unsigned index);
bool step_recovery_check(struct ceremony *c, const struct plan_step *s);
bool step_recovery_run(struct ceremony *c, const struct plan_step *s,
    unsigned index);
bool step_backup_check(struct ceremony *c, const struct plan_step *s);
bool
step_backup_run(struct ceremony *c, const struct plan_step *s, unsigned index);
bool step_restore_check(struct ceremony *c, const struct plan_step *s);
bool
step_restore_run(struct ceremony *c, const struct plan_step *s, unsigned index);
bool step_destroy_check(struct ceremony *c, const struct plan_step *s);
bool
step_destroy_run(struct ceremony *c, const struct plan_step *s, unsigned index);
bool step_retire_check(struct ceremony *c, const struct plan_step *s);
bool
step_retire_run(struct ceremony *c, const struct plan_step *s, unsigned index);
bool step_crl_check(struct ceremony *c, const struct plan_step *s);
bool
step_crl_run(struct ceremony *c, const struct plan_step *s, unsigned index);

#endif
