/* SPDX-License-Identifier: ISC */
#ifndef TESTS_CARD_CARD_STATE_H
#define TESTS_CARD_CARD_STATE_H

/*
 * What a card keeps without power, and the text file it keeps it in:
 *
 *   virtual-card 1
 *   serial ANC00000001
 *   device HEX                  its own key, DER of a PrivateKey
 *   pin TRIES MOST HEX          tries left, of how many, the PIN
 *   so TRIES MOST HEX
 *   unblock 1                   the SO may set the user PIN
 *   dkek SHARES MISSING HEX     the shares so far, xored
 *   key REFERENCE USES HEX      hexadecimal, decimal, DER of a PrivateKey
 *   gone REFERENCE USES         of the last key deleted that was called so
 *   file FID HEX                "-": no octets
 *
 * A PIN or DKEK that is not set has no line.  Each command that changes
 * anything, and every use of a key does, replaces the file: on ext4 that takes
 * ten times as long as a signature, so what measures has its cards in /dev/shm.
 */

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_SERIAL_LEN 11
#define CARD_PIN_MAX 16
#define CARD_FILES_MAX 512
#define CARD_FILE_MAX 16384
#define CARD_DKEK_LEN 32

struct card_pin {
	bool set;
	unsigned tries, most;
	size_t len;
	uint8_t value[CARD_PIN_MAX];
};

struct card_key {
	EVP_PKEY *key; /* NULL: no such key */
	unsigned long uses;
	uint8_t
	    *der; /* of the key, once it was written: OpenSSL takes its time */
	size_t der_len;
};

struct card_file {
	uint16_t fid;
	size_t len;
	uint8_t *data;
};

struct card_dkek {
	bool set;
	unsigned shares, missing;
	uint8_t key[CARD_DKEK_LEN];
};

struct card_state {
	char serial[CARD_SERIAL_LEN + 1];
	struct card_key device;
	struct card_pin user, so;
	bool unblock; /* may the SO set the user PIN? */
	struct card_dkek dkek;
	struct card_key keys[256];
	unsigned long gone[256]; /* uses of keys deleted, and 1; 0: none was */
	struct card_file files[CARD_FILES_MAX];
	size_t file_count;
};

/* Free what it owns; then it is empty. */
void card_key_clear(struct card_key *k);
void card_state_clear(struct card_state *s);
/* Fill an empty state; 0, or -1: errno is ENOENT when there is no such file,
 * EINVAL when it is not of this form. */
int card_state_load(struct card_state *s, const char *path);
/* Write it in whole or not at all.  0, or -1 and errno. */
int card_state_save(struct card_state *s, const char *path);

/* The file of an identifier, or NULL. */
struct card_file *card_file_find(struct card_state *s, uint16_t fid);
/* Write octets at an offset, making the file and filling a gap with zeros as
 * needed; false when there is no room. */
bool card_file_write(struct card_state *s, uint16_t fid, size_t offset,
    const uint8_t *data, size_t len);
/* False when there is no such file. */
bool card_file_remove(struct card_state *s, uint16_t fid);

#endif
