/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_QR_FIND_H
#define TRANSFER_QR_FIND_H

#include "transfer/picture.h"

#define QR_FIND_MAX 256       /* codes of a picture that are looked at */
#define QR_FIND_TEXT_MAX 7089 /* characters of the fullest code: v40-L */

/* Finds QR codes in pictures; other codes that zbar knows are off. */
struct qr_finder;
struct qr_finder *qr_finder_new(void); /* NULL: out of memory */
void qr_finder_free(struct qr_finder *f);

/* What a code holds, octets as they are; text is not ended. */
typedef void qr_found(void *arg, const char *text, size_t len);
/* Call take for each code found in p, however it lies.  Returns how many. */
unsigned qr_find(struct qr_finder *f, const struct picture *p, qr_found *take,
    void *arg);

/*
 * How many ways to look at a picture: smoothed is best for photographs; as it
 * is for small drawn ones; smoothed and halved for large ones with noise.
 */
enum qr_ways {
	QR_ONE_WAY,  /* smoothed: frames of a camera, where more will come */
	QR_IF_NONE,  /* the others when that finds none */
	QR_ALL_WAYS, /* for sheets of many codes, of which each finds some */
	QR_WAYS_COUNT
};
/* Look at p, which is left smoothed and perhaps halved.  The same code may
 * be taken more than once.  *count (of calls) may be NULL.  Error: MEMORY. */
enum transfer_error qr_look(struct qr_finder *f, struct picture *p,
    enum qr_ways ways, qr_found *take, void *arg, unsigned *count);

#endif
