/* SPDX-License-Identifier: ISC */
#ifndef TRANSFER_ZBAR_ALONE_H
#define TRANSFER_ZBAR_ALONE_H

/*
 * zbar's archive calls D-Bus, which it would announce codes on, and iconv,
 * which opens files.  zbar_alone.c has functions of these names that do
 * nothing or fail, so that a program linked with the archive has neither.
 * Calling this makes the linker take that file before it looks for them.
 */
void zbar_alone(void);

#endif
