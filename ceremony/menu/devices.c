/* SPDX-License-Identifier: ISC */
#include "ceremony/menu/devices.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "ceremony/process/mountinfo.h"

bool
devices_find(bool loops, struct media_device out[MEDIA_MAX], size_t *count)
{
	char *mountinfo = mountinfo_read();
	int sysfs = open("/sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	*count = 0;
	ok = mountinfo != NULL && sysfs != -1 &&
	    media_find(sysfs, mountinfo, loops, out, MEDIA_MAX, count) !=
		TRANSFER_ERR_IO;
	if (sysfs != -1)
		close(sysfs);
	free(mountinfo);
	return ok;
}
