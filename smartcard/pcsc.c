/* SPDX-License-Identifier: ISC */
#include "smartcard/pcsc.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <winscard.h>

#define LIBRARY "libpcsclite.so.1"
#define PNP "\\\\?PnP?\\Notification"
#define SOCKET_MAX 1024 /* descriptors that are looked through */
#define NAMES_MAX (PCSC_READERS_MAX * (PCSC_NAME_MAX + 1) + 1)

/* What we use of the library, by its own names. */
struct functions {
	__typeof__(SCardEstablishContext) *establish;
	__typeof__(SCardReleaseContext) *release;
	__typeof__(SCardListReaders) *list;
	__typeof__(SCardGetStatusChange) *status_change;
	__typeof__(SCardConnect) *connect;
	__typeof__(SCardDisconnect) *disconnect;
	__typeof__(SCardTransmit) *transmit;
	__typeof__(SCardControl) *control;
};
static const struct {
	const char *name;
	size_t at;
} symbols[] = {
	{ "SCardEstablishContext", offsetof(struct functions, establish) },
	{ "SCardReleaseContext", offsetof(struct functions, release) },
	{ "SCardListReaders", offsetof(struct functions, list) },
	{ "SCardGetStatusChange", offsetof(struct functions, status_change) },
	{ "SCardConnect", offsetof(struct functions, connect) },
	{ "SCardDisconnect", offsetof(struct functions, disconnect) },
	{ "SCardTransmit", offsetof(struct functions, transmit) },
	{ "SCardControl", offsetof(struct functions, control) },
};

struct pcsc {
	void *handle; /* dlopen */
	struct functions f;
	SCARDCONTEXT context;
	int sock; /* the library's to pcscd, or -1 */
};

struct pcsc_card {
	struct pcsc *p;
	SCARDHANDLE handle;
	DWORD protocol;
};

/* ---- errors ----------------------------------------------------------- */

static const struct {
	LONG value;
	enum card_error error;
} errors[] = {
	{ SCARD_S_SUCCESS, CARD_OK },
	{ SCARD_E_TIMEOUT, CARD_ERR_TIMEOUT },
	{ SCARD_E_NO_MEMORY, CARD_ERR_MEMORY },
	{ SCARD_E_SHARING_VIOLATION, CARD_ERR_BUSY },
	{ SCARD_E_NO_SMARTCARD, CARD_ERR_REMOVED },
	{ SCARD_W_REMOVED_CARD, CARD_ERR_REMOVED },
	{ SCARD_W_RESET_CARD, CARD_ERR_REMOVED },
	{ SCARD_E_UNKNOWN_READER, CARD_ERR_REMOVED },
	{ SCARD_E_READER_UNAVAILABLE, CARD_ERR_REMOVED },
	/* of a card that is pulled while it works */
	{ SCARD_E_NOT_TRANSACTED, CARD_ERR_REMOVED },
	{ SCARD_W_UNPOWERED_CARD, CARD_ERR_MUTE },
	{ SCARD_W_UNRESPONSIVE_CARD, CARD_ERR_MUTE },
	{ SCARD_W_UNSUPPORTED_CARD, CARD_ERR_FOREIGN },
	{ SCARD_E_PROTO_MISMATCH, CARD_ERR_FOREIGN },
	{ SCARD_E_INSUFFICIENT_BUFFER, CARD_ERR_ANSWER },
};

static enum card_error
error_of(LONG rv)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].value == rv)
			return errors[i].error;
	return CARD_ERR_SERVICE;
}

/* ---- the library ------------------------------------------------------ */

/* The value of a line "key = value;" or "key = \"value\";", or NULL. */
static char *
value_of(char *line, const char *key)
{
	char *at = line + strspn(line, " \t");

	if (strncmp(at, key, strlen(key)) != 0)
		return NULL;
	at += strlen(key);
	at += strspn(at, " \t");
	if (*at++ != '=')
		return NULL;
	at += strspn(at, " \t\"");
	at[strcspn(at, ";\" \t\n")] = '\0';
	return at;
}

void
pcsc_provider(char *out, size_t size)
{
	const char *path = getenv("OPENSC_CONF");
	FILE *f = path != NULL ? fopen(path, "re") : NULL;
	char line[1024], *value = NULL;

	out[0] = '\0';
	while (
	    f != NULL && value == NULL && fgets(line, sizeof(line), f) != NULL)
		value = value_of(line, "provider_library");
	if (value != NULL && strlen(value) < size)
		strcpy(out, value);
	if (f != NULL)
		fclose(f);
}

static bool
load(struct pcsc *p, const char *provider)
{
	char path[1024] = "";

	if (provider != NULL)
		snprintf(path, sizeof(path), "%s", provider);
	else
		pcsc_provider(path, sizeof(path));
	p->handle =
	    dlopen(path[0] != '\0' ? path : LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (p->handle == NULL)
		return false;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *sym = dlsym(p->handle, symbols[i].name);

		if (sym == NULL)
			return false;
		/* ISO C has no cast from an object pointer to a function's */
		memcpy((char *)&p->f + symbols[i].at, &sym, sizeof(sym));
	}
	return true;
}

/* A descriptor that is new is the lowest that was free. */
static int
lowest_free(void)
{
	int fd = 0;

	while (fd < SOCKET_MAX && fcntl(fd, F_GETFD) != -1)
		fd++;
	return fd;
}

/* The library does not tell which socket is a context's. */
static int
socket_at(int fd)
{
	struct sockaddr_un at = { .sun_family = AF_UNSPEC };
	socklen_t len = sizeof(at);

	if (getpeername(fd, (struct sockaddr *)&at, &len) == -1 ||
	    at.sun_family != AF_UNIX)
		return -1;
	return fd;
}

enum card_error
pcsc_new(const char *provider, struct pcsc **out)
{
	struct pcsc *p = calloc(1, sizeof(*p));
	bool loaded;
	int fd;

	*out = NULL;
	if (p == NULL)
		return CARD_ERR_MEMORY;
	loaded = load(p, provider);
	fd = lowest_free();
	if (loaded &&
	    p->f.establish(SCARD_SCOPE_SYSTEM, NULL, NULL, &p->context) ==
		SCARD_S_SUCCESS) {
		p->sock = socket_at(fd);
		*out = p;
		return CARD_OK;
	}
	if (p->handle != NULL)
		dlclose(p->handle);
	free(p);
	return CARD_ERR_SERVICE;
}

void
pcsc_free(struct pcsc *p)
{
	if (p == NULL)
		return;
	p->f.release(p->context);
	dlclose(p->handle);
	free(p);
}

bool
pcsc_break(struct pcsc *p)
{
	return p->sock != -1 && shutdown(p->sock, SHUT_RDWR) == 0;
}

/* ---- readers ---------------------------------------------------------- */

/* People read names, and opensc.conf has them in quotes. */
static bool
name_ok(const char *name, size_t len)
{
	if (len > PCSC_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] < ' ' || name[i] > '~')
			return false;
	return true;
}

/* Names stand behind each other, each with its NUL, and one more at the end. */
static enum card_error
read_names(const char *names, size_t size, struct pcsc_readers *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t at = 0; at < size && names[at] != '\0';) {
		size_t len = strnlen(names + at, size - at);

		if (at + len == size || !name_ok(names + at, len) ||
		    out->count == PCSC_READERS_MAX)
			return CARD_ERR_READERS;
		memcpy(out->reader[out->count++].name, names + at, len + 1);
		at += len + 1;
	}
	return CARD_OK;
}

static void
read_state(struct pcsc_reader *r, const SCARD_READERSTATE *s)
{
	DWORD state = s->dwEventState;

	r->state = state & ~(DWORD)SCARD_STATE_CHANGED;
	r->present = (state & SCARD_STATE_PRESENT) != 0;
	r->in_use = (state & SCARD_STATE_INUSE) != 0;
	r->taken = (state & SCARD_STATE_EXCLUSIVE) != 0;
	r->mute = (state & SCARD_STATE_MUTE) != 0;
	r->atr_len = s->cbAtr <= PCSC_ATR_MAX ? s->cbAtr : 0;
	memcpy(r->atr, s->rgbAtr, r->atr_len);
}

/* Fill in how readers are, waiting for a change of what is in r->state. */
static LONG
ask(struct pcsc *p, struct pcsc_readers *r, bool pnp, DWORD timeout)
{
	SCARD_READERSTATE states[PCSC_READERS_MAX + 1];
	size_t n = r->count;
	LONG rv;

	memset(states, 0, sizeof(states));
	for (size_t i = 0; i < n; i++) {
		states[i].szReader = r->reader[i].name;
		states[i].dwCurrentState = r->reader[i].state;
	}
	if (pnp)
		states[n++].szReader = PNP;
	if (n == 0)
		return SCARD_S_SUCCESS;
	rv = p->f.status_change(p->context, timeout, states, n);
	for (size_t i = 0; rv == SCARD_S_SUCCESS && i < r->count; i++)
		read_state(&r->reader[i], &states[i]);
	return rv;
}

static enum card_error
list_names(struct pcsc *p, struct pcsc_readers *out)
{
	char names[NAMES_MAX];
	DWORD size = sizeof(names);
	LONG rv;

	memset(out, 0, sizeof(*out));
	rv = p->f.list(p->context, NULL, names, &size);
	if (rv == SCARD_E_NO_READERS_AVAILABLE)
		return CARD_OK;
	if (rv == SCARD_E_INSUFFICIENT_BUFFER)
		return CARD_ERR_READERS;
	if (rv != SCARD_S_SUCCESS)
		return CARD_ERR_SERVICE;
	return read_names(names, size <= sizeof(names) ? size : sizeof(names),
	    out);
}

#define LIST_TRIES 5

enum card_error
pcsc_list(struct pcsc *p, struct pcsc_readers *out)
{
	enum card_error ret;
	LONG rv = SCARD_E_UNKNOWN_READER;

	/* a reader may go between the two questions */
	for (int i = 0; i < LIST_TRIES && rv == SCARD_E_UNKNOWN_READER; i++) {
		ret = list_names(p, out);
		if (ret != CARD_OK)
			return ret;
		rv = ask(p, out, false, 0);
	}
	return rv == SCARD_S_SUCCESS ? CARD_OK : CARD_ERR_SERVICE;
}

static bool
same_readers(const struct pcsc_readers *a, const struct pcsc_readers *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->reader[i].name, b->reader[i].name) != 0)
			return false;
	return true;
}

enum card_error
pcsc_wait(struct pcsc *p, struct pcsc_readers *seen, int timeout)
{
	struct pcsc_readers now;
	enum card_error ret;
	LONG rv;

	/* pcscd tells of readers that come while it is asked, not before */
	ret = list_names(p, &now);
	if (ret != CARD_OK)
		return ret;
	if (!same_readers(&now, seen))
		return pcsc_list(p, seen);
	now = *seen;
	rv = ask(p, &now, true, timeout < 0 ? INFINITE : (DWORD)timeout);
	if (rv != SCARD_S_SUCCESS && rv != SCARD_E_UNKNOWN_READER)
		return error_of(rv);
	return pcsc_list(p, seen);
}

/* ---- cards ------------------------------------------------------------ */

enum card_error
pcsc_connect(struct pcsc *p, const char *reader, struct pcsc_card **out)
{
	struct pcsc_card *c = calloc(1, sizeof(*c));
	enum card_error ret;

	*out = NULL;
	if (c == NULL)
		return CARD_ERR_MEMORY;
	c->p = p;
	ret = error_of(p->f.connect(p->context, reader, SCARD_SHARE_EXCLUSIVE,
	    SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &c->handle, &c->protocol));
	if (ret != CARD_OK) {
		free(c);
		return ret;
	}
	*out = c;
	return CARD_OK;
}

void
pcsc_disconnect(struct pcsc_card *c)
{
	if (c == NULL)
		return;
	c->p->f.disconnect(c->handle, SCARD_RESET_CARD);
	free(c);
}

bool
pcsc_is_t0(const struct pcsc_card *c)
{
	return c->protocol == SCARD_PROTOCOL_T0;
}

/* PC/SC part 10, 2.2: features as tag, length, control code. */
bool
pcsc_has_pin_pad(const struct pcsc_card *c)
{
	uint8_t list[256];
	DWORD len = 0;

	if (c->p->f.control(c->handle, CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0,
		list, sizeof(list), &len) != SCARD_S_SUCCESS ||
	    len > sizeof(list))
		return false;
	for (size_t at = 0; at + 1 < len; at += 2u + list[at + 1])
		if (list[at] == FEATURE_VERIFY_PIN_DIRECT ||
		    list[at] == FEATURE_VERIFY_PIN_START)
			return true;
	return false;
}

enum card_error
pcsc_transmit(struct pcsc_card *c, const uint8_t *command, size_t command_len,
    uint8_t *answer, size_t *len)
{
	SCARD_IO_REQUEST pci = { c->protocol, sizeof(pci) };
	size_t room = *len;
	DWORD n = room;
	LONG rv;

	*len = 0;
	rv = c->p->f.transmit(c->handle, &pci, command, command_len, NULL,
	    answer, &n);
	if (rv != SCARD_S_SUCCESS)
		return error_of(rv);
	/* no answer at all: pulled, and the reader's driver does not say so */
	if (n == 0)
		return CARD_ERR_REMOVED;
	if (n < 2 || n > room)
		return CARD_ERR_ANSWER;
	*len = n;
	return CARD_OK;
}
