/* SPDX-License-Identifier: ISC */
#include "ceremony/image/init/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ceremony/image/init/console.h"
#include "ceremony/image/init/settings.h"

/* No device before init has judged it.  There is no modprobe that would read
 * this from the kernel's line. */
static const char usb[] = "/usbcore.ko", usb_shut[] = "authorized_default=0";

const char *
modules_strerror(enum modules_error error)
{
	switch (error) {
	case MODULES_OK:
		return "all modules are loaded";
	case MODULES_ERR_READ:
		return "the list of modules cannot be read";
	case MODULES_ERR_LOAD:
		return "a module cannot be loaded";
	case MODULES_ERR_CLOSE:
		return "loading modules cannot be closed off";
	case MODULES_ERR_USB:
		return "the kernel would let USB devices in by itself";
	}
	return "unknown";
}

const char *
modules_parameters(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL && strcmp(slash, usb) == 0 ? usb_shut : "";
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
load_all(FILE *list, char line[MODULES_PATH_MAX])
{
	size_t count = 0;

	while (fgets(line, MODULES_PATH_MAX, list) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (!load(line))
			return MODULES_ERR_LOAD;
		count++;
	}
	line[0] = '\0';
	console_log("%zu modules", count);
	return ferror(list) ? MODULES_ERR_READ : MODULES_OK;
}

enum modules_error
modules_load(const char *list, char failed[MODULES_PATH_MAX])
{
	FILE *f = fopen(list, "re");
	enum modules_error ret;

	failed[0] = '\0';
	if (f == NULL)
		return MODULES_ERR_READ;
	ret = load_all(f, failed);
	fclose(f);
	if (ret == MODULES_OK &&
	    !setting_is("/sys/module/usbcore/parameters/authorized_default",
		"0"))
		ret = MODULES_ERR_USB;
	if (ret == MODULES_OK &&
	    !setting_make("/proc/sys/kernel/modules_disabled", "1"))
		ret = MODULES_ERR_CLOSE;
	return ret;
}
