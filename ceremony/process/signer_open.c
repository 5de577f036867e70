/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "ceremony/process/signer.h"
#include "ceremony/process/signer_cell.h"
#include "smartcard/contents.h"

unsigned
signer_token_flags(const struct token_info *info)
{
	const bool bits[] = { info->initialised, info->user_pin_set,
		info->pin_count_low, info->pin_final_try, info->pin_locked,
		info->so_count_low, info->so_final_try, info->so_locked,
		info->pin_pad };
	unsigned out = 0;

	for (unsigned i = 0; i < sizeof(bits); i++)
		out |= bits[i] ? 1u << i : 0;
	return out;
}

/* One module for the life of the process. */
bool
signer_use_module(struct signer *s, const char *name)
{
	enum card_error err;

	if (s->module != NULL && strcmp(name, s->module_name) == 0)
		return true;
	if (s->module != NULL) {
		signer_fault(s, FAULT_REFUSED,
		    "module %s: this signer has another one loaded", name);
		return false;
	}
	err = module_load(name, &s->module);
	if (err != CARD_OK) {
		signer_card_fault(s, err, name);
		return false;
	}
	snprintf(s->module_name, sizeof(s->module_name), "%s", name);
	if (!s->walled && !signer_cell_module(name)) {
		signer_fault(s, FAULT_INTERNAL,
		    "module %s: the signer's cell cannot be closed", name);
		return false;
	}
	s->walled = true;
	module_blank(s->module, s->blank, s->others);
	module_pin_pad(s->module, s->pin_pad);
	return true;
}

_Static_assert(TOKEN_OTHERS_MAX == BLANK_OTHERS_MAX, "what is told has room");

/* Before the module is loaded, so that it holds for whatever is made. */
void
signer_blank(struct signer *s)
{
	message_get_text(&s->in, s->blank, TOKEN_SERIAL_MAX);
	message_get_text(&s->in, s->others, TOKEN_OTHERS_MAX);
	if (signer_bad_form(s))
		return;
	if (s->module != NULL)
		signer_fault(s, FAULT_REFUSED, "serial: it comes too late");
	else
		signer_ok(s);
}

bool
signer_reload(struct signer *s)
{
	const struct token_info info = *token_info(s->token);
	char name[sizeof(s->module_name)];
	enum card_error err;

	snprintf(name, sizeof(name), "%s", s->module_name);
	token_close(s->token);
	s->token = NULL;
	module_free(s->module);
	s->module = NULL;
	s->stop = true; /* unless it is there again */
	if (!signer_use_module(s, name))
		return false;
	err = token_open(s->module, info.label, info.serial, &s->token);
	if (err != CARD_OK) {
		signer_card_fault(s, err, info.label);
		return false;
	}
	s->stop = false;
	return true;
}

/* What a token shows without login, as one text; "?" at its end when that is
 * not all: a list says what it can. */
static void
put_contents(struct signer *s, const struct token_info *info)
{
	char text[CONTENTS_MAX * (CONTENTS_LABEL_MAX + 1) + 3] = "";
	struct token_contents contents = { .count = 0 };
	struct token *t = NULL;
	enum card_error err = CARD_OK;
	size_t at = 0;

	if (info->initialised)
		err = token_open(s->module, info->label, info->serial, &t);
	if (info->initialised && err == CARD_OK)
		err = token_contents(t, &contents);
	token_close(t);
	for (size_t i = 0; i < contents.count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
		    i == 0 ? "" : ",", contents.label[i]);
	if (err != CARD_OK || contents.more)
		snprintf(text + at, sizeof(text) - at, "%s?",
		    at == 0 ? "" : ",");
	message_put_text(&s->out, text);
}

/* For one that could not be asked, why. */
static enum reader_holds
list_holds(const struct token_info *info)
{
	switch (info->unread) {
	case CARD_OK:
		return info->initialised ? READER_CARD : READER_BLANK;
	case CARD_ERR_BUSY:
		return READER_TAKEN;
	case CARD_ERR_TIMEOUT:
		return READER_HANGS;
	case CARD_ERR_MUTE:
		return READER_MUTE;
	case CARD_ERR_FOREIGN:
		return READER_FOREIGN;
	default:
		return READER_ODD;
	}
}

void
signer_list(struct signer *s)
{
	struct token_info list[TOKEN_LIST_MAX];
	size_t count = 0;
	char name[256];
	enum card_error err;

	message_get_text(&s->in, name, sizeof(name) - 1);
	s->pin_pad = true; /* so that one shows */
	if (signer_bad_form(s) || !signer_use_module(s, name))
		return;
	err = token_list(s->module, list, &count);
	if (err != CARD_OK) {
		signer_card_fault(s, err, name);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		message_start(&s->out, MSG_TOKEN);
		message_put_text(&s->out, list[i].label);
		message_put_text(&s->out, list[i].serial);
		message_put_text(&s->out, list[i].model);
		message_put_text(&s->out, list[i].reader);
		message_put_number(&s->out, signer_token_flags(&list[i]));
		message_put_number(&s->out, list[i].tries);
		put_contents(s, &list[i]);
		message_put_number(&s->out, list_holds(&list[i]));
		if (!signer_send(s))
			return;
	}
	message_start(&s->out, MSG_DONE);
	signer_send(s);
}

void
signer_open(struct signer *s)
{
	char name[256], label[TOKEN_LABEL_MAX + 1];
	char serial[TOKEN_SERIAL_MAX + 1];
	const struct token_info *info;
	enum card_error err;

	message_get_text(&s->in, name, sizeof(name) - 1);
	message_get_text(&s->in, label, TOKEN_LABEL_MAX);
	message_get_text(&s->in, serial, TOKEN_SERIAL_MAX);
	s->pin_pad = message_get_number(&s->in) != 0;
	if (signer_bad_form(s) || !signer_use_module(s, name))
		return;
	module_pin_pad(s->module, s->pin_pad);
	err = token_open(s->module, label, serial[0] == '\0' ? NULL : serial,
	    &s->token);
	if (err != CARD_OK) {
		signer_card_fault(s, err, label);
		return;
	}
	info = token_info(s->token);
	message_start(&s->out, MSG_OPENED);
	message_put_text(&s->out, info->label);
	message_put_text(&s->out, info->serial);
	message_put_text(&s->out, module_path(name));
	message_put_number(&s->out, signer_token_flags(info));
	if (signer_send(s))
		s->state = STATE_OPEN;
}

void
signer_module(struct signer *s)
{
	struct module_report r = { .path = "" };
	enum card_error err;

	if (signer_bad_form(s))
		return;
	err = s->module != NULL ? module_report(s->module, &r)
				: CARD_ERR_ARGUMENT;
	if (err != CARD_OK) {
		signer_card_fault(s, err, s->module_name);
		return;
	}
	message_start(&s->out, MSG_MODULE_IS);
	message_put_text(&s->out, r.path);
	message_put_text(&s->out, r.version);
	message_put_octets(&s->out, r.sha256, sizeof(r.sha256));
	message_put_octets(&s->out, r.conf, strlen(r.conf));
	signer_send(s);
}
