/* SPDX-License-Identifier: ISC */
/* issuance.jsonl: its lines, and what the transcript says of it. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ca/cert.h"
#include "ceremony/auditor/audit.h"

#define NAME "issuance.jsonl"

/* ---- reading ------------------------------------------------------------- */

/* What a result's certificate says that an intent must have said. */
static bool
read_cert(const struct issuance_line *line, struct audit_issue *out)
{
	X509 *cert = NULL;
	uint8_t serial[20];
	size_t len = 0;
	bool ok = cert_parse(line->cert, line->cert_len, &cert) == CA_OK &&
	    cert_serial(cert, serial, &len) == CA_OK && len == SERIAL_SIZE;

	if (ok)
		memcpy(out->intent.serial, serial, SERIAL_SIZE);
	X509_free(cert);
	return ok;
}

/* The intent of a result, by serial; the newest are the likeliest. */
static void
find_intent(const struct audit *a, struct audit_issue *result)
{
	for (size_t i = a->issue_count; i-- > 0;) {
		const struct audit_issue *in = &a->issues[i];

		if (in->type != ISSUANCE_INTENT ||
		    memcmp(in->intent.serial, result->intent.serial,
			SERIAL_SIZE) != 0)
			continue;
		result->intent = in->intent;
		result->has_intent = true;
		return;
	}
}

static int
take_line(void *arg, uint64_t number, const struct issuance_line *line)
{
	struct audit *a = arg;
	struct audit_issue *more, *out;

	(void)number;
	if ((a->issue_count & (a->issue_count - 1)) == 0) {
		more = reallocarray(a->issues,
		    a->issue_count == 0 ? 1 : 2 * a->issue_count,
		    sizeof(*more));
		if (more == NULL)
			return -1;
		a->issues = more;
	}
	out = &a->issues[a->issue_count];
	memset(out, 0, sizeof(*out));
	out->type = line->type;
	out->act = line->act;
	out->intent = line->intent;
	if (line->type == ISSUANCE_RESULT) {
		if ((out->der = malloc(line->cert_len)) == NULL)
			return -1;
		memcpy(out->der, line->cert, line->cert_len);
		out->len = line->cert_len;
		out->leaf = a->leaves++;
		SHA256(out->der, out->len, out->cert_sha256);
		if (read_cert(line, out))
			find_intent(a, out);
	}
	a->issue_count++;
	return 0;
}

static void
check_torn(struct audit *a)
{
	int fd = openat(a->dirfd, NAME,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char last = '\n';

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 &&
	    pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n')
		report_finding(a->report, NAME ": its last line is torn");
	if (fd >= 0)
		close(fd);
}

/* Intents, results and voids agree among themselves. */
static void
check_pairs(struct audit *a)
{
	struct record_fault fault = { 0 };
	struct ledger *pairs = NULL;

	if (ledger_open(":memory:", &pairs, &fault) != RECORD_OK ||
	    ledger_replay(pairs, a->dirfd, &fault) != RECORD_OK)
		report_finding(a->report, "%s", fault.text);
	ledger_close(pairs);
}

bool
audit_read_log(struct audit *a)
{
	struct record_fault fault = { 0 };
	enum record_error err;

	if (ledger_open(":memory:", &a->ledger, &fault) != RECORD_OK) {
		report_finding(a->report, "%s", fault.text);
		return false;
	}
	err = issuance_open(a->dirfd, false, take_line, a, &a->log, &fault);
	if (err == RECORD_ERR_MISSING)
		return true; /* the transcript says whether there must be one */
	if (err == RECORD_ERR_RULE)
		report_finding(a->report, NAME ": out of memory");
	else if (err != RECORD_OK)
		report_finding(a->report, "%s", fault.text);
	if (err != RECORD_OK)
		return err == RECORD_ERR_FORM;
	check_torn(a);
	check_pairs(a);
	return true;
}

void
audit_close_log(struct audit *a)
{
	for (size_t i = 0; i < a->issue_count; i++)
		free(a->issues[i].der);
	free(a->issues);
	issuance_close(a->log);
	ledger_close(a->ledger);
}

/* ---- comparing ----------------------------------------------------------- */

void
check_log_state(struct audit *a)
{
	const struct history_state_of_log *said = &a->history->log_state;
	uint8_t digest[32], root[32];
	uint64_t size;

	if (a->log == NULL) {
		if (said->issuance_lines > 0)
			audit_here(a, NAME ": there is none");
		return;
	}
	if (issuance_at(a->log, said->issuance_lines, digest, &size, root) !=
	    RECORD_OK) {
		audit_here(a, NAME " has fewer than %llu lines",
		    (unsigned long long)said->issuance_lines);
		return;
	}
	if (memcmp(digest, said->issuance_sha256, 32) != 0)
		audit_here(a, NAME ": its first %llu lines have another digest",
		    (unsigned long long)said->issuance_lines);
	if (size != said->tree_size || memcmp(root, said->tree_root, 32) != 0)
		audit_here(a, NAME ": its tree has another size or root");
}

/* A batch's lines stand behind those of the batches before it; acts that are
 * one batch on several tokens may alternate. */
static void
check_order_of_acts(struct audit *a)
{
	for (size_t i = 1; i < a->issue_count; i++) {
		uint64_t now = a->issues[i].act, old = a->issues[i - 1].act;

		if (now < old && !history_beside(a->history, now, old))
			report_finding(a->report,
			    NAME
			    " line %zu: of act %llu, behind one of act %llu",
			    i + 1, (unsigned long long)now,
			    (unsigned long long)old);
	}
}

void
check_log_end(struct audit *a)
{
	uint64_t said = a->history->log_state.issuance_lines;

	for (size_t i = 0; i < a->issue_count; i++)
		if (a->issues[i].act == 0 ||
		    a->issues[i].act > a->history->act_count ||
		    strcmp(a->history->acts[a->issues[i].act - 1].approval.kind,
			"batch") != 0) {
			report_finding(a->report,
			    NAME " line %zu: of act %llu, which is no batch",
			    i + 1, (unsigned long long)a->issues[i].act);
			return;
		}
	check_order_of_acts(a);
	/* an open ceremony has not said its last word, and is a finding */
	if (a->log != NULL && !a->history->open &&
	    issuance_lines(a->log) > said)
		report_finding(a->report,
		    NAME " line %llu: behind the last line that the transcript "
			 "counts",
		    (unsigned long long)said + 1);
}

bool
audit_ledger_until(struct audit *a, uint64_t number)
{
	struct record_fault fault = { 0 };

	for (; a->ledger_at < a->issue_count; a->ledger_at++) {
		const struct audit_issue *r = &a->issues[a->ledger_at];

		if (r->act >= number)
			break;
		if (r->type != ISSUANCE_RESULT)
			continue;
		if (ledger_add(a->ledger, r->intent.id, r->leaf, r->der, r->len,
			&fault) != RECORD_OK) {
			audit_here(a, NAME " line %zu: %s", a->ledger_at + 1,
			    fault.text);
			return false;
		}
	}
	return true;
}

uint64_t
audit_issued(const struct audit *a, const uint8_t order[32], uint64_t number)
{
	uint64_t n = 0;

	for (size_t i = 0; i < a->issue_count; i++) {
		const struct audit_issue *r = &a->issues[i];

		n += r->type == ISSUANCE_RESULT && r->act > 0 &&
		    r->act < number && r->act <= a->history->act_count &&
		    memcmp(a->history->acts[r->act - 1].order, order, 32) == 0;
	}
	return n;
}
