/* SPDX-License-Identifier: ISC */
#ifndef TESTS_FACTORY_SCRATCH_H
#define TESTS_FACTORY_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A scratch folder of one test program. */
struct scratch {
	char dir[256];
	char path[300]; /* last made by scratch_path() */
};

static inline int
scratch_make(struct scratch *s)
{
	const char *build = getenv("BUILD");

	snprintf(s->dir, sizeof(s->dir), "%.200s/factory.XXXXXX",
	    build != NULL ? build : "/tmp");
	return mkdtemp(s->dir) != NULL ? 0 : -1;
}

static inline int
scratch_remove(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline int
scratch_free(struct scratch *s)
{
	return nftw(s->dir, scratch_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline const char *
scratch_path(struct scratch *s, const char *name)
{
	snprintf(s->path, sizeof(s->path), "%s/%.30s", s->dir, name);
	return s->path;
}

/* A file of this text; script: a program for /bin/sh. */
static inline const char *
scratch_file(struct scratch *s, const char *name, const char *text, int script)
{
	FILE *f = fopen(scratch_path(s, name), "w");

	if (f == NULL ||
	    fprintf(f, "%s%s\n", script ? "#!/bin/sh\n" : "", text) < 0 ||
	    fclose(f) != 0 || chmod(s->path, script ? 0755 : 0644) != 0)
		abort();
	return s->path;
}

#endif
