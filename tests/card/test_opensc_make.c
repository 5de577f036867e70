/* SPDX-License-Identifier: ISC */
/* Making tokens of SmartCard-HSMs through OpenSC: which blank card is taken and
 * with which SO PIN, and keys that are copied from one card to another. */
#include "ca/cvc.h"
#include "smartcard/copy.h"
#include "smartcard/opensc.h"
#include "smartcard/schsm.h"
#include "tests/card/opensc_world.h"

/* ---- blank cards ------------------------------------------------------ */

/* The one blank card is found, gets its label, PINs and a DKEK; afterwards the
 * other card has no more been touched than listed. */
static void
test_init_blank(void **state)
{
	static const char label[] = "a-label-of-thirty-two-characters";
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct secret *dkek = secret_random(32);
	struct token_info info[TOKEN_LIST_MAX];
	struct token *t = NULL;
	size_t n = 0;

	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_int_equal(n, 2);
	assert_true(info[0].initialised && !info[1].initialised);
	assert_string_equal(info[1].label, "");
	assert_int_equal(token_init_blank(w->m, "one", &so, NULL, &t),
	    CARD_ERR_NOT_BLANK);
	assert_int_equal(token_init_blank(w->m, label, &so, dkek, &t), CARD_OK);
	assert_string_equal(token_info(t)->label, label);
	assert_string_equal(token_info(t)->serial, info[1].serial);
	assert_int_equal(so.at, TOKEN_SO_PIN);
	assert_int_equal(token_init_pin(t, &so, w->other), CARD_OK);
	assert_int_equal(so.at, TOKEN_SO_NEXT);
	assert_int_equal(token_login(t, w->other), CARD_OK);
	token_close(t);
	assert_int_equal(token_open(w->m, label, info[1].serial, &t), CARD_OK);
	assert_string_equal(token_info(t)->label, label);
	token_close(t);
	so.at = TOKEN_SO_PIN;
	assert_int_equal(token_init_blank(w->m, "third", &so, NULL, &t),
	    CARD_ERR_NO_TOKEN);
	secret_free(dkek);
}

/* Two blank cards: the first, or the one of the serial that is asked for. */
static void
test_init_which(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct token_info info[TOKEN_LIST_MAX];
	char cards[2000] = "", path[600], others[100];
	struct token *t = NULL;
	size_t n = 0;

	for (unsigned i = 0; i < 4; i++) {
		opensc_card_path(&w->opensc, i, path);
		strcat(cards, path);
		strcat(cards, ":");
	}
	setenv("VIRTUAL_CARDS", cards, 1);
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_int_equal(n, 4);
	module_blank(w->m, info[2].serial, "");
	assert_int_equal(token_init(w->m, "a", &so, w->other, &t), CARD_OK);
	assert_string_equal(token_info(t)->serial, info[2].serial);
	token_close(t);
	/* begun before, but not the one that is named: it is left as it is */
	module_blank(w->m, info[1].serial, "");
	so.at = TOKEN_SO_EITHER;
	assert_int_equal(token_init(w->m, "a", &so, w->other, &t),
	    CARD_ERR_NO_TOKEN);
	/* not blank any more, and no other will do */
	module_blank(w->m, info[2].serial, "");
	so.at = TOKEN_SO_PIN;
	assert_int_equal(token_init(w->m, "b", &so, w->other, &t),
	    CARD_ERR_NO_TOKEN);
	/* any, but none that is kept for something else */
	snprintf(others, sizeof(others), "X %s %s", info[1].serial,
	    info[3].serial);
	module_blank(w->m, "", others);
	assert_int_equal(token_init(w->m, "b", &so, w->other, &t),
	    CARD_ERR_NO_TOKEN);
	others[strlen(others) - 1] = '\0'; /* a part of a serial is none */
	module_blank(w->m, "", others);
	assert_int_equal(token_init(w->m, "c", &so, w->other, &t), CARD_OK);
	assert_string_equal(token_info(t)->serial, info[3].serial);
	token_close(t);
	module_blank(w->m, "", "");
	so.at = TOKEN_SO_PIN;
	assert_int_equal(token_init(w->m, "b", &so, w->other, &t), CARD_OK);
	assert_string_equal(token_info(t)->serial, info[1].serial);
	token_close(t);
}

/* A card that was made ready by another program since it was found blank is
 * not initialised again, whoever knows its SO PIN. */
static void
test_init_raced(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct token_info info[TOKEN_LIST_MAX];
	char path[600], text[700];
	struct token *t = NULL;
	size_t n = 0;

	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	snprintf(text, sizeof(text), "serial %s\n", info[1].serial);
	opensc_control(&w->opensc, 2, text);
	assert_int_equal(opensc_initialise(&w->opensc, 2, "two", USER_PIN,
			     so_octets),
	    0);
	opensc_card_path(&w->opensc, 2, path);
	snprintf(text, sizeof(text), "fault swap 58 1 %s\n", path);
	opensc_control(&w->opensc, 1, text);
	assert_int_equal(token_init_blank(w->m, "third", &so, NULL, &t),
	    CARD_ERR_REMOVED);
	assert_null(t);
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_string_equal(info[1].label, "two");
}

static void
wipe(struct world *w, const char *reader, const struct secret *so)
{
	struct schsm *c = NULL;
	struct pcsc *p = NULL;

	assert_int_equal(pcsc_new(NULL, &p), CARD_OK);
	assert_int_equal(schsm_open(p, reader, &c), CARD_OK);
	assert_int_equal(schsm_wipe(c, so), CARD_OK);
	schsm_close(c);
	pcsc_free(p);
	(void)w;
}

/* A card that was wiped is blank; one that is never initialised goes first. */
static void
test_init_wiped(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct token_info info[TOKEN_LIST_MAX];
	struct token *t = NULL;
	size_t n = 0;

	wipe(w, "Virtual Reader 00", w->so);
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_false(info[0].initialised);
	for (size_t i = 2; i-- > 0;) {
		so.at = TOKEN_SO_PIN;
		assert_int_equal(token_init(w->m, i == 0 ? "b" : "a", &so,
				     w->other, &t),
		    CARD_OK);
		assert_string_equal(token_info(t)->serial, info[i].serial);
		assert_int_equal(so.at, TOKEN_SO_NEXT);
		token_close(t);
	}
}

/* Power is lost at each command while a blank card is initialised: the next
 * try, which knows that there was one, takes the same card. */
static void
test_init_cut_short(void **state)
{
	static const char *const commands[] = { "50 1", "20 5", "20 6", "20 7",
		"E4 1", "D7 1", "D7 2", "2C 1", "24 1" };
	static const char *const faults[] = { "pull-before", "pull-during",
		"pull-after" };
	struct world *w = *state;
	struct token_info info[TOKEN_LIST_MAX];
	int cut = 0;

	for (size_t i = 0; i < 27; i++) {
		struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
		char text[100], path[600];
		struct token *t = NULL;
		enum card_error ret;
		size_t n = 0;

		opensc_card_path(&w->opensc, 1, path);
		unlink(path);
		snprintf(text, sizeof(text), "fault %s %s\n", faults[i % 3],
		    commands[i / 3]);
		control_later(w, 1, text);
		ret = token_init(w->m, "two", &so, w->other, &t);
		token_close(t);
		cut += ret != CARD_OK;
		control_later(w, 1, "");
		assert_int_equal(token_list(w->m, info, &n), CARD_OK);
		so.at = TOKEN_SO_EITHER;
		t = NULL;
		assert_int_equal(token_init(w->m, "two", &so, w->other, &t),
		    CARD_OK);
		assert_string_equal(token_info(t)->serial, info[1].serial);
		assert_int_equal(so.at, TOKEN_SO_NEXT);
		assert_int_equal(token_login(t, w->other), CARD_OK);
		token_close(t);
	}
	assert_true(cut > 15);
}

/* The same by somebody who does not know that there was one, outside of a
 * ceremony: with the SO PIN of then the card is taken again. */
static void
test_init_cut_unknown(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so_next, w->so_next, TOKEN_SO_PIN };
	struct token_info info[TOKEN_LIST_MAX];
	struct token *t = NULL;
	size_t n = 0;

	control_later(w, 1, "fault pull-after 50 1\n");
	assert_int_not_equal(token_init(w->m, "two", &so, w->other, &t),
	    CARD_OK);
	control_later(w, 1, "");
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_false(info[1].initialised);
	so.at = TOKEN_SO_PIN;
	assert_int_equal(token_init(w->m, "two", &so, w->other, &t), CARD_OK);
	assert_string_equal(token_info(t)->serial, info[1].serial);
	token_close(t);
}

/* The SO PIN of a use that was cut short is found where OpenSC asks for it. */
static void
test_so_either(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_EITHER };
	struct token *t = opened(w);

	assert_int_equal(token_init_pin(t, &so, w->other), CARD_OK);
	assert_int_equal(so.at, TOKEN_SO_NEXT);
	so.at = TOKEN_SO_EITHER;
	assert_int_equal(token_init_pin(t, &so, w->pin), CARD_OK);
	assert_int_equal(so.at, TOKEN_SO_NEXT);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	token_close(t);
}

static unsigned
so_tries(void)
{
	struct opensc_scan scan;
	struct pcsc *p = NULL;

	assert_int_equal(pcsc_new(NULL, &p), CARD_OK);
	assert_int_equal(opensc_scan(p, NULL, &scan), CARD_OK);
	pcsc_free(p);
	assert_int_equal(scan.error[0], CARD_OK);
	return scan.card[0].so_tries;
}

/* Each of these is one use with two candidates, both wrong. */
static enum card_error
use_init(struct world *w, struct token_so *so)
{
	struct token *t = NULL;
	enum card_error ret = token_init_blank(w->m, "one", so, NULL, &t);

	token_close(t);
	return ret;
}

static enum card_error
use_init_pin(struct world *w, struct token_so *so)
{
	struct token *t = NULL;
	enum card_error ret = token_open(w->m, "one", NULL, &t);

	if (ret == CARD_OK)
		ret = token_init_pin(t, so, w->other);
	token_close(t);
	return ret;
}

static enum card_error
use_make_blank(struct world *w, struct token_so *so)
{
	return token_make_blank(w->m, "one", NULL, so);
}

/* With two tries left, and two SO PINs of which either may be the right one, one
 * is tried: the last try is never used by itself. */
static void
test_so_last_try(void **state)
{
	static enum card_error (*const ways[])(struct world * w,
	    struct token_so * so) = { use_init, use_init_pin, use_make_blank };
	struct world *w = *state;
	struct secret *wrong = secret_from("0000000000000001", 16);
	struct secret *other = secret_from("0000000000000002", 16);

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct token_so so = { wrong, other, TOKEN_SO_NEXT };

		while (so_tries() > 3) {
			so.at = TOKEN_SO_NEXT;
			assert_int_equal(use_make_blank(w, &so), CARD_ERR_PIN);
		}
		so.at = TOKEN_SO_NEXT;
		if (so_tries() == 3)
			assert_int_equal(use_make_blank(w, &so), CARD_ERR_PIN);
		assert_int_equal(so_tries(), 2);
		so.at = TOKEN_SO_EITHER;
		assert_int_equal(ways[i](w, &so), CARD_ERR_LAST_TRY);
		assert_int_equal(so_tries(), 1);
		so.at = TOKEN_SO_EITHER;
		assert_int_equal(ways[i](w, &so), CARD_ERR_LAST_TRY);
		assert_int_equal(so_tries(), 1);
		/* the right one, on this card anew */
		end(state);
		assert_int_equal(begin(state), 0);
		w = *state;
	}
	secret_free(wrong);
	secret_free(other);
}

/* As it was sold, and a token again by the SO PIN of that. */
static void
test_make_blank(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_EITHER };
	struct token_info info[TOKEN_LIST_MAX];
	struct token *t = NULL;
	size_t n = 0;

	assert_int_equal(token_make_blank(w->m, "two", NULL, &so),
	    CARD_ERR_NO_TOKEN);
	assert_int_equal(token_make_blank(w->m, "one", "another", &so),
	    CARD_ERR_NO_TOKEN);
	assert_int_equal(token_make_blank(w->m, "one", NULL, &so), CARD_OK);
	assert_int_equal(token_list(w->m, info, &n), CARD_OK);
	assert_int_equal(n, 2);
	assert_string_equal(info[0].label, "");
	assert_false(info[0].initialised);
	so.at = TOKEN_SO_PIN;
	assert_int_equal(token_init_blank(w->m, "new", &so, NULL, &t), CARD_OK);
	token_close(t);
}

/* ---- what a card is ---------------------------------------------------- */

#define HOLDER "UTABCDEFGHIJKLMN"

static size_t
logged(struct world *w, unsigned i, const char *start)
{
	char path[610], line[9000];
	size_t n = 0;
	FILE *f;

	opensc_card_path(&w->opensc, i, path);
	strcat(path, ".log");
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strncmp(line, start, strlen(start)) == 0;
	fclose(f);
	return n;
}

/* It shows it with nothing of ours on it, and becomes a token with all of it. */
static void
test_prove(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so_next, w->so, TOKEN_SO_PIN };
	struct secret *dkek = secret_random(COPY_DKEK_SIZE);
	static struct token_evidence shown;
	struct cvc_device d;
	struct token *t = NULL;

	control_later(w, 1, "log\n");
	assert_int_equal(token_prove_blank(w->m, "two", &so, HOLDER, &shown),
	    CARD_OK);
	assert_int_equal(cvc_device_read(shown.device.data, shown.device.len,
			     &d),
	    CA_OK);
	assert_int_equal(cvc_proof_check(shown.attestation.data,
			     shown.attestation.len, &d, HOLDER),
	    CA_OK);
	cvc_device_clear(&d);
	assert_int_equal(so.at, TOKEN_SO_PIN);
	assert_int_equal(logged(w, 1, "00467F00"), 1);
	assert_int_equal(logged(w, 1, "00E4020002CC7F"), 1);
	assert_int_equal(logged(w, 1, "00E4020002CE7F"), 1);
	/* INITIALIZE once, with the SO PIN that everybody knows, no DKEK */
	assert_int_equal(logged(w, 1, "8050"), 1);
	assert_int_equal(logged(w, 1, "8052000020"), 0);
	assert_int_equal(logged(w, 1, "00240088"), 0);
	assert_int_equal(token_init_blank(w->m, "two", &so, dkek, &t), CARD_OK);
	assert_int_equal(token_init_pin(t, &so, w->pin), CARD_OK);
	assert_int_equal(so.at, TOKEN_SO_NEXT);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	assert_int_equal(logged(w, 1, "8050"), 2);
	assert_int_equal(logged(w, 1, "8052000020"), 1);
	token_close(t);
	secret_free(dkek);
}

/* The card that was shown and no other, nor under another label. */
static void
test_prove_other(void **state)
{
	struct world *w = *state;
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	static struct token_evidence shown;
	char text[700], path[600];
	struct token *t = NULL;

	assert_int_equal(token_prove_blank(w->m, "one", &so, HOLDER, &shown),
	    CARD_ERR_NOT_BLANK);
	assert_int_equal(token_prove_blank(w->m, "two", &so, "", &shown),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(token_prove_blank(w->m, "two", &so,
			     "UTABCDEFGHIJKLMNO", &shown),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(token_prove_blank(w->m, "two", &so, HOLDER, &shown),
	    CARD_OK);
	assert_int_equal(token_init_blank(w->m, "three", &so, NULL, &t),
	    CARD_ERR_ARGUMENT);
	assert_int_equal(token_prove_blank(w->m, "two", &so, HOLDER, &shown),
	    CARD_OK);
	opensc_card_path(&w->opensc, 2, path);
	assert_int_equal(opensc_initialise(&w->opensc, 2, "", USER_PIN,
			     so_octets),
	    0);
	snprintf(text, sizeof(text), "fault swap * 0 %s\n", path);
	control_later(w, 1, text);
	assert_int_not_equal(token_init_blank(w->m, "two", &so, NULL, &t),
	    CARD_OK);
	assert_null(t);
}

/* One that was wiped, with the SO PIN of cards as they are sold or with that of
 * a use cut short; and one that has the label already. */
static void
test_prove_again(void **state)
{
	static const struct {
		bool label, again, ours;
	} rows[] = { { false, false, false }, { false, false, true },
		{ false, true, false }, { false, true, true },
		{ true, true, true } };
	struct world *w = *state;
	static struct token_evidence shown;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct token_so so = { w->so_next, w->so, TOKEN_SO_PIN };
		struct token *t = NULL;
		char path[600];

		opensc_card_path(&w->opensc, 1, path);
		unlink(path);
		assert_int_equal(token_init(w->m, "two", &so, w->other, &t),
		    CARD_OK);
		token_close(t);
		if (!rows[i].label) /* sold has w->so */
			wipe(w, "Virtual Reader 01", w->so);
		so = (struct token_so){ rows[i].ours ? w->so : w->so_next,
			rows[i].label ? w->so : w->so_next,
			rows[i].again ? TOKEN_SO_EITHER : TOKEN_SO_PIN };
		assert_int_equal(token_prove_blank(w->m, "two", &so, HOLDER,
				     &shown),
		    CARD_OK);
		assert_int_equal(token_init_blank(w->m, "two", &so, NULL, &t),
		    CARD_OK);
		assert_int_equal(token_init_pin(t, &so, w->pin), CARD_OK);
		assert_int_equal(token_login(t, w->pin), CARD_OK);
		token_close(t);
	}
}

/* Power is lost at each command between: the next one takes the same card. */
static void
test_prove_cut_short(void **state)
{
	static const char *const commands[] = { "50 1", "20 5", "46 1", "E4 1",
		"E4 2", "B1 4", "24 1", "50 2", "52 5", "D7 1" };
	static const char *const faults[] = { "pull-before", "pull-during",
		"pull-after" };
	struct world *w = *state;
	struct secret *dkek = secret_random(COPY_DKEK_SIZE);
	static struct token_evidence shown;
	struct token_info info[TOKEN_LIST_MAX];
	size_t cut = 0, n = 0;

	for (size_t i = 0; i < 30; i++) {
		struct token_so so = { w->so_next, w->so, TOKEN_SO_PIN };
		char text[100], path[600];
		struct token *t = NULL;
		enum card_error ret;

		opensc_card_path(&w->opensc, 1, path);
		unlink(path);
		snprintf(text, sizeof(text), "fault %s %s\n", faults[i % 3],
		    commands[i / 3]);
		control_later(w, 1, text);
		ret = token_prove_blank(w->m, "two", &so, HOLDER, &shown);
		if (ret == CARD_OK)
			ret = token_init_blank(w->m, "two", &so, dkek, &t);
		token_close(t);
		cut += ret != CARD_OK;
		control_later(w, 1, "");
		assert_int_equal(token_list(w->m, info, &n), CARD_OK);
		so.at = TOKEN_SO_EITHER;
		t = NULL;
		assert_int_equal(token_prove_blank(w->m, "two", &so, HOLDER,
				     &shown),
		    CARD_OK);
		assert_int_equal(token_init_blank(w->m, "two", &so, dkek, &t),
		    CARD_OK);
		assert_string_equal(token_info(t)->serial, info[1].serial);
		assert_int_equal(token_init_pin(t, &so, w->pin), CARD_OK);
		token_close(t);
	}
	assert_true(cut > 20);
	secret_free(dkek);
}

/* ---- copies ----------------------------------------------------------- */

static void
check_sign_as(struct token *t, const char *label, const struct key *k)
{
	assert_int_equal(token_sign_text(t, label, k->spki, k->len, "text", 4,
			     NULL, NULL),
	    CARD_OK);
}

static struct token *
new_card(struct world *w, const char *label, const struct secret *dkek)
{
	struct token_so so = { w->so, w->so_next, TOKEN_SO_PIN };
	struct token *t = NULL;

	assert_int_equal(token_init_blank(w->m, label, &so, dkek, &t), CARD_OK);
	assert_int_equal(token_init_pin(t, &so, w->pin), CARD_OK);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	return t;
}

static struct token *
card_again(struct world *w, const char *label)
{
	struct token *t = NULL;

	assert_int_equal(token_open(w->m, label, NULL, &t), CARD_OK);
	assert_int_equal(token_login(t, w->pin), CARD_OK);
	return t;
}

static void
more_cards(struct world *w)
{
	char cards[2000] = "", path[600];

	for (unsigned i = 0; i < 4; i++) {
		opensc_card_path(&w->opensc, i, path);
		strcat(cards, path);
		strcat(cards, ":");
	}
	setenv("VIRTUAL_CARDS", cards, 1);
}

static void
test_copy(void **state)
{
	struct world *w = *state;
	struct secret *dkek = secret_random(COPY_DKEK_SIZE);
	struct secret *other = secret_random(COPY_DKEK_SIZE);
	struct key_attributes a;
	struct token *t;
	struct key k;
	uint8_t *blob = NULL;
	size_t len = 0;

	more_cards(w);
	t = new_card(w, "first", dkek);
	k = new_key(t, KEY_P384, KEY_SIGN_ORIGINAL, 1, "root");
	assert_int_equal(token_export_key(t, "none", dkek, &blob, &len),
	    CARD_ERR_KEY_MISSING);
	assert_int_equal(token_export_key(t, "root", other, &blob, &len),
	    CARD_ERR_UNWRAP);
	assert_null(blob);
	assert_int_equal(token_export_key(t, "root", dkek, &blob, &len),
	    CARD_OK);
	check_sign_as(t, "root", &k);
	token_close(t);

	t = new_card(w, "second", dkek);
	assert_int_equal(token_import_key(t, "other", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_UNWRAP);
	assert_int_equal(token_import_key(t, "root", 2, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_SELFTEST);
	blob[40] ^= 1;
	assert_int_equal(token_import_key(t, "root", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_UNWRAP);
	blob[40] ^= 1;
	k.spki[k.len - 1] ^= 1;
	assert_int_equal(token_import_key(t, "root", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_SELFTEST);
	k.spki[k.len - 1] ^= 1;
	/* nothing of it stayed */
	assert_int_equal(token_import_key(t, "root", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_OK);
	check_sign_as(t, "root", &k);
	assert_int_equal(token_import_key(t, "root", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_KEY_AMBIGUOUS);
	token_close(t);
	t = card_again(w, "second");
	check_sign_as(t, "root", &k);
	token_close(t);

	t = new_card(w, "third", NULL);
	assert_int_equal(token_import_key(t, "root", 1, k.spki, k.len, dkek,
			     blob, len, &a),
	    CARD_ERR_MAY_NOT);
	token_close(t);
	free(blob);
	OPENSSL_free(k.spki);
	secret_free(dkek);
	secret_free(other);
}

/* What leaves for a file is opened when it is too late: it leaves whole. */
static void
test_export_cut_short(void **state)
{
	static const char *const faults[] = { "short 72 1 0", "short 72 1 8",
		"short 72 1 24", "short 72 1 100", "short 72 1 180" };
	struct world *w = *state;
	struct secret *dkek = secret_random(COPY_DKEK_SIZE);
	uint8_t *blob = NULL;
	size_t len = 0;

	more_cards(w);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		char text[100], path[600];
		struct token *t;
		struct key k;

		opensc_card_path(&w->opensc, 1, path);
		unlink(path);
		t = new_card(w, "first", dkek);
		k = new_key(t, KEY_P256, KEY_SIGN_ORIGINAL, 1, "root");
		snprintf(text, sizeof(text), "fault %s\n", faults[i]);
		control_later(w, 1, text);
		assert_int_equal(token_export_key(t, "root", dkek, &blob, &len),
		    CARD_ERR_ANSWER);
		assert_null(blob);
		control_later(w, 1, "");
		token_close(t);
		OPENSSL_free(k.spki);
	}
	secret_free(dkek);
}

/* Pulled at each command while a key comes in: an error, and it comes in after
 * all when the card is initialised anew. */
static void
test_copy_pulled(void **state)
{
	static const char *const faults[] = { "pull-before 74 1",
		"pull-during 74 1", "pull-after 74 1", "pull-during D7 1",
		"pull-during D7 2", "pull-before 68 1", "status 74 1 6984",
		"status D7 1 6A84" };
	struct world *w = *state;
	struct secret *dkek = secret_random(COPY_DKEK_SIZE);
	struct token *t;
	struct key k;
	uint8_t *blob = NULL;
	size_t len = 0;

	more_cards(w);
	t = new_card(w, "first", dkek);
	k = new_key(t, KEY_P256, KEY_SIGN_ORIGINAL, 1, "root");
	assert_int_equal(token_export_key(t, "root", dkek, &blob, &len),
	    CARD_OK);
	token_close(t);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		char text[100], path[600];

		opensc_card_path(&w->opensc, 2, path);
		unlink(path);
		t = new_card(w, "second", dkek);
		snprintf(text, sizeof(text), "fault %s\n", faults[i]);
		control_later(w, 2, text);
		assert_int_not_equal(token_import_key(t, "root", 1, k.spki,
					 k.len, dkek, blob, len, NULL),
		    CARD_OK);
		control_later(w, 2, "");
		token_close(t);
	}
	free(blob);
	OPENSSL_free(k.spki);
	secret_free(dkek);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_init_blank),
		CASE(test_init_which),
		CASE(test_init_raced),
		CASE(test_init_wiped),
		CASE(test_init_cut_short),
		CASE(test_init_cut_unknown),
		CASE(test_so_either),
		CASE(test_so_last_try),
		CASE(test_make_blank),
		CASE(test_prove),
		CASE(test_prove_other),
		CASE(test_prove_again),
		CASE(test_prove_cut_short),
		CASE(test_copy),
		CASE(test_export_cut_short),
		CASE(test_copy_pulled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
