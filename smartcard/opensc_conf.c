/* SPDX-License-Identifier: ISC */
#include "smartcard/opensc_conf.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- text ------------------------------------------------------------- */

struct text {
	char *out;
	size_t at;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void
put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->out + t->at, OPENSC_CONF_MAX - t->at, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= OPENSC_CONF_MAX - t->at)
		t->full = true;
	else
		t->at += (size_t)n;
}

static bool
quotable(const char *name)
{
	return name[0] != '\0' && strpbrk(name, "\"\\") == NULL;
}

/* Would ignoring this name leave out a reader that is wanted? */
static bool
hides_wanted(const struct pcsc_readers *readers, const bool *wanted,
    const char *name)
{
	for (size_t i = 0; wanted != NULL && i < readers->count; i++)
		if (wanted[i] && strstr(readers->reader[i].name, name) != NULL)
			return true;
	return false;
}

/* "" is part of any name: no reader at all, come when it may. */
static enum card_error
put_ignored(struct text *t, const struct pcsc_readers *readers,
    const bool *wanted)
{
	const char *comma = "";

	if (wanted == NULL) {
		put(t, "\tignored_readers = \"\";\n");
		return CARD_OK;
	}
	for (size_t i = 0; i < readers->count; i++) {
		const char *name = readers->reader[i].name;

		if (wanted[i])
			continue;
		if (!quotable(name) || hides_wanted(readers, wanted, name))
			return CARD_ERR_READERS;
		put(t, "%s\"%s\"",
		    comma[0] == '\0' ? "\tignored_readers = " : comma, name);
		comma = ", ";
	}
	if (comma[0] != '\0')
		put(t, ";\n");
	return CARD_OK;
}

enum card_error
opensc_conf_text(const char *provider, const struct pcsc_readers *readers,
    const bool *wanted, bool pin_pad, char out[OPENSC_CONF_MAX])
{
	struct text t = { out, 0, false };
	enum card_error ret;

	put(&t, "app default {\n");
	ret = put_ignored(&t, readers, wanted);
	if (ret != CARD_OK)
		return ret;
	put(&t, "\treader_driver pcsc {\n");
	if (provider[0] != '\0')
		put(&t, "\t\tprovider_library = \"%s\";\n", provider);
	put(&t,
	    "\t\tconnect_exclusive = true;\n"
	    "\t\tdisconnect_action = reset;\n"
	    "\t\tenable_pinpad = %s;\n"
	    "\t}\n"
	    "\tframework pkcs15 {\n"
	    "\t\tuse_pin_caching = false;\n"
	    "\t\tuse_file_caching = no;\n"
	    "\t}\n"
	    "}\n"
	    "app opensc-pkcs11 {\n"
	    "\tpkcs11 {\n"
	    "\t\tlock_login = true;\n"
	    "\t\tslots_per_card = 1;\n"
	    "\t\tmax_virtual_slots = 32;\n"
	    "\t}\n"
	    "}\n",
	    pin_pad ? "true" : "false");
	return t.full ? CARD_ERR_READERS : CARD_OK;
}

/* ---- file ------------------------------------------------------------- */

static int
sealed_file(const char *text)
{
	size_t len = strlen(text);
	int fd = memfd_create("opensc.conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1)
		return -1;
	if (write(fd, text, len) == (ssize_t)len &&
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
		return fd;
	close(fd);
	return -1;
}

enum card_error
opensc_conf_enter(struct opensc_conf *c, const char *text)
{
	const char *before = getenv("OPENSC_CONF");
	char path[32];

	c->before = before != NULL ? strdup(before) : NULL;
	c->fd = -1;
	if (before != NULL && c->before == NULL)
		return CARD_ERR_MEMORY;
	c->fd = sealed_file(text);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", c->fd);
	if (c->fd != -1 && setenv("OPENSC_CONF", path, 1) == 0)
		return CARD_OK;
	opensc_conf_leave(c);
	return CARD_ERR_MEMORY;
}

void
opensc_conf_leave(struct opensc_conf *c)
{
	if (c->before != NULL)
		setenv("OPENSC_CONF", c->before, 1);
	else
		unsetenv("OPENSC_CONF");
	free(c->before);
	if (c->fd != -1)
		close(c->fd);
	c->before = NULL;
	c->fd = -1;
}
