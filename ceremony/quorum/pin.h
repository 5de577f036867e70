/* SPDX-License-Identifier: ISC */
#ifndef QUORUM_PIN_H
#define QUORUM_PIN_H

#include <stdint.h>

#include "ceremony/quorum/error.h"
#include "smartcard/secret.h"

#define PIN_K_SIZE 32
#define PIN_S_SIZE 16
#define PIN_SO_SIZE 16 /* characters of an SO PIN */
#define PIN_DKEK_SIZE 32
#define PIN_CHECK_SIZE 32

/* User PIN of a CA token: the first 15 base64url characters of
 * HKDF-SHA256(K, salt = serial without trailing blanks, info =
 * "pin/v1|<epoch>|<policy sha256, hex>").  *out new.
 * Errors: ARGUMENT (K not PIN_K_SIZE octets, epoch 0, serial not 1 to 32
 * printable ASCII characters), MEMORY. */
enum quorum_error pin_user(const struct secret *k, const char *serial,
    uint32_t epoch, const uint8_t policy_sha256[32], struct secret **out);
/* SO PIN: lower-case hex of the first 8 octets of HKDF-SHA256(S, salt = token
 * label, info = "so-pin/v1|<n>").  *out new.
 * Errors: ARGUMENT (S not PIN_S_SIZE octets, label not 1 to 32 printable ASCII
 * characters or with a trailing blank), MEMORY. */
enum quorum_error pin_so(const struct secret *s, const char *label, uint32_t n,
    struct secret **out);
/* DKEK of the keys whose first holder has this label: HKDF-SHA256(B, salt =
 * label, info = "dkek/v1"), PIN_DKEK_SIZE octets.  *out new.  Errors: as
 * pin_so(). */
enum quorum_error
pin_dkek(const struct secret *b, const char *label, struct secret **out);
/* What tells one S, or one B, from another: HKDF-SHA256(S, no salt, info =
 * "so-check/v1"), or of B with "backup-check/v1". */
enum quorum_error
pin_so_check(const struct secret *s, uint8_t out[PIN_CHECK_SIZE]);
enum quorum_error
pin_backup_check(const struct secret *b, uint8_t out[PIN_CHECK_SIZE]);

#endif
