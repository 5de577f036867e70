/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_ERROR_H
#define TRANSFER_ERROR_H

/* What a function of transfer/ returns; 0 is success and nothing else is. */
enum transfer_error {
	TRANSFER_OK = 0,
	TRANSFER_ERR_MEMORY,
	TRANSFER_ERR_ARGUMENT,
	TRANSFER_ERR_SIZE,      /* over a named limit */
	TRANSFER_ERR_DER,       /* not strict DER, or trailing octets */
	TRANSFER_ERR_CMS,       /* CMS, but not the one form we take */
	TRANSFER_ERR_SIGNER,    /* sealed by another key than expected */
	TRANSFER_ERR_SIGNATURE, /* the seal does not verify */
	TRANSFER_ERR_SIGN,      /* the key refused to sign */
	TRANSFER_ERR_LINE,      /* not ASCII JSON Lines as defined */
	TRANSFER_ERR_KIND,      /* another kind of file, or version */
	TRANSFER_ERR_FIELD,     /* unknown, duplicate, missing, wrong type */
	TRANSFER_ERR_PRIVATE,   /* holds a private key: refused whole */
	TRANSFER_ERR_IO,        /* a file could not be read or written */
	TRANSFER_ERR_EXISTS,    /* the output is there already */
	TRANSFER_ERR_UR,        /* not a Uniform Resource as taken here */
};

/* A short English text for an error; total, never NULL. */
const char *transfer_strerror(enum transfer_error err);

/* Where and why a file was refused; text is one line without newline, ready
 * to stand behind the file's name: "line 17: unknown key \"foo\"". */
struct transfer_fault {
	enum transfer_error err;
	char text[200];
};

/* Fill fault in (it may be NULL) and return err, for "return
 * transfer_refuse(...)".  A text that is too long is cut. */
enum transfer_error
transfer_refuse(struct transfer_fault *fault, enum transfer_error err,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
