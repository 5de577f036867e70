/* SPDX-License-Identifier: ISC */
/*
 * A stand-in for libpcsclite: readers with virtual cards in them, inside the
 * process that asks.  OpenSC takes it for the real one:
 *
 *   app default { reader_driver pcsc { provider_library = .../module_pcsc.so; } }
 *
 * VIRTUAL_CARDS names the files of the cards, with ":" between them; where it
 * is not passed on, the lines of the file that $OPENSC_CONF names, with
 * ".cards" behind; where there is none, of that beside this module, under its
 * name with ".cards" behind: a program that writes an opensc.conf of its own
 * still has the module's name.  A reader "Virtual Reader N" has the Nth in it;
 * one more in the list is a reader that was plugged in.
 *
 * A context has readers of its own: two contexts are as two processes, which
 * share what a card keeps but not the login.  A thread for each context.
 *
 * virtual_most() says how many cards were connected to at the same time, in all
 * contexts; where VIRTUAL_SLOW is set, that takes long enough to be seen.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <reader.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#include "tests/card/card.h"

#define READERS_MAX 16
#define NAME_MAX_LEN 32
#define PNP "\\\\?PnP?\\Notification"
#define LOOK_NS 5000000 /* how often a wait looks */
#define SLOW_NS 50000000

struct reader {
	struct card *card;
	char name[NAME_MAX_LEN];
	unsigned users;
	bool exclusive;
};

/* What a SCARDCONTEXT is. */
struct context {
	size_t count;
	struct reader readers[READERS_MAX];
};

/* What a SCARDHANDLE is. */
struct connection {
	struct reader *reader;
	unsigned insertion; /* that it was made to */
	bool exclusive;
};

/* Handles are numbers to whoever has them, and addresses here. */
static struct context *
context_of(SCARDCONTEXT handle)
{
	return handle == -1 ? NULL : (struct context *)handle;
}

static struct connection *
connection_of(SCARDHANDLE handle)
{
	return handle == -1 ? NULL : (struct connection *)handle;
}

static struct reader *
reader_by_name(struct context *x, const char *name)
{
	for (size_t i = 0; i < x->count; i++)
		if (strcmp(x->readers[i].name, name) == 0)
			return &x->readers[i];
	return NULL;
}

/* ---- contexts --------------------------------------------------------- */

/* The file that lists the cards: beside the configuration, or the module. */
static FILE *
list_open(void)
{
	const char *conf = getenv("OPENSC_CONF");
	char path[4096];
	Dl_info self;
	FILE *f;

	snprintf(path, sizeof(path), "%s.cards", conf != NULL ? conf : "");
	f = fopen(path, "r");
	if (f != NULL ||
	    dladdr((void *)(uintptr_t)&SCardIsValidContext, &self) == 0)
		return f;
	snprintf(path, sizeof(path), "%s.cards", self.dli_fname);
	return fopen(path, "r");
}

/* The text that names the cards; "" when there is none.  free() */
static char *
cards_listed(void)
{
	const char *list = getenv("VIRTUAL_CARDS");
	char *text = NULL;
	size_t size = 0;
	FILE *f;

	if (list != NULL)
		return strdup(list);
	f = list_open();
	if (f == NULL)
		return strdup("");
	if (getdelim(&text, &size, '\0', f) < 0) {
		free(text);
		text = strdup("");
	}
	fclose(f);
	return text;
}

static bool
reader_add(struct context *x, const char *path)
{
	struct reader *r = &x->readers[x->count];

	if (x->count == READERS_MAX)
		return false;
	r->card = card_new(path);
	if (r->card == NULL)
		return false;
	snprintf(r->name, sizeof(r->name), "Virtual Reader %02zu", x->count++);
	return true;
}

/* Those that the list has and the context not yet. */
static bool
readers_open(struct context *x)
{
	char *list = cards_listed(), *rest = NULL, *path;
	bool ok = list != NULL;
	size_t i = 0;

	for (path = ok ? strtok_r(list, ":\n", &rest) : NULL;
	     ok && path != NULL; path = strtok_r(NULL, ":\n", &rest))
		ok = i++ < x->count || reader_add(x, path);
	free(list);
	return ok;
}

LONG
SCardReleaseContext(SCARDCONTEXT handle)
{
	struct context *x = context_of(handle);

	if (x == NULL)
		return SCARD_E_INVALID_HANDLE;
	for (size_t i = 0; i < x->count; i++)
		card_free(x->readers[i].card);
	free(x);
	return SCARD_S_SUCCESS;
}

LONG
SCardEstablishContext(DWORD scope, LPCVOID reserved1, LPCVOID reserved2,
    LPSCARDCONTEXT handle)
{
	struct context *x = calloc(1, sizeof(*x));

	(void)scope;
	(void)reserved1;
	(void)reserved2;
	if (x == NULL)
		return SCARD_E_NO_MEMORY;
	if (!readers_open(x)) {
		SCardReleaseContext((SCARDCONTEXT)x);
		return SCARD_E_NO_SERVICE;
	}
	*handle = (SCARDCONTEXT)x;
	return SCARD_S_SUCCESS;
}

LONG
SCardIsValidContext(SCARDCONTEXT handle)
{
	return context_of(handle) != NULL ? SCARD_S_SUCCESS
					  : SCARD_E_INVALID_HANDLE;
}

LONG
SCardCancel(SCARDCONTEXT handle)
{
	return SCardIsValidContext(handle);
}

/* ---- readers ---------------------------------------------------------- */

LONG
SCardListReaders(SCARDCONTEXT handle, LPCSTR groups, LPSTR out, LPDWORD len)
{
	struct context *x = context_of(handle);
	DWORD need = 1, at = 0;

	(void)groups;
	if (x == NULL)
		return SCARD_E_INVALID_HANDLE;
	readers_open(x);
	if (x->count == 0)
		return SCARD_E_NO_READERS_AVAILABLE;
	for (size_t i = 0; i < x->count; i++)
		need += strlen(x->readers[i].name) + 1;
	if (out != NULL && *len < need)
		return SCARD_E_INSUFFICIENT_BUFFER;
	*len = need;
	if (out == NULL)
		return SCARD_S_SUCCESS;
	for (size_t i = 0; i < x->count; i++) {
		strcpy(out + at, x->readers[i].name);
		at += strlen(out + at) + 1;
	}
	out[at] = '\0';
	return SCARD_S_SUCCESS;
}

/* The upper half counts insertions and removals, as pcsc-lite has it. */
static void
state_fill(struct reader *r, SCARD_READERSTATE *s)
{
	DWORD state = SCARD_STATE_EMPTY;
	uint8_t atr[CARD_ATR_MAX];

	s->cbAtr = 0;
	if (card_present(r->card)) {
		s->cbAtr = card_atr(r->card, atr);
		memcpy(s->rgbAtr, atr, s->cbAtr);
		state = SCARD_STATE_PRESENT;
		if (r->users > 0)
			state |= r->exclusive ? SCARD_STATE_EXCLUSIVE
					      : SCARD_STATE_INUSE;
		if (card_taken(r->card))
			state |= SCARD_STATE_EXCLUSIVE;
		if (card_mute(r->card))
			state |= SCARD_STATE_MUTE;
	}
	state |= (DWORD)card_insertions(r->card) << 16;
	if (state != (s->dwCurrentState & ~(DWORD)SCARD_STATE_CHANGED))
		state |= SCARD_STATE_CHANGED;
	s->dwEventState = state;
}

/* Is anything otherwise than the caller has it? */
static bool
look(struct context *x, SCARD_READERSTATE *states, DWORD count)
{
	bool any = false;

	for (DWORD i = 0; i < count; i++) {
		struct reader *r = reader_by_name(x, states[i].szReader);
		size_t before = x->count;

		states[i].dwEventState = 0;
		if (r != NULL)
			state_fill(r, &states[i]);
		else if (strcmp(states[i].szReader, PNP) != 0)
			states[i].dwEventState = SCARD_STATE_UNKNOWN;
		else if (readers_open(x) && x->count > before)
			states[i].dwEventState = SCARD_STATE_CHANGED;
		any = any ||
		    (states[i].dwEventState &
			(SCARD_STATE_CHANGED | SCARD_STATE_UNKNOWN)) != 0;
	}
	return any;
}

static uint64_t
milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Whoever reads from the pipe that VIRTUAL_WAITS names learns by its end that a
 * wait has begun. */
static void
tell_waiting(void)
{
	const char *path = getenv("VIRTUAL_WAITS");
	int fd = path != NULL ? open(path, O_WRONLY | O_CLOEXEC) : -1;

	if (fd != -1)
		close(fd);
}

/* Cards are files: a wait looks at them every few milliseconds. */
LONG
SCardGetStatusChange(SCARDCONTEXT handle, DWORD timeout,
    SCARD_READERSTATE *states, DWORD count)
{
	const struct timespec pause = { 0, LOOK_NS };
	struct context *x = context_of(handle);
	uint64_t begun = milliseconds();
	bool told = false;

	if (x == NULL)
		return SCARD_E_INVALID_HANDLE;
	while (!look(x, states, count)) {
		if (!told)
			tell_waiting();
		told = true;
		if (timeout != INFINITE && milliseconds() - begun >= timeout)
			return SCARD_E_TIMEOUT;
		nanosleep(&pause, NULL);
	}
	return SCARD_S_SUCCESS;
}

/* ---- connections ------------------------------------------------------ */

static atomic_uint connected, most;

unsigned virtual_most(void);
unsigned
virtual_most(void)
{
	return most;
}

static void
count_connected(void)
{
	const struct timespec slow = { 0, SLOW_NS };
	unsigned n = ++connected, before = most;

	while (n > before && !atomic_compare_exchange_weak(&most, &before, n))
		;
	if (getenv("VIRTUAL_SLOW") != NULL)
		nanosleep(&slow, NULL);
}

static DWORD
protocol(struct reader *r)
{
	return card_is_t0(r->card) ? SCARD_PROTOCOL_T0 : SCARD_PROTOCOL_T1;
}

/* Is the card it was made to still there? */
static LONG
connection_check(const struct connection *k)
{
	if (k == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (!card_present(k->reader->card) ||
	    card_insertions(k->reader->card) != k->insertion)
		return SCARD_W_REMOVED_CARD;
	return SCARD_S_SUCCESS;
}

static LONG
reader_take(struct reader *r, DWORD share, DWORD protocols)
{
	if (share == SCARD_SHARE_DIRECT)
		return SCARD_S_SUCCESS;
	if (!card_present(r->card))
		return SCARD_E_NO_SMARTCARD;
	if ((protocols & protocol(r)) == 0)
		return SCARD_E_PROTO_MISMATCH;
	if (card_mute(r->card))
		return SCARD_W_UNRESPONSIVE_CARD;
	if (card_taken(r->card) || r->exclusive ||
	    (share == SCARD_SHARE_EXCLUSIVE && r->users > 0))
		return SCARD_E_SHARING_VIOLATION;
	return SCARD_S_SUCCESS;
}

LONG
SCardConnect(SCARDCONTEXT handle, LPCSTR name, DWORD share, DWORD protocols,
    LPSCARDHANDLE out, LPDWORD active)
{
	struct context *x = context_of(handle);
	struct reader *r = x != NULL ? reader_by_name(x, name) : NULL;
	struct connection *k;
	LONG ret;

	if (r == NULL)
		return x == NULL ? SCARD_E_INVALID_HANDLE
				 : SCARD_E_UNKNOWN_READER;
	ret = reader_take(r, share, protocols);
	if (ret != SCARD_S_SUCCESS)
		return ret;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return SCARD_E_NO_MEMORY;
	k->reader = r;
	k->insertion = card_insertions(r->card);
	k->exclusive = r->exclusive = share == SCARD_SHARE_EXCLUSIVE;
	r->users++;
	count_connected();
	*out = (SCARDHANDLE)k;
	*active = protocol(r);
	return SCARD_S_SUCCESS;
}

LONG
SCardReconnect(SCARDHANDLE handle, DWORD share, DWORD protocols,
    DWORD initialization, LPDWORD active)
{
	struct connection *k = connection_of(handle);

	(void)share;
	if (k == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (!card_present(k->reader->card))
		return SCARD_E_NO_SMARTCARD;
	if ((protocols & protocol(k->reader)) == 0)
		return SCARD_E_PROTO_MISMATCH;
	if (initialization != SCARD_LEAVE_CARD)
		card_reset(k->reader->card);
	k->insertion = card_insertions(k->reader->card);
	*active = protocol(k->reader);
	return SCARD_S_SUCCESS;
}

LONG
SCardDisconnect(SCARDHANDLE handle, DWORD disposition)
{
	struct connection *k = connection_of(handle);

	if (k == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (disposition != SCARD_LEAVE_CARD)
		card_reset(k->reader->card);
	k->reader->users--;
	connected--;
	if (k->exclusive)
		k->reader->exclusive = false;
	free(k);
	return SCARD_S_SUCCESS;
}

LONG
SCardBeginTransaction(SCARDHANDLE handle)
{
	return connection_check(connection_of(handle));
}

LONG
SCardEndTransaction(SCARDHANDLE handle, DWORD disposition)
{
	struct connection *k = connection_of(handle);
	LONG ret = connection_check(k);

	if (ret == SCARD_S_SUCCESS && disposition != SCARD_LEAVE_CARD)
		card_reset(k->reader->card);
	return ret;
}

LONG
SCardStatus(SCARDHANDLE handle, LPSTR name, LPDWORD name_len, LPDWORD state,
    LPDWORD active, LPBYTE atr, LPDWORD atr_len)
{
	struct connection *k = connection_of(handle);
	uint8_t own[CARD_ATR_MAX];
	LONG ret = connection_check(k);

	if (ret != SCARD_S_SUCCESS)
		return ret;
	if (name != NULL && name_len != NULL)
		snprintf(name, *name_len, "%s", k->reader->name);
	if (name_len != NULL)
		*name_len = strlen(k->reader->name) + 1;
	if (state != NULL)
		*state = SCARD_PRESENT | SCARD_POWERED | SCARD_SPECIFIC;
	if (active != NULL)
		*active = protocol(k->reader);
	if (atr_len != NULL) {
		size_t len = card_atr(k->reader->card, own);

		if (atr != NULL && *atr_len >= len)
			memcpy(atr, own, len);
		*atr_len = len;
	}
	return SCARD_S_SUCCESS;
}

LONG
SCardTransmit(SCARDHANDLE handle, const SCARD_IO_REQUEST *send_pci,
    LPCBYTE command, DWORD command_len, SCARD_IO_REQUEST *receive_pci,
    LPBYTE answer, LPDWORD answer_len)
{
	struct connection *k = connection_of(handle);
	uint8_t whole[CARD_ANSWER_MAX];
	size_t len = 0;
	LONG ret = connection_check(k);

	(void)send_pci;
	(void)receive_pci;
	if (ret != SCARD_S_SUCCESS)
		return ret;
	if (card_apdu(k->reader->card, command, command_len, whole, &len) !=
	    CARD_ANSWERED)
		return SCARD_W_REMOVED_CARD;
	if (len > *answer_len)
		return SCARD_E_INSUFFICIENT_BUFFER;
	memcpy(answer, whole, len);
	*answer_len = len;
	return SCARD_S_SUCCESS;
}

/* ---- PIN pads of readers ---------------------------------------------- */

#define VERIFY_DIRECT SCARD_CTL_CODE(3401)
/* PC/SC part 10: of PIN_VERIFY_STRUCTURE, before the command in abData */
#define VERIFY_HEAD 19
#define COMMAND_HEAD 4

static void
answer_put(LPVOID out, LPDWORD returned, const void *data, size_t len)
{
	memcpy(out, data, len);
	*returned = len;
}

/* One feature: tag, length, control code with its first octet first. */
static LONG
features(const char *pad, LPVOID out, DWORD room, LPDWORD returned)
{
	const uint8_t verify[] = { FEATURE_VERIFY_PIN_DIRECT, 4,
		(uint8_t)(VERIFY_DIRECT >> 24), (uint8_t)(VERIFY_DIRECT >> 16),
		(uint8_t)(VERIFY_DIRECT >> 8), (uint8_t)VERIFY_DIRECT };

	if (pad[0] == '\0')
		return SCARD_E_UNSUPPORTED_FEATURE;
	if (room < sizeof(verify))
		return SCARD_E_INSUFFICIENT_BUFFER;
	answer_put(out, returned, verify, sizeof(verify));
	return SCARD_S_SUCCESS;
}

/* The command, with what is typed behind its head. */
static LONG
pad_send(struct reader *r, const char *pad, const uint8_t *in, LPVOID out,
    LPDWORD returned)
{
	uint8_t command[COMMAND_HEAD + 1 + NAME_MAX_LEN];
	uint8_t whole[CARD_ANSWER_MAX];
	size_t n = strlen(pad), len = 0;

	memcpy(command, in + VERIFY_HEAD, COMMAND_HEAD);
	command[COMMAND_HEAD] = (uint8_t)n;
	memcpy(command + COMMAND_HEAD + 1, pad, n);
	if (card_apdu(r->card, command, COMMAND_HEAD + 1 + n, whole, &len) !=
	    CARD_ANSWERED)
		return SCARD_W_REMOVED_CARD;
	answer_put(out, returned, whole + len - 2, 2);
	return SCARD_S_SUCCESS;
}

/* What a reader answers when nothing came of it (PC/SC part 10, 2.6.1). */
static LONG
verify(struct connection *k, const char *pad, const uint8_t *in, DWORD len,
    LPVOID out, LPDWORD returned)
{
	static const struct {
		const char *typed;
		uint8_t sw[2];
	} ends[] = { { "cancel", { 0x64, 0x01 } }, { "late", { 0x64, 0x00 } } };
	LONG ret = connection_check(k);

	if (ret != SCARD_S_SUCCESS)
		return ret;
	if (len < VERIFY_HEAD + COMMAND_HEAD || strcmp(pad, "none") == 0)
		return SCARD_E_NOT_TRANSACTED;
	for (size_t i = 0; i < 2; i++)
		if (strcmp(pad, ends[i].typed) == 0) {
			answer_put(out, returned, ends[i].sw, 2);
			return SCARD_S_SUCCESS;
		}
	return pad_send(k->reader, pad, in, out, returned);
}

LONG
SCardControl(SCARDHANDLE handle, DWORD code, LPCVOID in, DWORD in_len,
    LPVOID out, DWORD out_len, LPDWORD returned)
{
	struct connection *k = connection_of(handle);
	const char *pad;

	*returned = 0;
	if (k == NULL)
		return SCARD_E_INVALID_HANDLE;
	pad = card_reader_pad(k->reader->card);
	if (code == CM_IOCTL_GET_FEATURE_REQUEST)
		return features(pad, out, out_len, returned);
	if (code == VERIFY_DIRECT && pad[0] != '\0' && out_len >= 2)
		return verify(k, pad, in, in_len, out, returned);
	return SCARD_E_UNSUPPORTED_FEATURE;
}

/* ---- what these readers do not have ----------------------------------- */

LONG
SCardGetAttrib(SCARDHANDLE handle, DWORD id, LPBYTE out, LPDWORD len)
{
	(void)handle;
	(void)id;
	(void)out;
	*len = 0;
	return SCARD_E_UNSUPPORTED_FEATURE;
}
