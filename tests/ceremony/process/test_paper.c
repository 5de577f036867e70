/* SPDX-License-Identifier: ISC */
/* S on paper, over a socket in the place of the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ceremony/process/paper.h"
#include "ceremony/quorum/slip39.h"

#define SHOWN_MAX 65536

static const uint8_t s_octets[16] = "sixteen octets.";

static void
split(struct secret *mnemonics[3])
{
	struct secret *s = secret_from(s_octets, sizeof(s_octets));

	assert_non_null(s);
	assert_int_equal(slip39_split(s, 2, 3, mnemonics), QUORUM_OK);
	secret_free(s);
}

static void
unsplit(struct secret *mnemonics[3])
{
	for (int i = 0; i < 3; i++)
		secret_free(mnemonics[i]);
}

/* Everything a custodian will type, in one go; what was shown, afterwards. */
static int
type_ahead(const char *typed)
{
	int pair[2], size = 1 << 20;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size,
			     sizeof(size)),
	    0);
	assert_int_equal(write(pair[0], typed, strlen(typed)),
	    (ssize_t)strlen(typed));
	assert_int_equal(shutdown(pair[0], SHUT_WR), 0);
	/* both ends in one number: the test's own is kept beside */
	assert_int_equal(dup2(pair[0], 100), 100);
	close(pair[0]);
	return pair[1];
}

static void
shown_so_far(int tty, char *shown)
{
	size_t len = 0;
	ssize_t n;

	close(tty);
	while ((n = read(100, shown + len, SHOWN_MAX - 1 - len)) > 0)
		len += (size_t)n;
	shown[len] = '\0';
	close(100);
}

static const char (*three_names(void))[PAPER_NAME_MAX + 1]
{
	static const char names[3][PAPER_NAME_MAX + 1] = { "Nora", "Otto",
		"Pia" };

	return names;
}

static const struct {
	const char *name;
	unsigned wrong; /* word of Otto's share typed wrong so many times */
	unsigned times;
	bool cut; /* the terminal ends before Pia */
	bool given;
	const char *shown;
} gives[] = {
	{ "all right", 0, 0, false, true,
	    "Share 3 of 3 of S, for the eyes of Pia" },
	{ "one word wrong", 8, 1, false, true, "Word 8 is not the one" },
	{ "first word wrong", 1, 1, false, true, "Word 1 is not the one" },
	{ "four times wrong", 20, 4, false, true, "Word 20 is not the one" },
	{ "five times wrong", 2, 5, false, false, "Word 2 is not the one" },
	{ "terminal ends", 0, 0, true, false, "Share 2 of 3" },
};

static void
type_wrong(char *typed, const struct secret *m, unsigned place)
{
	const char *p = (const char *)m->data;

	strcat(typed, "\n");
	for (unsigned i = 1; *p != '\0'; i++) {
		size_t n = strcspn(p, " ");
		if (i == place)
			strcat(typed, "xyzzy");
		else
			strncat(typed, p, n);
		p += n;
		if (*p == ' ') {
			strcat(typed, " ");
			p++;
		}
	}
	strcat(typed, "\n\n");
}

static void
test_give(void **state)
{
	static char typed[SHOWN_MAX], shown[SHOWN_MAX];
	struct secret *m[3];

	(void)state;
	for (size_t i = 0; i < sizeof(gives) / sizeof(gives[0]); i++) {
		print_message("# %s\n", gives[i].name);
		split(m);
		typed[0] = '\0';
		for (int k = 0; k < (gives[i].cut ? 2 : 3); k++) {
			for (unsigned t = 0; k == 1 && t < gives[i].times; t++)
				type_wrong(typed, m[k], gives[i].wrong);
			strcat(typed, "\n");
			strcat(typed, (const char *)m[k]->data);
			strcat(typed, "\n\n");
		}
		int tty = type_ahead(typed);
		assert_int_equal(paper_give(tty, 'S', three_names(), m, 3),
		    gives[i].given);
		shown_so_far(tty, shown);
		assert_non_null(strstr(shown, gives[i].shown));
		/* what is asked for last stands on a cleared screen */
		assert_non_null(strstr(shown, "\033[2J"));
		unsplit(m);
	}
}

static void
test_take(void **state)
{
	static char typed[SHOWN_MAX], shown[SHOWN_MAX];
	struct secret *m[3], *back[3] = { NULL }, *s = NULL;
	int tty;

	(void)state;
	split(m);
	/* an unknown word, two words swapped, then right ones */
	snprintf(typed, sizeof(typed), "%.8s xyzzy\n%s %.*s\n%s\n%s\n\n",
	    (const char *)m[0]->data, "academic",
	    (int)strcspn((const char *)m[0]->data, " "),
	    (const char *)m[0]->data, (const char *)m[0]->data,
	    (const char *)m[2]->data);
	tty = type_ahead(typed);
	assert_int_equal(paper_take(tty, 'S', back, 3), 2);
	shown_so_far(tty, shown);
	assert_non_null(strstr(shown, "is not on the list"));
	assert_non_null(strstr(shown, "wrong, missing or out of place"));
	assert_int_equal(slip39_combine(back, 2, "", &s, NULL), QUORUM_OK);
	assert_memory_equal(s->data, s_octets, sizeof(s_octets));
	secret_free(s);
	secret_free(back[0]);
	secret_free(back[1]);
	unsplit(m);
}

static void
test_take_nothing(void **state)
{
	static char shown[SHOWN_MAX];
	struct secret *back[3] = { NULL };
	int tty = type_ahead("");

	(void)state;
	assert_int_equal(paper_take(tty, 'S', back, 3), 0);
	shown_so_far(tty, shown);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_give),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_take_nothing),
	};

	return cmocka_run_group_tests_name("process/paper", tests, NULL, NULL);
}
