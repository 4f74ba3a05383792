/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the commands about phones' requests share.
 */
#ifndef CTLTOOL_CAPF_CSR_H
#define CTLTOOL_CAPF_CSR_H

#include "ctltool/ctl.h"
#include "db/rows_capf.h"

#define CAPF_CSR_NAME_MAX	(CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2)

/* Option --with-state: enum capf_csr_state, or -1. */
int	capf_csr_state(const struct ctl *c);

json_t	*capf_csr_json(const struct row_capf_csr *r);

#endif
