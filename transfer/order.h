/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_ORDER_H
#define TRANSFER_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "transfer/error.h"

#define ORDER_NAME_MAX 64
#define ORDER_PATTERN_MAX 128
#define ORDER_SUBJECT_MAX 512
#define ORDER_QUOTA_MAX 10000000u
#define STATION_CERT_MAX 4096

/*
 * .station: {"kind":"station","v":1,"factory":..,"line":..,"certificate":b64}
 * sealed by the station key itself.  Only its SPKI digest counts.
 */
struct station {
	char factory[ORDER_NAME_MAX + 1];
	char line[ORDER_NAME_MAX + 1];
	uint8_t *certificate; /* DER; free() */
	size_t certificate_len;
};
/* Writers: texts and certificate must be within their limits and printable
 * ASCII, dates well formed, quota at least 1, else ARGUMENT; also MEMORY.
 * Readers check form only: what a pattern, a subject or a profile means is
 * not known here.  Errors: SIZE, LINE, KIND, FIELD, PRIVATE (a station's
 * certificate that is a private key), MEMORY; *out is zeroed then. */
enum transfer_error
station_write(const struct station *s, char **payload, size_t *len);
enum transfer_error station_read(const char *payload, size_t len,
    struct station *out, struct transfer_fault *fault);
void station_clear(struct station *s);

/*
 * .order: one line {"kind":"order","v":1,"log":..,"factory":..,"line":..,
 * "station":<spki sha256>,"pattern":..,"subject":..,"profile":..,"quota":n,
 * "expiry":date,"receipts":date}, sealed by the product CA's sealer.
 */
struct order {
	char log[ORDER_SUBJECT_MAX + 1];
	char factory[ORDER_NAME_MAX + 1];
	char line[ORDER_NAME_MAX + 1];
	uint8_t station[32];
	char pattern[ORDER_PATTERN_MAX + 1];
	char subject[ORDER_SUBJECT_MAX + 1]; /* template */
	char profile[ORDER_NAME_MAX + 1];
	uint64_t quota;
	char expiry[16];   /* YYYYMMDDHHMMSSZ */
	char receipts[16]; /* deadline of receipts */
};
enum transfer_error
order_write(const struct order *o, char **payload, size_t *len);
enum transfer_error order_read(const char *payload, size_t len,
    struct order *out, struct transfer_fault *fault);

#endif
