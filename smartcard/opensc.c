/* SPDX-License-Identifier: ISC */
#include "smartcard/opensc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smartcard/look.h"
#include "smartcard/session.h"

#define BUSY_TRIES 3
#define BUSY_MS 1000

/* ---- what is in the readers ------------------------------------------- */

/* The same card in the same reader: pcscd counts in the upper half of a state
 * how often cards came and went. */
static bool
hung_before(const struct pcsc_readers *hung, const struct pcsc_reader *r)
{
	for (size_t i = 0; hung != NULL && i < hung->count; i++)
		if (strcmp(hung->reader[i].name, r->name) == 0 &&
		    hung->reader[i].state >> 16 == r->state >> 16)
			return true;
	return false;
}

enum card_error
opensc_scan(struct pcsc *p, const struct pcsc_readers *hung,
    struct opensc_scan *out)
{
	bool asked[PCSC_READERS_MAX] = { false };
	enum card_error ret;

	memset(out, 0, sizeof(*out));
	ret = pcsc_list(p, &out->readers);
	for (size_t i = 0; ret == CARD_OK && i < out->readers.count; i++) {
		const struct pcsc_reader *r = &out->readers.reader[i];

		asked[i] = r->present && !r->mute && !hung_before(hung, r);
		out->error[i] = r->present ? CARD_ERR_MUTE : CARD_ERR_REMOVED;
		if (r->present && !r->mute)
			out->error[i] = CARD_ERR_TIMEOUT;
	}
	if (ret == CARD_OK)
		look_at(&out->readers, asked, out->error, out->card);
	return ret;
}

/* A scan with a context for it alone: OpenSC makes its own.  A card that hangs
 * is waited for once. */
static enum card_error
scan_once(struct module *m, struct opensc_scan *out)
{
	struct pcsc *p = NULL;
	enum card_error ret = pcsc_new(NULL, &p);

	if (ret == CARD_OK)
		ret = opensc_scan(p, &m->hung, out);
	pcsc_free(p);
	if (ret != CARD_OK)
		return ret;
	m->hung.count = 0;
	for (size_t i = 0; i < out->readers.count; i++)
		if (out->error[i] == CARD_ERR_TIMEOUT)
			m->hung.reader[m->hung.count++] =
			    out->readers.reader[i];
	return CARD_OK;
}

static bool
scan_has(const struct opensc_scan *scan, enum card_error err)
{
	for (size_t i = 0; i < scan->readers.count; i++)
		if (scan->error[i] == err)
			return true;
	return false;
}

/* Why a card is not asked, or what it answers is not to be read; OK when there
 * is none, or it was asked. */
static enum card_error
why_unread(enum card_error err)
{
	switch (err) {
	case CARD_OK:
	case CARD_ERR_REMOVED:
	case CARD_ERR_FOREIGN:
		return CARD_OK;
	case CARD_ERR_BUSY:
	case CARD_ERR_TIMEOUT:
	case CARD_ERR_MUTE:
		return err;
	default:
		return CARD_ERR_ANSWER;
	}
}

enum card_error
opensc_not_found(struct module *m, const struct opensc_scan *scan)
{
	static const enum card_error order[] = { CARD_ERR_BUSY,
		CARD_ERR_TIMEOUT, CARD_ERR_ANSWER, CARD_ERR_MUTE };

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < scan->readers.count; i++)
			if (why_unread(scan->error[i]) == order[k]) {
				memcpy(m->unread, scan->readers.reader[i].name,
				    sizeof(m->unread));
				return order[k];
			}
	return CARD_ERR_NO_TOKEN;
}

/* Another signer may just be looking at the same card: give it a moment. */
static void
wait_a_moment(const struct opensc_scan *scan)
{
	struct pcsc_readers seen = scan->readers;
	struct pcsc *p = NULL;

	if (pcsc_new(NULL, &p) == CARD_OK)
		pcsc_wait(p, &seen, BUSY_MS);
	pcsc_free(p);
}

/* As token_open() has it: by label, by serial, or both. */
static bool
is_wanted(const struct schsm_info *card, const char *label, const char *serial)
{
	bool any_label = label == NULL || label[0] == '\0';
	bool any_serial = serial == NULL || strcmp(serial, "-") == 0;

	return card->initialised && !(any_label && any_serial) &&
	    (any_label || strcmp(card->label, label) == 0) &&
	    (any_serial || strcmp(card->serial, serial) == 0);
}

enum card_error
opensc_scan_find(const struct opensc_scan *scan, const char *label,
    const char *serial, size_t *reader)
{
	size_t found = 0;

	for (size_t i = 0; i < scan->readers.count; i++) {
		const struct schsm_info *c = &scan->card[i];

		if (scan->error[i] != CARD_OK || !is_wanted(c, label, serial))
			continue;
		*reader = i;
		found++;
	}
	if (found > 1)
		return CARD_ERR_AMBIGUOUS;
	return found == 1 ? CARD_OK : CARD_ERR_NO_TOKEN;
}

/* ---- loading ---------------------------------------------------------- */

static enum card_error
start(struct module *m, const struct opensc_scan *scan, const bool *wanted)
{
	char provider[1024], text[OPENSC_CONF_MAX];
	enum card_error ret;

	pcsc_provider(provider, sizeof(provider));
	ret = opensc_conf_text(provider, &scan->readers, wanted, m->pin_pad,
	    text);
	return ret == CARD_OK ? module_start(m, text) : ret;
}

/* Whether the module has a token, whatever it is. */
static bool
has_token(struct module *m)
{
	CK_SLOT_ID *ids = NULL;
	CK_ULONG n = 0;
	enum card_error ret = module_slots(m, &ids, &n);

	free(ids);
	return ret == CARD_OK && n > 0;
}

static enum card_error
keep_card(struct module *m, const struct opensc_scan *scan, size_t reader)
{
	free(m->card);
	m->card = NULL;
	if (scan->error[reader] != CARD_OK)
		return CARD_OK;
	m->card = malloc(sizeof(*m->card));
	if (m->card == NULL)
		return CARD_ERR_MEMORY;
	*m->card = scan->card[reader];
	return CARD_OK;
}

enum card_error
opensc_enter_reader(struct module *m, const struct opensc_scan *scan,
    size_t reader)
{
	bool wanted[PCSC_READERS_MAX] = { false };
	enum card_error ret;

	if (m->open != NULL)
		return CARD_ERR_ARGUMENT;
	wanted[reader] = true;
	ret = keep_card(m, scan, reader);
	for (int i = 0; ret == CARD_OK && i < BUSY_TRIES; i++) {
		if (i > 0)
			wait_a_moment(scan);
		ret = start(m, scan, wanted);
		if (ret == CARD_OK && has_token(m))
			return CARD_OK;
		opensc_leave(m);
	}
	return ret == CARD_OK ? CARD_ERR_REMOVED : ret;
}

void
opensc_leave(struct module *m)
{
	if (m->open == NULL)
		module_stop(m);
}

/* Load it for all cards of other kinds. */
static enum card_error
enter_foreign(struct module *m, const struct opensc_scan *scan)
{
	bool wanted[PCSC_READERS_MAX] = { false };

	for (size_t i = 0; i < scan->readers.count; i++)
		wanted[i] = scan->error[i] == CARD_ERR_FOREIGN;
	free(m->card);
	m->card = NULL;
	return start(m, scan, wanted);
}

/* A slot's description may be cut off. */
static bool
reader_is(const char *name, const struct token_info *info)
{
	size_t n = strlen(info->reader);

	return n > 0 && strncmp(name, info->reader, n) == 0;
}

/* OpenSC says which of them it is, and is loaded again for that alone. */
static enum card_error
find_foreign(struct module *m, const struct opensc_scan *scan,
    const char *label, const char *serial, size_t *reader)
{
	struct token_info info = { 0 };
	size_t found = 0;
	enum card_error ret = enter_foreign(m, scan);

	if (ret == CARD_OK)
		ret = token_select(m, label, serial, &info);
	opensc_leave(m);
	for (size_t i = 0; ret == CARD_OK && i < scan->readers.count; i++) {
		if (scan->error[i] != CARD_ERR_FOREIGN ||
		    !reader_is(scan->readers.reader[i].name, &info))
			continue;
		*reader = i;
		found++;
	}
	if (ret != CARD_OK)
		return ret;
	return found == 1 ? CARD_OK : CARD_ERR_READERS;
}

enum card_error
opensc_enter(struct module *m, const char *label, const char *serial)
{
	struct opensc_scan scan = { .readers = { .count = 0 } };
	size_t reader = 0;
	enum card_error ret = CARD_ERR_NO_TOKEN;

	if (m->open != NULL)
		return CARD_ERR_ARGUMENT;
	m->unread[0] = '\0';
	for (int i = 0; ret == CARD_ERR_NO_TOKEN && i < BUSY_TRIES; i++) {
		if (i > 0 && !scan_has(&scan, CARD_ERR_BUSY))
			break;
		if (i > 0)
			wait_a_moment(&scan);
		ret = scan_once(m, &scan);
		if (ret == CARD_OK)
			ret = opensc_scan_find(&scan, label, serial, &reader);
		if (ret == CARD_ERR_NO_TOKEN &&
		    scan_has(&scan, CARD_ERR_FOREIGN))
			ret = find_foreign(m, &scan, label, serial, &reader);
	}
	if (ret == CARD_ERR_NO_TOKEN)
		ret = opensc_not_found(m, &scan);
	return ret == CARD_OK ? opensc_enter_reader(m, &scan, reader) : ret;
}

/* ---- listing ---------------------------------------------------------- */

void
opensc_complete(const struct schsm_info *card, struct token_info *out)
{
	memcpy(out->label, card->label, sizeof(out->label));
	memcpy(out->serial, card->serial, sizeof(out->serial));
	out->initialised = card->initialised && !card->wiped;
	out->so_count_low = card->initialised && card->so_tries < 8;
	out->so_final_try = card->initialised && card->so_tries == 1;
	out->so_locked = card->initialised && card->so_tries == 0;
}

static void
describe(const struct schsm_info *card, size_t slot, struct token_info *out)
{
	memset(out, 0, sizeof(*out));
	opensc_complete(card, out);
	out->slot = slot;
	strcpy(out->model, "SmartCard-HSM");
	strncpy(out->reader, card->reader, sizeof(out->reader) - 1);
	out->user_pin_set = out->initialised;
	out->pin_count_low = card->initialised &&
	    card->pin_tries < SCHSM_PIN_TRIES && !card->pin_locked;
	out->pin_final_try = card->initialised && card->pin_tries == 1;
	out->pin_locked = card->pin_locked;
	out->pin_pad = card->pin_pad || card->reader_pad;
	out->tries = card->initialised ? card->pin_tries : 0;
}

static void
describe_unread(const struct pcsc_reader *r, enum card_error why,
    struct token_info *out)
{
	memset(out, 0, sizeof(*out));
	strncpy(out->reader, r->name, sizeof(out->reader) - 1);
	out->unread = why;
}

/* Those that OpenSC does not know either. */
static void
list_unknown(const struct opensc_scan *scan, struct token_info *out,
    size_t *count)
{
	const size_t known = *count;

	for (size_t i = 0; i < scan->readers.count; i++) {
		const struct pcsc_reader *r = &scan->readers.reader[i];
		bool listed = false;

		for (size_t k = 0; k < known; k++)
			listed = listed || reader_is(r->name, &out[k]);
		if (scan->error[i] == CARD_ERR_FOREIGN && !listed &&
		    *count < TOKEN_LIST_MAX)
			describe_unread(r, CARD_ERR_FOREIGN, &out[(*count)++]);
	}
}

/* Cards of other kinds are OpenSC's to tell of. */
static enum card_error
list_foreign(struct module *m, const struct opensc_scan *scan,
    struct token_info *out, size_t *count)
{
	CK_SLOT_ID *ids = NULL;
	CK_ULONG n = 0;
	enum card_error ret = enter_foreign(m, scan);

	if (ret == CARD_OK)
		ret = module_slots(m, &ids, &n);
	for (CK_ULONG i = 0; ret == CARD_OK && i < n; i++) {
		bool present = false;

		if (*count == TOKEN_LIST_MAX)
			break;
		ret = module_slot_info(m, ids[i], &out[*count], &present);
		if (present)
			(*count)++;
	}
	free(ids);
	opensc_leave(m);
	if (ret == CARD_OK)
		list_unknown(scan, out, count);
	return ret;
}

enum card_error
opensc_list(struct module *m, struct token_info *out, size_t *count)
{
	struct opensc_scan scan;
	enum card_error ret;

	*count = 0;
	if (m->open != NULL)
		return CARD_ERR_ARGUMENT;
	ret = scan_once(m, &scan);
	if (ret != CARD_OK)
		return ret;
	for (size_t i = 0; i < scan.readers.count; i++) {
		const enum card_error why = why_unread(scan.error[i]);

		if (scan.error[i] == CARD_OK)
			describe(&scan.card[i], i, &out[(*count)++]);
		else if (why != CARD_OK)
			describe_unread(&scan.readers.reader[i], why,
			    &out[(*count)++]);
	}
	if (!scan_has(&scan, CARD_ERR_FOREIGN))
		return CARD_OK;
	return list_foreign(m, &scan, out, count);
}
