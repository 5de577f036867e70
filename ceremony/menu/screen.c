/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "ceremony/menu/clock.h"
#include "ceremony/menu/order.h"
#include "ceremony/record/words.h"
#include "transfer/text.h"

#define WORDS_A_LINE 8
#define STATUS_PLAN 21 /* characters of a plan's name in the status line */
#define CLEAR "\033[H\033[J"

/* ---- telling ---------------------------------------------------------------- */

static void
put_safe(const char *fmt, va_list ap)
{
	char text[1200];

	vsnprintf(text, sizeof(text), fmt, ap);
	for (const char *c = text; *c != '\0'; c++) {
		if (*c >= ' ' && *c <= '~')
			putchar(*c);
		else
			printf("\\x%02x", (unsigned char)*c);
	}
}

void
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_safe(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void
say_gap(void)
{
	putchar('\n');
	fflush(stdout);
}

void
say_part(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_safe(fmt, ap);
	va_end(ap);
	fflush(stdout);
}

void
say_digest(const uint8_t sha256[32])
{
	char hex[TEXT_HEX_SIZE(32)], words[WORDS_TEXT_MAX];
	char *rest = words, *word;
	unsigned n = 0;

	text_hex(sha256, 32, hex);
	say("   %s", hex);
	words_write(sha256, words);
	while ((word = strsep(&rest, " ")) != NULL) {
		bool first = n++ % WORDS_A_LINE == 0;

		printf("%s%s%s", first ? "   " : " ", word,
		    n % WORDS_A_LINE == 0 ? "\n" : "");
	}
	fflush(stdout);
}

static bool
can_clear(void)
{
	const char *term = getenv("TERM");

	return term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

/* Version, commit, clock and plan, in one line. */
static void
say_status(const struct room *r)
{
	char clock[CLOCK_TEXT], commit[RELEASE_SHORT] = "";
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	clock_write_short(now.tv_sec, clock);
	if (r->in_image)
		release_short(&r->release, commit);
	say("anchorite %.12s %s | %s | %s%.*s",
	    r->in_image ? r->release.version : ANCHORITE_VERSION,
	    r->in_image ? commit : "no image", clock,
	    r->plan[0] != '\0' ? "" : "no plan", STATUS_PLAN, r->plan);
}

void
screen_begin(const struct room *r, const char *title)
{
	if (can_clear())
		fputs(CLEAR, stdout);
	else
		say(" ");
	say_status(r);
	say_gap();
	say("%s", title);
	say_gap();
}

/* ---- signals and the terminal ------------------------------------------------ */

static volatile sig_atomic_t interrupted;
static struct termios terminal;
static bool have_terminal;

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

void
screen_guard(void)
{
	static const int ignored[] = { SIGQUIT, SIGTSTP, SIGPIPE };
	struct sigaction act = { .sa_handler = SIG_IGN };
	sigset_t stop;

	sigemptyset(&act.sa_mask);
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		sigaction(ignored[i], &act, NULL);
	act.sa_handler = SIG_DFL;
	sigaction(SIGTERM, &act, NULL);
	have_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
	terminal.c_lflag |= ICANON | ECHO | ISIG;
	screen_restore();
}

void
screen_restore(void)
{
	struct sigaction act = { .sa_handler = SIG_IGN };

	/* what was meant for the command is not for this menu */
	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	act.sa_handler = on_interrupt;
	sigaction(SIGINT, &act, NULL);
	interrupted = 0;
	if (have_terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
}

/* ---- asking ----------------------------------------------------------------- */

enum typed {
	TYPED_LINE,
	TYPED_LONG, /* more than there is room for, read away */
	TYPED_INTERRUPT,
	TYPED_END
};

/* Ctrl-C is let through here alone, so that none is lost before.  False: it
 * came, or the terminal has failed. */
static bool
wait_for_key(void)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	sigset_t none;
	int n;

	sigemptyset(&none);
	do
		n = ppoll(&pfd, 1, NULL, &none);
	while (n == -1 && errno == EINTR && !interrupted);
	return n == 1;
}

static enum typed
read_line(char *out, size_t size)
{
	size_t len = 0;
	bool over = false;
	char c;

	for (;;) {
		if (!wait_for_key()) {
			bool was = interrupted != 0;

			interrupted = 0;
			return was ? TYPED_INTERRUPT : TYPED_END;
		}
		if (read(STDIN_FILENO, &c, 1) != 1)
			return TYPED_END;
		if (c == '\n')
			break;
		if (len + 1 == size)
			over = true;
		else
			out[len++] = c;
	}
	out[len] = '\0';
	return over ? TYPED_LONG : TYPED_LINE;
}

static void
trim(char *text)
{
	size_t start = strspn(text, " \t"), len;

	memmove(text, text + start, strlen(text + start) + 1);
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		text[--len] = '\0';
}

bool
ask_here(struct room *r, const char *prompt, char *out, size_t size)
{
	out[0] = '\0';
	for (bool stands = true; !r->ended; stands = false) {
		if (!stands)
			say_part("%s", prompt);
		switch (read_line(out, size)) {
		case TYPED_LINE:
			trim(out);
			if (out[0] == '\0' || text_is_printable(out, size))
				return true;
			say("Only letters, digits and signs without accents, "
			    "please. Again:");
			break;
		case TYPED_LONG:
			say("That is too long. Again:");
			break;
		case TYPED_INTERRUPT:
			say_gap();
			say("Ctrl-C ends a command that runs, and not this "
			    "menu. Enter leaves a question.");
			break;
		case TYPED_END:
			r->ended = true;
			break;
		}
	}
	out[0] = '\0';
	return false;
}

bool
ask(struct room *r, const char *prompt, char *out, size_t size)
{
	if (!r->ended)
		say_part("%s", prompt);
	return ask_here(r, prompt, out, size);
}

size_t
ask_number(struct room *r, const char *prompt, size_t most)
{
	char line[SCREEN_LINE], *end;

	while (ask(r, prompt, line, sizeof(line))) {
		unsigned long n = strtoul(line, &end, 10);

		if (line[0] == '\0' || strcmp(line, "q") == 0 ||
		    strcmp(line, "0") == 0)
			return 0;
		if (line[0] >= '1' && line[0] <= '9' && *end == '\0' &&
		    n <= most)
			return (size_t)n;
		say("%s is not one of the numbers.", line);
	}
	return 0;
}

bool
ask_yes(struct room *r, const char *prompt)
{
	char line[SCREEN_LINE];

	return ask(r, prompt, line, sizeof(line)) &&
	    (strcmp(line, "y") == 0 || strcmp(line, "yes") == 0);
}

/* What was typed before it could be read what for, is no answer. */
void
ask_enter(struct room *r)
{
	char line[SCREEN_LINE];

	tcflush(STDIN_FILENO, TCIFLUSH);
	ask(r, "Enter goes on. ", line, sizeof(line));
}

bool
ask_word(struct room *r, const char *prompt, char out[SCREEN_LINE])
{
	while (ask(r, prompt, out, SCREEN_LINE) && out[0] != '\0') {
		if (order_word_valid(out))
			return true;
		say("At most %d characters, and no dash first. Again:",
		    ORDER_WORD_MAX);
	}
	return false;
}
