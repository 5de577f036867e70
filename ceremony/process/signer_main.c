/* SPDX-License-Identifier: ISC */
/*
 * anchorite-signer: holds one token (or S, or B) and does token work and issuing,
 * nothing else.  Started by the operator's process only, which ends it by
 * closing the channel.
 */
#include "ceremony/process/channel.h"
#include "ceremony/process/signer.h"
#include "ceremony/process/signer_cell.h"
#include "ceremony/process/spawn.h"

static signer_handler *const handlers[MSG_KIND_COUNT] = {
	[MSG_LIST] = signer_list,
	[MSG_OPEN] = signer_open,
	[MSG_WATCH] = signer_watch,
	[MSG_PAPER_NEW] = signer_paper_new,
	[MSG_PAPER_LOAD] = signer_paper_load,
	[MSG_PAPER_CHECK] = signer_paper_check,
	[MSG_DKEK] = signer_dkek,
	[MSG_SO_PIN] = signer_so_pin,
	[MSG_BLANK] = signer_blank,
	[MSG_CARD_MAKE] = signer_card_make,
	[MSG_CARD_KEYS] = signer_card_keys,
	[MSG_LOGIN] = signer_login,
	[MSG_ADOPT] = signer_adopt,
	[MSG_APPROVE] = signer_approve,
	[MSG_UNWRAP] = signer_unwrap,
	[MSG_RELEASE] = signer_release,
	[MSG_NOTE] = signer_note,
	[MSG_RETIRE] = signer_retire,
	[MSG_WIPE] = signer_wipe,
	[MSG_CARD_INIT] = signer_card_init,
	[MSG_CARD_BLANK] = signer_card_blank,
	[MSG_PIN] = signer_pin_change,
	[MSG_TRY] = signer_try,
	[MSG_EMPTY] = signer_empty,
	[MSG_MODULE] = signer_module,
	[MSG_HEAD_READ] = signer_head_read,
	[MSG_HEAD_LINE] = signer_head_line,
	[MSG_HEAD_WRITE] = signer_head_write,
	[MSG_CONTEXT] = signer_context,
	[MSG_CA] = signer_ca,
	[MSG_EPOCH] = signer_epoch,
	[MSG_ACT] = signer_act,
	[MSG_ACT_KEYS] = signer_act_keys,
	[MSG_ACT_COPY] = signer_act_copy,
	[MSG_ACT_EXPORT] = signer_act_export,
	[MSG_ACT_ROTATE] = signer_act_rotate,
	[MSG_ACT_CERT] = signer_act_cert,
	[MSG_STATED] = signer_stated,
	[MSG_ACT_CRL] = signer_act_crl,
	[MSG_REVOKED] = signer_revoked,
	[MSG_ACT_SEAL] = signer_act_seal,
	[MSG_ACT_BATCH] = signer_act_batch,
	[MSG_WORK] = signer_work,
	[MSG_KEY] = signer_key,
	[MSG_TREE] = signer_tree,
	[MSG_ISSUER] = signer_issuer,
	[MSG_CRL] = signer_crl,
	[MSG_ACT_DESTROY] = signer_act_destroy,
	[MSG_PREPARE] = signer_prepare,
	[MSG_PROPOSED] = signer_proposed,
	[MSG_APPROVAL] = signer_approval,
	[MSG_DERIVE_CERT] = signer_derive_cert,
	[MSG_SHARE] = signer_share,
	[MSG_SO_TAKE] = signer_so_take,
	[MSG_DKEK_TAKE] = signer_dkek_take,
	[MSG_IMPORT] = signer_import,
	[MSG_PROVE] = signer_prove,
	[MSG_BEGIN] = signer_begin,
	[MSG_WRITE_CERT] = signer_write_cert,
	[MSG_INTEND] = signer_intend,
	[MSG_EXECUTE] = signer_execute,
	[MSG_COMMIT] = signer_commit,
	[MSG_DESTROY] = signer_destroy,
	[MSG_GO] = signer_go,
	[MSG_SIGN] = signer_sign,
	[MSG_TAKE] = signer_take,
	[MSG_DUPLICATE] = signer_duplicate,
	[MSG_SEAL] = signer_seal,
	[MSG_REST] = signer_rest,
	[MSG_END_GROUP] = signer_end_group,
};

/*
 * OpenSC tells the desktop of cards that come and go: when it is loaded it would
 * look for the session's D-Bus, with threads of its own, and send labels there.
 * No thread and no such talk is a signer's; without an application it does
 * neither.  (The program's symbols come before those of a module's libraries.)
 */
void *g_application_new(const char *id, int flags);
void *
g_application_new(const char *id, int flags)
{
	(void)id;
	(void)flags;
	return NULL;
}

static void
signer_run(struct signer *s)
{
	while (!s->stop) {
		enum channel_error err =
		    channel_recv(s->sock, &s->in, -1, true, s->state);
		if (err == CHANNEL_ERR_CLOSED)
			return;
		/* a reader's messages are no signer's */
		if (err == CHANNEL_OK && handlers[s->in.kind] == NULL)
			err = CHANNEL_ERR_KIND;
		if (err != CHANNEL_OK) {
			signer_fault(s, FAULT_FORM, "signer: %s",
			    channel_strerror(err));
			return;
		}
		handlers[s->in.kind](s);
		message_clear(&s->in);
	}
}

static void
signer_close(struct signer *s)
{
	signer_group_free(s->group);
	for (size_t i = 0; i < s->share_count; i++)
		secret_free(s->shares[i]);
	secret_free(s->paper);
	X509_free(s->keys.derive_cert);
	token_close(s->token);
	module_free(s->module);
}

int
main(void)
{
	char level[SANDBOX_LEVEL_MAX];
	struct signer *s = secret_pages(sizeof(*s));

	if (s == NULL)
		return 1;
	s->sock = SPAWN_FD;
	s->state = STATE_IDLE;
	if (sandbox_open_first() && signer_cell_enter(level, sizeof(level))) {
		message_start(&s->out, MSG_READY);
		message_put_text(&s->out, level);
		if (signer_send(s))
			signer_run(s);
	}
	signer_close(s);
	secret_pages_free(s, sizeof(*s));
	return 0;
}
