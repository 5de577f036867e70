/* SPDX-License-Identifier: ISC */
#include "ceremony/custodian/make_up.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ca/date.h"
#include "ca/subject.h"
#include "transfer/order.h"
#include "transfer/text.h"

#define FACTORY_NAME "Rehearsal"
#define KEY_NAME "REHEARSAL-STATION-%s.key"
#define MAKE_UP_RSA_BITS 3072
#define DEVICES_NAME "REHEARSAL-DEVICES"

static bool
is_there(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Run the factory's program, from the rehearsal's folder, to its end. */
static bool
factory(struct ceremony *c, const char *const argv[])
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 16);
	int status = -1, null;
	int folder = c->people->rehearsal_fd; /* the child sees zeros in c */
	pid_t pid, got;

	if (n <= 0)
		return ceremony_stop(c, EXIT_PROCESS, "/proc/self/exe");
	path[n] = '\0';
	strcat(path, "-factory");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		if (null == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1 ||
		    dup2(null, 2) == -1 || fchdir(folder) == -1)
			_exit(126);
		execv(path, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	do
		got = pid == -1 ? -1 : waitpid(pid, &status, 0);
	while (got == -1 && errno == EINTR);
	if (got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	return ceremony_stop(c, EXIT_PROCESS,
	    "%s %s: did not make up what the rehearsal needs", path, argv[1]);
}

static bool
input_path(struct ceremony *c, const char *name, char out[PATH_MAX])
{
	char folder[PATH_MAX];

	return (realpath(c->in_path, folder) != NULL &&
		   snprintf(out, PATH_MAX, "%s/%s", folder, name) < PATH_MAX) ||
	    ceremony_stop(c, EXIT_STATE, "%s: %s", c->in_path, strerror(errno));
}

static bool
make_station(struct ceremony *c, const struct plan_order *o)
{
	char key[PLAN_NAME_MAX + 64], out[PATH_MAX];
	char date[DATE_RFC3339_SIZE];

	snprintf(key, sizeof(key), KEY_NAME, o->station);
	if (!input_path(c, o->station, out) ||
	    date_format_rfc3339(c->plan->date, date) != CA_OK)
		return false;
	people_say(c->people, "made up: station %s", o->station);
	return factory(c,
	    (const char *[]){ "anchorite-factory", "station-key", "--factory",
		FACTORY_NAME, "--line", o->station, "--key", key, "--out", out,
		"--date", date, NULL });
}

/* A CSR in PEM; its key is forgotten at once: nobody needs it.  extension:
 * basicConstraints to ask for, or NULL. */
static bool
make_csr(int folder, const char *name, EVP_PKEY *key, const char *cn,
    const char *extension)
{
	X509_REQ *req = X509_REQ_new();
	STACK_OF(X509_EXTENSION) *list = NULL;
	X509_EXTENSION *ext = NULL;
	FILE *f = NULL;
	int fd = -1;
	bool ok = key != NULL && req != NULL &&
	    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN",
		MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0) == 1 &&
	    X509_REQ_set_pubkey(req, key) == 1;

	if (ok && extension != NULL) {
		ext = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
		    extension);
		ok = ext != NULL && X509v3_add_ext(&list, ext, -1) != NULL &&
		    X509_REQ_add_extensions(req, list) == 1;
	}
	ok = ok && X509_REQ_sign(req, key, EVP_sha256()) > 0;
	if (ok)
		fd = openat(folder, name,
		    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd != -1)
		f = fdopen(fd, "w");
	ok = f != NULL && PEM_write_X509_REQ(f, req) == 1;
	if (f != NULL && fclose(f) != 0)
		ok = false;
	X509_EXTENSION_free(ext);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	X509_REQ_free(req);
	EVP_PKEY_free(key);
	return ok;
}

static bool
make_device(int folder, const char *id)
{
	char name[SUBJECT_ID_MAX + 8];

	snprintf(name, sizeof(name), "%s.csr", id);
	return make_csr(folder, name, EVP_EC_gen("P-256"), id, NULL);
}

/* Of a CA that others run: it asks for more than it gets. */
static bool
make_intermediate(struct ceremony *c, const struct plan_intermediate *p)
{
	EVP_PKEY *key = strcmp(p->key, "rsa") == 0
	    ? EVP_RSA_gen(MAKE_UP_RSA_BITS)
	    : EVP_EC_gen(strcmp(p->key, "p384") == 0 ? "P-384" : "P-256");

	/* whose key it is, is not ours to make up */
	if (p->key_sha256[0] != '\0') {
		EVP_PKEY_free(key);
		return true;
	}
	people_say(c->people, "made up: %s of a CA with a key of its own",
	    p->csr);
	return make_csr(c->in_fd, p->csr, key, "REHEARSAL", "CA:TRUE") ||
	    ceremony_stop(c, EXIT_STATE, "%s/%s: cannot be made up", c->in_path,
		p->csr);
}

/* A folder of devices, by the order's pattern; the request's number keeps
 * their ids apart from earlier ones.  One left by a stop is filled up. */
static bool
make_devices(struct ceremony *c, const char *pattern, uint64_t sequence,
    const char *request, char *name, size_t size)
{
	char id[SUBJECT_ID_MAX + 1];
	int folder = -1;
	bool ok;

	snprintf(name, size, DEVICES_NAME "-%s-%s", c->plan->ceremony, request);
	ok = (mkdirat(c->people->rehearsal_fd, name, 0700) == 0 ||
		 errno == EEXIST) &&
	    (folder = openat(c->people->rehearsal_fd, name,
		 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) != -1;
	for (uint64_t i = 0; ok && i < MAKE_UP_ENTRIES; i++)
		ok = pattern_example(pattern,
			 (sequence - 1) * MAKE_UP_ENTRIES + i, id) &&
		    make_device(folder, id);
	if (folder != -1)
		close(folder);
	return ok ||
	    ceremony_stop(c, EXIT_STATE, "%s: %s", name, strerror(errno));
}

/* Sealed by that token or another holder of its keys. */
static bool
is_of(const struct ceremony *c, const struct history_order *o,
    const char *label)
{
	const struct history_token *t = history_token(c->history, label);

	return strcmp(o->label, label) == 0 ||
	    (t != NULL &&
		history_same_ca(history_token(c->history, o->label), t));
}

/* The newest work order of a token that a made-up station can use. */
static const struct history_order *
own_order(struct ceremony *c, const char *label, struct order *out, char *key)
{
	for (size_t i = c->history->order_count; i-- > 0;) {
		const struct history_order *o = &c->history->orders[i];
		struct transfer_fault fault;
		uint8_t *payload = NULL;
		size_t len = 0;
		bool ok = is_of(c, o, label) &&
		    ceremony_load(c, o->order, &payload, &len) &&
		    order_read((const char *)payload, len, out, &fault) ==
			TRANSFER_OK;
		free(payload);
		snprintf(key, PLAN_NAME_MAX + 64, KEY_NAME, out->line);
		if (ok && is_there(c->people->rehearsal_fd, key))
			return o;
	}
	return NULL;
}

static void
object_path(const uint8_t digest[32], char *out, size_t size)
{
	char hex[TEXT_HEX_SIZE(32)];

	text_hex(digest, 32, hex);
	snprintf(out, size, "state/objects/%s", hex);
}

/* The newest request of the order, and its number: of the log, or made up for
 * an earlier step of this plan. */
struct newest {
	uint64_t sequence;
	char path[PATH_MAX];
};

static bool
newest_request(struct ceremony *c, const struct history_order *o,
    const struct plan_step *step, struct newest *out)
{
	const struct history_request *h =
	    history_request(c->history, o->newest);

	out->sequence = o->sequence;
	if (h != NULL)
		object_path(h->file, out->path, sizeof(out->path));
	for (const struct plan_step *s = c->plan->steps; s < step; s++) {
		if (s->kind != PLAN_BATCH ||
		    s->u.batch.token != step->u.batch.token ||
		    (c->history->open &&
			c->history->step_done[s - c->plan->steps + 1]))
			continue;
		out->sequence++;
		if (!input_path(c, s->u.batch.request, out->path))
			return false;
	}
	return true;
}

static bool
bundle(struct ceremony *c, const struct plan_batch *b, const char *order,
    const char *key, const char *devices, const struct newest *before)
{
	char out[PATH_MAX], date[DATE_RFC3339_SIZE];
	const char *argv[] = { "anchorite-factory", "request", "--order", order,
		"--key", key, "--out", out, "--date", date, devices, NULL, NULL,
		NULL };

	if (!input_path(c, b->request, out) ||
	    date_format_rfc3339(c->plan->date, date) != CA_OK)
		return ceremony_stop(c, EXIT_STATE, "%s: no date", b->request);
	if (before->sequence > 0) {
		argv[11] = "--previous";
		argv[12] = before->path;
	}
	people_say(c->people, "made up: %s with %d devices", b->request,
	    MAKE_UP_ENTRIES);
	return factory(c, argv);
}

static bool
make_request(struct ceremony *c, const struct plan_step *step)
{
	const struct plan_batch *b = &step->u.batch;
	char key[PLAN_NAME_MAX + 64], devices[192], order_path[128];
	struct newest before = { .sequence = 0 };
	struct order *order = calloc(1, sizeof(*order));
	const struct history_order *o = order == NULL
	    ? NULL
	    : own_order(c, c->plan->tokens[b->token].label, order, key);
	bool ok = o != NULL && newest_request(c, o, step, &before) &&
	    make_devices(c, order->pattern, before.sequence + 1, b->request,
		devices, sizeof(devices));

	free(order);
	if (!ok) /* not ours to make up: it will be missed by name */
		return c->status == EXIT_DONE;
	object_path(o->file, order_path, sizeof(order_path));
	return bundle(c, b, order_path, key, devices, &before);
}

bool
make_up_inputs(struct ceremony *c)
{
	bool ok = true;

	for (size_t i = 0; ok && i < c->plan->step_count; i++) {
		const struct plan_step *s = &c->plan->steps[i];
		if (s->kind == PLAN_INTERMEDIATE &&
		    !is_there(c->in_fd, s->u.intermediate.csr))
			ok = make_intermediate(c, &s->u.intermediate);
		if (s->kind == PLAN_WORK_ORDER &&
		    !is_there(c->in_fd, s->u.order.station))
			ok = make_station(c, &s->u.order);
		if (s->kind == PLAN_BATCH &&
		    !is_there(c->in_fd, s->u.batch.request))
			ok = make_request(c, s);
	}
	return ok;
}
