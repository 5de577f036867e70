/* SPDX-License-Identifier: ISC */
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "ca/date.h"
#include "ca/profile.h"
#include "ca/stated.h"
#include "ca/subject.h"
#include "ceremony/record/plan_schema.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define REHEARSAL "OU=REHEARSAL"

/* Most characters of a text: the row's own limit, or what the member holds. */
static unsigned
text_max(const struct plan_row *row)
{
	if (row->max != 0)
		return row->max;
	return row->size > 0 ? (unsigned)(row->size - 1) : PLAN_TEXT_MAX;
}

static bool
only(const struct plan_row *row, const char *v, const char *alphabet)
{
	size_t len = strlen(v);

	return len > 0 && len <= text_max(row) && strspn(v, alphabet) == len;
}

/* Decimal, no sign, no leading zero, at most nine digits. */
static bool
number_read(const char *v, unsigned *out)
{
	size_t i, len = strlen(v);
	unsigned n = 0;

	if (len == 0 || len > 9 || strspn(v, DIGITS) != len ||
	    (v[0] == '0' && len > 1))
		return false;
	for (i = 0; i < len; i++)
		n = n * 10 + (unsigned)(v[i] - '0');
	*out = n;
	return true;
}

static bool
number_valid(const struct plan_row *row, const char *v)
{
	unsigned n = 0;

	return number_read(v, &n) && n >= row->min && n <= row->max;
}

/* Printable ASCII that neither begins nor ends with a blank. */
static bool
text_valid(const struct plan_row *row, const char *v)
{
	size_t i, len = strlen(v);

	if (len == 0 || len > text_max(row) || v[0] == ' ' || v[len - 1] == ' ')
		return false;
	for (i = 0; i < len; i++) {
		if (v[i] < 0x20 || v[i] > 0x7e)
			return false;
	}
	return true;
}

static bool
word_valid(const struct plan_row *row, const char *v)
{
	return only(row, v, LOWER DIGITS "-") && v[0] != '-';
}

static bool
id_valid(const struct plan_row *row, const char *v)
{
	return only(row, v, UPPER LOWER DIGITS "._-");
}

/* Of a token; the row's own size is that of an index. */
static bool
label_valid(const struct plan_row *row, const char *v)
{
	static const struct plan_row label = { .max = 32 };

	(void)row;
	return id_valid(&label, v);
}

/* The name of a log also begins signature names of a checkpoint, so no blank
 * and no plus (C2SP signed-note); "rehearsal/" is not for real logs. */
static bool
origin_valid(const struct plan_row *row, const char *v)
{
	return only(row, v, UPPER LOWER DIGITS "._/-") && v[0] != '/' &&
	    v[strlen(v) - 1] != '/' && strstr(v, "//") == NULL &&
	    strncmp(v, "rehearsal/", 10) != 0;
}

static bool
module_valid(const struct plan_row *row, const char *v)
{
	if (strcmp(v, "softhsm") == 0 || strcmp(v, "opensc") == 0)
		return true;
	return only(row, v, UPPER LOWER DIGITS "._/+-") && v[0] == '/' &&
	    strstr(v, "..") == NULL;
}

bool
plan_module_valid(const char *name)
{
	static const struct plan_row row = {
		.size = sizeof(((struct plan_token *)NULL)->module)
	};

	return module_valid(&row, name);
}

/* A leading dot hides a file, a leading minus is taken for an option. */
static bool
file_valid(const struct plan_row *row, const char *v)
{
	return only(row, v, UPPER LOWER DIGITS "._-") && v[0] != '.' &&
	    v[0] != '-';
}

static bool
date_valid(const struct plan_row *row, const char *v)
{
	int64_t t = 0;

	(void)row;
	return date_parse_rfc3339(v, &t) == CA_OK;
}

static bool
choice_valid(const struct plan_row *row, const char *v)
{
	const char *p = row->choices;
	size_t n = 0, len = strlen(v);

	for (; *p != '\0'; p += n + (p[n] == '|')) {
		n = strcspn(p, "|");
		if (n == len && strncmp(p, v, n) == 0)
			return true;
	}
	return false;
}

static bool
digest_valid(const struct plan_row *row, const char *v)
{
	return only(row, v, DIGITS "abcdef") && strlen(v) == 64;
}

/* Whole octets, at most 20 (RFC 5280, 4.1.2.2). */
static bool
hex_valid(const struct plan_row *row, const char *v)
{
	return only(row, v, DIGITS "abcdefABCDEF") && strlen(v) % 2 == 0;
}

static bool
subject_valid(const struct plan_row *row, const char *v)
{
	X509_NAME *name = NULL;
	bool ok = false;

	if (strlen(v) > text_max(row) || strstr(v, REHEARSAL) != NULL)
		return false;
	ok = subject_parse(v, &name) == CA_OK;
	X509_NAME_free(name);
	return ok;
}

static bool
template_valid(const struct plan_row *row, const char *v)
{
	char text[SUBJECT_TEXT_MAX + 1];

	/* one character shows the form; a longer id may still not fit */
	return strlen(v) <= text_max(row) && strstr(v, REHEARSAL) == NULL &&
	    subject_expand(v, "0", text) == CA_OK && subject_valid(row, text);
}

static bool
id_pattern_valid(const struct plan_row *row, const char *v)
{
	return strlen(v) <= text_max(row) && pattern_valid(v);
}

static bool
profile_valid(const struct plan_row *row, const char *v)
{
	const struct profile *p = profile_find(v);

	return p != NULL && p->device && strlen(v) <= text_max(row);
}

/* What stands behind a key in the text of what is stated (ca/stated.h). */
static bool
stated_valid(const struct plan_row *row, const char *key, const char *v)
{
	char line[PLAN_TEXT_MAX + PLAN_KEY_MAX];

	if (strlen(v) > text_max(row))
		return false;
	(void)snprintf(line, sizeof(line), "%s %s", key, v);
	return stated_line_valid(line);
}

static bool
permitted_valid(const struct plan_row *row, const char *v)
{
	return stated_valid(row, "permitted", v);
}

static bool
excluded_valid(const struct plan_row *row, const char *v)
{
	return stated_valid(row, "excluded", v);
}

static bool
eku_valid(const struct plan_row *row, const char *v)
{
	return stated_valid(row, "eku", v);
}

static bool
policy_valid(const struct plan_row *row, const char *v)
{
	return stated_valid(row, "policy", v);
}

#define NAMES                                                                  \
	"names as \"dns example.com\", \"email example.com\", \"ip "           \
	"10.0.0.0/8\", \"uri .example.com\" or \"dirname C=CH,O=Example\""

static const struct type {
	bool (*valid)(const struct plan_row *row, const char *value);
	const char *expects;
} types[PLAN_T_COUNT] = {
	[PLAN_T_VERSION] = { number_valid,
	    "1, the one form of plans that this version reads" },
	[PLAN_T_NUMBER] = { number_valid, "a number" },
	[PLAN_T_TEXT] = { text_valid, "printable text" },
	[PLAN_T_WORD] = { word_valid,
	    "a name of a-z, 0-9 and -, not beginning with -" },
	[PLAN_T_ID] = { id_valid, "a name of A-Z, a-z, 0-9, dot, _ and -" },
	[PLAN_T_ORIGIN] = { origin_valid,
	    "a log's origin: A-Z, a-z, 0-9, dot, _, - in parts joined by /, "
	    "not under rehearsal/" },
	[PLAN_T_MODULE] = { module_valid,
	    "softhsm, opensc or the absolute path of a PKCS#11 module" },
	[PLAN_T_FILE] = { file_valid,
	    "a file name without folder: A-Z, a-z, 0-9, dot, _, -, "
	    "beginning with a letter, digit or _" },
	[PLAN_T_DATE] = { date_valid, "a date in UTC as 2026-12-01T09:00:00Z" },
	[PLAN_T_CHOICE] = { choice_valid, "one of" },
	[PLAN_T_MARK] = { choice_valid, "the word" },
	[PLAN_T_HEX] = { hex_valid,
	    "a serial in hexadecimal, two digits an octet, at most 20" },
	[PLAN_T_DIGEST] = { digest_valid,
	    "a SHA-256: 64 hexadecimal digits in lower case" },
	[PLAN_T_SUBJECT] = { subject_valid,
	    "a subject as CN=Example Root CA,O=Example,C=CH "
	    "(OU=REHEARSAL is for rehearsals)" },
	[PLAN_T_TEMPLATE] = { template_valid,
	    "a subject with {id} once, in CN or serialNumber, as "
	    "CN=device-{id},O=Example" },
	[PLAN_T_PATTERN] = { id_pattern_valid,
	    "an id pattern: letters, digits, [set] and {n}, at most 64 "
	    "characters of id" },
	[PLAN_T_PROFILE] = { profile_valid, "a device profile:" },
	[PLAN_T_PERMITTED] = { permitted_valid, NAMES },
	[PLAN_T_EXCLUDED] = { excluded_valid, NAMES },
	[PLAN_T_EKU] = { eku_valid,
	    "a use as serverAuth or clientAuth, or the OID of one that has no "
	    "name in anchorite-plan(5)" },
	[PLAN_T_POLICY] = { policy_valid,
	    "the OID of a policy as 1.3.6.1.4.1.55555.1" },
	[PLAN_T_TOKEN] = { label_valid, "the label of a token" },
};

bool
plan_type_valid(const struct plan_row *row, const char *value)
{
	return types[row->type].valid != NULL &&
	    types[row->type].valid(row, value);
}

/* "one of: p256, p384" */
static void
expects_choice(const struct plan_row *row, char *out, size_t size)
{
	const char *p = row->choices;
	size_t n = 0, len = 0;

	(void)snprintf(out, size, "%s",
	    strchr(p, '|') ? "one of: " : "the word ");
	for (; *p != '\0'; p += n + (p[n] == '|')) {
		n = strcspn(p, "|");
		len = strlen(out);
		(void)snprintf(out + len, size - len, "%.*s%s", (int)n, p,
		    p[n] == '|' ? ", " : "");
	}
}

static void
expects_profile(const char *expects, char *out, size_t size)
{
	const struct profile *p = NULL;
	size_t len = 0;
	unsigned i;

	(void)snprintf(out, size, "%s", expects);
	for (i = 0; (p = profile_at(i)) != NULL; i++) {
		len = strlen(out);
		if (p->device)
			(void)snprintf(out + len, size - len, " %s", p->name);
	}
}

void
plan_type_expects(const struct plan_row *row, char *out, size_t size)
{
	const char *expects = types[row->type].expects;

	switch (row->type) {
	case PLAN_T_NUMBER:
		(void)snprintf(out, size, "%s from %u to %u", expects, row->min,
		    row->max);
		break;
	case PLAN_T_TEXT:
	case PLAN_T_WORD:
	case PLAN_T_ID:
		(void)snprintf(out, size, "%s, at most %u characters", expects,
		    text_max(row));
		break;
	case PLAN_T_CHOICE:
	case PLAN_T_MARK:
		expects_choice(row, out, size);
		break;
	case PLAN_T_PROFILE:
		expects_profile(expects, out, size);
		break;
	default:
		(void)snprintf(out, size, "%s", expects);
		break;
	}
}

static void
store_number(const struct plan_row *row, const char *value, void *member)
{
	unsigned n = 0;
	uint64_t wide = 0;

	(void)number_read(value, &n);
	wide = n;
	if (row->size == sizeof(wide))
		memcpy(member, &wide, sizeof(wide));
	else
		memcpy(member, &n, sizeof(n));
}

static void
store_text(const struct plan_row *row, const char *value, char *member)
{
	size_t i, len = strlen(value);
	bool lower = row->type == PLAN_T_HEX;

	for (i = 0; i < len && i + 1 < row->size; i++) {
		char c = value[i];

		member[i] = (char)(lower && c >= 'A' && c <= 'F' ? c + 32 : c);
	}
	member[i] = '\0';
}

void
plan_type_store(const struct plan_row *row, const char *value, void *member)
{
	const bool there = true;
	int64_t t = 0;

	if (row->size == 0)
		return;
	if (row->type == PLAN_T_NUMBER) {
		store_number(row, value, member);
	} else if (row->type == PLAN_T_DATE) {
		(void)date_parse_rfc3339(value, &t);
		memcpy(member, &t, sizeof(t));
	} else if (row->type == PLAN_T_MARK) {
		memcpy(member, &there, sizeof(there));
	} else {
		store_text(row, value, member);
	}
}
