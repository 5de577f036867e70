/* SPDX-License-Identifier: ISC */
/* The people answer at the terminal. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "ceremony/custodian/people.h"
#include "ceremony/record/words.h"

#define PIN_MIN 4
#define PIN_MAX 32
#define ATTEMPTS 3
#define DIGEST_WORDS 32
#define DIGEST_TYPED_MAX (2 * WORDS_TEXT_MAX)

static void
tty_write(int tty, const char *text)
{
	size_t at = 0, len = strlen(text);

	while (at < len) {
		ssize_t n = write(tty, text + at, len - at);
		if (n == -1 && errno != EINTR)
			return;
		at += n > 0 ? (size_t)n : 0;
	}
}

static bool
tty_wait(int tty)
{
	struct pollfd pfd = { .fd = tty, .events = POLLIN };

	return people_wait(&pfd, 1, -1);
}

/* A line from the terminal, without its LF; -1 on Ctrl-C or its end.  What
 * does not fit is read away and makes the line too long: -2. */
static int
tty_line(int tty, uint8_t *out, size_t max)
{
	size_t len = 0;
	bool over = false;
	uint8_t c;

	for (;;) {
		if (!tty_wait(tty) || read(tty, &c, 1) != 1)
			return -1;
		if (c == '\n' || c == '\r')
			return over ? -2 : (int)len;
		if (len == max)
			over = true;
		else
			out[len++] = c;
	}
}

/* As tty_line(), shown as nothing at all.  The prompt comes once nothing is
 * shown: who answers at once is not seen either. */
static int
tty_hidden(int tty, const char *prompt, uint8_t *out, size_t max)
{
	struct termios before, hidden;
	int len;

	if (tcgetattr(tty, &before) == -1)
		return -1;
	hidden = before;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	if (tcsetattr(tty, TCSAFLUSH, &hidden) == -1)
		return -1;
	tty_write(tty, prompt);
	len = tty_line(tty, out, max);
	tcsetattr(tty, TCSAFLUSH, &before);
	tty_write(tty, "\n");
	return len;
}

static enum people_answer
ask_secret(struct people *p, const char *prompt, size_t min, size_t max,
    struct secret **out)
{
	struct secret *typed = secret_new();
	char text[80];
	int len;

	if (typed == NULL)
		return PEOPLE_STOP;
	len = tty_hidden(p->tty, prompt, typed->data, max);
	if (len == -1) {
		secret_free(typed);
		return PEOPLE_STOP;
	}
	if (len < (int)min) {
		secret_free(typed);
		snprintf(text, sizeof(text),
		    "A PIN has %zu to %zu characters.\n", min, max);
		tty_write(p->tty, text);
		return PEOPLE_NO;
	}
	typed->len = (size_t)len;
	*out = typed;
	return PEOPLE_YES;
}

enum people_answer
people_secret(struct people *p, const char *prompt, size_t min, size_t max,
    bool twice, struct secret **out)
{
	struct secret *first = NULL, *again = NULL;
	enum people_answer answer = ask_secret(p, prompt, min, max, &first);

	if (answer == PEOPLE_YES && twice)
		answer =
		    ask_secret(p, "The same once more: ", min, max, &again);
	if (answer == PEOPLE_YES && twice && !secret_equal(first, again)) {
		tty_write(p->tty, "The two differ.\n");
		answer = PEOPLE_NO;
	}
	secret_free(again);
	if (answer == PEOPLE_YES)
		*out = first;
	else
		secret_free(first);
	return answer;
}

static enum people_answer
terminal_pin(struct people *p, const char *label, const char *owner, bool fresh,
    struct secret **out)
{
	char prompt[160];
	enum people_answer answer = PEOPLE_NO;

	snprintf(prompt, sizeof(prompt),
	    fresh ? "%s: choose a PIN for card %s: " : "%s: PIN of card %s: ",
	    owner, label);
	for (int i = 0; i < ATTEMPTS && answer == PEOPLE_NO; i++)
		answer = people_secret(p, prompt, PIN_MIN, PIN_MAX, fresh, out);
	return answer == PEOPLE_NO && fresh ? PEOPLE_STOP : answer;
}

static unsigned
words_in(const char *text)
{
	unsigned n = 0;

	for (bool inside = false; *text != '\0'; text++) {
		bool blank = *text == ' ' || *text == '\t';
		n += !blank && !inside;
		inside = !blank;
	}
	return n;
}

/* A digest as it is typed, in one line or in as many as the paper has; empty
 * when it is too long, or nothing.  False: Ctrl-C, or the terminal's end. */
static bool
digest_typed(int tty, char line[DIGEST_TYPED_MAX])
{
	size_t len = 0;
	char prompt[40];

	for (;;) {
		int n = tty_line(tty, (uint8_t *)line + len,
		    DIGEST_TYPED_MAX - 1 - len);
		if (n == -1)
			return false;
		len = n < 0 ? 0 : len + (size_t)n;
		line[len] = '\0';
		unsigned words = words_in(line);
		/* one is hexadecimal; an empty line ends what was begun */
		if (n <= 0 || words <= 1 || words >= DIGEST_WORDS ||
		    len + 2 >= DIGEST_TYPED_MAX)
			return true;
		line[len++] = ' ';
		snprintf(prompt, sizeof(prompt), "%u more words:\n",
		    DIGEST_WORDS - words);
		tty_write(tty, prompt);
	}
}

/* Compared with paper, and typed from there: a glance is not enough. */
static enum people_answer
terminal_digest(struct people *p, const char *what, const uint8_t digest[32])
{
	char prompt[200], line[DIGEST_TYPED_MAX], words[WORDS_TEXT_MAX];

	words_write_lines(digest, words);
	snprintf(prompt, sizeof(prompt), "SHA-256 of %s, in words:\n", what);
	tty_write(p->tty, prompt);
	for (char *row = strtok(words, "\n"); row != NULL;
	     row = strtok(NULL, "\n")) {
		snprintf(prompt, sizeof(prompt), "  %s\n", row);
		tty_write(p->tty, prompt);
	}
	tty_write(p->tty,
	    "Compare with your paper, then type the words from the paper "
	    "(or 64 hex digits):\n");
	for (int i = 0; i < ATTEMPTS; i++) {
		uint8_t typed[32];
		unsigned bad = 0;
		if (!digest_typed(p->tty, line))
			return PEOPLE_STOP;
		if (words_read(line, typed, &bad) &&
		    memcmp(typed, digest, sizeof(typed)) == 0)
			return PEOPLE_YES;
		if (bad > 0)
			snprintf(prompt, sizeof(prompt),
			    "Word %u is not one of the list in its place. "
			    "Again:\n",
			    bad);
		else
			snprintf(prompt, sizeof(prompt),
			    "These are not the words of %s. Again:\n", what);
		tty_write(p->tty, prompt);
	}
	return PEOPLE_STOP;
}

/* Whether the card came before anything was typed. */
static bool
card_comes(struct people *p, const char *prompt)
{
	struct pollfd fds[] = { { .fd = p->tty, .events = POLLIN },
		{ .fd = p->watch->fd, .events = POLLIN } };

	while (people_wait(fds, 2, -1) && fds[0].revents == 0) {
		switch (p->watch->hear(p->watch->arg)) {
		case PEOPLE_YES:
			tty_write(p->tty, "\n");
			return true;
		case PEOPLE_NO:
			if (p->watch->said)
				tty_write(p->tty, prompt);
			break;
		case PEOPLE_STOP:
			tty_write(p->tty, prompt);
			return false;
		}
	}
	return false;
}

static enum people_answer
terminal_card(struct people *p, const char *label, const char *owner)
{
	char prompt[200];
	uint8_t line[16];

	snprintf(prompt, sizeof(prompt),
	    "%s: put in card %s, then Enter (s: not here, q: stop) ", owner,
	    label);
	tty_write(p->tty, prompt);
	if (p->watch != NULL && card_comes(p, prompt))
		return PEOPLE_YES;
	int len = tty_line(p->tty, line, sizeof(line));
	if (len == -1 || (len == 1 && line[0] == 'q'))
		return PEOPLE_STOP;
	return len == 1 && line[0] == 's' ? PEOPLE_NO : PEOPLE_YES;
}

static enum people_answer
terminal_put_off(struct people *p, const char *label, char *reason, size_t size)
{
	char prompt[400];
	int len;

	snprintf(prompt, sizeof(prompt),
	    "%s is not here, and its PIN is to be changed before the ceremony "
	    "ends.\nPut it in, then Enter (q: stop). Or give the reason why "
	    "that is put off:\n%s will do nothing before it is done. ",
	    label, label);
	tty_write(p->tty, prompt);
	len = tty_line(p->tty, (uint8_t *)reason, size - 1);
	if (len == -1 || (len == 1 && reason[0] == 'q'))
		return PEOPLE_STOP;
	for (int i = 0; i < len; i++) {
		if (reason[i] < ' ' || reason[i] > '~')
			reason[i] = '?';
	}
	reason[len < 0 ? 0 : len] = '\0';
	return reason[0] == '\0' ? PEOPLE_YES : PEOPLE_NO;
}

static enum people_answer
terminal_last_try(struct people *p, const char *label, const char *owner)
{
	char prompt[240];
	uint8_t line[16];

	snprintf(prompt, sizeof(prompt),
	    "%s: one try is left on card %s, a wrong PIN locks it for good.\n"
	    "Enter leaves it as it is, y tries (q: stop) ",
	    owner, label);
	tty_write(p->tty, prompt);
	int len = tty_line(p->tty, line, sizeof(line));
	if (len == -1 || (len == 1 && line[0] == 'q'))
		return PEOPLE_STOP;
	return len == 1 && line[0] == 'y' ? PEOPLE_YES : PEOPLE_NO;
}

/* The signer that keeps S talks to its custodians itself. */
static bool
terminal_words(struct people *p, char which, bool load, int *fd)
{
	(void)which;
	(void)load;
	*fd = dup(p->tty);
	return *fd != -1;
}

static const struct people_ops ops = { terminal_pin, terminal_digest,
	terminal_card, terminal_last_try, terminal_put_off, terminal_words };

bool
people_terminal(struct people *p)
{
	p->ops = &ops;
	p->rehearsal_fd = -1;
	p->terminal = isatty(STDOUT_FILENO) == 1;
	p->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	return p->tty != -1;
}

bool
people_ask(struct people *p, const char *prompt, char *out, size_t size)
{
	int len;

	tty_write(p->tty, prompt);
	len = tty_line(p->tty, (uint8_t *)out, size - 1);
	out[len < 0 ? 0 : len] = '\0';
	return len != -1;
}

void
people_close(struct people *p)
{
	if (p->tty != -1)
		close(p->tty);
	p->tty = -1;
}
