/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/order.h"

#include <stdio.h>
#include <string.h>

#include "ceremony/menu/control.h"
#include "ceremony/menu/image_file.h"
#include "transfer/text.h"

#define OURS "anchorite"
#define AUDITOR "anchorite-audit"
#define MEDIA "media"
#define WITNESS "witness" /* the socket of `anchorite witness` */

bool
order_word_valid(const char *word)
{
	return text_is_printable(word, ORDER_WORD_MAX) && word[0] != '-';
}

static void
begin(struct order *o, const char *program, const char *command)
{
	memset(o->word, 0, sizeof(o->word));
	o->count = 0;
	o->paths = 0;
	o->paged = false;
	order_add(o, program);
	order_add(o, command);
}

void
order_add(struct order *o, const char *word)
{
	if (o->count < ORDER_WORDS_MAX)
		o->word[o->count++] = word;
}

static void
option(struct order *o, const char *name, const char *value)
{
	if (value == NULL)
		return;
	order_add(o, name);
	order_add(o, value);
}

static void
flag(struct order *o, const char *name, bool given)
{
	if (given)
		order_add(o, name);
}

void
order_path(const struct room *r, struct order *o, const char *name)
{
	if (o->paths == ORDER_PATHS_MAX)
		return;
	room_path(r, name, o->path[o->paths]);
	order_add(o, o->path[o->paths++]);
}

/* ---- plans ------------------------------------------------------------------ */

void
order_plan(const char *verb, const char *path, struct order *o)
{
	begin(o, OURS, "plan");
	order_add(o, verb);
	order_add(o, path);
	o->paged = strcmp(verb, "print") == 0;
}

void
order_rehearse(const struct room *r, bool by_hand, const char *drill,
    struct order *o)
{
	begin(o, OURS, "rehearse");
	order_add(o, r->plan_path);
	order_add(o, "--dir");
	order_path(r, o, ROOM_REHEARSAL);
	flag(o, "--by-hand", by_hand);
	option(o, "--drill", drill);
	flag(o, "--no-pinpad", by_hand && r->keyboard);
	if (by_hand && r->in_image) {
		order_add(o, "--witness");
		order_path(r, o, WITNESS);
	}
	o->paged = !by_hand;
}

/* What the image has beside a ceremony: its own words of itself, witnesses on
 * another console, and the first process, which a plan may have open a shell. */
static void
beside(const struct room *r, struct order *o)
{
	if (!r->in_image)
		return;
	order_add(o, "--image");
	order_path(r, o, IMAGE_FILE);
	order_add(o, "--witness");
	order_path(r, o, WITNESS);
	if (strcmp(r->root, MENU_ROOT) == 0)
		return; /* where it is asked anyway */
	order_add(o, "--control");
	order_path(r, o, CONTROL_SOCKET);
}

/* "media", or with a label that is not the usual one. */
static void
order_state(const struct room *r, struct order *o)
{
	if (strcmp(r->label, ROOM_LABEL) == 0 || o->paths == ORDER_PATHS_MAX) {
		order_add(o, MEDIA);
		return;
	}
	snprintf(o->path[o->paths], ROOM_PATH, MEDIA ":%s", r->label);
	order_add(o, o->path[o->paths++]);
}

void
order_run(const struct room *r, const char *abandon, struct order *o)
{
	begin(o, OURS, "run");
	order_add(o, r->plan_path);
	order_add(o, "--state");
	order_state(r, o);
	option(o, "--in", r->in_memory ? r->in_path : MEDIA);
	option(o, "--out", r->out_memory ? r->out_path : MEDIA);
	option(o, "--abandon", abandon);
	flag(o, "--no-pinpad", r->keyboard);
	flag(o, "--loop", r->o.loops);
	beside(r, o);
}

/* ---- cards ------------------------------------------------------------------ */

void
order_card_list(const struct room *r, struct order *o)
{
	begin(o, OURS, "card");
	order_add(o, "list");
	order_add(o, r->o.module);
	o->paged = true;
}

void
order_card(const struct room *r, const struct order_card *card, struct order *o)
{
	begin(o, OURS, "card");
	order_add(o, card->verb);
	order_add(o, card->label);
	option(o, "--module", r->o.module);
	option(o, "--operator", card->operator_id);
	option(o, "--log", card->log);
	flag(o, "--ca", card->ca);
	flag(o, "--so", card->so);
	flag(o, "--no-pinpad", r->keyboard);
}

/* ---- media ------------------------------------------------------------------ */

void
order_media(const struct room *r, const char *verb, const char *what,
    const char *label, bool erase, struct order *o)
{
	begin(o, OURS, "media");
	order_add(o, verb);
	if (what != NULL)
		order_add(o, what);
	option(o, "--label", label);
	flag(o, "--erase", erase);
	flag(o, "--loop", r->o.loops);
	o->paged = strcmp(verb, "list") == 0;
}

void
order_media_take(const struct room *r, const char *ending,
    enum room_folder folder, struct order *o)
{
	begin(o, OURS, "media");
	order_add(o, "take");
	if (ending[0] != '\0')
		option(o, "--ending", ending);
	order_add(o, "--out");
	order_path(r, o, room_folder_name(folder));
	flag(o, "--loop", r->o.loops);
}

/* ---- QR codes, logs --------------------------------------------------------- */

void
order_qr_show(const char *path, struct order *o)
{
	begin(o, OURS, "qr");
	order_add(o, "show");
	order_add(o, path);
}

void
order_qr_scan(const char *camera, const char *out, struct order *o)
{
	begin(o, OURS, "qr");
	order_add(o, "scan");
	order_add(o, camera);
	option(o, "--out", out);
}

void
order_words(const char *path, struct order *o)
{
	begin(o, OURS, "words");
	order_add(o, path);
}

void
order_status(const struct room *r, struct order *o)
{
	begin(o, OURS, "status");
	order_add(o, "--state");
	order_path(r, o, ROOM_STATE);
	o->paged = true;
}

void
order_audit(const struct room *r, const char *anchor, struct order *o)
{
	begin(o, AUDITOR, "verify");
	order_path(r, o, ROOM_STATE);
	option(o, "--anchor", anchor);
	o->paged = true;
}

void
order_read_sheet(const char *out, struct order *o)
{
	begin(o, OURS, "qr");
	order_add(o, "read-sheet");
	option(o, "--out", out);
}
