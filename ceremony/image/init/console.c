/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/console.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/keyboard.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ceremony/image/init/power.h"

#define LINE_MAX_OCTETS 512

/* As the menu leaves them out of what it loads (ceremony/menu/keymap.c). */
static bool
needless(unsigned key)
{
	return key == K_SH_REGS || key == K_SH_MEM || key == K_SH_STAT ||
	    key == K_HOLD || key == K_BOOT || key == K_SAK ||
	    key == K_SPAWNCONSOLE;
}

bool
console_close_keys(void)
{
	int fd = open("/dev/tty1", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	bool ok = fd != -1;

	for (unsigned i = 0; ok && i < MAX_NR_KEYMAPS * NR_KEYS; i++) {
		struct kbentry e = { .kb_table = (uint8_t)(i / NR_KEYS),
			.kb_index = (uint8_t)(i % NR_KEYS) };

		ok = ioctl(fd, KDGKBENT, &e) == 0;
		if (ok && needless(e.kb_value)) {
			e.kb_value = K_HOLE;
			ok = ioctl(fd, KDSKBENT, &e) == 0;
		}
	}
	if (fd != -1)
		close(fd);
	return ok;
}

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
