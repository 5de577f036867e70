/* SPDX-License-Identifier: ISC */
/*
 * A PKCS#11 module that fails and lies as told, and otherwise forwards to a
 * real one.  It is told by the environment, read at each call:
 *
 * FAKE_MODULE        path of the real module; SoftHSM's when absent
 * FAKE_CALL          a function, such as C_Sign
 * FAKE_AT            which call of it fails; absent: the first; 0: all
 * FAKE_RV            the CK_RV it then returns, such as 0x32
 * FAKE_ATTR          lies about attributes: type=value,... in hexadecimal,
 *                    such as 162=01; "-" as value: CKR_ATTRIBUTE_TYPE_INVALID
 * FAKE_POINT=raw     CKA_EC_POINT without the OCTET STRING around it
 * FAKE_FLIP          a bit of every signature is wrong
 * FAKE_FLAGS         added to the flags of every token, such as 0x40000
 * FAKE_LABEL         of the one token that FAKE_FLAGS is about
 * FAKE_BARE          the token of this label takes no objects
 * FAKE_SUFFIX        appended to the label of every token
 * FAKE_MANUFACTURER  said by C_GetInfo
 * FAKE_SO_TRIES      wrong SO PINs that every token still takes: counted down,
 *                    told in the token's flags, and none is tried behind the
 *                    last
 * FAKE_PIN           typed at the PIN pad: used by C_Login without a PIN
 *
 * A program that passes on no such environment is told by lines NAME=value in
 * the file that $SOFTHSM2_CONF names, with ".fake" behind; read when loaded.
 *
 * A call that failed once is spent: FAKE_CALL is then gone from the
 * environment, which shows a test that the call was made.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST fake;
static unsigned long calls; /* of FAKE_CALL, since it was set */

static unsigned long
number(const char *name, unsigned long absent)
{
	const char *text = getenv(name);

	return text != NULL ? strtoul(text, NULL, 0) : absent;
}

/* What this call is to return instead of being made; CKR_OK: make it. */
static CK_RV
planned(const char *function)
{
	const char *call = getenv("FAKE_CALL");
	unsigned long at = number("FAKE_AT", 1);

	if (call == NULL || strcmp(call, function) != 0)
		return CKR_OK;
	if (at != 0 && ++calls != at)
		return CKR_OK;
	if (at != 0) {
		calls = 0;
		unsetenv("FAKE_CALL");
	}
	return number("FAKE_RV", CKR_GENERAL_ERROR);
}

/* A whole function that only fails or forwards. */
#define FORWARD(name, parameters, arguments)                                   \
	static CK_RV fake_##name parameters                                    \
	{                                                                      \
		CK_RV rv = planned(#name);                                     \
                                                                               \
		return rv != CKR_OK ? rv : real->name arguments;               \
	}

FORWARD(C_Initialize, (void *args), (args))
FORWARD(C_Finalize, (void *reserved), (reserved))
FORWARD(C_GetSlotList, (CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *n),
    (present, list, n))
FORWARD(C_GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO *info), (slot, info))
FORWARD(C_InitPIN, (CK_SESSION_HANDLE s, CK_BYTE *pin, CK_ULONG len),
    (s, pin, len))
FORWARD(C_SetPIN,
    (CK_SESSION_HANDLE s, CK_BYTE *old, CK_ULONG old_len, CK_BYTE *pin,
	CK_ULONG len),
    (s, old, old_len, pin, len))
FORWARD(C_OpenSession,
    (CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
	CK_SESSION_HANDLE *s),
    (slot, flags, app, notify, s))
FORWARD(C_CloseSession, (CK_SESSION_HANDLE s), (s))
FORWARD(C_CloseAllSessions, (CK_SLOT_ID slot), (slot))
FORWARD(C_GetSessionInfo, (CK_SESSION_HANDLE s, CK_SESSION_INFO *info),
    (s, info))
FORWARD(C_Logout, (CK_SESSION_HANDLE s), (s))
FORWARD(C_DestroyObject, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o), (s, o))
FORWARD(C_SetAttributeValue,
    (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n),
    (s, o, a, n))
FORWARD(C_FindObjectsInit, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n),
    (s, a, n))
FORWARD(C_FindObjects,
    (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *o, CK_ULONG max, CK_ULONG *n),
    (s, o, max, n))
FORWARD(C_FindObjectsFinal, (CK_SESSION_HANDLE s), (s))
FORWARD(C_SignInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE o),
    (s, m, o))
FORWARD(C_GenerateKeyPair,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *pub, CK_ULONG npub,
	CK_ATTRIBUTE *priv, CK_ULONG npriv, CK_OBJECT_HANDLE *public,
	CK_OBJECT_HANDLE *private),
    (s, m, pub, npub, priv, npriv, public, private))
FORWARD(C_DeriveKey,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE base,
	CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o),
    (s, m, base, a, n, o))
FORWARD(C_GenerateRandom, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG len),
    (s, out, len))
#undef FORWARD

/* ---- tries of the SO PIN, which SoftHSM does not count -------------------- */

#define SO_TRIES "FAKE_SO_TRIES"

static CK_FLAGS
so_flags(void)
{
	const unsigned long tries = number(SO_TRIES, 100);

	return tries == 0 ? CKF_SO_PIN_LOCKED
	    : tries == 1  ? CKF_SO_PIN_FINAL_TRY
	    : tries == 2  ? CKF_SO_PIN_COUNT_LOW
			  : 0;
}

/* A wrong one costs a try. */
static CK_RV
so_counted(CK_RV rv)
{
	char text[32];

	if (getenv(SO_TRIES) != NULL && rv == CKR_PIN_INCORRECT) {
		snprintf(text, sizeof(text), "%lu", number(SO_TRIES, 1) - 1);
		setenv(SO_TRIES, text, 1);
	}
	return rv;
}

static CK_RV
fake_C_InitToken(CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG len, CK_BYTE *label)
{
	CK_RV rv = planned("C_InitToken");

	if (rv == CKR_OK && number(SO_TRIES, 1) == 0)
		rv = CKR_PIN_LOCKED;
	return rv != CKR_OK
	    ? rv
	    : so_counted(real->C_InitToken(slot, pin, len, label));
}

static CK_RV
fake_C_GetInfo(CK_INFO *info)
{
	const char *name = getenv("FAKE_MANUFACTURER");
	CK_RV rv = planned("C_GetInfo");

	if (rv == CKR_OK)
		rv = real->C_GetInfo(info);
	if (rv == CKR_OK && name != NULL) {
		size_t len = strnlen(name, sizeof(info->manufacturerID));

		memset(info->manufacturerID, ' ', sizeof(info->manufacturerID));
		memcpy(info->manufacturerID, name, len);
	}
	return rv;
}

static void
append_label(CK_TOKEN_INFO *info, const char *suffix)
{
	size_t len = sizeof(info->label), add = strlen(suffix);

	while (len > 0 && info->label[len - 1] == ' ')
		len--;
	if (len + add <= sizeof(info->label))
		memcpy(info->label + len, suffix, add);
}

/* Labels are padded with blanks. */
static bool
has_label(const CK_TOKEN_INFO *info, const char *label)
{
	size_t len = strlen(label);

	return len < sizeof(info->label) &&
	    memcmp(info->label, label, len) == 0 && info->label[len] == ' ';
}

static bool
is_meant(const CK_TOKEN_INFO *info)
{
	const char *label = getenv("FAKE_LABEL");

	return label == NULL || has_label(info, label);
}

static CK_RV
fake_C_CreateObject(CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n,
    CK_OBJECT_HANDLE *o)
{
	const char *bare = getenv("FAKE_BARE");
	CK_RV rv = planned("C_CreateObject");
	CK_SESSION_INFO session;
	CK_TOKEN_INFO token;

	if (rv == CKR_OK && bare != NULL &&
	    real->C_GetSessionInfo(s, &session) == CKR_OK &&
	    real->C_GetTokenInfo(session.slotID, &token) == CKR_OK &&
	    has_label(&token, bare))
		rv = CKR_FUNCTION_NOT_SUPPORTED;
	return rv != CKR_OK ? rv : real->C_CreateObject(s, a, n, o);
}

static CK_RV
fake_C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	const char *suffix = getenv("FAKE_SUFFIX");
	CK_RV rv = planned("C_GetTokenInfo");

	if (rv == CKR_OK)
		rv = real->C_GetTokenInfo(slot, info);
	if (rv != CKR_OK)
		return rv;
	if (is_meant(info))
		info->flags |= number("FAKE_FLAGS", 0);
	info->flags |= so_flags();
	if (suffix != NULL)
		append_label(info, suffix);
	return CKR_OK;
}

static CK_RV
fake_C_Login(CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG len)
{
	char *typed = getenv("FAKE_PIN");
	CK_RV rv = planned("C_Login");

	if (rv == CKR_OK && user == CKU_SO && number(SO_TRIES, 1) == 0)
		rv = CKR_PIN_LOCKED;
	if (rv != CKR_OK)
		return rv;
	if (user == CKU_SO)
		return so_counted(real->C_Login(s, user, pin, len));
	if (pin == NULL && typed != NULL)
		return real->C_Login(s, user, (CK_BYTE *)typed, strlen(typed));
	return real->C_Login(s, user, pin, len);
}

/* A failing C_Sign ends the operation, as a real one does. */
static CK_RV
fake_C_Sign(CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG len, CK_BYTE *sig,
    CK_ULONG *sig_len)
{
	CK_RV rv = planned("C_Sign");
	CK_RV done = real->C_Sign(s, data, len, sig, sig_len);

	if (rv != CKR_OK)
		return rv;
	if (done == CKR_OK && sig != NULL && getenv("FAKE_FLIP") != NULL)
		sig[*sig_len - 1] ^= 1;
	return done;
}

/* The text after "=" of the lie about an attribute; NULL: there is none. */
static const char *
find_lie(CK_ATTRIBUTE_TYPE type)
{
	const char *p = getenv("FAKE_ATTR");

	while (p != NULL && *p != '\0') {
		char *value;

		if (strtoul(p, &value, 16) == type && *value == '=')
			return value + 1;
		p = strchr(p, ',');
		p = p != NULL ? p + 1 : NULL;
	}
	return NULL;
}

static CK_RV
tell_lie(CK_ATTRIBUTE *attr, const char *hex)
{
	CK_BYTE *out = attr->pValue;
	CK_ULONG len = strspn(hex, "0123456789abcdef") / 2;

	if (*hex == '-')
		return CKR_ATTRIBUTE_TYPE_INVALID;
	if (out != NULL && attr->ulValueLen < len)
		return CKR_BUFFER_TOO_SMALL;
	attr->ulValueLen = len;
	for (CK_ULONG i = 0; out != NULL && i < len; i++) {
		char octet[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		out[i] = (CK_BYTE)strtoul(octet, NULL, 16);
	}
	return CKR_OK;
}

/* CKA_EC_POINT as modules before PKCS#11 2.20 had it. */
static CK_RV
raw_point(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *attr)
{
	CK_BYTE buf[256];
	CK_ATTRIBUTE whole = { CKA_EC_POINT, buf, sizeof(buf) };
	CK_RV rv = real->C_GetAttributeValue(s, o, &whole, 1);

	if (rv != CKR_OK)
		return rv;
	whole.ulValueLen -= 2;
	if (attr->pValue != NULL && attr->ulValueLen < whole.ulValueLen)
		return CKR_BUFFER_TOO_SMALL;
	if (attr->pValue != NULL)
		memcpy(attr->pValue, buf + 2, whole.ulValueLen);
	attr->ulValueLen = whole.ulValueLen;
	return CKR_OK;
}

static CK_RV
fake_C_GetAttributeValue(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE *a, CK_ULONG n)
{
	CK_RV rv = planned("C_GetAttributeValue");

	if (rv != CKR_OK)
		return rv;
	for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++) {
		const char *hex = find_lie(a[i].type);

		if (hex != NULL)
			rv = tell_lie(&a[i], hex);
		else if (a[i].type == CKA_EC_POINT && getenv("FAKE_POINT"))
			rv = raw_point(s, o, &a[i]);
		else
			rv = real->C_GetAttributeValue(s, o, &a[i], 1);
	}
	return rv;
}

static void
read_settings(void)
{
	const char *conf = getenv("SOFTHSM2_CONF");
	char path[1200], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s.fake", conf == NULL ? "" : conf);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char *value = strchr(line, '=');
		if (value == NULL)
			continue;
		*value++ = '\0';
		value[strcspn(value, "\n")] = '\0';
		setenv(line, value, 1);
	}
	if (f != NULL)
		fclose(f);
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	const char *path;
	CK_C_GetFunctionList get = NULL;
	void *handle, *sym;

	read_settings();
	path = getenv("FAKE_MODULE");
	handle = dlopen(path != NULL ? path : SOFTHSM, RTLD_NOW | RTLD_LOCAL);
	sym = handle != NULL ? dlsym(handle, "C_GetFunctionList") : NULL;
	if (sym == NULL)
		return CKR_GENERAL_ERROR;
	memcpy(&get, &sym, sizeof(get));
	if (get(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	fake = *real;
	fake.C_GetFunctionList = C_GetFunctionList;
#define REPLACE(name) fake.name = fake_##name
	REPLACE(C_Initialize);
	REPLACE(C_Finalize);
	REPLACE(C_GetInfo);
	REPLACE(C_GetSlotList);
	REPLACE(C_GetSlotInfo);
	REPLACE(C_GetTokenInfo);
	REPLACE(C_InitToken);
	REPLACE(C_InitPIN);
	REPLACE(C_SetPIN);
	REPLACE(C_OpenSession);
	REPLACE(C_CloseSession);
	REPLACE(C_CloseAllSessions);
	REPLACE(C_GetSessionInfo);
	REPLACE(C_Login);
	REPLACE(C_Logout);
	REPLACE(C_CreateObject);
	REPLACE(C_DestroyObject);
	REPLACE(C_GetAttributeValue);
	REPLACE(C_SetAttributeValue);
	REPLACE(C_FindObjectsInit);
	REPLACE(C_FindObjects);
	REPLACE(C_FindObjectsFinal);
	REPLACE(C_SignInit);
	REPLACE(C_Sign);
	REPLACE(C_GenerateKeyPair);
	REPLACE(C_DeriveKey);
	REPLACE(C_GenerateRandom);
#undef REPLACE
	*list = &fake;
	return CKR_OK;
}
