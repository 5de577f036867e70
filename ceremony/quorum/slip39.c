/* SPDX-License-Identifier: ISC */
#include "ceremony/quorum/slip39.h"

#include <string.h>

#include "ceremony/quorum/shamir.h"
#include "ceremony/quorum/slip39_cipher.h"
#include "ceremony/quorum/slip39_share.h"

#define GROUPS_MAX 16
#define ID_MASK 0x7fffu

static bool
set_equal(const struct slip39_set *a, const struct slip39_set *b)
{
	return a->id == b->id && a->extendable == b->extendable &&
	    a->exponent == b->exponent &&
	    a->group_threshold == b->group_threshold &&
	    a->group_count == b->group_count;
}

static enum quorum_error
shares_read(struct secret *const *mnemonics, size_t count,
    struct slip39_share *shares, size_t *bad)
{
	for (size_t i = 0; i < count; i++) {
		enum quorum_error err =
		    slip39_share_read(mnemonics[i], &shares[i]);

		if (err != QUORUM_OK) {
			if (bad != NULL)
				*bad = i;
			return err;
		}
	}
	return QUORUM_OK;
}

/* Two shares that can be of one set: the same common values and length, in one
 * group the same threshold and not the same member. */
static bool
shares_match(const struct slip39_share *a, const struct slip39_share *b)
{
	if (!set_equal(&a->set, &b->set) || a->value->len != b->value->len)
		return false;
	return a->group != b->group ||
	    (a->member_threshold == b->member_threshold &&
		a->member != b->member);
}

/* All shares belong together, and there are as many groups and as many members
 * in each as are needed, not more. */
static enum quorum_error
shares_check(const struct slip39_share *shares, size_t count)
{
	unsigned members[GROUPS_MAX] = { 0 };
	unsigned groups = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (!shares_match(&shares[i], &shares[j]))
				return QUORUM_ERR_SHARE;
	for (size_t i = 0; i < count; i++)
		if (members[shares[i].group]++ == 0)
			groups++;
	if (groups != shares[0].set.group_threshold)
		return QUORUM_ERR_THRESHOLD;
	for (size_t i = 0; i < count; i++)
		if (members[shares[i].group] != shares[i].member_threshold)
			return QUORUM_ERR_THRESHOLD;
	return QUORUM_OK;
}

/* The share of one group from its members; *out stays NULL without any. */
static enum quorum_error
group_combine(const struct slip39_share *shares, size_t count, unsigned group,
    struct secret **out)
{
	uint8_t x[SLIP39_MNEMONICS_MAX] = { 0 };
	struct secret *values[SLIP39_MNEMONICS_MAX] = { NULL };
	unsigned members = 0;

	for (size_t i = 0; i < count; i++) {
		if (shares[i].group != group)
			continue;
		x[members] = (uint8_t)shares[i].member;
		values[members++] = shares[i].value;
	}
	if (members == 0)
		return QUORUM_OK;
	return shamir_combine(x, values, members, out);
}

static enum quorum_error
groups_combine(const struct slip39_share *shares, size_t count,
    struct secret **out)
{
	enum quorum_error ret = QUORUM_ERR_SHARE;
	uint8_t x[GROUPS_MAX] = { 0 };
	struct secret *values[GROUPS_MAX] = { NULL };
	unsigned groups = 0;

	for (unsigned group = 0; group < GROUPS_MAX; group++) {
		ret = group_combine(shares, count, group, &values[groups]);
		if (ret != QUORUM_OK)
			goto out;
		if (values[groups] != NULL)
			x[groups++] = (uint8_t)group;
	}
	ret = shamir_combine(x, values, groups, out);
out:
	for (unsigned i = 0; i < groups; i++)
		secret_free(values[i]);
	return ret;
}

enum quorum_error
slip39_combine(struct secret *const *mnemonics, size_t count,
    const char *passphrase, struct secret **out, size_t *bad)
{
	enum quorum_error ret = QUORUM_ERR_THRESHOLD;
	struct slip39_share shares[SLIP39_MNEMONICS_MAX] = { 0 };
	struct secret *encrypted = NULL;

	*out = NULL;
	if (count < 1 || count > SLIP39_MNEMONICS_MAX)
		goto out;
	ret = shares_read(mnemonics, count, shares, bad);
	if (ret != QUORUM_OK)
		goto out;
	ret = shares_check(shares, count);
	if (ret != QUORUM_OK)
		goto out;
	ret = groups_combine(shares, count, &encrypted);
	if (ret != QUORUM_OK)
		goto out;
	ret = slip39_decrypt(&shares[0].set, passphrase, encrypted, out);
out:
	for (size_t i = 0; i < SLIP39_MNEMONICS_MAX; i++)
		secret_free(shares[i].value);
	secret_free(encrypted);
	return ret;
}

/* A random identifier; it is no secret. */
static bool
set_new(struct slip39_set *set)
{
	struct secret *random = secret_random(2);

	if (random == NULL)
		return false;
	*set = (struct slip39_set){
		.id = ((unsigned)random->data[0] << 8 | random->data[1]) &
		    ID_MASK,
		.extendable = true,
		.group_threshold = 1,
		.group_count = 1,
	};
	secret_free(random);
	return true;
}

static enum quorum_error
shares_write(const struct slip39_set *set, unsigned m, unsigned n,
    struct secret *const values[], struct secret *mnemonics[])
{
	enum quorum_error ret = QUORUM_OK;

	for (unsigned i = 0; ret == QUORUM_OK && i < n; i++) {
		struct slip39_share share = {
			.set = *set,
			.member = i,
			.member_threshold = m,
			.value = values[i],
		};

		ret = slip39_share_write(&share, &mnemonics[i]);
	}
	return ret;
}

enum quorum_error
slip39_split(const struct secret *secret, unsigned m, unsigned n,
    struct secret *mnemonics[])
{
	enum quorum_error ret = QUORUM_ERR_THRESHOLD;
	struct secret *values[SHAMIR_SHARES_MAX] = { NULL };
	struct secret *encrypted = NULL;
	struct slip39_set set = { 0 };

	/* SLIP-0039: a threshold of 1 has one share, not copies */
	if (m < 1 || m > n || n > SLIP39_MNEMONICS_MAX || (m == 1 && n > 1))
		return ret;
	for (unsigned i = 0; i < n; i++)
		mnemonics[i] = NULL;
	ret = QUORUM_ERR_ARGUMENT;
	if (secret->len != 16 && secret->len != 32)
		goto out;
	ret = QUORUM_ERR_MEMORY;
	if (!set_new(&set))
		goto out;
	ret = slip39_encrypt(&set, "", secret, &encrypted);
	if (ret != QUORUM_OK)
		goto out;
	ret = shamir_split(encrypted, m, n, values);
	if (ret != QUORUM_OK)
		goto out;
	ret = shares_write(&set, m, n, values, mnemonics);
out:
	for (unsigned i = 0; i < n; i++) {
		secret_free(values[i]);
		if (ret != QUORUM_OK) {
			secret_free(mnemonics[i]);
			mnemonics[i] = NULL;
		}
	}
	secret_free(encrypted);
	return ret;
}
