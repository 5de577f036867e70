/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_PROCESS_WIDEN_H
#define TESTS_CEREMONY_PROCESS_WIDEN_H

/*
 * For libraries that tests preload into our processes: what such a library
 * itself needs is added to a cell while its process enters it.  The programs
 * know nothing of it; a process without the library has the cell it has.
 *
 * Include it once, in a library's main file, which has widen_path(): it gives
 * the i-th folder or file that the library uses, or false.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WIDEN_CREATE 444 /* landlock_create_ruleset */
#define WIDEN_ADD 445
#define WIDEN_RESTRICT 446

/* hidden: each preloaded library has its own */
__attribute__((visibility("hidden"))) bool
widen_path(size_t i, char path[PATH_MAX]);

static uint64_t widen_handled;

static long
widen_call(long number, const long a[6])
{
	static long (*real)(long, ...);
	void *found;

	if (real == NULL) {
		found = dlsym(RTLD_NEXT, "syscall");
		memcpy(&real, &found, sizeof(real));
	}
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void
widen_ruleset(long ruleset)
{
	struct {
		uint64_t allowed;
		int32_t fd;
	} __attribute__((packed)) rule;
	char path[PATH_MAX];

	for (size_t i = 0; widen_path(i, path); i++) {
		long a[6] = { ruleset, 1, (long)&rule, 0, 0, 0 };
		rule.fd = open(path, O_PATH | O_CLOEXEC);
		rule.allowed = widen_handled;
		if (rule.fd == -1)
			continue;
		if (widen_call(WIDEN_ADD, a) == -1) {
			rule.allowed &= 1u << 1 | 1u << 2 | 1u << 14;
			widen_call(WIDEN_ADD, a); /* a file */
		}
		close(rule.fd);
	}
}

long syscall(long number, ...);
long
syscall(long number, ...)
{
	va_list ap;
	long a[6];

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == WIDEN_CREATE && a[0] != 0) {
		uint64_t attr[3] = { 0, 0, 0 };
		size_t size =
		    (size_t)a[1] < sizeof(attr) ? (size_t)a[1] : sizeof(attr);
		memcpy(attr, (const void *)a[0], size);
		attr[2] = 0; /* one ends all processes of a test */
		widen_handled = attr[0];
		a[0] = (long)attr;
		return widen_call(number, a);
	}
	if (number == WIDEN_RESTRICT)
		widen_ruleset(a[0]);
	return widen_call(number, a);
}

/* What the libraries of tests call, besides what a signer does. */
int
seccomp_load(const scmp_filter_ctx filter)
{
	static const int calls[] = { SCMP_SYS(openat), SCMP_SYS(readlink),
		SCMP_SYS(newfstatat), SCMP_SYS(getcwd), SCMP_SYS(getdents64),
		SCMP_SYS(renameat2), SCMP_SYS(linkat), SCMP_SYS(sendfile),
		SCMP_SYS(kill), SCMP_SYS(shutdown) };
	int (*real)(const scmp_filter_ctx);
	void *found = dlsym(RTLD_NEXT, "seccomp_load");

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		seccomp_rule_add((scmp_filter_ctx)filter, SCMP_ACT_ALLOW,
		    calls[i], 0);
	memcpy(&real, &found, sizeof(real));
	return real(filter);
}

#endif
