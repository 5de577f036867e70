/* SPDX-License-Identifier: ISC */
#include "tests/ceremony/image/vm_monitor.h"

#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TRIES 200 /* ten seconds */
#define PAUSE 50  /* milliseconds */
#define HOLD 15   /* milliseconds that keys are held, and as many between two */

int
vm_connect(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* What is no event; NULL when QEMU is gone. */
static json_t *
hear(struct vm_monitor *m)
{
	json_t *o;

	while ((o = json_loadf(m->in, JSON_DISABLE_EOF_CHECK, NULL)) != NULL &&
	    json_object_get(o, "event") != NULL)
		json_decref(o);
	return o;
}

/* What it returns, the caller's.  Takes the arguments, which may be NULL. */
static json_t *
answer_to(struct vm_monitor *m, const char *name, json_t *arguments)
{
	json_t *o =
	    json_pack("{s:s,s:o*}", "execute", name, "arguments", arguments);
	json_t *answer = NULL, *result;

	if (o != NULL && json_dumpfd(o, m->fd, JSON_COMPACT) == 0)
		answer = hear(m);
	json_decref(o);
	result = json_incref(json_object_get(answer, "return"));
	if (answer == NULL)
		fprintf(stderr, "%s: the guest is gone\n", m->path);
	else if (result == NULL)
		json_dumpf(answer, stderr, 0);
	json_decref(answer);
	return result;
}

static bool
command(struct vm_monitor *m, const char *name, json_t *arguments)
{
	json_t *result = answer_to(m, name, arguments);

	json_decref(result);
	return result != NULL;
}

bool
vm_monitor_open(struct vm_monitor *m, const char *path)
{
	int tries = TRIES;
	json_t *greeting;

	m->path = path;
	m->in = NULL;
	while ((m->fd = vm_connect(path)) < 0 && tries-- > 0)
		poll(NULL, 0, PAUSE);
	if (m->fd < 0 || (m->in = fdopen(m->fd, "r")) == NULL) {
		fprintf(stderr, "%s: no guest\n", path);
		return false;
	}
	greeting = hear(m);
	json_decref(greeting);
	return greeting != NULL && command(m, "qmp_capabilities", NULL);
}

void
vm_monitor_close(struct vm_monitor *m)
{
	if (m->in != NULL)
		fclose(m->in);
	m->in = NULL;
}

bool
vm_monitor_press(struct vm_monitor *m, const struct vm_chord *chord)
{
	json_t *keys = json_array();

	for (size_t i = 0; i < chord->count; i++)
		json_array_append_new(keys,
		    json_pack("{s:s,s:s}", "type", "qcode", "data",
			chord->key[i]));
	if (!command(m, "send-key",
		json_pack("{s:o,s:i}", "keys", keys, "hold-time", HOLD)))
		return false;
	/* QEMU presses, waits, lets go, and says nothing of it */
	poll(NULL, 0, 2 * HOLD);
	return true;
}

bool
vm_monitor_look(struct vm_monitor *m, struct vm_picture *p)
{
	char file[sizeof(((struct sockaddr_un *)0)->sun_path) + 4];
	FILE *in;
	bool good;

	snprintf(file, sizeof(file), "%s.ppm", m->path);
	if (!command(m, "screendump", json_pack("{s:s}", "filename", file)))
		return false;
	in = fopen(file, "r");
	good = in != NULL && vm_picture_read(in, p);
	if (in != NULL)
		fclose(in);
	remove(file);
	if (!good)
		fprintf(stderr, "%s: no picture of the screen\n", file);
	return good;
}

bool
vm_monitor_gone(struct vm_monitor *m, unsigned seconds)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };

	while (poll(&p, 1, (int)seconds * 1000) > 0) {
		json_t *o = hear(m);

		if (o == NULL)
			return true;
		json_decref(o);
	}
	fprintf(stderr, "%s: the guest is still there\n", m->path);
	return false;
}

bool
vm_monitor_tell(struct vm_monitor *m, const char *line)
{
	json_t *said = answer_to(m, "human-monitor-command",
	    json_pack("{s:s}", "command-line", line));
	const char *text = json_string_value(said);
	/* it says nothing but what went wrong */
	bool good = text != NULL && *text == '\0';

	if (text != NULL && !good)
		fprintf(stderr, "%s: %s", line, text);
	json_decref(said);
	return good;
}
