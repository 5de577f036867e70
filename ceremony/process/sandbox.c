/* SPDX-License-Identifier: ISC */
#include "ceremony/process/sandbox.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#define READER_MEMORY (1024u << 20) /* octets of address space */
#define READER_CPU 60               /* seconds */
#define READER_FILES 64             /* descriptors */

#define EVERYONE (~0u)
#define ONLY(role) (1u << (role))

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN true /* its shadow memory needs all the address space */
#else
#define WITH_ASAN false
#endif

#if defined(__SANITIZE_ADDRESS__)
static bool walled; /* the one thing LeakSanitizer must know, at the end */
int __lsan_is_turned_off(void);
/* Its check forks and traces this process, which no cell allows. */
int
__lsan_is_turned_off(void)
{
	return walled;
}
#define NOTE_WALL() (walled = true)
#else
#define NOTE_WALL() ((void)0)
#endif

static bool
limit(int resource, rlim_t value, rlim_t hard)
{
	struct rlimit rl = { value, hard };

	return setrlimit((__rlimit_resource_t)resource, &rl) == 0;
}

static int
no_core(enum sandbox_role role, const struct sandbox_path *paths)
{
	(void)role;
	(void)paths;
	return limit(RLIMIT_CORE, 0, 0) ? 1 : -1;
}

static int
no_dump(enum sandbox_role role, const struct sandbox_path *paths)
{
	(void)role;
	(void)paths;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 1 : -1;
}

static int
no_new_privileges(enum sandbox_role role, const struct sandbox_path *paths)
{
	(void)role;
	(void)paths;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 1 : -1;
}

static int
reader_limits(enum sandbox_role role, const struct sandbox_path *paths)
{
	(void)role;
	(void)paths;
	/* the soft limit of time ends in SIGXCPU, which can be named */
	return (WITH_ASAN || limit(RLIMIT_AS, READER_MEMORY, READER_MEMORY)) &&
		limit(RLIMIT_CPU, READER_CPU, READER_CPU + 1) &&
		limit(RLIMIT_FSIZE, 0, 0) &&
		limit(RLIMIT_NOFILE, READER_FILES, READER_FILES) &&
		limit(RLIMIT_NPROC, 0, 0)
	    ? 1
	    : -1;
}

/* Last: a ruleset cannot be made behind the filter. */
static int
calls(enum sandbox_role role, const struct sandbox_path *paths)
{
	int ret = sandbox_calls(role);

	(void)paths;
	if (ret == 1)
		NOTE_WALL();
	return ret;
}

static const struct step {
	const char *name;
	int (*enter)(enum sandbox_role role, const struct sandbox_path *paths);
	unsigned roles;
} steps[] = {
	{ "nocore", no_core, EVERYONE },
	{ "nodump", no_dump, EVERYONE },
	{ "nonewprivs", no_new_privileges, EVERYONE },
	{ "limits", reader_limits, ONLY(SANDBOX_READER) },
	{ "landlock", sandbox_files, EVERYONE },
	{ "seccomp", calls, EVERYONE },
};

bool
sandbox_open_first(void)
{
	tzset();
	return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
		       OPENSSL_INIT_ADD_ALL_CIPHERS |
		       OPENSSL_INIT_ADD_ALL_DIGESTS |
		       OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
		   NULL) == 1;
}

static bool
add_word(char *level, size_t size, const char *word)
{
	size_t at = strlen(level);
	int n =
	    snprintf(level + at, size - at, "%s%s", at == 0 ? "" : ",", word);

	return n >= 0 && (size_t)n < size - at;
}

int
sandbox_enter(enum sandbox_role role, const struct sandbox_path *paths,
    char *level, size_t size)
{
	level[0] = '\0';
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if ((steps[i].roles & ONLY(role)) == 0)
			continue;
		int reached = steps[i].enter(role, paths);
		if (reached == -1)
			return -1;
		if (reached == 1 && !add_word(level, size, steps[i].name))
			return -1;
	}
	return 0;
}
