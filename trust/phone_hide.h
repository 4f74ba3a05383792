/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is said of a row of a file with secrets: where columns are shifted or
 * swapped, any of its cells may be one.
 */
#ifndef TRUST_PHONE_HIDE_H
#define TRUST_PHONE_HIDE_H

#include "trust/phone_import.h"

/*
 * text, fresh, with "(COLUMN)" where a cell of the row stands, also one that
 * was cut or escaped.  Cells that are one of few good values of their column
 * (words, numbers, times, models, SEP names) are left.  NULL: out of memory.
 */
char	*phone_hide(const struct phone_record *r, const char *text);

#endif
