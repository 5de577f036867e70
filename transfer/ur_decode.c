/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "transfer/bytewords.h"
#include "transfer/fountain.h"
#include "transfer/gauss.h"
#include "transfer/ur.h"
#include "transfer/ur_part.h"

/* What has come of one message. */
struct session {
	bool used;
	struct ur_part key; /* what ur_part_same() compares */
	struct gauss *gauss;
	struct fountain *fountain; /* made when the first mixed part comes */
	uint16_t *list;            /* key.count indices */
	size_t received;
};

struct ur_decoder {
	char type[UR_TYPE_MAX + 1];
	struct session current, other;
	unsigned others_in_row;
	size_t refused, foreign;
	uint8_t *message;
	size_t message_len;
};

static void
session_clear(struct session *s)
{
	gauss_free(s->gauss);
	fountain_free(s->fountain);
	free(s->list);
	*s = (struct session){ 0 };
}

static enum ur_taken
refused(const char **why, const char *text)
{
	*why = text;
	return UR_REFUSED;
}

static bool
session_start(struct session *s, const struct ur_part *p)
{
	session_clear(s);
	s->key = *p;
	s->key.data = NULL;
	s->gauss = gauss_new(p->count, p->data_len);
	s->list = calloc(p->count, sizeof(*s->list));
	s->used = s->gauss != NULL && s->list != NULL;
	if (!s->used)
		session_clear(s);
	return s->used;
}

/* The fragments of a part into s->list; how many, or 0 without memory. */
static size_t
session_choose(struct session *s, uint32_t seq)
{
	if (seq <= s->key.count) {
		s->list[0] = (uint16_t)(seq - 1);
		return 1;
	}
	if (s->fountain == NULL &&
	    fountain_new(s->key.count, s->key.checksum, &s->fountain) !=
		TRANSFER_OK)
		return 0;
	return fountain_choose(s->fountain, seq, s->list);
}

static enum ur_taken
session_take(struct session *s, const struct ur_part *p, const char **why)
{
	size_t d = session_choose(s, p->seq);

	if (d == 0)
		return refused(why, "out of memory");
	switch (gauss_take(s->gauss, s->list, d, p->data)) {
	case GAUSS_NEW:
		s->received++;
		return UR_NEW;
	case GAUSS_KNOWN:
		s->received++;
		return UR_KNOWN;
	case GAUSS_CONTRARY:
		return refused(why, "part: contradicts those before it");
	case GAUSS_MEMORY:
		break;
	}
	return refused(why, "out of memory");
}

static bool
all_zero(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] != 0)
			return false;
	}
	return true;
}

/* All fragments of the current message are known: put it together.  What
 * does not match is forgotten, so that the same message can come again. */
static enum ur_taken
finish(struct ur_decoder *d, const char **why)
{
	const struct ur_part *k = &d->current.key;
	size_t padded = k->count * k->data_len;
	uint8_t *message = malloc(padded);
	const char *wrong = NULL;

	if (message == NULL)
		wrong = "out of memory: the message is begun anew";
	else
		gauss_solve(d->current.gauss, message);
	if (message != NULL &&
	    !all_zero(message + k->message_len, padded - k->message_len))
		wrong = "message: the padding is not zero: begun anew";
	else if (message != NULL &&
	    (uint32_t)crc32_z(0, message, k->message_len) != k->checksum)
		wrong = "message: the checksum does not match: begun anew";
	if (wrong != NULL) {
		free(message);
		session_clear(&d->current);
		return refused(why, wrong);
	}
	d->message = message;
	d->message_len = k->message_len;
	return UR_COMPLETE;
}

/* A part of another message than the current one. */
static enum ur_taken
take_other(struct ur_decoder *d, const struct ur_part *p, const char **why)
{
	struct session swap;

	if (!d->other.used || !ur_part_same(&d->other.key, p)) {
		if (!session_start(&d->other, p))
			return refused(why, "out of memory");
		d->others_in_row = 0;
	}
	if (session_take(&d->other, p, why) == UR_REFUSED)
		return UR_REFUSED;
	d->foreign++;
	if (++d->others_in_row < UR_SWITCH_AFTER)
		return UR_FOREIGN;
	swap = d->current;
	d->current = d->other;
	d->other = swap;
	d->others_in_row = 0;
	return UR_SWITCHED;
}

static enum ur_taken
take_part(struct ur_decoder *d, const struct ur_part *p, const char **why)
{
	enum ur_taken taken;

	if (!d->current.used && !session_start(&d->current, p))
		return refused(why, "out of memory");
	if (ur_part_same(&d->current.key, p)) {
		d->others_in_row = 0;
		taken = session_take(&d->current, p, why);
	} else {
		taken = take_other(d, p, why);
	}
	if (taken != UR_REFUSED &&
	    gauss_rank(d->current.gauss) == d->current.key.count)
		return finish(d, why);
	return taken;
}

/* octets has room for half the text. */
static enum ur_taken
take_octets(struct ur_decoder *d, const struct ur_text *t, uint8_t *octets,
    const char **why)
{
	struct ur_part p = { .seq = 1, .count = 1 };
	size_t len;

	if (bytewords_read(t->body, t->body_len, octets, &len, why) !=
	    TRANSFER_OK)
		return UR_REFUSED;
	if (t->multi) {
		if (ur_part_read(octets, len, &p, why) != TRANSFER_OK)
			return UR_REFUSED;
		if (p.seq != t->seq || p.count != t->count)
			return refused(why,
			    "part: its numbers are not those "
			    "of the text");
		return take_part(d, &p, why);
	}
	if (len > UR_MESSAGE_MAX)
		return refused(why, "message: over 4194304 octets");
	p.message_len = len;
	p.checksum = (uint32_t)crc32_z(0, octets, len);
	p.data = octets;
	p.data_len = len;
	return take_part(d, &p, why);
}

static enum ur_taken
take(struct ur_decoder *d, const char *text, size_t len, const char **why)
{
	enum ur_taken taken;
	struct ur_text t;
	uint8_t *octets;

	if (ur_text_split(text, len, &t, why) != TRANSFER_OK)
		return UR_REFUSED;
	if (t.type_len != strlen(d->type) ||
	    strncasecmp(t.type, d->type, t.type_len) != 0)
		return refused(why, "text: a message of another type");
	if ((octets = malloc(t.body_len / 2 + 1)) == NULL)
		return refused(why, "out of memory");
	taken = take_octets(d, &t, octets, why);
	free(octets);
	return taken;
}

enum transfer_error
ur_decoder_new(const char *type, struct ur_decoder **out)
{
	struct ur_decoder *d;

	*out = NULL;
	if (!ur_type_valid(type))
		return TRANSFER_ERR_ARGUMENT;
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return TRANSFER_ERR_MEMORY;
	memcpy(d->type, type, strlen(type));
	*out = d;
	return TRANSFER_OK;
}

enum ur_taken
ur_decoder_take(struct ur_decoder *d, const char *text, size_t len,
    const char **why)
{
	enum ur_taken taken;

	*why = NULL;
	if (d->message != NULL)
		return UR_COMPLETE;
	taken = take(d, text, len, why);
	if (taken == UR_REFUSED)
		d->refused++;
	return taken;
}

void
ur_decoder_progress(const struct ur_decoder *d, struct ur_progress *p)
{
	const struct session *s = &d->current;

	*p = (struct ur_progress){
		.refused = d->refused,
		.foreign = d->foreign,
	};
	if (!s->used)
		return;
	p->needed = s->key.count;
	p->rank = gauss_rank(s->gauss);
	p->received = s->received;
	p->message_len = s->key.message_len;
	p->checksum = s->key.checksum;
}

const uint8_t *
ur_decoder_message(const struct ur_decoder *d, size_t *len)
{
	*len = d->message_len;
	return d->message;
}

void
ur_decoder_free(struct ur_decoder *d)
{
	if (d == NULL)
		return;
	session_clear(&d->current);
	session_clear(&d->other);
	free(d->message);
	free(d);
}
