/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ceremony/menu/screen.h"
#include "transfer/text.h"

#define PAGE 14 /* files on a screen */

bool
files_name_valid(const char *name)
{
	return text_is_printable(name, ROOM_NAME_MAX) && name[0] != '.' &&
	    name[0] != '-' && name[0] != ' ' && strchr(name, '/') == NULL;
}

static bool
ends_in(const char *name, const char *ending)
{
	size_t n = strlen(name), e = strlen(ending);

	return n > e && strcmp(name + n - e, ending) == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b); /* the name stands first */
}

void
files_list(const char *path, const char *ending, struct files *out)
{
	DIR *d = opendir(path);
	struct dirent *e;
	struct stat st;

	memset(out, 0, sizeof(*out));
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (!files_name_valid(e->d_name) ||
		    !ends_in(e->d_name, ending) ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) !=
			0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (out->count == FILES_MAX) {
			out->more = true;
			break;
		}
		snprintf(out->file[out->count].name, ROOM_NAME_MAX + 1, "%s",
		    e->d_name);
		out->file[out->count++].size = st.st_size;
	}
	if (d != NULL)
		closedir(d);
	qsort(out->file, out->count, sizeof(out->file[0]), by_name);
}

static void
show(const struct files *f, size_t from)
{
	for (size_t i = from; i < f->count && i < from + PAGE; i++)
		say("%4zu  %-50.50s %12lld octets", i + 1, f->file[i].name,
		    f->file[i].size);
	if (f->count > PAGE)
		say("      %zu files%s; n shows the next ones.", f->count,
		    f->more ? ", and more that are not told of" : "");
	say("   0  Back");
}

bool
files_pick(struct room *r, const struct files *f, enum room_folder folder,
    const char *prompt, char path[ROOM_PATH])
{
	char line[SCREEN_LINE], *end;
	size_t from = 0;

	show(f, from);
	while (ask(r, prompt, line, sizeof(line))) {
		size_t n = strtoul(line, &end, 10);

		if (line[0] == '\0' || strcmp(line, "0") == 0 ||
		    strcmp(line, "q") == 0)
			return false;
		if (*end == '\0' && n >= 1 && n <= f->count) {
			room_file(r, folder, f->file[n - 1].name, path);
			return true;
		}
		if (strcmp(line, "n") == 0) {
			from = from + PAGE < f->count ? from + PAGE : 0;
			show(f, from);
		} else {
			say("%s is not one of the numbers.", line);
		}
	}
	return false;
}
