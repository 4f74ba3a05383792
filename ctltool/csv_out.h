/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A cell of comma-separated values (RFC 4180), in quotes where it needs them.
 */
#ifndef CTLTOOL_CSV_OUT_H
#define CTLTOOL_CSV_OUT_H

#include "base/wr.h"

void	csv_put(struct wr *w, const char *s);

#endif
