/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/image/init/power.h"

#define LINE_MAX_OCTETS 512

static void
put(const char *path, const char *line)
{
	int fd;

	/* a test of some part is not a machine */
	if (getpid() != 1)
		return;
	fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return;
	/* a line that does not fit is cut, one that cannot be said is lost */
	if (write(fd, line, strlen(line)) == -1)
		errno = 0;
	close(fd);
}

static void
line(const char *path, const char *head, const char *format, va_list ap,
    const char *end)
{
	char text[LINE_MAX_OCTETS - 32], all[LINE_MAX_OCTETS];

	vsnprintf(text, sizeof(text), format, ap);
	snprintf(all, sizeof(all), "%s%s%s", head, text, end);
	put(path, all);
}

void
console_say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line("/dev/console", "\ranchorite: ", format, ap, "\r\n");
	va_end(ap);
}

void
console_log(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line("/dev/kmsg", "<6>anchorite-init: ", format, ap, "\n");
	va_end(ap);
}

/* One line from whoever sits there; false if there is no way to ask. */
static bool
wait_enter(void)
{
	char c;
	int fd = open("/dev/tty1", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	bool heard = false;

	if (fd == -1)
		fd = open("/dev/console", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	while (fd != -1 && read(fd, &c, 1) == 1) {
		if (c == '\n') {
			heard = true;
			break;
		}
	}
	if (fd != -1)
		close(fd);
	return heard;
}

noreturn void
console_fail(const char *what, const char *to_do)
{
	int error = errno;

	console_say("THIS MACHINE CANNOT HOLD A CEREMONY");
	console_say("%s%s%s", what, error != 0 ? ": " : "",
	    error != 0 ? strerror(error) : "");
	console_say("%s", to_do);
	console_say("Press Enter to power off, or use the switch.");
	console_log("not fit: %s", what);
	while (!wait_enter())
		pause(); /* nobody can be asked: the switch is theirs */
	power_down(POWER_OFF);
}
