/* SPDX-License-Identifier: ISC */
#ifndef CA_RULE_H
#define CA_RULE_H

/*
 * Why an entry of a request is refused.  One row each: the id that worklists
 * and responses carry, the clause it rests on, and what a person reads.
 * Order is the order in which the rules are tried.
 */
enum rule {
	RULE_OK = 0,
	/* of one CSR alone */
	RULE_SIZE,        /* csr.size: empty or over CSR_MAX octets */
	RULE_DER,         /* csr.der: not DER: BER, indefinite, not minimal */
	RULE_TRAILING,    /* csr.trailing: octets after the CSR */
	RULE_VERSION,     /* csr.version: not v1 (0) */
	RULE_RSA,         /* csr.rsa: RSA keys are not taken by any profile */
	RULE_RSA_SIZE,    /* csr.rsa-size: RSA too short for the profile */
	RULE_CURVE,       /* csr.curve: not a named curve the profile allows */
	RULE_POINT,       /* csr.point: compressed, infinite or off the curve */
	RULE_ALGORITHM,   /* csr.algorithm: signature is not ECDSA, SHA-256+ */
	RULE_POP,         /* csr.pop: signature does not match the key */
	RULE_SUBJECT_NUL, /* csr.nul: NUL or control character in the name */
	RULE_SUBJECT,     /* csr.subject: not exactly one CN, equal to the id */
	RULE_EXTENSION,   /* csr.extension: asks for what only a CA may be */
	RULE_ASKS,        /* csr.asks: requests that cannot be shown */
	RULE_WEAK_KEY,    /* csr.weak: published test key or tiny private key */
	/* of the entry within its request, order and log */
	RULE_ID,         /* entry.id: not an id, or outside the pattern */
	RULE_ID_BATCH,   /* entry.id-twice: id earlier in this request */
	RULE_KEY_BATCH,  /* entry.key-twice: key earlier in this request */
	RULE_KEY_TWIN,   /* entry.key-twin: -Q of a key earlier in request */
	RULE_R_REPEAT,   /* entry.nonce-repeat: same ECDSA r as another CSR */
	RULE_ID_LEDGER,  /* entry.id-known: id issued before, other key */
	RULE_KEY_LEDGER, /* entry.key-known: key issued before, other id */
	RULE_KEY_ROLE,   /* entry.key-role: key of a CA, station, operator */
	RULE_QUOTA,      /* entry.quota: order's quota is used up */
	RULE_COUNT
};

struct rule_row {
	const char *id;     /* "csr.pop" */
	const char *clause; /* "RFC 2986 4.2" */
	const char *text;   /* one line for a person, with the next step */
};

/* The row of a rule; rule in 1..RULE_COUNT-1, anything else gives NULL. */
const struct rule_row *rule_row(enum rule rule);
/* The rule of an id, or RULE_OK when there is none. */
enum rule rule_find(const char *id);

#endif
