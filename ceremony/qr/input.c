/* SPDX-License-Identifier: ISC */
#include "ceremony/qr/input.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ceremony/qr/say.h"
#include "transfer/file.h"
#include "transfer/qr_file.h"
#include "transfer/request.h"
#include "transfer/ur.h"

/* Why a path was not read, with what to do; errno is file_read()'s. */
static const char *
reason(const char *path, int error)
{
	struct stat st;

	if (error == ELOOP)
		return "it is a link: name the file that it points to";
	if (error != EINVAL)
		return strerror(error);
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode)
	    ? "it is a folder: name one of its files"
	    : "it is a pipe or device: copy what it gives to a file";
}

static enum qr_outcome
say_unread(const char *path, enum transfer_error err)
{
	switch (err) {
	case TRANSFER_ERR_SIZE:
		qr_say_error("%s: over %u octets", path, QR_FILE_MAX);
		return QR_REFUSED;
	case TRANSFER_ERR_IO:
		qr_say_error("%s: cannot be read: %s", path,
		    reason(path, errno));
		return QR_READ;
	default:
		qr_say_error("%s: %s", path, transfer_strerror(err));
		return QR_TROUBLE;
	}
}

static enum qr_outcome
pack(const char *path, const uint8_t *data, size_t len, struct qr_input *in)
{
	enum transfer_error err;

	if (len == 0) {
		qr_say_error("%s: is empty", path);
		return QR_REFUSED;
	}
	if (request_is_private_key(data, len)) {
		qr_say_error("%s: holds a private key, which must not be shown",
		    path);
		return QR_REFUSED;
	}
	err = qr_file_pack(data, len, &in->message, &in->message_len);
	if (err == TRANSFER_ERR_SIZE) {
		qr_say_error("%s: over %u octets, even deflated", path,
		    UR_MESSAGE_MAX);
		return QR_REFUSED;
	}
	if (err == TRANSFER_OK && SHA256(data, len, in->digest) == NULL)
		err = TRANSFER_ERR_MEMORY;
	if (err != TRANSFER_OK) {
		qr_say_error("%s: %s", path, transfer_strerror(err));
		return QR_TROUBLE;
	}
	in->file_len = len;
	qr_sheet_name(path, in->name);
	return QR_DONE;
}

enum qr_outcome
qr_input_read(const char *path, struct qr_input *in)
{
	enum transfer_error err;
	enum qr_outcome outcome;
	uint8_t *data;
	size_t len;

	*in = (struct qr_input){ 0 };
	err = file_read(AT_FDCWD, path, QR_FILE_MAX, &data, &len);
	if (err != TRANSFER_OK)
		return say_unread(path, err);
	outcome = pack(path, data, len, in);
	/* it may have been a key */
	OPENSSL_cleanse(data, len);
	free(data);
	return outcome;
}

void
qr_input_clear(struct qr_input *in)
{
	free(in->message);
	*in = (struct qr_input){ 0 };
}

void
qr_input_say(FILE *to, const struct qr_input *in)
{
	qr_say(to, "%s: %zu octets, SHA-256 in words:", in->name, in->file_len);
	qr_say_words(to, in->digest);
}
