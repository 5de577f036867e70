/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_OPENSC_H
#define TESTS_CARD_OPENSC_H

/* OpenSC with virtual cards of a test's own, in process: a folder with its
 * configuration and the cards, below $BUILD or /tmp, named by OPENSC_CONF and
 * VIRTUAL_CARDS. */

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/card/card.h"

#define OPENSC_CARDS_MAX 4

struct opensc {
	char dir[512];
};

static inline void
opensc_card_path(const struct opensc *o, unsigned i, char out[600])
{
	snprintf(out, 600, "%s/card-%u", o->dir, i);
}

/* Say how a card is from now on, see card_control.h; 0, or -1. */
static inline int
opensc_control(const struct opensc *o, unsigned i, const char *text)
{
	char path[600], name[620], next[640];
	FILE *f;

	opensc_card_path(o, i, path);
	snprintf(name, sizeof(name), "%s.control", path);
	snprintf(next, sizeof(next), "%s.next", name);
	f = fopen(next, "w");
	if (f == NULL)
		return -1;
	fputs(text, f);
	if (fclose(f) != 0)
		return -1;
	return rename(next, name);
}

/* As our own opensc.conf: nothing kept, and nobody else on the card. */
static inline int
opensc_configure(const struct opensc *o)
{
	const char *build = getenv("BUILD");
	char path[600];
	FILE *f;

	snprintf(path, sizeof(path), "%s/opensc.conf", o->dir);
	f = fopen(path, "w");
	if (f == NULL)
		return -1;
	fprintf(f,
	    "app default {\n"
	    "  reader_driver pcsc {\n"
	    "    provider_library = %s/tests/card/module_pcsc.so;\n"
	    "    connect_exclusive = true;\n"
	    "    disconnect_action = reset;\n"
	    "  }\n"
	    "  framework pkcs15 { use_pin_caching = false;"
	    " use_file_caching = no; }\n"
	    "}\n"
	    "app opensc-pkcs11 { pkcs11 { lock_login = true;"
	    " slots_per_card = 1; max_virtual_slots = 32; } }\n",
	    build != NULL ? build : "build");
	if (fclose(f) != 0)
		return -1;
	return setenv("OPENSC_CONF", path, 1);
}

/* The folder, the configuration and so many readers, the cards in which are
 * made when they are first looked at; 0, or -1. */
static inline int
opensc_make(struct opensc *o, unsigned cards)
{
	const char *base = getenv("BUILD");
	char list[OPENSC_CARDS_MAX * 600] = "", path[600];

	snprintf(o->dir, sizeof(o->dir), "%s/opensc.XXXXXX",
	    base != NULL ? base : "/tmp");
	if (mkdtemp(o->dir) == NULL || opensc_configure(o) != 0)
		return -1;
	for (unsigned i = 0; i < cards && i < OPENSC_CARDS_MAX; i++) {
		opensc_card_path(o, i, path);
		if (i > 0)
			strcat(list, ":");
		strcat(list, path);
	}
	return setenv("VIRTUAL_CARDS", list, 1);
}

static inline int
opensc_remove_entry(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
opensc_remove(struct opensc *o)
{
	unsetenv("OPENSC_CONF");
	unsetenv("VIRTUAL_CARDS");
	nftw(o->dir, opensc_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static inline int
opensc_send(struct card *c, const uint8_t *command, size_t len)
{
	uint8_t answer[CARD_ANSWER_MAX];
	size_t n = 0;

	return card_apdu(c, command, len, answer, &n) == CARD_ANSWERED &&
		n == 2 && answer[0] == 0x90
	    ? 0
	    : -1;
}

/*
 * Initialise a card, as its raw commands do it: user PIN of six, SO PIN of
 * eight octets, three tries, a label.  0, or -1.
 */
static inline int
opensc_initialise(const struct opensc *o, unsigned i, const char *label,
    const char *pin, const uint8_t so[8])
{
	uint8_t init[] = { 0x80, 0x50, 0, 0, 25, 0x80, 2, 0, 1, 0x81, 6, 0, 0,
		0, 0, 0, 0, 0x82, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x91, 1, 3 };
	uint8_t login[] = { 0x00, 0x20, 0, 0x81, 6, 0, 0, 0, 0, 0, 0 };
	uint8_t info[64] = { 0x00, 0xD7, 0x2F, 0x03, 0, 0x54, 2, 0, 0, 0x53, 0,
		0x30, 0, 0x02, 1, 0, 0x80 };
	uint8_t n = (uint8_t)strlen(label);
	char path[600];
	struct card *c;
	int ret = -1;

	memcpy(init + 11, pin, 6);
	memcpy(init + 19, so, 8);
	memcpy(login + 5, pin, 6);
	info[4] = (uint8_t)(17 + n);
	info[10] = (uint8_t)(11 + n);
	info[12] = (uint8_t)(9 + n);
	info[17] = n;
	memcpy(info + 18, label, n);
	memcpy(info + 18 + n, "\x03\x02\x05\x20", 4);
	opensc_card_path(o, i, path);
	c = card_new(path);
	if (c != NULL && opensc_send(c, init, sizeof(init)) == 0 &&
	    opensc_send(c, login, sizeof(login)) == 0 &&
	    opensc_send(c, info, 22u + n) == 0)
		ret = 0;
	card_free(c);
	return ret;
}

#endif
