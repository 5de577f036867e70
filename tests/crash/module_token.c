/* SPDX-License-Identifier: ISC */
/*
 * SoftHSM's PKCS#11 module with a count of the calls that change a token or
 * sign; before the chosen one the power fails.  A call that was made is whole:
 * a token keeps what it answered for.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <string.h>

#include "tests/crash/power.h"

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST wrapped;
static struct power *power;

#define COUNT(name, parameters, arguments)                                     \
	static CK_RV counted_##name parameters                                 \
	{                                                                      \
		if (power != NULL)                                             \
			power_event(power, #name, "token");                    \
		return real->name arguments;                                   \
	}

COUNT(C_InitToken,
    (CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG len, CK_BYTE *label),
    (slot, pin, len, label))
COUNT(C_InitPIN, (CK_SESSION_HANDLE s, CK_BYTE *pin, CK_ULONG len),
    (s, pin, len))
COUNT(C_SetPIN,
    (CK_SESSION_HANDLE s, CK_BYTE *old, CK_ULONG old_len, CK_BYTE *pin,
	CK_ULONG len),
    (s, old, old_len, pin, len))
COUNT(C_CreateObject,
    (CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o),
    (s, a, n, o))
COUNT(C_CopyObject,
    (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE from, CK_ATTRIBUTE *a, CK_ULONG n,
	CK_OBJECT_HANDLE *o),
    (s, from, a, n, o))
COUNT(C_DestroyObject, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o), (s, o))
COUNT(C_SetAttributeValue,
    (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n),
    (s, o, a, n))
COUNT(C_Sign,
    (CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG len, CK_BYTE *sig,
	CK_ULONG *sig_len),
    (s, data, len, sig, sig_len))
COUNT(C_GenerateKeyPair,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *pub, CK_ULONG npub,
	CK_ATTRIBUTE *priv, CK_ULONG npriv, CK_OBJECT_HANDLE *public,
	CK_OBJECT_HANDLE *private),
    (s, m, pub, npub, priv, npriv, public, private))
#undef COUNT

static void
wrap(void)
{
	wrapped = *real;
	wrapped.C_GetFunctionList = C_GetFunctionList;
#define REPLACE(name) wrapped.name = counted_##name
	REPLACE(C_InitToken);
	REPLACE(C_InitPIN);
	REPLACE(C_SetPIN);
	REPLACE(C_CreateObject);
	REPLACE(C_CopyObject);
	REPLACE(C_DestroyObject);
	REPLACE(C_SetAttributeValue);
	REPLACE(C_Sign);
	REPLACE(C_GenerateKeyPair);
#undef REPLACE
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	CK_C_GetFunctionList get = NULL;
	void *handle, *sym;

	/* dlopen() would bring this module again: module_power sees to it */
	handle = dlmopen(LM_ID_BASE, SOFTHSM, RTLD_NOW | RTLD_LOCAL);
	sym = handle != NULL ? dlsym(handle, "C_GetFunctionList") : NULL;
	if (sym == NULL)
		return CKR_GENERAL_ERROR;
	memcpy(&get, &sym, sizeof(get));
	if (get(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	power = power_map(getenv("POWER"));
	wrap();
	*list = &wrapped;
	return CKR_OK;
}
