/* SPDX-License-Identifier: ISC */
#ifndef RECORD_PLAN_YAML_H
#define RECORD_PLAN_YAML_H

#include "ceremony/record/plan.h"

/*
 * Read a plan's YAML into flat fields (libyaml's document API).  Refused, with
 * line and column: anything but mappings, sequences and plain or quoted
 * scalars; duplicate keys, anchors, aliases, tags, a second document, numbers
 * with a leading zero, control or non-ASCII characters in values, empty
 * values, more than PLAN_FIELDS_MAX fields, nesting over 8.
 * *out new, free().  Errors: RECORD_ERR_PLAN, MEMORY.
 */
enum record_error plan_yaml_fields(const char *yaml, size_t len,
    struct plan_field **out, size_t *count, struct plan_fault *fault);

#endif
