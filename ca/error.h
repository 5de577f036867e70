/* SPDX-License-Identifier: ISC */
#ifndef CA_ERROR_H
#define CA_ERROR_H

/* What a function of ca/ returns; 0 is success and nothing else is. */
enum ca_error {
	CA_OK = 0,
	CA_ERR_MEMORY,    /* an allocation failed */
	CA_ERR_ARGUMENT,  /* the caller broke the contract */
	CA_ERR_PROFILE,   /* no such profile, or the request is outside it */
	CA_ERR_NAME,      /* a subject text that is not ours */
	CA_ERR_DATE,      /* a date that is malformed or out of range */
	CA_ERR_KEY,       /* a key of the wrong kind, or off its curve */
	CA_ERR_ENCODING,  /* bytes that are not the strict DER they should be */
	CA_ERR_VALIDITY,  /* a child that would outlive its issuer */
	CA_ERR_LINT,      /* the throwaway-signed draft broke a rule */
	CA_ERR_SIGN,      /* the key refused to sign */
	CA_ERR_SIGNATURE, /* a signature that does not verify */
	CA_ERR_SELFCHECK, /* what was signed is not what was asked for */
	CA_ERR_CHAIN,     /* does not chain to the given issuer */
	CA_ERR_REVOKED,   /* on the issuer's CRL */
	CA_ERR_STATED,    /* fields of a CA that are not ours to write */
	CA_ERR_CONSTRAINT, /* a CA that would be more than its issuer may be */
};

/* A short English text for an error; total, never NULL. */
const char *ca_strerror(enum ca_error err);

#endif
