/* SPDX-License-Identifier: ISC */
/* The state folder: opened and replayed before anything is done, made when a
 * log begins. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/media.h"

bool
ceremony_open_folder(struct ceremony *c, const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd != -1 ||
	    ceremony_stop(c, EXIT_STATE, "%s: %s", path, strerror(errno));
}

static bool
on_media(const struct ceremony *c)
{
	return c->desk != NULL && c->desk->state;
}

static bool
replay_transcript(struct ceremony *c, struct record_fault *fault)
{
	enum record_error err = transcript_open(c->state_fd, false,
	    &c->transcript, &c->torn, fault);

	for (uint64_t i = 0;
	     err == RECORD_OK && i < transcript_count(c->transcript); i++) {
		size_t len;
		const char *line = transcript_line(c->transcript, i, &len);
		err = history_apply(c->history, c->state_fd, line, len, fault);
	}
	if (err == RECORD_OK)
		return true;
	return ceremony_stop(c, EXIT_STATE, "%s: %s", c->state_path,
	    fault->text[0] == '\0' ? record_strerror(err) : fault->text);
}

/* What the transcript last said of issuance.jsonl must still stand in it:
 * else it was rolled back, cut or replaced. */
static bool
issuance_as_said(const struct ceremony *c)
{
	const struct history_state_of_log *said = &c->history->log_state;
	uint8_t digest[32], root[32];
	uint64_t size;

	if (issuance_at(c->issuance, said->issuance_lines, digest, &size,
		root) != RECORD_OK ||
	    size != said->tree_size)
		return false;
	return said->issuance_lines == 0 ||
	    (memcmp(digest, said->issuance_sha256, 32) == 0 &&
		memcmp(root, said->tree_root, 32) == 0);
}

static bool
open_issuance(struct ceremony *c)
{
	struct record_fault fault = { .text = "" };
	enum record_error err =
	    issuance_open(c->state_fd, true, NULL, NULL, &c->issuance, &fault);

	if (err != RECORD_OK)
		return ceremony_stop(c, EXIT_STATE, "%s: %s", c->state_path,
		    fault.text[0] == '\0' ? record_strerror(err) : fault.text);
	if (issuance_as_said(c) &&
	    (c->history->lines > 0 || issuance_lines(c->issuance) == 0))
		return true;
	return ceremony_stop(c, EXIT_STATE,
	    "%s/issuance.jsonl: is not the one that the transcript tells of: "
	    "rolled back or replaced; find the newest copy of the whole state "
	    "folder",
	    c->state_path);
}

static bool
open_ledger(struct ceremony *c)
{
	char path[4200];
	struct record_fault fault = { .text = "" };

	/* an index is made anew where there is no path to one */
	snprintf(path, sizeof(path), "%s%s",
	    on_media(c) ? ":memory:" : c->state_path,
	    on_media(c) ? "" : "/ledger.db");
	if (ledger_open(path, &c->ledger, &fault) == RECORD_OK &&
	    ledger_replay(c->ledger, c->state_fd, &fault) == RECORD_OK)
		return true;
	return ceremony_stop(c, EXIT_STATE, "%s: %s", c->state_path,
	    fault.text);
}

static bool
of_this_log(struct ceremony *c)
{
	/* stopped before its first line: nobody's yet */
	if (c->history->lines == 0 ||
	    strcmp(c->history->log, c->plan->log) == 0)
		return true;
	return ceremony_stop(c, EXIT_STATE,
	    "%s: is the state of log %s, the plan is for %s: name the right "
	    "--state",
	    c->state_path, c->history->log, c->plan->log);
}

/* A log begins in a folder that holds nothing of another. */
static bool
nothing_left(struct ceremony *c)
{
	static const char *const names[] = { "issuance.jsonl", "checkpoints" };
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fstatat(c->state_fd, names[i], &st, 0) == 0)
			return ceremony_stop(c, EXIT_STATE,
			    "%s: holds %s but no transcript.jsonl: find the "
			    "newest copy of the whole state folder",
			    c->state_path, names[i]);
	}
	return true;
}

bool
ceremony_open_state(struct ceremony *c)
{
	struct record_fault fault = { .text = "" };
	struct stat st;

	c->history = history_new();
	if (c->history == NULL)
		return ceremony_stop(c, EXIT_PROCESS, "out of memory");
	if (on_media(c) && !media_state_open(c))
		return false;
	if (!on_media(c) && stat(c->state_path, &st) == -1 && errno == ENOENT) {
		c->state_read = true;
		return true;
	}
	if (c->state_fd == -1 &&
	    !ceremony_open_folder(c, c->state_path, &c->state_fd))
		return false;
	if (fstatat(c->state_fd, "transcript.jsonl", &st,
		AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		c->state_read = nothing_left(c);
	else
		c->state_read = replay_transcript(c, &fault) &&
		    of_this_log(c) && open_issuance(c) && open_ledger(c);
	if (c->state_read)
		media_state_follow(c);
	return c->state_read;
}

/* The folder's own name must outlive a loss of power before a card or token
 * hangs on what stands in it. */
static bool
sync_name(struct ceremony *c)
{
	int above =
	    openat(c->state_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = above != -1 && fsync(above) == 0;
	int number = errno;

	if (above != -1)
		close(above);
	return ok ||
	    ceremony_stop(c, EXIT_STATE, "%s: cannot sync its name: %s",
		c->state_path, strerror(number));
}

bool
ceremony_create_state(struct ceremony *c)
{
	struct record_fault fault = { .text = "" };

	if (!on_media(c) && mkdir(c->state_path, 0700) == -1 && errno != EEXIST)
		return ceremony_stop(c, EXIT_STATE, "%s: %s", c->state_path,
		    strerror(errno));
	if (c->state_fd == -1 &&
	    !ceremony_open_folder(c, c->state_path, &c->state_fd))
		return false;
	if (!sync_name(c))
		return false;
	if (transcript_open(c->state_fd, true, &c->transcript, &c->torn,
		&fault) != RECORD_OK)
		return ceremony_stop(c, EXIT_STATE, "%s: %s", c->state_path,
		    fault.text);
	if (transcript_count(c->transcript) > 0)
		return ceremony_stop(c, EXIT_STATE,
		    "%s: another ceremony has begun this log meanwhile: run "
		    "the plan again",
		    c->state_path);
	return open_issuance(c) && open_ledger(c);
}
