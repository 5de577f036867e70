/* SPDX-License-Identifier: ISC */
/* The card as a whole: power, the file, one command after the other. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "tests/card/card_core.h"
#include "tests/card/card_cvc.h"
#include "tests/card/card_fault.h"

#define INS_GET_RESPONSE 0xC0
#define HANG_LOOK_NS 5000000 /* how often a card that hangs looks */

/* ---- the file --------------------------------------------------------- */

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Load the file unless it is what was loaded or saved last. */
static int
state_refresh(struct card *c)
{
	struct stat now;

	if (stat(c->path, &now) != 0)
		return -1;
	if (same_file(&now, &c->loaded))
		return 0;
	card_state_clear(&c->state);
	c->loaded = now;
	return card_state_load(&c->state, c->path);
}

static int
state_keep(struct card *c)
{
	if (!c->changed)
		return 0;
	c->changed = false;
	if (card_state_save(&c->state, c->path) == 0)
		return stat(c->path, &c->loaded);
	/* what the file has is what counts */
	memset(&c->loaded, 0, sizeof(c->loaded));
	return -1;
}

/* A blank card: a serial, a device key and its certificate. */
static int
state_make(struct card *c)
{
	struct card_state *s = &c->state;
	struct card_bytes cvc = { 0 };
	uint32_t number;

	RAND_bytes((uint8_t *)&number, sizeof(number));
	if (c->control.serial[0] != '\0')
		memcpy(s->serial, c->control.serial, sizeof(s->serial));
	else
		snprintf(s->serial, sizeof(s->serial), "ANC%08X", number);
	s->device.key = EVP_EC_gen("P-256");
	if (s->device.key == NULL ||
	    !card_cvc_device(s, c->control.vendor, &cvc) ||
	    !card_file_write(s, 0x2F02, 0, cvc.data, cvc.len))
		return -1;
	c->changed = true;
	return state_keep(c);
}

/* ---- in and out of the reader ----------------------------------------- */

static void
power_lost(struct card *c)
{
	card_reset(c);
	c->insertions++;
}

/* Another card in its place, or this one again. */
static int
put_in(struct card *c, const char *path)
{
	char *copy;

	if (strcmp(path, c->path) == 0)
		return 0;
	copy = strdup(path);
	if (copy == NULL)
		return -1;
	free(c->path);
	c->path = copy;
	memset(&c->loaded, 0, sizeof(c->loaded));
	power_lost(c);
	return 0;
}

/* Take over what others wrote.  False when the card is not there. */
static bool
look(struct card *c)
{
	const char *other;
	bool absent;

	card_control_read(&c->control, c->home);
	other = card_fault_swap(&c->control);
	if (put_in(c, other != NULL ? other : c->home) != 0)
		return false;
	absent = card_fault_absent(&c->control);
	if (absent != c->absent)
		power_lost(c);
	c->absent = absent;
	return !absent && state_refresh(c) == 0;
}

static bool
look_locked(struct card *c)
{
	bool there;

	flock(c->lock, LOCK_EX);
	there = look(c);
	flock(c->lock, LOCK_UN);
	return there;
}

bool
card_present(struct card *c)
{
	return look_locked(c);
}

unsigned
card_insertions(struct card *c)
{
	look_locked(c);
	return c->insertions;
}

void
card_reset(struct card *c)
{
	c->login = false;
	c->selected = 0;
	c->pending.len = 0;
}

size_t
card_atr(struct card *c, uint8_t out[CARD_ATR_MAX])
{
	static const uint8_t t1[] = { 0x3B, 0xFE, 0x18, 0x00, 0x00, 0x81, 0x31,
		0xFE, 0x45, 0x80, 0x31, 0x81, 0x54, 0x48, 0x53, 0x4D, 0x31,
		0x73, 0x80, 0x21, 0x40, 0x81, 0x07, 0xFA };
	static const uint8_t t0[] = { 0x3B, 0x64, 0x00, 0x00, 0x56, 0x43, 0x53,
		0x43 };
	const char *other;
	size_t len = 0;

	look_locked(c);
	other = card_fault_atr(&c->control);
	if (other != NULL)
		return OPENSSL_hexstr2buf_ex(out, CARD_ATR_MAX, &len, other,
			   '\0') == 1
		    ? len
		    : 0;
	len = c->control.t0 ? sizeof(t0) : sizeof(t1);
	memcpy(out, c->control.t0 ? t0 : t1, len);
	return len;
}

/* ---- new and gone ----------------------------------------------------- */

static int
open_lock(const char *path)
{
	char name[4096];

	snprintf(name, sizeof(name), "%s.lock", path);
	return open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static int
start(struct card *c)
{
	struct stat st;
	int ret = 0;

	if (c->home == NULL || c->path == NULL || c->lock < 0)
		return -1;
	card_control_read(&c->control, c->home);
	flock(c->lock, LOCK_EX);
	if (stat(c->home, &st) != 0 && errno == ENOENT)
		ret = state_make(c);
	else
		ret = state_refresh(c);
	flock(c->lock, LOCK_UN);
	return ret;
}

struct card *
card_new(const char *path)
{
	struct card *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->home = strdup(path);
	c->path = strdup(path);
	c->lock = open_lock(path);
	if (start(c) == 0)
		return c;
	fprintf(stderr, "%s: not a card: %s\n", path, strerror(errno));
	card_free(c);
	return NULL;
}

void
card_free(struct card *c)
{
	if (c == NULL)
		return;
	card_state_clear(&c->state);
	if (c->lock >= 0)
		close(c->lock);
	free(c->home);
	free(c->path);
	OPENSSL_clear_free(c, sizeof(*c));
}

/* ---- one command ------------------------------------------------------ */

/* Data goes out as far as it was asked for; the rest is kept for GET RESPONSE.
 * T=1 does not answer data that nobody asked for, and T=0 no data to a command
 * that had some. */
static uint16_t
deliver(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	size_t n = c->control.t0 && a->len > 0 ? 0 : a->expected, rest;

	if (!c->control.t0 && a->expected == 0)
		c->work.len = 0;
	if (n > c->work.len)
		n = c->work.len;
	card_bytes_put(out, c->work.data, n);
	rest = c->work.len - n;
	c->pending.len = 0;
	card_bytes_put(&c->pending, c->work.data + n, rest);
	if (rest == 0)
		return SW_OK;
	return (uint16_t)(SW_MORE | (rest < 256 ? rest : 0));
}

static uint16_t
parse(const struct card *c, const uint8_t *command, size_t len, struct apdu *a)
{
	bool ok = c->control.t0 ? card_apdu_parse_t0(command, len, a)
				: card_apdu_parse(command, len, a);

	return ok ? SW_OK : SW_LENGTH;
}

/* Into c->work; GET RESPONSE has it from the command before. */
static uint16_t
run(struct card *c, const struct apdu *a)
{
	uint16_t sw = SW_OK;

	if (a->ins == INS_GET_RESPONSE && c->pending.len > 0)
		card_bytes_put(&c->work, c->pending.data, c->pending.len);
	else
		sw = card_run(c, a, &c->work);
	return c->work.full ? SW_BROKEN : sw;
}

/* Of the crash tests, where it is preloaded: the power may fail now. */
extern void power_card(uint8_t ins) __attribute__((weak));

/* Commands that change what the card keeps; every use of a key does. */
static bool
changes(const struct apdu *a)
{
	static const uint8_t ins[] = { 0x20, 0x24, 0x2C, 0x46, 0x50, 0x52, 0x62,
		0x68, 0x74, 0xD7, 0xE4 };

	return a->len > 0 && memchr(ins, a->ins, sizeof(ins)) != NULL;
}

/* NAME.log: each command that came, a line of hexadecimal. */
static void
keep_log(const struct card *c, const uint8_t *command, size_t len)
{
	char name[4096];
	FILE *f;

	snprintf(name, sizeof(name), "%s.log", c->home);
	f = c->control.log ? fopen(name, "a") : NULL;
	if (f == NULL)
		return;
	for (size_t i = 0; i < len; i++)
		fprintf(f, "%02X", command[i]);
	fputc('\n', f);
	fclose(f);
}

/* All between a command and its answer, with the lock held. */
static enum card_reply
serve(struct card *c, const struct apdu *a, uint16_t *sw,
    struct card_bytes *out)
{
	enum card_verdict verdict;

	if (power_card != NULL && changes(a))
		power_card(a->ins);
	if (card_fault_count(&c->control, a->ins))
		card_control_keep(&c->control, c->home);
	c->hangs = card_fault_hangs(&c->control, a->ins);
	verdict = c->hangs ? CARD_HANGS : card_fault_before(c, a->ins, sw);
	if (verdict == CARD_GO_ON) {
		*sw = run(c, a);
		verdict = card_fault_after(c, a->ins);
	}
	if (state_keep(c) != 0)
		*sw = SW_BROKEN;
	if (verdict == CARD_PULLED || verdict == CARD_HANGS)
		return CARD_GONE;
	if (*sw == SW_OK)
		*sw = deliver(c, a, out);
	return CARD_ANSWERED;
}

/* Until the file says something else; with the lock not held, so that others
 * can look whether the card is there. */
static void
hang(const struct card *c)
{
	const struct timespec pause = { 0, HANG_LOOK_NS };
	struct card_control now;

	do {
		nanosleep(&pause, NULL);
		card_control_read(&now, c->home);
	} while (now.sum == c->control.sum);
}

enum card_reply
card_apdu(struct card *c, const uint8_t *command, size_t len,
    uint8_t answer[CARD_ANSWER_MAX], size_t *answer_len)
{
	enum card_reply reply = CARD_GONE;
	struct card_bytes out = { 0 };
	struct apdu a = { 0 };
	uint16_t sw = SW_BROKEN;

	*answer_len = 0;
	c->hangs = false;
	flock(c->lock, LOCK_EX);
	if (look(c)) {
		c->work.len = 0;
		c->work.full = false;
		keep_log(c, command, len);
		sw = parse(c, command, len, &a);
		reply = sw == SW_OK ? serve(c, &a, &sw, &out) : CARD_ANSWERED;
	}
	flock(c->lock, LOCK_UN);
	if (c->hangs)
		hang(c);
	if (reply == CARD_GONE)
		return CARD_GONE;
	memcpy(answer, out.data, out.len);
	answer[out.len] = (uint8_t)(sw >> 8);
	answer[out.len + 1] = (uint8_t)sw;
	*answer_len = out.len + 2;
	OPENSSL_cleanse(&out, sizeof(out));
	return CARD_ANSWERED;
}

/* ---- for tests -------------------------------------------------------- */

bool
card_is_t0(struct card *c)
{
	look_locked(c);
	return c->control.t0;
}

bool
card_taken(struct card *c)
{
	look_locked(c);
	return c->control.taken;
}

bool
card_mute(struct card *c)
{
	look_locked(c);
	return c->control.mute;
}

const char *
card_reader_pad(struct card *c)
{
	look_locked(c);
	return c->control.reader_pad;
}

long
card_key_uses(struct card *c, uint8_t reference)
{
	look_locked(c);
	return c->state.keys[reference].key == NULL
	    ? -1
	    : (long)c->state.keys[reference].uses;
}

const char *
card_serial(struct card *c)
{
	look_locked(c);
	return c->state.serial;
}
