/* SPDX-License-Identifier: ISC */
/* A clock of its own for a program that sets it: the machine's is not
 * touched. */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static time_t offset;
static int begun;

/* ANCHORITE_TEST_CLOCK: seconds UTC at which it begins. */
static void
begin(time_t real)
{
	const char *text = getenv("ANCHORITE_TEST_CLOCK");

	if (!begun && text != NULL)
		offset = (time_t)strtoll(text, NULL, 10) - real;
	begun = 1;
}

int
clock_gettime(clockid_t id, struct timespec *out)
{
	int (*real)(clockid_t, struct timespec *) = NULL;
	int status;

	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	status = real(id, out);
	if (status == 0 && id == CLOCK_REALTIME) {
		begin(out->tv_sec);
		out->tv_sec += offset;
	}
	return status;
}

int
clock_settime(clockid_t id, const struct timespec *to)
{
	struct timespec now;

	if (id != CLOCK_REALTIME || clock_gettime(id, &now) != 0)
		return -1;
	offset += to->tv_sec - now.tv_sec;
	return 0;
}
