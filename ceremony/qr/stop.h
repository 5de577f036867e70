/* SPDX-License-Identifier: ISC */
#ifndef QR_STOP_H
#define QR_STOP_H

#include <stdbool.h>

/* Ctrl-C, a request to end, and a terminal that goes away do not end the
 * program between these two, but are noticed, so that nothing half is left. */
void stop_catch(void);
void stop_release(void);
/* Whether one came since stop_catch(). */
bool stop_asked(void);

#endif
