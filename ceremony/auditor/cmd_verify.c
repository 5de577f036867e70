/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/auditor/audit.h"
#include "ceremony/auditor/commands.h"
#include "ceremony/record/words.h"
#include "transfer/text.h"

struct options {
	const char *state;
	bool has_anchor, has_image, json, quiet;
	uint8_t anchor[32], image[32];
};

int
state_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		fprintf(stderr, "anchorite-audit: %s: %s\n", path,
		    strerror(errno));
	if (fd < 0 || cell_enter(path))
		return fd;
	close(fd);
	return -1;
}

/* ---- options ------------------------------------------------------------- */

/* What is wrong with it is said; and once is enough. */
static bool
read_digest(const char *option, const char *text, bool *has, uint8_t digest[32])
{
	unsigned bad = 0;

	if (*has || text == NULL)
		return false;
	*has = words_read(text, digest, &bad);
	if (*has)
		return true;
	if (bad > 0)
		fprintf(stderr,
		    "anchorite-audit: %s: word %u is none of "
		    "the list for its place: look at the paper\n",
		    option, bad);
	else
		fprintf(stderr,
		    "anchorite-audit: %s: 32 words or 64 hex "
		    "digits, nothing shorter\n",
		    option);
	return false;
}

static bool
read_options(int argc, char *argv[], struct options *o)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			o->json = true;
		} else if (strcmp(argv[i], "--quiet") == 0) {
			o->quiet = true;
		} else if (strcmp(argv[i], "--anchor") == 0) {
			if (!read_digest("--anchor", argv[++i], &o->has_anchor,
				o->anchor))
				return false;
		} else if (strcmp(argv[i], "--image") == 0) {
			if (!read_digest("--image", argv[++i], &o->has_image,
				o->image))
				return false;
		} else if (argv[i][0] == '-' || o->state != NULL) {
			return false;
		} else {
			o->state = argv[i];
		}
	}
	return o->state != NULL;
}

/* ---- the audit ----------------------------------------------------------- */

static void
check_anchor(struct audit *a, const struct options *o)
{
	if (!o->has_anchor)
		return;
	if (!a->history->has_anchor)
		report_finding(a->report,
		    "transcript.jsonl: it has no genesis, so no anchor");
	else if (memcmp(a->history->anchor, o->anchor, 32) != 0)
		report_finding(a->report,
		    "transcript.jsonl: its anchor is not the one given");
}

static bool
audit_all(struct audit *a, const struct options *o)
{
	/* the log first: batches are held against it as they are replayed */
	if (!audit_read_log(a) || !audit_replay(a))
		return false;
	check_log_end(a);
	check_files(a);
	check_anchor(a, o);
	if (o->has_image)
		audit_images(a, o->image);
	return !a->report->findings.failed && !a->report->notes.failed;
}

static enum audit_status
verdict(const struct report *r, const struct options *o, bool readable)
{
	if (!readable)
		return AUDIT_UNREADABLE;
	if (r->findings.count > 0)
		return AUDIT_FINDING;
	return o->has_anchor ? AUDIT_VERIFIED : AUDIT_SELF_CONSISTENT;
}

/* ---- telling ------------------------------------------------------------- */

static const char *
verdict_name(enum audit_status status)
{
	switch (status) {
	case AUDIT_VERIFIED:
		return "verified";
	case AUDIT_SELF_CONSISTENT:
		return "self-consistent only";
	case AUDIT_FINDING:
		return "refused";
	case AUDIT_USAGE:
	case AUDIT_UNREADABLE:
		break;
	}
	return "cannot be read";
}

static const char *
verdict_advice(enum audit_status status)
{
	switch (status) {
	case AUDIT_SELF_CONSISTENT:
		return ": compare the anchor with the paper of the genesis, or "
		       "give it as --anchor";
	case AUDIT_FINDING:
		return ": each finding above breaks a rule";
	case AUDIT_VERIFIED:
	case AUDIT_USAGE:
	case AUDIT_UNREADABLE:
		break;
	}
	return "";
}

static unsigned long long
number(uint64_t n)
{
	return n;
}

static void
print_areas(const struct audit *a)
{
	const struct audit_counts *c = &a->counts;
	const struct history *h = a->history;

	printf("log          %s\n", h->log);
	printf("transcript   %llu lines, %zu ceremonies, %zu acts (%llu "
	       "void), %llu exceptions\n",
	    number(h->lines), h->ceremony_count, h->act_count, number(c->voids),
	    number(c->exceptions));
	printf("quorum       %u of %zu operators, %llu approvals, %llu "
	       "refusals\n",
	    h->policy.m, h->policy.n, number(c->approvals),
	    number(c->refusals));
	if (c->changes > 0)
		printf("             changed %llu times\n", number(c->changes));
	printf("tokens       %zu of CAs, %llu CRLs, %llu PINs changed, %llu "
	       "recovered\n",
	    h->token_count, number(c->crls), number(c->rotations),
	    number(c->recoveries));
	if (c->destroyed + c->retired > 0)
		printf("             %llu destroyed, %llu cards of operators "
		       "retired\n",
		    number(c->destroyed), number(c->retired));
	printf("batches      %llu (%llu repeated), %llu entries decided "
	       "again, %llu orders\n",
	    number(c->batches), number(c->repeats), number(c->entries),
	    number(c->orders));
	if (c->intermediates > 0)
		printf("             %llu CAs that others run\n",
		    number(c->intermediates));
	printf("certificates %llu, %llu of them in the issuance log\n",
	    number(c->certificates), number(a->leaves));
	if (c->media_in + c->media_out > 0)
		printf("media        %llu files came, %llu left\n",
		    number(c->media_in), number(c->media_out));
	printf("checkpoints  %llu\n", number(c->checkpoints));
	printf("objects      %llu\n", number(c->objects));
}

static void
print_digest(const char *name, const uint8_t digest[32])
{
	char words[WORDS_TEXT_MAX], hex[TEXT_HEX_SIZE(32)];

	text_hex(digest, 32, hex);
	words_write(digest, words);
	printf("%-12s %s\n             %s\n", name, hex, words);
}

static void
print_image(const struct audit_image *m)
{
	printf("             %s%s%s%s\n", m->there ? m->image.version : "none",
	    m->there ? ", commit " : "", m->there ? m->image.commit : "",
	    !m->there || m->image.has_medium ? "" : ", not read back");
	if (m->there && m->image.has_medium)
		print_digest("", m->image.medium);
}

/* Once when it is the same for all; nothing where none says that it ran from
 * an image. */
static void
print_images(const struct audit *a)
{
	bool one = audit_one_image(a);

	if (a->image_count == 0 || (one && !a->images[0].there))
		return;
	for (size_t i = 0; i < (one ? 1 : a->image_count); i++) {
		const struct audit_image *m = &a->images[i];

		printf("image        %s%s\n",
		    one ? "of every ceremony" : "of ceremony ",
		    one ? "" : m->ceremony);
		print_image(m);
	}
}

static void
print_text(const struct audit *a, const struct options *o,
    enum audit_status status)
{
	const struct report *r = a->report;

	for (size_t i = 0; i < r->findings.count; i++)
		printf("finding: %s\n", r->findings.lines[i]);
	if (o->quiet)
		return;
	for (size_t i = 0; i < r->notes.count; i++)
		printf("note: %s\n", r->notes.lines[i]);
	print_areas(a);
	if (a->history->has_anchor)
		print_digest("anchor", a->history->anchor);
	print_images(a);
	if (a->history->lines > 0)
		print_digest("head", a->history->head.hash);
	printf("%s%s\n", verdict_name(status), verdict_advice(status));
}

static json_t *
json_lines(const struct report_list *list)
{
	json_t *out = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(out, json_string(list->lines[i]));
	return out;
}

static json_t *
json_hex(bool there, const uint8_t digest[32])
{
	char hex[TEXT_HEX_SIZE(32)];

	if (!there)
		return json_null();
	text_hex(digest, 32, hex);
	return json_string(hex);
}

static json_t *
json_ceremonies(const struct history *h)
{
	json_t *out = json_array();

	for (size_t i = 0; i < h->ceremony_count; i++)
		json_array_append_new(out, json_string(h->ceremonies[i].name));
	return out;
}

static bool
print_json(const struct audit *a, enum audit_status status)
{
	const struct audit_counts *c = &a->counts;
	const struct history *h = a->history;
	json_t *out = json_pack(
	    "{s:s,s:s,s:I,s:o,s:o,s:o,s:{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,"
	    "s:I,s:I,s:I,s:I,s:I,s:I,s:I},s:o,s:o,s:o}",
	    "verdict", verdict_name(status), "log", h->log, "lines",
	    (json_int_t)h->lines, "ceremonies", json_ceremonies(h), "anchor",
	    json_hex(h->has_anchor, h->anchor), "head",
	    json_hex(h->lines > 0, h->head.hash), "counts", "acts",
	    (json_int_t)h->act_count, "void", (json_int_t)c->voids, "approvals",
	    (json_int_t)c->approvals, "certificates",
	    (json_int_t)c->certificates, "leaves", (json_int_t)a->leaves,
	    "crls", (json_int_t)c->crls, "batches", (json_int_t)c->batches,
	    "entries", (json_int_t)c->entries, "checkpoints",
	    (json_int_t)c->checkpoints, "objects", (json_int_t)c->objects,
	    "rotations", (json_int_t)c->rotations, "recoveries",
	    (json_int_t)c->recoveries, "changes", (json_int_t)c->changes,
	    "destroyed", (json_int_t)c->destroyed, "retired",
	    (json_int_t)c->retired, "intermediates",
	    (json_int_t)c->intermediates, "images", audit_images_json(a),
	    "findings", json_lines(&a->report->findings), "notes",
	    json_lines(&a->report->notes));
	bool ok = out != NULL && json_dumpf(out, stdout, JSON_COMPACT) == 0;

	json_decref(out);
	putchar('\n');
	return ok;
}

static bool
tell(const struct audit *a, const struct options *o, enum audit_status status)
{
	bool ok = true;

	if (status == AUDIT_UNREADABLE) {
		for (size_t i = 0; i < a->report->findings.count; i++)
			fprintf(stderr, "anchorite-audit: %s: %s\n", o->state,
			    a->report->findings.lines[i]);
		return true;
	}
	if (o->json)
		ok = print_json(a, status);
	else
		print_text(a, o, status);
	/* a verdict that did not arrive is none */
	return fflush(stdout) == 0 && ok;
}

enum audit_status
cmd_verify(const struct command *self, int argc, char *argv[])
{
	struct options o = { 0 };
	struct report report = { 0 };
	struct audit a = { .report = &report };
	enum audit_status status = AUDIT_UNREADABLE;

	if (!read_options(argc, argv, &o))
		return command_usage(self);
	if ((a.dirfd = state_open(o.state)) < 0)
		return AUDIT_UNREADABLE;
	if ((a.history = history_new()) != NULL)
		status = verdict(&report, &o, audit_all(&a, &o));
	if (a.history != NULL && !tell(&a, &o, status))
		status = AUDIT_UNREADABLE;
	audit_close_log(&a);
	free(a.images);
	plan_free(a.plan);
	transcript_close(a.transcript);
	history_free(a.history);
	report_free(&report);
	close(a.dirfd);
	return status;
}
