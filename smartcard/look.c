/* SPDX-License-Identifier: ISC */
#include "smartcard/look.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct looks;

/* One reader, and the thread that asks. */
struct one {
	struct looks *all;
	struct pcsc *pcsc;
	char reader[PCSC_NAME_MAX + 1];
	bool done;
	enum card_error error;
	struct schsm_info card;
};

/* Whoever is the last to use it frees it: that may be a thread. */
struct looks {
	pthread_mutex_t lock;
	pthread_cond_t one_done;
	size_t users, waiting;
	struct one one[PCSC_READERS_MAX];
};

static struct looks *
looks_new(void)
{
	struct looks *l = calloc(1, sizeof(*l));
	pthread_condattr_t attr;

	if (l == NULL)
		return NULL;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->one_done, &attr);
	pthread_condattr_destroy(&attr);
	l->users = 1;
	return l;
}

/* With the lock held, which this gives back. */
static void
looks_leave(struct looks *l)
{
	bool last = --l->users == 0;

	pthread_mutex_unlock(&l->lock);
	if (!last)
		return;
	pthread_cond_destroy(&l->one_done);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static void *
ask(void *arg)
{
	struct one *o = arg;
	struct looks *l = o->all;
	struct schsm_info card;
	enum card_error err = schsm_look(o->pcsc, o->reader, &card);

	pcsc_free(o->pcsc);
	pthread_mutex_lock(&l->lock);
	o->card = card;
	o->error = err;
	o->done = true;
	l->waiting--;
	pthread_cond_signal(&l->one_done);
	looks_leave(l);
	return NULL;
}

/* The context is made here: what it reads of the environment may be otherwise
 * by the time the thread runs. */
static enum card_error
start(struct looks *l, struct one *o, const char *reader)
{
	pthread_attr_t attr;
	pthread_t thread;
	enum card_error ret;

	o->all = l;
	memcpy(o->reader, reader, sizeof(o->reader));
	ret = pcsc_new(NULL, &o->pcsc);
	if (ret != CARD_OK)
		return ret;
	l->users++;
	l->waiting++;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, ask, o) != 0) {
		l->users--;
		l->waiting--;
		pcsc_free(o->pcsc);
		ret = CARD_ERR_MEMORY;
	}
	pthread_attr_destroy(&attr);
	return ret;
}

static struct timespec
end_of_look(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += LOOK_MS / 1000;
	t.tv_nsec += LOOK_MS % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_nsec -= 1000000000L;
		t.tv_sec++;
	}
	return t;
}

void
look_at(const struct pcsc_readers *readers, const bool *which,
    enum card_error error[PCSC_READERS_MAX],
    struct schsm_info card[PCSC_READERS_MAX])
{
	const struct timespec end = end_of_look();
	struct looks *l = looks_new();
	bool started[PCSC_READERS_MAX] = { false };

	for (size_t i = 0; i < readers->count; i++)
		if (which[i])
			error[i] = CARD_ERR_MEMORY;
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < readers->count; i++)
		if (which[i]) {
			error[i] =
			    start(l, &l->one[i], readers->reader[i].name);
			started[i] = error[i] == CARD_OK;
		}
	while (l->waiting > 0 &&
	    pthread_cond_timedwait(&l->one_done, &l->lock, &end) != ETIMEDOUT)
		;
	for (size_t i = 0; i < readers->count; i++) {
		const struct one *o = &l->one[i];

		if (!started[i])
			continue;
		error[i] = o->done ? o->error : CARD_ERR_TIMEOUT;
		if (o->done)
			card[i] = o->card;
	}
	looks_leave(l);
}
