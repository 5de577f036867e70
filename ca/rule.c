/* SPDX-License-Identifier: ISC */
#include "ca/rule.h"

#include <stddef.h>
#include <string.h>

static const struct rule_row rows[RULE_COUNT] = {
	[RULE_SIZE] = { "csr.size", "our limit",
	    "the CSR is empty or over 8192 octets: send a plain CSR" },
	[RULE_DER] = { "csr.der", "RFC 2986 4; X.690 10",
	    "the CSR is not strict DER: make it again with another encoder" },
	[RULE_TRAILING] = { "csr.trailing", "X.690 8.1",
	    "octets follow the CSR: send the CSR alone" },
	[RULE_VERSION] = { "csr.version", "RFC 2986 4.1",
	    "the CSR's version is not v1 (0): make it again" },
	[RULE_RSA] = { "csr.rsa", "our profiles",
	    "the key is RSA: make a P-256 or P-384 key in the device" },
	[RULE_RSA_SIZE] = { "csr.rsa-size", "SP 800-57 1 5.6.1",
	    "the RSA key is shorter than the profile takes, or malformed: make "
	    "a longer one, or one on P-256 or P-384" },
	[RULE_CURVE] = { "csr.curve", "RFC 5480 2.1.1",
	    "the key is not on a named curve of the profile: make a new key" },
	[RULE_POINT] = { "csr.point", "RFC 5480 2.2",
	    "the point is compressed, infinite or off its curve: make the CSR "
	    "again, look into the device's generator" },
	[RULE_ALGORITHM] = { "csr.algorithm", "RFC 5758 3.2",
	    "not signed with ECDSA and SHA-256, 384 or 512: make it again" },
	[RULE_POP] = { "csr.pop", "RFC 2986 4.2",
	    "the signature does not match the key: make the CSR again" },
	[RULE_SUBJECT_NUL] = { "csr.nul", "RFC 5280 4.1.2.4",
	    "a NUL or control character is in the name: make the CSR again" },
	[RULE_SUBJECT] = { "csr.subject", "RFC 2986 4.1",
	    "the subject is not one CN equal to the id: make the CSR again" },
	[RULE_EXTENSION] = { "csr.extension", "RFC 2985 5.4.2",
	    "it asks for an extension or attribute that no device gets: "
	    "make the CSR without" },
	[RULE_ASKS] = { "csr.asks", "RFC 2985 5.4.2",
	    "it asks for more than 32 things, or in a form that cannot be "
	    "read: make the CSR without" },
	[RULE_WEAK_KEY] = { "csr.weak", "RFC 9500 1",
	    "the private key is public or tiny: stop the line, look into the "
	    "device's generator" },
	[RULE_ID] = { "entry.id", "work order",
	    "the id is no id or outside the order's pattern: correct it" },
	[RULE_ID_BATCH] = { "entry.id-twice", "work order",
	    "the id stands earlier in this request: find the second unit" },
	[RULE_KEY_BATCH] = { "entry.key-twice", "RFC 4086 2",
	    "the key stands earlier in this request: stop the line, two units "
	    "have one key" },
	[RULE_KEY_TWIN] = { "entry.key-twin", "SEC 1 4.1.6",
	    "the key is the negative of one earlier in this request: stop the "
	    "line, the keys are not independent" },
	[RULE_R_REPEAT] = { "entry.nonce-repeat", "RFC 6979 1",
	    "another CSR was signed with the same ECDSA nonce: both keys are "
	    "lost, stop the line" },
	[RULE_ID_LEDGER] = { "entry.id-known", "issuance log",
	    "the id was issued before with another key: re-provision it" },
	[RULE_KEY_LEDGER] = { "entry.key-known", "issuance log",
	    "the key was issued before under another id: make a new key" },
	[RULE_KEY_ROLE] = { "entry.key-role", "transcript",
	    "it is the key of a CA, station or operator: stop, find out who "
	    "made this CSR" },
	[RULE_QUOTA] = { "entry.quota", "work order",
	    "the order's quota is used up: ask for a new order" },
};

const struct rule_row *
rule_row(enum rule rule)
{
	if ((int)rule <= RULE_OK || rule >= RULE_COUNT)
		return NULL;
	return &rows[rule];
}

enum rule
rule_find(const char *id)
{
	for (int i = RULE_OK + 1; i < RULE_COUNT; i++)
		if (strcmp(rows[i].id, id) == 0)
			return (enum rule)i;
	return RULE_OK;
}
