/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/uevent.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MONITOR_MAGIC 0xfeedcafe

/* ---- reading -------------------------------------------------------------------- */

static bool
key_ok(const char *key)
{
	size_t n = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n > 0 && key[n] == '=';
}

static bool
same_key(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strncmp(a, b, n + 1) == 0;
}

/* A path below /sys that leads nowhere else. */
static bool
path_ok(const char *path)
{
	size_t len = strlen(path);

	if (path[0] != '/' || len >= UEVENT_PATH_MAX || path[len - 1] == '/' ||
	    strstr(path, "//") != NULL)
		return false;
	for (const char *p = path; (p = strstr(p, "/.")) != NULL; p++) {
		size_t dots = strspn(p + 1, ".");

		if (dots <= 2 && (p[1 + dots] == '/' || p[1 + dots] == '\0'))
			return false;
	}
	return true;
}

static bool
digits_ok(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && n <= 10 && text[n] == '\0';
}

static enum uevent_error
add_key(struct uevent *e, const char *key)
{
	if (!key_ok(key))
		return UEVENT_ERR_KEY;
	if (e->keys == UEVENT_KEYS_MAX)
		return UEVENT_ERR_MANY;
	for (size_t i = 0; i < e->keys; i++) {
		if (same_key(e->key[i], key))
			return UEVENT_ERR_DUPLICATE;
	}
	e->key[e->keys++] = key;
	return UEVENT_OK;
}

static const char *
value(const struct uevent *e, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < e->keys; i++) {
		if (strncmp(e->key[i], key, n) == 0 && e->key[i][n] == '=')
			return e->key[i] + n + 1;
	}
	return NULL;
}

/* "action@path" says what ACTION and DEVPATH say. */
static bool
header_ok(const char *header, const struct uevent *e)
{
	size_t n = strlen(e->action);

	return strncmp(header, e->action, n) == 0 && header[n] == '@' &&
	    strcmp(header + n + 1, e->devpath) == 0;
}

static enum uevent_error
take(const char *header, struct uevent *e)
{
	const char *seqnum = value(e, "SEQNUM");

	e->action = value(e, "ACTION");
	e->devpath = value(e, "DEVPATH");
	e->subsystem = value(e, "SUBSYSTEM");
	e->devtype = value(e, "DEVTYPE");
	e->devname = value(e, "DEVNAME");
	e->major = value(e, "MAJOR");
	e->minor = value(e, "MINOR");
	if (e->action == NULL || e->devpath == NULL || e->subsystem == NULL ||
	    seqnum == NULL)
		return UEVENT_ERR_MISSING;
	if (!header_ok(header, e))
		return UEVENT_ERR_HEADER;
	if ((e->major != NULL && !digits_ok(e->major)) ||
	    (e->minor != NULL && !digits_ok(e->minor)))
		return UEVENT_ERR_KEY;
	return path_ok(e->devpath) ? UEVENT_OK : UEVENT_ERR_PATH;
}

enum uevent_error
uevent_parse(const char *octets, size_t len, struct uevent *event)
{
	struct uevent e = { 0 };
	enum uevent_error ret = UEVENT_OK;

	memset(event, 0, sizeof(*event));
	if (len == 0 || len > UEVENT_MAX || octets[len - 1] != '\0')
		return UEVENT_ERR_SIZE;
	if (strchr(octets, '@') == NULL)
		return UEVENT_ERR_HEADER;
	for (size_t at = strlen(octets) + 1; at < len && ret == UEVENT_OK;
	     at += strlen(octets + at) + 1)
		ret = add_key(&e, octets + at);
	if (ret == UEVENT_OK)
		ret = take(octets, &e);
	if (ret == UEVENT_OK)
		*event = e;
	return ret;
}

void
uevent_become(struct uevent *event, const char *action)
{
	for (size_t i = 0; i < event->keys; i++) {
		if (same_key(event->key[i], action))
			event->key[i] = action;
	}
	event->action = value(event, "ACTION");
}

const char *
uevent_strerror(enum uevent_error error)
{
	switch (error) {
	case UEVENT_OK:
		return "a message";
	case UEVENT_ERR_SIZE:
		return "empty, too long or cut off";
	case UEVENT_ERR_HEADER:
		return "does not begin with what it says";
	case UEVENT_ERR_KEY:
		return "a key or value is malformed";
	case UEVENT_ERR_DUPLICATE:
		return "a key stands there twice";
	case UEVENT_ERR_MANY:
		return "too many keys";
	case UEVENT_ERR_PATH:
		return "a path that is none of a device";
	case UEVENT_ERR_MISSING:
		return "a key is missing";
	}
	return "unknown";
}

/* ---- writing -------------------------------------------------------------------- */

/* sd-device's, all numbers but the sizes in network order. */
struct monitor_header {
	char prefix[8];
	uint32_t magic;
	uint32_t header_size;
	uint32_t properties_off;
	uint32_t properties_len;
	uint32_t subsystem_hash;
	uint32_t devtype_hash;
	uint32_t tag_bloom_hi;
	uint32_t tag_bloom_lo;
};

uint32_t
uevent_hash(const char *text)
{
	const uint32_t m = 0x5bd1e995;
	size_t len = strlen(text);
	uint32_t h = (uint32_t)len, k;

	for (; len >= 4; len -= 4, text += 4) {
		memcpy(&k, text, 4); /* little-endian, as this machine is */
		k *= m;
		k ^= k >> 24;
		k *= m;
		h = (h * m) ^ k;
	}
	for (size_t i = len; i-- > 0;)
		h ^= (uint32_t)(uint8_t)text[i] << (8 * i);
	if (len > 0)
		h *= m;
	h ^= h >> 13;
	h *= m;
	return h ^ (h >> 15);
}

static bool
put(uint8_t *out, size_t size, size_t *at, const char *text, size_t len)
{
	if (len > size - *at)
		return false;
	memcpy(out + *at, text, len);
	*at += len;
	return true;
}

static bool
put_key(uint8_t *out, size_t size, size_t *at, const char *key)
{
	static const char devname[] = "DEVNAME=", dev[] = "/dev/";

	if (strncmp(key, devname, sizeof(devname) - 1) == 0 &&
	    key[sizeof(devname) - 1] != '/') {
		if (!put(out, size, at, devname, sizeof(devname) - 1) ||
		    !put(out, size, at, dev, sizeof(dev) - 1))
			return false;
		key += sizeof(devname) - 1;
	}
	return put(out, size, at, key, strlen(key) + 1);
}

size_t
uevent_monitor(const struct uevent *event, uint8_t *out, size_t size)
{
	struct monitor_header h = { .prefix = "libudev",
		.magic = htonl(MONITOR_MAGIC),
		.header_size = sizeof(h),
		.properties_off = sizeof(h) };
	size_t at = sizeof(h);

	if (size < sizeof(h))
		return 0;
	for (size_t i = 0; i < event->keys; i++) {
		if (!put_key(out, size, &at, event->key[i]))
			return 0;
	}
	h.properties_len = (uint32_t)(at - sizeof(h));
	h.subsystem_hash = htonl(uevent_hash(event->subsystem));
	if (event->devtype != NULL)
		h.devtype_hash = htonl(uevent_hash(event->devtype));
	memcpy(out, &h, sizeof(h));
	return at;
}
