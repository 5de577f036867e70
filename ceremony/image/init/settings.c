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
#define TEXT_MAX 4096 /* COMMAND_LINE_SIZE is 2048 */

/* ---- files ----------------------------------------------------------------------- */

static bool
get(const char *file, char out[TEXT_MAX])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	out[0] = '\0';
	if (fd == -1)
		return false;
	n = read(fd, out, TEXT_MAX - 1);
	close(fd);
	if (n < 0)
		return false;
	out[n] = '\0';
	if (n > 0 && out[n - 1] == '\n')
		out[n - 1] = '\0';
	return true;
}

bool
setting_is(const char *file, const char *value)
{
	char text[TEXT_MAX];

	return get(file, text) && strcmp(text, value) == 0;
}

bool
setting_make(const char *file, const char *value)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool ok;

	if (fd == -1)
		return false;
	ok = dprintf(fd, "%s\n", value) > 0;
	close(fd);
	if (!ok)
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

/* Below /proc/sys.  A kernel that has no such file has no such door, except
 * for those that must be there. */
static const struct {
	const char *name, *value;
	bool must;
} table[] = {
	/* nothing of other programs on the screen */
	{ "kernel/printk", "1\t1\t1\t1", true },
	/* addresses and messages of the kernel */
	{ "kernel/kptr_restrict", "2", true },
	{ "kernel/dmesg_restrict", "1", true },
	/* no memory of a process in a file, or in another process */
	{ "kernel/core_pattern", "/dev/null/none", true },
	{ "fs/suid_dumpable", "0", true },
	{ "kernel/yama/ptrace_scope", "3", true },
	/* no other kernel, no keys into this one */
	{ "kernel/kexec_load_disabled", "1", true },
	{ "kernel/sysrq", "0", true },
	{ "kernel/ctrl-alt-del", "0", true },
	/* programs that the kernel would start by itself */
	{ "kernel/modprobe", "", true },
	{ "kernel/hotplug", "", false },
	{ "kernel/poweroff_cmd", "", false },
	/* and what it starts all the same, whoever names it, has no rights */
	{ "kernel/usermodehelper/bset", "0\t0", true },
	{ "kernel/usermodehelper/inheritable", "0\t0", true },
	/* code and events of programs inside the kernel */
	{ "kernel/unprivileged_bpf_disabled", "1", false },
	{ "net/core/bpf_jit_harden", "2", false },
	{ "kernel/perf_event_paranoid", "3", false },
	{ "vm/unprivileged_userfaultfd", "0", false },
	{ "kernel/io_uring_disabled", "2", false },
	{ "dev/tty/ldisc_autoload", "0", false },
	{ "dev/tty/legacy_tiocsti", "0", false },
	/* rooms in which a user is root */
	{ "kernel/unprivileged_userns_clone", "0", false },
	{ "user/max_user_namespaces", "0", true },
	{ "user/max_net_namespaces", "0", true },
	/* links and files that others laid out */
	{ "fs/protected_symlinks", "1", true },
	{ "fs/protected_hardlinks", "1", true },
	{ "fs/protected_fifos", "2", true },
	{ "fs/protected_regular", "2", true },
	{ "kernel/randomize_va_space", "2", true },
	{ "kernel/panic_on_oops", "1", true },
};

/* What grub.cfg says, and somebody at the boot loader could have left out. */
static const char *const words[] = { "init_on_alloc=1", "init_on_free=1",
	"lockdown=confidentiality" };

/* ---- looking --------------------------------------------------------------------- */

static bool
make_table(char *why, size_t size)
{
	char file[128];

	for (size_t i = 0; i < COUNT(table); i++) {
		snprintf(file, sizeof(file), "/proc/sys/%s", table[i].name);
		if (!table[i].must && access(file, F_OK) != 0)
			continue;
		if (!setting_make(file, table[i].value)) {
			snprintf(why, size, "the kernel did not take %s",
			    table[i].name);
			return false;
		}
	}
	return true;
}

static bool
look_line(char *why, size_t size)
{
	char line[TEXT_MAX];

	if (!get("/proc/cmdline", line)) {
		snprintf(why, size, "the kernel's line cannot be read");
		return false;
	}
	errno = 0;
	for (size_t i = 0; i < COUNT(words); i++) {
		if (!setting_word(line, words[i])) {
			snprintf(why, size, "the kernel was started without %s",
			    words[i]);
			return false;
		}
	}
	return true;
}

/* What the kernel reached, whatever its line said. */
static bool
locked_down(void)
{
	char text[TEXT_MAX];

	return get("/sys/kernel/security/lockdown", text) &&
	    setting_word(text, "[confidentiality]");
}

/* A line of heads, and nothing below it. */
static bool
no_swap(void)
{
	char text[TEXT_MAX];

	return get("/proc/swaps", text) && strchr(text, '\n') == NULL;
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
	{ locked_down, "the kernel is not in lockdown" },
	{ no_swap, "memory would be written to a disk (swap)" },
	{ no_network, "there is a network" },
};

bool
settings_make(char *why, size_t size)
{
	if (!make_table(why, size) || !look_line(why, size))
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
