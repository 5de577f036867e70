/* SPDX-License-Identifier: ISC */
/* The kernel's modules: the image's list, all at once, and then none more. */
#ifndef INIT_MODULES_H
#define INIT_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#define MODULES_MAX 256      /* lines of the list */
#define MODULES_OCTETS 32768 /* of the list */
#define MODULES_PATH_MAX 256 /* octets of a line, its end included */

enum modules_error {
	MODULES_OK = 0,
	MODULES_ERR_READ,  /* the list cannot be read */
	MODULES_ERR_SIZE,  /* it is empty, too long, or has no line feed last */
	MODULES_ERR_LINE,  /* a line is no path of a module of the image */
	MODULES_ERR_LOAD,  /* the kernel took a module not: errno */
	MODULES_ERR_CLOSE, /* loading could not be closed off */
	MODULES_ERR_USB    /* usbcore would let devices in by itself */
};
const char *modules_strerror(enum modules_error error);

/*
 * Take a list apart: one absolute path of a .ko file below /usr/lib/modules or
 * /lib/modules a line, in the order of loading.
 *
 * list   len octets; line feeds become NULs.
 * lines  room for MODULES_MAX; each points into list.
 *
 * Returns MODULES_OK, MODULES_ERR_SIZE or MODULES_ERR_LINE.
 */
enum modules_error modules_parse(char *list, size_t len,
    const char *lines[MODULES_MAX], size_t *count);

/* What a module is loaded with; "" for most. */
const char *modules_parameters(const char *path);

/*
 * Load all modules of a list, and close loading off.
 *
 * failed  on failure the line that it was about or "", at most
 *         MODULES_PATH_MAX octets.
 *
 * A module for hardware that is not there (ENODEV) is no error, nor one that
 * is there already.
 */
enum modules_error
modules_load(const char *list, char failed[MODULES_PATH_MAX]);

#endif
