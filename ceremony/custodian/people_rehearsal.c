/* SPDX-License-Identifier: ISC */
/*
 * A rehearsal answers its own questions.  PINs of its soft tokens and the
 * words of its S stand in its own folder, in files that say what they are: a
 * rehearsal protects nothing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/custodian/people.h"
#include "transfer/text.h"

#define PIN_SIZE 8
#define PINS_FILE "REHEARSAL-PINS"
#define WORDS_FILE "REHEARSAL-WORDS-OF-S"

/* "label pin" a line. */
static bool
find_pin(int folder, const char *label, struct secret **out)
{
	int fd = openat(folder, PINS_FILE, O_RDONLY | O_CLOEXEC);
	FILE *f = fd == -1 ? NULL : fdopen(fd, "r");
	char name[64], pin[64];
	bool found = false;

	while (f != NULL && !found && fscanf(f, "%63s %63s", name, pin) == 2) {
		if (strcmp(name, label) != 0)
			continue;
		*out = secret_from(pin, strlen(pin));
		found = *out != NULL;
	}
	if (f != NULL)
		fclose(f);
	return found;
}

static bool
make_pin(int folder, const char *label, struct secret **out)
{
	struct secret *random = secret_random(PIN_SIZE / 2);
	char pin[PIN_SIZE + 1];
	int fd = openat(folder, PINS_FILE,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	bool ok = random != NULL && fd != -1;

	if (ok) {
		text_hex(random->data, random->len, pin);
		ok = dprintf(fd, "%s %s\n", label, pin) > 0;
		*out = secret_from(pin, PIN_SIZE);
	}
	secret_free(random);
	if (fd != -1)
		close(fd);
	return ok && *out != NULL;
}

static enum people_answer
rehearsal_pin(struct people *p, const char *label, const char *owner,
    bool fresh, struct secret **out)
{
	(void)owner;
	if (find_pin(p->rehearsal_fd, label, out))
		return PEOPLE_YES;
	return fresh && make_pin(p->rehearsal_fd, label, out) ? PEOPLE_YES
							      : PEOPLE_STOP;
}

static enum people_answer
rehearsal_digest(struct people *p, const char *what, const uint8_t digest[32])
{
	(void)p;
	(void)what;
	(void)digest;
	return people_interrupted() ? PEOPLE_STOP : PEOPLE_YES;
}

static enum people_answer
rehearsal_card(struct people *p, const char *label, const char *owner)
{
	(void)p;
	(void)label;
	(void)owner;
	return people_interrupted() ? PEOPLE_STOP : PEOPLE_YES;
}

/* The PIN in the folder is the one that was chosen. */
static enum people_answer
rehearsal_last_try(struct people *p, const char *label, const char *owner)
{
	return rehearsal_card(p, label, owner);
}

static bool
rehearsal_words(struct people *p, bool load, int *fd)
{
	*fd = openat(p->rehearsal_fd, WORDS_FILE,
	    load ? O_RDONLY | O_CLOEXEC
		 : O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	return *fd != -1;
}

static const struct people_ops ops = { rehearsal_pin, rehearsal_digest,
	rehearsal_card, rehearsal_last_try, rehearsal_words };

void
people_rehearsal(struct people *p, int folder_fd)
{
	p->ops = &ops;
	p->tty = -1;
	p->terminal = isatty(STDOUT_FILENO) == 1;
	p->rehearsal_fd = folder_fd;
}

bool
people_by_hand(struct people *p, int folder_fd)
{
	static struct people_ops by_hand;

	if (!people_terminal(p))
		return false;
	by_hand = *p->ops;
	by_hand.words = rehearsal_words;
	p->ops = &by_hand;
	p->rehearsal_fd = folder_fd;
	return true;
}
