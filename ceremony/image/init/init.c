/* SPDX-License-Identifier: ISC */
/*
 * The first process of the image: what is done, in which order, and the loop
 * that waits for what happens.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ceremony/image/init/confine.h"
#include "ceremony/image/init/console.h"
#include "ceremony/image/init/control.h"
#include "ceremony/image/init/modules.h"
#include "ceremony/image/init/mounts.h"
#include "ceremony/image/init/power.h"
#include "ceremony/image/init/relay.h"
#include "ceremony/image/init/services.h"
#include "ceremony/image/init/settings.h"
#include "ceremony/image/init/shell.h"
#include "ceremony/image/init/usb.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOBODY (-1)
#define REBUILD                                                                \
	"Use another copy of the image; if that says so too, build it again."
#define START_AGAIN                                                            \
	"Start again from the medium, and change nothing in its boot menu."

struct init {
	int signals;
	struct services services;
	uint64_t begin, heard; /* of devices: in all, for the last time */
	bool settled;          /* the menu was started */
	struct relay relay;
	struct usb usb;
	struct control control;
	struct {
		pid_t pid;  /* 0: none */
		int client; /* whose connection keeps it open, or NOBODY */
		struct respawn respawn;
	} shell;
};

static uint64_t
now_ms(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- once ------------------------------------------------------------------------ */

static void
take_signals(struct init *init)
{
	sigset_t all;

	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) != 0 ||
	    (init->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK)) ==
		-1)
		console_fail("signals cannot be taken", REBUILD);
	/* the three keys are a signal, which nobody listens to */
	if (reboot(RB_DISABLE_CAD) != 0)
		console_fail("Ctrl-Alt-Del cannot be closed off", REBUILD);
}

/* What programs write into; of root alone but where pcscd listens. */
static void
make_folders(struct init *init)
{
	static const struct {
		const char *path;
		mode_t mode;
	} folders[] = { { "/run/anchorite", 0700 },
		{ "/run/anchorite/home", 0700 },
		{ "/run/anchorite/plans", 0700 }, { "/run/anchorite/in", 0700 },
		{ "/run/anchorite/out", 0700 }, { "/run/udev", 0755 },
		{ "/run/pcscd", 0755 } };

	for (size_t i = 0; i < COUNT(folders); i++) {
		if (mkdir(folders[i].path, folders[i].mode) != 0)
			console_fail(folders[i].path, REBUILD);
	}
	errno = 0;
	if (!services_user("/etc/passwd", "pcscd", &init->usb.uid,
		&init->usb.gid))
		console_fail("there is no user pcscd", REBUILD);
	if (chown("/run/pcscd", init->usb.uid, init->usb.gid) != 0)
		console_fail("/run/pcscd", REBUILD);
}

static void
load_modules(void)
{
	char failed[MODULES_PATH_MAX], text[MODULES_PATH_MAX + 64];
	enum modules_error error;

	errno = 0;
	if ((error = modules_load("/etc/anchorite/modules", failed)) ==
	    MODULES_OK)
		return;
	snprintf(text, sizeof(text), "%s %s", modules_strerror(error), failed);
	console_fail(text, REBUILD);
}

/* Not the console that the kernel opened: a terminal that is open keeps what was
 * last typed, and whether it was held. */
static void
leave_console(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3; i++) {
		if (fd == -1 || dup2(fd, i) == -1)
			console_fail("/dev/null", REBUILD);
	}
	if (fd > 2)
		close(fd);
}

/* The order counts: events are heard before the first device can be there, and
 * modules are in before the filter forbids them. */
static void
prepare(struct init *init)
{
	const char *failed = NULL;
	char why[SETTINGS_WHY_MAX] = "";

	umask(022);
	if (!mounts_make(&failed))
		console_fail(failed, REBUILD);
	leave_console();
	take_signals(init);
	if (!console_close_keys())
		console_fail("keys cannot be closed off", REBUILD);
	if (!settings_make(why, sizeof(why)))
		console_fail(why, START_AGAIN);
	make_folders(init);
	if (!usb_start(&init->usb))
		console_fail("lists of USB devices", REBUILD);
	if (!relay_open(&init->relay))
		console_fail("the kernel's events cannot be heard", REBUILD);
	load_modules();
	if (!mounts_close())
		console_fail("settings cannot be closed off", REBUILD);
	if (!control_open(&init->control, CONTROL_PATH))
		console_fail(CONTROL_PATH, REBUILD);
	if ((failed = confine_all()) != NULL)
		console_fail(failed, REBUILD);
	console_log("ready");
}

/* ---- again and again ------------------------------------------------------------- */

static void
shell_gone(struct init *init)
{
	init->shell.pid = 0;
	shell_clear();
	console_log("the shell is closed");
}

/* All that it started ends with it, which may last; reap() sees it go. */
static void
close_shell(struct init *init)
{
	init->shell.client = NOBODY;
	if (init->shell.pid == 0)
		shell_gone(init);
	else
		kill(init->shell.pid, SIGKILL);
}

static const char *
open_shell(struct init *init, int client)
{
	pid_t pid;

	if (init->shell.client != NOBODY || init->shell.pid != 0)
		return "there is one already";
	if ((pid = shell_start()) == -1)
		return "it could not be started";
	init->shell.pid = pid;
	init->shell.client = client;
	init->shell.respawn = (struct respawn){ 0 };
	console_log("a shell is open");
	return NULL;
}

/* Who types "exit" gets another, for as long as it is to be open. */
static void
shell_ended(struct init *init)
{
	pid_t pid = -1;

	if (respawn_again(&init->shell.respawn, now_ms()))
		pid = shell_start();
	init->shell.pid = pid == -1 ? 0 : pid;
}

static void
reap(struct init *init)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(init->signals, &info, sizeof(info)) > 0)
		continue;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == init->shell.pid && init->shell.client == NOBODY)
			shell_gone(init);
		else if (pid == init->shell.pid)
			shell_ended(init);
		else if (!services_ended(&init->services, pid, status,
			     now_ms()))
			power_down(POWER_OFF);
	}
}

static void
obey(struct init *init, int client, enum control_word word)
{
	const char *why = NULL;

	switch (word) {
	case CONTROL_BOOTED:
		usb_booted(&init->usb);
		console_log("booted");
		break;
	case CONTROL_POWER_OFF:
	case CONTROL_RESTART:
		control_answer(&init->control, (size_t)client, NULL);
		power_down(word == CONTROL_RESTART ? POWER_RESTART : POWER_OFF);
	case CONTROL_SHELL:
		why = open_shell(init, client);
		break;
	case CONTROL_NONE:
		why = "not a word that init knows";
		break;
	}
	control_answer(&init->control, (size_t)client, why);
}

static void
hear_client(struct init *init, int client)
{
	enum control_word word;

	if (control_read(&init->control, (size_t)client, &word))
		obey(init, client, word);
	else if (init->control.client[client] == -1 &&
	    init->shell.client == client)
		close_shell(init);
}

enum {
	FD_SIGNALS,
	FD_KERNEL,
	FD_LISTENER,
	FD_CLIENT
};

static void
wait_and_serve(struct init *init)
{
	struct pollfd p[FD_CLIENT + CONTROL_CLIENTS_MAX] = {
		[FD_SIGNALS] = { init->signals, POLLIN, 0 },
		[FD_KERNEL] = { init->relay.kernel, POLLIN, 0 },
		[FD_LISTENER] = { init->control.listener, POLLIN, 0 },
	};

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		p[FD_CLIENT + i] =
		    (struct pollfd){ init->control.client[i], POLLIN, 0 };
	if (poll(p, COUNT(p), services_wait(&init->services, now_ms())) <= 0)
		return;
	if (p[FD_KERNEL].revents != 0 && relay_run(&init->relay, &init->usb))
		init->heard = now_ms();
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (p[FD_CLIENT + i].revents != 0)
			hear_client(init, i);
	}
	if (p[FD_LISTENER].revents != 0)
		control_accept(&init->control);
	if (p[FD_SIGNALS].revents != 0)
		reap(init);
}

int
main(void)
{
	static struct init init = {
		.signals = -1,
		.usb = { .sys = "/sys",
		    .dev = "/dev",
		    .refused = "/run/anchorite/refused",
		    .keyboards = "/run/anchorite/keyboards",
		    .known = "/run/udev/data" },
		.shell.client = NOBODY,
	};

	if (getpid() != 1) {
		fprintf(stderr,
		    "anchorite-init: runs as the first process of the image "
		    "only\n");
		return 1;
	}
	prepare(&init);
	init.begin = init.heard = now_ms();
	for (;;) {
		if (!init.settled)
			services_hold(&init.services, init.begin, init.heard);
		services_start(&init.services, now_ms());
		init.settled =
		    init.settled || init.services.one[SERVICE_MENU].pid != 0;
		wait_and_serve(&init);
	}
}
