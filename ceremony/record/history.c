/* SPDX-License-Identifier: ISC */
#include "ceremony/record/history.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/record/history_line.h"
#include "ceremony/record/tree.h"

/* A log begins with an empty issuance log. */
static void
empty_log(struct history_state_of_log *out)
{
	const struct tree none = { 0 };

	memset(out, 0, sizeof(*out));
	SHA256((const uint8_t *)"", 0, out->issuance_sha256);
	tree_root(&none, out->tree_root);
}

struct history *
history_new(void)
{
	struct history *h = calloc(1, sizeof(*h));
	struct history_group *g = calloc(1, sizeof(*g));

	if (h == NULL || g == NULL) {
		free(h);
		free(g);
		return NULL;
	}
	g->phase = PHASE_CLOSED;
	h->private_ = g;
	empty_log(&h->log_state);
	return h;
}

void
history_free(struct history *h)
{
	struct history_group *g;

	if (h == NULL)
		return;
	g = h->private_;
	free(g->labels);
	free(g->once);
	free(g->modules);
	free(g);
	free(h->policies);
	free(h->cards);
	free(h->ceremonies);
	free(h->acts);
	free(h->orders);
	free(h->requests);
	free(h->media);
	free(h->intermediates);
	free(h);
}

bool
history_group_stands(const struct history *h)
{
	const struct history_group *g = h->private_;

	return g->phase == PHASE_GROUP;
}

unsigned
history_step(const struct history *h, char kind[APPROVAL_NAME_MAX + 1])
{
	const struct history_group *g = h->private_;

	if (kind != NULL)
		memcpy(kind, g->kinds[g->step], APPROVAL_NAME_MAX + 1);
	return g->step;
}

uint32_t
history_epoch_next(const struct history *h, const char *label)
{
	const struct history_group *g = h->private_;

	for (size_t i = 0; i < g->label_count; i++)
		if (strcmp(g->labels[i].label, label) == 0)
			return g->labels[i].epoch + 1;
	return 1;
}

unsigned
history_so(const struct history *h, const char *label, uint32_t *n, bool *again)
{
	const struct history_group *g = h->private_;

	*n = 0;
	*again = false;
	for (size_t i = 0; i < g->label_count; i++) {
		if (strcmp(g->labels[i].label, label) != 0 ||
		    g->labels[i].so_made == 0)
			continue;
		*n = g->labels[i].so_n;
		*again = g->labels[i].so_open;
		return g->labels[i].so_made;
	}
	return 0;
}

unsigned
history_so_now(const struct history *h)
{
	return h->so_pending != 0 ? h->so_pending : h->so_in_force;
}

const struct history_check *
history_so_check(const struct history *h)
{
	return h->so_pending != 0 ? &h->so_check_next : &h->so_check;
}

bool
history_so_hangs(const struct history *h)
{
	const struct history_group *g = h->private_;

	for (size_t i = 0; i < g->label_count; i++)
		if (g->labels[i].so_made != 0 &&
		    g->labels[i].so_made == history_so_now(h))
			return true;
	return false;
}

const struct policy *
history_policy(const struct history *h, const uint8_t sha256[32])
{
	for (size_t i = 0; i < h->policy_count; i++)
		if (memcmp(h->policies[i].sha256, sha256, 32) == 0)
			return &h->policies[i].policy;
	return NULL;
}

size_t
history_cards_of(const struct history *h, const struct policy *policy,
    struct history_operator out[POLICY_OPERATORS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < policy->n; i++) {
		const struct policy_operator *o = &policy->operators[i];

		for (size_t k = 0; k < h->card_count; k++) {
			if (!policy_spki_equal(&h->cards[k].sign, &o->sign) ||
			    !policy_spki_equal(&h->cards[k].derive, &o->derive))
				continue;
			out[count] = h->cards[k];
			memcpy(out[count++].id, o->id, sizeof(o->id));
			break;
		}
	}
	return count;
}

bool
history_stale(const struct history *h, const struct history_token *token)
{
	return memcmp(token->now.policy_sha256, h->policy_sha256, 32) != 0;
}

const char *
history_first(const struct history_token *token)
{
	return token->copy_of[0] != '\0' ? token->copy_of : token->label;
}

const char *
history_unfit(const struct history *h, const struct history_token *token)
{
	if (token->destroyed)
		return NULL; /* nothing is ever due again */
	if (token->next.epoch != 0)
		return "a change of its PIN was cut off";
	/* where its destruction has begun, only that is due: no key may be left
	 * to answer */
	if (token->doomed)
		return NULL;
	if (history_stale(h, token))
		return "stale: it is keyed for an earlier quorum";
	if (token->owed)
		return "the change of its PIN is owed";
	return NULL;
}

const struct history_token *
history_token(const struct history *h, const char *label)
{
	for (size_t i = 0; i < h->token_count; i++)
		if (strcmp(h->tokens[i].label, label) == 0)
			return &h->tokens[i];
	return NULL;
}

struct history_token *
history_token_by_serial(struct history *h, const char *serial)
{
	for (size_t i = 0; i < h->token_count; i++)
		if (strcmp(h->tokens[i].serial, serial) == 0)
			return &h->tokens[i];
	return NULL;
}

const struct history_operator *
history_operator(const struct history *h, const char *id)
{
	for (size_t i = 0; i < h->operator_count; i++)
		if (strcmp(h->operators[i].id, id) == 0)
			return &h->operators[i];
	return NULL;
}

struct history_order *
history_order_at(struct history *h, const uint8_t order[32])
{
	for (size_t i = 0; i < h->order_count; i++)
		if (memcmp(h->orders[i].order, order, 32) == 0)
			return &h->orders[i];
	return NULL;
}

const struct history_order *
history_order(const struct history *h, const uint8_t order[32])
{
	return history_order_at((struct history *)(uintptr_t)h, order);
}

struct history_request *
history_request_at(struct history *h, const uint8_t request[32])
{
	for (size_t i = 0; i < h->request_count; i++)
		if (memcmp(h->requests[i].request, request, 32) == 0)
			return &h->requests[i];
	return NULL;
}

const struct history_request *
history_request(const struct history *h, const uint8_t request[32])
{
	return history_request_at((struct history *)(uintptr_t)h, request);
}

const struct history_key *
history_key(const struct history *h, const uint8_t spki_sha256[32],
    const struct history_token **token)
{
	for (size_t i = 0; i < h->token_count; i++)
		for (unsigned k = 0; k < 2; k++) {
			const struct history_key *key = &h->tokens[i].keys[k];

			if (key->role[0] == '\0' ||
			    memcmp(key->spki_sha256, spki_sha256, 32) != 0)
				continue;
			if (token != NULL)
				*token = &h->tokens[i];
			return key;
		}
	if (token != NULL)
		*token = NULL;
	return NULL;
}

struct history_act *
history_act_at(struct history *h, uint64_t number)
{
	if (number == 0 || number > h->act_count)
		return NULL;
	return &h->acts[number - 1];
}

struct history_label *
history_label_of(struct history_group *g, const char *label)
{
	struct history_label *new;

	for (size_t i = 0; i < g->label_count; i++)
		if (strcmp(g->labels[i].label, label) == 0)
			return &g->labels[i];
	if (strlen(label) >= sizeof(new->label) ||
	    !history_grow(&g->labels, g->label_count, sizeof(*g->labels)))
		return NULL;
	new = &g->labels[g->label_count++];
	memset(new, 0, sizeof(*new));
	memcpy(new->label, label, strlen(label) + 1);
	return new;
}

/* Room doubles whenever count is a power of two. */
bool
history_grow(void *array, size_t count, size_t size)
{
	void *old, *new;

	if (count != 0 && (count & (count - 1)) != 0)
		return true;
	memcpy(&old, array, sizeof(old));
	new = reallocarray(old, count == 0 ? 1 : 2 * count, size);
	if (new == NULL)
		return false;
	memcpy(array, &new, sizeof(new));
	/* cppcheck-suppress memleak ; it is in *array now */
	return true;
}
