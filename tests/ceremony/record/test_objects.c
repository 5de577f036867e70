/* SPDX-License-Identifier: ISC */
#include "ceremony/record/objects.h"

#include <openssl/sha.h>

#include "tests/ceremony/record/fixture.h"
#include "transfer/text.h"

/* objects/<hex> of some data. */
static void
name_of(const void *data, size_t len, uint8_t digest[32], char out[80])
{
	char hex[65];

	SHA256(data, len, digest);
	text_hex(digest, 32, hex);
	snprintf(out, 80, "objects/%s", hex);
}

static void
what_is_put_is_got(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} rows[] = { { "", 0 }, { "a", 1 }, { "a\0b\n", 4 } };
	struct folder *f = *state;
	struct stat st;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t want[32], digest[32], *out;
		char name[80];
		size_t len;

		name_of(rows[i].data, rows[i].len, want, name);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(object_put(f->fd, rows[i].data,
					     rows[i].len, digest, NULL),
			    RECORD_OK);
			assert_memory_equal(digest, want, 32);
		}
		assert_int_equal(object_put(f->fd, rows[i].data, rows[i].len,
				     NULL, NULL),
		    RECORD_OK);
		assert_int_equal(object_get(f->fd, digest, &out, &len, NULL),
		    RECORD_OK);
		assert_int_equal(len, rows[i].len);
		assert_memory_equal(out, rows[i].data, len + 1);
		free(out);
		assert_int_equal(fstatat(f->fd, name, &st, 0), 0);
		assert_int_equal(st.st_mode & 0777, 0400);
	}
	assert_int_equal(fstatat(f->fd, "objects", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void
refused_get(const struct folder *f, const uint8_t digest[32],
    enum record_error want, const char *text)
{
	struct record_fault fault = { 0 };
	uint8_t *out = (uint8_t *)"x";
	size_t len = 1;

	assert_int_equal(object_get(f->fd, digest, &out, &len, &fault), want);
	assert_int_equal(fault.err, want);
	assert_non_null(strstr(fault.text, text));
	assert_null(out);
	assert_int_equal(len, 0);
}

static void
what_does_not_match_is_refused(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	uint8_t digest[32], other[32] = { 0 };
	char name[80];

	name_of("data", 4, digest, name);
	refused_get(f, digest, RECORD_ERR_MISSING, "there is none");
	assert_int_equal(object_put(f->fd, "x", 1, NULL, NULL), RECORD_OK);
	refused_get(f, digest, RECORD_ERR_MISSING, "there is none");

	file_put(f, name, "date", 4);
	refused_get(f, digest, RECORD_ERR_CHAIN, "do not match its name");
	memset(other, 0xaa, sizeof(other));
	assert_int_equal(object_put(f->fd, "data", 4, other, &fault),
	    RECORD_ERR_CHAIN);
	assert_int_equal(other[0], 0xaa);
	assert_non_null(strstr(fault.text, "do not match its name"));
	file_assert(f, name, "date");
	file_put(f, name, "data, longer", 12);
	assert_int_equal(object_put(f->fd, "data", 4, NULL, &fault),
	    RECORD_ERR_CHAIN);
	file_put(f, name, "", 0);
	refused_get(f, digest, RECORD_ERR_CHAIN, "do not match its name");
}

static void
what_is_no_object_file_is_refused(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	uint8_t digest[32];
	char name[80];

	name_of("data", 4, digest, name);
	assert_int_equal(object_put(f->fd, "x", 1, NULL, NULL), RECORD_OK);
	assert_int_equal(symlinkat("/etc/passwd", f->fd, name), 0);
	refused_get(f, digest, RECORD_ERR_IO, "cannot read it");
	assert_int_equal(object_put(f->fd, "data", 4, NULL, &fault),
	    RECORD_ERR_IO);
	assert_int_equal(unlinkat(f->fd, name, 0), 0);

	file_put(f, name, "", 0);
	{
		int fd = openat(f->fd, name, O_WRONLY | O_CLOEXEC);

		assert_int_equal(ftruncate(fd, (off_t)OBJECT_MAX + 1), 0);
		close(fd);
	}
	refused_get(f, digest, RECORD_ERR_FORM, "larger than an object");
	assert_int_equal(object_put(f->fd, "data", 4, NULL, &fault),
	    RECORD_ERR_FORM);
	assert_int_equal(object_put(f->fd, "data", (size_t)OBJECT_MAX + 1, NULL,
			     &fault),
	    RECORD_ERR_ARGUMENT);
}

static void
the_folder_must_be_one(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	uint8_t digest[32] = { 0 };

	file_put(f, "objects", "", 0);
	refused_get(f, digest, RECORD_ERR_IO, "cannot open its folder");
	assert_int_equal(object_put(f->fd, "data", 4, NULL, &fault),
	    RECORD_ERR_IO);
	assert_int_equal(unlinkat(f->fd, "objects", 0), 0);
	assert_int_equal(symlinkat("/tmp", f->fd, "objects"), 0);
	assert_int_equal(object_put(f->fd, "data", 4, NULL, &fault),
	    RECORD_ERR_IO);
}

static void
a_full_disk_leaves_nothing(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	uint8_t digest[32];
	char name[80], data[100];

	memset(data, 'x', sizeof(data));
	name_of(data, sizeof(data), digest, name);
	file_limit(50);
	assert_int_equal(object_put(f->fd, data, sizeof(data), NULL, &fault),
	    RECORD_ERR_FULL);
	file_unlimit();
	assert_non_null(strstr(fault.text, "cannot write it"));
	refused_get(f, digest, RECORD_ERR_MISSING, "there is none");
	assert_int_equal(object_put(f->fd, data, sizeof(data), NULL, NULL),
	    RECORD_OK);
}

/* A copy stands for itself: neither folder is asked for the other's. */
static void
copies_are_apart(void **state)
{
	struct folder *f = *state;
	struct record_fault fault = { 0 };
	uint8_t digest[32], *out = NULL;
	char name[80];
	size_t len;

	name_of("share", 5, digest, name);
	assert_int_equal(object_put_copy(f->fd, "share", 5, NULL), RECORD_OK);
	refused_get(f, digest, RECORD_ERR_MISSING, "objects/");
	assert_int_equal(object_get_copy(f->fd, digest, &out, &len, NULL),
	    RECORD_OK);
	assert_memory_equal(out, "share", 6);
	free(out);
	memcpy(name, "copies/", 7);
	memmove(name + 7, name + 8, strlen(name + 8) + 1);
	assert_int_equal(fchmodat(f->fd, name, 0600, 0), 0);
	file_put(f, name, "shark", 5);
	assert_int_equal(object_get_copy(f->fd, digest, &out, &len, &fault),
	    RECORD_ERR_CHAIN);
	assert_null(out);
	assert_non_null(strstr(fault.text, name));
	assert_int_equal(object_put(f->fd, "share", 5, NULL, NULL), RECORD_OK);
	assert_int_equal(object_put_copy(f->fd, "share", 5, &fault),
	    RECORD_ERR_CHAIN);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_put_is_got),
		CASE(what_does_not_match_is_refused),
		CASE(what_is_no_object_file_is_refused),
		CASE(the_folder_must_be_one),
		CASE(a_full_disk_leaves_nothing),
		CASE(copies_are_apart),
	};

	return cmocka_run_group_tests_name("objects", tests, NULL, NULL);
}
