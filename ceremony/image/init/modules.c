/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ceremony/image/init/console.h"
#include "ceremony/image/init/settings.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* By file name; there is no modprobe that would read the kernel's line. */
static const struct {
	const char *file, *parameters;
} parameters[] = {
	/* no device before init has judged it */
	{ "usbcore.ko", "authorized_default=0" },
};

const char *
modules_strerror(enum modules_error error)
{
	switch (error) {
	case MODULES_OK:
		return "all modules are loaded";
	case MODULES_ERR_READ:
		return "the list of modules cannot be read";
	case MODULES_ERR_SIZE:
		return "the list of modules is empty, too long or cut off";
	case MODULES_ERR_LINE:
		return "the list of modules has a line that is no module";
	case MODULES_ERR_LOAD:
		return "a module cannot be loaded";
	case MODULES_ERR_CLOSE:
		return "loading modules cannot be closed off";
	case MODULES_ERR_USB:
		return "the kernel would let USB devices in by itself";
	}
	return "unknown";
}

static bool
line_ok(const char *line)
{
	size_t len = strlen(line);

	if (len >= MODULES_PATH_MAX || len < 4 ||
	    strcmp(line + len - 3, ".ko") != 0 || strstr(line, "..") != NULL)
		return false;
	for (const char *p = line; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~')
			return false;
	}
	return strncmp(line, "/usr/lib/modules/", 17) == 0 ||
	    strncmp(line, "/lib/modules/", 13) == 0;
}

enum modules_error
modules_parse(char *list, size_t len, const char *lines[MODULES_MAX],
    size_t *count)
{
	*count = 0;
	if (len == 0 || len > MODULES_OCTETS || list[len - 1] != '\n')
		return MODULES_ERR_SIZE;
	if (memchr(list, '\0', len) != NULL)
		return MODULES_ERR_LINE;
	for (char *at = list; at < list + len;) {
		char *end = memchr(at, '\n', (size_t)(list + len - at));

		*end = '\0';
		if (*count == MODULES_MAX)
			return MODULES_ERR_SIZE;
		if (!line_ok(at))
			return MODULES_ERR_LINE;
		lines[(*count)++] = at;
		at = end + 1;
	}
	return MODULES_OK;
}

const char *
modules_parameters(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash != NULL ? slash + 1 : path;

	for (size_t i = 0; i < COUNT(parameters); i++) {
		if (strcmp(file, parameters[i].file) == 0)
			return parameters[i].parameters;
	}
	return "";
}

static bool
load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long ret;

	if (fd == -1)
		return false;
	ret = syscall(SYS_finit_module, fd, modules_parameters(path), 0);
	if (ret != 0 && errno == ENODEV)
		console_log("%s: nothing for it here", path);
	if (ret != 0 && (errno == EEXIST || errno == ENODEV))
		ret = 0;
	close(fd);
	return ret == 0;
}

static enum modules_error
load_all(char *list, size_t len, char failed[MODULES_PATH_MAX])
{
	const char *lines[MODULES_MAX];
	size_t count;
	enum modules_error ret = modules_parse(list, len, lines, &count);

	for (size_t i = 0; i < count && ret == MODULES_OK; i++) {
		if (!load(lines[i])) {
			snprintf(failed, MODULES_PATH_MAX, "%s", lines[i]);
			ret = MODULES_ERR_LOAD;
		}
	}
	console_log("%zu modules", count);
	return ret;
}

enum modules_error
modules_load(const char *list, char failed[MODULES_PATH_MAX])
{
	char *text = malloc(MODULES_OCTETS + 1);
	int fd = open(list, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;
	enum modules_error ret = MODULES_ERR_READ;

	failed[0] = '\0';
	if (text != NULL && fd != -1)
		n = read(fd, text, MODULES_OCTETS + 1);
	if (n >= 0)
		ret = load_all(text, (size_t)n, failed);
	if (ret == MODULES_OK &&
	    !setting_is("/sys/module/usbcore/parameters/authorized_default",
		"0"))
		ret = MODULES_ERR_USB;
	if (ret == MODULES_OK &&
	    !setting_make("/proc/sys/kernel/modules_disabled", "1"))
		ret = MODULES_ERR_CLOSE;
	if (fd != -1)
		close(fd);
	free(text);
	return ret;
}
