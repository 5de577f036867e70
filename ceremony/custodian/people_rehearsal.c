/* SPDX-License-Identifier: ISC */
/*
 * A rehearsal answers its own questions.  PINs of its soft tokens and the
 * words of its S stand in its own folder, in files that say what they are: a
 * rehearsal protects nothing.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ceremony/custodian/people.h"
#include "transfer/text.h"

#define PIN_SIZE 8
#define PINS_FILE "REHEARSAL-PINS"
#define WORDS_FILE "REHEARSAL-WORDS-OF-S" /* or -B */

/* A line without its LF, by no other buffer; NULL at the end. */
static struct secret *
read_line(int fd)
{
	struct secret *line = secret_new();

	while (line != NULL) {
		uint8_t *c = line->data + line->len;
		if (line->len == SECRET_MAX || read(fd, c, 1) != 1) {
			secret_free(line);
			return NULL;
		}
		if (*c == '\n')
			return line;
		line->len++;
	}
	return NULL;
}

/* "label pin" a line. */
static bool
find_pin(int folder, const char *label, struct secret **out)
{
	int fd = openat(folder, PINS_FILE, O_RDONLY | O_CLOEXEC);
	size_t at = strlen(label);
	struct secret *line;
	bool found = false;

	while (fd != -1 && !found && (line = read_line(fd)) != NULL) {
		if (line->len > at && line->data[at] == ' ' &&
		    memcmp(line->data, label, at) == 0) {
			*out = secret_from(line->data + at + 1,
			    line->len - at - 1);
			found = *out != NULL;
		}
		secret_free(line);
	}
	if (fd != -1)
		close(fd);
	return found;
}

static bool
write_pin(int folder, const char *label, const struct secret *pin)
{
	int fd = openat(folder, PINS_FILE,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct iovec line[] = { { (void *)(uintptr_t)label, strlen(label) },
		{ (void *)(uintptr_t) " ", 1 },
		{ (void *)(uintptr_t)pin->data, pin->len },
		{ (void *)(uintptr_t) "\n", 1 } };
	bool ok = fd != -1 && writev(fd, line, 4) > 0;

	if (fd != -1)
		close(fd);
	return ok;
}

static bool
make_pin(int folder, const char *label, struct secret **out)
{
	struct secret *random = secret_random(PIN_SIZE / 2);
	struct secret *pin = secret_new();

	if (random != NULL && pin != NULL) {
		text_hex(random->data, random->len, (char *)pin->data);
		pin->len = PIN_SIZE;
		if (write_pin(folder, label, pin)) {
			*out = pin;
			pin = NULL;
		}
	}
	secret_free(random);
	secret_free(pin);
	return *out != NULL;
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

static enum people_answer
rehearsal_put_off(struct people *p, const char *label, char *reason,
    size_t size)
{
	(void)p;
	(void)label;
	(void)reason;
	(void)size;
	return PEOPLE_STOP;
}

/* The PIN in the folder is the one that was chosen. */
static enum people_answer
rehearsal_last_try(struct people *p, const char *label, const char *owner)
{
	return rehearsal_card(p, label, owner);
}

static bool
rehearsal_words(struct people *p, char which, bool load, int *fd)
{
	char name[] = WORDS_FILE;

	name[sizeof(name) - 2] = which;
	*fd = openat(p->rehearsal_fd, name,
	    load ? O_RDONLY | O_CLOEXEC
		 : O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	return *fd != -1;
}

static const struct people_ops ops = { rehearsal_pin, rehearsal_digest,
	rehearsal_card, rehearsal_last_try, rehearsal_put_off,
	rehearsal_words };

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
