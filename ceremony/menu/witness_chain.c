/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/witness_chain.h"

#include <string.h>

#define REHEARSAL "rehearsal/"

void
witness_chain_begin(struct witness_chain *c)
{
	bool other = strcmp(c->log, c->seen.log) != 0;

	if (c->count > 0 && (other || c->count > c->seen.count) &&
	    strncmp(c->log, REHEARSAL, strlen(REHEARSAL)) != 0) {
		memcpy(c->seen.log, c->log, sizeof(c->seen.log));
		c->seen.count = c->count;
		memcpy(c->seen.hash, c->head.hash, sizeof(c->seen.hash));
	}
	c->count = 0;
	memset(&c->head, 0, sizeof(c->head));
	c->log[0] = '\0';
}

/* It follows the line before, as this process has it. */
static enum record_error
check_link(const struct witness_chain *c, const struct event *e,
    struct record_fault *why)
{
	unsigned long long n = c->count + 1;

	if (e->link.seq != c->count)
		return record_fail(why, RECORD_ERR_CHAIN,
		    "it is number %llu, and line %llu is next",
		    (unsigned long long)e->link.seq + 1, n);
	/* zeros at the first */
	if (memcmp(e->link.prev, c->head.hash, sizeof(e->link.prev)) != 0)
		return record_fail(why, RECORD_ERR_CHAIN,
		    "what it calls the hash of the line before is not that of "
		    "line %llu",
		    n - 1);
	if (strlen(e->log) > POLICY_LOG_MAX ||
	    (c->count > 0 && strcmp(e->log, c->log) != 0))
		return record_fail(why, RECORD_ERR_OTHER_LOG,
		    "it is of log %.60s, not %.60s", e->log, c->log);
	return RECORD_OK;
}

/* What was seen of this log before is still there. */
static enum record_error
check_seen(const struct witness_chain *c, const struct event *e, uint64_t stood,
    struct record_fault *why)
{
	if (c->seen.log[0] == '\0' || strcmp(e->log, c->seen.log) != 0)
		return RECORD_OK;
	if (stood < c->seen.count)
		return record_fail(why, RECORD_ERR_CHAIN,
		    "its log had %llu lines here before, and now it has %llu",
		    (unsigned long long)c->seen.count,
		    (unsigned long long)stood);
	if (c->count + 1 == c->seen.count &&
	    memcmp(e->link.hash, c->seen.hash, sizeof(e->link.hash)) != 0)
		return record_fail(why, RECORD_ERR_CHAIN,
		    "line %llu of this log was another here before",
		    (unsigned long long)c->seen.count);
	return RECORD_OK;
}

bool
witness_chain_take(struct witness_chain *c, const char *line, size_t len,
    uint64_t stood, struct event *e, struct record_fault *why)
{
	enum record_error err = event_read(line, len, e, why);

	if (err != RECORD_OK)
		return false;
	if (check_link(c, e, why) != RECORD_OK ||
	    check_seen(c, e, stood, why) != RECORD_OK) {
		event_clear(e);
		memset(e, 0, sizeof(*e));
		return false;
	}
	if (c->count == 0)
		memcpy(c->log, e->log, strlen(e->log) + 1);
	c->head = e->link;
	c->count++;
	return true;
}
