/* SPDX-License-Identifier: ISC */
#ifndef FACTORY_BUNDLE_H
#define FACTORY_BUNDLE_H

#include "ceremony/factory/command.h"
#include "ceremony/factory/paths.h"
#include "ceremony/factory/units.h"
#include "transfer/request.h"

/*
 * Read every file as an entry: "CERTIFICATE REQUEST" and "NEW CERTIFICATE
 * REQUEST" armour is taken off, anything else goes as it is, so that the CA
 * refuses it by rule and nothing vanishes on the way.  The id is the CSR's CN
 * or, when it has none, the file's name.  A file that holds a private key
 * refuses the whole.  Says what is wrong.
 */
enum outcome bundle_read(const struct paths *paths, struct units *units,
    struct request *out);

#endif
