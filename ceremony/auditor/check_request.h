/* SPDX-License-Identifier: ISC */
#ifndef AUDITOR_CHECK_REQUEST_H
#define AUDITOR_CHECK_REQUEST_H

#include "ceremony/auditor/audit.h"
#include "ceremony/record/decide.h"
#include "transfer/order.h"
#include "transfer/request.h"

/* A request that was opened with its station's key, and its order. */
struct audit_request {
	struct order order;
	struct request request;
	struct key_ident station;
};
/* False: a finding says why. */
bool audit_request_open(struct audit *a, const struct history_request *record,
    struct audit_request *out);
void audit_request_clear(struct audit_request *r);
/* Every CSR checked again; new, free(). */
struct candidate *audit_candidates(const struct audit_request *r);

#endif
