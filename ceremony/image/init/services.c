/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/services.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/kd.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "ceremony/image/init/confine.h"
#include "ceremony/image/init/console.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FOLDER "/run/anchorite"
#define CHILD_FAILED 127 /* exit status: the program could not be started */
#define ASKED_OFF 100    /* exit status of the question: power off */

static const struct row {
	const char *name;
	const char *tty;  /* NULL: none */
	const char *user; /* NULL: root */
	const char *argv[4];
} table[] = {
	[SERVICE_PCSCD] = { "pcscd", NULL, "pcscd",
	    { "/usr/sbin/pcscd", "--foreground" } },
	[SERVICE_MENU] = { "menu", "/dev/tty1", NULL,
	    { "/usr/bin/anchorite", "menu" } },
	[SERVICE_WITNESS] = { "witness", "/dev/tty2", NULL,
	    { "/usr/bin/anchorite", "witness" } },
};

static const char *const environment[] = { "PATH=/usr/bin:/usr/sbin",
	"TERM=linux", "HOME=" FOLDER "/home", NULL };

void
services_exec(const char *path, const char *const *argv)
{
	/* execve() changes neither */
	execve(path, (char *const *)(uintptr_t)argv,
	    (char *const *)(uintptr_t)environment);
}

bool
respawn_again(struct respawn *r, uint64_t now)
{
	if (r->ended == 0 || now - r->first > RESPAWN_WINDOW) {
		r->ended = 0;
		r->first = now;
	}
	if (++r->ended < RESPAWN_MAX)
		return true;
	r->ended = 0;
	return false;
}

bool
services_user(const char *file, const char *name, uid_t *uid, gid_t *gid)
{
	FILE *f = fopen(file, "re");
	struct passwd *p;
	bool found = false;

	if (f == NULL)
		return false;
	while (!found && (p = fgetpwent(f)) != NULL) {
		if (strcmp(p->pw_name, name) == 0) {
			*uid = p->pw_uid;
			*gid = p->pw_gid;
			found = true;
		}
	}
	fclose(f);
	return found;
}

/* ---- in the child -------------------------------------------------------------- */

/* As a terminal is when a login is asked for. */
static void
reset(int fd)
{
	static const char clear[] = "\033c";
	struct termios t;

	/* not the picture that a program left there */
	ioctl(fd, KDSETMODE, KD_TEXT);
	if (tcgetattr(fd, &t) != 0)
		return;
	t.c_iflag = ICRNL | IUTF8; /* Ctrl-S holds no ceremony */
	t.c_oflag = OPOST | ONLCR;
	t.c_cflag |= CREAD | CS8;
	t.c_lflag =
	    ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	tcsetattr(fd, TCSAFLUSH, &t);
	if (write(fd, clear, sizeof(clear) - 1) == -1)
		console_log("a terminal was not cleared");
}

bool
services_console(const char *tty)
{
	int fd;

	if (setsid() == -1 ||
	    (fd = open(tty != NULL ? tty : "/dev/null", O_RDWR | O_NOCTTY)) ==
		-1)
		return false;
	if (tty != NULL) {
		/* taken from whoever was there before */
		if (ioctl(fd, TIOCSCTTY, 1) != 0)
			return false;
		reset(fd);
	}
	for (int i = 0; i < 3; i++) {
		if (dup2(fd, i) == -1)
			return false;
	}
	return close_range(3, UINT_MAX, 0) == 0;
}

static bool
become(const char *user)
{
	uid_t uid;
	gid_t gid;

	if (user == NULL)
		return true;
	return services_user("/etc/passwd", user, &uid, &gid) &&
	    setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
	    setresuid(uid, uid, uid) == 0;
}

static void
run(const struct row *row)
{
	sigset_t none;

	sigemptyset(&none);
	if (services_console(row->tty) && chdir(FOLDER) == 0 &&
	    confine_child() && become(row->user) &&
	    sigprocmask(SIG_SETMASK, &none, NULL) == 0)
		services_exec(row->argv[0], row->argv);
	_exit(CHILD_FAILED);
}

/* It ended too often: ask the person in front of its console. */
static void
ask(const struct row *row)
{
	char answer[16];
	ssize_t n = 0;

	if (!services_console(row->tty) || !confine_child())
		_exit(CHILD_FAILED);
	dprintf(STDOUT_FILENO,
	    "anchorite: %s ended %d times within a minute.\n"
	    "Press Enter to start it again, or type off and Enter to power "
	    "off.\n",
	    row->name, RESPAWN_MAX);
	n = read(STDIN_FILENO, answer, sizeof(answer));
	_exit(n >= 3 && strncmp(answer, "off", 3) == 0 ? ASKED_OFF : 0);
}

/* A pcscd that was killed leaves its number, which may be another's by then:
 * the next one would take that for a pcscd that runs. */
static void
remove_leftovers(void)
{
	static const char *const left[] = { "/run/pcscd/pcscd.pid",
		"/run/pcscd/pcscd.comm" };

	for (size_t i = 0; i < COUNT(left); i++)
		unlink(left[i]);
}

/* ---- in init ------------------------------------------------------------------- */

static void
start(struct services *s, size_t i)
{
	pid_t pid;

	if (i == SERVICE_PCSCD)
		remove_leftovers();
	pid = fork();
	if (pid == 0) {
		if (s->one[i].asks)
			ask(&table[i]);
		else
			run(&table[i]);
	}
	s->one[i].pid = pid > 0 ? pid : 0;
}

void
services_hold(struct services *s, uint64_t begin, uint64_t last)
{
	uint64_t quiet = last + SETTLE_QUIET, most = begin + SETTLE_MAX;

	s->one[SERVICE_MENU].due = quiet < most ? quiet : most;
}

void
services_start(struct services *s, uint64_t now)
{
	for (size_t i = 0; i < SERVICE_COUNT; i++) {
		if (s->one[i].pid != 0 || s->one[i].due > now)
			continue;
		start(s, i);
		if (s->one[i].pid == 0) {
			console_log("%s: no process for it", table[i].name);
			s->one[i].due = now + RESPAWN_DELAY;
		}
	}
}

static void
tell_end(const char *name, int status)
{
	if (WIFSIGNALED(status))
		console_log("%s ended: signal %d", name, WTERMSIG(status));
	else
		console_log("%s ended: status %d", name, WEXITSTATUS(status));
}

/* Until people answer: who has a console asks there; of pcscd the menu's console says that
 * there are no cards, over whatever is shown. */
static void
give_up(struct services *s, size_t i, uint64_t now)
{
	if (table[i].tty != NULL) {
		s->one[i].asks = true;
		return;
	}
	s->one[i].due = now + RESPAWN_WINDOW;
	console_say("no card can be used: %s ended %d times within a minute",
	    table[i].name, RESPAWN_MAX);
}

bool
services_ended(struct services *s, pid_t pid, int status, uint64_t now)
{
	for (size_t i = 0; i < SERVICE_COUNT; i++) {
		if (s->one[i].pid != pid)
			continue;
		s->one[i].pid = 0;
		s->one[i].due = now + RESPAWN_DELAY;
		if (s->one[i].asks) {
			s->one[i].asks = false;
			return !WIFEXITED(status) ||
			    WEXITSTATUS(status) != ASKED_OFF;
		}
		tell_end(table[i].name, status);
		if (respawn_again(&s->one[i].respawn, now))
			return true;
		give_up(s, i, now);
		return true;
	}
	return true; /* somebody's orphan */
}

int
services_wait(const struct services *s, uint64_t now)
{
	uint64_t least = INT_MAX;

	for (size_t i = 0; i < SERVICE_COUNT; i++) {
		uint64_t due = s->one[i].due;

		if (s->one[i].pid != 0)
			continue;
		if (due <= now)
			return 0;
		if (due - now < least)
			least = due - now;
	}
	return least == INT_MAX ? -1 : (int)least;
}
