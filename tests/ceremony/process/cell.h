/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CEREMONY_PROCESS_CELL_H
#define TESTS_CEREMONY_PROCESS_CELL_H

/* Looking at a process from outside, and its cell. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

/* Whether this kernel has Landlock. */
static inline int
cell_has_landlock(void)
{
	return syscall(444 /* landlock_create_ruleset */, NULL, 0, 1u) > 0;
}

/* The value behind NAME in a file of /proc/PID: "Seccomp:" in "status". */
static inline void
cell_proc(pid_t pid, const char *file, const char *name, char out[32])
{
	char path[64], line[256];
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	in = fopen(path, "re");
	assert_non_null(in);
	out[0] = '\0';
	while (fgets(line, sizeof(line), in) != NULL) {
		if (strncmp(line, name, strlen(name)) == 0)
			sscanf(line + strlen(name), "%31s", out);
	}
	fclose(in);
}

static inline void
cell_expect(pid_t pid, const char *file, const char *name, const char *want)
{
	char have[32];

	cell_proc(pid, file, name, have);
	if (strcmp(have, want) != 0)
		fail_msg("%s %s, not %s", name, have, want);
}

/* Whether WORD is one of the words of a level. */
static inline int
cell_has_word(const char *level, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = level; at != NULL;
	     at = strchr(at, ',') == NULL ? NULL : strchr(at, ',') + 1) {
		if (strncmp(at, word, len) == 0 &&
		    (at[len] == ',' || at[len] == '\0'))
			return 1;
	}
	return 0;
}

#endif
