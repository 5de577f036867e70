/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/settings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT_MAX 4096        /* COMMAND_LINE_SIZE is 2048 */
#define LOADER "BOOT_IMAGE=" /* GRUB says it first */

/* ---- files ----------------------------------------------------------------------- */

bool
setting_get(const char *file, char *out, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	out[0] = '\0';
	if (fd == -1)
		return false;
	n = read(fd, out, size - 1);
	close(fd);
	if (n < 0)
		return false;
	out[n] = '\0';
	if (n > 0 && out[n - 1] == '\n')
		out[n - 1] = '\0';
	return true;
}

bool
setting_put(const char *file, const char *text)
{
	size_t len = strlen(text);
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool ok;

	if (fd == -1)
		return false;
	ok = write(fd, text, len) == (ssize_t)len;
	close(fd);
	return ok;
}

bool
setting_is(const char *file, const char *value)
{
	char text[TEXT_MAX];

	return setting_get(file, text, sizeof(text)) &&
	    strcmp(text, value) == 0;
}

bool
setting_make(const char *file, const char *value)
{
	char text[TEXT_MAX];

	/* an empty one is a line, too */
	snprintf(text, sizeof(text), "%s\n", value);
	if (!setting_put(file, text))
		return false;
	errno = 0;
	return setting_is(file, value);
}

bool
setting_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	while (*text != '\0') {
		size_t n;

		text += strspn(text, " \t\n");
		n = strcspn(text, " \t\n");
		if (n == len && strncmp(text, word, n) == 0)
			return true;
		text += n;
	}
	return false;
}

/* ---- tables ---------------------------------------------------------------------- */

/* Below /proc/sys. */
static const struct {
	const char *name, *value;
} table[] = {
	/* nothing of other programs on the screen */
	{ "kernel/printk", "1\t1\t1\t1" },
	/* addresses and messages of the kernel */
	{ "kernel/kptr_restrict", "2" },
	{ "kernel/dmesg_restrict", "1" },
	/* no memory of a process in a file, or in another process */
	{ "kernel/core_pattern", "/dev/null/none" },
	{ "fs/suid_dumpable", "0" },
	{ "kernel/yama/ptrace_scope", "3" },
	/* no other kernel, no keys into this one */
	{ "kernel/kexec_load_disabled", "1" },
	{ "kernel/sysrq", "0" },
	{ "kernel/ctrl-alt-del", "0" },
	/* programs that the kernel would start by itself */
	{ "kernel/modprobe", "" },
	{ "kernel/poweroff_cmd", "" },
	/* and what it starts all the same, whoever names it, has no rights */
	{ "kernel/usermodehelper/bset", "0\t0" },
	{ "kernel/usermodehelper/inheritable", "0\t0" },
	/* code and events of programs inside the kernel */
	{ "kernel/unprivileged_bpf_disabled", "1" },
	{ "net/core/bpf_jit_harden", "2" },
	{ "kernel/perf_event_paranoid", "3" },
	{ "vm/unprivileged_userfaultfd", "0" },
	{ "dev/tty/ldisc_autoload", "0" },
	/* rooms in which a user is root */
	{ "kernel/unprivileged_userns_clone", "0" },
	{ "user/max_user_namespaces", "0" },
	{ "user/max_net_namespaces", "0" },
	/* links and files that others laid out */
	{ "fs/protected_symlinks", "1" },
	{ "fs/protected_hardlinks", "1" },
	{ "fs/protected_fifos", "2" },
	{ "fs/protected_regular", "2" },
	{ "kernel/randomize_va_space", "2" },
	{ "kernel/panic_on_oops", "1" },
};

/* ---- looking --------------------------------------------------------------------- */

static bool
make_table(char *why, size_t size)
{
	char file[128];

	for (size_t i = 0; i < COUNT(table); i++) {
		snprintf(file, sizeof(file), "/proc/sys/%s", table[i].name);
		if (!setting_make(file, table[i].value)) {
			snprintf(why, size, "the kernel did not take %s",
			    table[i].name);
			return false;
		}
	}
	return true;
}

bool
setting_line(const char *file, const char *wanted)
{
	char line[TEXT_MAX], want[TEXT_MAX];
	const char *after;

	if (!setting_get(file, line, sizeof(line)) ||
	    !setting_get(wanted, want, sizeof(want)))
		return false;
	errno = 0;
	after = strncmp(line, LOADER, strlen(LOADER)) == 0 ? strchr(line, ' ')
							   : NULL;
	return strcmp(after != NULL ? after + 1 : line, want) == 0;
}

/* Somebody at the boot loader could have said something else. */
static bool
as_started(void)
{
	return setting_line("/proc/cmdline", "/etc/anchorite/kernel-line");
}

/* What the kernel reached, whatever its line said. */
static bool
locked_down(void)
{
	char text[TEXT_MAX];

	return setting_get("/sys/kernel/security/lockdown", text,
		   sizeof(text)) &&
	    setting_word(text, "[confidentiality]");
}

/* A line of heads, and nothing below it. */
static bool
no_swap(void)
{
	char text[TEXT_MAX];

	return setting_get("/proc/swaps", text, sizeof(text)) &&
	    strchr(text, '\n') == NULL;
}

/* lo alone, and down. */
static bool
no_network(void)
{
	DIR *d = opendir("/sys/class/net");
	struct dirent *e;
	bool ok = d != NULL;

	while (ok && (e = readdir(d)) != NULL)
		ok = e->d_name[0] == '.' || strcmp(e->d_name, "lo") == 0;
	if (d != NULL)
		closedir(d);
	/* IFF_LOOPBACK without IFF_UP */
	return ok && setting_is("/sys/class/net/lo/flags", "0x8");
}

static const struct {
	bool (*ok)(void);
	const char *not_ok;
} looks[] = {
	{ as_started, "the kernel was not told what the image says" },
	{ locked_down, "the kernel is not in lockdown" },
	{ no_swap, "memory would be written to a disk (swap)" },
	{ no_network, "there is a network" },
};

bool
settings_make(char *why, size_t size)
{
	if (!make_table(why, size))
		return false;
	errno = 0;
	for (size_t i = 0; i < COUNT(looks); i++) {
		if (!looks[i].ok()) {
			snprintf(why, size, "%s", looks[i].not_ok);
			return false;
		}
	}
	return true;
}
