/* SPDX-License-Identifier: ISC */
#include "ceremony/process/paper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ceremony/quorum/slip39.h"

#define TRIES 5
#define WORDS_A_LINE 4
#define CLEAR "\033[2J\033[3J\033[H" /* screen, scrollback, cursor home */

static bool
say(int tty, const void *text, size_t len)
{
	const char *p = text;

	while (len > 0) {
		ssize_t n = write(tty, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
say_text(int tty, const char *text)
{
	return say(tty, text, strlen(text));
}

/* A line without its LF, straight into locked memory; NULL at the end of the
 * terminal.  What does not fit is read away and makes the line empty. */
static struct secret *
read_line(int tty)
{
	struct secret *line = secret_new();
	bool over = false;

	while (line != NULL) {
		uint8_t *c = line->data + line->len;
		ssize_t n = read(tty, c, 1);
		if (n == -1 && errno == EINTR)
			continue;
		if (n != 1) {
			secret_free(line);
			return NULL;
		}
		if (*c == '\n')
			break;
		if (line->len == SECRET_MAX)
			over = true;
		else
			line->len++;
	}
	if (line != NULL && over)
		line->len = 0;
	return line;
}

static bool
wait_enter(int tty)
{
	struct secret *line = read_line(tty);
	bool there = line != NULL;

	secret_free(line);
	return there;
}

/* The next word of a line from *at on; its length, 0 at the end. */
static size_t
next_word(const struct secret *s, size_t *at)
{
	size_t end;

	while (*at < s->len && s->data[*at] == ' ')
		++*at;
	for (end = *at; end < s->len && s->data[end] != ' '; end++)
		;
	return end - *at;
}

/* Place, from 1, of the first word that differs; 0: all are the same. */
static unsigned
first_difference(const struct secret *a, const struct secret *b)
{
	size_t i = 0, j = 0;

	for (unsigned place = 1;; place++) {
		size_t m = next_word(a, &i), n = next_word(b, &j);
		if (m == 0 && n == 0)
			return 0;
		if (m != n ||
		    strncasecmp((const char *)a->data + i,
			(const char *)b->data + j, n) != 0)
			return place;
		i += m;
		j += n;
	}
}

/* Place of the first word that is on no list; 0: all are. */
static unsigned
first_unknown(const struct secret *s)
{
	size_t at = 0, n;

	for (unsigned place = 1; (n = next_word(s, &at)) > 0; place++) {
		if (slip39_value((const char *)s->data + at, n) < 0)
			return place;
		at += n;
	}
	return 0;
}

static bool
show(int tty, char which, const char *name, size_t i, size_t count,
    const struct secret *mnemonic)
{
	char text[160];
	size_t at = 0, n;
	bool ok;

	snprintf(text, sizeof(text),
	    CLEAR "Share %zu of %zu of %c, for the eyes of %s alone.\n"
		  "Write it down by hand, with the numbers.\n\n",
	    i + 1, count, which, name);
	ok = say_text(tty, text);
	for (unsigned place = 1; ok && (n = next_word(mnemonic, &at)) > 0;
	     place++) {
		snprintf(text, sizeof(text), "%s%4u ",
		    place % WORDS_A_LINE == 1 ? "\n" : "", place);
		ok = say_text(tty, text) && say(tty, mnemonic->data + at, n);
		for (size_t pad = n; ok && pad < 10; pad++)
			ok = say_text(tty, " ");
		at += n;
	}
	return ok && say_text(tty, "\n\nWritten down? Then Enter: ");
}

static bool
typed_back(int tty, const struct secret *mnemonic, bool *right)
{
	struct secret *typed;
	char text[160];
	unsigned place;

	if (!say_text(tty,
		CLEAR "All the words from the paper, in one line:\n") ||
	    (typed = read_line(tty)) == NULL)
		return false;
	place = first_difference(typed, mnemonic);
	secret_free(typed);
	*right = place == 0;
	if (*right)
		return say_text(tty,
			   CLEAR "Right. Put the paper away, then Enter: ") &&
		    wait_enter(tty) && say_text(tty, CLEAR);
	snprintf(text, sizeof(text),
	    CLEAR "Word %u is not the one that was shown. Correct the paper: "
		  "Enter shows the words again: ",
	    place);
	return say_text(tty, text) && wait_enter(tty);
}

bool
paper_give(int tty, char which, const char (*names)[PAPER_NAME_MAX + 1],
    struct secret *const *mnemonics, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool right = false;
		for (int t = 0; !right && t < TRIES; t++) {
			if (!show(tty, which, names[i], i, count,
				mnemonics[i]) ||
			    !wait_enter(tty) ||
			    !typed_back(tty, mnemonics[i], &right))
				return false;
		}
		if (!right)
			return false;
	}
	return true;
}

/* What is wrong with a share, told by place; true: nothing that shows in one
 * share alone. */
static bool
share_stands(int tty, struct secret *share, bool *ended)
{
	struct secret *out = NULL;
	char text[160];
	unsigned place = first_unknown(share);
	enum quorum_error err = slip39_combine(&share, 1, "", &out, NULL);

	secret_free(out);
	if (place != 0)
		snprintf(text, sizeof(text),
		    "Word %u is not on the list. This share again:\n", place);
	else if (err == QUORUM_ERR_CHECKSUM || err == QUORUM_ERR_MNEMONIC)
		snprintf(text, sizeof(text),
		    "A word is wrong, missing or out of place. This share "
		    "again:\n");
	else
		return true;
	*ended = !say_text(tty, text);
	return false;
}

size_t
paper_take(int tty, char which, struct secret *shares[], size_t max)
{
	size_t count = 0;
	char text[160];
	bool ended;

	snprintf(text, sizeof(text),
	    CLEAR "The words of %c: a share in one line, then the next; an "
		  "empty line ends them.\n",
	    which);
	ended = !say_text(tty, text);

	while (!ended && count < max) {
		struct secret *line = read_line(tty);
		if (line == NULL || line->len == 0) {
			secret_free(line);
			break;
		}
		if (share_stands(tty, line, &ended))
			shares[count++] = line;
		else
			secret_free(line);
	}
	say_text(tty, CLEAR);
	return count;
}
