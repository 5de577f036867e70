/* SPDX-License-Identifier: ISC */
#ifndef MENU_ORDER_H
#define MENU_ORDER_H

#include "ceremony/menu/room.h"

/*
 * The words of a command, for exec; no shell reads them.  The first one is a
 * program of ours that lies beside this one.  What people typed is borrowed,
 * and has passed order_word_valid().
 */
#define ORDER_WORDS_MAX 224
#define ORDER_PATHS_MAX 4
#define ORDER_WORD_MAX 200 /* characters that people may type for one */

struct order {
	const char *word[ORDER_WORDS_MAX + 1]; /* NULL behind the last */
	size_t count;
	bool paged; /* nobody is asked anything: its text comes page by page */
	char path[ORDER_PATHS_MAX][ROOM_PATH];
	size_t paths;
};

/* 1 to ORDER_WORD_MAX printable characters, and no dash at the beginning: it
 * would be an option. */
bool order_word_valid(const char *word);
void order_add(struct order *o, const char *word);
/* ROOT/name, kept in the order. */
void order_path(const struct room *r, struct order *o, const char *name);

/* ---- plans: path is the file's --------------------------------------------- */

void order_plan(const char *verb, const char *path, struct order *o);
/* drill: NULL, or its kind. */
void order_rehearse(const struct room *r, bool by_hand, const char *drill,
    struct order *o);
/* abandon: NULL, or the reason. */
void order_run(const struct room *r, const char *abandon, struct order *o);

/* ---- cards ------------------------------------------------------------------- */

void order_card_list(const struct room *r, struct order *o);
/* label: its own; operator and log: NULL, or for "personalise"; ca, so: what
 * "wipe" is told. */
struct order_card {
	const char *verb, *label, *operator_id, *log;
	bool ca, so;
};
void order_card(const struct room *r, const struct order_card *card,
    struct order *o);

/* ---- media ------------------------------------------------------------------- */

/* verb: list, prepare, export, import, take, put; what: its operand, or NULL;
 * label: NULL for the usual one. */
void order_media(const struct room *r, const char *verb, const char *what,
    const char *label, bool erase, struct order *o);
/* A file of that ending into a folder in memory. */
void order_media_take(const struct room *r, const char *ending,
    enum room_folder folder, struct order *o);

/* ---- QR codes, logs ------------------------------------------------------------ */

void order_qr_show(const char *path, struct order *o);
void order_qr_scan(const char *camera, const char *out, struct order *o);
/* Pictures are to be added. */
void order_read_sheet(const char *out, struct order *o);
void order_words(const char *path, struct order *o);
void order_status(const struct room *r, struct order *o);
/* anchor: NULL, or 32 words, or 64 digits. */
void order_audit(const struct room *r, const char *anchor, struct order *o);

#endif
