/* SPDX-License-Identifier: ISC */
#include "smartcard/error.h"

const char *
card_strerror(enum card_error err)
{
	switch (err) {
	case CARD_OK:
		return "success";
	case CARD_ERR_MEMORY:
		return "out of memory";
	case CARD_ERR_ARGUMENT:
		return "invalid argument";
	case CARD_ERR_LOAD:
		return "the PKCS#11 module cannot be loaded";
	case CARD_ERR_MODULE:
		return "the PKCS#11 module reports an error";
	case CARD_ERR_NO_TOKEN:
		return "no such token is present";
	case CARD_ERR_AMBIGUOUS:
		return "more than one matches";
	case CARD_ERR_NOT_BLANK:
		return "a token of that label is already initialised";
	case CARD_ERR_REMOVED:
		return "the token was removed";
	case CARD_ERR_PIN:
		return "the PIN is wrong";
	case CARD_ERR_PIN_LOCKED:
		return "the PIN is locked";
	case CARD_ERR_LAST_TRY:
		return "at most one try of its SO PIN is left, and it may be "
		       "another one: that try is not used; take another card";
	case CARD_ERR_PIN_FORM:
		return "the PIN has a length or characters the token refuses";
	case CARD_ERR_KEY_MISSING:
		return "no such key on the token";
	case CARD_ERR_KEY_AMBIGUOUS:
		return "more than one key of that label on the token";
	case CARD_ERR_ATTRIBUTES:
		return "the key does not have the attributes asked for";
	case CARD_ERR_SELFTEST:
		return "the key on the token is not the expected one";
	case CARD_ERR_OBJECT_MISSING:
		return "no such object on the token";
	case CARD_ERR_FULL:
		return "the token is full";
	case CARD_ERR_MAY_NOT:
		return "the key may not leave its token";
	case CARD_ERR_UNWRAP:
		return "the wrapped key is damaged, or was wrapped under "
		       "another backup secret";
	case CARD_ERR_NO_COPIES:
		return "tokens of this module cannot pass a key on";
	case CARD_ERR_SERVICE:
		return "the smartcard service (pcscd) does not answer";
	case CARD_ERR_TIMEOUT:
		return "nothing happened in time";
	case CARD_ERR_BUSY:
		return "another program has the card";
	case CARD_ERR_READERS:
		return "too many readers, or two whose names cannot be told apart: "
		       "take readers off";
	case CARD_ERR_FOREIGN:
		return "the card is not a SmartCard-HSM";
	case CARD_ERR_ANSWER:
		return "the card's answer is out of form";
	case CARD_ERR_STATUS:
		return "the card refuses the command";
	case CARD_ERR_LEFT:
		return "not everything on the token is gone";
	case CARD_ERR_MUTE:
		return "the card is mute: is it the wrong way round, or dead?";
	case CARD_ERR_CANCELLED:
		return "no PIN was typed at the reader: it was cancelled there, or "
		       "not typed in time; no try was used";
	}
	return "unknown error";
}
