/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_PATHS_H
#define FACTORY_PATHS_H

#include <stddef.h>

#include "ceremony/factory/command.h"

/* The names of the files that make up a request, in its order. */
struct paths {
	char **path;
	size_t count, size;
	char *units; /* the units.csv of a folder, or NULL */
};
/* Operands to files: a folder stands for its *.csr, *.pem, *.der and *.req
 * sorted by name, anything else for itself.  Says what is wrong; out is to be
 * cleared in any case. */
enum outcome
paths_collect(char *const *operands, size_t count, struct paths *out);
void paths_clear(struct paths *p);

#endif
