/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/witness_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "transfer/media.h"

#define HEX_SHOWN 12 /* characters of a digest */
#define KEY_MAX 48   /* of a placeholder */

/*
 * One row a record type.  In the words stand, in braces:
 *   {key}        a member of the body, {a.b} one within a member
 *   {.log}, {.cer}  of the line itself
 *   {@act}       its act, with what it is of
 *   {?key}       nothing, but it must be there and not false, 0, "" or "-"
 *   {key=text}   nothing, but it must be just that
 * and in brackets what is left out when a placeholder in it has nothing to say.
 */
#define MACHINE                                                                \
	"[; the machine says that its image is {image.version}, commit "       \
	"{image.commit}][; A SHELL is open beside it where the machine has "   \
	"one: {shell}]"

static const struct row {
	const char *type, *words;
	bool old; /* worth a line even when it is long over */
} rows[] = {
	{ "ceremony.open",
	    "ceremony {.cer} begins, of log {.log}[: {title}]; program "
	    "{version}" MACHINE,
	    true },
	{ "ceremony.resume",
	    "ceremony {.cer} goes on after a stop[{?torn}, which tore a line: "
	    "it was cut off]" MACHINE,
	    true },
	{ "ceremony.close",
	    "ceremony {.cer} is closed: {steps} steps have ended, the log has "
	    "{tree_size} certificates of devices",
	    true },
	{ "step.begin", "step {step} begins: {kind}", false },
	{ "step.end", "step {step} has ended", false },
	{ "so.split",
	    "the SO secret S is made and split, any {threshold} of: "
	    "{custodians}",
	    false },
	{ "backup.split",
	    "the backup secret B is made and split, any {threshold} of: "
	    "{custodians}",
	    false },
	{ "so.use", "the SO PIN of {label}, number {n}, is about to be used",
	    false },
	{ "enrol",
	    "{name} is enrolled as {operator}, with card {label}, serial "
	    "{serial}[{?elsewhere}, which was personalised elsewhere]",
	    false },
	{ "retire.prove",
	    "card {label}, serial {serial}, signs for the last time", false },
	{ "retire", "the keys of card {label}, serial {serial}, are destroyed",
	    false },
	{ "csr", "a CSR came for a CA that others run, its key {spki_sha256}",
	    false },
	{ "request",
	    "request {sequence} came: {entries} entries, SHA-256 {request}",
	    false },
	{ "request.repeat",
	    "request {request} was answered before and gets the same response",
	    false },
	{ "act.propose",
	    "{@act} is proposed: {uses}[{?resumes}; it goes on from act "
	    "{resumes}]",
	    false },
	{ "approve", "{operator} approved {@act}", false },
	{ "approve.refused", "{operator} DOES NOT APPROVE {@act}: {reason}",
	    false },
	{ "act.begin", "{@act} begins, approved by {operators}", false },
	{ "rotate.found", "{@act}: the token has the PIN of epoch {epoch}",
	    false },
	{ "rotate.prepare",
	    "{@act}: the next PIN, of epoch {epoch}, is in shares, any {m} of "
	    "{n}",
	    false },
	{ "destroy.prove", "{@act}: the key answers for the last time", false },
	{ "pin.exposed",
	    "PIN EXPOSED: something else took the PIN of {label} in {@act}",
	    true },
	{ "act.result",
	    "{@act} is done: {uses}[; certificate {certificate}][; CRL number "
	    "{number}][; {issued} issued][, {duplicate} duplicate][, "
	    "{rejected} rejected][; {objects} objects destroyed]",
	    false },
	{ "act.void", "{@act} IS VOID: {reason}", false },
	{ "module", "cards are reached through {path}, {version}", false },
	{ "medium",
	    "{file} [{direction=in}came from][{direction=out}left on] a medium"
	    "[{?label}, label {label}][{?serial}, serial {serial}]; {size} "
	    "octets, SHA-256 {sha256}",
	    false },
	{ "card",
	    "card {label}, serial {serial}[{event=head-checked}: it remembers "
	    "this transcript][{event=head-absent}: it remembers no transcript "
	    "yet]",
	    false },
	{ "exception", "EXCEPTION: {what}; because: {reason}", true },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *
find_row(const char *type)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].type, type) == 0)
			return &rows[i];
	return NULL;
}

bool
witness_words_known(const char *type)
{
	return find_row(type) != NULL;
}

/* ---- what is written --------------------------------------------------------- */

struct sink {
	char *text;
	size_t len, size; /* with the NUL */
	bool cut;
};

static void
put(struct sink *s, const char *text)
{
	size_t n = strlen(text), room = s->size - 1 - s->len;

	s->cut = s->cut || n > room;
	n = n > room ? room : n;
	memcpy(s->text + s->len, text, n);
	s->len += n;
	s->text[s->len] = '\0';
}

static void
put_number(struct sink *s, json_int_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, n);
	put(s, text);
}

static bool
is_digest(const char *text, size_t len)
{
	return len == 64 && strspn(text, "0123456789abcdef") == len;
}

static void
put_string(struct sink *s, const char *text, size_t len)
{
	char safe[WITNESS_VALUE_MAX];

	media_escape(text, is_digest(text, len) ? HEX_SHOWN : len, safe,
	    sizeof(safe));
	put(s, safe);
	if (is_digest(text, len))
		put(s, "..");
}

/* {"use", "n"}: "20 x device-tls", or the name alone. */
static bool
put_use(struct sink *s, json_t *use)
{
	json_t *name = json_object_get(use, "use");
	json_int_t n = json_integer_value(json_object_get(use, "n"));

	if (!json_is_string(name))
		return false;
	if (n != 1)
		put_number(s, n);
	put(s, n == 1 ? "" : " x ");
	put_string(s, json_string_value(name), json_string_length(name));
	return true;
}

static bool
put_scalar(struct sink *s, json_t *value)
{
	if (json_is_string(value) && json_string_length(value) > 0)
		put_string(s, json_string_value(value),
		    json_string_length(value));
	else if (json_is_integer(value))
		put_number(s, json_integer_value(value));
	else if (json_is_boolean(value))
		put(s, json_is_true(value) ? "yes" : "no");
	else
		return put_use(s, value);
	return true;
}

static bool
put_value(struct sink *s, json_t *value)
{
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		return put_scalar(s, value);
	for (size_t i = 0; i < count && i < WITNESS_LIST_MAX; i++) {
		put(s, i == 0 ? "" : ", ");
		if (!put_scalar(s, json_array_get(value, i)))
			return false;
	}
	if (count > WITNESS_LIST_MAX)
		put(s, ", ...");
	return count > 0;
}

/* ---- acts ------------------------------------------------------------------- */

static void
copy(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text == NULL ? "" : text);
}

static void
note_act(const struct event *e, struct witness_acts *acts)
{
	json_int_t n = json_integer_value(json_object_get(e->body, "act"));
	struct witness_act *a;

	if (n < 1)
		return;
	a = &acts->acts[(uint64_t)n % WITNESS_ACTS];
	a->number = (uint64_t)n;
	copy(a->kind, sizeof(a->kind),
	    json_string_value(json_object_get(e->body, "kind")));
	copy(a->label, sizeof(a->label),
	    json_string_value(json_object_get(e->body, "label")));
}

/* "act 12 (batch on product-1)" */
static bool
put_act(struct sink *s, const struct event *e, const struct witness_acts *acts)
{
	json_t *number = json_object_get(e->body, "act");
	const struct witness_act *a;

	if (!json_is_integer(number))
		return false;
	put(s, "act ");
	put_scalar(s, number);
	a = &acts->acts[(uint64_t)json_integer_value(number) % WITNESS_ACTS];
	if (a->number != (uint64_t)json_integer_value(number) ||
	    a->kind[0] == '\0')
		return true;
	put(s, " (");
	put_string(s, a->kind, strlen(a->kind));
	if (a->label[0] != '\0' && strcmp(a->label, "-") != 0) {
		put(s, " on ");
		put_string(s, a->label, strlen(a->label));
	}
	put(s, ")");
	return true;
}

/* ---- words ------------------------------------------------------------------ */

/* A member, or one within it. */
static json_t *
member(json_t *body, const char *key)
{
	char name[KEY_MAX];
	const char *dot = strchr(key, '.');

	if (dot == NULL)
		return json_object_get(body, key);
	snprintf(name, sizeof(name), "%.*s", (int)(dot - key), key);
	return json_object_get(json_object_get(body, name), dot + 1);
}

static bool
says_something(json_t *value)
{
	const char *text = json_string_value(value);

	if (text != NULL)
		return text[0] != '\0' && strcmp(text, "-") != 0;
	return json_is_true(value) || json_integer_value(value) != 0 ||
	    json_object_size(value) > 0 || json_array_size(value) > 0;
}

/* False: it has nothing to say, or is not so. */
static bool
put_placeholder(struct sink *s, const struct event *e,
    const struct witness_acts *acts, char *key)
{
	char *equals = strchr(key, '=');
	const char *text;

	if (strcmp(key, ".log") == 0 || strcmp(key, ".cer") == 0) {
		text = strcmp(key, ".log") == 0 ? e->log : e->cer;
		put_string(s, text, strlen(text));
		return true;
	}
	if (strcmp(key, "@act") == 0)
		return put_act(s, e, acts);
	if (key[0] == '?')
		return says_something(member(e->body, key + 1));
	if (equals == NULL)
		return put_value(s, member(e->body, key));
	*equals = '\0';
	text = json_string_value(member(e->body, key));
	return text != NULL && strcmp(text, equals + 1) == 0;
}

/* One of ours; at stands behind its brace, and goes behind its end. */
static bool
take_placeholder(struct sink *s, const struct event *e,
    const struct witness_acts *acts, const char **at)
{
	size_t len = strcspn(*at, "}");
	char key[KEY_MAX];

	snprintf(key, sizeof(key), "%.*s", (int)len, *at);
	*at += len + 1;
	return put_placeholder(s, e, acts, key);
}

static void
fill(struct sink *s, const struct event *e, const struct witness_acts *acts,
    const char *words)
{
	size_t kept = 0; /* where the bracket began */
	bool within = false, whole = true;

	while (*words != '\0') {
		char c[2] = { *words++, '\0' };

		if (c[0] == '[') {
			within = whole = true;
			kept = s->len;
		} else if (c[0] == ']') {
			if (!whole)
				s->text[s->len = kept] = '\0';
			within = false;
		} else if (c[0] != '{') {
			put(s, c);
		} else if (!take_placeholder(s, e, acts, &words)) {
			whole = false;
			/* a body that lacks what each has: not passed over */
			put(s, within ? "" : "(nothing)");
		}
	}
}

bool
witness_words(const struct event *e, struct witness_acts *acts,
    char out[WITNESS_TEXT_MAX], bool *old)
{
	static const char dots[] = "...";
	struct sink s = { .text = out, .size = WITNESS_TEXT_MAX };
	const struct row *row = find_row(e->type);

	out[0] = '\0';
	*old = row == NULL || row->old;
	if (strcmp(e->type, "act.propose") == 0)
		note_act(e, acts);
	if (row == NULL) {
		put(&s, "A RECORD THAT THIS PROGRAM DOES NOT KNOW: ");
		put_string(&s, e->type, strlen(e->type));
		return false;
	}
	fill(&s, e, acts, row->words);
	if (s.cut)
		strcpy(out + WITNESS_TEXT_MAX - sizeof(dots), dots);
	return true;
}
