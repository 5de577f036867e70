/* SPDX-License-Identifier: ISC */
#ifndef CA_DATE_H
#define CA_DATE_H

#include <openssl/asn1.h>
#include <stdint.h>

#include "ca/error.h"

/*
 * Dates are UTC seconds since 1970 as int64_t, or text in one of two forms:
 * compact "YYYYMMDDHHMMSSZ" (worklists, orders) and RFC 3339
 * "YYYY-MM-DDTHH:MM:SSZ" (plans, transcript).  Nothing here reads a clock.
 */
#define DATE_COMPACT_SIZE 16 /* with the final NUL */
#define DATE_RFC3339_SIZE 21
/* 99991231235959Z: no well-defined expiration date (RFC 5280, 4.1.2.5). */
#define DATE_FOREVER INT64_C(253402300799)

/* Parse; exact length, no other characters, a day that exists.
 * Returns CA_OK or CA_ERR_DATE. */
enum ca_error date_parse_compact(const char *text, int64_t *out);
enum ca_error date_parse_rfc3339(const char *text, int64_t *out);
/* Format; years 1970 to 9999.  Returns CA_OK or CA_ERR_DATE. */
enum ca_error date_format_compact(int64_t t, char out[DATE_COMPACT_SIZE]);
enum ca_error date_format_rfc3339(int64_t t, char out[DATE_RFC3339_SIZE]);
/* The same moment so many calendar years later, less one second, so that a
 * period of whole years does not count its end twice; 29 February becomes
 * 28 February.  Returns CA_OK or CA_ERR_DATE. */
enum ca_error date_end_of_years(int64_t from, unsigned years, int64_t *out);
/* Set an X.509 Time: UTCTime through 2049, GeneralizedTime from 2050 on (RFC
 * 5280, 4.1.2.5).  Returns CA_OK, CA_ERR_DATE or CA_ERR_MEMORY. */
enum ca_error date_to_asn1(int64_t t, ASN1_TIME *out);
/* Read one, of the very form date_to_asn1() sets, with seconds and Z.
 * Returns CA_OK or CA_ERR_DATE. */
enum ca_error date_from_asn1(const ASN1_TIME *in, int64_t *out);

#endif
