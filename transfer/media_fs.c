/* SPDX-License-Identifier: ISC */
/* What a medium says it is: a look at its first octets, before any driver of
 * the kernel is let near it. */
#include <stdio.h>
#include <string.h>

#include "transfer/media.h"

#define SECTOR 512
#define HEAD_SIZE 4096 /* boot sector, partition table, ext4's superblock */
#define ISO_AT 32768   /* 16 sectors of 2048 */
#define ISO_SIZE 2048
#define BLANK_SIZE (1u << 20) /* at each end, where all have their marks */
#define EXFAT_ROOT 4096  /* octets of the root folder that are looked through */
#define EXFAT_LABEL 0x83 /* its volume label entry */

static const struct {
	const char *name;
	bool usable;
} kinds[MEDIA_FS_COUNT] = {
	[MEDIA_FS_EMPTY] = { "empty", false },
	[MEDIA_FS_UNKNOWN] = { "not recognised", false },
	[MEDIA_FS_TABLE] = { "partition table", false },
	[MEDIA_FS_MIXED] = { "marks of several file systems", false },
	[MEDIA_FS_VFAT] = { "vfat", true },
	[MEDIA_FS_EXFAT] = { "exfat", true },
	[MEDIA_FS_EXT4] = { "ext4", true },
	[MEDIA_FS_ISO9660] = { "iso9660", true },
};

const char *
media_fs_name(enum media_fs_kind kind)
{
	return (unsigned)kind < MEDIA_FS_COUNT ? kinds[kind].name : "?";
}

bool
media_fs_usable(enum media_fs_kind kind)
{
	return (unsigned)kind < MEDIA_FS_COUNT && kinds[kind].usable;
}

static uint32_t
le16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t
le32(const uint8_t *p)
{
	return le16(p) | le16(p + 2) << 16;
}

static uint64_t
le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static bool
is_power(uint32_t n, uint32_t min, uint32_t max)
{
	return n >= min && n <= max && (n & (n - 1)) == 0;
}

/* A label of fixed length: NULs and blanks at its end are padding. */
static void
take_label(struct media_fs *fs, const uint8_t *text, size_t len)
{
	const uint8_t *nul = memchr(text, '\0', len);

	if (nul != NULL)
		len = (size_t)(nul - text);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	media_escape(text, len, fs->label, sizeof(fs->label));
}

static void
take_serial(struct media_fs *fs, const uint8_t *p)
{
	snprintf(fs->uuid, sizeof(fs->uuid), "%02X%02X-%02X%02X", p[3], p[2],
	    p[1], p[0]);
}

/* What each recogniser is given: the first octets, and the source for more. */
struct look {
	const uint8_t *head; /* HEAD_SIZE */
	const uint8_t *iso;  /* ISO_SIZE, or NULL: the device ends before */
	const struct media_source *source;
};

/* FAT specification, 3.1 to 3.3; the rules that a driver goes by. */
static bool
look_vfat(const struct look *l, struct media_fs *fs)
{
	const uint8_t *b = l->head;
	uint32_t sectors = le16(b + 19) != 0 ? le16(b + 19) : le32(b + 32);
	bool fat32 = le16(b + 22) == 0;
	const uint8_t *extended = b + (fat32 ? 66 : 38);

	if (le16(b + 510) != 0xaa55 || (b[0] != 0xeb && b[0] != 0xe9) ||
	    !is_power(le16(b + 11), 512, 4096) || !is_power(b[13], 1, 128) ||
	    le16(b + 14) == 0 || b[16] < 1 || b[16] > 2 || b[21] < 0xf0 ||
	    sectors == 0 || (fat32 && le32(b + 36) == 0))
		return false;
	fs->size = (uint64_t)sectors * le16(b + 11);
	if (extended[0] != 0x29)
		return true;
	take_serial(fs, extended + 1);
	if (memcmp(extended + 5, "NO NAME    ", 11) != 0)
		take_label(fs, extended + 5, 11);
	return true;
}

/* The label entry of the root folder, UTF-16; exFAT specification, 7.3. */
static void
exfat_label(const struct look *l, struct media_fs *fs, uint64_t root)
{
	uint8_t entries[EXFAT_ROOT], text[2 * 11];
	size_t len = 0;

	if (root > l->source->size ||
	    l->source->size - root < sizeof(entries) ||
	    !l->source->read(l->source->arg, root, entries, sizeof(entries)))
		return;
	for (const uint8_t *e = entries;
	     e < entries + sizeof(entries) && e[0] != 0; e += 32) {
		if (e[0] != EXFAT_LABEL || e[1] > 11)
			continue;
		for (unsigned i = 0; i < e[1]; i++) {
			uint32_t c = le16(e + 2 + 2 * i);
			if (c > 0xff)
				text[len++] = (uint8_t)(c >> 8);
			text[len++] = (uint8_t)c;
		}
		take_label(fs, text, len);
		return;
	}
}

/* exFAT specification, 3.1 */
static bool
look_exfat(const struct look *l, struct media_fs *fs)
{
	const uint8_t *b = l->head;
	uint32_t heap = le32(b + 88), root = le32(b + 96);
	unsigned sector = b[108], cluster = b[109];

	if (memcmp(b + 3, "EXFAT   ", 8) != 0 || le16(b + 510) != 0xaa55 ||
	    sector < 9 || sector > 12 || cluster > 25 - sector || b[110] < 1 ||
	    b[110] > 2 || heap == 0 || root < 2 || le64(b + 72) == 0 ||
	    le64(b + 72) > UINT64_MAX >> sector)
		return false;
	fs->size = le64(b + 72) << sector;
	take_serial(fs, b + 100);
	exfat_label(l, fs,
	    ((uint64_t)heap << sector) +
		((uint64_t)(root - 2) << (sector + cluster)));
	return true;
}

static void
take_uuid(struct media_fs *fs, const uint8_t *u)
{
	snprintf(fs->uuid, sizeof(fs->uuid),
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10],
	    u[11], u[12], u[13], u[14], u[15]);
}

/* Superblock at 1024; the offsets are of struct ext4_super_block. */
static bool
look_ext4(const struct look *l, struct media_fs *fs)
{
	const uint8_t *s = l->head + 1024;
	uint32_t incompat = le32(s + 96);
	uint64_t blocks = le32(s + 4);

	if (le16(s + 56) != 0xef53 || le32(s + 24) > 6 || le32(s) == 0 ||
	    (incompat & 0x8) != 0) /* an external journal */
		return false;
	if ((incompat & 0x80) != 0) /* 64 bit */
		blocks |= (uint64_t)le32(s + 0x150) << 32;
	if (blocks == 0 || blocks > UINT64_MAX >> (10 + le32(s + 24)))
		return false;
	fs->size = blocks << (10 + le32(s + 24));
	take_uuid(fs, s + 104);
	take_label(fs, s + 120, 16);
	return true;
}

/* ECMA-119, 8.4: each number stands there in both orders. */
static bool
look_iso(const struct look *l, struct media_fs *fs)
{
	const uint8_t *d = l->iso;

	if (d == NULL || memcmp(d, "\001CD001\001", 7) != 0 ||
	    le32(d + 80) == 0 || le32(d + 80) != be32(d + 84) ||
	    le16(d + 128) != 2048)
		return false;
	fs->size = (uint64_t)le32(d + 80) * 2048;
	take_label(fs, d + 40, 32);
	media_escape(d + 813, 16, fs->uuid, sizeof(fs->uuid));
	return true;
}

static const struct {
	enum media_fs_kind kind;
	bool (*look)(const struct look *l, struct media_fs *fs);
} looks[] = {
	{ MEDIA_FS_EXT4, look_ext4 },
	{ MEDIA_FS_ISO9660, look_iso },
	{ MEDIA_FS_EXFAT, look_exfat },
	{ MEDIA_FS_VFAT, look_vfat },
};

/* GPT (UEFI, 5.3.2), or the four entries of an MBR of which one is used. */
static bool
is_table(const uint8_t *head)
{
	bool used = false;

	if (memcmp(head + SECTOR, "EFI PART", 8) == 0)
		return true;
	if (le16(head + 510) != 0xaa55)
		return false;
	for (const uint8_t *e = head + 446; e < head + 510; e += 16) {
		if (e[0] != 0 && e[0] != 0x80)
			return false;
		used = used || (e[4] != 0 && le32(e + 12) != 0);
	}
	return used;
}

static bool
read_some(const struct media_source *s, uint64_t at, uint8_t *out, size_t len)
{
	return s->size >= at + len && s->read(s->arg, at, out, len);
}

/* Whether nothing but one octet stands there; false, too, when it cannot be
 * read. */
static bool
is_all(const struct media_source *s, uint64_t at, uint64_t end, uint8_t value)
{
	uint8_t part[HEAD_SIZE];

	for (; at < end; at += sizeof(part)) {
		if (end - at < sizeof(part))
			at = end - sizeof(part);
		if (!s->read(s->arg, at, part, sizeof(part)))
			return false;
		for (size_t i = 0; i < sizeof(part); i++) {
			if (part[i] != value)
				return false;
		}
	}
	return true;
}

/* The same of where anything would have its mark: arrays and copies of a
 * partition table have theirs at the end. */
static bool
is_blank(const struct media_source *s, uint8_t value)
{
	uint64_t size = s->size < BLANK_SIZE ? s->size : BLANK_SIZE;

	return is_all(s, 0, size, value) &&
	    is_all(s, s->size - size, s->size, value);
}

static enum media_fs_kind
without_fs(const struct look *l)
{
	if ((l->head[0] == 0 || l->head[0] == 0xff) &&
	    is_blank(l->source, l->head[0]))
		return MEDIA_FS_EMPTY;
	return is_table(l->head) ? MEDIA_FS_TABLE : MEDIA_FS_UNKNOWN;
}

bool
media_fs_look(const struct media_source *s, struct media_fs *out)
{
	uint8_t head[HEAD_SIZE], iso[ISO_SIZE];
	struct look l = { .head = head, .source = s };
	unsigned found = 0;

	memset(out, 0, sizeof(*out));
	out->kind = MEDIA_FS_UNKNOWN;
	if (s->size < HEAD_SIZE)
		return true; /* too small for anything */
	if (!read_some(s, 0, head, sizeof(head)))
		return false;
	if (s->size >= ISO_AT + ISO_SIZE) {
		if (!read_some(s, ISO_AT, iso, sizeof(iso)))
			return false;
		l.iso = iso;
	}
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		struct media_fs one = { .kind = looks[i].kind };

		if (!looks[i].look(&l, &one))
			continue;
		one.oversize = one.size > s->size;
		*out = one;
		found++;
	}
	if (found > 1)
		*out = (struct media_fs){ .kind = MEDIA_FS_MIXED };
	if (found == 0)
		out->kind = without_fs(&l);
	return true;
}

bool
media_is_image(const struct media_device *list, size_t at)
{
	for (size_t i = 0; i <= at; i++) {
		const struct media_device *d = &list[i];

		if ((i == at || strcmp(d->name, list[at].disk) == 0) &&
		    d->fs.kind == MEDIA_FS_ISO9660 &&
		    strcmp(d->fs.label, MEDIA_IMAGE_VOLUME) == 0)
			return true;
	}
	return false;
}
