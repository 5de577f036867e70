/* SPDX-License-Identifier: ISC */
/*
 * SoftHSM's PKCS#11 module as cards that take their time, and break.  Lines in
 * the file that $SOFTHSM2_CONF names, with ".cards" behind, each for a token:
 *
 *	LABEL MS [WHAT AT]
 *
 * CARDS_MODULE in the environment is the path of the real module, where that
 * name leads here.
 *
 * MS          milliseconds that each of its signatures takes
 * WHAT AT     at its AT-th signature, counted by each process that uses it, but
 *             once: a file beside, with ".LABEL" behind, says that it was
 *   pull        it is gone, for this process
 *   error       CKR_DEVICE_ERROR, this time
 *   flip        a bit of the signature is wrong
 *   hang        no answer for an hour
 *   die         the process ends
 *   deaf        the process gets no message any more, but sends what it made
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ceremony/process/spawn.h"

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST cards;
static CK_SESSION_HANDLE known; /* whose card the settings below are of */
static unsigned long delay, at, signatures;
static char what[8], mark[1300];
static bool pulled;

/* The line of a label, which PKCS#11 pads with blanks. */
static void
read_card(const CK_TOKEN_INFO *info)
{
	const char *conf = getenv("SOFTHSM2_CONF");
	char path[1200], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s.cards", conf == NULL ? "" : conf);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char label[33] = "", padded[34];

		snprintf(padded, sizeof(padded), "%-32.32s",
		    sscanf(line, "%32s", label) == 1 ? label : "");
		if (memcmp(padded, info->label, sizeof(info->label)) != 0)
			continue;
		sscanf(line, "%*s %lu %7s %lu", &delay, what, &at);
		snprintf(mark, sizeof(mark), "%s.%s", path, label);
		if (access(mark, F_OK) == 0)
			at = 0;
	}
	if (f != NULL)
		fclose(f);
}

static void
know(CK_SESSION_HANDLE s)
{
	CK_SESSION_INFO session;
	CK_TOKEN_INFO info;

	if (known == s)
		return;
	known = s;
	if (real->C_GetSessionInfo(s, &session) == CKR_OK &&
	    real->C_GetTokenInfo(session.slotID, &info) == CKR_OK)
		read_card(&info);
}

static void
sleep_ms(unsigned long ms)
{
	struct timespec t = { (time_t)(ms / 1000),
		(long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static CK_RV
cards_C_Sign(CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG len, CK_BYTE *sig,
    CK_ULONG *sig_len)
{
	bool now;
	FILE *f;
	CK_RV rv;

	if (sig == NULL)
		return real->C_Sign(s, data, len, sig, sig_len);
	know(s);
	sleep_ms(delay);
	now = ++signatures == at;
	if (now && (f = fopen(mark, "w")) != NULL)
		fclose(f);
	rv = real->C_Sign(s, data, len, sig, sig_len);
	if (now && strcmp(what, "die") == 0)
		_exit(1);
	if (now && strcmp(what, "deaf") == 0)
		shutdown(SPAWN_FD, SHUT_RD);
	if (now && strcmp(what, "hang") == 0)
		sleep_ms(3600000);
	pulled = pulled || (now && strcmp(what, "pull") == 0);
	if (pulled)
		return CKR_DEVICE_REMOVED;
	if (now && strcmp(what, "error") == 0)
		return CKR_DEVICE_ERROR;
	if (now && strcmp(what, "flip") == 0 && rv == CKR_OK)
		sig[*sig_len - 1] ^= 1;
	return rv;
}

static CK_RV
cards_C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	CK_RV rv = real->C_GetSlotInfo(slot, info);

	if (rv == CKR_OK && pulled)
		info->flags &= ~(CK_FLAGS)CKF_TOKEN_PRESENT;
	return rv;
}

static CK_RV
cards_C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	return pulled ? CKR_TOKEN_NOT_PRESENT
		      : real->C_GetTokenInfo(slot, info);
}

static CK_RV
cards_C_SignInit(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE o)
{
	return pulled ? CKR_DEVICE_REMOVED : real->C_SignInit(s, m, o);
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	CK_C_GetFunctionList get = NULL;
	const char *path = getenv("CARDS_MODULE");
	void *handle =
	    dlopen(path != NULL ? path : SOFTHSM, RTLD_NOW | RTLD_LOCAL);
	void *sym = handle != NULL ? dlsym(handle, "C_GetFunctionList") : NULL;

	if (sym == NULL)
		return CKR_GENERAL_ERROR;
	memcpy(&get, &sym, sizeof(get));
	if (get(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	cards = *real;
	cards.C_GetFunctionList = C_GetFunctionList;
	cards.C_Sign = cards_C_Sign;
	cards.C_SignInit = cards_C_SignInit;
	cards.C_GetSlotInfo = cards_C_GetSlotInfo;
	cards.C_GetTokenInfo = cards_C_GetTokenInfo;
	*list = &cards;
	return CKR_OK;
}
