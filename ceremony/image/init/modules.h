/* SPDX-License-Identifier: ISC */
/* The kernel's modules: the image's list, all at once, and then none more. */
#ifndef INIT_MODULES_H
#define INIT_MODULES_H

#define MODULES_PATH_MAX 256 /* octets of a line, its end included */

enum modules_error {
	MODULES_OK = 0,
	MODULES_ERR_READ,  /* the list cannot be read */
	MODULES_ERR_LOAD,  /* the kernel took a module not: errno */
	MODULES_ERR_CLOSE, /* loading could not be closed off */
	MODULES_ERR_USB    /* usbcore would let devices in by itself */
};
const char *modules_strerror(enum modules_error error);

/* What a module is loaded with; "" for most. */
const char *modules_parameters(const char *path);

/*
 * Load all modules of a list, and close loading off.  The list is the image's
 * own: an absolute path of a .ko file a line, in the order of loading.
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
