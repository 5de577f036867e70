/* SPDX-License-Identifier: ISC */
#include "smartcard/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Under ASan mlock() does nothing and always succeeds. */
#ifdef __SANITIZE_ADDRESS__
#define LOCKS false
#else
#define LOCKS true
#endif

static void
test_new(void **state)
{
	static const uint8_t zero[SECRET_MAX + 1];
	struct secret *s = secret_new();

	(void)state;
	assert_non_null(s);
	assert_int_equal(s->len, 0);
	assert_memory_equal(s->data, zero, sizeof(zero));
	secret_free(s);
	secret_free(NULL);
}

static const struct {
	const char *name;
	size_t len;
	bool ok;
} lengths[] = {
	{ "empty", 0, true },
	{ "one", 1, true },
	{ "most", SECRET_MAX, true },
	{ "one too many", SECRET_MAX + 1, false },
	{ "absurd", SIZE_MAX, false },
};

static void
test_lengths(void **state)
{
	static const uint8_t data[SECRET_MAX + 1] = { 1, 2, 3 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct secret *s = secret_from(data, lengths[i].len);
		struct secret *r = secret_random(lengths[i].len);

		print_message("%s\n", lengths[i].name);
		assert_int_equal(s != NULL, lengths[i].ok);
		assert_int_equal(r != NULL, lengths[i].ok);
		if (s != NULL) {
			assert_int_equal(s->len, lengths[i].len);
			assert_memory_equal(s->data, data, s->len);
			assert_int_equal(s->data[s->len], 0);
			assert_int_equal(r->len, lengths[i].len);
		}
		secret_free(s);
		secret_free(r);
	}
	assert_null(secret_from(NULL, 1));
}

static void
test_random_differs(void **state)
{
	struct secret *a = secret_random(32), *b = secret_random(32);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_memory_not_equal(a->data, b->data, 32);
	secret_free(a);
	secret_free(b);
}

static const struct {
	const char *a, *b;
	bool equal;
} pairs[] = {
	{ "", "", true },
	{ "1234", "1234", true },
	{ "1234", "1235", false },
	{ "1234", "123", false },
	{ "1234", NULL, false },
	{ NULL, NULL, false },
};

static void
test_equal(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct secret *a = NULL, *b = NULL;

		if (pairs[i].a != NULL)
			a = secret_from(pairs[i].a, strlen(pairs[i].a));
		if (pairs[i].b != NULL)
			b = secret_from(pairs[i].b, strlen(pairs[i].b));
		assert_int_equal(secret_equal(a, b), pairs[i].equal);
		secret_free(a);
		secret_free(b);
	}
}

/* The VmFlags line of the mapping that holds an address. */
static bool
vm_flags(const void *at, char *out, size_t size)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	bool inside = false, found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside =
			    (unsigned long)at >= from && (unsigned long)at < to;
		found = inside && strncmp(line, "VmFlags:", 8) == 0;
	}
	if (found)
		snprintf(out, size, "%s", line);
	if (f != NULL)
		fclose(f);
	return found;
}

static void
test_pages(void **state)
{
	char flags[512];
	struct secret *s = secret_new();

	(void)state;
	assert_non_null(s);
	assert_true(vm_flags(s, flags, sizeof(flags)));
	if (LOCKS)
		assert_non_null(strstr(flags, " lo")); /* locked */
	assert_non_null(strstr(flags, " dd"));         /* not dumped */
	assert_non_null(strstr(flags, " wf"));         /* wiped on fork */
	secret_free(s);
}

static void
test_pages_of_any_size(void **state)
{
	static const uint8_t zero[3 * 4096];
	char flags[512];
	uint8_t *p = secret_pages(sizeof(zero));

	(void)state;
	assert_non_null(p);
	assert_memory_equal(p, zero, sizeof(zero));
	assert_true(vm_flags(p + sizeof(zero) - 1, flags, sizeof(flags)));
	if (LOCKS)
		assert_non_null(strstr(flags, " lo"));
	assert_non_null(strstr(flags, " dd"));
	assert_non_null(strstr(flags, " wf"));
	secret_pages_free(p, sizeof(zero));
	assert_false(vm_flags(p, flags, sizeof(flags)));
	secret_pages_free(NULL, sizeof(zero));
	assert_null(secret_pages(SIZE_MAX / 2));
}

static int
status_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_child_sees_zeros(void **state)
{
	struct secret *s = secret_from("1234", 4);
	pid_t pid;

	(void)state;
	assert_non_null(s);
	pid = fork();
	if (pid == 0) {
		bool wiped = s->len == 0 && s->data[0] == 0;

		secret_free(s);
		_exit(wiped ? 0 : 1);
	}
	assert_int_equal(status_of(pid), 0);
	assert_memory_equal(s->data, "1234", 4);
	secret_free(s);
}

static void
test_refuses_unlocked(void **state)
{
	static const struct rlimit none = { 0, 0 };
	pid_t pid;

	(void)state;
	if (!LOCKS) {
		print_message("mlock() does nothing under ASan\n");
		skip();
	}
	pid = fork();
	if (pid == 0) {
		/* root may lock without limit */
		if (getuid() == 0 && setuid(65534) != 0)
			_exit(2);
		if (setrlimit(RLIMIT_MEMLOCK, &none) != 0)
			_exit(3);
		_exit(secret_new() == NULL && secret_random(8) == NULL &&
			    secret_from("a", 1) == NULL
			? 0
			: 1);
	}
	assert_int_equal(status_of(pid), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_random_differs),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_pages_of_any_size),
		cmocka_unit_test(test_child_sees_zeros),
		cmocka_unit_test(test_refuses_unlocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
