/* SPDX-License-Identifier: ISC */
#include "transfer/error.h"

#include <stdarg.h>
#include <stdio.h>

const char *
transfer_strerror(enum transfer_error err)
{
	switch (err) {
	case TRANSFER_OK:
		return "success";
	case TRANSFER_ERR_MEMORY:
		return "out of memory";
	case TRANSFER_ERR_ARGUMENT:
		return "not a value that can be written";
	case TRANSFER_ERR_SIZE:
		return "over its size limit";
	case TRANSFER_ERR_DER:
		return "not strict DER";
	case TRANSFER_ERR_CMS:
		return "not the form of CMS taken here";
	case TRANSFER_ERR_SIGNER:
		return "sealed by another key";
	case TRANSFER_ERR_SIGNATURE:
		return "the seal does not verify";
	case TRANSFER_ERR_SIGN:
		return "the key did not sign";
	case TRANSFER_ERR_LINE:
		return "not strict ASCII JSON Lines";
	case TRANSFER_ERR_KIND:
		return "another kind or version of file";
	case TRANSFER_ERR_FIELD:
		return "a field is wrong, missing or unknown";
	case TRANSFER_ERR_PRIVATE:
		return "holds a private key";
	case TRANSFER_ERR_IO:
		return "could not be read or written";
	case TRANSFER_ERR_EXISTS:
		return "is there already";
	case TRANSFER_ERR_UR:
		return "not a Uniform Resource as taken here";
	}
	return "unknown error";
}

enum transfer_error
transfer_refuse(struct transfer_fault *fault, enum transfer_error err,
    const char *fmt, ...)
{
	va_list ap;

	if (fault == NULL)
		return err;
	fault->err = err;
	va_start(ap, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
	va_end(ap);
	return err;
}
