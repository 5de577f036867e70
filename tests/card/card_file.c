/* SPDX-License-Identifier: ISC */
/* The files of a card, and the commands on them. */
#include <stdlib.h>
#include <string.h>

#include "tests/card/card_core.h"

#define PREFIX(fid) ((fid) >> 8)
#define EF_DEVICE 0x2F02 /* the device certificate; not to be written */

/* What the first octet of an identifier means; others are not listed. */
static const struct prefix {
	uint8_t prefix;
	bool secret; /* read only when logged in */
	bool key;    /* not a file, but a key of that reference */
} prefixes[] = {
	{ 0xC4, false, false }, /* private key descriptions */
	{ 0xC8, false, false }, /* CA certificate descriptions */
	{ 0xC9, false, false }, /* data object descriptions */
	{ 0xCA, false, false }, /* CA certificates */
	{ 0xCC, false, true },  /* keys */
	{ 0xCD, true, false },  /* private data */
	{ 0xCE, false, false }, /* certificates, key generation answers */
	{ 0xCF, false, false }, /* public data */
};

static const struct prefix *
prefix_of(uint16_t fid)
{
	static const struct prefix other = { 0, false, false };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (prefixes[i].prefix == PREFIX(fid))
			return &prefixes[i];
	return &other;
}

/* ---- the files -------------------------------------------------------- */

struct card_file *
card_file_find(struct card_state *s, uint16_t fid)
{
	for (size_t i = 0; i < s->file_count; i++)
		if (s->files[i].fid == fid)
			return &s->files[i];
	return NULL;
}

static struct card_file *
file_make(struct card_state *s, uint16_t fid)
{
	struct card_file *f = card_file_find(s, fid);

	if (f != NULL || s->file_count == CARD_FILES_MAX)
		return f;
	f = &s->files[s->file_count++];
	*f = (struct card_file){ .fid = fid };
	return f;
}

bool
card_file_write(struct card_state *s, uint16_t fid, size_t offset,
    const uint8_t *data, size_t len)
{
	struct card_file *f = file_make(s, fid);
	size_t end = offset + len;

	if (f == NULL || end > CARD_FILE_MAX)
		return false;
	if (end > f->len) {
		uint8_t *more = realloc(f->data, end);

		if (more == NULL)
			return false;
		memset(more + f->len, 0, end - f->len);
		f->data = more;
		f->len = end;
	}
	if (len > 0)
		memcpy(f->data + offset, data, len);
	return true;
}

bool
card_file_remove(struct card_state *s, uint16_t fid)
{
	struct card_file *f = card_file_find(s, fid);

	if (f == NULL)
		return false;
	free(f->data);
	*f = s->files[--s->file_count];
	return true;
}

/* ---- select ----------------------------------------------------------- */

uint16_t
card_select_applet(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	static const uint8_t aid[] = { 0xE8, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x81,
		0xC3, 0x1F, 0x02, 0x01 };
	static const uint8_t control[] = { 0x62, 0x12, 0x81, 0x02, 0x00, 0x00,
		0x82, 0x01, 0x01, 0x83, 0x02, 0x00, 0x00, 0x85, 0x05, 0x00,
		0x01, 0xFF, 3, 5 };

	if (c->control.no_applet || a->len != sizeof(aid) ||
	    memcmp(a->data, aid, sizeof(aid)) != 0)
		return SW_NOT_FOUND;
	card_reset(c);
	card_bytes_put(out, control, sizeof(control) - 4);
	card_bytes_number(out, c->state.unblock, 1);
	card_bytes_put(out, control + sizeof(control) - 3, 3);
	return SW_OK;
}

static uint16_t
fid_of(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint16_t
card_select_file(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	uint16_t fid = fid_of(a->data);
	struct card_file *f = card_file_find(&c->state, fid);
	struct card_bytes control = { 0 };
	uint8_t size[2];

	if (f == NULL)
		return SW_NOT_FOUND;
	c->selected = fid;
	size[0] = (uint8_t)(f->len >> 8);
	size[1] = (uint8_t)f->len;
	card_tlv_put(&control, 0x81, size, 2);
	card_tlv_put(&control, 0x82, "\x01", 1);
	card_tlv_put(&control, 0x83, a->data, 2);
	card_tlv_put(&control, 0x8A, "\x05", 1);
	card_tlv_put(out, 0x62, control.data, control.len);
	return SW_OK;
}

uint16_t
card_select_path(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	(void)c;
	(void)a;
	(void)out;
	return SW_NOT_FOUND; /* there are no folders */
}

/* ---- read and write --------------------------------------------------- */

/* The file that P1 P2 name: the selected one when they are 0. */
static uint16_t
file_named(const struct card *c, const struct apdu *a)
{
	uint16_t fid = (uint16_t)(a->p1 << 8 | a->p2);

	return fid == 0 ? c->selected : fid;
}

static bool
offset_read(const struct apdu *a, size_t *out)
{
	const uint8_t *p;
	size_t len;

	if (!card_tlv_find(a->data, a->len, 0x54, &p, &len) || len != 2)
		return false;
	*out = fid_of(p);
	return true;
}

uint16_t
card_file_get(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	uint16_t fid = file_named(c, a);
	struct card_file *f = card_file_find(&c->state, fid);
	size_t offset, n = a->expected;

	if (!offset_read(a, &offset))
		return SW_DATA;
	if (f == NULL)
		return SW_NOT_FOUND;
	if (prefix_of(fid)->secret && !c->login)
		return SW_SECURITY;
	if (offset > f->len)
		return SW_OFFSET;
	if (n > f->len - offset)
		n = f->len - offset;
	if (n > sizeof(out->data))
		n = sizeof(out->data);
	card_bytes_put(out, f->data + offset, n);
	return SW_OK;
}

uint16_t
card_file_put(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	uint16_t fid = file_named(c, a);
	const uint8_t *data;
	size_t offset, len;

	(void)out;
	if (!offset_read(a, &offset) ||
	    !card_tlv_find(a->data, a->len, 0x53, &data, &len))
		return SW_DATA;
	if (fid == 0)
		return SW_NOT_FOUND;
	if (fid == EF_DEVICE || prefix_of(fid)->key)
		return SW_SECURITY;
	if (!card_file_write(&c->state, fid, offset, data, len))
		return SW_FULL;
	c->changed = true;
	c->selected = fid;
	return SW_OK;
}

uint16_t
card_file_delete(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	uint16_t fid = fid_of(a->data);

	(void)out;
	if (fid == EF_DEVICE)
		return SW_SECURITY;
	if (prefix_of(fid)->key ? !card_key_remove(c, (uint8_t)fid)
				: !card_file_remove(&c->state, fid))
		return SW_NOT_FOUND;
	c->changed = true;
	return SW_OK;
}

uint16_t
card_file_list(struct card *c, const struct apdu *a, struct card_bytes *out)
{
	const struct card_state *s = &c->state;

	(void)a;
	/* CC00 is the device key, which is there always: keys made start at 1 */
	for (uint32_t i = 0; i < 256; i++)
		if (i == 0 || s->keys[i].key != NULL)
			card_bytes_number(out, 0xCC00 | i, 2);
	for (size_t i = 0; i < s->file_count; i++)
		if (prefix_of(s->files[i].fid)->prefix != 0)
			card_bytes_number(out, s->files[i].fid, 2);
	return SW_OK;
}
