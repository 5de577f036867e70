/* SPDX-License-Identifier: ISC */
#include "ceremony/process/sandbox.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define READER_MEMORY (1024u << 20) /* octets of address space */
#define READER_CPU 60               /* seconds */
#define READER_FILES 64             /* descriptors */

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN true /* its shadow memory needs all the address space */
#else
#define WITH_ASAN false
#endif

static bool
limit(int resource, rlim_t value)
{
	struct rlimit rl = { value, value };

	return setrlimit((__rlimit_resource_t)resource, &rl) == 0;
}

static bool
no_core(void)
{
	return limit(RLIMIT_CORE, 0);
}

static bool
no_dump(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static bool
no_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static bool
reader_limits(void)
{
	return (WITH_ASAN || limit(RLIMIT_AS, READER_MEMORY)) &&
	    limit(RLIMIT_CPU, READER_CPU) && limit(RLIMIT_FSIZE, 0) &&
	    limit(RLIMIT_NOFILE, READER_FILES) && limit(RLIMIT_NPROC, 0);
}

static const struct step {
	const char *name;
	bool (*enter)(void);
	unsigned roles;
} steps[] = {
	{ "nocore", no_core, ~0u },
	{ "nodump", no_dump, ~0u },
	{ "nonewprivs", no_new_privileges, ~0u },
	{ "limits", reader_limits, 1u << SANDBOX_READER },
};

int
sandbox_enter(enum sandbox_role role, char *level, size_t size)
{
	size_t at = 0;

	level[0] = '\0';
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if ((steps[i].roles & (1u << role)) == 0)
			continue;
		if (!steps[i].enter())
			return -1;
		int n = snprintf(level + at, size - at, "%s%s",
		    at == 0 ? "" : ",", steps[i].name);
		if (n < 0 || (size_t)n >= size - at)
			return -1;
		at += (size_t)n;
	}
	return 0;
}
