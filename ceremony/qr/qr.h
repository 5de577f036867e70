/* SPDX-License-Identifier: ISC */
#ifndef QR_QR_H
#define QR_QR_H

/* What a command of the family ends with; each program has its own exit status
 * for it. */
enum qr_outcome {
	QR_DONE,
	QR_USAGE,
	QR_REFUSED, /* a rule is against what came in */
	QR_EXISTS,  /* an output is there already */
	QR_READ,    /* an input cannot be read */
	QR_WRITE,   /* an output cannot be written */
	QR_SCREEN,  /* no terminal, or no room on it; no framebuffer */
	QR_TROUBLE, /* memory, a helper process */
	QR_STOPPED, /* by a person, before it was done */
};
#define QR_OUTCOMES 9

/* The commands "show", "print", .. of program: argv[0] is the command's own
 * name, the rest its arguments (they are reordered).  "--help" and what is
 * wrong are answered here. */
enum qr_outcome qr_family(const char *program, int argc, char *argv[]);

#endif
