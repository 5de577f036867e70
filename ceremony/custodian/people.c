/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/people.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ceremony/record/words.h"

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

void
people_catch_interrupts(void)
{
	struct sigaction sa = { .sa_handler = on_interrupt };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

bool
people_interrupted(void)
{
	return interrupted != 0;
}

bool
people_wait(struct pollfd *fds, size_t count, int seconds)
{
	const struct timespec most = { .tv_sec = seconds };
	sigset_t stops, before;
	int n = -1;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &stops, &before) == -1)
		return false;
	while (n == -1 && !people_interrupted()) {
		n = ppoll(fds, count, seconds < 0 ? NULL : &most, &before);
		if (n == -1 && errno != EINTR)
			break;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return n > 0;
}

void
people_say(struct people *p, const char *fmt, ...)
{
	va_list ap;

	if (p->quiet)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void
people_say_words(struct people *p, const char *what, const uint8_t digest[32])
{
	char text[WORDS_TEXT_MAX];

	if (p->terminal)
		words_write_lines(digest, text);
	else
		words_write(digest, text);
	people_say(p, "%s", what);
	for (char *line = strtok(text, "\n"); line != NULL;
	     line = strtok(NULL, "\n"))
		people_say(p, "  %s", line);
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void
people_progress(struct people *p, const char *what, uint64_t done,
    uint64_t total)
{
	double now = seconds();

	if (!p->terminal || p->quiet)
		return;
	if (done <= 1) {
		p->progress_start = p->progress_last = now;
		return;
	}
	if (now - p->progress_start > 2 && done == total)
		printf("\r\033[K");
	else if (now - p->progress_start > 2 && now - p->progress_last > 0.2) {
		double left = (now - p->progress_start) / (double)done *
		    (double)(total - done);
		p->progress_last = now;
		printf("\r  %llu of %llu %s, %.0f s left\033[K",
		    (unsigned long long)done, (unsigned long long)total, what,
		    left);
	}
	fflush(stdout);
}
