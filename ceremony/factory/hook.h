/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_HOOK_H
#define FACTORY_HOOK_H

#include <stddef.h>
#include <stdint.h>

#define HOOK_ANSWER_MAX 512
#define HOOK_QUESTION_MAX 512
#define HOOK_TIMEOUT_MS 10000

/* How a run of the device hook ended. */
enum hook_end {
	HOOK_ANSWERED,    /* exit status 0 and 1..HOOK_ANSWER_MAX octets */
	HOOK_NOT_STARTED, /* detail: errno */
	HOOK_FAILED,      /* detail: exit status */
	HOOK_KILLED,      /* detail: signal */
	HOOK_TIMEOUT,
	HOOK_SILENT,
	HOOK_TOO_LONG,
};
struct hook_answer {
	enum hook_end end;
	int detail;
	uint8_t data[HOOK_ANSWER_MAX];
	size_t len;
	char complaint[200]; /* begin of its stderr, as it came */
};

/*
 * Run program (a path, no shell, no arguments, environment PATH and LC_ALL
 * alone) in a process group of its own, with question, at most
 * HOOK_QUESTION_MAX octets, on stdin, and read its stdout.  After timeout_ms
 * it is killed, group and all.
 */
void hook_run(const char *program, const char *question, int timeout_ms,
    struct hook_answer *out);
/*
 * The same for a process in a cell, which starts no programs: a runner that is
 * forked before does, this program and no other, for as long as the socket is
 * open.  Returns the socket, or -1.
 */
int hook_runner(const char *program);
/* As hook_run(), by the runner of the program. */
void hook_ask(int runner, const char *question, int timeout_ms,
    struct hook_answer *out);
/* "exited with status 3"; text needs 120 characters. */
void hook_describe(const struct hook_answer *a, char *text, size_t size);

#endif
