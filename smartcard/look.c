/* SPDX-License-Identifier: ISC */
#include "smartcard/look.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One reader, and the thread that asks. */
struct look {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	struct pcsc *pcsc;
	char reader[PCSC_NAME_MAX + 1];
	bool done;
	bool left; /* nobody waits for it: it frees itself */
	enum card_error error;
	struct schsm_info card;
};

static void
look_free(struct look *l)
{
	pcsc_free(l->pcsc);
	pthread_cond_destroy(&l->ended);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static enum card_error
look_new(const char *reader, struct look **out)
{
	struct look *l = calloc(1, sizeof(*l));
	pthread_condattr_t attr;
	enum card_error ret;

	*out = l;
	if (l == NULL)
		return CARD_ERR_MEMORY;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->ended, &attr);
	pthread_condattr_destroy(&attr);
	memcpy(l->reader, reader, sizeof(l->reader));
	ret = pcsc_new(NULL, &l->pcsc);
	if (ret != CARD_OK) {
		look_free(l);
		*out = NULL;
	}
	return ret;
}

static void *
ask(void *arg)
{
	struct look *l = arg;
	struct schsm_info card;
	enum card_error err = schsm_look(l->pcsc, l->reader, &card);
	bool left;

	pthread_mutex_lock(&l->lock);
	l->card = card;
	l->error = err;
	l->done = true;
	left = l->left;
	pthread_cond_signal(&l->ended);
	pthread_mutex_unlock(&l->lock);
	if (left)
		look_free(l);
	return NULL;
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

static bool
ends_in_time(struct look *l)
{
	const struct timespec end = end_of_look();
	bool done;

	pthread_mutex_lock(&l->lock);
	while (!l->done &&
	    pthread_cond_timedwait(&l->ended, &l->lock, &end) != ETIMEDOUT)
		;
	done = l->done;
	pthread_mutex_unlock(&l->lock);
	return done;
}

/* False when it has ended after all. */
static bool
leave(struct look *l)
{
	bool done;

	pthread_mutex_lock(&l->lock);
	done = l->done;
	l->left = !done;
	pthread_mutex_unlock(&l->lock);
	return !done;
}

static enum card_error
look_at_one(const char *reader, struct schsm_info *card)
{
	struct look *l;
	pthread_t thread;
	enum card_error ret = look_new(reader, &l);
	bool in_time;

	if (ret != CARD_OK)
		return ret;
	if (pthread_create(&thread, NULL, ask, l) != 0) {
		look_free(l);
		return CARD_ERR_MEMORY;
	}
	in_time = ends_in_time(l);
	if (!in_time && !pcsc_break(l->pcsc) && leave(l)) {
		pthread_detach(thread);
		return CARD_ERR_TIMEOUT;
	}
	pthread_join(thread, NULL);
	ret = in_time ? l->error : CARD_ERR_TIMEOUT;
	if (ret == CARD_OK)
		*card = l->card;
	look_free(l);
	return ret;
}

void
look_at(const struct pcsc_readers *readers, const bool *which,
    enum card_error error[PCSC_READERS_MAX],
    struct schsm_info card[PCSC_READERS_MAX])
{
	for (size_t i = 0; i < readers->count; i++)
		if (which[i])
			error[i] =
			    look_at_one(readers->reader[i].name, &card[i]);
}
