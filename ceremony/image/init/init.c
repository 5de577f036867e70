/* SPDX-License-Identifier: ISC */
/*
 * The first process of the image: what is done, in which order, and the loop
 * that waits for what happens.
 */
#include <errno.h>
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
#include "ceremony/image/init/mounts.h"
#include "ceremony/image/init/power.h"
#include "ceremony/image/init/services.h"

#define REBUILD "Use another copy of the image, or build it again."

struct init {
	int signals;
	struct services services;
};

static uint64_t
now_ms(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
take_signals(struct init *init)
{
	sigset_t all;

	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) != 0 ||
	    (init->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK)) ==
		-1)
		console_fail("signals cannot be taken", REBUILD);
	/* the three keys are a signal, that nobody listens to */
	if (reboot(RB_DISABLE_CAD) != 0)
		console_fail("Ctrl-Alt-Del cannot be closed off", REBUILD);
}

/* What programs write into; of root alone but where pcscd listens. */
static void
make_folders(void)
{
	static const char *const own[] = { "/run/anchorite",
		"/run/anchorite/home", "/run/anchorite/plans",
		"/run/anchorite/in", "/run/anchorite/out" };
	uid_t uid;
	gid_t gid;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (mkdir(own[i], 0700) != 0)
			console_fail(own[i], REBUILD);
	}
	if (!services_user("/etc/passwd", "pcscd", &uid, &gid))
		console_fail("there is no user pcscd", REBUILD);
	if (mkdir("/run/pcscd", 0755) != 0 ||
	    chown("/run/pcscd", uid, gid) != 0)
		console_fail("/run/pcscd", REBUILD);
}

static void
prepare(struct init *init)
{
	const char *failed = NULL;

	umask(022);
	if (!mounts_make(&failed))
		console_fail(failed, REBUILD);
	take_signals(init);
	make_folders();
	if ((failed = services_missing()) != NULL)
		console_fail(failed, REBUILD);
	if ((failed = confine_all()) != NULL)
		console_fail(failed, REBUILD);
	console_log("ready");
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
		if (!services_ended(&init->services, pid, status, now_ms()))
			power_down(POWER_OFF);
	}
}

int
main(void)
{
	struct init init = { .signals = -1 };

	if (getpid() != 1) {
		fprintf(stderr,
		    "anchorite-init: runs as the first process of the image "
		    "only\n");
		return 1;
	}
	prepare(&init);
	for (;;) {
		struct pollfd p = { .fd = init.signals, .events = POLLIN };

		services_start(&init.services, now_ms());
		poll(&p, 1, services_wait(&init.services, now_ms()));
		reap(&init);
	}
}
