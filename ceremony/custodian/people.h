/* SPDX-License-Identifier: ISC */
#ifndef CUSTODIAN_PEOPLE_H
#define CUSTODIAN_PEOPLE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smartcard/secret.h"

/*
 * How the people in the room are asked and told: on the terminal, or, in a
 * rehearsal, by answers made up.  One table of questions, two sets of answers.
 */
enum people_answer {
	PEOPLE_YES,
	PEOPLE_NO,
	PEOPLE_STOP
};

struct drill;

/*
 * Something that may answer the question for a card before people do: what
 * goes on in the readers.  fd is to be heard when it is readable; YES: the card
 * is there; NO: it is not, and with said people were told something; STOP:
 * nothing comes from it any more.
 */
struct people_watch {
	int fd;
	bool said;
	enum people_answer (*hear)(void *arg);
	void *arg;
};

struct people {
	const struct people_ops *ops;
	struct drill *drill; /* of a rehearsal on a bad day, or NULL */
	bool quiet;
	bool terminal;                        /* standard output is one */
	int rehearsal_fd;                     /* folder of a rehearsal, or -1 */
	int tty;                              /* the terminal, or -1 */
	struct people_watch *watch;           /* while a card is asked for */
	double progress_start, progress_last; /* seconds */
};
struct people_ops {
	/* The PIN of a card; fresh: its owner chooses one, typed twice.
	 * *out new; NO: its owner has none to give (not when fresh);
	 * PEOPLE_STOP when they would rather not go on. */
	enum people_answer (*pin)(struct people *p, const char *label,
	    const char *owner, bool fresh, struct secret **out);
	/* A digest compared with paper, typed as words. */
	enum people_answer (*digest)(struct people *p, const char *what,
	    const uint8_t digest[32]);
	/* Is that card in a reader now?  NO: this operator does not come. */
	enum people_answer (
	    *card)(struct people *p, const char *label, const char *owner);
	/* The card says that one more wrong PIN locks it: try?  NO: not. */
	enum people_answer (
	    *last_try)(struct people *p, const char *label, const char *owner);
	/* A CA token that must be there is not.  YES: now it is; NO: the
	 * change of its PIN is put off, for a reason that is written down. */
	enum people_answer (*put_off)(struct people *p, const char *label,
	    char *reason, size_t size);
	/* Where the words of `which`, S or B, go to, or come from; *fd is the
	 * caller's. */
	bool (*words)(struct people *p, char which, bool load, int *fd);
};

/* The terminal; false when there is none. */
bool people_terminal(struct people *p);
/* Answers of a rehearsal in its scratch folder. */
void people_rehearsal(struct people *p, int folder_fd);
/* By hand: the terminal answers, S's words stay in the scratch folder. */
bool people_by_hand(struct people *p, int folder_fd);
void people_close(struct people *p);
/* A secret typed at the terminal and not shown, of min to max characters, with
 * twice a second time.  *out new; NO: the two differ, or its length is out of
 * range, which was said; STOP: Ctrl-C. */
enum people_answer people_secret(struct people *p, const char *prompt,
    size_t min, size_t max, bool twice, struct secret **out);
/* A line typed at the terminal; false: there is none, or Ctrl-C. */
bool people_ask(struct people *p, const char *prompt, char *out, size_t size);

/* Telling: a line on standard output, unless quiet. */
void people_say(struct people *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* What, then a digest as words below it: on a terminal eight a line, as on the
 * run sheet, in a pipe all on one. */
void
people_say_words(struct people *p, const char *what, const uint8_t digest[32]);
/* Progress of something that may take longer than two seconds: a line with an
 * ETA on a terminal, nothing in a pipe. */
void people_progress(struct people *p, const char *what, uint64_t done,
    uint64_t total);
/* Until there is something to read, or so many seconds are over, negative: for
 * ever; false then, and on Ctrl-C, whenever that comes: it is let through in the
 * wait alone, so that none is lost before it. */
bool people_wait(struct pollfd *fds, size_t count, int seconds);
/* Ctrl-C since the last question? */
bool people_interrupted(void);
void people_catch_interrupts(void);

#endif
