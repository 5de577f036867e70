/* SPDX-License-Identifier: ISC */
#include "tests/card/card_state.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char heading[] = "virtual-card 1\n";

/* ---- octets as text --------------------------------------------------- */

/* New octets of a field of hexadecimal digits, OPENSSL_free(). */
static uint8_t *
octets_read(const char *text, size_t *len)
{
	long n = 0;
	uint8_t *data;

	*len = 0;
	if (strcmp(text, "-") == 0)
		return OPENSSL_zalloc(1);
	data = OPENSSL_hexstr2buf(text, &n);
	*len = data != NULL ? (size_t)n : 0;
	return data;
}

/* Octets into a field of at most that many; false when it has more. */
static bool
octets_copy(const char *text, uint8_t *out, size_t max, size_t *len)
{
	uint8_t *data = octets_read(text, len);
	bool fits = data != NULL && *len <= max;

	if (fits)
		memcpy(out, data, *len);
	OPENSSL_free(data);
	return fits;
}

static void
octets_write(FILE *f, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";

	if (len == 0)
		putc_unlocked('-', f);
	for (size_t i = 0; i < len; i++) {
		putc_unlocked(digits[data[i] >> 4], f);
		putc_unlocked(digits[data[i] & 15], f);
	}
	putc_unlocked('\n', f);
}

static EVP_PKEY *
key_read(const char *text)
{
	size_t len;
	uint8_t *der = octets_read(text, &len);
	const uint8_t *p = der;
	EVP_PKEY *key = NULL;

	if (der != NULL)
		key = d2i_AutoPrivateKey(NULL, &p, (long)len);
	OPENSSL_free(der);
	return key;
}

static void
key_write(FILE *f, struct card_key *k)
{
	int len = 0;

	if (k->der == NULL)
		len = i2d_PrivateKey(k->key, &k->der);
	if (len > 0)
		k->der_len = (size_t)len;
	octets_write(f, k->der, k->der_len);
}

void
card_key_clear(struct card_key *k)
{
	EVP_PKEY_free(k->key);
	OPENSSL_clear_free(k->der, k->der_len);
	*k = (struct card_key){ 0 };
}

/* ---- lines ------------------------------------------------------------ */

/* A line has up to three fields behind its name; absent ones are "". */
#define FIELDS 3

static bool
read_serial(struct card_state *s, char *field[FIELDS])
{
	if (strlen(field[0]) != CARD_SERIAL_LEN)
		return false;
	memcpy(s->serial, field[0], CARD_SERIAL_LEN + 1);
	return true;
}

static bool
read_device(struct card_state *s, char *field[FIELDS])
{
	card_key_clear(&s->device);
	s->device.key = key_read(field[0]);
	return s->device.key != NULL;
}

static bool
read_pin(struct card_pin *pin, char *field[FIELDS])
{
	pin->set = true;
	pin->tries = (unsigned)strtoul(field[0], NULL, 10);
	pin->most = (unsigned)strtoul(field[1], NULL, 10);
	return octets_copy(field[2], pin->value, sizeof(pin->value), &pin->len);
}

static bool
read_user(struct card_state *s, char *field[FIELDS])
{
	return read_pin(&s->user, field);
}

static bool
read_so(struct card_state *s, char *field[FIELDS])
{
	return read_pin(&s->so, field);
}

static bool
read_unblock(struct card_state *s, char *field[FIELDS])
{
	s->unblock = strcmp(field[0], "1") == 0;
	return true;
}

static bool
read_dkek(struct card_state *s, char *field[FIELDS])
{
	size_t len;

	s->dkek.set = true;
	s->dkek.shares = (unsigned)strtoul(field[0], NULL, 10);
	s->dkek.missing = (unsigned)strtoul(field[1], NULL, 10);
	return octets_copy(field[2], s->dkek.key, CARD_DKEK_LEN, &len) &&
	    len == CARD_DKEK_LEN;
}

static bool
read_key(struct card_state *s, char *field[FIELDS])
{
	struct card_key *k = &s->keys[strtoul(field[0], NULL, 16) & 255];

	card_key_clear(k);
	k->uses = strtoul(field[1], NULL, 10);
	k->key = key_read(field[2]);
	return k->key != NULL;
}

static bool
read_gone(struct card_state *s, char *field[FIELDS])
{
	s->gone[strtoul(field[0], NULL, 16) & 255] =
	    strtoul(field[1], NULL, 10) + 1;
	return true;
}

static bool
read_file(struct card_state *s, char *field[FIELDS])
{
	uint16_t fid = (uint16_t)strtoul(field[0], NULL, 16);
	size_t len;
	uint8_t *data = octets_read(field[1], &len);
	bool ok = data != NULL && card_file_write(s, fid, 0, data, len);

	OPENSSL_free(data);
	return ok;
}

static const struct {
	const char *name;
	bool (*read)(struct card_state *s, char *field[FIELDS]);
} lines[] = {
	{ "serial", read_serial },
	{ "device", read_device },
	{ "pin", read_user },
	{ "so", read_so },
	{ "unblock", read_unblock },
	{ "dkek", read_dkek },
	{ "key", read_key },
	{ "gone", read_gone },
	{ "file", read_file },
};

static bool
read_line(struct card_state *s, char *line)
{
	static char none[] = "";
	char *rest = NULL, *name = strtok_r(line, " \n", &rest);
	char *field[FIELDS];

	for (size_t i = 0; i < FIELDS; i++) {
		field[i] = strtok_r(NULL, " \n", &rest);
		if (field[i] == NULL)
			field[i] = none;
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (name != NULL && strcmp(name, lines[i].name) == 0)
			return lines[i].read(s, field);
	return false;
}

/* ---- whole ------------------------------------------------------------ */

void
card_state_clear(struct card_state *s)
{
	card_key_clear(&s->device);
	for (size_t i = 0; i < 256; i++)
		card_key_clear(&s->keys[i]);
	for (size_t i = 0; i < s->file_count; i++)
		free(s->files[i].data);
	memset(s, 0, sizeof(*s));
}

int
card_state_load(struct card_state *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	bool ok;

	if (f == NULL)
		return -1;
	ok = getline(&line, &size, f) > 0 && strcmp(line, heading) == 0;
	while (ok && getline(&line, &size, f) > 0)
		ok = read_line(s, line);
	free(line);
	fclose(f);
	if (ok && s->device.key != NULL && s->serial[0] != '\0')
		return 0;
	errno = EINVAL;
	return -1;
}

static void
write_pin(FILE *f, const char *name, const struct card_pin *pin)
{
	if (!pin->set)
		return;
	fprintf(f, "%s %u %u ", name, pin->tries, pin->most);
	octets_write(f, pin->value, pin->len);
}

static void
write_all(struct card_state *s, FILE *f)
{
	fprintf(f, "%sserial %s\ndevice ", heading, s->serial);
	key_write(f, &s->device);
	write_pin(f, "pin", &s->user);
	write_pin(f, "so", &s->so);
	fprintf(f, "unblock %d\n", s->unblock);
	if (s->dkek.set) {
		fprintf(f, "dkek %u %u ", s->dkek.shares, s->dkek.missing);
		octets_write(f, s->dkek.key, CARD_DKEK_LEN);
	}
	for (unsigned i = 0; i < 256; i++) {
		if (s->gone[i] != 0)
			fprintf(f, "gone %02X %lu\n", i, s->gone[i] - 1);
		if (s->keys[i].key == NULL)
			continue;
		fprintf(f, "key %02X %lu ", i, s->keys[i].uses);
		key_write(f, &s->keys[i]);
	}
	for (size_t i = 0; i < s->file_count; i++) {
		fprintf(f, "file %04X ", s->files[i].fid);
		octets_write(f, s->files[i].data, s->files[i].len);
	}
}

int
card_state_save(struct card_state *s, const char *path)
{
	char next[4096];
	FILE *f;
	bool written;

	if (snprintf(next, sizeof(next), "%s.next", path) >= (int)sizeof(next))
		return -1;
	f = fopen(next, "w");
	if (f == NULL)
		return -1;
	write_all(s, f);
	written = ferror(f) == 0;
	/* renamed, not synced: it is to outlive its process, not a power cut */
	if (fclose(f) == 0 && written && rename(next, path) == 0)
		return 0;
	unlink(next);
	return -1;
}
