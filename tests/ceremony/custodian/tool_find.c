/* SPDX-License-Identifier: ISC */
/*
 * tool_find SECRETS DIR: look for secrets in the images that tool_core took.
 * SECRETS has a line "NAME HEX" for each.  For each that stands in a process
 * at a moment, as octets, in hexadecimal or base64, a line:
 *
 *   MOMENT WHAT PROCESS NAME FORM WHERE
 *
 * WHERE is "secret" for pages that are locked, left out of dumps and wiped in
 * children; else the mapping's name.  MOMENT, WHAT and PROCESS are those of
 * DIR/index.
 */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/text.h"

#define NAME_SIZE 64
#define SECRETS_MAX 1024
#define SECRET_MIN 8 /* octets: shorter ones stand anywhere */
#define SECRET_SIZE 512
#define BEGINNINGS 65536

struct pattern {
	char name[NAME_SIZE];
	const char *form;
	uint8_t octets[SECRET_SIZE];
	size_t len;
	struct pattern *next; /* of those that begin alike */
};

static struct pattern patterns[SECRETS_MAX];
static size_t pattern_count;
static struct pattern *beginnings[BEGINNINGS];
static bool begins[BEGINNINGS]; /* the same, and small: asked first */

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tool_find: %s\n", what);
	exit(1);
}

/* ---- what to look for ----------------------------------------------------- */

/* A number below BEGINNINGS from the first octets. */
static unsigned
beginning(const uint8_t *octets)
{
	uint64_t first;

	memcpy(&first, octets, sizeof(first));
	return (unsigned)(first * 0x9e3779b97f4a7c15u >> 48);
}

/* Octets that are known by another name keep it. */
static bool
is_known(const uint8_t *octets, size_t len)
{
	const struct pattern *p = beginnings[beginning(octets)];

	while (p != NULL && (p->len != len || memcmp(p->octets, octets, len)))
		p = p->next;
	return p != NULL;
}

static void
pattern_add(const char *name, const char *form, const void *octets, size_t len)
{
	struct pattern *p = &patterns[pattern_count];

	need(pattern_count < SECRETS_MAX && len >= SECRET_MIN &&
		len <= SECRET_SIZE,
	    name);
	if (is_known(octets, len))
		return;
	pattern_count++;
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->form = form;
	memcpy(p->octets, octets, len);
	p->len = len;
	p->next = beginnings[beginning(p->octets)];
	beginnings[beginning(p->octets)] = p;
	begins[beginning(p->octets)] = true;
}

static void
add_hex(const char *name, const uint8_t *octets, size_t len)
{
	char hex[TEXT_HEX_SIZE(SECRET_SIZE)];

	text_hex(octets, len, hex);
	pattern_add(name, "hex", hex, 2 * len);
	for (char *c = hex; *c != '\0'; c++)
		*c = *c >= 'a' ? (char)(*c - 'a' + 'A') : *c;
	pattern_add(name, "HEX", hex, 2 * len);
}

/* Without what depends on what may stand behind. */
static void
add_base64(const char *name, const uint8_t *octets, size_t len)
{
	char text[2 * SECRET_SIZE];
	size_t whole = len / 3 * 4;

	EVP_EncodeBlock((unsigned char *)text, octets, (int)len);
	pattern_add(name, "base64", text, whole);
	for (char *c = text; *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	pattern_add(name, "base64url", text, whole);
}

static void
secrets_read(const char *path)
{
	FILE *f = fopen(path, "re");
	char name[NAME_SIZE], hex[2 * SECRET_SIZE + 1];
	uint8_t octets[SECRET_SIZE];

	need(f != NULL, path);
	while (fscanf(f, "%63s %1024s", name, hex) == 2) {
		size_t len = strlen(hex) / 2;
		need(text_unhex(hex, octets, len), name);
		pattern_add(name, "octets", octets, len);
		if (len > SECRET_SIZE / 4)
			continue;
		add_hex(name, octets, len);
		add_base64(name, octets, len);
	}
	need(pattern_count > 0 && fclose(f) == 0, path);
}

/* ---- where to look -------------------------------------------------------- */

struct find {
	const struct pattern *pattern;
	char where[256];
};

/* What was found in an image that was searched last time it was named. */
struct image {
	char name[2 * NAME_SIZE];
	struct find *finds;
	size_t count;
	struct image *next;
};

static void
image_add(struct image *image, const struct pattern *p, const char *where)
{
	struct find *f;

	for (size_t i = 0; i < image->count; i++) {
		f = &image->finds[i];
		if (f->pattern == p && strcmp(f->where, where) == 0)
			return;
	}
	image->finds =
	    realloc(image->finds, (image->count + 1) * sizeof(*image->finds));
	need(image->finds != NULL, "memory");
	f = &image->finds[image->count++];
	f->pattern = p;
	snprintf(f->where, sizeof(f->where), "%s", where);
}

static void
search(struct image *image, const uint8_t *data, size_t len, const char *where)
{
	for (size_t at = 0; at + SECRET_MIN <= len; at++) {
		unsigned b = beginning(data + at);
		if (!begins[b])
			continue;
		const struct pattern *p = beginnings[b];
		for (; p != NULL; p = p->next) {
			if (p->len <= len - at &&
			    memcmp(data + at, p->octets, p->len) == 0)
				image_add(image, p, where);
		}
	}
}

/* locked, not in dumps, wiped on fork */
static const char *
place(const char *flags, const char *name)
{
	const char *slash = strrchr(name, '/');

	if (strstr(flags, ",lo,") != NULL && strstr(flags, ",dd,") != NULL &&
	    strstr(flags, ",wf,") != NULL)
		return "secret";
	return slash == NULL ? name : slash + 1;
}

static void
image_search(const char *dir, struct image *image)
{
	char path[4096], line[1024], flags[256], name[256];
	uint64_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, image->name);
	f = fopen(path, "re");
	need(f != NULL, path);
	while (fgets(line, sizeof(line), f) != NULL) {
		need(sscanf(line, "%" SCNu64 " %255s %255s", &len, flags,
			 name) == 3,
		    path);
		uint8_t *data = malloc(len);
		need(data != NULL && fread(data, 1, len, f) == len, path);
		search(image, data, len, place(flags, name));
		free(data);
	}
	fclose(f);
}

static struct image *
image_get(const char *dir, const char *name, struct image **all)
{
	struct image *i = *all;

	while (i != NULL && strcmp(i->name, name) != 0)
		i = i->next;
	if (i != NULL)
		return i;
	i = calloc(1, sizeof(*i));
	need(i != NULL, "memory");
	snprintf(i->name, sizeof(i->name), "%s", name);
	i->next = *all;
	*all = i;
	image_search(dir, i);
	return i;
}

int
main(int argc, char *argv[])
{
	char path[4096], moment[16], what[160], process[NAME_SIZE], name[100];
	struct image *all = NULL;
	FILE *f;

	if (argc != 3) {
		fprintf(stderr, "usage: tool_find SECRETS DIR\n");
		return 2;
	}
	secrets_read(argv[1]);
	snprintf(path, sizeof(path), "%s/index", argv[2]);
	f = fopen(path, "re");
	need(f != NULL, path);
	while (fscanf(f, "%15s %159s %63s %99s %*s", moment, what, process,
		   name) == 4) {
		const struct image *image = image_get(argv[2], name, &all);
		for (size_t i = 0; i < image->count; i++)
			printf("%s %s %s %s %s %s\n", moment, what, process,
			    image->finds[i].pattern->name,
			    image->finds[i].pattern->form,
			    image->finds[i].where);
	}
	fclose(f);
	return 0;
}
