/* SPDX-License-Identifier: ISC */
/*
 * For LD_PRELOAD in a signer: where SoftHSM's module would be loaded, the one
 * that DIVERT names is.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

void *
dlopen(const char *path, int mode)
{
	void *(*next)(const char *, int) = NULL;
	void *sym = dlsym(RTLD_NEXT, "dlopen");
	const char *other = getenv("DIVERT");

	memcpy(&next, &sym, sizeof(next));
	if (other != NULL && path != NULL && strcmp(path, SOFTHSM) == 0)
		path = other;
	return next(path, mode);
}
