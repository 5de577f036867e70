/* SPDX-License-Identifier: ISC */
/* Checkpoints, and what else lies in a state folder. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/auditor/audit.h"
#include "ceremony/record/checkpoint.h"
#include "ceremony/record/objects.h"
#include "transfer/file.h"
#include "transfer/text.h"

#define DIGEST_HEX 64

/* ---- checkpoints --------------------------------------------------------- */

static void
compare_checkpoint(struct audit *a, const char *name,
    const struct checkpoint *c)
{
	const struct history *h = a->history;
	const struct history_ceremony *last =
	    &h->ceremonies[h->ceremony_count - 1];

	if (strcmp(c->origin, h->log) != 0)
		audit_here(a, "%s: of log %s", name, c->origin);
	if (c->seq != last->close_seq ||
	    memcmp(c->head, last->close_hash, 32) != 0)
		audit_here(a, "%s: it signs another line than this", name);
	if (c->tree_size != h->log_state.tree_size ||
	    memcmp(c->tree_root, h->log_state.tree_root, 32) != 0)
		audit_here(a, "%s: it signs another tree", name);
}

static void
read_checkpoint(struct audit *a, const char *name, const char *note, size_t len)
{
	const struct policy *p = &a->history->policy;
	struct checkpoint_sig *sigs =
	    calloc(CHECKPOINT_SIGS_MAX, sizeof(*sigs));
	struct record_fault fault = { .text = "out of memory" };
	unsigned operators = 0, witnesses = 0;
	struct checkpoint c;
	size_t count = 0;

	if (sigs == NULL ||
	    checkpoint_read(note, len, &c, sigs, &count, &fault) != RECORD_OK ||
	    checkpoint_verify(&c, sigs, count, p, &operators, &witnesses,
		&fault) != RECORD_OK) {
		audit_here(a, "%s: %s", name, fault.text);
	} else {
		if (operators < p->m)
			audit_here(a, "%s: %u of the %u signatures it needs",
			    name, operators, p->m);
		compare_checkpoint(a, name, &c);
		a->counts.checkpoints++;
	}
	free(sigs);
}

void
check_checkpoint(struct audit *a)
{
	char name[128];
	uint8_t *note = NULL;
	size_t len;

	snprintf(name, sizeof(name), "checkpoints/%s.note",
	    a->history->ceremony);
	if (file_read(a->dirfd, name, CHECKPOINT_NOTE_MAX, &note, &len) !=
	    TRANSFER_OK) {
		audit_here(a, "closed without checkpoint: %s", name);
		return;
	}
	read_checkpoint(a, name, (const char *)note, len);
	free(note);
}

/* ---- other files --------------------------------------------------------- */

/* Digests that a line of the transcript names. */
struct names {
	char (*hex)[DIGEST_HEX + 1];
	size_t count;
};

static int
compare_names(const void *a, const void *b)
{
	return memcmp(a, b, DIGEST_HEX);
}

static bool
add_names(struct names *n, const char *line)
{
	static const char digits[] = "0123456789abcdef";
	char(*more)[DIGEST_HEX + 1];
	size_t run;

	for (; *line != '\0'; line += run > 0 ? run : 1) {
		if ((run = strspn(line, digits)) != DIGEST_HEX)
			continue;
		if ((n->count & (n->count - 1)) == 0) {
			more = reallocarray(n->hex,
			    n->count == 0 ? 1 : 2 * n->count, sizeof(*more));
			if (more == NULL)
				return false;
			n->hex = more;
		}
		memcpy(n->hex[n->count], line, DIGEST_HEX);
		n->hex[n->count++][DIGEST_HEX] = '\0';
	}
	return true;
}

static bool
is_named(const struct names *n, const char *name)
{
	return strlen(name) == DIGEST_HEX && n->count > 0 &&
	    bsearch(name, n->hex, n->count, sizeof(*n->hex), compare_names) !=
	    NULL;
}

/* Call each() with every name in a folder; false: it cannot be read. */
static bool
each_name(struct audit *a, const char *folder,
    void (*each)(struct audit *a, void *arg, const char *name), void *arg)
{
	int fd = openat(a->dirfd, folder,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			each(a, arg, e->d_name);
	closedir(dir);
	return true;
}

static void
look_at_object(struct audit *a, void *arg, const char *name)
{
	struct record_fault fault = { 0 };
	uint8_t digest[32], *data = NULL;
	size_t len;

	if (!text_unhex(name, digest, sizeof(digest))) {
		report_note(a->report, "objects/%s: no object", name);
		return;
	}
	if (object_get(a->dirfd, digest, &data, &len, &fault) != RECORD_OK)
		report_finding(a->report, "%s", fault.text);
	else if (is_named(arg, name))
		a->counts.objects++;
	else
		report_note(a->report, "objects/%s: no record names it", name);
	free(data);
}

/* What a copy is there for: the same octets once more. */
static void
look_at_copy(struct audit *a, void *arg, const char *name)
{
	struct record_fault fault = { 0 };
	uint8_t digest[32], *data = NULL;
	size_t len;

	(void)arg;
	if (!text_unhex(name, digest, sizeof(digest)))
		report_note(a->report, "copies/%s: no copy", name);
	else if (object_get_copy(a->dirfd, digest, &data, &len, &fault) !=
	    RECORD_OK)
		report_finding(a->report, "%s", fault.text);
	free(data);
}

static void
look_at_note(struct audit *a, void *arg, const char *name)
{
	const struct history *h = a->history;
	size_t len = strlen(name);

	(void)arg;
	for (size_t i = 0; i < h->ceremony_count; i++) {
		const char *ceremony = h->ceremonies[i].name;
		size_t n = strlen(ceremony);

		if (len == n + 5 && memcmp(name, ceremony, n) == 0 &&
		    strcmp(name + n, ".note") == 0)
			return;
	}
	report_note(a->report, "checkpoints/%s: of no ceremony", name);
}

static void
look_at_file(struct audit *a, void *arg, const char *name)
{
	static const char *const known[] = { "transcript.jsonl",
		"issuance.jsonl", "objects", "copies", "checkpoints",
		"ledger.db", "ledger.db-journal" };

	(void)arg;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i], name) == 0)
			return;
	report_note(a->report, "%s: not a file of a state folder", name);
}

/* What is there and damaged is found where folders are looked through. */
static void
look_for_share(struct audit *a, const uint8_t blob[32])
{
	static enum record_error (*const get[])(int, const uint8_t[32],
	    uint8_t **, size_t *,
	    struct record_fault *) = { object_get, object_get_copy };

	for (size_t i = 0; i < sizeof(get) / sizeof(get[0]); i++) {
		struct record_fault fault = { 0 };
		uint8_t *data = NULL;
		size_t len;

		if (get[i](a->dirfd, blob, &data, &len, &fault) ==
		    RECORD_ERR_MISSING)
			report_finding(a->report, "%s", fault.text);
		free(data);
	}
}

/* The shares that open a token are there, and twice. */
static void
check_shares(struct audit *a)
{
	for (size_t i = 0; i < a->history->token_count; i++) {
		const struct history_token *t = &a->history->tokens[i];

		for (unsigned k = 0; k < t->now.n; k++)
			look_for_share(a, t->now.shares[k].blob);
		for (unsigned k = 0; t->next.epoch != 0 && k < t->next.n; k++)
			look_for_share(a, t->next.shares[k].blob);
	}
}

void
check_files(struct audit *a)
{
	uint64_t count =
	    a->transcript == NULL ? 0 : transcript_count(a->transcript);
	struct names names = { 0 };
	bool ok = true;
	size_t len;

	for (uint64_t i = 0; i < count && ok; i++)
		ok = add_names(&names, transcript_line(a->transcript, i, &len));
	if (!ok) {
		report_finding(a->report, "objects: out of memory");
	} else {
		if (names.count > 0)
			qsort(names.hex, names.count, sizeof(*names.hex),
			    compare_names);
		each_name(a, ".", look_at_file, NULL);
		each_name(a, "checkpoints", look_at_note, NULL);
		each_name(a, "copies", look_at_copy, NULL);
		check_shares(a);
		if (!each_name(a, "objects", look_at_object, &names))
			report_finding(a->report, "objects: cannot be read");
	}
	free(names.hex);
}
