/* SPDX-License-Identifier: ISC */
#ifndef TESTS_SMARTCARD_SOFTHSM_H
#define TESTS_SMARTCARD_SOFTHSM_H

/* A SoftHSM of a test's own: a folder with configuration and tokens, below
 * $BUILD or /tmp, named by SOFTHSM2_CONF. */

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct softhsm {
	char dir[1024];
};

static inline int
softhsm_remove_entry(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Remove the folder with all that is in it. */
static inline void
softhsm_remove(struct softhsm *s)
{
	unsetenv("SOFTHSM2_CONF");
	nftw(s->dir, softhsm_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Make the folder; 0, or -1 when it cannot be made. */
static inline int
softhsm_make(struct softhsm *s)
{
	const char *base = getenv("BUILD");
	char path[1100];
	FILE *f;

	snprintf(s->dir, sizeof(s->dir), "%s/softhsm.XXXXXX",
	    base != NULL ? base : "/tmp");
	if (mkdtemp(s->dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/tokens", s->dir);
	if (mkdir(path, 0700) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/softhsm2.conf", s->dir);
	f = fopen(path, "w");
	if (f == NULL)
		return -1;
	fprintf(f,
	    "directories.tokendir = %s/tokens\n"
	    "objectstore.backend = file\n"
	    "log.level = ERROR\n",
	    s->dir);
	if (fclose(f) != 0)
		return -1;
	return setenv("SOFTHSM2_CONF", path, 1);
}

#endif
