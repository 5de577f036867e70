/* SPDX-License-Identifier: ISC */
/* Starting and ending helpers: the real ones, and this program standing in for
 * one (by the name it is started under) where a misbehaving one is wanted. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/ceremony/process/driver.h"

extern char **environ;

/* ---- standing in ------------------------------------------------------------ */

/* The reader: heeds no closed channel and no polite signal. */
static _Noreturn void
be_stubborn(void)
{
	signal(SIGTERM, SIG_IGN);
	for (;;)
		pause();
}

static void
say(const char *text)
{
	if (send(SPAWN_FD, text, strlen(text), MSG_NOSIGNAL) == -1)
		_exit(1);
}

/* The signer: says what it finds, a line at a time, and ends. */
static int
be_telling(void)
{
	char line[4200], target[4096];

	for (char **e = environ; *e != NULL; e++) {
		snprintf(line, sizeof(line), "env %s", *e);
		say(line);
	}
	for (int fd = 0; fd < 1024; fd++) {
		snprintf(line, sizeof(line), "/proc/self/fd/%d", fd);
		ssize_t n = readlink(line, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		snprintf(line, sizeof(line), "fd %d %.20s", fd, target);
		say(line);
	}
	return 7;
}

/* ---- a scratch installation: DIR/bin/test_spawn and DIR/libexec/anchorite ----- */

static void
scratch_path(char *out, size_t size, const char *dir, const char *name)
{
	assert_true(snprintf(out, size, "%s/%s", dir, name) < (int)size);
}

static void
install_self(const char *dir, const char *name)
{
	char self[1024], path[1200];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	scratch_path(path, sizeof(path), dir, name);
	assert_int_equal(link(self, path), 0);
}

static void
scratch_make(char *dir, size_t size)
{
	const char *base = getenv("BUILD");
	char path[1200];

	snprintf(dir, size, "%s/spawn.XXXXXX", base != NULL ? base : ".");
	assert_non_null(mkdtemp(dir));
	scratch_path(path, sizeof(path), dir, "bin");
	assert_int_equal(mkdir(path, 0755), 0);
	scratch_path(path, sizeof(path), dir, "libexec");
	assert_int_equal(mkdir(path, 0755), 0);
	scratch_path(path, sizeof(path), dir, "libexec/anchorite");
	assert_int_equal(mkdir(path, 0755), 0);
	install_self(dir, "bin/test_spawn");
}

static void
scratch_remove(const char *dir)
{
	static const char *const names[] = {
		"libexec/anchorite/anchorite-reader",
		"libexec/anchorite/anchorite-signer", "libexec/anchorite",
		"libexec", "bin/test_spawn", "bin"
	};
	char path[1200];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		scratch_path(path, sizeof(path), dir, names[i]);
		remove(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

/* Run one of the parts below in the scratch installation, so that it finds
 * its helpers there; what it returns must be 0. */
static void
run_part(const char *dir, const char *part)
{
	char path[1200];
	int status = -1;
	pid_t pid;

	scratch_path(path, sizeof(path), dir, "bin/test_spawn");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		execl(path, "test_spawn", part, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s: status %d", part, status);
}

/* Parts run outside of cmocka: a failed check is an exit status, its line. */
#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			print_message("# line %d: " #condition "\n",           \
			    __LINE__);                                         \
			return 1;                                              \
		}                                                              \
	} while (0)

static int
part_missing(void)
{
	struct child c;

	errno = 0;
	CHECK(!spawn_child(SPAWN_READER, &c));
	CHECK(errno == ENOENT);
	CHECK(c.pid == -1 && c.sock == -1);
	CHECK(spawn_end(&c) == -1);
	return 0;
}

static int
part_stubborn(void)
{
	struct child c;
	int status;

	CHECK(spawn_child(SPAWN_READER, &c));
	status = spawn_end(&c);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK(c.pid == -1 && c.sock == -1);
	CHECK(spawn_end(&c) == -1);
	return 0;
}

/* Every line the stand-in may say. */
static bool
expected(const char *line)
{
	static const char *const begins[] = { "env SOFTHSM2_CONF=/x",
		"env OPENSC_CONF=/y", "env ASAN_OPTIONS=", "env UBSAN_OPTIONS=",
		"env LSAN_OPTIONS=", "fd 0 /dev/null", "fd 1 /dev/null",
		"fd 2 ", "fd 3 socket:" };

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		if (strncmp(line, begins[i], strlen(begins[i])) == 0)
			return true;
	}
	print_message("# %s\n", line);
	return false;
}

/* Descriptors and variables lie about in the parent; none gets through. */
static int
part_telling(void)
{
	struct child c;
	char line[4200];
	ssize_t n;
	int fds = 0, envs = 0, status;

	setenv("SOFTHSM2_CONF", "/x", 1);
	setenv("OPENSC_CONF", "/y", 1);
	setenv("LD_PRELOAD", "", 1);
	setenv("SECRET", "1", 1);
	for (int i = 0; i < 20; i++)
		CHECK(fcntl(0, F_DUPFD, 30 + i) != -1); /* not close-on-exec */
	CHECK(spawn_child(SPAWN_SIGNER, &c));
	while ((n = recv(c.sock, line, sizeof(line) - 1, 0)) > 0) {
		line[n] = '\0';
		CHECK(expected(line));
		fds += strncmp(line, "fd ", 3) == 0;
		envs += strncmp(line, "env SOFT", 8) == 0 ||
		    strncmp(line, "env OPEN", 8) == 0;
	}
	CHECK(fds == 4 && envs == 2);
	status = spawn_end(&c);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	return 0;
}

/* With 0 to 3 closed the socket lands where dup2 would step on it. */
static int
part_closed(void)
{
	for (int first = 0; first <= 1; first++) {
		struct child c;
		char line[4200];
		ssize_t n;
		int sockets = 0;

		close(first == 0 ? 0 : 3);
		close(first == 0 ? 1 : 4);
		if (!spawn_child(SPAWN_SIGNER, &c))
			return 1;
		while ((n = recv(c.sock, line, sizeof(line) - 1, 0)) > 0) {
			line[n] = '\0';
			sockets += strncmp(line, "fd 3 socket:", 12) == 0;
			if (strncmp(line, "fd 0", 4) == 0 &&
			    strcmp(line, "fd 0 /dev/null") != 0)
				return 2;
		}
		spawn_end(&c);
		if (sockets != 1)
			return 3;
	}
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} parts[] = {
	{ "missing", part_missing },
	{ "stubborn", part_stubborn },
	{ "telling", part_telling },
	{ "closed", part_closed },
};

/* ---- tests ---------------------------------------------------------------------- */

static void
missing_executable(void **state)
{
	char dir[1024];

	(void)state;
	scratch_make(dir, sizeof(dir));
	run_part(dir, "missing");
	scratch_remove(dir);
}

static void
killed_in_the_end(void **state)
{
	char dir[1024];

	(void)state;
	scratch_make(dir, sizeof(dir));
	install_self(dir, "libexec/anchorite/anchorite-reader");
	run_part(dir, "stubborn");
	scratch_remove(dir);
}

static void
little_is_passed_on(void **state)
{
	char dir[1024];

	(void)state;
	scratch_make(dir, sizeof(dir));
	install_self(dir, "libexec/anchorite/anchorite-signer");
	run_part(dir, "telling");
	run_part(dir, "closed");
	scratch_remove(dir);
}

/* The real ones, looked at before they are told anything. */
static void
descriptors(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("# helpers are not dumpable: root alone sees "
			      "their descriptors\n");
		skip();
	}
	for (int what = SPAWN_READER; what <= SPAWN_SIGNER; what++) {
		struct peer *p = peer_new((enum spawn_what)what);
		char path[64];
		struct dirent *e;
		int count = 0;
		DIR *dir;

		snprintf(path, sizeof(path), "/proc/%d/fd", (int)p->child.pid);
		dir = opendir(path);
		assert_non_null(dir);
		while ((e = readdir(dir)) != NULL) {
			if (e->d_name[0] == '.')
				continue;
			assert_in_range(atoi(e->d_name), 0, SPAWN_FD);
			count++;
		}
		closedir(dir);
		assert_int_equal(count, SPAWN_FD + 1);
		peer_free(p);
	}
}

/* A helper ends when its channel does, whoever closed it. */
static void
ends_with_its_channel(void **state)
{
	(void)state;
	for (int what = SPAWN_READER; what <= SPAWN_SIGNER; what++) {
		struct peer *p = peer_new((enum spawn_what)what);
		int status = -1;

		close(p->child.sock);
		assert_int_equal(waitpid(p->child.pid, &status, 0),
		    p->child.pid);
		assert_int_equal(status, 0);
		free(p);
	}
}

/* ... and when the operator's process dies without a word. */
static void
dies_with_its_parent(void **state)
{
	struct message *m = calloc(1, sizeof(*m));
	int pipes[2], status;
	char c;
	pid_t pid;

	(void)state;
	assert_non_null(m);
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct child helper;
		/* the helper keeps the pipe open as its standard error */
		dup2(pipes[1], 2);
		close(pipes[1]);
		if (!spawn_child(SPAWN_SIGNER, &helper) ||
		    channel_recv(helper.sock, m, PEER_WAIT_MS, false, 0) !=
			CHANNEL_OK)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	close(pipes[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(read(pipes[0], &c, 1), 0); /* waits for its end */
	close(pipes[0]);
	free(m);
}

static int
find(void **state)
{
	(void)state;
	peer_find_executables();
	return 0;
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_executable),
		cmocka_unit_test(killed_in_the_end),
		cmocka_unit_test(little_is_passed_on),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(ends_with_its_channel),
		cmocka_unit_test(dies_with_its_parent),
	};

	if (strcmp(argv[0], "anchorite-reader") == 0)
		be_stubborn();
	if (strcmp(argv[0], "anchorite-signer") == 0)
		return be_telling();
	for (size_t i = 0; argc > 1 && i < sizeof(parts) / sizeof(parts[0]);
	     i++) {
		if (strcmp(argv[1], parts[i].name) == 0)
			return parts[i].run();
	}
	return cmocka_run_group_tests(tests, find, NULL);
}
