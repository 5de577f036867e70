/* SPDX-License-Identifier: ISC */
/* The lesser parts of init: its list of modules, its words, its bounds. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "ceremony/image/init/control.h"
#include "ceremony/image/init/modules.h"
#include "ceremony/image/init/power.h"
#include "ceremony/image/init/services.h"
#include "ceremony/image/init/settings.h"

#define LIB "/usr/lib/modules/6.1/kernel/"

static char top[] = "/tmp/test_init.XXXXXX";

static const char *
at(const char *path)
{
	static char out[64];

	snprintf(out, sizeof(out), "%s%s", top, path);
	return out;
}

static void
put(const char *path, const char *text)
{
	int fd = open(at(path), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* ---- modules --------------------------------------------------------------------- */

static void
usb_is_loaded_shut(void **state)
{
	(void)state;
	assert_string_equal(modules_parameters(
				LIB "drivers/usb/core/usbcore.ko"),
	    "authorized_default=0");
	assert_string_equal(modules_parameters(LIB "fs/fat.ko"), "");
	assert_string_equal(modules_parameters(LIB "x/xusbcore.ko"), "");
}

/* Not loaded here: the kernel is asked for nothing before the list is read. */
static void
a_list_that_is_none_loads_nothing(void **state)
{
	char failed[MODULES_PATH_MAX];

	(void)state;
	assert_int_equal(modules_load(at("/absent"), failed), MODULES_ERR_READ);
	put("/list", "/usr/lib/modules/none/x.ko\n/usr/lib/modules/y.ko\n");
	assert_int_equal(modules_load(at("/list"), failed), MODULES_ERR_LOAD);
	assert_string_equal(failed, "/usr/lib/modules/none/x.ko");
	for (int i = MODULES_OK; i <= MODULES_ERR_USB; i++)
		assert_string_not_equal(modules_strerror((enum modules_error)i),
		    "unknown");
}

/* ---- words ------------------------------------------------------------------------ */

static void
words_are_exact(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		enum control_word word;
	} rows[] = {
		{ "booted", 6, CONTROL_BOOTED },
		{ "power-off", 9, CONTROL_POWER_OFF },
		{ "restart", 7, CONTROL_RESTART },
		{ "shell", 5, CONTROL_SHELL },
		{ "", 0, CONTROL_NONE },
		{ "shell", 6, CONTROL_NONE },
		{ "shel", 4, CONTROL_NONE },
		{ "shells", 6, CONTROL_NONE },
		{ "Shell", 5, CONTROL_NONE },
		{ "shell\n", 6, CONTROL_NONE },
		{ "booted shell", 12, CONTROL_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(control_word(rows[i].octets, rows[i].len),
		    rows[i].word);
}

static int
client(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", at("/init"));
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)),
	    0);
	return fd;
}

static void
expect_answer(int fd, const char *want)
{
	char text[128];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, want);
}

static void
the_socket_is_asked_and_answers(void **state)
{
	char big[CONTROL_OCTETS_MAX + 1];
	struct control c;
	enum control_word word = CONTROL_NONE;
	struct stat st;
	int fd;

	(void)state;
	assert_true(control_open(&c, at("/init")));
	assert_int_equal(stat(at("/init"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	fd = client();
	control_accept(&c);
	assert_int_not_equal(c.client[0], -1);
	assert_false(control_read(&c, 0, &word)); /* nothing yet */
	assert_int_not_equal(c.client[0], -1);
	assert_int_equal(send(fd, "shell", 5, 0), 5);
	assert_true(control_read(&c, 0, &word));
	assert_int_equal(word, CONTROL_SHELL);
	control_answer(&c, 0, NULL);
	expect_answer(fd, "ok");
	/* words that begin a longer message are none of it */
	memset(big, ' ', sizeof(big));
	memcpy(big, "shell", 5);
	assert_int_equal(send(fd, big, sizeof(big), 0), sizeof(big));
	assert_true(control_read(&c, 0, &word));
	assert_int_equal(word, CONTROL_NONE);
	control_answer(&c, 0, "why");
	expect_answer(fd, "no: why");
	close(fd);
	assert_false(control_read(&c, 0, &word));
	assert_int_equal(c.client[0], -1);
	close(c.listener);
	unlink(at("/init"));
}

static void
only_so_many_ask(void **state)
{
	struct control c;
	int fd[CONTROL_CLIENTS_MAX + 1];
	char octet;

	(void)state;
	assert_true(control_open(&c, at("/init")));
	for (int i = 0; i <= CONTROL_CLIENTS_MAX; i++) {
		fd[i] = client();
		control_accept(&c);
	}
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		assert_int_not_equal(c.client[i], -1);
	assert_int_equal(recv(fd[CONTROL_CLIENTS_MAX], &octet, 1, 0), 0);
	for (int i = 0; i <= CONTROL_CLIENTS_MAX; i++)
		close(fd[i]);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		close(c.client[i]);
	close(c.listener);
	unlink(at("/init"));
}

static void
a_path_that_is_too_long_is_none(void **state)
{
	char path[200];
	struct control c;

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_false(control_open(&c, path));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_false(control_open(&c, "/none/init"));
	assert_int_equal(c.listener, -1);
}

/* ---- bounds ----------------------------------------------------------------------- */

static void
programs_come_back_so_often(void **state)
{
	struct respawn r = { 0 };
	uint64_t now = 1000;

	(void)state;
	for (int i = 1; i < RESPAWN_MAX; i++)
		assert_true(respawn_again(&r, now += 10));
	assert_false(respawn_again(&r, now += 10));
	/* counting begins anew */
	for (int i = 1; i < RESPAWN_MAX; i++)
		assert_true(respawn_again(&r, now));
	now += RESPAWN_WINDOW + 1;
	for (int i = 1; i < RESPAWN_MAX; i++)
		assert_true(respawn_again(&r, now));
	assert_false(respawn_again(&r, now));
	/* one at a time, for ever */
	for (int i = 0; i < 100; i++)
		assert_true(respawn_again(&r, now += RESPAWN_WINDOW));
}

static void
the_next_start_is_waited_for(void **state)
{
	struct services s = { 0 };

	(void)state;
	assert_int_equal(services_wait(&s, 5), 0);
	for (int i = 0; i < SERVICE_COUNT; i++)
		s.one[i].pid = 100 + i;
	assert_int_equal(services_wait(&s, 5), -1);
	assert_true(services_ended(&s, 100, 0, 5000));
	assert_int_equal(services_wait(&s, 5000), RESPAWN_DELAY);
	assert_int_equal(services_wait(&s, 5000 + RESPAWN_DELAY), 0);
	/* whoever it was */
	assert_true(services_ended(&s, 99, 0, 5000));
}

static void
the_menu_waits_for_devices(void **state)
{
	struct services s = { 0 };

	(void)state;
	services_hold(&s, 1000, 1000);
	assert_int_equal(s.one[SERVICE_MENU].due, 1000 + SETTLE_QUIET);
	services_hold(&s, 1000, 3000);
	assert_int_equal(s.one[SERVICE_MENU].due, 3000 + SETTLE_QUIET);
	/* not for ever */
	services_hold(&s, 1000, 1000 + SETTLE_MAX);
	assert_int_equal(s.one[SERVICE_MENU].due, 1000 + SETTLE_MAX);
	assert_int_equal(s.one[SERVICE_PCSCD].due, 0);
	assert_int_equal(s.one[SERVICE_WITNESS].due, 0);
}

/* A console's program that ends too often is asked about, and only "off" ends
 * the machine. */
static void
too_often_is_asked_about(void **state)
{
	struct services s = { 0 };

	(void)state;
	for (int i = 0; i < RESPAWN_MAX; i++) {
		assert_false(s.one[SERVICE_MENU].asks);
		s.one[SERVICE_MENU].pid = 7;
		assert_true(services_ended(&s, 7, 1 << 8, 100));
	}
	assert_true(s.one[SERVICE_MENU].asks);
	s.one[SERVICE_MENU].pid = 7;
	assert_true(services_ended(&s, 7, 0, 100));
	assert_false(s.one[SERVICE_MENU].asks);
	s.one[SERVICE_MENU].asks = true;
	s.one[SERVICE_MENU].pid = 7;
	assert_false(services_ended(&s, 7, 100 << 8, 100));
	/* pcscd has no console: it is tried again later */
	for (int i = 0; i < RESPAWN_MAX; i++) {
		s.one[SERVICE_PCSCD].pid = 8;
		assert_true(services_ended(&s, 8, 11, 100));
	}
	assert_false(s.one[SERVICE_PCSCD].asks);
	assert_int_equal(s.one[SERVICE_PCSCD].due, 100 + RESPAWN_WINDOW);
}

static void
users_are_found(void **state)
{
	uid_t uid = 1;
	gid_t gid = 1;

	(void)state;
	put("/passwd", "root:x:0:0:root:/:/none\npcscd:x:102:103::/:/none\n");
	assert_true(services_user(at("/passwd"), "pcscd", &uid, &gid));
	assert_int_equal(uid, 102);
	assert_int_equal(gid, 103);
	assert_false(services_user(at("/passwd"), "pcsc", &uid, &gid));
	assert_false(services_user(at("/absent"), "pcscd", &uid, &gid));
}

/* ---- settings --------------------------------------------------------------------- */

static void
settings_are_read_back(void **state)
{
	(void)state;
	put("/setting", "1\n");
	assert_true(setting_is(at("/setting"), "1"));
	assert_false(setting_is(at("/setting"), ""));
	assert_false(setting_is(at("/absent"), "1"));
	put("/setting", "");
	assert_true(setting_make(at("/setting"), "a b"));
	assert_true(setting_is(at("/setting"), "a b"));
	assert_false(setting_make(at("/absent"), "1"));
	assert_int_equal(access(at("/absent"), F_OK), -1);
	/* what is written and does not stay */
	errno = 1;
	assert_false(setting_make("/dev/null", "1"));
	assert_int_equal(errno, 0);
}

/* at() has room for one path. */
static bool
is_wanted(void)
{
	char line[64];

	snprintf(line, sizeof(line), "%s", at("/line"));
	return setting_line(line, at("/wanted"));
}

static void
the_kernels_line_is_whole(void **state)
{
	static const struct {
		const char *line;
		bool same;
	} rows[] = {
		{ "quiet init_on_free=1\n", true },
		{ "BOOT_IMAGE=/boot/vmlinuz quiet init_on_free=1\n", true },
		{ "quiet init_on_free=1 init_on_free=0\n", false },
		{ "BOOT_IMAGE=/a BOOT_IMAGE=/b quiet init_on_free=1\n", false },
		{ "BOOT_IMAGE=/boot/vmlinuz quiet\n", false },
		{ "single quiet init_on_free=1\n", false },
		{ "quiet init_on_free=1 BOOT_IMAGE=/boot/vmlinuz\n", false },
		{ "BOOT_IMAGE=\n", false },
		{ "", false },
	};

	(void)state;
	put("/wanted", "quiet init_on_free=1\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put("/line", rows[i].line);
		assert_int_equal(setting_line(at("/line"), "/none"), false);
		assert_int_equal(is_wanted(), rows[i].same);
	}
}

static void
words_of_a_text(void **state)
{
	(void)state;
	assert_true(setting_word("a init_on_free=1 b", "init_on_free=1"));
	assert_true(setting_word("init_on_free=1", "init_on_free=1"));
	assert_true(setting_word("none integrity [confidentiality]\n",
	    "[confidentiality]"));
	assert_false(setting_word("init_on_free=10", "init_on_free=1"));
	assert_false(setting_word("xinit_on_free=1", "init_on_free=1"));
	assert_false(setting_word("init_on_free=1,2", "init_on_free=1"));
	assert_false(setting_word("none integrity confidentiality",
	    "[confidentiality]"));
	assert_false(setting_word("", "a"));
}

/* ---- the way down ----------------------------------------------------------------- */

static void
folders_are_emptied(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(mkdir(at("/down"), 0700), 0);
	assert_int_equal(mkdir(at("/down/a"), 0700), 0);
	assert_int_equal(mkdir(at("/down/a/.b"), 0700), 0);
	put("/kept", "kept");
	put("/down/f", "secret");
	put("/down/a/.b/g", "secret");
	assert_int_equal(symlink("../kept", at("/down/link")), 0);
	assert_int_equal(symlink("..", at("/down/a/up")), 0);
	assert_int_equal(mkfifo(at("/down/fifo"), 0600), 0);
	/* a file that somebody holds open has no octet left */
	fd = open(at("/down/f"), O_RDONLY);
	assert_int_not_equal(fd, -1);
	assert_true(power_empty(at("/down")));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	close(fd);
	assert_true(setting_is(at("/kept"), "kept"));
	assert_int_equal(rmdir(at("/down")), 0);
	assert_false(power_empty(at("/down")));
}

static int
make_top(void **state)
{
	(void)state;
	return mkdtemp(top) == NULL ? -1 : 0;
}

static int
remove_top(void **state)
{
	(void)state;
	return power_empty(top) && rmdir(top) == 0 ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usb_is_loaded_shut),
		cmocka_unit_test(a_list_that_is_none_loads_nothing),
		cmocka_unit_test(words_are_exact),
		cmocka_unit_test(the_socket_is_asked_and_answers),
		cmocka_unit_test(only_so_many_ask),
		cmocka_unit_test(a_path_that_is_too_long_is_none),
		cmocka_unit_test(programs_come_back_so_often),
		cmocka_unit_test(the_next_start_is_waited_for),
		cmocka_unit_test(the_menu_waits_for_devices),
		cmocka_unit_test(too_often_is_asked_about),
		cmocka_unit_test(users_are_found),
		cmocka_unit_test(settings_are_read_back),
		cmocka_unit_test(the_kernels_line_is_whole),
		cmocka_unit_test(words_of_a_text),
		cmocka_unit_test(folders_are_emptied),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
