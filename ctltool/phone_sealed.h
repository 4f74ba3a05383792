/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whether a phone's file is encrypted, and for which key, for people.
 */
#ifndef CTLTOOL_PHONE_SEALED_H
#define CTLTOOL_PHONE_SEALED_H

#include "ctltool/ctl.h"

/* A line or two, and member "file" of result. */
int	phone_sealed_show(struct ctl *c, const char *name, json_t *result,
	    struct err *e);

#endif
