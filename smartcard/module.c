/* SPDX-License-Identifier: ISC */
#include "smartcard/module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smartcard/evp_key.h"
#include "smartcard/opensc.h"
#include "smartcard/rv.h"

#define SLOTS_MAX 1024 /* a module that says more is broken */

#if defined(__aarch64__)
#define LIBDIR "/usr/lib/aarch64-linux-gnu/"
#else
#define LIBDIR "/usr/lib/x86_64-linux-gnu/"
#endif

static const struct {
	const char *name, *path;
} modules[] = {
	{ "softhsm", "/usr/lib/softhsm/libsofthsm2.so" },
	{ "opensc", LIBDIR "opensc-pkcs11.so" },
};

const char *
module_path(const char *name)
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (strcmp(name, modules[i].name) == 0)
			return modules[i].path;
	return name;
}

enum card_error
module_error(struct module *m, CK_RV rv)
{
	if (rv != CKR_OK)
		m->last_rv = rv;
	return rv_error(rv);
}

const char *
module_last_rv(const struct module *m)
{
	return rv_name(m->last_rv);
}

static bool
module_open(struct module *m)
{
	CK_C_GetFunctionList get = NULL;
	void *sym;

	/* a bare name would be looked for in LD_LIBRARY_PATH */
	if (strchr(m->path, '/') == NULL)
		return false;
	m->handle = dlopen(m->path, RTLD_NOW | RTLD_LOCAL);
	if (m->handle == NULL)
		return false;
	sym = dlsym(m->handle, "C_GetFunctionList");
	if (sym == NULL)
		return false;
	/* ISO C has no cast from an object pointer to a function's */
	memcpy(&get, &sym, sizeof(get));
	return get(&m->f) == CKR_OK && m->f != NULL;
}

/* PKCS#11 pads with blanks and has no NUL; some modules put one there.  A card
 * may say what it likes, and people will see it: printable ASCII only. */
static void
copy_text(char *dst, const unsigned char *src, size_t len)
{
	len = strnlen((const char *)src, len);
	while (len > 0 && src[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < len; i++)
		dst[i] = src[i] < ' ' || src[i] > '~' ? '?' : (char)src[i];
	dst[len] = '\0';
}

static void
copy_version(struct module *m, const CK_INFO *info)
{
	char name[sizeof(info->libraryDescription) + 1];

	copy_text(name, info->libraryDescription,
	    sizeof(info->libraryDescription));
	snprintf(m->version, sizeof(m->version), "%s %u.%u", name,
	    info->libraryVersion.major, info->libraryVersion.minor);
}

/* OpenSC is told by C_GetInfo, not by its path: p11-kit may stand between. */
static enum card_error
module_identify(struct module *m)
{
	CK_INFO info = { 0 };
	static const char opensc[] = "OpenSC Project";
	CK_RV rv;

	rv = m->f->C_GetInfo(&info);
	if (rv == CKR_OK)
		copy_version(m, &info);
	m->opensc =
	    memcmp(info.manufacturerID, opensc, sizeof(opensc) - 1) == 0;
	return module_error(m, rv);
}

static enum card_error
module_initialize(struct module *m)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	enum card_error ret;
	CK_RV rv;

	rv = m->f->C_Initialize(&args);
	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return module_error(m, rv);
	ret = module_identify(m);
	if (ret != CARD_OK)
		m->f->C_Finalize(NULL);
	return ret;
}

static enum card_error
initialize_with(struct module *m, const char *text)
{
	struct opensc_conf conf;
	enum card_error ret;
	char *kept = strdup(text);

	if (kept == NULL)
		return CARD_ERR_MEMORY;
	free(m->conf);
	m->conf = kept;
	ret = opensc_conf_enter(&conf, text);
	if (ret != CARD_OK)
		return ret;
	ret = module_initialize(m);
	opensc_conf_leave(&conf);
	return ret;
}

static bool
is_opensc(const struct module *m)
{
	return dlsym(m->handle, "sc_context_create") != NULL;
}

/* OpenSC takes every card it sees, right in C_Initialize: while we only ask
 * who it is, it sees none.  A module that we do not recognise before is asked
 * as it is. */
static enum card_error
initialize_unseeing(struct module *m)
{
	struct pcsc_readers none = { .count = 0 };
	char text[OPENSC_CONF_MAX], provider[1024];
	enum card_error ret;

	if (!is_opensc(m))
		return module_initialize(m);
	pcsc_provider(provider, sizeof(provider));
	ret = opensc_conf_text(provider, &none, NULL, false, text);
	return ret == CARD_OK ? initialize_with(m, text) : ret;
}

static void
module_close(struct module *m)
{
	if (m->handle != NULL)
		dlclose(m->handle);
	m->handle = NULL;
	m->f = NULL;
}

enum card_error
module_start(struct module *m, const char *conf)
{
	enum card_error ret = CARD_ERR_LOAD;

	if (m->handle != NULL)
		return CARD_OK;
	if (module_open(m))
		ret = conf != NULL ? initialize_with(m, conf)
				   : initialize_unseeing(m);
	if (ret != CARD_OK)
		module_close(m);
	return ret;
}

void
module_pause(struct module *m)
{
	/* libp11's unloading calls C_Finalize; a second one would be an error
	 * in some modules */
	if (m->libp11 != NULL)
		libp11_free(m->libp11);
	else
		m->f->C_Finalize(NULL);
	m->libp11 = NULL;
}

enum card_error
module_resume(struct module *m, const char *conf)
{
	return initialize_with(m, conf);
}

void
module_stop(struct module *m)
{
	if (m->handle == NULL)
		return;
	module_pause(m);
	module_close(m);
}

enum card_error
module_load(const char *name, struct module **out)
{
	struct module *m;
	enum card_error ret = CARD_ERR_MEMORY;

	*out = NULL;
	if (name == NULL)
		return CARD_ERR_ARGUMENT;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return CARD_ERR_MEMORY;
	m->path = strdup(module_path(name));
	if (m->path == NULL)
		goto out;
	ret = module_start(m, NULL);
	if (ret != CARD_OK)
		goto out;
	m->per_card = m->opensc && is_opensc(m);
	if (m->per_card)
		module_stop(m);
	*out = m;
	m = NULL;
out:
	module_free(m);
	return ret;
}

void
module_free(struct module *m)
{
	if (m == NULL)
		return;
	opensc_drop(m);
	module_stop(m);
	free(m->path);
	free(m->conf);
	free(m->card);
	free(m);
}

void
module_pin_pad(struct module *m, bool use)
{
	m->pin_pad = use;
}

const char *
module_unread(const struct module *m)
{
	return m->unread;
}

void
module_blank(struct module *m, const char *serial, const char *others)
{
	strncpy(m->blank, serial, sizeof(m->blank) - 1);
	strncpy(m->others, others, sizeof(m->others) - 1);
}

enum card_error
module_slots(struct module *m, CK_SLOT_ID **ids, CK_ULONG *count)
{
	CK_RV rv;

	*ids = NULL;
	*count = 0;
	/* asking for the number is also what makes a module look again */
	rv = m->f->C_GetSlotList(CARD_YES, NULL, count);
	if (rv != CKR_OK)
		return module_error(m, rv);
	if (*count > SLOTS_MAX)
		return module_error(m, CKR_GENERAL_ERROR);
	*ids = calloc(*count + 1, sizeof(**ids));
	if (*ids == NULL)
		return CARD_ERR_MEMORY;
	rv = m->f->C_GetSlotList(CARD_YES, *ids, count);
	if (rv != CKR_OK) {
		free(*ids);
		*ids = NULL;
	}
	return module_error(m, rv);
}

static void
strip_suffix(char *label, const char *suffix)
{
	size_t len = strlen(label), n = strlen(suffix);

	if (len > n && strcmp(label + len - n, suffix) == 0)
		label[len - n] = '\0';
}

static void
copy_flags(struct token_info *out, CK_FLAGS flags)
{
	out->initialised = (flags & CKF_TOKEN_INITIALIZED) != 0;
	out->user_pin_set = (flags & CKF_USER_PIN_INITIALIZED) != 0;
	out->pin_count_low = (flags & CKF_USER_PIN_COUNT_LOW) != 0;
	out->pin_final_try = (flags & CKF_USER_PIN_FINAL_TRY) != 0;
	out->pin_locked = (flags & CKF_USER_PIN_LOCKED) != 0;
	out->so_count_low = (flags & CKF_SO_PIN_COUNT_LOW) != 0;
	out->so_final_try = (flags & CKF_SO_PIN_FINAL_TRY) != 0;
	out->so_locked = (flags & CKF_SO_PIN_LOCKED) != 0;
	out->pin_pad = (flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
}

enum card_error
module_slot_info(struct module *m, CK_SLOT_ID slot, struct token_info *out,
    bool *present)
{
	CK_TOKEN_INFO info = { 0 };
	CK_SLOT_INFO reader = { 0 };
	CK_RV rv;

	memset(out, 0, sizeof(*out));
	*present = false;
	rv = m->f->C_GetTokenInfo(slot, &info);
	if (rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_TOKEN_NOT_RECOGNIZED)
		return CARD_OK;
	if (rv == CKR_OK)
		rv = m->f->C_GetSlotInfo(slot, &reader);
	if (rv != CKR_OK)
		return module_error(m, rv);
	out->slot = slot;
	copy_text(out->label, info.label, sizeof(info.label));
	strip_suffix(out->label, " (UserPIN)");
	copy_text(out->serial, info.serialNumber, sizeof(info.serialNumber));
	copy_text(out->model, info.model, sizeof(info.model));
	copy_text(out->reader, reader.slotDescription,
	    sizeof(reader.slotDescription));
	copy_flags(out, info.flags);
	out->pin_pad = out->pin_pad && m->pin_pad;
	if (m->card != NULL && strcmp(out->serial, m->card->serial) == 0)
		opensc_complete(m->card, out);
	*present = true;
	return CARD_OK;
}

enum card_error
token_list(struct module *m, struct token_info *out, size_t *count)
{
	CK_SLOT_ID *ids = NULL;
	CK_ULONG n = 0;
	enum card_error ret;

	*count = 0;
	if (m->per_card)
		return opensc_list(m, out, count);
	ret = module_slots(m, &ids, &n);
	for (CK_ULONG i = 0; ret == CARD_OK && i < n; i++) {
		bool present = false;

		if (*count == TOKEN_LIST_MAX)
			break;
		ret = module_slot_info(m, ids[i], &out[*count], &present);
		if (present)
			(*count)++;
	}
	free(ids);
	return ret;
}
