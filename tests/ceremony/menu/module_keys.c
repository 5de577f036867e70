/* SPDX-License-Identifier: ISC */
/* A terminal that takes keyboard layouts as the Linux console does: each key
 * becomes a line of the file named by ANCHORITE_TEST_KEYS. */
#include <dlfcn.h>
#include <linux/kd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

int
ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, void *) = NULL;
	const char *path = getenv("ANCHORITE_TEST_KEYS");
	const struct kbentry *e;
	va_list ap;
	void *arg;
	FILE *f;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request != KDSKBENT || path == NULL) {
		*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
		return real(fd, request, arg);
	}
	e = arg;
	f = fopen(path, "a");
	if (f == NULL)
		return -1;
	fprintf(f, "%u %u %u\n", e->kb_table, e->kb_index, e->kb_value);
	return fclose(f);
}
