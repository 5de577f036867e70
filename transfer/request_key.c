/* SPDX-License-Identifier: ISC */
#include "transfer/request.h"

#include <stdbool.h>
#include <string.h>

#define CHILDREN 3 /* first elements that tell a structure */
#define ANY 0x00
#define INTEGER 0x02
#define OCTETS 0x04
#define SEQUENCE 0x30
#define CONSTRUCTED 0x20

/*
 * How a private key begins inside its outer SEQUENCE: tags, and the version
 * where one comes first.  A CSR and a certificate begin with a SEQUENCE whose
 * neighbour is a SEQUENCE; a bare CertificationRequestInfo has a Name, not an
 * OCTET STRING, in third place.
 */
static const struct shape {
	const char *name;
	uint8_t tags[CHILDREN];
	uint8_t version_min, version_max; /* of an INTEGER in first place */
} shapes[] = {
	{ "PrivateKeyInfo, RFC 5958 2", { INTEGER, SEQUENCE, OCTETS }, 0, 1 },
	{ "EncryptedPrivateKeyInfo, RFC 5958 3", { SEQUENCE, OCTETS, ANY }, 0,
	    0 },
	{ "ECPrivateKey, RFC 5915 3", { INTEGER, OCTETS, ANY }, 0, 1 },
	{ "RSAPrivateKey, RFC 8017 A.1.2", { INTEGER, INTEGER, INTEGER }, 0,
	    1 },
	{ "PFX, RFC 7292 4", { INTEGER, SEQUENCE, ANY }, 3, 3 },
};

/* What is known of an element: contents may go on past the end of data. */
struct element {
	uint8_t tag;
	bool indefinite; /* len is all that there is, more than its own */
	const uint8_t *contents;
	size_t len;
};

/* Read the head of an element, BER too: what is lax may be a key as well. */
static bool
head(const uint8_t **at, const uint8_t *end, struct element *e)
{
	const uint8_t *p = *at;
	size_t length, count;

	if (end - p < 2)
		return false;
	e->tag = *p++;
	length = *p++;
	e->indefinite = length == 0x80;
	if (e->indefinite) {
		length = SIZE_MAX;
	} else if (length > 0x80) {
		count = length & 0x7f;
		if ((size_t)(end - p) < count)
			return false;
		for (length = 0; count > 0; count--, p++)
			length = length > SIZE_MAX >> 8 ? SIZE_MAX
							: length << 8 | *p;
	}
	e->contents = p;
	e->len = length < (size_t)(end - p) ? length : (size_t)(end - p);
	*at = p;
	return true;
}

/* Go on behind the end-of-contents that closes an indefinite length (X.690,
 * 8.1.5), or to the end. */
static const uint8_t *
behind_indefinite(const uint8_t *at, const uint8_t *end)
{
	struct element e;

	for (size_t open = 1; open > 0;) {
		if (!head(&at, end, &e))
			return end;
		if (e.indefinite)
			open++;
		else if (e.tag == 0 && e.len == 0)
			open--;
		else
			at += e.len;
	}
	return at;
}

static bool
next(const uint8_t **at, const uint8_t *end, struct element *e)
{
	if (!head(at, end, e))
		return false;
	*at = e->indefinite ? behind_indefinite(e->contents, end)
			    : e->contents + e->len;
	return true;
}

static bool
has_shape(const struct element *children, size_t count,
    const struct shape *shape)
{
	for (size_t i = 0; i < CHILDREN && shape->tags[i] != ANY; i++) {
		/* BER may cut a string into pieces */
		bool pieces = i < count && shape->tags[i] == OCTETS &&
		    children[i].tag == (OCTETS | CONSTRUCTED);

		if (i == count ||
		    (children[i].tag != shape->tags[i] && !pieces))
			return false;
	}
	return shape->tags[0] != INTEGER ||
	    (children[0].len == 1 &&
		children[0].contents[0] >= shape->version_min &&
		children[0].contents[0] <= shape->version_max);
}

/* Whether an outer element has the contents of a key. */
static bool
is_key(const struct element *outer)
{
	const uint8_t *at = outer->contents, *end = at + outer->len;
	struct element children[CHILDREN];
	size_t count = 0;

	if (outer->tag != SEQUENCE)
		return false;
	while (count < CHILDREN && next(&at, end, &children[count]))
		count++;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (has_shape(children, count, &shapes[i]))
			return true;
	}
	return false;
}

/* One key among elements that follow each other is enough. */
static bool
is_der_key(const uint8_t *data, size_t len)
{
	const uint8_t *at = data, *end = data + len;
	struct element outer;

	while (next(&at, end, &outer)) {
		if (is_key(&outer))
			return true;
	}
	return false;
}

/* "-----BEGIN", anything, "PRIVATE KEY-----" (RFC 7468 10, 11 and the older
 * labels), anywhere. */
static bool
is_pem_key(const uint8_t *data, size_t len)
{
	static const char begin[] = "-----BEGIN", key[] = "PRIVATE KEY-----";
	const uint8_t *at = memmem(data, len, begin, sizeof(begin) - 1);

	return at != NULL &&
	    memmem(at, len - (size_t)(at - data), key, sizeof(key) - 1) != NULL;
}

static const uint8_t *
find(const uint8_t *data, size_t len, const char *text)
{
	return memmem(data, len, text, strlen(text));
}

/* Whether a JSON member of that name, quoted, is in it. */
static bool
has_member(const uint8_t *data, size_t len, const char *name)
{
	const uint8_t *at = data, *end = data + len;

	while ((at = find(at, (size_t)(end - at), name)) != NULL) {
		at += strlen(name);
		while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
			at++;
		if (at < end && *at == ':')
			return true;
	}
	return false;
}

/* A key of PuTTY, or a JSON Web Key with what only private ones have
 * (RFC 7518 6.2.2, 6.3.2.1; RFC 8037 2). */
static bool
is_text_key(const uint8_t *data, size_t len)
{
	return find(data, len, "PuTTY-User-Key-File-") != NULL ||
	    (has_member(data, len, "\"kty\"") &&
		has_member(data, len, "\"d\""));
}

int
request_is_private_key(const uint8_t *data, size_t len)
{
	return is_der_key(data, len) || is_pem_key(data, len) ||
	    is_text_key(data, len);
}
