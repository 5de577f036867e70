/* SPDX-License-Identifier: ISC */
#ifndef TESTS_RECORD_HISTORY_ROWS_H
#define TESTS_RECORD_HISTORY_ROWS_H

#include "ceremony/record/history.h"

#include "tests/ceremony/record/fixture.h"
#include "tests/ceremony/record/synthetic.h"

/*
 * One row a rule: the valid transcript is replayed up to a line (its type and
 * which of that type), that line is changed in one place or another comes
 * instead, and it must be refused with just this error and text.  Lines of
 * `first` go before it and are accepted.
 */
enum edit {
	SET,  /* value at a path of the body: "uses.0.n" */
	ADD,  /* a key more, at the end of the body */
	DEL,  /* a key less */
	PUT,  /* a line of type `key` with body `value` stands in its place */
	RAW,  /* octets `key` of the line become `value` */
	DROP, /* the line is left out: the next one is to be refused */
};
struct row {
	const char *name, *at;
	enum edit edit;
	const char *key, *value; /* "@name": digest of a stored object;
	                          * "$type#n:key": value of another line */
	enum record_error err;
	const char *text;  /* "*" at its end: what follows is not compared */
	const char *first; /* "type body" lines, parted by LF */
};

#define ZEROS                                                                  \
	"\"00000000000000000000000000000000"                                   \
	"00000000000000000000000000000000\""

struct fixture {
	struct folder *folder;
	struct synthetic s;
};

/* ---- editing ------------------------------------------------------------- */

/* Index of the n-th line of a type, from "type#n". */
static inline uint64_t
find_line(const struct fixture *f, const char *at, size_t at_len)
{
	const char *hash = memchr(at, '#', at_len);
	unsigned n = (unsigned)atoi(hash + 1);
	char want[64];

	snprintf(want, sizeof(want), "\"type\":\"%.*s\"", (int)(hash - at), at);
	for (uint64_t i = 0; i < transcript_count(f->s.t); i++) {
		size_t len;

		if (strstr(transcript_line(f->s.t, i, &len), want) != NULL &&
		    --n == 0)
			return i;
	}
	fail_msg("no line %s", at);
	return 0;
}

static inline json_t *
load_line(const struct fixture *f, uint64_t at)
{
	size_t len;
	const char *line = transcript_line(f->s.t, at, &len);
	json_t *root = json_loadb(line, len, 0, NULL);

	assert_non_null(root);
	return root;
}

/* The holder of the last part of a path, which goes to *last. */
static inline json_t *
walk(json_t *at, const char *path, char last[32])
{
	const char *dot;

	while ((dot = strchr(path, '.')) != NULL) {
		char part[32] = { 0 };

		memcpy(part, path, (size_t)(dot - path));
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(part))
				       : json_object_get(at, part);
		path = dot + 1;
	}
	snprintf(last, 32, "%s", path);
	return at;
}

static inline json_t *
get_path(json_t *body, const char *path)
{
	char last[32];
	json_t *in = walk(body, path, last);

	return json_is_array(in) ? json_array_get(in, (size_t)atoi(last))
				 : json_object_get(in, last);
}

static inline void
set_path(json_t *body, const char *path, json_t *value)
{
	char last[32];
	json_t *in = walk(body, path, last);

	assert_non_null(in);
	if (json_is_array(in))
		json_array_set_new(in, (size_t)atoi(last), value);
	else
		json_object_set_new(in, last, value);
}

/* "a=1,b=text": set members of a body. */
static inline void
set_list(json_t *body, const char *list)
{
	char copy[512], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", list);
	for (char *part = strtok_r(copy, ",", &save); part != NULL;
	     part = strtok_r(NULL, ",", &save)) {
		char *value = strchr(part, '=');

		*value++ = '\0';
		json_object_set_new(body, part,
		    json_is_integer(json_object_get(body, part))
			? json_integer(atoi(value))
			: json_string(value));
	}
}

/* "$type#n", "$type#n:key" or "$type#n:key=value,..". */
static inline json_t *
from_line(const struct fixture *f, const char *text)
{
	const char *colon = strchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);
	json_t *root = load_line(f, find_line(f, text, len)), *out;
	json_t *body = json_object_get(root, "body");

	if (colon == NULL || strchr(colon, '=') != NULL)
		out = json_deep_copy(body);
	else
		out = json_deep_copy(get_path(body, colon + 1));
	if (colon != NULL && strchr(colon, '=') != NULL)
		set_list(out, colon + 1);
	json_decref(root);
	return out;
}

static inline json_t *
make_value(const struct fixture *f, const char *text)
{
	const uint8_t *digest;
	json_t *value;

	if (text[0] == '$')
		return from_line(f, text + 1);
	if (text[0] == '@') {
		digest = syn_find(&f->s, text + 1);
		assert_non_null(digest);
		return syn_hex(digest, 32);
	}
	value = json_loads(text, JSON_DECODE_ANY, NULL);
	assert_non_null(value);
	return value;
}

/* A line of the given parts that follows h, in the ceremony that is open. */
static inline char *
write_line(const struct history *h, json_t *root, const char *type,
    json_t *body, size_t *len)
{
	const char *const actor[] = { "room", NULL };
	struct event e = { .log =
			       json_string_value(json_object_get(root, "log")),
		.cer = h->open
		    ? h->ceremony
		    : json_string_value(json_object_get(root, "cer")),
		.seq = h->lines,
		.type = type,
		.body = body };
	char *line = NULL;

	if (h->lines > 0)
		memcpy(e.link.prev, h->head.hash, 32);
	assert_int_equal(event_write(&e, (struct moment){ 1796115600, 1 },
			     actor, &line, len),
	    RECORD_OK);
	return line;
}

static inline char *
replace(const char *line, const char *find, const char *put, size_t *len)
{
	const char *at = strstr(line, find);
	size_t size = strlen(line) + strlen(put) + 1;
	char *out = malloc(size);

	assert_non_null(at);
	assert_non_null(out);
	*len = (size_t)snprintf(out, size, "%.*s%s%s", (int)(at - line), line,
	    put, at + strlen(find));
	return out;
}

static inline char *
edit_line(const struct fixture *f, const struct history *h, const struct row *r,
    uint64_t at, size_t *len)
{
	json_t *root = load_line(f, at);
	json_t *body = json_incref(json_object_get(root, "body"));
	const char *type = json_string_value(json_object_get(root, "type"));
	char *line;

	switch (r->edit) {
	case SET:
		if (get_path(body, r->key) == NULL)
			fail_msg("%s: no %s", r->name, r->key);
		set_path(body, r->key, make_value(f, r->value));
		break;
	case ADD:
		set_path(body, r->key, make_value(f, r->value));
		break;
	case DEL:
		assert_int_equal(json_object_del(body, r->key), 0);
		break;
	case PUT:
		json_decref(body);
		body = make_value(f, r->value);
		type = r->key;
		break;
	case RAW:
	case DROP:
		break;
	}
	if (r->edit == RAW)
		line = replace(transcript_line(f->s.t, at, len), r->key,
		    r->value, len);
	else if (r->edit == DROP)
		line = strdup(transcript_line(f->s.t, at + 1, len));
	else
		line = write_line(h, root, type, body, len);
	json_decref(body);
	json_decref(root);
	return line;
}

/* ---- replaying ----------------------------------------------------------- */

static inline void
replay(const struct fixture *f, struct history *h, uint64_t until)
{
	struct record_fault fault = { 0 };

	for (uint64_t i = 0; i < until; i++) {
		size_t len;
		const char *line = transcript_line(f->s.t, i, &len);

		if (history_apply(h, f->folder->fd, line, len, &fault) !=
		    RECORD_OK)
			fail_msg("%s", fault.text);
	}
}

/* Lines of `first`, accepted; a ceremony opened there is called "next". */
static inline void
replay_first(const struct fixture *f, struct history *h, const struct row *r,
    uint64_t at)
{
	json_t *root = load_line(f, at);
	char copy[1024], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", r->first == NULL ? "" : r->first);
	for (char *part = strtok_r(copy, "\n", &save); part != NULL;
	     part = strtok_r(NULL, "\n", &save)) {
		struct record_fault fault = { 0 };
		char *body = strchr(part, ' '), *line;
		json_t *value;
		size_t len;

		*body++ = '\0';
		value = make_value(f, body);
		if (strcmp(part, "ceremony.open") == 0)
			json_object_set_new(root, "cer", json_string("next"));
		line = write_line(h, root, part, value, &len);
		if (history_apply(h, f->folder->fd, line, len, &fault) !=
		    RECORD_OK)
			fail_msg("%s: %s", r->name, fault.text);
		json_decref(value);
		free(line);
	}
	json_decref(root);
}

static inline bool
same_text(const char *got, uint64_t line, const char *want)
{
	size_t len = strlen(want);
	char prefix[64];

	snprintf(prefix, sizeof(prefix),
	    "transcript.jsonl line %u: ", (unsigned)line);
	if (strncmp(got, prefix, strlen(prefix)) != 0)
		return false;
	got += strlen(prefix);
	return want[len - 1] == '*' ? strncmp(got, want, len - 1) == 0
				    : strcmp(got, want) == 0;
}

static inline bool
refused(const struct fixture *f, const struct row *r)
{
	struct history *h = history_new();
	struct record_fault fault = { 0 };
	uint64_t at = find_line(f, r->at, strlen(r->at));
	enum record_error err;
	char *line;
	size_t len;
	bool ok;

	assert_non_null(h);
	replay(f, h, at);
	replay_first(f, h, r, at);
	line = edit_line(f, h, r, at, &len);
	err = history_apply(h, f->folder->fd, line, len, &fault);
	ok = err == r->err && same_text(fault.text, h->lines + 1, r->text);
	if (!ok)
		print_message("# %s: %d %s\n", r->name, (int)err, fault.text);
	free(line);
	history_free(h);
	return ok;
}

/* Every row is refused as it says. */
static inline void
rows_refused(const struct fixture *f, const struct row *rows, size_t count)
{
	size_t bad = 0;

	for (size_t i = 0; i < count; i++)
		bad += !refused(f, &rows[i]);
	assert_int_equal(bad, 0);
}

static inline int
history_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || folder_setup((void **)&f->folder) != 0)
		return -1;
	syn_keys(&f->s);
	syn_make(&f->s, f->folder->fd, "");
	*state = f;
	return 0;
}

static inline int
history_teardown(void **state)
{
	struct fixture *f = *state;

	syn_free(&f->s);
	folder_teardown((void **)&f->folder);
	free(f);
	return 0;
}

#endif
