/* SPDX-License-Identifier: ISC */
#include "ca/error.h"

const char *
ca_strerror(enum ca_error err)
{
	switch (err) {
	case CA_OK:
		return "success";
	case CA_ERR_MEMORY:
		return "out of memory";
	case CA_ERR_ARGUMENT:
		return "the call is not allowed with these arguments";
	case CA_ERR_PROFILE:
		return "outside the certificate profile";
	case CA_ERR_NAME:
		return "a subject that this program does not write";
	case CA_ERR_DATE:
		return "a date that is malformed or out of range";
	case CA_ERR_KEY:
		return "a key of the wrong kind, or off its curve";
	case CA_ERR_ENCODING:
		return "not the strict DER it should be";
	case CA_ERR_VALIDITY:
		return "validity outside that of the issuer";
	case CA_ERR_LINT:
		return "the draft certificate breaks a rule of RFC 5280";
	case CA_ERR_SIGN:
		return "the key did not sign";
	case CA_ERR_SIGNATURE:
		return "the signature does not verify";
	case CA_ERR_SELFCHECK:
		return "what was signed is not what was asked for";
	case CA_ERR_CHAIN:
		return "does not chain to the issuer given";
	case CA_ERR_REVOKED:
		return "revoked by its issuer";
	case CA_ERR_STATED:
		return "fields that this program does not write";
	case CA_ERR_CONSTRAINT:
		return "outside the names, uses or pathLen of the issuer";
	}
	return "unknown error";
}
