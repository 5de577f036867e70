/* SPDX-License-Identifier: ISC */
#include "ceremony/factory/paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/factory/say.h"

#define UNITS_NAME "units.csv"

static const char *const endings[] = { ".csr", ".pem", ".der", ".req" };

static enum outcome
trouble(const char *path)
{
	say_error("%s: %s", path, strerror(errno));
	return OUTCOME_TROUBLE;
}

/* Take over a new path; false when it or its place is NULL. */
static bool
add(struct paths *p, char *path)
{
	if (path != NULL && p->count == p->size) {
		size_t size = p->size > 0 ? 2 * p->size : 64;
		char **grown = realloc(p->path, size * sizeof(*grown));

		if (grown == NULL) {
			free(path);
			return false;
		}
		p->path = grown;
		p->size = size;
	}
	if (path == NULL)
		return false;
	p->path[p->count++] = path;
	return true;
}

static char *
join(const char *folder, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int
is_csr_name(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && strcmp(entry->d_name + len - n, endings[i]) == 0)
			return 1;
	}
	return 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Two would have to be told apart, and one must not be passed over. */
static enum outcome
find_units(struct paths *p, const char *folder)
{
	char *path = join(folder, UNITS_NAME);
	bool there = path != NULL && access(path, F_OK) == 0;

	if (path == NULL)
		return trouble(folder);
	if (there && p->units != NULL) {
		say_error("%s: a second one beside %s; join them and give the "
			  "file with --units",
		    path, p->units);
		free(path);
		return OUTCOME_REFUSED;
	}
	if (there)
		p->units = path;
	else
		free(path);
	return OUTCOME_DONE;
}

static enum outcome
add_folder(struct paths *p, const char *folder)
{
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, is_csr_name, by_name);
	bool ok = true;

	if (n < 0)
		return trouble(folder);
	for (int i = 0; i < n; i++) {
		ok = ok && add(p, join(folder, entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
	if (!ok) {
		errno = ENOMEM;
		return trouble(folder);
	}
	if (n == 0) {
		say_error("%s: no CSR files (*.csr *.pem *.der *.req)", folder);
		return OUTCOME_REFUSED;
	}
	return OUTCOME_DONE;
}

static enum outcome
add_operand(struct paths *p, const char *operand)
{
	struct stat st;
	enum outcome ret;

	if (stat(operand, &st) != 0)
		return trouble(operand);
	if (!S_ISDIR(st.st_mode))
		return add(p, strdup(operand)) ? OUTCOME_DONE
					       : trouble(operand);
	ret = add_folder(p, operand);
	return ret == OUTCOME_DONE ? find_units(p, operand) : ret;
}

enum outcome
paths_collect(char *const *operands, size_t count, struct paths *out)
{
	enum outcome ret = OUTCOME_DONE;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; ret == OUTCOME_DONE && i < count; i++)
		ret = add_operand(out, operands[i]);
	return ret;
}

void
paths_clear(struct paths *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->path[i]);
	free(p->path);
	free(p->units);
	memset(p, 0, sizeof(*p));
}
