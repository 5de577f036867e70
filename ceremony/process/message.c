/* SPDX-License-Identifier: ISC */
#include "ceremony/process/message.h"

#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#define NUMBERS(n) ((n)*8)
#define OCTETS(n) (4 + (n))

enum {
	DIGEST = OCTETS(32),
	LABEL = OCTETS(33),
	ID = OCTETS(65),
	MODULE = OCTETS(256),
	SUBJECT = OCTETS(512),
	CERT = OCTETS(4096),
	LINE = OCTETS(32768),
	PART = OCTETS(MESSAGE_PART_MAX),
	KEY = OCTETS(600),
	POLICY = OCTETS(32768),
	SIGNATURE = OCTETS(512),
	EVIDENCE = OCTETS(MESSAGE_EVIDENCE_MAX),
	PROOF = OCTETS(40 * 32),
	LABELS = OCTETS(16 * 33),
	WRAPPED = OCTETS(2048),
	PATH = OCTETS(1024),
};

#define CHILD(label, states, size)                                             \
	{                                                                      \
		.name = (label), .to_child = true, .max = (size),              \
		.when = (states)                                               \
	}
#define CHILD_FD(label, states, size)                                          \
	{                                                                      \
		.name = (label), .to_child = true, .has_fd = true,             \
		.max = (size), .when = (states)                                \
	}
#define ANSWER(label, size)                                                    \
	{                                                                      \
		.name = (label), .max = (size)                                 \
	}

#define ANSWER_FD(label, size)                                                 \
	{                                                                      \
		.name = (label), .has_fd = true, .max = (size)                 \
	}

static const struct message_row rows[MSG_KIND_COUNT] = {
	[MSG_READY] = ANSWER("ready", ID * 2),
	[MSG_OK] = ANSWER("ok", 0),
	[MSG_FAULT] = ANSWER("fault", NUMBERS(3) + OCTETS(512)),

	[MSG_READ_PLAN] = CHILD_FD("read-plan", STATE_IDLE, 0),
	[MSG_READ_STATION] = CHILD_FD("read-station", STATE_IDLE, 0),
	[MSG_READ_REQUEST] = CHILD_FD("read-request", STATE_IDLE, 0),
	[MSG_READ_BACKUP] = CHILD_FD("read-backup", STATE_IDLE, 0),
	[MSG_READ_CSR] = CHILD_FD("read-csr", STATE_IDLE, 0),
	[MSG_ENTRIES] = CHILD("entries", STATE_OPEN, ID),
	[MSG_PICTURE] =
	    CHILD_FD("picture", STATE_IDLE | STATE_OPEN, NUMBERS(5)),
	[MSG_SCAN] = CHILD("scan", STATE_IDLE, 0),
	[MSG_UR] = CHILD("ur", STATE_OPEN, NUMBERS(1) + OCTETS(MESSAGE_UR_MAX)),
	[MSG_SCAN_END] = CHILD("scan-end", STATE_OPEN, 0),
	[MSG_PLAN_FIELD] =
	    ANSWER("plan-field", OCTETS(95) + OCTETS(512) + NUMBERS(2)),
	[MSG_STATION] = ANSWER("station", 2 * ID + KEY),
	[MSG_BACKUP] = ANSWER("backup",
	    OCTETS(128) + ID + 2 * LABEL + MODULE + NUMBERS(1)),
	[MSG_REQUEST] =
	    ANSWER("request", 3 * DIGEST + OCTETS(16) + NUMBERS(2) + KEY),
	[MSG_ENTRY] = ANSWER("entry", 2 * ID + NUMBERS(1) + KEY + DIGEST),
	[MSG_CSR] = ANSWER("csr", KEY + OCTETS(400) + NUMBERS(1)),
	[MSG_ASK] = ANSWER("ask", ID + OCTETS(400)),
	[MSG_DONE] = ANSWER("done", 0),
	[MSG_CODE] = ANSWER("code", OCTETS(MESSAGE_CODE_MAX)),
	[MSG_SEEN] =
	    ANSWER("seen", NUMBERS(1) + OCTETS(200) + OCTETS(MESSAGE_PREVIEW)),
	[MSG_SCANNED] = ANSWER("scanned", NUMBERS(8) + OCTETS(160)),
	[MSG_SCAN_FILE] = ANSWER("scan-file", NUMBERS(1) + DIGEST),

	[MSG_LIST] = CHILD("list", STATE_IDLE, MODULE),
	[MSG_OPEN] = CHILD("open", STATE_IDLE, MODULE + 2 * LABEL + NUMBERS(1)),
	[MSG_WATCH] = CHILD("watch", STATE_IDLE, 0),
	[MSG_READER] = ANSWER("reader", OCTETS(128) + NUMBERS(1) + 2 * LABEL),
	[MSG_TOKEN] =
	    ANSWER("token", 2 * LABEL + 2 * ID + NUMBERS(3) + OCTETS(600)),
	[MSG_OPENED] = ANSWER("opened", 2 * LABEL + MODULE + NUMBERS(1)),

	[MSG_PAPER_NEW] = CHILD_FD("paper-new", STATE_IDLE,
	    OCTETS(1) + NUMBERS(2) + OCTETS(16 * 65)),
	[MSG_PAPER_LOAD] = CHILD_FD("paper-load", STATE_IDLE, OCTETS(1)),
	[MSG_PAPER_CHECK] = CHILD("paper-check", STATE_PAPER, 0),
	[MSG_DKEK] = CHILD_FD("dkek", STATE_PAPER, LABEL),
	[MSG_CHECK] = ANSWER("check", DIGEST),
	[MSG_SO_PIN] = CHILD_FD("so-pin", STATE_PAPER, LABEL + NUMBERS(1)),

	[MSG_BLANK] =
	    CHILD("blank", STATE_IDLE, LABEL + OCTETS(BLANK_OTHERS_MAX)),
	[MSG_CARD_MAKE] = CHILD_FD("card-make", STATE_IDLE,
	    MODULE + 2 * LABEL + OCTETS(128) + ID + NUMBERS(2)),
	[MSG_CARD_KEYS] = CHILD("card-keys", STATE_OPEN, 2 * OCTETS(64) + CERT),
	[MSG_ADOPT] =
	    CHILD("adopt", STATE_LOGIN, ID + OCTETS(128) + NUMBERS(1)),
	[MSG_LOGIN] = CHILD("login", STATE_OPEN, OCTETS(64)),
	[MSG_APPROVE] = CHILD("approve", STATE_LOGIN, LABEL + OCTETS(4096)),
	[MSG_UNWRAP] =
	    CHILD("unwrap", STATE_LOGIN, LABEL + NUMBERS(4) + DIGEST + CERT),
	[MSG_RELEASE] = CHILD_FD("release", STATE_LOGIN, NUMBERS(1)),
	[MSG_NOTE] = CHILD("note", STATE_LOGIN, OCTETS(128) + OCTETS(1024)),
	[MSG_RETIRE] = CHILD("retire", STATE_LOGIN, OCTETS(128) + LABEL),
	[MSG_WIPE] = CHILD("wipe", STATE_LOGIN, LABEL),
	[MSG_PIN] = CHILD("pin", STATE_OPEN | STATE_LOGIN, 2 * OCTETS(64)),
	[MSG_TRY] = CHILD("try", STATE_LOGIN, 0),
	[MSG_CARD_INIT] = CHILD_FD("card-init", STATE_IDLE,
	    MODULE + 2 * LABEL + OCTETS(64) + NUMBERS(1)),
	[MSG_CARD_BLANK] =
	    CHILD_FD("card-blank", STATE_IDLE, MODULE + 2 * LABEL + NUMBERS(1)),
	[MSG_EMPTY] = CHILD("empty", STATE_LOGIN, 0),
	[MSG_ENROLLED] = ANSWER("enrolled",
	    LABEL + 2 * CERT + OCTETS(1024) + SIGNATURE + NUMBERS(3) +
		3 * EVIDENCE),
	[MSG_SIGNATURE] = ANSWER("signature", SIGNATURE),

	[MSG_HEAD_READ] = CHILD("head-read", STATE_LOGIN | STATE_BEGUN, 0),
	[MSG_HEAD_LINE] = CHILD("head-line", STATE_LOGIN | STATE_BEGUN, LINE),
	[MSG_HEAD_WRITE] = CHILD("head-write", STATE_LOGIN | STATE_BEGUN, 0),
	[MSG_HEAD] = ANSWER("head", NUMBERS(2) + DIGEST),

	[MSG_CONTEXT] = CHILD("context", STATE_IDLE | STATE_OPEN,
	    OCTETS(128) + ID + DIGEST + POLICY),
	[MSG_CA] =
	    CHILD("ca", STATE_OPEN, ID + KEY + 2 * CERT + NUMBERS(1) + DIGEST),
	[MSG_EPOCH] = CHILD("epoch", STATE_OPEN, NUMBERS(1)),
	[MSG_ACT] = CHILD("act", STATE_IDLE | STATE_OPEN | STATE_PREPARED,
	    NUMBERS(4) + ID),
	[MSG_ACT_KEYS] = CHILD("act-keys", STATE_ACT,
	    MODULE + LABEL + ID + NUMBERS(2) + LABELS),
	[MSG_ACT_COPY] = CHILD("act-copy", STATE_ACT,
	    MODULE + 2 * LABEL + ID + NUMBERS(1) + DIGEST),
	[MSG_ACT_EXPORT] = CHILD("act-export", STATE_ACT, NUMBERS(1)),
	[MSG_ACT_ROTATE] = CHILD("act-rotate", STATE_ACT, NUMBERS(2) + POLICY),
	[MSG_ACT_CERT] =
	    CHILD("act-cert", STATE_ACT, ID + SUBJECT + KEY + NUMBERS(2)),
	[MSG_STATED] =
	    CHILD("stated", STATE_ACT, OCTETS(4095) + OCTETS(17) + DIGEST),
	[MSG_ACT_CRL] = CHILD("act-crl", STATE_ACT, NUMBERS(3)),
	[MSG_REVOKED] = CHILD("revoked", STATE_ACT, OCTETS(20) + NUMBERS(2)),
	[MSG_ACT_SEAL] =
	    CHILD("act-seal", STATE_ACT, NUMBERS(1) + OCTETS(32768)),
	[MSG_ACT_BATCH] = CHILD("act-batch", STATE_ACT, NUMBERS(1)),
	[MSG_WORK] = CHILD("work", STATE_ACT, PART),
	[MSG_KEY] = CHILD("key", STATE_ACT, NUMBERS(1) + KEY),
	[MSG_TREE] = CHILD("tree", STATE_ACT, NUMBERS(1) + PROOF),
	[MSG_ISSUER] = CHILD("issuer", STATE_ACT, CERT),
	[MSG_CRL] = CHILD("crl", STATE_ACT, NUMBERS(1) + PART),
	[MSG_ACT_DESTROY] = CHILD("act-destroy", STATE_ACT, NUMBERS(2) + KEY),
	[MSG_PREPARE] = CHILD("prepare", STATE_ACT, 0),
	[MSG_PROPOSED] = CHILD("proposed", STATE_PREPARED, NUMBERS(1) + LINE),
	[MSG_APPROVAL] =
	    CHILD("approval", STATE_PREPARED, NUMBERS(1) + LABEL + SIGNATURE),
	[MSG_DERIVE_CERT] = CHILD("derive-cert", STATE_PREPARED, LABEL + CERT),
	[MSG_SHARE] = CHILD_FD("share", STATE_PREPARED, NUMBERS(2) + DIGEST),
	[MSG_SO_TAKE] = CHILD_FD("so-take", STATE_ACT | STATE_PREPARED, 0),
	[MSG_DKEK_TAKE] = CHILD_FD("dkek-take", STATE_ACT | STATE_PREPARED, 0),
	[MSG_IMPORT] = CHILD("import", STATE_PREPARED, ID + KEY + WRAPPED),
	[MSG_PROVE] = CHILD("prove", STATE_PREPARED, NUMBERS(1) + LINE),
	[MSG_BEGIN] = CHILD("begin", STATE_PREPARED, NUMBERS(1) + LINE),
	[MSG_WRITE_CERT] = CHILD("write-cert", STATE_BEGUN, CERT),
	[MSG_INTEND] =
	    CHILD("intend", STATE_BEGUN, NUMBERS(1) + OCTETS(17) + DIGEST),
	[MSG_EXECUTE] = CHILD("execute", STATE_BEGUN, 0),
	[MSG_COMMIT] = CHILD("commit", STATE_ROTATING, LINE),
	[MSG_DESTROY] = CHILD("destroy", STATE_DOOMED, LINE),
	[MSG_GO] = CHILD("go", STATE_SIGNING, 0),
	[MSG_SIGN] = CHILD("sign", STATE_SEALING, NUMBERS(1)),
	[MSG_TAKE] = CHILD("take", STATE_SEALING, NUMBERS(1) + CERT),
	[MSG_DUPLICATE] =
	    CHILD("duplicate", STATE_SEALING, NUMBERS(2) + ID + CERT + PROOF),
	[MSG_SEAL] = CHILD("seal", STATE_SEALING, 0),
	[MSG_REST] = CHILD("rest", STATE_SEALING, 0),
	[MSG_END_GROUP] = CHILD("end-group", STATE_GROUP, 0),

	[MSG_PREPARED] =
	    ANSWER("prepared", OCTETS(16) + 2 * DIGEST + NUMBERS(1)),
	[MSG_PART] = ANSWER("part", PART),
	[MSG_SHOWN] = ANSWER("shown", 2 * EVIDENCE),
	[MSG_BEGUN] = ANSWER("begun", NUMBERS(1)),
	[MSG_MADE_KEY] = ANSWER("made-key",
	    ID + KEY + NUMBERS(1) + OCTETS(1024) + SIGNATURE + 2 * EVIDENCE),
	[MSG_WRAPPED] = ANSWER("wrapped", ID + KEY + WRAPPED),
	[MSG_MADE_SHARE] =
	    ANSWER("made-share", LABEL + NUMBERS(1) + CERT + DIGEST),
	[MSG_MADE] = ANSWER("made", LABEL),
	[MSG_ROTATED] = ANSWER("rotated", OCTETS(1024) + SIGNATURE),
	[MSG_PROVED] = ANSWER("proved", OCTETS(1024) + SIGNATURE),
	[MSG_DESTROYED] = ANSWER("destroyed", NUMBERS(2)),
	[MSG_INTENT] = ANSWER("intent", NUMBERS(1) + OCTETS(17) + DIGEST),
	[MSG_CERT] = ANSWER("cert", CERT),
	[MSG_FILE] = ANSWER("file", NUMBERS(1)),
	[MSG_MEDIA_FIND] =
	    CHILD("media-find", STATE_IDLE | STATE_OPEN, NUMBERS(1)),
	[MSG_MEDIA_LIST] = CHILD("media-list", STATE_IDLE, NUMBERS(1) + PATH),
	[MSG_MEDIA_READ] = CHILD("media-read", STATE_IDLE, NUMBERS(2) + PATH),
	[MSG_MEDIA_WRITE] =
	    CHILD_FD("media-write", STATE_IDLE, NUMBERS(1) + OCTETS(255)),
	[MSG_MEDIA_PREPARE] =
	    CHILD("media-prepare", STATE_OPEN, NUMBERS(2) + OCTETS(16)),
	[MSG_MEDIA_STATE] = CHILD("media-state", STATE_IDLE, NUMBERS(1)),
	[MSG_MEDIUM] = ANSWER("medium",
	    NUMBERS(2) + 4 * OCTETS(32) + 4 * OCTETS(64) + OCTETS(200)),
	[MSG_MEDIA_ENTRY] = ANSWER("media-entry", NUMBERS(2) + OCTETS(255)),
	[MSG_MEDIA_LISTED] = ANSWER("media-listed", NUMBERS(2)),
	[MSG_MEDIA_FILE] = ANSWER_FD("media-file", NUMBERS(1) + DIGEST),
	[MSG_MEDIA_WRITTEN] = ANSWER("media-written", NUMBERS(1) + DIGEST),
	[MSG_MEDIA_FOLDER] = ANSWER_FD("media-folder", 0),
	[MSG_MODULE] =
	    CHILD("module", STATE_OPEN | STATE_LOGIN | STATE_GROUP, 0),
	[MSG_MODULE_IS] = ANSWER("module-is",
	    MODULE + LABEL * 2 + DIGEST + OCTETS(MESSAGE_CONF_MAX)),
};

const struct message_row *
message_row(unsigned kind)
{
	if (kind == MSG_NONE || kind >= MSG_KIND_COUNT)
		return NULL;
	return &rows[kind];
}

void
message_start(struct message *m, enum message_kind kind)
{
	m->kind = kind;
	m->fd = -1;
	m->len = m->at = 0;
	m->bad = false;
}

static void
put(struct message *m, const void *data, size_t len)
{
	if (m->bad || len > MESSAGE_MAX - m->len) {
		m->bad = true;
		return;
	}
	if (len > 0)
		memcpy(m->data + m->len, data, len);
	m->len += len;
}

void
message_put_number(struct message *m, uint64_t n)
{
	uint8_t be[8];

	for (int i = 0; i < 8; i++)
		be[i] = (uint8_t)(n >> (56 - 8 * i));
	put(m, be, sizeof(be));
}

void
message_put_octets(struct message *m, const void *data, size_t len)
{
	uint8_t be[4] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16),
		(uint8_t)(len >> 8), (uint8_t)len };

	if (len > MESSAGE_MAX) {
		m->bad = true;
		return;
	}
	put(m, be, sizeof(be));
	put(m, data, len);
}

void
message_put_text(struct message *m, const char *text)
{
	message_put_octets(m, text, strlen(text));
}

static const uint8_t *
get(struct message *m, size_t len)
{
	const uint8_t *p = m->data + m->at;

	if (m->bad || len > m->len - m->at) {
		m->bad = true;
		return NULL;
	}
	m->at += len;
	return p;
}

uint64_t
message_get_number(struct message *m)
{
	const uint8_t *p = get(m, 8);
	uint64_t n = 0;

	for (int i = 0; p != NULL && i < 8; i++)
		n = n << 8 | p[i];
	return n;
}

const uint8_t *
message_get_octets(struct message *m, size_t max, size_t *len)
{
	const uint8_t *p = get(m, 4);

	*len = 0;
	if (p == NULL)
		return NULL;
	size_t n =
	    (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (n > max) {
		m->bad = true;
		return NULL;
	}
	p = get(m, n);
	if (p != NULL)
		*len = n;
	return p;
}

void
message_get_exact(struct message *m, uint8_t *out, size_t len)
{
	size_t n;
	const uint8_t *p = message_get_octets(m, len, &n);

	if (p == NULL || n != len) {
		m->bad = true;
		memset(out, 0, len);
		return;
	}
	memcpy(out, p, len);
}

void
message_get_text(struct message *m, char *out, size_t max)
{
	size_t n;
	const uint8_t *p = message_get_octets(m, max, &n);

	out[0] = '\0';
	if (p == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < 0x20 || p[i] > 0x7e) {
			m->bad = true;
			return;
		}
	}
	memcpy(out, p, n);
	out[n] = '\0';
}

bool
message_done(const struct message *m)
{
	return !m->bad && m->at == m->len;
}

void
message_clear(struct message *m)
{
	if (m->fd != -1)
		close(m->fd);
	OPENSSL_cleanse(m->data, m->len);
	message_start(m, MSG_NONE);
}
