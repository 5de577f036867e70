/* SPDX-License-Identifier: ISC */
#ifndef MENU_DEVICES_H
#define MENU_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "transfer/media.h"

/* Media that can be taken out, as `media list` numbers them from 1.  False:
 * /sys or /proc cannot be read; *count is 0 then. */
bool
devices_find(bool loops, struct media_device out[MEDIA_MAX], size_t *count);

#endif
