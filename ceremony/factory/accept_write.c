/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/date.h"
#include "ceremony/factory/acceptance.h"
#include "ceremony/factory/say.h"
#include "transfer/pem.h"

/* Write a new file; everything is synced once, at the end. */
static bool
put(int dirfd, const char *name, const char *text, size_t len)
{
	int fd = openat(dirfd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	bool ok = fd >= 0;

	while (ok && len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		ok = n > 0;
		text += ok ? n : 0;
		len -= ok ? (size_t)n : 0;
	}
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	return ok;
}

static bool
put_buf(int dirfd, const char *name, struct text_buf *b)
{
	size_t len = 0;
	char *text = text_buf_take(b, &len);
	bool ok = text != NULL && put(dirfd, name, text, len);

	free(text);
	return ok;
}

static void
add_pem(struct text_buf *b, const char *label, const struct blob *der)
{
	pem_encode(b, label, der->data, der->len);
}

static bool
put_pem(int dirfd, const char *name, const char *label, const struct blob *der)
{
	struct text_buf b = { 0 };

	add_pem(&b, label, der);
	return put_buf(dirfd, name, &b);
}

static bool
put_chain(int dirfd, const struct response *r)
{
	struct text_buf b = { 0 };

	add_pem(&b, "CERTIFICATE", &r->chain[0]);
	add_pem(&b, "CERTIFICATE", &r->chain[1]);
	return put_buf(dirfd, "chain.pem", &b) &&
	    put_pem(dirfd, "product_ca.crt", "CERTIFICATE", &r->chain[0]) &&
	    put_pem(dirfd, "root_ca.crt", "CERTIFICATE", &r->chain[1]) &&
	    put_pem(dirfd, "crl.pem", "X509 CRL", &r->crls[0]) &&
	    put_pem(dirfd, "root_crl.pem", "X509 CRL", &r->crls[1]);
}

static bool
put_certificate(int dirfd, const struct response_entry *e)
{
	struct blob der = { e->certificate, e->certificate_len };
	char name[REQUEST_ID_MAX + sizeof(".crt")];

	snprintf(name, sizeof(name), "%s.crt", e->id);
	return put_pem(dirfd, name, "CERTIFICATE", &der);
}

static bool
put_certificates(int dirfd, const struct acceptance *a)
{
	bool ok = mkdirat(dirfd, "certs", 0755) == 0;
	int fd = -1;

	if (ok)
		fd = openat(dirfd, "certs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0;
	for (size_t i = 0; ok && i < a->response.count; i++) {
		if (a->certs[i] != NULL)
			ok = put_certificate(fd, &a->response.entries[i]);
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

/* A field of RFC 4180, always quoted. */
static void
add_field(struct text_buf *b, const char *text)
{
	text_buf_raw(b, ",\"", 2);
	for (; *text != '\0'; text++)
		text_buf_raw(b, *text == '"' ? "\"\"" : text,
		    *text == '"' ? 2 : 1);
	text_buf_raw(b, "\"", 1);
}

static void
add_refused(struct text_buf *b, const struct acceptance *a, size_t i)
{
	const struct response_entry *e = &a->response.entries[i];
	bool revoked = e->certificate != NULL;

	text_buf_add(b, "%zu", i + 1);
	add_field(b, a->request.entries[i].id);
	add_field(b, revoked ? "revoked" : e->rule);
	add_field(b,
	    revoked ? "its certificate is on the product CA's CRL" : e->reason);
	text_buf_raw(b, "\r\n", 2);
}

static bool
put_refused(int dirfd, const struct acceptance *a)
{
	struct text_buf b = { 0 };

	text_buf_add(&b, "entry,id,rule,reason\r\n");
	for (size_t i = 0; i < a->response.count; i++) {
		if (a->certs[i] == NULL)
			add_refused(&b, a, i);
	}
	return put_buf(dirfd, "refused.csv", &b);
}

static void
add_digest(struct text_buf *b, const char *key, const uint8_t digest[32])
{
	text_buf_add(b, "\"%s\":\"", key);
	text_buf_hex(b, digest, 32);
	text_buf_raw(b, "\",", 2);
}

/* What was accepted, for the factory's own records. */
static bool
put_summary(int dirfd, const struct acceptance *a)
{
	struct text_buf b = { 0 };
	char date[DATE_RFC3339_SIZE] = "";
	uint8_t root[32] = { 0 };

	if (cert_spki_sha256(a->root, root) != CA_OK ||
	    date_format_rfc3339(a->now, date) != CA_OK)
		return false;
	text_buf_add(&b, "{\"accepted\":\"%s\",", date);
	add_digest(&b, "response", a->response_file.digest);
	add_digest(&b, "request", a->request_file.digest);
	add_digest(&b, "order", a->order_file.digest);
	add_digest(&b, "transcript", a->response.transcript);
	add_digest(&b, "tree_root", a->response.tree_root);
	add_digest(&b, "root_spki", root);
	text_buf_add(&b,
	    "\"tree_size\":%llu,\"certificates\":%zu,\"refused\":%zu}\n",
	    (unsigned long long)a->response.tree_size, a->cert_count,
	    a->response.count - a->cert_count);
	return put_buf(dirfd, "accepted.json", &b);
}

static bool
fill(const char *folder, const struct acceptance *a)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = put_certificates(fd, a) && put_chain(fd, &a->response) &&
	    put_refused(fd, a) && put_summary(fd, a) && syncfs(fd) == 0;
	close(fd);
	return ok;
}

static bool
sync_parent(const char *folder)
{
	char *copy = strdup(folder);
	int fd = copy == NULL
	    ? -1
	    : open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(copy);
	return ok;
}

static int
take_away(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static enum outcome
refuse_folder(const char *path, const char *why)
{
	bool exists = errno == EEXIST;

	say_error("%s: %s", path, why);
	return exists ? OUTCOME_REFUSED : OUTCOME_TROUBLE;
}

static enum outcome
write_through(struct acceptance *a, const char *temporary, const char *folder)
{
	enum outcome ret;

	if (mkdir(temporary, 0755) != 0)
		return refuse_folder(temporary,
		    errno == EEXIST
			? "was left by an accept that broke off; remove it"
			: strerror(errno));
	if (fill(temporary, a) &&
	    renameat2(AT_FDCWD, temporary, AT_FDCWD, folder,
		RENAME_NOREPLACE) == 0 &&
	    sync_parent(folder))
		return OUTCOME_DONE;
	ret = refuse_folder(folder, strerror(errno));
	nftw(temporary, take_away, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return ret;
}

enum outcome
acceptance_write(struct acceptance *a, const char *folder)
{
	char *temporary = NULL;
	size_t len = strlen(folder);
	struct stat st;
	enum outcome ret;

	while (len > 1 && folder[len - 1] == '/')
		len--;
	if (lstat(folder, &st) == 0) {
		errno = EEXIST;
		return refuse_folder(folder, "is there already");
	}
	if (asprintf(&temporary, "%.*s.tmp", (int)len, folder) < 0)
		return input_failed(folder, TRANSFER_ERR_MEMORY);
	ret = write_through(a, temporary, folder);
	free(temporary);
	return ret;
}
