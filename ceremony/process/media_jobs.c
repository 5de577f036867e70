/* SPDX-License-Identifier: ISC */
#include "ceremony/process/media.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ceremony/process/channel.h"
#include "ceremony/process/mountinfo.h"
#include "transfer/file.h"
#include "transfer/media_path.h"
#include "transfer/media_use.h"

bool
media_send(struct media *m)
{
	bool sent = channel_send(m->sock, &m->out) == CHANNEL_OK;

	message_clear(&m->out);
	if (!sent)
		m->stop = true;
	return sent;
}

void
media_fault(struct media *m, enum fault_code code, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	message_start(&m->out, MSG_FAULT);
	message_put_number(&m->out, code);
	message_put_number(&m->out, 0);
	message_put_number(&m->out, 0);
	message_put_text(&m->out, text);
	media_send(m);
}

static void
out_of_form(struct media *m)
{
	media_fault(m, FAULT_FORM, "media: a message is out of form");
}

/* The device that the message names first. */
static struct media_device *
named(struct media *m)
{
	uint64_t n = message_get_number(&m->in);

	if (m->in.bad || n >= m->count)
		return NULL;
	return &m->devices[n];
}

/* A path of the message, ended by NUL. */
static bool
get_path(struct message *in, char out[MEDIA_PATH_MAX + 1])
{
	size_t len;
	const uint8_t *p = message_get_octets(in, MEDIA_PATH_MAX, &len);

	if (p == NULL || memchr(p, '\0', len) != NULL)
		return false;
	memcpy(out, p, len);
	out[len] = '\0';
	return true;
}

/* ---- finding --------------------------------------------------------------- */

static bool
tell_medium(struct media *m, size_t at)
{
	struct media_device *d = &m->devices[at];
	struct transfer_fault fault = { .text = "" };
	uint64_t flags = 0;
	enum transfer_error looked = media_device_look(d, &fault);

	d->image = media_is_image(m->devices, at);
	if (looked == TRANSFER_OK)
		media_device_check(d, false, &fault);
	flags |= d->partition ? MEDIUM_PARTITION : 0;
	flags |= d->read_only ? MEDIUM_READ_ONLY : 0;
	flags |= media_fs_usable(d->fs.kind) ? MEDIUM_USABLE : 0;
	flags |= d->fs.kind == MEDIA_FS_EMPTY ? MEDIUM_EMPTY : 0;
	flags |= d->fs.kind == MEDIA_FS_EXT4 ? MEDIUM_EXT4 : 0;
	message_start(&m->out, MSG_MEDIUM);
	message_put_text(&m->out, d->name);
	message_put_text(&m->out, d->disk);
	message_put_text(&m->out, media_bus_name(d->bus));
	message_put_number(&m->out, d->size);
	message_put_text(&m->out, d->model);
	message_put_text(&m->out, d->serial);
	message_put_number(&m->out, flags);
	message_put_text(&m->out, media_fs_name(d->fs.kind));
	message_put_text(&m->out, d->fs.label);
	message_put_text(&m->out, d->fs.uuid);
	message_put_text(&m->out, fault.text);
	return media_send(m);
}

static void
find(struct media *m)
{
	uint64_t loops = message_get_number(&m->in);
	int sysfs = open("/sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *mountinfo = mountinfo_read();
	enum transfer_error err = TRANSFER_ERR_IO;

	m->count = 0;
	if (sysfs >= 0 && mountinfo != NULL)
		err = media_find(sysfs, mountinfo, loops != 0, m->devices,
		    MEDIA_MAX, &m->count);
	if (sysfs >= 0)
		close(sysfs);
	free(mountinfo);
	if (err == TRANSFER_ERR_IO) {
		media_fault(m, FAULT_MEDIA,
		    "/sys cannot be read: media are not found without it");
		return;
	}
	for (size_t i = 0; i < m->count; i++) {
		if (!tell_medium(m, i))
			return;
	}
	message_start(&m->out, MSG_DONE);
	media_send(m);
}

/* ---- folders and files ------------------------------------------------------ */

static void
list(struct media *m)
{
	struct transfer_fault fault = { .text = "" };
	struct media_device *d = named(m);
	char path[MEDIA_PATH_MAX + 1];
	struct media_listing l;
	struct media_port port;

	if (d == NULL || !get_path(&m->in, path) || !message_done(&m->in)) {
		out_of_form(m);
		return;
	}
	media_device_port(d, &port);
	if (media_list(&port, path, &l, &fault) != TRANSFER_OK) {
		media_fault(m, FAULT_MEDIA, "medium %s: %s", d->name,
		    fault.text);
		return;
	}
	for (size_t i = 0; i < l.count && !m->stop; i++) {
		message_start(&m->out, MSG_MEDIA_ENTRY);
		message_put_octets(&m->out, l.entries[i].name,
		    strlen(l.entries[i].name));
		message_put_number(&m->out, l.entries[i].kind);
		message_put_number(&m->out, l.entries[i].size);
		media_send(m);
	}
	message_start(&m->out, MSG_MEDIA_LISTED);
	message_put_number(&m->out, l.total);
	message_put_number(&m->out, l.more);
	media_send(m);
	media_listing_clear(&l);
}

/* "medium sdb1: NAME: why" with the name as it may be shown. */
static void
file_fault(struct media *m, const struct media_device *d, const char *path,
    const struct transfer_fault *fault)
{
	char name[101];

	media_escape(path, strlen(path), name, sizeof(name));
	media_fault(m, FAULT_MEDIA, "medium %s: %s: %s", d->name, name,
	    fault->text);
}

static void
take(struct media *m)
{
	struct transfer_fault fault = { .text = "" };
	struct media_device *d = named(m);
	char path[MEDIA_PATH_MAX + 1];
	struct media_port port;
	uint64_t size = 0, max = 0;
	uint8_t digest[32];
	int fd = -1;

	if (d != NULL && get_path(&m->in, path))
		max = message_get_number(&m->in);
	if (d == NULL || !message_done(&m->in)) {
		out_of_form(m);
		return;
	}
	media_device_port(d, &port);
	if (media_read(&port, path, max, &fd, &size, digest, &fault) !=
	    TRANSFER_OK) {
		file_fault(m, d, path, &fault);
		return;
	}
	message_start(&m->out, MSG_MEDIA_FILE);
	message_put_number(&m->out, size);
	message_put_octets(&m->out, digest, sizeof(digest));
	m->out.fd = fd;
	media_send(m);
}

/* The file of the message, whose octets nobody can change any more. */
static const uint8_t *
map_file(int fd, size_t *len)
{
	int want = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	void *p;

	*len = 0;
	if (seals == -1 || (seals & want) != want || fstat(fd, &st) != 0 ||
	    st.st_size < 0 || (uint64_t)st.st_size > MEDIA_FILE_MAX)
		return NULL;
	if (st.st_size == 0)
		return (const uint8_t *)"";
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	*len = (size_t)st.st_size;
	return p;
}

static void
bring_octets(struct media *m, struct media_device *d, const char *name,
    const uint8_t *data, size_t len)
{
	struct transfer_fault fault = { .text = "" };
	struct media_port port;
	uint8_t digest[32];

	SHA256(data, len, digest);
	media_device_port(d, &port);
	if (media_write(&port, name, data, len, &fault) != TRANSFER_OK) {
		file_fault(m, d, name, &fault);
		return;
	}
	message_start(&m->out, MSG_MEDIA_WRITTEN);
	message_put_number(&m->out, len);
	message_put_octets(&m->out, digest, sizeof(digest));
	media_send(m);
}

static void
bring(struct media *m)
{
	struct media_device *d = named(m);
	char name[MEDIA_NAME_MAX + 1];
	const uint8_t *data;
	size_t len = 0;

	message_get_text(&m->in, name, MEDIA_NAME_MAX);
	data = map_file(m->in.fd, &len);
	if (d == NULL || data == NULL || !message_done(&m->in))
		out_of_form(m);
	else
		bring_octets(m, d, name, data, len);
	if (len > 0)
		munmap((void *)(uintptr_t)data, len);
}

/* ---- media of the state ----------------------------------------------------- */

static bool
is_held(const struct media *m, const struct media_device *d)
{
	for (size_t i = 0; i < m->held_count; i++) {
		struct stat st;

		if (fstat(m->held[i], &st) != 0 ||
		    st.st_dev == makedev(d->major, d->minor))
			return true;
	}
	return false;
}

static void
state(struct media *m)
{
	struct transfer_fault fault = { .text = "" };
	struct media_device *d = named(m);
	struct media_port port;
	int root = -1, folder = -1;

	if (d == NULL || !message_done(&m->in)) {
		out_of_form(m);
		return;
	}
	if (m->held_count == MEDIA_STATES_MAX || is_held(m, d)) {
		media_fault(m, FAULT_MEDIA, "medium %s: is held already",
		    d->name);
		return;
	}
	media_device_port(d, &port);
	if (port.mount(port.arg, true, &root, &fault) != TRANSFER_OK) {
		media_fault(m, FAULT_MEDIA, "medium %s: %s", d->name,
		    fault.text);
		return;
	}
	if (media_path_open(root, MEDIA_STATE_FOLDER, O_DIRECTORY, &folder,
		&fault) != TRANSFER_OK) {
		file_fault(m, d, MEDIA_STATE_FOLDER, &fault);
		port.unmount(port.arg, root, NULL);
		return;
	}
	m->held[m->held_count++] = root;
	message_start(&m->out, MSG_MEDIA_FOLDER);
	m->out.fd = folder;
	media_send(m);
}

static void
prepare(struct media *m)
{
	struct media_device *d = named(m);
	char label[17];
	uint64_t erase;

	message_get_text(&m->in, label, sizeof(label) - 1);
	erase = message_get_number(&m->in);
	if (d == NULL || !message_done(&m->in)) {
		out_of_form(m);
		return;
	}
	if (d->fs.kind != MEDIA_FS_EMPTY && erase == 0) {
		media_fault(m, FAULT_MEDIA,
		    "medium %s: is not empty (%s): to lose what is on it, say "
		    "--erase",
		    d->name, media_fs_name(d->fs.kind));
		return;
	}
	media_prepare(m, d, label);
}

/* ---- the loop --------------------------------------------------------------- */

static const struct {
	enum message_kind kind;
	void (*run)(struct media *m);
} jobs[] = {
	{ MSG_MEDIA_FIND, find },
	{ MSG_MEDIA_LIST, list },
	{ MSG_MEDIA_READ, take },
	{ MSG_MEDIA_WRITE, bring },
	{ MSG_MEDIA_STATE, state },
	{ MSG_MEDIA_PREPARE, prepare },
};

static void
run_job(struct media *m)
{
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		if (jobs[i].kind == m->in.kind) {
			jobs[i].run(m);
			return;
		}
	}
	media_fault(m, FAULT_FORM, "media: message of the wrong kind");
	m->stop = true;
}

void
media_run(struct media *m)
{
	while (!m->stop) {
		enum channel_error err =
		    channel_recv(m->sock, &m->in, -1, true, m->state);

		if (err == CHANNEL_ERR_CLOSED)
			return;
		if (err != CHANNEL_OK) {
			media_fault(m, FAULT_FORM, "media: %s",
			    channel_strerror(err));
			return;
		}
		run_job(m);
		message_clear(&m->in);
	}
}

void
media_close(struct media *m)
{
	message_clear(&m->in);
	message_clear(&m->out);
	while (m->held_count > 0) {
		int root = m->held[--m->held_count];

		syncfs(root);
		close(root);
	}
}
