/* SPDX-License-Identifier: ISC */
#include "ceremony/process/signer_cell.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smartcard/pcsc.h"
#include "smartcard/token.h"

#define SOFTHSM_CONF "/etc/softhsm/softhsm2.conf" /* without SOFTHSM2_CONF */
#define SOFTHSM_CONF_MAX 8192
#define TOKENDIR "directories.tokendir"
#define BLANK " \t"

/* What a signer opens by name, its libraries and /dev apart. */
struct files {
	char softhsm[PATH_MAX]; /* the folder of its tokens */
	char provider[PATH_MAX];
	char module[PATH_MAX];
	struct sandbox_path paths[8];
};

bool
softhsm_folder(const char *text, char *out, size_t size)
{
	bool found = false;

	while (text != NULL && *text != '\0') {
		const char *at = text + strspn(text, BLANK);
		size_t len;

		text = strchr(text, '\n');
		text = text == NULL ? NULL : text + 1;
		if (strncmp(at, TOKENDIR, strlen(TOKENDIR)) != 0)
			continue;
		at += strlen(TOKENDIR);
		at += strspn(at, BLANK);
		if (*at++ != '=')
			continue;
		at += strspn(at, BLANK);
		len = strcspn(at, "#\r\n");
		while (len > 0 && strchr(BLANK, at[len - 1]) != NULL)
			len--;
		if (len == 0 || len >= size)
			continue;
		memcpy(out, at, len); /* the last one counts */
		out[len] = '\0';
		found = true;
	}
	return found;
}

static const char *
softhsm_conf(void)
{
	const char *path = getenv("SOFTHSM2_CONF");

	return path == NULL ? SOFTHSM_CONF : path;
}

/* "" where there is none: then SoftHSM has no token either. */
static void
find_softhsm(char *out, size_t size)
{
	char text[SOFTHSM_CONF_MAX + 1];
	FILE *in = fopen(softhsm_conf(), "re");
	size_t len = in == NULL ? 0 : fread(text, 1, SOFTHSM_CONF_MAX, in);

	if (in != NULL)
		fclose(in);
	text[len] = '\0';
	if (!softhsm_folder(text, out, size))
		out[0] = '\0';
}

static void
add(struct files *f, size_t *n, const char *path, unsigned rights)
{
	if (path != NULL && path[0] != '\0')
		f->paths[(*n)++] = (struct sandbox_path){ path, rights };
}

static void
find_files(struct files *f, bool soft, bool card, const char *module)
{
	size_t n = 0;

	memset(f, 0, sizeof(*f));
	snprintf(f->module, sizeof(f->module), "%s", module);
	add(f, &n, f->module, SANDBOX_READ);
	if (soft) {
		find_softhsm(f->softhsm, sizeof(f->softhsm));
		add(f, &n, softhsm_conf(), SANDBOX_READ);
		add(f, &n, f->softhsm, SANDBOX_READ | SANDBOX_WRITE);
	}
	if (card) {
		pcsc_provider(f->provider, sizeof(f->provider));
		add(f, &n, getenv("OPENSC_CONF"), SANDBOX_READ);
		add(f, &n, f->provider, SANDBOX_READ);
	}
}

static bool
narrow(enum sandbox_role role, bool soft, bool card, const char *module)
{
	char level[SANDBOX_LEVEL_MAX];
	struct files f;

	find_files(&f, soft, card, module);
	return sandbox_enter(role, f.paths, level, sizeof(level)) == 0;
}

bool
signer_cell_enter(char *level, size_t size)
{
	struct files f;

	find_files(&f, true, true, "");
	return sandbox_enter(SANDBOX_SIGNER, f.paths, level, size) == 0;
}

/* A module that neither name is of may be either behind another name. */
bool
signer_cell_module(const char *name)
{
	const char *path = module_path(name);
	bool softhsm = strcmp(path, module_path("softhsm")) == 0;
	bool opensc = strcmp(path, module_path("opensc")) == 0;

	return narrow(softhsm ? SANDBOX_SOFT : SANDBOX_CARD, !opensc, !softhsm,
	    path);
}

bool
signer_cell_watch(void)
{
	return narrow(SANDBOX_CARD, false, true, "");
}

bool
signer_cell_paper(void)
{
	char level[SANDBOX_LEVEL_MAX];

	return sandbox_enter(SANDBOX_PAPER, NULL, level, sizeof(level)) == 0;
}
