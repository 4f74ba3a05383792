/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set cert import trust with folders: every file in them.
 */
#ifndef CTLTOOL_CERT_FOLDER_H
#define CTLTOOL_CERT_FOLDER_H

#include "ctltool/ctl.h"
#include "trust/trust_unit.h"

/* Is one of the values of argument FILE a folder? */
bool	cert_folder_named(const struct ctl *c);

/* The command, with argument FILE having a folder. */
int	cert_folder_import(struct ctl *c, const struct trust_unit_def *t,
	    const char *note, int64_t ttl, struct err *e);

#endif
